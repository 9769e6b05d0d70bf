"""The heaviest set packing, proven in integers of any size by branch and bound.

A solver of linear programs in floating point finds good multipliers, never a proof: it works to
absolute tolerances, and prices far below the largest are lost in them. But whatever multipliers y
>= 0 it suggests, ``sum(y) + sum(max(0, w - A'y))`` bounds every packing, and evaluated in integers
that bound is safe (Neumaier & Shcherbina 2004, *Mathematical Programming* 99). Multipliers too
coarse for small weights are refined: the same program is solved again for what is left of the
weights, at a finer scale (Gleixner, Steffy & Wolter 2016, *INFORMS Journal on Computing* 28).
"""

import heapq
import math
import time
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Index = NDArray[np.int64]
linprog: Any = optimize.linprog  # the stubs overload by literal arguments

# Multipliers are halves and thirds: weights get so many binary digits more.
_GUARD = 24
# The solver sees the largest weight of its scale as 2**10, and nothing beyond 2**20 times that.
_SEEN, _CLIP = 10, 20
# Binary digits below its scale that one solution gives for sure, and those that it is read to.
_CERTAIN, _GAINED = 16, 20


class Packed(NamedTuple):
    """The best members known; what they weigh; what none can exceed, equal to it if proven."""

    members: Index
    value: int
    bound: int


class _Relaxed(NamedTuple):
    """Members that a better packing may hold, their share in the relaxation, and its bound."""

    bound: int
    free: Index
    share: NDArray[np.float64]


