"""The supply side by category: listings, and units of capacity by cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Categories, Ints, Rows
from econsim.population import Population


@dataclass(frozen=True, eq=False)
class Supply:
    """The supply side by category.

    Attributes
    ----------
    starts, listings : int64 (c + 1,), int32 (m,)
        ``listings[starts[c]:starts[c + 1]]`` are the seller rows of category c.
    unit_starts, unit_costs : int64 (c + 1,), int64 (units,)
        Cost of each unit of capacity, ascending within its category.
    """

    starts: Ints
    listings: Rows
    unit_starts: Ints
    unit_costs: Ints
    made_from: tuple[NDArray[Any], ...]

    @classmethod
    def of(cls, sellers: Population, count: int, most: int) -> Supply:
        """Sort the sellers by category, and the units of each that may matter by cost.

        Nobody can use more than `most` units; one more may bound the competitive price.
        """
        category, cost, capacity = (sellers[name] for name in ("category", "cost", "capacity"))
        listings = np.argsort(category, kind="stable").astype(np.int32)
        order = np.lexsort((cost, category))
        units = np.repeat(order, _useful(capacity[order], category[order], most + 1))
        bounds = np.arange(count + 1)
        return cls(
            np.searchsorted(category[listings], bounds).astype(np.int64),
            listings,
            np.searchsorted(category[units], bounds).astype(np.int64),
            cost[units],
            (category.copy(), cost.copy(), capacity.copy(), np.array(most)),
        )

    def current(self, sellers: Population, most: int) -> bool:
        """Whether nobody changed category, cost or capacity since, or needs more units."""
        now = (*(sellers[name] for name in ("category", "cost", "capacity")), np.array(most))
        return all(np.array_equal(a, b) for a, b in zip(self.made_from, now, strict=True))


def _useful(capacity: Ints, category: Categories, most: int) -> Ints:
    """Capacity in order of category and cost, cut where a category has `most` units already."""
    capped = np.minimum(capacity, most)
    total = np.cumsum(capped)
    first = np.searchsorted(category, category)
    before = total - capped - np.concatenate(([0], total))[first]
    return np.clip(most - before, 0, capped)
