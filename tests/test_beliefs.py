"""Buyers choose by expected surplus, and what they expect is right."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import isotonic_regression

from econsim.errors import ParameterError
from econsim.kernels import Beliefs, Offers, Shoppers, reference
from econsim.kernels.reference.expectation import discounted
from econsim.metrics import METRICS, reported
from econsim.models.marketplace import Buyer, Marketplace, Seller
from econsim.models.marketplace.beliefs import believed, observe, price_to_beat
from econsim.models.marketplace.foresight import MEMORY, curves, isotonic
from econsim.models.marketplace.offers import offers
from econsim.models.marketplace.shrinkage import regressed, shrunk
from econsim.pricing import Fills, Fixed, Orders, Subscription
from econsim.strategies import Shaded


def tool():
    path = Path(__file__).parents[1] / "tools" / "reliability.py"
    spec = importlib.util.spec_from_file_location("reliability", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def welfare(market, start):
    names = ("buyer_surplus", "seller_profit", "retained")
    rounds = market.history[start:]
    return np.array([sum(x[name] for name in names) - x["subsidy"] for x in rounds])


# What buyers expect, in closed form


@st.composite
def one_listing(draw):
    """A listing whose price to beat has a piecewise linear distribution function."""
    steps = draw(st.lists(st.integers(1, 1000), min_size=3, max_size=6))
    knots = np.array([[0.0, *np.cumsum(steps)]])
    below = np.sort(draw(st.lists(st.floats(0, 1), min_size=len(steps) + 1,
                                  max_size=len(steps) + 1)))[None, :]  # fmt: skip
    parts = np.diff(knots) * (below[:, 1:] + below[:, :-1]) / 2
    return {
        "knots": knots,
        "below": below,
        "area": np.concatenate([[[0.0]], np.cumsum(parts, axis=1)], axis=1),
        "ask": np.array([draw(st.integers(0, 1500))]),
        "trust": np.array([draw(st.floats(0.05, 1.0))]),
        "worth": draw(st.integers(0, 6000)),
    }


def expectation(x, pays_bid=False, shade=1.0, refund=0.0):
    beliefs = Beliefs(
        auctioned=np.array([True]),
        pays_bid=np.array([pays_bid]),
        ask=x["ask"],
        refund=np.array([refund]),
        chance=np.ones(1),
        category=np.zeros(1, dtype=np.int16),
        knots=x["knots"],
        below=x["below"],
        area=x["area"],
        noise=np.ones(1),
        group=np.zeros(1, dtype=np.int64),
        foreseen=np.array([[0.0, 1.0]]),
        realised=np.array([[0.0, 1.0]]),
    )
    none, at = np.zeros((1, 1), dtype=np.int64), np.zeros((1, 1), dtype=np.int32)
    listed = Offers(
        x["trust"], none, none[0], np.array([True]), np.array([shade]), none[0] - 1, np.zeros(1)
    )
    task = (np.array([1], dtype=np.uint8), np.array([x["worth"]]), np.array([2**40]))
    shoppers = Shoppers(1, 0, np.array([0]), *task)
    return float(reference.expected_surplus(shoppers, at, listed, beliefs)[0, 0])


def chance_below(x, price):
    above = (price - x["ask"][0]) / x["trust"][0]
    return np.interp(above, x["knots"][0], x["below"][0]) if above >= 0 else 0.0


@settings(max_examples=150, deadline=None)
@given(one_listing())
def test_expected_surplus_is_the_integral_of_the_chance_to_win(x):
    """E[(v - P)+] is the integral of P's distribution function up to v."""
    value = int(x["worth"] * x["trust"][0])
    kinks = [x["ask"][0] + x["trust"][0] * knot for knot in x["knots"][0]]
    ends = [x["ask"][0], *(kink for kink in kinks if x["ask"][0] < kink < value), value]
    pairs = pairwise(ends) if value > x["ask"][0] else ()
    integral = sum(quad(lambda p: chance_below(x, p), low, high)[0] for low, high in pairs)
    assert expectation(x) == pytest.approx(integral, rel=1e-9, abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(one_listing(), st.floats(0.1, 0.99))
def test_who_pays_its_bid_expects_the_margin_times_the_chance_to_win(x, shade):
    value = int(x["worth"] * x["trust"][0])
    bid = int(shade * value)
    if value <= x["ask"][0]:
        assert expectation(x, pays_bid=True, shade=shade) == 0
        return
    aim = max(0.0, (value - bid) * chance_below(x, bid))
    assert expectation(x, pays_bid=True, shade=shade) == pytest.approx(aim, rel=1e-9)


# The records


def market(pricing, **changes):
    """Three sellers of two units that cost nothing, and six buyers."""
    model = Marketplace(
        buyers=0, sellers=0, pricing=pricing, rng=1, choice="expected", capacity=2, **changes
    )
    model.add_sellers(Seller, 3, cost=0)
    model.add_buyers(Buyer, 6)
    return model


def orders_of(listing, limit):
    """One order a buyer, all of size 1."""
    sizes = np.ones(len(listing), dtype=np.uint8)
    return Orders(0, np.arange(len(listing)), np.array(listing, dtype=np.int32), sizes,
                  np.array(limit))  # fmt: skip


def filled(order, listing, payment):
    paid = np.array(payment, dtype=np.int64)
    return Fills(np.array(order, dtype=np.int64), np.array(listing, dtype=np.int64), paid, paid)


def test_one_more_order_at_a_posted_price_draws_lots_with_those_that_came():
    model = market(Fixed(price=5))
    on_sale = offers(model.rules, model.state)
    # Three can pay at listing 0, one at listing 1 (the other cannot), nobody came to listing 2.
    orders = orders_of([0, 0, 0, 1, 1], [9, 9, 5, 5, 4])
    observe(model.rules, model.state, on_sale, orders, filled([0, 1, 3], [0, 0, 1], [5, 5, 5]))
    assert model.sellers["chance"].tolist() == [0.5, 1.0, 1.0]
    assert model.sellers["seen"].tolist() == [1, 1, 1]
    observe(model.rules, model.state, on_sale, orders_of([2] * 3, [9] * 3), filled([], [], []))
    assert model.sellers["chance"].tolist() == [0.75, 1.0, 0.75]


def test_one_more_bid_has_to_beat_the_lowest_winner_of_a_full_auction():
    model = market("vickrey")
    on_sale = offers(model.rules, model.state)
    orders, fills = orders_of([0, 0, 0, 1], [9, 7, 6, 8]), filled([0, 1, 3], [0, 0, 1], [6, 6, 0])
    beat = price_to_beat(model.rules, model.sellers, on_sale, orders, fills)
    assert beat.tolist() == [7, 0, 0]


def test_one_more_bid_in_an_exchange_has_to_pay_what_its_category_pays():
    model = market("double")
    on_sale = offers(model.rules, model.state)
    orders, fills = orders_of([0, 0, 1], [9, 7, 6]), filled([0, 1], [2, 0], [6, 6])
    beat = price_to_beat(model.rules, model.sellers, on_sale, orders, fills)
    assert beat.tolist() == [6, 6, 6]
    nobody = price_to_beat(model.rules, model.sellers, on_sale, orders, filled([], [], []))
    assert (nobody > 2**53).all()


def test_the_record_of_an_auction_is_the_share_of_rounds_in_which_a_bid_had_won():
    model = market("vickrey")
    on_sale, knots = offers(model.rules, model.state), model.rules.knots[0]
    limit = int(knots[3] * on_sale.trust[0]) + 1
    orders = orders_of([0, 0], [limit, limit])
    observe(model.rules, model.state, on_sale, orders, filled([0, 1], [0, 0], [0, 0]))
    assert model.sellers["below"][0].tolist() == [0.0] * 4 + [1.0] * (len(knots) - 4)
    observe(model.rules, model.state, on_sale, orders_of([], []), filled([], [], []))
    assert model.sellers["below"][0].tolist() == [0.5] * 4 + [1.0] * (len(knots) - 4)


# Empirical Bayes


def plainly_shrunk(record, terms, seen):
    """`shrunk` of chances, listing by listing."""
    known = [j for j in range(len(record)) if seen[j] > 0]
    rows = terms[known]
    left = rows.T @ rows + 1e-6 * len(known) * np.eye(terms.shape[1])
    usual = [min(1, max(0, t @ np.linalg.solve(left, rows.T @ record[known]))) for t in terms]
    error = [u * (1 - u) / max(s, 1) for u, s in zip(usual, seen, strict=True)]
    free = max(len(known) - terms.shape[1], 1) / len(known)
    apart = np.mean([(record[j] - usual[j]) ** 2 / free - error[j] for j in known])
    out = []
    for j in range(len(record)):
        own = max(0, apart) / (max(0, apart) + error[j] + 1e-300) if seen[j] > 0 else 0
        out.append(usual[j] + own * (record[j] - usual[j]))
    return np.clip(out, 0, 1)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 150))
