"""Controls: native elements, each with its label.

Browsers know how to read, focus and zoom native elements, so these are used instead of Vuetify's.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import solara

from econsim.errors import ParameterError
from econsim.visualization.numbers.typed import parsed

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


@solara.component_vue("vue/upload.vue")
def UploadField(
    label: str = "", limit: int = 0, event_chosen: Callable[[dict], None] | None = None
) -> None:
    """A file to choose or drop: its ``name``, ``size`` and, up to `limit` bytes, base64 text."""


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
