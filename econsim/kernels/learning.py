"""Kernels of bidders that learn; signatures and meaning are those of `reference`."""

import math

import numpy as np

from econsim.kernels.philox import kernel
from econsim.kernels.threads import over_rows
from econsim.numbers import EXP_SERIES, LN2_HIGH, LN2_LOW, LOG2_E, MOST_EXPONENT


@kernel
def _exp(x):
    """See `econsim.numbers.exp`."""
    x = min(max(x, -MOST_EXPONENT), MOST_EXPONENT)
    power = math.floor(x * LOG2_E + 0.5)
    rest = x - power * LN2_HIGH - power * LN2_LOW
    series = 0.0
    for coefficient in EXP_SERIES:
        series = series * rest + coefficient
    return math.ldexp(series, int(power))


@kernel
def _total(own):
    """Sum of the positive weights of a learner."""
    total = 0.0
    for weight in own:
        total += weight if weight > 0.0 else 0.0
    return total


@kernel
def _drawn(own, mix, draw):
    """The arm that a uniform draw picks."""
    count, total = len(own), _total(own)
    if total == 0.0:
        return np.int64(draw * count)
    aim, reached, each, arm = draw * total, 0.0, mix * total / count, 0
    for weight in own[: count - 1]:
        reached += (1.0 - mix) * (weight if weight > 0.0 else 0.0) + each
        arm += not aim < reached
    return arm


@kernel
def _draw_arms(begin, end, weights, rows, first, count, mix, draw, arm):
    for i in range(begin, end):
        arm[i] = _drawn(weights[rows[i], first[i] : first[i] + count], mix, draw[i])


def draw_arms(weights, rows, first, count, mix, draw):
    """See `reference.draw_arms`."""
    arm = np.empty(len(rows), dtype=np.int64)
    over_rows(_draw_arms, len(rows), weights, rows, first, count, mix, draw, arm)
    return arm


@kernel
def _best_arms(begin, end, weights, rows, first, count, arm):
    for i in range(begin, end):
        best = 0
        for a in range(1, count):
            if weights[rows[i], first[i] + a] > weights[rows[i], first[i] + best]:
                best = a
        arm[i] = best


def best_arms(weights, rows, first, count):
    """See `reference.best_arms`."""
    arm = np.empty(len(rows), dtype=np.int64)
    over_rows(_best_arms, len(rows), weights, rows, first, count, arm)
    return arm


@kernel
def _gain(arm, count, value, threshold, pays_bid, scale):
    """What an arm would have gained, as a share of `scale`."""
    steps = count - 1
    bid = value // steps * arm + value % steps * arm // steps
    if bid < threshold:
        return 0.0
    return (value - (bid if pays_bid else threshold)) / scale


@kernel
def _scale_down(weights, row, first, count, least):
    """Divide by the largest weight; none falls below `least`."""
    most = 0.0
    for a in range(first, first + count):
        most = max(most, weights[row, a])
    for a in range(first, first + count):
        weights[row, a] = max(weights[row, a] / most, least)


@kernel
def _hedge(begin, end, weights, rows, first, count, rate, least, value, threshold, pays_bid, scale):
    for i in range(begin, end):
        best = 0.0
        for a in range(count):
            best = max(best, _gain(a, count, value[i], threshold[i], pays_bid[i], scale[i]))
        before, factor = best, 1.0
        for a in range(count):
            gain = _gain(a, count, value[i], threshold[i], pays_bid[i], scale[i])
            if gain != before:  # equal gains have equal factors, and exp is dear
                before, factor = gain, _exp(rate * (gain - best))
            weights[rows[i], first[i] + a] *= factor
        _scale_down(weights, rows[i], first[i], count, least)


def hedge(weights, rows, first, count, rate, least, value, threshold, pays_bid, scale):
    """See `reference.hedge`."""
    seen = (value, threshold, pays_bid, scale)
    over_rows(_hedge, len(rows), weights, rows, first, count, rate, least, *seen)


@kernel
def _regrets(begin, end, regrets, rows, first, count, arm, value, threshold, pays_bid, scale):
    for i in range(begin, end):
        got = _gain(arm[i], count, value[i], threshold[i], pays_bid[i], scale[i])
        for a in range(count):
            gain = _gain(a, count, value[i], threshold[i], pays_bid[i], scale[i])
            regrets[rows[i], first[i] + a] += gain - got


def regrets(regrets, rows, first, count, arm, value, threshold, pays_bid, scale):
    """See `reference.regrets`."""
    seen = (arm, value, threshold, pays_bid, scale)
    over_rows(_regrets, len(rows), regrets, rows, first, count, *seen)


@kernel
def _exp3(begin, end, weights, rows, first, count, mix, least, arm, gain):
    for i in range(begin, end):
        total = _total(weights[rows[i], first[i] : first[i] + count])
        chance = (1.0 - mix) * (weights[rows[i], first[i] + arm[i]] / total) + mix / count
        weights[rows[i], first[i] + arm[i]] *= _exp(mix * (gain[i] / chance) / count)
        _scale_down(weights, rows[i], first[i], count, least)


def exp3(weights, rows, first, count, mix, least, arm, gain):
    """See `reference.exp3`."""
    over_rows(_exp3, len(rows), weights, rows, first, count, mix, least, arm, gain)
