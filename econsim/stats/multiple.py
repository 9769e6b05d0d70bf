"""Several models at once: which is best, and which differ from a baseline.

Models are compared on common random numbers: replication r of every model has the same draws, so
that the columns of a table of replications are correlated, each pair as it happens to be, and their
variances differ. Everything here rests on paired differences and on Bonferroni's inequality, which
assume neither equal variances nor equal correlations (sphericity: Nelson & Matejcik, Management
Science 41, 1995), only that the mean of a paired difference follows Student's t.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from econsim.arrays import Bools, Floats
from econsim.errors import ParameterError, one_of
from econsim.stats.replications import confidence_level, p_value, paired_difference


@dataclass(frozen=True)
class Best:
    """Multiple comparisons with the best, as `best` makes them.

    Attributes
    ----------
    frame : DataFrame
        One row a model, indexed by label: ``mean`` over ``n`` replications; ``difference`` to the
        best of the other models with Hsu's joint interval, ``low`` and ``high`` (NaN where nothing
        is known); ``known``, whether it was compared; ``best``, whether it is in `best`.
    best : tuple of str
        The models that cannot be told apart from the best; empty where nothing is known.
    confidence : float
    """

    frame: pd.DataFrame
    best: tuple[str, ...]
    confidence: float

    @property
    def known(self) -> bool:
        """Whether there was anything to compare: two models with two replications in common."""
        return bool(self.best)

    @property
    def winner(self) -> str | None:
        """The one model that is better than all others that were compared, if there is one."""
        return self.best[0] if len(self.best) == 1 else None


def best(
    values: ArrayLike, labels: Sequence[str], *, confidence: float = 0.95, larger: bool = True
) -> Best:
    """Multiple comparisons with the best of k models (Hsu 1981, 1984).

    1. For every pair the mean paired difference d_ij and its standard error s_ij.
    2. Hsu's constrained intervals of theta_i - max_{j != i} theta_j. With w_ij = t s_ij, t the
       1 - alpha / (k - 1) quantile of Student's t with n - 1 degrees of freedom: `high` is the
       positive part of min_j (d_ij + w_ij), and `low` the negative part of min_j (d_ij - w_ij) over
       the j != i that may be best, which have min_l (d_jl + w_jl) >= 0 (Edwards & Hsu, JASA 78,
       1983, for unequal variances). All k hold jointly: they can fail only where one of the k - 1
       differences to the true best does.
    3. The set of models that cannot be told apart from the best: start with all and drop every
       model that is worse than another at level alpha / (m (k - 1)), m being the number that is
       left, until none is dropped. With m = 2 = k this is the two-sided t test.

    An interval says "no better than another", which is true of a model that ties for best. To leave
    a model out says that it is worse, so the set of step 3 is the wider one: it contains *every*
    truly best model with the stated confidence, ties included. (While all t of them are left, m is
    at least t, and only t (k - 1) comparisons can go wrong: Holm's argument.)

    Parameters
    ----------
    values : float array (n, k)
        A row a replication, a column a model; finite, or NaN for a metric without a value.
        A model with fewer than 2 values is left out, then replications that lack one of the rest.
    labels : sequence of k different str
    confidence : float in (0, 1)
        Joint, of all intervals; and of the set.
    larger : bool
        Whether more is better. If not, the intervals are of theta_i - min_{j != i} theta_j.

    Raises
    ------
    ParameterError
    """
    level = confidence_level(confidence)
    table, names = _table(values, labels)
    counts = (~np.isnan(table)).sum(axis=0)
    means = np.nansum(table, axis=0) / np.where(counts, counts, np.nan)
    empty = {"difference": np.nan, "low": np.nan, "high": np.nan, "known": False, "best": False}
    frame = pd.DataFrame({"mean": means, "n": counts, **empty}, index=pd.Index(names, name="label"))
    compared = counts >= 2
    blocks = table[:, compared]
    blocks = blocks[~np.isnan(blocks).any(axis=1)]
    if min(blocks.shape) >= 2:
        sign = 1 if larger else -1
        difference, low, high, kept = _compare(sign * blocks, 1 - level)
        low, high = np.sort([sign * low, sign * high], axis=0)
        columns = np.c_[blocks.mean(axis=0), sign * difference, low, high] + 0.0  # no -0
        frame.loc[compared, ["mean", "difference", "low", "high"]] = columns
        frame.loc[compared, "n"] = len(blocks)
        frame.loc[compared, "known"] = True
        frame.loc[compared, "best"] = kept
    return Best(frame, tuple(frame.index[frame["best"]]), level)


def differences(
    values: ArrayLike,
    labels: Sequence[str],
    *,
    baseline: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Paired differences of one metric to a baseline, marked by Holm's adjusted p.

    Parameters
    ----------
    values : float array (n, k)
        A row a replication, a column a model; finite, or NaN for a metric without a value, which
        leaves out the replication for the pairs of that model.
    labels : sequence of k different str
    baseline : str, optional
        The first label by default.
    confidence : float in (0, 1)
        Of each interval by itself. A mark is joint: with probability `confidence` no difference
        that is truly zero is marked. So an interval may exclude zero and yet be unmarked.

    Returns
    -------
    DataFrame
        One row a model other than the baseline, indexed by label: ``mean``, ``low``, ``high``,
        ``n``; ``p`` and Holm's ``adjusted`` p; ``known``, whether there were 2 replications to
        compare; ``marked``.

    Raises
    ------
    ParameterError
    """
    level = confidence_level(confidence)
    table, names = _table(values, labels)
    first = names.index(names[0] if baseline is None else one_of("baseline", baseline, names))
    others = [column for column in range(len(names)) if column != first]
    rows = []
    for column in others:
        gap = paired_difference(table[:, first], table[:, column], confidence=level)
        p = p_value(table[:, column] - table[:, first])
        rows.append((gap.mean, gap.low, gap.high, gap.n, p))
    index = pd.Index([names[column] for column in others], name="label", dtype=object)
    frame = pd.DataFrame(rows, columns=["mean", "low", "high", "n", "p"], index=index)
    frame["adjusted"] = holm(frame["p"].to_numpy(dtype=np.float64))
    frame["known"] = frame["n"] >= 2
    frame["marked"] = frame["adjusted"] < 1 - level
    return frame


def holm(p: ArrayLike) -> Floats:
    """Holm's (1979) step-down adjustment of the p-values of a family, here of m tests.

    1. Multiply the smallest by m, the next by m - 1, ..., the largest by 1; at most 1.
    2. Let none be smaller than one before it.

    Rejecting where the adjusted p is below alpha makes any false rejection at most as probable as
    alpha, however the tests depend on each other (Scandinavian Journal of Statistics 6, 65-70).

    Parameters
    ----------
    p : float array (..., m)
        In [0, 1], families along the last axis. NaN for a test that could not be made, which stays
        NaN and does not count.

    Raises
    ------
    ParameterError
    """
    permitted = "p-values in [0, 1]"
    family = np.atleast_1d(_numbers("p", p, permitted))
    if not (np.isnan(family) | ((family >= 0) & (family <= 1))).all():
        raise ParameterError("p", p, permitted)
    order = np.argsort(family, axis=-1)  # NaN last
    tests = (~np.isnan(family)).sum(axis=-1, keepdims=True)
    factors = np.maximum(tests - np.arange(family.shape[-1]), 1)
    stepped = np.maximum.accumulate(np.take_along_axis(family, order, -1) * factors, axis=-1)
    adjusted = np.empty_like(family)
    np.put_along_axis(adjusted, order, np.minimum(stepped, 1), -1)
    return adjusted


def _compare(blocks: Floats, alpha: float) -> tuple[Floats, Floats, Floats, Bools]:
    """Steps 1 to 3 of `best` on whole blocks (..., n, k): difference, low, high, kept (..., k)."""
    n, k = blocks.shape[-2:]
    gaps = blocks[..., :, None] - blocks[..., None, :]
    mean = gaps.mean(axis=-3)
    error = gaps.std(axis=-3, ddof=1) / np.sqrt(n)
    low, high = _constrained(mean, _quantile(alpha, k - 1, n) * error)
    return _least(mean), low, high, _not_worse(mean, error, alpha, n)


def _constrained(mean: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Hsu's intervals (..., k) from differences to each other model and half widths (..., k, k)."""
    upper = _least(mean + width)
    candidate = (upper >= 0)[..., None, :]
    lower = _least(np.where(candidate, mean - width, np.inf))
    return np.minimum(lower, 0), np.maximum(upper, 0)


def _not_worse(mean: Floats, error: Floats, alpha: float, n: int) -> Bools:
    """Which of k models (..., k) step 3 of `best` leaves."""
    k = mean.shape[-1]
    widths = _quantile(alpha, (k - 1) * np.arange(1, k + 1), n)
    kept = np.ones(mean.shape[:-1], dtype=bool)
    for _ in range(k):
        width = widths[kept.sum(axis=-1) - 1][..., None, None] * error
        kept &= _least(mean + width) >= 0
    return kept


def _least(matrix: Floats) -> Floats:
    """Least entry of each row (..., k) over the other models."""
    return np.where(np.eye(matrix.shape[-1], dtype=bool), np.inf, matrix).min(axis=-1)


def _quantile(alpha: float, comparisons: ArrayLike, n: int) -> Floats:
    """One-sided quantile of Student's t at alpha shared out to so many comparisons."""
    return np.asarray(stats.t.isf(alpha / np.asarray(comparisons), n - 1))


def _table(values: ArrayLike, labels: Sequence[str]) -> tuple[Floats, list[str]]:
    """Replications (n, k) and the names of the k models, checked."""
    table = _numbers("values", values, "a table of numbers")
    names = list(labels)
    if table.ndim != 2 or np.isinf(table).any():
        raise ParameterError("values", values, "two-dimensional, a row a replication, not infinite")
    texts = {name for name in names if isinstance(name, str)}
    if not names or not len(texts) == len(names) == table.shape[1]:
        raise ParameterError("labels", names, f"{table.shape[1]} different strings, one a column")
    return table, names


def _numbers(field: str, values: ArrayLike, permitted: str) -> Floats:
    if isinstance(values, np.ma.MaskedArray):
        raise ParameterError(field, values, f"{permitted}, not a masked array")
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(field, values, permitted) from None
