"""Tables for a terminal, figures for a page."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from rich.markup import escape
from rich.table import Table

from econsim.audit import AuditReport
from econsim.digits import NOTHING, number
from econsim.experiments.attack import MEASURES, AttackStudy
from econsim.experiments.calibrate import Calibration
from econsim.experiments.compare import Comparison
from econsim.experiments.reproduce import VERDICTS, Finding, Reproduction
from econsim.metrics import reported
from econsim.palette import LIGHT

STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.dpi": 150,
}
SIGNIFICANT = "* significant: Holm's adjustment within the metric"


def frame_table(frame: pd.DataFrame, title: str, *, right: Sequence[str] = ()) -> Table:
    """A frame as a rich table; numbers are rounded and right-aligned."""
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name]) or str(name) in right
        justify = "right" if numeric else "left"
        shown = str(name).replace("_", " ")
        table.add_column(shown, justify=justify, no_wrap=not numeric)  # type: ignore[arg-type]
    for row in frame.itertuples(index=False):
        table.add_row(*(number(v) if isinstance(v, float) else plain(v) for v in row))
    return table


def plain(value: Any) -> str:
    """Text as it is: no markup, no line breaks."""
    return escape(" ".join(str(value).split()))


def _cell(row: Any) -> str:
    """Mean with half width, on two lines."""
    half = (row.high - row.low) / 2
    sign = "+" if hasattr(row, "marked") and row.mean > 0 else ""
    star = " *" if getattr(row, "marked", False) else ""
    return f"{sign}{number(row.mean)}{star}\n± {number(half, 2)}"


def _wide(frame: pd.DataFrame, title: str, settled: Mapping[str, bool]) -> Table:
    """One row a metric, one column a pricing model."""
    labels = list(dict.fromkeys(frame["pricing"]))
    table = Table(title=title, title_justify="left", header_style="bold", show_lines=True)
    table.add_column("")
    for label in labels:
        table.add_column(_headed(label, settled), justify="right")
    rows = {(row.pricing, row.metric): row for row in frame.itertuples()}
    for metric in reported({str(m): of_all for m, of_all in frame.groupby("metric")["mean"]}):
        cells = [_cell(rows[label, metric.name]) for label in labels]
        table.add_row(f"{metric.label}\n[dim]{metric.unit}[/dim]", *cells)
    return table


def _headed(label: str, settled: Mapping[str, bool]) -> str:
    """A model's label, and whether its series have settled."""
    return label if settled[label] else f"{label} (not settled)"


def comparison_tables(comparison: Comparison) -> list[Table]:
    """Means of every model, differences to the first, and the shading factors."""
    n = comparison.runs["replication"].nunique()
    settled, title = comparison.settled, f"Mean and 95 % interval, {n} replications"
    tables = [_wide(comparison.means(), title, settled)]
    if len(comparison.labels) > 1:
        first = comparison.labels[0]
        title = f"Paired difference to {first}, each with its own 95 % interval ({SIGNIFICANT})"
        tables.append(_wide(comparison.differences(), title, settled))
    if len(comparison.shading):
        tables.append(shading_table(comparison.shading))
    return tables


def shading_table(shading: pd.DataFrame) -> Table:
    """Shading factors with what a deviation would still gain."""
    gains = {
        name: [f"{100 * g:.2f} %" for g in shading[name]] for name in ("gain", "gain_by_value")
    }
    return frame_table(shading.assign(**gains), "Pay as bid: shading", right=list(gains))


SHADING_NOTE = (
    "Everybody bids alpha x value, a fixed point on pilot draws. On fresh draws a buyer alone "
    "would reply with another factor and gain that share of its surplus; more if it chose a factor "
    "for each tenth of the values."
)


def summary_table(summary: Mapping[str, float], title: str) -> Table:
    """Metrics of one run."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, justify in (("metric", "left"), ("mean", "right"), ("unit", "left"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for metric in reported(summary):
        table.add_row(metric.label, number(summary[metric.name]), metric.unit, metric.meaning)
    return table


def calibration_table(calibration: Calibration) -> Table:
    """What was estimated for each item."""
    return frame_table(calibration.table, "Estimated from the bid histories")


def ordinal(k: int) -> str:
    """1st, 2nd, 3rd, 4th, ..., 11th, ..."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(k % 10, "th")
    return f"{k}th" if k % 100 in (11, 12, 13) else f"{k}{ending}"


