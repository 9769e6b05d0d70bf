"""Winner determination: which bundle bids to accept, and what others would make of it.

HiGHS decides (`scipy.optimize.milp`, gap zero). Around it everything is exact: bids that a better
one of the same bidder dominates are dropped, the market is solved by connected components, and
the same market without one bidder is first tried by a compiled branch and bound on the conflict
graph, where bids that conflict densely fall in milliseconds, and then by the linear relaxation,
whose reduced costs leave HiGHS only the bids that can still matter.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from scipy.optimize import Bounds, LinearConstraint
from scipy.sparse.csgraph import connected_components

from econsim.arrays import Bools, Floats, Ints
from econsim.auctions.bundles import BundleBids
from econsim.kernels.set_packing import grow_cliques, heaviest

linprog: Any = optimize.linprog  # the stubs overload by literal arguments
milp: Any = optimize.milp

# The search by bit sets pays where bids are few, or this share of their pairs conflicts.
_SMALL, _DENSE, _NODES, _LARGEST_GRAPH = 64, 0.3, 5000, 4000
# HiGHS works to absolute tolerances of 1e-6: prices are brought to this size.
_SCALE = 2.0**10


@dataclass(frozen=True)
class Allocation:
    """Bids accepted, sorted; what they are worth; a bound on what any could be worth."""

    accepted: Ints
    value: Any
    bound: float
    optimal: bool


@dataclass(eq=False)
class WinnerProblem:
    """The bids of positive price as a set packing problem.

    Parameters
    ----------
    bids : BundleBids
    prices : array, shape (bids,)
        In place of those of `bids`; bids at 0 or less are never accepted.
    deadline : float
        Of `time.monotonic`; what is not solved by then is not optimal.
    """

    bids: BundleBids
    prices: NDArray[Any]
    deadline: float = math.inf
    packing: Any = field(init=False)
    cliques: Any = field(init=False)
    component: Ints = field(init=False)
    conflict: Any = field(init=False)

    def __post_init__(self) -> None:
        goods = {good: row for row, good in enumerate(self.bids.goods)}
        sizes = [len(bundle) + 1 for bundle in self.bids.bundles]
        rows = [
            row
            for owner, bundle in zip(self.bids.bidder, self.bids.bundles, strict=True)
            for row in (*(goods[good] for good in bundle), len(goods) + owner)
        ]
        columns = np.repeat(np.arange(len(sizes)), sizes)
        shape = len(goods) + self.bids.bidders, len(sizes)
        entries = np.ones(len(rows)), (np.array(rows, np.int64), columns)
        self.packing = sparse.csc_array(sparse.coo_array(entries, shape))
        overlaps = self.packing.T @ self.packing
        self.component = connected_components(overlaps)[1].astype(np.int64)
        if len(self.bids) <= _LARGEST_GRAPH:
            self.conflict = overlaps.toarray() > 0
            self.cliques = _extended(self.packing, self.conflict, self.prices)
            np.fill_diagonal(self.conflict, False)
        else:
            self.conflict, self.cliques = None, self.packing

    def solve(self, *, search: bool = False) -> Allocation:
        """Accept the most valuable bids; `search` lets bit sets spare HiGHS where they can."""
        way = self._by_search if search else self._by_highs_and_search
        kept = _undominated(self.bids, self.prices)
        parts = [way(part, self._greedy(part)) for part in self._split(kept)]
        accepted = np.sort(np.concatenate([np.empty(0, np.int64), *(p.accepted for p in parts)]))
        bound = float(sum(part.bound for part in parts))
        return Allocation(accepted, self._value(accepted), bound, all(p.optimal for p in parts))

    def without(self, bidder: int, best: Allocation) -> Allocation:
        """Accept the most valuable bids of all others, from an optimum with `bidder`."""
        own = self.bids.bidder == bidder
        touched = np.isin(self.component, self.component[own])
        rest = best.accepted[~touched[best.accepted]]
        members = np.flatnonzero(touched & ~own & (self.prices > 0))
        start = self._greedy(members, best.accepted[touched[best.accepted] & ~own[best.accepted]])
        part = self._by_search(members, start)
        accepted = np.sort(np.concatenate([rest, part.accepted]))
        bound = part.bound + float(self._value(rest))
        return Allocation(accepted, self._value(accepted), bound, part.optimal)

    def _split(self, kept: Ints) -> list[Ints]:
        """Bids by connected component."""
        kept = kept[np.argsort(self.component[kept], kind="stable")]
        cuts = np.flatnonzero(np.diff(self.component[kept])) + 1
        return np.split(kept, cuts) if len(kept) else []

    def _value(self, accepted: Ints) -> Any:
        return np.sum(self.prices[accepted]).item()

    def _greedy(self, members: Ints, start: Ints | None = None) -> Ints:
        """`start` and whatever fits beside it, the best price for its bundle's root size first."""
        sizes = np.diff(self.packing.indptr)[members] - 1
        order = members[np.argsort(-self.prices[members] / np.sqrt(sizes), kind="stable")]
        return self._fitting(order if start is None else np.concatenate([start, order]))

    def _fitting(self, order: Ints) -> Ints:
        """Every bid that fits beside those before it."""
        taken: set[int] = set()
        accepted = []
        for bid in order.tolist():
            rows = self._rows(bid)
            if taken.isdisjoint(rows):
                taken.update(rows)
                accepted.append(bid)
        return np.array(accepted, np.int64)

    def _rows(self, bid: Any) -> list[int]:
        return self.packing.indices[
            self.packing.indptr[bid] : self.packing.indptr[bid + 1]
        ].tolist()

    def _by_search(self, members: Ints, start: Ints) -> Allocation:
        """Try the bit sets, then the relaxation, then HiGHS on what is left."""
        part = self._by_bit_sets(members, start)
        return part if part is not None else self._by_relaxation(members, start)

    def _by_highs_and_search(self, members: Ints, start: Ints) -> Allocation:
        """HiGHS decides to its tolerances; where bit sets can, they settle the last digits."""
        part = self._by_relaxation(members, start)
        settled = self._by_bit_sets(members, part.accepted) if part.optimal else None
        return part if settled is None else settled

    def _by_bit_sets(self, members: Ints, start: Ints) -> Allocation | None:
        """Exact within the budget of nodes, where conflicts are dense; else nothing."""
        if self.conflict is None or len(members) == 0:
            return None
        conflict = self.conflict[np.ix_(members, members)]
        if len(members) > _SMALL and conflict.mean() < _DENSE:
            return None
        order = np.argsort(conflict.sum(axis=0), kind="stable")
        weight = np.ascontiguousarray(self.prices[members][order])
        best = weight.dtype.type(self._value(start))
        graph = np.ascontiguousarray(conflict[np.ix_(order, order)])
        found, _, nodes = heaviest(graph, weight, best, _NODES)
        if nodes > _NODES:
            return None
        better = members[order[found > 0]] if found.any() else start
        return self._optimum(better)

    def _by_relaxation(self, members: Ints, start: Ints) -> Allocation:
        """Drop the bids whose reduced cost exceeds the gap between relaxation and `start`."""
        if len(members) == 0 or self.deadline <= time.monotonic():
            return self._by_highs(members, start)
        scale, costs = self._scaled(members)
        rows = self.cliques[:, members]
        relaxed = linprog(-costs, A_ub=rows, b_ub=np.ones(rows.shape[0]), method="highs")
        if relaxed.status != 0:
            return self._by_highs(members, start)
        rounded = self._fitting(members[np.argsort(-relaxed.x, kind="stable")])
        if np.abs(relaxed.x - np.rint(relaxed.x)).max() < 1e-9:
            return self._optimum(rounded)
        start = max(start, rounded, key=self._value)
        slack = -costs - rows.T @ relaxed.ineqlin.marginals
        gap = -relaxed.fun - float(self._value(start)) * scale
        return self._by_highs(members[slack <= gap + 1e-3], start)

    def _by_highs(self, members: Ints, start: Ints) -> Allocation:
        """HiGHS at gap zero; `start` and the trivial bound if the deadline has passed."""
        scale, costs = self._scaled(members)
        trivial = float(np.sum(self.prices[members]))
        left = self.deadline - time.monotonic()
        if left <= 0 or len(members) == 0:
            return Allocation(start, self._value(start), trivial, len(members) == 0)
        options = {"mip_rel_gap": 0.0} | ({} if left == math.inf else {"time_limit": left})
        rows = LinearConstraint(self.packing[:, members], -np.inf, 1)
        whole = np.ones(len(members))
        solved = milp(
            -costs, constraints=rows, integrality=whole, bounds=Bounds(0, 1), options=options
        )
        found = start if solved.x is None else members[solved.x > 0.5]
        found = max(found, start, key=self._value)
        if solved.status == 0:
            return self._optimum(found)
        bound = solved.mip_dual_bound
        known = bound is not None and math.isfinite(bound)
        bound = min(trivial, -bound / scale) if known else trivial
        return Allocation(found, self._value(found), max(bound, float(self._value(found))), False)

    def _scaled(self, members: Ints) -> tuple[float, Floats]:
        """A power of two, and the prices of `members` times it: the largest is near `_SCALE`."""
        largest = float(self.prices[members].max(initial=1e-300))
        scale = _SCALE / 2.0 ** math.frexp(largest)[1]
        return scale, self.prices[members].astype(np.float64) * scale

    def _optimum(self, accepted: Ints) -> Allocation:
        value = self._value(accepted)
        return Allocation(np.sort(accepted), value, float(value), True)


