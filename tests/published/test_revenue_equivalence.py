"""Revenue equivalence and its failures (Krishna 2009, chapters 2 to 4)."""

import numpy as np
import pytest

from econsim.auctions import first_price, second_price
from econsim.errors import ParameterError
from econsim.models.revenue_equivalence import (
    EXPONENT,
    RULES,
    WIDTHS,
    RevenueEquivalence,
    prices,
    theory,
)


@pytest.mark.parametrize("rule", RULES)
def test_prices_are_those_of_the_auctions(rule):
    bids = np.random.default_rng(0).random((200, 4))
    auction = first_price if rule in ("first-price", "dutch") else second_price
    expected = [auction(row).payments.sum() for row in bids]
    assert prices(bids, rule) == pytest.approx(expected, abs=1.01e-5)


@pytest.mark.parametrize("setting", ["symmetric", "risk-averse", "asymmetric", "truthful"])
@pytest.mark.parametrize("rule", RULES)
def test_revenue_is_that_of_theory(setting, rule):
    model = RevenueEquivalence(rule=rule, bidders=2, auctions=5000, setting=setting, rng=1)
    model.run_for(30)
    found = model.frame()["revenue"]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - theory(setting, 2, rule)) < 3.3 * error + 1e-5


@pytest.mark.parametrize("bidders", [2, 3, 8])
def test_one_revenue_for_all_formats(bidders):
    assert {theory("symmetric", bidders, rule) for rule in RULES} == {(bidders - 1) / (bidders + 1)}


def utility(setting, own, value, bids, rival_values, bidder):
    """Mean utility of a first-price bid against rivals who bid as the model says."""
    won = bids < own
    gain = max(value - own, 0.0)
    return won.mean() * (gain**EXPONENT if setting == "risk-averse" else gain)


@pytest.mark.parametrize("setting", ["symmetric", "risk-averse", "asymmetric"])
def test_no_other_bid_is_better(setting):
    """Best replies on a grid of bids against 200 000 draws of the rival."""
    model = RevenueEquivalence(setting=setting, rng=0)
    draws = np.random.default_rng(5).random((200_000, 2))
    widths = np.array(WIDTHS) if setting == "asymmetric" else np.ones(2)
    rivals = model.bids(draws * widths)
    for bidder in range(2):
        for share in (0.2, 0.5, 0.9):
            value = share * widths[bidder]
            values = np.full((1, 2), value)
            own = float(model.bids(np.minimum(values, widths))[0, bidder])
            faced = rivals[:, 1 - bidder]
            best = max(
                utility(setting, bid, value, faced, None, bidder)
                for bid in np.linspace(0, value, 60)
            )
            here = utility(setting, own, value, faced, None, bidder)
            assert best <= here * 1.01 + 1e-4


def test_the_failures_fail_in_the_direction_that_theory_says():
    for setting in ("risk-averse", "asymmetric"):
        assert theory(setting, 2, "first-price") > theory(setting, 2, "second-price")
    assert theory("truthful", 3, "first-price") == 0.75


def test_asymmetry_is_for_two():
    with pytest.raises(ParameterError, match="bidders"):
        RevenueEquivalence(setting="asymmetric", bidders=3)
