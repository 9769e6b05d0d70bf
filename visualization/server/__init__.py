"""Server: what meets the browser. It serves, guards, and checks what links and fields ask for."""

from econsim.visualization.server.serving import prepare, serve

__all__ = ["prepare", "serve"]
