"""Contracts with a term: signed, served, suspended, ended, renewed."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.kernels import Entries, Kernels
from econsim.models.marketplace.delivery import Service, penalty_of, refund
from econsim.pricing import Fills, Orders

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

NOBODY = np.empty(0, dtype=np.int64)
CONTRACT_COLUMNS = {
    "buyer": np.int64,
    "seller": np.int64,
    "fee": np.int64,
    "ends": np.int64,
    "status": np.uint8,
    "volume": np.int64,
    "uses": np.int64,
    "missed": np.int64,
}


class Status(IntEnum):
    """How a contract stands.

    ACTIVE, or SUSPENDED while its seller may not sell. In the round in which it ends it becomes
    FULFILLED or BREACHED, and it leaves the table when the next one begins.
    """

    ACTIVE = 0
    FULFILLED = 1
    BREACHED = 2
    SUSPENDED = 3


def terms(model: Marketplace) -> Ints:
    """Term of each pricing model, 0 where a payment buys one task."""
    return np.array([held.term for held in model.pricing_models])


def volumes(model: Marketplace) -> Ints:
    """Tasks that a contract of each pricing model covers, 0 without a limit."""
    return np.array([held.volume or 0 for held in model.pricing_models])


def uses(model: Marketplace) -> NDArray[np.float64]:
    """Tasks that a buyer expects to bring in a term of each pricing model."""
    expected, most = terms(model) * model.demand_rate, volumes(model)
    return np.where(most > 0, np.minimum(expected, most), expected)


def begin(model: Marketplace) -> None:
    """Drop the contracts that have ended, and suspend those of sellers that may not sell."""
    held = model.contracts
    if not len(held):
        return
    status = held["status"]
    held.remove(held.where((status == Status.FULFILLED) | (status == Status.BREACHED)))
    if "barred" in model.sellers and len(held):
        barred = model.sellers["barred"][model.sellers.rows(held["seller"])] > model.round
        held["status"][:] = np.where(barred, Status.SUSPENDED, Status.ACTIVE)


def active(model: Marketplace) -> NDArray[np.bool_]:
    """Which contracts are in force."""
    return model.contracts["status"] == Status.ACTIVE


def bound(model: Marketplace) -> Ints:
    """Rows of the buyers who hold a contract that is suspended: they shop, but sign no other."""
    held = model.contracts
    return model.buyers.rows(held["buyer"][held["status"] == Status.SUSPENDED])


def serve(model: Marketplace, size: NDArray[np.uint8], kernel: Kernels) -> Service:
    """2. Subscribers with a task go to their seller, who serves them first, by lot if too many."""
    held = model.contracts
    if not len(held):
        return Service(NOBODY, NOBODY, NOBODY, NOBODY)
    buyer = model.buyers.rows(held["buyer"])
    rows = np.flatnonzero((size[buyer] > 0) & active(model))
    ids, buyer = held["buyer"][rows], buyer[rows]
    seller = model.sellers.rows(held["seller"][rows])
    listing, key = seller.astype(np.int32), np.zeros(len(ids), dtype=np.int64)
    entries, capacity = Entries(listing, key, ids), model.sellers["capacity"]
    _, served = kernel.rank(model.streams.seed, model.round, entries, capacity)
    held["uses"][rows[served]] += 1
    paid = np.zeros(len(served), dtype=np.int64)
    return Service(buyer[served], seller[served], held["id"][rows[served]], paid)


def sign(model: Marketplace, orders: Orders, fills: Fills) -> Ints:
    """6. Book the subscriptions just sold; the term starts with this round, and its first task.

    Returns the contract of each fill, -1 where it buys one task.
    """
    term, signed = terms(model), np.full(len(fills.order), -1, dtype=np.int64)
    if term.any():
        sold = np.flatnonzero(term[model.sellers["pricing"][fills.listing]] > 0)
        buyer, seller = orders.buyer[fills.order[sold]], fills.listing[sold]
        signed[sold] = _add(model, buyer, seller, fills.payment[sold], uses=1)
    return signed


def _add(model: Marketplace, buyer: Ints, seller: Ints, fee: Ints, uses: int) -> Ints:
    """Ids of new contracts from buyers' ids, sellers' rows, fees, and tasks served already."""
    pricing = model.sellers["pricing"][seller]
    return model.contracts.add(
        len(buyer),
        buyer=buyer,
        seller=model.sellers["id"][seller],
        fee=fee,
        ends=model.round + terms(model)[pricing],
        volume=volumes(model)[pricing],
        uses=uses,
    )


def end(model: Marketplace) -> None:
    """End the contracts whose term is over, or whose volume is used up; a breach is refunded.

    A contract is breached if more of its tasks failed than it promised, or if it ends suspended.
    """
    held = model.contracts
    used_up = (held["volume"] > 0) & (held["uses"] >= held["volume"])
    over = np.flatnonzero((held["ends"] <= model.round + 1) | used_up)
    if not len(over):
        return
    breached = held["status"][over] == Status.SUSPENDED
    if model.service is not None:
        seller = model.sellers.rows(held["seller"][over])
        spared = (1 - model.sellers["promised"][seller]) * held["uses"][over]
        # A hair's breadth, as 10 x (1 - 0.9) is a little less than 1 in floating point.
        breached |= held["missed"][over] > spared + 1e-9
        broken = over[breached]
        refund(
            model,
            held["buyer"][broken],
            seller[breached],
            penalty_of(model, seller[breached], held["fee"][broken]),
        )
    held["status"][over] = np.where(breached, Status.BREACHED, Status.FULFILLED)


def renew(model: Marketplace) -> None:
    """Between rounds: renew what was fulfilled and still pays, at the seller's present fee.

    1. A buyer wants it if the term is expected to be worth more than the fee, and can pay.
    2. Sellers renew in order of signing, as far as their capacity goes.
    """
    held, renewal = model.contracts, np.array([each.renewal for each in model.pricing_models])
    if not len(held) or not renewal.any():
        return
    seller = model.sellers.rows(held["seller"])
    ended = (held["status"] == Status.FULFILLED) | (held["status"] == Status.BREACHED)
    mine = np.flatnonzero(ended & renewal[model.sellers["pricing"][seller]])
    seats = model.sellers["capacity"] - np.bincount(seller[~ended], minlength=len(model.sellers))
    wanted = mine[_worthwhile(model, mine, seller[mine])]
    taken = wanted[_first(seller[wanted], seats)]
    model.tally["renewable"] += len(mine)
    model.tally["churned"] += len(mine) - len(taken)
    _pay(model, held["buyer"][taken], seller[taken])


def _worthwhile(model: Marketplace, rows: Ints, seller: Ints) -> NDArray[np.bool_]:
    """Whether the holder of each contract wants it again, and can pay for it."""
    held, sellers = model.contracts, model.sellers
    buyer = model.buyers.rows(held["buyer"][rows])
    mean_worth = model.buyers["value"][buyer] * (1 + model.max_size) // 2
    expected = (mean_worth * sellers["trust"][seller]).astype(np.int64)
    over_term = (uses(model)[sellers["pricing"][seller]] * expected).astype(np.int64)
    fee, met = sellers["price"][seller], held["status"][rows] == Status.FULFILLED
    free = model.barred(seller) <= model.round
    return met & free & (over_term > fee) & (model.buyers["wallet"][buyer] >= fee)


def _first(group: Ints, most: Ints) -> Ints:
    """Places of the first ``most[g]`` members of each group g, ascending."""
    order = np.argsort(group, kind="stable")
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    return np.sort(order[place < most[group[order]]])


def _pay(model: Marketplace, buyer: Ints, seller: Ints) -> None:
    """Fees of renewed contracts, booked with the next round's."""
    fee = model.sellers["price"][seller].copy()
    receipt = fee - model.fee_on(fee)
    subsidy = (fee * model.subsidy).astype(np.int64)
    model.buyers["wallet"][model.buyers.rows(buyer)] -= fee - subsidy
    np.add.at(model.sellers["wallet"], seller, receipt)
    paid, received, given = int(fee.sum()), int(receipt.sum()), int(subsidy.sum())
    model.injected_money += given - paid + received
    model.tally["subsidy"] += given
    model.tally["injected"] += given
    model.tally["paid"] += paid
    model.tally["received"] += received
    _add(model, buyer, seller, fee, uses=0)
