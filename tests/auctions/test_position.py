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
    held = clicks[outcome.assignment[outcome.winners]]
    assert (np.diff(held) <= 0).all()
    assert (np.diff(bids[outcome.winners]) <= 0).all()
    assert (outcome.payments[outcome.winners] <= bids[outcome.winners] * held).all()
    assert (outcome.payments[outcome.winners] >= reserve * held).all() or rule == "vcg"
    assert outcome.welfare == (bids[outcome.winners] * held).sum()


@given(BIDS, CLICKS, RESERVE)
def test_gsp_charges_the_next_bid_and_never_less_than_vcg(bids, clicks, reserve):
    gsp = position_auction(bids, clicks, reserve=reserve)
    ranked = [*sorted((b for b in bids if b >= reserve), reverse=True), reserve]
    held = sorted(clicks, reverse=True)[: len(gsp.winners)]
    assert gsp.payments[gsp.winners].tolist() == [c * ranked[k + 1] for k, c in enumerate(held)]
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
