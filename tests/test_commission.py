"""A pricing model's commission: a fee of that model's sales, which its sellers foresee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.limits import before_share, share_of
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS

# Costs near values, so that who ignores the commission loses.
NARROW = [Category("a", (1.0, 2.0), (0.8, 0.9))]


def market(pricing, **keywords):
    return Marketplace(**{"buyers": 200, "sellers": 20, "rng": 3, "pricing": pricing, **keywords})


@given(st.integers(0, 10**12), st.floats(0, 0.9))
def test_before_a_share_so_much_more_that_the_price_is_left(price, share):
    asked = int(before_share(price, share))
    assert asked - share_of(np.array([asked]), share)[0] >= price
    assert asked == before_share(np.array([price]), np.array([share]))[0]


@pytest.mark.parametrize("name", PRICING_MODELS)
def test_every_model_takes_one_and_says_so(name):
    model = PRICING_MODELS.resolve(f"{name}(commission=0.25)")
    assert (model.commission, PRICING_MODELS[name]().commission) == (0.25, 0.0)
    assert PRICING_MODELS.spell(model) == f"{name}(commission=0.25)"
    assert "commission=0.25" in repr(model)


@pytest.mark.parametrize("share", [-0.1, 0.95, "a", None])
def test_a_commission_is_a_share_that_leaves_a_tenth(share):
    with pytest.raises(ParameterError, match=r"^commission = "):
        PRICING_MODELS["vickrey"](commission=share)


@pytest.mark.parametrize("name", PRICING_MODELS)
def test_it_is_a_fee_in_the_books_and_money_is_conserved(name):
    model = market({"kind": name, "commission": 0.2})
    model.run_for(30)
    assert model.ledger.conserved
    paid = sum(each["revenue"] + each["retained"] for each in model.history)
    retained = sum(each["retained"] for each in model.history)
    assert retained > 0.19 * paid > 0


@pytest.mark.parametrize("name", ["fixed", "vickrey", "double", "uniform"])
def test_sellers_foresee_it(name):
    """No seller sells below its cost and the commission, from the first round on."""
    model = market(f"{name}(commission=0.2)", categories=NARROW)
    model.run_for(12)
    assert all(each["seller_profit"] >= 0 for each in model.history)


@pytest.mark.parametrize("name", ["fixed", "subscription", "vickrey", "double"])
def test_it_is_the_fee_that_an_intervention_would_take(name):
    """Reserves and floors move alike; only opening prices know of a commission beforehand."""
    taxed, own = market(name), market(f"{name}(commission=0.25)")
    taxed.at(0, "fee", share=0.25)
    for model in (taxed, own):
        model.run_for(8)
    assert taxed.history[1:] == own.history[1:]


def test_it_is_of_the_sales_of_its_model_alone():
    model = market({"fixed": 0.5, "vickrey(commission=0.3)": 0.5})
    before = model.sellers["wallet"].copy()
    fixed = model.sellers["pricing"] == 0
    model.run_for(1)
    gained = model.sellers["wallet"] - before
    (record,) = model.history
    paid = record["revenue"] + record["retained"]
    assert record["retained"] == pytest.approx(0.3 * (paid - gained[fixed].sum()), rel=1e-5)


def test_a_fee_adds_to_it_and_both_leave_a_tenth():
    model = market("vickrey(commission=0.8)")
    with pytest.raises(ParameterError, match=r"^share = 0.2: must be .*0.1"):
        model.at(0, "fee", share=0.2)
    model.at(0, "fee", share=0.1)
    model.run_for(3)
    last = model.history[-1]
    assert last["retained"] == pytest.approx(0.9 * (last["retained"] + last["revenue"]), rel=1e-4)


def test_backends_and_kernels_agree_under_commissions(monkeypatch):
    mix = [[{"kind": name, "commission": 0.07 * k}, 1 / len(PRICING_MODELS)]
           for k, name in enumerate(PRICING_MODELS)]  # fmt: skip
    digests = set()
    for backend, kernel in (("columns", "numba"), ("columns", "numpy"), ("objects", "numpy")):
        monkeypatch.setenv("ECONSIM_KERNELS", kernel)
        model = market(mix, sellers=40, backend=backend)
        model.run_for(20)
        digests.add(model.state_digest())
    assert len(digests) == 1
