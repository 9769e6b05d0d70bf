"""The audit refutes what is false of each mechanism and nothing that is claimed of a true one."""

import dataclasses
import sys
import types

import numpy as np
import pytest

from econsim import auctions
from econsim.audit import audit, subject_of, target_names
from econsim.audit.markets import Buyer, PricedMarket, Seller, priced_market
from econsim.audit.subjects import SUBJECTS, Subject
from econsim.errors import ParameterError
from econsim.pricing import (
    PRICING_MODELS,
    VCG,
    Auction,
    CallAuction,
    Claim,
    FirstPriceAuction,
    Fixed,
    PerUnit,
    Posted,
    ScoringAuction,
    Subscription,
    VickreyAuction,
)

# What the theory says is false of each, and a search must find.
FALSE = {
    "sealed-first-price": {"incentive compatible"},
    "all-pay": {"incentive compatible", "individually rational"},
    "second-price": set(),
    "two-unit-second-price": set(),
    "gsp": {"incentive compatible"},
    "position-vcg": set(),
    "vcg-assignment": set(),
    "vcg-greedy": {"incentive compatible", "efficient"},
    "core": set(),
    "mcafee": {"efficient", "budget balanced"},
    "trade-reduction": {"efficient", "budget balanced"},
    "vcg-double": {"no deficit", "budget balanced"},
    "k-double": {"incentive compatible", "seller incentive compatible"},
    # Pricing models: a lottery serves a lower value, and whoever lost it envies who won.
    "fixed": {"efficient", "envy-free"},
    "perunit": {"efficient", "envy-free", "revenue monotone"},
    "subscription": {"efficient", "envy-free"},
    "first-price": {"incentive compatible", "envy-free"},
    "vickrey": set(),
    "vcg": set(),
    "double": {"efficient", "budget balanced", "seller incentive compatible"},
    "two-part": {"efficient", "envy-free"},
    "scoring": {"incentive compatible", "efficient", "envy-free", "revenue monotone"},
    "uniform": {"incentive compatible", "seller incentive compatible"},
}
DEAR = {"core": 2_000, **dict.fromkeys(PRICING_MODELS, 3_000)}


def check(name, samples):
    report = audit(name, samples=samples)
    assert report.samples == samples
    refuted = set(report.table.loc[report.table["verdict"] == "REFUTED", "property"])
    assert refuted == set(report.counterexamples)
    assert refuted >= FALSE[name]
    broken = ["incentive compatible", "efficient"] if name == "vcg-greedy" else []
    assert report.refuted_claims == broken


@pytest.mark.parametrize("name", target_names())
def test_every_claim_stands_but_those_of_the_broken_one(name):
    # Core payments and the market's own clearing are dear: the rest in the slow test.
    check(name, DEAR.get(name, 10_000))


@pytest.mark.slow
@pytest.mark.parametrize("name", target_names())
def test_and_at_a_hundred_thousand(name):
    check(name, 100_000)


def test_every_registered_model_and_no_name_twice():
    names = target_names()
    assert set(names) == {*PRICING_MODELS, *SUBJECTS} == set(FALSE)
    assert len(names) == len(set(names))


def test_a_counterexample_is_small_and_can_be_checked_by_hand():
    case = audit("gsp", samples=300).counterexamples["incentive compatible"]
    assert len(case.types) <= 3
    assert sum(case.types) <= 6
    assert "gains" in case.story
    deficit = audit("vcg-double", samples=300).counterexamples["no deficit"]
    assert sorted(deficit.types) == [("buy", 1), ("sell", 0)]


def test_equal_seeds_give_equal_reports():
    for name in ("mcafee", "perunit"):
        first, second = (audit(name, samples=200, seed=4) for _ in range(2))
        assert first.table.equals(second.table)
        assert first.counterexamples == second.counterexamples


def test_a_false_claim_of_any_kind_is_refuted():
    """The entrant who kills revenue: single-minded bidders for two goods (Ausubel-Milgrom)."""

    def clear(reports):
        outcome = auctions.vcg_combinatorial(list(reports))
        got = [next(iter(r)) if i in outcome.accepted else "" for i, r in enumerate(reports)]
        return got, outcome.payments.tolist()

    boast = SUBJECTS["core"].claims | {Claim.INCENTIVE_COMPATIBLE, Claim.REVENUE_MONOTONE}
    mine = dataclasses.replace(SUBJECTS["core"], name="mine", clear=clear, claims=boast)
    assert audit(mine, samples=300).refuted_claims == ["revenue monotone"]


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


