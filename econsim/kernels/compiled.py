"""The kernels in Numba: bit for bit what `reference` gives, on all threads.

Signatures and meaning are those of `reference`. Arithmetic follows the same written order; there
is no fast-math and no fused multiply-add, so that both give the same bits.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
from numba import njit

from econsim.streams import ATTEMPT, MULTIPLIERS, ROUNDS, WEYL, Purpose

_M0, _M1 = (np.uint64(multiplier) for multiplier in MULTIPLIERS)
_W0, _W1 = (np.uint64(constant) for constant in WEYL)
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_FIVE, _SIX = np.uint64(5), np.uint64(6)
_TASK, _SEARCH = int(Purpose.TASK), int(Purpose.SEARCH)
_DECISION, _LOTTERY = int(Purpose.DECISION), int(Purpose.LOTTERY)
_BINS = 256
_LEAST_ROWS = 16_384
_kernel = njit(nogil=True, cache=True)
_pool: ThreadPoolExecutor | None = None


def _threads() -> int:
    """Threads to use: ``NUMBA_NUM_THREADS``, by default the processors."""
    return numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def _chunk(n: int) -> int:
    """Rows a thread takes, as many threads as ``NUMBA_NUM_THREADS`` but none for a trifle."""
    threads = min(_threads(), max(n // _LEAST_ROWS, 1))
    return -(-n // threads) or 1


def _spread(kernel: Callable, n: int, *arguments: Any) -> None:
    """Run ``kernel(begin, end, *arguments)`` over the rows 0..n-1 on all threads.

    Kernels release the lock of Python and write each row from that row's inputs alone, so the
    split changes nothing. Plain threads rather than Numba's: these cost nothing while idle,
    leave small inputs on the caller's thread, and may be entered from several threads at once.
    """
    global _pool
    chunk = _chunk(n)
    rest = range(chunk, n, chunk)
    if rest and _pool is None:
        _pool = ThreadPoolExecutor(_threads(), "econsim-kernels")
    waiting = [
        _pool.submit(kernel, begin, min(begin + chunk, n), *arguments)  # type: ignore[union-attr]
        for begin in rest
    ]
    kernel(0, min(chunk, n), *arguments)
    for future in waiting:
        future.result()


def _forget_pool() -> None:
    """A forked child has no threads of its parent's."""
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget_pool)


@_kernel
def _block(seed, c0, c1, c2, c3):
    """Ten rounds of Philox4x32 on words held in uint64."""
    low, high = seed & _MASK, seed >> _SHIFT
    c0, c1, c2, c3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(ROUNDS):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1 = (p1 >> _SHIFT) ^ c1 ^ low, p1 & _MASK
        c2, c3 = (p0 >> _SHIFT) ^ c3 ^ high, p0 & _MASK
        low, high = (low + _W0) & _MASK, (high + _W1) & _MASK
    return c0, c1, c2, c3


@_kernel
def _real(high, low):
    """53 bits of two words on [0, 1)."""
    upper, lower = np.float64(high >> _FIVE), np.float64(low >> _SIX)
    return (upper * 67108864.0 + lower) / 9007199254740992.0


@_kernel
def _uniform(seed, purpose, round, agent, index):
    w0, w1, w2, w3 = _block(seed, agent, round, index >> 1, purpose)
    return _real(w2, w3) if index & 1 else _real(w0, w1)


@_kernel
def _word(words, index):
    place = index & 3
    if place < 2:
        return words[0] if place == 0 else words[1]
    return words[2] if place == 2 else words[3]


@_kernel
def _bounded(word, bound, seed, purpose, round, agent, index):
    """Lemire's bounded integer from a word, drawing again while it is rejected."""
    span = np.uint64(bound)
    product = word * span
    if (product & _MASK) < span:
        threshold = (np.uint64(4294967296) - span) % span
        attempt = 0
        while (product & _MASK) < threshold:
            attempt += 1
            words = _block(seed, agent, round, index >> 2, purpose + attempt * ATTEMPT)
            product = _word(words, index) * span
    return np.int64(product >> _SHIFT)


@_kernel
def _philox4x32(begin, end, counter, seed, out):
    for i in range(begin, end):
        out[i] = _block(seed, counter[i, 0], counter[i, 1], counter[i, 2], counter[i, 3])


