"""Intervals over replications."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from econsim.errors import ParameterError
from econsim.stats import batch_means, interval, mser5, paired_difference


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


def autoregressive(trials, length, rng, phi=0.5, mean=3.0):
    """AR(1) with known mean, started in its stationary distribution."""
    shocks = rng.standard_normal((trials, length))
    series = np.empty((trials, length))
    series[:, 0] = shocks[:, 0] / np.sqrt(1 - phi**2)
    for t in range(1, length):
        series[:, t] = phi * series[:, t - 1] + shocks[:, t]
    return series + mean


def coverage(found, truth):
    return np.mean([each.low <= truth <= each.high for each in found])


def test_nominal_95_percent_covers_93_to_97_percent_of_2000_trials():
    rng = np.random.default_rng(20261123)
    replications = rng.standard_normal((2000, 10)) + 1
    assert 0.93 < coverage([interval(row) for row in replications], 1) < 0.97
    common = rng.standard_normal((2000, 10))
    first, second = common + 0.3 * replications, common + 2
    pairs = zip(first, second, strict=True)
    assert 0.93 < coverage([paired_difference(a, b) for a, b in pairs], 1.7) < 0.97
    runs = autoregressive(2000, 2000, rng)
    assert 0.93 < coverage([batch_means(run) for run in runs], 3) < 0.97


def test_ignoring_autocorrelation_would_not_cover():
    runs = autoregressive(500, 1000, np.random.default_rng(1))
    assert coverage([interval(run) for run in runs], 3) < 0.8


def test_batch_means_by_hand():
    found = batch_means([9, 1, 2, 3, 4, 5, 6], batches=3)
    assert found == interval([1.5, 3.5, 5.5])


def test_mser5_finds_the_end_of_a_transient():
    rng = np.random.default_rng(2)
    found = [mser5(10 * np.exp(-np.arange(600) / 20) + rng.standard_normal(600)) for _ in range(50)]
    assert 40 <= np.median(found) <= 120
    assert all(cut % 5 == 0 and cut <= 300 for cut in found)


def test_mser5_against_its_definition():
    rng = np.random.default_rng(4)
    series = rng.standard_normal(83).cumsum()
    means = series[:80].reshape(16, 5).mean(axis=1)
    errors = [((means[d:] - means[d:].mean()) ** 2).sum() / (16 - d) ** 2 for d in range(9)]
    assert mser5(series) == 5 * int(np.argmin(errors))


def test_a_stationary_run_loses_little():
    rng = np.random.default_rng(3)
    assert np.median([mser5(rng.standard_normal(1000)) for _ in range(50)]) <= 150


@pytest.mark.parametrize("series", [[1, 2], [1, 2, np.nan, 4] * 5, [[1, 2], [3, 4]], "abc"])
@pytest.mark.parametrize("method", [batch_means, mser5])
def test_bad_series_are_named(method, series):
    with pytest.raises(ParameterError, match="series"):
        method(series)


def test_batches_are_checked():
    with pytest.raises(ParameterError, match="batches"):
        batch_means([1, 2, 3, 4], batches=3)
