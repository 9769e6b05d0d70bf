"""What the Compare page finds: tables of means and differences, and charts of how these narrow."""

from collections.abc import Mapping, Sequence
from typing import Any

import solara
import solara.lab

from econsim.digits import measured
from econsim.metrics import METRICS
from econsim.report import SHADING_NOTE
from econsim.visualization.charts.compare import gap
from econsim.visualization.engines.compare import TRACKED
from econsim.visualization.widgets import Chart, DataTable, Grid, Note, Panel

MARKED = "* differs from the first: p < 0.05, adjusted (Holm) for all models of the row"


@solara.component
def Findings(frame: dict[str, Any] | None) -> None:
    """Means, paired differences, and how these narrowed; before the first, how to get them."""
    dark = bool(solara.lab.use_dark_effective())
    if not frame or not frame["done"]:
        Note("Press Run. Every replication plays all models on the same draws.")
        return
    plan, done = frame["plan"], frame["done"]
    first = plan.pricing[0]
    text = (
        f"{done} replications of {plan.rounds:,} rounds, {plan.buyers:,} buyers. Intervals hold "
        "for a number of replications chosen beforehand, not for stopping once they suit."
    )
    Note(text)
    with Grid():
        for name in TRACKED:
            with Panel(f"{METRICS[name].label}: difference to {first}"):
                Chart(gap(METRICS[name], first, frame["paths"], dark))
        _Table("Means", "with 95 % intervals", frame["means"], {})
        _Table(f"Paired differences to {first}", MARKED, frame["gaps"], frame["marked"])
        if frame["shading"]:
            _Shading(frame["shading"])


@solara.component
def _Shading(rows: list[list[Any]]) -> None:
    """How buyers bid where they pay what they bid, and what a deviation would gain."""
    shown = [
        [f"{label}, {kind}", f"{alpha:.3f}", f"{reply:.3f}", f"{100 * gain:.2f} %",
         f"{100 * by_value:.2f} %"]
        for label, kind, alpha, reply, gain, by_value, _ in rows
    ]  # fmt: skip
    columns = ["pricing and category", "alpha", "best reply", "gain", "gain by value"]
    with Panel("Pay as bid: shading", wide=True):
        Note(SHADING_NOTE)
        DataTable(columns, shown, "bids in equilibrium where winners pay what they bid")


@solara.component
def _Table(
    title: str, caption: str, columns: dict[str, Any], marked: Mapping[str, Sequence[str]]
) -> None:
    """A row a metric, a column a model; a star where the metric is among the model's `marked`."""
    rows = []
    for metric in METRICS.values():
        if metric.optional and not any(ends[metric.name][0] for ends in columns.values()):
            continue
        cells = [
            _cell(ends[metric.name], metric.name in marked.get(text, ()))
            for text, ends in columns.items()
        ]
        rows.append([f"{metric.label}, {metric.unit}", *cells])
    with Panel(title, wide=True):
        DataTable(["metric", *columns], rows, caption)


def _cell(interval: tuple[float, float, float], marked: bool) -> str:
    mean, low, high = interval
    return f"{measured(mean, (high - low) / 2)}{' *' if marked else ''}"
