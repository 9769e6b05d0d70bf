"""The contract of every registered pricing model, and an attempt to refute each of its claims."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from econsim.errors import MechanismError, ParameterError
from econsim.models.marketplace import Marketplace
from econsim.pricing import (
    PRICING_MODELS,
    Auction,
    Claim,
    ContractTerms,
    Exchange,
    Fixed,
    Listings,
    Orders,
    PerUnit,
    Posted,
    PricingModel,
    Subscription,
    VickreyAuction,
)
from econsim.streams import Streams

NAMES = sorted(PRICING_MODELS)


@st.composite
def books(draw, listings=3, most=12):
    """Orders at a few listings; small numbers, so that ties and reserves bind."""
    limits = draw(st.lists(st.integers(0, 20), max_size=most))
    n = len(limits)
    orders = Orders(
        draw(st.integers(0, 99)),
        np.arange(n) * 5 + 2,
        np.array(draw(st.lists(st.integers(0, listings - 1), min_size=n, max_size=n)), np.int32),
        np.array(draw(st.lists(st.integers(1, 4), min_size=n, max_size=n)), np.uint8),
        np.array(limits, dtype=np.int64),
    )
    sizes = st.lists(st.integers(0, 4), min_size=listings, max_size=listings)
    prices = st.lists(st.integers(0, 12), min_size=listings, max_size=listings)
    offered = Listings(
        np.arange(listings) + 2**31,
        np.zeros(listings, np.int16),
        np.array(draw(sizes), dtype=np.int64),
        np.array(draw(prices), dtype=np.int64),
    )
    return orders, offered


def changed(orders, who, limit):
    limits = orders.limit.copy()
    limits[who] = limit
    return Orders(orders.round, orders.buyer, orders.listing, orders.size, limits)


def surplus(fills, orders, values):
    """Value minus payment of every order."""
    gain = np.zeros(len(orders), dtype=np.int64)
    gain[fills.order] = values[fills.order] - fills.payment
    return gain


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(book=books())
def test_fills_are_feasible_and_within_limits(name, book):
    orders, listings = book
    fills = PRICING_MODELS[name]().clear(orders, listings, Streams(1))
    assert fills.payment.dtype == np.int64
    assert len(set(fills.order.tolist())) == len(fills.order)
    sold = np.bincount(fills.listing, minlength=len(listings.capacity))
    assert (sold <= listings.capacity).all()
    assert 0 <= fills.receipt.sum() <= fills.payment.sum()
    assert (fills.payment >= 0).all()
    assert (fills.payment <= orders.limit[fills.order]).all()


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(book=books())
def test_sellers_receive_what_buyers_pay_where_that_is_claimed(name, book):
    orders, listings = book
    model = PRICING_MODELS[name]()
    fills = model.clear(orders, listings, Streams(1))
    assert Claim.BUDGET_BALANCED not in model.claims or (fills.receipt == fills.payment).all()


POOLED = {name for name in NAMES if PRICING_MODELS[name].pooled}


# An exchange leaves units on purpose: those that ask too much, or whose trade McAfee gives up.
@pytest.mark.parametrize("name", sorted({*NAMES} - POOLED))
@settings(max_examples=40, deadline=None)
@given(book=books())
def test_units_are_left_only_when_no_admissible_order_is(name, book):
    orders, listings = book
    model = PRICING_MODELS[name]()
    fills = model.clear(orders, listings, Streams(1))
    admissible = orders.limit >= model.quote(orders.size, listings.price[orders.listing])
    for listing, capacity in enumerate(listings.capacity):
        wanted = int((admissible & (orders.listing == listing)).sum())
        assert (orders.listing[fills.order] == listing).sum() == min(capacity, wanted)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(book=books(), seed=st.integers(0, 9))
def test_clearing_does_not_depend_on_the_order_of_orders(name, book, seed):
    orders, listings = book
    model = PRICING_MODELS[name]()
    fills = model.clear(orders, listings, Streams(1))
    mixed = np.random.default_rng(seed).permutation(len(orders))
    columns = (orders.buyer, orders.listing, orders.size, orders.limit)
    shuffled = Orders(orders.round, *(column[mixed] for column in columns))
    again = model.clear(shuffled, listings, Streams(1))
    first = dict(zip(orders.buyer[fills.order], fills.payment, strict=True))
    assert dict(zip(shuffled.buyer[again.order], again.payment, strict=True)) == first
    served = dict(zip(orders.buyer[fills.order], fills.listing, strict=True))
    assert dict(zip(shuffled.buyer[again.order], again.listing, strict=True)) == served


@pytest.mark.parametrize(
    "name", [n for n in NAMES if Claim.INCENTIVE_COMPATIBLE in PRICING_MODELS[n].claims]
)
@settings(max_examples=60, deadline=None)
@given(book=books(), lie=st.integers(0, 25), who=st.integers(0, 11))
def test_no_misreport_pays_where_that_is_claimed(name, book, lie, who):
    orders, listings = book
    assume(who < len(orders))
    model, values = PRICING_MODELS[name](), orders.limit
    honest = surplus(model.clear(orders, listings, Streams(1)), orders, values)
    lied = model.clear(changed(orders, who, lie), listings, Streams(1))
    assert surplus(lied, orders, values)[who] <= honest[who]


EFFICIENT = {name for name in NAMES if Claim.EFFICIENT in PRICING_MODELS[name].claims}


@pytest.mark.parametrize("name", sorted(EFFICIENT & POOLED))
@settings(max_examples=60, deadline=None)
@given(book=books())
def test_all_gains_of_a_pool_are_made_where_that_is_claimed(name, book):
    """The kth highest bid meets the kth lowest ask as long as that gains."""
    orders, listings = book
    fills = PRICING_MODELS[name]().clear(orders, listings, Streams(1))
    bids, units = np.sort(orders.limit)[::-1], np.repeat(listings.price, listings.capacity)
    most = min(len(bids), len(units))
    best = np.maximum(bids[:most] - np.sort(units)[:most], 0).sum()
    assert (orders.limit[fills.order] - listings.price[fills.listing]).sum() == best


@pytest.mark.parametrize("name", sorted(EFFICIENT - POOLED))
@settings(max_examples=60, deadline=None)
@given(book=books(listings=2, most=7))
def test_the_highest_values_win_where_that_is_claimed(name, book):
    orders, listings = book
    fills = PRICING_MODELS[name]().clear(orders, listings, Streams(1))
    for listing in range(2):
        own = [int(v) for v, j in zip(orders.limit, orders.listing, strict=True) if j == listing]
        reserve, units = int(listings.price[listing]), int(listings.capacity[listing])
        best = max(
            sum(v - reserve for v in chosen)
            for k in range(min(units, len(own)) + 1)
            for chosen in combinations(own, k)
        )
        mine = fills.order[orders.listing[fills.order] == listing]
        assert int((orders.limit[mine] - reserve).sum()) == best


def test_first_price_is_not_truthful_and_does_not_claim_to_be():
    """Two bidders with values 10 and 6, one unit: bidding 7 instead of 10 gains 3."""
    orders = Orders(0, np.array([1, 2]), np.zeros(2, np.int32), np.ones(2, np.uint8),
                    np.array([10, 6]))  # fmt: skip
    listings = Listings(np.array([9]), np.zeros(1, np.int16), np.array([1]), np.array([0]))
    model = PRICING_MODELS["first-price"]()
    assert Claim.INCENTIVE_COMPATIBLE not in model.claims
    values = orders.limit
    honest = surplus(model.clear(orders, listings, Streams(1)), orders, values)
    lied = surplus(model.clear(changed(orders, 0, 7), listings, Streams(1)), orders, values)
    assert (honest[0], lied[0]) == (0, 3)


def test_vickrey_charges_the_highest_rejected_bid():
    """Three units, bids 9 8 7 6 5, reserve 2: everybody pays 6 (Krishna 2010, section 13.1)."""
    orders = Orders(0, np.arange(5), np.zeros(5, np.int32), np.ones(5, np.uint8),
                    np.array([9, 5, 8, 6, 7]))  # fmt: skip
    listings = Listings(np.array([9]), np.zeros(1, np.int16), np.array([3]), np.array([2]))
    fills = VickreyAuction().clear(orders, listings, Streams(1))
    assert sorted(fills.order.tolist()) == [0, 2, 4]
    assert fills.payment.tolist() == [6, 6, 6]


def test_a_bid_equal_to_the_reserve_is_accepted_and_pays_it():
    orders = Orders(0, np.arange(1), np.zeros(1, np.int32), np.ones(1, np.uint8), np.array([4]))
    listings = Listings(np.array([9]), np.zeros(1, np.int16), np.array([2]), np.array([4]))
    for name in ("vickrey", "first-price"):
        assert PRICING_MODELS[name]().clear(orders, listings, Streams(1)).payment.tolist() == [4]


@pytest.mark.parametrize(
    ("model", "costs"),
    [(Fixed(10), [10, 10]), (PerUnit(10), [10, 40]), (Subscription(price=10), [10, 10])],
)
def test_quotes(model, costs):
    assert [model.quote(1), model.quote(4)] == costs
    assert model.quote(np.array([1, 4])).tolist() == costs
    assert model.quote(4, price=3) == costs[1] * 3 // 10


@pytest.mark.parametrize("name", ["fixed", "perunit", "subscription"])
def test_a_quote_needs_a_price_and_whole_units(name):
    with pytest.raises(ParameterError, match=r"^price = None"):
        PRICING_MODELS[name]().quote(1)
    with pytest.raises(ParameterError, match=r"^units = 0"):
        PRICING_MODELS[name](price=3).quote(0)


def test_the_registry_makes_models_by_name():
    for name, cls in PRICING_MODELS.items():
        made = PRICING_MODELS.resolve(name)
        assert type(made) is cls
        assert made.name == name
        assert made.claims <= set(Claim)
        assert PRICING_MODELS.resolve(cls).name == PRICING_MODELS.resolve(made).name == name


@pytest.mark.parametrize("given_", ["vikrey", "", 3, None, object(), dict])
def test_an_unknown_model_is_refused_by_name(given_):
    with pytest.raises(ParameterError, match=r"^pricing = "):
        PRICING_MODELS.resolve(given_)


@pytest.mark.parametrize("price", [-1, 2.5, "3"])
def test_an_opening_price_is_whole_ticks(price):
    with pytest.raises(ParameterError, match=r"^price = "):
        Fixed(price)


class Greedy(Posted):
    """Charges everybody one tick more than they offered."""

    name = "greedy"

    def price(self, book, allocation):
        return book.limit[allocation.order] + 1


class Doubled(VickreyAuction):
    """Fills the first order twice."""

    def allocate(self, book):
        allocation = super().allocate(book)
        twice = np.repeat(allocation.order[:1], 2)
        return type(allocation)(twice, allocation.rejected)


class Unlimited(Auction):
    """Sells to everybody."""

    name = "unlimited"

    def allocate(self, book):
        everybody = super().allocate(book)
        return type(everybody)(np.arange(len(book.limit)), everybody.rejected)

    def price(self, book, allocation):
        return np.zeros(len(allocation.order), dtype=np.int64)


class Floats(Fixed):
    """Charges in floats."""

    def price(self, book, allocation):
        return super().price(book, allocation) * 1.0


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Greedy, "above its order's limit"),
        (Doubled, "twice"),
        (Unlimited, "beyond capacity"),
        (Floats, "int64"),
        (PricingModel, "does not override allocate"),
    ],
)
def test_a_model_that_breaks_the_rules_is_stopped(cls, message):
    orders = Orders(0, np.arange(3), np.zeros(3, np.int32), np.ones(3, np.uint8), np.full(3, 5))
    listings = Listings(np.array([9]), np.zeros(1, np.int16), np.array([2]), np.array([1]))
    with pytest.raises(MechanismError, match=message):
        cls().clear(orders, listings, Streams(1))


CONTRADICTIONS = {
    "who": (PricingModel, {}),
    "posted pays the bid": (Posted, {"pays_bid": True}),
    "posted everywhere": (Posted, {"bids_everywhere": True}),
    "posted and pooled": (Fixed, {"pooled": True}),
    "not posted": (Posted, {"posted": False}),
    "an auction for a term": (Auction, {"term": 3}),
    "an auction with a contract": (VickreyAuction, {"contract": ContractTerms(3)}),
    "an auction renewed": (Auction, {"renewal": True}),
    "an auction with a volume": (Auction, {"volume": 2}),
    "an auction posted": (Auction, {"posted": True}),
    "an auction pooled": (Auction, {"pooled": True}),
    "an exchange pays the bid": (Exchange, {"pays_bid": True}),
    "an exchange everywhere": (Exchange, {"bids_everywhere": True}),
    "an exchange posted": (Exchange, {"posted": True}),
    "an exchange with a contract": (Exchange, {"contract": ContractTerms(3)}),
    "a term without terms": (Subscription, {"term": 3}),
    "a contract by the unit": (PerUnit, {"contract": ContractTerms(3)}),
}


@pytest.mark.parametrize("wrong", CONTRADICTIONS)
def test_flags_that_contradict_who_names_the_price_are_refused(wrong):
    base, flags = CONTRADICTIONS[wrong]
    with pytest.raises(ParameterError, match=r"^X\.\w+ = .*: must be \w+") as refused:
        type("X", (base,), flags)
    assert "\n" not in str(refused.value)
    assert all(f"X.{flag} = " in str(refused.value) for flag in flags)


@pytest.mark.parametrize(
    ("model", "flag", "value"),
    [
        (Fixed(), "pays_bid", True),
        (VickreyAuction(), "term", 3),
        (PRICING_MODELS["double"](), "bids_everywhere", True),
        (Subscription(), "volume", 3),
        (PerUnit(), "contract", ContractTerms(3)),
    ],
)
def test_and_so_are_those_of_an_instance(model, flag, value):
    with pytest.raises(ParameterError, match=rf"^{type(model).__name__}\.{flag} = "):
        setattr(model, flag, value)


@pytest.mark.parametrize(
    ("base", "flag", "value"),
    [(Auction, "pays_bid", "yes"), (Posted, "contract", 3), (Auction, "bids_everywhere", 1)],
)
def test_a_flag_is_of_its_type(base, flag, value):
    with pytest.raises(ParameterError, match=rf"^X\.{flag} = "):
        type("X", (base,), {flag: value})
    with pytest.raises(ParameterError, match=rf"^X\.{flag} = "):
        setattr(type("X", (base,), {})(), flag, value)


def test_a_market_refuses_flags_that_came_in_by_a_back_door():
    late = type("Late", (VickreyAuction,), {})
    late.posted = True
    frozen = dataclass(frozen=True)(
        type("Frozen", (Fixed,), {"__annotations__": {"pays_bid": bool}, "pays_bid": False})
    )(pays_bid=True)
    for model in (late(), frozen):
        with pytest.raises(ParameterError, match=r"^(Late|Frozen)\.\w+ = True: must be left out"):
            Marketplace(buyers=5, sellers=2, pricing=model)
    with pytest.raises(ParameterError, match=r"^pricing = .*a Posted, an Auction or an Exchange"):
        Marketplace(buyers=5, sellers=2, pricing=PricingModel())


def test_a_model_has_one_kind_whatever_it_inherits():
    with pytest.raises(ParameterError, match=r"^X\.bases = "):
        type("X", (Fixed, Auction), {})
    with pytest.raises(ParameterError, match=r"^X\.pays_bid = True: must be left out: the seller"):
        type("X", (type("Mixed", (), {"pays_bid": True}), Fixed), {})


def test_what_a_kind_may_say_it_says_on_class_and_instance():
    everywhere = type("X", (Auction,), {"bids_everywhere": True, "pays_bid": True})
    for auction in (everywhere, everywhere()):
        assert (auction.bids_everywhere, auction.pays_bid, auction.posted) == (True, True, False)
    weekly = type("X", (Posted,), {"contract": ContractTerms(7, volume=3, renewal=True)})()
    assert (weekly.term, weekly.volume, weekly.renewal) == (7, 3, True)
    assert (weekly.price_for(10, 4), weekly.floor_price(5)) == (30, 15)
    assert Subscription(4).contract == ContractTerms(4)
    assert (Fixed().term, Fixed().volume, Fixed().renewal) == (0, None, False)
    assert [model.pooled for model in (Posted, Auction, Exchange)] == [False, False, True]


@pytest.mark.parametrize(
    ("terms", "field"),
    [({"term": 0}, "term"), ({"term": 1.5}, "term"), ({"term": 3, "volume": 0}, "volume"),
     ({"term": 3, "renewal": 1}, "renewal")],
)  # fmt: skip
def test_terms_out_of_range_are_refused(terms, field):
    with pytest.raises(ParameterError, match=rf"^{field} = "):
        ContractTerms(**terms)


def several(limits, capacity, reserve):
    """Orders of buyers (rows) at listings (columns); a limit below 0 is no order."""
    rows, columns = np.nonzero(limits >= 0)
    orders = Orders(0, rows + 7, columns.astype(np.int32), np.ones(len(rows), np.uint8),
                    limits[rows, columns])  # fmt: skip
    count = limits.shape[1]
    ids = np.arange(count) + 2**31
    return orders, Listings(ids, np.zeros(count, np.int16), capacity, reserve)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4))
def test_vcg_is_the_best_assignment_and_charges_the_externality(seed, n, m):
    """Against the Hungarian method on units, with and without each winner (Clarke)."""
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(seed)
    limits = rng.integers(-2, 9, (n, m))
    capacity, reserve = rng.integers(0, 3, m), rng.integers(0, 4, m)
    orders, listings = several(limits, capacity, reserve)
    fills = PRICING_MODELS["vcg"]().clear(orders, listings, Streams(seed))

    def best(rows):
        units = np.repeat(np.arange(m), capacity)
        gain = np.where(limits >= reserve, limits - reserve, 0)[rows][:, units]
        return gain[linear_sum_assignment(gain, maximize=True)].sum() if gain.size else 0

    gain = orders.limit[fills.order] - listings.price[fills.listing]
    everybody = np.arange(n)
    assert gain.sum() == best(everybody)
    for order, payment, own in zip(fills.order, fills.payment, gain, strict=True):
        who = orders.buyer[order] - 7
        harm = best(everybody[everybody != who]) - (gain.sum() - own)
        assert payment == harm + listings.price[orders.listing[order]]


@pytest.mark.parametrize("seed", range(3))
def test_from_one_state_vcg_declares_at_least_the_surplus_of_vickrey(seed):
    """Every Vickrey allocation is an assignment that VCG could have chosen."""
    from copy import deepcopy

    from econsim.models.marketplace import Marketplace
    from econsim.models.marketplace.mechanisms import Mechanisms

    model = Marketplace(buyers=2000, sellers=100, pricing="vickrey", categories=3, rng=seed)
    model.run_for(5)
    twin = deepcopy(model)
    twin.rules = replace(twin.rules, mechanisms=Mechanisms.of("vcg"))
    assert declared_surplus(twin) >= declared_surplus(model) > 0


def declared_surplus(model):
    """Sum of bid minus reserve over one round's trades."""
    (pricing,), cleared = model.pricing_models, []

    def clear(orders, listings, streams):
        fills = type(pricing).clear(pricing, orders, listings, streams)
        cleared.append(orders.limit[fills.order] - listings.price[fills.listing])
        return fills

    pricing.clear = clear
    model.step()
    return int(cleared[0].sum())