class OneMore(VickreyAuction):
    """Broken: a winner pays one more than the highest rejected bid."""

    name = "one-more"

    def price(self, book, allocation):
        return super().price(book, allocation) + 1


class PaysTheBid(Posted):
    """Broken: the seller posts a price, the buyer pays its bid."""

    name = "pays-the-bid"

    def price(self, book, allocation):
        return book.limit[allocation.order]


class Overpriced(VickreyAuction):
    """Broken: charges a winner twice its bid, past the check of what is cleared."""

    name = "overpriced"

    def clear(self, orders, listings, streams):
        fills = super().clear(orders, listings, streams)
        paid = 2 * orders.limit[fills.order]
        return dataclasses.replace(fills, payment=paid, receipt=paid)


class LowestWinning(Auction):
    """What the how-to warns of: a uniform price at the lowest winning bid is no second price."""

    name = "lowest-winning"
    claims = frozenset({Claim.INCENTIVE_COMPATIBLE})

    def price(self, book, allocation):
        lowest = np.full(len(book.listings.capacity), 2**62)
        listing = book.listing[allocation.order]
        np.minimum.at(lowest, listing, book.limit[allocation.order])
        return lowest[listing]


class FirstPriceEverywhere(VCG):
    """Broken: Clarke payments are claimed, bids are charged."""

    name = "first-price-everywhere"

    def price(self, book, allocation):
        return book.limit[allocation.order]


@pytest.fixture
def _mine(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "mine", types.SimpleNamespace(Lottery=Lottery, PaysTheBid=PaysTheBid)
    )


@pytest.mark.usefixtures("_mine")
def test_a_mechanism_of_ones_own():
    for target in (Lottery, "mine:Lottery"):
        assert audit(target, samples=200).refuted_claims == ["efficient"]


@pytest.mark.usefixtures("_mine")
@pytest.mark.parametrize("target", ["mine:PaysTheBid", PaysTheBid, PaysTheBid()])
def test_a_pricing_model_of_ones_own(target):
    """A buyer with value 1, a price of 0: it pays 1, and nothing if it says 0."""
    report = audit(target, samples=300)
    assert report.target == "pays-the-bid"
    assert report.refuted_claims == ["incentive compatible"]
    (seller, buyer), story = smallest(report, "incentive compatible")
    assert (seller.cost, seller.units, buyer.size) == (0, 1, 1)
    assert buyer.values == {seller.name: 1}
    assert f"outcome [1, '{seller.name}'], payments [-1, 1]" in story
    assert story.endswith("and gains 1 instead of 0")


def smallest(report, claim):
    case = report.counterexamples[claim]
    return case.types, case.story


def test_a_second_price_that_charges_one_more():
    """A bid of 0 at a reserve of 0 wins alone and would pay 1: the market stops it."""
    report = audit(OneMore, samples=300)
    assert report.refuted_claims == ["feasible"]
    (seller, buyer), story = smallest(report, "feasible")
    assert (seller.cost, seller.units, *buyer.values.values()) == (0, 1, 0)
    assert story.endswith("one-more: a payment below 0 or above its order's limit")


@pytest.mark.parametrize(
    ("model", "claims"),
    [
        (Overpriced, ["incentive compatible", "individually rational"]),
        (LowestWinning, ["incentive compatible"]),
        (FirstPriceEverywhere, ["incentive compatible", "envy-free"]),
    ],
)
def test_broken_pricing_models_are_refuted(model, claims):
    report = audit(model, samples=500)
    assert report.refuted_claims == claims
    assert all(len(smallest(report, claim)[0]) <= 4 for claim in claims)


def test_an_exchange_is_not_truthful_for_a_seller_of_two():
    """McAfee by hand: cost 0 twice, values 1 and 1. One unit trades: for 0, or 1 if it asks 1."""
    (seller, *buyers), story = smallest(audit("double", samples=500), "seller incentive compatible")
    assert (seller.cost, seller.units) == (0, 2)
    assert [buyer.values for buyer in buyers] == [{"anybody": 1}, {"anybody": 1}]
    assert f"reports {seller._replace(cost=1)} and gains 1 instead of 0" in story