def test_records_shrink_as_the_plain_formula_says(seed, m):
    rng = np.random.default_rng(seed)
    terms = regressed(rng.random(m), rng.random(m))
    record, seen = rng.random(m), rng.integers(0, 100, m)
    seen[0] = 1
    aim = plainly_shrunk(record, terms, seen)
    assert shrunk(record[:, None], terms, seen)[:, 0] == pytest.approx(aim, abs=1e-8)


def test_the_best_of_many_shrunk_estimates_is_no_better_than_it_is():
    """Efron & Morris (1973): the largest raw mean is too large, the posterior mean is right."""
    rng = np.random.default_rng(5)
    true = np.clip(rng.normal(0.5, 0.1, 4000), 0, 1)
    seen = np.full(4000, 20)
    record = rng.binomial(seen, true) / seen
    posterior = shrunk(record[:, None], np.ones((4000, 1)), seen)[:, 0]
    best = np.argsort(posterior)[-400:]
    assert record[best].mean() > true[best].mean() + 0.05
    assert posterior[best].mean() == pytest.approx(true[best].mean(), abs=0.01)


# The reliability curve


def test_promises_are_believed_until_something_is_known():
    model = market({"fixed": 0.5, "vickrey": 0.5})
    foreseen, realised = curves(model.rules, model.state)
    assert (foreseen == realised).all()
    assert (np.diff(foreseen) > 0).all()
    beliefs = believed(model.rules, model.state, offers(model.rules, model.state))
    surplus = np.array([0.0, 1e3, 1e12])
    assert discounted(beliefs, np.zeros(3, dtype=int), surplus) == pytest.approx(surplus)


