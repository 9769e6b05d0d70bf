"""What buyers see, and what they choose."""

from typing import Any

import numpy as np

from econsim.arrays import Bools, Floats, Ints, Rows
from econsim.kernels.inputs import Beliefs, Offers, Search, Shoppers
from econsim.numbers import log
from econsim.streams import Purpose, Streams

LEAST_TRUST = 1e-9


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
    choice = np.where(taken, _at(candidates, pick), -1)
    bid = (offers.shade[choice] * _at(value, pick)).astype(np.int64)
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
    choice = np.where(taken, _at(candidates, pick), -1).astype(np.int32)
    return choice, np.where(taken, np.minimum(_at(over_term, pick), shoppers.wallet), 0)


def expected_surplus(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> Floats:
    """What ordering a task at each listing seen is worth in expectation, ticks, (n, k).

    With v = floor(worth x trust), at a posted price q it is (v - q) x chance; at an auction whose
    price to beat P does not depend on the own bid E[(v - P)+], the integral of the distribution
    function of P up to v, which is linear between the knots; where a winner pays its bid b,
    (v - b) x P(P <= b), with b = floor(shade x v), or without a shade the knot that makes the most
    of it. What a buyer expects back of a payment is added. 0 where there is nothing to gain.
    """
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    price = offers.quotes[candidates, np.maximum(shoppers.size, 1)[:, None] - 1]
    posted = (value - price) * beliefs.chance[candidates]
    trust = np.maximum(offers.trust[candidates], LEAST_TRUST)
    above = (value - beliefs.ask[candidates]) / trust
    truthful = _area(beliefs, candidates, above) * trust
    won = _below(beliefs, candidates, above)
    back = beliefs.refund[candidates] * (value * won - truthful)
    paid = _paying_own(offers, beliefs, candidates, value)
    auction = np.where(beliefs.pays_bid[candidates], paid, truthful + back)
    auction = np.where(above > 0, auction, 0.0)
    surplus = np.where(beliefs.auctioned[candidates], auction, posted)
    offered = (candidates >= 0) & offers.walk_in[candidates]
    return np.where(offered & (surplus > 0), surplus, 0.0)


def _cell(beliefs: Beliefs, rows: Rows, above: Floats) -> tuple[Ints, Floats, Floats]:
    """Cell of the knots in which each worth above what is asked lies, the way into it, its width."""
    knots = beliefs.knots[beliefs.category[rows]]
    cell = np.clip((knots <= above[..., None]).sum(axis=-1) - 1, 0, knots.shape[-1] - 2)
    left = np.take_along_axis(knots, cell[..., None], axis=-1)[..., 0]
    right = np.take_along_axis(knots, cell[..., None] + 1, axis=-1)[..., 0]
    return cell, above - left, right - left


def _below(beliefs: Beliefs, rows: Rows, above: Floats) -> Floats:
    """Chance that the price to beat is at most so much above what is asked."""
    cell, way, width = _cell(beliefs, rows, above)
    low, high = beliefs.below[rows, cell], beliefs.below[rows, cell + 1]
    inside = low + (high - low) * (np.minimum(way, width) / width)
    return np.where(above >= 0, inside, 0.0)


def _area(beliefs: Beliefs, rows: Rows, above: Floats) -> Floats:
    """Integral of `_below` from 0."""
    cell, way, width = _cell(beliefs, rows, above)
    low, high = beliefs.below[rows, cell], beliefs.below[rows, cell + 1]
    inside = np.minimum(way, width)
    area = beliefs.area[rows, cell] + inside * (low + (high - low) * (inside / (2.0 * width)))
    area = area + (way - inside) * high
    return np.where(above >= 0, area, 0.0)


def _paying_own(offers: Offers, beliefs: Beliefs, rows: Rows, value: Ints) -> Floats:
    """Expected surplus where a winner pays its bid."""
    trust = np.maximum(offers.trust[rows], LEAST_TRUST)
    ask, back = beliefs.ask[rows], beliefs.refund[rows]
    bid = (offers.shade[rows] * value).astype(np.int64)
    gain = (value - bid + back * bid) * _below(beliefs, rows, (bid - ask) / trust)
    best = np.zeros(value.shape)
    for k in range(beliefs.knots.shape[1]):
        level = ask + trust * beliefs.knots[beliefs.category[rows], k]
        best = np.maximum(best, (value - level + back * level) * beliefs.below[rows, k])
    return np.where(offers.shade[rows] < 1.0, gain, best)


def choose_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints, Floats]:
    """Pick the walk-in listing of largest expected surplus and noise: a quantal response.

    Of the listings with a positive expected surplus (`expected_surplus`) the one at which surplus
    + noise x g is largest, g = -ln(-ln u) a Gumbel draw keyed by the position in the search
    (McKelvey & Palfrey 1995); the first of equals.

    Returns
    -------
    choice, limit : as of `choose`
    expected : float64 (n,), ticks, expected surplus of the choice
    """
    surplus = expected_surplus(shoppers, candidates, offers, beliefs)
    noisy = surplus + _noise(shoppers, candidates, beliefs)
    pick = np.where(surplus > 0, noisy, -np.inf).argmax(axis=1)
    expected = _at(surplus, pick)
    taken = expected > 0
    choice = np.where(taken, _at(candidates, pick), -1)
    value = (shoppers.worth * offers.trust[choice]).astype(np.int64)
    bid = (offers.shade[choice] * value).astype(np.int64)
    limit = np.where(taken, np.minimum(bid, shoppers.wallet), 0)
    return choice.astype(np.int32), limit, np.where(taken, expected, 0.0)


