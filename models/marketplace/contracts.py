"""Contracts with a term: signed, served, suspended, ended, renewed."""

from __future__ import annotations

import numpy as np

from econsim import kernels
from econsim.arrays import Bools, Ints
from econsim.kernels import Entries
from econsim.models.marketplace.columns import Status
from econsim.models.marketplace.delivery import Service, penalties
from econsim.models.marketplace.demand import Tasks
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.pricing import Fills, Orders


def begin(state: State) -> None:
    """Drop the contracts that have ended, and suspend those of sellers that may not sell."""
    contracts = state.contracts
    if not len(contracts):
        return
    contracts.remove(contracts.where(ended(contracts)))
    if "barred" in state.sellers and len(contracts):
        barred = state.barred(state.sellers.rows(contracts["seller"])) > state.round
        contracts["status"][:] = np.where(barred, Status.SUSPENDED, Status.ACTIVE)


def ended(contracts: Population) -> Bools:
    """Which contracts have ended, and leave the table when the next round begins."""
    status = contracts["status"]
    return (status == Status.FULFILLED) | (status == Status.BREACHED)


def active(contracts: Population) -> Bools:
    """Which contracts are in force."""
    return contracts["status"] == Status.ACTIVE


def bound(state: State) -> Ints:
    """Rows of the buyers whose contract is suspended: they shop, but sign no other."""
    contracts = state.contracts
    return state.buyers.rows(contracts["buyer"][contracts["status"] == Status.SUSPENDED])


def serve(rules: Rules, state: State, tasks: Tasks) -> Service:
    """2. Subscribers with a task go to their seller, who serves them first, by lot if too many.

    A member pays for the task; it stays away if the task is not worth that, or it cannot pay.
    """
    contracts, sellers = state.contracts, state.sellers
    if not len(contracts):
        return Service.nobody()
    buyer, seller = state.buyers.rows(contracts["buyer"]), sellers.rows(contracts["seller"])
    due = rules.mechanisms.task_price(sellers["pricing"][seller], contracts["fee"])
    purse = state.purse(rules.budgets)[buyer]
    most = np.minimum(_expected(state, tasks.worth[buyer], seller), purse)
    comes = (tasks.size[buyer] > 0) & active(contracts) & ((due == 0) | (due <= most))
    rows = np.flatnonzero(comes)
    ids, buyer, seller, due = contracts["buyer"][rows], buyer[rows], seller[rows], due[rows]
    listing, key = seller.astype(np.int32), np.zeros(len(ids), dtype=np.int64)
    entries, rank = Entries(listing, key, ids), kernels.select().rank
    _, served = rank(rules.streams.seed, state.round, entries, sellers["capacity"])
    contracts["uses"][rows[served]] += 1
    sales = buyer[served], seller[served], due[served]
    pay(rules.mechanisms, state, *sales, sales[-1])
    return Service(*sales[:2], contracts["id"][rows[served]], sales[-1])


def _expected(state: State, worth: Ints, seller: Ints) -> Ints:
    """What tasks of these worths are worth at sellers (rows) as they are trusted, floored."""
    return (worth * state.sellers["trust"][seller]).astype(np.int64)


def pay(
    mechanisms: Mechanisms, state: State, buyer: Ints, seller: Ints, payment: Ints, receipt: Ints
) -> None:
    """Buyers (rows, each once) pay sellers (rows), less fee and commission, with the subsidy."""
    policy = state.policy
    kept = policy.kept(mechanisms.commission[state.sellers["pricing"][seller]])
    state.ledger.transfer(buyer, seller, payment, receipt, kept, policy.subsidy)


def sign(mechanisms: Mechanisms, state: State, orders: Orders, fills: Fills) -> Ints:
    """6. Book the subscriptions just sold; the term starts with this round, and its first task.

    Returns the contract of each fill, -1 where it buys one task.
    """
    term, signed = mechanisms.term, np.full(len(fills.order), -1, dtype=np.int64)
    if term.any():
        sold = np.flatnonzero(term[state.sellers["pricing"][fills.listing]] > 0)
        buyer, seller = orders.buyer[fills.order[sold]], fills.listing[sold]
        fee = fills.payment[sold] - first_task(mechanisms, state, fills)[sold]
        signed[sold] = _add(mechanisms, state, buyer, seller, fee, uses=1)
    return signed


