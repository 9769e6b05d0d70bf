"""Attacks on reputation: what they do, what they gain, and the command that says so."""

import numpy as np
import pandas as pd
import pytest

from econsim.cli import main
from econsim.errors import ParameterError, ScenarioError
from econsim.experiments.attack import rank_error, study
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.attacks import ATTACKS
from econsim.scenario import load, packaged_attacks


def under(kind, rounds=0, **changes):
    attack = {"kind": kind, "sellers": 3, **changes.pop("attack", {})}
    model = Marketplace(buyers=200, sellers=12, attack=attack, rng=4, **changes)
    if rounds:
        model.run_for(rounds)
    return model


def test_every_attack_has_a_packaged_scenario():
    assert list(packaged_attacks()) == sorted(ATTACKS)


def test_an_attacker_that_works_honestly_earns_what_its_sellers_earn():
    model = under("oscillation", attack={"active": False})
    wallets = 0
    costs = 0
    for _ in range(10):
        model.step()
        rows = model.sellers.rows(model.attack.ids)
        costs += int((model.sellers["cost"] * model.sellers["sold"])[rows].sum())
        wallets = int(model.sellers["wallet"][rows].sum())
    assert model.attack.profit == wallets - costs
    assert model.attack.identities == 3
    assert (model.sellers["reliability"][rows] == 0.95).all()


def test_whitewashers_come_back_as_newcomers():
    model = under("whitewashing", attack={"cheating": 0.0})
    first = model.attack.ids.copy()
    model.run_for(15)
    assert model.attack.identities > 3
    assert len(model.attack.ids) == 3
    assert not set(first.tolist()) & set(model.sellers["id"].tolist())
    rows = model.sellers.rows(model.attack.ids)
    assert (model.sellers["trust"][rows] >= 0.9 * 0.5).all()
    total = int(model.buyers["wallet"].sum() + model.sellers["wallet"].sum())
    assert total == model.initial_money + model.injected_money


def test_false_buyers_praise_and_never_buy():
    model = under("ballot-stuffing", 10, attack={"sybils": 4, "deals": 2})
    assert model.attack.identities == 3 + 3 * 4
    assert (model.buyers["value"][model.buyers.rows(model.attack.buyers)] == 0).all()
    rows = model.sellers.rows(model.attack.ids)
    assert (model.sellers["successes"][rows] >= 9 * 8).all()
    assert not np.isin(model.orders.buyer, model.attack.buyers).any()


@pytest.mark.parametrize("kind", ["sellers", "buyers"])
def test_who_was_removed_is_praised_and_praises_no_more(kind):
    model = under("ballot-stuffing", 2, trust="eigentrust", attack={"sybils": 4})
    seller, buyer = model.attack.ids.tolist()[1], model.attack.buyers.tolist()[4]
    model.agent(seller if kind == "sellers" else buyer).remove()
    left = 2 * 4 if kind == "sellers" else 3 * 4 - 1
    for _ in range(3):
        model.step()
        (praise,) = model.state.ended
        assert len(praise.seller) == len(praise.buyer) == left
        assert seller not in praise.seller.tolist() or kind == "buyers"
        assert buyer not in praise.buyer.tolist()


def test_false_deals_pay_the_fee():
    free, taxed = under("ballot-stuffing"), under("ballot-stuffing")
    taxed.at(0, "fee", share=0.5)
    for model in (free, taxed):
        model.run_for(10)
    assert taxed.attack.profit < free.attack.profit / 2


def test_oscillators_work_until_trusted_and_cheat_until_distrusted():
    model = under("oscillation", attack={"milk_above": 0.8, "build_below": 0.6, "cheating": 0.0})
    cheats, before = set(), model.sellers["trust"][model.sellers.rows(model.attack.ids)].copy()
    for _ in range(40):
        model.step()
        rows = model.sellers.rows(model.attack.ids)
        cheating = model.sellers["reliability"][rows] == 0.0
        trust = model.sellers["trust"][rows]
        assert (cheating >= (trust >= 0.8)).all()
        assert (~cheating >= (trust < 0.6)).all()
        assert (model.sellers["cost"][rows][cheating] == 0).all()
        cheats |= set(cheating.tolist())
    assert cheats == {True, False}
    assert len(before) == 3


