"""Core-selecting payments: no group of bidders could offer the seller more."""

import math
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.sparse.csgraph import connected_components

from econsim.auctions.bundles import BundleBids, as_bids
from econsim.auctions.combinatorial import CombinatorialOutcome, clear
from econsim.auctions.exact_packing import linprog
from econsim.auctions.winner_determination import WinnerProblem
from econsim.errors import real

Floats = NDArray[np.float64]

# Shares of what a coalition is owed: what rounding explains, and what a proof may leave open.
_ROUNDING, _PROVEN = 1e-13, 1e-9


class _Coalition(NamedTuple):
    """Winners outside it, as a mask, and what they must pay together for it not to block."""

    outside: NDArray[np.bool_]
    owed: float

    def short(self, payments: Floats) -> float:
        """By how much payments fall short of what is owed, as a share of it."""
        return math.fsum([self.owed, *(-payments[self.outside]).tolist()]) / self.owed


def core_payments(bids: Any, *, time_limit: float | None = None) -> CombinatorialOutcome:
    """Payments in the core, smallest in total, and of those the nearest to Clarke's.

    1. Start from the efficient allocation and its Clarke payments.
    2. Find the coalition that blocks most: winner determination with every winner's bids lowered
       by its surplus at the payments so far (Day & Raghavan 2007).
    3. If it offers more than the payments, note that the winners outside it must pay its surplus
       together, apart for each group of bids that replace each other; take the smallest total
       that meets all such constraints, and of those payments the nearest to Clarke's (Day &
       Cramton 2012); go to 2.

    Winners whom no constraint joins are settled apart, each group at the scale of what it owes. A
    coalition that comes back is owed nothing but rounding, or else the payments are not proven.

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
        Payments are floats, of which every coalition gets what it is owed to a share of 1e-9; None
        and not ``optimal`` where that is not proven.

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
) -> Floats | None:
    """Generate constraints until no coalition blocks; None if that is not proven."""
    accepted = outcome.accepted[bids.prices[outcome.accepted] > 0]
    winners, values = bids.bidder[accepted], bids.prices[accepted].astype(np.float64)
    clarke = np.asarray(outcome.payments)[winners].astype(np.float64)
    known: list[_Coalition] = []
    payments = clarke
    while True:
        lowered = _lowered(bids, accepted, payments)
        best = WinnerProblem(bids, lowered, deadline).solve()
        if not best.optimal:
            return None
        coalitions = _coalitions(bids, accepted, best.accepted)
        blocking = [c for c in coalitions if c.short(payments) > _ROUNDING]
        new = [c for c in blocking if not _among(c, known)]
        if not new:
            break
        known += new
        settled = _settled(known, values, clarke)
        if settled is None:
            return None
        payments = settled
    if any(c.short(payments) > _PROVEN for c in (*known, *blocking)):
        return None
    everyone = np.zeros(bids.bidders)
    everyone[winners] = payments
    return everyone


def _lowered(bids: BundleBids, accepted: NDArray[np.int64], payments: Floats) -> Floats:
    """Prices less the surplus of winners, exact but for one rounding."""
    lowered = bids.prices.astype(np.float64)
    for bid, payment in zip(accepted.tolist(), payments.tolist(), strict=True):
        value = bids.prices[bid].item()
        for own in np.flatnonzero(bids.bidder == bids.bidder[bid]):
            price = bids.prices[own].item()
            both_whole = isinstance(price, int)
            terms = [price - value, payment] if both_whole else [price, -value, payment]
            lowered[own] = math.fsum(terms)
    return lowered


def _coalitions(
    bids: BundleBids, accepted: NDArray[np.int64], preferred: NDArray[np.int64]
) -> list[_Coalition]:
    """What must be paid for accepted bids to stay, by groups of bids that replace each other."""
    joining = np.setdiff1d(preferred, accepted)
    leaving = np.setdiff1d(accepted, preferred)
    if not len(joining) or not len(leaving):
        return []
    conflict = np.array([[_conflict(bids, a, b) for b in leaving] for a in joining])
    graph = np.block([
        [np.zeros((len(joining), len(joining)), bool), conflict],
        [conflict.T, np.zeros((len(leaving), len(leaving)), bool)],
    ])  # fmt: skip
    groups = connected_components(graph)[1]
    coalitions = []
    for group in np.unique(groups[: len(joining)]):
        mine = joining[groups[: len(joining)] == group]
        lost = leaving[groups[len(joining) :] == group]
        stays = np.isin(bids.bidder[lost], bids.bidder[mine])
        terms = [*bids.prices[mine].tolist(), *(-bids.prices[lost[stays]]).tolist()]
        owed = float(sum(terms)) if bids.prices.dtype.kind == "i" else math.fsum(terms)
        outside = np.isin(accepted, lost[~stays])
        if owed > 0 and outside.any():
            coalitions.append(_Coalition(outside, owed))
    return coalitions


def _conflict(bids: BundleBids, first: Any, second: Any) -> bool:
    same = bids.bidder[first] == bids.bidder[second]
    return bool(same) or not bids.bundles[first].isdisjoint(bids.bundles[second])


def _among(coalition: _Coalition, known: list[_Coalition]) -> bool:
    """Whether one as demanding is known already."""
    return any(
        other.owed >= coalition.owed and np.array_equal(other.outside, coalition.outside)
        for other in known
    )


def _settled(known: list[_Coalition], values: Floats, clarke: Floats) -> Floats | None:
    """Payments of all winners, group by group of those whom constraints join."""
    rows = np.array([coalition.outside for coalition in known])
    missing = np.array([c.short(clarke) * c.owed for c in known])
    groups = connected_components(rows.T.astype(np.int64) @ rows)[1]
    payments = clarke.copy()
    for group in np.unique(groups[rows.any(axis=0)]):
        own = np.flatnonzero(groups == group)
        mine = rows[:, own].any(axis=1)
        raises = _raises(rows[np.ix_(mine, own)], missing[mine], (values - clarke)[own])
        if raises is None:
            return None
        payments[own] = np.minimum(clarke[own] + raises, values[own])
    return payments


def _raises(rows: NDArray[np.bool_], missing: Floats, room: Floats) -> Floats | None:
    """Smallest total over the constraints, then least squares; None if not reached.

    Both at once: ``|raise|**2 + weight * total`` is an exact penalty once the weight is large
    enough, which the smallest total, known from a linear program, tells.
    """
    scale = missing.max()
    # Nobody is raised beyond all that is missing in a constraint.
    room = np.clip(room / scale, 0, 1)
    free = room > 0
    matrix, least, raises = rows[:, free].astype(np.float64), missing / scale, np.zeros(len(room))
    bounds = np.column_stack([np.zeros(free.sum()), room[free]])
    smallest = linprog(np.ones(free.sum()), -matrix, -least + 1e-12, bounds=bounds)
    for weight in (1.0, 10.0, 100.0, 1e3, 1e4, 1e5):
        if smallest.status != 0:
            return None
        raises[free] = _penalised(matrix, least, room[free], weight)
        if raises.sum() <= smallest.fun + 1e-7:
            return raises * scale
    return None


def _penalised(matrix: Floats, least: Floats, room: Floats, weight: float) -> Floats:
    """Least ``|raise|**2 + weight * sum(raise)``, polished on the constraints that bind."""
    count = len(room)
    rows = np.vstack([matrix, -np.eye(count), np.eye(count)])
    limits = np.concatenate([least, -room, np.zeros(count)])
    shifted = _shortest(rows, limits + rows.sum(axis=1) * weight / 2)
    raises = np.clip(shifted - weight / 2, 0, room)
    between = (raises > 1e-6) & (raises < room - 1e-6)
    fixed = np.where(between, 0, np.where(raises < room / 2, 0, room))
    binding = matrix @ raises <= least + 1e-6
    target = (least - matrix @ fixed)[binding]
    polished = fixed.copy()
    polished[between] = np.linalg.lstsq(matrix[binding][:, between], target)[0]
    inside = ((polished >= 0) & (polished <= room)).all()
    fits = inside and (matrix @ polished >= least - 1e-13).all()
    return polished if fits and np.abs(polished - raises).max(initial=0) < 1e-4 else raises


def _shortest(rows: Floats, least: Floats) -> Floats:
    """The shortest x with ``rows @ x >= least``: Lawson & Hanson (1974), problem LDP."""
    stacked = np.vstack([rows.T, least])
    target = np.append(np.zeros(rows.shape[1]), 1.0)
    dual, _ = nnls(stacked, target, maxiter=100 * stacked.shape[1])
    residual = stacked @ dual - target
    return -residual[:-1] / residual[-1]
