"""The two-part tariff: a fee to join, and a price for each task, both of them on the books."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace
from econsim.preferences import Category
from econsim.pricing import ContractTerms, Listings, Orders, TwoPart
from econsim.streams import Streams

CREDIT = 10**6
FREE = [Category("a", (1.0, 2.0), (0.0, 0.0))]  # sellers without cost open at any price


def market(pricing, **keywords):
    return Marketplace(
        **{
            "buyers": 200,
            "sellers": 20,
            "rng": 3,
            "pricing": pricing,
            "categories": FREE,
            **keywords,
        }
    )


def test_a_tariff_by_hand():
    """Term 10, fee of 5 task prices: at 200 one joins for 1000 and pays 200 for the first task."""
    model = TwoPart(term=10, membership=5)
    assert (model.quote(1, 200), model.quote(4, 200)) == (1200, 1200)
    assert model.quote(np.array([1, 4]), np.array([200, 100])).tolist() == [1200, 600]
    # Ten tasks at 300 cost as much as fee and tasks of 15 times 200; a cost of 100 needs 67.
    assert (model.price_for(300, 4), model.floor_price(100)) == (200, 67)
    assert model.floor_price(np.array([100, 150])).tolist() == [67, 100]
    assert TwoPart(10, 5, volume=5).price_for(300, 4) == 150
    assert model.contract == ContractTerms(10, membership=5)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(0, 10**6), st.integers(1, 50))
def test_at_its_floor_no_number_of_tasks_makes_a_loss(term, membership, cost, tasks):
    price = TwoPart(term, membership).floor_price(cost)
    tasks = min(tasks, term)
    assert (membership + tasks) * price >= tasks * cost


def test_who_can_pay_fee_and_first_task_joins():
    orders = Orders(0, np.arange(3), np.zeros(3, np.int32), np.ones(3, np.uint8),
                    np.array([59, 60, 80]))  # fmt: skip
    listings = Listings(np.array([9]), np.zeros(1, np.int16), np.array([3]), np.array([10]))
    fills = TwoPart(membership=5).clear(orders, listings, Streams(1))
    assert sorted(fills.order.tolist()) == [1, 2]
    assert fills.payment.tolist() == fills.receipt.tolist() == [60, 60]


@pytest.mark.parametrize("wrong", [{"membership": 0}, {"membership": 101}, {"membership": 1.5}])
def test_a_fee_is_a_whole_multiple_of_the_price(wrong):
    with pytest.raises(ParameterError, match=r"^membership = "):
        TwoPart(**wrong)


def test_members_pay_for_each_task_at_the_price_of_their_signing():
    """All prices are doubled after signing: the books show what the contracts said."""
    model = market(TwoPart(20, 5, price=CREDIT // 10), demand_rate=1.0, value_spread=0.0)
    model.step()
    signed = len(model.contracts)
    assert signed > 0
    assert model.ledger.conserved
    assert (model.contracts["fee"] == CREDIT // 2).all()
    assert model.history[0]["revenue"] == signed * 6 * CREDIT // 10
    model.sellers["capacity"] = np.bincount(
        model.sellers.rows(model.contracts["seller"]), minlength=20
    )
    model.sellers["price"] = 2 * model.sellers["price"]
    for _ in range(3):
        uses = model.contracts["uses"].sum()
        model.step()
        last = model.history[-1]
        assert model.ledger.conserved
        assert last["sales"] == 0
        assert last["trades"] == model.contracts["uses"].sum() - uses > 0
        assert last["revenue"] == last["trades"] * CREDIT // 10


def test_a_member_keeps_back_what_is_not_worth_the_price_or_cannot_be_paid():
    model = market(TwoPart(30, 1, price=CREDIT // 10), demand_rate=1.0)
    model.step()
    holders = model.buyers.rows(model.contracts["buyer"])
    wallet, value = model.buyers["wallet"].copy(), model.buyers["value"].copy()
    wallet[holders[0]], value[holders[1]] = 0, 1
    model.buyers["wallet"], model.buyers["value"] = wallet, value
    model.rules.income[:] = 0
    model.step()
    uses = model.contracts["uses"]
    assert uses[:2].tolist() == [1, 1]
    assert uses[2 : len(holders)].max() == 2
    assert model.buyers["wallet"].min() >= 0


def test_renewal_costs_the_fee_without_a_task():
    model = market(TwoPart(3, 4, price=CREDIT // 10, renewal=True), demand_rate=1.0)
    renewed = 0
    for _ in range(12):
        model.step()
        assert model.ledger.conserved
        renewed += model.history[-1]["renewable"] - model.history[-1]["churned"]
    assert renewed > 0


def test_buyers_weigh_fee_and_tasks_together():
    """The dearer the tasks, the fewer join; the expected outlay is on the offer."""
    joined = []
    for price in (CREDIT // 10, CREDIT, 4 * CREDIT):
        model = market(TwoPart(10, 5, price=price))
        model.step()
        joined.append(model.history[0]["sales"])
    assert joined[0] > 0
    assert joined == sorted(joined, reverse=True)
    assert joined[-1] == 0


def test_one_market_of_all_contracts_conserves_money_under_penalties_and_commission():
    mix = {"two-part(commission=0.1)": 0.4, "two-part(membership=1, volume=4, renewal=True)": 0.3,
           "subscription": 0.3}  # fmt: skip
    digests = set()
    for backend in ("columns", "objects"):
        model = market(mix, service={"penalty": 0.5}, backend=backend)
        model.at(3, "fee", share=0.05)
        model.at(4, "subsidy", share=0.2)
        for _ in range(25):
            model.step()
            assert model.ledger.conserved
            assert model.buyers["wallet"].min() >= 0
        digests.add(model.state_digest())
    assert len(digests) == 1


def test_a_price_that_nobody_can_pay_is_no_offer_and_no_overflow():
    model = market(TwoPart(10**6, 100, price=2**53), demand_rate=1.0)
    model.step()
    assert model.history[0]["sales"] == len(model.contracts) == 0
