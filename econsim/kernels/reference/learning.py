"""Bidders that learn.

Weights are stored as float32, which halves the memory that a round touches; all arithmetic is in
float64.
"""

from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.kernels.inputs import Hindsight, Learners
from econsim.numbers import exp


def _at(learners: Learners, arm: Any) -> tuple[Ints, Ints]:
    """Where the weights of an arm are."""
    return learners.rows, learners.first + arm


def _weight(learners: Learners, arm: Any) -> Floats:
    """Weight of an arm, in the precision of the arithmetic; negative ones count 0."""
    return np.maximum(learners.weights[_at(learners, arm)].astype(np.float64), 0.0)


def _total(learners: Learners) -> Floats:
    """Sum of the positive weights of each learner, arm by arm."""
    total = np.zeros(len(learners.rows))
    for arm in range(learners.arms):
        total = total + _weight(learners, arm)
    return total


def draw_arms(learners: Learners, mix: float, draw: Floats) -> Ints:
    """Arm of each bid: (1 - mix) in proportion to the positive weights, mix uniformly.

    `draw`, (k,), are uniforms on [0, 1); without positive weights all arms are equally likely.
    """
    total, last = _total(learners), learners.arms - 1
    aim, reached, share = draw * total, np.zeros(len(total)), mix * total / learners.arms
    arm = np.full(len(total), last)
    for a in range(last):
        reached = reached + ((1.0 - mix) * _weight(learners, a) + share)
        arm = np.where((arm == last) & (aim < reached), a, arm)
    return np.where(total == 0.0, (draw * learners.arms).astype(np.int64), arm)


def best_arms(learners: Learners) -> Ints:
    """Arm of largest weight of each bid's learner, the lowest of equals, (k,)."""
    columns = learners.first[:, None] + np.arange(learners.arms)
    return learners.weights[learners.rows[:, None], columns].argmax(axis=1)


def _gain(arm: Any, arms: int, hindsight: Hindsight) -> Floats:
    """What an arm would have gained, as a share of the scale."""
    value, threshold, pays_bid, scale = hindsight
    steps = arms - 1
    bid = value // steps * arm + value % steps * arm // steps
    won = (value - np.where(pays_bid, bid, threshold)) / scale
    return np.where(bid < threshold, 0.0, won)


def _scale_down(learners: Learners, least: float) -> None:
    """Divide by the largest weight; none falls below `least`."""
    most = np.zeros(len(learners.rows))
    for arm in range(learners.arms):
        most = np.maximum(most, _weight(learners, arm))
    for arm in range(learners.arms):
        scaled = _weight(learners, arm) / most
        learners.weights[_at(learners, arm)] = np.maximum(scaled, least)


def hedge(learners: Learners, rate: float, least: float, hindsight: Hindsight) -> None:
    """Multiply the weight of every arm by exp(rate x its gain), in place; then scale down.

    An arm gains value less payment, as a share of the scale, if its bid reaches the threshold; the
    payment is the bid where ``pays_bid``, else the threshold. No weight falls below `least`.
    """
    gains = [_gain(arm, learners.arms, hindsight) for arm in range(learners.arms)]
    best = np.zeros(len(learners.rows))
    for gain in gains:
        best = np.maximum(best, gain)
    for arm, gain in enumerate(gains):
        # Relative to the best, so that no weight grows beyond what can be stored.
        learners.weights[_at(learners, arm)] *= exp(rate * (gain - best))
    _scale_down(learners, least)


def regrets(learners: Learners, played: Ints, hindsight: Hindsight) -> None:
    """Add to the regret of every arm what it would have gained more than the arm `played`, (k,).

    The learners' weights are their regrets, and change in place.
    """
    got = _gain(played, learners.arms, hindsight)
    for arm in range(learners.arms):
        learners.weights[_at(learners, arm)] += _gain(arm, learners.arms, hindsight) - got


def exp3(learners: Learners, mix: float, least: float, played: Ints, gain: Floats) -> None:
    """Multiply the weight of the arm played by exp(mix x gain / chance / arms), in place.

    `played` and `gain`, a share of 1, are of shape (k,). No weight falls below `least`.
    """
    chance = (1.0 - mix) * (_weight(learners, played) / _total(learners)) + mix / learners.arms
    learners.weights[_at(learners, played)] *= exp(mix * (gain / chance) / learners.arms)
    _scale_down(learners, least)
