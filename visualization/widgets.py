"""Controls that all pages share: native elements, each with its label.

Browsers know how to read, focus and zoom native elements, so these are used instead of Vuetify's.
"""

import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import reacton.ipyvuetify as rv
import solara
from solara.components.echarts import EchartsWidget

from econsim.errors import ParameterError, integer, real

Choice = str | tuple[str, str]


@solara.component_vue("vue/field.vue")
def _Field(
    label: str = "",
    value: Any = "",
    kind: str = "text",
    options: list = [],
    low: Any = None,
    high: Any = None,
    step: Any = None,
    badge: str = "",
    hint: str = "",
    disabled: bool = False,
    wide: bool = False,
    event_change: Callable[[Any], None] | None = None,
) -> None:
    """A labelled native control."""


@solara.component_vue("vue/press.vue")
def _Press(
    label: str = "",
    name: str = "",
    look: str = "plain",
    hint: str = "",
    shortcut: str = "",
    disabled: bool = False,
    pressed: Any = None,
    event_press: Callable[[Any], None] | None = None,
) -> None:
    """A native button."""


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


@solara.component_vue("vue/pulse.vue")
def _Pulse(frame: int = 0, event_acknowledge: Callable[[int], None] | None = None) -> None:
    """Acknowledges frames."""


@solara.component_vue("vue/address.vue")
def Address(query: str = "") -> None:
    """Keeps the browser's address at this query string, so that a reload shows the same."""


@solara.component_vue("vue/upload.vue")
def UploadField(
    label: str = "", limit: int = 0, event_chosen: Callable[[dict], None] | None = None
) -> None:
    """A file to choose or drop: its ``name``, ``size`` and, up to `limit` bytes, base64 text."""


@solara.component_vue("vue/copy.vue")
def CopyText(text: str = "") -> None:
    """A link, and a button that copies it."""


def TextField(label: str, value: str, on_value: Callable[[str], None], **more: Any) -> Any:
    """A line of text; ``kind="textarea"`` for several."""
    return _Field(label=label, value=value, event_change=on_value, **more)


def NumberField(
    label: str,
    value: float | None,
    on_value: Callable[[Any], None],
    *,
    on_error: Callable[[str], None] = lambda text: None,
    low: float | None = None,
    high: float | None = None,
    step: float | str = "any",
    whole: bool = False,
    **more: Any,
) -> Any:
    """A number; what is typed is checked, and `on_error` gets a line about what is refused.

    Parameters
    ----------
    value : float or None
        None shows an empty field.
    low, high : float, optional
        Permitted range.
    whole : bool
        Whether only integers are permitted.
    **more
        ``badge``, ``hint``, ``disabled``, ``wide``.
    """

    def change(text: str) -> None:
        try:
            number = parsed(label, text, low, high, whole)
        except ParameterError as error:
            on_error(str(error))
        else:
            on_error("")  # before, as `on_value` may lead to a new one
            on_value(number)

    shown = "" if value is None else value
    return _Field(
        label=label, value=shown, kind="number", low=low, high=high, step=1 if whole else step,
        event_change=change, **more,
    )  # fmt: skip


def parsed(field: str, text: Any, low: float | None, high: float | None, whole: bool) -> Any:
    """The number that was typed.

    Raises
    ------
    ParameterError
        If it is no number, or outside its range.
    """
    try:
        number = int(text) if whole else float(text)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(field, text, "an integer" if whole else "a number") from None
    least = -math.inf if low is None else low
    if whole:
        return integer(
            field, number, int(max(least, -(2**53))), None if high is None else int(high)
        )
    return real(field, number, least, math.inf if high is None else high)


def SliderField(
    label: str,
    value: float,
    on_value: Callable[[float], None],
    *,
    low: float,
    high: float,
    step: float,
    **more: Any,
) -> Any:
    """A slider that tells its value while it is dragged."""

    def change(text: str) -> None:
        with suppress(ParameterError):  # no browser's slider leaves its range
            on_value(parsed(label, text, low, high, whole=False))

    return _Field(
        label=label, value=value, kind="range", low=low, high=high, step=step,
        event_change=change, **more,
    )  # fmt: skip


def SelectField(
    label: str, value: str, options: Sequence[Choice], on_value: Callable[[str], None], **more: Any
) -> Any:
    """One of several; options are texts, or pairs of value and text."""
    pairs = [[each, each] if isinstance(each, str) else list(each) for each in options]
    return _Field(
        label=label, value=value, kind="select", options=pairs, event_change=on_value, **more
    )


def CheckField(label: str, value: bool, on_value: Callable[[bool], None], **more: Any) -> Any:
    """A box to tick."""
    return _Field(label=label, value=value, kind="checkbox", event_change=on_value, **more)


def ActionButton(label: str, on_click: Callable[[], None], **more: Any) -> Any:
    """A button.

    Parameters
    ----------
    **more
        ``look`` ("plain", "primary", "quiet"), ``hint``, ``name`` (read instead of the label),
        ``shortcut``, ``disabled``, ``pressed``.
    """
    return _Press(label=label, event_press=lambda *_: on_click(), **more)


def DataTable(columns: Sequence[str], rows: Sequence[Sequence[Any]], caption: str) -> Any:
    """A table; the first cell of a row is its header. Numbers that are not finite show as –."""
    shown = [[_cell(value) for value in row] for row in rows]
    return _Table(columns=list(columns), rows=shown, caption=caption)


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.10g}") if math.isfinite(value) else "–"
    return value if isinstance(value, int | str) and not isinstance(value, bool) else str(value)


def Dialog(title: str, on_close: Callable[[int], None], children: list, serial: int = 0) -> Any:
    """A dialog, open as long as it is rendered; another `serial` opens it again.

    `on_close` gets the serial of what was closed, which may not be what is open by then.
    """
    return _Dialog(title=title, event_shut=on_close, children=children, serial=serial)


@solara.component
def Pulse(session: Any) -> None:
    """Tells a session's engine that the browser has painted its frame; put it last on a page."""
    frame = session.frame.value
    _Pulse(
        frame=frame["number"] if frame else 0,
        event_acknowledge=lambda number: session.send("acknowledge", number),
    )


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
def Boundary(page: Callable[..., Any], *given: Any) -> None:
    """A page; where it cannot be drawn, a line that says why, and the rest of the dashboard."""
    error, clear = solara.use_exception()
    if error is None:
        page(*given)
        return
    words = " ".join(f"{type(error).__name__}: {error}".split())
    ErrorLine(f"This page cannot be shown. {words}")
    ActionButton("Try again", clear)


@solara.component
def Note(text: str, live: bool = False) -> None:
    """A paragraph; ``live`` ones are read aloud when they change."""
    attributes = {"aria-live": "polite"} if live else {}
    rv.Html(tag="p", class_="econ-note", children=[text], attributes=attributes)


class ChartWidget(EchartsWidget):
    """Solara's ECharts widget with a front end that repaints less.

    Its option is JSON text: Reacton would look for elements in every number of a dictionary, which
    took most of the time of a frame.
    """

    template_file = (__file__, "vue/chart.vue")


@solara.component
def Chart(
    option: dict, height: int = 250, on_click: Callable[[Any], None] = lambda event: None
) -> None:
    """A live chart of `econsim.visualization.charts`."""
    described = option["aria"]["label"]["description"]
    look = f"height: {height}px; width: 100%"
    attributes = {"style": look, "role": "img", "aria-label": described}
    text = json.dumps(option, allow_nan=False, separators=(",", ":"))
    ChartWidget.element(option=text, on_click=on_click, attributes=attributes)


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
