"""What holds in every round of every market, and what a marketplace refuses to be made of."""

import inspect
import tracemalloc
from itertools import permutations

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from econsim import kernels
from econsim.errors import EconsimError, ParameterError, ScenarioError
from econsim.metrics import METRICS
from econsim.models.marketplace import Buyer, Marketplace, Seller
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS, Fixed, PricingModel, Subscription
from econsim.scenario import packaged
from econsim.strategies import Shaded

KERNELS = sorted(kernels.PACKAGES)


def recording(kind):
    """A pricing model that keeps what it cleared."""

    class Recording(kind):
        def __init__(self, *arguments, **keywords):
            super().__init__(*arguments, **keywords)
            self.cleared = []

        def clear(self, orders, listings, streams):
            fills = super().clear(orders, listings, streams)
            self.cleared.append((orders, listings, fills))
            return fills

    return Recording


SEEN = {name: recording(kind) for name, kind in PRICING_MODELS.items()}


def total_money(model):
    """Sum of all wallets in Python integers, which cannot overflow."""
    return sum(model.buyers["wallet"].tolist()) + sum(model.sellers["wallet"].tolist())


def step_and_check(model):
    """Play one round and assert every invariant of the market."""
    bound = dict(zip(model.contracts["buyer"].tolist(), model.contracts["ends"], strict=True))
    bound = {buyer for buyer, ends in bound.items() if ends > model.round}
    before = model.sellers["successes"] + model.sellers["failures"]
    members = memberships(model)
    purses = dict(zip(model.buyers["id"].tolist(), model.buyers["wallet"].tolist(), strict=True))
    for held in model.pricing_models:
        held.cleared.clear()
    model.step()
    assert total_money(model) == model.initial_money + model.injected_money
    assert model.buyers["wallet"].min(initial=0) >= 0
    assert model.sellers["wallet"].min(initial=0) >= 0
    payers, revenue = check_fills(model)
    assert not payers & bound
    tasks = paid_by_members(model, members)
    assert_purses(model, purses, payers | tasks.keys())
    served = model.sellers["successes"] + model.sellers["failures"] - before
    assert (served <= model.sellers["capacity"]).all()
    assert (model.sellers["sold"] <= model.sellers["offered"]).all()
    check_payers(model, served)
    check_metrics(model, int(served.sum()), len(payers), revenue + sum(tasks.values()))


