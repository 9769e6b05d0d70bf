"""The browser itself: keys, theme, address, links, downloads, and what paces an engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import reacton.ipyvuetify as rv
import solara

from econsim.palette import DARK, LIGHT

THEMES = (("light", LIGHT), ("dark", DARK))
COLORS = (f".v-application.theme--{name} {{ {colors.css()} }}" for name, colors in THEMES)
STYLE = "\n".join([*COLORS, Path(__file__).with_name("style.css").read_text(encoding="utf-8")])


@solara.component_vue("vue/client.vue")
def Client(
    watched: list = [],
    theme: str = "",
    event_key: Callable[[str], None] | None = None,
    event_opened: Callable[[dict], None] | None = None,
) -> None:
    """The browser: keys, theme, address."""


@solara.component_vue("vue/nav.vue")
def Nav(
    pages: list = [],
    current: str = "",
    event_go: Callable[[str], None] | None = None,
) -> None:
    """Links to the pages."""


@solara.component_vue("vue/pulse.vue")
def _Pulse(frame: int = 0, event_acknowledge: Callable[[int], None] | None = None) -> None:
    """Acknowledges frames."""


@solara.component
def Pulse(session: Any) -> None:
    """Tells a session's engine that the browser has painted its frame; put it last on a page."""
    frame = session.frame.value
    _Pulse(
        frame=frame["number"] if frame else 0,
        event_acknowledge=lambda number: session.send("acknowledge", number),
    )


@solara.component_vue("vue/address.vue")
def Address(query: str = "") -> None:
    """Keeps the browser's address at this query string, so that a reload shows the same."""


@solara.component_vue("vue/copy.vue")
def CopyText(text: str = "") -> None:
    """A link, and a button that copies it."""


@solara.component
def Download(
    label: str,
    filename: str,
    make: Callable[[], Any],
    mime: str = "text/csv",
    disabled: bool = False,
) -> None:
    """A button that downloads what `make` returns, text or bytes."""
    attributes = {"type": "button", **({"disabled": "disabled"} if disabled else {})}
    button = rv.Html(
        tag="button", class_="econ-button econ-plain", children=[label], attributes=attributes
    )
    if not disabled:
        solara.FileDownload(make, filename=filename, mime_type=mime, children=[button])
