"""What buyers expect of the listings that they saw, and how they choose by it."""

import math

import numpy as np

from econsim.arrays import Floats, Ints, Rows
from econsim.kernels.compiled.choice import keyed
from econsim.kernels.compiled.draws import uniform_of
from econsim.kernels.inputs import Beliefs, Offers, Shoppers
from econsim.kernels.jit import borrowing, kernel
from econsim.kernels.reference.expectation import LEAST_DRAW, LEAST_TRUST
from econsim.kernels.threads import over_rows
from econsim.streams import Purpose

_CHOICE = int(Purpose.CHOICE)


@kernel
def _log(x):
    """See `econsim.numbers.log`."""
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.7071067811865476:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    series = 0.0
    for power in range(23, 0, -2):
        series = series * (s * s) + 1.0 / power
    return 2.0 * s * series + exponent * 0.6931471805599453


@borrowing
def _cell(knots, row, point):
    """Cell of a row's knots in which a point lies, the last one beyond them."""
    low, high = 0, knots.shape[1] - 1
    while high - low > 1:
        middle = (low + high) >> 1
        inside = knots[row, middle] <= point
        low, high = (middle, high) if inside else (low, middle)
    return low


@borrowing
def _below(beliefs, row, above):
    """Chance that the price to beat is at most so much above what is asked."""
    if above < 0:
        return 0.0
    kind = beliefs.category[row]
    cell = _cell(beliefs.knots, kind, above)
    way = above - beliefs.knots[kind, cell]
    width = beliefs.knots[kind, cell + 1] - beliefs.knots[kind, cell]
    low, high = beliefs.below[row, cell], beliefs.below[row, cell + 1]
    return low + (high - low) * (min(way, width) / width)


@borrowing
def _area(beliefs, row, above):
    """Integral of `_below` from 0."""
    kind = beliefs.category[row]
    cell = _cell(beliefs.knots, kind, above)
    way = above - beliefs.knots[kind, cell]
    width = beliefs.knots[kind, cell + 1] - beliefs.knots[kind, cell]
    low, high = beliefs.below[row, cell], beliefs.below[row, cell + 1]
    inside = min(way, width)
    area = beliefs.area[row, cell] + inside * (low + (high - low) * (inside / (2.0 * width)))
    return area + (way - inside) * high


@borrowing
def _paying_own(offers, beliefs, row, value):
    """Expected surplus where a winner pays its bid."""
    trust = max(offers.trust[row], LEAST_TRUST)
    ask, back = beliefs.ask[row], beliefs.refund[row]
    if offers.shade[row] < 1.0:
        bid = np.int64(offers.shade[row] * value)
        return (value - bid + back * bid) * _below(beliefs, row, (bid - ask) / trust)
    best = 0.0
    for k in range(beliefs.knots.shape[1]):
        level = ask + trust * beliefs.knots[beliefs.category[row], k]
        best = max(best, (value - level + back * level) * beliefs.below[row, k])
    return best


@borrowing
def _auction(offers, beliefs, row, value):
    """Expected surplus of a bid at an auction."""
    trust = max(offers.trust[row], LEAST_TRUST)
    above = (value - beliefs.ask[row]) / trust
    if not above > 0:
        return 0.0
    if beliefs.pays_bid[row]:
        return _paying_own(offers, beliefs, row, value)
    truthful = _area(beliefs, row, above) * trust
    won = _below(beliefs, row, above)
    return truthful + beliefs.refund[row] * (value * won - truthful)


@borrowing
def _walk_in(offers, beliefs, row, worth, price):
    """Expected surplus of a walk-in task, at this price where prices are posted."""
    if not offers.walk_in[row]:
        return 0.0
    value = np.int64(worth * offers.trust[row])
    if beliefs.auctioned[row]:
        return max(0.0, _auction(offers, beliefs, row, value))
    return max(0.0, (value - price) * beliefs.chance[row])


@borrowing
def _discounted(beliefs, row, surplus):
    """See `reference.expectation.discounted`."""
    group, last = beliefs.group[row], beliefs.foreseen.shape[1] - 1
    if surplus >= beliefs.foreseen[group, last]:
        return surplus * (beliefs.realised[group, last] / beliefs.foreseen[group, last])
    cell = _cell(beliefs.foreseen, group, surplus)
    left, right = beliefs.foreseen[group, cell], beliefs.foreseen[group, cell + 1]
    low, high = beliefs.realised[group, cell], beliefs.realised[group, cell + 1]
    return low + (high - low) * ((surplus - left) / (right - left))