def subscribe_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints, Floats]:
    """Pick the subscription of largest expected surplus over its term and noise.

    The shoppers' worth is that of a mean task. Expected surplus is (floor(uses x floor(worth x
    trust)) - fee) x chance; it must exceed uses x the largest expected surplus of a walk-in task.
    The noise is that of `choose_expected` times uses.

    Returns
    -------
    choice, limit : as of `subscribe`
    expected : float64 (n,), ticks
    """
    uses, fee = offers.uses[candidates], offers.fee[candidates]
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    over_term = (uses * value).astype(np.int64)
    one = shoppers._replace(size=np.ones(len(shoppers.ids), dtype=np.uint8))
    mean = offers._replace(quotes=offers.mean_quote[:, None])
    other = expected_surplus(one, candidates, mean, beliefs).max(axis=1, initial=0.0)
    surplus = (over_term - fee) * beliefs.chance[candidates]
    sold = (candidates >= 0) & (fee >= 0) & (surplus > 0) & (surplus > uses * other[:, None])
    pick = np.where(sold, surplus + uses * _noise(shoppers, candidates, beliefs), -np.inf).argmax(
        axis=1
    )
    taken = _at(sold, pick)
    choice = np.where(taken, _at(candidates, pick), -1).astype(np.int32)
    limit = np.where(taken, np.minimum(_at(over_term, pick), shoppers.wallet), 0)
    return choice, limit, np.where(taken, _at(surplus, pick), 0.0)


def _noise(shoppers: Shoppers, candidates: Rows, beliefs: Beliefs) -> Floats:
    """Gumbel noise at each position of each buyer's search, ticks, (n, k)."""
    key = (Purpose.CHOICE, shoppers.round, shoppers.ids[:, None])
    drawn = Streams(shoppers.seed).uniform(*key, np.arange(candidates.shape[1])[None, :])
    scale = beliefs.noise[beliefs.category[candidates]]
    return scale * -log(-log(np.maximum(drawn, 2.0**-54)))


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


def _at(matrix: Any, column: Ints) -> Any:
    """Entry ``column[i]`` of each row i."""
    return np.take_along_axis(matrix, column[:, None], axis=1)[:, 0]
