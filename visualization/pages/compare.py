"""Compare: pricing models side by side on the same draws, the paired difference growing live."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import solara
import solara.lab

from econsim.errors import EconsimError, one_of
from econsim.registry import listed
from econsim.visualization.engines.compare import (
    MOST_BUYERS,
    MOST_MODELS,
    MOST_REPLICATIONS,
    MOST_ROUNDS,
    WORKER,
    Plan,
)
from econsim.visualization.engines.session import Session
from econsim.visualization.numbers.typed import parsed
from econsim.visualization.pages.compare_panels import Findings
from econsim.visualization.pages.state import Shortcuts, State, use_session, use_shortcuts
from econsim.visualization.server.parameters import choices, templates
from econsim.visualization.widgets import (
    ActionButton,
    Address,
    Download,
    ErrorLine,
    Note,
    NumberField,
    Panel,
    Pulse,
    Row,
    SelectField,
    SpecificationField,
)

_LINKED = ("scenario", "pricing", "buyers", "rounds", "seed")


@solara.component
def Page(state: State) -> None:
    """The page."""
    session = use_session(WORKER)
    first, problem = solara.use_memo(lambda: _opening(state), [])
    plan: Any = solara.use_reactive(first[0])
    error = solara.use_reactive(problem)
    solara.use_effect(lambda: session.start(plan=first[0], replications=first[1]), [])
    frame = session.frame.value
    mine = frame if frame and frame["plan"] == plan.value else None

    def change(**entries: Any) -> None:
        _change(session, plan, error, entries)

    use_shortcuts(state, _shortcuts(session), lambda: _query(plan.peek(), session.frame.peek()))
    with Panel("Compare pricing models on the same draws", wide=True):
        _Choices(plan.value, change, error.set, tuple(state.scenarios()))
        _Controls(session, plan.value, change, mine["done"] if mine else 0)
        ErrorLine(error.value or session.error.value)
        if session.playing.value and mine:
            Note(mine["text"])
    if not session.playing.value:
        Address(query=_query(plan.value, mine))
    Findings(mine)
    Pulse(session)


def _shortcuts(session: Session) -> Shortcuts:
    return {
        " ": ("run or pause", lambda: _toggle(session)),
        "s": ("one replication", lambda: _one(session)),
    }


def _change(session: Session, plan: Any, error: Any, entries: dict[str, Any]) -> None:
    """Another plan: the engine starts anew."""
    try:
        plan.set(Plan(**{**_entries(plan.value), **entries}))
        error.set("")
        session.pause()
        session.reset(plan=plan.value)
    except EconsimError as refused:
        error.set(str(refused))


def _run(session: Session, **count: int) -> None:
    """Run `count` more replications, or all that may be."""
    session.do("more", **count)
    session.play()


def _one(session: Session) -> None:
    """One more, unless many are under way."""
    if not session.playing.peek():
        _run(session, count=1)


def _toggle(session: Session) -> None:
    """Run, or pause."""
    session.pause() if session.playing.peek() else _run(session)


def _opening(state: State) -> tuple[tuple[Plan, int], str]:
    """Plan and replications that a link asks for, and what is wrong with it."""
    asked, usual = state.asked(), Plan(scenario=state.scenario)
    try:
        for name in asked:
            one_of("link entry", name, [*_LINKED, "replications"])
        numbers = {
            name: parsed(name, asked[name], 0, None, True)
            for name in ("buyers", "rounds", "seed")
            if name in asked
        }
        named = [text for texts in state.asked_all("pricing") for text in listed(texts)]
        scenario = one_of("scenario", asked.get("scenario", usual.scenario), state.scenarios())
        wanted = parsed("replications", asked.get("replications", 0), 0, MOST_REPLICATIONS, True)
        pricing = tuple(named or usual.pricing)
        return (Plan(scenario=scenario, pricing=pricing, **numbers), wanted), ""
    except EconsimError as error:
        return (usual, 0), str(error)


def _query(plan: Plan, frame: Any) -> str:
    """The query string of what is shown: the same link gives the same replications."""
    done = frame["done"] if frame and frame["plan"] == plan else 0
    entries = {**_entries(plan), "pricing": _listing(plan.pricing)}
    linked = {**{name: entries[name] for name in _LINKED}, "replications": done}
    return urlencode(linked, doseq=True, safe=",:=()")


def _listing(pricing: Sequence[str]) -> list[str]:
    """One list with commas; a mix has commas of its own, and then one entry a model."""
    text = ",".join(pricing)
    return [text] if listed(text) == list(pricing) else list(pricing)


def _entries(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in Plan.__dataclass_fields__}


@solara.component
def _Choices(plan: Plan, change: Any, fail: Any, scenarios: tuple[str, ...]) -> None:
    """Scenario, models, size and seed."""

    def choose(place: int, name: str) -> None:
        chosen = [*plan.pricing]
        chosen[place] = name
        change(pricing=tuple(chosen))

    with Row():
        SelectField("scenario", plan.scenario, scenarios, lambda name: change(scenario=name))
        for place, name in enumerate(plan.pricing):
            label = "first model (baseline)" if place == 0 else f"model {place + 1}"
            SpecificationField(label, name, choices("pricing"), partial(choose, place),
                               templates=templates("pricing"))  # fmt: skip
        number = {"whole": True, "on_error": fail}
        NumberField("buyers", plan.buyers, lambda n: change(buyers=n), low=1, high=MOST_BUYERS,
                    **number)  # fmt: skip
        NumberField("rounds", plan.rounds, lambda n: change(rounds=n), low=1, high=MOST_ROUNDS,
                    **number)  # fmt: skip
        NumberField("seed", plan.seed, lambda n: change(seed=n), low=0, high=2**53, **number)


@solara.component
def _Controls(session: Session, plan: Plan, change: Any, done: int) -> None:
    """Run, step, reset, more models, downloads."""
    playing = session.playing.value
    spare = [name for name in choices("pricing") if name not in plan.pricing]

    def more() -> None:
        change(pricing=(*plan.pricing, spare[0]))

    with Row():
        ActionButton("Pause" if playing else "Run", lambda: _toggle(session), look="primary",
                     shortcut=" ")  # fmt: skip
        ActionButton("One replication", lambda: _one(session), shortcut="s", disabled=playing)
        ActionButton("Reset", lambda: change())
        ActionButton("Add a model", more, disabled=len(plan.pricing) >= MOST_MODELS)
        ActionButton("Drop the last", lambda: change(pricing=plan.pricing[:-1]),
                     disabled=len(plan.pricing) <= 2)  # fmt: skip
        Download("CSV", "comparison.csv", lambda: session.ask("csv") or "", disabled=done < 1)
        Download("PNG", "comparison.png", lambda: session.ask("png") or b"", "image/png",
                 disabled=done < 2)  # fmt: skip
