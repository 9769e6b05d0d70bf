"""One buyer or seller that a visitor looks at: its row, its orders, and its row over time."""

from collections import deque
from typing import Any

import numpy as np

from econsim.errors import ParameterError, integer, one_of
from econsim.models.marketplace import Marketplace
from econsim.money import to_credits
from econsim.visualization.clearing import FIRST_SELLER, Clearing, Clearings

SIDES = ("buyer", "seller")
MONEY = frozenset({"value", "wallet", "cost", "price", "average"})
TRACKED = {"buyer": ("wallet",), "seller": ("wallet", "price", "trust")}
ROUNDS = 200
ROWS = 60


class Inspector:
    """Follows one agent.

    Parameters
    ----------
    model : Marketplace
    side : str
        "buyer" or "seller".
    number : int
        From 0, in the order in which they entered.

    Raises
    ------
    ParameterError
        If nobody has that number now.
    """

    def __init__(self, model: Marketplace, side: str, number: int):
        self.model, self.side = model, one_of("side", side, SIDES)
        self.table = model.buyers if side == "buyer" else model.sellers
        first = 0 if side == "buyer" else FIRST_SELLER
        self.number = integer(side, number, 0, 2**31 - 1)
        self.id = first + self.number
        if not self.alive():
            raise ParameterError(side, self.number, f"the number of a {side} in the market")
        self.rounds: deque[int] = deque(maxlen=ROUNDS)
        self.tracked: dict[str, deque] = {
            name: deque(maxlen=ROUNDS) for name in TRACKED[side] if name in self.table
        }
        self.note()

    def note(self) -> None:
        """Add a round to what is tracked; a removed agent has no more of them."""
        if self.alive():
            self.rounds.append(self.model.round)
            row = int(self.table.rows([self.id])[0])
            for name, values in self.tracked.items():
                values.append(_shown(name, self.table[name][row]))

    def alive(self) -> bool:
        """Whether the agent is still in the market."""
        ids = self.table["id"]
        place = int(np.searchsorted(ids, self.id))
        return place < len(ids) and int(ids[place]) == self.id

    def view(self, clearings: Clearings) -> dict[str, Any]:
        """Its row, its history and its orders, the latest first; money in credits."""
        orders = [entry for each in clearings for entry in self._orders(each)]
        return {
            "side": self.side,
            "number": self.number,
            "row": self._row(),
            "rounds": list(self.rounds),
            "tracked": {name: list(values) for name, values in self.tracked.items()},
            "orders": orders[: -ROWS - 1 : -1],
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
        found = []
        for index in range(*place.tolist()):
            paid = fills.payment[fills.order == index]
            seller = int(clearing.listings.seller[orders.listing[index]]) - FIRST_SELLER
            bid = to_credits(int(orders.limit[index]))
            price = to_credits(int(paid[0])) if len(paid) else float("nan")
            found.append([orders.round + 1, f"seller {seller}", bid, price])
        return found

    def _sales(self, clearing: Clearing) -> list[list[Any]]:
        place = np.flatnonzero(clearing.listings.seller == self.id)
        if not len(place):
            return []
        orders = int((clearing.orders.listing == place[0]).sum())
        sold = clearing.fills.listing == place[0]
        if not orders and not sold.any():
            return []
        revenue = to_credits(int(clearing.fills.payment[sold].sum()))
        return [[clearing.orders.round + 1, orders, int(sold.sum()), revenue]]


def _shown(name: str, value: Any) -> Any:
    """A cell for people: money in credits."""
    return to_credits(int(value)) if name in MONEY else np.asarray(value).item()
