"""The sentence on the last clearing says who won, at what price, and why."""

import re

import numpy as np
import pytest

from econsim.models.marketplace import Marketplace
from econsim.money import to_credits
from econsim.pricing import PRICING_MODELS, Auction, Fills
from econsim.visualization.engines.clearings import Clearings
from econsim.visualization.numbers.clearing import FIRST_SELLER
from econsim.visualization.numbers.explain import explain, money


def played(pricing, rounds=3, **parameters):
    given = {"buyers": 60, "sellers": 4, "pricing": pricing, "rng": 2, **parameters}
    model = Marketplace(**given)
    clearings = Clearings(model)
    if rounds:
        model.run_for(rounds)
    return model, clearings


@pytest.mark.parametrize("pricing", PRICING_MODELS)
def test_every_pricing_model_is_explained_with_its_numbers(pricing):
    model, clearings = played(pricing)
    facts = clearings.facts()
    text = explain(facts)
    assert text.startswith(f"Round {model.round}, ")
    assert text.endswith(".")
    assert "\n" not in text
    for each in facts["winners"] if facts["sold"] else []:
        assert f"uyer {each['buyer']} " in text


def test_the_sentence_of_a_second_price_is_what_happened():
    _, clearings = played("vickrey")
    facts, last = clearings.facts(), clearings.last()[0]
    place = int(np.flatnonzero(last.listings.seller == FIRST_SELLER + facts["seller"])[0])
    bids = sorted(last.orders.limit[last.orders.listing == place].tolist(), reverse=True)
    assert facts["orders"] == len(bids)
    assert facts["sold"] == 4 == facts["capacity"]
    assert facts["winners"][0]["bid"] == to_credits(bids[0])
    assert facts["winners"][0]["payment"] == facts["rejected"] == to_credits(bids[4])
    assert (f"win and pay {money(to_credits(bids[4]))} each, the highest rejected bid") in explain(
        facts
    )
    assert f"{len(bids)} buyers bid for 4 units" in explain(facts)


def test_a_first_price_winner_hears_what_it_could_have_saved():
    facts = played("first-price")[1].facts()
    first = facts["winners"][0]
    assert first["payment"] == first["bid"]
    saved = money(first["bid"] - facts["rejected"])
    assert f"buyer {first['buyer']} could have bid {saved} less" in explain(facts)


def test_vcg_names_the_externality():
    facts = played("vcg")[1].facts()
    external = facts["winners"][0]["payment"] - facts["ask"]
    assert external > 0
    assert f"the Clarke externality of {money(external)}" in explain(facts)


def test_the_externality_is_what_the_others_lose():
    """Payment less reserve is how much more the others would gain if the winner had not come."""
    from scipy.optimize import linear_sum_assignment

    _, clearings = played("vcg", rounds=1, buyers=12, sellers=3, capacity=2)
    facts, last = clearings.facts(), clearings.last()[0]
    winner = facts["winners"][0]

    def gains(absent=None):
        """Largest sum of bid less reserve over the buyers present, and the winner's part."""
        buyers = [b for b in np.unique(last.orders.buyer) if b != absent]
        units = np.repeat(np.arange(len(last.listings.seller)), last.listings.capacity)
        surplus = np.zeros((len(buyers), len(units)))
        for buyer, listing, limit in zip(
            last.orders.buyer, last.orders.listing, last.orders.limit, strict=True
        ):
            if buyer != absent:
                row = buyers.index(buyer)
                worth = max(int(limit) - int(last.listings.price[listing]), 0)
                surplus[row, units == listing] = worth
        rows, columns = linear_sum_assignment(surplus, maximize=True)
        return surplus[rows, columns].sum()

    others = gains() - (winner["bid"] - facts["ask"]) * 1e6
    external = (winner["payment"] - facts["ask"]) * 1e6
    assert gains(winner["buyer"]) - others == pytest.approx(external, abs=1)


def test_no_trade_and_no_round_are_explained_too():
    _, clearings = played("vickrey", rounds=0)
    assert explain(clearings.facts()) == "Nothing was cleared yet: press Step or Play."
    _, clearings = played("vickrey", demand_rate=0.0)
    assert "nothing was sold" in explain(clearings.facts())


@pytest.mark.parametrize("side", ["buyers", "sellers"])
def test_a_market_without_a_side_is_explained_too(side):
    _, clearings = played("vickrey", **{side: 0})
    assert re.search("nothing was sold|no seller offers", explain(clearings.facts()))


def test_a_fee_is_named():
    model, clearings = played("vickrey")
    model.at(3, "fee", share=0.125)
    model.run_for(1)
    assert "keeps a fee of 12.5 %" in explain(clearings.facts())