def test_double_serves_buyers_by_any_winning_seller_and_keeps_the_difference():
    """McAfee 1992 by hand: bids 9 8 3, costs 1 5 7; the price (3 + 7)/2 = 5 suits both pairs."""
    limits = np.full((3, 3), -1)
    limits[[0, 1, 2], [2, 2, 2]] = [9, 8, 3]
    orders, listings = several(limits, np.ones(3, np.int64), np.array([1, 5, 7]))
    fills = PRICING_MODELS["double"]().clear(orders, listings, Streams(1))
    assert sorted(fills.order.tolist()) == [0, 1]
    assert sorted(fills.listing.tolist()) == [0, 1]
    assert fills.payment.tolist() == fills.receipt.tolist() == [5, 5]


def test_double_gives_up_the_last_trade_where_one_price_does_not_suit():
    """Bids 9 8, costs 1 5, nobody excluded: one trade at 8 for the buyer and 5 for the seller."""
    limits = np.array([[9, -1], [8, -1]])
    orders, listings = several(limits, np.ones(2, np.int64), np.array([1, 5]))
    fills = PRICING_MODELS["double"]().clear(orders, listings, Streams(1))
    assert (fills.order.tolist(), fills.listing.tolist()) == ([0], [0])
    assert (fills.payment.tolist(), fills.receipt.tolist()) == ([8], [5])


