"""The audit refutes what is false of each mechanism and nothing that is claimed of a true one."""

import dataclasses
import sys
import types

import pytest

from econsim import auctions
from econsim.auctions.subjects import SUBJECTS, Subject
from econsim.audit import audit
from econsim.errors import ParameterError

# What the theory says is false of each, and a search must find.
FALSE = {
    "first-price": {"truthful"},
    "all-pay": {"truthful", "rational"},
    "second-price": set(),
    "vickrey": set(),
    "gsp": {"truthful"},
    "position-vcg": set(),
    "vcg": set(),
    "vcg-greedy": {"truthful", "efficient"},
    "core": set(),
    "mcafee": {"efficient", "balanced"},
    "trade-reduction": {"efficient", "balanced"},
    "vcg-double": {"no deficit", "balanced"},
    "k-double": {"truthful"},
}


def check(name, samples):
    report = audit(name, samples=samples)
    assert report.samples == samples
    refuted = set(report.table.loc[report.table["verdict"] == "REFUTED", "property"])
    assert refuted == set(report.counterexamples)
    assert refuted >= FALSE[name]
    assert report.refuted_claims == (["truthful", "efficient"] if name == "vcg-greedy" else [])


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_every_claim_stands_but_those_of_the_broken_one(name):
    # Core payments are dear: a quarter of a minute for these, the rest in the slow test.
    check(name, 2_000 if name == "core" else 10_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_and_at_a_hundred_thousand(name):
    check(name, 100_000)


def test_a_counterexample_is_small_and_can_be_checked_by_hand():
    case = audit("gsp", samples=300).counterexamples["truthful"]
    assert len(case.types) <= 3
    assert sum(case.types) <= 6
    assert "gains" in case.story
    deficit = audit("vcg-double", samples=300).counterexamples["no deficit"]
    assert sorted(deficit.types) == [("buy", 1), ("sell", 0)]


def test_equal_seeds_give_equal_reports():
    first, second = (audit("mcafee", samples=200, seed=4) for _ in range(2))
    assert first.table.equals(second.table)
    assert first.counterexamples == second.counterexamples


def test_a_false_claim_of_any_kind_is_refuted():
    """The entrant who kills revenue: single-minded bidders for two goods (Ausubel-Milgrom)."""

    def clear(reports):
        outcome = auctions.vcg_combinatorial(list(reports))
        got = [next(iter(r)) if i in outcome.accepted else "" for i, r in enumerate(reports)]
        return got, outcome.payments.tolist()

    boast = SUBJECTS["core"].claims | {"truthful", "entry"}
    mine = dataclasses.replace(SUBJECTS["core"], name="mine", clear=clear, claims=boast)
    assert audit(mine, samples=300).refuted_claims == ["entry"]


class Lottery(Subject):
    """A user's own mechanism, found by name: the first bidder gets it and pays half its bid."""

    def __init__(self):
        fields = {f.name: getattr(SUBJECTS["gsp"], f.name) for f in dataclasses.fields(Subject)}
        fields |= {"name": "lottery", "clear": self.first, "best": max}
        fields |= {"worth": lambda value, got: value * got}
        super().__init__(**fields)

    @staticmethod
    def first(bids):
        return [1, *[0] * (len(bids) - 1)], [bids[0] / 2, *[0] * (len(bids) - 1)]


def test_a_mechanism_of_ones_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "mine", types.SimpleNamespace(Lottery=Lottery))
    for target in (Lottery, "mine:Lottery"):
        assert audit(target, samples=200).refuted_claims == ["efficient"]


@pytest.mark.parametrize("target", ["nonsense", "no.such:Thing", "econsim.audit:Nothing", 7])
def test_targets_that_are_refused(target):
    with pytest.raises(ParameterError, match="target"):
        audit(target)
