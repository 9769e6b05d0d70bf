"""All equilibria of an economy with two goods, where excess demand is a function of one number.

References
----------
Kehoe (1998), "Uniqueness and stability", in Kirman (ed.), Elements of General Equilibrium Analysis.
Toda & Walsh (2017), "Edgeworth box economies with multiple equilibria", Economic Theory Bulletin 5.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from econsim.arrays import Floats
from econsim.equilibrium.certificate import certified
from econsim.equilibrium.excess import positive, relative_excess, starting_prices
from econsim.equilibrium.outcome import EquilibriumOutcome
from econsim.errors import ParameterError
from econsim.preferences.economies import Economy

# Log of the value of good 1 over that of good 2: from e^-100 to e^100.
GRID = np.linspace(-100, 100, 4001)
TOUCHING = 1e-12


def all_equilibria(economy: Economy, *, tol: float = 1e-8) -> list[EquilibriumOutcome]:
    """Every equilibrium of an economy with two goods, by the price of the first.

    1. By Walras' law one market decides. Excess demand for good 1 (or, with the sign changed, for
       good 2 where that is the dearer supply) is evaluated at 4001 ratios of the values of the two
       supplies, e^-100 to e^100.
    2. Between neighbours of opposite sign is a root (Brent). Where excess demand comes near zero
       without crossing on the grid, its nearest point is sought: a tangency is one root, a crossing
       two.
    3. Each good in turn is tried at a price of zero.

    Parameters
    ----------
    economy : ExchangeEconomy or FisherMarket
        Of two goods; CES, Cobb-Douglas or Leontief. In a Fisher market a root is an equilibrium
        with all budgets spent, of which there is one.
    tol : float > 0
        Of the certificates.

    Returns
    -------
    list of EquilibriumOutcome
        By ascending ``prices[0]``; only those whose certificate holds.

    Raises
    ------
    ParameterError
        If there are not two goods, if preferences are linear (demand jumps), or if a whole range
        of prices clears the markets.
    """
    precision = positive("tol", tol)
    _refuse(economy)

    def prices(ratio: float) -> Floats:
        """Prices at which good 1 is worth e^ratio times good 2."""
        shares = np.exp(-np.logaddexp(0, [-ratio, ratio]))
        even = 1 / economy.supply
        return shares * even * economy.wealth(even).sum()

    def excess(ratio: float) -> float:
        """Relative excess demand for good 1, or less that for good 2."""
        first, second = relative_excess(economy, prices(ratio))
        return float(first if ratio < 0 else -second)

    candidates = [prices(ratio) for ratio in _roots(excess)]
    candidates += [np.eye(2)[j] * prices(0.0) * 2 for j in (0, 1)]
    outcomes = [_outcome(economy, point, precision) for point in candidates]
    kept = [outcome for outcome in outcomes if outcome is not None and outcome.converged]
    return sorted(kept, key=lambda outcome: float(outcome.prices[0]))


def _refuse(economy: Economy) -> None:
    """Refuse what has no excess demand function of one number."""
    starting_prices(economy)
    if economy.goods != 2:
        raise ParameterError("economy", f"{economy.goods} goods", "one with two goods")
    if not np.isfinite(economy.preferences.elasticity).all():
        raise ParameterError("economy", "Linear", "one with CES, Cobb-Douglas or Leontief demand")


def _outcome(economy: Economy, prices: Floats, tol: float) -> EquilibriumOutcome | None:
    """The outcome at these prices; None where some good is free that is wanted without end."""
    try:
        bundles = economy.demand(prices)
    except ParameterError:
        return None
    return certified(economy, prices, bundles, tol, history=prices[None])


def _roots(excess: Callable[[float], float]) -> list[float]:
    """Zeros of a continuous function on the grid, those without a change of sign too."""
    heights = np.array([excess(ratio) for ratio in GRID])
    flat = np.flatnonzero(np.abs(heights) <= TOUCHING)
    if len(flat) > 2:
        shown = f"ratios of value e^{GRID[flat[0]]:.4g} to e^{GRID[flat[-1]]:.4g} clear"
        raise ParameterError("economy", shown, "one with finitely many equilibria")
    roots = [float(GRID[k]) for k in np.flatnonzero(heights == 0)]
    roots += [
        float(brentq(excess, GRID[k], GRID[k + 1], xtol=1e-14, rtol=1e-14))
        for k in np.flatnonzero(heights[:-1] * heights[1:] < 0)
    ]
    size = np.abs(heights)
    low = (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:]) & (size[1:-1] > 0)
    same = (heights[:-2] * heights[1:-1] > 0) & (heights[1:-1] * heights[2:] > 0)
    for k in np.flatnonzero(low & same) + 1:
        roots += _near_touch(excess, float(np.sign(heights[k])), GRID[k - 1], GRID[k + 1])
    return roots


def _near_touch(
    excess: Callable[[float], float], sign: float, low: float, high: float
) -> list[float]:
    """Zeros between grid points where the function comes near zero: none, one or two."""
    lowest: Any = minimize_scalar(
        lambda ratio: sign * excess(ratio),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-12},
    )
    if lowest.fun < -TOUCHING:
        return [brentq(excess, low, lowest.x), brentq(excess, lowest.x, high)]
    return [float(lowest.x)] if lowest.fun <= TOUCHING else []
