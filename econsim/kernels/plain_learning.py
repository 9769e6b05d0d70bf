"""Kernels of bidders that learn, in vectorised NumPy: part of `reference`.

Shapes: n agents with b learners of `count` arms each, weights (n, b x count); k bids, of which bid
i is that of agent ``rows[i]`` by the learner that begins at column ``first[i]``. No agent occurs
twice. Arm a bids ``value x a // (count - 1)``. Weights are stored as float32, which halves the
memory that a round touches; all arithmetic is in float64.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.numbers import exp

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Weights = NDArray[np.float32]


def _at(rows: Ints, first: Ints, arm: Any) -> tuple[Ints, Ints]:
    return rows, first + arm


def _weight(weights: Weights, rows: Ints, first: Ints, arm: Any) -> Floats:
    """Weight of an arm, in the precision of the arithmetic; negative ones count 0."""
    return np.maximum(weights[_at(rows, first, arm)].astype(np.float64), 0.0)


def _total(weights: Weights, rows: Ints, first: Ints, count: int) -> Floats:
    """Sum of the positive weights of each learner, arm by arm."""
    total = np.zeros(len(rows))
    for arm in range(count):
        total = total + _weight(weights, rows, first, arm)
    return total


def draw_arms(
    weights: Weights, rows: Ints, first: Ints, count: int, mix: float, draw: Floats
) -> Ints:
    """Arm of each bid: (1 - mix) in proportion to the positive weights, mix uniformly.

    `draw` is a uniform on [0, 1) each; without positive weights all arms are equally likely.
    """
    total = _total(weights, rows, first, count)
    aim, reached, each = draw * total, np.zeros(len(rows)), mix * total / count
    arm = np.full(len(rows), count - 1)
    for a in range(count - 1):
        reached = reached + ((1.0 - mix) * _weight(weights, rows, first, a) + each)
        arm = np.where((arm == count - 1) & (aim < reached), a, arm)
    return np.where(total == 0.0, (draw * count).astype(np.int64), arm)


def best_arms(weights: Weights, rows: Ints, first: Ints, count: int) -> Ints:
    """Arm of largest weight of each bid's learner, the lowest of equals."""
    return weights[rows[:, None], first[:, None] + np.arange(count)].argmax(axis=1)


def _gain(
    arm: Any, count: int, value: Ints, threshold: Ints, pays_bid: NDArray[np.bool_], scale: Ints
) -> Floats:
    """What an arm would have gained, as a share of `scale`."""
    steps = count - 1
    bid = value // steps * arm + value % steps * arm // steps
    won = (value - np.where(pays_bid, bid, threshold)) / scale
    return np.where(bid < threshold, 0.0, won)


def _scale_down(weights: Weights, rows: Ints, first: Ints, count: int, least: float) -> None:
    """Divide by the largest weight; none falls below `least`."""
    most = np.zeros(len(rows))
    for arm in range(count):
        most = np.maximum(most, _weight(weights, rows, first, arm))
    for arm in range(count):
        scaled = _weight(weights, rows, first, arm) / most
        weights[_at(rows, first, arm)] = np.maximum(scaled, least)


def hedge(
    weights: Weights,
    rows: Ints,
    first: Ints,
    count: int,
    rate: float,
    least: float,
    value: Ints,
    threshold: Ints,
    pays_bid: NDArray[np.bool_],
    scale: Ints,
) -> None:
    """Multiply the weight of every arm by exp(rate x its gain), in place; then scale down.

    An arm gains value less payment, as a share of `scale`, if its bid reaches `threshold`; the
    payment is the bid where `pays_bid`, else the threshold.
    """
    gains = [_gain(arm, count, value, threshold, pays_bid, scale) for arm in range(count)]
    best = np.zeros(len(rows))
    for gain in gains:
        best = np.maximum(best, gain)
    for arm, gain in enumerate(gains):
        # Relative to the best, so that no weight grows beyond what can be stored.
        weights[_at(rows, first, arm)] *= exp(rate * (gain - best))
    _scale_down(weights, rows, first, count, least)


def regrets(
    regrets: Weights,
    rows: Ints,
    first: Ints,
    count: int,
    arm: Ints,
    value: Ints,
    threshold: Ints,
    pays_bid: NDArray[np.bool_],
    scale: Ints,
) -> None:
    """Add to the regret of every arm what it would have gained more than the arm played."""
    seen = (count, value, threshold, pays_bid, scale)
    got = _gain(arm, *seen)
    for other in range(count):
        regrets[_at(rows, first, other)] += _gain(other, *seen) - got


def exp3(
    weights: Weights,
    rows: Ints,
    first: Ints,
    count: int,
    mix: float,
    least: float,
    arm: Ints,
    gain: Floats,
) -> None:
    """Multiply the weight of the arm played by exp(mix x gain / chance / count), in place."""
    total = _total(weights, rows, first, count)
    chance = (1.0 - mix) * (_weight(weights, rows, first, arm) / total) + mix / count
    weights[_at(rows, first, arm)] *= exp(mix * (gain / chance) / count)
    _scale_down(weights, rows, first, count, least)
