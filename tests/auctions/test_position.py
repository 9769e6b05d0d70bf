"""Position auctions: laws, and the Vickrey payments through the assignment market."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.auctions import position_auction, vcg_assignment
from econsim.errors import BidError, ParameterError

BIDS = st.lists(st.integers(0, 9), max_size=6)
CLICKS = st.lists(st.integers(0, 20), max_size=6)
RESERVE = st.integers(0, 5)


@given(BIDS, CLICKS, RESERVE)
def test_vcg_pays_what_the_assignment_market_pays(bids, clicks, reserve):
    outcome = position_auction(bids, clicks, rule="vcg", reserve=reserve)
    floor = reserve * np.array(clicks, np.int64)
    market = vcg_assignment(np.multiply.outer(bids, clicks).astype(np.int64), reserve=floor)
    gains = [
        np.array([b * clicks[j] if j >= 0 else 0 for b, j in zip(bids, a, strict=True)]) - p
        for a, p in (
            (outcome.assignment, outcome.payments),
            (market.assignment, market.payments),
        )
    ]
    assert gains[0].tolist() == gains[1].tolist()


@given(BIDS, CLICKS, RESERVE, st.sampled_from(["gsp", "vcg"]))
def test_feasible_sorted_and_individually_rational(bids, clicks, reserve, rule):
    outcome = position_auction(bids, clicks, rule=rule, reserve=reserve)
    bids, clicks = np.array(bids, np.int64), np.array(clicks, np.int64)
    eligible = np.count_nonzero(bids >= reserve)
    assert len(outcome.winners) == min(eligible, len(clicks))
    clicks_won = clicks[outcome.assignment[outcome.winners]]
    assert (np.diff(clicks_won) <= 0).all()
    assert (np.diff(bids[outcome.winners]) <= 0).all()
    assert (outcome.payments[outcome.winners] <= bids[outcome.winners] * clicks_won).all()
    assert (outcome.payments[outcome.winners] >= reserve * clicks_won).all() or rule == "vcg"
    assert outcome.welfare == (bids[outcome.winners] * clicks_won).sum()


@given(BIDS, CLICKS, RESERVE)
def test_gsp_charges_the_next_bid_and_never_less_than_vcg(bids, clicks, reserve):
    gsp = position_auction(bids, clicks, reserve=reserve)
    ranked = [*sorted((b for b in bids if b >= reserve), reverse=True), reserve]
    clicks_won = sorted(clicks, reverse=True)[: len(gsp.winners)]
    assert gsp.payments[gsp.winners].tolist() == [
        c * ranked[k + 1] for k, c in enumerate(clicks_won)
    ]
    assert (
        gsp.payments >= position_auction(bids, clicks, rule="vcg", reserve=reserve).payments
    ).all()


@given(BIDS.filter(bool), CLICKS, RESERVE, st.data())
def test_vcg_is_truthful(bids, clicks, reserve, data):
    i = data.draw(st.integers(0, len(bids) - 1))
    lie = [data.draw(st.integers(0, 10)) if k == i else bid for k, bid in enumerate(bids)]
    gains = []
    for reports in (bids, lie):
        outcome = position_auction(reports, clicks, rule="vcg", reserve=reserve)
        j = outcome.assignment[i]
        gains.append((bids[i] * clicks[j] if j >= 0 else 0) - outcome.payments[i])
    assert gains[1] <= gains[0]


POSITIONS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), max_size=5)


@given(BIDS, POSITIONS, st.sampled_from(["gsp", "vcg"]))
def test_a_reserve_for_each_position_is_met_and_nobody_loses(bids, positions, rule):
    clicks, floors = np.array(positions, np.int64).reshape(-1, 2).T
    outcome = position_auction(bids, clicks, rule=rule, reserve=floors)
    for bidder, position in enumerate(outcome.assignment):
        paid = outcome.payments[bidder]
        if position < 0:
            assert paid == 0
        else:
            assert floors[position] * clicks[position] <= paid <= bids[bidder] * clicks[position]
    filled = outcome.assignment[outcome.winners].tolist()
    assert len(set(filled)) == len(filled)
    assert (np.diff([clicks[position] for position in filled]) <= 0).all()


@given(BIDS.filter(bool), POSITIONS.filter(bool), st.data())
def test_vcg_is_truthful_with_a_reserve_for_each_position(bids, positions, data):
    clicks, floors = zip(*positions, strict=True)
    i = data.draw(st.integers(0, len(bids) - 1))
    lie = [data.draw(st.integers(0, 10)) if k == i else bid for k, bid in enumerate(bids)]
    gains = []
    for reports in (bids, lie):
        outcome = position_auction(reports, clicks, rule="vcg", reserve=floors)
        j = outcome.assignment[i]
        gains.append((bids[i] * clicks[j] if j >= 0 else 0) - outcome.payments[i])
    assert gains[1] <= gains[0]


@given(BIDS, CLICKS, RESERVE, st.sampled_from(["gsp", "vcg"]))
def test_one_reserve_is_the_same_reserve_for_each_position(bids, clicks, reserve, rule):
    one = position_auction(bids, clicks, rule=rule, reserve=reserve)
    each = position_auction(bids, clicks, rule=rule, reserve=[reserve] * len(clicks))
    assert one.assignment.tolist() == each.assignment.tolist()
    assert one.payments.tolist() == each.payments.tolist()


@given(BIDS, POSITIONS)
def test_gsp_fills_from_the_top_and_charges_the_next_bid_or_the_positions_reserve(bids, positions):
    """By hand: the highest bid left takes a position whose reserve it meets."""
    clicks, floors = zip(*positions, strict=True) if positions else ((), ())
    outcome = position_auction(bids, clicks, reserve=floors)
    left = sorted(bids, reverse=True)
    expected = []
    for position in sorted(range(len(clicks)), key=lambda p: -clicks[p]):
        if left and left[0] >= floors[position]:
            left.pop(0)
            expected.append((position, clicks[position] * max([floors[position], *left[:1]])))
    got = [(outcome.assignment[i].item(), outcome.payments[i].item()) for i in outcome.winners]
    assert got == expected


def test_reserves_by_hand():
    """Bids 10, 4, 2; clicks 200 and 100; 5 a click above, 3 below."""
    gsp = position_auction([10, 4, 2], [200, 100], reserve=[5, 3])
    assert gsp.payments.tolist() == [1000, 300, 0]
    empty = position_auction([4, 10, 2], [200, 100], reserve=[12, 3])
    assert empty.assignment.tolist() == [-1, 1, -1]
    assert empty.payments.tolist() == [0, 400, 0]
    assert position_auction([3], [2, 1], reserve=[2, 1]).payments.tolist() == [4]
    # 10 gains 100 (10 - 1) below and keeps 4 from 100 (4 - 1), which it pays with the reserve of
    # 100; above it would gain 200 (10 - 9) only.
    vcg = position_auction([10, 4], [200, 100], rule="vcg", reserve=[9, 1])
    assert vcg.assignment.tolist() == [1, -1]
    assert vcg.payments.tolist() == [400, 0]


def test_positions_in_any_order_and_floats():
    outcome = position_auction([0.5, 1.5], [10, 30], reserve=0.25)
    assert outcome.winners.tolist() == [1, 0]
    assert outcome.assignment.tolist() == [0, 1]
    assert outcome.payments.tolist() == [2.5, 15.0]


def test_what_is_refused():
    with pytest.raises(BidError, match=r"click_rates\[1\] = -1"):
        position_auction([1], [2, -1])
    with pytest.raises(ParameterError, match="rule = 'first'"):
        position_auction([1], [2], rule="first")
    with pytest.raises(BidError, match=r"bids\[0\]"):
        position_auction([2**60], [2**60])
    with pytest.raises(BidError, match=r"reserve\[1\]"):
        position_auction([2], [2**30, 2**30], reserve=[1, 2**60])
    with pytest.raises(BidError, match="a number or a list of 2 numbers"):
        position_auction([2], [2, 1], reserve=[1, 1, 1])
