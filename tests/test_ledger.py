"""The ledger: every movement conserves money, and every flow is on the account of somebody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.ledger import Ledger
from econsim.population import Population


def ledger(buyers=4, sellers=3, wallet=1000):
    tables = []
    for count in (buyers, sellers):
        table = Population({"wallet": np.int64})
        table.add(count, wallet=wallet)
        tables.append(table)
    books = Ledger(*tables)
    books.endow()
    return books


SALES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 800), st.floats(0, 1)), min_size=4, max_size=4
)


@settings(max_examples=200, deadline=None)
@given(SALES, st.floats(0, 0.9), st.floats(0, 1), st.integers(0, 10**6))
def test_every_movement_conserves_money(sales, fee, subsidy, income):
    books = ledger()
    books.income(np.array([income]), np.zeros(4, dtype=np.int16))
    seller = np.array([row for row, _, _ in sales])
    payment = np.array([price for _, price, _ in sales])
    receipt = np.array([int(price * share) for _, price, share in sales])
    before = books.sellers["wallet"].copy()
    books.transfer(np.arange(4), seller, payment, receipt, fee, subsidy)
    flows = books.flows
    assert books.conserved
    assert flows["paid"] == payment.sum()
    assert flows["paid"] == flows["received"] + flows["fees"] + flows["kept"]
    assert (books.sellers["wallet"] - before).sum() == flows["received"]
    assert books.injected == 4 * income + flows["subsidy"] - flows["fees"] - flows["kept"]
    books.refund(seller, np.arange(4), payment * 2)
    assert books.conserved
    assert books.sellers["wallet"].min() >= 0


def test_a_purchase_by_hand():
    """Price 100, the mechanism hands on 90, a fee of 30 %, a subsidy of 50 %."""
    books = ledger(buyers=1, sellers=1)
    row = np.array([0])
    books.transfer(row, row, np.array([100]), np.array([90]), 0.3, 0.5)
    books.incur(np.array([40]))
    assert books.buyers["wallet"].tolist() == [950]
    assert books.sellers["wallet"].tolist() == [1063]
    assert dict(books.flows) == {
        "paid": 100, "received": 63, "fees": 27, "kept": 10, "subsidy": 50, "cost": 40
    }  # fmt: skip
    books.close()
    assert not books.flows
    assert books.conserved


def test_what_agents_bring_and_take_is_their_endowment():
    books = ledger()
    books.buyers.add(1, wallet=7)
    books.endow()
    assert (books.endowed, books.conserved) == (7007, True)
    books.sellers.remove([0])
    books.endow()
    assert (books.endowed, books.conserved) == (6007, True)
    books.buyers["wallet"][0] += 1
    assert not books.conserved


def test_income_that_64_bits_cannot_hold_is_refused():
    books = ledger(buyers=2000)
    with pytest.raises(ParameterError, match="income"):
        books.income(np.array([2**53]), np.zeros(2000, dtype=np.int16))


@pytest.mark.parametrize("pricing", ["fixed", "subscription", "first-price", "vickrey", "double"])
def test_only_the_ledger_moves_money(pricing):
    """Between two rounds of a market with fee, subsidy and refunds the books say what moved."""
    model = Marketplace(buyers=150, sellers=15, pricing=pricing, service={"penalty": 0.4}, rng=2)
    model.at(0, "fee", share=0.2)
    model.at(0, "subsidy", share=0.1)
    wallets = model.ledger.total
    for _ in range(8):
        model.step()
        record = model.history[-1]
        parties = record["buyer_surplus"] + record["seller_profit"] + record["retained"]
        assert record["worth"] - record["cost"] == parties - record["subsidy"]
        moved = record["injected"] - record["retained"]
        assert model.ledger.total - wallets == moved
        assert model.ledger.conserved
        wallets = model.ledger.total


CHEAP = ["subscription(price=1000000)", "two-part(price=100000)"]


@pytest.mark.parametrize("pricing", ["fixed", "vickrey", "vcg", *CHEAP])
@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_without_budgets_no_order_is_cut_and_wallets_may_owe(pricing, backend):
    keywords = {"buyers": 80, "sellers": 8, "pricing": pricing, "rng": 3, "endowment": 0}
    poor = Marketplace(**keywords, income=10_000, backend=backend)
    free = Marketplace(**keywords, income=10_000, budgets=False, backend=backend)
    rich = Marketplace(**{**keywords, "endowment": 2**50}, income=10_000, backend=backend)
    for model in (poor, free, rich):
        model.run_for(4)
        assert model.ledger.conserved
    assert free.buyers["wallet"].min() < 0 <= poor.buyers["wallet"].min()
    assert free.orders.limit.tolist() == rich.orders.limit.tolist()
    assert free.history[-1]["trades"] == rich.history[-1]["trades"] > poor.history[-1]["trades"]
    assert poor.summary()["budget_bound"] > 0.5
    assert free.summary()["budget_bound"] == rich.summary()["budget_bound"] == 0
