"""Shading where winners pay their own bid, against closed forms."""

import numpy as np
import pytest

from econsim.equilibrium import deviations, symmetric_shading
from econsim.equilibrium.shading import GRID


def uniform_auctions(n, auctions=40_000, seed=0):
    """Values, rivals' highest values and no reserve, for n uniform bidders and one unit."""
    values = np.random.default_rng(seed).random((auctions, n))
    ranked = np.sort(values, axis=1)
    rivals = np.where(values == ranked[:, -1:], ranked[:, -2:-1], ranked[:, -1:])
    return values.ravel(), rivals.ravel(), np.zeros(values.size)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_uniform_bidders_shade_by_one_in_n(n):
    """(n - 1) / n: Krishna, Auction Theory (2nd ed. 2010), example 2.1."""
    alpha = symmetric_shading(*uniform_auctions(n))
    assert alpha == pytest.approx((n - 1) / n, abs=0.02)


@pytest.mark.parametrize("n", [2, 5])
def test_at_the_equilibrium_nothing_is_gained_on_fresh_draws(n):
    found = deviations(*uniform_auctions(n, seed=1), (n - 1) / n)
    assert 0 <= found.relative(found.gain) < 0.005
    assert found.surplus == pytest.approx(1 / (n * (n + 1)), rel=0.02)


def test_truth_is_no_equilibrium_of_a_first_price_auction():
    found = deviations(*uniform_auctions(2), 1.0)
    assert found.surplus == 0
    assert found.reply == pytest.approx(0.5, abs=0.02)
    # Against a truthful rival 1/2 is the best reply: E[v / 2 x v / 2] = 1/12.
    assert found.gain == pytest.approx(1 / 12, rel=0.02)


def test_a_reserve_makes_shading_by_value_pay():
    """With a reserve the equilibrium bid is not proportional to value (Krishna, section 2.5)."""
    values, rivals, _ = uniform_auctions(2)
    reserves = np.full(len(values), 0.4)
    alpha = symmetric_shading(values, rivals, reserves)
    found = deviations(values, rivals, reserves, alpha)
    assert found.relative(found.gain) < 0.01
    assert found.relative(found.gain_by_value) > 0.02


def test_the_surplus_is_that_of_a_loop_over_the_draws():
    rng = np.random.default_rng(2)
    values, rivals, reserves = rng.random((3, 200))
    found = deviations(values, rivals, reserves, 0.6)

    def mean_surplus(factor):
        triples = zip(values, rivals, reserves, strict=True)
        wins = [(1 - factor) * v for v, r, s in triples if factor >= max(0.6 * r, s) / v]
        return sum(wins) / len(values)

    assert found.surplus == pytest.approx(mean_surplus(0.6))
    best = max(GRID, key=mean_surplus)
    assert found.reply == pytest.approx(best)
    assert found.gain == pytest.approx(mean_surplus(best) - mean_surplus(0.6))


def test_no_draws_leave_truth():
    none = np.array([])
    assert symmetric_shading(none, none, none) == 1.0
    assert deviations(none, none, none, 1.0).draws == 0
    assert np.isnan(deviations(none, none, none, 1.0).relative(0.0))
