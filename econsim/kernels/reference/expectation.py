"""What buyers expect of the listings that they saw, and how they choose by it."""

import numpy as np

from econsim.arrays import Floats, Ints, Rows
from econsim.kernels.inputs import Beliefs, Offers, Shoppers
from econsim.kernels.reference.choice import entry
from econsim.numbers import log
from econsim.streams import Purpose, Streams

LEAST_TRUST, LEAST_DRAW = 1e-9, 2.0**-54


def expected_surplus(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> Floats:
    """What ordering a task at each listing seen is worth by its record, ticks, (n, k).

    With v = floor(worth x trust), at a posted price q it is (v - q) x chance; at an auction whose
    price to beat P does not depend on the own bid E[(v - P)+], the integral of the distribution
    function of P up to v, which is linear between the knots; where a winner pays its bid b,
    (v - b) x P(P <= b), with b = floor(shade x v), or without a shade the knot that makes the most
    of it. What a buyer expects back of a payment is added. 0 where there is nothing to gain, and
    where no walk-ins are served. What realised surplus made of such expectations so far is not in
    it: see `discounted`.
    """
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    price = offers.quotes[candidates, np.maximum(shoppers.size, 1)[:, None] - 1]
    posted = (value - price) * beliefs.chance[candidates]
    trust = np.maximum(offers.trust[candidates], LEAST_TRUST)
    above = (value - beliefs.ask[candidates]) / trust
    truthful = _area(beliefs, candidates, above) * trust
    won = _below(beliefs, candidates, above)
    outbid = truthful + beliefs.refund[candidates] * (value * won - truthful)
    paid = _paying_own(offers, beliefs, candidates, value)
    auction = np.where(beliefs.pays_bid[candidates], paid, outbid)
    auction = np.where(above > 0, auction, 0.0)
    surplus = np.where(beliefs.auctioned[candidates], auction, posted)
    offered = (candidates >= 0) & offers.walk_in[candidates]
    return np.where(offered & (surplus > 0), surplus, 0.0)


def term_surplus(shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs) -> Floats:
    """What a subscription at each listing seen is worth by its record, ticks, (n, k).

    The shoppers' worth is that of a mean task: (floor(uses x floor(worth x trust)) - fee) x chance,
    0 where there is nothing to gain, and where none is sold.
    """
    over_term, fee = _over_term(shoppers, candidates, offers), offers.fee[candidates]
    surplus = (over_term - fee) * beliefs.chance[candidates]
    return np.where((candidates >= 0) & (fee >= 0) & (surplus > 0), surplus, 0.0)


def _over_term(shoppers: Shoppers, candidates: Rows, offers: Offers) -> Ints:
    value = (shoppers.worth[:, None] * offers.trust[candidates]).astype(np.int64)
    return (offers.uses[candidates] * value).astype(np.int64)


def _cell(knots: Floats, point: Floats) -> Ints:
    """Cell of the knots (..., K) in which each point (...) lies, the last one beyond them."""
    return np.clip((knots <= point[..., None]).sum(axis=-1) - 1, 0, knots.shape[-1] - 2)


def _way(beliefs: Beliefs, rows: Rows, above: Floats) -> tuple[Ints, Floats, Floats]:
    """Cell of each worth above what is asked, the way into it, and its width."""
    category = beliefs.category[rows]
    cell = _cell(beliefs.knots[category], above)
    left, right = beliefs.knots[category, cell], beliefs.knots[category, cell + 1]
    return cell, above - left, right - left


def _below(beliefs: Beliefs, rows: Rows, above: Floats) -> Floats:
    """Chance that the price to beat is at most so much above what is asked."""
    cell, way, width = _way(beliefs, rows, above)
    low, high = beliefs.below[rows, cell], beliefs.below[rows, cell + 1]
    inside = low + (high - low) * (np.minimum(way, width) / width)
    return np.where(above >= 0, inside, 0.0)


def _area(beliefs: Beliefs, rows: Rows, above: Floats) -> Floats:
    """Integral of `_below` from 0."""
    cell, way, width = _way(beliefs, rows, above)
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


def discounted(beliefs: Beliefs, rows: Rows, surplus: Floats) -> Floats:
    """What orders of so much expected surplus at listings (rows) came to so far, ticks.

    Linear between the nodes of the reliability curve, in proportion beyond the last.
    """
    group, last = beliefs.group[rows], beliefs.foreseen.shape[1] - 1
    cell = _cell(beliefs.foreseen[group], surplus)
    left, right = beliefs.foreseen[group, cell], beliefs.foreseen[group, cell + 1]
    low, high = beliefs.realised[group, cell], beliefs.realised[group, cell + 1]
    inside = low + (high - low) * ((surplus - left) / (right - left))
    beyond = surplus * (beliefs.realised[group, last] / beliefs.foreseen[group, last])
    return np.where(surplus >= beliefs.foreseen[group, last], beyond, inside)


def choose_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints]:
    """Pick the walk-in listing of largest expected surplus and noise: a quantal response.

    Of the listings with a positive expected surplus (`expected_surplus`, `discounted`) the one at
    which it + noise x g is largest, g = -ln(-ln u) a Gumbel draw keyed by the position in the
    search (McKelvey & Palfrey 1995); the first of equals.

    Returns
    -------
    choice, limit : as of `choose`
    """
    seen = expected_surplus(shoppers, candidates, offers, beliefs)
    surplus = discounted(beliefs, candidates, seen)
    noisy = surplus + choice_noise(shoppers, candidates, beliefs)
    pick = np.where(surplus > 0, noisy, -np.inf).argmax(axis=1)
    taken = entry(surplus, pick) > 0
    choice = np.where(taken, entry(candidates, pick), -1)
    value = (shoppers.worth * offers.trust[choice]).astype(np.int64)
    bid = (offers.shade[choice] * value).astype(np.int64)
    limit = np.where(taken, np.minimum(bid, shoppers.wallet), 0)
    return choice.astype(np.int32), limit


