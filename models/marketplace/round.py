"""One round of the market, step by step as the ODD protocol numbers them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim import kernels
from econsim.equilibrium import market_equilibrium
from econsim.errors import ParameterError
from econsim.metrics import dispersion
from econsim.models.marketplace import scripted
from econsim.models.marketplace.offers import Offered, offers, rows_of
from econsim.models.marketplace.setup import MOST_MONEY, Supply
from econsim.pricing import Fills, Listings, Orders, Posted
from econsim.streams import Purpose
from econsim.trust import beta_mean

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

Ints = NDArray[np.int64]
Bids = tuple[Ints, Ints, Ints]  # buyer rows, listings, limits


@dataclass(frozen=True)
class Tasks:
    """This round's tasks: size (0 without one) and worth of each buyer, (n,)."""

    size: NDArray[np.uint8]
    worth: Ints


@dataclass(frozen=True)
class Service:
    """The tasks served: buyer rows and seller rows, (t,)."""

    buyer: Ints
    seller: Ints


def play(model: Marketplace) -> dict[str, Any]:
    """Play one round; returns its integers and the inputs of the other metrics."""
    kernel, supply = kernels.select(), model.supply()
    scripted.price_newcomers(model)
    injected = _pay_income(model)
    _end_contracts(model)
    tasks = _draw_tasks(model, kernel)
    subscribed = _subscribers(model, tasks, kernel)
    offered = offers(model)
    model.orders = orders = _decide(model, tasks, offered, supply, kernel)
    fills = _clear(model, orders, offered)
    _settle(model, orders, fills)
    _sign(model, orders, fills)
    served = _served(model, subscribed, orders, fills)
    delivered = _deliver(model, served, kernel)
    _adapt(model, offered, fills)
    units = (supply.unit_costs, supply.unit_starts)
    competitive = market_equilibrium(tasks.worth, model.buyers["category"], *units)
    model.equilibrium = competitive
    return {
        "injected": injected,
        "tasks": int(np.count_nonzero(tasks.size)),
        "maximal_gains": int(competitive.gains.sum()),
        **_sales(model, orders, fills),
        **_distance(model, fills),
        **_account(model, tasks, served, delivered, fills),
    }


def _account(
    model: Marketplace, tasks: Tasks, served: Service, delivered: NDArray[np.bool_], fills: Fills
) -> dict[str, Any]:
    """10. Record what was served, and who gained by it."""
    worth, cost = tasks.worth[served.buyer], model.sellers["cost"][served.seller]
    trust = model.sellers["trust"]
    return {
        "trades": len(worth),
        "delivered": int(np.count_nonzero(delivered)),
        "buyer_surplus": int(worth[delivered].sum()) - int(fills.payment.sum()),
        "seller_profit": int(fills.receipt.sum()) - int(cost.sum()),
        "gains": int(worth.sum() - cost.sum()),
        "contracts": len(model.contracts),
        "mean_trust": float(trust.mean()) if len(trust) else float("nan"),
    }


def _sales(model: Marketplace, orders: Orders, fills: Fills) -> dict[str, Any]:
    """10. Record what was sold."""
    category, received = model.sellers["category"][fills.listing], int(fills.receipt.sum())
    return {
        "orders": len(orders),
        "sales": len(fills.order),
        "revenue": received,
        "retained": int(fills.payment.sum()) - received,
        "dispersion": dispersion(fills.payment, category, len(model.categories)),
    }


def _distance(model: Marketplace, fills: Fills) -> dict[str, Any]:
    """10. How far the mean price of a task lies outside the competitive band, by category."""
    single = _terms(model)[model.sellers["pricing"][fills.listing]] == 0
    category, payment = model.sellers["category"][fills.listing[single]], fills.payment[single]
    sales = np.bincount(category, minlength=len(model.categories))
    paid = np.bincount(category, weights=payment, minlength=len(sales))
    mean = np.divide(paid, sales, out=np.full(len(sales), np.nan), where=sales > 0)
    distance = model.equilibrium.distance(mean)
    known = np.isfinite(distance)
    return {
        "priced": int(sales[known].sum()),
        "distance": float((sales[known] * distance[known]).sum()),
    }


def _terms(model: Marketplace) -> Ints:
    """Term of each pricing model, 0 where a payment buys one task."""
    return np.array([held.term for held in model.pricing_models])


