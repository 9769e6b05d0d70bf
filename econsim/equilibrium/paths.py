"""Paths of prices: kept in bounded memory, and told apart by where they go."""

import numpy as np

from econsim.arrays import Floats

LARGEST = 2**24
WINDOW = 4000
FAR = 0.5


class Path:
    """Prices visited; of a long path every second row, then every fourth, and so on, and the last.

    Parameters
    ----------
    start : float64 array (m,)
    """

    def __init__(self, start: Floats):
        self._rows = [start]
        self._stride, self._steps, self._last = 1, 0, start

    def append(self, prices: Floats) -> None:
        """Add a row."""
        self._steps += 1
        self._last = prices
        if self._steps % self._stride:
            return
        self._rows.append(prices)
        if len(self._rows) * len(prices) > LARGEST:
            self._rows = self._rows[::2]
            self._stride *= 2

    def array(self) -> Floats:
        """The rows kept (rows, m), ending in the last."""
        kept = self._rows if self._rows[-1] is self._last else [*self._rows, self._last]
        return np.array(kept)


def describe(history: Floats) -> str:
    """Why a path that did not end in an equilibrium did not: cycling, drift or too few steps.

    Looks at the second half of the path, at most 4000 steps, in logs and without the common factor:

    1. Cycling: the price that moves most crosses its mean at least four times, and its last swings
       are no smaller than nine tenths of the ones before.
    2. Drift: it moves one way, by half a unit in logs or more, and does not slow down much.
    3. Otherwise it was still on its way.

    Parameters
    ----------
    history : float64 array (rows, m), not negative
    """
    after = f"after {len(history) - 1} steps"
    limit = f"iteration limit: stopped {after}"
    seen = history[-min(WINDOW, len(history) // 2 + 1) :]
    logs = np.log(np.maximum(seen, np.finfo(np.float64).tiny))
    logs -= logs.mean(axis=1, keepdims=True) if logs.shape[1] > 1 else 0
    good = int(np.argmax(np.ptp(logs, axis=0)))
    log = logs[:, good]
    if len(log) < 8:
        return limit
    middle = log - (log.max() + log.min()) / 2
    crossings = int(np.count_nonzero(np.diff(middle > 0)))
    early, late = (float(np.ptp(half)) for half in np.array_split(middle, 2))
    if crossings >= 4 and late >= 0.9 * early:
        swing = f"price {good} swings by a factor of {float(np.exp(late)):.4g}"
        return f"cycling: {swing}, {crossings} crossings, stopped {after}"
    moved, way = float(log[-1] - log[0]), float(np.abs(np.diff(log)).sum())
    if abs(moved) > max(0.9 * way, FAR) and late > 0.5 * early:
        return f"drift: price {good} keeps moving one way, by {moved:+.4g} in logs, stopped {after}"
    return limit
