"""Numbers for people."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim import digits
from econsim.digits import NOTHING, exact, measured, number, rounded


def test_a_gap_at_the_end_of_a_series_is_a_dash():
    assert rounded(None) == "–"


def test_the_examples_hold():
    assert doctest.testmod(digits).failed == 0


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_what_is_shown_is_the_number_to_four_digits(value):
    shown = rounded(value)
    assert float(shown.replace(",", "")) == pytest.approx(value, rel=5e-4, abs=1e-300)
    assert "e" not in shown or not 1e-4 <= abs(value) < 1e12


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_an_interval_has_two_digits_and_its_mean_as_many_decimals(mean, half):
    first, second = measured(mean, half).replace(",", "").split(" ± ")
    assert float(second) == pytest.approx(half, rel=0.06)
    assert abs(float(first) - mean) <= half
    assert len(first.partition(".")[2]) == len(second.partition(".")[2])


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_column_and_a_sentence_show_the_same_number(value):
    column, sentence = (shown(value).replace(",", "") for shown in (number, rounded))
    assert float(column) == float(sentence)
    assert len(column) >= len(sentence)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_a_dash_in_every_form(value):
    assert {number(value), rounded(value), exact(value), measured(value, 1.0)} <= {NOTHING}


@given(st.integers(-(10**15), 10**15))
def test_a_sum_of_ticks_is_shown_whole(ticks):
    assert round(float(exact(ticks / 10**6).replace(",", "")) * 10**6) == ticks
