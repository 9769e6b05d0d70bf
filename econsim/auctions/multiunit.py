"""Several identical units, and bidders with decreasing marginal values for them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.auctions.checks import real_array, refuse
from econsim.auctions.outcomes import PaymentOutcome
from econsim.errors import integer


@dataclass(frozen=True, eq=False)
class MultiunitOutcome(PaymentOutcome):
    """How many units each bidder wins and pays for.

    Attributes
    ----------
    units_won : int64 array, shape (bidders,)
    payments : int64 or float64 array, shape (bidders,)
        Total over the bidder's units.
    welfare : int or float
        Sum of the marginal values served.
    """

    units_won: Ints
    payments: NDArray[Any]
    welfare: Any


class _Ranking(NamedTuple):
    """Marginal values by falling value, then bidder; the first ``sold`` of them win."""

    values: NDArray[Any]
    bidder: Ints
    sold: int
    bidders: int
    demand: int

    def total(self, amounts: NDArray[Any]) -> NDArray[Any]:
        """`amounts` of the winning marginal values, added up by bidder."""
        totals = np.zeros(self.bidders, amounts.dtype)
        np.add.at(totals, self.bidder[: self.sold], amounts)
        return totals

    def outcome(self, payments: NDArray[Any]) -> MultiunitOutcome:
        served = self.values[: self.sold]
        won = self.total(np.ones(self.sold, np.int64))
        return MultiunitOutcome(won, payments, np.sum(served).item())


def uniform_price(marginal_values: ArrayLike, units: int) -> MultiunitOutcome:
    """Every unit sells at the highest rejected marginal value, or at 0 if none is rejected.

    Truthful for a bidder's first unit only: demand for more is shaded (Ausubel et al. 2014).

    Parameters
    ----------
    marginal_values : array_like, shape (bidders, units demanded)
        Finite numbers >= 0, non-increasing along each row; integers stay exact. Zero is accepted,
        like any bid equal to the reserve.
    units : int
        Supply, >= 0.

    Returns
    -------
    MultiunitOutcome
        Ties go to the lowest bidder.

    Raises
    ------
    BidError
        If an entry is negative or not finite, or a row increases.
    ParameterError
        If `units` is not an integer >= 0.
    """
    ranking = _rank(marginal_values, units)
    price = ranking.values[ranking.sold :][:1].sum()
    return ranking.outcome(ranking.total(np.full(ranking.sold, price)))


def discriminatory(marginal_values: ArrayLike, units: int) -> MultiunitOutcome:
    """Pay as bid: every winning marginal value is paid in full.

    Parameters, outcome and errors are those of `uniform_price`; truthful for nobody.
    """
    ranking = _rank(marginal_values, units)
    return ranking.outcome(ranking.total(ranking.values[: ranking.sold]))


def vickrey_multiunit(marginal_values: ArrayLike, units: int) -> MultiunitOutcome:
    """Vickrey's multi-unit auction: for k units, the k highest rejected values of the others.

    1. The highest marginal values win.
    2. Without bidder i, its k units would have gone to the k highest rejected values of the
       others: that sum is what it pays (Vickrey 1961), the Clarke payment.

    Parameters, outcome and errors are those of `uniform_price`. Truth is a dominant strategy.
    """
    ranking = _rank(marginal_values, units)
    won = ranking.total(np.ones(ranking.sold, np.int64))
    winners = np.flatnonzero(won)
    # At most `demand` entries matter: the k taken, and those of i's own that are passed over.
    rejected = slice(ranking.sold, ranking.sold + ranking.demand)
    others = ranking.bidder[rejected] != winners[:, None]
    taken = others & (np.cumsum(others, axis=1) <= won[winners, None])
    payments = np.zeros(ranking.bidders, ranking.values.dtype)
    payments[winners] = np.sum(ranking.values[rejected] * taken, axis=1)
    return ranking.outcome(payments)


def _rank(marginal_values: ArrayLike, units: int) -> _Ranking:
    """Check the rows and sort their entries."""
    values = real_array("marginal_values", marginal_values, 2)
    supply = integer("units", units, 0)
    rising = np.zeros(values.shape, dtype=bool)
    rising[:, 1:] = values[:, 1:] > values[:, :-1]
    refuse("marginal_values", values, rising, "at most the entry before it: rows do not increase")
    bidders, demand = values.shape
    order = np.argsort(-values.ravel(), kind="stable")
    sold = min(supply, values.size)
    return _Ranking(values.ravel()[order], order // max(demand, 1), sold, bidders, demand)