def integers(amounts: NDArray[Any]) -> list[int]:
    """Whole numbers in exactly the proportions of finite `amounts`, as small as can be."""
    ratios = [amount.as_integer_ratio() for amount in amounts.tolist()]
    common = math.lcm(*(denominator for _, denominator in ratios))
    whole = [numerator * (common // denominator) for numerator, denominator in ratios]
    unit = math.gcd(*whole) or 1
    return [number // unit for number in whole]


@dataclass(eq=False)
class ExactPacking:
    """Columns of a matrix of zeros and ones, of which no two accepted may share a row.

    Parameters
    ----------
    rows : sparse array, shape (rows, members)
    weights : list of int, length members
        Positive, of any size.
    deadline : float
        Of `time.monotonic`.
    """

    rows: Any
    weights: list[int]
    deadline: float = math.inf
    best: Packed = field(init=False)

    def __post_init__(self) -> None:
        self.rows = sparse.csc_array(self.rows)
        self.by_row = sparse.csr_array(self.rows)
        self.weight = np.array(self.weights, object)

    def solve(self, start: Index) -> Packed:
        """Improve on `start`, a packing, until nothing better can exist or time is up.

        1. The relaxation bounds a node; its shares, rounded, may give a better packing.
        2. Members whose reduced weight shows that no better packing holds them are dropped.
        3. The heaviest member that the relaxation splits is taken in one branch and left in the
           other. The node with the highest bound comes first.
        """
        self.best = Packed(start, self._value(start), 0)
        everyone = np.arange(len(self.weights))
        bound = sum(self.weights)
        nodes: list[tuple[int, int, Index, Index]] = [(-bound, 0, everyone, everyone[:0])]
        counter = 0
        while nodes and -nodes[0][0] > self.best.value:
            if self.deadline <= time.monotonic():
                return self.best._replace(bound=-nodes[0][0])
            *_, free, taken = heapq.heappop(nodes)
            for bound, left, more in self._branches(free, taken):
                counter += 1
                heapq.heappush(nodes, (-bound, -counter, left, more))
        return self.best._replace(bound=self.best.value)

    def _branches(self, free: Index, taken: Index) -> list[tuple[int, Index, Index]]:
        """Bound, free and taken members of what is left to search under a node."""
        self._offer(taken)
        bound, free, share = self._relax(free, taken)
        if len(free) == 0 or bound <= self.best.value:
            return []
        split = np.flatnonzero(np.minimum(share, 1 - share) > 1e-6)
        places = split if len(split) else np.arange(len(free))
        chosen = max(places.tolist(), key=lambda k: self.weights[free[k]])
        member = free[chosen]
        apart = free[~self._meets(member)[free]]
        return [(bound, np.delete(free, chosen), taken), (bound, apart, np.append(taken, member))]

    def _relax(self, free: Index, taken: Index) -> _Relaxed:
        """Bound the packings of `free` beside `taken` by multipliers, finer while that can help."""
        left = _Multipliers.of(self.rows[:, free], self.weight[free])
        value, bound = self._value(taken), sum(self.weights[k] for k in free.tolist())
        bound, share = value + bound, np.ones(len(free))
        while len(free):
            refined = left.refined()
            if refined is None:  # the solver gave up: the bound is what it was
                break
            certain = left.error
            left, share = refined
            bound = min(bound, value + left.bound)
            order = free[np.argsort(-share, kind="stable")]
            self._offer(np.concatenate([taken, self._rounded(order)]))
            kept = value + left.bound + left.reduced_up > self.best.value
            free, share, left = free[kept], share[kept], left.restricted(kept)
            if not 0 < bound - self.best.value <= certain:
                break
        return _Relaxed(bound, free, share)

    def _rounded(self, order: Index) -> Index:
        """Every member that fits beside those before it."""
        full = np.zeros(self.rows.shape[0], bool)
        fitting = []
        for member in order.tolist():
            own = self.rows.indices[self.rows.indptr[member] : self.rows.indptr[member + 1]]
            if not full[own].any():
                full[own] = True
                fitting.append(member)
        return np.array(fitting, np.int64)

    def _offer(self, members: Index) -> None:
        value = self._value(members)
        if value > self.best.value:
            self.best = Packed(np.sort(members), value, 0)

    def _value(self, members: Index) -> int:
        return sum(self.weights[k] for k in members.tolist())

    def _meets(self, member: int) -> NDArray[np.bool_]:
        """Whom a member shares a row with, itself included."""
        own = self.rows.indices[self.rows.indptr[member] : self.rows.indptr[member + 1]]
        met = np.zeros(len(self.weights), bool)
        met[self.by_row[own].indices] = True
        return met


@dataclass(frozen=True, eq=False)
class _Multipliers:
    """Multipliers of the rows of a set packing, and the weights less what they take off.

    All in units of ``2**-_GUARD``; the solver has seen them down to ``2**scale``.
    """

    rows: Any
    multiplier: NDArray[Any]
    reduced: NDArray[Any]
    scale: int

    @classmethod
    def of(cls, rows: Any, weight: NDArray[Any]) -> "_Multipliers":
        """None yet: the largest weight sets the scale."""
        reduced = weight << _GUARD
        scale = max(int(reduced.max(initial=0)).bit_length() - _SEEN, 0)
        return cls(rows, np.zeros(rows.shape[0], object), reduced, scale)

    @property
    def bound(self) -> int:
        """What no packing exceeds."""
        return int(self.multiplier.sum() + np.maximum(self.reduced, 0).sum()) >> _GUARD

    @property
    def reduced_up(self) -> NDArray[Any]:
        """Reduced weights in whole units, rounded up."""
        return -(-self.reduced >> _GUARD)

    @property
    def error(self) -> int:
        """By how much the bound of a solution at this scale may miss the relaxation's."""
        return sum(self.rows.shape) << self.scale >> _CERTAIN + _GUARD

    def restricted(self, kept: NDArray[np.bool_]) -> "_Multipliers":
        """Fewer members, and the rows that still have some."""
        rows = self.rows[:, kept]
        used = np.unique(rows.indices)
        rows = sparse.csc_array(sparse.csr_array(rows)[used])
        return replace(
            self, rows=rows, multiplier=self.multiplier[used], reduced=self.reduced[kept]
        )

    def refined(self) -> tuple["_Multipliers", NDArray[np.float64]] | None:
        """Solve the relaxation for what is left of the weights; members' shares in it.

        With slack s the weight of a packing x is ``sum(y) + reduced @ x - y @ s``: what is far
        below the scale of interest is cut, which keeps the bound safe.
        """
        floor = -(1 << (self.scale + _SEEN + _CLIP))
        costs = np.maximum(np.concatenate([self.reduced, -self.multiplier]), floor)
        seen = np.array((costs / (1 << self.scale)).tolist(), np.float64)
        count = self.rows.shape[0]
        matrix = sparse.hstack([self.rows, sparse.identity(count)], format="csc")
        solved = linprog(-seen, A_eq=matrix, b_eq=np.ones(count), method="highs-ds")
        if solved.status != 0:
            return None
        fine = np.rint(-solved.eqlin.marginals * 2.0**_GAINED).tolist()
        step = np.array([(int(part) << self.scale) >> _GAINED for part in fine], object)
        multiplier = np.maximum(self.multiplier + step, 0)
        taken = np.add.reduceat((multiplier - self.multiplier)[self.rows.indices],
                                self.rows.indptr[:-1])  # fmt: skip
        reduced = self.reduced - taken
        most = int(max(reduced.max(), 0)).bit_length() - _SEEN
        scale = max(min(self.scale - 1, max(self.scale - _GAINED, most)), 0)
        return _Multipliers(self.rows, multiplier, reduced, scale), solved.x[: len(reduced)]
