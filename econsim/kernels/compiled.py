"""The kernels in Numba: bit for bit what `reference` gives, on all threads.

Signatures and meaning are those of `reference`. Arithmetic follows the same written order; there
is no fast-math and no fused multiply-add, so that both give the same bits.
"""

import numpy as np

from econsim.kernels.learning import best_arms as best_arms
from econsim.kernels.learning import draw_arms as draw_arms
from econsim.kernels.learning import exp3 as exp3
from econsim.kernels.learning import hedge as hedge
from econsim.kernels.learning import regrets as regrets
from econsim.kernels.philox import block, blocks, bounded, kernel, real
from econsim.kernels.philox import uniform as uniform_of
from econsim.kernels.ranking import rank as rank
from econsim.kernels.threads import chunk_of, over_rows
from econsim.streams import Purpose

_TASK, _SEARCH = int(Purpose.TASK), int(Purpose.SEARCH)
_DECISION = int(Purpose.DECISION)
_BINS = 256
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_BATCH = 512


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
    words, pair = np.empty((4, _BATCH), dtype=np.uint32), 2 * (index & 1)
    for start in range(begin, end, _BATCH):
        count = min(_BATCH, end - start)
        blocks(seed, ids[start : start + count], round, index >> 1, purpose, words)
        for t in range(count):
            out[start + t] = real(words[pair, t], words[pair + 1, t])


def uniform(seed, purpose, round, ids, index):
    """See `reference.uniform`."""
    out = np.empty(len(ids))
    over_rows(_uniforms, len(ids), np.uint64(seed), int(purpose), round, ids, index, out)
    return out


