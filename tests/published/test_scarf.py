"""Scarf (1960)."""

import numpy as np
import pytest

from econsim.errors import ParameterError
from econsim.models.scarf import ECONOMIES, STEPS, Scarf, continuous_path


def test_squares_and_product_are_kept_and_the_path_comes_round():
    path = continuous_path(ECONOMIES["scarf"])
    for name in ("squares", "product"):
        assert path[name].to_numpy() == pytest.approx(path[name].iloc[0], rel=1e-9)
    far = np.abs(path[["p1", "p2", "p3"]] - path.loc[0, ["p1", "p2", "p3"]]).max(axis=1)
    assert far.iloc[100:400].min() < 0.02 < far.max()


def test_the_twin_goes_to_the_middle():
    last = continuous_path(ECONOMIES["cobb-douglas"]).iloc[-1]
    assert last["p1"] == pytest.approx(last["p2"], abs=1e-6) == pytest.approx(last["p3"], abs=1e-6)


@pytest.mark.parametrize("rule", STEPS)
def test_no_rule_converges_but_in_the_twin(rule):
    for seed in range(3):
        settings = {"rule": rule, "size": STEPS[rule], "start": None, "rng": seed}
        assert not Scarf(**settings).search(1500).converged
        assert Scarf(economy="cobb-douglas", **settings).search(3000).converged


def test_the_equilibrium_itself_stays():
    model = Scarf(start=(1, 1, 1))
    assert model.search(1).converged
    model.step()
    assert model.excess == 0


def test_steps_of_the_model_are_those_of_the_search():
    model = Scarf(rng=0)
    path = model.search(5).history
    for prices in path[1:]:
        model.step()
        assert model.prices == pytest.approx(prices, rel=1e-15)


@pytest.mark.parametrize("start", [(1, 2), (1, 2, 0), (1, 2, float("nan")), "abc"])
def test_a_wrong_start_is_named(start):
    with pytest.raises(ParameterError, match="start"):
        Scarf(start=start)
