"""Trust models in the market: against plain Python, with caps, weights and standing."""

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.errors import DecisionError, ParameterError
from econsim.models.marketplace import Marketplace, Seller
from econsim.trust import (
    TRUST_MODELS,
    Beta,
    EigenTrust,
    Exponential,
    Outcome,
    Pairs,
    Ratings,
    TrustModel,
)


def ratings(entries):
    """From (buyer, seller row, outcome, error, weight)."""
    columns = list(zip(*entries, strict=True)) if entries else [()] * 5
    buyer, row, outcome, error, weight = (np.array(column) for column in columns)
    row = row.astype(np.int64)
    return Ratings(
        buyer.astype(np.int64), row + 1000, row, outcome.astype(np.uint8),
        error.astype(float), weight.astype(float),
    )  # fmt: skip


entry = st.tuples(
    st.integers(0, 5), st.integers(0, 3), st.sampled_from(list(Outcome)),
    st.floats(0, 1), st.integers(0, 30).map(lambda tenths: tenths / 10),
)  # fmt: skip
rounds = st.lists(st.lists(entry, max_size=12), max_size=5)


@settings(max_examples=80, deadline=None)
@given(rounds, st.sampled_from([1.0, 0.8]))
def test_beta_is_its_definition(played, forgetting):
    model, state = Beta((2.0, 1.0), forgetting), {"positive": np.zeros(4), "negative": np.zeros(4)}
    good, bad = [0.0] * 4, [0.0] * 4
    for each in played:
        good, bad = [forgetting * g for g in good], [forgetting * b for b in bad]
        for _, row, outcome, error, weight in each:
            share = {Outcome.SUCCESS: 1.0, Outcome.PARTIAL: 1 - error}.get(outcome, 0.0)
            good[row] += weight * share
            bad[row] += weight * (1 - share)
        trust = model.rate(state, ratings(each))
        expected = [(g + 2) / (g + b + 3) for g, b in zip(good, bad, strict=True)]
        assert trust == pytest.approx(expected)


@settings(max_examples=80, deadline=None)
@given(rounds, st.booleans())
def test_exponential_is_its_definition(played, conservative):
    model = Exponential(0.15, staleness=0.1, conservative=conservative)
    state = {"score": np.full(4, 0.5), "ratings": np.zeros(4, dtype=np.int64)}
    score, count = [0.5] * 4, [0] * 4
    worth = {Outcome.SUCCESS: 0.8, Outcome.TIMEOUT: -0.3, Outcome.FAILURE: -1.0}
    for each in played:
        idle = set(range(4)) - {row for _, row, *_ in each}
        score = [s + 0.1 * (0.5 - s) if k in idle else s for k, s in enumerate(score)]
        for _, row, outcome, error, weight in each:
            delta = worth.get(outcome, -0.5 * error)
            share = 0.15 * min(weight, 1)
            score[row] = (1 - share) * score[row] + share * (0.5 + delta / 2)
            count[row] += 1
        trust = model.rate(state, ratings(each))
        factor = [c / (c + 10) if conservative else 1 for c in count]
        assert trust == pytest.approx([s * f for s, f in zip(score, factor, strict=True)])


