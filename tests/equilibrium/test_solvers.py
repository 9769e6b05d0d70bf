"""Searches for market prices: against closed forms, theory, one another and a check of its own."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from econsim.equilibrium import (
    ExchangeEconomy,
    FisherMarket,
    all_equilibria,
    certify,
    closed_form,
    eisenberg_gale,
    proportional_response,
    tatonnement,
)
from econsim.errors import ParameterError
from econsim.preferences import CES, CobbDouglas, Leontief, Linear

RULES = ("multiplicative", "additive", "cole-fleischer")
# Scarf (1960): each owns one good, and wants it and the next in equal amounts.
SCARF = ExchangeEconomy(np.eye(3), Leontief([[1, 1, 0], [0, 1, 1], [1, 0, 1]]))
# Kehoe (1998): u_i = sum_j a_ij x_ij^b / b with b = -4, so that sigma = 1 / (1 - b).
KEHOE = ExchangeEconomy([[12, 1], [1, 12]], CES([[1024, 1], [1, 1024]], 0.2))

sizes = st.tuples(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6))


def random_market(drawn, low, high, units=0.0):
    """A Fisher market with elasticities e^low to e^high, and supplies over 10^(+-units)."""
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    wanted = CES(rng.random((n, m)) + 0.05, np.exp(rng.uniform(low, high, n)))
    supply = rng.uniform(0.5, 2, m) * 10 ** rng.uniform(-units, units, m)
    return FisherMarket(rng.random(n) + 0.1, supply, wanted)


def random_exchange(drawn, low, high, units=0.0):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    wanted = CES(rng.random((n, m)) + 0.05, np.exp(rng.uniform(low, high, n)))
    scale = 10 ** rng.uniform(-units, units, m)
    return ExchangeEconomy((rng.random((n, m)) + 0.05) * scale, wanted)


def is_equilibrium(economy, outcome, tol=1e-8):
    """The definition, from scratch: markets clear, and a local search finds nobody better off."""
    prices, bundles = outcome.prices, outcome.allocation
    assert np.abs(bundles.sum(axis=0) / economy.supply - 1).max() <= tol
    wealth = economy.wealth(prices)
    assert bundles @ prices == pytest.approx(wealth, rel=tol)
    utility = economy.preferences.utility(bundles)
    rng = np.random.default_rng(0)
    for _ in range(100):
        tilted = bundles * np.exp(0.01 * rng.normal(size=bundles.shape))
        tilted *= (wealth / (tilted @ prices))[:, None]
        assert (economy.preferences.utility(tilted) <= utility * (1 + tol)).all()


@given(sizes)
def test_all_agree_on_ces_fisher_markets(drawn):
    market = random_market(drawn, -1.5, 1.5)
    outcome = tatonnement(market)
    is_equilibrium(market, outcome)
    solvers = [eisenberg_gale, proportional_response]
    for found in [solve(market) for solve in solvers] + (
        all_equilibria(market) if market.goods == 2 else []
    ):
        assert found.converged
        assert found.prices == pytest.approx(outcome.prices, rel=1e-8)
        assert found.allocation == pytest.approx(outcome.allocation, rel=1e-6, abs=1e-9)
    assert outcome.prices @ market.supply == pytest.approx(market.budgets.sum())


@pytest.mark.parametrize("rule", RULES)
@given(sizes)
def test_without_a_step_every_rule_finds_it_under_gross_substitutes(rule, drawn):
    for economy in (random_market(drawn, 0, 1.5, units=6), random_exchange(drawn, 0, 1.5, units=6)):
        outcome = tatonnement(economy, rule=rule)
        assert outcome.converged, outcome
        assert outcome.certificate.gross_substitutes is True
        is_equilibrium(economy, outcome)


@given(sizes)
def test_cobb_douglas_has_a_closed_form(drawn):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    wanted = CobbDouglas(rng.random((n, m)) + 0.05)
    exchange = ExchangeEconomy(rng.random((n, m)) + 0.05, wanted)
    market = FisherMarket(rng.random(n), rng.random(m) + 0.1, wanted)
    for economy in (exchange, market):
        exact = closed_form(economy)
        assert exact.converged
        assert tatonnement(economy).prices == pytest.approx(exact.prices, rel=1e-8)
    assert closed_form(exchange).prices.sum() == pytest.approx(1)
    expected = market.budgets @ wanted.shares / market.supply
    assert closed_form(market).prices == pytest.approx(expected, rel=1e-14)
    assert eisenberg_gale(market).prices == pytest.approx(expected, rel=1e-8)
    assert proportional_response(market).prices == pytest.approx(expected, rel=1e-8)


def test_the_edgeworth_box_of_the_textbook():
    """Mas-Colell, Whinston & Green (1995), example 15.B.1: u = x1^a x2^(1-a) for both, endowments
    (1, 2) and (2, 1); the markets clear at p1 / p2 = a / (1 - a)."""
    for a in (0.25, 0.5, 0.7):
        economy = ExchangeEconomy([[1, 2], [2, 1]], CobbDouglas([a, 1 - a]))
        for outcome in (tatonnement(economy), closed_form(economy), *all_equilibria(economy)):
            assert outcome.prices == pytest.approx([a, 1 - a], rel=1e-8)


@given(sizes)
def test_linear_markets_come_with_a_duality_gap(drawn):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    weights = rng.random((n, m)) + 0.05
    market = FisherMarket(rng.random(n) + 0.1, rng.random(m) + 0.1, Linear(weights))
    outcome = eisenberg_gale(market)
    assert outcome.converged
    # The gap in hand: dual less primal, at prices and bundles as they are.
    best = (weights / outcome.prices).max(axis=1) * market.budgets
    reached = (weights * outcome.allocation).sum(axis=1)
    missed = market.budgets @ np.log(best / reached) / market.budgets.sum()
    assert missed <= outcome.certificate.duality_gap + 1e-12 <= 1e-9
    assert outcome.allocation.sum(axis=0) == pytest.approx(market.supply, rel=1e-8)


def test_linear_buyers_who_respond_in_proportion_approach_the_program():
    rng = np.random.default_rng(1)
    market = FisherMarket(
        rng.random(4) + 0.1, rng.random(3) + 0.1, Linear(rng.random((4, 3)) + 0.1)
    )
    program = eisenberg_gale(market)
    gaps = []
    for steps in (10, 100, 1000):
        outcome = proportional_response(market, max_iter=steps)
        gaps.append(outcome.certificate.duality_gap)
    assert gaps[0] > gaps[1] > gaps[2]
    assert outcome.prices == pytest.approx(program.prices, rel=1e-2)


def test_tatonnement_does_not_pretend_with_linear_demand():
    market = FisherMarket([1, 1], [1, 1], Linear([[2, 1], [1, 3]]))
    outcome = tatonnement(market, prices=[1.2, 0.7])
    cleared = np.abs(outcome.excess_demand).max() <= 1e-8
    assert outcome.converged == cleared


@given(sizes)
@example((1540, 1, 5))  # the second scarcest good is short by 3e-5 of being scarce
def test_leontief_markets_may_have_free_goods(drawn):
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    weights = rng.random((n, m)) + 0.05
    market = FisherMarket(rng.random(n) + 0.1, rng.random(m) + 0.1, Leontief(weights))
    outcome = eisenberg_gale(market)
    assert outcome.converged
    free = outcome.prices == 0
    assert (outcome.excess_demand[free] <= 1e-8).all()
    assert outcome.excess_demand[~free] == pytest.approx(0, abs=1e-7)


@given(st.floats(0.2, 4), st.integers(1, 5), st.integers(2, 5), st.sampled_from(RULES))
@settings(max_examples=30)
def test_the_stability_bound_of_symmetric_fisher_markets(sigma, n, m, rule):
    """Locally stable only for step x max(sigma, 1) < 2; with all supplies and equilibrium prices
    at 1 that is the bound of all three rules."""
    market = FisherMarket(np.full(n, m / n), np.ones(m), CES(np.ones((n, m)), sigma))
    start = 1 + 1e-3 * np.cos(np.arange(m))
    bound = 2 / max(sigma, 1)
    inside = tatonnement(market, prices=start, step=0.97 * bound, rule=rule)
    outside = tatonnement(market, prices=start, step=1.03 * bound, rule=rule, max_iter=2000)
    assert inside.converged
    assert not outside.converged
    assert outside.certificate.step_inside_bound is False
    if rule != "additive":  # whose bound depends on prices, here those of the start
        assert inside.certificate.step_inside_bound is True
        assert inside.certificate.step_bound == pytest.approx(bound)


@pytest.mark.parametrize("rule", RULES)
def test_a_given_step_is_taken_as_given(rule):
    economy = random_exchange((3, 4, 3), -0.5, 1)
    start = np.array([0.2, 1.0, 0.5])
    history = tatonnement(economy, prices=start, step=0.05, rule=rule, max_iter=50).history
    for before, after in pairwise(history):
        excess, supply = economy.excess_demand(before), economy.supply
        expected = {
            "multiplicative": before * np.exp(0.05 * excess / supply),
            "additive": np.maximum(before + 0.05 * excess, 0),
            "cole-fleischer": before * (1 + 0.05 * np.minimum(1, excess / supply)),
        }[rule]
        assert after == pytest.approx(expected, rel=1e-12)
    assert (history[0] == start).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("step", [None, 0.05])
@given(start=st.tuples(*[st.floats(0.1, 1)] * 3))
@settings(max_examples=6)
def test_scarfs_economy_cycles(rule, step, start):
    """Scarf (1960), "Some examples of global instability of the competitive equilibrium"."""
    if max(start) / min(start) < 1.01:
        start = (0.5, 0.3, 0.2)
    outcome = tatonnement(SCARF, prices=start, step=step, rule=rule, max_iter=3000)
    assert not outcome.converged
    # A step of finite size spirals outwards, from some starts until a price lies at its floor.
    assert "cycling" in str(outcome.certificate) or outcome.prices.min() < 1e-9
    assert outcome.certificate.gross_substitutes is False


def test_at_its_equilibrium_scarfs_economy_rests():
    outcome = tatonnement(SCARF, prices=[1, 1, 1])
    assert outcome.converged
    assert outcome.iterations == 0


def test_kehoes_three_equilibria():
    """p1 / (p1 + p2) as printed: Kehoe (1998), "Uniqueness and stability", section 4.1."""
    found = [outcome.prices[0] for outcome in all_equilibria(KEHOE)]
    assert found == pytest.approx([0.112924, 0.5, 0.887076], abs=5e-7)


def test_roots_closer_than_the_grid_are_told_apart():
    """With Kehoe's weights moved until two of three equilibria nearly meet, there are still two."""

    def ratios(weight):
        economy = ExchangeEconomy([[12, 1], [1, 12]], CES([[1024, 1], [1, weight]], 0.2))
        prices = np.array([outcome.prices for outcome in all_equilibria(economy)])
        return np.log(prices[:, 0] / prices[:, 1])

    low, high = 1024.0, 1e6
    assert (len(ratios(low)), len(ratios(high))) == (3, 1)
    for _ in range(18):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if len(ratios(middle)) == 3 else (low, middle)
    assert 0 < np.diff(ratios(low)).min() < 0.05


