"""Pilot markets in which a few sellers deviate: what other prices would bring them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.errors import integer, real
from econsim.experiments.models import model_class
from econsim.experiments.pilot import shrunk
from econsim.money import to_ticks
from econsim.preferences import Category, table_quantile
from econsim.pricing import Posted, PricingModel
from econsim.strategies import BestReply, Posting, PriceFunction
from econsim.streams import Purpose

QUANTILES = np.linspace(0, 1, 101)
DEVIATOR = 2  # index of the draw among those of Purpose.POSTING


@dataclass(frozen=True)
class Plan:
    """How pilots look for the sellers' best replies.

    Parameters
    ----------
    markets : int >= 2
        Markets of different seeds in an iteration, each played once for every candidate price.
    warmup, rounds : int
        Rounds before trials count, and that count; of contracts at least two terms, and whole
        terms.
    share : float in (0, 0.5]
        Share of the sellers that deviate at once; at least one does.
    candidates : int >= 8
        Prices that are tried.
    knots : int
        At quantiles of the cost.
    damping : float in (0, 1]
        Share of the way to the best reply that prices go in an iteration.
    tolerance : float
        Distance to the best reply at which the search ends, as a share of the range of prices
        (by quantile of what tasks are worth and cost), mean over the knots weighted by profit.
    most_iterations : int
    fresh_markets, fresh_rounds : int
        Markets and rounds on which the residual gain is measured, of ten prices only.

    Raises
    ------
    ParameterError
    """

    markets: int = 4
    warmup: int = 20
    rounds: int = 20
    share: float = 0.1
    candidates: int = 24
    knots: int = 11
    damping: float = 0.5
    tolerance: float = 0.01
    most_iterations: int = 20
    fresh_markets: int = 16
    fresh_rounds: int = 80

    def __post_init__(self) -> None:
        least = {"markets": 2, "candidates": 8, "knots": 1, "warmup": 0, "rounds": 1}
        least |= {"most_iterations": 1, "fresh_markets": 2, "fresh_rounds": 1}
        for name, low in least.items():
            integer(name, getattr(self, name), low, 10**6)
        real("share", self.share, 1e-9, 0.5)
        real("damping", self.damping, 1e-9, 1)
        real("tolerance", self.tolerance, 0, 1)

    @property
    def fresh(self) -> "Plan":
        """The plan by which residual gains are measured: of more markets, rounds and deviators.

        Their prices are mostly those of the functions at costs all over the range, so that many
        of them hardly disturb the market.
        """
        share = min(3 * self.share, 0.5)
        return replace(self, markets=self.fresh_markets, rounds=self.fresh_rounds, share=share)

    def span(self, term: int) -> tuple[int, int]:
        """Rounds before trials count, and that count, with contracts of this term."""
        if not term:
            return self.warmup, self.rounds
        return max(self.warmup, 2 * term), -(-max(self.rounds, 2 * term) // term) * term


@dataclass(frozen=True)
class Trials:
    """What d deviators took and served at each of j prices, whatever their own costs.

    Attributes
    ----------
    market : int64 (d,), index of the market
    receipts : float64 (d, j), ticks a round: payments less fees and refunds
    units : float64 (d, j), tasks served a round, also those whose delivery failed
    """

    market: Ints
    receipts: Floats
    units: Floats

    def profit(self, cost: float) -> Floats:
        """Receipts less what all that was served costs at `cost` a task, (d, j), ticks a round."""
        return self.receipts - cost * self.units


@dataclass(frozen=True)
class Scale:
    """Prices that sellers of a group may ask, from the least cost to the most valuable task.

    Places on it go from 0 to 1 by quantiles of what tasks cost, what they are worth, and an even
    division, so that neither a narrow margin nor a long tail escapes the candidates.

    Attributes
    ----------
    prices : float64 (n,), ascending, ticks
    """

    prices: Floats

    @classmethod
    def of(
        cls, pricing: PricingModel, category: Category, rules: Any, value_spread: float
    ) -> "Scale":
        """The scale of a pricing model and category; `rules` are those of the market."""
        sizes = np.arange(1, rules.max_size + 1)
        shocks = np.linspace(1 - value_spread, 1 + value_spread, 11)
        base = to_ticks(table_quantile(category.values, QUANTILES)).astype(np.float64)
        worth = np.quantile(np.multiply.outer(np.outer(sizes, shocks), base), QUANTILES)
        costs = cost_quantiles(category, rules, QUANTILES)
        even = np.linspace(min(costs[0], worth[0]), max(costs[-1], worth[-1]), len(QUANTILES))
        values = np.unique(np.concatenate([costs, worth, even]).astype(np.int64))
        return cls(
            np.unique([asked(pricing, int(v), rules.max_size) for v in values]).astype(float)
        )

    def price(self, place: Any) -> Any:
        """Ticks, whole, at places from 0 to 1."""
        at = np.asarray(place) * (len(self.prices) - 1)
        return np.rint(np.interp(at, np.arange(len(self.prices)), self.prices)).astype(np.int64)

    def place(self, price: Any) -> Floats:
        """Places from 0 to 1 of prices."""
        if len(self.prices) < 2:
            return np.zeros(np.shape(price))
        steps = np.arange(len(self.prices)) / (len(self.prices) - 1)
        return np.interp(price, self.prices, steps)


def asked(pricing: PricingModel, value: int, max_size: int) -> int:
    """Price, fee or reserve at which a task of mean size costs `value`, ticks."""
    return pricing.price_for(value, max_size) if isinstance(pricing, Posted) else value


def break_even(pricing: PricingModel, costs: Ints, max_size: int, uses: float) -> Ints:
    """What a mean task costs as a price, or `uses` tasks as the fee of a contract, ticks (k,)."""
    if uses > 0:
        return np.rint(uses * costs).astype(np.int64)
    return np.array([asked(pricing, cost, max_size) for cost in costs.tolist()], dtype=np.int64)


def cost_quantiles(category: Category, rules: Any, probabilities: Floats) -> Ints:
    """Costs of a task at probabilities, ticks."""
    index = rules.categories.index(category)
    shares = table_quantile(category.costs, probabilities)
    return (shares * rules.median_value[index]).astype(np.int64)


class Committed(BestReply):
    """Opens as `BestReply`, and keeps whatever price it has."""

    name = "committed"

    def prices(self, posting: Posting) -> Ints:
        """The present price."""
        return posting.price


def pilot(keywords: Mapping[str, Any], seed: int, functions: Sequence[PriceFunction]) -> Any:
    """A market in which every seller asks by these functions; attacks are left out."""
    knots = [list(zip(each.costs, each.prices, strict=True)) for each in functions]
    rest = {**shrunk(keywords, seed), "attack": None}
    return model_class()(**{**rest, "seller_strategy": Committed(knots)})


def trials(
    keywords: Mapping[str, Any],
    seeds: Sequence[int],
    functions: Sequence[PriceFunction],
    candidates: Sequence[Ints],
    plan: Plan,
) -> list[Trials]:
    """What asking each candidate brings a few sellers while all others ask by `functions`.

    In each market a small share of the sellers of each group is drawn. The market is played once
    for every candidate, on the same draws, and every deviator takes all of them, in an order of
    its own: so sellers are compared with themselves, and what the other deviators do does not
    depend on what one does.

    Parameters
    ----------
    keywords : mapping
        Keywords of `Marketplace`.
    seeds : sequence of int
    functions : sequence of PriceFunction, one a group
    candidates : sequence of int64 (j,), ticks, one a group
        As many for every group.
    plan : Plan

    Returns
    -------
    list of Trials, one a group.
    """
    parts: list[list[Trials]] = [[] for _ in functions]
    for market, seed in enumerate(seeds):
        blocks = _block(keywords, seed, functions, candidates, plan)
        for part, (receipts, units) in zip(parts, blocks, strict=True):
            part.append(Trials(np.full(len(units), market), receipts, units))
    names = ("market", "receipts", "units")
    return [Trials(*(np.concatenate([getattr(p, n) for p in ps]) for n in names)) for ps in parts]


def _block(
    keywords: Mapping[str, Any],
    seed: int,
    functions: Sequence[PriceFunction],
    candidates: Sequence[Ints],
    plan: Plan,
) -> list[tuple[Floats, Floats]]:
    """Receipts and units of the deviators of each group in one market, (d, j) each."""
    count, market = len(candidates[0]), pilot(keywords, seed, functions)
    drawn = _deviators(market, len(functions), plan.share)
    takes = [_permutations(market, rows, count) for rows in drawn]
    brought = []
    for play in range(count):
        model = pilot(keywords, seed, functions)
        for rows, taken, prices in zip(drawn, takes, candidates, strict=True):
            for column in ("price", "average"):
                model.sellers[column][rows] = prices[taken[:, play]]
        brought.append(_brought(model, plan))
    tables = np.array(brought)  # (plays, 2, sellers)
    pairs = zip(drawn, takes, strict=True)
    return [_by_candidate(tables[:, :, rows], taken) for rows, taken in pairs]


def _permutations(model: Any, rows: Ints, count: int) -> Ints:
    """The candidate that each deviator (row) takes in each play, (d, plays), by keyed draws."""
    ids = model.sellers["id"][rows]
    draws = [
        model.streams.uniform(Purpose.POSTING, 0, ids, DEVIATOR + 1 + each) for each in range(count)
    ]
    return np.argsort(np.array(draws), axis=0).T


def _by_candidate(plays: Floats, taken: Ints) -> tuple[Floats, Floats]:
    """Receipts and units (d, j) by candidate, from those by play (j, 2, d), of who stayed."""
    play = np.argsort(taken, axis=1)
    place = np.arange(len(play))[:, None]
    receipts, units = plays[play, 0, place], plays[play, 1, place]
    stayed = np.isfinite(receipts).all(axis=1)
    return receipts[stayed], units[stayed]


def _deviators(model: Any, groups: int, share: float) -> list[Ints]:
    """Rows of the sellers of each group that deviate, by keyed draws, at least one."""
    sellers = model.sellers
    group = model.rules.group(sellers["pricing"], sellers["category"])
    draw = model.streams.uniform(Purpose.POSTING, 0, sellers["id"], DEVIATOR)
    order = np.argsort(draw, kind="stable")
    members = [order[group[order] == each] for each in range(groups)]
    return [rows[: max(1, round(share * len(rows)))] for rows in members]


def _brought(model: Any, plan: Plan) -> Floats:
    """Receipts and tasks of each seller a round, (2, m); NaN for those that leave."""
    ids = model.sellers["id"].copy()
    warmup, rounds = plan.span(int(model.rules.mechanisms.term.max()))
    if warmup:
        model.run_for(warmup)
    before = _accounts(model.sellers, ids)
    model.run_for(rounds)
    return (_accounts(model.sellers, ids) - before) / rounds


def _accounts(sellers: Any, ids: Ints) -> Floats:
    """What each seller (id) has taken so far, ticks, and how many tasks it has served, (2, m)."""
    accounts = np.full((2, len(ids)), np.nan)
    alive = np.flatnonzero(sellers.alive(ids))
    rows = sellers.rows(ids[alive])
    accounts[0, alive] = sellers["wallet"][rows]
    accounts[1, alive] = sellers["successes"][rows] + sellers["failures"][rows]
    return accounts
