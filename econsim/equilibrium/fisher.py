"""Fisher markets: as a convex program, and by buyers who respond in proportion.

References
----------
Eisenberg & Gale (1959), "Consensus of subjective probabilities: the pari-mutuel method", Annals of
Mathematical Statistics 30. Zhang (2011), "Proportional response dynamics in the Fisher market",
Theoretical Computer Science 412. Cheung, Cole & Tao (2018), "Dynamics of distributed updating in
Fisher markets", EC.
"""

import numpy as np

from econsim.arrays import Floats
from econsim.equilibrium.certificate import certified, certify
from econsim.equilibrium.excess import (
    aim,
    freed,
    positive,
    relative_excess,
    starting_prices,
    violation,
)
from econsim.equilibrium.interior import complements_program, linear_program
from econsim.equilibrium.outcome import EquilibriumOutcome
from econsim.equilibrium.paths import Path, describe
from econsim.equilibrium.ties import settled
from econsim.errors import ParameterError, integer
from econsim.preferences.economies import Economy, FisherMarket
from econsim.preferences.utilities import Leontief, Linear

NEWTON_STEPS = 200
PATIENCE = 5
# Few buyers of near-perfect complements leave directions almost without curvature.
RIDGE = 1e-12
LARGEST_MOVE = 3.0


def eisenberg_gale(market: FisherMarket, *, tol: float = 1e-8) -> EquilibriumOutcome:
    """Equilibrium as the optimum of a convex program: maximise sum_i B_i log u_i.

    1. Linear and Leontief utilities: a primal-dual interior-point method on the program itself;
       where indifference leaves linear prices short of `tol`, the ties near them settle the rest.
    2. Else Newton's method on its dual, the convex function sum_j p_j s_j - sum_i B_i log e_i(p),
       e_i the cost of a unit of utility; its gradient is supply less demand.

    Parameters
    ----------
    market : FisherMarket
    tol : float > 0
        As in `tatonnement`.

    Returns
    -------
    EquilibriumOutcome
        Where utilities are linear the allocation is that of the program, and
        ``certificate.duality_gap`` says how far it is from the optimum.

    Raises
    ------
    ParameterError
    """
    precision = positive("tol", tol)
    prices = starting_prices(_fisher(market))
    if isinstance(market.preferences, Linear):
        final, allocation, history = linear_program(market)
        final = freed(market, final)
        if not certify(market, final, allocation, precision).holds:
            final, allocation = settled(market, final) or (final, allocation)
    else:
        complements = isinstance(market.preferences, Leontief)
        history = complements_program(market) if complements else _newton(market, prices, precision)
        unsold = -relative_excess(market, history[-1]) if complements else 0.0
        final = freed(market, history[-1], unsold)
        allocation = market.demand(final)
    return certified(
        market,
        final,
        allocation,
        precision,
        history=history,
        iterations=len(history) - 1,
        failure=f"stopped after {len(history) - 1} Newton steps",
    )


def proportional_response(
    market: FisherMarket, *, tol: float = 1e-8, max_iter: int = 10_000
) -> EquilibriumOutcome:
    """Equilibrium by bids that answer what they bought last time.

    1. Every buyer divides its budget evenly among the goods that it wants.
    2. The price of a good is the money bid over its supply, and bids buy in proportion.
    3. Substitutes (sigma > 1, linear too): a buyer bids next in proportion to what each good added
       to its utility, a_j x_j^rho (Zhang 2011).
    4. Complements (sigma <= 1, Leontief too): it bids what it would spend at these prices.
    5. Where a market has both kinds, the next bid is the geometric mean of the last bid and the
       response (Cheung, Cole & Tao 2018).

    Parameters
    ----------
    market : FisherMarket
    tol : float > 0
        As in `tatonnement`; for linear utilities, on the optimality gap of what the bids buy.
    max_iter : int >= 1

    Returns
    -------
    EquilibriumOutcome
        The error falls by a constant factor a step for CES, and as one over the number of steps
        for linear and Leontief utilities, whose outcome may thus say that it did not converge.

    Raises
    ------
    ParameterError
    """
    precision, limit = positive("tol", tol), integer("max_iter", max_iter, 1)
    respond = _Response(_fisher(market))
    prices = respond.prices()
    path, done = Path(prices), 0
    while done < limit and respond.error(prices) > respond.aim(precision):
        respond.step(prices)
        prices = respond.prices()
        path.append(prices)
        done += 1
    history = path.array()
    final = freed(market, prices)
    return certified(
        market,
        final,
        respond.bought(final),
        precision,
        history=history,
        iterations=done,
        failure=describe(history),
    )


