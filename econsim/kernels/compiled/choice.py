"""What buyers see, and what they choose."""

from typing import Any

import numpy as np

from econsim.arrays import Ints, Rows
from econsim.kernels.compiled.draws import blocks, bounded, uniform_of
from econsim.kernels.inputs import Offers, Search, Shoppers
from econsim.kernels.jit import borrowing, kernel
from econsim.kernels.threads import over_rows
from econsim.streams import Purpose

_SEARCH, _DECISION, _BATCH = int(Purpose.SEARCH), int(Purpose.DECISION), 512
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def _search(begin, end, shoppers, search, seen):
    """Draw the words of a batch of buyers at once, then look up their listings."""
    words = np.empty((-(-search.draws // 4), 4, _BATCH), dtype=np.uint32)
    ids = shoppers.ids
    for start in range(begin, end, _BATCH):
        stop = min(start + _BATCH, end)
        for part in range(len(words)):
            blocks(shoppers.seed, ids[start:stop], shoppers.round, part, _SEARCH, words[part])
        _look_up(start, stop, shoppers, search, words, seen)


@borrowing
def _look_up(start, stop, shoppers, search, words, seen):
    for i in range(start, stop):
        first = search.starts[search.category[i]]
        count = search.starts[search.category[i] + 1] - first
        if shoppers.size[i] == 0 or count == 0:
            seen[i, :] = -1
            continue
        repeated = False
        for j in range(search.draws):
            word = words[j >> 2, j & 3, i - start]
            product = np.uint64(word) * np.uint64(count)
            place = np.int64(product >> _SHIFT)
            if (product & _MASK) < np.uint64(count):  # may have to be drawn again: rare
                agent = shoppers.ids[i]
                place = bounded(word, count, shoppers.seed, _SEARCH, shoppers.round, agent, j)
            row = search.listings[first + place]
            for earlier in range(j):
                repeated |= seen[i, earlier] == row
            seen[i, j] = row
        if repeated:
            _close_gaps(seen, i)


@borrowing
def _close_gaps(seen, i):
    """Drop repeats from a buyer's candidates, and fill them up with -1."""
    distinct = 0
    for j in range(seen.shape[1]):
        fresh = True
        for earlier in range(distinct):
            fresh &= seen[i, earlier] != seen[i, j]
        if fresh:
            seen[i, distinct] = seen[i, j]
            distinct += 1
    seen[i, distinct:] = -1


def search(shoppers: Shoppers, search: Search) -> Rows:
    """See `reference.search`."""
    seen = np.empty((len(shoppers.ids), search.draws), dtype=np.int32)
    over_rows(_search, len(seen), keyed(shoppers), search, seen)
    return seen


def keyed(shoppers: Shoppers) -> Shoppers:
    """The same with a seed of one machine type, whatever its size."""
    seed: Any = np.uint64(shoppers.seed)
    return shoppers._replace(seed=seed)


@borrowing
def _draw(shoppers, i, position):
    """The draw that breaks ties of buyer i for the offer at `position`."""
    return uniform_of(shoppers.seed, _DECISION, shoppers.round, shoppers.ids[i], position)


@borrowing
def _choose(begin, end, shoppers, candidates, offers, choice, limit):
    for i in range(begin, end):
        best, pick, tied = np.int64(0), -1, False
        worth, size = shoppers.worth[i], shoppers.size[i]
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0:
                break
            surplus = np.int64(worth * offers.trust[row]) - offers.quotes[row, size - 1]
            better = offers.walk_in[row] & (surplus > best)
            tie = offers.walk_in[row] & (surplus == best) & (pick >= 0)
            tied = (tied | tie) & (not better)
            best, pick = (surplus, row) if better else (best, pick)
        if tied:
            pick = _drawn(i, shoppers, candidates, offers, best)
        choice[i], limit[i] = pick, 0
        if pick >= 0:
            bid = np.int64(offers.shade[pick] * np.int64(worth * offers.trust[pick]))
            limit[i] = min(bid, shoppers.wallet[i])


@borrowing
def _drawn(i, shoppers, candidates, offers, best):
    """Of the walk-in offers of surplus `best` the one with the largest draw at its position."""
    worth, size = shoppers.worth[i], shoppers.size[i]
    pick, position, most = -1, 0, -1.0
    for j in range(candidates.shape[1]):
        row = candidates[i, j]
        if row < 0 or not offers.walk_in[row]:
            continue
        if np.int64(worth * offers.trust[row]) - offers.quotes[row, size - 1] == best:
            draw = _draw(shoppers, i, position)
            pick, most = (row, draw) if draw > most else (pick, most)
        position += 1
    return pick


def choose(shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
    """See `reference.choose`."""
    n = len(candidates)
    choice, limit = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64)
    over_rows(_choose, n, keyed(shoppers), candidates, offers, choice, limit)
    return choice, limit


@borrowing
def _walk_in_surplus(i, shoppers, candidates, offers):
    """Best surplus of buyer i's task without a subscription."""
    best = np.int64(0)
    for j in range(candidates.shape[1]):
        row = candidates[i, j]
        if row >= 0 and offers.walk_in[row]:
            value = np.int64(shoppers.worth[i] * offers.trust[row])
            best = max(best, value - offers.mean_quote[row])
    return best


@borrowing
def _subscribe(begin, end, shoppers, candidates, offers, choice, limit):
    for i in range(begin, end):
        other = _walk_in_surplus(i, shoppers, candidates, offers)
        best, at, pick, most = np.int64(0), 0, -1, np.int64(0)
        position = -1
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0 or not (offers.walk_in[row] or offers.fee[row] >= 0):
                continue
            position += 1
            value = np.int64(offers.uses[row] * np.int64(shoppers.worth[i] * offers.trust[row]))
            margin = value - offers.fee[row]
            if offers.fee[row] < 0 or margin <= np.int64(offers.uses[row] * other):
                continue
            if margin > best or (
                margin == best
                and pick >= 0
                and _draw(shoppers, i, position) > _draw(shoppers, i, at)
            ):
                best, at, pick, most = margin, position, row, value
        choice[i] = pick
        limit[i] = min(most, shoppers.wallet[i])


def subscribe(shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
    """See `reference.subscribe`."""
    n = len(candidates)
    choice, limit = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64)
    over_rows(_subscribe, n, keyed(shoppers), candidates, offers, choice, limit)
    return choice, limit
