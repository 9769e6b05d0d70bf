"""What bidders that learn approach: textbook bids, and where they do not."""

import numpy as np
import pytest

from econsim.errors import ParameterError
from econsim.models.repeated_auction import RepeatedAuction
from econsim.strategies import EquilibriumFirstPrice, Hedge, RegretMatching, Truthful

HEDGE = Hedge(2.0, arms=21, bins=10)


def played(rounds, **keywords):
    """Mean price, and bid over value of the upper half of values, of the last fifth."""
    model = RepeatedAuction(copies=16, rng=5, **keywords)
    model.run_for(rounds)
    last = model.frame().tail(rounds // 5).mean()
    return model, last["revenue"], last["shading"]


def test_hedge_approaches_truth_under_second_price_with_values_drawn_anew():
    _, early, _ = played(50, strategy=HEDGE)
    _, revenue, shading = played(4000, strategy=HEDGE)
    assert shading > 0.95
    assert revenue == pytest.approx(1 / 3, abs=0.04)  # mean of the lower of two uniforms
    assert early < revenue


@pytest.mark.parametrize("bidders", [2, 3, 5])
def test_hedge_approaches_the_equilibrium_of_first_price(bidders):
    _, _, shading = played(4000, strategy=HEDGE, pricing="first-price", bidders=bidders)
    assert shading == pytest.approx((bidders - 1) / bidders, abs=0.05)  # one arm


def test_with_fixed_values_the_low_bidder_does_not_learn_the_truth():
    model, revenue, _ = played(4000, strategy=HEDGE, values=(1.0, 0.5))
    assert revenue < 0.4  # truthful bids would bring 1/2
    low = model.bids[:, 1] / model.values[:, 1]
    assert low.mean() < 0.8
    assert low.std() > 0.1  # spread: nothing teaches it


def test_first_price_keeps_its_revenue_near_the_lower_value():
    _, revenue, _ = played(4000, strategy=HEDGE, pricing="first-price", values=(1.0, 0.5))
    assert revenue == pytest.approx(0.5, abs=0.06)


def test_regret_matching_shades_under_first_price_and_not_under_second():
    rule = RegretMatching(arms=21, bins=10)
    _, _, first = played(3000, strategy=rule, pricing="first-price")
    _, _, second = played(3000, strategy=rule)
    assert first == pytest.approx(0.5, abs=0.08)
    assert second > 0.9


def test_rules_without_memory():
    from scipy import stats

    _, revenue, shading = played(500, strategy="truthful")
    assert shading == pytest.approx(1)
    assert revenue == pytest.approx(1 / 3, abs=0.01)
    rule = EquilibriumFirstPrice(stats.uniform(), bidders=2)
    _, revenue, shading = played(500, strategy=rule, pricing="first-price")
    assert shading == pytest.approx(0.5, abs=1e-4)
    assert revenue == pytest.approx(1 / 3, abs=0.01)


def test_prices_are_those_of_the_format():
    for pricing in ("first-price", "vickrey"):
        model = RepeatedAuction(pricing=pricing, bidders=3, strategy=Truthful(), copies=9, rng=1)
        model.step()
        ranked = np.sort(model.bids, axis=1)
        paid = ranked[:, -1 if pricing == "first-price" else -2]
        assert model.prices[-1] == pytest.approx(paid / 1e6)


@pytest.mark.parametrize(
    ("keywords", "field"),
    [
        ({"bidders": 1}, "bidders"),
        ({"pricing": "third"}, "pricing"),
        ({"values": (1.0,)}, "values"),
        ({"values": (1.0, 2.0)}, r"values\[1\]"),
        ({"copies": 0}, "copies"),
        ({"strategy": "guess"}, "strategy"),
    ],
)
def test_wrong_parameters_are_named(keywords, field):
    with pytest.raises(ParameterError, match=field):
        RepeatedAuction(**keywords)
