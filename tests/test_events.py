"""Interventions: at their time, with their effect, from Python and from a file."""

import pickle
import sys
import types

import numpy as np
import pytest

from econsim.errors import ParameterError, ScenarioError
from econsim.models.marketplace import INTERVENTIONS, Intervention, Marketplace
from econsim.money import to_ticks
from econsim.preferences import Category


def market(**keywords):
    return Marketplace(**{"buyers": 200, "sellers": 20, "rng": 3, **keywords})


def total(model):
    return int(model.buyers["wallet"].sum() + model.sellers["wallet"].sum())


def test_an_intervention_takes_effect_after_the_round_of_its_time():
    model = market(pricing="fixed")
    model.at(3, "fee", share=0.2)
    model.run_for(6)
    retained = [each["retained"] for each in model.history]
    assert retained[:3] == [0, 0, 0]
    assert min(retained[3:]) > 0
    assert model.log == [(3.0, "fee(share=0.2)")]


@pytest.mark.parametrize("pricing", ["fixed", "vickrey", "vcg", "first-price", "double"])
def test_money_is_conserved_under_fee_and_subsidy(pricing):
    model = market(pricing=pricing)
    model.at(0, "fee", share=0.13)
    model.at(1.5, "subsidy", share=0.29)
    for _ in range(6):
        model.step()
        assert total(model) == model.initial_money + model.injected_money
    last = model.history[-1]
    paid = last["revenue"] + last["retained"]
    assert last["injected"] > model.income[0] * 200  # income and subsidies
    assert last["retained"] >= int(0.12 * paid)


def test_sellers_ask_so_much_more_that_their_cost_is_left_after_the_fee():
    for pricing in ("fixed", "vickrey"):
        model = market(pricing=pricing, categories=[Category("a", (1.0, 2.0), (0.8, 0.9))])
        model.at(0, "fee", share=0.25)
        model.run_for(30)
        # The opening prices of posted ones did not know of the fee.
        assert all(each["seller_profit"] >= 0 for each in model.history[5:])
        assert sum(each["retained"] for each in model.history) > 0


def test_a_reserve_is_the_least_that_anybody_pays():
    model = market(pricing="first-price")
    model.at(2, "reserve", price=2_500_000)
    model.run_for(2)
    before = model.history[-1]["sales"]
    model.step()
    assert 0 < model.history[-1]["sales"] < before
    assert model.history[-1]["revenue"] >= 2_500_000 * model.history[-1]["sales"]
    model.at(3, "reserve", price=0)
    model.step()
    assert model.history[-1]["sales"] > model.history[-2]["sales"]