def called(bids, asks):
    """Who buys, who sells, payments and receipts of a call auction of single units."""
    limits = np.full((len(bids), len(asks)), -1)
    limits[:, -1] = bids
    orders, listings = several(limits, np.ones(len(asks), np.int64), np.array(asks))
    fills = PRICING_MODELS["uniform"]().clear(orders, listings, Streams(1))
    traders = sorted(fills.order.tolist()), sorted(fills.listing.tolist())
    return (*traders, fills.payment.tolist(), fills.receipt.tolist())


@pytest.mark.parametrize(
    ("bids", "asks", "price"),
    [
        # Chatterjee & Samuelson (1983): a pair trades in the middle; half a tick is the buyer's.
        ([9], [4], 6),
        # The first bid that does not trade, 4, and the last that does, 8, bound the price.
        ([9, 8, 4], [1, 3, 7], 5),
        # Scarce supply, all asks below: between the last bid served and the first that is not.
        ([9, 8, 7, 6], [0, 1], 7),
        # Idle supply: between the last ask that sells and the first that does not.
        ([9, 8], [1, 2, 5, 6], 3),
        ([5], [5], 5),
    ],
)
def test_uniform_trades_all_that_gains_in_the_middle_of_the_clearing_interval(bids, asks, price):
    buys, sells, paid, received = called(bids, asks)
    count = sum(bid >= ask for bid, ask in zip(bids, asks, strict=False))
    assert buys == sells == list(range(count))
    assert paid == received == [price] * count


def test_uniform_does_not_trade_where_the_best_bid_is_below_the_best_ask():
    assert called([3], [4]) == ([], [], [], [])


def test_uniform_clears_each_category_at_its_own_price():
    limits = np.array([[9, -1], [-1, 5]])
    orders, listings = several(limits, np.ones(2, np.int64), np.array([3, 1]))
    apart = replace(listings, category=np.array([0, 1], np.int16))
    fills = PRICING_MODELS["uniform"]().clear(orders, apart, Streams(1))
    assert dict(zip(fills.listing.tolist(), fills.payment.tolist(), strict=True)) == {0: 6, 1: 3}