def memberships(model):
    """Buyer, price of a task and tasks so far of every contract whose tasks are paid for."""
    contracts = model.contracts
    pricing = model.sellers["pricing"][model.sellers.rows(contracts["seller"])]
    rows = zip(
        *(contracts[k].tolist() for k in ("id", "buyer", "fee", "uses")), pricing, strict=True
    )
    multiple = [model.pricing_models[k].membership for k in range(len(model.pricing_models))]
    return {
        key: (buyer, fee // multiple[k], uses) for key, buyer, fee, uses, k in rows if multiple[k]
    }


def paid_by_members(model, before):
    """What the tasks served under earlier memberships cost their buyers."""
    after = memberships(model)
    shared = before.keys() & after.keys()
    return {
        buyer: price * (after[key][2] - uses)
        for key, (buyer, price, uses) in before.items()
        if key in shared and after[key][2] > uses
    }


def check_fills(model):
    """No fill twice, above its limit or beyond capacity; returns payers and their payments."""
    payers, revenue = {}, 0
    for held in model.pricing_models:
        for orders, listings, fills in held.cleared:
            assert (fills.payment >= 0).all()
            assert (fills.payment <= orders.limit[fills.order]).all()
            assert len(np.unique(fills.order)) == len(fills.order)
            sold = np.bincount(fills.listing, minlength=len(model.sellers))
            assert (sold <= listings.capacity).all()
            paid = zip(orders.buyer[fills.order].tolist(), fills.payment.tolist(), strict=True)
            for buyer, payment in paid:
                assert buyer not in payers
                payers[buyer] = payment
                revenue += payment
    return payers.keys(), revenue


def assert_purses(model, before, payers):
    """Only payers have less than before plus income, and nobody's limit exceeded its wallet."""
    income = model.income[model.buyers["category"]]
    after = dict(zip(model.buyers["id"].tolist(), model.buyers["wallet"].tolist(), strict=True))
    granted = dict(zip(model.buyers["id"].tolist(), income.tolist(), strict=True))
    for buyer, wallet in after.items():
        assert wallet == before[buyer] + granted[buyer] or buyer in payers
    for buyer, limit in zip(model.orders.buyer.tolist(), model.orders.limit.tolist(), strict=True):
        assert 0 <= limit <= before[buyer] + granted[buyer]


def check_payers(model, served):
    """Every unit served was paid for: in this round's sale or by a live subscription."""
    contracts = np.zeros(len(model.sellers), dtype=np.int64)
    if len(model.contracts):
        rows = model.sellers.rows(model.contracts["seller"])
        contracts += np.bincount(rows, minlength=len(model.sellers))
        holders = model.contracts["buyer"].tolist()
        assert len(set(holders)) == len(holders)
        assert (contracts <= model.sellers["capacity"]).all()
    terms = np.array([held.term for held in model.pricing_models])[model.sellers["pricing"]]
    walk_in = terms == 0
    assert (served[walk_in] == model.sellers["sold"][walk_in]).all()
    assert (served[~walk_in] <= contracts[~walk_in]).all()


def check_metrics(model, served, sales, revenue):
    last, latest = model.history[-1], model.latest
    assert last["trades"] == served
    assert last["sales"] == sales
    assert last["revenue"] + last["retained"] == revenue
    assert last["retained"] >= 0
    assert last["delivered"] <= last["trades"] <= last["tasks"] <= len(model.buyers)
    each = model.search if model.bids_everywhere().any() else 1
    assert last["sales"] <= last["orders"] <= last["tasks"] * each
    assert last["gains"] <= last["maximal_gains"]
    gained = last["buyer_surplus"] + last["seller_profit"] + last["retained"] - last["subsidy"]
    assert last["worth"] - last["cost"] == gained
    assert latest["welfare"] * 1e6 == pytest.approx(gained)
    assert set(latest) == set(METRICS)
    if last["maximal_gains"]:
        assert latest["efficiency"] <= 1
    if last["tasks"]:
        assert 0 <= latest["fill_rate"] <= 1


MARKETS = {
    **dict.fromkeys(PRICING_MODELS),
    "all": dict.fromkeys(PRICING_MODELS, 1 / len(PRICING_MODELS)),
    "fixed and vickrey": {"fixed": 0.5, "vickrey": 0.5},
    "subscription and first-price": {"subscription": 0.5, "first-price": 0.5},
    "perunit and subscription": {"perunit": 0.3, "subscription": 0.7},
}


def seen(mix):
    return {SEEN[name](): share for name, share in mix.items()}


@pytest.fixture(params=KERNELS)
def kernel(request, monkeypatch):
    monkeypatch.setenv("ECONSIM_KERNELS", request.param)
    return request.param


@pytest.mark.parametrize("name", MARKETS)
def test_the_rules_of_the_market_hold_in_every_round(kernel, name):
    mix = MARKETS[name] or {name: 1.0}
    model = Marketplace(buyers=400, sellers=20, pricing=seen(mix), rng=8, categories=2)
    for _ in range(25):
        step_and_check(model)
    assert sum(each["trades"] for each in model.history) > 100
    assert model.history[0]["injected"] == int(model.income[model.buyers["category"]].sum())


def test_cheap_subscriptions_are_taken_out_and_serve_within_capacity(kernel):
    model = Marketplace(
        buyers=200, sellers=10, pricing=SEEN["subscription"](4, 1_500_000), demand_rate=0.6, rng=2
    )
    for _ in range(20):
        step_and_check(model)
    assert max(each["contracts"] for each in model.history) > 20
    assert sum(each["trades"] - each["sales"] for each in model.history) > 50


def test_money_binds_where_there_is_little(kernel):
    model = Marketplace(
        buyers=200, sellers=20, pricing=SEEN["first-price"](), income=40_000, endowment=0, rng=2
    )
    for _ in range(25):
        step_and_check(model)
    assert model.buyers["wallet"].min() < 40_000
    assert sum(each["sales"] for each in model.history) > 50


def test_gains_of_subscribers_count_before_delivery_risk(kernel):
    model = Marketplace(
        buyers=60, sellers=6, pricing=SEEN["fixed"](), reliability=(0, 0), prior=(9, 1), rng=1
    )
    step_and_check(model)
    last = model.history[-1]
    assert last["delivered"] == 0 < last["trades"]
    assert last["buyer_surplus"] == -last["revenue"]
    assert last["gains"] > 0
    assert model.latest["efficiency"] > 0


PARAMETERS = st.fixed_dictionaries(
    {
        "buyers": st.integers(0, 60),
        "sellers": st.integers(1, 12),
        "rng": st.integers(0, 2**64 - 1),
        "categories": st.integers(1, 3),
        "demand_rate": st.floats(0, 1),
        "search": st.integers(1, 9),
        "capacity": st.integers(0, 6),
        "max_size": st.integers(1, 64),
        "income": st.none() | st.integers(0, 5 * 10**6),
        "endowment": st.none() | st.integers(0, 10**8),
        "value_spread": st.floats(0, 1),
        "reliability": st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
        "prior": st.tuples(st.floats(0.01, 50), st.floats(0.01, 50)),
        "strategy": st.just("truthful") | st.floats(0, 1).map(Shaded),
        "backend": st.sampled_from(["columns", "columns", "columns", "objects"]),
    }
)
WEIGHTS = st.dictionaries(st.sampled_from(sorted(PRICING_MODELS)), st.integers(1, 4), min_size=1)
TERMS = st.tuples(st.integers(1, 5), st.none() | st.integers(0, 10**7))


@pytest.mark.parametrize("chosen", KERNELS)
@settings(max_examples=100, deadline=None)
@given(parameters=PARAMETERS, weights=WEIGHTS, term=TERMS)
def test_the_rules_hold_whatever_the_parameters(chosen, parameters, weights, term):
    total = sum(weights.values())
    pricing = {
        SEEN[name](*term) if name == "subscription" else SEEN[name](): weight / total
        for name, weight in weights.items()
    }
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ECONSIM_KERNELS", chosen)
        model = Marketplace(pricing=pricing, **parameters)
        for _ in range(4):
            step_and_check(model)


@pytest.mark.parametrize("chosen", KERNELS)
def test_a_market_without_sellers_or_buyers_plays(chosen, monkeypatch):
    monkeypatch.setenv("ECONSIM_KERNELS", chosen)
    for buyers, sellers in ((10, 0), (0, 5), (0, 0)):
        for name in PRICING_MODELS:
            model = Marketplace(buyers=buyers, sellers=sellers, pricing=SEEN[name](), rng=1)
            step_and_check(model)
            assert model.history[-1]["trades"] == 0
            assert np.isnan(model.latest["efficiency"])


AMOUNTS = st.integers(0, 12) | st.integers(0, 2**40)


@pytest.mark.parametrize("chosen", KERNELS)
@settings(max_examples=80, deadline=None)
@given(worths=st.lists(AMOUNTS, max_size=7), costs=st.lists(AMOUNTS, max_size=6))
def test_maximal_gains_are_those_of_the_best_assignment(chosen, worths, costs):
    """Against SciPy's assignment solver: any task to any unit of its category."""
    starts = np.array([0, len(costs)])
    gains, *_ = kernels.select(chosen).maximal_gains(
        np.array(worths, dtype=np.int64),
        np.zeros(len(worths), dtype=np.int16),
        np.array(sorted(costs), dtype=np.int64),
        starts,
    )
    worth, cost = np.array(worths, dtype=float), np.array(costs, dtype=float)
    surplus = np.maximum(worth[:, None] - cost[None, :], 0).reshape(len(worths), len(costs))
    pairs = linear_sum_assignment(surplus, maximize=True)
    assert gains[0] == surplus[pairs].sum()


def test_maximal_gains_of_a_market_are_those_of_all_permutations(kernel):
    """Five tasks, two categories, every way to seat them."""
    model = Marketplace(buyers=8, sellers=0, categories=2, demand_rate=0.7, rng=11)
    model.add_sellers(Seller, 2, category=[0, 1], cost=[900_000, 200_000], capacity=[2, 1])
    model.add_sellers(Seller, 2, category=[0, 1], cost=[1_600_000, 2_500_000], capacity=[1, 2])
    for now in range(4):
        key = (model.streams.seed, now, model.buyers["id"])
        demand = kernels.Demand(0.7, 4, 0.25)
        _, worth = kernels.select().tasks(*key, model.buyers["value"], demand)
        best = 0
        for category, costs in enumerate(
            ([900_000, 900_000, 1_600_000], [200_000, 2_500_000, 2_500_000])
        ):
            mine = worth[(model.buyers["category"] == category)].tolist()
            best += max(
                sum(max(w - c, 0) for w, c in zip(seats, costs, strict=True))
                for seats in permutations([*mine, 0, 0, 0], 3)
            )
        model.step()
        assert model.history[-1]["maximal_gains"] == best > 0


def test_a_large_capacity_needs_no_memory_to_match():
    """Nobody can use more units than there are buyers."""
    tracemalloc.start()
    model = Marketplace(buyers=50, sellers=3, capacity=10**6, rng=1)
    model.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**7


GOOD_RNG = {
    "int": 7,
    "zero": 0,
    "largest": 2**64 - 1,
    "int8": np.int8(7),
    "int64": np.int64(7),
    "uint64": np.uint64(2**63 + 5),
}


@pytest.mark.parametrize("rng", GOOD_RNG.values(), ids=GOOD_RNG)
def test_an_integer_seed_is_the_same_seed_whatever_its_type(rng):
    models = [Marketplace(buyers=20, sellers=3, rng=seed) for seed in (rng, int(rng))]
    for model in models:
        model.step()
    assert models[0].state_digest() == models[1].state_digest()


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.random.default_rng(5),
        lambda: np.random.SeedSequence(5),
        lambda: np.random.PCG64(5),
    ],
    ids=["generator", "seed sequence", "bit generator"],
)
def test_a_generator_in_the_same_state_gives_the_same_run(make):
    first, second = (Marketplace(buyers=20, sellers=3, rng=make()) for _ in range(2))
    assert first.state_digest() == second.state_digest()
    assert first.state_digest() != Marketplace(buyers=20, sellers=3, rng=1).state_digest()


