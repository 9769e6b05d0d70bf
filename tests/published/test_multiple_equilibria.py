"""Kehoe (1998)."""

import pytest

from econsim.equilibrium import all_equilibria
from econsim.models.multiple_equilibria import ECONOMY, PRINTED, MultipleEquilibria


def test_three_equilibria_at_the_published_prices():
    assert tuple(f"{found.prices[0]:.6g}" for found in all_equilibria(ECONOMY)) == PRINTED
    assert all(found.converged for found in all_equilibria(ECONOMY))


def test_marginal_utility_of_the_published_form_is_proportional_to_price():
    """u = sum_j a_j x_j^b / b: the bundles bought satisfy its first-order conditions."""
    for found in all_equilibria(ECONOMY):
        for weights, bundle in zip([[1024, 1], [1, 1024]], found.allocation, strict=True):
            ratio = weights[0] * bundle[0] ** -5 / (weights[1] * bundle[1] ** -5)
            assert ratio == pytest.approx(found.prices[0] / found.prices[1], rel=1e-8)


@pytest.mark.parametrize(("start", "end"), [(0.05, 0), (0.3, 0), (0.499, 0), (0.501, 2), (0.9, 2)])
def test_tatonnement_finds_an_outer_one(start, end):
    found = MultipleEquilibria(start=start).search(5000)
    assert found.converged
    assert f"{found.prices[0]:.6f}" == PRINTED[end]


def test_the_middle_one_is_found_from_itself():
    assert MultipleEquilibria(start=0.5).search(10).prices[0] == 0.5
