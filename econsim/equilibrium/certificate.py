"""Is this an equilibrium? Checked from prices and bundles alone.

Nothing here calls a demand function or a solver: supply is summed from endowments, budgets are
valued, and optimality is read off the Kuhn-Tucker conditions of each consumer. For a utility that
is concave and homogeneous of degree 1, no bundle that wealth w buys is worth more than
w max_j (u_j(x) / p_j), u_j the marginal utility at the bundle x held; x itself is worth
sum_j u_j(x) x_j (Euler). The gap between the two bounds what the consumer could gain.

References
----------
Mas-Colell, Whinston & Green (1995), Microeconomic Theory, section 3.D and appendix M.K. Eisenberg
& Gale (1959), "Consensus of subjective probabilities", Annals of Mathematical Statistics 30.
"""

from dataclasses import replace

import numpy as np

from econsim.arrays import Floats
from econsim.equilibrium.outcome import Certificate, EquilibriumOutcome, Outlook
from econsim.preferences.economies import Economy, ExchangeEconomy, FisherMarket

TINY = np.finfo(np.float64).tiny
# What rounding leaves in a bundle that is as good as floats allow.
ROUNDING = 1e-10
CHECKED = "markets clear, budgets are spent, no consumer can buy a better bundle"


def certify(economy: Economy, prices: Floats, allocation: Floats, tol: float) -> Certificate:
    """Check prices and bundles against the definition of a competitive equilibrium.

    Parameters
    ----------
    economy : ExchangeEconomy or FisherMarket
    prices : float64 array (m,)
    allocation : float64 array (n, m)
    tol : float
        For relative excess demand, budgets and optimality; the last two never below 1e-10.

    Returns
    -------
    Certificate
    """
    supply, wealth = _owned(economy, prices)
    excess = np.abs(_clearing(supply, prices, allocation)).max()
    budget = _budget_gap(prices, allocation, wealth)
    gaps = _optimality_gaps(economy, prices, allocation, wealth)
    figures = float(excess), float(budget), float(gaps.max())
    limits = tol, max(tol, ROUNDING), max(tol, ROUNDING)
    failed = [
        f"{what} by {figure:.3g}"
        for what, figure, limit in zip(FAILURES, figures, limits, strict=True)
        if not figure <= limit
    ]
    duality = _duality_gap(economy, prices, allocation, gaps)
    return Certificate(not failed, *figures, duality, tol, "; ".join(failed) or CHECKED)


FAILURES = "markets do not clear", "budgets are missed", "a consumer could do better"


def certified(
    economy: Economy,
    prices: Floats,
    allocation: Floats,
    tol: float,
    *,
    history: Floats,
    iterations: int = 0,
    outlook: Outlook | None = None,
    failure: str = "",
) -> EquilibriumOutcome:
    """The outcome of a search, with prices that sum to 1 if only their ratios matter.

    `failure` says why the search ended, and is used if the certificate does not hold.
    """
    if isinstance(economy, ExchangeEconomy):
        prices = prices / prices.sum()
    certificate = certify(economy, prices, allocation, tol)
    reason = certificate.reason
    if failure and not certificate.holds:
        reason = f"{failure}; {reason}"
    certificate = replace(certificate, reason=reason, outlook=outlook)
    excess = allocation.sum(axis=0) - economy.supply
    return EquilibriumOutcome(
        prices, allocation, excess, certificate.holds, iterations, certificate, history
    )


def _owned(economy: Economy, prices: Floats) -> tuple[Floats, Floats]:
    """Supply of each good, and wealth of each consumer."""
    if isinstance(economy, FisherMarket):
        return economy.supply, economy.budgets
    assert isinstance(economy, ExchangeEconomy)
    return economy.endowments.sum(axis=0), (economy.endowments * prices).sum(axis=1)


def _clearing(supply: Floats, prices: Floats, allocation: Floats) -> Floats:
    """Relative excess demand; what is free may be left over."""
    excess = allocation.sum(axis=0) / supply - 1
    return np.where(prices > 0, excess, np.maximum(excess, 0))


def _budget_gap(prices: Floats, allocation: Floats, wealth: Floats) -> float:
    """Largest relative difference of spending from wealth."""
    base = np.where(wealth > 0, wealth, wealth.sum())
    return (np.abs(allocation @ prices - wealth) / base).max()


def _optimality_gaps(
    economy: Economy, prices: Floats, allocation: Floats, wealth: Floats
) -> Floats:
    """Upper bound, for each consumer, on the share of attainable utility that is missed."""
    weights, elasticity = economy.preferences.weights, economy.preferences.elasticity
    wanted = weights > 0
    if elasticity[0] == 0:
        units = np.divide(allocation, weights, out=np.full(weights.shape, np.inf), where=wanted)
        cost = weights @ prices
        gap = 1 - units.min(axis=1) * cost / np.where(wealth > 0, wealth, 1)
        unbounded = cost == 0
    else:
        gap = 1 - _kuhn_tucker(weights, elasticity, prices, allocation, wealth)
        unbounded = (wanted & (prices == 0)).any(axis=1)
    return np.where(unbounded, 1.0, np.where(wealth > 0, np.clip(gap, 0, 1), 0.0))


def _kuhn_tucker(
    weights: Floats, elasticity: Floats, prices: Floats, allocation: Floats, wealth: Floats
) -> Floats:
    """Utility of each bundle over the bound on what its owner's wealth could buy."""
    # Marginal utility is a_j x_j^(-1/sigma) up to a factor that cancels; a bundle with a trifle
    # of each good is as good as one without.
    value = np.log(np.maximum(allocation, TINY))
    value *= -1 / elasticity[:, None]
    value += np.log(weights, out=np.full(weights.shape, -np.inf), where=weights > 0)
    value -= np.log(np.maximum(prices, TINY))
    value -= value.max(axis=1, keepdims=True)
    np.exp(value, out=value)
    value *= allocation
    return (value @ prices) / np.where(wealth > 0, wealth, 1)


def _duality_gap(economy: Economy, prices: Floats, allocation: Floats, gaps: Floats) -> float:
    """Dual less primal of the Eisenberg-Gale program over the sum of budgets.

    The primal is sum_i B_i log u_i at a feasible allocation: what exceeds supply is cut from
    everybody alike. The dual is sum_j p_j s_j - sum_i B_i + sum_i B_i log v_i, v_i the utility
    that B_i buys.
    """
    if not isinstance(economy, FisherMarket):
        return float("nan")
    total = allocation.sum(axis=0)
    if (total > economy.supply).any():
        feasible = allocation * (economy.supply / np.maximum(total, economy.supply))
        gaps = _optimality_gaps(economy, prices, feasible, economy.budgets)
    with np.errstate(divide="ignore"):
        missed = -np.log1p(-gaps)
    buyers = economy.budgets > 0
    money = economy.budgets.sum()
    idle = prices @ economy.supply - money
    # Not negative but for rounding.
    return max(float((idle + economy.budgets[buyers] @ missed[buyers]) / money), 0.0)
