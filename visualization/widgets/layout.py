"""What holds the parts of a page: panels, rows, tables, dialogs, notes; native elements."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import reacton.ipyvuetify as rv
import solara

from econsim.digits import NOTHING
from econsim.visualization.widgets.controls import ActionButton


@solara.component_vue("vue/table.vue")
def _Table(columns: list, rows: list, caption: str = "") -> None:
    """A native table that scrolls by itself."""


@solara.component_vue("vue/dialog.vue")
def _Dialog(
    title: str = "",
    children: list = [],
    serial: int = 0,
    event_shut: Callable[[Any], None] | None = None,
) -> None:
    """A native modal dialog: keeps the focus, and Escape closes it."""


def DataTable(columns: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> Any:
    """A table; the first cell of a row is its header. Numbers that are not finite show as –."""
    shown = [[_cell(value) for value in row] for row in rows]
    return _Table(columns=list(columns), rows=shown, caption=caption)


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else NOTHING
    return value if isinstance(value, int | str) and not isinstance(value, bool) else str(value)


def Dialog(title: str, on_close: Callable[[int], None], children: list, serial: int = 0) -> Any:
    """A dialog, open as long as it is rendered; another `serial` opens it again.

    `on_close` gets the serial of what was closed, which may not be what is open by then.
    """
    return _Dialog(title=title, event_shut=on_close, children=children, serial=serial)


@solara.component
def Panel(title: str, children: list | None = None, wide: bool = False, level: int = 2) -> None:
    """A section with a heading."""
    heading = rv.Html(tag=f"h{level}", children=[title])
    look = "econ-panel econ-wide" if wide else "econ-panel"
    rv.Html(tag="section", class_=look, children=[heading, *(children or [])])


@solara.component
def Row(children: list | None = None) -> None:
    """Controls beside each other, wrapped where it is narrow."""
    rv.Html(tag="div", class_="econ-row", children=children or [])


@solara.component
def Grid(children: list | None = None, large: bool = False) -> None:
    """Panels beside each other, as many as fit."""
    look = "econ-grid econ-grid-large" if large else "econ-grid"
    rv.Html(tag="div", class_=look, children=children or [])


@solara.component
def ErrorLine(text: str) -> None:
    """One line about what went wrong; read aloud when it appears."""
    shown = [rv.Html(tag="p", class_="econ-error", children=[text])] if text else []
    rv.Html(tag="div", attributes={"role": "alert"}, children=shown)


@solara.component
def Note(text: str, live: bool = False) -> None:
    """A paragraph; ``live`` ones are read aloud when they change."""
    attributes = {"aria-live": "polite"} if live else {}
    rv.Html(tag="p", class_="econ-note", children=[text], attributes=attributes)


@solara.component
def Boundary(page: Callable[..., Any], *given: Any) -> None:
    """A page; where it cannot be drawn, a line that says why, and the rest of the dashboard."""
    error, clear = solara.use_exception()
    if error is None:
        page(*given)
        return
    words = " ".join(f"{type(error).__name__}: {error}".split())
    ErrorLine(f"This page cannot be shown. {words}")
    ActionButton("Try again", clear)
