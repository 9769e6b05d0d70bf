"""Deliveries: their outcomes, their service level, and what a breach refunds.

Where sellers promise a service level, a delivery takes time: it waits in a calendar, a table of
arrays, and a recurring event settles what is due. Otherwise it is settled at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from econsim import kernels
from econsim.arrays import Bools, Codes, Floats, Ints
from econsim.models.marketplace.columns import DELIVERIES
from econsim.models.marketplace.reputation import Ended
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.service import ServiceLevel
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.streams import Purpose, exponential
from econsim.trust import Outcome


@dataclass(frozen=True, eq=False)
class Service:
    """The tasks served in a round, (t,).

    Attributes
    ----------
    buyer, seller : int64, rows
    contract : int64, id of the contract under which it is served, or -1
    paid : int64, ticks paid for this task alone
    """

    buyer: Ints
    seller: Ints
    contract: Ints
    paid: Ints

    @classmethod
    def nobody(cls) -> Service:
        """No task served."""
        return cls(*np.empty((4, 0), dtype=np.int64))

    def __len__(self) -> int:
        return len(self.buyer)

    def __add__(self, other: Service) -> Service:
        pairs = [(getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        return Service(*(np.concatenate(pair) for pair in pairs))


def deliver(
    rules: Rules, state: State, served: Service, worth: Ints, volume: Any, now: float
) -> None:
    """7. Delivery: succeeds with the seller's reliability; now, or when its latency is over."""
    kernel, sellers = kernels.select(), state.sellers
    buyer, seller = state.buyers["id"][served.buyer], sellers["id"][served.seller]
    drawn = kernel.uniform(rules.streams.seed, Purpose.DELIVERY, state.round, buyer, 0)
    completed = drawn < sellers["reliability"][served.seller]
    task = (served.contract, worth, served.paid, volume)
    if rules.service is None:
        outcome = np.where(completed, Outcome.SUCCESS, Outcome.FAILURE).astype(np.uint8)
        _book(state, Ended(buyer, seller, served.seller, *task, outcome, np.zeros(len(buyer))))
        return
    key = (rules.streams.seed, state.round, buyer)
    outcome, error, lasts = _outcomes(rules.service, key, sellers, served.seller, completed)
    columns = (buyer, seller, *task, outcome, error, now + lasts)
    state.deliveries.add(len(buyer), **dict(zip(DELIVERIES, columns, strict=True)))


def _outcomes(
    service: ServiceLevel,
    key: tuple[int, int, Ints],
    sellers: Population,
    row: Ints,
    completed: Bools,
) -> tuple[Codes, Floats, Floats]:
    """Outcome, error and duration of each delivery; `key` is seed, round and buyers."""
    uniform, (seed, round, buyer) = kernels.select().uniform, key
    partly = uniform(seed, Purpose.OUTCOME, round, buyer, 0) < service.partial
    share = uniform(seed, Purpose.OUTCOME, round, buyer, 1)
    error = np.where(~completed & partly, share, 0.0)
    latency = uniform(seed, Purpose.LATENCY, round, buyer, 0)
    latency = exponential(latency, sellers["latency"][row])
    bound = sellers["bound"][row]
    ended = np.where(latency > bound, Outcome.TIMEOUT, Outcome.SUCCESS)
    failed = np.where(partly, Outcome.PARTIAL, Outcome.FAILURE)
    outcome = np.where(completed, ended, failed).astype(np.uint8)
    return outcome, error, np.minimum(latency, bound)


def settle(state: State, now: float) -> None:
    """Settle the deliveries that are due by now, in order of time."""
    calendar = state.deliveries
    if not len(calendar):
        return
    due = np.flatnonzero(calendar["due"] <= now)
    due = due[np.argsort(calendar["due"][due], kind="stable")]
    columns = {name: calendar[name][due] for name in DELIVERIES if name != "due"}
    calendar.remove(calendar["id"][due])
    alive = state.buyers.alive(columns["buyer"]) & state.sellers.alive(columns["seller"])
    columns = {name: column[alive] for name, column in columns.items()}
    ended = Ended(row=state.sellers.rows(columns["seller"]), **columns)
    _book(state, ended)
    _make_good(state, ended)


def _book(state: State, ended: Ended) -> None:
    """Count outcomes, and keep the ratings for the trust model."""
    rate(state, ended)
    state.tally["delivered"] += int(np.count_nonzero(ended.success))
    state.tally["worth"] += int(ended.received.sum())


def rate(state: State, ended: Ended) -> None:
    """Put deliveries on the sellers' records."""
    sellers, count = state.sellers, len(state.sellers)
    sellers["successes"][:] += np.bincount(ended.row[ended.success], minlength=count)
    sellers["failures"][:] += np.bincount(ended.row[~ended.success], minlength=count)
    state.ended.append(ended)


def _make_good(state: State, ended: Ended) -> None:
    """Deliveries that broke the promised service level count against their contract, and refund."""
    breach = ~ended.success
    state.tally["ended"] += len(breach)
    state.tally["breaches"] += int(np.count_nonzero(breach))
    np.add.at(state.contracts["missed"], _row_of(state.contracts, ended.contract[breach]), 1)
    due = penalties(state.sellers, ended.row[breach], ended.paid[breach])
    state.ledger.refund(ended.row[breach], state.buyers.rows(ended.buyer[breach]), due)


def _row_of(contracts: Population, ids: Ints) -> Ints:
    """Row of each of these contracts that is still there; one may occur several times."""
    live = contracts["id"]
    if not len(live):
        return live
    at = np.minimum(np.searchsorted(live, ids), len(live) - 1)
    return at[live[at] == ids]


def penalties(sellers: Population, row: Ints, paid: Ints) -> Ints:
    """What a breach refunds of a payment, ticks, floored."""
    return np.minimum((sellers["penalty"][row] * paid).astype(np.int64), paid)
