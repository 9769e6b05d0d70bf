"""Assignment: laws on random markets, and SciPy with one re-solve per bidder as the oracle."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linear_sum_assignment

from econsim.auctions import assignment, vcg_assignment, vcg_sparse_assignment
from econsim.errors import BidError, ParameterError

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6)
INTEGERS = hnp.arrays(np.int64, SHAPES, elements=st.integers(0, 6))
FLOATS = hnp.arrays(np.float64, SHAPES, elements=st.floats(0, 1, width=16))
RESERVES = st.integers(0, 4)


def best(surplus):
    """Most that any assignment gains, by another library."""
    worth = np.maximum(surplus, 0)
    return worth[linear_sum_assignment(worth, maximize=True)].sum()


def clarke(values, reserve, outcome):
    """Payments by one re-solve per bidder."""
    surplus = values - reserve
    total = best(surplus)
    payments = np.zeros(len(values))
    for i, j in enumerate(outcome.assignment):
        if j >= 0:
            others = best(np.delete(surplus, i, axis=0))
            payments[i] = np.broadcast_to(reserve, values.shape[1])[j] + others
            payments[i] -= total - surplus[i, j]
    return payments


def check(values, reserve):
    outcome = vcg_assignment(values, reserve=reserve)
    won = np.flatnonzero(outcome.assignment >= 0)
    items = outcome.assignment[won]
    floor = np.broadcast_to(reserve, values.shape[1])
    assert len(set(items)) == len(items)
    assert (values[won, items] >= floor[items]).all()
    assert np.isclose(values[won, items].sum(), outcome.welfare)
    assert np.isclose((values[won, items] - floor[items]).sum(), best(values - reserve))
    np.testing.assert_allclose(outcome.payments, clarke(values, reserve, outcome), atol=1e-12)
    assert (outcome.payments[won] <= values[won, items]).all()
    assert outcome.revenue == outcome.payments.sum()
    return outcome


@given(INTEGERS, RESERVES)
def test_integers_are_efficient_and_pay_clarke(values, reserve):
    assert check(values, reserve).payments.dtype == np.int64


@given(FLOATS, st.floats(0, 0.5, width=16))
def test_floats_are_efficient_and_pay_clarke(values, reserve):
    assert check(values, reserve).payments.dtype == np.float64


@given(INTEGERS, st.data())
def test_a_reserve_for_each_item(values, data):
    reserve = data.draw(hnp.arrays(np.int64, values.shape[1], elements=st.integers(0, 6)))
    check(values, reserve)


@given(INTEGERS, RESERVES)
def test_item_prices_are_the_smallest_competitive_prices(values, reserve):
    """Leonard 1983: no envy, unsold items at the reserve, and no lower prices do that."""
    outcome = vcg_assignment(values, reserve=reserve)
    utility = values.max(axis=1, initial=0) * 0
    won = np.flatnonzero(outcome.assignment >= 0)
    utility[won] = values[won, outcome.assignment[won]] - outcome.payments[won]
    assert (values - outcome.item_prices <= utility[:, None]).all()
    unsold = np.setdiff1d(np.arange(values.shape[1]), outcome.assignment)
    assert (outcome.item_prices[unsold] == reserve).all()
    assert (outcome.payments[won] == outcome.item_prices[outcome.assignment[won]]).all()


@given(INTEGERS, RESERVES)
def test_a_value_equal_to_the_reserve_is_accepted(values, reserve):
    outcome = vcg_assignment(values, reserve=reserve)
    without = np.flatnonzero(outcome.assignment < 0)
    unsold = np.setdiff1d(np.arange(values.shape[1]), outcome.assignment)
    assert not (values[np.ix_(without, unsold)] >= reserve).any()


@given(INTEGERS, st.data())
def test_relabelling_changes_no_utility(values, data):
    bidders = np.array(data.draw(st.permutations(range(len(values)))))
    items = np.array(data.draw(st.permutations(range(values.shape[1]))))
    utilities = []
    for market in (values, values[np.ix_(bidders, items)]):
        outcome = vcg_assignment(market)
        got = np.where(outcome.assignment >= 0, outcome.assignment, 0)
        value = np.where(outcome.assignment >= 0, market[np.arange(len(market)), got], 0)
        utilities.append(value - outcome.payments)
    assert (utilities[0][bidders] == utilities[1]).all()


@given(INTEGERS, st.integers(0, 6), st.data())
def test_a_higher_bid_never_loses_the_item(values, more, data):
    i = data.draw(st.integers(0, len(values) - 1))
    before = vcg_assignment(values)
    j = before.assignment[i]
    raised = values.copy()
    raised[i, j] += more + 1 if j >= 0 else 0
    assert vcg_assignment(raised).assignment[i] == j


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 3, 7]))
def test_short_lists_change_nothing(seed, listed):
    """Rows longer than their shortlist: what was left off joins when its bound comes up."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 40, 2)
    values = rng.integers(0, rng.choice([3, 50, 10**12]), shape)
    whole = vcg_assignment(values)
    length, assignment._LISTED = assignment._LISTED, listed
    try:
        short = vcg_assignment(values)
    finally:
        assignment._LISTED = length
    assert short.welfare == whole.welfare == best(values)
    assert (short.item_prices == whole.item_prices).all()


