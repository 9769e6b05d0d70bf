"""The Auction lab's charts: payments of every mechanism, and the utility of one bid."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from econsim.palette import LIGHT
from econsim.visualization.charts.options import Line, Option, Path, bars, paths
from econsim.visualization.charts.pictures import png
from econsim.visualization.numbers.lab import Outcome, Worth


def payments(outcomes: Sequence[Outcome], dark: bool) -> Option:
    """What each bidder pays under each mechanism."""
    labels = [f"bidder {k + 1}" for k in range(len(outcomes[0].payments))]
    series = [Line(outcome.name, outcome.payments) for outcome in outcomes]
    return bars(
        labels, series, x_label="", y_label="payment", dark=dark,
        description="payments of each bidder under each mechanism",
    )  # fmt: skip


def payments_png(outcomes: Sequence[Outcome]) -> bytes:
    """The payments as a picture."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    frame = pd.DataFrame({outcome.name: outcome.payments for outcome in outcomes})
    axis = figure.subplots()
    frame.set_axis(range(1, len(frame) + 1)).plot.bar(ax=axis, rot=0, color=list(LIGHT.series))
    axis.set(xlabel="bidder", ylabel="payment")
    return png(figure)


def utilities(worths: Sequence[Worth], bid: float, dark: bool) -> Option:
    """Utility by bid, wide lines below narrow ones, and where the bid is."""
    curves = [
        Path(worth.name, worth.curve, width=2 * (len(worths) - k)) for k, worth in enumerate(worths)
    ]
    here = Path("your bid", [(bid, worth.gains) for worth in worths], joined=False, color=6)
    return paths(
        [*curves, here], x_label="your bid", y_label="utility", dark=dark,
        description="utility of one bidder by its bid under each mechanism",
    )  # fmt: skip
