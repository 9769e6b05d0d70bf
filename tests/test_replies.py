"""Sellers' best replies against known answers.

So that theory applies, every task has size 1 and its buyer's value (max_size 1, value_spread 0),
deliveries never fail and trust is one from the start (reliability (1, 1), prior (1e9, 1e-9)), and
wallets do not bind (endowment of a million credits).
"""

import numpy as np
import pytest

from econsim.equilibrium.asking import monotone_replies
from econsim.errors import ParameterError
from econsim.experiments.replies import Residual, best_replies, residual_gains
from econsim.experiments.trials import Plan, Scale, Trials, trials
from econsim.models.marketplace import Marketplace
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS, Fixed, Subscription
from econsim.strategies import SELLER_STRATEGIES, PriceFunction

CREDIT = 10**6
THEORY = {
    "max_size": 1,
    "value_spread": 0.0,
    "reliability": (1, 1),
    "prior": (1e9, 1e-9),
    "endowment": 10**12,
}
UNIFORM = Category("uniform", values=(0, 1), costs=(0,))


def test_the_monopoly_price_of_linear_demand_is_half_way_to_cost():
    """Demand 1 - p: a monopolist of cost c asks (1 + c) / 2."""
    grid, costs = np.linspace(0, 1, 31), np.array([0.0, 0.25, 0.5, 0.9])
    best = monotone_replies(grid * (1 - grid), 1 - grid, costs, 3) / 30
    assert best == pytest.approx((1 + costs) / 2, abs=1e-6)


@pytest.mark.parametrize("sellers", [2, 3, 6])
def test_bertrand_with_private_costs_asks_the_expected_second_lowest_cost(sellers):
    """Costs uniform on [0, 1]: c + (1 - c) / n is the best reply to itself (Spulber 1995)."""
    grid, costs = np.linspace(0, 1, 201), np.array([0.0, 0.2, 0.4, 0.6, 0.8])
    rivals_cost = np.clip((grid - 1 / sellers) / (1 - 1 / sellers), 0, 1)
    units = (1 - rivals_cost) ** (sellers - 1)
    best = monotone_replies(grid * units, units, costs) / 200
    assert best == pytest.approx(costs + (1 - costs) / sellers, abs=0.01)


def test_noise_never_makes_a_dearer_seller_ask_less():
    rng, grid = np.random.default_rng(1), np.linspace(0, 1, 24)
    for _ in range(50):
        units = np.maximum(1 - grid + rng.normal(0, 0.2, 24), 0)
        best = monotone_replies(grid * units, units, np.linspace(0, 1, 7))
        assert (np.diff(best) >= 0).all()
        assert 0 <= best.min() <= best.max() <= 23


def test_one_seller_posts_the_monopoly_price():
    """Values uniform on [0, 1], cost 0, capacity for all buyers: 1/2."""
    market = {"buyers": 10_000, "sellers": 1, "capacity": 10_000, "pricing": "fixed"}
    few = {"fresh_markets": 4, "fresh_rounds": 1}
    plan = Plan(markets=2, warmup=0, rounds=1, candidates=20, damping=0.8, **few)
    steps = []
    replies = best_replies(
        {**THEORY, **market, "categories": [UNIFORM]}, seed=1, plan=plan, on_step=steps.append
    )
    assert replies.to_frame()["price"].tolist() == pytest.approx([0.5], abs=0.02)
    assert replies.converged
    assert not replies.flagged
    assert len(steps) == replies.iterations
    assert replies.draws == 4
    assert replies.residual_frame()["profit"].tolist() == pytest.approx([2500], rel=0.02)


