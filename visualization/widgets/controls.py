"""Controls: native elements, each with its label.

Browsers know how to read, focus and zoom native elements, so these are used instead of Vuetify's.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import solara

from econsim.errors import ParameterError
from econsim.visualization.numbers.typed import parsed

Choice = str | tuple[str, str]
TYPED = " typed"


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
    """One of several; options are texts, or pairs of value and text. No other value is taken."""
    pairs = [[each, each] if isinstance(each, str) else list(each) for each in options]

    def choose(chosen: Any) -> None:
        if chosen in [known for known, _ in pairs]:  # a browser may say anything
            on_value(chosen)

    return _Field(
        label=label, value=value, kind="select", options=pairs, event_change=choose, **more
    )


@solara.component
def SpecificationField(
    label: str,
    value: str,
    names: Sequence[str],
    on_value: Callable[[str], None],
    *,
    templates: Mapping[str, str] | None = None,
    badge: str = "",
) -> None:
    """A name to choose, or a specification with parameters to type (see `econsim.registry`).

    The last option opens a line for it beside the list. What was refused stays there to be mended.

    Parameters
    ----------
    value : str
        What is in force; empty if nothing is yet.
    names : sequence of str
        Names that say all.
    on_value : callable
        Gets a name, or what was typed.
    templates : mapping of str to str
        What to type for names that need parameters.
    """
    typed, set_typed = solara.use_state("")
    solara.use_effect(lambda: set_typed(""), [value])
    opened = bool(typed or (value and value not in names))
    needy = templates or {}

    def choose(name: str) -> None:
        set_typed((value or names[0]) if name == TYPED else needy.get(name, ""))
        if name in names:
            on_value(name)

    def take(text: str) -> None:
        set_typed(text)
        on_value(text)

    options: list[Choice] = [
        *names,
        *((name, f"{name} …") for name in needy),
        (TYPED, "with parameters …"),
    ]
    options = options if value else [("", ""), *options]
    SelectField(label, TYPED if opened else value, options, choose, badge=badge)
    if opened:
        TextField(f"{label}, typed", typed or value, take, badge=badge)


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