@pytest.mark.parametrize("pricing", ["fixed", "first-price", "vickrey"])
def test_the_sums_behind_the_curve_are_the_surplus_of_orders_that_fades(pricing):
    strategy = Shaded(0.7)
    model = Marketplace(
        buyers=200, sellers=20, pricing=pricing, rng=1, choice="expected", strategy=strategy
    )
    surplus = count = 0
    for _ in range(4):
        trust = model.sellers["trust"].copy()
        model.step()
        orders, fills = model._last.orders, model._last.fills
        worth = model._last.tasks.worth[model.buyers.rows(orders.buyer[fills.order])]
        gained = (worth * trust[fills.listing]).astype(int) - fills.payment
        surplus = (1 - MEMORY) * surplus + gained.sum()
        count = (1 - MEMORY) * count + len(orders)
    sums = model.state.foresight.sum(axis=(0, 1))
    assert sums[0] == pytest.approx(count)
    assert sums[2] == pytest.approx(surplus)


def test_a_contract_comes_to_what_its_tasks_were_worth():
    """All contracts are signed in the first round, and all end in the third."""
    model = Marketplace(
        buyers=40, sellers=20, capacity=10, pricing=Subscription(term=3, price=1), rng=1,
        choice="expected", search=8,
    )  # fmt: skip
    worth, weights = 0, []
    for _ in range(3):
        trust = model.sellers["trust"].copy()
        model.step()
        book = model.state.contracts
        buyer, seller = model.buyers.rows(book["buyer"]), model.sellers.rows(book["seller"])
        worth += (model._last.tasks.worth[buyer] * trust[seller]).astype(int).sum()
        weights.append(len(model._last.orders))
    assert weights == [40, 0, 0]
    assert (book["status"] > 0).all()
    promised, fees = book["promised"].sum(), book["fee"].sum()
    aim = (1 - MEMORY) ** 2 * promised + (worth - fees - promised)
    assert model.state.foresight[:, :, 2].sum() == pytest.approx(aim)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 24))
