"""Service levels and contracts: outcomes, latency, refunds to the tick, terms and renewal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace, Seller, ServiceLevel, Status
from econsim.models.marketplace.ledger import affordable
from econsim.pricing import Subscription
from econsim.trust import Outcome

MONEY = ("buyers", "sellers")


def total(model):
    return sum(int(getattr(model, side)["wallet"].sum()) for side in MONEY)


def conserved(model):
    return total(model) == model.initial_money + model.injected_money


def market(**keywords):
    given = {"buyers": 300, "sellers": 20, "service": {}, "rng": 5, **keywords}
    return Marketplace(**given)


class Watched(Marketplace):
    """Keeps every delivery that ended."""

    def __init__(self, **keywords):
        super().__init__(**keywords)
        self.seen = []

    def step(self):
        from econsim.models.marketplace.delivery import settle

        settle(self.state, self.time)
        self.seen += self.state.ended
        super().step()


def watched(rounds=30, **keywords):
    model = Watched(**{"buyers": 300, "sellers": 20, "service": {}, "rng": 5, **keywords})
    model.run_for(rounds)
    names = ("buyer", "seller", "paid", "worth", "outcome", "error")
    columns = {name: np.concatenate([getattr(e, name) for e in model.seen]) for name in names}
    return model, columns


def test_every_outcome_happens_with_its_chance():
    service = {"bound": 0.5, "latency": (0.25, 0.25), "partial": 0.4}
    _, seen = watched(60, service=service, reliability=(0.7, 0.7), capacity=10)
    share = np.bincount(seen["outcome"], minlength=4) / len(seen["outcome"])
    late = np.exp(-2)  # an exponential latency exceeds twice its mean
    expected = [0.7 * (1 - late), 0.7 * late, 0.3 * 0.4, 0.3 * 0.6]
    error = 4 * np.sqrt(0.25 / len(seen["outcome"]))
    assert share == pytest.approx(expected, abs=error)
    partial = seen["outcome"] == Outcome.PARTIAL
    assert stats.kstest(seen["error"][partial], "uniform").pvalue > 0.001
    assert (seen["error"][~partial] == 0).all()


def test_deliveries_wait_for_their_latency_and_no_longer_than_the_bound():
    model = market(service={"latency": (0.5, 0.9), "bound": 0.7})
    model.step()
    due = model.deliveries["due"]
    assert len(due) == model.history[0]["trades"] > 0
    assert model.history[0]["delivered"] == 0
    assert ((due >= 1.0) & (due <= 1.7)).all()
    assert (due == 1.7).any()
    model.run_until(1.5)
    assert (model.deliveries["due"] > 1.5).all()
    model.run_until(1.9)
    assert len(model.deliveries) == 0
    model.run_until(2.0)
    assert model.history[1]["ended"] == len(due)


def test_a_breach_refunds_its_share_of_the_payment_to_the_tick():
    model = market(
        service={"penalty": 0.37, "latency": (0.01, 0.01), "bound": 0.2}, reliability=(0.3, 0.6)
    )
    model.step()
    before = {side: getattr(model, side)["wallet"].copy() for side in MONEY}
    held = model.deliveries.to_frame(ticks=True)
    model.run_until(1.25)
    missed = held["outcome"] != Outcome.SUCCESS
    assert missed.any()
    assert not missed.all()
    due = (held["paid"][missed] * 0.37).astype(np.int64)
    gain = model.buyers["wallet"] - before["buyers"]
    expected = np.zeros(len(gain), dtype=np.int64)
    np.add.at(expected, model.buyers.rows(held["buyer"][missed].to_numpy()), due.to_numpy())
    assert gain.tolist() == expected.tolist()  # sellers that were just paid can afford it
    assert (before["sellers"] - model.sellers["wallet"]).sum() == due.sum()
    assert model.ledger.flows["refunds"] == due.sum()
    assert conserved(model)


def test_no_wallet_falls_below_zero():
    model = market(service={"penalty": 1.0, "bound": 0.1}, reliability=(0.0, 0.3), endowment=10**8)
    for _ in range(25):
        model.sellers["wallet"][:] //= 3  # sellers spend; refunds are limited by what is left
        model.ledger.endow()
        model.step()
        assert model.sellers["wallet"].min() >= 0
        assert conserved(model)
    assert model.summary()["refunds"] > 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50)), max_size=30), st.integers(0, 99))
def test_refunds_are_first_come_first_served(owed, seed):
    wallet = np.random.default_rng(seed).integers(0, 100, 5)
    payer = np.array([who for who, _ in owed], dtype=np.int64)
    due = np.array([amount for _, amount in owed], dtype=np.int64)
    left, expected = wallet.tolist(), []
    for who, amount in owed:
        expected.append(min(amount, left[who]))
        left[who] -= expected[-1]
    assert affordable(due, payer, wallet).tolist() == expected


def test_metrics_of_service():
    model = market(reliability=(0.6, 0.8))
    model.run_for(20)
    history, found = model.history, model.summary()
    ended, breaches = (sum(each[name] for each in history) for name in ("ended", "breaches"))
    assert found["breach_rate"] == breaches / ended
    assert found["refunds"] == pytest.approx(sum(each["refunds"] for each in history) / 20e6)
    assert sum(each["delivered"] for each in history) == ended - breaches
    plain = Marketplace(buyers=100, sellers=10, rng=1)
    plain.run_for(3)
    assert plain.summary()["breach_rate"] == plain.summary()["refunds"] == 0


def test_welfare_counts_what_was_delivered_once():
    model, seen = watched(20)
    part = (seen["worth"] * (1 - seen["error"])).astype(np.int64)
    whole = np.where(seen["outcome"] == Outcome.SUCCESS, seen["worth"], 0)
    worth = np.where(seen["outcome"] == Outcome.PARTIAL, part, whole).sum()
    history = model.history
    paid = sum(each["revenue"] + each["retained"] for each in history)
    refunds = sum(each["refunds"] for each in history)
    assert sum(each["buyer_surplus"] for each in history) == worth - paid + refunds


def test_buyers_expect_refunds():
    offers = []

    from econsim.models.marketplace import Buyer

    class Curious(Buyer):
        def choose(self, found):
            offers.extend(found)
            return super().choose(found)

    model = market(pricing="fixed", service={"penalty": 0.5})
    model.add_buyers(Curious, 3)
    model.run_for(2)
    assert all(o.expected_price == o.quote - int(o.quote * ((1 - o.trust) * 0.5)) for o in offers)


def test_sellers_may_promise_something_of_their_own():
    model = market(sellers=0)
    good = model.add_sellers(Seller, 2, promised=0.99, penalty=1.0, bound=2.0, latency=0.0)
    assert list(good.get("penalty")) == [1.0, 1.0]
    for name, value in {"penalty": 1.5, "promised": -0.1, "bound": -1.0, "latency": np.nan}.items():
        with pytest.raises(ParameterError, match=name):
            model.add_sellers(Seller, 1, **{name: value})


@pytest.mark.parametrize(
    ("service", "field"),
    [
        ({"promised": 1.2}, "promised"),
        ({"bound": 0}, "bound"),
        ({"penalty": -0.1}, "penalty"),
        ({"latency": (0.5, 0.1)}, "latency"),
        ({"latency": 3}, "latency"),
        ({"partial": "half"}, "partial"),
        ({"speed": 1}, "service entry"),
        ("fast", "service"),
    ],
)
def test_wrong_service_levels_are_named(service, field):
    with pytest.raises(ParameterError, match=field):
        Marketplace(service=service)
    assert ServiceLevel().penalty == 0.5


# Contracts


def statuses(model):
    return [Status(each).name for each in model.contracts["status"]]


def test_contracts_without_a_service_level_are_fulfilled_when_they_end():
    model = Marketplace(buyers=60, sellers=6, pricing=Subscription(term=3, price=10**6), rng=2)
    model.step()
    assert set(statuses(model)) == {"ACTIVE"}
    model.run_for(2)
    over = model.contracts["ends"] <= 3
    assert over.any()
    assert {s for s, done in zip(statuses(model), over, strict=True) if done} == {"FULFILLED"}
    ended = set(model.contracts["id"][over].tolist())
    model.step()
    assert not ended & set(model.contracts["id"].tolist())


def test_a_contract_is_breached_if_more_failed_than_was_promised():
    pricing = Subscription(term=4, price=2 * 10**6)
    service = {"promised": 0.75, "penalty": 0.5, "latency": (0, 0)}
    model = Marketplace(
        buyers=80, sellers=8, pricing=pricing, service=service, reliability=(0.2, 1.0), rng=3
    )
    seen = set()
    for _ in range(16):
        before = model.contracts.to_frame(ticks=True)
        model.step()
        now = model.contracts.to_frame(ticks=True)
        ended = now[now["ends"] <= model.round]
        for _, row in ended.iterrows():
            breached = row["missed"] > (1 - 0.75) * row["uses"]
            assert row["status"] == (Status.BREACHED if breached else Status.FULFILLED)
            seen.add(Status(row["status"]))
        assert (before["uses"] <= now["uses"].reindex(before.index).fillna(9)).all()
        assert conserved(model)
    assert seen == {Status.BREACHED, Status.FULFILLED}
    assert model.summary()["refunds"] > 0


def test_a_contract_that_keeps_exactly_its_promise_is_fulfilled():
    model = Marketplace(
        buyers=200, sellers=20, capacity=20, pricing=Subscription(term=10), rng=1,
        reliability=(0.85, 0.95), prior=(10, 1), service={"bound": 50.0, "latency": (0, 0)},
    )  # fmt: skip
    model.run_for(10)
    held = model.contracts.to_frame(ticks=True)
    exact = held[(held["ends"] <= 10) & (held["uses"] == 10) & (held["missed"] == 1)]
    assert len(exact) > 5
    assert (exact["status"] == Status.FULFILLED).all()


def test_a_volume_commitment_ends_when_it_is_used_up():
    pricing = Subscription(term=50, price=2 * 10**6, volume=3)
    model = Marketplace(buyers=40, sellers=8, pricing=pricing, rng=3)
    most = 0
    for _ in range(10):
        model.step()
        uses, status = model.contracts["uses"], model.contracts["status"]
        assert (uses <= 3).all()
        assert ((uses == 3) == (status == Status.FULFILLED)).all()
        most = max(most, int(uses.max(initial=0)))
    assert most == 3


def test_renewal_keeps_who_still_gains_and_counts_who_leaves():
    pricing = Subscription(term=3, price=3 * 10**6, renewal=True)
    model = Marketplace(buyers=80, sellers=8, pricing=pricing, rng=3)
    renewed = 0
    for now in range(1, 16):
        model.run_until(now)
        before = model.contracts.to_frame(ticks=True)
        ended = before[before["status"] == Status.FULFILLED]
        wallets = model.sellers["wallet"].copy()
        model.run_until(now + 0.5)
        fresh = model.contracts.to_frame(ticks=True).drop(before.index)
        renewed += len(fresh)
        assert set(fresh["buyer"]) <= set(ended["buyer"])
        assert fresh["fee"].sum() == (model.sellers["wallet"] - wallets).sum()
        seats = np.bincount(
            model.sellers.rows(model.contracts["seller"])[model.contracts["status"] == 0],
            minlength=8,
        )
        assert (seats <= model.sellers["capacity"]).all()
        assert conserved(model)
    assert renewed > 0
    found = model.summary()
    lost, over = (sum(each[name] for each in model.history) for name in ("churned", "renewable"))
    assert found["churn"] == lost / over < 1


def test_a_ban_suspends_contracts():
    pricing = Subscription(term=8, price=2 * 10**6)
    model = Marketplace(buyers=40, sellers=2, pricing=pricing, rng=3)
    model.step()
    banned = int(model.contracts["seller"][0])
    model.at(model.time, "ban", sellers=[banned], rounds=2)
    model.step()
    mine = model.contracts["seller"] == banned
    assert set(model.contracts["status"][mine]) == {Status.SUSPENDED}
    uses = model.contracts["uses"][mine].copy()
    model.run_for(1)
    assert (model.contracts["uses"][mine] == uses).all()
    model.run_for(1)
    assert set(model.contracts["status"][model.contracts["seller"] == banned]) == {Status.ACTIVE}


@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_who_is_suspended_signs_no_second_contract(backend):
    pricing = Subscription(term=20, renewal=True)
    model = Marketplace(
        buyers=100, sellers=20, capacity=20, pricing=pricing, rng=1, reliability=(1, 1),
        endowment=10**9, backend=backend,
    )  # fmt: skip
    model.run_for(5)
    busy = np.bincount(model.sellers.rows(model.contracts["seller"]), minlength=20).argsort()
    model.at(5, "ban", sellers=model.sellers["id"][busy[-8:]].tolist(), rounds=3)
    for _ in range(8):
        model.step()
        live = model.contracts["status"] % 3 == 0  # active or suspended
        holders = model.contracts["buyer"][live]
        assert len(np.unique(holders)) == len(holders)
        assert model.history[-1]["trades"] <= model.history[-1]["tasks"]


def test_a_renewal_is_subsidised_like_any_payment():
    pricing = Subscription(term=2, price=10**6, renewal=True)
    model = Marketplace(
        buyers=20, sellers=20, capacity=20, pricing=pricing, reliability=(1, 1), rng=1
    )
    model.at(0, "subsidy", share=1.0)
    model.run_for(2)
    before = model.buyers["wallet"].copy()
    model.run_for(0.5)
    assert model.ledger.flows["paid"] > 0
    assert model.buyers["wallet"].tolist() == before.tolist()
    model.run_for(1.5)
    assert conserved(model)
    booked = sum(each["injected"] - each["retained"] for each in model.history)
    assert booked == model.injected_money


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: Subscription(volume=0), "volume"),
        (lambda: Subscription(volume=2.5), "volume"),
        (lambda: Subscription(renewal="yes"), "renewal"),
    ],
)
def test_wrong_contracts_are_named(call, field):
    with pytest.raises(ParameterError, match=field):
        call()


FEATURES = {
    "service": {"pricing": "vickrey"},
    "commitments": {"pricing": {Subscription(4, 10**6, volume=2, renewal=True): 0.6, "fixed": 0.4}},
    "unreliable": {"pricing": "fixed", "reliability": (0.1, 0.6), "service": {"penalty": 1.0}},
    "slow": {"pricing": "first-price", "service": {"bound": 3.0, "latency": (0.5, 2.5)}},
}


@pytest.mark.parametrize("given", FEATURES.values(), ids=FEATURES)
@pytest.mark.parametrize("trust", ["beta", "exponential", "eigentrust"])
def test_backends_and_kernels_agree_with_service_levels(monkeypatch, given, trust):
    found = []
    for kernel in ("numba", "numpy"):
        monkeypatch.setenv("ECONSIM_KERNELS", kernel)
        for backend in ("columns", "objects"):
            model = market(**{"buyers": 100, "sellers": 10, **given}, trust=trust, backend=backend)
            digests = []
            for _ in range(10):
                model.step()
                digests.append(model.state_digest())
                assert conserved(model)
            found.append(digests)
    assert all(each == found[0] for each in found)
