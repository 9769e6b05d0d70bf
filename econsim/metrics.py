"""Market metrics: what each means, and how a run of many rounds becomes one number.

Every round the marketplace records integers (counts and ticks). A metric is a ratio of their sums
over the rounds, so that a run's efficiency is total gains over total maximal gains, not a mean of
ratios.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from econsim.errors import ParameterError
from econsim.money import TICKS_PER_CREDIT

ROUND_INTEGERS = (
    "tasks",
    "orders",
    "trades",
    "sales",
    "delivered",
    "revenue",
    "retained",
    "buyer_surplus",
    "seller_profit",
    "gains",
    "maximal_gains",
    "injected",
    "contracts",
    "ended",
    "breaches",
    "refunds",
    "renewable",
    "churned",
)


@dataclass(frozen=True)
class Metric:
    """One reported figure.

    Attributes
    ----------
    name, label, unit, meaning : str
    numerator, denominator : str
        Numbers that every round records; the denominator ``rounds`` gives a mean per round.
    scale : float
        Units of the numerator per unit shown.
    optional : bool
        Of a feature that a market need not have: 0 rather than NaN without a denominator, and left
        out of tables and figures where it is 0 throughout.
    """

    name: str
    label: str
    unit: str
    meaning: str
    numerator: str
    denominator: str = "rounds"
    scale: float = 1.0
    optional: bool = False


def _money(
    name: str, label: str, meaning: str, numerator: str = "", optional: bool = False
) -> Metric:
    """A sum of ticks, shown in credits a round."""
    scale = float(TICKS_PER_CREDIT)
    return Metric(
        name, label, "credits a round", meaning, numerator or name, scale=scale, optional=optional
    )


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("trades", "trades", "a round", "tasks served", "trades"),
        _money("revenue", "seller revenue", "payments received"),
        _money("buyer_surplus", "buyer surplus", "worth delivered minus payments"),
        _money(
            "seller_profit", "seller profit", "payments received minus the cost of tasks served"
        ),
        _money(
            "platform",
            "platform revenue",
            "fees, commissions and what a mechanism keeps",
            "retained",
            optional=True,
        ),
        _money(
            "subsidy",
            "subsidy",
            "what somebody outside the market pays towards buyers' payments",
            optional=True,
        ),
        _money(
            "welfare",
            "welfare",
            "worth delivered minus cost incurred = buyer surplus + seller profit + platform "
            "revenue - subsidy",
        ),
        Metric(
            "efficiency",
            "efficiency",
            "share",
            "gains from trade over the largest possible, search ignored, before delivery risk",
            "gains",
            "maximal_gains",
        ),
        Metric(
            "fill_rate", "fill rate", "share", "tasks served over tasks wanted", "trades", "tasks"
        ),
        Metric(
            "price_dispersion",
            "price dispersion",
            "share",
            "coefficient of variation of payments within a category, weighted by sales",
            "dispersion",
            "sales",
        ),
        Metric(
            "price_distance",
            "distance to equilibrium",
            "share",
            "how far a category's mean price of a task lies outside the competitive price band, "
            "over the band's midpoint, weighted by sales",
            "distance",
            "priced",
        ),
        Metric("mean_trust", "mean trust", "share", "mean trust over sellers", "mean_trust"),
        Metric(
            "breach_rate",
            "breach rate",
            "share",
            "deliveries that broke the promised service level over deliveries that ended",
            "breaches",
            "ended",
            optional=True,
        ),
        Metric(
            "refunds",
            "refunds",
            "credits a round",
            "penalties that sellers paid back for breaches",
            "refunds",
            scale=float(TICKS_PER_CREDIT),
            optional=True,
        ),
        Metric(
            "budget_bound",
            "orders bound by wallets",
            "share",
            "orders whose limit is the buyer's wallet, not what the task is worth to it",
            "bound",
            "orders",
            optional=True,
        ),
        Metric(
            "churn",
            "churn",
            "share",
            "renewable contracts that ended and were not renewed",
            "churned",
            "renewable",
            optional=True,
        ),
        Metric(
            "foresight",
            "foresight",
            "share",
            "buyer surplus without subsidies over what buyers expected when they chose",
            "foreseen",
            "expected_surplus",
            optional=True,
        ),
    )
}


def reported(values: Mapping[str, Any]) -> list[Metric]:
    """Metrics that have a value somewhere; those of an optional feature, one that is not 0.

    Parameters
    ----------
    values : mapping of str to float or array of float
        By name of the metric; one that is missing counts as NaN.
    """
    return [kind for kind in METRICS.values() if _present(kind, values.get(kind.name, np.nan))]


def _present(metric: Metric, figures: Any) -> bool:
    shown = np.asarray(figures, dtype=np.float64)
    return bool(np.any(np.nan_to_num(shown) if metric.optional else ~np.isnan(shown)))


def _recorded() -> set[str]:
    """Numbers of a round that the metrics are made of."""
    ratios = {name for kind in METRICS.values() for name in (kind.numerator, kind.denominator)}
    return (ratios | {"worth", "cost", "subsidy"}) - {"welfare", "foreseen", "rounds"}


def summarise(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Metrics of a run from its rounds.

    Parameters
    ----------
    rounds : sequence of mappings
        Each round's integers, ``dispersion`` (sales x coefficient of variation), ``distance``
        (sales x distance to the competitive band, over ``priced`` sales), ``mean_trust``, and
        whatever else a metric is made of.

    Returns
    -------
    dict of float by metric name; NaN where the denominator is 0 (0 if it is optional).

    Raises
    ------
    ParameterError
        If a metric is made of what rounds do not record.
    """
    try:
        totals = {name: sum(record[name] for record in rounds) for name in _recorded()}
    except KeyError as error:
        permitted = "what rounds record: " + ", ".join(rounds[0])
        raise ParameterError("metric", error.args[0], permitted) from None
    totals["welfare"] = totals["worth"] - totals["cost"]
    totals["foreseen"] = totals["buyer_surplus"] - totals["subsidy"]
    totals["rounds"] = len(rounds)
    return {metric.name: _ratio(metric, totals) for metric in METRICS.values()}


def _ratio(metric: Metric, totals: Mapping[str, float]) -> float:
    whole = totals[metric.denominator] * metric.scale
    empty = 0.0 if metric.optional else float("nan")
    return totals[metric.numerator] / whole if whole else empty


def dispersion(payments: Any, categories: Any, count: int) -> float:
    """Sum over categories of sales x coefficient of variation of the payments.

    Parameters
    ----------
    payments : int64 array (s,), ticks
    categories : int array (s,)
    count : int
        How many categories there are.
    """
    sales = np.bincount(categories, minlength=count)
    some = np.maximum(sales, 1)
    mean = np.bincount(categories, weights=payments, minlength=count) / some
    squared = (payments - mean[categories]) ** 2
    sd = np.sqrt(np.bincount(categories, weights=squared, minlength=count) / some)
    return float((sales * np.divide(sd, mean, out=np.zeros(count), where=mean > 0)).sum())