def test_mean_prices_are_those_of_the_fills():
    model, clearings = played("first-price", categories=2)
    fills = clearings.last()[0].fills
    category = model.sellers["category"][fills.listing]
    expected = [fills.payment[category == k].mean() / 1e6 for k in range(2)]
    assert clearings.mean_price() == pytest.approx(expected, rel=1e-12)


def test_watching_changes_nothing():
    model, _ = played("vcg")
    alone = Marketplace(buyers=60, sellers=4, pricing="vcg", rng=2)
    alone.run_for(3)
    assert model.state_digest() == alone.state_digest()


FACTS = {
    "round": 4, "category": "", "fee": 0.0, "pricing": "new", "term": 0, "seller": 2,
    "capacity": 2, "ask": 3.0, "orders": 3, "rejected": 2.0, "sold": 2, "uniform": True,
    "winners": [
        {"buyer": 7, "bid": 9.0, "payment": 9.0}, {"buyer": 1, "bid": 5.0, "payment": 5.0},
    ],
}  # fmt: skip


def test_what_a_reserve_decides_is_said_of_the_reserve():
    text = explain({**FACTS, "rule": "pay-as-bid"})
    assert "the reserve was 3, so buyer 7 could have bid 6 less" in text


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"ask": None}, "no seller has a unit to sell"),
        ({"orders": 0, "rejected": None}, "nobody bids"),
        ({"ask": 3.0, "rejected": 2.0}, "the highest bid is 2, the lowest ask 3"),
        ({"ask": 1.0, "rejected": 2.0}, "the mechanism gives up this one"),
    ],
)
def test_no_trade_of_a_double_auction_has_its_reason(facts, words):
    text = explain({**FACTS, "rule": "pooled", "sold": 0, **facts})
    assert text.endswith(f"{words}.")


@pytest.mark.parametrize("pricing", ["fixed", "vickrey", "vcg", "double"])
def test_who_is_banned_or_has_no_unit_is_said_so(pricing):
    model, clearings = played(pricing, sellers=2)
    model.at(3, "supply", capacity=0)
    model.run_for(1)
    assert re.search("no unit to sell|no seller has a unit", explain(clearings.facts()))
    model, clearings = played(pricing, sellers=2)
    model.at(3, "ban", sellers=model.sellers["id"].tolist())
    model.run_for(1)
    assert re.search("the seller is banned|no seller", explain(clearings.facts()))


def test_a_trade_that_is_given_up_is_not_called_impossible():
    for seed in range(200):
        _, clearings = played("double", rounds=1, buyers=3, sellers=2, rng=seed)
        facts = clearings.facts()
        if not facts.get("sold") and facts.get("orders") and facts["rejected"] >= facts["ask"]:
            assert "gives up this one" in explain(facts)
            return
    raise AssertionError("no market with a single possible trade")


def test_nobody_is_said_to_be_refused_where_nobody_came():
    assert "nobody bids" in explain({**FACTS, "rule": "pooled", "orders": 0, "sold": 0})


class LowestAccepted(Auction):
    """A rule that the dashboard does not know: everybody pays the lowest accepted bid."""

    name = "lowest-accepted"

    def clear(self, orders, listings, streams):
        fills = PRICING_MODELS["first-price"]().clear(orders, listings, streams)
        least = np.full(len(listings.seller), 2**62)
        np.minimum.at(least, fills.listing, fills.payment)
        paid = least[fills.listing]
        return Fills(fills.order, fills.listing, paid, paid)


class EachItsOwn(LowestAccepted):
    """A rule with a price for everybody."""

    name = "each-its-own"

    def clear(self, orders, listings, streams):
        fills = PRICING_MODELS["first-price"]().clear(orders, listings, streams)
        paid = (fills.payment * 0.9).astype(np.int64)
        return Fills(fills.order, fills.listing, paid, paid)


@pytest.mark.parametrize("pricing", [LowestAccepted(), EachItsOwn()])
def test_a_rule_that_is_not_known_is_not_taken_for_another(pricing):
    _, clearings = played(pricing)
    facts = clearings.facts()
    assert facts["rule"] == "other"
    text = explain(facts)
    for each in facts["winners"][:1] if facts["uniform"] else facts["winners"]:
        assert money(each["payment"]) in text
    assert text.endswith(f"by the rule of {pricing.name}.")


@pytest.mark.parametrize("pricing", PRICING_MODELS)
def test_registered_rules_are_all_known(pricing):
    assert played(pricing)[1].facts()["rule"] != "other"


def test_a_subscription_fee_is_no_price_of_a_task():
    model, clearings = played("subscription", rounds=0, buyers=300, sellers=30)
    while not clearings.last() or not len(clearings.last()[0].fills.payment):
        model.step()
        assert model.round < 50
    assert np.isnan(clearings.mean_price()).all()
