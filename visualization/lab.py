"""The Auction lab: every mechanism on the same bids, what a bid is worth, bundles, audits."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import solara

from econsim.audit import target_names
from econsim.errors import EconsimError, one_of
from econsim.visualization import lab_model
from econsim.visualization.charts import Line, Path, bars, paths
from econsim.visualization.lab_tasks import Audit, Bundles
from econsim.visualization.permalink import LONGEST
from econsim.visualization.session import State, use_shortcuts
from econsim.visualization.widgets import (
    ActionButton,
    Address,
    Chart,
    DataTable,
    Download,
    ErrorLine,
    Grid,
    NumberField,
    Panel,
    Row,
    SelectField,
    SliderField,
    TextField,
    parsed,
)

USUAL = {"bids": "52, 91, 40, 68", "reserve": 0.0, "units": 1, "bidder": None, "value": None,
         "own": None, "asks": "20, 35, 60, 80", "clicks": "1, 0.5, 0.25", "audit": "",
         "bundles": lab_model.sample().decode()}  # fmt: skip


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = bool(solara.lab.use_dark_effective())
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    held: Any = solara.use_memo(
        lambda: {name: solara.Reactive(value) for name, value in first.items()}, []
    )
    typed, seed = held["bids"], solara.use_reactive(1)
    bids, problem = solara.use_memo(lambda: _read(typed.value), [typed.value])

    def draw() -> None:
        count = min(max(len(typed.peek().replace(",", " ").split()), 2), lab_model.MOST_BIDDERS)
        typed.set(", ".join(f"{bid:g}" for bid in lab_model.drawn(count, seed.peek())))
        seed.set(seed.peek() + 1)

    use_shortcuts(state, {"b": ("draw bids", draw)}, lambda: _link(held))
    _Address(held)
    _Bids(held, draw, problem, wrong)
    with Grid():
        if bids:
            _Mechanisms(bids, held["reserve"].value, held["units"].value, dark)
            _OwnBid(held, bids, dark)
            _TwoSided(held["asks"], bids)
            _Positions(held["clicks"], bids, held["reserve"].value)
        Audit(held["audit"])
        Bundles(held["bundles"], first["bundles"] != USUAL["bundles"])


@solara.component
def _Bids(held: dict[str, Any], draw: Callable[[], None], problem: str, wrong: str) -> None:
    """Bids, reserve and units; `problem` is what is wrong with the bids, `wrong` with the link."""
    typed, reserve, units = held["bids"], held["reserve"], held["units"]
    error = solara.use_reactive(wrong)
    with Panel("Bids", wide=True):
        with Row():
            TextField("bids, one a bidder", typed.value, typed.set, wide=True)
        with Row():
            NumberField("reserve", reserve.value, reserve.set, low=0, high=1e12,
                        on_error=error.set)  # fmt: skip
            NumberField("units", units.value, units.set, low=1, high=lab_model.MOST_BIDDERS,
                        whole=True, on_error=error.set)  # fmt: skip
            ActionButton("Draw bids", draw, shortcut="b")
        ErrorLine(error.value)
        ErrorLine(problem)


def _link(held: dict[str, Any]) -> str:
    """The query string of what was set; the rest is as usual, as are bundles too long for one."""
    now = {name: each.peek() for name, each in held.items()}
    if len(now["bundles"]) > LONGEST // 4:
        now["bundles"] = USUAL["bundles"]
    return urlencode({name: each for name, each in now.items() if each != USUAL[name]})


@solara.component
def _Address(held: dict[str, Any]) -> None:
    """The browser's address, whatever is set next."""
    for each in held.values():
        each.value  # noqa: B018 - to be drawn again when it changes
    Address(query=_link(held))


def _opening(state: State) -> tuple[dict[str, Any], str]:
    """What a link asks for, and what is wrong with it; texts say themselves what is wrong."""
    asked = state.asked()
    given = {**USUAL, **asked}
    try:
        for name in asked:
            one_of("link entry", name, USUAL)
        for name in ("reserve", "value", "own"):
            if name in asked:
                given[name] = parsed(name, asked[name], 0, 1e12, False)
        for name in ("units", "bidder"):
            if name in asked:
                given[name] = parsed(name, asked[name], 1, lab_model.MOST_BIDDERS, True)
        one_of("audit", given["audit"], ["", *target_names()])
        return given, ""
    except EconsimError as error:
        return {**USUAL}, str(error)


def _read(text: str) -> tuple[list[float], str]:
    """The bids that were typed, and what is wrong with them."""
    try:
        found = lab_model.amounts("bids", text)
        return found, "" if found else "bids: type at least one number"
    except EconsimError as problem:
        return [], str(problem)


