"""The arrays that a pricing model clears, and the book of its admissible orders."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from econsim import kernels
from econsim.arrays import Categories, Ints, Rows, Sizes
from econsim.kernels import Entries
from econsim.streams import Purpose, Streams


@dataclass(frozen=True)
class Orders:
    """One round's orders, o of them; a buyer that has several wants one of them filled.

    Attributes
    ----------
    round : int
    buyer : int64 array (o,), ids
    listing : int32 array (o,), index into `Listings`
    size : uint8 array (o,), size of the task
    limit : int64 array (o,), ticks that no payment may exceed: the bid
    """

    round: int
    buyer: Ints
    listing: Rows
    size: Sizes
    limit: Ints

    def __len__(self) -> int:
        return len(self.buyer)


@dataclass(frozen=True)
class Listings:
    """What the sellers offer, m listings.

    Attributes
    ----------
    seller : int64 array (m,), ids
    category : int16 array (m,)
    capacity : int64 array (m,), units on sale now
    price : int64 array (m,), ticks: posted price, fee, or reserve of an auction
    """

    seller: Ints
    category: Categories
    capacity: Ints
    price: Ints


@dataclass(frozen=True)
class Fills:
    """Which orders trade, and what each pays.

    Attributes
    ----------
    order : int64 array (f,), indices of orders
    listing : int64 array (f,), index of the listing that serves
    payment : int64 array (f,), ticks that the buyer pays
    receipt : int64 array (f,), ticks that the seller receives
    """

    order: Ints
    listing: Ints
    payment: Ints
    receipt: Ints


@dataclass(frozen=True)
class Allocation:
    """The winners, as indices of admissible orders of a book.

    Attributes
    ----------
    order : int64 array (w,)
    rejected : int64 array (m,), optional
        Highest limit of each listing that won nothing, 0 without one; or another price that
        competition sets at each listing.
    listing : int64 array (w,), optional
        Who serves each winner; by default the listing that its order names.
    """

    order: Ints
    rejected: Ints | None = None
    listing: Ints | None = None


@dataclass(frozen=True)
class Trades(Allocation):
    """An allocation with what each winner pays and its seller receives, int64 (w,)."""

    payment: Ints = field(kw_only=True)
    receipt: Ints = field(kw_only=True)


class Book:
    """The admissible orders of one clearing: those whose limit reaches the quote."""

    def __init__(self, orders: Orders, listings: Listings, streams: Streams, quote: Ints):
        kept = np.flatnonzero(orders.limit >= quote)
        everything = len(kept) == len(orders)
        pick = slice(None) if everything else kept
        self.index: Any = kept
        self.listings, self.streams, self.round = listings, streams, orders.round
        self.buyer, self.listing = orders.buyer[pick], orders.listing[pick]
        self.limit, self.quote = orders.limit[pick], quote[pick]

    def highest(self) -> Allocation:
        """Capacity to the highest limits of each listing, ties by keyed lottery."""
        capacity = self.listings.capacity
        offsets, ranked = self._rank(self.limit, capacity + 1)
        counts = np.diff(offsets)
        place = np.arange(len(ranked)) - np.repeat(offsets[:-1], counts)
        wins = place < np.repeat(capacity, counts)
        rejected = np.zeros(len(capacity), dtype=np.int64)
        spare = ranked[~wins]
        rejected[self.listing[spare]] = self.limit[spare]
        return Allocation(ranked[wins], rejected)

    def lottery(self) -> Allocation:
        """Capacity of each listing by keyed lottery, whatever the limits."""
        seed = self.streams.seed
        lot = kernels.select().uniform(seed, Purpose.LOTTERY, self.round, self.buyer, 0)
        key = (lot * 2.0**53).astype(np.int64)
        return Allocation(self._rank(key, self.listings.capacity)[1])

    def drawn(self, ids: Ints) -> Ints:
        """Rank of each id by keyed lottery, the same for equal ids; decides ties fairly."""
        unique, place = np.unique(ids, return_inverse=True)
        seed, purpose = self.streams.seed, Purpose.LOTTERY
        lot = kernels.select().uniform(seed, purpose, self.round, unique, 0)
        rank = np.empty(len(unique), dtype=np.int64)
        rank[np.argsort(lot, kind="stable")] = np.arange(len(unique))
        return rank[place]

    def _rank(self, key: Ints, keep: Ints) -> tuple[Ints, Ints]:
        rank = kernels.select().rank
        return rank(self.streams.seed, self.round, Entries(self.listing, key, self.buyer), keep)
