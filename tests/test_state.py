"""A market is rules and a state: copies go on alike, compare, and hash to the digest."""

import numpy as np
import pytest

from econsim.models.marketplace import Buyer, Marketplace
from econsim.models.marketplace.round import play
from econsim.pricing import Subscription
from econsim.trust import EigenTrust

MARKETS = {
    "vickrey": {"pricing": "vickrey"},
    "mix": {"pricing": {"fixed": 0.4, "first-price": 0.3, "double": 0.3}, "categories": 2},
    "contracts": {"pricing": Subscription(term=3, renewal=True), "service": {}},
    "learners": {"pricing": "first-price", "strategy": {"hedge": 0.5, "q-learning": 0.5}},
    "expected": {"pricing": {"fixed": 0.5, "subscription": 0.5}, "choice": "expected"},
    "eigentrust": {"pricing": "fixed", "trust": EigenTrust(every=2), "rating_cap": 2.0},
}


def market(**keywords):
    return Marketplace(**{"buyers": 200, "sellers": 20, "rng": 4, **keywords})


def same(one, other):
    """Records are equal, NaN included."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=True) for name in one
    )


@pytest.mark.parametrize("name", MARKETS)
def test_a_copy_before_any_round_is_the_same(name):
    model = market(**MARKETS[name])
    assert model.state.copy().equals(model.state)


@pytest.mark.parametrize("name", MARKETS)
def test_a_copy_plays_the_round_that_the_market_plays(name):
    model = market(**MARKETS[name])
    model.run_for(4)
    # Between rounds contracts are renewed and deliveries settled: events of the Mesa model.
    model.run_until(4.99)
    branch = model.state.copy()
    assert branch.equals(model.state)
    assert branch.digest() == model.state_digest()
    if name == "contracts":
        model.run_until(5)
        return
    outcome = play(model.rules, branch, 5.0)
    assert not branch.equals(model.state)
    model.run_until(5)
    assert same(outcome.record, model.history[-1])
    assert branch.equals(model.state)
    assert branch.digest() == model.state_digest()


@pytest.mark.parametrize("name", MARKETS)
def test_a_copy_shares_nothing_that_a_round_writes(name):
    model, twin = market(**MARKETS[name]), market(**MARKETS[name])
    model.run_for(3)
    twin.run_for(3)
    branch = model.state.copy()
    for now in (4.0, 5.0, 6.0):
        play(model.rules, branch, now)
    assert model.state.equals(twin.state)
    model.run_for(3)
    twin.run_for(3)
    assert model.state_digest() == twin.state_digest()


def test_two_states_differ_in_whatever_changes():
    model = market(pricing="fixed", trust=EigenTrust(), attack={"kind": "oscillation"})
    model.run_for(3)
    state = model.state

    def unlike(change):
        branch = state.copy()
        change(branch)
        return not branch.equals(state)

    assert unlike(lambda s: s.buyers["wallet"].__setitem__(0, 1))
    assert unlike(lambda s: s.sellers.add_column("mine", np.int64))
    assert unlike(lambda s: s.set(fee=0.1))
    assert unlike(lambda s: s.set(reserve=s.policy.reserve + 1))
    assert unlike(lambda s: s.ledger.flows.update(cost=1))
    assert unlike(lambda s: setattr(s, "round", 9))
    assert unlike(lambda s: s.ratings.positive.__iadd__(1))
    assert unlike(lambda s: setattr(s.attack, "profit", -1))
    assert unlike(lambda s: s.unpriced.append(3))
    assert not unlike(lambda s: s.supply(1))


def test_the_digest_tells_apart_what_only_some_markets_keep():
    model = market(pricing="fixed", trust=EigenTrust())
    model.run_for(3)
    seen = {model.state_digest()}
    for change in (
        lambda s: s.set(fee=0.1),
        lambda s: s.set(subsidy=0.1),
        lambda s: s.ratings.negative.__iadd__(1),
    ):
        branch = model.state.copy()
        change(branch)
        seen.add(branch.digest())
    assert len(seen) == 4


def test_rules_are_frozen():
    model = market()
    with pytest.raises(AttributeError):
        model.rules.capacity = 3
    with pytest.raises(AttributeError):
        model.state.policy.fee = 0.1


@pytest.mark.parametrize("change", [{"fee": 0.25}, {"subsidy": 0.5}, {"fee": 0.9, "subsidy": 1.0}])
@pytest.mark.parametrize("pricing", ["fixed", "perunit", "subscription"])
def test_a_transfer_that_changes_no_decision_changes_no_welfare(pricing, change):
    """To the tick, from one state: prices are posted, so that the round decides alike."""
    model = market(pricing=pricing)
    model.run_for(5)
    plain, other = model.state.copy(), model.state.copy()
    other.set(**change)
    one, two = (play(model.rules, state, 6.0).record for state in (plain, other))
    assert one["orders"] == two["orders"]
    assert one["worth"] - one["cost"] == two["worth"] - two["cost"]
    parties = ("buyer_surplus", "seller_profit", "retained")
    for record in (one, two):
        gained = sum(record[name] for name in parties) - record["subsidy"]
        assert gained == record["worth"] - record["cost"]


def test_a_fee_on_a_copied_state_takes_from_sellers_what_the_platform_gets():
    """Posted prices: the first round decides alike."""
    model = market(pricing="fixed")
    model.run_for(5)
    plain, taxed = model.state.copy(), model.state.copy()
    taxed.set(fee=0.25)
    one, other = (play(model.rules, state, 6.0).record for state in (plain, taxed))
    assert one["orders"] == other["orders"]
    assert other["retained"] == one["seller_profit"] - other["seller_profit"] > 0
    assert one["buyer_surplus"] == other["buyer_surplus"]


def test_a_trust_model_of_a_users_own_sees_who_rated_whom():
    from econsim.trust import Beta, TrustModel

    class Veterans(Beta):
        """Only buyers that were there at the start count."""

        name = "veterans"
        buyer_columns = {"seen": np.int64}  # noqa: RUF012

        def update(self, evidence):
            founding = evidence.ratings.buyer < evidence.founding
            np.add.at(evidence.buyers["seen"], evidence.ratings.buyer[founding], 1)
            return super().update(evidence)

    assert issubclass(Veterans, TrustModel)
    model = market(pricing="fixed", trust=Veterans())
    model.run_for(2)
    late = model.add_buyers(Buyer, 50)
    model.run_for(2)
    assert model.buyers["seen"][:200].sum() > 0
    assert model.buyers["seen"][model.buyers.rows(late.ids)].sum() == 0