def _undominated(bids: BundleBids, prices: NDArray[Any]) -> Ints:
    """Bids above zero that no other of the same bidder beats with fewer goods and no less."""
    rivals: dict[int, list[int]] = {}
    for bid in np.lexsort((np.arange(len(bids)), -prices)):
        if prices[bid] > 0:
            better = rivals.setdefault(int(bids.bidder[bid]), [])
            if not any(bids.bundles[other] <= bids.bundles[bid] for other in better):
                better.append(int(bid))
    return np.array(sorted(bid for kept in rivals.values() for bid in kept), np.int64)


def _extended(packing: Any, conflict: Bools, prices: NDArray[Any]) -> Any:
    """Rows of `packing` grown to maximal cliques of the conflict graph, best prices first.

    Of the bids in a clique at most one is accepted, so the relaxation may use the larger rows: it
    is tighter, often by half of the gap.
    """
    by_price = np.argsort(-prices, kind="stable")
    graph = np.ascontiguousarray(conflict[np.ix_(by_price, by_price)])
    rows = sparse.csr_array(packing[:, by_price])
    grown = grow_cliques(graph, rows.indptr.astype(np.int64), rows.indices.astype(np.int64))
    grown = np.unique(grown[:, np.argsort(by_price)], axis=0)
    return sparse.csc_array(grown.astype(np.float64))
