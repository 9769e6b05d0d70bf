"""Tatonnement: prices rise where demand exceeds supply.

References
----------
Walras (1874), Elements d'economie politique pure. Samuelson (1941), "The stability of equilibrium",
Econometrica 9. Cole & Fleischer (2008), "Fast-converging tatonnement algorithms for one-time and
ongoing market problems", STOC. Barzilai & Borwein (1988), "Two-point step size gradient methods",
IMA Journal of Numerical Analysis 8.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Bools, Floats
from econsim.equilibrium.certificate import certified
from econsim.equilibrium.excess import (
    aim,
    freed,
    positive,
    relative_excess,
    starting_prices,
    violation,
)
from econsim.equilibrium.outcome import EquilibriumOutcome
from econsim.equilibrium.paths import Path, describe
from econsim.equilibrium.stability import outlook
from econsim.errors import integer, one_of
from econsim.preferences.economies import Economy

# Of total wealth at the start: what the supply of a good is worth at the floor of its price.
FLOOR = 1e-15
# Of total wealth: a price below this has left for zero.
VANISHED = 1e-200
LARGEST_MOVE = 0.7
PATIENCE = 8


def tatonnement(
    economy: Economy,
    *,
    prices: ArrayLike | None = None,
    step: float | None = None,
    rule: str = "multiplicative",
    tol: float = 1e-8,
    max_iter: int = 10_000,
) -> EquilibriumOutcome:
    """Adjust prices by excess demand z until markets clear, or say why they did not.

    1. ``multiplicative``: p_j <- p_j exp(step z_j / s_j); ``additive``: p_j <- max(p_j + step z_j,
       floor); ``cole-fleischer``: p_j <- p_j (1 + step min(1, z_j / s_j)); s is supply.
    2. Stop when abs(z_j) <= tol s_j for every good with a price. Goods that nobody wants more of
       are free when their supply is worth less than 1e-12 of all wealth.
    3. Certify the outcome by the definition of an equilibrium (`certify`).

    Parameters
    ----------
    economy : ExchangeEconomy or FisherMarket
    prices : array_like (m,), optional
        Where to start, > 0; by default the supply of every good is worth the same, all together
        worth all wealth in a Fisher market, and prices sum to 1 in an exchange economy.
    step : float > 0, optional
        Used as given at every iteration. Without it the rule keeps its form and the step adapts:
        a secant (Barzilai-Borwein) estimate of what would clear all markets at once, a safe small
        step where that does not help, and never a change of any price by a factor above 2 or so;
        in the additive rule it is then a step of p_j / s_j for each good, since no single step
        suits goods of different units. The search then aims at tol / 1000.
    rule : str
    tol : float > 0
        On abs(z_j) / s_j.
    max_iter : int >= 1

    Returns
    -------
    EquilibriumOutcome
        ``iterations`` counts price changes. ``history`` holds the prices as the rule left them.

    Raises
    ------
    ParameterError

    Notes
    -----
    Converges under gross substitutes with a small enough step (Arrow, Block & Hurwicz 1959), not
    always: Scarf (1960) has an economy of which only the equilibrium itself is a start that
    converges. The additive floor is the price at which supply is worth 1e-15 of all wealth.
    """
    one_of("rule", rule, RULES)
    precision = positive("tol", tol)
    limit = integer("max_iter", max_iter, 1)
    begin = starting_prices(economy, prices)
    fixed = None if step is None else positive("step", step)
    before = outlook(economy, begin, rule, fixed)
    pace = _Adaptive(economy, rule) if fixed is None else _Given(economy, rule, fixed, begin)
    target = precision * (1 - 1e-6) if fixed else aim(precision)
    path, iterations, failure = _search(economy, begin, pace, (target, precision), limit)
    history = path.array()
    final = freed(economy, history[-1])
    return certified(
        economy,
        final,
        economy.demand(final),
        precision,
        history=history,
        iterations=iterations,
        outlook=before,
        failure=failure or describe(history),
    )


class _Given:
    """One step for all goods and iterations, as the caller gave it."""

    def __init__(self, economy: Economy, rule: str, step: float, prices: Floats):
        self._step, self._rule, self._supply = step, RULES[rule], economy.supply
        self._floor = FLOOR * economy.wealth(prices).sum() / economy.supply

    def __call__(self, prices: Floats, excess: Floats) -> Floats:
        """The next prices."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._rule(prices, self._step, excess, self._supply, self._floor)


