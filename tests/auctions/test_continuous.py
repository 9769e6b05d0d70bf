"""The order book: a state machine against a list sorted by hand, and cases from textbooks."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from econsim.auctions import ContinuousDoubleAuction
from econsim.errors import BidError, ParameterError


class OrderBook(RuleBasedStateMachine):
    """Random orders and cancellations, mirrored by an exhaustive search for the best order."""

    def __init__(self):
        super().__init__()
        self.book = ContinuousDoubleAuction()
        self.waiting = {}
        self.expected = []
        self.submitted = {}

    @rule(
        side=st.sampled_from(["buy", "sell"]),
        price=st.integers(0, 6),
        quantity=st.integers(1, 4),
        trader=st.integers(0, 3),
    )
    def submit(self, side, price, quantity, trader):
        number = self.book.submit(side, price, quantity, trader)
        self.submitted[number] = (side, price, quantity)
        sign = 1 if side == "buy" else -1
        left = quantity
        while left:
            others = [
                (sign * other, k)
                for k, (way, other, _) in self.waiting.items()
                if way != side and sign * other <= sign * price
            ]
            if not others:
                self.waiting[number] = (side, price, left)
                break
            k = min(others)[1]
            way, other, there = self.waiting.pop(k)
            taken = min(there, left)
            left -= taken
            self.expected.append((other, taken, k, number))
            if there > taken:
                self.waiting[k] = (way, other, there - taken)

    @rule(data=st.data())
    def cancel(self, data):
        if self.submitted:
            number = data.draw(st.sampled_from(sorted(self.submitted)))
            left = self.waiting.pop(number, (None, None, 0))[2]
            assert self.book.cancel(number) == left
            assert self.book.cancel(number) == 0

    @invariant()
    def trades_follow_price_and_time(self):
        made = [(t.price, t.quantity, t.maker, t.taker) for t in self.book.trades]
        assert made == self.expected

    @invariant()
    def the_book_is_never_crossed(self):
        bids = [price for side, price, _ in self.waiting.values() if side == "buy"]
        asks = [price for side, price, _ in self.waiting.values() if side == "sell"]
        assert self.book.best_bid == max(bids, default=None)
        assert self.book.best_ask == min(asks, default=None)
        if bids and asks:
            assert self.book.best_bid < self.book.best_ask

    @invariant()
    def goods_and_cash_are_conserved(self):
        goods, cash = dict.fromkeys(range(4), 0), dict.fromkeys(range(4), 0)
        for trade in self.book.trades:
            for trader, sign in ((trade.buyer, 1), (trade.seller, -1)):
                goods[trader] += sign * trade.quantity
                cash[trader] -= sign * trade.quantity * trade.price
        assert sum(goods.values()) == sum(cash.values()) == 0
        for side in ("buy", "sell"):
            waiting = sum(units for _, units in self.book.depth(side))
            assert waiting == sum(q for way, _, q in self.waiting.values() if way == side)

    @invariant()
    def nobody_trades_beyond_the_limit(self):
        filled = dict.fromkeys(self.submitted, 0)
        for trade in self.book.trades:
            for number in (trade.maker, trade.taker):
                side, price, _ = self.submitted[number]
                filled[number] += trade.quantity
                assert trade.price <= price if side == "buy" else trade.price >= price
        assert all(filled[k] <= self.submitted[k][2] for k in filled)


TestOrderBook = OrderBook.TestCase


def test_the_oldest_order_at_the_best_price_trades_first():
    book = ContinuousDoubleAuction()
    book.submit("sell", 101, 5, "late and dear")
    first = book.submit("sell", 100, 5, "first")
    book.submit("sell", 100, 5, "second")
    book.submit("buy", 103, 7, "buyer")
    assert [(t.price, t.quantity, t.seller) for t in book.trades] == [
        (100, 5, "first"),
        (100, 2, "second"),
    ]
    assert book.cancel(first) == 0
    assert book.depth("sell") == [(100, 3), (101, 5)]
    assert book.best_bid is None


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (("hold", 1), "side"),
        (("buy", -1), "price"),
        (("buy", float("nan")), "price"),
        (("sell", 1, 0), "quantity"),
        (("sell", 1, 1.5), "quantity"),
    ],
)
def test_orders_that_are_refused_leave_no_trace(order, field):
    book = ContinuousDoubleAuction()
    with pytest.raises(ParameterError) as refusal:
        book.submit(*order)
    assert refusal.value.field == field
    assert book.best_bid is None
    assert book.submit("buy", 1) == 0


@pytest.mark.parametrize("order", [3, -1, True, 0.0, "0", None, np.True_])
def test_cancelling_an_order_that_never_was(order):
    book = ContinuousDoubleAuction()
    book.submit("buy", 1)
    with pytest.raises(BidError, match=r"order = .*: must be the number of an order"):
        book.cancel(order)


def test_cancelling_by_a_number_of_numpy():
    book = ContinuousDoubleAuction()
    book.submit("buy", 1, 7)
    assert book.cancel(np.int64(0)) == 7


def test_integers_and_floats_are_compared_exactly():
    """2**53 + 1 is no float: a difference of the two loses the last unit, a comparison does not."""
    book = ContinuousDoubleAuction()
    book.submit("sell", 2**53 + 1)
    book.submit("buy", float(2**53))
    assert book.trades == ()
    assert (book.best_bid, book.best_ask) == (2.0**53, 2**53 + 1)
    book.submit("buy", float(2**53 + 2))
    assert [trade.price for trade in book.trades] == [2**53 + 1]
    for price in (2**53 + 1, float(2**53), 2**53 - 1):
        book.submit("sell", price)
    assert [trade.price for trade in book.trades][1:] == [2.0**53]
    assert [price for price, _ in book.depth("sell")] == [2**53 - 1, 2**53 + 1]


def test_orders_of_one_trader_trade_with_each_other():
    """As any two: the book does not know who a label is; wealth and goods stay as they are."""
    book = ContinuousDoubleAuction()
    book.submit("sell", 5, trader="me")
    book.submit("buy", 6, trader="me")
    (trade,) = book.trades
    assert (trade.buyer, trade.seller, trade.price) == ("me", "me", 5)