def subscribe_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints]:
    """Pick the subscription of largest expected surplus over its term and noise.

    The shoppers' worth is that of a mean task. Expected surplus (`term_surplus`, `discounted`) must
    exceed uses x the largest expected surplus of a walk-in task. The noise is that of
    `choose_expected` times uses.

    Returns
    -------
    choice, limit : as of `subscribe`
    """
    uses = offers.uses[candidates]
    one = shoppers._replace(size=np.ones(len(shoppers.ids), dtype=np.uint8))
    mean = offers._replace(quotes=offers.mean_quote[:, None])
    walk_in = discounted(beliefs, candidates, expected_surplus(one, candidates, mean, beliefs))
    other = uses * walk_in.max(axis=1, initial=0.0)[:, None]
    seen = term_surplus(shoppers, candidates, offers, beliefs)
    surplus = discounted(beliefs, candidates, seen)
    sold = (surplus > 0) & (surplus > other)
    noisy = surplus + uses * choice_noise(shoppers, candidates, beliefs)
    pick = np.where(sold, noisy, -np.inf).argmax(axis=1)
    taken, most = entry(sold, pick), entry(_over_term(shoppers, candidates, offers), pick)
    choice = np.where(taken, entry(candidates, pick), -1).astype(np.int32)
    return choice, np.where(taken, np.minimum(most, shoppers.wallet), 0)


def choice_noise(shoppers: Shoppers, candidates: Rows, beliefs: Beliefs) -> Floats:
    """Gumbel noise at each position of each buyer's search, ticks, (n, k)."""
    key = (Purpose.CHOICE, shoppers.round, shoppers.ids[:, None])
    drawn = Streams(shoppers.seed).uniform(*key, np.arange(candidates.shape[1])[None, :])
    scale = beliefs.noise[beliefs.category[candidates]]
    return scale * -log(-log(np.maximum(drawn, LEAST_DRAW)))