@solara.component
def _Mechanisms(bids: list[float], reserve: float, units: int, dark: bool) -> None:
    """Allocation and payments of every one-sided mechanism."""
    outcomes = lab_model.sealed(bids, reserve, units)
    names = [outcome.name for outcome in outcomes]
    rows: list[list[Any]] = [["winners", *(_listed(o.winners) for o in outcomes)]]
    rows += [
        [f"bidder {k + 1} ({bid:.10g}) pays", *(outcome.payments[k] for outcome in outcomes)]
        for k, bid in enumerate(bids)
    ]
    rows.append(["revenue", *(outcome.revenue for outcome in outcomes)])
    labels = [f"bidder {k + 1}" for k in range(len(bids))]
    with Panel("Every mechanism at once", wide=True):
        DataTable(["", *names], rows, "winners and payments by mechanism")
        Chart(
            bars(labels, [Line(outcome.name, outcome.payments) for outcome in outcomes],
                 x_label="", y_label="payment", dark=dark,
                 description="payments of each bidder under each mechanism")
        )  # fmt: skip
        with Row():
            Download("CSV", "payments.csv", lambda: lab_model.payments_csv(bids, outcomes))
            Download("PNG", "payments.png", lambda: lab_model.payments_png(outcomes), "image/png")


def _listed(winners: list[int]) -> str:
    return ", ".join(str(winner + 1) for winner in winners) or "nobody"


@solara.component
def _OwnBid(held: dict[str, Any], bids: list[float], dark: bool) -> None:
    """Drag one bid, and watch what it gains under every mechanism."""
    place = min(held["bidder"].value or bids.index(max(bids)) + 1, len(bids)) - 1
    value = bids[place] if held["value"].value is None else held["value"].value
    top, own = lab_model.top(bids, value), held["own"].value
    bid = min(value if own is None else own, top)
    found = lab_model.worth(bids, place, value, bid, held["reserve"].value, held["units"].value)
    with Panel("What a bid is worth", wide=True):
        _Who(held, len(bids), place, value, bid, top)
        Chart(_utilities(found, bid, dark), height=300)
        rows = [[each.name, each.gains, each.lesson] for each in found]
        DataTable(["mechanism", f"a bid of {bid:.10g} gains", "truth or not"], rows,
                  "utility of your bid, and of the best one")  # fmt: skip


@solara.component
def _Who(
    held: dict[str, Any], count: int, place: int, value: float, bid: float, top: float
) -> None:
    """Whose bid it is, what winning is worth to it, and what it bids."""
    error = solara.use_reactive("")
    choices = [f"bidder {k + 1}" for k in range(count)]

    def become(name: str) -> None:
        held["bidder"].set(choices.index(name) + 1)
        held["value"].set(None)
        held["own"].set(None)

    with Row():
        SelectField("you are", choices[place], choices, become)
        NumberField("your value", value, held["value"].set, low=0, high=1e12, on_error=error.set)
        SliderField("your bid", bid, held["own"].set, low=0, high=round(top, 2),
                    step=round(top / 200, 4))  # fmt: skip
    ErrorLine(error.value)


def _utilities(found: list[lab_model.Worth], bid: float, dark: bool) -> dict[str, Any]:
    """Utility by bid, wide lines below narrow ones, and where the bid is."""
    curves = [
        Path(each.name, each.curve, width=2 * (len(found) - k)) for k, each in enumerate(found)
    ]
    here = Path("your bid", [(bid, each.gains) for each in found], joined=False, color=6)
    return paths(
        [*curves, here], x_label="your bid", y_label="utility", dark=dark,
        description="utility of one bidder by its bid under each mechanism",
    )  # fmt: skip


def _typed(label: str, typed: Any, work: Callable[[list[float]], Any]) -> Any:
    """A field of numbers, and what is made of them; a line about what is wrong, and None."""
    TextField(label, typed.value, typed.set, wide=True)
    try:
        found, problem = work(lab_model.amounts(label.partition(",")[0], typed.value)), ""
    except EconsimError as refused:
        found, problem = None, str(refused)
    ErrorLine(problem)
    return found


@solara.component
def _TwoSided(typed: Any, bids: list[float]) -> None:
    """The bids against asks, in the double auctions."""
    with Panel("Against sellers: double auctions"):
        rows = _typed("asks, one a seller", typed, lambda asks: lab_model.double(bids, asks))
        columns = ["mechanism", "trades", "buyers pay", "sellers receive", "surplus (deficit)"]
        DataTable(columns, rows or [], "two-sided mechanisms on these bids and asks")


@solara.component
def _Positions(typed: Any, bids: list[float], reserve: float) -> None:
    """The bids, each for a click, on positions that differ in clicks."""

    def work(clicks: list[float]) -> Any:
        return lab_model.positions(bids, clicks, reserve)

    with Panel("For a click: positions"):
        rows = _typed("clicks, one a position", typed, work)
        columns = ["bidder", "clicks", "generalised second price", "Vickrey-Clarke-Groves"]
        DataTable(columns, rows or [], "totals that bidders pay for their positions")
