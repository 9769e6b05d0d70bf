"""What the Market page has below its charts: interventions, an agent's history, the event log."""

from collections.abc import Callable, Mapping
from typing import Any

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.errors import ParameterError
from econsim.models.marketplace import INTERVENTIONS
from econsim.visualization.charts.market import tracked
from econsim.visualization.engines.session import Session
from econsim.visualization.server.parameters import intervention_value
from econsim.visualization.widgets import (
    ActionButton,
    Chart,
    DataTable,
    Note,
    NumberField,
    Panel,
    Row,
    SelectField,
    TextField,
)

UNITS = {"price": "price, credits", "sellers": "sellers, by number", "rate": "rate, tasks a round"}


@solara.component
def Interventions(session: Session) -> None:
    """Every registered intervention with its parameters, and a button."""
    kind = solara.use_reactive(next(iter(INTERVENTIONS)))
    nothing: dict[tuple[str, str], str] = {}
    typed = solara.use_reactive(nothing)
    known = INTERVENTIONS[kind.value]

    def put(name: str) -> Callable[[str], None]:
        return lambda text: typed.set({**typed.peek(), (kind.peek(), name): text})

    with Panel("Intervene"):
        with Row():
            SelectField("What", kind.value, list(INTERVENTIONS), kind.set)
            for name, default in known.parameters.items():
                shown = typed.value.get((kind.value, name), _default(default))
                TextField(UNITS.get(name, name), shown, put(name))
        Note(f"{known.meaning} It takes effect in the next round.")
        ActionButton(f"Apply {kind.value}", lambda: _intervene(session, kind.peek(), typed.peek()))


def _intervene(session: Session, kind: str, typed: Mapping[tuple[str, str], str]) -> None:
    """Do it with what was typed; defaults fill the rest."""
    try:
        values = {
            name: intervention_value(name, typed.get((kind, name), _default(default)), default)
            for name, default in INTERVENTIONS[kind].parameters.items()
        }
    except ParameterError as error:
        session.error.set(str(error))
        return
    session.do("intervene", kind=kind, parameters=values)


def _default(value: Any) -> str:
    return "" if value is None or value == () else str(value)


@solara.component
def Inspector(session: Session) -> None:
    """A buyer or seller: its row now, its history, its orders."""
    side, number = solara.use_reactive("buyer"), solara.use_reactive(0)
    frame, dark = session.frame.value, solara.lab.use_dark_effective()

    def follow() -> None:
        session.do("inspect", side=side.peek(), number=number.peek())

    with Panel("Inspect an agent"):
        with Row():
            SelectField("Side", side.value, ["buyer", "seller"], side.set)
            NumberField("Number", number.value, number.set, on_error=session.error.set, low=0,
                        whole=True)  # fmt: skip
            ActionButton("Inspect", follow)
        seen = frame and frame["inspected"]
        if seen:
            _inspected(seen, bool(dark))


def _inspected(seen: Mapping[str, Any], dark: bool) -> None:
    title = f"{seen['side']} {seen['number']}"
    DataTable(["column", "now"], list(seen["row"].items()), f"Row of {title}; money in credits")
    for name, values in seen["tracked"].items():
        Chart(tracked(title, name, seen["rounds"], values, dark), height=170)
    heads = ["round", "at", "bid", "paid"]
    if seen["side"] == "seller":
        heads = ["round", "orders", "sold", "received"]
    DataTable(heads, seen["orders"], f"Orders of {title}, the latest first")


@solara.component
def EventLog(session: Session) -> None:
    """What was changed, and when."""
    log = session.steady.value.get("log", [])
    with Panel("Event log"):
        if not log:
            Note("Live changes and interventions will be listed here.")
        entries = [f"after round {time:g}: {text}" for time, text in reversed(log)]
        rv.Html(
            tag="ul", class_="econ-log", attributes={"tabindex": "0", "aria-label": "Event log"},
            children=[rv.Html(tag="li", children=[text]) for text in entries],
        )  # fmt: skip
