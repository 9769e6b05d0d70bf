"""Bidders that learn."""

import math

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.kernels.inputs import Hindsight, Learners
from econsim.kernels.jit import borrowing, kernel
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


@borrowing
def _weight(learners, i, arm):
    """Weight of an arm of bid i's learner, as stored."""
    return learners.weights[learners.rows[i], learners.first[i] + arm]


@borrowing
def _total(learners, i):
    """Sum of the positive weights of bid i's learner."""
    total = 0.0
    for a in range(learners.arms):
        weight = _weight(learners, i, a)
        total += weight if weight > 0.0 else 0.0
    return total


@borrowing
def _drawn(learners, i, mix, draw):
    """The arm that a uniform draw picks."""
    arms, total = learners.arms, _total(learners, i)
    if total == 0.0:
        return np.int64(draw * arms)
    aim, reached, share, arm = draw * total, 0.0, mix * total / arms, 0
    for a in range(arms - 1):
        weight = _weight(learners, i, a)
        reached += (1.0 - mix) * (weight if weight > 0.0 else 0.0) + share
        arm += not aim < reached
    return arm


@borrowing
def _draw_arms(begin, end, learners, mix, draw, arm):
    for i in range(begin, end):
        arm[i] = _drawn(learners, i, mix, draw[i])


def draw_arms(learners: Learners, mix: float, draw: Floats) -> Ints:
    """See `reference.draw_arms`."""
    arm = np.empty(len(draw), dtype=np.int64)
    over_rows(_draw_arms, len(draw), learners, mix, draw, arm)
    return arm


@borrowing
def _best_arms(begin, end, learners, arm):
    for i in range(begin, end):
        best = 0
        for a in range(1, learners.arms):
            if _weight(learners, i, a) > _weight(learners, i, best):
                best = a
        arm[i] = best


def best_arms(learners: Learners) -> Ints:
    """See `reference.best_arms`."""
    arm = np.empty(len(learners.rows), dtype=np.int64)
    over_rows(_best_arms, len(arm), learners, arm)
    return arm


@borrowing
def _gain(arm, i, arms, hindsight):
    """What an arm would have gained bid i, as a share of the scale."""
    steps, value = arms - 1, hindsight.value[i]
    bid = value // steps * arm + value % steps * arm // steps
    if bid < hindsight.threshold[i]:
        return 0.0
    payment = bid if hindsight.pays_bid[i] else hindsight.threshold[i]
    return (value - payment) / hindsight.scale[i]


@borrowing
def _scale_down(learners, i, least):
    """Divide by the largest weight of bid i's learner; none falls below `least`."""
    weights, row, first = learners.weights, learners.rows[i], learners.first[i]
    most = 0.0
    for a in range(first, first + learners.arms):
        most = max(most, weights[row, a])
    for a in range(first, first + learners.arms):
        weights[row, a] = max(weights[row, a] / most, least)


@borrowing
def _hedge(begin, end, learners, rate, least, hindsight):
    for i in range(begin, end):
        best = 0.0
        for a in range(learners.arms):
            best = max(best, _gain(a, i, learners.arms, hindsight))
        before, factor = best, 1.0
        for a in range(learners.arms):
            gain = _gain(a, i, learners.arms, hindsight)
            if gain != before:  # equal gains have equal factors, and exp is dear
                before, factor = gain, _exp(rate * (gain - best))
            learners.weights[learners.rows[i], learners.first[i] + a] *= factor
        _scale_down(learners, i, least)


def hedge(learners: Learners, rate: float, least: float, hindsight: Hindsight) -> None:
    """See `reference.hedge`."""
    over_rows(_hedge, len(learners.rows), learners, rate, least, hindsight)


@borrowing
def _regrets(begin, end, learners, played, hindsight):
    for i in range(begin, end):
        got = _gain(played[i], i, learners.arms, hindsight)
        for a in range(learners.arms):
            gain = _gain(a, i, learners.arms, hindsight)
            learners.weights[learners.rows[i], learners.first[i] + a] += gain - got


def regrets(learners: Learners, played: Ints, hindsight: Hindsight) -> None:
    """See `reference.regrets`."""
    over_rows(_regrets, len(played), learners, played, hindsight)


@borrowing
def _exp3(begin, end, learners, mix, least, played, gain):
    for i in range(begin, end):
        share = _weight(learners, i, played[i]) / _total(learners, i)
        chance = (1.0 - mix) * share + mix / learners.arms
        factor = _exp(mix * (gain[i] / chance) / learners.arms)
        learners.weights[learners.rows[i], learners.first[i] + played[i]] *= factor
        _scale_down(learners, i, least)


def exp3(learners: Learners, mix: float, least: float, played: Ints, gain: Floats) -> None:
    """See `reference.exp3`."""
    over_rows(_exp3, len(played), learners, mix, least, played, gain)