def test_a_generator_goes_on_from_run_to_run():
    generator = np.random.default_rng(5)
    first, second = (Marketplace(buyers=20, sellers=3, rng=generator) for _ in range(2))
    assert first.state_digest() != second.state_digest()


def test_without_a_seed_every_run_is_its_own():
    first, second = (Marketplace(buyers=20, sellers=3) for _ in range(2))
    assert first.state_digest() != second.state_digest()


@pytest.mark.parametrize(
    "pricing",
    ["fixed", Fixed, Fixed(), {"fixed": 1}, {Fixed: 1.0}, {Fixed(): np.float64(1)}],
    ids=["name", "class", "instance", "mapping of name", "mapping of class", "of instance"],
)
def test_a_pricing_model_can_be_given_in_every_form(pricing):
    model = Marketplace(buyers=30, sellers=4, pricing=pricing, rng=1)
    expected = Marketplace(buyers=30, sellers=4, pricing="fixed", rng=1)
    for each in (model, expected):
        each.run_for(3)
    assert model.state_digest() == expected.state_digest()


class Sums(Fixed):
    """Half an author's own model: prices nothing."""

    name = "sums"
    price = PricingModel.price


WRONG = {
    "buyers": [-1, 1.5, "many", None, True, 2**40, np.float64(3), [3]],
    "sellers": [-1, 1.5, "few", True, 2**40],
    "pricing": [
        "barter", "", None, 3, ["fixed"], {}, {"fixed": 0.5}, {"fixed": 0.5, "vickrey": 0.6},
        {"fixed": -0.5, "vickrey": 1.5}, {"fixed": float("nan")}, {"barter": 1.0},
        {"fixed": "all"}, {"fixed": True}, {"fixed": 0.5, Fixed(): 0.5}, {7: 1.0},
        {"fixed": 10**400},
    ],
    "rng": [-1, 2**64, 1.0, "7", True, np.True_, [1, 2], (), float("nan"), object()],
    "backend": ["gpu", None, 1, "Columns"],
    "categories": [0, -1, 1.5, "two", True, [], ["a"], None, 10**9,
                   [Category("a"), Category("a")]],
    "demand_rate": [-0.1, 1.1, float("nan"), float("inf"), "half", None, True, [0.5], 10**400],
    "search": [0, -1, 65, 1.5, "four", None, True],
    "capacity": [-1, 1.5, "four", None, True, 2**40],
    "max_size": [0, -1, 65, 1.5, "four", None, True],
    "income": [-1, 1.5, "rich", True, 2**60, [1]],
    "endowment": [-1, 1.5, "rich", True, 2**60],
    "value_spread": [-0.1, 1.1, float("nan"), "wide", None, True],
    "reliability": [(0.9, 0.8), (-0.1, 0.5), (0.5, 1.1), 0.9, "ab", (0.5,), (0.1, 0.2, 0.3),
                    (float("nan"), 1), None, ("a", "b")],
    "prior": [(0, 1), (1, 0), (-1, 1), 2, (1,), None, (float("inf"), 1), ("a", 1)],
    "strategy": ["sly", None, 0.5, object(), Shaded([0.5, 0.6, 0.7])],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name} {place}")
        for name, values in WRONG.items()
        for place, value in enumerate(values)
    ],
)
def test_a_parameter_out_of_range_is_one_line_that_names_it(name, value):
    with pytest.raises(ParameterError) as caught:
        Marketplace(**{"buyers": 10, "sellers": 2, name: value})
    message = str(caught.value)
    assert "\n" not in message
    assert "must be" in message
    assert name in message or (name == "strategy" and "alpha" in message)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["scenario", "seed", "buyer"])