def test_a_continuum_of_equilibria_is_refused():
    economy = ExchangeEconomy(np.eye(2), Leontief([1, 1]))
    with pytest.raises(ParameterError, match="finitely many"):
        all_equilibria(economy)


def test_free_goods_are_found_among_two():
    economy = ExchangeEconomy([[1, 0], [0, 3]], Leontief([1, 1]))
    (outcome,) = all_equilibria(economy)
    assert outcome.prices.tolist() == [1, 0]
    assert tatonnement(economy).prices.tolist() == [1, 0]


def test_prices_without_equilibrium_drift():
    """The owner of good 1 wants some of good 2, and nobody pays with good 2 for good 1."""
    economy = ExchangeEconomy(np.eye(2), CobbDouglas([[0.5, 0.5], [0, 1]]))
    outcome = tatonnement(economy)
    assert not outcome.converged
    assert "drift" in str(outcome.certificate)
    assert all_equilibria(economy) == []
    assert not closed_form(economy).converged


def test_separate_groups_have_no_closed_form():
    economy = ExchangeEconomy(np.eye(2), CobbDouglas(np.eye(2)))
    with pytest.raises(ParameterError, match="groups"):
        closed_form(economy)
    assert tatonnement(economy, prices=[1, 3]).prices == pytest.approx([0.25, 0.75])


