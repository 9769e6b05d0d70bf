"""The buyers' strategies at work: what they bid, and what they learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Ints
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.mixture import asked, whole
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.pricing import Fills, Orders
from econsim.strategies import Bidding, Feedback, Strategy


class Desk:
    """Takes the bids of a round: what strategies see of the market.

    Parameters
    ----------
    rules : Rules
    state : State
    offered : Offered
    """

    def __init__(self, rules: Rules, state: State, offered: Offered):
        self.streams, self.round, self.offered = rules.streams, state.round, offered
        self.buyers, self.sellers = state.buyers, state.sellers
        self.bidders, self.mechanisms = state.policy.bidders, rules.mechanisms
        self.scales = rules.scales(state.policy.value_spread)

    def value(self, worth: Ints, listing: Ints) -> Ints:
        """What tasks are worth in expectation at listings, floored, ticks (k,)."""
        return (worth * self.offered.trust[listing]).astype(np.int64)

    def auctioned(self, listing: NDArray[Any]) -> Bools:
        """Which listings (rows) take bids."""
        return self.mechanisms.auctioned[self.sellers["pricing"][listing]]

    def bids(self, bidder: Ints, listing: Ints, value: Ints) -> Ints:
        """What buyers (rows) who value a task so bid on listings (rows), ticks, not yet capped."""
        bid = value.copy()
        at = np.flatnonzero(self.auctioned(listing))
        for rule, columns, mine in self.bidders.followers(self.buyers, bidder[at]):
            part = at[mine]
            seen = self._bidding(columns, bidder[part], listing[part], value[part])
            bid[part] = whole(rule, "bids", _of(rule, "bids", seen), len(part), 2**62)
        return bid

    def learn(self, worth: Ints, orders: Orders, fills: Fills) -> None:
        """Tell every strategy how its bids fared."""
        if not self.bidders.learns:
            return
        fates = fates_of(self.mechanisms, self.sellers, self.offered, orders, fills)
        at = _one_each(orders.buyer, self.auctioned(orders.listing), fates.won)
        rows, listing = self.buyers.rows(orders.buyer[at]), orders.listing[at].astype(np.int64)
        value = self.value(worth[rows], listing)
        for rule, columns, mine in self.bidders.followers(self.buyers, rows):
            seen = self._bidding(columns, rows[mine], listing[mine], value[mine])
            own = at[mine]
            fate = (fates.won[own], fates.payment[own], fates.threshold[own])
            _of(rule, "learn", Feedback(seen, orders.limit[own], *fate))

    def _bidding(
        self, columns: Mapping[str, NDArray[Any]], rows: Ints, listing: Ints, value: Ints
    ) -> Bidding:
        category = self.sellers["category"][listing]
        return Bidding(
            self.round,
            self.streams,
            self.buyers["id"][rows],
            value,
            self.mechanisms.pays_bid[self.sellers["pricing"][listing]],
            category,
            self.offered.price[listing],
            self.scales[category],
            columns,
            rows,
        )


def _of(rule: Strategy, method: str, seen: Bidding | Feedback) -> Any:
    """What a strategy's method answers; what it raises names the strategy."""
    return asked(f"{type(rule).__name__}.{method}", getattr(rule, method), seen)


class Fates(NamedTuple):
    """How orders fared, (o,): whether they won, what they paid, the least limit that had won."""

    won: Bools
    payment: Ints
    threshold: Ints


def fates_of(
    mechanisms: Mechanisms, sellers: Population, offered: Offered, orders: Orders, fills: Fills
) -> Fates:
    """Whether each order won, what it paid, and the least limit that would have won.

    At a listing that is full a loser had to reach the lowest winning limit, elsewhere the reserve;
    a winner the highest losing limit. Where sellers are pooled, that is taken over the category;
    where buyers bid everywhere, a winner's payment is the least bid that wins (the Clarke
    payment). A bid that ties is taken to win.
    """
    won, payment = np.zeros(len(orders), dtype=bool), np.zeros(len(orders), dtype=np.int64)
    won[fills.order], payment[fills.order] = True, fills.payment
    pricing = sellers["pricing"][orders.listing]
    group = _groups(mechanisms.pooled[pricing], sellers, orders)
    ask, limit, count = offered.price[orders.listing], orders.limit, len(sellers) + 2**15
    low, high = np.full(count, 2**62), np.zeros(count, dtype=np.int64)
    np.minimum.at(low, group[won], limit[won])
    np.maximum.at(high, group[~won], limit[~won])
    sold = np.bincount(group[won], minlength=count)
    units = np.append(offered.capacity, np.ones(2**15, dtype=np.int64))
    full = (sold >= units)[group]
    beaten = np.where(full, np.maximum(low[group], ask), ask)
    threshold = np.where(won, np.maximum(np.minimum(high[group], limit), ask), beaten)
    everywhere = mechanisms.bids_everywhere[pricing]
    return Fates(won, payment, np.where(won & everywhere, payment, threshold))


def _groups(pooled: Bools, sellers: Population, orders: Orders) -> Ints:
    """Who competes: the orders of a listing, or of a category where sellers are pooled."""
    listing = orders.listing.astype(np.int64)
    return np.where(pooled, len(sellers) + sellers["category"][listing], listing)


def _one_each(buyer: Ints, auctioned: Bools, won: Bools) -> Ints:
    """One order at an auction of each buyer: the one that won, else its first."""
    at = np.flatnonzero(auctioned)
    if (buyer[at[1:]] > buyer[at[:-1]]).all():
        return at
    at = at[np.lexsort((~won[at], buyer[at]))]
    first = np.ones(len(at), dtype=bool)
    first[1:] = buyer[at[1:]] != buyer[at[:-1]]
    return at[first]