def test_an_unknown_keyword_is_refused(name):
    with pytest.raises(TypeError, match=name):
        Marketplace(**{name: 1})


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"reliability": 2.0}, "reliability"),
        ({"reliability": float("nan")}, "reliability"),
        ({"reliability": "good"}, "reliability"),
        ({"cost": -1}, "cost"),
        ({"cost": 0.5}, "cost"),
        ({"capacity": -1}, "capacity"),
        ({"price": 2**60}, "price"),
        ({"pricing": "barter"}, "pricing"),
        ({"pricing": 5}, "pricing"),
        ({"category": "nothing"}, "category"),
        ({"category": 9}, "category"),
        ({"category": [0, 0]}, "category"),
        ({"pricing": [0, 0]}, "pricing"),
        ({"successes": [1, 2]}, "successes"),
        ({"price": [1, 2]}, "price"),
        ({"cost": [1, 2]}, "cost"),
        ({"kost": 3}, "kost"),
        ({"id": 3}, "id"),
    ],
)
def test_a_seller_that_cannot_be_is_refused_by_name(columns, name):
    model = Marketplace(buyers=5, sellers=2, rng=1)
    with pytest.raises(ParameterError, match=name):
        model.add_sellers(Seller, 3, **columns)
    assert len(model.sellers) == 2