def first_task(mechanisms: Mechanisms, state: State, fills: Fills) -> Ints:
    """What of each payment is for the task served now: all of it, unless it is a contract's fee."""
    pricing = state.sellers["pricing"][fills.listing]
    membership = mechanisms.membership[pricing]
    price = np.where(membership > 0, fills.payment // (membership + 1), 0)
    return np.where(mechanisms.term[pricing] > 0, price, fills.payment)


def _add(
    mechanisms: Mechanisms, state: State, buyer: Ints, seller: Ints, fee: Ints, uses: int
) -> Ints:
    """Ids of new contracts from buyers' ids, sellers' rows, fees, and tasks served already."""
    pricing = state.sellers["pricing"][seller]
    return state.contracts.add(
        len(buyer),
        buyer=buyer,
        seller=state.sellers["id"][seller],
        fee=fee,
        ends=state.round + mechanisms.term[pricing],
        volume=mechanisms.volume[pricing],
        uses=uses,
    )


def end(rules: Rules, state: State) -> None:
    """End the contracts whose term is over, or whose volume is used up; a breach is refunded.

    A contract is breached if more of its tasks failed than it promised, or if it ends suspended.
    """
    contracts = state.contracts
    used_up = (contracts["volume"] > 0) & (contracts["uses"] >= contracts["volume"])
    over = np.flatnonzero((contracts["ends"] <= state.round + 1) | used_up)
    if not len(over):
        return
    breached = contracts["status"][over] == Status.SUSPENDED
    if rules.service is not None:
        breached |= _missed_too_many(state, over)
        broken = over[breached]
        seller = state.sellers.rows(contracts["seller"][broken])
        due = penalties(state.sellers, seller, contracts["fee"][broken])
        state.ledger.refund(seller, state.buyers.rows(contracts["buyer"][broken]), due)
    contracts["status"][over] = np.where(breached, Status.BREACHED, Status.FULFILLED)


def _missed_too_many(state: State, rows: Ints) -> Bools:
    """Whether more tasks of each contract failed than its seller promised."""
    contracts, sellers = state.contracts, state.sellers
    promised = sellers["promised"][sellers.rows(contracts["seller"][rows])]
    # A hair's breadth, as 10 x (1 - 0.9) is a little less than 1 in floating point.
    return contracts["missed"][rows] > (1 - promised) * contracts["uses"][rows] + 1e-9


def renew(rules: Rules, state: State) -> None:
    """Between rounds: renew what was fulfilled and still pays, at the seller's present fee.

    1. A buyer wants it if the term is expected to be worth more than the fee, and can pay.
    2. Sellers renew in order of signing, as far as their capacity goes.
    """
    contracts, sellers, mechanisms = state.contracts, state.sellers, rules.mechanisms
    if not len(contracts) or not mechanisms.renewal.any():
        return
    seller, over = sellers.rows(contracts["seller"]), ended(contracts)
    mine = np.flatnonzero(over & mechanisms.renewal[sellers["pricing"][seller]])
    seats = sellers["capacity"] - np.bincount(seller[~over], minlength=len(sellers))
    wanted = mine[_worthwhile(rules, state, mine, seller[mine])]
    taken = wanted[_first(seller[wanted], seats)]
    state.tally["renewable"] += len(mine)
    state.tally["churned"] += len(mine) - len(taken)
    _sign_again(mechanisms, state, contracts["buyer"][taken], seller[taken])


def _worthwhile(rules: Rules, state: State, rows: Ints, seller: Ints) -> Bools:
    """Whether the holder of each contract wants it again, and can pay for it."""
    contracts, buyers, sellers = state.contracts, state.buyers, state.sellers
    buyer = buyers.rows(contracts["buyer"][rows])
    mean_worth = buyers["value"][buyer] * (1 + rules.max_size) // 2
    expected = _expected(state, mean_worth, seller)
    uses = rules.mechanisms.expected_uses(state.policy.demand_rate)[sellers["pricing"][seller]]
    over_term, pricing = (uses * expected).astype(np.int64), sellers["pricing"][seller]
    fee = rules.mechanisms.fee(pricing, sellers["price"][seller])
    outlay = rules.mechanisms.outlay(pricing, sellers["price"][seller], uses)
    met = contracts["status"][rows] == Status.FULFILLED
    free = state.barred(seller) <= state.round
    can_pay = state.purse(rules.budgets)[buyer] >= fee
    return met & free & (over_term > outlay) & can_pay


def _first(group: Ints, most: Ints) -> Ints:
    """Places of the first ``most[g]`` members of each group g, ascending."""
    order = np.argsort(group, kind="stable")
    place = np.arange(len(order)) - np.searchsorted(group[order], group[order])
    return np.sort(order[place < most[group[order]]])


def _sign_again(mechanisms: Mechanisms, state: State, buyer: Ints, seller: Ints) -> None:
    """Fees of renewed contracts, booked with the next round's."""
    fee = mechanisms.fee(state.sellers["pricing"][seller], state.sellers["price"][seller])
    pay(mechanisms, state, state.buyers.rows(buyer), seller, fee, fee)
    _add(mechanisms, state, buyer, seller, fee, uses=0)
