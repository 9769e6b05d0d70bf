"""Intervals over replications, tests of a mean difference, batch means, warm-up."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from econsim.arrays import Floats
from econsim.errors import ParameterError, integer, real, unmasked


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
    level = confidence_level(confidence)
    mean, spread, n = _moments(replications)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * spread / np.sqrt(n)) if n > 1 else np.nan
    return Interval(mean, mean - half, mean + half, n)


def p_value(replications: ArrayLike) -> float:
    """Two-sided p of Student's t test that the mean of independent replications is zero.

    Parameters
    ----------
    replications : float array (n,)
        One number a replication, mostly a paired difference; NaN ones are left out.

    Returns
    -------
    float
        NaN with fewer than 2 values: nothing is known. 1 where every value is zero (the same in
        every replication is no evidence of a difference), 0 where all are equal and not zero.

    Raises
    ------
    ParameterError
        If the array is not one-dimensional.
    """
    mean, spread, n = _moments(replications)
    if spread == 0:
        return float(mean == 0)
    return float(2 * stats.t.sf(abs(mean) * np.sqrt(n) / spread, n - 1))


def confidence_level(confidence: float) -> float:
    """A confidence in (0, 1), or `ParameterError`."""
    level = real("confidence", confidence, 0, 1)
    if not 0 < level < 1:
        raise ParameterError("confidence", confidence, "a number in (0, 1)")
    return level


def _moments(replications: ArrayLike) -> tuple[float, float, int]:
    """Mean, standard deviation (NaN with fewer than 2 values) and number of values."""
    values = _numbers("replications", replications)
    if values.ndim != 1:
        raise ParameterError("replications", values.shape, "one-dimensional")
    values = values[~np.isnan(values)]
    n = len(values)
    mean = float(values.mean()) if n else float("nan")
    return mean, float(values.std(ddof=1)) if n > 1 else float("nan"), n


def paired_difference(first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Interval of the mean of ``second - first``, paired by replication.

    With common random numbers the pairs are positively correlated, which is what makes the
    interval narrower than that of two independent means (Law, Simulation Modeling and Analysis,
    section 10.2.1).
    """
    a, b = _numbers("first", first), _numbers("second", second)
    if a.shape != b.shape:
        raise ParameterError("second", b.shape, f"of the shape of first, {a.shape}")
    return interval(b - a, confidence=confidence)


def batch_means(
    series: ArrayLike, *, batches: int | None = None, confidence: float = 0.95
) -> Interval:
    """Interval of the mean of one long, autocorrelated, stationary run.

    1. Cut the series into batches of equal length; what is left over at the start is dropped.
    2. Batch means are treated as independent, which long batches nearly are (Law, Simulation
       Modeling and Analysis, section 9.5.3).

    Parameters
    ----------
    series : float array (n,)
        In order of time, warm-up removed (see `mser5`); finite.
    batches : int from 2 to n // 2, optional
        By default 20 (Schmeiser 1982 finds little use in more than 30), fewer for short series.
    confidence : float in (0, 1)

    Raises
    ------
    ParameterError
        If there are fewer than 4 numbers, or one is not finite.
    """
    values = _series("series", series, 4)
    most = len(values) // 2
    count = min(20, most) if batches is None else integer("batches", batches, 2, most)
    size = len(values) // count
    means = values[len(values) - count * size :].reshape(count, size).mean(axis=1)
    return interval(means, confidence=confidence)


def mser5(series: ArrayLike) -> int:
    """How many observations at the start of a run to drop as its warm-up.

    1. Means of batches of 5 (White 1997; White, Cobb & Spratt 2000).
    2. Of all cuts d in the first half of the b batches, the one of the least
       sum_{j > d} (x_j - mean)^2 / (b - d)^2: the squared standard error of what remains.

    Parameters
    ----------
    series : float array (n,), n >= 10, finite
        In order of time.

    Returns
    -------
    int
        A multiple of 5, at most half the length. At the very end of that range the run is too short
        to say where its warm-up ends.

    Raises
    ------
    ParameterError
    """
    values = _series("series", series, 10)
    batches = len(values) // 5
    means = values[: 5 * batches].reshape(batches, 5).mean(axis=1)
    means = means - means.mean()
    left = np.arange(batches, 0, -1)
    sums, squares = (np.cumsum(powers[::-1])[::-1] for powers in (means, means**2))
    error = np.maximum(squares - sums**2 / left, 0) / left**2
    return 5 * int(np.argmin(error[: batches // 2 + 1]))


def _numbers(field: str, values: ArrayLike) -> Floats:
    """`values` as float64, of any shape."""
    unmasked(field, values)
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(field, values, "numbers") from None


def _series(field: str, series: ArrayLike, least: int) -> Floats:
    """A finite one-dimensional series of at least so many numbers."""
    permitted = f"at least {least} finite numbers in one dimension"
    values = _numbers(field, series)
    if values.ndim != 1 or len(values) < least or not np.isfinite(values).all():
        raise ParameterError(field, series, permitted)
    return values


def equivalence(estimate: Interval, low: float, high: float) -> bool | None:
    """Whether an estimate is equivalent to [low, high]: True, False, or None for undecided.

    Two one-sided tests (TOST): equivalent where the whole interval lies inside the bounds, at 2.5 %
    each with a 95 % interval; not where it lies outside; undecided across a bound, or where the
    interval is NaN.

    Parameters
    ----------
    estimate : Interval
    low, high : float, low <= high
        Permitted, margin included; infinite for a one-sided test.

    References
    ----------
    Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15(6), 657-680.
    """
    if low <= estimate.low <= estimate.mean <= estimate.high <= high:
        return True
    return False if estimate.low > high or estimate.high < low else None
