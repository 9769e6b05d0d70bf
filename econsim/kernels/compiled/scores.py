"""Scores of sellers after deliveries."""

from econsim.arrays import Floats, Ints
from econsim.kernels.jit import kernel


@kernel
def _move_scores(moved, row, share, aim):
    for k in range(len(row)):
        moved[row[k]] = (1.0 - share[k]) * moved[row[k]] + share[k] * aim[k]


def move_scores(score: Floats, row: Ints, share: Floats, aim: Floats) -> Floats:
    """See `reference.move_scores`."""
    moved = score.copy()
    _move_scores(moved, row, share, aim)
    return moved