def test_a_good_that_nobody_wants_is_free():
    market = FisherMarket([1, 2], [1, 1, 4], CES([[1, 2, 0], [2, 1, 0]], [2, 0.5]))
    for solve in (tatonnement, eisenberg_gale, proportional_response):
        outcome = solve(market)
        assert outcome.converged
        assert outcome.prices[2] == 0
        assert outcome.excess_demand[2] == -4


def test_one_good_one_consumer_and_consumers_without_wealth():
    assert tatonnement(ExchangeEconomy([[2.0]], CES([1], 2))).prices.tolist() == [1]
    assert tatonnement(FisherMarket([3], [2], Linear([1]))).prices == pytest.approx([1.5])
    poor = FisherMarket([0, 1], [1, 1], CES([[1, 1], [1, 2]], 2))
    for solve in (tatonnement, eisenberg_gale, proportional_response):
        outcome = solve(poor)
        assert outcome.converged
        assert (outcome.allocation[0] == 0).all()


def test_the_certificate_refuses_what_is_no_equilibrium():
    market = random_market((5, 3, 3), 0, 1)
    outcome = tatonnement(market)
    right = outcome.prices, outcome.allocation
    assert certify(market, *right, 1e-8).holds
    dearer = certify(market, right[0] * 1.001, right[1], 1e-8)
    assert dearer.budget_gap == pytest.approx(0.001, rel=1e-6)
    less = certify(market, right[0], right[1] * 0.999, 1e-8)
    assert less.max_relative_excess_demand == pytest.approx(0.001, rel=1e-6)
    swapped = right[1].copy()
    moved = 0.1 * swapped[0, 0]
    swapped[0, 0] -= moved
    swapped[0, 1] += moved * right[0][0] / right[0][1]
    assert certify(market, right[0], swapped, 1e-8).optimality_gap > 1e-4
    assert not any(each.holds for each in (dearer, less))


