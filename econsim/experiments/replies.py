"""Sellers at their best replies: the symmetric equilibrium of prices, fees and reserves.

Each mechanism is to be compared at what its sellers would ask under it, not at a rule of thumb.
An equilibrium is a price as a function of cost, for each pricing model and category, from which no
seller gains by deviating alone, prices being kept for good; costs are private, and the others'
are drawn anew in every pilot.

References
----------
Myerson (1981), Optimal auction design, Mathematics of Operations Research 6 (reserves). McAfee
(1993), Mechanism design by competing sellers, Econometrica 61. Spulber (1995), Bertrand
competition when rivals' costs are unknown, Journal of Industrial Economics 43.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from econsim.arrays import Floats, Ints
from econsim.equilibrium.asking import monotone_replies
from econsim.errors import integer
from econsim.experiments.trials import (
    Plan,
    Scale,
    Trials,
    break_even,
    cost_quantiles,
    pilot,
    trials,
)
from econsim.money import to_credits
from econsim.strategies import BestReply, PriceFunction

MIDDLES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
BANDWIDTH = 0.06
LARGEST_GAIN = 0.01
NARROWEST = 0.2
FRESH = 2**63


@dataclass(frozen=True)
class Residual:
    """What the best deviation still gains in the middle of a fifth of costs, on fresh draws.

    Attributes
    ----------
    pricing, category : str
    quintile : int, 1 (least cost) to 5
    cost : float, of a task, credits
    price : float, what the function asks at this cost, credits
    profit : float, mean profit there, credits a round
    deviation : float, best other price, fee or reserve, credits
    gain : float, what it adds to the profit, credits a round; negative where none was found
    error : float, standard error of the gain
    trials : int, deviators that it is the mean of
    """

    pricing: str
    category: str
    quintile: int
    cost: float
    price: float
    profit: float
    deviation: float
    gain: float
    error: float
    trials: int

    @property
    def share(self) -> float:
        """The gain as a share of the profit; NaN without profit."""
        return self.gain / self.profit if self.profit > 0 else float("nan")

    @property
    def flagged(self) -> bool:
        """Whether more than 1 % of the profit is to be gained."""
        return bool(self.share > LARGEST_GAIN)

    @property
    def resolved(self) -> bool:
        """Whether there are trials enough to tell 1 % of the profit: two standard errors."""
        return bool(2 * self.error <= LARGEST_GAIN * self.profit)


@dataclass(frozen=True)
class SellerReplies:
    """What sellers ask at their best replies, and how good these replies are.

    Attributes
    ----------
    groups : tuple of (str, str)
        Name of the pricing model, and of the category.
    functions : tuple of PriceFunction, one a group
    residuals : tuple of Residual
        Of every group that has sellers; fewer than five where costs are the same.
    iterations : int
    distance : float
        From the last prices to the best reply to them; see `Plan.tolerance`.
    converged : bool
        Whether that is within the tolerance.
    draws : int
        Deviators that the residuals are over, of all groups.
    """

    groups: tuple[tuple[str, str], ...]
    functions: tuple[PriceFunction, ...]
    residuals: tuple[Residual, ...]
    iterations: int
    distance: float
    converged: bool
    draws: int

    @property
    def strategy(self) -> BestReply:
        """The rule for ``Marketplace(seller_strategy=...)``."""
        return BestReply([list(zip(f.costs, f.prices, strict=True)) for f in self.functions])

    @property
    def resolved(self) -> bool:
        """Whether there are trials enough to tell 1 % of the profit in every fifth."""
        return all(residual.resolved for residual in self.residuals)

    @property
    def flagged(self) -> bool:
        """Whether sellers of some fifth still gain more than 1 % of their profit."""
        return any(residual.flagged for residual in self.residuals)

    def to_frame(self) -> pd.DataFrame:
        """The functions: pricing, category, cost, price; a row a knot, money in credits."""
        rows = [
            (*group, to_credits(cost), to_credits(price))
            for group, function in zip(self.groups, self.functions, strict=True)
            for cost, price in zip(function.costs, function.prices, strict=True)
        ]
        return pd.DataFrame(rows, columns=["pricing", "category", "cost", "price"])

    def residual_frame(self) -> pd.DataFrame:
        """The residuals: their attributes, ``share``, ``flagged``, ``resolved``; a row each."""
        columns = [*Residual.__dataclass_fields__, "share", "flagged", "resolved"]
        rows = [[getattr(each, name) for name in columns] for each in self.residuals]
        return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Step:
    """An iteration, for those who watch: its number, functions, and distance to the best reply."""

    iteration: int
    functions: tuple[PriceFunction, ...]
    distance: float


def best_replies(
    keywords: Mapping[str, Any],
    *,
    seed: int,
    plan: Plan | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> SellerReplies:
    """The symmetric equilibrium of what the sellers of a market ask.

    1. All sellers ask what a mean task costs; nobody ever asks less.
    2. A small random share of them tries other prices in pilots on common random numbers
       (`econsim.experiments.trials`), over the whole range at first, around the prices later.
    3. The best price at each knot is read from what the trials brought, by parabolas and isotonic
       regression (`econsim.equilibrium.asking.monotone_replies`).
    4. Prices go a part of the way there; again from 2, until they are near enough, or a cap.
    5. On fresh draws the best deviation in the middle of each fifth of costs is chosen, all over
       the range and near by; on draws fresh again, and more of them, it is measured what it
       gains, so that the figure is not the largest of several errors.

    Parameters
    ----------
    keywords : mapping
        Keywords of `Marketplace`. How buyers bid is part of it, so where winners pay their bid
        find ``strategy`` at these sellers' prices, and the prices anew at that strategy. An
        attack is left out; ``seller_strategy`` has no effect.
    seed : int
        Of the pilots, which share no draws with the runs that are compared.
    plan : Plan, optional
    on_step : callable, optional
        Called after every iteration.

    Returns
    -------
    SellerReplies, of which ``strategy`` goes to ``Marketplace(seller_strategy=...)``.

    Raises
    ------
    ParameterError

    Notes
    -----
    Prices, fees and reserves only: sellers take the mechanism as given. Trust is part of the
    trials, but a price that varies over time, to build up a reputation first, is not.
    """
    integer("seed", seed, 0, 2**64 - 1)
    search = _Search(keywords, seed, plan or Plan())
    for iteration in range(1, search.plan.most_iterations + 1):
        distance = search.step(iteration)
        if on_step:
            on_step(Step(iteration, tuple(search.functions), distance))
        if distance <= search.plan.tolerance:
            break
    residuals = search.residuals(iteration)
    return SellerReplies(
        tuple(search.groups),
        tuple(search.functions),
        tuple(residuals),
        iteration,
        distance,
        distance <= search.plan.tolerance,
        sum({(r.pricing, r.category): r.trials for r in residuals}.values()),
    )


class _Search:
    """Where the search for the functions of a market stands."""

    def __init__(self, keywords: Mapping[str, Any], seed: int, plan: Plan):
        self.keywords, self.plan = keywords, plan
        self.seeds = [(seed + market) % 2**64 for market in range(plan.markets)]
        market = pilot(keywords, seed, [PriceFunction((0,), (0,))])
        rules, spread = market.rules, market.state.policy.value_spread
        pairs = [(m, c) for m in rules.mechanisms.models for c in rules.categories]
        names, kinds = rules.mechanisms.names, len(rules.categories)
        self.groups = [(name, kind.name) for name in names for kind in rules.categories]
        steps = np.linspace(0, 1, plan.knots) if plan.knots > 1 else np.array([0.5])
        self.costs = [np.unique(cost_quantiles(kind, rules, steps)) for _, kind in pairs]
        self.middles = [cost_quantiles(kind, rules, MIDDLES) for _, kind in pairs]
        uses = np.repeat(rules.mechanisms.expected_uses(market.state.policy.demand_rate), kinds)
        self.floors, self.scales = [], []
        for (model, kind), costs, middles, tasks in zip(
            pairs, self.costs, self.middles, uses, strict=True
        ):
            floor = [break_even(model, c, rules.max_size, tasks) for c in (costs, middles)]
            prices = np.concatenate([Scale.of(model, kind, rules, spread).prices, *floor])
            self.floors.append(floor)
            self.scales.append(Scale(np.unique(prices)))
        self.places = [s.place(f[0]) for s, f in zip(self.scales, self.floors, strict=True)]

    @property
    def functions(self) -> list[PriceFunction]:
        """The present prices."""
        return [
            PriceFunction(tuple(costs.tolist()), tuple(scale.price(places).tolist()))
            for costs, scale, places in zip(self.costs, self.scales, self.places, strict=True)
        ]

    def step(self, iteration: int) -> float:
        """Go a part of the way to the best reply; how far it was."""
        grids = self._grids(iteration, self.plan.candidates)
        tried = self._trials(self.seeds, grids)
        return max(self._move(*trial) for trial in enumerate(zip(grids, tried, strict=True)))

    def _move(self, group: int, trial: tuple[Floats, Trials]) -> float:
        """Move the prices of a group towards the best reply in its trials; how far that was."""
        (grid, tried), costs = trial, self.costs[group].astype(np.float64)
        if not len(tried.market):
            return 0.0
        receipts, units = tried.receipts.mean(axis=0), tried.units.mean(axis=0)
        window = max(2, round(BANDWIDTH / max(grid[1] - grid[0], 1e-9)))
        best = monotone_replies(receipts, units, costs, min(window, (len(grid) - 1) // 2))
        reply = np.interp(best, np.arange(len(grid)), grid)
        reply = np.maximum(reply, self.scales[group].place(self.floors[group][0]))
        move = reply - self.places[group]
        self.places[group] = self.places[group] + self.plan.damping * move
        weight = np.maximum((receipts - costs[:, None] * units).max(axis=1), 0.0)
        return float(np.average(np.abs(move), weights=weight if weight.any() else None))

    def _grids(self, iteration: int, count: int) -> list[Floats]:
        """Places to try: all over the scale at first, later around the present ones."""
        margin = max(0.5 ** (iteration - 1), NARROWEST)
        return [
            np.linspace(max(places[0] - margin, 0.0), min(places[-1] + margin, 1.0), count)
            for places in self.places
        ]

    def _trials(self, seeds: Sequence[int], grids: Sequence[Floats]) -> list[Trials]:
        prices = [scale.price(grid) for scale, grid in zip(self.scales, grids, strict=True)]
        return trials(self.keywords, seeds, self.functions, prices, self.plan)

    def residuals(self, iteration: int) -> list[Residual]:
        """What the best deviations gain: chosen on fresh draws, measured on draws fresh again."""
        own = [f(costs) for f, costs in zip(self.functions, self.middles, strict=True)]
        best = self._deviations(iteration)
        prices = [np.append(deviation, asks) for deviation, asks in zip(best, own, strict=True)]
        seeds = self._fresh(self.plan.markets, self.plan.fresh_markets)
        fresh = trials(self.keywords, seeds, self.functions, prices, self.plan.fresh)
        return [
            Residual(*group, index + 1, *row)
            for group, tried, asks, costs in zip(
                self.groups, fresh, prices, self.middles, strict=True
            )
            for index, row in enumerate(residual_gains(tried, asks, costs))
        ]

    def _deviations(self, iteration: int) -> list[Ints]:
        """The best other price at each middle cost, near or far, of every group."""
        near = self._grids(iteration + 1, self.plan.candidates // 2)
        far = np.linspace(0, 1, self.plan.candidates // 2)
        grids = [np.append(places, far) for places in near]
        tried = self._trials(self._fresh(0, self.plan.markets), grids)
        best = []
        for scale, grid, part, costs, floor in zip(
            self.scales, grids, tried, self.middles, self.floors, strict=True
        ):
            prices = scale.price(grid)
            profits = np.array([part.profit(cost).sum(axis=0) for cost in costs])
            profits[prices < floor[1][:, None]] = -np.inf
            best.append(prices[np.argmax(profits, axis=1)])
        return best

    def _fresh(self, first: int, count: int) -> list[int]:
        """Seeds that the search has not seen."""
        return [((self.seeds[0] ^ FRESH) + first + market) % 2**64 for market in range(count)]


def residual_gains(tried: Trials, prices: Ints, costs: Ints) -> list[tuple[Any, ...]]:
    """What a deviation gains at each different one of k costs; empty without trials.

    As what a price brings does not depend on cost, every deviator counts for every cost: the
    gain is the mean difference between what the same deviators had at both prices.

    Parameters
    ----------
    tried : Trials, d deviators and 2 k prices
    prices : int64 (2 k,), ticks
        What was tried: the deviation at each cost, then what the function asks there.
    costs : int64 (k,), ticks

    Returns
    -------
    list of (cost, price, profit, deviation, gain, error, trials), see `Residual`.
    """
    rows, count = [], len(tried.market)
    different, first = np.unique(costs, return_index=True)
    for cost, index in zip(different, first, strict=True) if count else ():
        profit, own = tried.profit(cost), len(costs) + index
        gain = profit[:, index] - profit[:, own]
        error = gain.std(ddof=1) / np.sqrt(count) if count > 1 else np.nan
        money = (cost, prices[own], profit[:, own].mean(), prices[index], gain.mean(), error)
        rows.append((*map(to_credits, map(float, money)), count))
    return rows
