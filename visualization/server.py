"""The dashboard's server: Solara's, made private, strict and offline.

- It listens on 127.0.0.1 unless a host is given, whatever ``$HOST`` says.
- A request with a foreign ``Host`` is refused (a page elsewhere could reach a local server by
  naming it), and so is one with a foreign ``Origin``, websockets included. No page elsewhere may
  show ours in a frame.
- No telemetry; production mode; the kernel of a closed tab is gone after seconds, not a day.
"""

import gc
import ipaddress
import os
import socket
import sys
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from econsim.errors import ParameterError, integer
from econsim.scenario import load, packaged

APP = "econsim.visualization.dashboard"
LOOPBACK, PORT = "127.0.0.1", 8765
CULL = "5s"
SCENARIO, ADDRESS = "ECONSIM_DASHBOARD_SCENARIO", "ECONSIM_DASHBOARD_HOST"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
UNFRAMED = (
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
)
Scope = MutableMapping[str, Any]


class Guard:
    """ASGI application around another: refuses foreign hosts, origins and, if local, clients.

    Parameters
    ----------
    app : ASGI application
    host : str
        What the server listens on.
    """

    def __init__(self, app: Any, host: str):
        self.app, self.host = app, host
        self.local = host in LOCAL_NAMES

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable], send: Callable[[Any], Awaitable]
    ) -> None:
        """Pass on what is allowed, answer 403 to the rest."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif self.allows(scope):
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            text = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 403, "headers": text})
            await send({"type": "http.response.body", "body": b"foreign host or origin\n"})

    def allows(self, scope: Scope) -> bool:
        """Whether host, origin and client are our own."""
        headers = [(name.decode("latin-1"), value.decode("latin-1"))
                   for name, value in scope["headers"]]  # fmt: skip
        hosts = [value for name, value in headers if name == "host"]
        origins = [value for name, value in headers if name == "origin"]
        if len(hosts) != 1 or not self._knows(_name(hosts[0])) or not self._near(scope):
            return False
        # A link from elsewhere may be followed; nothing of ours may be part of a page elsewhere.
        fetched = dict(headers)
        followed = fetched.get("sec-fetch-mode") == "navigate" and scope.get("method") == "GET"
        if fetched.get("sec-fetch-site") == "cross-site" and not followed:
            return False
        return all(origin in (f"http://{hosts[0]}", f"https://{hosts[0]}") for origin in origins)

    def _knows(self, name: str) -> bool:
        """Whether a Host header may say this: our names, or any address where we serve all."""
        if name in LOCAL_NAMES or name == self.host.lower():
            return True
        return not self.local and (_address(name) or name == socket.gethostname().lower())

    def _near(self, scope: Scope) -> bool:
        """Whether the client is on this machine, if only such may come."""
        client = scope.get("client")
        return not self.local or client is None or _loopback(client[0])


def _unframed(send: Callable[[Any], Awaitable]) -> Callable[[Any], Awaitable]:
    """Responses that no page elsewhere shows in a frame, to have it clicked unseen."""

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *UNFRAMED]}
        await send(message)

    return sent


def _loopback(client: str) -> bool:
    return _address(client) and ipaddress.ip_address(client).is_loopback


def _name(host: str) -> str:
    """Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


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

    from econsim.visualization.engine import warm

    warm()

    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{bound.getsockname()[1]}")
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", proxy_headers=False,
        timeout_graceful_shutdown=2, ws_ping_timeout=60,  # a browser may be busy for long
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[bound])