def test_the_history_begins_at_the_start_and_ends_at_the_prices():
    outcome = tatonnement(random_market((7, 4, 5), 0, 1))
    assert outcome.history.shape == (outcome.iterations + 1, 5)
    assert (outcome.history[-1] == outcome.prices).all()


def test_running_out_of_steps_is_said():
    outcome = tatonnement(random_market((7, 4, 5), 0, 1), step=1e-4, max_iter=20)
    assert not outcome.converged
    assert outcome.iterations == 20
    assert "iteration limit" in str(outcome.certificate)


def test_nothing_depends_on_threads(monkeypatch):
    rng = np.random.default_rng(3)
    market = FisherMarket(rng.random(2000), rng.random(20) + 0.5, CES(rng.random((2000, 20)), 2))
    prices = []
    for threads in (1, 3):
        monkeypatch.setattr("econsim.kernels.threads._threads", lambda count=threads: count)
        prices.append(tatonnement(market).prices)
    assert (prices[0] == prices[1]).all()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"rule": "newton"}, "rule"),
        ({"rule": None}, "rule"),
        ({"step": 0}, "step"),
        ({"step": -1}, "step"),
        ({"step": float("nan")}, "step"),
        ({"step": True}, "step"),
        ({"tol": 0}, "tol"),
        ({"tol": "1"}, "tol"),
        ({"max_iter": 0}, "max_iter"),
        ({"max_iter": 1.5}, "max_iter"),
        ({"prices": [1, 2]}, "prices"),
        ({"prices": [1, 2, 0]}, r"prices\[2\]"),
        ({"prices": [1, 2, float("nan")]}, r"prices\[2\]"),
    ],
)
def test_what_tatonnement_refuses(options, field):
    with pytest.raises(ParameterError, match=field):
        tatonnement(SCARF, **options)


def test_what_the_others_refuse():
    for solve in (eisenberg_gale, proportional_response):
        with pytest.raises(ParameterError, match="market"):
            solve(SCARF)
    for solve in (tatonnement, closed_form, all_equilibria, eisenberg_gale):
        with pytest.raises(ParameterError):
            solve("economy")
    with pytest.raises(ParameterError, match="Cobb-Douglas"):
        closed_form(SCARF)
    with pytest.raises(ParameterError, match="two goods"):
        all_equilibria(SCARF)
    with pytest.raises(ParameterError, match="Linear"):
        all_equilibria(FisherMarket([1], [1, 1], Linear([1, 1])))


@pytest.mark.parametrize(
    ("weights", "prices"),
    [
        ([[2, 1], [1, 2]], [1, 2]),  # the second buyer is indifferent, and buys one good
        ([[2, 1, 0], [1, 2, 0]], [1, 2, 0]),  # and one good that nobody wants
    ],
)
def test_linear_buyers_who_are_indifferent(weights, prices):
    found = eisenberg_gale(FisherMarket([1, 2], np.ones(len(prices)), Linear(weights)))
    assert found.converged
    assert found.prices == pytest.approx(prices, rel=1e-12)


@given(sizes)
def test_linear_markets_of_small_whole_numbers_are_solved(drawn):
    """Ties everywhere, which is where an interior-point method ends some digits short."""
    seed, n, m = drawn
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, (n, m)).astype(float)
    weights[weights.max(axis=1) == 0] = 1.0
    market = FisherMarket(rng.integers(1, 4, n), rng.integers(1, 4, m), Linear(weights))
    found = eisenberg_gale(market)
    assert found.converged
    assert found.certificate.duality_gap <= 1e-8
