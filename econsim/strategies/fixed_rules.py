"""Rules without memory: equilibrium bidding, and zero intelligence."""

from typing import Any

import numpy as np
from scipy.integrate import cumulative_simpson

from econsim import kernels
from econsim.arrays import Floats, Ints
from econsim.errors import ParameterError, integer, real
from econsim.money import TICKS_PER_CREDIT
from econsim.strategies.base import Bidding, Strategy
from econsim.streams import Purpose

POINTS = 4001
TAIL = 1e-9


class EquilibriumFirstPrice(Strategy):
    """The symmetric equilibrium of a first-price auction; truthful where winners do not pay bids.

    With n bidders of independent values with distribution function F and reserve r, for v >= r

        b(v) = v - integral from r to v of F(x)^(n-1) dx / F(v)^(n-1)

    (Krishna 2009, Auction Theory, propositions 2.2 and 2.5). Below the reserve the bid is the
    value, which does not win.

    Parameters
    ----------
    distribution : frozen distribution of `scipy.stats`, or what has its ``cdf`` and ``ppf``
        Of the values, in credits; atomless, on numbers >= 0.
    bidders : int >= 2
    reserve : float >= 0, credits

    Raises
    ------
    ParameterError
    """

    name = "equilibrium-first-price"

    def __init__(self, distribution: Any, bidders: int = 2, reserve: float = 0.0):
        rivals = integer("bidders", bidders, 2, 10**6) - 1
        self.bidders, self.reserve = rivals + 1, real("reserve", reserve, 0)
        low, high = _support(distribution)
        start = min(max(low, self.reserve), high)
        self.values = np.linspace(start, high, POINTS)
        below = np.asarray(distribution.cdf(self.values), dtype=np.float64) ** rivals
        area = cumulative_simpson(below, x=self.values, initial=0)
        rent = np.divide(area, below, out=np.zeros(POINTS), where=below > 0)
        # Monotone, as theory says, where differences are below the error of the integral.
        self.equilibrium = np.maximum.accumulate(np.minimum(self.values - rent, self.values))

    def bids(self, bidding: Bidding) -> Ints:
        """The equilibrium bid, floored; above the support that of its upper end."""
        value = bidding.value / TICKS_PER_CREDIT
        bid = np.interp(value, self.values, self.equilibrium) * TICKS_PER_CREDIT
        shaded = np.minimum(bid.astype(np.int64), bidding.value)
        return np.where(bidding.pays_bid & (value >= self.values[0]), shaded, bidding.value)

    def __repr__(self) -> str:
        return f"EquilibriumFirstPrice(bidders={self.bidders}, reserve={self.reserve:g})"


def _support(distribution: Any) -> tuple[float, float]:
    """Ends of a distribution of values; an unbounded one is cut where a billionth is left."""
    permitted = "a frozen distribution of scipy.stats on numbers >= 0"
    try:
        ends = (0.0, 1.0, 1 - TAIL)
        low, high, cut = (float(distribution.ppf(p)) for p in ends)
    except (AttributeError, TypeError, ValueError):
        raise ParameterError("distribution", distribution, permitted) from None
    high = high if np.isfinite(high) else cut
    if not (np.isfinite(low) and np.isfinite(high) and 0 <= low < high):
        raise ParameterError("distribution", distribution, permitted)
    return low, high


class ZeroIntelligence(Strategy):
    """Bid at random: uniformly up to the value, or whatever the value (Gode & Sunder 1993).

    Parameters
    ----------
    constrained : bool
        Whether no bid exceeds the value; otherwise bids go up to the largest value there is.
    """

    name = "zero-intelligence"

    def __init__(self, constrained: bool = True):
        if not isinstance(constrained, bool):
            raise ParameterError("constrained", constrained, "true or false")
        self.constrained = constrained

    def bids(self, bidding: Bidding) -> Ints:
        """A uniform number of ticks, the same at all listings of a round."""
        most = bidding.value if self.constrained else bidding.scale
        bid = (strategy_draws(bidding, 0) * (most + 1)).astype(np.int64)
        return np.minimum(bid, most)

    def __repr__(self) -> str:
        return f"ZeroIntelligence(constrained={self.constrained})"


def strategy_draws(bidding: Bidding, index: int) -> Floats:
    """Keyed uniforms on [0, 1) of each bid's buyer, (k,)."""
    seed = bidding.streams.seed
    uniform = kernels.select().uniform
    return uniform(seed, Purpose.STRATEGY, bidding.round, bidding.buyer, index)
