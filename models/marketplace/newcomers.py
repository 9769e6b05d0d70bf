"""Columns of new buyers and sellers: those given, checked, and draws for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Codes, Floats, Ints
from econsim.errors import ParameterError, unmasked
from econsim.models.marketplace.limits import MOST_MONEY, MOST_TICKS, before_share
from econsim.models.marketplace.mixture import Bidders, Mixture
from econsim.models.marketplace.policy import Policy
from econsim.models.marketplace.rules import Rules, split
from econsim.models.marketplace.state import State
from econsim.money import to_ticks
from econsim.population import Population
from econsim.preferences import table_quantile
from econsim.pricing import Posted
from econsim.streams import Purpose, Streams

Columns = Mapping[str, Any]
COMPUTED = ("trust", "average", "offered", "sold")
KINDS = ("category", "pricing", "strategy", "posting")
AMOUNTS = ("capacity", "cost", "price", "wallet", "value", "successes", "failures")
LARGEST = {"reliability": 1.0, "promised": 1.0, "penalty": 1.0, "bound": 1e3, "latency": 1e3}


def new_buyers(rules: Rules, state: State, n: int, columns: Columns) -> dict[str, Any]:
    """Columns of `n` new buyers.

    Raises
    ------
    ParameterError
        If a column does not fit, is left to the market, or holds an absurd amount.
    """
    _check(state.buyers, n, columns, own_columns(rules, state.policy))
    ids = state.buyers.upcoming(n)
    weights = [category.weight for category in rules.categories]
    category = _placed(rules, state.buyers, n, columns.get("category"), weights)
    tables = [kind.values for kind in rules.categories]
    drawn = {
        "value": lambda: to_ticks(_quantiles(rules.streams, tables, category, Purpose.VALUE, ids)),
        "wallet": lambda: rules.endowment[category],
    }
    rest = {name: draw() for name, draw in drawn.items() if name not in columns}
    _check_money(rules, state, n, {**columns, **rest})
    bidders = state.policy.bidders
    started = bidders.start(
        _rule_of(rules.streams, state.buyers, bidders, n, columns, ids), ids, rules.streams
    )
    started |= rules.reputation.trust.start_buyers(ids)
    return {**started, **columns, **rest, "category": category.astype(np.int16)}


def new_sellers(rules: Rules, state: State, n: int, columns: Columns) -> dict[str, Any]:
    """Columns of `n` new sellers, opening prices included; raises as `new_buyers`."""
    _check(state.sellers, n, columns, own_columns(rules, state.policy))
    _check_money(rules, state, n, {"wallet": 0, **columns, "value": 0})
    for name, high in LARGEST.items():
        values = np.asarray(columns.get(name, 0.0))
        if not np.all((values >= 0) & (values <= high)):
            raise ParameterError(name, columns[name], f"numbers in [0, {high:g}]")
    streams, mechanisms, ids = rules.streams, rules.mechanisms, state.sellers.upcoming(n)
    weights = np.array([kind.weight / kind.buyers_per_seller for kind in rules.categories])
    category = _placed(rules, state.sellers, n, columns.get("category"), weights)
    columns = {**_drawn(rules, category, ids), **columns}
    filled: dict[str, Any] = {**columns, "category": category.astype(np.int16)}
    if "pricing" in columns:
        pricing = _named("pricing", columns["pricing"], mechanisms.names, n).astype(np.uint8)
    else:
        pricing = by_lot(streams, state.sellers["pricing"], n, mechanisms.shares, ids)
    record = (np.broadcast_to(filled.get(name, 0), n) for name in ("successes", "failures"))
    filled |= {"pricing": pricing, **rules.reputation.start(*record)}
    followed = _rule_of(streams, state.sellers, rules.pricers, n, columns, ids)
    filled |= rules.pricers.start(followed, ids)
    if state.policy.choice == "expected":
        known = {"chance": np.ones(n), "below": np.ones((n, rules.knots.shape[1]))}
        filled |= {**known, "seen": np.zeros(n, dtype=np.int64), "chance_square": np.ones(n)}
    cost = np.broadcast_to(np.asarray(filled["cost"], dtype=np.int64), n)
    price = opening_prices(rules, pricing, category, cost)
    named = (mechanisms.auctioned[pricing], price, cost, rules.group(pricing, category))
    price = rules.pricers.opening(followed, *named)
    filled["price"] = np.broadcast_to(columns.get("price", price), n)
    return {**filled, "average": filled["price"]}


def _drawn(rules: Rules, category: Ints, ids: Ints) -> dict[str, Any]:
    """What a new seller is unless it is told."""
    costs = [kind.costs for kind in rules.categories]
    shares = _quantiles(rules.streams, costs, category, Purpose.COST, ids)
    low, high = rules.reliability
    drawn = {
        "cost": (shares * rules.median_value[category]).astype(np.int64),
        "capacity": np.full(len(ids), rules.capacity),
        "reliability": low + (high - low) * rules.streams.uniform(Purpose.RELIABILITY, 0, ids),
    }
    if rules.service is not None:
        drawn |= rules.service.columns(rules.streams, ids)
    return drawn


def opening_prices(rules: Rules, pricing: Any, category: Any, cost: Any) -> Ints:
    """Opening price of each seller: the pricing model's, never below cost; a reserve at cost.

    Raises
    ------
    ParameterError
        If a pricing model opens at a price that no column holds.
    """
    price = np.array(cost, dtype=np.int64)
    for index, model in enumerate(rules.mechanisms.models):
        if isinstance(model, Posted):
            rows = pricing == index
            asked = [model.opening_price(int(m), rules.max_size) for m in rules.median_value]
            # In Python's integers, as a long term may take this beyond 64 bits.
            dearest = model.floor_price(int(price[rows].max(initial=0)))
            asked.append(ceil(dearest / (1 - model.commission)))
            if max(asked) > MOST_TICKS:
                permitted = "a model whose prices stay below 2**53 ticks"
                raise ParameterError("pricing", model, permitted)
            floor = before_share(model.floor_price(price[rows]), model.commission)
            price[rows] = np.maximum(np.array(asked)[category[rows]], floor)
    return price


def by_lot(
    streams: Streams, kinds: NDArray[Any], n: int, weights: Any, ids: Ints, index: int = 0
) -> Codes:
    """A kind for each of `n` new rows, in keyed order, so that all rows follow the weights."""
    order = np.argsort(streams.uniform(Purpose.PRICING, 0, ids, index), kind="stable")
    assigned = np.empty(n, dtype=np.uint8)
    shares = _lacking(kinds, n, weights)
    assigned[order] = np.repeat(np.arange(len(shares)), shares)
    return assigned


def follow(rules: Rules, state: State, bidders: Bidders) -> None:
    """Let all buyers bid by other strategies from the next round on; learners start anew."""
    buyers = state.buyers
    for name in state.policy.bidders.columns:
        buyers.drop_column(name)
    for name, dtype in bidders.columns.items():
        buyers.add_column(name, dtype)
    ids, nobody = buyers["id"], np.empty(0, dtype=np.uint8)
    assigned = by_lot(rules.streams, nobody, len(ids), bidders.shares, ids, index=1)
    for name, values in bidders.start(assigned, ids, rules.streams).items():
        buyers[name] = values
    state.set(bidders=bidders)


def welcome(state: State, are_sellers: bool, ids: Ints) -> None:
    """Book what agents bring or take, end contracts of the gone, and note new sellers (ids)."""
    contracts = state.contracts
    stay = state.buyers.alive(contracts["buyer"]) & state.sellers.alive(contracts["seller"])
    contracts.remove(contracts.where(~stay))
    state.ledger.endow()
    if are_sellers:
        state.next_price = state.sellers["price"].copy()
        waiting = np.array(state.unpriced, dtype=np.int64)
        state.unpriced = waiting[state.sellers.alive(waiting)].tolist() + ids.tolist()


def own_columns(rules: Rules, policy: Policy) -> set[str]:
    """Columns in which strategies, prices' rules and trust keep their state."""
    reputation = rules.reputation
    kept = (reputation.columns, reputation.trust.buyer_columns)
    return {
        name
        for columns in (*kept, rules.pricers.columns, policy.bidders.columns)
        for name in columns
    }


