"""What a marketplace starts with: checked parameters, new buyers and sellers, the supply side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import ParameterError, integer, real
from econsim.money import to_ticks
from econsim.population import Population
from econsim.preferences import Category, median_task_value, table_quantile
from econsim.pricing import PRICING_MODELS, PricingModel
from econsim.registry import Mix
from econsim.streams import Purpose

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

MOST_CREDITS, MOST_SHARE, MOST_TICKS = 10**6, 100, 2**53
MOST_MONEY = 2**62
COMPUTED = ("trust", "average", "offered", "sold")


def pair(
    field: str, given: Any, low: float, high: float, ordered: bool = True
) -> tuple[float, float]:
    """Two numbers in [low, high], the first no larger where `ordered`."""
    permitted = f"two numbers in [{low:g}, {high:g}]" + (", the smaller first" if ordered else "")
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray) or len(given) != 2:
        raise ParameterError(field, given, permitted)
    first, second = (real(f"{field}[{k}]", given[k], low, high) for k in range(2))
    if ordered and first > second:
        raise ParameterError(field, given, permitted)
    return first, second


def categories(given: Any) -> list[Category]:
    """Categories from their number or themselves."""
    if not isinstance(given, str) and isinstance(given, Sequence) and given:
        names = [category.name for category in given if isinstance(category, Category)]
        if len(set(names)) == len(given):
            for category in given:
                real(f"{category.name}.values[-1]", category.values[-1], 0, MOST_CREDITS)
                real(f"{category.name}.costs[-1]", category.costs[-1], 0, MOST_SHARE)
            return list(given)
    if isinstance(given, Sequence | bool):
        raise ParameterError("categories", given, "a number or Categories of different names")
    count = integer("categories", given, 1, 2**15 - 1)
    return [Category(f"category {k}" if count > 1 else "general") for k in range(count)]


def pricing(specification: Mix[PricingModel]) -> tuple[list[PricingModel], NDArray[np.float64]]:
    """Pricing models of a market, and the share of the sellers that each has."""
    return PRICING_MODELS.mix(specification)


def pricing_names(models: Sequence[PricingModel]) -> list[str]:
    """Name of each pricing model of a market; of those that share one, the spelling."""
    names = [model.name for model in models]
    return [
        model.name if names.count(model.name) == 1 else PRICING_MODELS.spell(model)
        for model in models
    ]


def check_terms(models: Sequence[PricingModel], kinds: Sequence[Category], max_size: int) -> None:
    """Refuse terms over which a buyer's expected value could outgrow 64 bits."""
    largest = max(to_ticks(kind.values[-1]) for kind in kinds) * max_size
    for model in models:
        if model.term * largest > MOST_MONEY:
            permitted = f"at most {MOST_MONEY // largest} with values of these categories"
            raise ParameterError("term", model.term, permitted)


def median_values(kinds: list[Category], max_size: int) -> NDArray[np.int64]:
    """Median task value of each category, ticks."""
    return np.array([to_ticks(median_task_value(kind.values, max_size)) for kind in kinds])


def money(field: str, given: Any, base: NDArray[np.int64], times: int) -> NDArray[np.int64]:
    """Ticks for each category: the given number for all, or `times` the base."""
    if given is None:
        return base * times
    return np.full(len(base), integer(field, given, 0, MOST_TICKS))


def total_money(*tables: Population) -> int:
    """Ticks in all wallets.

    Raises
    ------
    ParameterError
        If they are more than 64 bits can count.
    """
    rough = sum(float(table["wallet"].sum(dtype=np.float64)) for table in tables)
    if rough > MOST_MONEY:
        raise ParameterError("wallet", f"{rough:.3g} ticks in all", "at most 2**62 ticks in all")
    return sum(int(table["wallet"].sum()) for table in tables)


