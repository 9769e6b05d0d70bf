"""Scripted agents: a few that decide in Python take part among rows that kernels decide."""

import gc

import numpy as np
import pytest

from econsim.errors import DecisionError
from econsim.models.marketplace import Buyer, Marketplace, Offer, Seller
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS, Subscription
from econsim.strategies import Shaded

CHEAP = Subscription(term=4, price=1_500_000)
MIX = {"fixed": 0.2, "perunit": 0.2, CHEAP: 0.2, "first-price": 0.2, "vickrey": 0.2}
WALK_IN = dict.fromkeys(("fixed", "perunit", "first-price", "vickrey"), 0.25)
MARKETS = {**{name: name for name in PRICING_MODELS}, "cheap subscription": CHEAP, "mixed": MIX}
KERNELS = ["numba", "numpy"]


class SameBuyer(Buyer):
    """Overrides every decision with the default."""

    def choose(self, offers):
        return super().choose(offers)

    def bid(self, offer):
        return super().bid(offer)

    def subscribe(self, offers):
        return super().subscribe(offers)


class SameSeller(Seller):
    """Overrides the decision with the default."""

    def post_price(self):
        return super().post_price()


def tables(model):
    """All state but which class decides for a row."""
    state = {}
    for name in ("buyers", "sellers", "contracts"):
        table = getattr(model, name)
        state |= {f"{name}.{c}": table[c].tolist() for c in table.columns if c != "role"}
    return state


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("pricing", MARKETS.values(), ids=MARKETS)
def test_scripted_defaults_change_nothing_in_a_market_of_a_thousand(monkeypatch, pricing, kernel):
    monkeypatch.setenv("ECONSIM_KERNELS", kernel)
    models = []
    for buyer, seller in ((Buyer, Seller), (SameBuyer, SameSeller)):
        model = Marketplace(
            buyers=1000, sellers=40, pricing=pricing, categories=2, demand_rate=0.8, rng=12
        )
        model.add_buyers(buyer, 5)
        model.add_sellers(seller, 3)
        models.append(model)
    for _ in range(12):
        for model in models:
            model.step()
        assert tables(models[0]) == tables(models[1])
        assert models[0].history[-1] == models[1].history[-1]


def test_scripted_defaults_shade_as_the_market_does():
    models = []
    for cls in (Buyer, SameBuyer):
        model = Marketplace(
            buyers=50, sellers=8, pricing="first-price", strategy=Shaded(0.6), rng=3
        )
        model.add_buyers(cls, 20)
        model.run_for(8)
        models.append(model)
    assert tables(models[0]) == tables(models[1])


class Diarist(Buyer):
    """Takes the first offer, bids all it has, and notes what it saw."""

    def __init__(self, model, **columns):
        super().__init__(model, **columns)
        self.offers, self.asked, self.draws = [], [], []

    def subscribe(self, offers):
        return None

    def choose(self, offers):
        self.offers.append(list(offers))
        self.draws.append([self.draw(index) for index in (0, 1, 0)])
        return 0

    def bid(self, offer):
        self.asked.append(offer)
        return 10**15


def test_five_scripted_buyers_take_part_among_a_thousand():
    model = Marketplace(buyers=1000, sellers=50, pricing=WALK_IN, rng=5)
    made = model.add_buyers(Diarist, 5, wallet=10**9)
    gc.collect()
    model.run_for(10)
    for diarist in made:
        assert len(diarist.offers) == 10
        assert [offers[0] for offers in diarist.offers] == diarist.asked
        assert diarist.wallet < 10**9 + 10 * model.income[0]
    ids = set(made.ids.tolist())
    assert ids <= set(model.orders.buyer.tolist())
    limits = dict(zip(model.orders.buyer.tolist(), model.orders.limit.tolist(), strict=True))
    assert all(limits[i] >= model.income[0] for i in ids)
    assert len(model.orders) > 400


def test_an_offer_tells_what_the_contract_says():
    model = Marketplace(buyers=200, sellers=30, pricing=WALK_IN, categories=2, rng=5, prior=(3, 1))
    made = model.add_buyers(Diarist, 10, category=1, wallet=10**9)
    names = [held.name for held in model.pricing_models]
    seen = set()
    for _ in range(6):
        before = model.sellers.to_frame(ticks=True)
        model.step()
        for diarist in made:
            offers = diarist.offers.pop()
            assert len({offer.seller for offer in offers}) == len(offers) <= model.search
            for offer in offers:
                row = before.loc[offer.seller]
                seen.add(offer.pricing)
                check_offer(model, offer, row, names)
                assert 0.75 <= offer.value / (offer.size * diarist.value) < 1.25
    assert seen == set(WALK_IN)


