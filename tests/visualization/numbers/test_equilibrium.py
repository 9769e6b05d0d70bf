"""The Equilibrium page's numbers are the library's."""

from dataclasses import replace

import numpy as np
import pytest

from econsim.equilibrium import certify
from econsim.visualization.numbers import equilibrium as model


@pytest.mark.parametrize("name", model.PRESETS)
def test_every_preset_searches_as_its_title_says(name):
    found = model.search(replace(model.usual(name), iterations=3000))
    assert len(found.path) <= 3001
    assert found.prices.sum(axis=1) == pytest.approx(1)
    assert len(found.prices) <= model.SHOWN
    assert found.verdict.startswith("not converged" if name == "scarf" else "converged")


@pytest.mark.parametrize(("name", "count"), [("two goods", 1), ("three equilibria", 3)])
def test_boxes_hold_what_theory_says(name, count):
    box = model.box(model.usual(name))
    assert len(box.equilibria) == count
    economy = model.economy(model.usual(name))
    for point, line in zip(box.equilibria, box.budgets, strict=True):
        near = np.abs(box.contract - point).sum(axis=1).min()
        assert near < 0.02 * box.width  # efficient (first welfare theorem)
        (x0, y0), (x1, y1) = line
        ratio = -(y1 - y0) / (x1 - x0)
        prices = np.array([ratio, 1.0]) / (1 + ratio)
        bundles = np.array([point, economy.supply - point])
        assert certify(economy, prices, bundles, tol=1e-3).holds
    assert model.box(model.usual("scarf")) is None
    assert model.box(model.usual("fisher")) is None


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.95, 1.0, 1.5, 6.0])
@pytest.mark.parametrize("name", ["two goods", "three equilibria"])
def test_the_slider_finds_a_box_everywhere(name, sigma):
    box = model.box(replace(model.usual(name), elasticity=sigma))
    assert np.isfinite(box.contract).all()
    for x, y in box.equilibria:  # first welfare theorem
        assert np.interp(x, *box.contract.T) == pytest.approx(y, abs=0.02 * box.height)
