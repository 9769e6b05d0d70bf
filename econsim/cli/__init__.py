"""The command ``econsim``."""

import sys
import warnings
from typing import Any

import typer

from econsim.cli import (  # noqa: F401  (add commands)
    attacks,
    dashboards,
    kinds,
    markets,
    records,
    reproductions,
)
from econsim.cli.shell import app, spread
from econsim.errors import EconsimError

# Newer typer brings its own click, so the root of its usage errors is found, not imported.
_ancestors = typer.BadParameter.__mro__
UsageError: Any = next(cls for cls in _ancestors if cls.__name__ == "ClickException")


def _warn(message: Warning | str, *_: object) -> None:
    typer.echo(f"warning: {' '.join(str(message).split())}", err=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; bad input is one line on standard error and exit code 2."""
    if "" not in sys.path:
        sys.path.append("")  # module:Class of the working folder, after all that is installed
    try:
        words = spread(sys.argv[1:] if arguments is None else arguments)
        with warnings.catch_warnings():
            warnings.showwarning = _warn  # type: ignore[assignment]
            code = app(words or ["--help"], standalone_mode=False, prog_name="econsim")
    except (EconsimError, UsageError) as error:
        text = str(error) if isinstance(error, EconsimError) else error.format_message()
        typer.echo(f"econsim: {' '.join(text.split())}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("econsim: interrupted", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