def test_rank_error_by_hand():
    assert rank_error([0.1, 0.5, 0.9], [0.2, 0.3, 0.4]) == 0.0
    assert rank_error([0.9, 0.5, 0.1], [0.2, 0.3, 0.4]) == 1.0
    assert rank_error([0.5, 0.5, 0.5], [0.2, 0.3, 0.4]) == 0.5
    assert rank_error([0.1, 0.9, 0.5], [0.2, 0.3, 0.4]) == pytest.approx(1 / 3)
    assert np.isnan(rank_error([0.1, 0.2], [0.5, 0.5]))


@pytest.fixture(scope="module")
def stuffing():
    return study("ballot-stuffing", replications=4, rounds=40)


def test_ballot_stuffing_pays_against_plain_beta_and_not_against_the_defences(stuffing):
    assert stuffing.defences == ["plain-beta", "pair-cap", "eigentrust"]
    assert [stuffing.verdict(d) for d in stuffing.defences] == [
        "pays", "does not pay", "does not pay",
    ]  # fmt: skip
    lost = {d: stuffing.measure(d)["welfare_lost"] for d in stuffing.defences}
    assert lost["plain-beta"].low > 0
    assert max(lost["pair-cap"].high, lost["eigentrust"].high) < lost["plain-beta"].low


def test_forgetting_stops_oscillation():
    found = study("oscillation", replications=6, rounds=50)
    assert found.verdict("plain-beta") == "pays"
    assert found.verdict("forgetting") == "does not pay"


def test_an_entry_fee_stops_whitewashing_and_distrust_of_newcomers_does_not():
    found = study("whitewashing", replications=6, rounds=50)
    assert found.verdict("plain-beta") == "pays"
    assert found.verdict("entry-fee") == "does not pay"
    assert found.verdict("distrust-newcomers") == "pays"


def test_runs_are_paired_and_measured_as_documented(stuffing):
    runs = stuffing.runs
    assert len(runs) == 4 * 3 * 2
    row = runs.query("defence == 'pair-cap' and replication == 1 and active").iloc[0]
    scenario = load("ballot-stuffing")
    changes = {**scenario.market, **scenario.defences["pair-cap"]}
    model = Marketplace(**{**changes, "rng": int(row["seed"])})
    model.run_for(40)
    assert row["profit"] == model.attack.profit / 40e6
    assert row["identities"] == 5 + 5 * 6
    welfare = sum(each["worth"] - each["cost"] for each in model.history)
    assert row["welfare"] == (welfare - model.attack.profit) / 40e6
    seeds = runs.groupby("replication")["seed"].nunique()
    assert (seeds == 1).all()


def test_the_command_prints_writes_and_lists(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["attack"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.count(": Attack") == 3
    words = ["attack", "oscillation", "--replications", "2", "--rounds", "10", "--buyers", "80"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--out", str(tmp_path)])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "plain-beta" in shown
    table = pd.read_csv(tmp_path / "attack.csv")
    assert set(table["defence"]) == {"plain-beta", "forgetting", "exponential"}
    assert len(pd.read_csv(tmp_path / "runs.csv")) == 2 * 3 * 2
    assert (tmp_path / "attack.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["ebay"], "attack"),
        (["nowhere"], "scenario"),
        (["oscillation", "--rounds", "1"], "--rounds"),
        (["oscillation", "--replications", "1"], "--replications"),
        (["oscillation", "--buyers", "-1"], "buyers"),
    ],
)
def test_wrong_words_are_one_line_and_exit_2(words, named, capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        main(["attack", *words, "--out", str(tmp_path)])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert named in error


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"kind": "bribery"}, "attack = "),
        ({"kind": "oscillation", "sybils": 3}, "attack parameter of oscillation"),
        ({"kind": "oscillation", "milk_above": 0.5, "build_below": 0.6}, "build_below"),
        ({"kind": "whitewashing", "sellers": 0}, "sellers"),
        ({"kind": "whitewashing", "identity_cost": -1}, "identity_cost"),
        ({"kind": "whitewashing", "active": "no"}, "active"),
        ({"kind": "ballot-stuffing", "deals": 0}, "deals"),
        ({"sellers": 3}, "attack"),
    ],
)
def test_wrong_attacks_are_named(given, named):
    with pytest.raises(ParameterError, match=named):
        Marketplace(attack=given)


def test_backends_agree_under_attack():
    for kind in ATTACKS:
        found = []
        for backend in ("columns", "objects"):
            model = under(kind, 12, backend=backend, trust="eigentrust")
            found.append(model.state_digest())
        assert found[0] == found[1]


def test_a_market_without_an_attack_is_refused():
    with pytest.raises(ScenarioError, match="attack"):
        study("agents")
