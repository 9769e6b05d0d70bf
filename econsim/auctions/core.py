"""Core-selecting payments: no group of bidders could offer the seller more."""

import math
import time
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from econsim.auctions.bundles import BundleBids, as_bids
from econsim.auctions.checks import LARGEST
from econsim.auctions.combinatorial import CombinatorialOutcome, clear
from econsim.auctions.dual_active_set import least_raises
from econsim.auctions.winner_determination import WinnerProblem
from econsim.errors import real

Index = NDArray[np.int64]

# Share of what a coalition is owed that the rounding of a payment to a float explains.
_ROUNDING = 1e-13


class _Coalition(NamedTuple):
    """Winners outside it, as a mask, and what they must pay together for it not to block."""

    outside: NDArray[np.bool_]
    owed: Fraction

    def short(self, payments: list[Fraction]) -> Fraction:
        """By how much payments fall short of what is owed."""
        return self.owed - sum(payments[k] for k in np.flatnonzero(self.outside))


def core_payments(bids: Any, *, time_limit: float | None = None) -> CombinatorialOutcome:
    """Payments in the core, smallest in total, and of those the nearest to Clarke's.

    1. Start from the efficient allocation and its Clarke payments.
    2. Find the coalition that blocks most: winner determination with every winner's bids lowered
       by its surplus at the payments so far (Day & Raghavan 2007).
    3. If it offers more than the payments, note that the winners outside it must pay its surplus
       together, apart for each group of bids that replace each other; take the smallest total
       that meets all such constraints, and of those payments the nearest to Clarke's (Day &
       Cramton 2012); go to 2.

    Payments are fractions until the end, so each constraint is met exactly, at the scale of what
    is owed (`dual_active_set.least_raises`), and no coalition comes back.

    Not truthful; in complete information the outcome is an equilibrium of truncated bids.

    Parameters
    ----------
    bids : BundleBids or sequence
        As for `vcg_combinatorial`.
    time_limit : float, optional
        Seconds for everything. If it runs out, ``optimal`` is False and ``payments`` is None.

    Returns
    -------
    CombinatorialOutcome
        Payments are floats, rounded once. None, and not ``optimal``, if time ran out.

    Raises
    ------
    BidError, ParameterError
        If a bid or the limit is not permitted.
    """
    offers = as_bids(bids)
    seconds = math.inf if time_limit is None else real("time_limit", time_limit, 0)
    deadline = time.monotonic() + seconds
    outcome = clear(WinnerProblem(offers, offers.prices, deadline))
    shares = None if outcome.payments is None else _nearest_in_core(offers, outcome, deadline)
    proven = shares is not None
    return CombinatorialOutcome(outcome.accepted, shares, outcome.welfare, proven, outcome.bound)


def _nearest_in_core(
    bids: BundleBids, outcome: CombinatorialOutcome, deadline: float
) -> NDArray[np.float64] | None:
    """Generate constraints until no coalition blocks; None if time is up."""
    accepted = outcome.accepted[bids.prices[outcome.accepted] > 0]
    winners = bids.bidder[accepted]
    clarke = [Fraction(payment) for payment in np.asarray(outcome.payments)[winners].tolist()]
    known: list[_Coalition] = []
    payments = clarke
    while True:
        best = WinnerProblem(bids, _lowered(bids, accepted, payments), deadline).solve()
        if not best.optimal:
            return None
        coalitions = _coalitions(bids, accepted, best.accepted)
        blocking = [c for c in coalitions if c.short(payments) > _ROUNDING * c.owed]
        if not blocking:
            break
        known += blocking
        payments = _settled(known, _exactly(bids.prices[accepted]), clarke)
    everyone = np.zeros(bids.bidders)
    everyone[winners] = [float(payment) for payment in payments]
    return everyone


def _exactly(prices: NDArray[Any]) -> list[Fraction]:
    return [Fraction(price) for price in prices.tolist()]


def _lowered(bids: BundleBids, accepted: Index, payments: list[Fraction]) -> NDArray[Any]:
    """Prices less the surplus of winners: whole numbers in proportion if they fit, or floats."""
    lowered = _exactly(bids.prices)
    for bid, payment in zip(accepted.tolist(), payments, strict=True):
        surplus = Fraction(bids.prices[bid].item()) - payment
        for own in np.flatnonzero(bids.bidder == bids.bidder[bid]).tolist():
            lowered[own] -= surplus
    common = math.lcm(*(price.denominator for price in lowered))
    whole = [int(price * common) for price in lowered]
    if sum(map(abs, whole)) <= LARGEST:
        return np.array(whole, np.int64)
    return np.array([float(price) for price in lowered])


def _coalitions(bids: BundleBids, accepted: Index, preferred: Index) -> list[_Coalition]:
    """What must be paid for accepted bids to stay, by groups of bids that replace each other."""
    joining = np.setdiff1d(preferred, accepted)
    leaving = np.setdiff1d(accepted, preferred)
    coalitions = []
    for mine, lost in _groups(bids, joining, leaving):
        stays = np.isin(bids.bidder[lost], bids.bidder[mine])
        owed = sum(_exactly(bids.prices[mine])) - sum(_exactly(bids.prices[lost[stays]]))
        coalitions.append(_Coalition(np.isin(accepted, lost[~stays]), Fraction(owed)))
    return coalitions


def _groups(bids: BundleBids, joining: Index, leaving: Index) -> list[tuple[Index, Index]]:
    """Joining bids and the leaving ones that they conflict with, by connected component."""
    count = len(joining)
    graph = np.zeros((count + len(leaving),) * 2, bool)
    for k, first in enumerate(joining):
        graph[k, count:] = [_conflict(bids, first, second) for second in leaving]
    label = connected_components(graph, directed=False)[1]
    return [
        (joining[label[:count] == group], leaving[label[count:] == group])
        for group in np.unique(label[:count])
    ]


def _conflict(bids: BundleBids, first: Any, second: Any) -> bool:
    same = bids.bidder[first] == bids.bidder[second]
    return bool(same) or not bids.bundles[first].isdisjoint(bids.bundles[second])


def _settled(
    known: list[_Coalition], values: list[Fraction], clarke: list[Fraction]
) -> list[Fraction]:
    """Payments of all winners, group by group of those whom constraints join."""
    rows = np.array([coalition.outside for coalition in known])
    label = connected_components(rows.T.astype(np.int64) @ rows)[1]
    payments = list(clarke)
    for group in np.unique(label[rows.any(axis=0)]):
        own = np.flatnonzero(label == group)
        mine = np.flatnonzero(rows[:, own].any(axis=1))
        missing = [known[k].short(clarke) for k in mine]
        room = [values[k] - clarke[k] for k in own]
        raises = least_raises(rows[np.ix_(mine, own)], missing, room)
        for k, raised in zip(own, raises, strict=True):
            payments[k] += raised
    return payments