@pytest.mark.parametrize("bidders", [1, 4])
def test_the_reserve_of_a_vickrey_monopolist_is_myersons_whatever_the_number_of_bidders(bidders):
    """Values uniform on [0, 1], cost 0, one unit: 1/2 (Myerson 1981).

    Buyers see one seller each (search 1), so that all of them are monopolists, of a binomial
    number of bidders. One round counts: later buyers stay away from a listing whose running
    average exceeds their value, which theory knows nothing of.
    """
    market = {"buyers": 20_000, "sellers": 20_000 // bidders, "capacity": 1, "search": 1}
    few = {"fresh_markets": 3, "fresh_rounds": 1}
    plan = Plan(markets=3, warmup=0, rounds=1, share=0.5, candidates=20, damping=1, **few)
    replies = best_replies(
        {**THEORY, **market, "pricing": "vickrey", "categories": [UNIFORM]}, seed=1, plan=plan
    )
    assert replies.to_frame()["price"].tolist() == pytest.approx([0.5], abs=0.02)
    assert not replies.flagged


@pytest.mark.slow
def test_bertrand_sellers_sell_at_the_second_lowest_cost():
    """Three sellers whose costs are uniform on [0.2, 0.8], all seen, any of whom can serve all.

    Every task is worth 1. In equilibrium c + (0.8 - c) / 3 is asked, so that the lowest price is
    on average the second-lowest cost, 0.5.
    """
    kind = Category("inelastic", values=(1.0,), costs=(0.2, 0.8))
    market = {"buyers": 2, "sellers": 3, "capacity": 2, "search": 64, "pricing": "fixed"}
    few = {"fresh_markets": 2, "fresh_rounds": 1}
    plan = Plan(markets=40, warmup=0, rounds=1, damping=0.7, knots=4, most_iterations=5, **few)
    replies = best_replies({**THEORY, **market, "categories": [kind]}, seed=1, plan=plan)
    frame = replies.to_frame()
    theory = frame["cost"] + (0.8 - frame["cost"]) / 3
    assert frame["price"].to_numpy()[:3] == pytest.approx(theory.to_numpy()[:3], abs=0.05)
    lowest = np.random.default_rng(1).uniform(0.2, 0.8, (10_000, 3)).min(axis=1)
    paid = replies.functions[0]((lowest * CREDIT).astype(np.int64)).mean() / CREDIT
    assert paid == pytest.approx(0.5, abs=0.04)


@pytest.mark.slow
def test_reserves_of_competing_sellers_go_to_cost_as_the_market_grows():
    """One unit each, two buyers a seller who see all of them, cost 0 (McAfee 1993).

    A monopolist's reserve is 1/2; two sellers ask much less, sixteen nothing.
    """
    reserves = []
    plan = Plan(
        markets=8,
        warmup=20,
        rounds=20,
        candidates=12,
        damping=1,
        most_iterations=2,
        fresh_markets=2,
        fresh_rounds=20,
    )
    for sellers in (2, 16):
        market = {"buyers": 2 * sellers, "sellers": sellers, "capacity": 1, "search": sellers}
        replies = best_replies(
            {**THEORY, **market, "pricing": "vickrey", "categories": [UNIFORM]}, seed=1, plan=plan
        )
        reserves.append(float(replies.to_frame()["price"][0]))
    assert 0.25 > reserves[0] >= reserves[1]
    assert reserves[1] < 0.02


def test_a_reply_goes_to_the_market_and_is_the_same_again():
    market = {**THEORY, "buyers": 60, "sellers": 6, "pricing": "fixed", "categories": 2}
    few = {"fresh_markets": 2, "fresh_rounds": 2}
    plan = Plan(markets=2, warmup=1, rounds=2, candidates=8, knots=3, most_iterations=2, **few)
    replies = best_replies(market, seed=3, plan=plan)
    assert best_replies(market, seed=3, plan=plan) == replies
    frame = replies.to_frame()
    assert frame.groupby("category")["price"].apply(lambda p: p.is_monotonic_increasing).all()
    model = Marketplace(**market, seller_strategy=replies.strategy, rng=1)
    model.run_for(2)
    asked = [
        int(replies.functions[category](np.array([cost]))[0])
        for category, cost in zip(
            model.sellers["category"].tolist(), model.sellers["cost"].tolist(), strict=True
        )
    ]
    assert model.sellers["price"].tolist() == asked


@pytest.mark.parametrize("pricing", [*PRICING_MODELS, {"fixed": 0.5, "vickrey": 0.5}], ids=str)
def test_every_pricing_model_has_replies(pricing):
    few = {"fresh_markets": 2, "fresh_rounds": 1}
    plan = Plan(markets=2, warmup=1, rounds=1, candidates=8, knots=2, most_iterations=1, **few)
    market = {"buyers": 60, "sellers": 6, "pricing": pricing, "demand_rate": 0.5}
    replies = best_replies(market, seed=3, plan=plan)
    assert len(replies.functions) == (2 if isinstance(pricing, dict) else 1)
    frame = replies.residual_frame()
    assert np.isfinite(frame["gain"]).all()
    assert len(frame) == 5 * len(replies.functions)
    model = Marketplace(**market, seller_strategy=replies.strategy, rng=1)
    model.run_for(2)
    rule = SELLER_STRATEGIES.spell(replies.strategy)
    assert SELLER_STRATEGIES.resolve(rule).functions == list(replies.functions)


def test_trials_count_fees_refunds_and_the_cost_of_failed_deliveries():
    """A subscription of 2 rounds at a fee of 1: half of it is due in each round, the cost 0.2 too.

    Half of the deliveries fail, and the platform keeps a quarter of the fee.
    """
    kind = Category("one", values=(4.0,), costs=(0.05,))
    market = {
        **THEORY, "categories": [kind], "pricing": Subscription(2), "buyers": 40, "sellers": 1,
        "capacity": 40, "reliability": (0.5, 0.5),
        "events": [{"time": 0, "kind": "fee", "share": 0.25}],
    }  # fmt: skip
    plan = Plan(markets=2, warmup=3, rounds=3)
    function = PriceFunction((0,), (CREDIT,))
    (tried,) = trials(market, [1, 2], [function], [np.array([CREDIT, 10**8])], plan)
    assert tried.market.tolist() == [0, 1]
    assert tried.receipts.tolist() == [[15 * CREDIT, 0]] * 2
    assert tried.units.tolist() == [[40, 0]] * 2
    assert tried.profit(200_000)[0].tolist() == [7 * CREDIT, 0]


def test_residual_gains_are_differences_of_the_same_sellers():
    """Three sellers at cost 1 had 2, 4 and 6 by the function, and 3, 4 and 8 by the deviation."""
    receipts = np.array([[4.0, 3.0], [5.0, 5.0], [9.0, 7.0]]) * CREDIT
    tried = Trials(np.arange(3), receipts, np.ones((3, 2)))
    ((cost, price, profit, deviation, gain, error, count),) = residual_gains(
        tried, np.array([2, 3]) * CREDIT, np.array([CREDIT])
    )
    assert (cost, price, profit, deviation, count) == (1.0, 3.0, 4.0, 2.0, 3)
    assert (gain, error) == pytest.approx((1.0, 1 / np.sqrt(3)))
    residual = Residual("fixed", "k", 1, cost, price, profit, deviation, gain, error, count)
    assert residual.share == 0.25
    assert residual.flagged
    assert not residual.resolved


def test_the_scale_of_prices_reaches_from_cost_to_the_dearest_task():
    kind = Category("k", values=(1.0, 3.0), costs=(0.1, 0.5))
    rules = Marketplace(categories=[kind], max_size=2, buyers=10, sellers=1, rng=1).rules
    scale = Scale.of(Fixed(), kind, rules, 0.5)
    assert scale.price(np.array([0.0, 1.0])).tolist() == [
        int(0.1 * rules.median_value[0]),
        9 * CREDIT,
    ]
    places = np.linspace(0, 1, 11)
    assert scale.place(scale.price(places)) == pytest.approx(places, abs=1e-4)
    fees = Scale.of(Subscription(term=10), kind, rules, 0.5)
    assert fees.price(1.0) == 90 * CREDIT


@pytest.mark.parametrize(
    ("entry", "value"),
    [("markets", 1), ("rounds", 0), ("share", 0), ("candidates", 7), ("damping", 2), ("knots", 0)],
)
def test_wrong_plans_are_named(entry, value):
    with pytest.raises(ParameterError, match=entry):
        Plan(**{entry: value})
