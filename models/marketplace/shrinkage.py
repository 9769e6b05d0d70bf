"""Empirical Bayes: many noisy records of listings that look more or less alike.

A listing's record is shrunk towards the regression of all records on what the listings look like,
by the variance of the record's error over that of all that it differs by. An expectation that is
a posterior mean stays right when the best of several is chosen.
Sums run in one written order, as all that moves the state does.
"""

from __future__ import annotations

import numpy as np

from econsim.arrays import Floats, Ints

MOST_TERMS = 10
ROWS_A_TERM = 6


def regressed(trust: Floats, ask: Floats) -> Floats:
    """Terms of the regression, (m, terms): a cubic in trust and what is asked, or a constant."""
    one = np.ones(len(trust))
    if len(trust) < MOST_TERMS * ROWS_A_TERM:
        return one[:, None]
    x, y = _standard(trust), _standard(ask)
    terms = (one, x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y)
    return np.stack(terms, axis=1)


def _standard(values: Floats) -> Floats:
    """Values with mean 0 and standard deviation 1, cut at three of them; 0 if all are equal."""
    centred = values - _mean(values[:, None])[0]
    spread = np.sqrt(_mean((centred * centred)[:, None])[0])
    if spread <= 1e-9:
        return np.zeros(len(values))
    return np.clip(centred / spread, -3.0, 3.0)


def _mean(rows: Floats) -> Floats:
    """Mean over rows, added one after the other."""
    return np.add.reduce(rows, axis=0) / max(len(rows), 1)


def shrunk(record: Floats, terms: Floats, seen: Ints, spread: Floats | None = None) -> Floats:
    """Posterior mean of each record, (m, k), in [0, 1].

    Parameters
    ----------
    record : float64 (m, k)
        Running means.
    terms : float64 (m, p)
    seen : int64 or float64 (m,)
        How many rounds each is worth.
    spread : float64 (m, k), optional
        Variance of one round; by default that of a chance.
    """
    known = seen > 0
    count = int(np.count_nonzero(known))
    if not count:
        return record.copy()
    usual = np.clip(_fitted(record, terms, known), 0.0, 1.0)
    variance = usual * (1.0 - usual) if spread is None else np.broadcast_to(spread, usual.shape)
    if spread is not None:
        variance = np.full(usual.shape, float(_mean(spread[known]).sum()))
    error = variance / np.maximum(seen, 1.0)[:, None]
    free = max(count - terms.shape[1], 1) / count
    apart = _mean(((record - usual) ** 2 / free - error)[known])
    own = np.maximum(apart, 0.0)
    weight = np.where(known[:, None] & (own > 0.0), own / (own + error + 1e-300), 0.0)
    return np.clip(usual + weight * (record - usual), 0.0, 1.0)


def _fitted(record: Floats, terms: Floats, known: np.ndarray) -> Floats:
    """What is usual for listings that look so: least squares over the known ones."""
    rows, values = terms[known], record[known]
    left = np.stack(
        [np.add.reduce(rows * rows[:, i : i + 1], axis=0) for i in range(rows.shape[1])]
    )
    right = np.stack(
        [np.add.reduce(values * rows[:, i : i + 1], axis=0) for i in range(rows.shape[1])]
    )
    solution = _solved(left + 1e-6 * len(rows) * np.eye(len(left)), right)
    usual = np.zeros(record.shape)
    for i in range(len(solution)):
        usual = usual + terms[:, i : i + 1] * solution[i]
    return usual


def _solved(left: Floats, right: Floats) -> Floats:
    """Solution of a small positive definite system, by elimination."""
    a, b = left.copy(), right.copy()
    size = len(a)
    for i in range(size):
        for j in range(i + 1, size):
            factor = a[j, i] / a[i, i]
            a[j] = a[j] - factor * a[i]
            b[j] = b[j] - factor * b[i]
    solution = np.zeros_like(b)
    for i in reversed(range(size)):
        rest = b[i]
        for j in range(i + 1, size):
            rest = rest - a[i, j] * solution[j]
        solution[i] = rest / a[i, i]
    return solution
