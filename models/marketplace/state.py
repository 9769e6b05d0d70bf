"""All of a market that changes: what a checkpoint or a shard holds."""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Floats, Ints
from econsim.metrics import ROUND_INTEGERS
from econsim.models.marketplace.ledger import Ledger
from econsim.models.marketplace.policy import Policy
from econsim.models.marketplace.reputation import Ended
from econsim.models.marketplace.supply import Supply
from econsim.population import Population
from econsim.trust import Pairs

TABLES = ("buyers", "sellers", "contracts", "deliveries")


class Campaign(Protocol):
    """An attack under way; all its attributes are its progress and its parameters."""


@dataclass(eq=False, repr=False)
class State:
    """All of a market that changes.

    Attributes
    ----------
    buyers, sellers, contracts, deliveries : Population
        The tables; learners and trust models keep their state in columns.
    ledger : Ledger
    policy : Policy
        What an operator may change, as it is in force.
    ratings : Pairs or None
        What every buyer remembers of every seller, if trust needs it.
    round : int
        Rounds played.
    last : mapping of str to int
        The integers that the last round recorded.
    tally : Counter of int
        Deliveries and contracts counted since then; money is in ``ledger.flows``.
    ended : list of Ended
        Deliveries that ended since trust was last updated.
    unpriced : list of int
        Ids of sellers that have not named a price yet.
    next_price : int64 (m,), ticks
        What the sellers' rules say of the next round.
    attack : Campaign or None
    foresight : float64 (g, bins, 3)
        Running sums over orders, where buyers choose by expected surplus: how many, what their
        surplus was expected to be, and what it was; see `econsim.models.marketplace.foresight`.
    """

    buyers: Population
    sellers: Population
    contracts: Population
    deliveries: Population
    ledger: Ledger
    policy: Policy
    ratings: Pairs | None = None
    round: int = 0
    last: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(ROUND_INTEGERS, 0))
    tally: Counter[str] = field(default_factory=Counter)
    ended: list[Ended] = field(default_factory=list)
    unpriced: list[int] = field(default_factory=list)
    next_price: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    attack: Campaign | None = None
    foresight: Floats = field(default_factory=lambda: np.empty((0, 0, 3)))
    _supply: Supply | None = None

    def __repr__(self) -> str:
        rows = ", ".join(f"{len(table)} {name}" for name, table in self.tables.items())
        return f"<State after {self.round} rounds: {rows}>"

    @property
    def tables(self) -> dict[str, Population]:
        """The tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def set(self, **changes: Any) -> None:
        """Put another policy in force: `changes` are attributes of `Policy`."""
        self.policy = replace(self.policy, **changes)

    def alive(self, ids: Ints) -> Bools:
        """Whether each id is that of a living buyer or seller."""
        return self.buyers.alive(ids) | self.sellers.alive(ids)

    def purse(self, budgets: bool) -> Ints:
        """What each buyer can spend, ticks (n,): its wallet; without budgets more than anything."""
        if budgets:
            return self.buyers["wallet"]
        return np.full(len(self.buyers), 2**62, dtype=np.int64)

    def barred(self, rows: Any = slice(None)) -> Ints:
        """Round until which each seller (row) may not sell; 0 if it may."""
        if "barred" in self.sellers:
            return self.sellers["barred"][rows]
        return np.zeros(len(self.sellers), dtype=np.int64)[rows]

    def supply(self, categories: int) -> Supply:
        """Listings by category and units by cost, made anew when sellers or costs changed."""
        most = len(self.buyers)
        if self._supply is None or not self._supply.current(self.sellers, most):
            self._supply = Supply.of(self.sellers, categories, most)
        return self._supply

    def close(self, record: Mapping[str, Any]) -> None:
        """End a round whose record is made: what is counted from now on belongs to the next."""
        self.last = {name: record[name] for name in ROUND_INTEGERS}
        self.tally, self.ended = Counter(), []
        self.ledger.close()
        self.round += 1

    def copy(self) -> State:
        """A state that goes its own way; arrays that nobody writes are shared."""
        buyers, sellers = self.buyers.copy(), self.sellers.copy()
        return replace(
            self,
            buyers=buyers,
            sellers=sellers,
            contracts=self.contracts.copy(),
            deliveries=self.deliveries.copy(),
            ledger=self.ledger.over(buyers, sellers),
            ratings=copy.deepcopy(self.ratings),
            tally=self.tally.copy(),
            ended=list(self.ended),
            unpriced=list(self.unpriced),
            next_price=self.next_price.copy(),
            attack=copy.deepcopy(self.attack),
            foresight=self.foresight.copy(),
        )

    def equals(self, other: State) -> bool:
        """Whether both would go on alike under the same rules: all but caches is the same."""
        tables = zip(self.tables.values(), other.tables.values(), strict=True)
        return all(one.equals(two) for one, two in tables) and _same(self._rest(), other._rest())

    def _rest(self) -> dict[str, Any]:
        """What is not in the tables."""
        return {
            "round": self.round,
            "last": self.last,
            "books": self.ledger.books(),
            "policy": {**vars(self.policy), "bidders": repr(self.policy.bidders)},
            "ratings": None if self.ratings is None else vars(self.ratings),
            "tally": dict(self.tally),
            "ended": [vars(part) for part in self.ended],
            "unpriced": self.unpriced,
            "next_price": self.next_price,
            "attack": None if self.attack is None else vars(self.attack),
            "foresight": self.foresight,
        }

    def digest(self) -> str:
        """SHA-256 (hex) of the round number, the tables, and the last round's integers.

        Where the market has them, also what buyers remember of sellers, an attack's progress, and
        the fee, subsidy and reserves that are in force. Parameters are not in it.
        """
        digest = hashlib.sha256(f"round {self.round}".encode())
        for name, table in self.tables.items():
            for column in table.columns:
                _absorb(digest, f"{name}.{column}", table[column])
        for name in ROUND_INTEGERS:
            _absorb(digest, f"round.{name}", np.array([self.last[name]], dtype=np.int64))
        for name, values in self._further().items():
            _absorb(digest, name, np.atleast_1d(np.asarray(values)))
        return digest.hexdigest()

    def _further(self) -> dict[str, Any]:
        """What only some markets have."""
        policy = self.policy
        further: dict[str, Any] = {}
        if self.ratings is not None:
            memory = ("buyer", "seller", "positive", "negative")
            further = {f"ratings.{name}": getattr(self.ratings, name) for name in memory}
        terms: dict[str, Any] = {
            "fee": policy.fee,
            "subsidy": policy.subsidy,
            "reserve": policy.reserve,
            "foresight": self.foresight,
        }
        further |= {name: value for name, value in terms.items() if np.any(value)}
        progress = vars(self.attack) if self.attack is not None else {}
        numbers = {name: v for name, v in progress.items() if np.asarray(v).dtype.kind in "biuf"}
        return further | {f"attack.{name}": value for name, value in numbers.items()}


def _absorb(digest: Any, label: str, values: NDArray[Any]) -> None:
    """Add a column's name, dtype and little-endian bytes to a digest."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    digest.update(f"{label} {little.dtype.str} {len(little)}".encode())
    digest.update(little.data)


def _same(one: Any, other: Any) -> bool:
    """Whether two nests of mappings, lists, arrays and plain values are the same."""
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one is other or one == other)