def test_the_curve_is_an_isotonic_regression(seed, bins):
    rng = np.random.default_rng(seed)
    values, weights = rng.normal(size=(2, bins)), rng.random((2, bins)) + 0.1
    fitted = isotonic(values, weights)
    for row in range(2):
        aim = isotonic_regression(values[row], weights=weights[row]).x
        assert fitted[row] == pytest.approx(aim, abs=1e-9)


# The market


@pytest.mark.parametrize("ratio", [0.5, 1, 2, 4])
@pytest.mark.parametrize("search", [2, 5])
@pytest.mark.parametrize("pricing", [Fixed(price=1), "vickrey"], ids=["fixed", "vickrey"])
def test_buyers_spread_over_equal_sellers_as_balls_over_urns(pricing, search, ratio):
    """Butters (1977): each seller is without an order with chance exp(-buyers/sellers)."""
    model = Marketplace(
        buyers=0, sellers=0, pricing=pricing, search=search, capacity=1, value_spread=0.0,
        reliability=(1.0, 1.0), rng=7, choice="expected",
    )  # fmt: skip
    model.add_sellers(Seller, 4000, cost=0)
    model.add_buyers(Buyer, int(4000 * ratio), value=10**6)
    model.step()
    visited = len(np.unique(model._last.orders.listing)) / 4000
    assert len(model._last.orders) == 4000 * ratio
    assert visited == pytest.approx(1 - np.exp(-ratio), abs=0.02)


@pytest.mark.parametrize("pricing", ["fixed", "vickrey", "subscription"])
def test_expectations_come_true_in_a_small_market(pricing):
    model = tool().settled("agents", pricing, warmup=150, buyers=600)
    model.run_for(150)
    assert model.summary(150)["foresight"] == pytest.approx(1, abs=0.1)


def test_foresight_is_left_out_where_nobody_chooses_by_expectation():
    for changes in ({"choice": "price"}, {"pricing": "vcg"}):
        model = Marketplace(
            **{"buyers": 100, "sellers": 10, "rng": 1, "choice": "expected"} | changes
        )
        model.run_for(3)
        assert model.summary()["foresight"] == 0
        assert METRICS["foresight"] not in reported(model.summary())


def test_choice_and_noise_are_checked():
    with pytest.raises(ParameterError, match="choice"):
        Marketplace(buyers=1, sellers=1, choice="luck")
    with pytest.raises(ParameterError, match="choice_noise"):
        Marketplace(buyers=1, sellers=1, choice="expected", choice_noise=0)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["agents", "ebay"])
@pytest.mark.parametrize("pricing", tool().MODELS)
def test_expectations_come_true_in_every_tenth(scenario, pricing):
    """Of orders by expected surplus: within a tenth, or within what chance alone does."""
    kit = tool()
    model = kit.settled(scenario, pricing, buyers=kit.SCENARIOS[scenario])
    warmup = model.round
    expected, realised = kit.surpluses(model, 200)
    assert realised.sum() / expected.sum() == pytest.approx(1, abs=0.05)
    assert model.summary(warmup)["foresight"] == pytest.approx(1, abs=0.05)
    foreseen, means, errors = kit.by_tenth(expected, realised)
    counts = foreseen > 1e-3 * foreseen.sum()
    assert (np.abs(means - foreseen) < 0.1 * foreseen + 3 * errors)[counts].all()


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["agents", "ebay"])
@pytest.mark.parametrize("pricing", ["first-price", "vickrey"])
def test_more_search_does_not_lower_welfare_by_more_than_a_hundredth(scenario, pricing):
    """Paired over seeds, on average; sellers' prices do not move under either model."""
    strategy = Shaded(0.8) if pricing == "first-price" else "truthful"
    buyers = {"agents": 1000, "ebay": 3000}[scenario]
    totals = np.empty((3, 5))
    for seed in range(3):
        for k, search in enumerate((1, 2, 4, 8, 16)):
            changes = {"rng": seed, "search": search, "buyers": buyers, "strategy": strategy}
            model = tool().settled(scenario, pricing, warmup=150, **changes)
            model.run_for(100)
            totals[seed, k] = welfare(model, 150).mean()
    change = np.diff(totals, axis=1) / totals[:, :-1]
    assert (change.mean(axis=0) > -0.01).all(), change