def _draw_tasks(model: Marketplace, kernel: ModuleType) -> Tasks:
    """2. Demand: who has a task, of which size and worth."""
    key = (model.streams.seed, model.round, model.buyers["id"])
    spread = (model.demand_rate, model.max_size, model.value_spread)
    return Tasks(*kernel.tasks(*key, model.buyers["value"], *spread))


def _served(model: Marketplace, subscribed: Service, orders: Orders, fills: Fills) -> Service:
    """Subscribers and the orders filled."""
    buyer = model.buyers.rows(orders.buyer[fills.order])
    return Service(
        np.concatenate([subscribed.buyer, buyer]),
        np.concatenate([subscribed.seller, fills.listing]),
    )


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


def _end_contracts(model: Marketplace) -> None:
    """Remove the contracts whose term is over."""
    held = model.contracts
    if len(held):
        held.remove(held.where(held["ends"] <= model.round))


def _subscribers(model: Marketplace, tasks: Tasks, kernel: ModuleType) -> Service:
    """Subscribers with a task go to their seller, who serves them first, by lot if too many."""
    held = model.contracts
    if not len(held):
        return Service(np.empty(0, np.int64), np.empty(0, np.int64))
    buyer = model.buyers.rows(held["buyer"])
    active = tasks.size[buyer] > 0
    ids, buyer = held["buyer"][active], buyer[active]
    seller = model.sellers.rows(held["seller"][active])
    listing, key = seller.astype(np.int32), np.zeros(len(ids), dtype=np.int64)
    _, served = kernel.rank(
        model.streams.seed, model.round, listing, key, ids, model.sellers["capacity"]
    )
    return Service(buyer[served], seller[served])


def _decide(
    model: Marketplace, tasks: Tasks, offered: Offered, supply: Supply, kernel: ModuleType
) -> Orders:
    """3-5. Search, choice and bid; subscribers do not shop."""
    buyers, sellers = model.buyers, model.sellers
    shopping = tasks.size
    if len(model.contracts):
        shopping = shopping.copy()
        shopping[buyers.rows(model.contracts["buyer"])] = 0
    key = (model.streams.seed, model.round, buyers["id"])
    candidates = kernel.search(
        *key, shopping, buyers["category"], supply.starts, supply.listings, model.search
    )
    if not len(sellers):
        candidates = candidates[:, :0]
    if model.backend == "objects":
        choice, limit = _no_choice(model)
    else:
        choice, limit = _kernel_choice(model, key, candidates, tasks, offered, kernel)
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
    at, column = np.nonzero((seen >= 0) & everywhere[seen])
    row, listing = rows[at], seen[at, column]
    value = (tasks.worth[row] * offered.trust[listing]).astype(np.int64)
    bid = (offered.shade[listing] * value).astype(np.int64)
    return row, listing.astype(np.int64), np.minimum(bid, model.buyers["wallet"][row])


def _kernel_choice(
    model: Marketplace,
    key: tuple[int, int, Ints],
    candidates: NDArray[np.int32],
    tasks: Tasks,
    offered: Offered,
    kernel: ModuleType,
) -> tuple[NDArray[np.int32], Ints]:
    """Choices and limits of all rows; a subscription taken out replaces the walk-in choice."""
    wallet, trust = model.buyers["wallet"], offered.trust
    listed = (offered.quotes, offered.walk_in, offered.shade)
    if offered.walk_in.any() and not model.bids_everywhere().all():
        own = (candidates, tasks.size, tasks.worth, wallet)
        choice, limit = kernel.choose(*key, *own, trust, *listed)
    else:
        choice, limit = _no_choice(model)
    if (offered.fee >= 0).any():
        mean_worth = model.buyers["value"] * (1 + model.max_size) // 2
        terms = (offered.mean_quote, offered.walk_in, offered.fee, offered.term * model.demand_rate)
        taken, most = kernel.subscribe(*key, candidates, mean_worth, wallet, trust, *terms)
        rows = np.flatnonzero(taken >= 0)
        choice[rows], limit[rows] = taken[rows], most[rows]
    return choice, limit


def _no_choice(model: Marketplace) -> tuple[NDArray[np.int32], Ints]:
    count = len(model.buyers)
    return np.full(count, -1, dtype=np.int32), np.zeros(count, dtype=np.int64)


