"""Equilibrium of bidding: how far to shade where winners pay their own bid."""

from dataclasses import dataclass

import numpy as np

from econsim.arrays import Floats

GRID = np.arange(1, 201) / 200


@dataclass(frozen=True)
class Shading:
    """A symmetric shading factor of a pay-as-bid market, and what deviating from it would gain.

    Attributes
    ----------
    alpha : float
        Everybody bids alpha x value.
    surplus : float
        Mean surplus of a bid at `alpha`, in the units of the values.
    gain : float
        What the best other constant factor would add to the mean surplus.
    reply : float
        That factor.
    gain_by_value : float
        What the best factor for each tenth of the values would add; 0 only where the equilibrium
        bid is proportional to value.
    draws : int
        Bids that the means are over.
    """

    alpha: float
    surplus: float
    gain: float
    reply: float
    gain_by_value: float
    draws: int

    def relative(self, gain: float) -> float:
        """A gain over the surplus at `alpha`; NaN without surplus."""
        return gain / self.surplus if self.surplus > 0 else float("nan")


def symmetric_shading(values: Floats, rivals: Floats, reserves: Floats) -> float:
    """Symmetric factor at which shading less or more does not pay, as a fixed point on draws.

    1. When everybody bids alpha x value, a bid b on value v wins if b >= max(alpha x rival,
       reserve), where `rival` is the value that would be the last to win without this bid.
    2. The best reply to alpha is the factor of the largest mean surplus (v - b) x [b wins].
    3. The answer is the alpha whose best reply gains least, as a share of surplus: a fixed point
       of the best reply where the grid has one, and otherwise the nearest to it. Searched in steps
       of 0.02, then of 0.005 around the best.

    Parameters
    ----------
    values, rivals, reserves : float arrays (d,)
        One entry a bid, in any unit; `rivals` is 0 where there are fewer rivals than units.

    Returns
    -------
    float in (0, 1], a multiple of 0.005; 1 without draws.

    Notes
    -----
    For n uniform bidders and no reserve the equilibrium bid is (n - 1) / n x value (Krishna,
    Auction Theory, section 2.3), which the grid finds up to the noise of the draws.
    """

    def gain(place: int) -> float:
        """What the best reply to a factor of the grid gains, as a share of surplus."""
        profile = _surpluses(values, rivals, reserves, float(GRID[place]))
        return float(profile.max() / profile[place] - 1) if profile[place] > 0 else np.inf

    coarse = min(range(3, len(GRID), 4), key=gain)
    best = min(range(max(coarse - 4, 0), min(coarse + 5, len(GRID))), key=gain)
    return float(GRID[best]) if np.isfinite(gain(best)) else 1.0


def deviations(values: Floats, rivals: Floats, reserves: Floats, alpha: float) -> Shading:
    """What deviating alone from a symmetric factor would gain, on draws of one's own choosing.

    Parameters are those of `symmetric_shading`; draws other than those that found `alpha` give an
    honest figure.
    """
    if not len(values):
        return Shading(alpha, 0.0, 0.0, alpha, 0.0, 0)
    kept = GRID[np.argmin(np.abs(GRID - alpha))]
    profile = _surpluses(values, rivals, reserves, alpha)
    surplus = float(profile[kept == GRID][0])
    tenths = np.array_split(np.argsort(values, kind="stable"), 10)
    best = sum(
        len(rows) * _surpluses(values[rows], rivals[rows], reserves[rows], alpha).max()
        for rows in tenths
        if len(rows)
    )
    return Shading(
        alpha,
        surplus,
        float(profile.max()) - surplus,
        float(GRID[np.argmax(profile)]),
        float(best) / len(values) - surplus,
        len(values),
    )


def _surpluses(values: Floats, rivals: Floats, reserves: Floats, alpha: float) -> Floats:
    """Mean surplus of each factor on the grid when everybody else bids alpha x value.

    The factor that just wins a draw is threshold / value; sorted by it, the draws that a factor
    wins are the first ones, so one pass over the sorted draws serves the whole grid.
    """
    positive = values > 0
    needed = np.maximum(alpha * rivals, reserves)[positive] / values[positive]
    order = np.argsort(needed)
    won = np.concatenate(([0.0], np.cumsum(values[positive][order])))
    count = np.searchsorted(needed[order], GRID, side="right")
    return (1.0 - GRID) * won[count] / max(len(values), 1)
