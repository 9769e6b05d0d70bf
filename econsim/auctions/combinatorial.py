"""The Vickrey-Clarke-Groves mechanism for bids on bundles."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.auctions.bundles import BundleBids, as_bids
from econsim.auctions.outcomes import PaymentOutcome
from econsim.auctions.winner_determination import Allocation, WinnerProblem
from econsim.errors import real


@dataclass(frozen=True, eq=False)
class CombinatorialOutcome(PaymentOutcome):
    """Which bids are accepted and what bidders pay.

    Attributes
    ----------
    accepted : int64 array
        Indices of bids, rising.
    payments : array, shape (bidders,), or None
        None unless proven, as where a time limit stopped any solve: payments from a gapped
        allocation would not be Clarke payments, lose truthfulness and can exceed the bid.
    welfare : int or float
        Sum of the prices of the accepted bids.
    optimal : bool
        Whether the allocation and every payment are proven.
    bound : int or float
        No allocation is worth more; equal to `welfare` if the allocation is proven.
    """

    accepted: Ints
    payments: NDArray[Any] | None
    welfare: Any
    optimal: bool
    bound: Any


def vcg_combinatorial(bids: Any, *, time_limit: float | None = None) -> CombinatorialOutcome:
    """Efficient allocation of bundles with Clarke payments.

    1. Winner determination, proven in integers whatever the range of the prices: of each bidder
       at most one bid, of each good at most one unit (`WinnerProblem`).
    2. For every winner, the same market without it, exactly (`WinnerProblem.without`).
    3. A winner pays what the others would gain without it. Truth is a dominant strategy, nobody
       loses and the sale runs no deficit; but revenue can be zero, fall when a bidder enters, and
       lie outside the core (Ausubel & Milgrom 2006): see `core_payments`.

    Parameters
    ----------
    bids : BundleBids or sequence
        Whatever `as_bids` takes: triples ``(bidder, goods, price)``, or for each bidder a mapping
        from goods to price.
    time_limit : float, optional
        Seconds for everything. If it runs out, ``optimal`` is False and ``payments`` is None.

    Returns
    -------
    CombinatorialOutcome
        Payments are integers if all prices are.

    Raises
    ------
    BidError, ParameterError
        If a bid or the limit is not permitted.
    """
    offers = as_bids(bids)
    seconds = math.inf if time_limit is None else real("time_limit", time_limit, 0)
    problem = WinnerProblem(offers, offers.prices, time.monotonic() + seconds)
    return clear(problem)


def clear(problem: WinnerProblem) -> CombinatorialOutcome:
    """Allocation and Clarke payments of a problem at the bidders' own prices."""
    best = problem.solve()
    payments = clarke_payments(problem, best) if best.optimal else None
    accepted = _with_free_bids(problem.bids, best.accepted)
    return CombinatorialOutcome(accepted, payments, best.value, payments is not None, best.bound)


def clarke_payments(problem: WinnerProblem, best: Allocation) -> NDArray[Any] | None:
    """What each bidder's presence costs the others; None if a solve was stopped."""
    payments = np.zeros(problem.bids.bidders, problem.prices.dtype)
    for bid in best.accepted:
        bidder, price = problem.bids.bidder[bid], problem.prices[bid]
        others = problem.without(int(bidder), best)
        if not others.optimal:
            return None
        rest = best.accepted[best.accepted != bid]
        payments[bidder] = min(max(_excess(problem.prices, others.accepted, rest), 0), price)
    return payments


def _excess(prices: NDArray[Any], more: Ints, less: Ints) -> Any:
    """What the bids `more` are worth above the bids `less`; floats are rounded once."""
    terms = [*prices[more].tolist(), *(-prices[less]).tolist()]
    return sum(terms) if prices.dtype.kind == "i" else math.fsum(terms)


def _with_free_bids(bids: BundleBids, accepted: Ints) -> Ints:
    """Accept bids of zero, too, where goods and bidder are free: they equal the reserve."""
    chosen = set(accepted.tolist())
    owners = set(bids.bidder[accepted].tolist())
    taken = {good for bid in chosen for good in bids.bundles[bid]}
    for bid in np.flatnonzero(bids.prices == 0).tolist():
        owner = int(bids.bidder[bid])
        if owner not in owners and taken.isdisjoint(bids.bundles[bid]):
            chosen.add(bid)
            owners.add(owner)
            taken |= bids.bundles[bid]
    return np.array(sorted(chosen), np.int64)
