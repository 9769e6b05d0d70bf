"""Multi-unit auctions: laws, and Vickrey payments by re-solving without each bidder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from econsim.auctions import discriminatory, uniform_price, vickrey_multiunit
from econsim.errors import BidError, ParameterError

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5)
ROWS = hnp.arrays(np.int64, SHAPES, elements=st.integers(0, 8)).map(
    lambda table: -np.sort(-table, axis=1)
)
UNITS = st.integers(0, 12)
RULES = [uniform_price, discriminatory, vickrey_multiunit]


def best(values, units):
    return np.sort(values.ravel())[::-1][:units].sum()


@pytest.mark.parametrize("rule", RULES)
@given(values=ROWS, units=UNITS)
def test_efficient_feasible_and_individually_rational(rule, values, units):
    outcome = rule(values, units)
    assert outcome.units_won.sum() == min(units, values.size)
    assert (outcome.units_won <= values.shape[1]).all()
    served = np.array([row[:won].sum() for row, won in zip(values, outcome.units_won, strict=True)])
    assert served.sum() == outcome.welfare == best(values, units)
    assert (outcome.payments >= 0).all()
    assert (outcome.payments <= served).all()
    assert outcome.payments.dtype == np.int64


@given(ROWS, UNITS)
def test_vickrey_pays_what_the_others_lose(values, units):
    outcome = vickrey_multiunit(values, units)
    for i, won in enumerate(outcome.units_won):
        others = best(np.delete(values, i, axis=0), units)
        assert outcome.payments[i] == others - (outcome.welfare - values[i, :won].sum())


@given(ROWS, UNITS)
def test_uniform_price_is_the_highest_rejected_value(values, units):
    outcome = uniform_price(values, units)
    rejected = np.sort(values.ravel())[::-1][units:]
    price = rejected[0] if len(rejected) else 0
    assert (outcome.payments == price * outcome.units_won).all()


@given(ROWS, UNITS)
def test_discriminatory_pays_every_bid(values, units):
    outcome = discriminatory(values, units)
    assert outcome.revenue == outcome.welfare


@given(ROWS, UNITS, st.data())
def test_vickrey_is_truthful(values, units, data):
    i = data.draw(st.integers(0, len(values) - 1))
    row = st.lists(st.integers(0, 9), min_size=values.shape[1], max_size=values.shape[1])
    lie = values.copy()
    lie[i] = sorted(data.draw(row), reverse=True)
    honest, misreport = (vickrey_multiunit(bids, units) for bids in (values, lie))
    gains = [values[i, : o.units_won[i]].sum() - o.payments[i] for o in (honest, misreport)]
    assert gains[1] <= gains[0]


@pytest.mark.parametrize("rule", RULES)
def test_markets_without_trade(rule):
    for values, units in (([], 3), (np.zeros((2, 0)), 3), ([[5, 2]], 0)):
        outcome = rule(values, units)
        assert outcome.units_won.sum() == outcome.revenue == outcome.welfare == 0


@pytest.mark.parametrize("rule", RULES)
def test_rows_and_units_that_are_refused(rule):
    with pytest.raises(BidError, match=r"marginal_values\[1, 2\] = 3: .*rows do not increase"):
        rule([[3, 2, 1], [5, 2, 3]], 2)
    with pytest.raises(BidError, match=r"marginal_values\[0, 1\] = -1"):
        rule([[3, -1]], 2)
    with pytest.raises(ParameterError, match="units = -1"):
        rule([[3]], -1)
