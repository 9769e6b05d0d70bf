"""The Auction lab: every mechanism on the same bids, what a bid is worth, bundles, audits."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import solara

from econsim.audit import target_names
from econsim.errors import EconsimError, one_of
from econsim.visualization.numbers import lab as numbers
from econsim.visualization.numbers.typed import MOST_BIDDERS, amounts, parsed
from econsim.visualization.pages.lab_panels import Mechanisms, OwnBid, Positions, TwoSided
from econsim.visualization.pages.lab_tasks import Audit, Bundles
from econsim.visualization.pages.state import State, use_shortcuts
from econsim.visualization.server.permalink import LONGEST
from econsim.visualization.widgets import (
    ActionButton,
    Address,
    ErrorLine,
    Grid,
    NumberField,
    Panel,
    Row,
    TextField,
)

USUAL = {"bids": "52, 91, 40, 68", "reserve": 0.0, "units": 1, "bidder": None, "value": None,
         "own": None, "asks": "20, 35, 60, 80", "clicks": "1, 0.5, 0.25", "audit": "",
         "bundles": numbers.sample().decode()}  # fmt: skip


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = bool(solara.lab.use_dark_effective())
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    fields: Any = solara.use_memo(
        lambda: {name: solara.Reactive(value) for name, value in first.items()}, []
    )
    typed, seed = fields["bids"], solara.use_reactive(1)
    bids, problem = solara.use_memo(lambda: _read(typed.value), [typed.value])

    def draw() -> None:
        count = min(max(len(typed.peek().replace(",", " ").split()), 2), MOST_BIDDERS)
        typed.set(", ".join(f"{bid:g}" for bid in numbers.drawn(count, seed.peek())))
        seed.set(seed.peek() + 1)

    use_shortcuts(state, {"b": ("draw bids", draw)}, lambda: _link(fields))
    _Address(fields)
    _Bids(fields, draw, problem, wrong)
    with Grid():
        if bids:
            Mechanisms(bids, fields["reserve"].value, fields["units"].value, dark)
            OwnBid(fields, bids, dark)
            TwoSided(fields["asks"], bids)
            Positions(fields["clicks"], bids, fields["reserve"].value)
        Audit(fields["audit"])
        Bundles(fields["bundles"], first["bundles"] != USUAL["bundles"])


@solara.component
def _Bids(fields: dict[str, Any], draw: Callable[[], None], problem: str, wrong: str) -> None:
    """Bids, reserve and units; `problem` is what is wrong with the bids, `wrong` with the link."""
    typed, reserve, units = fields["bids"], fields["reserve"], fields["units"]
    error = solara.use_reactive(wrong)
    with Panel("Bids", wide=True):
        with Row():
            TextField("bids, one a bidder", typed.value, typed.set, wide=True)
        with Row():
            NumberField("reserve", reserve.value, reserve.set, low=0, high=1e12,
                        on_error=error.set)  # fmt: skip
            NumberField("units", units.value, units.set, low=1, high=MOST_BIDDERS,
                        whole=True, on_error=error.set)  # fmt: skip
            ActionButton("Draw bids", draw, shortcut="b")
        ErrorLine(error.value)
        ErrorLine(problem)


def _link(fields: dict[str, Any]) -> str:
    """The query string of what was set; the rest is as usual, as are bundles too long for one."""
    now = {name: field.peek() for name, field in fields.items()}
    if len(now["bundles"]) > LONGEST // 4:
        now["bundles"] = USUAL["bundles"]
    return urlencode({name: value for name, value in now.items() if value != USUAL[name]})


@solara.component
def _Address(fields: dict[str, Any]) -> None:
    """The browser's address, whatever is set next."""
    for field in fields.values():
        field.value  # noqa: B018 - to be drawn again when it changes
    Address(query=_link(fields))


def _opening(state: State) -> tuple[dict[str, Any], str]:
    """What a link asks for, and what is wrong with it; texts say themselves what is wrong."""
    asked = state.asked()
    values = {**USUAL, **asked}
    try:
        for name in asked:
            one_of("link entry", name, USUAL)
        for name in ("reserve", "value", "own"):
            if name in asked:
                values[name] = parsed(name, asked[name], 0, 1e12, False)
        for name in ("units", "bidder"):
            if name in asked:
                values[name] = parsed(name, asked[name], 1, MOST_BIDDERS, True)
        one_of("audit", values["audit"], ["", *target_names()])
        return values, ""
    except EconsimError as error:
        return {**USUAL}, str(error)


def _read(text: str) -> tuple[list[float], str]:
    """The bids that were typed, and what is wrong with them."""
    try:
        bids = amounts("bids", text)
        return bids, "" if bids else "bids: type at least one number"
    except EconsimError as problem:
        return [], str(problem)
