"""The Auction lab's panels: mechanisms side by side, one's own bid, double auctions, positions."""

from collections.abc import Callable
from typing import Any

import solara

from econsim.errors import EconsimError
from econsim.visualization.charts import lab as charts
from econsim.visualization.numbers import lab as numbers
from econsim.visualization.numbers.typed import amounts
from econsim.visualization.widgets import (
    Chart,
    DataTable,
    Download,
    ErrorLine,
    NumberField,
    Panel,
    Row,
    SelectField,
    SliderField,
    TextField,
)


@solara.component
def Mechanisms(bids: list[float], reserve: float, units: int, dark: bool) -> None:
    """Allocation and payments of every one-sided mechanism."""
    outcomes = numbers.sealed(bids, reserve, units)
    names = [outcome.name for outcome in outcomes]
    rows: list[list[Any]] = [["winners", *(_listed(o.winners) for o in outcomes)]]
    rows += [
        [f"bidder {k + 1} ({bid:.10g}) pays", *(outcome.payments[k] for outcome in outcomes)]
        for k, bid in enumerate(bids)
    ]
    rows.append(["revenue", *(outcome.revenue for outcome in outcomes)])
    with Panel("Every mechanism at once", wide=True):
        DataTable(["", *names], rows, "winners and payments by mechanism")
        Chart(charts.payments(outcomes, dark))
        with Row():
            Download("CSV", "payments.csv", lambda: numbers.payments_csv(bids, outcomes))
            Download("PNG", "payments.png", lambda: charts.payments_png(outcomes), "image/png")


def _listed(winners: list[int]) -> str:
    return ", ".join(str(winner + 1) for winner in winners) or "nobody"


@solara.component
def OwnBid(fields: dict[str, Any], bids: list[float], dark: bool) -> None:
    """Drag one bid, and watch what it gains under every mechanism."""
    place = min(fields["bidder"].value or bids.index(max(bids)) + 1, len(bids)) - 1
    value = bids[place] if fields["value"].value is None else fields["value"].value
    top, own = numbers.top(bids, value), fields["own"].value
    bid = min(value if own is None else own, top)
    worths = numbers.worth(bids, place, value, bid, fields["reserve"].value, fields["units"].value)
    with Panel("What a bid is worth", wide=True):
        _Who(fields, len(bids), place, value, bid, top)
        Chart(charts.utilities(worths, bid, dark), height=300)
        rows = [[worth.name, worth.gains, worth.lesson] for worth in worths]
        DataTable(["mechanism", f"a bid of {bid:.10g} gains", "truth or not"], rows,
                  "utility of your bid, and of the best one")  # fmt: skip


@solara.component
def _Who(
    fields: dict[str, Any], count: int, place: int, value: float, bid: float, top: float
) -> None:
    """Whose bid it is, what winning is worth to it, and what it bids."""
    error = solara.use_reactive("")
    choices = [f"bidder {k + 1}" for k in range(count)]

    def become(name: str) -> None:
        fields["bidder"].set(choices.index(name) + 1)
        fields["value"].set(None)
        fields["own"].set(None)

    with Row():
        SelectField("you are", choices[place], choices, become)
        NumberField("your value", value, fields["value"].set, low=0, high=1e12, on_error=error.set)
        SliderField("your bid", bid, fields["own"].set, low=0, high=round(top, 2),
                    step=round(top / 200, 4))  # fmt: skip
    ErrorLine(error.value)


def _typed(label: str, typed: Any, work: Callable[[list[float]], Any]) -> Any:
    """A field of numbers, and what is made of them; a line about what is wrong, and None."""
    TextField(label, typed.value, typed.set, wide=True)
    try:
        rows, problem = work(amounts(label.partition(",")[0], typed.value)), ""
    except EconsimError as refused:
        rows, problem = None, str(refused)
    ErrorLine(problem)
    return rows


@solara.component
def TwoSided(typed: Any, bids: list[float]) -> None:
    """The bids against asks, in the double auctions."""
    with Panel("Against sellers: double auctions"):
        rows = _typed("asks, one a seller", typed, lambda asks: numbers.double(bids, asks))
        columns = ["mechanism", "trades", "buyers pay", "sellers receive", "surplus (deficit)"]
        DataTable(columns, rows or [], "two-sided mechanisms on these bids and asks")


@solara.component
def Positions(typed: Any, bids: list[float], reserve: float) -> None:
    """The bids, each for a click, on positions that differ in clicks."""

    def work(clicks: list[float]) -> Any:
        return numbers.positions(bids, clicks, reserve)

    with Panel("For a click: positions"):
        rows = _typed("clicks, one a position", typed, work)
        columns = ["bidder", "clicks", "generalised second price", "Vickrey-Clarke-Groves"]
        DataTable(columns, rows or [], "totals that bidders pay for their positions")
