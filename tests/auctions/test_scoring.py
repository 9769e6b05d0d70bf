"""Second-score auctions: by hand, against a loop over the definition, and the sellers' truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.auctions.scoring import second_score
from econsim.errors import BidError


def cleared(bids, asks, capacity):
    """Seller and payment of each buyer (row); a bid below 0 is no offer."""
    buyer, seller = np.nonzero(np.asarray(bids) >= 0)
    outcome = second_score(
        buyer, seller, np.asarray(bids)[buyer, seller],
        ask=np.asarray(asks), capacity=np.asarray(capacity),
    )  # fmt: skip
    trades = zip(buyer, seller, outcome.won, outcome.payments, strict=True)
    return {int(i): (int(j), int(paid)) for i, j, won, paid in trades if won}


def by_definition(bids, asks, capacity):
    """Offers one by one by falling score."""
    left, served = list(capacity), {}
    offers = sorted(
        ((bid - asks[j], -i, -j) for i, row in enumerate(bids) for j, bid in enumerate(row)
         if bid >= asks[j]), reverse=True,
    )  # fmt: skip
    for score, i, j in ((score, -i, -j) for score, i, j in offers):
        if i in served or not left[j]:
            continue
        others = [bids[i][k] - asks[k] for k in range(len(asks)) if k != j and left[k]]
        served[i] = (j, bids[i][j] - max([0, *others]))
        assert bids[i][j] - served[i][1] <= score
        left[j] -= 1
    return served


@pytest.mark.parametrize(
    ("bids", "asks", "capacity", "trades"),
    [
        # A task worth 10 with trusts .9 and .6, costs 3 and 1: scores 6 and 5, so A is paid 4.
        ([[9, 6]], [3, 1], [1, 1], {0: (0, 4)}),
        # Equal trusts: Bertrand, the higher cost is paid.
        ([[9, 9]], [3, 5], [1, 1], {0: (0, 5)}),
        # One offer: no score but 0 to beat, so the whole bid.
        ([[9, -1]], [3, 1], [1, 1], {0: (0, 9)}),
        # The first takes A's unit and keeps its score at B; the second is left with B alone.
        ([[9, 6], [8, 4]], [3, 1], [1, 1], {0: (0, 4), 1: (1, 4)}),
        # A bid equal to the ask is accepted, one below it is not.
        ([[3, -1], [-1, 0]], [3, 1], [1, 1], {0: (0, 3)}),
        ([[5]], [0], [0], {}),
    ],
)
def test_by_hand(bids, asks, capacity, trades):
    assert cleared(bids, asks, capacity) == trades


MARKETS = st.tuples(st.integers(0, 6), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        st.lists(
            st.lists(st.integers(-2, 12), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0], max_size=shape[0],
        ),
        st.lists(st.integers(0, 6), min_size=shape[1], max_size=shape[1]),
        st.lists(st.integers(0, 3), min_size=shape[1], max_size=shape[1]),
    )
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(MARKETS)
def test_deferred_acceptance_finds_what_the_definition_finds(market):
    bids, asks, capacity = market
    array = np.array(bids, dtype=np.int64).reshape(-1, len(asks))
    assert cleared(array, asks, capacity) == by_definition(bids, asks, capacity)


@settings(max_examples=300, deadline=None)
@given(MARKETS, st.integers(0, 3), st.integers(0, 9))
def test_sellers_tell_the_truth_where_no_capacity_binds(market, who, lie):
    """Che (1993): asking anything but the cost gains nothing."""
    bids, costs, _ = market
    array = np.array(bids, dtype=np.int64).reshape(-1, len(costs))
    who %= len(costs)
    asks = [*costs[:who], lie, *costs[who + 1 :]]

    def profit(asked):
        trades = cleared(array, asked, [len(bids)] * len(costs)).values()
        return sum(paid - costs[j] for j, paid in trades if j == who)

    assert profit(asks) <= profit(costs)


def test_a_hundred_thousand_buyers():
    """Trades within capacity, at payments from ask to bid, and none that gains is left."""
    rng = np.random.default_rng(1)
    n, m, seen = 100_000, 5_000, 4
    buyer = np.repeat(np.arange(n), seen)
    seller = (rng.integers(0, m, n)[:, None] + np.arange(seen)).ravel() % m
    bid, ask, capacity = (
        rng.integers(0, 100, n * seen),
        rng.integers(0, 60, m),
        rng.integers(0, 30, m),
    )
    outcome = second_score(buyer, seller, bid, ask=ask, capacity=capacity)
    won = outcome.won
    assert np.bincount(buyer[won]).max() == 1
    sold = np.bincount(seller[won], minlength=m)
    assert (sold <= capacity).all()
    assert (outcome.payments[won] <= bid[won]).all()
    assert (outcome.payments[won] >= ask[seller[won]]).all()
    waiting = ~np.isin(buyer, buyer[won]) & (bid >= ask[seller])
    assert (sold >= capacity)[seller[waiting]].all()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bid": [-1]}, r"bid\[0\]"), ({"seller": [1]}, r"seller\[0\]"),
        ({"buyer": [0, 1]}, "lengths"), ({"ask": [1, 2]}, "lengths"),
        ({"capacity": [0.5]}, r"capacity\[0\]"), ({"ask": [np.nan]}, r"ask\[0\]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changes, field):
    market = {"buyer": [0], "seller": [0], "bid": [2], "ask": [1], "capacity": [1], **changes}
    with pytest.raises(BidError, match=rf"^{field}"):
        second_score(**market)


def test_floats_stay_floats():
    outcome = second_score([0, 0], [0, 1], [0.9, 0.6], ask=[0.25, 0.125], capacity=[1, 1])
    assert outcome.payments.tolist() == [0.9 - (0.6 - 0.125), 0]
