"""Equilibria in closed form: Cobb-Douglas.

References
----------
Gale (1960), The Theory of Linear Economic Models, section 8.5 (the linear exchange model). Eaves
(1985), "Finite solution of pure trade markets with Cobb-Douglas utilities", Mathematical
Programming Study 23. Grassmann, Taksar & Heyman (1985), "Regenerative analysis and steady state
distributions for Markov chains", Operations Research 33.
"""

import numpy as np
from scipy.sparse.csgraph import connected_components

from econsim.arrays import Floats
from econsim.equilibrium.certificate import certified
from econsim.equilibrium.excess import positive, starting_prices
from econsim.equilibrium.outcome import EquilibriumOutcome
from econsim.errors import ParameterError
from econsim.preferences.economies import Economy, ExchangeEconomy, FisherMarket


def closed_form(economy: Economy, *, tol: float = 1e-8) -> EquilibriumOutcome:
    """Equilibrium by a formula, where there is one: Cobb-Douglas (also CES with sigma = 1).

    1. Fisher market: p_j = sum_i B_i a_ij / s_j.
    2. Exchange: consumer i spends a_ij of its income on good j, so the value v_j of the supply of j
       is sum_k T_jk v_k with T_jk = sum_i a_ij e_ik / s_k. The columns of T sum to 1, and v is its
       Perron vector, found by elimination without subtraction (Grassmann, Taksar & Heyman 1985).

    Parameters
    ----------
    economy : ExchangeEconomy or FisherMarket
    tol : float > 0
        Of the certificate.

    Returns
    -------
    EquilibriumOutcome

    Raises
    ------
    ParameterError
        If preferences are not Cobb-Douglas, or if the economy falls into groups that do not trade
        with each other, so that relative prices between them are arbitrary.
    """
    precision = positive("tol", tol)
    starting_prices(economy)
    if not (economy.preferences.elasticity == 1).all():
        shown = type(economy.preferences).__name__
        raise ParameterError("economy", shown, "one with Cobb-Douglas preferences")
    weights = economy.preferences.weights
    shares = weights / weights.sum(axis=1, keepdims=True)
    prices = _values(economy, shares) / economy.supply
    # Goods without a price are wanted by nobody who counts; the certificate judges.
    spent = shares * economy.wealth(prices)[:, None]
    bundles = np.divide(spent, prices, out=np.zeros(spent.shape), where=prices > 0)
    return certified(economy, prices, bundles, precision, history=prices[None])


def _values(economy: Economy, shares: Floats) -> Floats:
    """What the supply of each good is worth."""
    if isinstance(economy, FisherMarket):
        return economy.budgets @ shares
    assert isinstance(economy, ExchangeEconomy)
    flows = shares.T @ (economy.endowments / economy.supply)
    closed = _closed_goods(flows)
    values = np.zeros(economy.goods)
    values[closed] = _perron(flows[np.ix_(closed, closed)])
    return values


def _closed_goods(flows: Floats) -> np.ndarray:
    """Goods whose owners spend on these only, directly and indirectly; others have no price."""
    linked = flows > 0
    count, group = connected_components(linked.T, connection="strong")
    leaving = {int(group[k]) for j, k in np.argwhere(linked) if group[j] != group[k]}
    kept = sorted(set(range(count)) - leaving)
    if len(kept) > 1:
        permitted = "one whose owners of any good want, directly or not, all goods that are wanted"
        raise ParameterError("economy", f"{len(kept)} groups without trade between", permitted)
    return np.flatnonzero(group == kept[0])


def _perron(flows: Floats) -> Floats:
    """The vector v = T v, of sum 1, of a matrix whose columns sum to 1."""
    chain = flows.T.copy()
    last = len(chain) - 1
    for k in range(last, 0, -1):
        chain[:k, k] /= chain[k, :k].sum()
        chain[:k, :k] += np.outer(chain[:k, k], chain[k, :k])
    values = np.ones(last + 1)
    for k in range(1, last + 1):
        values[k] = values[:k] @ chain[:k, k]
    return values / values.sum()
