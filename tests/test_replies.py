"""Sellers' best replies against known answers.

So that theory applies, every task has size 1 and its buyer's value (max_size 1, value_spread 0),
deliveries never fail and trust is one from the start (reliability (1, 1), prior (1e9, 1e-9)), and
wallets do not bind (endowment of a million credits).
"""

import numpy as np
import pytest

from econsim.equilibrium.asking import monotone_replies
from econsim.errors import ParameterError
from econsim.experiments.replies import best_replies, residual_gains
from econsim.experiments.trials import Plan, Scale, Trials, trials
from econsim.models.marketplace import Marketplace
from econsim.preferences import Category
from econsim.pricing import Fixed, Subscription
from econsim.strategies import PriceFunction

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
    plan = Plan(markets=2, warmup=0, rounds=1, candidates=20, damping=0.8)
    steps = []
    replies = best_replies(
        {**THEORY, **market, "categories": [UNIFORM]}, seed=1, plan=plan, on_step=steps.append
    )
    assert replies.to_frame()["price"].tolist() == pytest.approx([0.5], abs=0.02)
    assert replies.converged
    assert not replies.flagged
    assert len(steps) == replies.iterations
    assert replies.draws == 4
    assert replies.residual_frame()["profit"].tolist() == pytest.approx([2500] * 5, rel=0.02)


def test_a_reply_goes_to_the_market_and_is_the_same_again():
    market = {**THEORY, "buyers": 60, "sellers": 6, "pricing": "fixed", "categories": 2}
    plan = Plan(markets=2, warmup=1, rounds=2, candidates=8, knots=3, most_iterations=2)
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


def test_residual_gains_are_measured_on_the_other_half():
    """On one half the second price wins by luck; on the other it loses as much."""
    receipts = np.array([[5.0, 9.0, 6.0], [5.0, 3.0, 6.0]]) * CREDIT
    tried = Trials(np.array([0, 1]), receipts, np.ones((2, 3)))
    ((_, price, profit, _, gain, _, count),) = residual_gains(
        tried, np.array([1, 2, 3]) * CREDIT, np.array([CREDIT])
    )
    assert (price, profit, count) == (3.0, 5.0, 2)
    assert gain == pytest.approx((0 - 3) / 2)


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
