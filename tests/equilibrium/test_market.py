"""Competitive equilibrium of a round's schedules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.equilibrium import market_equilibrium
from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace

AMOUNTS = st.integers(1, 12) | st.integers(1, 2**40)
KERNELS = ("numpy", "numba")


@pytest.fixture(params=KERNELS)
def kernel(request, monkeypatch):
    monkeypatch.setenv("ECONSIM_KERNELS", request.param)


def clears(price, values, costs):
    """Whether demand and supply can meet at a price: indifferent traders may do either."""
    demanded = sum(v > price for v in values), sum(v >= price for v in values)
    supplied = sum(c < price for c in costs), sum(c <= price for c in costs)
    return max(demanded[0], supplied[0]) <= min(demanded[1], supplied[1])


def one(values, costs):
    units = np.sort(np.array(costs, dtype=np.int64))
    return market_equilibrium(values, np.zeros(len(values), dtype=int), units, [0, len(units)])


@pytest.mark.parametrize("chosen", KERNELS)
@settings(max_examples=150, deadline=None)
@given(values=st.lists(AMOUNTS, max_size=9), costs=st.lists(AMOUNTS, max_size=9))
def test_the_band_is_exactly_where_the_market_clears(chosen, values, costs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECONSIM_KERNELS", chosen)
        found = one(values, costs)
    low, high = int(found.low[0]), int(found.high[0])
    assert low <= high
    assert clears(low, values, costs)
    assert clears((low + high) / 2, values, costs)
    if values and costs:
        assert clears(high, values, costs)
        assert low == 0 or not clears(low - 0.5, values, costs)
        assert not clears(high + 0.5, values, costs)


@given(st.lists(AMOUNTS, min_size=1, max_size=9), st.lists(AMOUNTS, min_size=1, max_size=9))
def test_gains_are_the_surplus_at_any_price_of_the_band(values, costs):
    """First welfare theorem for unit demands: both sides' surplus at a competitive price."""
    found = one(values, costs)
    price = float(found.midpoint[0])
    surplus = sum(max(v - price, 0) for v in values) + sum(max(price - c, 0) for c in costs)
    assert surplus == pytest.approx(int(found.gains[0]), rel=1e-9, abs=1e-6)


def test_smiths_first_market(kernel):
    """Smith (1962), Journal of Political Economy 70, test 1: the price is 2.00.

    Of the six units that he counts, the last trades at value = cost = 2.00, without a gain.
    """
    schedule = np.arange(75, 326, 25)
    found = one(schedule[::-1], schedule)
    assert (found.quantity[0], found.low[0], found.high[0]) == (5, 200, 200)
    assert found.gains[0] == sum(range(50, 251, 50))


def test_categories_are_markets_of_their_own(kernel):
    found = market_equilibrium([9, 8, 3, 7], [0, 1, 0, 1], [2, 5, 1], [0, 2, 3])
    assert found.quantity.tolist() == [1, 1]
    assert found.low.tolist() == [3, 7]
    assert found.high.tolist() == [5, 8]
    assert found.gains.tolist() == [7, 7]


def test_without_demand_or_supply(kernel):
    assert one([], [4]).high[0] == 4
    assert one([5, 3], []).low[0] == one([5, 3], []).high[0] == 5
    nothing = market_equilibrium([], [], [], [0])
    assert len(nothing.low) == 0


def test_distance_is_zero_inside_and_a_share_of_the_midpoint_outside():
    found = one([10, 6], [2, 8])
    assert (found.low[0], found.high[0]) == (6, 8)
    assert found.distance([7.5])[0] == 0
    assert found.distance([10.5])[0] == pytest.approx(2.5 / 7)
    assert found.distance([3.0])[0] == pytest.approx(3 / 7)
    assert np.isnan(found.distance([np.nan])[0])


@pytest.mark.parametrize(
    ("field", "arrays"),
    [
        ("values", ([-1], [0], [1], [0, 1])),
        ("values", ([1.5], [0], [1], [0, 1])),
        ("category", ([1], [1], [1], [0, 1])),
        ("category", ([1], [0, 0], [1], [0, 1])),
        ("unit_costs", ([1], [0], [2, 1], [0, 2])),
        ("starts", ([1], [0], [1, 2], [0, 1])),
        ("starts", ([1], [0], [1, 2], [1, 2])),
    ],
)
def test_bad_schedules_are_named(field, arrays):
    with pytest.raises(ParameterError) as refused:
        market_equilibrium(*arrays)
    assert refused.value.field == field


def test_costs_may_fall_from_one_category_to_the_next():
    found = market_equilibrium([9, 9], [0, 1], [5, 1], [0, 1, 2])
    assert found.gains.tolist() == [4, 8]


def test_a_marketplace_reports_its_distance(kernel):
    market = Marketplace(buyers=400, sellers=40, pricing="vickrey", categories=2, rng=3)
    for _ in range(5):
        market.step()
    sales = market.orders
    assert len(sales) > 0
    equilibrium = market.equilibrium
    assert equilibrium.gains.sum() == market.history[-1]["maximal_gains"]
    assert (equilibrium.low <= equilibrium.high).all()
    assert market.latest["price_distance"] >= 0
    assert np.isfinite(market.latest["price_distance"])


def test_free_entry_of_search_brings_prices_to_the_band():
    """A double auction over all sellers prices in the band; prices at four listings do not."""
    distances = {}
    for pricing in ("double", "fixed"):
        market = Marketplace(
            buyers=600, sellers=60, pricing=pricing, reliability=(1, 1), prior=(1e6, 1e-3), rng=1
        )
        for _ in range(20):
            market.step()
        distances[pricing] = market.summary(10)["price_distance"]
    assert distances["double"] < 0.02
    assert distances["double"] < distances["fixed"]
