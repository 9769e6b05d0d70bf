"""What buyers see, and what they choose."""

from typing import Any

import numpy as np

from econsim.arrays import Bools, Ints, Rows
from econsim.kernels.inputs import Offers, Search, Shoppers
from econsim.streams import Purpose, Streams


def search(shoppers: Shoppers, search: Search) -> Rows:
    """Draw listings of each buyer's category with replacement, drop repeats, close the gaps.

    Returns
    -------
    candidates : int32 array (n, draws)
        Rows of listings, -1 behind the last; none for a buyer without a task.
    """
    category, starts = search.category, search.starts
    count = (starts[1:] - starts[:-1])[category]
    place = _places(shoppers, np.maximum(count, 1), search.draws)
    seen = np.full(place.shape, -1, dtype=np.int32)
    valid = (shoppers.size > 0) & (count > 0)
    seen[valid] = search.listings[starts[category[valid], None] + place[valid]]
    for j in range(1, search.draws):
        repeat = (seen[:, :j] == seen[:, j : j + 1]).any(axis=1)
        seen[repeat, j] = -1
    order = np.argsort(seen < 0, axis=1, kind="stable")
    return np.take_along_axis(seen, order, axis=1)


def _places(shoppers: Shoppers, bound: Ints, draws: int) -> Ints:
    """Draws of each buyer's search, (n, draws): four a block, the rejected drawn singly."""
    streams, key = Streams(shoppers.seed), (Purpose.SEARCH, shoppers.round)
    parts = range(-(-draws // 4))
    words = [word for part in parts for word in streams.block(*key, shoppers.ids, part)]
    span = bound.astype(np.uint64)[:, None]
    product = np.stack(words[:draws], axis=1) * span
    place = (product >> np.uint64(32)).astype(np.int64)
    low = product & np.uint64(0xFFFFFFFF)
    rows, columns = np.nonzero(low < (np.uint64(2**32) - span) % span)
    again = streams.integers(*key, shoppers.ids[rows], columns, bound=bound[rows])
    place[rows, columns] = again
    return place


def choose(shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
    """Pick the walk-in listing of largest positive expected surplus, and what to bid on it.

    Surplus is floor(worth x trust) - expected price, the latter ``quotes[listing, size - 1]``.
    Ties go to the largest draw at the position among the buyer's walk-in offers.

    Returns
    -------
    choice : int32 array (n,)
        Rows of listings, or -1.
    limit : int64 array (n,), ticks
        min(wallet, floor(shade x floor(worth x trust))), 0 without a choice.
    """
    offered = (candidates >= 0) & offers.walk_in[candidates]
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    price = offers.quotes[candidates, np.maximum(shoppers.size, 1)[:, None] - 1]
    position = np.cumsum(offered, axis=1) - 1
    pick, surplus = _best(shoppers, offered, value - price, position)
    taken = surplus > 0
    choice = np.where(taken, entry(candidates, pick), -1)
    bid = (offers.shade[choice] * entry(value, pick)).astype(np.int64)
    return choice.astype(np.int32), np.where(taken, np.minimum(bid, shoppers.wallet), 0)


def subscribe(shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
    """Pick the subscription of largest margin, if it beats every other offer over its term.

    The shoppers' worth is that of a mean task. A listing sells a subscription where ``fee >= 0``.
    Margin is floor(uses x floor(worth x trust)) - fee; it must be positive and exceed
    floor(uses x the best walk-in surplus of a mean task). Ties go to the largest draw at the
    position among the offers on sale.

    Returns
    -------
    choice : int32 array (n,)
        Rows of listings, or -1.
    limit : int64 array (n,), ticks
        min(wallet, floor(uses x floor(worth x trust))), 0 without a choice.
    """
    exists, uses = candidates >= 0, offers.uses[candidates]
    sold, walks = exists & (offers.fee[candidates] >= 0), exists & offers.walk_in[candidates]
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    other = np.where(walks, value - offers.mean_quote[candidates], 0).max(axis=1, initial=0)
    over_term = (uses * value).astype(np.int64)
    margin = over_term - offers.fee[candidates]
    beaten = (uses * other[:, None]).astype(np.int64)
    position = np.cumsum(sold | walks, axis=1) - 1
    pick, best = _best(shoppers, sold & (margin > beaten), margin, position)
    taken = best > 0
    choice = np.where(taken, entry(candidates, pick), -1).astype(np.int32)
    return choice, np.where(taken, np.minimum(entry(over_term, pick), shoppers.wallet), 0)


def _best(shoppers: Shoppers, offered: Bools, surplus: Ints, position: Ints) -> tuple[Ints, Ints]:
    """Column and surplus of each buyer's best offer (surplus 0 without one), ties by draw."""
    ranked = np.where(offered, surplus, 0)
    best = ranked.max(axis=1, initial=0)
    tied = offered & (ranked == best[:, None]) & (best > 0)[:, None]
    draws = tied.astype(np.float64)
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    key = (Purpose.DECISION, shoppers.round, shoppers.ids[rows, None])
    drawn = Streams(shoppers.seed).uniform(*key, np.maximum(position[rows], 0))
    draws[rows] = np.where(tied[rows], drawn, -1.0)
    return draws.argmax(axis=1), best


def entry(matrix: Any, column: Ints) -> Any:
    """Entry ``column[i]`` of each row i."""
    return np.take_along_axis(matrix, column[:, None], axis=1)[:, 0]
