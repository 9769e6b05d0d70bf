"""Dragulescu & Yakovenko (2000)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from econsim.errors import ParameterError
from econsim.models.gallery import generator
from econsim.models.wealth import Wealth, exchange_law, gini, gini_of
from econsim.streams import Purpose, Streams


def test_the_compiled_exchange_is_the_plain_one():
    model = Wealth(agents=700, wealth=2, rng=9)
    wealth = [2] * 700
    for now in range(6):
        drawn = Streams(9).uniform(Purpose.USER, now, np.arange(700))
        givers = [i for i in range(700) if wealth[i]]
        for i in givers:
            wealth[i] -= 1
        for i in givers:
            wealth[int(drawn[i] * 700)] += 1
        model.step()
        assert model.holders["wealth"].tolist() == wealth
    assert sum(wealth) == 1400


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_gini_is_the_mean_absolute_difference_over_twice_the_mean(wealth):
    n, total = len(wealth), sum(wealth)
    pairs = sum(abs(a - b) for a in wealth for b in wealth)
    expected = pairs / (2 * n * total) if total else 0.0
    assert gini(wealth) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("wealth", [[], [-1, 2], [[1, 2]], [float("nan")]])
def test_bad_wealth_is_named(wealth):
    with pytest.raises(ParameterError, match="wealth"):
        gini(wealth)


@pytest.mark.parametrize("mean", [0.5, 1, 4])
def test_the_exact_law_is_kept_by_one_exchange(mean):
    """Against the transition itself: lose one if there is any, gain a Poisson number."""
    law = exchange_law(mean)
    kept = np.append(law[1:], 0.0)
    kept[0] += law[0]
    gained = stats.poisson.pmf(np.arange(len(law)), 1 - law[0])
    assert np.convolve(kept, gained)[: len(law)] == pytest.approx(law, abs=1e-9)
    assert np.arange(len(law)) @ law == pytest.approx(mean, rel=1e-6)


def test_gini_of_a_law_is_that_of_a_sample_and_tends_to_one_half():
    law = exchange_law(3)
    sample = np.repeat(np.arange(len(law)), np.round(law * 10**6).astype(int))
    assert gini_of(law) == pytest.approx(gini(sample), abs=1e-4)
    assert gini_of(exchange_law(300)) == pytest.approx(0.5, abs=1 / 300)


def test_a_relaxed_population_has_the_exact_gini():
    found = []
    for run in range(12):
        model = Wealth(agents=1000, wealth=4, rng=generator(3, run))
        model.exchange(900)
        found.append(model.gini)
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert abs(np.mean(found) - gini_of(exchange_law(4))) < 3.3 * error