@kernel
def _tasks(begin, end, seed, round, ids, value, demand_rate, max_size, spread, size, worth):
    words = np.empty((4, _BATCH), dtype=np.uint32)
    for start in range(begin, end, _BATCH):
        count = min(_BATCH, end - start)
        blocks(seed, ids[start : start + count], round, 0, _TASK, words)
        for t in range(count):
            i = start + t
            units = 1 + bounded(words[0, t], max_size, seed, _TASK, round, ids[i], 0)
            if demand_rate < 1.0 and not uniform_of(seed, _TASK, round, ids[i], 2) < demand_rate:
                units = 0
            half = np.int64(value[i] * spread)
            shock = np.int64(2 * half * real(words[2, t], words[3, t]))
            size[i], worth[i] = units, units * (value[i] - half + shock)


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
    words = np.empty((-(-k // 4), 4, _BATCH), dtype=np.uint32)
    for start in range(begin, end, _BATCH):
        stop = min(start + _BATCH, end)
        for part in range(len(words)):
            blocks(seed, ids[start:stop], round, part, _SEARCH, words[part])
        for i in range(start, stop):
            first = starts[category[i]]
            count = starts[category[i] + 1] - first
            if size[i] == 0 or count == 0:
                seen[i, :] = -1
                continue
            repeated = False
            for j in range(k):
                product = np.uint64(words[j >> 2, j & 3, i - start]) * np.uint64(count)
                place = np.int64(product >> _SHIFT)
                if (product & _MASK) < np.uint64(count):  # may have to be drawn again: rare
                    word = words[j >> 2, j & 3, i - start]
                    place = bounded(word, count, seed, _SEARCH, round, ids[i], j)
                row = listings[first + place]
                for earlier in range(j):
                    repeated |= seen[i, earlier] == row
                seen[i, j] = row
            if repeated:
                _close_gaps(seen[i])


@kernel
def _close_gaps(row):
    """Drop repeats from a row of candidates, and fill it up with -1."""
    found = 0
    for j in range(len(row)):
        fresh = True
        for earlier in range(found):
            fresh &= row[earlier] != row[j]
        if fresh:
            row[found] = row[j]
            found += 1
    row[found:] = -1


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
    begin, end, seed, round, ids, candidates, size, worth, wallet, trust, quotes, walk_in, shade,
    choice, limit,
):  # fmt: skip
    for i in range(begin, end):
        best, pick, tied = np.int64(0), -1, False
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0:
                break
            surplus = np.int64(worth[i] * trust[row]) - quotes[row, size[i] - 1]
            better = walk_in[row] & (surplus > best)
            tied = (tied | (walk_in[row] & (surplus == best) & (pick >= 0))) & (not better)
            best, pick = (surplus, row) if better else (best, pick)
        if tied:
            pick = _drawn(seed, round, ids[i], candidates[i], size[i], worth[i], trust, quotes,
                          walk_in, best)  # fmt: skip
        choice[i], limit[i] = pick, 0
        if pick >= 0:
            bid = np.int64(shade[pick] * np.int64(worth[i] * trust[pick]))
            limit[i] = min(bid, wallet[i])


@kernel
def _drawn(seed, round, agent, candidates, size, worth, trust, quotes, walk_in, best):
    """Of the walk-in offers of surplus `best` the one with the largest draw at its position."""
    pick, position, most = -1, 0, -1.0
    for row in candidates:
        if row < 0 or not walk_in[row]:
            continue
        if np.int64(worth * trust[row]) - quotes[row, size - 1] == best:
            draw = uniform_of(seed, _DECISION, round, agent, position)
            pick, most = (row, draw) if draw > most else (pick, most)
        position += 1
    return pick


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
    """Bins [low, high) of worth that hold the margin: above all trade, below none does.

    Returns the bins, and the number of tasks above them.
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
    return _widened(counts, low, high, above)


@kernel
def _widened(counts, low, high, above):
    """The same bins with the nearest task on each side, as it may stand at the margin."""
    wide = False
    while low > 0 and not wide:
        low, wide = low - 1, counts[low - 1] > 0
    wide = False
    while high < len(counts) and not wide:
        high, above, wide = high + 1, above - counts[high], counts[high] > 0
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
def _plan(counts, unit_costs, starts, shift):
    """Uncertain bins of each category, and where `_collect` puts the tasks of each chunk there."""
    parts, count, _ = counts.shape
    low, high, above = np.zeros((3, count), dtype=np.int64)
    free, total = np.zeros((parts, count), dtype=np.int64), 0
    for c in range(count):
        costs = unit_costs[starts[c] : starts[c + 1]]
        low[c], high[c], above[c] = _uncertain(counts[:, c].sum(axis=0), costs, shift)
        for part in range(parts):
            free[part, c] = total
            total += counts[part, c, low[c] : high[c]].sum()
    return low, high, above, free, total


@kernel
def _trade(found, begins, high, above, totals, unit_costs, starts):
    """Gains, quantity and margin of each category: tasks above, and those found around it."""
    gains, quantity, last, following = np.zeros((4, len(high)), dtype=np.int64)
    for c in range(len(high)):
        costs, q = unit_costs[starts[c] : starts[c + 1]], above[c]
        gains[c] = totals[:, c, high[c] :].sum() - costs[:q].sum()
        for worth in np.sort(found[begins[c] : begins[c + 1]])[::-1]:
            if q == len(costs) or worth <= costs[q]:
                following[c] = worth
                break
            gains[c] += worth - costs[q]
            last[c] = worth
            q += 1
        quantity[c] = q
    return gains, quantity, last, following


def maximal_gains(worth, category, unit_costs, starts):
    """See `reference.maximal_gains`. Only the tasks around the margin are sorted."""
    n, count, chunk = len(worth), len(starts) - 1, chunk_of(len(worth))
    parts = max(-(-n // chunk), 1)
    shift = max(int(worth.max(initial=0)).bit_length() - 8, 0)
    counts, totals = np.zeros((2, parts, count, _BINS), dtype=np.int64)
    over_rows(_histogram, n, worth, category, shift, chunk, counts, totals)
    low, high, above, free, total = _plan(counts, unit_costs, starts, shift)
    begins, found = np.append(free[0], total), np.empty(total, dtype=np.int64)
    over_rows(_collect, n, worth, category, shift, chunk, low, high, free, found)
    return _trade(found, begins, high, above, totals, unit_costs, starts)


@kernel
def _move_scores(moved, row, share, aim):
    for k in range(len(row)):
        moved[row[k]] = (1.0 - share[k]) * moved[row[k]] + share[k] * aim[k]


def move_scores(score, row, share, aim):
    """See `reference.move_scores`."""
    moved = score.copy()
    _move_scores(moved, row, share, aim)
    return moved