@pytest.mark.parametrize("name", ["trust", "average", "role"])
def test_a_column_that_the_market_computes_is_kept_or_refused(name):
    """Given a value, to go on with another in silence would be the one wrong answer."""
    model = Marketplace(buyers=5, sellers=2, rng=1)
    try:
        model.add_sellers(Seller, 1, **{name: 1})
    except ParameterError:
        return
    assert model.sellers[name][-1] == 1


def test_money_that_64_bits_cannot_count_is_refused():
    """2 000 buyers with 2**53 ticks each are more than an int64 holds."""
    try:
        model = Marketplace(buyers=2000, sellers=5, income=2**53, rng=1)
    except ParameterError:
        return
    model.run_for(2)
    assert total_money(model) == model.initial_money + model.injected_money


def test_agents_that_cannot_be_added_leave_the_market_as_it_was():
    model = Marketplace(buyers=20, sellers=5, rng=1)
    before = model.state_digest()
    with pytest.raises(ParameterError):
        model.add_buyers(Buyer, 2000, wallet=2**53)
    with pytest.raises(ParameterError):
        model.add_sellers(Seller, 2, reliability=[0.5, 1.5])
    assert model.state_digest() == before
    step = model.add_buyers(Buyer, 1)
    assert step.ids.tolist() == [20]
    assert total_money(model) == model.initial_money


@pytest.mark.parametrize("chosen", KERNELS)
@pytest.mark.parametrize(
    "pricing", [SEEN["vickrey"], lambda: SEEN["subscription"](1000, 10)], ids=["vickrey", "term"]
)
def test_values_at_the_limit_are_counted_exactly_or_refused(chosen, pricing, monkeypatch):
    """Sums of worth must not wrap: gains below zero or an efficiency of nonsense show it."""
    monkeypatch.setenv("ECONSIM_KERNELS", chosen)
    model = Marketplace(
        buyers=30, sellers=300, pricing=pricing(), max_size=64, value_spread=1.0, rng=1
    )
    try:
        model.add_buyers(Buyer, 500, value=2**53)
    except ParameterError:
        return
    for _ in range(2):
        step_and_check(model)
        assert model.history[-1]["gains"] >= 0


@pytest.mark.parametrize(
    "category",
    [
        {"values": (1e6,), "costs": (1e300,)},
        {"values": (1e6,), "costs": (1e9,)},
        {"values": (1e7,)},
        {"values": ()},
        {"values": (2.0, 1.0)},
        {"values": (-1.0,)},
        {"values": (float("inf"),)},
        {"values": "ab"},
        {"weight": 0},
        {"buyers_per_seller": 0},
    ],
)
def test_a_category_that_no_market_can_hold_is_refused(category):
    with pytest.raises(ParameterError):
        Marketplace(buyers=5, sellers=2, categories=[Category("odd", **category)], rng=1)


