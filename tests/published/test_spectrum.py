"""Ausubel & Milgrom (2006); Day & Cramton (2012)."""

import pytest

from econsim.auctions import core_payments, vcg_combinatorial
from econsim.models.spectrum import DAY_CRAMTON, DISTRIBUTIONS, LONELY, Spectrum


def test_vickrey_earns_nothing_where_the_core_earns_two():
    assert vcg_combinatorial(LONELY).payments.sum() == 0
    assert core_payments(LONELY).payments.sum() == pytest.approx(2)


def test_the_payments_of_day_and_cramton():
    assert vcg_combinatorial(DAY_CRAMTON).payments.tolist() == [14, 12, 0, 0, 0]
    assert core_payments(DAY_CRAMTON).payments == pytest.approx([17, 15, 0, 0, 0], abs=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_core_never_earns_less_from_the_same_allocation(distribution):
    model = Spectrum(distribution=distribution, rng=2)
    for _ in range(4):
        model.step()
        assert model.core_welfare == pytest.approx(model.welfare)
        assert model.vcg_revenue - 1e-9 <= model.core_revenue <= model.welfare + 1e-9
        assert model.blocked == (model.core_revenue > model.vcg_revenue + 1e-6 * model.welfare)
