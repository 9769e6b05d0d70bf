"""One round of the market, step by step as the ODD protocol numbers them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.equilibrium import MarketEquilibrium, market_equilibrium
from econsim.models.marketplace import contracts, delivery, scripted, trust
from econsim.models.marketplace.adaptation import adapt
from econsim.models.marketplace.beliefs import observe
from econsim.models.marketplace.bidding import Desk
from econsim.models.marketplace.choice import decide
from econsim.models.marketplace.delivery import Service
from econsim.models.marketplace.demand import Tasks, draw_tasks
from econsim.models.marketplace.foresight import note
from econsim.models.marketplace.offers import Offered, offers
from econsim.models.marketplace.record import prices, record
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.scripted import NOBODY, Scripts
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.pricing import Fills, Listings, Orders


@dataclass(frozen=True, eq=False)
class Round:
    """What a round left behind for those who watch.

    Attributes
    ----------
    record : dict
        Its integers (`econsim.metrics.ROUND_INTEGERS`) and the inputs of the other metrics.
    tasks : Tasks
    orders : Orders
    fills : Fills
    equilibrium : MarketEquilibrium
        Competitive price band and quantity of each category.
    expected : float64 (o,), ticks
        What was expected of each order when it was chosen; 0 where nothing was.
    """

    record: dict[str, Any]
    tasks: Tasks
    orders: Orders
    fills: Fills
    equilibrium: MarketEquilibrium
    expected: Floats


def play(rules: Rules, state: State, now: float, scripts: Scripts = NOBODY) -> Round:
    """Play one round of a market at time `now`: the state becomes that after it."""
    supply = state.supply(len(rules.categories))
    scripted.price_newcomers(scripts, state)
    state.ledger.income(rules.income, state.buyers["category"])
    contracts.begin(state)
    tasks = draw_tasks(rules, state)
    subscribed = contracts.serve(rules, state, tasks)
    offered = offers(rules, state)
    orders, promised, expected = decide(rules, state, supply, tasks, offered, scripts)
    bound = _bound(rules, state, orders)
    fills = _clear(rules, state.sellers, orders, offered)
    served = subscribed + _pay(rules, state, orders, fills)
    worth = tasks.worth[served.buyer]
    state.ledger.incur(state.sellers["cost"][served.seller])
    delivery.deliver(rules, state, served, worth, _volume(rules, state, served), now)
    delivery.settle(state, now)
    trust.update(rules, state)
    Desk(rules, state, offered).learn(tasks.worth, orders, fills)
    adapt(rules, state, offered, fills, scripts)
    contracts.end(rules, state)
    if state.policy.choice == "expected":
        observe(rules, state, offered, orders, fills)
        note(rules, state, offered, tasks.worth, orders, promised, fills, served)
    units = (supply.unit_costs, supply.unit_starts)
    competitive = market_equilibrium(tasks.worth, state.buyers["category"], *units)
    recorded = {
        "tasks": int(np.count_nonzero(tasks.size)),
        "maximal_gains": int(competitive.gains.sum()),
        "expected_surplus": _expected(rules, state, expected),
        **record(state, tasks.worth, served, orders, fills),
        "bound": bound,
        **prices(state, rules.mechanisms.term, fills, competitive),
    }
    state.close(recorded)
    return Round(recorded, tasks, orders, fills, competitive, expected)


def _expected(rules: Rules, state: State, expected: Floats) -> int:
    """What buyers expected of their orders; 0 where some buy without a choice by expectation.

    They do where they bid on all that they saw, and where contracts are renewed.
    """
    mechanisms, pricing = rules.mechanisms, state.sellers["pricing"]
    unforeseen = mechanisms.bids_everywhere | mechanisms.renewal
    return 0 if unforeseen[pricing].any() else int(expected.sum())


def _bound(rules: Rules, state: State, orders: Orders) -> int:
    """Orders whose limit is the wallet; none without budgets."""
    if not rules.budgets:
        return 0
    wallet = state.buyers["wallet"][state.buyers.rows(orders.buyer)]
    return int(np.count_nonzero(orders.limit == wallet))


def _clear(rules: Rules, sellers: Population, orders: Orders, offered: Offered) -> Fills:
    """6. Clearing by each listing's pricing model."""
    listings = Listings(sellers["id"], sellers["category"], offered.capacity, offered.price)
    models, parts = rules.mechanisms.models, []
    for index, model in enumerate(models):
        if len(models) == 1:
            return model.clear(orders, listings, rules.streams)
        mine = np.flatnonzero(sellers["pricing"][orders.listing] == index)
        own = np.where(sellers["pricing"] == index, offered.capacity, 0)
        fills = model.clear(_subset(orders, mine), replace(listings, capacity=own), rules.streams)
        parts.append(replace(fills, order=mine[fills.order]))
    columns = [[getattr(part, f.name) for part in parts] for f in fields(Fills)]
    return Fills(*(np.concatenate(column) for column in columns))


def _subset(orders: Orders, rows: Ints) -> Orders:
    own = (orders.buyer[rows], orders.listing[rows], orders.size[rows], orders.limit[rows])
    return Orders(orders.round, *own)


def _pay(rules: Rules, state: State, orders: Orders, fills: Fills) -> Service:
    """6. Payment from wallet to wallet, and the tasks or contracts that were bought by it."""
    buyer, mechanisms = state.buyers.rows(orders.buyer[fills.order]), rules.mechanisms
    contracts.pay(mechanisms, state, buyer, fills.listing, fills.payment, fills.receipt)
    contract = contracts.sign(mechanisms, state, orders, fills)
    task = contracts.first_task(mechanisms, state, fills)
    return Service(buyer, fills.listing, contract, task)


def _volume(rules: Rules, state: State, served: Service) -> Floats:
    """What each task cost relative to a median one of its category; a contract's by its uses."""
    if rules.reputation.counted:
        return np.empty(0)
    sellers, book = state.sellers, state.contracts
    paid, under = served.paid.astype(np.float64), np.flatnonzero(served.contract >= 0)
    uses = rules.mechanisms.expected_uses(state.policy.demand_rate)
    expected = uses[sellers["pricing"][served.seller[under]]]
    fee = book["fee"][book.rows(served.contract[under])]
    paid[under] += fee / np.maximum(expected, 1.0)
    return paid / np.maximum(rules.median_value[sellers["category"][served.seller]], 1)
