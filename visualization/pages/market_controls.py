"""The Market page's controls: play and pace, parameters that are live or wait, figures."""

from collections.abc import Callable, Mapping
from typing import Any

import reacton.ipyvuetify as rv
import solara

from econsim.digits import NOTHING, exact
from econsim.errors import ParameterError
from econsim.metrics import METRICS
from econsim.visualization.engines.session import Session
from econsim.visualization.pages.draft import Draft
from econsim.visualization.pages.state import State
from econsim.visualization.server.parameters import (
    AS_GIVEN,
    CHOICE,
    NAMED,
    WHOLE,
    Parameter,
    parameters,
    templates,
)
from econsim.visualization.server.permalink import query
from econsim.visualization.widgets import (
    ActionButton,
    Address,
    ErrorLine,
    Note,
    NumberField,
    Panel,
    Row,
    SelectField,
    SpecificationField,
)

PACES = {"0": "full speed", "20": "20 rounds/s", "5": "5 rounds/s", "1": "1 round/s"}
FIGURES = ("trades", "welfare", "efficiency", "price_distance", "mean_trust")


@solara.component
def Controls(state: State, draft: Draft, reset: Callable[[], None]) -> None:
    """Play, pause, step, reset; scenario, seed and parameters; figures of the last round."""
    session, now = state.market, draft.setting.value
    with Panel("Market", wide=True):
        Problem(session)
        with Row():
            PlayButton(session)
            ActionButton("Step", session.step, shortcut="s")
            ActionButton("Reset", reset, shortcut="r", hint="Start anew with the values below")
            Pace(session)
            SelectField("Scenario", now.scenario, state.scenarios(), draft.scenario,
                        badge="on reset")  # fmt: skip
            Parameters(session, draft, ("pricing",))
            NumberField("Seed", now.seed, draft.seed, on_error=session.error.set, low=0,
                        high=2**53, whole=True, badge="on reset")  # fmt: skip
        Waiting(session, draft)
        Working(session)
        with rv.Html(tag="details"):
            rv.Html(tag="summary", children=["Parameters"])
            Parameters(session, draft, tuple(name for name in parameters() if name != "pricing"))
        Figures(session)


@solara.component
def Problem(session: Session) -> None:
    """What went wrong last; it stays in sight, as what was pressed may be far below."""
    with rv.Html(tag="div", class_="econ-toast"):
        ErrorLine(session.error.value)


@solara.component
def PlayButton(session: Session) -> None:
    """Play or pause, as its label says: pressing it twice at once does no harm."""
    playing = session.playing.value
    act = session.pause if playing else session.play
    ActionButton("Pause" if playing else "Play", act, look="primary", shortcut="Space")


@solara.component
def Pace(session: Session) -> None:
    """How fast it plays."""
    pace, set_pace = solara.use_state(f"{session.pace:g}")

    def change(text: str) -> None:
        set_pace(text)
        session.hurry(float(text))

    SelectField("Speed", pace, list(PACES.items()), change)


@solara.component
def Waiting(session: Session, draft: Draft) -> None:
    """What waits for a reset."""
    waiting = draft.waiting(session.steady.value)
    if waiting:
        Note(f"Press Reset to apply: {', '.join(waiting)}.", live=True)


@solara.component
def Working(session: Session) -> None:
    """Says so when a command takes its time, as the first round of a compiled mechanism does."""
    if session.busy.value:
        rv.Html(tag="p", class_="econ-note econ-busy", children=["Working …"])


@solara.component
def Parameters(session: Session, draft: Draft, names: tuple[str, ...]) -> None:
    """Fields of some parameters, each marked live or on reset."""
    steady, now = session.steady.value, draft.setting.value
    made = steady.get("made")
    lost = made is None and session.error.value
    fresh = bool(lost) or (made is not None and made.scenario != now.scenario)
    values = {} if fresh else steady.get("values", {})
    with Row():
        for name in names:
            known = parameters()[name]
            shown = values.get(name, "" if fresh else known.default)
            if fresh or not known.live:
                shown = now.parameters.get(name, shown)
            if known.kind in (CHOICE, NAMED) or shown != AS_GIVEN:  # a table is no number
                _parameter(session, draft, known, shown, fresh)


def _parameter(session: Session, draft: Draft, known: Parameter, shown: Any, fresh: bool) -> Any:
    """One field; a live one changes the market at once, others what Reset will make."""
    live = known.live and not fresh
    label = known.label[:1].upper() + known.label[1:]
    badge = "live" if live else "on reset"

    def change(value: Any) -> None:
        _change(session, draft, known, value, live)

    if known.kind == NAMED:
        return SpecificationField(label, shown, known.choices, change, badge=badge,
                                  templates=templates(known.name))  # fmt: skip
    if known.kind != CHOICE:
        value = shown if isinstance(shown, int | float) else None
        return NumberField(label, value, change, on_error=session.error.set,
                           whole=known.kind == WHOLE, badge=badge)  # fmt: skip
    choices = [*known.choices] if shown in known.choices else [str(shown), *known.choices]
    return SelectField(label, str(shown), choices, change, badge=badge)


def _change(session: Session, draft: Draft, known: Parameter, value: Any, live: bool) -> None:
    try:
        checked = known.checked(value)
    except ParameterError as error:
        session.error.set(str(error))
        return
    if live:
        session.do("change", name=known.name, value=checked)
    else:
        session.error.set("")
        draft.put(known.name, checked)


@solara.component
def Figures(session: Session) -> None:
    """Numbers of the last round, and how fast rounds go by."""
    frame = session.frame.value
    if frame is None:
        lost = "There is no market: mend what is wrong above, and press Reset."
        Note(lost if session.error.value else "The engine is starting.", live=True)
        return
    rows = []
    for label, value in _figures(frame):
        parts = [rv.Html(tag="dt", children=[label]), rv.Html(tag="dd", children=[value])]
        rows.append(rv.Html(tag="div", children=parts))
    rv.Html(tag="dl", class_="econ-figures", children=rows)
    _digest(frame)


def _figures(frame: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels and figures; equal markets show equal ones."""
    entries = [("round", f"{frame['round']:,}")]
    entries += [(f"price{_of(name)}", exact(value)) for name, value in _prices(frame)]
    entries += [(METRICS[name].label, exact(frame["metrics"][name])) for name in FIGURES]
    return [*entries, ("rounds/s", f"{frame['rate']:,.0f}" if frame["playing"] else NOTHING)]


def _digest(frame: Mapping[str, Any]) -> None:
    """The state's digest when it rests; the browser's address then shows the same."""
    digest = frame["digest"]
    seen = {"data-digest": digest, "data-round": frame["round"], "data-of": frame["number"]}
    text = f"state digest {digest[:16]}" if digest else "playing"
    if digest:
        Address(query=query(frame["setting"]))
    rv.Html(tag="p", class_="econ-muted econ-digest", attributes=seen, children=[text])


def _of(name: str) -> str:
    return f", {name}" if name else ""


def _prices(frame: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Mean payment of each category in the last round."""
    names = frame["steady"]["categories"]
    price = frame["series"].get("price", [[]] * len(names))
    named = names if len(names) > 1 else [""]
    return [
        (name, path[-1] if path else float("nan")) for name, path in zip(named, price, strict=True)
    ]
