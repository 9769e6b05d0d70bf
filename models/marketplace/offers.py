"""What the listings offer in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.models.marketplace.contracts import terms, uses

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace


@dataclass(frozen=True)
class Offered:
    """What every listing offers this round, m listings.

    Attributes
    ----------
    capacity : int64 (m,), units (or subscriptions) on sale
    price : int64 (m,), ticks: posted price, fee of a subscription, or reserve
    quotes : int64 (m, max_size), price by size of task: the quote, or an auction's running average
    expected : int64 (m, max_size), the same less the refund that a buyer expects
    walk_in : bool (m,), whether single tasks are served
    shade : float64 (m,), bid as a multiple of value
    fee : int64 (m,), fee of a subscription on sale, else -1
    term : int64 (m,), rounds of a subscription, else 0
    uses : float64 (m,), tasks that a buyer expects to bring in the term
    trust : float64 (m,), chance of delivery that a buyer expects; where any seller of the category
        may serve, the mean of those
    """

    capacity: Ints
    price: Ints
    quotes: Ints
    expected: Ints
    walk_in: NDArray[np.bool_]
    shade: NDArray[np.float64]
    fee: Ints
    term: Ints
    uses: NDArray[np.float64]
    trust: NDArray[np.float64]

    @property
    def mean_quote(self) -> Ints:
        """Expected price of a task of unknown size, floored."""
        return self.expected.sum(axis=1) // self.expected.shape[1]


def offers(model: Marketplace) -> Offered:
    """What each listing offers, by its pricing model."""
    sellers, sizes = model.sellers, np.arange(1, model.max_size + 1)
    quotes = np.empty((len(sellers), model.max_size), dtype=np.int64)
    for index, held in enumerate(model.pricing_models):
        rows: Any = rows_of(model, index)
        quotes[rows] = held.expected(sizes, sellers["price"][rows], sellers["average"][rows])
    term = terms(model)[sellers["pricing"]]
    closed = _closed(model)
    capacity = np.where(closed, 0, _free(model))
    fee = np.where((term > 0) & (capacity > 0), sellers["price"], -1)
    return Offered(
        capacity,
        _prices(model),
        quotes,
        _less_refunds(model, quotes),
        (term == 0) & ~closed,
        model.shade[sellers["pricing"], sellers["category"]],
        fee,
        term,
        uses(model)[sellers["pricing"]],
        _trust(model),
    )


def _free(model: Marketplace) -> Ints:
    """Capacity that no contract has taken."""
    capacity = model.sellers["capacity"].copy()
    if len(model.contracts):
        taken = model.sellers.rows(model.contracts["seller"])
        capacity -= np.bincount(taken, minlength=len(capacity))
        np.maximum(capacity, 0, out=capacity)
    return capacity


def _closed(model: Marketplace) -> NDArray[np.bool_]:
    """Listings of sellers that are barred, or not trusted enough for an auction."""
    sellers = model.sellers
    distrusted = model.auctioned[sellers["pricing"]] & (sellers["trust"] < model.eligibility)
    return distrusted | (model.barred() > model.round)


def _prices(model: Marketplace) -> Ints:
    """What is asked: at auctions the seller's reserve after the fee, or the market's own."""
    sellers, price = model.sellers, model.sellers["price"]
    if not model.fee and not model.reserve.any():
        return price.copy()
    reserve = np.maximum(model.before_fee(price), model.reserve[sellers["category"]])
    return np.where(model.auctioned[sellers["pricing"]], reserve, price)


def _less_refunds(model: Marketplace, quotes: Ints) -> Ints:
    """Prices less what a breach, as likely as trust says, refunds."""
    if model.service is None:
        return quotes
    share = (1 - model.sellers["trust"]) * model.sellers["penalty"]
    return quotes - (quotes * share[:, None]).astype(np.int64)


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
