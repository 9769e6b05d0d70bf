"""Output analysis: intervals over replications, comparisons of several models, warm-up."""

from econsim.stats.multiple import Best, best, differences, holm
from econsim.stats.replications import (
    Interval,
    batch_means,
    equivalence,
    interval,
    mser5,
    p_value,
    paired_difference,
)

__all__ = [
    "Best",
    "Interval",
    "batch_means",
    "best",
    "differences",
    "equivalence",
    "holm",
    "interval",
    "mser5",
    "p_value",
    "paired_difference",
]