def check_offer(model, offer, row, names):
    assert isinstance(offer, Offer)
    assert offer.category == row["category"] == 1
    assert offer.pricing == names[int(row["pricing"])]
    assert offer.trust == row["trust"]
    assert 1 <= offer.size <= model.max_size
    price = int(row["price"])
    expected = {"fixed": price, "perunit": price * offer.size}
    if offer.pricing in expected:
        assert offer.quote == offer.expected_price == expected[offer.pricing]
        assert offer.reserve is None
    else:
        assert offer.quote is None
        assert offer.reserve == row["cost"] == price
        assert offer.expected_price == row["average"]
    assert offer.surplus == int(offer.value * offer.trust) - offer.expected_price
    whole = (offer.seller, offer.category, offer.value, offer.size, offer.expected_price)
    assert {type(number) for number in whole} == {int}


class Member(SameBuyer):
    """Notes the subscriptions it is offered, and takes the cheapest."""

    def __init__(self, model, **columns):
        super().__init__(model, **columns)
        self.met = []

    def subscribe(self, offers):
        terms = [(offer.quote, index) for index, offer in enumerate(offers) if offer.term]
        self.met.append(len(terms))
        return min(terms)[1] if terms else None


def test_a_scripted_buyer_subscribes_once_a_term():
    free = [Category("free", costs=(0.0,))]
    fee = Subscription(term=4, price=1000)
    model = Marketplace(buyers=20, sellers=10, pricing=fee, categories=free, rng=2)
    made = model.add_buyers(Member, 5, wallet=10**9)
    model.step()
    mine = model.contracts.to_frame(ticks=True).query("buyer >= 20")
    assert len(mine) >= 3
    assert (mine["fee"] == 1000).all()
    assert (mine["ends"] == 4).all()
    model.run_for(3)
    first = {buyer: agent.met for buyer, agent in zip(made.ids.tolist(), made, strict=True)}
    assert all(len(first[buyer]) == 1 for buyer in mine["buyer"])
    model.step()
    assert all(len(first[buyer]) == 2 for buyer in mine["buyer"])


class Walker(SameBuyer):
    """Takes a walk-in offer where the rule says to subscribe."""

    def subscribe(self, offers):
        return next((index for index, offer in enumerate(offers) if not offer.term), None)


def test_subscribing_to_what_is_no_subscription_is_an_error():
    model = Marketplace(buyers=5, sellers=20, pricing={CHEAP: 0.5, "fixed": 0.5}, rng=2)
    model.add_buyers(Walker, 5)
    with pytest.raises(DecisionError, match=r"Walker \d+\.subscribe = \d: must be") as caught:
        model.step()
    assert "\n" not in str(caught.value)


class Abstainer(Buyer):
    """Never buys."""

    def choose(self, offers):
        return None


def test_a_buyer_that_chooses_nothing_buys_nothing():
    model = Marketplace(buyers=50, sellers=10, pricing={"fixed": 0.5, "vickrey": 0.5}, rng=2)
    made = model.add_buyers(Abstainer, 20)
    start = made.get("wallet").copy()
    model.run_for(5)
    assert (made.get("wallet") == start + 5 * model.income[0]).all()
    assert not set(made.ids.tolist()) & set(model.orders.buyer.tolist())


class Answer:
    """Returns what the test put on the class."""

    answer = None


class Chooser(Answer, Buyer):
    def choose(self, offers):
        return self.answer(offers)


class Bidder(Answer, Buyer):
    def bid(self, offer):
        return self.answer(offer)


class Joiner(Answer, Buyer):
    def subscribe(self, offers):
        return self.answer(offers)


class Poster(Answer, Seller):
    def post_price(self):
        return self.answer(self)


METHODS = {"choose": Chooser, "bid": Bidder, "subscribe": Joiner, "post_price": Poster}
NEVER = [1.0, 0.5, float("nan"), "1", "", True, False, np.True_, [1], object(), -1, 2**70, -(2**70)]
WRONG = {
    "choose": [*NEVER, len, np.float64(0), np.array([0]), 10**6],
    "bid": [*NEVER, None, 2**63, np.float64(3)],
    "subscribe": [*NEVER, np.int64(-1), 64],
    "post_price": [*NEVER, None, 2**53 + 1, np.int64(-5)],
}


def with_answer(monkeypatch, method, answer):
    """A market in which agents of one class give this answer."""
    cls = METHODS[method]
    monkeypatch.setattr(cls, "answer", lambda self, asked: answer(asked))
    pricing = Subscription(term=4, price=1000) if method == "subscribe" else "fixed"
    model = Marketplace(buyers=30, sellers=8, pricing=pricing, rng=4)
    add = model.add_sellers if method == "post_price" else model.add_buyers
    made = add(cls, 3)
    if method != "post_price":
        made.set("value", 10**8)
    return model, made