def test_demand_and_supply_shift():
    names = [Category("a"), Category("b")]
    model = market(categories=names)
    value, capacity = model.buyers["value"].copy(), model.sellers["capacity"].copy()
    cost = model.sellers["cost"].copy()
    model.at(0, "demand", factor=2.0, category="b")
    model.at(0, "demand", rate=0.0)
    model.at(0, "supply", capacity=0.5, cost=1.5, category="a")
    model.step()
    b, a = model.buyers["category"] == 1, model.sellers["category"] == 0
    assert model.buyers["value"].tolist() == np.where(b, 2 * value, value).tolist()
    assert model.sellers["capacity"].tolist() == np.where(a, capacity // 2, capacity).tolist()
    raised = (cost * 1.5).astype(int)
    assert model.sellers["cost"].tolist() == np.where(a, raised, cost).tolist()
    assert model.sellers["price"].tolist() == model.sellers["cost"].tolist()  # reserves at cost
    assert model.history[0]["tasks"] == 0


def test_a_ban_ends():
    model = market(pricing="vickrey", reliability=(0.2, 1.0))
    model.run_for(10)
    model.at(10, "ban", below=0.5, rounds=3)
    low = model.sellers["trust"] < 0.5
    assert low.any()
    assert not low.all()
    for _ in range(3):
        model.step()
        assert model.sellers["sold"][low].sum() == model.sellers["offered"][low].sum() == 0
        assert model.sellers["sold"][~low].sum() > 0
    model.step()
    assert (model.sellers["offered"][low] > 0).all()


def test_eligibility_closes_auctions_to_the_distrusted_and_not_posted_prices():
    for pricing, closed in (("vickrey", True), ("vcg", True), ("fixed", False)):
        model = market(pricing=pricing, reliability=(0.1, 1.0), eligibility=0.45)
        model.run_for(15)
        low = model.sellers["trust"] < 0.45
        assert low.any()
        model.step()
        assert (model.sellers["sold"][low].sum() == 0) == closed or not closed
        assert (model.sellers["offered"][low] == 0).all() == closed


def test_events_come_from_a_file(tmp_path):
    path = tmp_path / "shock.toml"
    path.write_text(
        """
title = "A fee, then a crash"
[market]
buyers = 100
sellers = 10
pricing = "fixed"
[service]
penalty = 0.25
latency = [0.0, 0.2]
[[events]]
time = 2
kind = "fee"
share = 0.1
[[events]]
time = 3.5
kind = "demand"
factor = 0.5
"""
    )
    model = Marketplace.from_scenario(path, rng=1)
    assert model.service.penalty == 0.25
    model.run_for(5)
    assert [time for time, _ in model.log] == [2.0, 3.5]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[events]]\ntime = 1", "events"),
        ('[[events]]\ntime = 1\nkind = "tax"', "intervention"),
        ('[[events]]\ntime = 1\nkind = "fee"\nrate = 0.1', "parameter of fee"),
        ('[[events]]\ntime = -1\nkind = "fee"', "time"),
        ('events = "none"', "events"),
        ("[service]\npenalty = 2.0", "penalty"),
        ("[attack]\nkind = 1", "attack = "),
        ('[defences]\nnone = "x"', "defences.none"),
    ],
)
def test_wrong_entries_of_a_file_are_named(tmp_path, text, named):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises((ParameterError, ScenarioError), match=named):
        Marketplace.from_scenario(path)


WRONG = [
    ({"kind": "fee", "share": 1.0}, "share"),
    ({"kind": "fee", "share": "much"}, "share"),
    ({"kind": "subsidy", "share": -0.1}, "share"),
    ({"kind": "reserve", "price": -1}, "price"),
    ({"kind": "reserve", "category": "cars"}, "category"),
    ({"kind": "demand", "rate": 2}, "rate"),
    ({"kind": "demand", "factor": np.inf}, "factor"),
    ({"kind": "supply", "capacity": -1}, "capacity"),
    ({"kind": "ban", "sellers": "all"}, "sellers"),
    ({"kind": "ban", "rounds": 0}, "rounds"),
    ({"kind": "ban", "sellers": [5, 99]}, "id"),
    ({"kind": "quota"}, "intervention"),
]


@pytest.mark.parametrize(("given", "named"), WRONG)
def test_wrong_interventions_are_refused_when_planned(given, named):
    with pytest.raises(ParameterError, match=named):
        market().at(1, **given)


def test_the_past_cannot_be_changed():
    model = market()
    model.run_for(3)
    with pytest.raises(ParameterError, match="time"):
        model.at(2, "fee")


@pytest.mark.parametrize("kind", INTERVENTIONS)
def test_every_kind_works_with_its_defaults_and_says_what_it_does(kind):
    model = market(pricing={"fixed": 0.5, "vickrey": 0.5})
    model.at(1, kind)
    model.run_for(3)
    assert len(model.log) == 1
    assert INTERVENTIONS[kind].meaning.endswith(".")
    assert INTERVENTIONS[kind].parameters


