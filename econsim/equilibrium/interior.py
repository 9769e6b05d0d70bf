"""The Eisenberg-Gale program for utilities with kinks, by a primal-dual interior-point method.

References
----------
Eisenberg & Gale (1959). Boyd & Vandenberghe (2004), Convex Optimization, section 11.7. Ye (2008),
"A path to the Arrow-Debreu competitive market equilibrium", Mathematical Programming 111.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from econsim.arrays import Floats
from econsim.preferences.economies import FisherMarket

STEPS = 200
# Complementarity, over the sum of budgets and the number of cells, that floats still resolve.
SMALLEST = 1e-16
# Share of complementarity to aim at, and of the way to the boundary to go: where the boldest pair
# runs into a corner the next one is tried.
PACES = ((0.1, 0.98), (0.2, 0.95), (0.5, 0.9), (0.8, 0.5))


class _Point(NamedTuple):
    """Prices p, money per unit of utility beta, slack p_j - a_ij beta_i > 0 and bundles x > 0."""

    prices: Floats
    rates: Floats
    slack: Floats
    bundles: Floats

    def moved(self, step: float, direction: "_Point") -> "_Point":
        """This point plus a multiple of a direction."""
        return _Point(*(here + step * way for here, way in zip(self, direction, strict=True)))


def linear_program(market: FisherMarket) -> tuple[Floats, Floats, Floats]:
    """Solve max sum_i B_i log(sum_j a_ij x_ij) subject to sum_i x_ij = s_j, x >= 0.

    1. Optimality: a_ij beta_i <= p_j with beta_i = B_i / u_i, and x_ij = 0 where it is strict.
    2. Newton's method on these, with x_ij (p_j - a_ij beta_i) = mu, mu falling to 0.

    Parameters
    ----------
    market : FisherMarket with linear preferences

    Returns
    -------
    prices (m,), allocation (n, m), history of prices (steps + 1, m)
    """
    buyers = market.budgets > 0
    money = market.budgets.sum()
    # Supplies and the sum of budgets become 1, and the largest weight of each buyer.
    weights = (market.preferences.weights * market.supply)[buyers]
    weights /= weights.max(axis=1, keepdims=True)
    points = _path(weights, market.budgets[buyers] / money)
    allocation = np.zeros((market.consumers, market.goods))
    shares = points[-1].bundles
    allocation[buyers] = shares / shares.sum(axis=0) * market.supply
    history = np.array([point.prices for point in points]) * money / market.supply
    return history[-1], allocation, history


def _path(weights: Floats, budgets: Floats) -> list[_Point]:
    """Points on the way to the optimum."""
    n, m = weights.shape
    prices, rates = np.full(m, 1 / m), np.full(n, 0.5 / m)
    start = _Point(prices, rates, prices - weights * rates[:, None], np.full((n, m), 1 / n))

    def solved(point: _Point) -> bool:
        close = float((point.bundles * point.slack).mean()) <= SMALLEST
        return close and _residual(point, weights, budgets) <= 1e-13

    def direction(point: _Point, centring: float) -> _Point:
        gap = float((point.bundles * point.slack).mean())
        return _direction(point, weights, budgets, centring * gap)

    return _descend(start, direction, solved)


def _descend(start: Any, direction: Callable[..., Any], solved: Callable[[Any], bool]) -> list[Any]:
    """Newton's steps inside the boundary, at each pace in turn until one arrives."""
    points: list[Any] = []
    for centring, boundary in PACES:
        points = [start]
        while len(points) <= STEPS and not solved(points[-1]):
            try:
                with np.errstate(
                    all="ignore"
                ):  # in a corner it overflows, and the pace is given up
                    way = direction(points[-1], centring)
            except np.linalg.LinAlgError:
                break
            length = _length(points[-1], way, boundary)
            if not length > 1e-8:
                break
            points.append(points[-1].moved(length, way))
        if solved(points[-1]):
            break
    return points


