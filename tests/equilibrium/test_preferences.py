"""Demand and utility: laws, limits, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from econsim.equilibrium import ExchangeEconomy, FisherMarket
from econsim.errors import ParameterError
from econsim.preferences import CES, CobbDouglas, Leontief, Linear

KINDS = ("cobb-douglas", "ces", "leontief", "linear")


def preferences(kind, rng, n, m):
    """Random preferences, some weights zero."""
    weights = rng.random((n, m)) * (rng.random((n, m)) < 0.8)
    weights[np.arange(n), rng.integers(0, m, n)] = 1
    sigma = np.exp(rng.uniform(-2, 2, n))
    return {
        "cobb-douglas": lambda: CobbDouglas(weights),
        "ces": lambda: CES(weights, sigma),
        "leontief": lambda: Leontief(weights),
        "linear": lambda: Linear(weights),
    }[kind]()


draws = st.tuples(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 5))


@pytest.mark.parametrize("kind", KINDS)
@given(draws)
def test_demand_spends_the_budget_on_what_nothing_affordable_beats(kind, drawn):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    wanted = preferences(kind, rng, n, m)
    prices, wealth = np.exp(rng.normal(size=m)), rng.random(n)
    bundles = wanted.demand(prices, wealth)
    assert bundles @ prices == pytest.approx(wealth, rel=1e-12)
    shares = rng.dirichlet(np.ones(m), (200, n))
    reached = wanted.utility(bundles)
    for share in shares:
        others = share * wealth[:, None] / prices
        assert (wanted.utility(others) <= reached * (1 + 1e-12)).all()


@pytest.mark.parametrize("kind", KINDS)
@given(draws, st.floats(1e-3, 1e3))
def test_walras_law_and_homogeneity_in_exchange(kind, drawn, scale):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    economy = ExchangeEconomy(rng.random((n, m)) + 0.01, preferences(kind, rng, n, m))
    prices = np.exp(rng.normal(size=m))
    excess = economy.excess_demand(prices)
    assert prices @ excess == pytest.approx(0, abs=1e-12 * (prices @ economy.supply))
    # A linear consumer between two goods may flip as rounding does: demand jumps there.
    assume(kind != "linear" or m == 1 or len(set(np.round(np.log(prices), 9))) == m)
    again = economy.excess_demand(scale * prices)
    assert again == pytest.approx(excess, rel=1e-9, abs=1e-11 * np.abs(economy.supply).max())


@pytest.mark.parametrize("kind", KINDS)
@given(draws, st.floats(1e-3, 1e3))
def test_walras_law_and_homogeneity_in_a_fisher_market(kind, drawn, scale):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    wanted, budgets, supply = (
        preferences(kind, rng, n, m),
        rng.random(n) + 0.01,
        rng.random(m) + 0.1,
    )
    market = FisherMarket(budgets, supply, wanted)
    prices = np.exp(rng.normal(size=m))
    excess = market.excess_demand(prices)
    assert prices @ excess == pytest.approx(budgets.sum() - prices @ supply, abs=1e-11)
    # Money is a unit: prices and budgets together change nothing.
    scaled = FisherMarket(scale * budgets, supply, wanted).excess_demand(scale * prices)
    assert scaled == pytest.approx(excess, rel=1e-9, abs=1e-10)


@given(draws, st.floats(0.05, 20))
def test_ces_utility_is_the_formula(drawn, sigma):
    assume(abs(sigma - 1) > 0.05)
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    weights, bundle = rng.random((n, m)) + 0.1, rng.random((n, m)) + 0.1
    rho = 1 - 1 / sigma
    direct = (weights * bundle**rho).sum(axis=1) ** (1 / rho)
    assert CES(weights, sigma).utility(bundle) == pytest.approx(direct, rel=1e-9)


@given(draws)
def test_ces_demand_is_the_formula(drawn):
    """Mas-Colell, Whinston & Green (1995), exercise 3.C.6."""
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    weights, sigma = rng.random((n, m)), np.exp(rng.uniform(-1, 1, (n, 1)))
    prices, wealth = rng.random(m) + 0.1, rng.random(n)
    index = (weights**sigma * prices ** (1 - sigma)).sum(axis=1, keepdims=True)
    direct = wealth[:, None] * (weights / prices) ** sigma / index
    found = CES(weights, sigma[:, 0]).demand(prices, wealth)
    assert found == pytest.approx(direct, rel=1e-11, abs=1e-15)


def test_ces_passes_through_its_limits():
    shares, prices, bundle = [0.3, 0.7], [2.0, 1.0], [1.5, 4.0]
    middle = CobbDouglas(shares)
    assert middle.utility(bundle) == pytest.approx(1.5**0.3 * 4**0.7, rel=1e-14)
    for sigma in (1 - 1e-9, 1.0, 1 + 1e-9):
        near = CES(shares, sigma)
        assert near.utility(bundle) == pytest.approx(middle.utility(bundle), rel=1e-8)
        assert near.demand(prices, 10) == pytest.approx(middle.demand(prices, 10), rel=1e-8)
    # x = a^sigma: as sigma goes to 0 all goods count alike, whatever the weights.
    assert CES(shares, 1e-6).demand(prices, 9) == pytest.approx(
        Leontief([1, 1]).demand(prices, 9), rel=1e-5
    )
    assert CES(shares, 1e4).demand(prices, 10) == pytest.approx(
        Linear(shares).demand(prices, 10), abs=1e-12
    )


@pytest.mark.parametrize("sigma", [1e-3, 0.5, 1.0, 3.0, 1e4])
def test_nothing_overflows(sigma):
    wanted = CES([1e-200, 1, 1e200], sigma)
    bought = wanted.demand([1e-100, 1, 1e100], 5)
    assert np.isfinite(bought).all()
    assert bought @ np.array([1e-100, 1, 1e100]) == pytest.approx(5)
    assert math.isfinite(CES([0.5, 0.5], sigma).utility([1e-300, 1e300]))


def test_what_lacks_a_needed_good_is_worth_nothing():
    assert CES([1, 1], 0.5).utility([0, 3]) == 0
    assert CES([1, 0], 0.5).utility([4, 0]) == pytest.approx(4)
    assert CES([1, 1], 2).utility([0, 3]) == pytest.approx(3)
    assert CobbDouglas([1, 1]).utility([0, 3]) == 0
    assert CES([1, 1], 2).utility([0, 0]) == 0
    assert Leontief([2, 0]).utility([3, 0]) == 1.5


def test_the_shape_that_goes_in_comes_out():
    one, two = CES([1, 2], 2), CES([[1, 2], [2, 1]], 2)
    assert one.demand([1, 1], 3).shape == (2,)
    assert one.demand([1, 1], [3, 4]).shape == (2, 2)
    assert two.demand([1, 1], 3).shape == (2, 2)
    assert isinstance(one.utility([1, 1]), float)
    assert two.utility([1, 1]).shape == two.utility(np.ones((2, 2))).shape == (2,)
    assert one.utility(np.ones((3, 2))).shape == (3,)
    assert CES([1, 2], [1, 2, 3]).demand([1, 1], 1).shape == (3, 2)


def test_linear_demand_is_one_even_selection():
    assert Linear([1, 1, 3]).demand([1, 1, 4], 6).tolist() == [3, 3, 0]


def test_the_callers_array_stays_the_callers():
    endowments = np.eye(2)
    economy = ExchangeEconomy(endowments, CES([1, 1], 2))
    endowments[0, 0] = 9
    assert economy.supply.tolist() == [1, 1]
    assert economy.wealth(np.array([1.0, 1.0])).tolist() == [1, 1]


def test_leontief_takes_free_goods_but_not_all_of_them():
    assert Leontief([1, 2]).demand([0, 2], 8).tolist() == [2, 4]
    with pytest.raises(ParameterError, match="prices"):
        Leontief([1, 0]).demand([0, 2], 8)


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: CES([1, 2], 0), "sigma"),
        (lambda: CES([1, 2], -1), "sigma"),
        (lambda: CES([1, 2], math.inf), "sigma"),
        (lambda: CES([1, 2], True), "sigma"),
        (lambda: CES([[1, 2], [1, 2]], [1, 2, 3]), "sigma"),
        (lambda: CES([1, math.nan], 1), r"weights\[1\]"),
        (lambda: CES([1, -1], 1), r"weights\[1\]"),
        (lambda: CES([[1, 2], [0, 0]], 1), r"weights\[1\]"),
        (lambda: CES([], 1), "weights"),
        (lambda: Leontief("ab"), "weights"),
        (lambda: Linear([[1, 2], [3]]), "weights"),
        (lambda: CobbDouglas([True, False]), "shares"),
        (lambda: CobbDouglas([0, 0]), r"shares\[0\]"),
        (lambda: CES([1, 2], 1).demand([1, 2, 3], 1), "prices"),
        (lambda: CES([1, 2], 1).demand([0, 2], 1), r"prices\[0\]"),
        (lambda: CES([1, 2], 1).demand([1, math.inf], 1), r"prices\[1\]"),
        (lambda: CES([1, 2], 1).demand([1, 2], -1), "wealth"),
        (lambda: CES([[1, 2]] * 2, 1).demand([1, 2], [1, 2, 3]), "wealth"),
        (lambda: CES([1, 2], 1).utility([1, 2, 3]), "bundle"),
        (lambda: CES([1, 2], 1).utility([1, -2]), r"bundle\[1\]"),
        (lambda: ExchangeEconomy([[1, 0]], CES([1, 1], 1)), r"supply\[1\]"),
        (lambda: ExchangeEconomy([[1, -1]], CES([1, 1], 1)), "endowments"),
        (lambda: ExchangeEconomy([1, 1], CES([1, 1], 1)), "endowments"),
        (lambda: ExchangeEconomy([[1, 1]], "CES"), "preferences"),
        (lambda: ExchangeEconomy([[1, 1]], CES([1, 1, 1], 1)), "preferences"),
        (lambda: ExchangeEconomy([[1, 1]] * 3, CES([[1, 1]] * 2, 1)), "preferences"),
        (lambda: FisherMarket([0, 0], [1, 1], CES([1, 1], 1)), "budgets"),
        (lambda: FisherMarket([-1, 2], [1, 1], CES([1, 1], 1)), "budgets"),
        (lambda: FisherMarket([1], [1, 0], CES([1, 1], 1)), "supply"),
        (lambda: FisherMarket([1], [1, 1], CES([1, 1], 1)).excess_demand([1]), "prices"),
    ],
)
def test_what_is_refused(build, field):
    with pytest.raises(ParameterError, match=field):
        build()
