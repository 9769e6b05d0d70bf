"""One round of the market, step by step as the ODD protocol numbers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim import kernels
from econsim.arrays import Ints
from econsim.equilibrium import market_equilibrium
from econsim.errors import ParameterError
from econsim.kernels import Demand, Kernels, Offers, Search, Shoppers
from econsim.models.marketplace import contracts, delivery, scripted
from econsim.models.marketplace.adaptation import adapt
from econsim.models.marketplace.delivery import Service
from econsim.models.marketplace.offers import Offered, offers
from econsim.models.marketplace.record import record
from econsim.models.marketplace.setup import MOST_MONEY, Supply
from econsim.pricing import Fills, Listings, Orders

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

Bids = tuple[Ints, Ints, Ints]  # buyer rows, listings, limits


@dataclass(frozen=True)
class Tasks:
    """This round's tasks: size (0 without one) and worth of each buyer, (n,)."""

    size: NDArray[np.uint8]
    worth: Ints


def play(model: Marketplace) -> dict[str, Any]:
    """Play one round; returns its integers and the inputs of the other metrics."""
    kernel, supply = kernels.select(), model.supply()
    scripted.price_newcomers(model)
    injected = _pay_income(model) + model.tally["injected"]
    contracts.begin(model)
    tasks = _draw_tasks(model, kernel)
    subscribed = contracts.serve(model, tasks.size, kernel)
    offered = offers(model)
    model.orders = orders = _decide(model, tasks, offered, supply, kernel)
    fills = _clear(model, orders, offered)
    injected += _settle(model, orders, fills)
    served = _served(model, subscribed, orders, fills, contracts.sign(model, orders, fills))
    worth = tasks.worth[served.buyer]
    delivery.deliver(model, served, worth, _volume(model, served), kernel)
    delivery.settle(model)
    model.reputation.update(model)
    model.bidders.learn(model, offered, tasks.worth, fills)
    adapt(model, offered, fills)
    contracts.end(model)
    units = (supply.unit_costs, supply.unit_starts)
    competitive = market_equilibrium(tasks.worth, model.buyers["category"], *units)
    model.equilibrium = competitive
    return {
        "injected": injected,
        "tasks": int(np.count_nonzero(tasks.size)),
        "maximal_gains": int(competitive.gains.sum()),
        **record(model, tasks.worth, served, orders, fills),
    }


def _draw_tasks(model: Marketplace, kernel: Kernels) -> Tasks:
    """2. Demand: who has a task, of which size and worth."""
    key = (model.streams.seed, model.round, model.buyers["id"])
    demand = Demand(model.demand_rate, model.max_size, model.value_spread)
    return Tasks(*kernel.tasks(*key, model.buyers["value"], demand))


def _served(
    model: Marketplace, subscribed: Service, orders: Orders, fills: Fills, contract: Ints
) -> Service:
    """Subscribers and the orders filled, of which `contract` says what they signed (-1: none)."""
    buyer = model.buyers.rows(orders.buyer[fills.order])
    filled = Service(buyer, fills.listing, contract, np.where(contract < 0, fills.payment, 0))
    parts = [(getattr(subscribed, f.name), getattr(filled, f.name)) for f in fields(Service)]
    return Service(*(np.concatenate(part) for part in parts))


def _volume(model: Marketplace, served: Service) -> Any:
    """What each task cost relative to a median one of its category; a contract's by its uses."""
    if model.reputation.counted:
        return np.empty(0)
    category = model.sellers["category"][served.seller]
    paid, under = served.paid.astype(np.float64), np.flatnonzero(served.contract >= 0)
    held = model.contracts
    fee = held["fee"][held.rows(served.contract[under])]
    expected = contracts.uses(model)[model.sellers["pricing"][served.seller[under]]]
    paid[under] = fee / np.maximum(expected, 1.0)
    return paid / np.maximum(model.median_value[category], 1)


def _pay_income(model: Marketplace) -> int:
    """1. Income: every buyer's wallet grows; returns the ticks injected."""
    category, wallet = model.buyers["category"], model.buyers["wallet"]
    counts = np.bincount(category, minlength=len(model.categories))
    paid = sum(int(n) * int(each) for n, each in zip(counts, model.income, strict=True))
    if model.initial_money + model.injected_money + paid > MOST_MONEY:
        raise ParameterError("income", model.income.tolist(), "so small that 2**62 ticks suffice")
    if len(model.income) == 1 or (model.income == model.income[0]).all():
        wallet += model.income[0]
    else:
        wallet += model.income[category]
    model.injected_money += paid
    return paid


def _decide(
    model: Marketplace, tasks: Tasks, offered: Offered, supply: Supply, kernel: Kernels
) -> Orders:
    """3-5. Search, choice and bid; subscribers do not shop."""
    buyers, sellers = model.buyers, model.sellers
    shopping = tasks.size
    if len(model.contracts):
        shopping = shopping.copy()
        shopping[buyers.rows(model.contracts["buyer"][contracts.active(model)])] = 0
    key = (model.streams.seed, model.round, buyers["id"])
    shoppers = Shoppers(*key, shopping, tasks.worth, buyers["wallet"])
    listed = Search(buyers["category"], supply.starts, supply.listings, model.search)
    candidates = kernel.search(shoppers, listed)
    if not len(sellers):
        candidates = candidates[:, :0]
    if model.backend == "objects":
        choice, limit = _no_choice(model)
    else:
        choice, limit = _kernel_choice(model, shoppers, candidates, tasks, offered, kernel)
    own = scripted.decide(model, candidates, tasks, offered, choice, limit)
    parts = [own, _bids_everywhere(model, candidates, tasks, offered, choice)]
    singles = np.flatnonzero(choice >= 0)
    parts.append((singles, choice[singles], limit[singles]))
    return _ordered(model, tasks, [part for part in parts if len(part[0])] or parts[:1])


