"""Core-selecting payments: no group of bidders could offer the seller more."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from econsim.auctions.bundles import BundleBids, as_bids
from econsim.auctions.combinatorial import CombinatorialOutcome, clear
from econsim.auctions.winner_determination import WinnerProblem, linprog

_TOLERANCE = 1e-9  # of the largest price


def core_payments(bids: Any) -> CombinatorialOutcome:
    """Payments in the core, smallest in total, and of those the nearest to Clarke's.

    1. Start from the efficient allocation and its Clarke payments.
    2. Find the coalition that blocks most: winner determination with every winner's bids lowered
       by its surplus at the payments so far (Day & Raghavan 2007).
    3. If it offers more than the payments, note that the winners outside it must pay its surplus
       together, take the smallest total that meets all such constraints, and of those payments
       the nearest to Clarke's (Day & Cramton 2012); go to 2.

    Not truthful; in complete information the outcome is an equilibrium of truncated bids.

    Parameters
    ----------
    bids : BundleBids or sequence
        As for `vcg_combinatorial`.

    Returns
    -------
    CombinatorialOutcome
        Payments are floats.

    Raises
    ------
    BidError
        If a bid is not permitted.
    """
    offers = as_bids(bids)
    outcome = clear(WinnerProblem(offers, offers.prices))
    prices = offers.prices.astype(np.float64)
    scale = float(prices.max(initial=0)) or 1.0
    held = outcome.accepted[prices[outcome.accepted] > 0]
    winners, values = offers.bidder[held], prices[held] / scale
    clarke = np.asarray(outcome.payments, np.float64)[winners] / scale
    shares = _nearest_in_core(offers, prices / scale, winners, values, clarke)
    payments = np.zeros(offers.bidders)
    payments[winners] = np.minimum(shares * scale, prices[held])
    return CombinatorialOutcome(outcome.accepted, payments, outcome.welfare, True, outcome.bound)


def _nearest_in_core(
    bids: BundleBids, prices: NDArray, winners: NDArray, values: NDArray, clarke: NDArray
) -> NDArray:
    """Generate constraints until no coalition blocks."""
    payments, outside, owed = clarke, np.empty((0, len(winners))), np.empty(0)
    while len(winners):
        surplus = np.zeros(bids.bidders)
        surplus[winners] = values - payments
        blocking = WinnerProblem(bids, prices - surplus[bids.bidder]).solve(search=True)
        if blocking.value <= payments.sum() + _TOLERANCE:
            break
        inside = np.isin(winners, bids.bidder[blocking.accepted])
        outside = np.vstack([outside, ~inside])
        owed = np.append(owed, prices[blocking.accepted].sum() - values[inside].sum())
        payments = _nearest(outside, owed, values, clarke)
    return payments


def _nearest(outside: NDArray, owed: NDArray, values: NDArray, clarke: NDArray) -> NDArray:
    """Smallest total over the constraints, then least squares distance to `clarke`.

    Both at once: ``|raise|**2 + weight * total`` is an exact penalty once the weight is large
    enough, which the smallest total, known from a linear program, tells.
    """
    room = values - clarke
    free = room > 1e-12
    missing, rows, room = owed - outside @ clarke, outside[:, free], room[free]
    bounds = np.column_stack([np.zeros(len(room)), room])
    total = linprog(np.ones(len(room)), -rows, -missing + 1e-12, bounds=bounds).fun
    rows = np.vstack([rows, -np.eye(len(room)), np.eye(len(room))])
    least = np.concatenate([missing, -room, np.zeros(len(room))])
    payments = clarke.copy()
    for weight in (1.0, 10.0, 100.0, 1000.0):
        raises = _shortest(rows, least + rows.sum(axis=1) * weight / 2) - weight / 2
        if raises.sum() <= total + 1e-9:
            break
    payments[free] += np.clip(raises, 0, room)
    return payments


def _shortest(rows: NDArray, least: NDArray) -> NDArray:
    """The shortest x with ``rows @ x >= least``: Lawson & Hanson (1974), problem LDP."""
    stacked = np.vstack([rows.T, least])
    target = np.append(np.zeros(rows.shape[1]), 1.0)
    dual, _ = nnls(stacked, target, maxiter=100 * stacked.shape[1])
    residual = stacked @ dual - target
    return -residual[:-1] / residual[-1]