@borrowing
def _noise(shoppers, beliefs, i, row, position):
    """Gumbel noise of buyer i at a position of its search."""
    draw = uniform_of(shoppers.seed, _CHOICE, shoppers.round, shoppers.ids[i], position)
    return beliefs.noise[beliefs.category[row]] * -_log(-_log(max(draw, LEAST_DRAW)))


@borrowing
def _expected_surplus(begin, end, shoppers, candidates, offers, beliefs, surplus):
    for i in range(begin, end):
        unit = max(shoppers.size[i], 1) - 1
        for j in range(candidates.shape[1]):
            row, surplus[i, j] = candidates[i, j], 0.0
            if row >= 0:
                price = offers.quotes[row, unit]
                surplus[i, j] = _walk_in(offers, beliefs, row, shoppers.worth[i], price)


def expected_surplus(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> Floats:
    """See `reference.expected_surplus`."""
    surplus = np.empty(candidates.shape)
    over_rows(
        _expected_surplus, len(surplus), keyed(shoppers), candidates, offers, beliefs, surplus
    )
    return surplus


@borrowing
def _choose(begin, end, shoppers, candidates, offers, beliefs, choice, limit):
    for i in range(begin, end):
        worth, unit = shoppers.worth[i], max(shoppers.size[i], 1) - 1
        best, pick = 0.0, -1
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0:
                continue
            seen = _walk_in(offers, beliefs, row, worth, offers.quotes[row, unit])
            surplus = _discounted(beliefs, row, seen)
            if surplus > 0:
                noisy = surplus + _noise(shoppers, beliefs, i, row, j)
                better = pick < 0 or noisy > best
                best, pick = (noisy, row) if better else (best, pick)
        choice[i], limit[i] = pick, 0
        if pick >= 0:
            bid = np.int64(offers.shade[pick] * np.int64(worth * offers.trust[pick]))
            limit[i] = min(bid, shoppers.wallet[i])


def choose_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints]:
    """See `reference.choose_expected`."""
    n = len(candidates)
    choice, limit = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64)
    over_rows(_choose, n, keyed(shoppers), candidates, offers, beliefs, choice, limit)
    return choice, limit


@borrowing
def _best_walk_in(shoppers, candidates, offers, beliefs, i):
    """Largest expected surplus of buyer i's mean task without a subscription."""
    best = 0.0
    for j in range(candidates.shape[1]):
        row = candidates[i, j]
        if row >= 0:
            seen = _walk_in(offers, beliefs, row, shoppers.worth[i], offers.mean_quote[row])
            best = max(best, _discounted(beliefs, row, seen))
    return best


@borrowing
def _subscribe(begin, end, shoppers, candidates, offers, beliefs, choice, limit):
    for i in range(begin, end):
        other = _best_walk_in(shoppers, candidates, offers, beliefs, i)
        best, pick, most = 0.0, -1, np.int64(0)
        for j in range(candidates.shape[1]):
            row = candidates[i, j]
            if row < 0 or offers.fee[row] < 0:
                continue
            uses, value = offers.uses[row], np.int64(shoppers.worth[i] * offers.trust[row])
            over_term = np.int64(uses * value)
            seen = max(0.0, (over_term - offers.fee[row]) * beliefs.chance[row])
            surplus = _discounted(beliefs, row, seen)
            if surplus > 0 and surplus > uses * other:
                noisy = surplus + uses * _noise(shoppers, beliefs, i, row, j)
                if pick < 0 or noisy > best:
                    best, pick, most = noisy, row, over_term
        choice[i] = pick
        limit[i] = min(most, shoppers.wallet[i])


def subscribe_expected(
    shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
) -> tuple[Rows, Ints]:
    """See `reference.subscribe_expected`."""
    n = len(candidates)
    choice, limit = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int64)
    over_rows(_subscribe, n, keyed(shoppers), candidates, offers, beliefs, choice, limit)
    return choice, limit
