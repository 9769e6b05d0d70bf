"""``econsim dashboard``."""

from importlib.metadata import entry_points
from typing import Annotated, Any

import typer

from econsim.cli.shell import app, console
from econsim.errors import ParameterError

EXTRA = "installed with it: pip install 'econsim[viz]'"


@app.command()
def dashboard(
    scenario: Annotated[
        str, typer.Argument(help="What the Market page opens with: packaged, or a TOML file.")
    ] = "agents",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen on; anything else than this opens it to others.")
    ] = "127.0.0.1",
) -> None:
    """Watch and change markets in a browser; prints the address and serves until Ctrl-C.

    Example: econsim dashboard ebay --port 8800
    """
    _server()(scenario, host=host, port=port, say=_say)


def _say(address: str) -> None:
    console.print(f"dashboard: {address} (Ctrl-C ends it)", highlight=False, soft_wrap=True)


def _server() -> Any:
    """What serves the dashboard, by entry point, as the library does not import it."""
    server = next(iter(entry_points(group="econsim.dashboard")), None)
    try:
        if server is not None:
            import solara  # noqa: F401  (an extra, which may be missing)

            return server.load()
    except ImportError:
        pass
    raise ParameterError("dashboard", "no solara", EXTRA)
