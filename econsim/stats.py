"""Output analysis: intervals over replications and paired differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from econsim.errors import ParameterError, real


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval; `low` and `high` are NaN with fewer than 2 values."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0


def interval(replications: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean of independent replications.

    Parameters
    ----------
    replications : float array (n,)
        One number a replication; NaN ones (a metric without a value) are left out.
    confidence : float in (0, 1)

    Raises
    ------
    ParameterError
        If the array is not one-dimensional.
    """
    level = real("confidence", confidence, 0, 1)
    values = np.asarray(replications, dtype=np.float64)
    if values.ndim != 1:
        raise ParameterError("replications", values.shape, "one-dimensional")
    values = values[~np.isnan(values)]
    n = len(values)
    mean = float(values.mean()) if n else float("nan")
    if n < 2:
        return Interval(mean, float("nan"), float("nan"), n)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def paired_difference(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Interval of the mean of ``second - first``, paired by replication.

    With common random numbers the pairs are positively correlated, which is what makes the
    interval narrower than that of two independent means (Law, Simulation Modeling and Analysis,
    section 10.2.1).
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise ParameterError("second", b.shape, f"of the shape of first, {a.shape}")
    return interval(b - a, confidence=confidence)
