"""Textbook and published auctions; the source is in the name or the docstring of each test.

Those of the single-item formats are in test_sealed_auctions.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from econsim.auctions import (
    core_payments,
    k_double_auction,
    mcafee,
    position_auction,
    read_cats,
    uniform_price,
    vcg_assignment,
    vcg_combinatorial,
    vcg_double,
    vickrey_multiunit,
)

CATS = Path(__file__).parents[2].parent / "shared" / "data" / "cats"
SLOW = {"arbitrary_64", "matching_256", "paths_256"}
INSTANCES = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])
    for name in (
        "arbitrary_64",
        "matching_64",
        "matching_256",
        "paths_64",
        "paths_256",
        "regions_64",
        "scheduling_64",
        "scheduling_256",
    )
]


def test_edelman_ostrovsky_schwarz_2007_gsp_and_vcg():
    """Section II: clicks 200 and 100, values 10, 4 and 2 a click."""
    assert position_auction([10, 4, 2], [200, 100]).payments.tolist() == [800, 200, 0]
    vcg = position_auction([10, 4, 2], [200, 100], rule="vcg")
    assert vcg.payments.tolist() == [600, 200, 0]


def test_ausubel_milgrom_2006_zero_revenue_and_its_cause():
    """ "The lovely but lonely Vickrey auction": one bidder pays 2 for both; two want one each."""
    alone = vcg_combinatorial([{"AB": 2}, {"A": 2}])
    assert alone.revenue == 2
    joined = vcg_combinatorial([{"AB": 2}, {"A": 2}, {"B": 2}])
    assert joined.revenue == 0
    assert joined.welfare == 4


def test_conitzer_sandholm_2006_revenue_falls_with_a_bidder():
    """AB 10 and A 8 give 8; when B 8 enters, the two pay 2 each."""
    assert vcg_combinatorial([{"AB": 10}, {"A": 8}]).revenue == 8
    assert vcg_combinatorial([{"AB": 10}, {"A": 8}, {"B": 8}]).revenue == 4


def test_day_cramton_2012_quadratic_core():
    """A 28, B 20, AB 32, A 14, B 12: VCG 14 and 12, core 17 and 15."""
    bids = [{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}]
    assert vcg_combinatorial(bids).payments.tolist() == [14, 12, 0, 0, 0]
    np.testing.assert_allclose(core_payments(bids).payments, [17, 15, 0, 0, 0], atol=1e-9)


def test_shapley_shubik_1972_houses_at_the_buyers_best_prices():
    """ "The assignment game I": houses worth 18, 15, 19 to their owners gain 8 + 6 + 2 = 16."""
    values = np.array([[23, 22, 21], [26, 24, 22], [20, 21, 17]])
    owners = np.array([18, 15, 19])
    outcome = vcg_assignment(values, reserve=owners)
    assert outcome.assignment.tolist() == [2, 0, 1]
    assert outcome.welfare - owners.sum() == 16
    for i, item in enumerate(outcome.assignment):
        rest = vcg_assignment(np.delete(values, i, axis=0), reserve=owners)
        kept = owners.sum() - owners[rest.assignment].sum()
        others = outcome.welfare - values[i, item]
        assert outcome.payments[i] == rest.welfare + kept - others


def test_myerson_satterthwaite_1983_deficit_in_bilateral_trade():
    """Buyer 10, seller 4: Clarke pays the seller 10 and takes 4; the mean over uniforms is 1/6."""
    outcome = vcg_double([10], [4])
    assert outcome.payments.tolist() == [4, -10]
    assert outcome.revenue == -6
    draws = np.random.default_rng(0).random((20_000, 2))
    deficits = [-vcg_double([bid], [ask]).revenue for bid, ask in draws]
    assert np.mean(deficits) == pytest.approx(1 / 6, abs=0.005)


def test_mcafee_1992_one_price_or_one_trade_less():
    """The mean of the (k+1)th bid and ask if pair k can bear it, else pair k sets the prices."""
    balanced = mcafee([9, 8, 7, 4], [2, 3, 4, 5])
    assert balanced.price == 4
    assert balanced.payments.tolist() == [4, 4, 4, 0, -4, -4, -4, 0]
    reduced = mcafee([9, 8, 7, 1], [2, 3, 6, 7])
    assert reduced.payments.tolist() == [7, 7, 0, 0, -6, -6, 0, 0]
    assert reduced.revenue == 2


def test_chatterjee_samuelson_1983_split_the_difference():
    assert k_double_auction([10.0], [4.0], 0.5).price == 7.0
    assert k_double_auction([3.0], [4.0]).revenue == 0


def test_vickrey_1961_and_ausubel_2004_multiple_units():
    """Krishna, *Auction Theory* (2009), chapter 12: three bidders for six units."""
    bids = [[50, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
    assert uniform_price(bids, 6).units_won.tolist() == [3, 1, 2]
    assert uniform_price(bids, 6).payments.tolist() == [96, 32, 64]
    assert vickrey_multiunit(bids, 6).payments.tolist() == [28 + 24 + 20, 32, 28 + 32]


@pytest.mark.parametrize("name", INSTANCES)
def test_cats_optimum_and_vcg_revenue(name):
    """Leyton-Brown, Pearson & Shoham (2000), CATS 2.1; optima proven beforehand."""
    if not CATS.is_dir():
        pytest.skip(f"the instances are not ours to distribute and {CATS} is not here")
    known = json.loads((CATS / "optima.json").read_text())[name]
    bids = read_cats(CATS / f"{name}.txt")
    assert (bids.bidders, len(bids)) == (known["bidders"], known["bids"])
    outcome = vcg_combinatorial(bids)
    tolerance = 1e-6 * known["optimum"]
    assert outcome.welfare == pytest.approx(known["optimum"], abs=tolerance)
    assert outcome.revenue == pytest.approx(known["vcg_revenue"], abs=tolerance)
    assert len(outcome.accepted) == known["winners"]
