"""The kernels in Numba: bit for bit what `reference` gives, on all threads.

Signatures and meaning are those of `reference`. Arithmetic follows the same written order; there
is no fast-math and no fused multiply-add, so that both give the same bits.
"""

import numpy as np

from econsim.kernels.philox import block, bounded, kernel, real, word_of
from econsim.kernels.philox import uniform as uniform_of
from econsim.kernels.threads import chunk_of, over_rows
from econsim.streams import Purpose

_TASK, _SEARCH = int(Purpose.TASK), int(Purpose.SEARCH)
_DECISION, _LOTTERY = int(Purpose.DECISION), int(Purpose.LOTTERY)
_BINS = 256


@kernel
def _philox4x32(begin, end, counter, seed, out):
    for i in range(begin, end):
        out[i] = block(seed, counter[i, 0], counter[i, 1], counter[i, 2], counter[i, 3])


def philox4x32(counter, key):
    """Ten rounds of Philox4x32; see `econsim.streams.philox4x32`."""
    words = np.atleast_2d(np.asarray(counter, dtype=np.uint32))
    low, high = (int(k) for k in key)
    out = np.empty(words.shape, dtype=np.uint32)
    over_rows(
        _philox4x32,
        words.size // 4,
        words.reshape(-1, 4),
        np.uint64(low + (high << 32)),
        out.reshape(-1, 4),
    )
    return out.reshape(np.shape(counter))


@kernel
def _uniforms(begin, end, seed, purpose, round, ids, index, out):
    for i in range(begin, end):
        out[i] = uniform_of(seed, purpose, round, ids[i], index)


def uniform(seed, purpose, round, ids, index):
    """See `reference.uniform`."""
    out = np.empty(len(ids))
    over_rows(_uniforms, len(ids), np.uint64(seed), int(purpose), round, ids, index, out)
    return out


@kernel
def _tasks(begin, end, seed, round, ids, value, demand_rate, max_size, spread, size, worth):
    for i in range(begin, end):
        w0, _, w2, w3 = block(seed, ids[i], round, 0, _TASK)
        units = 1 + bounded(w0, max_size, seed, _TASK, round, ids[i], 0)
        if demand_rate < 1.0 and not uniform_of(seed, _TASK, round, ids[i], 2) < demand_rate:
            units = 0
        half = np.int64(value[i] * spread)
        size[i] = units
        worth[i] = units * (value[i] - half + np.int64(2 * half * real(w2, w3)))


def tasks(seed, round, ids, value, demand_rate, max_size, spread):
    """See `reference.tasks`."""
    size, worth = np.empty(len(ids), dtype=np.uint8), np.empty(len(ids), dtype=np.int64)
    over_rows(
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


@kernel
def _search(begin, end, seed, round, ids, size, category, starts, listings, seen):
    k = seen.shape[1]
    for i in range(begin, end):
        first = starts[category[i]]
        count = starts[category[i] + 1] - first
        found = 0
        if size[i] > 0 and count > 0:
            words = block(seed, ids[i], round, 0, _SEARCH)
            for j in range(k):
                if j & 3 == 0 and j > 0:
                    words = block(seed, ids[i], round, j >> 2, _SEARCH)
                place = bounded(word_of(words, j), count, seed, _SEARCH, round, ids[i], j)
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
    over_rows(
        _search, len(ids), np.uint64(seed), round, ids, size, category, starts, listings, seen
    )
    return seen


@kernel
def _drawn_better(seed, round, agent, position, rival):
    """Whether a tied offer at `position` has the larger draw than the one at `rival`."""
    here = uniform_of(seed, _DECISION, round, agent, position)
    return here > uniform_of(seed, _DECISION, round, agent, rival)


@kernel
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
    over_rows(_choose, len(ids), np.uint64(seed), round, *arrays, choice, limit)
    return choice, limit


@kernel
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
    over_rows(_subscribe, len(ids), np.uint64(seed), round, *arrays, choice, limit)
    return choice, limit


@kernel
def _worse(a, b, seed, round, key, ids):
    """Whether order a ranks behind order b; lots are drawn only for ties."""
    if key[a] != key[b]:
        return key[a] < key[b]
    lot_a = uniform_of(seed, _LOTTERY, round, ids[a], 0)
    lot_b = uniform_of(seed, _LOTTERY, round, ids[b], 0)
    return lot_a < lot_b if lot_a != lot_b else ids[a] > ids[b]


@kernel
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


@kernel
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


@kernel
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


@kernel
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
    over_rows(_rank, len(keep), begins, grouped, np.uint64(seed), round, key, ids, offsets, ranked)
    return offsets, ranked


@kernel
def _histogram(begin, end, worth, category, shift, chunk, counts, totals):
    """Number and sum of tasks per chunk, category and bin of worth."""
    part = begin // chunk
    for i in range(begin, end):
        if worth[i] > 0:
            place = worth[i] >> shift
            counts[part, category[i], place] += 1
            totals[part, category[i], place] += worth[i]


@kernel
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


@kernel
def _collect(begin, end, worth, category, shift, chunk, low, high, free, found):
    """Copy the tasks of each category's uncertain bins, in places that `free` reserves."""
    part = begin // chunk
    for i in range(begin, end):
        c = category[i]
        place = worth[i] >> shift
        if worth[i] > 0 and low[c] <= place < high[c]:
            found[free[part, c]] = worth[i]
            free[part, c] += 1


@kernel
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
    count, chunk = len(starts) - 1, chunk_of(len(worth))
    parts = max(-(-len(worth) // chunk), 1)
    shift = max(int(worth.max(initial=0)).bit_length() - 8, 0)
    counts, totals = np.zeros((2, parts, count, _BINS), dtype=np.int64)
    over_rows(_histogram, len(worth), worth, category, shift, chunk, counts, totals)
    supply = [unit_costs[starts[c] : starts[c + 1]] for c in range(count)]
    bins = np.array([_uncertain(counts[:, c].sum(axis=0), supply[c], shift) for c in range(count)])
    low, high, above = bins.reshape(-1, 3).T
    inside = (np.arange(_BINS) >= low[:, None]) & (np.arange(_BINS) < high[:, None])
    sizes = (counts * inside).sum(axis=2)
    ends = np.cumsum(sizes.T.ravel()).reshape(count, parts)
    found = np.empty(ends[-1, -1] if count else 0, dtype=np.int64)
    over_rows(
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