@settings(max_examples=100, deadline=None)
@given(rounds, st.sampled_from([np.inf, 1.5]), st.sampled_from([1.0, 0.5]))
def test_pairs_remember_up_to_their_cap(played, cap, forgetting):
    pairs, held = Pairs(cap, forgetting), {}
    for each in played:
        held = {key: (forgetting * g, forgetting * b) for key, (g, b) in held.items()}
        held = {key: gb for key, gb in held.items() if sum(gb) > 1e-6 or forgetting == 1}
        found = ratings(each)
        counted = pairs.add(found)
        fresh = {}
        for k, (buyer, row, *_) in enumerate(each):
            fresh.setdefault((buyer, row + 1000), []).append(k)
        for key, places in fresh.items():
            good = sum(found.weight[k] * found.quality[k] for k in places)
            all_of = sum(found.weight[k] for k in places)
            old = held.get(key, (0.0, 0.0))
            share = min(1.0, max(cap - sum(old), 0) / all_of) if all_of else 1.0
            held[key] = (old[0] + share * good, old[1] + share * (all_of - good))
            assert counted[places] == pytest.approx(share * found.weight[places])
    rows = zip(pairs.buyer, pairs.seller, pairs.positive, pairs.negative, strict=True)
    got = {(b, s): (p, n) for b, s, p, n in rows if p + n > 1e-9}
    want = {key: gb for key, gb in held.items() if sum(gb) > 1e-9}
    assert got.keys() == want.keys()
    for key in got:
        assert got[key] == pytest.approx(want[key])
    assert (np.diff(pairs.buyer * 2**32 + pairs.seller) > 0).all()


def test_standing_is_lost_on_those_whom_nobody_of_standing_deals_with():
    pairs, trust = Pairs(), EigenTrust(pretrusted=0.5)
    honest = [(b, 0, Outcome.SUCCESS, 0.0, 1.0) for b in range(8)]
    sybils = [(b, 1, Outcome.SUCCESS, 0.0, 1.0) for b in range(8, 12) for _ in range(5)]
    pairs.add(ratings(honest + sybils))
    buyers, sellers = np.arange(12), np.array([1000, 1001])
    standing = trust.standing(pairs, buyers, sellers, trust.founders(8))
    assert standing[:4] == pytest.approx(1)
    assert (standing[4:8] > 0.1).all()
    assert standing[8:] == pytest.approx(0, abs=1e-6)
    state = {"positive": np.zeros(2), "negative": np.zeros(2)}
    found = trust.rate_pairs(state, pairs, buyers, sellers, standing)
    assert found[1] == pytest.approx(0.5, abs=1e-4)
    assert found[0] > 0.8


@pytest.mark.parametrize("name", TRUST_MODELS)
def test_trust_learns_who_is_reliable(name):
    model = Marketplace(buyers=400, sellers=20, trust=name, reliability=(0.1, 1.0), rng=2)
    model.run_for(60)
    ranks = np.corrcoef(model.sellers["trust"], model.sellers["reliability"])[0, 1]
    assert ranks > 0.7
    assert ((model.sellers["trust"] > 0) & (model.sellers["trust"] < 1)).all()


def test_plain_beta_keeps_only_its_counts_and_agrees_with_columns_of_evidence():
    plain = Marketplace(buyers=200, sellers=10, rng=2)
    columns = Marketplace(buyers=200, sellers=10, rng=2, rating_cap=1e9)
    for model in (plain, columns):
        model.run_for(15)
    assert "positive" not in plain.sellers
    assert plain.sellers["trust"].tolist() == columns.sellers["trust"].tolist()
    assert columns.sellers["positive"].tolist() == plain.sellers["successes"].tolist()


def test_ratings_count_by_volume():
    keywords = {"buyers": 200, "sellers": 10, "ratings": "volume", "pricing": "fixed", "rng": 2}
    model = Marketplace(**keywords)
    model.step()
    evidence = model.sellers["positive"] + model.sellers["negative"]
    sold, price = model.sellers["sold"], model.orders.limit
    assert price.max() > 0
    opening = Marketplace(**keywords).sellers["price"]
    expected = sold * opening / model.median_value[0]
    assert evidence == pytest.approx(expected)


def test_a_cap_limits_what_one_buyer_can_say():
    model = Marketplace(buyers=30, sellers=2, capacity=30, rating_cap=2.0, rng=2)
    model.run_for(40)
    pairs = model.state.ratings
    assert (pairs.positive + pairs.negative <= 2 + 1e-9).all()
    assert model.sellers["successes"].sum() > 60 * 2
    total = model.sellers["positive"] + model.sellers["negative"]
    assert (total <= 2 * 30 + 1e-9).all()


