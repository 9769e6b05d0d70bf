"""The continuous double auction: a limit order book with price-time priority."""

import heapq
from dataclasses import dataclass
from typing import Any

from econsim.auctions.checks import real_array
from econsim.errors import BidError, ParameterError, integer, one_of

_SIDES = {"buy": -1, "sell": 1}


@dataclass(frozen=True)
class Trade:
    """`quantity` units at `price`; ``maker`` is the order that was in the book, ``taker`` came."""

    price: Any
    quantity: int
    maker: int
    taker: int
    buyer: Any
    seller: Any


@dataclass
class _Order:
    number: int
    side: str
    price: Any
    left: int
    trader: Any


def _crosses(taker: _Order, maker: _Order) -> bool:
    """Whether limits meet. Python compares an int with a float exactly; a difference rounds."""
    if taker.side == "buy":
        return taker.price >= maker.price
    return taker.price <= maker.price


class ContinuousDoubleAuction:
    """A limit order book: an order trades at once with the best prices opposite, or waits.

    1. An incoming order takes the best opposite price first, and at one price the oldest order.
    2. A trade is at the price of the order that waited; the taker keeps the improvement.
    3. What is left over waits in the book, which is therefore never crossed.

    Orders of one trader trade with each other like those of any two: buyer and seller of the trade
    are then the same, and its goods and cash stay as they were. Whoever wants no self-trade cancels
    the older order first.

    Integer prices and quantities stay exact, and are compared exactly with floats. A trader is any
    label; the book holds no goods and no cash of its own, so every unit bought is a unit sold at
    the same price.
    """

    def __init__(self) -> None:
        self._heaps: dict[str, list[tuple[Any, int]]] = {"buy": [], "sell": []}
        self._waiting: dict[int, _Order] = {}
        self._trades: list[Trade] = []
        self._submitted = 0

    def submit(self, side: str, price: Any, quantity: int = 1, trader: Any = None) -> int:
        """Enter an order and match it.

        Parameters
        ----------
        side : {"buy", "sell"}
        price : number
            Limit, finite and >= 0.
        quantity : int
            Units, >= 1.
        trader : object
            Recorded in the trades.

        Returns
        -------
        int
            Number of the order, from 0 in order of submission.

        Raises
        ------
        BidError, ParameterError
            If an argument is not permitted; the book is unchanged.
        """
        one_of("side", side, _SIDES)
        limit = real_array("price", price, 0).item()
        units = real_array("quantity", quantity, 0).item()
        if units != int(units) or units < 1:
            raise BidError("quantity", quantity, "an integer >= 1")
        order = _Order(self._submitted, side, limit, int(units), trader)
        self._submitted += 1
        self._match(order)
        if order.left:
            self._waiting[order.number] = order
            heapq.heappush(self._heaps[side], (_SIDES[side] * limit, order.number))
        return order.number

    def cancel(self, order: int) -> int:
        """Withdraw what is left of an order.

        Returns
        -------
        int
            Units withdrawn; 0 if the order has traded in full or was cancelled before.

        Raises
        ------
        BidError
            If there never was such an order.
        """
        try:
            number = integer("order", order, 0, self._submitted - 1)
        except ParameterError:
            raise BidError("order", order, "the number of an order") from None
        waiting = self._waiting.pop(number, None)
        return waiting.left if waiting else 0

    @property
    def best_bid(self) -> Any:
        """Highest price that someone waits to pay, or None."""
        return self._best_price("buy")

    @property
    def best_ask(self) -> Any:
        """Lowest price that someone waits to receive, or None."""
        return self._best_price("sell")

    @property
    def trades(self) -> tuple[Trade, ...]:
        """All trades so far, oldest first."""
        return tuple(self._trades)

    def depth(self, side: str) -> list[tuple[Any, int]]:
        """Units waiting on one side at each price, best price first."""
        one_of("side", side, _SIDES)
        units: dict[Any, int] = {}
        for order in self._waiting.values():
            if order.side == side:
                units[order.price] = units.get(order.price, 0) + order.left
        return sorted(units.items(), key=lambda level: _SIDES[side] * level[0])

    def _best(self, side: str) -> _Order | None:
        """The order next in line; cancelled and filled ones leave the heap on the way."""
        heap = self._heaps[side]
        while heap and heap[0][1] not in self._waiting:
            heapq.heappop(heap)
        return self._waiting[heap[0][1]] if heap else None

    def _best_price(self, side: str) -> Any:
        order = self._best(side)
        return None if order is None else order.price

    def _match(self, taker: _Order) -> None:
        """Trade with the other side while prices cross."""
        opposite = "sell" if taker.side == "buy" else "buy"
        maker = self._best(opposite)
        while maker and taker.left and _crosses(taker, maker):
            quantity = min(maker.left, taker.left)
            maker.left -= quantity
            taker.left -= quantity
            buyer, seller = (taker, maker) if taker.side == "buy" else (maker, taker)
            ends = maker.number, taker.number, buyer.trader, seller.trader
            self._trades.append(Trade(maker.price, quantity, *ends))
            if maker.left == 0:
                del self._waiting[maker.number]
            maker = self._best(opposite)
