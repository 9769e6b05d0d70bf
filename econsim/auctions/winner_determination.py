"""Winner determination: which bundle bids to accept, and what others would make of it.

Everything is proven exactly: bids that a better one of the same bidder dominates are dropped, and
the market is solved by connected components, each at its own scale. Where bids conflict densely a
compiled branch and bound on the conflict graph decides in milliseconds; else branch and bound by
linear relaxations whose bounds are evaluated in integers (`exact_packing`).
"""

import math
import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from econsim.arrays import Bools, Ints
from econsim.auctions.bundles import BundleBids
from econsim.auctions.exact_packing import ExactPacking, integers
from econsim.kernels.set_packing import grow_cliques, heaviest

# The search by bit sets pays where bids are few, or this share of their pairs conflicts.
_SMALL, _DENSE, _NODES, _LARGEST_GRAPH = 64, 0.3, 5000, 4000
# Sums of floats within this factor of each other lose nothing but their last digits.
_NARROW = 2.0**20


@dataclass(frozen=True)
class Allocation:
    """Bids accepted, sorted; what they are worth; a bound on what any could be worth."""

    accepted: Ints
    value: Any
    bound: Any
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

    def solve(self) -> Allocation:
        """Accept the most valuable bids."""
        parts = [self._solved(part, self._greedy(part)) for part in self.components()]
        accepted = np.sort(np.concatenate([np.empty(0, np.int64), *(p.accepted for p in parts)]))
        return self._allocation(accepted, parts)

    def without(self, bidder: int, best: Allocation) -> Allocation:
        """Accept the most valuable bids of all others, from an optimum with `bidder`."""
        own = self.bids.bidder == bidder
        touched = np.isin(self.component, self.component[own])
        rest = best.accepted[~touched[best.accepted]]
        members = np.flatnonzero(touched & ~own & (self.prices > 0))
        start = self._greedy(members, best.accepted[touched[best.accepted] & ~own[best.accepted]])
        part = self._solved(members, start)
        return self._allocation(np.sort(np.concatenate([rest, part.accepted])), [part])

    def components(self) -> list[Ints]:
        """Bids that may be accepted, by connected component of their conflicts."""
        kept = _undominated(self.bids, self.prices)
        kept = kept[np.argsort(self.component[kept], kind="stable")]
        cuts = np.flatnonzero(np.diff(self.component[kept])) + 1
        return np.split(kept, cuts) if len(kept) else []

    def _allocation(self, accepted: Ints, parts: list[Allocation]) -> Allocation:
        """The whole, with its bound rounded up where some part is not solved."""
        value = self._value(accepted)
        if all(part.optimal for part in parts):
            return Allocation(accepted, value, value, True)
        open_ = math.fsum(float(part.bound) - float(part.value) for part in parts)
        return Allocation(accepted, value, (float(value) + open_) * (1 + 1e-12), False)

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

    def _solved(self, members: Ints, start: Ints) -> Allocation:
        """The best of `members`, which conflict with no others, from a packing to improve."""
        if len(members) == 0:
            return Allocation(members, self._value(members), 0, True)
        whole = integers(self.prices[members])
        late = self.deadline <= time.monotonic()
        settled = None if late else self._by_bit_sets(members, start, whole)
        return self._by_relaxation(members, start, whole) if settled is None else settled

    def _by_bit_sets(self, members: Ints, start: Ints, whole: list[int]) -> Allocation | None:
        """Exact within the budget of nodes, where conflicts are dense; else nothing."""
        weight = self._summable(members, whole)
        if self.conflict is None or weight is None:
            return None
        conflict = self.conflict[np.ix_(members, members)]
        if len(members) > _SMALL and conflict.mean() < _DENSE:
            return None
        order = np.argsort(conflict.sum(axis=0), kind="stable")
        best = weight[np.isin(members, start)].sum()
        graph = np.ascontiguousarray(conflict[np.ix_(order, order)])
        chosen, _, nodes = heaviest(graph, np.ascontiguousarray(weight[order]), best, _NODES)
        if nodes > _NODES:
            return None
        accepted = np.sort(members[order[chosen > 0]] if chosen.any() else start)
        value = self._value(accepted)
        return Allocation(accepted, value, value, True)

    def _summable(self, members: Ints, whole: list[int]) -> NDArray[Any] | None:
        """Weights that 64 bits can add: exact integers, or floats of one size; else nothing."""
        if sum(whole) < 2**62:
            return np.array(whole, np.int64)
        prices = self.prices[members]
        return prices if prices.max() <= _NARROW * prices.min() else None

    def _by_relaxation(self, members: Ints, start: Ints, whole: list[int]) -> Allocation:
        """Branch and bound by relaxations, in integers of any size."""
        packing = ExactPacking(self.cliques[:, members], whole, self.deadline)
        best = packing.solve(np.flatnonzero(np.isin(members, start)))
        accepted = members[best.members]
        value = self._value(accepted)
        if best.bound == best.value:
            return Allocation(accepted, value, value, True)
        unit = Fraction(self.prices[members[0]].item()) / whole[0]
        return Allocation(
            accepted, value, float(Fraction(value) + (best.bound - best.value) * unit), False
        )


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