class _Adaptive:
    """A step that is estimated from the last move, and kept safe.

    Near an equilibrium of a Fisher market the pull z / s is minus a matrix times the distance in
    logs, and that matrix is symmetric and positive in the inner product weighted by the value of
    supply. The secant step <d, d> / <d, change of pull> is then one over a mean of its eigenvalues.
    """

    def __init__(self, economy: Economy, rule: str):
        elasticity = economy.preferences.elasticity
        self._safe = 0.5 / max(float(elasticity.max()) if np.isfinite(elasticity).all() else 8.0, 1)
        self._supply, self._rule, self._name = economy.supply, RULES[rule], rule
        self._before: tuple[Floats, Floats] | None = None
        self._best, self._since, self._careful, self._stretch = np.inf, 0, 0, PATIENCE

    def __call__(self, prices: Floats, excess: Floats) -> Floats:
        """The next prices."""
        pull = np.minimum(excess, 1) if self._name == "cole-fleischer" else excess
        largest = float(np.abs(pull).max())
        self._watch(largest)
        step = self._safe if self._careful else self._secant(prices, pull)
        step = min(step, LARGEST_MOVE / largest)
        self._before = prices, pull
        steps = step * prices / self._supply if self._name == "additive" else step
        return self._rule(prices, steps, excess, self._supply, 0.0)

    def _watch(self, largest: float) -> None:
        """Take safe steps for a while, each time twice as long, when nothing improves."""
        self._careful = max(self._careful - 1, 0)
        self._since = 0 if largest < 0.9 * self._best else self._since + 1
        self._best = min(self._best, largest)
        if self._since > PATIENCE and not self._careful:
            self._careful, self._since = self._stretch, 0
            self._stretch *= 2

    def _secant(self, prices: Floats, pull: Floats) -> float:
        """The step that the last move suggests; the safe one without a usable suggestion."""
        if self._before is None:
            return self._safe
        moved = np.log(prices / self._before[0])
        weighted = moved * prices * self._supply
        curve = float(weighted @ (self._before[1] - pull))
        return float(weighted @ moved) / curve if curve > 0 else self._safe


def _search(
    economy: Economy,
    prices: Floats,
    pace: Callable[[Floats, Floats], Floats],
    aims: tuple[float, float],
    limit: int,
) -> tuple[Path, int, str]:
    """Follow the rule; the path, its length, and why it could not go on ('' if it could).

    `aims` are the excess demand to stop at, and the one that is enough once nothing improves.
    """
    path, best, stalled = Path(prices), np.inf, 0
    for done in range(limit + 1):
        excess = relative_excess(economy, prices)
        worst = violation(economy, prices, excess)
        stalled = 0 if worst < best else stalled + 1
        best = min(best, worst)
        if worst <= aims[0] or (worst <= aims[1] and stalled > PATIENCE) or done == limit:
            break
        prices = pace(prices, excess)
        if not (np.isfinite(prices) & (prices > 0)).all():
            return path, done, f"drift: step {done + 1} left the positive, finite prices"
        path.append(prices)
        gone = np.flatnonzero(_vanished(economy, prices))
        if len(gone):
            return path, done + 1, f"drift: the supply of good {gone[0]} is worth next to nothing"
    return path, done, ""


def _vanished(economy: Economy, prices: Floats) -> Bools:
    """Goods that may not be free, of which the supply is worth nothing."""
    worth = prices * economy.supply
    return ~economy.preferences.free & (worth < VANISHED * worth.sum())


def _multiplicative(prices: Floats, step: Any, excess: Floats, supply: Floats, floor: Any) -> Any:
    return prices * np.exp(step * excess)


def _additive(prices: Floats, step: Any, excess: Floats, supply: Floats, floor: Any) -> Any:
    return np.maximum(prices + step * excess * supply, floor)


def _cole_fleischer(prices: Floats, step: Any, excess: Floats, supply: Floats, floor: Any) -> Any:
    return prices * (1 + step * np.minimum(excess, 1))


RULES = {
    "multiplicative": _multiplicative,
    "additive": _additive,
    "cole-fleischer": _cole_fleischer,
}
