"""Attacks on reputation: sellers that cheat, and what they do to be trusted all the same.

An attacker runs several sellers. A cheating seller delivers with a low chance, at no cost. Without
the attack (``active = false``) the same sellers work honestly: what an attack gains is the
difference.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Ints
from econsim.errors import ParameterError, integer, real
from econsim.models.marketplace.agents import Buyer, Seller
from econsim.models.marketplace.delivery import rate
from econsim.models.marketplace.reputation import Ended
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import RowSet
from econsim.registry import Registry, Specified
from econsim.trust import Outcome


class Entrance(Protocol):
    """What an attacker needs of a market: to see it, to come in and to leave."""

    rules: Rules
    state: State

    def add_buyers(self, cls: type[Buyer], n: int, **columns: ArrayLike) -> RowSet:
        """As `Marketplace.add_buyers`."""

    def add_sellers(self, cls: type[Seller], n: int, **columns: ArrayLike) -> RowSet:
        """As `Marketplace.add_sellers`."""

    def remove_agents(self, agents: RowSet) -> None:
        """Remove the members of a set."""

    @property
    def agents(self) -> RowSet:
        """All agents."""


class Attack(Specified):
    """An attacker with several sellers, who cheat all the time.

    Parameters
    ----------
    sellers : int
        How many of them at a time, besides the market's own.
    identity_cost : float >= 0, credits
        What the attacker pays for every new identity, of a seller or a false buyer.
    honest, cheating : float in [0, 1]
        Chance of delivery of honest work, and of none, which costs nothing.
    active : bool
        Whether they attack, or work honestly.

    Attributes
    ----------
    name : str
        Name in `ATTACKS`.
    ids : int64 array
        The attacker's sellers.
    identities : int
        Identities made so far.
    profit : int
        Ticks that the attacker's sellers earned so far, identities not paid.
    """

    name: ClassVar[str] = ""

    def __init__(
        self,
        *,
        sellers: int = 5,
        identity_cost: float = 1.0,
        honest: float = 0.95,
        cheating: float = 0.1,
        active: bool = True,
    ):
        self.sellers = integer("sellers", sellers, 1, 10**6)
        self.identity_cost = real("identity_cost", identity_cost, 0, 1e6)
        self.honest, self.cheating = real("honest", honest, 0, 1), real("cheating", cheating, 0, 1)
        if not isinstance(active, bool):
            raise ParameterError("active", active, "true or false")
        self.active = active
        self.ids: Ints = np.empty(0, dtype=np.int64)
        self.identities, self.profit, self._wallets = 0, 0, 0

    def open(self, market: Entrance) -> None:
        """Enter the market."""
        self.enter(market, self.sellers)
        self.prepare(market)

    def enter(self, market: Entrance, count: int) -> Ints:
        """New sellers; returns their ids."""
        self.identities += count
        new = market.add_sellers(Seller, count, reliability=self.honest).ids
        self.ids = np.concatenate([self.ids, new])
        sellers = market.state.sellers
        rows = sellers.rows(new)
        sellers["effort"][rows] = sellers["cost"][rows]
        if self.active:
            self.cheat(market, new)
        return new

    def prepare(self, market: Entrance) -> None:
        """Hook: what else is needed before the first round."""

    def act(self, market: Entrance) -> None:
        """After a round: take the profit, then do what the attack does."""
        sellers = market.state.sellers
        self.ids = self.ids[sellers.alive(self.ids)]
        rows = sellers.rows(self.ids)
        wallets = int(sellers["wallet"][rows].sum())
        cost = int((sellers["cost"] * sellers["sold"])[rows].sum())
        self.profit += wallets - self._wallets - cost
        if self.active:
            self.strike(market, rows)
        self._wallets = int(sellers["wallet"][sellers.rows(self.ids)].sum())

    def strike(self, market: Entrance, rows: Ints) -> None:
        """Hook: what the attack does after a round, given the rows of its sellers."""

    def cheat(self, market: Entrance, ids: Ints, stop: bool = False) -> None:
        """Let sellers cheat, or stop it."""
        sellers = market.state.sellers
        rows = sellers.rows(ids)
        sellers["reliability"][rows] = self.honest if stop else self.cheating
        sellers["cost"][rows] = sellers["effort"][rows] if stop else 0
        auction = market.rules.mechanisms.auctioned[sellers["pricing"][rows]]
        sellers["price"][rows[auction]] = sellers["cost"][rows[auction]]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(sellers={self.sellers}, active={self.active})"


class Whitewashing(Attack):
    """Leave with a bad name, and come back as somebody else.

    Parameters
    ----------
    leave_below : float in [0, 1]
        An identity is given up when it is trusted less than this share of what a newcomer is.
    **others
        Those of `Attack`.
    """

    name = "whitewashing"

    def __init__(self, *, leave_below: float = 0.9, **others: Any):
        super().__init__(**others)
        self.leave_below = real("leave_below", leave_below, 0, 1)

    def strike(self, market: Entrance, rows: Ints) -> None:
        """Replace the distrusted."""
        newcomer = market.rules.reputation.start(np.zeros(1), np.zeros(1))["trust"][0]
        gone = self.ids[market.state.sellers["trust"][rows] < self.leave_below * newcomer]
        if len(gone):
            self.ids = np.setdiff1d(self.ids, gone)
            market.remove_agents(_members(market, gone))
            self.enter(market, len(gone))


class BallotStuffing(Attack):
    """False buyers rate the attacker's sellers for deals that never were.

    Parameters
    ----------
    sybils : int
        False buyers of each seller.
    deals : int
        False deals that each of them reports in a round.
    **others
        Those of `Attack`.
    """

    name = "ballot-stuffing"

    def __init__(self, *, sybils: int = 5, deals: int = 1, **others: Any):
        super().__init__(**others)
        self.sybils = integer("sybils", sybils, 1, 10**6)
        self.deals = integer("deals", deals, 1, 1000)

    def prepare(self, market: Entrance) -> None:
        """Buyers without a task of any worth, who never buy."""
        if self.active:
            count = self.sybils * self.sellers
            self.identities += count
            self.buyers = market.add_buyers(Buyer, count, value=0, wallet=0).ids

    def act(self, market: Entrance) -> None:
        """As any attack; the false buyers of a seller that was removed have nobody to rate."""
        if self.active:
            stay = market.state.sellers.alive(self.ids)
            self.buyers = self.buyers.reshape(-1, self.sybils)[stay].ravel()
        super().act(market)

    def strike(self, market: Entrance, rows: Ints) -> None:
        """Report successes, each at the seller's average price: money that only changes pockets.

        What the market keeps of it as a fee is paid from the profit.
        """
        buyer, row = np.repeat(self.buyers, self.deals), np.repeat(rows, self.sybils * self.deals)
        rules, state, sellers = market.rules, market.state, market.state.sellers
        there = state.buyers.alive(buyer)
        buyer, row = buyer[there], row[there]
        price = np.maximum(sellers["price"], sellers["average"])[row]
        volume = price / np.maximum(rules.median_value[sellers["category"][row]], 1)
        none, count = np.zeros(len(row), dtype=np.int64), len(row)
        success = np.full(count, Outcome.SUCCESS, dtype=np.uint8)
        seller, error = sellers["id"][row], np.zeros(count)
        rate(state, Ended(buyer, seller, row, none - 1, none, price, volume, success, error))
        commission = rules.mechanisms.commission[sellers["pricing"][row]]
        self.profit -= int(state.policy.fee_on(price, commission).sum())


class Oscillation(Attack):
    """Build a good name, milk it, and build it again.

    Parameters
    ----------
    milk_above, build_below : float in [0, 1]
        Trust at which a seller begins to cheat, and at which it works honestly again.
    **others
        Those of `Attack`.
    """

    name = "oscillation"

    def __init__(self, *, milk_above: float = 0.85, build_below: float = 0.6, **others: Any):
        super().__init__(**others)
        self.milk_above = real("milk_above", milk_above, 0, 1)
        self.build_below = real("build_below", build_below, 0, self.milk_above)

    def prepare(self, market: Entrance) -> None:
        """Nobody is trusted yet: begin with honest work."""
        if self.active:
            self.cheat(market, self.ids, stop=True)

    def strike(self, market: Entrance, rows: Ints) -> None:
        """Cheat where trusted, work where distrusted."""
        trust = market.state.sellers["trust"][rows]
        self.cheat(market, self.ids[trust >= self.milk_above])
        self.cheat(market, self.ids[trust < self.build_below], stop=True)


ATTACKS = Registry(
    "attack",
    Attack,
    {attack.name: attack for attack in (Whitewashing, BallotStuffing, Oscillation)},
)


def _members(market: Entrance, ids: Ints) -> Any:
    """Agents of these ids, as a set."""
    return market.agents.select(np.isin(market.agents.ids, ids))