def _clear(model: Marketplace, orders: Orders, offered: Offered) -> Fills:
    """6. Clearing by each listing's pricing model."""
    sellers = model.sellers
    listings = Listings(sellers["id"], sellers["category"], offered.capacity, sellers["price"])
    parts = []
    for index, held in enumerate(model.pricing_models):
        if len(model.pricing_models) == 1:
            parts.append(held.clear(orders, listings, model.streams))
            continue
        mine = np.flatnonzero(sellers["pricing"][orders.listing] == index)
        own = np.where(sellers["pricing"] == index, offered.capacity, 0)
        fills = held.clear(_subset(orders, mine), replace(listings, capacity=own), model.streams)
        parts.append(replace(fills, order=mine[fills.order]))
    columns = [[getattr(part, f.name) for part in parts] for f in dataclasses.fields(Fills)]
    return Fills(*(np.concatenate(column) for column in columns))


def _subset(orders: Orders, rows: Ints) -> Orders:
    return Orders(
        orders.round,
        orders.buyer[rows],
        orders.listing[rows],
        orders.size[rows],
        orders.limit[rows],
    )


def _settle(model: Marketplace, orders: Orders, fills: Fills) -> None:
    """Payment goes from wallet to wallet; what a mechanism keeps leaves the market."""
    model.buyers["wallet"][model.buyers.rows(orders.buyer[fills.order])] -= fills.payment
    np.add.at(model.sellers["wallet"], fills.listing, fills.receipt)
    model.injected_money -= int(fills.payment.sum()) - int(fills.receipt.sum())


def _sign(model: Marketplace, orders: Orders, fills: Fills) -> None:
    """Book the subscriptions just sold; the term starts with this round."""
    terms = _terms(model)
    if terms.any():
        seller = fills.listing
        term = terms[model.sellers["pricing"][seller]]
        sold = term > 0
        model.contracts.add(
            int(sold.sum()),
            buyer=orders.buyer[fills.order][sold],
            seller=model.sellers["id"][seller[sold]],
            fee=fills.payment[sold],
            ends=model.round + term[sold],
        )


def _deliver(model: Marketplace, served: Service, kernel: ModuleType) -> NDArray[np.bool_]:
    """7-8. Delivery succeeds with the seller's reliability, and its trust is updated."""
    sellers, ids = model.sellers, model.buyers["id"][served.buyer]
    drawn = kernel.uniform(model.streams.seed, Purpose.DELIVERY, model.round, ids, 0)
    delivered = drawn < sellers["reliability"][served.seller]
    count = len(sellers)
    sellers["successes"][:] += np.bincount(served.seller[delivered], minlength=count)
    sellers["failures"][:] += np.bincount(served.seller[~delivered], minlength=count)
    sellers["trust"][:] = beta_mean(sellers["successes"], sellers["failures"], model.prior)
    return delivered


def _adapt(model: Marketplace, offered: Offered, fills: Fills) -> None:
    """9. Adaptation: posted prices follow sales, averages follow auction prices."""
    sellers, listing = model.sellers, fills.listing
    sold = np.bincount(listing, minlength=len(sellers))
    sellers["offered"][:], sellers["sold"][:] = offered.capacity, sold
    takings = np.zeros(len(sellers), dtype=np.int64)
    np.add.at(takings, listing, fills.payment)
    new_price = sellers["price"].copy()
    for index, held in enumerate(model.pricing_models):
        rows: Any = rows_of(model, index)
        price, average = sellers["price"][rows], sellers["average"][rows]
        if isinstance(held, Posted):
            least = held.least(sellers["cost"][rows])
            new_price[rows] = _follow(price, offered.capacity[rows], sold[rows], least)
        else:
            units = sold[rows]
            last = np.where(units > 0, takings[rows] // np.maximum(units, 1), price)
            sellers["average"][rows] = average + (last - average) // 8
    scripted.post_prices(model, new_price)
    sellers["price"][:] = new_price


def _follow(price: Ints, offered: Ints, sold: Ints, least: Ints) -> Ints:
    """Up by max(1, p >> 5) after selling out, down by as much after leaving capacity."""
    step = np.maximum(1, price >> 5)
    moved = np.maximum(price + np.where(sold == offered, step, -step), least)
    return np.where(offered > 0, moved, price)
