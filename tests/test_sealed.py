"""Sealed-bid auctions: what every rule must satisfy, and numbers from the textbooks."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.auctions import all_pay, first_price, kth_price, second_price
from econsim.errors import BidError, ParameterError

UNIT_RULES = (first_price, second_price, all_pay)
RULES = [*UNIT_RULES, *(partial(kth_price, k=k) for k in (1, 2, 3, 7))]
INTEGERS = st.lists(st.integers(0, 2**62), max_size=8)
FLOATS = st.lists(st.floats(0, 1e6), max_size=8)


@given(st.one_of(INTEGERS, FLOATS), st.integers(0, 2**40), st.integers(1, 4))
def test_allocation_is_feasible_efficient_and_above_the_reserve(bids, reserve, units):
    for rule in UNIT_RULES:
        winners = rule(bids, reserve=reserve, units=units).winners
        accepted = sorted((bid for bid in bids if bid >= reserve), reverse=True)
        assert [bids[i] for i in winners] == accepted[:units]
        assert len(set(winners.tolist())) == len(winners)


@given(st.one_of(INTEGERS, FLOATS), st.integers(0, 2**40), st.integers(1, 4))
def test_nobody_pays_above_its_bid_and_winners_pay_the_reserve(bids, reserve, units):
    for rule in UNIT_RULES:
        outcome = rule(bids, reserve=reserve, units=units)
        assert all(pay <= bid for pay, bid in zip(outcome.payments.tolist(), bids, strict=True))
        assert all(outcome.payments[i] >= reserve for i in outcome.winners)
        assert outcome.revenue == pytest.approx(sum(outcome.payments.tolist()))


@given(st.lists(st.integers(0, 2**62), unique=True, max_size=8), st.randoms(), st.integers(1, 4))
def test_renaming_the_bidders_renames_the_outcome(bids, random, units):
    order = random.sample(range(len(bids)), len(bids))
    for rule in UNIT_RULES:
        before = rule(bids, units=units)
        after = rule([bids[i] for i in order], units=units)
        assert [order[i] for i in after.winners] == before.winners.tolist()
        assert np.array_equal(after.payments, before.payments[order])


SMALL = st.integers(0, 6)


@given(SMALL, st.lists(SMALL, max_size=4), SMALL, st.integers(1, 3))
def test_no_deviation_from_truth_pays_under_second_price(value, rivals, reserve, units):
    def surplus(bid):
        outcome = second_price([bid, *rivals], reserve=reserve, units=units)
        return value * (0 in outcome.winners) - outcome.payments[0]

    assert all(surplus(value) >= surplus(bid) for bid in range(8))


@pytest.mark.parametrize("rule", [first_price, partial(kth_price, k=3)])
def test_some_deviation_pays_under_rules_that_are_not_truthful(rule):
    def surplus(bid, rivals):
        outcome = rule([bid, *rivals])
        return 5 * (0 in outcome.winners) - outcome.payments[0]

    # A value of 5: shading helps against (3, 2) at first price, overbidding against (6, 2) at third
    cases = [(bid, rivals) for rivals in ((3, 2), (6, 2)) for bid in range(8)]
    assert any(surplus(bid, rivals) > surplus(5, rivals) for bid, rivals in cases)


def test_second_price_sells_at_the_highest_rejected_bid():
    """Vickrey (1961): k units go at the (k + 1)-th bid; Krishna (2009), 12.1."""
    outcome = second_price([6, 10, 5, 8], units=2)
    assert outcome.winners.tolist() == [1, 3]
    assert outcome.payments.tolist() == [0, 6, 0, 6]
    assert (outcome.price, outcome.revenue) == (6, 12)


def test_first_price_and_all_pay_charge_own_bids():
    discriminatory = first_price([6, 10, 5, 8], units=2)
    assert discriminatory.price.tolist() == [10, 8]
    assert discriminatory.payments.tolist() == [0, 10, 0, 8]
    war = all_pay([6, 10, 5, 8], reserve=6)
    assert war.payments.tolist() == [6, 10, 0, 8]
    assert (war.winners.tolist(), war.price.tolist(), war.revenue) == ([1], [10], 24)


def test_kth_price_pays_the_reserve_where_the_kth_bid_is_absent_or_lower():
    assert [kth_price([9, 7, 4], k).price for k in (1, 2, 3, 4)] == [9, 7, 4, 0]
    assert [kth_price([9, 7, 4], k, reserve=5).price for k in (1, 2, 3, 4)] == [9, 7, 5, 5]
    assert kth_price([4], 2, reserve=4).payments.tolist() == [4]


UNIFORM = np.random.default_rng(1961).random((6000, 4))
EQUILIBRIUM = {
    first_price: lambda v: v * 3 / 4,  # Krishna (2009), example 2.1
    second_price: lambda v: v,  # proposition 2.1
    all_pay: lambda v: v**4 * 3 / 4,  # section 3.2.1
    partial(kth_price, k=3): lambda v: v * 3 / 2,  # Kagel & Levin (1993)
}


@pytest.mark.parametrize("rule", EQUILIBRIUM)
def test_revenue_equivalence_in_equilibrium(rule):
    """Four uniform values: (n - 1) / (n + 1) = 3/5 under every rule; Krishna (2009), 2 and 3."""
    revenue = [rule(bids).revenue for bids in EQUILIBRIUM[rule](UNIFORM)]
    assert np.mean(revenue) == pytest.approx(3 / 5, abs=4 * np.std(revenue) / math.sqrt(6000))


def test_truthful_bids_fed_to_first_price_break_the_equivalence():
    assert np.mean([first_price(v).revenue for v in UNIFORM]) == pytest.approx(4 / 5, abs=0.01)


def test_optimal_reserve_against_two_uniform_bidders_earns_five_twelfths():
    """Krishna (2009), section 2.5: reserve 1/2 raises revenue from 1/3 to 5/12."""
    revenue = [second_price(v, reserve=0.5).revenue for v in UNIFORM[:, :2]]
    assert np.mean(revenue) == pytest.approx(5 / 12, abs=0.02)


@pytest.mark.parametrize("rule", RULES)
def test_a_market_without_bids_or_without_a_sale_is_valid(rule):
    for bids in ([], [1, 2]):
        outcome = rule(bids, reserve=3)
        assert outcome.winners.tolist() == []
        assert outcome.payments.tolist() == [0] * len(bids)
        assert math.isnan(outcome.price)
        assert outcome.revenue == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_bid_equal_to_the_reserve_is_accepted(rule):
    assert rule([3, 1], reserve=3).payments.tolist() == [3, 0]
    assert rule(np.float32([0.1]), reserve=np.float32(0.1)).winners.tolist() == [0]


@pytest.mark.parametrize("rule", RULES)
def test_ties_go_to_the_lowest_index_or_to_the_seed(rule):
    assert rule([5, 7, 7, 7]).winners[0] == 1
    drawn = [rule([5, 7, 7, 7], rng=seed).winners[0] for seed in range(300)]
    assert drawn == [rule([5, 7, 7, 7], rng=seed).winners[0] for seed in range(300)]
    counts = np.bincount(drawn, minlength=4)
    assert counts[0] == 0
    assert counts[1:].min() > 70
    assert len({rule([7] * 4, rng=np.random.default_rng(s)).winners[0] for s in range(50)}) == 4


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", "u8", "f2", "f4", "f8", "longdouble"])
def test_any_real_dtype_and_integers_stay_exact(dtype):
    top = int(np.iinfo(dtype).max) if dtype[0] in "iu" else 200
    bids = np.array([top - 2, top, top - 1], dtype=dtype)
    outcome = second_price(bids, units=2)
    assert outcome.winners.tolist() == [1, 2]
    assert outcome.revenue == 2 * (top - 2)
    assert first_price(bids, units=3, reserve=1).revenue == 3 * top - 3
    if dtype[0] in "iu":
        assert outcome.payments.dtype == bids.dtype


def test_a_fractional_reserve_makes_payments_of_integer_bids_floats():
    assert second_price([1, 200], reserve=2.5).payments.tolist() == [0, 2.5]
    assert second_price([1, 200], reserve=2.0).payments.dtype.kind == "i"


@pytest.mark.parametrize(
    ("bids", "field"),
    [
        ([1, -2], "bids[1]"),
        ([1.0, math.nan], "bids[1]"),
        ([math.inf], "bids[0]"),
        ([1, None], "bids[1]"),
        ([1, 2**64], "bids[1]"),
        (["1"], "bids[0]"),
        ([True], "bids[0]"),
        ([1j], "bids[0]"),
        ([[1, 2]], "bids"),
        ([[1], [1, 2]], "bids"),
        (5, "bids"),
        (None, "bids"),
    ],
)
def test_bids_that_no_auction_can_take_are_named(bids, field):
    for rule in RULES:
        with pytest.raises(BidError) as caught:
            rule(bids)
        assert caught.value.field == field
        assert str(caught.value).startswith(f"{field} = ")


HUGE = pytest.param(2**1024, id="huge")


@pytest.mark.parametrize("reserve", [-1, math.nan, math.inf, "1", None, [1], True, HUGE])
def test_a_reserve_that_no_auction_can_take_is_named(reserve):
    for rule in RULES:
        with pytest.raises(BidError, match=r"^reserve = "):
            rule([1, 2], reserve=reserve)


@pytest.mark.parametrize(
    "options", [{"units": 0}, {"units": 1.5}, {"rng": -1}, {"rng": "seed"}, {"rng": 0.5}]
)
def test_other_parameters_are_named(options):
    with pytest.raises(ParameterError, match=rf"^{next(iter(options))} = "):
        second_price([1, 2], **options)


def test_kth_price_names_its_rank():
    with pytest.raises(ParameterError, match=r"^k = 0"):
        kth_price([1, 2], 0)


def test_the_callers_bids_are_left_alone():
    bids = np.array([3.0, 1.0, 2.0])
    for rule in RULES:
        rule(bids, rng=0)
    assert bids.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("rule", RULES)
def test_a_reserve_that_no_float_equals_is_not_met_by_the_float_below(rule):
    assert rule([float(2**53)], reserve=2**53 + 1).winners.tolist() == []
    assert rule([float(2**53 + 2)], reserve=2**53 + 1).winners.tolist() == [0]
    assert rule([2**53, 2**53 + 1], reserve=2**53 + 1).winners.tolist() == [1]
