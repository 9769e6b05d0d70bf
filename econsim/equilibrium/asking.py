"""Best replies of sellers: which price pays at which cost, from what prices brought in trials."""

import numpy as np
from scipy.optimize import isotonic_regression

from econsim.arrays import Floats


def monotone_replies(receipts: Floats, units: Floats, costs: Floats, window: int = 2) -> Floats:
    """Best price at each cost as a place on a grid of prices, not decreasing in cost.

    Neither what a seller takes at a price nor how much it serves depends on its cost. So trials
    of all sellers say what a price brings at any cost c: receipts - c x units.

    1. Units are made non-increasing in the price by isotonic regression; receipts move with them,
       so that what a unit brings stays.
    2. At each cost the profit of every price is smoothed by a parabola through its neighbours;
       the best of them is moved to the top of its own parabola, by at most one place.
    3. Isotonic regression over the costs, weighted by profit: what a cost that never sells finds
       best is noise. Units that fall in the price make the best price rise
       with cost (Topkis 1998, monotone comparative statics), so that it corrects noise only.

    Parameters
    ----------
    receipts, units : float64 (j,)
        Mean of the trials at each price of the grid, prices ascending.
    costs : float64 (k,), ascending
        In the units of the receipts.
    window : int >= 1
        Neighbours to each side, j >= 2 window + 1.

    Returns
    -------
    float64 (k,), places from 0 to j - 1, between grid points by linear interpolation.
    """
    falling = isotonic_regression(units, increasing=False).x
    taken = receipts * np.divide(falling, units, out=np.zeros_like(units), where=units > 0)
    profit = taken - costs[:, None] * falling
    weights = np.maximum(profit.max(axis=1), 1e-9 * max(float(profit.max()), 1e-9))
    rising = isotonic_regression([_top(row, window) for row in profit], weights=weights).x
    return np.clip(rising, 0.0, len(units) - 1.0)


def _top(profit: Floats, window: int) -> float:
    """Place of the largest profit on a grid, by the parabola through its neighbours."""
    last = len(profit) - 1
    centres = np.clip(np.arange(last + 1), window, last - window)
    around = np.arange(-window, window + 1)
    # The least-squares parabola's value, slope and half curvature in the middle, as rows.
    fit = np.linalg.pinv(np.vander(around, 3, increasing=True).astype(np.float64))
    level, slope, bend = fit @ profit[centres[:, None] + around].T
    offset = np.arange(last + 1) - centres
    best = int(np.argmax(level + slope * offset + bend * offset**2))
    if bend[best] >= 0:
        return float(best)
    summit = centres[best] - slope[best] / (2 * bend[best])
    return float(np.clip(summit, max(best - 1, 0), min(best + 1, last)))
