"""Excess demand as the searches see it: relative to supply, and blind to worthless goods."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Floats
from econsim.errors import ParameterError, real
from econsim.preferences.arrays import amounts
from econsim.preferences.economies import Economy, ExchangeEconomy

# Of total wealth: a good that may be free and is worth less than this, is.
WORTHLESS = 1e-12
# How far below tol a search aims, so that prices agree to tol, too; and what floats can resolve.
FURTHER = 1e-3
RESOLUTION = 2e-14


def positive(field: str, value: Any) -> float:
    """A finite number > 0, or `ParameterError`."""
    number = real(field, value, 0)
    if number == 0:
        raise ParameterError(field, value, "a number > 0")
    return number


def aim(tol: float) -> float:
    """The relative excess demand at which prices agree to `tol`, as far as floats permit."""
    return max(tol * FURTHER, RESOLUTION)


def starting_prices(economy: Economy, prices: ArrayLike | None = None) -> Floats:
    """Checked prices to start from, or those at which all supplies are worth the same."""
    if not isinstance(economy, Economy):
        raise ParameterError("economy", economy, "an ExchangeEconomy or a FisherMarket")
    if prices is None:
        even = 1 / economy.supply
        if isinstance(economy, ExchangeEconomy):
            return even / even.sum()
        return even * economy.wealth(even).sum() / economy.goods
    begin = amounts("prices", prices, 1, positive=True)
    if begin.shape != economy.supply.shape:
        raise ParameterError("prices", begin.shape, f"of shape {economy.supply.shape}")
    return begin


def relative_excess(economy: Economy, prices: Floats) -> Floats:
    """Excess demand over supply (m,) at unchecked positive prices."""
    spent = economy.preferences.spending(prices, economy.wealth(prices)).sum(axis=0)
    return spent / (prices * economy.supply) - 1


def freed(economy: Economy, prices: Floats, unsold: Floats | float = 0.0) -> Floats:
    """`prices` with those of worthless goods that may be free set to 0.

    Where the share `unsold` (m,) of each supply is known, a good is also worthless if its share of
    wealth is smaller: by complementary slackness one of the two is 0.
    """
    worth = prices * economy.supply
    gone = economy.preferences.free & (worth <= np.maximum(WORTHLESS, unsold) * worth.sum())
    if not gone.any():
        return prices
    final = np.where(gone, 0.0, prices)
    try:
        economy.demand(final)
    except ParameterError:  # somebody would be left with nothing to pay for
        return prices
    return final


def violation(economy: Economy, prices: Floats, excess: Floats) -> float:
    """Largest relative excess demand; worthless goods that may be free may be left over."""
    priced = freed(economy, prices) > 0
    return float(np.where(priced, np.abs(excess), np.maximum(excess, 0)).max())
