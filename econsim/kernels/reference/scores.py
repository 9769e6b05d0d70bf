"""Scores of sellers after deliveries."""

import numpy as np

from econsim.arrays import Floats, Ints


def move_scores(score: Floats, row: Ints, share: Floats, aim: Floats) -> Floats:
    """Scores (m,) after k deliveries in order: ``s <- (1 - share) s + share aim`` at their rows."""
    moved = score.copy()
    order = np.argsort(row, kind="stable")
    place = np.arange(len(order)) - np.searchsorted(row[order], row[order])
    for turn in range(int(place.max(initial=-1)) + 1):
        at = order[place == turn]
        moved[row[at]] = (1.0 - share[at]) * moved[row[at]] + share[at] * aim[at]
    return moved