def _named(field: str, value: Any, names: list[str], n: int) -> Ints:
    """Indices of n rows from a name, an index, or an array of indices."""
    if isinstance(value, str):
        if value not in names:
            raise ParameterError(field, value, "one of " + ", ".join(names))
        return np.full(n, names.index(value))
    array = np.asarray(unmasked(field, value))
    inside = not array.size or 0 <= array.min() <= array.max() < len(names)
    if array.dtype.kind not in "iu" or not inside or array.shape not in ((), (n,)):
        raise ParameterError(field, value, f"a name, or indices from 0 to {len(names) - 1}")
    return np.broadcast_to(array, n).astype(np.int64)


def _lacking(kinds: NDArray[Any], n: int, weights: Any) -> Ints:
    """How many of `n` new rows each kind gets, so that all rows together follow the weights."""
    weights = np.asarray(weights, dtype=np.float64)
    present = np.bincount(kinds, minlength=len(weights))
    lacking = np.maximum(weights / weights.sum() * (present.sum() + n) - present, 0)
    return split(n, lacking if lacking.sum() > 0 else weights)


def _placed(rules: Rules, table: Population, n: int, category: Any, weights: Any) -> Ints:
    """Category of each new row: the given one, or so that all rows follow the weights."""
    if category is not None:
        return _named("category", category, rules.category_names, n)
    return np.repeat(np.arange(len(rules.categories)), _lacking(table["category"], n, weights))


