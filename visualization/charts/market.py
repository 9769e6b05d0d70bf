"""The Market page's charts, from an engine's snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any

from econsim.digits import rounded
from econsim.visualization.charts.options import Band, Line, Option, histogram, lines

Frame = Mapping[str, Any]
CREDITS = "credits"


def all_charts(frame: Frame | None, dark: bool) -> list[tuple[str, Option]]:
    """Titles and options of all charts; before the first round they are empty."""
    series = (frame or {}).get("series") or {}
    made = [
        ("Price and competitive band", price(frame, series, dark)),
        ("Volume", volume(series, dark)),
        ("Welfare against its maximum", welfare(series, dark)),
        ("Who gets the surplus", surplus(series, dark)),
        ("Mean trust in sellers", trust(series, dark)),
    ]
    return made + _distributions(frame, dark)


def price(frame: Frame | None, series: Frame, dark: bool) -> Option:
    """Mean payment of each category, in the band of competitive prices."""
    names = frame["steady"]["categories"] if frame else []
    paid = series.get("price", [])
    drawn = [
        Line(name, each, color=k) for k, (name, each) in enumerate(zip(names, paid, strict=False))
    ]
    ends = series.get("low", []), series.get("high", [])
    bands = [
        Band("competitive band", low, high, color=k)
        for k, (low, high) in enumerate(zip(*ends, strict=True))
    ]
    last = ", ".join(f"{line.name} {rounded(line.y[-1])}" for line in drawn)
    return lines(
        series.get("round", []), drawn, bands=bands, x_label="round", y_label="credits a sale",
        dark=dark, description=f"Mean price by round. Last: {last or 'no round yet'}.",
    )  # fmt: skip


def volume(series: Frame, dark: bool) -> Option:
    """Tasks wanted, and those served."""
    return _over_rounds(
        series, {"tasks": "tasks wanted", "trades": "tasks served"}, "tasks a round", dark,
        "Tasks wanted and served by round", least=0.0,
    )  # fmt: skip


def welfare(series: Frame, dark: bool) -> Option:
    """The largest possible gains from trade, those made, and what deliveries left of them."""
    names = {"maximum": "largest possible", "gains": "gains before delivery",
             "welfare": "welfare after delivery"}  # fmt: skip
    return _over_rounds(
        series, names, "credits a round", dark, "Welfare against its maximum by round", least=0.0
    )


def surplus(series: Frame, dark: bool) -> Option:
    """What buyers, sellers and the mechanism get, and a subsidy that somebody else pays."""
    names = {"buyer_surplus": "buyers", "seller_profit": "sellers", "retained": "mechanism"}
    names |= {"subsidy": "paid from outside"} if any(series.get("subsidy", ())) else {}
    return _over_rounds(series, names, "credits a round", dark, "Surplus split by round")


def trust(series: Frame, dark: bool) -> Option:
    """Mean trust over sellers."""
    return _over_rounds(
        series, {"mean_trust": "mean trust"}, "chance of delivery", dark,
        "Mean trust in sellers by round",
    )  # fmt: skip


def _over_rounds(
    series: Frame,
    names: Mapping[str, str],
    y_label: str,
    dark: bool,
    description: str,
    least: float | None = None,
) -> Option:
    """Series of a snapshot by the names they are shown under."""
    drawn = [Line(label, series.get(name, [])) for name, label in names.items()]
    if any(value < (least or 0) for line in drawn for value in line.y if value is not None):
        least = None
    last = ", ".join(f"{line.name} {rounded(line.y[-1])}" for line in drawn if len(line.y))
    return lines(
        series.get("round", []), drawn, x_label="round", y_label=y_label, dark=dark,
        description=f"{description}. Last: {last or 'no round yet'}.", y_low=least,
    )  # fmt: skip


def _distributions(frame: Frame | None, dark: bool) -> list[tuple[str, Option]]:
    """Wealth and trust over agents."""
    shown = frame["histograms"] if frame else {}
    specs = (
        ("Wealth of buyers", "buyers", CREDITS, 0),
        ("Wealth of sellers", "sellers", CREDITS, 1),
        ("Trust in sellers", "trust", "chance of delivery", 2),
    )
    return [
        (title, _histogram(shown.get(name), name, unit, dark, title, color))
        for title, name, unit, color in specs
    ]


def _histogram(
    held: Mapping[str, Sequence[float]] | None,
    name: str,
    unit: str,
    dark: bool,
    title: str,
    color: int,
) -> Option:
    edges = held["edges"] if held else [0.0, 1.0]
    counts = held["counts"] if held else [0]
    label = "buyers" if name == "buyers" else "sellers"
    ends = f"between {rounded(edges[0])} and {rounded(edges[-1])} {unit}"
    text = f"{title}: {sum(counts):,} {label} {ends}."
    return histogram(
        edges, [Line(label, counts, color=color)], x_label=unit, y_label=f"{label}", dark=dark,
        description=text,
    )  # fmt: skip


def tracked(
    title: str, name: str, rounds: Sequence[int], values: Sequence[float], dark: bool
) -> Option:
    """One column of one agent over the rounds."""
    unit = "chance of delivery" if name == "trust" else CREDITS
    option = lines(
        rounds, [Line(name, values)], x_label="round", y_label=unit, dark=dark,
        description=f"{name} of {title} by round",
    )  # fmt: skip
    option["yAxis"]["splitNumber"] = 2  # it is not high
    return option
