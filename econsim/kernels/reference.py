"""The kernels in vectorised NumPy: readable, and the oracle for `compiled`.

Shapes: n buyers, m listings (one a seller), k candidates a buyer, o orders. Money is int64 ticks.
A size of 0 says that a buyer has no task, a candidate or choice of -1 says none.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.kernels.plain_learning import best_arms as best_arms
from econsim.kernels.plain_learning import draw_arms as draw_arms
from econsim.kernels.plain_learning import exp3 as exp3
from econsim.kernels.plain_learning import hedge as hedge
from econsim.kernels.plain_learning import regrets as regrets
from econsim.streams import Purpose, Streams
from econsim.streams import philox4x32 as philox4x32

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def uniform(seed: int, purpose: int, round: int, ids: Ints, index: int) -> Floats:
    """Keyed uniforms on [0, 1), shape of `ids`."""
    return Streams(seed).uniform(purpose, round, ids, index)


def tasks(
    seed: int, round: int, ids: Ints, value: Ints, demand_rate: float, max_size: int, spread: float
) -> tuple[NDArray[np.uint8], Ints]:
    """Draw this round's tasks: size in 1..max_size or 0, and worth = size x shocked value.

    The shock is uniform on [value - half, value + half), half = floor(value x spread).
    """
    streams, purpose = Streams(seed), Purpose.TASK
    size = 1 + streams.integers(purpose, round, ids, 0, bound=max_size)
    if demand_rate < 1.0:
        size = size * (streams.uniform(purpose, round, ids, 2) < demand_rate)
    half = (value * spread).astype(np.int64)
    shock = (2 * half * streams.uniform(purpose, round, ids, 1)).astype(np.int64)
    return size.astype(np.uint8), size * (value - half + shock)


def search(
    seed: int,
    round: int,
    ids: Ints,
    size: NDArray[np.uint8],
    category: NDArray[np.int16],
    starts: Ints,
    listings: NDArray[np.int32],
    k: int,
) -> NDArray[np.int32]:
    """Draw k listings of each buyer's category with replacement, drop repeats, close the gaps.

    ``listings[starts[c]:starts[c + 1]]`` are the rows of category c. Returns (n, k).
    """
    count = (starts[1:] - starts[:-1])[category]
    place = _places(Streams(seed), round, ids, np.maximum(count, 1), k)
    seen = np.full(place.shape, -1, dtype=np.int32)
    valid = (size > 0) & (count > 0)
    seen[valid] = listings[starts[category[valid], None] + place[valid]]
    for j in range(1, k):
        repeat = (seen[:, :j] == seen[:, j : j + 1]).any(axis=1)
        seen[repeat, j] = -1
    order = np.argsort(seen < 0, axis=1, kind="stable")
    return np.take_along_axis(seen, order, axis=1)


def _places(streams: Streams, round: int, ids: Ints, bound: Ints, k: int) -> Ints:
    """Integers 0..k-1 of each buyer's search, (n, k): four a block, the rejected drawn singly."""
    parts = range(-(-k // 4))
    words = [word for part in parts for word in streams.block(Purpose.SEARCH, round, ids, part)]
    span = bound.astype(np.uint64)[:, None]
    product = np.stack(words[:k], axis=1) * span
    place = (product >> np.uint64(32)).astype(np.int64)
    low = product & np.uint64(0xFFFFFFFF)
    rows, columns = np.nonzero(low < (np.uint64(2**32) - span) % span)
    place[rows, columns] = streams.integers(
        Purpose.SEARCH, round, ids[rows], columns, bound=bound[rows]
    )
    return place


def choose(
    seed: int,
    round: int,
    ids: Ints,
    candidates: NDArray[np.int32],
    size: NDArray[np.uint8],
    worth: Ints,
    wallet: Ints,
    trust: Floats,
    quotes: Ints,
    walk_in: NDArray[np.bool_],
    shade: Floats,
) -> tuple[NDArray[np.int32], Ints]:
    """Pick the walk-in listing of largest positive expected surplus, and what to bid on it.

    Surplus is floor(worth x trust) - expected price, the latter ``quotes[listing, size - 1]``.
    Ties go to the largest draw at the position among the buyer's walk-in offers. The limit is
    min(wallet, floor(shade x floor(worth x trust))).
    """
    offered = (candidates >= 0) & walk_in[candidates]
    value = (worth[:, None] * trust[candidates]).astype(np.int64)
    price = quotes[candidates, np.maximum(size, 1)[:, None] - 1]
    pick, surplus = _best(seed, round, ids, offered, value - price)
    taken = surplus > 0
    choice = np.where(taken, _at(candidates, pick), -1)
    bid = (shade[choice] * _at(value, pick)).astype(np.int64)
    return choice.astype(np.int32), np.where(taken, np.minimum(bid, wallet), 0)


def subscribe(
    seed: int,
    round: int,
    ids: Ints,
    candidates: NDArray[np.int32],
    mean_worth: Ints,
    wallet: Ints,
    trust: Floats,
    mean_quote: Ints,
    walk_in: NDArray[np.bool_],
    fee: Ints,
    uses: Floats,
) -> tuple[NDArray[np.int32], Ints]:
    """Pick the subscription of largest margin, if it beats every other offer over its term.

    A listing sells a subscription where ``fee >= 0``; ``uses`` are its expected uses over the
    term. Margin is floor(uses x floor(mean_worth x trust)) - fee; it must be positive and exceed
    floor(uses x the best walk-in surplus of a mean task). Ties go to the largest draw at the
    position among the offers on sale. Returns (choice, limit), the limit
    min(wallet, floor(uses x floor(mean_worth x trust))).
    """
    exists = candidates >= 0
    sold, walks = exists & (fee[candidates] >= 0), exists & walk_in[candidates]
    value = (mean_worth[:, None] * trust[candidates]).astype(np.int64)
    other = np.where(walks, value - mean_quote[candidates], 0).max(axis=1, initial=0)
    over_term = (uses[candidates] * value).astype(np.int64)
    margin = over_term - fee[candidates]
    beaten = (uses[candidates] * other[:, None]).astype(np.int64)
    position = np.cumsum(sold | walks, axis=1) - 1
    pick, best = _best(seed, round, ids, sold & (margin > beaten), margin, position)
    taken = best > 0
    choice = np.where(taken, _at(candidates, pick), -1).astype(np.int32)
    return choice, np.where(taken, np.minimum(_at(over_term, pick), wallet), 0)


def _best(
    seed: int,
    round: int,
    ids: Ints,
    offered: NDArray[np.bool_],
    surplus: Ints,
    position: Any = None,
) -> tuple[Ints, Ints]:
    """Column and surplus of each buyer's best offer (surplus 0 without one), ties by draw."""
    ranked = np.where(offered, surplus, 0)
    best = ranked.max(axis=1, initial=0)
    tied = offered & (ranked == best[:, None]) & (best > 0)[:, None]
    draws = tied.astype(np.float64)
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    place = np.cumsum(offered[rows], axis=1) - 1 if position is None else position[rows]
    drawn = Streams(seed).uniform(Purpose.DECISION, round, ids[rows, None], np.maximum(place, 0))
    draws[rows] = np.where(tied[rows], drawn, -1.0)
    return draws.argmax(axis=1), best


def _at(matrix: Any, column: Ints) -> Any:
    """Entry ``column[i]`` of each row i."""
    return np.take_along_axis(matrix, column[:, None], axis=1)[:, 0]


def rank(
    seed: int, round: int, listing: NDArray[np.int32], key: Ints, ids: Ints, keep: Ints
) -> tuple[Ints, Ints]:
    """Best orders of each listing: largest key, then largest lottery draw, then lowest buyer id.

    Parameters
    ----------
    listing, key, ids : arrays (o,)
    keep : int64 array (m,)
        How many to rank at most.

    Returns
    -------
    offsets : int64 array (m + 1,)
    ranked : int64 array (offsets[-1],)
        ``ranked[offsets[j]:offsets[j + 1]]`` are indices of orders, best first.
    """
    lot = Streams(seed).uniform(Purpose.LOTTERY, round, ids)
    order = np.lexsort((ids, -lot, -key, listing))
    counts = np.bincount(listing, minlength=len(keep))
    begins = np.cumsum(counts) - counts
    place = np.arange(len(order)) - begins[listing[order]]
    offsets = np.concatenate(([0], np.cumsum(np.minimum(counts, keep))))
    return offsets, order[place < keep[listing[order]]]


def maximal_gains(
    worth: Ints, category: NDArray[np.int16], unit_costs: Ints, starts: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Largest gains from trade of the round, its quantity, and the worths at its margin.

    Tasks by worth descending meet units of capacity by cost ascending
    (``unit_costs[starts[c]:starts[c + 1]]``, sorted) while worth exceeds cost: the efficient
    matching when any task can be served by any seller of its category. Per category: gains,
    quantity, worth of the last task served and of the first that is not (0 without one).
    """
    gains, quantity, last, following = np.zeros((4, len(starts) - 1), dtype=np.int64)
    for c in range(len(starts) - 1):
        costs = unit_costs[starts[c] : starts[c + 1]]
        demand = np.sort(worth[(category == c) & (worth > 0)])[::-1]
        most = min(len(demand), len(costs))
        margin = demand[:most] - costs[:most]
        quantity[c] = q = np.count_nonzero(margin > 0)
        gains[c] = margin[:q].sum()
        last[c] = demand[q - 1] if q else 0
        following[c] = demand[q] if q < len(demand) else 0
    return gains, quantity, last, following


def move_scores(score: Floats, row: Ints, share: Floats, aim: Floats) -> Floats:
    """Scores (m,) after k deliveries in order: ``s <- (1 - share) s + share aim`` at their rows."""
    moved = score.copy()
    order = np.argsort(row, kind="stable")
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    for turn in range(int(place.max(initial=-1)) + 1):
        at = order[place == turn]
        moved[row[at]] = (1.0 - share[at]) * moved[row[at]] + share[at] * aim[at]
    return moved
