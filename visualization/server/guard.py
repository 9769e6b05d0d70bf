"""Refuses foreign hosts, origins and frames.

A page elsewhere could reach a local server by naming it, or show it in a frame to have it clicked.
"""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

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