def split(n: int, weights: Any) -> NDArray[np.int64]:
    """`n` in proportion to weights, by largest remainder (ties to the first)."""
    exact = np.asarray(weights, dtype=float) * n / np.sum(weights)
    parts = np.floor(exact + 1e-9).astype(np.int64)
    parts[np.argsort(parts - exact, kind="stable")[: n - parts.sum()]] += 1
    return parts


def seller_count(given: int | None, buyers: int, kinds: list[Category]) -> int:
    """The given number, or what each category's buyers per seller make of its buyers."""
    if given is not None:
        return integer("sellers", given, 0, 2**31)
    demand = split(buyers, [kind.weight for kind in kinds])
    per_seller = np.array([kind.buyers_per_seller for kind in kinds])
    return int(np.ceil(demand / per_seller).sum())


def _seller_weights(kinds: list[Category]) -> NDArray[np.float64]:
    return np.array([kind.weight / kind.buyers_per_seller for kind in kinds])


def _named(field: str, given: Any, names: list[str], n: int) -> NDArray[np.int64]:
    """Indices of n rows from a name, an index, or an array of indices."""
    if isinstance(given, str):
        if given not in names:
            raise ParameterError(field, given, "one of " + ", ".join(names))
        return np.full(n, names.index(given))
    array = np.asarray(given)
    inside = not array.size or 0 <= array.min() <= array.max() < len(names)
    if array.dtype.kind not in "iu" or not inside or array.shape not in ((), (n,)):
        raise ParameterError(field, given, f"a name, or indices from 0 to {len(names) - 1}")
    return np.broadcast_to(array, n).astype(np.int64)


def _shares(held: NDArray, n: int, weights: Any) -> NDArray[np.int64]:
    """How many of `n` new rows each kind gets, so that all rows together follow the weights."""
    weights = np.asarray(weights, dtype=np.float64)
    present = np.bincount(held, minlength=len(weights))
    lacking = np.maximum(weights / weights.sum() * (present.sum() + n) - present, 0)
    return split(n, lacking if lacking.sum() > 0 else weights)


def _placed(model: Marketplace, table: Population, n: int, given: Any, weights: Any) -> Any:
    """Category of each new row: the given one, or so that all rows follow the weights."""
    if given is not None:
        return _named("category", given, [kind.name for kind in model.categories], n)
    return np.repeat(np.arange(len(model.categories)), _shares(table["category"], n, weights))


def _checked(
    model: Marketplace,
    table: Population,
    n: int,
    columns: Mapping[str, Any],
    amounts: Sequence[str],
) -> None:
    """Refuse columns that do not fit, that the market computes, or that hold absurd amounts."""
    for name, given in columns.items():
        if name in COMPUTED or name in model.computed - {"strategy", "posting"}:
            raise ParameterError(name, given, "left to the market")
        if name not in ("category", "pricing", "strategy", "posting"):
            array = table.fitting(name, given, n)
            fits = not array.size or 0 <= array.min() <= array.max() <= MOST_TICKS
            if name in amounts and not fits:
                raise ParameterError(name, given, "integers from 0 to 2**53")


def _countable(model: Marketplace, n: int, columns: Mapping[str, Any]) -> None:
    """Refuse newcomers whose money, or whose tasks of one round or term, outgrow 64 bits."""
    wallet, value = (
        np.broadcast_to(np.asarray(columns[name], dtype=np.float64), n)
        for name in ("wallet", "value")
    )
    held = model.initial_money + model.injected_money
    if wallet.sum() + held > MOST_MONEY:
        raise ParameterError("wallet", columns["wallet"], "at most 2**62 ticks over all agents")
    worth = 2.0 * model.max_size * (value.sum() + model.buyers["value"].sum(dtype=np.float64))
    longest = max(held.term for held in model.pricing_models)
    if max(worth, value.max(initial=0) * model.max_size * longest) > MOST_MONEY:
        permitted = "so small that all tasks, and those of a term, are worth at most 2**62 ticks"
        raise ParameterError("value", columns["value"], permitted)


