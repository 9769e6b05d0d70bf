"""The marketplace as a Mesa model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mesa.datacollection import DataCollector
from numpy.typing import NDArray

from econsim.equilibrium import MarketEquilibrium
from econsim.errors import ParameterError, integer, one_of, real
from econsim.metrics import METRICS, ROUND_INTEGERS, summarise
from econsim.models.marketplace import attacks, setup
from econsim.models.marketplace.adaptation import Pricers
from econsim.models.marketplace.agents import FIRST_SELLER_ID, Buyer, Seller
from econsim.models.marketplace.bidding import Bidders
from econsim.models.marketplace.contracts import CONTRACT_COLUMNS
from econsim.models.marketplace.delivery import (
    DELIVERY_COLUMNS,
    SERVICE_COLUMNS,
    Ended,
    service_level,
    settle,
)
from econsim.models.marketplace.digest import state_digest
from econsim.models.marketplace.offers import offers
from econsim.models.marketplace.reputation import Reputation
from econsim.models.marketplace.round import play
from econsim.models.marketplace.timed import Timed
from econsim.population import Population, RowAgent, RowSet
from econsim.preferences import Category
from econsim.pricing import Orders
from econsim.scenario import load
from econsim.strategies import Truthful
from econsim.trust import TRUST_MODELS, EigenTrust

BACKENDS = ("columns", "objects")
TABLES = ("buyers", "sellers", "contracts", "deliveries")
BUYER_COLUMNS = {"category": np.int16, "value": np.int64, "wallet": np.int64}
SELLER_COLUMNS = {
    "category": np.int16,
    "pricing": np.uint8,
    "capacity": np.int64,
    "cost": np.int64,
    "price": np.int64,
    "average": np.int64,
    "reliability": np.float64,
    "successes": np.int64,
    "failures": np.int64,
    "trust": np.float64,
    "offered": np.int64,
    "sold": np.int64,
    "wallet": np.int64,
}


LIMITS: dict[str, Any] = {
    "demand_rate": partial(real, "demand_rate", low=0, high=1),
    "search": partial(integer, "search", low=1, high=64),
    "value_spread": partial(real, "value_spread", low=0, high=1),
    "eligibility": partial(real, "eligibility", low=0, high=1),
}


class Marketplace(Timed):
    """Buyers and sellers of capabilities; every `step` is one round of the market.

    Parameters
    ----------
    buyers : int
    sellers : int or None
        None takes each category's ``buyers_per_seller``.
    pricing : specification of a PricingModel, or mix of several; see `econsim.registry`
        A mix makes mechanisms compete in one market, each with its share of the sellers.
    rng : int, None, numpy Generator or SeedSequence
        Seed: the same parameters and seed give the same trajectory, to the bit.
    backend : "columns" or "objects"
        Whether kernels decide for rows, or every agent decides in Python.
    categories : int or sequence of Category
    demand_rate : float in [0, 1]
        Chance that a buyer has a task in a round.
    search : int
        Listings that a buyer looks at.
    capacity : int
        Units that a seller can serve in a round.
    max_size : int
        Task sizes are uniform on 1..max_size.
    income : int or None
        Ticks that every buyer receives a round; None is the median task value of its category.
    endowment : int or None
        Ticks in a buyer's wallet at the start; None is ten times its income.
    value_spread : float in [0, 1]
        A task's value shock is uniform on [1 - value_spread, 1 + value_spread).
    reliability : pair of float in [0, 1]
        Sellers' hidden chances of delivery are uniform between the two.
    prior : pair of float > 0
        Beta prior of trust in a new seller.
    strategy : specification of a Strategy, or mix of several
        How buyers bid; see `econsim.strategies`.
    seller_strategy : specification of a SellerStrategy, or mix of several
        How sellers with posted prices move them.
    trust : specification of a TrustModel
        How ratings become trust: a specification of one of `econsim.trust.TRUST_MODELS`, see
        `econsim.registry`.
    ratings : "equal" or "volume"
        Whether a rating counts 1, or what its task cost relative to a median task.
    rating_cap : float or None
        Most weight that a buyer's ratings of one seller have together.
    eligibility : float in [0, 1]
        Sellers trusted less may not sell by auction.
    service : ServiceLevel, mapping of its entries, or None
        The service level that listings promise; None for deliveries that take no time, and
        succeed or fail.
    events : sequence of mappings
        Interventions: ``time``, ``kind`` and its parameters each; see `at`.
    attack : specification of an Attack, or None
        An attack on the sellers' reputation, of this market only; see
        `econsim.models.marketplace.attacks`.

    Attributes
    ----------
    buyers : Population
    sellers : Population
    contracts : Population
        Subscriptions and volume commitments; ``status`` as in `Status`.
    deliveries : Population
        Calendar of the deliveries that are under way, where there is a service level.
    log : list of (time, text)
        Interventions that happened.
    history : list of dict
        What every round recorded: counts and ticks, see `econsim.metrics.ROUND_INTEGERS`.
    round : int
        Rounds played.
    orders : Orders or None
        The last round's orders.
    equilibrium : MarketEquilibrium or None
        Competitive price band and quantity of each category in the last round.
    initial_money : int
        Ticks that agents brought with them.
    injected_money : int
        Income paid, less what mechanisms kept; wallets hold exactly this and the initial money.

    Raises
    ------
    ParameterError
        If a parameter is outside its permitted range.
    """

    LIVE = (*LIMITS, "strategy")

    def __init__(
        self,
        *,
        buyers: int = 1000,
        sellers: int | None = 50,
        pricing: Any = "vickrey",
        rng: Any = None,
        backend: str = "columns",
        categories: int | Sequence[Category] = 1,
        demand_rate: float = 1.0,
        search: int = 4,
        capacity: int = 4,
        max_size: int = 4,
        income: int | None = None,
        endowment: int | None = None,
        value_spread: float = 0.25,
        reliability: tuple[float, float] = (0.8, 1.0),
        prior: tuple[float, float] = (1.0, 1.0),
        strategy: Any = "truthful",
        seller_strategy: Any = "follow-sales",
        trust: Any = "beta",
        ratings: str = "equal",
        rating_cap: float | None = None,
        eligibility: float = 0.0,
        service: Any = None,
        events: Sequence[Mapping[str, Any]] = (),
        attack: Any = None,
    ):
        super().__init__(rng=rng)
        self.backend = one_of("backend", backend, BACKENDS)
        self.change("demand_rate", demand_rate)
        self.change("search", search)
        self.capacity = integer("capacity", capacity, 0, 2**31)
        self.max_size = integer("max_size", max_size, 1, 64)
        self.change("value_spread", value_spread)
        self.change("eligibility", eligibility)
        self.reliability = setup.pair("reliability", reliability, 0, 1)
        self.prior = setup.pair("prior", prior, 1e-9, 1e9, ordered=False)
        self.categories = setup.categories(categories)
        self.pricing_models, self.shares = setup.pricing(pricing)
        setup.check_terms(self.pricing_models, self.categories, self.max_size)
        self.auctioned = np.array([not held.posted for held in self.pricing_models])
        self.pays_bid = np.array([held.pays_bid for held in self.pricing_models])
        self.median_value = setup.median_values(self.categories, self.max_size)
        self.income = setup.money("income", income, self.median_value, 1)
        self.endowment = setup.money("endowment", endowment, self.income, 10)
        self.service = service_level(service)
        trusted = TRUST_MODELS.resolve(trust, prior=self.prior)
        self.reputation = Reputation(trusted, ratings, rating_cap, self.service is not None)
        self.round = self.initial_money = self.injected_money = 0
        self.pricers = Pricers(seller_strategy)
        self._make_tables(strategy, attack is not None)
        self._open_market(len(self.categories))
        self.history: list[dict[str, Any]] = []
        self.tally: Counter[str] = Counter()
        self.ended: list[Ended] = []
        self.latest = dict.fromkeys(METRICS, float("nan"))
        self.orders: Orders | None = None
        self.equilibrium: MarketEquilibrium | None = None
        self.unpriced: list[int] = []
        self._supply: Any = None
        self.next_price = np.empty(0, dtype=np.int64)
        self.founders = 0
        if isinstance(trusted, EigenTrust):
            self.founders = trusted.founders(integer("buyers", buyers, 0, 2**31))
        self.add_buyers(Buyer, integer("buyers", buyers, 0, 2**31))
        self.add_sellers(Seller, setup.seller_count(sellers, buyers, self.categories))
        self.attack = None if attack is None else attacks.ATTACKS.resolve(attack)
        self._schedule(events)
        reporters = {name: partial(_reported, name) for name in METRICS}
        self.datacollector = DataCollector(model_reporters=reporters)

    def __repr__(self) -> str:
        names = ", ".join(model.name for model in self.pricing_models)
        sides = f"{len(self.buyers)} buyers, {len(self.sellers)} sellers"
        return f"<Marketplace of {sides}, {names}, round {self.round}>"

    @classmethod
    def from_scenario(cls, name_or_path: str | Path, **overrides: Any) -> Marketplace:
        """The marketplace of a packaged scenario or a TOML file; `overrides` replace its entries.

        Raises
        ------
        ScenarioError, ParameterError
            If the file or an entry is wrong.
        """
        market = {"sellers": None, **load(name_or_path).market, **overrides}
        known = cls.__init__.__kwdefaults__ or {}
        for name in market:
            one_of("market entry", name, known)
        return cls(**market)

    def _make_tables(self, strategy: Any, attacked: bool) -> None:
        """Tables with the columns that strategies, trust and service levels need."""
        buyers: dict[str, Any] = dict(BUYER_COLUMNS)
        sellers: dict[str, Any] = {**SELLER_COLUMNS, **self.reputation.columns}
        sellers |= self.pricers.columns
        if attacked:
            sellers["effort"] = np.int64
        if isinstance(self.reputation.trust, EigenTrust):
            buyers["standing"] = np.float64
        if self.service is not None:
            sellers |= SERVICE_COLUMNS
        self.buyers = self.add_population(Buyer, buyers, 0)
        self.sellers = self.add_population(Seller, sellers, FIRST_SELLER_ID)
        self.contracts = Population(CONTRACT_COLUMNS)
        self.deliveries = Population(DELIVERY_COLUMNS)
        self.computed: set[str] = set()
        self.set_strategy(strategy)

    def change(self, name: str, value: Any) -> None:
        """Change a parameter of `LIVE` from the next round on; the others need a new market.

        Raises
        ------
        ParameterError
        """
        if one_of("parameter", name, self.LIVE) == "strategy":
            self.set_strategy(value)
        else:
            setattr(self, name, LIMITS[name](value))

    def bid_of(self, buyer: int, seller: int, value: int) -> int:
        """What a buyer (id) who values a task so bids at a seller (id) by its strategy, ticks."""
        rows = self.buyers.rows([buyer]), self.sellers.rows([seller])
        return int(self.bidders.bids(self, offers(self), *rows, np.array([value]))[0])

    def step(self) -> None:
        """Play one round and record it."""
        if self.service is not None:
            settle(self)
        self.history.append(play(self))
        self.tally, self.ended = Counter(), []
        self.round += 1
        self.latest = summarise(self.history[-1:])
        self.datacollector.collect(self)

    def add_buyers(self, cls: type[Buyer], n: int, **columns: Any) -> RowSet:
        """Add `n` buyers of a class; columns not named are drawn as at the start.

        A class that overrides `Buyer.choose`, `Buyer.bid` or `Buyer.subscribe` is scripted.
        """
        return self._add(Buyer, cls, n, columns)

    def add_sellers(self, cls: type[Seller], n: int, **columns: Any) -> RowSet:
        """Add `n` sellers of a class; columns not named are drawn as at the start.

        ``pricing`` may be a name. A class that overrides `Seller.post_price` is scripted.
        """
        return self._add(Seller, cls, n, columns)

    def _add(self, base: type[RowAgent], cls: type, n: int, columns: dict[str, Any]) -> RowSet:
        if not (isinstance(cls, type) and issubclass(cls, base)):
            raise ParameterError("cls", cls, f"a subclass of {base.__name__}")
        return self.add_agents(cls, n, **columns)

    def scripted(self, cls: type) -> bool:
        """Whether a class decides in Python: on the object backend, or by overriding a decision."""
        base = Buyer if issubclass(cls, Buyer) else Seller
        return self.backend == "objects" or any(
            getattr(cls, name) is not getattr(base, name) for name in base.decisions
        )

    def fill(self, kind: str, n: int, columns: dict[str, Any]) -> dict[str, Any]:
        """Columns of new rows: those given, checked, and draws for the rest."""
        drawn = setup.new_buyers if kind == "buyers" else setup.new_sellers
        return drawn(self, n, columns)

    def added(self, kind: str, ids: NDArray[np.int64]) -> None:
        """Book what agents bring or take, end contracts of the gone, and note new sellers."""
        held = self.contracts
        gone = ~self._alive(held["buyer"]) | ~self._alive(held["seller"])
        held.remove(held.where(gone))
        self.initial_money = setup.total_money(self.buyers, self.sellers) - self.injected_money
        if kind == "sellers":
            self._supply, self.next_price = None, self.sellers["price"].copy()
            live = set(self.sellers["id"].tolist()) if self.unpriced else set()
            self.unpriced = [i for i in self.unpriced if i in live] + ids.tolist()

    def bids_everywhere(self) -> NDArray[np.bool_]:
        """Whether buyers bid on every listing of a seller's pricing model that they see, (m,)."""
        held = np.array([model.bids_everywhere for model in self.pricing_models])
        return held[self.sellers["pricing"]]

    def set_strategy(self, given: Any) -> None:
        """Change how buyers bid from the next round on; learners start anew."""
        bidders, count = Bidders(given), len(self.categories)
        rule = bidders.proportional or Truthful()
        factors = [rule.factors(model, count) for model in self.pricing_models]
        self.shade = np.array(factors).reshape(-1, count)
        for name in set(self.buyers) & self.computed - {"standing"}:
            self.buyers.drop_column(name)
        self.bidders = bidders
        for name, dtype in bidders.columns.items():
            self.buyers.add_column(name, dtype)
        own = (*self.reputation.columns, *self.pricers.columns, *bidders.columns)
        self.computed = {*own, "standing"}
        ids, everyone = self.buyers["id"], np.empty(0, dtype=np.uint8)
        assigned = setup.by_lot(self, everyone, len(ids), bidders.shares, ids, index=1)
        for name, values in bidders.start(assigned, ids, self.streams).items():
            self.buyers[name] = values

    @property
    def strategy(self) -> Any:
        """How buyers bid: a strategy, or the mixture of several."""
        held = self.bidders.strategies
        return held[0] if len(held) == 1 else self.bidders

    def supply(self) -> setup.Supply:
        """Listings by category and units by cost, made anew when sellers or costs changed."""
        most = len(self.buyers)
        if self._supply is None or not self._supply.current(self.sellers, most):
            self._supply = setup.Supply.of(self.sellers, len(self.categories), most)
        return self._supply

    def kept(self, base: type[RowAgent]) -> list[Any]:
        """Scripted agents of a kind, in order of id."""
        return [agent for _, agent in sorted(self._scripts.items()) if isinstance(agent, base)]

    def frame(self) -> pd.DataFrame:
        """Metrics of every round, money in credits, indexed by round from 1."""
        rows = [summarise([each]) for each in self.history]
        index = pd.RangeIndex(1, self.round + 1, name="round")
        return pd.DataFrame(rows, columns=list(METRICS), index=index)

    def summary(self, start: int = 0) -> dict[str, float]:
        """Metrics over all rounds from `start`, money in credits a round."""
        integer("start", start, 0, max(self.round - 1, 0))
        return summarise(self.history[start:])

    def state_digest(self) -> str:
        """SHA-256 (hex) of the round number, every table and the last round's integers."""
        tables = {name: getattr(self, name) for name in TABLES}
        last = self.history[-1] if self.history else dict.fromkeys(ROUND_INTEGERS, 0)
        return state_digest(self.round, tables, {name: last[name] for name in ROUND_INTEGERS})


def _reported(name: str, model: Marketplace) -> float:
    """A metric of the last round, NaN before the first."""
    return model.latest[name]
