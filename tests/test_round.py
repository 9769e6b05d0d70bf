"""The round against an oracle: plain dicts, loops and Python integers, and the same keyed draws.

The oracle is written from the nine steps that the marketplace promises (income, demand, search,
choice, bid, clearing, delivery, trust, adaptation), not from the kernels.
"""

from fractions import Fraction
from math import floor, sqrt

import numpy as np
import pytest

from econsim.models.marketplace import Buyer, Marketplace, Seller, Status
from econsim.preferences import Category
from econsim.pricing import Fixed, PerUnit, Subscription, VickreyAuction
from econsim.strategies import Shaded
from econsim.streams import Purpose, Streams


class PlainMarket:
    """One market in dicts: buyers, sellers and contracts by id."""

    def __init__(self, model, seed, *, demand_rate, search, max_size, spread, prior, shade):
        self.streams, self.round, self.injected = Streams(seed), 0, 0
        self.demand_rate, self.search, self.max_size = demand_rate, search, max_size
        self.spread, self.prior, self.shade = spread, prior, shade
        self.income = [int(ticks) for ticks in model.income]
        self.models = model.pricing_models
        self.buyers, self.sellers, self.contracts, self.signed = {}, {}, {}, 0
        self.meet(model)

    def meet(self, model):
        """Learn who came and who left."""
        for mine, table in ((self.buyers, model.buyers), (self.sellers, model.sellers)):
            rows = table.to_frame(ticks=True).to_dict("index")
            for unique_id in set(mine) - set(rows):
                del mine[unique_id]
            for unique_id in set(rows) - set(mine):
                mine[unique_id] = rows[unique_id]
        self.buyers = dict(sorted(self.buyers.items()))
        self.sellers = dict(sorted(self.sellers.items()))

    def rule(self, seller):
        return self.models[seller["pricing"]]

    def uniform(self, purpose, ids, index=0):
        drawn = self.streams.uniform(purpose, self.round, np.array(ids, dtype=np.int64), index)
        return dict(zip(ids, drawn.tolist(), strict=True))

    def integers(self, purpose, ids, index, bound):
        array = np.array(ids, dtype=np.int64)
        drawn = self.streams.integers(purpose, self.round, array, index, bound=bound)
        return dict(zip(ids, drawn.tolist(), strict=True))

    def quote(self, seller, size):
        """Price of a task that buyers expect."""
        if not self.rule(seller).posted:
            return seller["average"]
        return seller["price"] * (size if self.rule(seller).name == "perunit" else 1)

    def play(self):
        """One round; returns what it recorded."""
        self.pay_income()
        self.end_contracts()
        tasks = self.demand()
        self.lots = self.uniform(Purpose.LOTTERY, list(self.buyers))
        served = self.serve_subscribers(tasks)
        on_sale = self.units_on_sale()
        orders = self.shop(tasks, on_sale)
        fills = self.clear(orders, tasks, on_sale)
        for buyer, seller, payment in fills:
            self.buyers[buyer]["wallet"] -= payment
            self.sellers[seller]["wallet"] += payment
        self.sign(fills)
        served += [(buyer, seller) for buyer, seller, _ in fills]
        delivered = self.deliver(served)
        self.adapt(fills, on_sale)
        record = self.record(tasks, orders, fills, served, delivered)
        self.round += 1
        return record

    def pay_income(self):
        self.paid = 0
        for buyer in self.buyers.values():
            buyer["wallet"] += self.income[buyer["category"]]
            self.paid += self.income[buyer["category"]]
        self.injected += self.paid

    def end_contracts(self):
        for key, held in list(self.contracts.items()):
            gone = held["buyer"] not in self.buyers or held["seller"] not in self.sellers
            if gone or held["ends"] <= self.round:
                del self.contracts[key]

    def demand(self):
        """Size and worth of each active buyer's task; worth is size x shocked base value."""
        ids = list(self.buyers)
        size = self.integers(Purpose.TASK, ids, 0, self.max_size)
        shock = self.uniform(Purpose.TASK, ids, 1)
        active = self.uniform(Purpose.TASK, ids, 2)
        tasks = {}
        for i in ids:
            if active[i] < self.demand_rate:
                value = self.buyers[i]["value"]
                half = floor(value * self.spread)
                tasks[i] = (
                    1 + size[i],
                    (1 + size[i]) * (value - half + floor(2 * half * shock[i])),
                )
        return tasks

    def serve_subscribers(self, tasks):
        served = []
        for seller, row in self.sellers.items():
            mine = [c["buyer"] for c in self.contracts.values() if c["seller"] == seller]
            wanting = sorted((b for b in mine if b in tasks), key=lambda b: (-self.lots[b], b))
            served += [(buyer, seller) for buyer in wanting[: row["capacity"]]]
        return served

    def units_on_sale(self):
        """Capacity that no subscriber holds."""
        held = [contract["seller"] for contract in self.contracts.values()]
        return {i: max(0, row["capacity"] - held.count(i)) for i, row in self.sellers.items()}

    def found(self, tasks):
        """Sellers that each active buyer without a subscription finds, repeats dropped."""
        bound = {contract["buyer"] for contract in self.contracts.values()}
        seekers = [i for i in tasks if i not in bound]
        by_category = {}
        for i, row in self.sellers.items():
            by_category.setdefault(row["category"], []).append(i)
        seen = {i: [] for i in seekers}
        for category, sellers in by_category.items():
            ids = [i for i in seekers if self.buyers[i]["category"] == category]
            for j in range(self.search):
                for i, place in self.integers(Purpose.SEARCH, ids, j, len(sellers)).items():
                    if sellers[place] not in seen[i]:
                        seen[i].append(sellers[place])
        return seen

    def shop(self, tasks, on_sale):
        """Order of each buyer that places one: (seller, limit, size)."""
        orders = {}
        for buyer, seen in self.found(tasks).items():
            size, worth = tasks[buyer]
            walk_in = [i for i in seen if not self.rule(self.sellers[i]).term]
            offers = [i for i in seen if i in walk_in or on_sale[i] > 0]
            picked = self.subscription(buyer, offers) or self.listing(buyer, walk_in, size, worth)
            if picked:
                seller, most = picked
                orders[buyer] = (seller, min(most, self.buyers[buyer]["wallet"]), size)
        return orders

    def best(self, buyer, surpluses):
        """Position of the largest positive surplus; ties go to the largest draw at a position."""
        top = max([0, *surpluses.values()])
        tied = [position for position, surplus in surpluses.items() if surplus == top > 0]
        draw = [self.uniform(Purpose.DECISION, [buyer], p)[buyer] for p in tied]
        return tied[draw.index(max(draw))] if tied else None

    def listing(self, buyer, walk_in, size, worth):
        rows = [self.sellers[i] for i in walk_in]
        values = [floor(worth * row["trust"]) for row in rows]
        surpluses = {p: values[p] - self.quote(row, size) for p, row in enumerate(rows)}
        pick = self.best(buyer, surpluses)
        if pick is None:
            return None
        share = self.shade if self.rule(rows[pick]).pays_bid else 1.0
        return walk_in[pick], floor(share * values[pick])

    def subscription(self, buyer, offers):
        """The subscription that beats every other offer over its term, and what it is worth."""
        mean_worth = self.buyers[buyer]["value"] * (1 + self.max_size) // 2
        other, margins, worths = 0, {}, {}
        for i in offers:
            row = self.sellers[i]
            if not self.rule(row).term:
                quotes = [self.quote(row, size) for size in range(1, self.max_size + 1)]
                other = max(other, floor(mean_worth * row["trust"]) - sum(quotes) // len(quotes))
        for position, i in enumerate(offers):
            row = self.sellers[i]
            if self.rule(row).term:
                uses = self.rule(row).term * self.demand_rate
                worths[position] = floor(uses * floor(mean_worth * row["trust"]))
                if worths[position] - row["price"] > floor(uses * other):
                    margins[position] = worths[position] - row["price"]
        pick = self.best(buyer, margins)
        return None if pick is None else (offers[pick], worths[pick])

    def clear(self, orders, tasks, on_sale):
        """Fills as (buyer, seller, payment)."""
        fills = []
        for seller, row in self.sellers.items():
            name, units = self.rule(row).name, on_sale[seller]
            asked = {
                buyer: row["price"] * (size if name == "perunit" else 1)
                for buyer, (at, _, size) in orders.items()
                if at == seller
            }
            bids = {b: orders[b][1] for b, ask in asked.items() if orders[b][1] >= ask}
            if self.rule(row).posted:
                winners = sorted(bids, key=lambda b: (-self.lots[b], b))[:units]
                fills += [(buyer, seller, asked[buyer]) for buyer in winners]
                continue
            ranked = sorted(bids, key=lambda b: (-bids[b], -self.lots[b], b))
            rejected = max([row["price"], *(bids[b] for b in ranked[units:])])
            for buyer in ranked[:units]:
                fills.append((buyer, seller, bids[buyer] if name == "first-price" else rejected))
        return fills

    def sign(self, fills):
        """New contracts, in the order of pricing model, seller, and luck."""
        for index, held in enumerate(self.models):
            for buyer, seller, payment in fills:
                if held.term and self.sellers[seller]["pricing"] == index:
                    ends = self.round + held.term
                    self.contracts[self.signed] = {
                        "buyer": buyer, "seller": seller, "fee": payment, "ends": ends
                    }  # fmt: skip
                    self.signed += 1

    def deliver(self, served):
        luck = self.uniform(Purpose.DELIVERY, [buyer for buyer, _ in served])
        delivered = [luck[b] < self.sellers[s]["reliability"] for b, s in served]
        for (_, seller), success in zip(served, delivered, strict=True):
            self.sellers[seller]["successes" if success else "failures"] += 1
        good, bad = self.prior
        for row in self.sellers.values():
            up = row["successes"] + good
            row["trust"] = up / (up + (row["failures"] + bad))
        return delivered

    def adapt(self, fills, on_sale):
        for seller, row in self.sellers.items():
            payments = [payment for _, at, payment in fills if at == seller]
            row["offered"], row["sold"] = on_sale[seller], len(payments)
            if self.rule(row).posted:
                if on_sale[seller]:
                    step = max(1, row["price"] >> 5)
                    least = row["cost"] * max(1, self.rule(row).term)
                    sold_out = len(payments) == on_sale[seller]
                    row["price"] = max(row["price"] + (step if sold_out else -step), least)
            else:
                last = sum(payments) // len(payments) if payments else row["price"]
                row["average"] += (last - row["average"]) // 8

    def record(self, tasks, orders, fills, served, delivered):
        cost = sum(self.sellers[seller]["cost"] for _, seller in served)
        revenue = sum(payment for _, _, payment in fills)
        got = sum(tasks[b][1] for (b, _), ok in zip(served, delivered, strict=True) if ok)
        return {
            "tasks": len(tasks),
            "orders": len(orders),
            "trades": len(served),
            "sales": len(fills),
            "delivered": sum(delivered),
            "revenue": revenue,
            "buyer_surplus": got - revenue,
            "seller_profit": revenue - cost,
            "gains": sum(tasks[buyer][1] for buyer, _ in served) - cost,
            "maximal_gains": self.maximal_gains(tasks),
            "injected": self.paid,
            "contracts": len(self.contracts),
            "dispersion": self.dispersion(fills),
        }

    def maximal_gains(self, tasks):
        gains = 0
        for category in {row["category"] for row in self.buyers.values()}:
            mine = [w for b, (_, w) in tasks.items() if self.buyers[b]["category"] == category]
            units = []
            for row in self.sellers.values():
                if row["category"] == category:
                    units += [row["cost"]] * min(row["capacity"], len(mine))
            pairs = zip(sorted(mine, reverse=True), sorted(units), strict=False)
            gains += sum(max(worth - cost, 0) for worth, cost in pairs)
        return gains

    def dispersion(self, fills):
        """Sales times coefficient of variation, summed over categories."""
        total, paid = 0.0, {}
        for _, seller, payment in fills:
            paid.setdefault(self.sellers[seller]["category"], []).append(payment)
        for payments in paid.values():
            mean = Fraction(sum(payments), len(payments))
            variance = sum((p - mean) ** 2 for p in payments) / len(payments)
            total += len(payments) * sqrt(variance) / float(mean) if mean else 0.0
        return total


def agree(model, oracle, record):
    """Compare all state and every metric."""
    buyers = {i: row["wallet"] for i, row in oracle.buyers.items()}
    assert dict(zip(model.buyers["id"].tolist(), model.buyers["wallet"].tolist(), strict=True)) == (
        buyers
    )
    assert model.sellers.to_frame(ticks=True).to_dict("index") == oracle.sellers
    contracts = model.contracts.to_frame(ticks=True)
    assert contracts[["buyer", "seller", "fee", "ends"]].to_dict("index") == oracle.contracts
    over = contracts["ends"] <= model.round
    assert (contracts["status"] == np.where(over, Status.FULFILLED, Status.ACTIVE)).all()
    assert (contracts["uses"] >= 1).all()
    last = model.history[-1]
    assert last["dispersion"] == pytest.approx(record.pop("dispersion"), rel=1e-9, abs=1e-9)
    assert {name: last[name] for name in record} == record
    latest = model.latest
    assert latest["trades"] == record["trades"]
    assert latest["revenue"] == record["revenue"] / 1e6
    gained = record["buyer_surplus"] + record["seller_profit"] + last["retained"]
    assert latest["welfare"] == pytest.approx(gained / 1e6)
    if record["tasks"]:
        assert latest["fill_rate"] == record["trades"] / record["tasks"]
    if record["maximal_gains"]:
        assert latest["efficiency"] == pytest.approx(record["gains"] / record["maximal_gains"])
    trust = [row["trust"] for row in oracle.sellers.values()]
    if trust:
        assert latest["mean_trust"] == pytest.approx(sum(trust) / len(trust))
    assert model.injected_money == oracle.injected


def markets(seed, changes):
    """A marketplace and its oracle."""
    keywords = {
        "buyers": 40, "sellers": 6, "pricing": "vickrey", "demand_rate": 1.0, "search": 4,
        "capacity": 4, "max_size": 4, "value_spread": 0.25, "prior": (1.0, 1.0), **changes,
    }  # fmt: skip
    alpha = keywords.pop("alpha", 1.0)
    model = Marketplace(**keywords, strategy=Shaded(alpha), rng=seed)
    oracle = PlainMarket(
        model,
        seed,
        spread=keywords["value_spread"],
        shade=alpha,
        **{name: keywords[name] for name in ("demand_rate", "search", "max_size", "prior")},
    )
    return model, oracle


def play_both(model, oracle, rounds):
    for _ in range(rounds):
        oracle.meet(model)
        model.step()
        agree(model, oracle, oracle.play())


CHEAP = Subscription(term=4, price=1_500_000)
MIX = {"fixed": 0.2, "perunit": 0.2, CHEAP: 0.2, "first-price": 0.2, "vickrey": 0.2}
PRICING = {
    "fixed": "fixed",
    "perunit": "perunit",
    "subscription": CHEAP,
    "subscription at its own fee": "subscription",
    "first-price": "first-price",
    "vickrey": "vickrey",
    "mixed": MIX,
    "posted against a subscription": {CHEAP: 0.5, Fixed(price=700_000): 0.5},
    "subscription against an auction": {Subscription(term=3): 0.5, "vickrey": 0.5},
}
SHAPES = {
    "defaults": {},
    "few tasks": {"demand_rate": 0.3},
    "no tasks": {"demand_rate": 0.0},
    "one size": {"max_size": 1},
    "one unit": {"capacity": 1, "buyers": 60},
    "no capacity": {"capacity": 0},
    "ample capacity": {"capacity": 1000},
    "one look": {"search": 1},
    "more looks than sellers": {"search": 11, "sellers": 3},
    "wallets bind": {"endowment": 0, "income": 150_000},
    "no income": {"income": 0, "endowment": 2_000_000},
    "no money": {"income": 0, "endowment": 0},
    "no sellers": {"sellers": 0},
    "no buyers": {"buyers": 0},
    "nobody": {"buyers": 0, "sellers": 0},
    "categories": {"categories": 3, "buyers": 60},
    "a category without sellers": {"categories": 5, "sellers": 3},
    "unequal categories": {
        "categories": [
            Category("a", values=(0.0, 2.0), costs=(0.0, 1.0), weight=2),
            Category("b", values=(3.0,), costs=(0.5,), buyers_per_seller=5),
        ]
    },
    "equal buyers": {"categories": [Category("same", (1.0,), (0.5,))], "value_spread": 0.0},
    "wild values": {"value_spread": 1.0, "reliability": (0.0, 1.0)},
    "another prior": {"prior": (4.0, 0.5), "reliability": (0.2, 0.6)},
    "shaded bids": {"alpha": 0.6},
    "nothing works": {"reliability": (0.0, 0.0)},
}


@pytest.fixture(params=["numba", "numpy"])
def kernels(request, monkeypatch):
    monkeypatch.setenv("ECONSIM_KERNELS", request.param)
    return request.param


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
@pytest.mark.parametrize("pricing", PRICING.values(), ids=PRICING)
def test_every_round_is_the_one_that_the_contract_describes(pricing, seed, kernels):
    play_both(*markets(seed, {"pricing": pricing}), rounds=12)


@pytest.mark.parametrize("pricing", [MIX, CHEAP], ids=["mixed", "subscription"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_of_market_follows_the_contract(shape, pricing, kernels):
    play_both(*markets(5, {"pricing": pricing, **shape}), rounds=8)


@pytest.mark.parametrize("pricing", ["fixed", "perunit", "first-price", "vickrey"])
@pytest.mark.parametrize("shape", ["wallets bind", "one unit", "equal buyers", "no sellers"])
def test_hard_shapes_follow_the_contract_under_each_rule(shape, pricing, kernels):
    play_both(*markets(7, {"pricing": pricing, **SHAPES[shape]}), rounds=8)


ALIKE = {
    "categories": [Category("same", values=(1.0,), costs=(0.1,))],
    "value_spread": 0.0,
    "max_size": 2,
}


@pytest.mark.parametrize(
    ("pricing", "shape"),
    [
        (Fixed(price=400_000), {"income": 0, "endowment": 400_000}),
        (Fixed(price=500_000), {}),
        ({Subscription(term=4, price=1_600_000): 0.5, Fixed(price=400_000): 0.5}, {}),
        ({Subscription(term=4, price=1_599_999): 0.5, Fixed(price=400_000): 0.5}, {}),
        (Subscription(term=4, price=3_000_000), {}),
    ],
    ids=[
        "a wallet of exactly the price",
        "a task worth exactly the price",
        "a fee of exactly what walking in costs",
        "a fee of a tick less",
        "a fee of exactly the worth of the term",
    ],
)
def test_an_exact_tie_goes_as_the_contract_says(pricing, shape, kernels):
    """Bid at the price: filled. No surplus, or none over the best other offer: no order."""
    play_both(*markets(2, {"pricing": pricing, **ALIKE, **shape}), rounds=4)


@pytest.mark.parametrize("pricing", [MIX, CHEAP, "vickrey"], ids=["mixed", "subscription", "v"])
def test_objects_follow_the_same_contract(pricing):
    changes = {"pricing": pricing, "categories": 2, "demand_rate": 0.7, "backend": "objects"}
    play_both(*markets(3, changes), rounds=8)


@pytest.mark.parametrize("pricing", [MIX, CHEAP, "fixed"], ids=["mixed", "subscription", "fixed"])
@pytest.mark.parametrize("seed", [0, 1])
def test_agents_that_come_and_go_leave_the_rest_to_the_contract(pricing, seed, kernels):
    model, oracle = markets(seed, {"pricing": pricing, "categories": 2, "capacity": 5})
    play_both(model, oracle, 3)
    model.add_buyers(Buyer, 15)
    model.add_sellers(Seller, 2, category=1, capacity=2)
    play_both(model, oracle, 3)
    model.remove_agents(model.agents_by_type[Seller].select(at_most=3))
    play_both(model, oracle, 3)
    model.remove_agents(model.agents_by_type[Buyer].select(model.buyers["id"] % 3 == 0))
    play_both(model, oracle, 3)
    model.agent(int(model.sellers["id"][0])).remove()
    Buyer(model, value=5_000_000)
    play_both(model, oracle, 3)
    model.remove_all_agents()
    play_both(model, oracle, 2)
    assert model.initial_money + model.injected_money == 0
    model.add_buyers(Buyer, 10)
    model.add_sellers(Seller, 2, wallet=777)
    play_both(model, oracle, 3)
    wallets = [*model.buyers["wallet"].tolist(), *model.sellers["wallet"].tolist()]
    assert sum(wallets) == model.initial_money + model.injected_money


def test_columns_changed_between_rounds_count_in_the_next(kernels):
    model, oracle = markets(4, {"pricing": MIX, "categories": 2})
    for change in (
        ("sellers", "cost", 300_000),
        ("sellers", "capacity", 1),
        ("sellers", "price", 450_000),
        ("sellers", "reliability", 0.25),
        ("sellers", "capacity", 7),
        ("buyers", "value", 900_000),
        ("buyers", "category", 1),
    ):
        table, name, value = change
        getattr(model, table)[name][::2] = value
        for unique_id in getattr(model, table)["id"][::2].tolist():
            getattr(oracle, table)[unique_id][name] = value
        play_both(model, oracle, 3)


def test_large_money_stays_exact(kernels):
    """Wallets and prices beyond 2**53 ticks, where a float would lose the last ones."""
    changes = {"pricing": "fixed", "income": 2**53, "endowment": 2**53, "capacity": 2}
    model, oracle = markets(1, changes)
    model.sellers["price"] = 999_999
    model.sellers["wallet"] = 2**60 + 1
    for row in oracle.sellers.values():
        row["price"], row["wallet"] = 999_999, 2**60 + 1
    play_both(model, oracle, 4)
    assert model.sellers["wallet"].max() > 2**60 + 1


def test_a_market_opens_as_described():
    """Posted prices at the median task value, reserves at cost, trust at the prior's mean."""
    pricing = {"fixed": 0.25, "perunit": 0.25, "subscription": 0.25, "vickrey": 0.25}
    model = Marketplace(buyers=10, sellers=40, pricing=pricing, rng=1, prior=(3, 1))
    rows = model.sellers.to_frame(ticks=True)
    median, names = int(model.income[0]), list(pricing)
    by_name = {name: rows[rows["pricing"] == index] for index, name in enumerate(names)}
    assert {name: len(held) for name, held in by_name.items()} == dict.fromkeys(names, 10)
    assert (by_name["fixed"]["price"] == median).all()
    assert (
        by_name["perunit"]["price"] == np.maximum(2 * median // 5, by_name["perunit"].cost)
    ).all()
    assert (by_name["subscription"]["price"] == 10 * median).all()
    assert (by_name["vickrey"]["price"] == by_name["vickrey"]["cost"]).all()
    assert (rows["average"] == rows["price"]).all()
    assert (rows["trust"] == 0.75).all()
    assert (model.buyers["wallet"] == 10 * median).all()
    assert (rows["wallet"] == 0).all()
    assert model.initial_money == 100 * median


@pytest.mark.parametrize("max_size", [1, 4, 9])
def test_the_default_income_is_the_median_worth_of_a_task(max_size):
    """The median of size x value, solved on its distribution function."""
    model = Marketplace(buyers=1, sellers=1, max_size=max_size, rng=1)

    def below(worth):
        shares = [np.clip(worth / size - 0.5, 0, 1) for size in range(1, max_size + 1)]
        return sum(shares) / max_size

    low, high = 0.0, 1.5 * max_size
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.5 else (low, middle)
    assert model.income[0] / 1e6 == pytest.approx(low, rel=2e-3)


@pytest.mark.parametrize(
    ("sellers", "shares", "expected"),
    [
        (10, (0.25, 0.25, 0.5), (3, 2, 5)),
        (7, (1 / 3, 1 / 3, 1 / 3), (3, 2, 2)),
        (3, (0.9, 0.1, 0.0), (3, 0, 0)),
        (0, (0.5, 0.5, 0.0), (0, 0, 0)),
        (100, (0.005, 0.5, 0.495), (1, 50, 49)),
    ],
)
def test_a_mixed_market_gives_pricing_models_by_largest_remainder(sellers, shares, expected):
    """Hamilton's method; equal remainders go to the model named first."""
    pricing = dict(zip(("fixed", PerUnit, VickreyAuction()), shares, strict=True))
    model = Marketplace(buyers=10, sellers=sellers, pricing=pricing, rng=1)
    counts = np.bincount(model.sellers["pricing"], minlength=3)
    assert tuple(counts.tolist()) == expected


def test_which_seller_has_which_pricing_model_is_drawn():
    models = [
        Marketplace(sellers=20, pricing={"fixed": 0.5, "vickrey": 0.5}, rng=r) for r in (1, 2)
    ]
    first, second = (model.sellers["pricing"].tolist() for model in models)
    assert first != second
    assert first != sorted(first)


def test_the_oracle_tells_a_wrong_market_apart():
    """The comparison can fail: another seed, another rule of adaptation, one tick."""
    model, oracle = markets(0, {"pricing": "fixed"})
    model.step()
    record = oracle.play()
    model.buyers["wallet"][3] += 1
    with pytest.raises(AssertionError):
        agree(model, oracle, record)