def _table_draw(
    model: Marketplace, tables: list[tuple[float, ...]], category: Any, purpose: int, ids: Any
) -> NDArray[np.float64]:
    """A draw for each row from the quantile table of its category."""
    u = model.streams.uniform(purpose, 0, ids)
    drawn = np.empty(len(u))
    for index, table in enumerate(tables):
        rows = category == index
        drawn[rows] = table_quantile(table, u[rows])
    return drawn


def new_buyers(model: Marketplace, n: int, columns: dict[str, Any]) -> dict[str, Any]:
    """Columns of `n` new buyers."""
    _checked(model, model.buyers, n, columns, ("value", "wallet"))
    ids = model.buyers.upcoming(n)
    weights = [kind.weight for kind in model.categories]
    category = _placed(model, model.buyers, n, columns.get("category"), weights)
    tables = [kind.values for kind in model.categories]
    drawn = {
        "value": lambda: to_ticks(_table_draw(model, tables, category, Purpose.VALUE, ids)),
        "wallet": lambda: model.endowment[category],
    }
    rest = {name: draw() for name, draw in drawn.items() if name not in columns}
    _countable(model, n, {**columns, **rest})
    state = model.bidders.start(
        _rule_of(model, model.buyers, model.bidders, n, columns, ids), ids, model.streams
    )
    if "standing" in model.buyers:
        state["standing"] = 0.0
    return {**state, **columns, **rest, "category": category.astype(np.int16)}


def _rule_of(
    model: Marketplace, table: Population, mix: Any, n: int, columns: Mapping[str, Any], ids: Any
) -> NDArray:
    """Rule of a mixture that each new row follows: the given one, or by share in keyed order."""
    if len(mix.strategies) == 1:
        return np.zeros(n, dtype=np.uint8)
    if mix.chooser in columns:
        names = [held.name for held in mix.strategies]
        return _named(mix.chooser, columns[mix.chooser], names, n).astype(np.uint8)
    return by_lot(model, table[mix.chooser], n, mix.shares, ids, index=1)


def new_sellers(model: Marketplace, n: int, columns: dict[str, Any]) -> dict[str, Any]:
    """Columns of `n` new sellers, opening prices included."""
    amounts = ("capacity", "cost", "price", "wallet", "successes", "failures")
    _checked(model, model.sellers, n, columns, amounts)
    _countable(model, n, {"wallet": 0, **columns, "value": 0})
    for name, high in (("reliability", 1), ("promised", 1), ("penalty", 1), ("bound", 1e3),
                       ("latency", 1e3)):  # fmt: skip
        chances = np.asarray(columns.get(name, 0.0))
        if not np.all((chances >= 0) & (chances <= high)):
            raise ParameterError(name, columns[name], f"numbers in [0, {high:g}]")
    ids = model.sellers.upcoming(n)
    weights = _seller_weights(model.categories)
    category = _placed(model, model.sellers, n, columns.get("category"), weights)
    shares = _table_draw(
        model, [kind.costs for kind in model.categories], category, Purpose.COST, ids
    )
    low, high = model.reliability
    drawn = {
        "cost": (shares * model.median_value[category]).astype(np.int64),
        "capacity": np.full(n, model.capacity),
        "reliability": low + (high - low) * model.streams.uniform(Purpose.RELIABILITY, 0, ids),
    }
    if model.service is not None:
        drawn |= model.service.columns(model, ids)
    filled: dict[str, Any] = {**drawn, **columns, "category": category.astype(np.int16)}
    filled["pricing"] = _pricing_of(model, n, columns, ids)
    counts = (np.broadcast_to(filled.get(name, 0), n) for name in ("successes", "failures"))
    filled |= model.reputation.start(*counts)
    filled |= model.pricers.start(
        _rule_of(model, model.sellers, model.pricers, n, columns, ids), ids
    )
    price = opening_prices(model, filled["pricing"], category, filled["cost"], n)
    filled["price"] = np.broadcast_to(columns.get("price", price), n)
    return {**filled, "average": filled["price"]}


