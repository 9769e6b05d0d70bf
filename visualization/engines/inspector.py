"""One buyer or seller that a visitor looks at: its row, its orders, and its row over time."""

from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import ParameterError, integer, one_of
from econsim.models.marketplace import Marketplace
from econsim.money import to_credits
from econsim.visualization.engines.clearings import KEPT_BYTES, Clearings
from econsim.visualization.numbers.clearing import FIRST_SELLER, Clearing

SIDES = ("buyer", "seller")
MONEY = frozenset({"value", "wallet", "cost", "price", "average"})
TRACKED = {"buyer": ("wallet",), "seller": ("wallet", "price", "trust")}
Columns = dict[str, NDArray[Any]]
ROUNDS = 200
ROWS = 60


class Trails:
    """What is tracked of all agents in the last rounds, as many as fit into a fixed memory.

    Parameters
    ----------
    model : Marketplace
    """

    def __init__(self, model: Marketplace):
        self._model = model
        self._kept: deque[tuple[int, dict[str, Columns]]] = deque(maxlen=ROUNDS)
        self.note()

    def note(self) -> None:
        """Add a round."""
        tables = {"buyer": self._model.buyers, "seller": self._model.sellers}
        seen = {
            side: {name: table[name].copy() for name in ("id", *TRACKED[side]) if name in table}
            for side, table in tables.items()
        }
        self._kept.append((self._model.round, seen))
        size = sum(column.nbytes for columns in seen.values() for column in columns.values())
        while len(self._kept) * size > KEPT_BYTES and len(self._kept) > 1:
            self._kept.popleft()

    def of(self, side: str, agent: int, last: int = ROUNDS) -> list[tuple[int, dict[str, Any]]]:
        """Rounds, and the values of an agent (id) in each, in credits; none when it was away."""
        trail = []
        for round_, seen in list(self._kept)[-last:]:
            columns = seen[side]
            place = int(np.searchsorted(columns["id"], agent))
            if place < len(columns["id"]) and int(columns["id"][place]) == agent:
                values = {name: _shown(name, columns[name][place]) for name in columns}
                trail.append((round_, values))
        return trail


class Inspector:
    """Follows one agent, from what is still known of it on.

    Parameters
    ----------
    model : Marketplace
    trails : Trails
    clearings : Clearings
    side : str
        "buyer" or "seller".
    number : int
        From 0, in the order in which they entered.

    Raises
    ------
    ParameterError
        If nobody has that number now.
    """

    def __init__(
        self, model: Marketplace, trails: Trails, clearings: Clearings, side: str, number: int
    ):
        self.model, self.side = model, one_of("side", side, SIDES)
        self.trails, self.clearings = trails, clearings
        self.table = model.buyers if side == "buyer" else model.sellers
        first = 0 if side == "buyer" else FIRST_SELLER
        self.number = integer(side, number, 0, 2**31 - 1)
        self.id = first + self.number
        if not self.alive():
            raise ParameterError(side, self.number, f"the number of a {side} in the market")
        self.seen = deque(trails.of(side, self.id), maxlen=ROUNDS)
        self.orders: deque[list[Any]] = deque(maxlen=ROWS)
        self._read(clearings)

    def note(self) -> None:
        """Add the round that was played."""
        self.seen.extend(self.trails.of(self.side, self.id, last=1))
        self._read(self.clearings.last())

    def _read(self, clearings: Iterable[Clearing]) -> None:
        for clearing in clearings:
            self.orders.extend(self._orders(clearing))

    def alive(self) -> bool:
        """Whether the agent is still in the market."""
        ids = self.table["id"]
        place = int(np.searchsorted(ids, self.id))
        return place < len(ids) and int(ids[place]) == self.id

    def view(self) -> dict[str, Any]:
        """Its row, its history and its orders, the latest first; money in credits."""
        names = [name for name in TRACKED[self.side] if name in self.table]
        return {
            "side": self.side,
            "number": self.number,
            "row": self._row(),
            "rounds": [round_ for round_, _ in self.seen],
            "tracked": {name: [values[name] for _, values in self.seen] for name in names},
            "orders": list(reversed(self.orders)),
        }

    def _row(self) -> dict[str, Any]:
        if not self.alive():
            return {"state": "left the market"}
        row = int(self.table.rows([self.id])[0])
        shown = {
            name: _shown(name, self.table[name][row])
            for name in self.table
            if name not in ("id", "role") and self.table[name].ndim == 1
        }
        shown["category"] = self.model.categories[int(self.table["category"][row])].name
        if "pricing" in shown:
            shown["pricing"] = self.model.pricing_models[int(shown["pricing"])].name
        return shown

    def _orders(self, clearing: Clearing) -> list[list[Any]]:
        """A buyer's orders of a round one by one, a seller's together."""
        if self.side == "seller":
            return self._sales(clearing)
        orders, fills = clearing.orders, clearing.fills
        place = np.searchsorted(orders.buyer, (self.id, self.id + 1))
        rows = []
        for index in range(*place.tolist()):
            paid = fills.payment[fills.order == index]
            seller = int(clearing.listings.seller[orders.listing[index]]) - FIRST_SELLER
            bid = to_credits(int(orders.limit[index]))
            price = to_credits(int(paid[0])) if len(paid) else float("nan")
            rows.append([orders.round + 1, f"seller {seller}", bid, price])
        return rows

    def _sales(self, clearing: Clearing) -> list[list[Any]]:
        place = np.flatnonzero(clearing.listings.seller == self.id)
        if not len(place):
            return []
        orders = int((clearing.orders.listing == place[0]).sum())
        sold = clearing.fills.listing == place[0]
        if not orders and not sold.any():
            return []
        receipt = clearing.fills.receipt[sold]
        left = receipt - (receipt * clearing.fee).astype(np.int64)
        return [[clearing.orders.round + 1, orders, int(sold.sum()), to_credits(int(left.sum()))]]


def _shown(name: str, value: Any) -> Any:
    """A cell for people: money in credits."""
    return to_credits(int(value)) if name in MONEY else np.asarray(value).item()
