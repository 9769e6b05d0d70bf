"""What a market is: the rules, which do not change while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.errors import ParameterError, integer, real
from econsim.models.marketplace.limits import MOST_CREDITS, MOST_SHARE, MOST_TICKS
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.mixture import Pricers
from econsim.models.marketplace.reputation import Reputation
from econsim.models.marketplace.service import ServiceLevel
from econsim.money import to_ticks
from econsim.preferences import Category, median_task_value, table_quantile
from econsim.streams import Streams


@dataclass(frozen=True, eq=False)
class Rules:
    """What a market is.

    Attributes
    ----------
    streams : Streams
        All chance: a draw is a function of seed, purpose, round and agent.
    categories : list of Category
    mechanisms : Mechanisms
    pricers : Pricers
        How sellers with posted prices move them.
    reputation : Reputation
        How deliveries become trust.
    service : ServiceLevel or None
    capacity, max_size : int
        Units that a new seller can serve in a round; largest size of a task.
    median_value, income, endowment : int64 (categories,), ticks
        Of a task; of a buyer a round; of a new buyer.
    reliability : pair of float
        Between which new sellers' chances of delivery are.
    founding : int
        Buyers that the market opened with.
    budgets : bool
        Whether no buyer orders for more than it has; without, wallets may owe.
    knots : float64 (categories, K), ticks
        Worths above what is asked, in whose cells the record of prices to beat is kept: 0, the
        sixteenths of the worth of tasks, and the upper end of it.
    """

    streams: Streams
    categories: list[Category]
    mechanisms: Mechanisms
    pricers: Pricers
    reputation: Reputation
    service: ServiceLevel | None
    capacity: int
    max_size: int
    median_value: Ints
    income: Ints
    endowment: Ints
    reliability: tuple[float, float]
    founding: int
    knots: Floats
    budgets: bool = True

    @property
    def category_names(self) -> list[str]:
        """Name of each category."""
        return [category.name for category in self.categories]

    def group(self, pricing: Any, category: Any) -> Ints:
        """Pricing model and category of sellers as one index, categories fastest, (n,)."""
        models, kinds = np.asarray(pricing, np.int64), np.asarray(category, np.int64)
        return models * len(self.categories) + kinds

    def scales(self, value_spread: float) -> Ints:
        """Upper end of the values of tasks of each category, ticks."""
        return tops(self.categories, self.max_size, value_spread)


def make_categories(spec: int | Sequence[Category]) -> list[Category]:
    """Categories from their number or themselves.

    Raises
    ------
    ParameterError
    """
    if not isinstance(spec, str) and isinstance(spec, Sequence) and spec:
        names = [category.name for category in spec if isinstance(category, Category)]
        if len(set(names)) == len(spec):
            for category in spec:
                real(f"{category.name}.values[-1]", category.values[-1], 0, MOST_CREDITS)
                real(f"{category.name}.costs[-1]", category.costs[-1], 0, MOST_SHARE)
            return list(spec)
    if isinstance(spec, Sequence | bool):
        raise ParameterError("categories", spec, "a number or Categories of different names")
    count = integer("categories", spec, 1, 2**15 - 1)
    return [Category(f"category {k}" if count > 1 else "general") for k in range(count)]


def median_values(categories: Sequence[Category], max_size: int) -> Ints:
    """Median task value of each category, ticks."""
    return np.array([to_ticks(median_task_value(kind.values, max_size)) for kind in categories])


def tops(categories: Sequence[Category], max_size: int, value_spread: float) -> Ints:
    """Upper end of the worth of tasks of each category, ticks."""
    most = 1 + value_spread
    return np.array([to_ticks(kind.values[-1]) * max_size * most for kind in categories]).astype(
        np.int64
    )


CELLS = 16


def worth_knots(categories: Sequence[Category], max_size: int, most: Ints) -> Floats:
    """Knots of each category, ticks: even up to the median worth of a task, then by quantiles."""
    knots = []
    for kind, top in zip(categories, most.tolist(), strict=True):
        base = table_quantile(kind.values, np.linspace(0, 1, 1001))
        worth = np.multiply.outer(np.arange(1, max_size + 1), base)
        upper = to_ticks(np.quantile(worth, 0.5 + 0.5 * np.arange(CELLS) / CELLS))
        lower = upper[0] * np.arange(CELLS) / CELLS
        knots.append([*lower, *upper, float(top)])
    # Strictly increasing, by a tick where values are all alike.
    steps = np.arange(2.0 * CELLS + 1)
    return np.maximum.accumulate(np.array(knots) - steps, axis=1) + steps


def money(field: str, amount: int | None, base: Ints, times: int) -> Ints:
    """Ticks for each category: the given number for all, or `times` the base."""
    if amount is None:
        return base * times
    return np.full(len(base), integer(field, amount, 0, MOST_TICKS))


def split(n: int, weights: Any) -> Ints:
    """`n` in proportion to weights, by largest remainder (ties to the first)."""
    exact = np.asarray(weights, dtype=float) * n / np.sum(weights)
    parts = np.floor(exact + 1e-9).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: n - parts.sum()]] += 1
    return parts


def seller_count(count: int | None, buyers: int, categories: Sequence[Category]) -> int:
    """The given number, or what each category's buyers per seller make of its buyers."""
    if count is not None:
        return integer("sellers", count, 0, 2**31)
    demand = split(buyers, [kind.weight for kind in categories])
    per_seller = np.array([kind.buyers_per_seller for kind in categories])
    return int(np.ceil(demand / per_seller).sum())