@pytest.mark.parametrize(
    ("term", "price"), [(0, None), (-1, None), (1.5, None), (True, None), (10**7, None), (5, -1)]
)
def test_a_subscription_that_cannot_be_is_refused(term, price):
    with pytest.raises(ParameterError):
        Subscription(term, price)


def test_a_fee_beyond_64_bits_is_refused_not_wrapped():
    rich = [Category("rich", values=(10.0**6,))]
    try:
        model = Marketplace(
            buyers=5, sellers=2, categories=rich, max_size=64, pricing=Subscription(10**6), rng=1
        )
    except ParameterError:
        return
    model.step()
    assert model.sellers["price"].min() > 0


@pytest.mark.parametrize("name", sorted(packaged()))
def test_a_packaged_scenario_makes_a_market(name):
    model = Marketplace.from_scenario(name, buyers=500, rng=1)
    model.run_for(2)
    assert model.history[-1]["trades"] > 0
    if model.attack is None:
        assert len(model.buyers) == 500
        assert len(model.categories) == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[market]\nbuyers = -1", "buyers"),
        ("[market]\nbyers = 3", "byers"),
        ("[market]\nrng = 'x'", "rng"),
        ("[market]\npricing = 'barter'", "pricing"),
        ("market = 3", "market"),
        ("[markets]\nbuyers = 3", "markets"),
        ("[categories]\na = 3", "categories.a"),
        ("[categories.a]\nvalue = [1.0]", "value"),
        ("[categories.a]\nvalues = []", "values"),
        ("[categories.a]\nvalues = ['x']", "values"),
        ("[categories.a]\nweight = -1", "weight"),
        ("title = 3", "title"),
        ("buyers = ", "TOML"),
        ("[market\n", "TOML"),
    ],
)
def test_a_scenario_file_that_is_wrong_is_refused_in_one_line(tmp_path, text, named):
    file = tmp_path / "odd.toml"
    file.write_text(text)
    with pytest.raises(EconsimError, match=named) as caught:
        Marketplace.from_scenario(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml", "", 5, None, "."])
def test_a_scenario_that_is_not_there_is_refused(name):
    with pytest.raises(ScenarioError, match="scenario"):
        Marketplace.from_scenario(name)


def test_an_override_of_a_scenario_is_checked_as_the_file_is():
    with pytest.raises(ParameterError, match="byers"):
        Marketplace.from_scenario("agents", byers=3)
    assert Marketplace.from_scenario("agents", buyers=7, capacity=9).capacity == 9


def test_time_goes_by_rounds():
    model = Marketplace(buyers=20, sellers=3, rng=1)
    assert model.time == model.round == 0
    model.step()
    model.run_for(3)
    model.run_until(6)
    assert model.time == model.round == len(model.history) == 6
    assert len(model.frame()) == 6
    assert model.frame().index.tolist() == [1, 2, 3, 4, 5, 6]
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame) == list(METRICS)
    assert np.allclose(frame.to_numpy(), model.frame().to_numpy(), equal_nan=True)


def test_ways_to_advance_time_give_the_same_run():
    models = [Marketplace(buyers=40, sellers=4, rng=1) for _ in range(3)]
    models[0].run_for(5)
    models[1].run_until(5)
    for _ in range(5):
        models[2].step()
    assert len({model.state_digest() for model in models}) == 1


def test_an_event_of_the_user_is_a_shock_in_mid_run():
    model = Marketplace(buyers=40, sellers=4, pricing="fixed", rng=1)

    def strike():
        model.sellers["capacity"] = 0

    model.schedule_event(strike, at=2.5)
    model.run_for(4)
    trades = [each["trades"] for each in model.history]
    assert trades[1] > 0
    assert trades[2:] == [0, 0]


def test_the_constructor_suits_sliders_and_batch_runs():
    """SolaraViz breaks on a model that takes `scenario`, and on one with ``**kwargs``."""
    parameters = inspect.signature(Marketplace).parameters
    kinds = {parameter.kind for parameter in parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}
    assert {"buyers", "sellers", "pricing", "rng", "backend"} <= set(parameters)
    assert not {"scenario", "seed", "kwargs"} & set(parameters)
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    assert defaults["pricing"] == "vickrey"
    assert (defaults["buyers"], defaults["sellers"]) == (1000, 50)
    speed = [defaults[name] for name in ("demand_rate", "search", "capacity", "max_size")]
    assert speed == [1, 4, 4, 4]
    assert issubclass(Marketplace, mesa.Model)
