"""The Market page's charts, from an engine's snapshot; `CHARTS` names them all."""

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any

from econsim.digits import rounded
from econsim.visualization.charts.options import Band, Line, Option, histogram, lines

Frame = Mapping[str, Any]
EMPTY: Frame = {"series": {}, "steady": {"categories": []}, "histograms": {}}
CREDITS, CHANCE = "credits", "chance of delivery"


def all_charts(frame: Frame | None, dark: bool) -> list[tuple[str, Option]]:
    """Titles and options of all charts; before the first round they are empty."""
    return [(title, chart(frame or EMPTY, dark)) for title, chart in CHARTS.items()]


def price(frame: Frame, dark: bool) -> Option:
    """Mean payment of each category, in the band of competitive prices."""
    series, names = frame["series"], frame["steady"]["categories"]
    paid = zip(names, series.get("price", []), strict=False)
    drawn = [Line(name, path, color=k) for k, (name, path) in enumerate(paid)]
    ends = zip(series.get("low", []), series.get("high", []), strict=True)
    bands = [Band("competitive band", low, high, color=k) for k, (low, high) in enumerate(ends)]
    return lines(
        series.get("round", []), drawn, bands=bands, x_label="round", y_label="credits a sale",
        dark=dark, description=_last("Mean price by round", drawn),
    )  # fmt: skip


def volume(frame: Frame, dark: bool) -> Option:
    """Tasks wanted, and those served."""
    names = {"tasks": "tasks wanted", "trades": "tasks served"}
    title = "Tasks wanted and served by round"
    return over_rounds(frame, names, "tasks a round", dark, title, least=0.0)


def welfare(frame: Frame, dark: bool) -> Option:
    """The largest possible gains from trade, those made, and what deliveries left of them."""
    names = {"maximum": "largest possible", "gains": "gains before delivery",
             "welfare": "welfare after delivery"}  # fmt: skip
    title = "Welfare against its maximum by round"
    return over_rounds(frame, names, "credits a round", dark, title, least=0.0)


def surplus(frame: Frame, dark: bool) -> Option:
    """What buyers, sellers and the mechanism get, and a subsidy that somebody else pays."""
    names = {"buyer_surplus": "buyers", "seller_profit": "sellers", "retained": "platform"}
    names |= {"subsidy": "paid from outside"} if any(frame["series"].get("subsidy", ())) else {}
    return over_rounds(frame, names, "credits a round", dark, "Surplus split by round")


def trust(frame: Frame, dark: bool) -> Option:
    """Mean trust over sellers."""
    return over_rounds(
        frame, {"mean_trust": "mean trust"}, CHANCE, dark, "Mean trust in sellers by round"
    )


def over_rounds(
    frame: Frame,
    names: Mapping[str, str],
    y_label: str,
    dark: bool,
    description: str,
    least: float | None = None,
) -> Option:
    """Lines of a snapshot's series over the rounds.

    Parameters
    ----------
    frame : mapping
        A snapshot; its ``series`` holds lists by name.
    names : mapping
        Name in the series -> what it is called on the page.
    y_label : str, with units
    dark : bool
    description : str
        What a screen reader says, before the last values.
    least : float, optional
        Where the y axis begins, unless a value is less.
    """
    series = frame["series"]
    drawn = [Line(label, series.get(name, [])) for name, label in names.items()]
    if any(value < (least or 0) for line in drawn for value in line.y if value is not None):
        least = None
    return lines(
        series.get("round", []), drawn, x_label="round", y_label=y_label, dark=dark,
        description=_last(description, drawn), y_low=least,
    )  # fmt: skip


def _last(description: str, drawn: Sequence[Line]) -> str:
    """A description with the last value of every line."""
    ends = [(line.name, line.y[-1]) for line in drawn if len(line.y)]
    last = ", ".join(f"{name} {rounded(nan if end is None else end)}" for name, end in ends)
    return f"{description}. Last: {last or 'no round yet'}."


def wealth_of_buyers(frame: Frame, dark: bool) -> Option:
    """Buyers by their wallet."""
    return _histogram(frame, "buyers", "Wealth of buyers", "buyers", CREDITS, 0, dark)


def wealth_of_sellers(frame: Frame, dark: bool) -> Option:
    """Sellers by their wallet."""
    return _histogram(frame, "sellers", "Wealth of sellers", "sellers", CREDITS, 1, dark)


def trust_in_sellers(frame: Frame, dark: bool) -> Option:
    """Sellers by the trust in them."""
    return _histogram(frame, "trust", "Trust in sellers", "sellers", CHANCE, 2, dark)


def _histogram(
    frame: Frame, name: str, title: str, who: str, unit: str, color: int, dark: bool
) -> Option:
    """How many agents are where."""
    shown = frame["histograms"].get(name, {"edges": [0.0, 1.0], "counts": [0]})
    edges, counts = shown["edges"], shown["counts"]
    ends = f"between {rounded(edges[0])} and {rounded(edges[-1])} {unit}"
    return histogram(
        edges, [Line(who, counts, color=color)], x_label=unit, y_label=who, dark=dark,
        description=f"{title}: {sum(counts):,} {who} {ends}.",
    )  # fmt: skip


def tracked(
    title: str, name: str, rounds: Sequence[int], values: Sequence[float], dark: bool
) -> Option:
    """One column of one agent over the rounds."""
    unit = CHANCE if name == "trust" else CREDITS
    option = lines(
        rounds, [Line(name, values)], x_label="round", y_label=unit, dark=dark,
        description=f"{name} of {title} by round",
    )  # fmt: skip
    option["yAxis"]["splitNumber"] = 2  # it is not high
    return option


CHARTS: dict[str, Callable[[Frame, bool], Option]] = {
    "Price and competitive band": price,
    "Volume": volume,
    "Welfare against its maximum": welfare,
    "Who gets the surplus": surplus,
    "Mean trust in sellers": trust,
    "Wealth of buyers": wealth_of_buyers,
    "Wealth of sellers": wealth_of_sellers,
    "Trust in sellers": trust_in_sellers,
}
