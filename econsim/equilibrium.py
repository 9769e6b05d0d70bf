"""Equilibrium of bidding: how far to shade where winners pay their own bid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRID = np.arange(1, 201) / 200


@dataclass(frozen=True)
class ShadingEquilibrium:
    """A symmetric shading factor of a pay-as-bid market.

    Attributes
    ----------
    alpha : float
        Everybody bids alpha x value.
    surplus : float
        Mean surplus of a bid at `alpha`, in the units of the values.
    deviation_gain : float
        What the best other constant factor would add to the mean surplus.
    deviation_alpha : float
        That factor.
    draws : int
        Bids that the means are over.
    """

    alpha: float
    surplus: float
    deviation_gain: float
    deviation_alpha: float
    draws: int

    @property
    def relative_gain(self) -> float:
        """Deviation gain over surplus; NaN without surplus."""
        return self.deviation_gain / self.surplus if self.surplus > 0 else float("nan")


def symmetric_shading(values: Floats, rivals: Floats, reserves: Floats) -> ShadingEquilibrium:
    """Symmetric factor at which shading less or more does not pay, as a fixed point on draws.

    1. When everybody bids alpha x value, a bid b on value v wins if b >= max(alpha x rival,
       reserve), where `rival` is the value that would be the last to win without this bid.
    2. The best reply to alpha is the factor of the largest mean surplus (v - b) x [b wins].
    3. The equilibrium is the alpha on the grid whose best reply gains least: a fixed point of the
       best reply where there is one on the grid, and otherwise the nearest to it.

    Parameters
    ----------
    values, rivals, reserves : float arrays (d,)
        One entry a pilot bid, in any unit; `rivals` is 0 where there are fewer rivals than units.

    Returns
    -------
    ShadingEquilibrium

    Notes
    -----
    The factor is one number for all values, so a bidder who may shade by value can gain more:
    with a reserve the equilibrium bid function is not proportional (Krishna, Auction Theory,
    section 2.5). For n uniform bidders and no reserve it is, and alpha is (n - 1) / n.
    """
    if not len(values):
        return ShadingEquilibrium(1.0, 0.0, 0.0, 1.0, 0)
    profiles = [_surpluses(values, rivals, reserves, alpha) for alpha in GRID]
    surplus = np.array([profile[k] for k, profile in enumerate(profiles)])
    gains = np.array([profile.max() for profile in profiles]) - surplus
    k = int(np.argmin(np.where(surplus > 0, gains / np.where(surplus > 0, surplus, 1), np.inf)))
    reply = float(GRID[int(np.argmax(profiles[k]))])
    return ShadingEquilibrium(
        float(GRID[k]), float(surplus[k]), float(gains[k]), reply, len(values)
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
    return (1.0 - GRID) * won[count] / len(values)