def test_a_newcomer_starts_where_the_model_says():
    for trust, expected in (
        ({"kind": "beta", "prior": [1.0, 3.0]}, 0.25),
        ("exponential", 0.5),
        ({"kind": "exponential", "conservative": True}, 0.0),
        (EigenTrust(prior=(3, 1)), 0.75),
    ):
        model = Marketplace(buyers=50, sellers=5, trust=trust, rng=1)
        model.run_for(3)
        new = model.add_sellers(Seller, 1)
        assert new.get("trust") == [expected]
        model.run_for(2)


def test_leaving_sellers_and_buyers_do_no_harm():
    for name in TRUST_MODELS:
        model = Marketplace(buyers=60, sellers=8, trust=name, service={}, rng=1)
        for _ in range(6):
            model.step()
            model.remove_agents(model.agents.select(at_most=3))
            model.add_sellers(Seller, 1)
        assert np.isfinite(model.sellers["trust"]).all()


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: TRUST_MODELS.resolve("gossip"), "trust"),
        (lambda: TRUST_MODELS.resolve({"kind": "beta", "rate": 0.1}), "trust parameter of beta"),
        (lambda: TRUST_MODELS.resolve({"forgetting": 0.1}), "trust"),
        (lambda: TRUST_MODELS.resolve(3), "trust"),
        (lambda: Beta(forgetting=1.5), "forgetting"),
        (lambda: Exponential(rate=-1), "rate"),
        (lambda: Exponential(conservative=1), "conservative"),
        (lambda: EigenTrust(pretrusted=0), "pretrusted"),
        (lambda: EigenTrust(every=0), "every"),
        (lambda: Marketplace(ratings="stars"), "ratings"),
        (lambda: Marketplace(rating_cap=0), "rating_cap"),
        (lambda: Marketplace(rating_cap=1.0, trust="exponential"), "rating_cap"),
        (lambda: Marketplace(eligibility=2), "eligibility"),
        (lambda: Marketplace().add_sellers(Seller, 1, trust=0.9), "trust"),
        (lambda: Marketplace(rating_cap=1.0).add_sellers(Seller, 1, positive=9.0), "positive"),
    ],
)
def test_wrong_parameters_are_named(call, field):
    with pytest.raises(ParameterError, match=field):
        call()


class Halves(TrustModel):
    """A model of somebody else's."""

    columns: ClassVar = {}
    said = staticmethod(lambda count: np.full(count, 0.5))

    def start(self, successes, failures):
        return {"trust": np.full(np.shape(successes), 0.5)}

    def update(self, evidence):
        return self.said(len(evidence.sellers["id"]))


@pytest.mark.parametrize(
    "said",
    [
        lambda count: np.full(count, np.nan),
        lambda count: np.full(count, 1.5),
        lambda count: np.full(count - 1, 0.5),
        lambda count: ["much"] * count,
        lambda count: None,
    ],
)
def test_trust_that_is_no_share_is_refused_with_the_model_that_says_it(said):
    model = type("Wild", (Halves,), {"said": staticmethod(said)})
    market = Marketplace(buyers=10, sellers=3, trust=model, rng=1)
    with pytest.raises(DecisionError, match=r"^Wild\.update = .*: must be 3 numbers from 0 to 1"):
        market.step()
    Marketplace(buyers=10, sellers=3, trust=Halves, rng=1).step()


@pytest.mark.parametrize("side", ["columns", "buyer_columns"])
def test_a_trust_model_cannot_take_the_wallets_for_its_state(side):
    greedy = type("Greedy", (Halves,), {side: {"wallet": np.int64}})
    with pytest.raises(ParameterError, match=r"^Greedy column = 'wallet': must be another than"):
        Marketplace(buyers=10, sellers=3, trust=greedy, rng=1)