def _pricing_of(
    model: Marketplace, n: int, columns: Mapping[str, Any], ids: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Pricing model of each new seller: the given one, or by share in keyed order."""
    if "pricing" in columns:
        names = pricing_names(model.pricing_models)
        return _named("pricing", columns["pricing"], names, n).astype(np.uint8)
    return by_lot(model, model.sellers["pricing"], n, model.shares, ids)


def by_lot(
    model: Marketplace, held: NDArray, n: int, weights: Any, ids: NDArray[np.int64], index: int = 0
) -> NDArray[np.uint8]:
    """A kind for each new row, in keyed order, so that all rows follow the weights."""
    order = np.argsort(model.streams.uniform(Purpose.PRICING, 0, ids, index), kind="stable")
    assigned = np.empty(n, dtype=np.uint8)
    shares = _shares(held, n, weights)
    assigned[order] = np.repeat(np.arange(len(shares)), shares)
    return assigned


def opening_prices(
    model: Marketplace, pricing: Any, category: Any, cost: Any, n: int
) -> NDArray[np.int64]:
    """Opening price of each seller: the pricing model's, never below cost; a reserve at cost."""
    price = np.array(np.broadcast_to(cost, n), dtype=np.int64)
    for index, held in enumerate(model.pricing_models):
        if held.posted:
            asked = [held.opening(int(m), model.max_size) for m in model.median_value]
            rows = pricing == index
            asked.append(held.least(int(price[rows].max(initial=0))))
            if max(asked) > MOST_TICKS:
                raise ParameterError("pricing", held, "a model whose prices stay below 2**53 ticks")
            price[rows] = np.maximum(np.array(asked)[category[rows]], held.least(price[rows]))
    return price


def _useful(capacity: NDArray, category: NDArray, most: int) -> NDArray[np.int64]:
    """Capacity in order of category and cost, cut where a category has `most` units already."""
    capped = np.minimum(capacity, most)
    total = np.cumsum(capped)
    first = np.searchsorted(category, category)
    before = total - capped - np.concatenate(([0], total))[first]
    return np.clip(most - before, 0, capped)


@dataclass(frozen=True)
class Supply:
    """The supply side by category.

    Attributes
    ----------
    starts, listings : int64 (c + 1,), int32 (m,)
        ``listings[starts[c]:starts[c + 1]]`` are the seller rows of category c.
    unit_starts, unit_costs : int64 (c + 1,), int64 (units,)
        Cost of each unit of capacity, ascending within its category.
    """

    starts: NDArray[np.int64]
    listings: NDArray[np.int32]
    unit_starts: NDArray[np.int64]
    unit_costs: NDArray[np.int64]
    made_from: tuple[NDArray, ...]

    @classmethod
    def of(cls, sellers: Population, count: int, most: int) -> Supply:
        """Sort the sellers by category, and the units of each that may matter by cost.

        Nobody can use more than `most` units; one more may bound the competitive price.
        """
        category, cost, capacity = (sellers[name] for name in ("category", "cost", "capacity"))
        listings = np.argsort(category, kind="stable").astype(np.int32)
        order = np.lexsort((cost, category))
        units = np.repeat(order, _useful(capacity[order], category[order], most + 1))
        bounds = np.arange(count + 1)
        return cls(
            np.searchsorted(category[listings], bounds).astype(np.int64),
            listings,
            np.searchsorted(category[units], bounds).astype(np.int64),
            cost[units],
            (category.copy(), cost.copy(), capacity.copy(), np.array(most)),
        )

    def current(self, sellers: Population, most: int) -> bool:
        """Whether nobody changed category, cost or capacity since, or needs more units."""
        now = (*(sellers[name] for name in ("category", "cost", "capacity")), np.array(most))
        return all(np.array_equal(a, b) for a, b in zip(self.made_from, now, strict=True))
