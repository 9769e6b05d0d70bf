"""Largest gains from trade: only the tasks around the margin are sorted."""

import numpy as np

from econsim.arrays import Categories, Ints
from econsim.kernels.jit import kernel
from econsim.kernels.threads import chunk_of, over_rows

_BINS = 256


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
def _collect(begin, end, worth, category, shift, chunk, low, high, free, worths):
    """Copy the tasks of each category's uncertain bins, in places that `free` reserves."""
    part = begin // chunk
    for i in range(begin, end):
        c = category[i]
        place = worth[i] >> shift
        if worth[i] > 0 and low[c] <= place < high[c]:
            worths[free[part, c]] = worth[i]
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
def _trade(worths, begins, high, above, totals, unit_costs, starts):
    """Gains, quantity and margin of each category: tasks above, and those found around it."""
    gains, quantity, last, following = np.zeros((4, len(high)), dtype=np.int64)
    for c in range(len(high)):
        costs, q = unit_costs[starts[c] : starts[c + 1]], above[c]
        gains[c] = totals[:, c, high[c] :].sum() - costs[:q].sum()
        for worth in np.sort(worths[begins[c] : begins[c + 1]])[::-1]:
            if q == len(costs) or worth <= costs[q]:
                following[c] = worth
                break
            gains[c] += worth - costs[q]
            last[c] = worth
            q += 1
        quantity[c] = q
    return gains, quantity, last, following


def maximal_gains(
    worth: Ints, category: Categories, unit_costs: Ints, starts: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """See `reference.maximal_gains`."""
    n, count, chunk = len(worth), len(starts) - 1, chunk_of(len(worth))
    parts = max(-(-n // chunk), 1)
    shift = max(int(worth.max(initial=0)).bit_length() - 8, 0)
    counts, totals = np.zeros((2, parts, count, _BINS), dtype=np.int64)
    over_rows(_histogram, n, worth, category, shift, chunk, counts, totals)
    low, high, above, free, total = _plan(counts, unit_costs, starts, shift)
    begins, worths = np.append(free[0], total), np.empty(total, dtype=np.int64)
    over_rows(_collect, n, worth, category, shift, chunk, low, high, free, worths)
    return _trade(worths, begins, high, above, totals, unit_costs, starts)