def audit_table(audit: AuditReport) -> Table:
    """Verdict on every property of a mechanism."""
    shown = audit.table.assign(claimed=np.where(audit.table["claimed"], "yes", "no"))
    return frame_table(shown, f"{audit.target}: {audit.samples:,} markets searched")


def reproduction_table(reproduction: Reproduction) -> Table:
    """Ours against published, line by line."""
    title = f"{reproduction.title} ({reproduction.seconds:.0f} s)"
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    table.add_column("finding", ratio=1)
    table.add_column("kind", min_width=9)
    for name in ("ours", "95 % interval", "published", "margin"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for finding in reproduction.findings:
        cells = finding.name, finding.kind, *finding_cells(finding), finding.verdict
        table.add_row(*map(plain, cells))
    return table


def finding_cells(finding: Finding) -> tuple[str, str, str, str]:
    """Ours, its 95 % interval (or of how many draws ours is the worst), published and margin.

    The margin is half the width of what is permitted; an inequality has none.
    """
    ours, published = finding.ours, finding.published
    certain = ours.low == ours.high
    shown = number(ours.mean, 7 if certain and ours.mean % 1 else 4)
    all_draws = "exact" if ours.n == 1 else f"{ours.n} draws"
    interval = all_draws if certain else f"{number(ours.low)} to {number(ours.high)}"
    if published is None:
        return shown, interval, NOTHING, NOTHING
    half = (published.permitted[1] - published.permitted[0]) / 2
    margin = f"± {number(half, 2)}" if math.isfinite(half) else NOTHING
    return shown, interval, published.text, margin


def attack_table(study: AttackStudy, title: str) -> Table:
    """What the attack gains and costs under each defence."""
    table = Table(title=title, title_justify="left", header_style="bold", show_lines=True)
    table.add_column("mean and 95 % interval", ratio=1)
    for defence in study.defences:
        table.add_column(f"{plain(defence)}\n{study.verdict(defence)}", justify="right")
    measures = {defence: study.measure(defence) for defence in study.defences}
    for name, meaning in MEASURES.items():
        cells = [measures[defence][name] for defence in study.defences]
        table.add_row(meaning, *(f"{number(c.mean)}\n± {number(c.half_width, 2)}" for c in cells))
    return table


def attack_figure(study: AttackStudy, title: str) -> Figure:
    """Gain, loss and rank error with intervals, a row a defence."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _grid(3, 1.4 + 0.4 * len(study.defences))
        shown = (
            ("gain_per_identity_cost", "gain over honest work\nper credit of identity cost", 1.0),
            ("welfare_lost", "welfare that the honest lose\n(credits a round)", 0.0),
            ("rank_error", "pairs of sellers ranked wrongly\n(share)", None),
        )
        for axis, (name, label, line) in zip(axes.flat, shown, strict=True):
            for place, defence in enumerate(study.defences):
                value, colour = study.measure(defence)[name], LIGHT.color(place)
                axis.plot([value.low, value.high], [place, place], color=colour, lw=2.5)
                axis.plot(value.mean, place, "o", color=colour, ms=7)
            _dress(axis, study.defences, label)
            if line is not None:
                axis.axvline(line, color=LIGHT.muted, ls="--", lw=1)
        for axis in axes[:, 1:].flat:
            axis.set_yticklabels([])
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return figure


def reproduction_summary(reproductions: Sequence[Reproduction]) -> pd.DataFrame:
    """One row a model: name, lines compared, of each verdict (fitted apart), seconds, source."""
    rows = [
        (
            reproduction.name,
            reproduction.compared,
            *(reproduction.count(verdict) for verdict in VERDICTS),
            round(reproduction.seconds, 1),
            reproduction.source,
        )
        for reproduction in reproductions
    ]
    return pd.DataFrame(rows, columns=["name", "compared", *VERDICTS, "seconds", "source"])


def replay_table(summary: pd.DataFrame, k: int) -> Table:
    """How well each rule predicts the recorded price, by item."""
    shown = summary.drop(columns=["contested_within"])
    named = shown.assign(rule=shown["rule"].replace("kth-price", f"{ordinal(k)}-price"))
    return frame_table(named, "Predicted against recorded price")


def comparison_figure(comparison: Comparison, title: str) -> Figure:
    """Every metric by pricing model; hollow where it is not known to differ from the first."""
    means, gaps = comparison.means(), comparison.differences()
    labels = comparison.labels
    alike = {(g.pricing, g.metric) for g in gaps.itertuples() if not g.marked}
    with matplotlib.rc_context(STYLE):
        shown = reported({str(m): of_all for m, of_all in means.groupby("metric")["mean"]})
        height = 1.2 + 0.34 * len(labels)
        figure, axes = _grid(len(shown), height)
        for axis, metric in zip(axes.flat, shown, strict=False):
            rows = means[means["metric"] == metric.name].set_index("pricing").loc[labels]
            for place, (label, row) in enumerate(rows.iterrows()):
                colour = LIGHT.color(place)
                face = "white" if (label, metric.name) in alike else colour
                axis.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.5)
                axis.plot(row["mean"], place, "o", color=colour, mfc=face, ms=7)
            heads = [_headed(label, comparison.settled) for label in labels]
            _dress(axis, heads, f"{metric.label} ({metric.unit})")
        for axis in axes[:, 1:].flat:
            axis.set_yticklabels([])
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        legend = f"mean and 95 % interval; hollow: no significant difference to {labels[0]} (Holm)"
        text = textwrap.fill(". ".join([legend, *comparison.notes()]), 150)
        figure.supxlabel(text, x=0.01, ha="left", fontsize=9, color=LIGHT.muted)
    return figure


def _grid(panels: int, height: float) -> tuple[Figure, Any]:
    """A figure of three panels a row, the spare ones left out."""
    rows = -(-panels // 3)
    figure = Figure(figsize=(12, rows * height), layout="constrained")
    axes = figure.subplots(rows, 3, squeeze=False)
    for axis in axes.flat[panels:]:
        axis.set_visible(False)
    return figure, axes


def _dress(axis: Any, labels: Sequence[str], title: str) -> None:
    """Labels and grid of one panel; short names so that nothing overlaps."""
    axis.set_yticks(range(len(labels)), [label.replace(" (", "\n(") for label in labels])
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.margins(x=0.12)
    axis.grid(axis="x", color=LIGHT.line, lw=0.7)
    axis.set_axisbelow(True)
    axis.set_title(title, loc="left")
    axis.locator_params(axis="x", nbins=5)
    if max(map(abs, axis.get_xlim())) >= 1000:
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))


def rounds_figure(frame: pd.DataFrame, title: str) -> Figure:
    """Every metric by round."""
    with matplotlib.rc_context(STYLE):
        shown = reported({str(name): frame[name] for name in frame})
        figure, axes = _grid(len(shown), 7 / 3)
        for axis, metric in zip(axes.flat, shown, strict=False):
            axis.plot(frame.index, frame[metric.name], color=LIGHT.color(0), lw=1.5)
            axis.set_title(f"{metric.label} ({metric.unit})", loc="left")
            axis.grid(color=LIGHT.line, lw=0.7)
            axis.set_xlabel("round")
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    return figure


def replay_figure(auctions: pd.DataFrame, rule: str) -> Figure:
    """Predicted against recorded price by item, on logarithmic axes."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.5, 6), layout="constrained")
        axis = figure.subplots()
        sold = auctions[auctions[rule] > 0]
        for place, (item, rows) in enumerate(sold.groupby("item", sort=True)):
            colour = LIGHT.color(place)
            axis.loglog(rows["final_price"], rows[rule], "o", ms=4, alpha=0.6,
                        color=colour, label=str(item))  # fmt: skip
        ends = [sold["final_price"].min(), sold["final_price"].max()] if len(sold) else [1, 10]
        axis.loglog(ends, ends, color=LIGHT.muted, lw=1, label="equal")
        axis.set_xlabel("recorded final price")
        axis.set_ylabel(f"predicted by {rule}")
        axis.set_title(f"{rule}: predicted against recorded price", loc="left")
        axis.legend(frameon=False)
    return figure


def save(figure: Figure, path: Path, alternative: Mapping[str, str] | None = None) -> Path:
    """Write a figure as PNG."""
    figure.savefig(path, dpi=150, metadata=dict(alternative or {}))
    return path
