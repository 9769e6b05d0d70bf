"""Intervals over replications."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from econsim.errors import ParameterError
from econsim.stats import interval, paired_difference


def test_the_interval_is_students_t():
    values = np.array([5.2, 4.9, 6.1, 5.5, 5.0])
    found = interval(values)
    low, high = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert found.half_width == pytest.approx((high - low) / 2)
    assert found.n == 5


def test_a_textbook_interval():
    """Law, Simulation Modeling and Analysis (5th ed. 2015), example 4.26: 1.34 +- 0.24 at 90 %."""
    values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09]
    found = interval(values, confidence=0.9)
    assert (round(found.mean, 2), round(found.half_width, 2)) == (1.34, 0.24)


def test_nine_in_ten_intervals_of_ninety_per_cent_cover_the_mean():
    draws = np.random.default_rng(0).normal(3, 2, (2000, 8))
    covered = np.mean([(i := interval(row, confidence=0.9)).low <= 3 <= i.high for row in draws])
    assert abs(covered - 0.9) < 4 * np.sqrt(0.09 / 2000)


def test_too_few_values_have_no_interval():
    assert np.isnan(interval([]).mean)
    one = interval([4.0])
    assert one.mean == 4
    assert np.isnan(one.low)
    assert not one.excludes_zero


def test_missing_values_are_left_out():
    assert interval([1.0, np.nan, 3.0]).n == 2


def test_pairs_cancel_what_they_share():
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 100, 10)
    first, second = shared + rng.normal(0, 1, 10), shared + 5 + rng.normal(0, 1, 10)
    paired = paired_difference(first, second)
    assert paired.excludes_zero
    assert paired.half_width < interval(second).half_width / 20
    assert paired.low < 5 < paired.high


def test_wrong_shapes_are_refused_by_name():
    with pytest.raises(ParameterError, match=r"^second = "):
        paired_difference([1, 2], [1, 2, 3])
    with pytest.raises(ParameterError, match=r"^replications = "):
        interval([[1.0, 2.0]])
    with pytest.raises(ParameterError, match=r"^confidence = 1.5"):
        interval([1.0, 2.0], confidence=1.5)
