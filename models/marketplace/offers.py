"""What the listings offer in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Offered:
    """What every listing offers this round, m listings.

    Attributes
    ----------
    capacity : int64 (m,), units (or subscriptions) on sale
    quotes : int64 (m, max_size), expected price by size of task
    walk_in : bool (m,), whether single tasks are served
    shade : float64 (m,), bid as a multiple of value
    fee : int64 (m,), fee of a subscription on sale, else -1
    term : int64 (m,), rounds of a subscription, else 0
    trust : float64 (m,), chance of delivery that a buyer expects; where any seller of the category
        may serve, the mean of those
    """

    capacity: Ints
    quotes: Ints
    walk_in: NDArray[np.bool_]
    shade: NDArray[np.float64]
    fee: Ints
    term: Ints
    trust: NDArray[np.float64]

    @property
    def mean_quote(self) -> Ints:
        """Expected price of a task of unknown size, floored."""
        return self.quotes.sum(axis=1) // self.quotes.shape[1]


def offers(model: Marketplace) -> Offered:
    """What each listing offers, by its pricing model."""
    sellers, sizes = model.sellers, np.arange(1, model.max_size + 1)
    quotes = np.empty((len(sellers), model.max_size), dtype=np.int64)
    term = np.zeros(len(sellers), dtype=np.int64)
    for index, held in enumerate(model.pricing_models):
        rows: Any = rows_of(model, index)
        quotes[rows] = held.expected(sizes, sellers["price"][rows], sellers["average"][rows])
        term[rows] = held.term
    capacity, walk_in = sellers["capacity"].copy(), term == 0
    if len(model.contracts):
        taken = model.sellers.rows(model.contracts["seller"])
        capacity -= np.bincount(taken, minlength=len(sellers))
        np.maximum(capacity, 0, out=capacity)
    fee = np.where(~walk_in & (capacity > 0), sellers["price"], -1)
    shade = model.shade[sellers["pricing"], sellers["category"]]
    return Offered(capacity, quotes, walk_in, shade, fee, term, _trust(model))


def _trust(model: Marketplace) -> NDArray[np.float64]:
    """Sellers' trust, pooled by category where the pricing model pools sellers."""
    sellers, trust = model.sellers, model.sellers["trust"].copy()
    for index, held in enumerate(model.pricing_models):
        if held.pooled:
            rows = np.flatnonzero(sellers["pricing"] == index)
            kind = sellers["category"][rows]
            total = np.bincount(kind, weights=trust[rows])
            trust[rows] = (total / np.maximum(np.bincount(kind), 1))[kind]
    return trust


def rows_of(model: Marketplace, index: int) -> Any:
    """Sellers of one pricing model: everything as a slice where there is only one."""
    if len(model.pricing_models) == 1:
        return slice(None)
    return np.flatnonzero(model.sellers["pricing"] == index)
