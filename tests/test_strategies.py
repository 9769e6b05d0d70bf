"""Bidding and pricing rules: against one agent in plain Python, by law, and in the market."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from econsim import kernels
from econsim.errors import DecisionError, ParameterError
from econsim.models.marketplace import Buyer, Marketplace
from econsim.numbers import exp, log
from econsim.preferences import Category
from econsim.strategies import (
    SELLER_STRATEGIES,
    STRATEGIES,
    BestReply,
    Bidding,
    CostPlus,
    DerivativeFollower,
    EquilibriumFirstPrice,
    Exp3,
    Feedback,
    FollowSales,
    Hedge,
    Posting,
    PriceFunction,
    QLearning,
    QPricing,
    RegretMatching,
    Shaded,
    Strategy,
    Truthful,
    ZeroIntelligence,
)
from econsim.streams import Purpose, Streams

CREDIT = 10**6
LEARNERS = {
    "hedge": lambda: Hedge(0.7, arms=5, bins=3),
    "exp3": lambda: Exp3(0.2, arms=5, bins=3),
    "q-learning": lambda: QLearning(0.3, 0.2, arms=5, bins=3),
    "regret-matching": lambda: RegretMatching(arms=5, bins=3),
}


def bidding(values, state, *, round=0, pays_bid=True, scale=CREDIT, rows=None, seed=3):
    n = len(values)
    rows = np.arange(n) if rows is None else rows
    return Bidding(
        round=round,
        streams=Streams(seed),
        buyer=10 + rows,
        value=np.asarray(values, dtype=np.int64),
        pays_bid=np.full(n, pays_bid),
        category=np.zeros(n, dtype=np.int16),
        reserve=np.zeros(n, dtype=np.int64),
        scale=np.full(n, scale),
        state=state,
        rows=rows,
    )


class Plain:
    """One learner of each kind in plain Python, from the papers."""

    def __init__(self, rule):
        self.rule, self.arms, self.bins = rule, rule.arms, rule.bins
        start = 0.0 if isinstance(rule, RegretMatching) else 1.0
        self.held = [[start] * rule.arms for _ in range(rule.bins)]

    def chances(self, own):
        if isinstance(self.rule, QLearning):
            best = own.index(max(own))
            e = self.rule.exploration
            return [(1 - e) * (a == best) + e / self.arms for a in range(self.arms)]
        positive = [max(w, 0.0) for w in own]
        total = sum(positive)
        shares = [w / total if total else 1 / self.arms for w in positive]
        mix = self.rule.exploration if isinstance(self.rule, Exp3) else 0.0
        return [(1 - mix) * s + mix / self.arms for s in shares]

    def bin(self, value, scale):
        return min(value * self.bins // scale, self.bins - 1)

    def learn(self, value, scale, arm, threshold, pays_bid, won, payment):
        own = self.held[self.bin(value, scale)]
        gains = []
        for a in range(self.arms):
            bid = value * a // (self.arms - 1)
            price = bid if pays_bid else threshold
            gains.append((value - price) / scale if bid >= threshold else 0.0)
        earned = (value - payment) / scale if won else 0.0
        chance = self.chances(own)[arm]
        for a in range(self.arms):
            if isinstance(self.rule, Hedge):
                own[a] *= math.exp(self.rule.rate * gains[a])
            elif isinstance(self.rule, RegretMatching):
                own[a] += gains[a] - gains[arm]
            elif isinstance(self.rule, Exp3) and a == arm:
                own[a] *= math.exp(self.rule.exploration * earned / chance / self.arms)
            elif isinstance(self.rule, QLearning) and a == arm:
                own[a] += self.rule.rate * (earned - own[a])


@pytest.mark.parametrize("kernel", ["numba", "numpy"])
@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("pays_bid", [True, False])
def test_learners_are_those_of_the_papers(monkeypatch, name, kernel, pays_bid):
    monkeypatch.setenv("ECONSIM_KERNELS", kernel)
    rule, n, rng = LEARNERS[name](), 6, np.random.default_rng(8)
    state = rule.start(np.arange(n), Streams(3))
    plain = [Plain(rule) for _ in range(n)]
    for now in range(60):
        values = rng.integers(0, CREDIT, n)
        seen = bidding(values, state, round=now, pays_bid=pays_bid)
        arms, bids = rule.arm(seen), rule.bids(seen)
        assert bids.tolist() == (values * arms // 4).tolist()
        expected = [
            each.chances(each.held[each.bin(int(v), CREDIT)])
            for each, v in zip(plain, values, strict=True)
        ]
        assert rule.chances(seen) == pytest.approx(np.array(expected), rel=1e-4, abs=1e-5)
        threshold = rng.integers(0, CREDIT, n)
        won = bids >= threshold
        payment = np.where(won, bids if pays_bid else threshold, 0)
        rule.learn(Feedback(seen, bids, won, payment, threshold))
        for i, each in enumerate(plain):
            parts = (values[i], CREDIT, arms[i], threshold[i], pays_bid, won[i], payment[i])
            each.learn(*(int(part) for part in parts))


@pytest.mark.parametrize("name", LEARNERS)
def test_arms_are_drawn_with_their_chances(name):
    rule, n = LEARNERS[name](), 20_000
    state = rule.start(np.arange(n), Streams(3))
    weights = np.random.default_rng(1).random(15).astype(np.float32)
    state["weights"][:] = weights - 0.2
    seen = bidding(np.full(n, 400_000), state, round=4)
    drawn = np.bincount(rule.arm(seen), minlength=5) / n
    chances = rule.chances(seen)[0]
    assert chances.sum() == pytest.approx(1)
    assert drawn == pytest.approx(chances, abs=4 * np.sqrt(0.25 / n))


@pytest.mark.parametrize("name", [*LEARNERS, "zero-intelligence", "truthful"])
def test_bids_do_not_depend_on_who_else_is_asked(name):
    rule, n = LEARNERS.get(name, STRATEGIES[name])(), 40
    state = rule.start(np.arange(n), Streams(3))
    for column in state.values():
        column[:] = np.random.default_rng(2).random(column.shape)
    values = np.random.default_rng(3).integers(0, CREDIT, n)
    together = rule.bids(bidding(values, state, round=7))
    rows = np.array([31])
    alone = rule.bids(bidding(values[rows], state, round=7, rows=rows))
    assert alone.tolist() == together[rows].tolist()


weights = st.floats(-4, 4, width=32)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 30), st.integers(2, 6), st.integers(1, 3), st.booleans())
def test_learning_kernels_agree_to_the_bit(data, n, arms, bins, pays):
    fast, plain = kernels.select("numba"), kernels.select("numpy")
    held = data.draw(st.lists(weights, min_size=n * arms * bins, max_size=n * arms * bins))
    table = np.array(held, dtype=np.float32).reshape(n, arms * bins)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    rows, first = rng.permutation(n), arms * rng.integers(0, bins, n)
    value, threshold = rng.integers(0, 50, (2, n))
    scale, pays_bid = np.full(n, 50), np.full(n, pays)
    draw, mix = rng.random(n), float(rng.choice([0.0, 0.3, 1.0]))
    learners = kernels.Learners(table, rows, first, arms)
    hindsight = kernels.Hindsight(value, threshold, pays_bid, scale)
    picked = [k.draw_arms(learners, mix, draw) for k in (fast, plain)]
    assert picked[0].tolist() == picked[1].tolist()
    best = [k.best_arms(learners) for k in (fast, plain)]
    assert best[0].tolist() == best[1].tolist()
    positive = np.abs(table) + np.float32(0.01)
    steps = {
        "hedge": (positive, 0.7, 1e-30, hindsight),
        "regrets": (table, picked[0], hindsight),
        "exp3": (positive, max(mix, 0.1), 1e-30, picked[0], draw),
    }
    for name, (state, *rest) in steps.items():
        after = []
        for k in (fast, plain):
            mine = state.copy()
            getattr(k, name)(learners._replace(weights=mine), *rest)
            after.append(mine)
        assert after[0].tobytes() == after[1].tobytes(), name


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(0, 60), st.integers(0, 99))
def test_score_kernels_agree_to_the_bit(m, k, seed):
    rng = np.random.default_rng(seed)
    arguments = rng.random(m), rng.integers(0, m, k), rng.random(k), rng.random(k)
    fast, plain = (kernels.select(name).move_scores(*arguments) for name in ("numba", "numpy"))
    assert fast.tobytes() == plain.tobytes()


def test_exp_and_log_are_within_a_few_units_in_the_last_place():
    x = np.concatenate([np.linspace(-690, 690, 20_001), np.linspace(-1, 1, 20_001)])
    assert np.abs(exp(x) / np.array([math.exp(v) for v in x]) - 1).max() < 4e-16
    y = np.exp(np.linspace(-600, 600, 10_001))
    assert np.abs(log(y) - np.log(y)).max() < 3e-13
    assert exp(0.0) == 1.0


@pytest.mark.parametrize("bidders", [2, 3, 8])
@pytest.mark.parametrize(
    ("distribution", "closed"),
    [
        (stats.uniform(), lambda v, n: v * (n - 1) / n),
        (stats.uniform(1, 2), lambda v, n: 1 + (v - 1) * (n - 1) / n),
        (stats.powerlaw(2), lambda v, n: v * (2 * n - 2) / (2 * n - 1)),
    ],
    ids=["uniform", "uniform from 1 to 3", "power"],
)
def test_equilibrium_bids_are_those_of_closed_forms(distribution, closed, bidders):
    rule = EquilibriumFirstPrice(distribution, bidders=bidders)
    values = np.linspace(distribution.ppf(0.02), distribution.ppf(1), 40)
    bids = rule.bids(bidding((values * CREDIT).astype(np.int64), {}))
    assert bids / CREDIT == pytest.approx(closed(values, bidders), abs=2e-4)
    # Winners who do not pay their bid are told the truth.
    ticks = (values * CREDIT).astype(np.int64)
    assert rule.bids(bidding(ticks, {}, pays_bid=False)).tolist() == ticks.tolist()


def test_equilibrium_with_a_reserve_and_without_an_upper_end():
    # Krishna (2009), section 2.5: uniform values, reserve r: b = v/2 + r^2 / (2 v) for n = 2.
    rule = EquilibriumFirstPrice(stats.uniform(), bidders=2, reserve=0.5)
    values = np.array([0.5, 0.6, 0.8, 1.0])
    bids = rule.bids(bidding((values * CREDIT).astype(np.int64), {})) / CREDIT
    assert bids == pytest.approx(values / 2 + 0.125 / values, abs=2e-4)
    # Exponential values, two bidders: b = 1 - v exp(-v) / (1 - exp(-v)).
    rule = EquilibriumFirstPrice(stats.expon(), bidders=2)
    values = np.array([0.3, 1.0, 3.0])
    bids = rule.bids(bidding((values * CREDIT).astype(np.int64), {})) / CREDIT
    expected = 1 - values * np.exp(-values) / (1 - np.exp(-values))
    assert bids == pytest.approx(expected, abs=1e-3)


def test_zero_intelligence_is_uniform_up_to_the_value_or_to_the_top():
    values = np.full(20_000, 250_000)
    bids = ZeroIntelligence().bids(bidding(values, {}))
    assert bids.min() >= 0
    assert bids.max() <= 250_000
    assert stats.kstest(bids / 250_000, "uniform").pvalue > 0.001
    free = ZeroIntelligence(constrained=False).bids(bidding(values, {}))
    assert stats.kstest(free / CREDIT, "uniform").pvalue > 0.001


def test_shaded_bids_are_the_factors_that_the_kernels_use():
    values, rule = np.arange(0, 900_000, 7919), Shaded(0.7)
    assert (rule.bids(bidding(values, {})) == (0.7 * values).astype(np.int64)).all()
    assert (rule.bids(bidding(values, {}, pays_bid=False)) == values).all()

    class General(Strategy):
        name = "general"

        def bids(self, market):
            return rule.bids(market)

    for pricing in ("first-price", "vickrey", "vcg"):
        found = []
        for each in (rule, General()):
            model = Marketplace(buyers=200, sellers=20, pricing=pricing, strategy=each, rng=1)
            model.run_for(8)
            found.append(model.state_digest())
        assert found[0] == found[1]


def posting(price, *, cost=100, least=None, scale=1000, offered=4, sold=0, state=None, round=0):
    n = len(price)
    price = np.asarray(price, dtype=np.int64)
    full = lambda number: np.full(n, number, dtype=np.int64)  # noqa: E731
    sold = np.broadcast_to(np.asarray(sold, dtype=np.int64), n)
    least = cost if least is None else least
    return Posting(
        round, Streams(1), 2**31 + np.arange(n), price, full(cost), full(least), full(scale),
        full(offered), sold, sold * price, state or {}, np.arange(n), full(0),
    )  # fmt: skip


def test_sellers_follow_sales():
    rule = FollowSales()
    assert rule.prices(posting([640, 640, 3, 101], sold=[4, 3, 4, 0])).tolist() == [
        660,
        620,
        100,
        100,
    ]
    assert rule.prices(posting([640], offered=0)).tolist() == [640]


def test_sellers_follow_sales_by_separate_steps_or_to_a_target():
    rule = FollowSales(up=0.5, down=0.125)
    assert rule.prices(posting([640, 640, 1], sold=[4, 3, 4], least=0)).tolist() == [960, 560, 2]
    aimed = FollowSales(target=0.75, up=0.4, down=0.2)
    moved = aimed.prices(posting([1000, 1000, 1000, 1000], sold=[4, 3, 1, 0], least=0))
    assert moved.tolist() == [1100, 1000, 900, 850]
    assert FollowSales().sells_out == pytest.approx(0.5, abs=0.01)


def utilisation(rule, capacity, rounds=6000, sellers=200):
    """Long-run utilisation where n buyers come, Poisson, fewer the higher the price."""
    price, rng, sold_total = np.full(sellers, 10**6), np.random.default_rng(3), 0.0
    for now in range(rounds):
        demand = rng.poisson(2 * capacity * np.exp(-price / 10**6))
        sold = np.minimum(demand, capacity)
        sold_total += sold.mean() / capacity if now >= rounds // 2 else 0
        price = rule.prices(posting(price, least=0, offered=capacity, sold=sold, round=now))
    return sold_total / (rounds - rounds // 2)


def test_follow_sales_holds_its_utilisation_in_the_long_run():
    """With one unit the share of rounds sold out is `sells_out`; with a target it is that."""
    for up, down in ((1 / 32, 1 / 32), (1 / 128, 1 / 32), (1 / 32, 1 / 128)):
        rule = FollowSales(up=up, down=down)
        assert utilisation(rule, 1) == pytest.approx(rule.sells_out, abs=0.01)
    for capacity, target in ((1, 0.8), (4, 0.8), (4, 0.5)):
        assert utilisation(FollowSales(target=target), capacity) == pytest.approx(target, abs=0.01)


def test_a_price_function_is_linear_between_its_knots():
    function = PriceFunction([100, 200, 400], [300, 300, 500])
    costs = np.array([0, 100, 150, 200, 250, 399, 400, 450])
    assert function(costs).tolist() == [300, 300, 300, 300, 350, 499, 500, 550]
    assert PriceFunction([7], [9])(np.array([0, 7, 8])).tolist() == [9, 9, 10]


@given(st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)), min_size=1, max_size=9))
def test_price_functions_never_fall_and_meet_their_knots(pairs):
    costs = sorted({cost for cost, _ in pairs})
    prices = sorted(price for _, price in pairs)[: len(costs)]
    function = PriceFunction(costs, prices)
    assert function(np.array(costs)).tolist() == prices
    between = np.sort(np.random.default_rng(0).integers(0, 2**53, 50))
    assert (np.diff(function(between)) >= 0).all()


def test_best_reply_names_prices_by_category_and_reserves_too():
    kinds = [Category("a", costs=(0.2,)), Category("b", costs=(0.6,))]
    rule = BestReply([[(0, 10)], [(0, 20)], [(0, 30)], [(0, 40)]])
    model = Marketplace(
        buyers=200, sellers=40, rng=1, categories=kinds, seller_strategy=rule,
        pricing={"fixed": 0.5, "vickrey": 0.5},
    )  # fmt: skip
    opened = model.sellers["price"].copy()
    group = model.sellers["pricing"] * 2 + model.sellers["category"]
    assert (opened == model.sellers["cost"] + 10 * (group + 1)).all()
    model.run_for(5)
    assert (model.sellers["price"] == opened).all()
    text = SELLER_STRATEGIES.spell(rule)
    assert SELLER_STRATEGIES.resolve(text).functions == rule.functions


def test_reserves_stay_at_cost_unless_the_rule_names_them():
    rules = {"follow-sales": 0.5, BestReply([[(0, 500_000)]]): 0.5}
    model = Marketplace(buyers=200, sellers=40, rng=1, seller_strategy=rules, pricing="vickrey")
    model.run_for(5)
    cost, price = model.sellers["cost"], model.sellers["price"]
    assert (price == np.where(model.sellers["posting"] == 0, cost, cost + 500_000)).all()


def test_cost_plus_adds_its_markup():
    assert CostPlus(0.25).prices(posting([9, 999], cost=200)).tolist() == [250, 250]


def test_the_derivative_follower_turns_when_profit_falls():
    rule = DerivativeFollower(0.1)
    state = rule.start(np.arange(1))
    price, moves = 500, []
    for sold in (2, 3, 1, 1, 4):  # profits 800, 1350, ...
        after = int(rule.prices(posting([price], sold=[sold], state=state))[0])
        moves.append(np.sign(after - price))
        price = after
    assert moves == [1, 1, -1, 1, 1]
    assert rule.prices(posting([100], sold=[0], state=state)).tolist() >= [100]


def test_q_pricing_finds_the_monopoly_price():
    # Demand 10 - p/100 of 10 units at cost 0 and prices 0, 100, ..., 1000: profit is best at 500.
    rule = QPricing(rate=0.5, exploration=0.1, levels=11)
    state, price = rule.start(np.arange(200)), np.full(200, 300)
    for now in range(600):
        sold = np.maximum(10 - price // 100, 0)
        price = rule.prices(posting(price, cost=0, offered=10, sold=sold, state=state, round=now))
    best = state["values"].argmax(axis=1)
    assert (best == 5).mean() > 0.95


RULES = [name for name in SELLER_STRATEGIES if name != "best-reply"]
RULES += ["best-reply(knots=[[(0, 500000), (900000, 900000)]])", "follow-sales(target=0.8)"]
RULES += ["follow-sales(up=0.01, down=0.05)"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kernel", ["numba", "numpy"])
def test_seller_rules_agree_on_both_backends_and_never_sell_below_cost(monkeypatch, rule, kernel):
    monkeypatch.setenv("ECONSIM_KERNELS", kernel)
    found = []
    for backend in ("columns", "objects"):
        market = {"pricing": {"fixed": 0.4, "perunit": 0.3, "vickrey": 0.3}, "rng": 2}
        model = Marketplace(buyers=150, sellers=15, seller_strategy=rule, backend=backend, **market)
        for _ in range(12):
            model.step()
            assert (model.sellers["price"] >= 0).all()
        found.append(model.state_digest())
        fixed = model.sellers["pricing"] == 0
        assert (model.sellers["price"][fixed] >= model.sellers["cost"][fixed]).all()
    assert found[0] == found[1]


MIX = {"truthful": 0.25, "hedge": 0.25, "q-learning": 0.25, Shaded(0.8): 0.25}


@pytest.mark.parametrize(
    "given",
    [*(n for n in STRATEGIES if n not in ("shaded", "equilibrium-first-price")), MIX],
    ids=str,
)
@pytest.mark.parametrize("pricing", ["first-price", "vcg", "double"])
def test_strategies_agree_on_backends_and_kernels(monkeypatch, given, pricing):
    found = set()
    for kernel in ("numba", "numpy"):
        monkeypatch.setenv("ECONSIM_KERNELS", kernel)
        for backend in ("columns", "objects"):
            model = Marketplace(
                buyers=120, sellers=12, pricing=pricing, strategy=given, backend=backend, rng=9
            )
            model.run_for(8)
            found.add(model.state_digest())
    assert len(found) == 1


def test_shares_of_a_mixture_are_columns():
    model = Marketplace(buyers=400, sellers=20, strategy=MIX, pricing="vickrey", rng=1)
    assert np.bincount(model.buyers["strategy"]).tolist() == [100] * 4
    model.run_for(5)
    assert model.buyers["hedge_weights"].shape == (400, 44)
    learned = (model.buyers["hedge_weights"] != 1).any(axis=1)
    assert learned[model.buyers["strategy"] == 1].any()
    assert not learned[model.buyers["strategy"] != 1].any()
    more = model.add_buyers(model.agents[0].__class__, 40)
    assert np.bincount(model.buyers["strategy"]).tolist() == [110] * 4
    assert (model.buyers["hedge_weights"][model.buyers.rows(more.ids)] == 1).all()


def test_hedge_in_the_market_learns_to_shade_under_first_price():
    def bid_share(pricing):
        market = {"buyers": 300, "sellers": 12, "max_size": 1, "reliability": (1, 1), "rng": 4}
        model = Marketplace(strategy=Hedge(5.0), pricing=pricing, **market)
        model.run_for(400)
        rows = model.buyers.rows(model.orders.buyer)
        return model.orders.limit.sum() / model.buyers["value"][rows].sum()

    first, second = bid_share("first-price"), bid_share("vickrey")
    assert first < second - 0.02


def test_a_users_strategy_is_one_method():
    class Half(Strategy):
        name = "half"

        def bids(self, market):
            return market.value // 2

    model = Marketplace(buyers=100, sellers=10, strategy=Half(), pricing="first-price", rng=1)
    model.run_for(3)
    full = Marketplace(buyers=100, sellers=10, strategy=Truthful(), pricing="first-price", rng=1)
    full.run_for(1)
    assert model.summary()["revenue"] < full.summary()["revenue"]


@pytest.mark.parametrize("given", [None, 0.5, -1])
@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_what_a_users_rule_returns_is_checked(backend, given):
    class Odd(Strategy):
        name = "odd"

        def bids(self, market):
            return given if given is None else market.value * 0 + given

    model = Marketplace(buyers=20, sellers=4, strategy=Odd(), backend=backend, rng=1)
    with pytest.raises(DecisionError, match=r"Odd\.bids"):
        model.step()


def test_no_gain_is_too_large_for_a_learner():
    model = Marketplace(
        buyers=50, sellers=5, strategy=Hedge(5.0), pricing="vickrey", endowment=10**12, rng=1
    )
    model.at(3, "demand", factor=100)
    model.run_for(10)
    held = model.buyers["hedge_weights"]
    assert np.isfinite(held).all()
    assert (held.max(axis=1) <= 1).all()


def test_huge_values_do_not_outgrow_the_bins():
    model = Marketplace(
        buyers=20, sellers=5, strategy=Hedge(arms=101, bins=1000), rng=1, endowment=2**50
    )
    model.add_buyers(Buyer, 3, value=2**53, wallet=2**53)
    model.run_for(3)
    assert np.isfinite(model.buyers["hedge_weights"]).all()


def test_mixtures_of_mechanisms_and_rules_are_independent():
    mix = {"fixed": 0.5, "perunit": 0.5}
    rules = {"cost-plus": 0.5, "follow-sales": 0.5}
    model = Marketplace(buyers=200, sellers=40, rng=1, pricing=mix, seller_strategy=rules)
    pairs = set(
        zip(model.sellers["pricing"].tolist(), model.sellers["posting"].tolist(), strict=True)
    )
    assert len(pairs) == 4


def test_newcomers_of_other_rules_agree_on_both_backends():
    found = []
    for backend in ("columns", "objects"):
        model = Marketplace(
            buyers=60, sellers=6, rng=1, seller_strategy="cost-plus", backend=backend,
            attack={"kind": "ballot-stuffing", "sellers": 2, "sybils": 2},
        )  # fmt: skip
        model.run_for(3)
        found.append(model.state_digest())
    assert found[0] == found[1]


def test_a_strategy_may_change_while_the_market_runs():
    model = Marketplace(buyers=100, sellers=10, rng=1)
    model.run_for(2)
    model.change("strategy", "hedge")
    assert "hedge_weights" in model.buyers
    model.run_for(2)
    model.change("strategy", {"exp3": 0.5, "truthful": 0.5})
    assert "hedge_weights" not in model.buyers
    model.run_for(2)
    model.change("strategy", "truthful")
    assert list(model.buyers) == ["id", "role", "category", "value", "wallet"]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: Hedge(rate=0), "rate"),
        (lambda: Hedge(arms=1), "arms"),
        (lambda: Hedge(bins=0), "bins"),
        (lambda: Hedge(rate=math.nan), "rate"),
        (lambda: Exp3(exploration=0), "exploration"),
        (lambda: QLearning(rate=2), "rate"),
        (lambda: QLearning(exploration=-1), "exploration"),
        (lambda: RegretMatching(arms="many"), "arms"),
        (lambda: ZeroIntelligence(constrained=1), "constrained"),
        (lambda: Shaded(1.5), r"alpha\[0\]"),
        (lambda: EquilibriumFirstPrice("uniform"), "distribution"),
        (lambda: EquilibriumFirstPrice(stats.norm()), "distribution"),
        (lambda: EquilibriumFirstPrice(stats.uniform(), bidders=1), "bidders"),
        (lambda: EquilibriumFirstPrice(stats.uniform(), reserve=-1), "reserve"),
        (lambda: CostPlus(-0.1), "markup"),
        (lambda: FollowSales(target=1), "target"),
        (lambda: FollowSales(up=0), "up"),
        (lambda: FollowSales(down=1), "down"),
        (lambda: BestReply([]), "knots"),
        (lambda: BestReply([[3]]), r"knots\[0\]"),
        (lambda: PriceFunction([1, 1], [2, 2]), "costs"),
        (lambda: PriceFunction([1, 2], [2, 1]), "prices"),
        (lambda: PriceFunction([1, 2], [2]), "prices"),
        (lambda: Marketplace(seller_strategy="best-reply"), "knots"),
        (lambda: Marketplace(categories=3, seller_strategy=BestReply([[(0, 1)]] * 2)), "knots"),
        (lambda: DerivativeFollower(0), "step"),
        (lambda: QPricing(levels=1), "levels"),
        (lambda: STRATEGIES.resolve("best"), "strategy"),
        (lambda: STRATEGIES.resolve("shaded"), "strategy"),
        (lambda: STRATEGIES.resolve(None), "strategy"),
        (lambda: STRATEGIES.mix({"hedge": 0.5}), "strategy"),
        (lambda: STRATEGIES.mix({"hedge": "half", "exp3": 0.5}), "hedge"),
        (lambda: STRATEGIES.mix({}), "strategy"),
        (lambda: SELLER_STRATEGIES.mix("haggle"), "seller_strategy"),
        (lambda: Marketplace(strategy="best"), "strategy"),
        (lambda: Marketplace(seller_strategy={"cost-plus": 2.0}), "cost-plus"),
        (lambda: Marketplace(strategy=Shaded([0.5, 0.6])), "alpha"),
    ],
)
def test_wrong_parameters_are_named(call, field):
    with pytest.raises(ParameterError, match=field):
        call()


def test_draws_are_those_of_the_stream():
    state = Hedge().start(np.arange(5), Streams(3))
    seen = bidding(np.full(5, 900_000), state, round=2)
    draws = Streams(3).uniform(Purpose.STRATEGY, 2, seen.buyer)
    assert Hedge().arm(seen).tolist() == (draws * 11).astype(int).tolist()