def philox4x32(counter, key):
    """Ten rounds of Philox4x32; see `econsim.streams.philox4x32`."""
    words = np.atleast_2d(np.asarray(counter, dtype=np.uint32))
    low, high = (int(k) for k in key)
    out = np.empty(words.shape, dtype=np.uint32)
    _spread(
        _philox4x32,
        words.size // 4,
        words.reshape(-1, 4),
        np.uint64(low + (high << 32)),
        out.reshape(-1, 4),
    )
    return out.reshape(np.shape(counter))


@_kernel
def _uniforms(begin, end, seed, purpose, round, ids, index, out):
    for i in range(begin, end):
        out[i] = _uniform(seed, purpose, round, ids[i], index)


def uniform(seed, purpose, round, ids, index):
    """See `reference.uniform`."""
    out = np.empty(len(ids))
    _spread(_uniforms, len(ids), np.uint64(seed), int(purpose), round, ids, index, out)
    return out


@_kernel
def _tasks(begin, end, seed, round, ids, value, demand_rate, max_size, spread, size, worth):
    for i in range(begin, end):
        w0, _, w2, w3 = _block(seed, ids[i], round, 0, _TASK)
        units = 1 + _bounded(w0, max_size, seed, _TASK, round, ids[i], 0)
        if demand_rate < 1.0 and not _uniform(seed, _TASK, round, ids[i], 2) < demand_rate:
            units = 0
        half = np.int64(value[i] * spread)
        size[i] = units
        worth[i] = units * (value[i] - half + np.int64(2 * half * _real(w2, w3)))


def tasks(seed, round, ids, value, demand_rate, max_size, spread):
    """See `reference.tasks`."""
    size, worth = np.empty(len(ids), dtype=np.uint8), np.empty(len(ids), dtype=np.int64)
    _spread(
        _tasks,
        len(ids),
        np.uint64(seed),
        round,
        ids,
        value,
        demand_rate,
        max_size,
        spread,
        size,
        worth,
    )
    return size, worth


@_kernel
def _search(begin, end, seed, round, ids, size, category, starts, listings, seen):
    k = seen.shape[1]
    for i in range(begin, end):
        first = starts[category[i]]
        count = starts[category[i] + 1] - first
        found = 0
        if size[i] > 0 and count > 0:
            words = _block(seed, ids[i], round, 0, _SEARCH)
            for j in range(k):
                if j & 3 == 0 and j > 0:
                    words = _block(seed, ids[i], round, j >> 2, _SEARCH)
                place = _bounded(_word(words, j), count, seed, _SEARCH, round, ids[i], j)
                row = listings[first + place]
                fresh = True
                for earlier in range(found):
                    fresh &= seen[i, earlier] != row
                if fresh:
                    seen[i, found] = row
                    found += 1
        seen[i, found:] = -1


def search(seed, round, ids, size, category, starts, listings, k):
    """See `reference.search`."""
    seen = np.empty((len(ids), k), dtype=np.int32)
    _spread(_search, len(ids), np.uint64(seed), round, ids, size, category, starts, listings, seen)
    return seen


@_kernel
def _drawn_better(seed, round, agent, position, rival):
    """Whether a tied offer at `position` has the larger draw than the one at `rival`."""
    here = _uniform(seed, _DECISION, round, agent, position)
    return here > _uniform(seed, _DECISION, round, agent, rival)


@_kernel
def _choose(
    begin,
    end,
    seed,
    round,
    ids,
    candidates,
    size,
    worth,
    wallet,
    trust,
    quotes,
    walk_in,
    shade,
    choice,
    limit,
):
    for i in range(begin, end):
        best, at, pick, bid = np.int64(0), 0, -1, np.int64(0)
        position = 0
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0:
                break
            if not walk_in[row]:
                continue
            value = np.int64(worth[i] * trust[row])
            surplus = value - quotes[row, size[i] - 1]
            if surplus > best or (
                surplus == best and pick >= 0 and _drawn_better(seed, round, ids[i], position, at)
            ):
                best, at, pick = surplus, position, row
                bid = np.int64(shade[row] * value)
            position += 1
        choice[i] = pick
        limit[i] = min(bid, wallet[i])