@pytest.mark.parametrize("kernel", ["numba", "numpy"])
def test_backends_agree_with_interventions(monkeypatch, kernel):
    monkeypatch.setenv("ECONSIM_KERNELS", kernel)
    events = [
        {"time": 1, "kind": "reserve", "price": 10**6},
        {"time": 2, "kind": "fee"},
        {"time": 2.5, "kind": "demand", "factor": 1.5},
        {"time": 3, "kind": "ban", "below": 0.5, "rounds": 3},
        {"time": 4, "kind": "subsidy"},
        {"time": 5, "kind": "supply", "capacity": 0.5, "cost": 1.2},
    ]
    mix = {"fixed": 0.3, "vickrey": 0.3, "vcg": 0.2, "subscription": 0.2}
    found = []
    for backend in ("columns", "objects"):
        model = market(pricing=mix, events=events, backend=backend, eligibility=0.3)
        model.run_for(10)
        found.append(model.state_digest())
    assert found[0] == found[1]


def test_a_market_with_plans_can_be_pickled():
    model = market(service={}, events=[{"time": 4, "kind": "fee"}])
    model.run_for(2)
    twin = pickle.loads(pickle.dumps(model))
    for each in (model, twin):
        each.run_for(5)
    assert twin.log == model.log
    assert twin.state_digest() == model.state_digest()


def test_parameters_change_while_the_market_runs():
    model = market()
    model.run_for(2)
    model.change("demand_rate", 0.0)
    model.step()
    assert model.history[-1]["tasks"] == 0
    with pytest.raises(ParameterError, match="demand_rate"):
        model.change("demand_rate", 2)
    with pytest.raises(ParameterError, match="parameter"):
        model.change("buyers", 10)


# One of the user's own


class Gift(Intervention):
    """Every buyer receives an amount from outside, once."""

    name = "gift"

    def __init__(self, credits: float):
        self.ticks = to_ticks(credits)

    def apply(self, rules, state):
        amount = np.full(len(rules.categories), self.ticks)
        state.ledger.income(amount, state.buyers["category"])


class Amnesty(Intervention):
    """All bans end."""

    def apply(self, rules, state):
        if "barred" in state.sellers:
            state.sellers["barred"][:] = 0


@pytest.fixture
def ownmod(monkeypatch):
    """A module that can be imported, and holds the classes above."""
    module = types.ModuleType("ownmod")
    module.Gift, module.Amnesty = Gift, Amnesty
    monkeypatch.setitem(sys.modules, "ownmod", module)
    monkeypatch.setattr(INTERVENTIONS, "_registered", {})


SPELLINGS = [
    (Gift, {"credits": 2}),
    (Gift(2), {}),
    ("ownmod:Gift", {"credits": 2}),
    ("ownmod:Gift(credits=2)", {}),
    ({"kind": "ownmod:Gift", "credits": 2}, {}),
    ("gift", {"credits": 2}),
    ("gift(credits=2)", {}),
]


@pytest.mark.parametrize(("kind", "parameters"), SPELLINGS)
def test_an_intervention_of_ones_own_is_named_like_any_other(ownmod, kind, parameters):
    INTERVENTIONS.register(Gift)
    planned = market(events=[{"time": 2, "kind": kind, **parameters}])
    by_hand = market()
    by_hand.at(2, kind, **parameters)
    for model in (planned, by_hand):
        model.run_for(4)
        income = model.history[0]["injected"]
        extra = [entry["injected"] - income for entry in model.history]
        assert extra == [0, 0, 200 * 2_000_000, 0]
        assert model.state.ledger.conserved
        assert model.log == [(2.0, "gift(credits=2)")]


def test_an_intervention_of_ones_own_in_a_scenario_file(ownmod, tmp_path):
    path = tmp_path / "gift.toml"
    path.write_text('[[events]]\ntime = 1\nkind = "ownmod:Gift"\ncredits = 2\n')
    model = Marketplace.from_scenario(path, buyers=50, sellers=5, rng=1)
    model.run_for(2)
    assert model.log == [(1.0, "gift(credits=2)")]


def test_an_intervention_without_parameters_and_without_a_name():
    model = market()
    model.at(1, "ban", sellers=model.sellers["id"][:3].tolist())
    model.at(3, Amnesty)
    model.run_for(4)
    assert not model.sellers["barred"].any()
    assert model.log[1] == (3.0, "Amnesty()")


def test_what_is_no_intervention_is_refused():
    with pytest.raises(ParameterError, match="intervention"):
        market().at(1, Marketplace)
