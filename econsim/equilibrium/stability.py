"""What theory says of tatonnement before it runs: gross substitutes, and how large a step may be.

References
----------
Arrow, Block & Hurwicz (1959), "On the stability of the competitive equilibrium, II", Econometrica
27. Cheung, Cole & Devanur (2013), "Tatonnement beyond gross substitutes? Gradient descent to the
rescue", STOC.
"""

import numpy as np

from econsim.arrays import Floats
from econsim.equilibrium.outcome import Outlook
from econsim.preferences.economies import Economy, ExchangeEconomy


def gross_substitutes(economy: Economy, prices: Floats) -> bool | None:
    """Whether demand for a good never falls as another one becomes dearer, at any prices.

    Parameters
    ----------
    economy : ExchangeEconomy or FisherMarket
    prices : float64 array (m,), positive
        Where to look for a counterexample, if elasticities below 1 permit one.

    Returns
    -------
    bool or None
        True with one good, or if no elasticity of substitution is below 1; False if some
        derivative is negative at `prices`; None if neither.
    """
    if economy.goods == 1 or (economy.preferences.elasticity >= 1).all():
        return True
    cross = _cross_derivatives(economy, prices)
    scale = np.abs(cross).max()
    np.fill_diagonal(cross, 0)
    return False if (cross < -1e-12 * scale).any() else None


def step_bound(
    economy: Economy, prices: Floats, rule: str, substitutes: bool | None
) -> float | None:
    """Steps below this are locally stable at any equilibrium of the economy; None if not known.

    Linearise log p <- log p + step z / s at an equilibrium. In a Fisher market the eigenvalues of
    -d(z/s) / d(log p) lie between the least and the largest of 1 and the elasticities, so that
    step x max(sigma, 1) < 2 suffices, and is needed where all buyers are alike. In an exchange
    economy with gross substitutes they lie in discs through 0 of radius at most sigma (Gershgorin),
    so that step x max(sigma, 1) < 1 suffices. The Cole-Fleischer rule has the same derivative. The
    additive rule moves log p_j by step z_j / p_j, so its bound holds near `prices`.
    """
    if isinstance(economy, ExchangeEconomy) and not substitutes:
        return None
    room = 1.0 if isinstance(economy, ExchangeEconomy) else 2.0
    bound = room / max(float(economy.preferences.elasticity.max()), 1.0)
    return bound * float((prices / economy.supply).min()) if rule == "additive" else bound


def outlook(economy: Economy, prices: Floats, rule: str, step: float | None) -> Outlook:
    """What can be said before a search from `prices`; a `step` of None is one that adapts."""
    substitutes = gross_substitutes(economy, prices)
    if step is None:
        return Outlook(substitutes)
    bound = step_bound(economy, prices, rule, substitutes)
    return Outlook(substitutes, step, bound, None if bound is None else step < bound)


def _cross_derivatives(economy: Economy, prices: Floats) -> Floats:
    """d(demand for j) / d(price of k), j != k: income effects plus substitution (Slutsky).

    For homothetic CES it is sum_i x_ij (e_ik + (sigma_i - 1) x_ik) / w_i, without endowment e in a
    Fisher market.
    """
    wealth = economy.wealth(prices)
    rich = wealth > 0
    bundles = economy.demand(prices)[rich]
    other = (economy.preferences.elasticity[rich, None] - 1) * bundles
    if isinstance(economy, ExchangeEconomy):
        other += economy.endowments[rich]
    return (bundles / wealth[rich, None]).T @ other