class SingleUnits(PricedMarket):
    """Markets in which nobody sells more than one unit."""

    def market(self, rng):
        drawn = super().market(rng)
        return [own._replace(units=own.units % 2) if self.sells(own) else own for own in drawn]


def test_and_is_for_sellers_of_one():
    double = priced_market(PRICING_MODELS["double"]())
    single = SingleUnits(**vars(double))
    boast = dataclasses.replace(single, claims=double.claims | {Claim.SELLER_INCENTIVE_COMPATIBLE})
    assert audit(boast, samples=2_000).refuted_claims == []


HAND = [Seller("A", 2, 1), Seller("B", 4, 1), Buyer("k", {"A": 9}, 2), Buyer("m", {"A": 7}, 1)]
BOTH = [*HAND[:2], Buyer("k", {"A": 9, "B": 6}, 1), Buyer("m", {"A": 8, "B": 3}, 1)]
ANY = [*HAND[:2], Buyer("k", {"anybody": 9}, 1), Buyer("m", {"anybody": 3}, 1)]


@pytest.mark.parametrize(
    ("model", "market", "got", "payments"),
    [
        (VickreyAuction(), HAND, [1, 0, "A", ""], [-7, 0, 7, 0]),
        (FirstPriceAuction(), HAND, [1, 0, "A", ""], [-9, 0, 9, 0]),
        # m, at A without k, would leave nothing to gain at B for anybody but k: 8 - 2.
        (VCG(), BOTH, [1, 1, "B", "A"], [-7, -4, 4, 7]),
        # Scores 7 and 2 of k, 6 and none of m: k leaves A to nobody, and keeps its second, 2.
        (ScoringAuction(), BOTH, [1, 0, "A", ""], [-7, 0, 7, 0]),
        # One pair wants to trade; the second bid and ask, 3 and 4, set (3 + 4)/2, floored.
        (PRICING_MODELS["double"](), ANY, [1, 0, "A", ""], [-3, 0, 3, 0]),
        # The clearing interval is [2, 4], and [2, 8] without B and m: 3, and 5.
        (CallAuction(), ANY, [1, 0, "A", ""], [-3, 0, 3, 0]),
        (CallAuction(), [ANY[0], ANY[2]], [1, "A"], [-5, 5]),
        (PerUnit(), HAND[:3], [1, 0, "A"], [-4, 0, 4]),
        (Fixed(), HAND[:3], [1, 0, "A"], [-2, 0, 2]),
        (Subscription(), HAND[1:3], [0, ""], [0, 0]),
    ],
)
def test_the_adapter_clears_what_the_model_clears(model, market, got, payments):
    subject = priced_market(model)
    assert subject.clear(market) == (got, payments)


def test_the_best_of_a_market_by_hand():
    vickrey, vcg = priced_market(VickreyAuction()), priced_market(VCG())
    assert vickrey.best(HAND) == 9 - 2
    assert vcg.best(BOTH) == (6 - 4) + (8 - 2)
    assert priced_market(PRICING_MODELS["double"]()).best(ANY) == 9 - 2
    assert vcg.best(BOTH[2:]) == vcg.best(BOTH[:2]) == 0


def test_a_class_that_contradicts_itself_is_one_line(tmp_path, monkeypatch):
    text = "from econsim.pricing import Posted\nclass Mine(Posted):\n    pays_bid = True\n"
    (tmp_path / "contradicted.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ParameterError, match=r"^Mine\.pays_bid = True: must be left out: the sell"):
        audit("contradicted:Mine")


def test_what_cannot_be_judged_is_not_claimed():
    boast = type("X", (VickreyAuction,), {"claims": {Claim.SELLER_INCENTIVE_COMPATIBLE}})
    with pytest.raises(ParameterError, match=r"^claims of vickrey = .*seller incentive"):
        subject_of(boast)


@pytest.mark.parametrize(
    "target",
    [
        "nonsense",
        "no.such:Thing",
        "econsim.audit:Nothing",
        ":",
        7,
        dict,
        {"vcg": 1.0},
        "builtins:type",
    ],
)
def test_targets_that_are_refused(target):
    with pytest.raises(ParameterError, match="target"):
        audit(target)