def choose(seed, round, ids, candidates, size, worth, wallet, trust, quotes, walk_in, shade):
    """See `reference.choose`."""
    choice, limit = np.empty(len(ids), dtype=np.int32), np.empty(len(ids), dtype=np.int64)
    arrays = (ids, candidates, size, worth, wallet, trust, quotes, walk_in, shade)
    _spread(_choose, len(ids), np.uint64(seed), round, *arrays, choice, limit)
    return choice, limit


@_kernel
def _subscribe(
    begin, end, seed, round, ids, candidates, mean_worth, wallet, trust, mean_quote, walk_in, fee,
    uses, choice, limit,
):  # fmt: skip
    for i in range(begin, end):
        other = np.int64(0)
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row >= 0 and walk_in[row]:
                other = max(other, np.int64(mean_worth[i] * trust[row]) - mean_quote[row])
        best, at, pick, most = np.int64(0), 0, -1, np.int64(0)
        position = -1
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0 or not (walk_in[row] or fee[row] >= 0):
                continue
            position += 1
            value = np.int64(uses[row] * np.int64(mean_worth[i] * trust[row]))
            margin = value - fee[row]
            if fee[row] < 0 or margin <= np.int64(uses[row] * other):
                continue
            if margin > best or (
                margin == best and pick >= 0 and _drawn_better(seed, round, ids[i], position, at)
            ):
                best, at, pick, most = margin, position, row, value
        choice[i] = pick
        limit[i] = min(most, wallet[i])


def subscribe(
    seed, round, ids, candidates, mean_worth, wallet, trust, mean_quote, walk_in, fee, uses
):
    """See `reference.subscribe`."""
    choice, limit = np.empty(len(ids), dtype=np.int32), np.empty(len(ids), dtype=np.int64)
    arrays = (ids, candidates, mean_worth, wallet, trust, mean_quote, walk_in, fee, uses)
    _spread(_subscribe, len(ids), np.uint64(seed), round, *arrays, choice, limit)
    return choice, limit


@_kernel
def _worse(a, b, seed, round, key, ids):
    """Whether order a ranks behind order b; lots are drawn only for ties."""
    if key[a] != key[b]:
        return key[a] < key[b]
    lot_a = _uniform(seed, _LOTTERY, round, ids[a], 0)
    lot_b = _uniform(seed, _LOTTERY, round, ids[b], 0)
    return lot_a < lot_b if lot_a != lot_b else ids[a] > ids[b]


@_kernel
def _sift(heap, length, top, seed, round, key, ids):
    """Restore a heap whose root is the worst order."""
    while True:
        child = 2 * top + 1
        if child >= length:
            return
        if child + 1 < length and _worse(heap[child + 1], heap[child], seed, round, key, ids):
            child += 1
        if not _worse(heap[child], heap[top], seed, round, key, ids):
            return
        heap[top], heap[child] = heap[child], heap[top]
        top = child


