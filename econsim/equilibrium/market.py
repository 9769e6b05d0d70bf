"""Competitive equilibrium of a round: what a market-clearing price could have been."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from econsim import kernels
from econsim.arrays import Categories, Floats, Ints
from econsim.errors import ParameterError, unmasked


@dataclass(frozen=True)
class MarketEquilibrium:
    """Competitive price band and quantity of each category, c of them.

    At any price in [low, high] as many units are demanded as supplied: at least the first excluded
    value and the last cost that trades, at most the last value that trades and the first excluded
    cost (Mas-Colell, Whinston & Green, section 10.F; for units, Shapley & Shubik 1971).

    Attributes
    ----------
    low, high : int64 (c,)
        Ends of the band, ticks. Without anything to sell `high` is the largest value; without
        demand `low` is 0.
    quantity : int64 (c,)
        Units that trade, those at a gain.
    gains : int64 (c,)
        Gains from trade, ticks: the most that any allocation has, which is what ``efficiency`` is
        a share of.
    """

    low: Ints
    high: Ints
    quantity: Ints
    gains: Ints

    @property
    def midpoint(self) -> Floats:
        """Middle of the band, (c,)."""
        return self.low + (self.high - self.low) / 2

    def distance(self, price: ArrayLike) -> Floats:
        """How far a price of each category lies outside its band, as a share of the midpoint.

        Parameters
        ----------
        price : float array (c,), ticks

        Returns
        -------
        float64 (c,), 0 inside the band; NaN where the price is NaN or the band is at 0.
        """
        paid = np.asarray(unmasked("price", price), dtype=np.float64)
        outside = np.abs(paid - np.clip(paid, self.low, self.high))
        middle = self.midpoint
        return np.divide(outside, middle, out=np.full(len(middle), np.nan), where=middle > 0)


def market_equilibrium(
    values: ArrayLike, category: ArrayLike, unit_costs: ArrayLike, starts: ArrayLike
) -> MarketEquilibrium:
    """Competitive equilibrium of unit demands and unit supplies, category by category.

    1. Values by size descending meet costs ascending; units trade while value exceeds cost.
    2. The band lies between the values and costs on either side of that margin.

    Parameters
    ----------
    values : int array (n,), what each task is worth, ticks; 0 demands nothing
    category : int array (n,), each value's category
    unit_costs : int array (u,), cost of each unit, ticks, ascending within its category
    starts : int array (c + 1,), units of category k are ``unit_costs[starts[k]:starts[k + 1]]``

    Raises
    ------
    ParameterError
        If shapes do not fit, an amount is negative, or costs are not ascending.
    """
    worth, kind, costs, bounds = _checked(values, category, unit_costs, starts)
    gains, quantity, last, following = kernels.select().maximal_gains(worth, kind, costs, bounds)
    supply, padded = np.diff(bounds), np.append(costs, 0)
    within = np.where(quantity > 0, padded[bounds[:-1] + quantity - 1], 0)
    low = np.maximum(following, within)
    more = np.where(quantity > 0, last, low)
    dearer = np.where(quantity < supply, padded[bounds[:-1] + quantity], more)
    high = np.where(quantity > 0, np.minimum(more, dearer), np.maximum(dearer, low))
    return MarketEquilibrium(low, high, quantity, gains)


def _checked(
    values: ArrayLike, category: ArrayLike, unit_costs: ArrayLike, starts: ArrayLike
) -> tuple[Ints, Categories, Ints, Ints]:
    """The four arrays as integers that fit together."""
    worth, kind = _whole("values", values), _whole("category", category)
    costs, bounds = _whole("unit_costs", unit_costs), _whole("starts", starts)
    if len(kind) != len(worth):
        raise ParameterError("category", category, f"one entry a value, {len(worth)}")
    if len(bounds) < 1 or bounds[0] != 0 or bounds[-1] != len(costs) or (np.diff(bounds) < 0).any():
        raise ParameterError("starts", starts, f"ascending from 0 to {len(costs)}")
    if kind.max(initial=-1) >= len(bounds) - 1:
        raise ParameterError("category", category, f"integers below {len(bounds) - 1}")
    within = np.ones(max(len(costs) - 1, 0), dtype=bool)
    within[bounds[(bounds > 0) & (bounds < len(costs))] - 1] = False
    if (np.diff(costs)[within] < 0).any():
        raise ParameterError("unit_costs", unit_costs, "ascending within each category")
    return worth, kind.astype(np.int16), costs, bounds


def _whole(name: str, given: ArrayLike) -> Ints:
    """An array of integers >= 0; an empty list is one, too."""
    array = np.asarray(unmasked(name, given))
    whole = array.dtype.kind in "iu" or not array.size
    if array.ndim != 1 or not whole or (array < 0).any():
        raise ParameterError(name, given, "a one-dimensional array of integers >= 0")
    return array.astype(np.int64, copy=False)