def _residual(point: _Point, weights: Floats, budgets: Floats) -> float:
    """How far goods are from being sold out, and buyers from their rates."""
    sold = np.abs(1 - point.bundles.sum(axis=0)).max()
    rates = np.abs((weights * point.bundles).sum(axis=1) * point.rates / budgets - 1).max()
    return float(max(sold, rates))


def _direction(point: _Point, weights: Floats, budgets: Floats, target: float) -> _Point:
    """Newton's direction; rates are eliminated, which leaves one equation for each good."""
    ratio = point.bundles / point.slack
    centre = (target - point.bundles * point.slack) / point.slack
    cross = ratio * weights
    curve = budgets / point.rates**2 + (cross * weights).sum(axis=1)
    unsold = 1 - point.bundles.sum(axis=0) - centre.sum(axis=0)
    missed = budgets / point.rates - (weights * (point.bundles + centre)).sum(axis=1)
    matrix = np.diag(ratio.sum(axis=0)) - (cross / curve[:, None]).T @ cross
    prices = np.linalg.solve(matrix, cross.T @ (missed / curve) - unsold)
    rates = (missed + cross @ prices) / curve
    slack = prices - weights * rates[:, None]
    return _Point(prices, rates, slack, centre - ratio * slack)


def _length(point: Any, direction: Any, boundary: float) -> float:
    """Step that keeps everything positive."""
    with np.errstate(all="ignore"):
        ratios = [-way / here for here, way in zip(point, direction, strict=True)]
    worst = max(float(ratio.max()) for ratio in ratios)
    if not all(np.isfinite(ratio).all() for ratio in ratios):
        return 0.0
    return min(1.0, boundary / worst) if worst > 0 else 1.0


class _Kink(NamedTuple):
    """Utilities u, prices p and unsold supply t, all > 0."""

    utilities: Floats
    prices: Floats
    unsold: Floats

    def moved(self, step: float, direction: "_Kink") -> "_Kink":
        """This point plus a multiple of a direction."""
        return _Kink(*(here + step * way for here, way in zip(self, direction, strict=True)))


def complements_program(market: FisherMarket) -> Floats:
    """Solve max sum_i B_i log u_i subject to sum_i a_ij u_i <= s_j: Leontief utilities.

    Optimality: B_i / u_i = sum_j a_ij p_j, and p_j = 0 for goods that are left over. Newton's
    method on these with p_j (s_j - sum_i a_ij u_i) = mu, mu falling to 0.

    Parameters
    ----------
    market : FisherMarket with Leontief preferences

    Returns
    -------
    float64 array (steps + 1, m), prices on the way
    """
    buyers = market.budgets > 0
    money = market.budgets.sum()
    weights = (market.preferences.weights / market.supply)[buyers]
    weights /= weights.max(axis=1, keepdims=True)
    points = _kinks(weights, market.budgets[buyers] / money)
    return np.array([point.prices for point in points]) * money / market.supply


def _kinks(weights: Floats, budgets: Floats) -> list[_Kink]:
    """Points on the way to the optimum; supplies, money and the largest weights are 1."""
    n, m = weights.shape
    utilities = np.full(n, 0.5 / n)
    start = _Kink(utilities, np.full(m, 1 / m), 1 - utilities @ weights)

    def solved(point: _Kink) -> bool:
        missed = np.abs(weights @ point.prices * point.utilities / budgets - 1).max()
        return float((point.prices * point.unsold).mean()) <= SMALLEST and missed <= 1e-13

    def direction(point: _Kink, centring: float) -> _Kink:
        u, p, t = point
        target = centring * float((p * t).mean())
        short = t + u @ weights - 1
        pull = (target - p * t + p * short) / t
        matrix = np.diag(budgets / u**2) + (weights * (p / t)) @ weights.T
        du = np.linalg.solve(matrix, budgets / u - weights @ (p + pull))
        return _Kink(du, pull + p / t * (du @ weights), -short - du @ weights)

    return _descend(start, direction, solved)
