"""Deliveries: their outcomes, their service level, and what a breach refunds.

Where sellers promise a service level, a delivery takes time: it waits in a calendar, a table of
arrays, and a recurring event settles what is due. Otherwise it is settled at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.errors import ParameterError, one_of, real
from econsim.kernels import Kernels
from econsim.models.marketplace.setup import pair
from econsim.streams import Purpose, exponential
from econsim.trust import Outcome

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

LONGEST = 1000.0
SERVICE_COLUMNS = {
    "promised": np.float64,
    "bound": np.float64,
    "penalty": np.float64,
    "latency": np.float64,
}
DELIVERY_COLUMNS = {
    "buyer": np.int64,
    "seller": np.int64,
    "contract": np.int64,
    "worth": np.int64,
    "paid": np.int64,
    "volume": np.float64,
    "outcome": np.uint8,
    "error": np.float64,
    "due": np.float64,
}


@dataclass(frozen=True)
class ServiceLevel:
    """What listings promise, and how deliveries go.

    Attributes
    ----------
    promised : float in [0, 1]
        Success rate that a contract promises; fewer successes over its term breach it.
    bound : float > 0, rounds
        A delivery that takes longer is a timeout, and worth nothing.
    penalty : float in [0, 1]
        Share of the payment that a breach refunds.
    latency : pair of float, rounds
        Sellers' mean latencies are uniform between the two; latencies are exponential.
    partial : float in [0, 1]
        Of the deliveries that fail, the share of those that fail in part: a uniform share of the
        task is then worthless.
    """

    promised: float = 0.9
    bound: float = 1.0
    penalty: float = 0.5
    latency: tuple[float, float] = (0.1, 0.4)
    partial: float = 0.5

    def __post_init__(self) -> None:
        for name in ("promised", "penalty", "partial"):
            object.__setattr__(self, name, real(name, getattr(self, name), 0, 1))
        object.__setattr__(self, "bound", real("bound", self.bound, 1e-3, LONGEST))
        object.__setattr__(self, "latency", pair("latency", self.latency, 0, LONGEST))

    def columns(self, model: Marketplace, ids: Ints) -> dict[str, Any]:
        """Service columns of new sellers."""
        low, high = self.latency
        drawn = low + (high - low) * model.streams.uniform(Purpose.LATENCY, 0, ids)
        same = {name: getattr(self, name) for name in ("promised", "bound", "penalty")}
        return {
            **{name: np.full(len(ids), value) for name, value in same.items()},
            "latency": drawn,
        }


def service_level(given: Any) -> ServiceLevel | None:
    """A service level from a mapping of its entries, itself, or None.

    Raises
    ------
    ParameterError
    """
    if given is None or isinstance(given, ServiceLevel):
        return given
    if not isinstance(given, Mapping):
        raise ParameterError("service", given, "a ServiceLevel, a table of its entries, or None")
    for name in given:
        one_of("service entry", name, [entry.name for entry in fields(ServiceLevel)])
    return ServiceLevel(**given)


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Ended:
    """Deliveries that ended, (k,), in that order.

    Attributes
    ----------
    buyer, seller : int64, ids
    row : int64, row of the seller
    contract : int64, id or -1
    worth, paid : int64, ticks
    volume : float64, what the task cost relative to a median task of its category
    outcome : uint8, see `Outcome`
    error : float64, share that failed, of partial failures
    """

    buyer: Ints
    seller: Ints
    row: Ints
    contract: Ints
    worth: Ints
    paid: Ints
    volume: NDArray[np.float64]
    outcome: NDArray[np.uint8]
    error: NDArray[np.float64]

    @property
    def received(self) -> Ints:
        """Worth delivered, ticks, floored."""
        part = (self.worth * (1 - self.error)).astype(np.int64)
        whole = np.where(self.outcome == Outcome.SUCCESS, self.worth, 0)
        return np.where(self.outcome == Outcome.PARTIAL, part, whole)


def deliver(model: Marketplace, served: Service, worth: Ints, volume: Any, kernel: Kernels) -> None:
    """7. Delivery: succeeds with the seller's reliability; now, or when its latency is over."""
    buyer, sellers = model.buyers["id"][served.buyer], model.sellers
    drawn = kernel.uniform(model.streams.seed, Purpose.DELIVERY, model.round, buyer, 0)
    reliability = sellers["reliability"][served.seller]
    seller = sellers["id"][served.seller]
    task = (served.contract, worth, served.paid, volume)
    if model.service is None:
        outcome = np.where(drawn < reliability, Outcome.SUCCESS, Outcome.FAILURE).astype(np.uint8)
        _book(model, Ended(buyer, seller, served.seller, *task, outcome, np.zeros(len(buyer))))
        return
    outcome, error, due = _outcomes(model, buyer, served.seller, drawn < reliability, kernel)
    columns = (buyer, seller, *task, outcome, error, due)
    model.deliveries.add(len(buyer), **dict(zip(DELIVERY_COLUMNS, columns, strict=True)))


