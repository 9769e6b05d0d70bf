"""Ratings of a period, and what every buyer remembers of every seller."""

from dataclasses import dataclass

import numpy as np

from econsim.arrays import Codes, Floats, Ints
from econsim.trust.outcomes import Outcome

PAIR = 2**32
FORGOTTEN = 1e-6


@dataclass(frozen=True)
class Ratings:
    """k deliveries, rated, in the order in which they ended.

    Attributes
    ----------
    buyer : int64 (k,), ids in [0, 2**31)
    seller : int64 (k,), ids in [0, 2**32)
    row : int64 (k,), row of the seller
    outcome : uint8 (k,), see `Outcome`
    error : float64 (k,), share that failed, of partial failures
    weight : float64 (k,), >= 0: how much the rating counts
    """

    buyer: Ints
    seller: Ints
    row: Ints
    outcome: Codes
    error: Floats
    weight: Floats

    @property
    def quality(self) -> Floats:
        """Share delivered: 1 for a success, 0 for a timeout or a failure."""
        partial = np.where(self.outcome == Outcome.PARTIAL, 1 - self.error, 0.0)
        return np.where(self.outcome == Outcome.SUCCESS, 1.0, partial)

    def evidence(self, sellers: int) -> tuple[Floats, Floats]:
        """Weighted evidence for and against each seller's row, (sellers,)."""
        good = self.weight * self.quality
        return (
            np.bincount(self.row, weights=good, minlength=sellers),
            np.bincount(self.row, weights=self.weight - good, minlength=sellers),
        )


class Pairs:
    """Evidence of each buyer about each seller that it rated: a sparse table in arrays.

    Parameters
    ----------
    cap : float > 0
        Most weight that a buyer's remembered ratings of one seller can have; infinity for no cap.
    forgetting : float in [0, 1]
        What is left of all evidence when a period's new evidence comes.

    Attributes
    ----------
    buyer, seller : int64 (p,), ids, sorted by buyer, then seller
    positive, negative : float64 (p,)
    """

    def __init__(self, cap: float = np.inf, forgetting: float = 1.0):
        self.cap, self.forgetting = cap, forgetting
        self._key = np.empty(0, dtype=np.int64)
        self.positive, self.negative = np.empty(0), np.empty(0)

    def __len__(self) -> int:
        return len(self._key)

    @property
    def buyer(self) -> Ints:
        """Who rated."""
        return self._key // PAIR

    @property
    def seller(self) -> Ints:
        """Who was rated."""
        return self._key % PAIR

    def add(self, ratings: Ratings) -> Floats:
        """Remember ratings as far as the cap allows; returns the weights that count, (k,)."""
        self._forget()
        key, place = np.unique(ratings.buyer * PAIR + ratings.seller, return_inverse=True)
        good = np.bincount(place, weights=ratings.weight * ratings.quality, minlength=len(key))
        total = np.bincount(place, weights=ratings.weight, minlength=len(key))
        at = self._reserve(key)
        room = np.maximum(self.cap - (self.positive[at] + self.negative[at]), 0.0)
        share = np.divide(np.minimum(total, room), total, out=np.ones(len(key)), where=total > 0)
        self.positive[at] += share * good
        self.negative[at] += share * (total - good)
        counted: Floats = ratings.weight * share[place]
        return counted

    def _forget(self) -> None:
        if self.forgetting < 1:
            self.positive *= self.forgetting
            self.negative *= self.forgetting
            kept = self.positive + self.negative > FORGOTTEN
            self._key, self.positive = self._key[kept], self.positive[kept]
            self.negative = self.negative[kept]

    def _reserve(self, key: Ints) -> Ints:
        """Rows of sorted, unique keys, made where they are missing."""
        at = np.searchsorted(self._key, key)
        known = np.zeros(len(key), dtype=bool)
        inside = at < len(self._key)
        known[inside] = self._key[at[inside]] == key[inside]
        fresh = at[~known]
        self._key = np.insert(self._key, fresh, key[~known])
        self.positive = np.insert(self.positive, fresh, 0.0)
        self.negative = np.insert(self.negative, fresh, 0.0)
        return at + np.cumsum(~known) - ~known