def _ordered(model: Marketplace, tasks: Tasks, parts: Sequence[Bids]) -> Orders:
    """Orders by buyer row, those of one buyer in the order of its search."""
    rows, listing, limit = parts[0]
    if len(parts) > 1:
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        rows, listing, limit = (column[np.argsort(columns[0], kind="stable")] for column in columns)
    ids = model.buyers["id"][rows]
    return Orders(model.round, ids, listing.astype(np.int32), tasks.size[rows], limit)


def _bids_everywhere(
    model: Marketplace,
    candidates: NDArray[np.int32],
    tasks: Tasks,
    offered: Offered,
    choice: NDArray[np.int32],
) -> Bids:
    """Bids of buyers who bid on all listings of a model that they saw, instead of their choice."""
    everywhere = model.bids_everywhere()
    if not everywhere.any():
        return scripted.NO_BIDS
    chosen = (choice >= 0) & everywhere[choice]
    if everywhere.all():  # nothing to choose between: whoever has a task bids
        chosen = candidates[:, 0] >= 0
        chosen[scripted.rows(model)] = False
    rows = np.flatnonzero(chosen)
    choice[rows] = -1
    seen = candidates[rows]
    at, column = np.nonzero((seen >= 0) & (everywhere & offered.walk_in)[seen])
    row, listing = rows[at], seen[at, column].astype(np.int64)
    value = (tasks.worth[row] * offered.trust[listing]).astype(np.int64)
    bid = (offered.shade[listing] * value).astype(np.int64)
    if model.bidders.proportional is None:
        bid = model.bidders.bids(model, offered, row, listing, value)
    return row, listing, np.minimum(bid, model.buyers["wallet"][row])


def _kernel_choice(
    model: Marketplace,
    shoppers: Shoppers,
    candidates: NDArray[np.int32],
    tasks: Tasks,
    offered: Offered,
    kernel: Kernels,
) -> tuple[NDArray[np.int32], Ints]:
    """Choices and limits of all rows; a subscription taken out replaces the walk-in choice."""
    listed = _offers(offered)
    if offered.walk_in.any() and not model.bids_everywhere().all():
        choice, limit = kernel.choose(shoppers, candidates, listed)
    else:
        choice, limit = _no_choice(model)
    if (offered.fee >= 0).any():
        mean_worth = model.buyers["value"] * (1 + model.max_size) // 2
        taken, most = kernel.subscribe(shoppers._replace(worth=mean_worth), candidates, listed)
        taken[contracts.bound(model)] = -1
        rows = np.flatnonzero(taken >= 0)
        choice[rows], limit[rows] = taken[rows], most[rows]
    if model.bidders.proportional is None:
        _bid(model, tasks, offered, choice, limit)
    return choice, limit


def _offers(offered: Offered) -> Offers:
    """What buyers choose by, as kernels take it."""
    quotes = (offered.expected, offered.mean_quote)
    return Offers(offered.trust, *quotes, offered.walk_in, offered.shade, offered.fee, offered.uses)


def _bid(
    model: Marketplace, tasks: Tasks, offered: Offered, choice: NDArray[np.int32], limit: Ints
) -> None:
    """Ask the strategies for the limits of those who chose an auction."""
    rows = np.flatnonzero(choice >= 0)
    rows = rows[model.auctioned[model.sellers["pricing"][choice[rows]]]]
    listing = choice[rows].astype(np.int64)
    value = (tasks.worth[rows] * offered.trust[listing]).astype(np.int64)
    bid = model.bidders.bids(model, offered, rows, listing, value)
    limit[rows] = np.minimum(bid, model.buyers["wallet"][rows])


def _no_choice(model: Marketplace) -> tuple[NDArray[np.int32], Ints]:
    count = len(model.buyers)
    return np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.int64)


def _clear(model: Marketplace, orders: Orders, offered: Offered) -> Fills:
    """6. Clearing by each listing's pricing model."""
    sellers = model.sellers
    listings = Listings(sellers["id"], sellers["category"], offered.capacity, offered.price)
    parts = []
    for index, held in enumerate(model.pricing_models):
        if len(model.pricing_models) == 1:
            parts.append(held.clear(orders, listings, model.streams))
            continue
        mine = np.flatnonzero(sellers["pricing"][orders.listing] == index)
        own = np.where(sellers["pricing"] == index, offered.capacity, 0)
        fills = held.clear(_subset(orders, mine), replace(listings, capacity=own), model.streams)
        parts.append(replace(fills, order=mine[fills.order]))
    columns = [[getattr(part, f.name) for part in parts] for f in fields(Fills)]
    fills = Fills(*(np.concatenate(column) for column in columns))
    return replace(fills, receipt=fills.receipt - model.fee_on(fills.receipt))


def _subset(orders: Orders, rows: Ints) -> Orders:
    return Orders(
        orders.round,
        orders.buyer[rows],
        orders.listing[rows],
        orders.size[rows],
        orders.limit[rows],
    )


def _settle(model: Marketplace, orders: Orders, fills: Fills) -> int:
    """6. Payment goes from wallet to wallet; what a mechanism keeps leaves the market.

    Returns the ticks that buyers were given for it from outside.
    """
    subsidy = (fills.payment * model.subsidy).astype(np.int64)
    buyer = model.buyers.rows(orders.buyer[fills.order])
    model.buyers["wallet"][buyer] -= fills.payment - subsidy
    np.add.at(model.sellers["wallet"], fills.listing, fills.receipt)
    given = int(subsidy.sum())
    model.injected_money += given - int(fills.payment.sum()) + int(fills.receipt.sum())
    model.tally["subsidy"] += given
    return given
