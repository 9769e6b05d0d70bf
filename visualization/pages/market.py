"""The Market page: play a market, change it while it runs, and see what its mechanism does."""

from collections.abc import Callable
from typing import Any

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.visualization.charts import market as charts
from econsim.visualization.engines.session import Session
from econsim.visualization.numbers.explain import explain
from econsim.visualization.pages.draft import Draft, opening
from econsim.visualization.pages.market_controls import Controls
from econsim.visualization.pages.market_panels import EventLog, Inspector, Interventions
from econsim.visualization.pages.state import Shortcuts, State, use_shortcuts
from econsim.visualization.server.permalink import Setting, query
from econsim.visualization.widgets import Chart, Download, Grid, Panel, Pulse, Row

EXPORTS = (
    ("Download CSV", "market.csv", "csv", "text/csv"),
    ("Download PNG", "market.png", "png", "image/png"),
    ("Prices as CSV", "prices.csv", "prices", "text/csv"),
)


@solara.component
def Page(state: State) -> None:
    """Controls, figures, charts; the engine goes on while other pages are shown."""
    session = state.market
    first, problem = solara.use_memo(lambda: opening(state), [])
    frame = session.frame.peek()
    draft = solara.use_memo(lambda: Draft(frame["setting"] if frame else first), [])

    def reset() -> None:
        session.playing.set(False)
        shown = session.frame.peek()
        session.reset(setting=draft.taken(shown and shown["setting"]))

    solara.use_effect(lambda: _begin(session, first, problem), [])
    use_shortcuts(
        state, _shortcuts(session, reset),
        lambda: query((session.frame.peek() or {"setting": first})["setting"]),
    )  # fmt: skip
    Controls(state, draft, reset)
    Clearing(session)
    Charts(session)
    with Grid():
        Interventions(session)
        Inspector(session)
        EventLog(session)
    Pulse(session)


def _begin(session: Session, first: Setting, problem: str) -> None:
    """Start the engine, unless it has been playing all the while, and say what was wrong."""
    if not session.running and not session.frame.peek():
        session.start(setting=first)
        if problem:
            session.error.set(problem)


def _shortcuts(session: Session, reset: Callable[[], None]) -> Shortcuts:
    return {
        " ": ("play or pause", session.toggle),
        "s": ("one round", session.step),
        "r": ("reset", reset),
    }


@solara.component
def Clearing(session: Session) -> None:
    """The sentence about the last clearing, and downloads."""
    frame = session.frame.value
    with Panel("The last clearing, explained", wide=True):
        rv.Html(
            tag="p", class_="econ-note econ-explained",
            children=[explain(frame["facts"]) if frame else "Nothing yet."],
        )  # fmt: skip
        Exports(session)


def _asking(session: Session, name: str) -> Callable[[], Any]:
    """A function that asks the engine: Solara downloads what functions give, not partials."""

    def answer() -> Any:
        return session.ask(name) or ""

    return answer


@solara.component
def Exports(session: Session) -> None:
    """Downloads; they ask the engine when they are pressed."""
    frame, failed = session.frame.value, session.error.value
    nothing = not frame or not frame["round"] or (bool(failed) and not session.running)
    with Row():
        for label, file, name, mime in EXPORTS:
            Download(label, file, _asking(session, name), mime, nothing)


@solara.component
def Charts(session: Session) -> None:
    """Live charts of the last rounds."""
    frame, dark = session.frame.value, solara.lab.use_dark_effective()
    with Grid():
        for title, option in charts.all_charts(frame, bool(dark)):
            with Panel(title):
                Chart(option)
