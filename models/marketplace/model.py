"""The marketplace as a Mesa model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from mesa.datacollection import DataCollector

from econsim.errors import boolean, integer, one_of, real
from econsim.metrics import METRICS, ROUND_INTEGERS, summarise
from econsim.models.marketplace import columns, display, foresight, newcomers
from econsim.models.marketplace.agents import Buyer, Seller
from econsim.models.marketplace.attacks import ATTACKS, Attack
from econsim.models.marketplace.bidding import Desk
from econsim.models.marketplace.delivery import settle
from econsim.models.marketplace.ledger import Ledger
from econsim.models.marketplace.limits import LIMITS, pair
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.mixture import Bidders, Pricers
from econsim.models.marketplace.offers import offers
from econsim.models.marketplace.policy import Policy
from econsim.models.marketplace.reputation import Reputation
from econsim.models.marketplace.round import play
from econsim.models.marketplace.rules import (
    Rules,
    make_categories,
    median_values,
    money,
    seller_count,
    tops,
    worth_knots,
)
from econsim.models.marketplace.scripted import Scripts
from econsim.models.marketplace.service import ServiceLevel, service_level
from econsim.models.marketplace.state import State
from econsim.models.marketplace.timed import Timed
from econsim.population import Population, Rng
from econsim.preferences import Category
from econsim.pricing import PricingModel
from econsim.registry import Mix, Specification
from econsim.scenario import load
from econsim.strategies import SellerStrategy, Strategy
from econsim.trust import TRUST_MODELS, TrustModel

BACKENDS = ("columns", "objects")


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
        How ratings become trust.
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
    budgets : bool
        Whether a buyer's wallet limits its orders; without, wallets may owe.
    choice : "price" or "expected"
        Whether buyers compare listings by value less price, as if served for certain, or by
        expected surplus: they reckon with not being served and with being outbid, from public
        records of the listings; see `econsim.models.marketplace.beliefs`.
    choice_noise : float in [1e-9, 100]
        Scale of the Gumbel noise that is added to expected surplus, in median task values.

    Attributes
    ----------
    rules : Rules
        What the market is: nothing in it changes.
    state : State
        All that changes: tables, ledger, round, and the policy in force.
    log : list of (time, text)
        Interventions that happened.
    history : list of dict
        What every round recorded: counts and ticks, see `econsim.metrics.ROUND_INTEGERS`.
    latest : dict
        Metrics of the last round, as `summary` has them.

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
        pricing: Mix[PricingModel] = "vickrey",
        rng: Rng = None,
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
        strategy: Mix[Strategy] = "truthful",
        seller_strategy: Mix[SellerStrategy] = "follow-sales",
        trust: Specification[TrustModel] = "beta",
        ratings: str = "equal",
        rating_cap: float | None = None,
        eligibility: float = 0.0,
        service: ServiceLevel | Mapping[str, object] | None = None,
        events: Sequence[Mapping[str, object]] = (),
        attack: Specification[Attack] | None = None,
        budgets: bool = True,
        choice: str = "price",
        choice_noise: float = 0.1,
    ):
        super().__init__(rng=rng)
        self.backend = one_of("backend", backend, BACKENDS)
        numbers = (demand_rate, search, value_spread, eligibility)
        live: Any = {name: LIMITS[name](n) for name, n in zip(LIMITS, numbers, strict=True)}
        count = integer("buyers", buyers, 0, 2**31)
        kinds = make_categories(categories)
        size = integer("max_size", max_size, 1, 64)
        mechanisms = Mechanisms.of(pricing)
        mechanisms.check_terms(kinds, size)
        median = median_values(kinds, size)
        paid = money("income", income, median, 1)
        level = service_level(service)
        believed = TRUST_MODELS.resolve(trust, prior=pair("prior", prior, 1e-9, 1e9, ordered=False))
        self.rules = Rules(
            streams=self.streams,
            categories=kinds,
            mechanisms=mechanisms,
            pricers=Pricers(seller_strategy),
            reputation=Reputation(believed, ratings, rating_cap, level is not None),
            service=level,
            capacity=integer("capacity", capacity, 0, 2**31),
            max_size=size,
            median_value=median,
            income=paid,
            endowment=money("endowment", endowment, paid, 10),
            reliability=pair("reliability", reliability, 0, 1),
            founding=count,
            budgets=boolean("budgets", budgets),
            knots=worth_knots(kinds, size, tops(kinds, size, live["value_spread"])),
        )
        bidders = Bidders(strategy, mechanisms, len(kinds))
        policy = Policy(
            **live,
            bidders=bidders,
            reserve=np.zeros(len(kinds), dtype=np.int64),
            choice=one_of("choice", choice, ("expected", "price")),
            choice_noise=real("choice_noise", choice_noise, 1e-9, 100),
        )
        self._open(policy, None if attack is None else ATTACKS.resolve(attack))
        self.history: list[dict[str, Any]] = []
        self.latest = dict.fromkeys(METRICS, float("nan"))
        self.add_buyers(Buyer, count)
        self.add_sellers(Seller, seller_count(sellers, count, kinds))
        self._schedule(events, self.attack)
        reporters = {name: partial(_reported, name) for name in METRICS}
        self.datacollector = DataCollector(model_reporters=reporters)

    def __repr__(self) -> str:
        names = ", ".join(model.name for model in self.pricing_models)
        sides = f"{len(self.buyers)} buyers, {len(self.sellers)} sellers"
        return f"<Marketplace of {sides}, {names}, round {self.round}>"

    @classmethod
    def from_scenario(cls, name_or_path: str | Path, **overrides: object) -> Marketplace:
        """The marketplace of a packaged scenario or a TOML file; `overrides` replace its entries.

        Raises
        ------
        ScenarioError, ParameterError
            If the file or an entry is wrong.
        """
        keywords = {"sellers": None, **load(name_or_path).market, **overrides}
        known = cls.__init__.__kwdefaults__ or {}
        for name in keywords:
            one_of("market entry", name, known)
        return cls(**keywords)

    def _open(self, policy: Policy, attack: Attack | None) -> None:
        """Empty tables, with the columns that strategies, trust and service levels need."""
        rules, money = self.rules, columns.MONEY
        believed = rules.reputation
        columns.check_own(believed.trust, believed.trust.buyer_columns, columns.BUYERS)
        columns.check_own(believed.trust, believed.columns, columns.SELLERS)
        buyers = {**columns.BUYERS, **believed.trust.buyer_columns}
        sellers = {**columns.SELLERS, **believed.columns, **rules.pricers.columns}
        sellers |= {"effort": np.int64} if attack is not None else {}
        contracts: dict[str, Any] = dict(columns.CONTRACTS)
        if policy.choice == "expected":
            sellers |= {**columns.RECORDS, "below": ("f8", (rules.knots.shape[1],))}
            contracts |= columns.FORESIGHT
        sellers |= columns.SERVICE if rules.service is not None else {}
        tables = (
            self.add_population(Buyer, {**buyers, **policy.bidders.columns}, 0, money["buyers"]),
            self.add_population(Seller, sellers, columns.FIRST_SELLER_ID, money["sellers"]),
        )
        self.state = State(
            *tables,
            contracts=Population(contracts, money=money["contracts"]),
            deliveries=Population(columns.DELIVERIES, money=money["deliveries"]),
            ledger=Ledger(*tables),
            policy=policy,
            ratings=rules.reputation.memory(),
            attack=attack,
        )
        if policy.choice == "expected":
            self.state.foresight = foresight.blank(rules)

    def change(self, name: str, value: Mix[Strategy] | float) -> None:
        """Change a parameter of `LIVE` from the next round on; the others need a new market.

        A new strategy starts anew what its learners know.

        Raises
        ------
        ParameterError
        """
        if one_of("parameter", name, self.LIVE) == "strategy":
            specification = cast("Mix[Strategy]", value)
            bidders = Bidders(specification, self.rules.mechanisms, len(self.categories))
            newcomers.follow(self.rules, self.state, bidders)
        else:
            self.state.set(**{name: LIMITS[name](value)})

    def bid_of(self, buyer: int, seller: int, value: int) -> int:
        """What a buyer (id) who values a task so bids at a seller (id) by its strategy, ticks."""
        rows = self.buyers.rows([buyer]), self.sellers.rows([seller])
        desk = Desk(self.rules, self.state, offers(self.rules, self.state))
        return int(desk.bids(*rows, np.array([value]))[0])

    def step(self) -> None:
        """Play one round and record it."""
        if self.service is not None:
            settle(self.state, self.time)
        self._last = play(self.rules, self.state, self.time, Scripts(self._scripts))
        self.history.append(self._last.record)
        self.latest = summarise(self.history[-1:])
        self.datacollector.collect(self)

    def to_frame(self, *, ticks: bool = False) -> pd.DataFrame:
        """Every round, indexed by round from 1.

        Parameters
        ----------
        ticks : bool
            The integers that the round recorded (`econsim.metrics.ROUND_INTEGERS`), money in
            ticks; otherwise the metrics (`econsim.metrics.METRICS`), money in credits.
        """
        rows = self.history if ticks else [summarise([record]) for record in self.history]
        index = pd.RangeIndex(1, self.round + 1, name="round")
        return pd.DataFrame(rows, columns=list(ROUND_INTEGERS if ticks else METRICS), index=index)

    def frame(self) -> pd.DataFrame:
        """`to_frame` by the name that every model of `econsim.models` has."""
        return self.to_frame()

    def _repr_html_(self) -> str:
        summary = summarise(self.history) if self.round else {}
        return display.market_html(repr(self).strip("<>"), summary, self._failure)

    def summary(self, start: int = 0) -> dict[str, float]:
        """Metrics over all rounds from `start`, money in credits a round.

        Raises
        ------
        ModelFailed
            If a round failed: the market is not in the state that its history tells of.
        """
        self.check_sound()
        integer("start", start, 0, max(self.round - 1, 0))
        return summarise(self.history[start:])

    def state_digest(self) -> str:
        """SHA-256 (hex) of the state: round number, every table, the last round's integers."""
        return self.state.digest()


def _reported(name: str, market: Marketplace) -> float:
    """A metric of the last round, NaN before the first."""
    return market.latest[name]