@pytest.mark.parametrize(
    ("method", "value"),
    [
        pytest.param(method, value, id=f"{method} {place}")
        for method, values in WRONG.items()
        for place, value in enumerate(values)
    ],
)
def test_a_wrong_answer_is_one_error_that_names_agent_method_and_value(monkeypatch, method, value):
    model, made = with_answer(monkeypatch, method, lambda asked: value)
    with pytest.raises(DecisionError) as caught:
        model.run_for(3)
    message = str(caught.value)
    assert "\n" not in message
    assert any(message.startswith(f"{METHODS[method].__name__} {i}.{method} = ") for i in made.ids)
    assert caught.value.value is value or caught.value.value == value
    assert "must be" in message


@pytest.mark.parametrize("number", [int, np.int8, np.int64, np.uint64])
@pytest.mark.parametrize("method", sorted(METHODS))
def test_an_integer_of_any_type_is_an_answer(monkeypatch, method, number):
    model, made = with_answer(monkeypatch, method, lambda asked: number(0))
    model.run_for(3)
    if method == "post_price":
        assert (made.get("price") == 0).all()
    else:
        assert set(made.ids.tolist()) & set(model.orders.buyer.tolist()) or method == "subscribe"


def test_a_bid_above_the_wallet_is_capped_by_it():
    class Braggart(Buyer):
        def bid(self, offer):
            return 2**63 - 1

    model = Marketplace(buyers=20, sellers=5, pricing="first-price", income=0, rng=1)
    model.add_buyers(Braggart, 4, wallet=[0, 1_000, 10_000_000, 2**50], value=10**9)
    model.step()
    limits = dict(zip(model.orders.buyer.tolist(), model.orders.limit.tolist(), strict=True))
    mine = {i: limit for i, limit in limits.items() if i >= 20}
    assert set(mine.values()) <= {0, 1_000, 10_000_000, 2**50}
    assert len(mine) == 4
    assert model.buyers["wallet"].min() >= 0


def test_a_bid_of_nothing_wins_only_where_nothing_is_asked():
    class Beggar(Buyer):
        def choose(self, offers):
            return 0

        def bid(self, offer):
            return 0

    model = Marketplace(buyers=0, sellers=4, pricing="vickrey", rng=1)
    model.add_buyers(Beggar, 4)
    model.step()
    assert model.history[-1]["orders"] == 4
    assert model.history[-1]["trades"] == 0
    model.sellers["price"] = 0
    model.step()
    assert model.history[-1]["trades"] > 0
    assert model.history[-1]["revenue"] == 0


class Firm(Seller):
    """Posts one price for ever, whatever it costs."""

    def post_price(self):
        return 123_456


@pytest.mark.parametrize("pricing", MARKETS.values(), ids=MARKETS)
def test_a_scripted_sellers_price_holds_from_its_first_round(pricing):
    model = Marketplace(buyers=100, sellers=0, pricing=pricing, rng=1)
    made = model.add_sellers(Firm, 10, price=999_999_999)
    model.add_buyers(Diarist, 20, wallet=10**9)
    model.step()
    for diarist in model.agents_by_type[Diarist]:
        for offers in diarist.offers:
            for offer in offers:
                units = offer.size if offer.pricing == "perunit" else 1
                assert (offer.quote or offer.reserve) == 123_456 * units
                assert offer.expected_price == 123_456 * units
    multiples = [max(1, kind.membership) for kind in model.pricing_models]  # of the price, a fee
    assert set(model.contracts["fee"].tolist()) <= {123_456 * times for times in multiples}
    assert (made.get("price") == 123_456).all()
    model.run_for(3)
    assert (made.get("price") == 123_456).all()
    assert model.history[-1]["trades"] > 0


def test_a_seller_that_joins_later_prices_its_first_round_too():
    model = Marketplace(buyers=60, sellers=3, pricing="fixed", rng=1)
    model.run_for(2)
    model.add_sellers(Firm, 2)
    Firm(model)
    model.add_buyers(Diarist, 10)
    model.step()
    quotes = {
        offer.seller: offer.quote
        for diarist in model.agents_by_type[Diarist]
        for offers in diarist.offers
        for offer in offers
    }
    firms = set(model.agents_by_type[Firm].ids.tolist())
    assert {quotes[i] for i in firms if i in quotes} == {123_456}


class Adaptive(Seller):
    """Undercuts by what it sold: reads what the round left behind."""

    def post_price(self):
        return max(self.cost, self.price - 1000 * self.sold)


