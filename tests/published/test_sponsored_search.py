"""Edelman, Ostrovsky & Schwarz (2007); Varian (2007); Cary et al. (2007)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.auctions import position_auction
from econsim.models.sponsored_search import (
    EXAMPLE_CLICKS,
    EXAMPLE_VALUES,
    PAYMENTS,
    SponsoredSearch,
    balanced_bid,
    envy_free_bids,
    local_envy,
)

markets = st.tuples(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 8))


def market(drawn):
    seed, n, p = drawn
    rng = np.random.default_rng(seed)
    values = np.sort(rng.random(n) + 0.01)[::-1]
    return values, np.sort(rng.random(min(p, n - 1)) + 0.01)[::-1] * 100


@pytest.mark.parametrize("rule", PAYMENTS)
def test_the_example_of_the_paper(rule):
    paid = position_auction(EXAMPLE_VALUES, EXAMPLE_CLICKS, rule=rule).payments
    assert paid[:2].tolist() == list(PAYMENTS[rule])


@given(markets)
def test_the_lowest_envy_free_equilibrium_pays_as_vcg_does(drawn):
    values, clicks = market(drawn)
    bids = envy_free_bids(values, clicks)
    vcg = position_auction(values, clicks, rule="vcg").payments
    assert position_auction(bids, clicks).payments == pytest.approx(vcg, rel=1e-9, abs=1e-12)


@given(markets, st.booleans())
def test_both_ends_are_free_of_envy_and_in_order(drawn, highest):
    values, clicks = market(drawn)
    bids = envy_free_bids(values, clicks, highest=highest)
    assert (np.diff(bids) <= 1e-12).all()
    assert local_envy(values, bids, clicks) <= 1e-9
    other = envy_free_bids(values, clicks, highest=not highest)
    assert ((bids >= other - 1e-12) if highest else (bids <= other + 1e-12)).all()


def test_envy_is_seen():
    assert local_envy(np.array([10.0, 4, 2]), np.array([10.0, 9, 2]), EXAMPLE_CLICKS) == (
        pytest.approx(100 * (10 - 2) - 200 * (10 - 9))
    )


def test_a_balanced_bid_leaves_its_bidder_indifferent_to_being_pushed_up():
    values, clicks = np.array([9.0, 8.0, 3.0]), np.array([100.0, 90.0])
    bid = balanced_bid(values, np.array([0.0, 8.0, 3.0]), clicks, 0)
    assert pytest.approx(100 * (9 - bid)) == 90 * (9 - 3)


@pytest.mark.parametrize("seed", range(4))
def test_balanced_bidding_ends_at_vcg(seed):
    model = SponsoredSearch(rng=seed)
    assert model.revenue > model.vcg_revenue
    for _ in range(250):
        bidder = int(model.draws.integers(len(model.bids)))
        model.bids[bidder] = balanced_bid(model.values, model.bids, model.clicks, bidder)
    assert model.revenue == pytest.approx(model.vcg_revenue, rel=1e-9)
    assert model.envy <= 1e-9
    assert model.efficiency == pytest.approx(1)
