"""The buyers' strategies at work: who follows which, what they bid, and what they learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.models.marketplace.mixture import Mixture, whole
from econsim.money import to_ticks
from econsim.pricing import Fills, Orders
from econsim.strategies import STRATEGIES, Bidding, Feedback, Proportional, Strategy

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace
    from econsim.models.marketplace.offers import Offered

Ints = NDArray[np.int64]


class Bidders(Mixture[Strategy]):
    """The strategies of a market's buyers, by share.

    Attributes
    ----------
    proportional : Proportional or None
        The only strategy, if it is a constant multiple of value, which the kernels apply.
    """

    def __init__(self, given: Any):
        super().__init__(*STRATEGIES.mix(given), "strategy")
        alone = self.strategies[0] if len(self.strategies) == 1 else None
        self.proportional = alone if isinstance(alone, Proportional) else None

    def bids(
        self, model: Marketplace, offered: Offered, bidder: Ints, on: Ints, value: Ints
    ) -> Ints:
        """What buyers (rows) who value a task so bid on listings (rows), ticks, not yet capped."""
        bid = value.copy()
        at = np.flatnonzero(model.auctioned[model.sellers["pricing"][on]])
        for held, state, mine in self.followers(model.buyers, bidder[at]):
            part = at[mine]
            seen = _bidding(model, offered, state, bidder[part], on[part], value[part])
            bid[part] = whole(held, "bids", held.bids(seen), len(part), 2**62)
        return bid

    def learn(self, model: Marketplace, offered: Offered, worth: Ints, fills: Fills) -> None:
        """Tell every strategy how its bids fared."""
        if all(type(held).learn is Strategy.learn for held in self.strategies):
            return
        orders: Any = model.orders
        fate = _fates(model, offered, orders, fills)
        at = _one_each(
            orders.buyer, model.auctioned[model.sellers["pricing"][orders.listing]], fate
        )
        rows, listing = model.buyers.rows(orders.buyer[at]), orders.listing[at].astype(np.int64)
        value = (worth[rows] * offered.trust[listing]).astype(np.int64)
        for held, state, mine in self.followers(model.buyers, rows):
            seen = _bidding(model, offered, state, rows[mine], listing[mine], value[mine])
            won, payment, threshold = (column[at[mine]] for column in fate)
            held.learn(Feedback(seen, orders.limit[at[mine]], won, payment, threshold))


def scales(model: Marketplace) -> Ints:
    """Upper end of the values of tasks of each category, ticks."""
    largest = 1 + model.value_spread
    return np.array(
        [to_ticks(kind.values[-1]) * model.max_size * largest for kind in model.categories]
    ).astype(np.int64)


def _bidding(
    model: Marketplace, offered: Offered, state: Any, rows: Ints, listing: Ints, value: Ints
) -> Bidding:
    sellers = model.sellers
    category = sellers["category"][listing]
    return Bidding(
        model.round,
        model.streams,
        model.buyers["id"][rows],
        value,
        model.pays_bid[sellers["pricing"][listing]],
        category,
        offered.price[listing],
        scales(model)[category],
        state,
        rows,
    )


def _fates(model: Marketplace, offered: Offered, orders: Orders, fills: Fills) -> tuple[Any, ...]:
    """Whether each order won, what it paid, and the least limit that would have won.

    At a listing that is full a loser had to reach the lowest winning limit, elsewhere the reserve;
    a winner the highest losing limit. Where sellers are pooled, that is taken over the category;
    where buyers bid everywhere, a winner's payment is the least bid that wins (the Clarke
    payment). A bid that ties is taken to win.
    """
    sellers, won = model.sellers, np.zeros(len(orders), dtype=bool)
    payment = np.zeros(len(orders), dtype=np.int64)
    won[fills.order], payment[fills.order] = True, fills.payment
    group = _groups(model, orders)
    ask, limit, count = offered.price[orders.listing], orders.limit, len(sellers) + 2**15
    low, high = np.full(count, 2**62), np.zeros(count, dtype=np.int64)
    np.minimum.at(low, group[won], limit[won])
    np.maximum.at(high, group[~won], limit[~won])
    sold = np.bincount(group[won], minlength=count)
    units = np.append(offered.capacity, np.ones(2**15, dtype=np.int64))
    full = (sold >= units)[group]
    beaten = np.where(full, np.maximum(low[group], ask), ask)
    threshold = np.where(won, np.maximum(np.minimum(high[group], limit), ask), beaten)
    everywhere = model.bids_everywhere()[orders.listing]
    return won, payment, np.where(won & everywhere, payment, threshold)


def _groups(model: Marketplace, orders: Orders) -> Ints:
    """Who competes: the orders of a listing, or of a category where sellers are pooled."""
    sellers, listing = model.sellers, orders.listing.astype(np.int64)
    pooled = np.array([held.pooled for held in model.pricing_models])[sellers["pricing"][listing]]
    return np.where(pooled, len(sellers) + sellers["category"][listing], listing)


def _one_each(buyer: Ints, auctioned: NDArray[np.bool_], fate: tuple[Any, ...]) -> Ints:
    """One order at an auction of each buyer: the one that won, else its first."""
    at = np.flatnonzero(auctioned)
    if (buyer[at[1:]] > buyer[at[:-1]]).all():
        return at
    at = at[np.lexsort((~fate[0][at], buyer[at]))]
    first = np.ones(len(at), dtype=bool)
    first[1:] = buyer[at[1:]] != buyer[at[:-1]]
    return at[first]