def test_a_seller_reads_what_it_sold_when_it_posts_the_next_price():
    model = Marketplace(buyers=100, sellers=4, pricing="fixed", rng=1)
    made = model.add_sellers(Adaptive, 3, price=1_500_000, cost=0, capacity=5)
    before = made.get("price").copy()
    model.step()
    sold = made.get("sold")
    assert sold.sum() > 0
    assert (made.get("price") == before - 1000 * sold).all()


def test_draws_are_keyed_by_round_agent_and_index():
    def run(seed=1, extra=0):
        model = Marketplace(buyers=30 + extra, sellers=6, rng=seed)
        made = model.add_buyers(Diarist, 3)
        model.run_for(4)
        return [agent.draws for agent in made]

    first = run()
    assert first == run()
    assert first != run(seed=2)
    assert first != run(extra=1)
    flat = [draw for agent in first for now in agent for draw in now[:2]]
    assert len(set(flat)) == len(flat) == 24
    assert all(now[0] == now[2] for agent in first for now in agent)
    assert all(0 <= draw < 1 for draw in flat)


def test_a_scripted_seller_draws_as_a_buyer_does():
    class Roulette(Seller):
        def post_price(self):
            return int(self.draw(0) * 1_000_000)

    def run():
        model = Marketplace(buyers=30, sellers=3, pricing="fixed", rng=1)
        made = model.add_sellers(Roulette, 3)
        model.run_for(3)
        return made.get("price").tolist()

    prices = run()
    assert prices == run()
    assert len(set(prices)) == 3


@pytest.mark.parametrize("index", [-1, 0.5, "a", None])
def test_a_draw_of_no_index_is_refused_in_one_line(index):
    buyer = Marketplace(buyers=3, sellers=1, rng=1).agent(0)
    with pytest.raises(ValueError, match="index") as caught:
        buyer.draw(index)
    assert "\n" not in str(caught.value)


class Thrifty(Buyer):
    """Has an ``__init__`` of its own with a parameter of its own."""

    def __init__(self, model, share=0.5, **columns):
        super().__init__(model, **columns)
        self.share, self.rounds = share, 0

    def bid(self, offer):
        self.rounds += 1
        return int(offer.expected_value * self.share)


def test_a_class_with_its_own_init_gets_its_own_parameters():
    model = Marketplace(buyers=100, sellers=10, pricing="first-price", rng=1)
    made = model.add_buyers(Thrifty, 4, share=[0.1, 0.2, 0.3, 0.4], wallet=10**9)
    model.run_for(5)
    gc.collect()
    assert made.get("share") == [0.1, 0.2, 0.3, 0.4]
    assert min(made.get("rounds")) > 0
    one = Thrifty(model, share=0.9, value=5)
    assert (one.share, one.value) == (0.9, 5)


def test_a_scripted_agent_that_leaves_is_asked_no_more():
    model = Marketplace(buyers=50, sellers=10, rng=1)
    made = model.add_buyers(Diarist, 3).to_list()
    model.step()
    made[1].remove()
    model.run_for(2)
    assert [len(agent.offers) for agent in made] == [3, 1, 3]


def test_removing_agents_in_bulk_works_for_scripted_ones():
    model = Marketplace(buyers=50, sellers=10, rng=1)
    made = model.add_buyers(Diarist, 30)
    model.remove_agents(made.select(at_most=20))
    model.step()
    assert len(model.agents_by_type[Diarist]) == 10
    assert [len(agent.offers) for agent in model.agents_by_type[Diarist]] == [1] * 10


@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_the_backend_does_not_change_what_scripted_agents_do(backend):
    model = Marketplace(buyers=80, sellers=10, pricing=MIX, rng=1, backend=backend)
    model.add_buyers(Diarist, 5)
    model.add_sellers(Firm, 2)
    other = Marketplace(buyers=80, sellers=10, pricing=MIX, rng=1)
    other.add_buyers(Diarist, 5)
    other.add_sellers(Firm, 2)
    for _ in range(6):
        model.step()
        other.step()
        assert model.state_digest() == other.state_digest()


def test_a_decision_that_raises_is_the_users_own_error():
    class Broken(Buyer):
        def choose(self, offers):
            raise RuntimeError("mine")

    model = Marketplace(buyers=5, sellers=3, rng=1)
    model.add_buyers(Broken, 1)
    with pytest.raises(RuntimeError, match="mine"):
        model.step()


def test_a_decision_that_overrides_only_one_method_keeps_the_others():
    class Half(Buyer):
        def bid(self, offer):
            return offer.expected_value // 2

    models = []
    for cls, strategy in ((Half, "truthful"), (Buyer, Shaded(0.5))):
        model = Marketplace(buyers=0, sellers=8, pricing="first-price", strategy=strategy, rng=3)
        model.add_buyers(cls, 60)
        model.run_for(6)
        models.append(model)
    assert tables(models[0]) == tables(models[1])