@st.composite
def edge_lists(draw):
    bidders, items = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    pairs = st.tuples(st.integers(0, bidders - 1), st.integers(0, items - 1), st.integers(0, 9))
    edges = np.array(draw(st.lists(pairs, max_size=14)), np.int64).reshape(-1, 3)
    capacity = draw(hnp.arrays(np.int64, items, elements=st.integers(0, 3)))
    reserve = draw(hnp.arrays(np.int64, items, elements=st.integers(0, 5)))
    return bidders, edges, capacity, reserve


@given(edge_lists())
def test_sparse_equals_dense_with_a_column_for_every_unit(market):
    bidders, edges, capacity, reserve = market
    sparse = vcg_sparse_assignment(*edges.T, capacity, bidders=bidders, reserve=reserve)
    matrix = np.full((bidders, len(capacity)), -1)
    np.maximum.at(matrix, (edges[:, 0], edges[:, 1]), edges[:, 2])
    units = np.repeat(np.arange(len(capacity)), capacity)
    surplus = matrix[:, units] - reserve[units]
    won = np.flatnonzero(sparse.assignment >= 0)
    items = sparse.assignment[won]
    assert (np.bincount(items, minlength=len(capacity)) <= capacity).all()
    assert (matrix[won, items] >= reserve[items]).all()
    assert (matrix[won, items] - reserve[items]).sum() == best(surplus)
    assert sparse.welfare == matrix[won, items].sum()
    paid = np.zeros(bidders, np.int64)
    for i, j in zip(won, items, strict=True):
        others = best(np.delete(surplus, i, axis=0))
        paid[i] = matrix[i, j] - (best(surplus) - others)
    assert (sparse.payments == paid).all()
    assert sparse.payments.dtype == np.int64


def test_brute_force_agrees_at_six_by_six():
    values = np.random.default_rng(6).integers(0, 100, (6, 6))
    rows = np.arange(6)
    brute = max(values[rows, list(order)].sum() for order in itertools.permutations(range(6)))
    assert vcg_assignment(values).welfare == brute


def test_ties_go_to_the_lowest_bidder_and_item():
    assert vcg_assignment([[5], [5], [5]]).assignment.tolist() == [0, -1, -1]
    assert vcg_assignment([[5, 5], [5, 5]]).assignment.tolist() == [0, 1]
    assert vcg_assignment([[0, 0], [0, 0]]).assignment.tolist() == [0, 1]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_markets_do_not_trade(shape):
    outcome = vcg_assignment(np.zeros(shape, np.int64), reserve=2)
    assert outcome.assignment.tolist() == [-1] * shape[0]
    assert outcome.item_prices.tolist() == [2] * shape[1]
    assert outcome.revenue == outcome.welfare == 0


def test_capacities_larger_than_memory():
    outcome = vcg_sparse_assignment([0, 1], [0, 0], [3, 2], [10**15])
    assert outcome.assignment.tolist() == [0, 0]
    assert outcome.revenue == 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ([[1, -2]], "values[0, 1]"),
        ([[1.0], [float("nan")]], "values[1, 0]"),
        ([[float("inf")]], "values[0, 0]"),
        ([1, 2], "values"),
        ([[1], [2, 3]], "values"),
        ([["a"]], "values[0, 0]"),
        ([[2**62]], "values[0, 0]"),
    ],
)
def test_values_that_are_refused(values, field):
    with pytest.raises(BidError) as refusal:
        vcg_assignment(values)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([0], [2], [1], [1, 1]), "item[0]"),
        (([0], [0], [-1], [1]), "value[0]"),
        (([0.5], [0], [1], [1]), "bidder[0]"),
        (([0], [0], [1], [-1]), "capacity[0]"),
        (([0, 1], [0], [1], [1]), "lengths of bidder, item and value"),
    ],
)
def test_edges_that_are_refused(arguments, field):
    with pytest.raises(BidError) as refusal:
        vcg_sparse_assignment(*arguments)
    assert refusal.value.field == field


def test_reserves_and_counts_that_are_refused():
    with pytest.raises(BidError, match="reserve"):
        vcg_assignment([[1, 2]], reserve=[1])
    with pytest.raises(BidError, match=r"bidder\[0\] = 3"):
        vcg_sparse_assignment([3], [0], [1], [1], bidders=3)
    with pytest.raises(ParameterError, match="bidders"):
        vcg_sparse_assignment([0], [0], [1], [1], bidders=-1)