@_kernel
def _keep_best(orders, keep, seed, round, key, ids):
    """Move the best `keep` orders to the front, best first, with a heap of that size."""
    heap = orders[:keep]
    for top in range(keep // 2 - 1, -1, -1):
        _sift(heap, keep, top, seed, round, key, ids)
    for i in range(keep, len(orders)):
        if _worse(heap[0], orders[i], seed, round, key, ids):
            heap[0] = orders[i]
            _sift(heap, keep, 0, seed, round, key, ids)
    for last in range(keep - 1, 0, -1):
        heap[0], heap[last] = heap[last], heap[0]
        _sift(heap, last, 0, seed, round, key, ids)


@_kernel
def _bucket(listing, count):
    """Orders grouped by listing (counting sort): group offsets and the orders in groups."""
    begins = np.zeros(count + 1, dtype=np.int64)
    for i in range(len(listing)):
        begins[listing[i] + 1] += 1
    for j in range(count):
        begins[j + 1] += begins[j]
    free, grouped = begins[:-1].copy(), np.empty(len(listing), dtype=np.int64)
    for i in range(len(listing)):
        grouped[free[listing[i]]] = i
        free[listing[i]] += 1
    return begins, grouped


@_kernel
def _rank(begin, end, begins, grouped, seed, round, key, ids, offsets, ranked):
    for j in range(begin, end):
        length = offsets[j + 1] - offsets[j]
        if length > 0:
            orders = grouped[begins[j] : begins[j + 1]]
            _keep_best(orders, length, seed, round, key, ids)
            ranked[offsets[j] : offsets[j + 1]] = orders[:length]


def rank(seed, round, listing, key, ids, keep):
    """See `reference.rank`."""
    begins, grouped = _bucket(listing, len(keep))
    offsets = np.zeros(len(keep) + 1, dtype=np.int64)
    np.cumsum(np.minimum(begins[1:] - begins[:-1], keep), out=offsets[1:])
    ranked = np.empty(offsets[-1], dtype=np.int64)
    _spread(_rank, len(keep), begins, grouped, np.uint64(seed), round, key, ids, offsets, ranked)
    return offsets, ranked


@_kernel
def _histogram(begin, end, worth, category, shift, chunk, counts, totals):
    """Number and sum of tasks per chunk, category and bin of worth."""
    part = begin // chunk
    for i in range(begin, end):
        if worth[i] > 0:
            place = worth[i] >> shift
            counts[part, category[i], place] += 1
            totals[part, category[i], place] += worth[i]


@_kernel
def _uncertain(counts, costs, shift):
    """Bins [low, high) of worth that hold the marginal task: above all trade, below none does.

    Returns the bins and the number of tasks above them.
    """
    high, above = len(counts), 0
    while high > 0:
        total = above + counts[high - 1]
        if total > len(costs) or (total > 0 and (high - 1) << shift <= costs[total - 1]):
            break
        high, above = high - 1, total
    low, reached = high, above
    while low > 0 and reached < len(costs) and (low << shift) - 1 > costs[reached]:
        low, reached = low - 1, reached + counts[low - 1]
    return low, high, above


@_kernel
def _collect(begin, end, worth, category, shift, chunk, low, high, free, found):
    """Copy the tasks of each category's uncertain bins, in places that `free` reserves."""
    part = begin // chunk
    for i in range(begin, end):
        c = category[i]
        place = worth[i] >> shift
        if worth[i] > 0 and low[c] <= place < high[c]:
            found[free[part, c]] = worth[i]
            free[part, c] += 1


@_kernel
def _trade_margin(tasks, costs, served):
    """Gains and number of trades of tasks (worth descending) with the units after `served`."""
    gains = quantity = 0
    while (
        quantity < min(len(tasks), len(costs) - served)
        and tasks[quantity] > costs[served + quantity]
    ):
        gains += tasks[quantity] - costs[served + quantity]
        quantity += 1
    return gains, quantity


def maximal_gains(worth, category, unit_costs, starts):
    """See `reference.maximal_gains`. Only the tasks around the margin are sorted."""
    count, chunk = len(starts) - 1, _chunk(len(worth))
    parts = max(-(-len(worth) // chunk), 1)
    shift = max(int(worth.max(initial=0)).bit_length() - 8, 0)
    counts, totals = np.zeros((2, parts, count, _BINS), dtype=np.int64)
    _spread(_histogram, len(worth), worth, category, shift, chunk, counts, totals)
    supply = [unit_costs[starts[c] : starts[c + 1]] for c in range(count)]
    bins = np.array([_uncertain(counts[:, c].sum(axis=0), supply[c], shift) for c in range(count)])
    low, high, above = bins.reshape(-1, 3).T
    inside = (np.arange(_BINS) >= low[:, None]) & (np.arange(_BINS) < high[:, None])
    sizes = (counts * inside).sum(axis=2)
    ends = np.cumsum(sizes.T.ravel()).reshape(count, parts)
    found = np.empty(ends[-1, -1] if count else 0, dtype=np.int64)
    _spread(
        _collect,
        len(worth),
        worth,
        category,
        shift,
        chunk,
        low,
        high,
        (ends - sizes.T).T.copy(),
        found,
    )
    gains, quantity = np.zeros((2, count), dtype=np.int64)
    for c in range(count):
        tasks_there = np.sort(found[ends[c, 0] - sizes[0, c] : ends[c, -1]])[::-1]
        more, extra = _trade_margin(tasks_there, supply[c], above[c])
        quantity[c] = above[c] + extra
        gains[c] = totals[:, c, high[c] :].sum() - supply[c][: above[c]].sum() + more
    return gains, quantity
