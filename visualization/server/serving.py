"""The dashboard's server: Solara's, made private, strict and offline.

- It listens on 127.0.0.1 unless a host is given, whatever ``$HOST`` says.
- A request with a foreign ``Host`` is refused (a page elsewhere could reach a local server by
  naming it), and so is one with a foreign ``Origin``, websockets included. No page elsewhere may
  show ours in a frame.
- No telemetry; production mode; the kernel of a closed tab is gone after seconds, not a day.
"""

import gc
import os
import socket
import sys
import warnings
from collections.abc import Callable

from econsim.errors import ParameterError, integer
from econsim.scenario import load, packaged
from econsim.visualization.server.guard import Guard

APP = "econsim.visualization.dashboard"
LOOPBACK, PORT = "127.0.0.1", 8765
CULL = "5s"
SCENARIO, ADDRESS = "ECONSIM_DASHBOARD_SCENARIO", "ECONSIM_DASHBOARD_HOST"


def accessible(page: str) -> str:
    """Solara's page with its language named, and zoom allowed."""
    page = page.replace("<html>", '<html lang="en">', 1)
    return page.replace(", maximum-scale=1, user-scalable=no, minimal-ui", "", 1)


def prepare() -> None:
    """Set Solara up; called when the dashboard is imported, so that ``solara run`` is safe, too."""
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "false"
    import solara.server.server as pages
    import solara.server.settings as settings
    import solara.server.starlette as web

    settings.telemetry.mixpanel_enable = False
    settings.main.mode = "production"
    settings.kernel.cull_timeout = CULL
    settings.theme.title = "econsim"
    settings.theme.show_banner = False
    if not isinstance(web.app.middleware_stack, Guard):
        inner, host = web.app.middleware_stack or web.app.build_middleware_stack(), _listening_on()
        web.app.middleware_stack = Guard(inner, host)
        if host != os.environ.get("SERVER_NAME", host):
            _stay_local()
        read = pages.read_root
        pages.read_root = lambda *given, **more: _accessible(read(*given, **more))


def _accessible(page: str | None) -> str | None:
    return page and accessible(page)


def _listening_on() -> str:
    """The host that was asked for: `solara run` takes ``$HOST`` for one, which we do not."""
    if ADDRESS in os.environ:
        return os.environ[ADDRESS]
    given = os.environ.get("SERVER_NAME", LOOPBACK)
    asked = any(word.startswith("--host") for word in sys.argv)
    return given if asked or given != os.environ.get("HOST") else LOOPBACK


def _stay_local() -> None:
    """Have ``solara run`` bind to loopback: it took ``$HOST`` for an address, but binds it later.

    Solara imports the app while uvicorn starts, which reads the address only after that; nothing
    hands us its configuration, so it is looked for.
    """
    import uvicorn

    for each in gc.get_objects():
        if type(each) is uvicorn.Config:
            each.host = LOOPBACK


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises
    ------
    ParameterError
        If the port is out of range or taken, or the host is not this machine's.
    """
    integer("--port", port, 0, 65535)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except (OSError, UnicodeError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or error
        raise ParameterError("--host and --port", f"{host}:{port}", f"free ({reason})") from None
    return bound


def serve(
    scenario: str = "agents",
    *,
    host: str = LOOPBACK,
    port: int = PORT,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the dashboard until it is interrupted.

    Parameters
    ----------
    scenario : str
        Packaged name or TOML file that the Market page opens with.
    host, port : str, int
        Where to listen; port 0 takes a free one.
    say : callable
        Gets the address, once it is bound.

    Raises
    ------
    ParameterError, ScenarioError
        If there is no such scenario, or it cannot listen there.
    """
    load(scenario)
    name = scenario if scenario in packaged() else os.path.abspath(scenario)
    bound = listen(host, port)
    os.environ |= {SCENARIO: name, ADDRESS: host, "SOLARA_APP": APP}
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "false"
    warnings.filterwarnings("ignore", message="Cookies with samesite=none")
    import uvicorn
    from solara.server.starlette import app

    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{bound.getsockname()[1]}")
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", proxy_headers=False,
        timeout_graceful_shutdown=2, ws_ping_timeout=60,  # a browser may be busy for long
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[bound])