def _rule_of(
    streams: Streams, table: Population, mixture: Mixture[Any], n: int, columns: Columns, ids: Ints
) -> Codes:
    """Rule of a mixture that each new row follows: the given one, or by share in keyed order."""
    if len(mixture.strategies) == 1:
        return np.zeros(n, dtype=np.uint8)
    if mixture.chooser in columns:
        return _named(mixture.chooser, columns[mixture.chooser], mixture.names, n).astype(np.uint8)
    return by_lot(streams, table[mixture.chooser], n, mixture.shares, ids, index=1)


def _quantiles(
    streams: Streams,
    tables: Sequence[tuple[float, ...]],
    category: Ints,
    purpose: Purpose,
    ids: Ints,
) -> Floats:
    """A draw for each row from the quantile table of its category."""
    u = streams.uniform(purpose, 0, ids)
    drawn = np.empty(len(u))
    for index, table in enumerate(tables):
        rows = category == index
        drawn[rows] = table_quantile(table, u[rows])
    return drawn


def _check(table: Population, n: int, columns: Columns, own: set[str]) -> None:
    """Refuse columns that do not fit, that the market computes, or that hold absurd amounts."""
    for name, values in columns.items():
        if name in COMPUTED or name in own - set(KINDS):
            raise ParameterError(name, values, "left to the market")
        if name not in KINDS:
            array = table.fitting(name, values, n)
            fits = not array.size or 0 <= array.min() <= array.max() <= MOST_TICKS
            if name in AMOUNTS and not fits:
                raise ParameterError(name, values, "integers from 0 to 2**53")


def _check_money(rules: Rules, state: State, n: int, columns: Columns) -> None:
    """Refuse newcomers whose money, or whose tasks of one round or term, outgrow 64 bits."""
    wallet, value = (
        np.broadcast_to(np.asarray(columns[name], dtype=np.float64), n)
        for name in ("wallet", "value")
    )
    if wallet.sum() + state.ledger.endowed + state.ledger.injected > MOST_MONEY:
        raise ParameterError("wallet", columns["wallet"], "at most 2**62 ticks over all agents")
    worth = 2.0 * rules.max_size * (value.sum() + state.buyers["value"].sum(dtype=np.float64))
    longest = int(rules.mechanisms.term.max())
    if max(worth, value.max(initial=0) * rules.max_size * longest) > MOST_MONEY:
        permitted = "so small that all tasks, and those of a term, are worth at most 2**62 ticks"
        raise ParameterError("value", columns["value"], permitted)