def _outcomes(
    model: Marketplace, buyer: Ints, row: Ints, completed: NDArray[np.bool_], kernel: Kernels
) -> tuple[Any, Any, Any]:
    """Outcome, error and end of each delivery."""
    key, sellers = (model.streams.seed, Purpose.OUTCOME, model.round, buyer), model.sellers
    partly = kernel.uniform(*key, 0) < model.service.partial
    error = np.where(~completed & partly, kernel.uniform(*key, 1), 0.0)
    latency = kernel.uniform(model.streams.seed, Purpose.LATENCY, model.round, buyer, 0)
    latency = exponential(latency, sellers["latency"][row])
    bound = sellers["bound"][row]
    ended = np.where(latency > bound, Outcome.TIMEOUT, Outcome.SUCCESS)
    failed = np.where(partly, Outcome.PARTIAL, Outcome.FAILURE)
    outcome = np.where(completed, ended, failed).astype(np.uint8)
    return outcome, error, model.time + np.minimum(latency, bound)


def settle(model: Marketplace) -> None:
    """Settle the deliveries that are due by now, in order of time."""
    held = model.deliveries
    if not len(held):
        return
    due = np.flatnonzero(held["due"] <= model.time)
    due = due[np.argsort(held["due"][due], kind="stable")]
    columns = {name: held[name][due] for name in DELIVERY_COLUMNS if name != "due"}
    held.remove(held["id"][due])
    alive = model._alive(columns["buyer"]) & model._alive(columns["seller"])
    columns = {name: column[alive] for name, column in columns.items()}
    _book(model, Ended(row=model.sellers.rows(columns["seller"]), **columns))


def _book(model: Marketplace, ended: Ended) -> None:
    """Count outcomes, refund breaches, and keep the ratings for the trust model."""
    success = rate(model, ended)
    model.tally["delivered"] += int(np.count_nonzero(success))
    model.tally["worth"] += int(ended.received.sum())
    if model.service is not None:
        model.tally["ended"] += len(success)
        model.tally["breaches"] += int(np.count_nonzero(~success))
        np.add.at(model.contracts["missed"], _held(model, ended.contract[~success]), 1)
        due = penalty_of(model, ended.row, ended.paid)
        refund(model, ended.buyer[~success], ended.row[~success], due[~success])


def rate(model: Marketplace, ended: Ended) -> NDArray[np.bool_]:
    """Put deliveries on the sellers' records; returns which succeeded."""
    sellers, count = model.sellers, len(model.sellers)
    success = ended.outcome == Outcome.SUCCESS
    sellers["successes"][:] += np.bincount(ended.row[success], minlength=count)
    sellers["failures"][:] += np.bincount(ended.row[~success], minlength=count)
    model.ended.append(ended)
    return success


def _held(model: Marketplace, contract: Ints) -> Ints:
    """Row of each of these contracts that is still held; one may occur several times."""
    live = model.contracts["id"]
    if not len(live):
        return live
    at = np.minimum(np.searchsorted(live, contract), len(live) - 1)
    return at[live[at] == contract]


def penalty_of(model: Marketplace, row: Ints, paid: Ints) -> Ints:
    """What a breach refunds of a payment, ticks, floored."""
    return np.minimum((model.sellers["penalty"][row] * paid).astype(np.int64), paid)


def refund(model: Marketplace, buyer: Ints, row: Ints, due: Ints) -> None:
    """Pay refunds from the sellers' wallets as far as they go, first come first served."""
    wallet = model.sellers["wallet"]
    paid = affordable(due, row, wallet)
    np.subtract.at(wallet, row, paid)
    np.add.at(model.buyers["wallet"], model.buyers.rows(buyer), paid)
    model.tally["refunds"] += int(paid.sum())


def affordable(due: Ints, payer: Ints, wallet: Ints) -> Ints:
    """How much of each amount its payer can pay, after those before it, (k,)."""
    order = np.argsort(payer, kind="stable")
    amount, who = due[order], payer[order]
    before = np.cumsum(amount) - amount
    before -= before[np.searchsorted(who, who)]
    paid = np.empty_like(due)
    paid[order] = np.clip(wallet[who] - before, 0, amount)
    return paid
