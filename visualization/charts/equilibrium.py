"""The Equilibrium page's charts: price paths, cycles, the Edgeworth box."""

from typing import Any

from matplotlib.figure import Figure

from econsim.palette import LIGHT
from econsim.visualization.charts.options import Line, Option, Path, lines, paths
from econsim.visualization.charts.pictures import png
from econsim.visualization.numbers.equilibrium import Box, Search


def prices(search: Search, dark: bool) -> Option:
    """Share of each price over the iterations."""
    goods = [Line(f"good {k}", share.tolist()) for k, share in enumerate(search.prices.T, 1)]
    return lines(
        search.iteration.tolist(), goods, x_label="iteration", y_label="share of all prices",
        dark=dark, description="path of relative prices under the rule", y_low=0, y_high=1,
    )  # fmt: skip


def prices_png(search: Search) -> bytes:
    """The price path as a picture."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axis = figure.subplots()
    for good, share in enumerate(search.prices.T, 1):
        axis.plot(search.iteration, share, label=f"good {good}", color=LIGHT.color(good - 1))
    axis.set(xlabel="iteration", ylabel="share of all prices", ylim=(0, 1))
    axis.legend(frameon=False)
    return png(figure)


def cycle(search: Search, dark: bool) -> Option:
    """The path in the plane of two relative prices: a cycle closes, convergence ends in a point."""
    points = _points(search.prices[:, :2])
    return paths(
        [Path("path", points), Path("start", points[:1], joined=False),
         Path("end", points[-1:], joined=False)],
        x_label="good 1, share of all prices", y_label="good 2", dark=dark,
        description="the price path in the plane of the first two relative prices",
        x_range=(0, 1), y_range=(0, 1),
    )  # fmt: skip


def edgeworth(box: Box, dark: bool) -> Option:
    """Offer curves, contract curve, budget lines and equilibria."""
    return paths(
        _curves(box), x_label="good 1 of consumer 1", y_label="good 2 of consumer 1", dark=dark,
        description="Edgeworth box: where the offer curves cross, markets clear",
        x_range=(0, box.width), y_range=(0, box.height),
    )  # fmt: skip


def _curves(box: Box) -> list[Path]:
    budgets = [Path("budget lines", _points(line), dashed=True, color=5) for line in box.budgets]
    return [
        Path("offers of consumer 1", _points(box.offers[0]), color=0),
        Path("offers of consumer 2", _points(box.offers[1]), color=1),
        Path("contract curve", _points(box.contract), color=2),
        *budgets,
        Path("endowment", [box.endowment], joined=False, color=4),
        Path("equilibria", box.equilibria, joined=False, color=6),
    ]


def _points(array: Any) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in array]