class _Response:
    """Bids (n, m), and how they change."""

    def __init__(self, market: FisherMarket):
        wanted = market.preferences.weights > 0
        self._market = market
        self._linear = isinstance(market.preferences, Linear)
        self._substitutes = market.preferences.elasticity > 1
        self._both = len(set(self._substitutes[market.budgets > 0].tolist())) == 2
        self._bids = wanted * (market.budgets / wanted.sum(axis=1))[:, None]

    def prices(self) -> Floats:
        """Money bid over supply."""
        return self._bids.sum(axis=0) / self._market.supply

    def step(self, prices: Floats) -> None:
        """Respond to the prices and to what the bids bought at them."""
        response = np.where(
            self._substitutes[:, None], self._by_utility(prices), self._by_demand(prices)
        )
        if self._both:
            response = np.sqrt(self._bids * response)
            total = response.sum(axis=1)
            response *= (self._market.budgets / np.where(total > 0, total, 1))[:, None]
        self._bids = response

    def error(self, prices: Floats) -> float:
        """What is to vanish: relative excess demand, or the optimality gap of linear buyers."""
        if not self._linear:
            priced = prices > 0
            excess = np.zeros(len(prices))
            spent = self._by_demand(prices).sum(axis=0)[priced]
            excess[priced] = spent / (prices * self._market.supply)[priced] - 1
            return violation(self._market, prices, excess)
        value = np.divide(
            self._market.preferences.weights, prices, where=prices > 0, out=self._no()
        )
        best = value.max(axis=1) * self._market.budgets
        return float(
            (1 - (value * self._bids).sum(axis=1) / np.where(best > 0, best, 1))[best > 0].max()
        )

    def aim(self, tol: float) -> float:
        """Error to stop at."""
        return tol if self._linear else aim(tol)

    def bought(self, prices: Floats) -> Floats:
        """What the bids buy, if they are linear; else demand, which is as near as the prices."""
        if not self._linear:
            return self._market.demand(prices)
        return np.divide(self._bids, prices, where=prices > 0, out=self._no())

    def _by_demand(self, prices: Floats) -> Floats:
        """Spending at the prices."""
        return self._market.preferences.spending(prices, self._market.budgets)

    def _by_utility(self, prices: Floats) -> Floats:
        """Budgets in proportion to what each good added to utility."""
        weights, elasticity = self._market.preferences.weights, self._market.preferences.elasticity
        bought = np.divide(self._bids, prices, where=prices > 0, out=self._no())
        top = bought.max(axis=1, keepdims=True)
        rho = 1 - 1 / np.where(self._substitutes, elasticity, np.inf)
        added = weights * (bought / np.where(top > 0, top, 1)) ** rho[:, None]
        total = added.sum(axis=1)
        return added * (self._market.budgets / np.where(total > 0, total, 1))[:, None]

    def _no(self) -> Floats:
        """Nothing of any good for anybody."""
        return np.zeros(self._bids.shape)


def _fisher(market: Economy) -> FisherMarket:
    """The market, if it is one."""
    if not isinstance(market, FisherMarket):
        raise ParameterError("market", market, "a FisherMarket")
    return market


def _newton(market: FisherMarket, prices: Floats, tol: float) -> Floats:
    """Prices of every step of Newton's method on the dual of the Eisenberg-Gale program."""
    visited = [prices]
    target, best, stalled = aim(tol), np.inf, 0
    for _ in range(NEWTON_STEPS):
        worst = violation(market, prices, relative_excess(market, prices))
        stalled = 0 if worst < best else stalled + 1
        best = min(best, worst)
        if worst <= target or (worst <= tol and stalled > PATIENCE):
            break
        prices = _descend(market, prices, _direction(market, prices))
        visited.append(prices)
    return np.array(visited)


def _direction(market: FisherMarket, prices: Floats) -> Floats:
    """Newton's direction in log prices.

    With S the spending, the Hessian of the dual in prices, scaled by prices on both sides, is
    sum_i sigma_i diag(S_i) + (1 - sigma_i) S_i S_i' / B_i. In log prices the gradient, the value of
    excess supply, comes on its diagonal; its positive part keeps the sum positive definite and the
    step of a good in excess supply short, and vanishes at the optimum.
    """
    buyers = market.budgets > 0
    spent = market.preferences.spending(prices, market.budgets)[buyers]
    elasticity, budgets = market.preferences.elasticity[buyers], market.budgets[buyers]
    worth = prices * market.supply
    unspent = worth - spent.sum(axis=0)
    curvature = (spent * ((1 - elasticity) / budgets)[:, None]).T @ spent
    curvature += np.diag(elasticity @ spent + np.maximum(unspent, 0) + RIDGE * worth)
    # Values may lie many orders of magnitude apart.
    scale = 1 / np.sqrt(np.diag(curvature))
    return scale * np.linalg.solve(curvature * np.outer(scale, scale), -unspent * scale)


def _descend(market: FisherMarket, prices: Floats, direction: Floats) -> Floats:
    """The longest step, halved until it does not go far beyond the minimum on its way."""

    def slope(there: Floats) -> float:
        """Derivative of the dual along the direction."""
        return float(-(direction * there * market.supply) @ relative_excess(market, there))

    rounding = 1e-14 * float(np.abs(direction) @ (prices * market.supply))
    steep = 0.1 * abs(slope(prices)) + rounding
    length = min(1.0, LARGEST_MOVE / float(np.abs(direction).max()))
    there = prices * np.exp(length * direction)
    while slope(there) > steep and length > 1e-12:
        length /= 2
        there = prices * np.exp(length * direction)
    return there
