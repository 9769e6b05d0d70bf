"""What one reads from a marketplace: its rules, its state, and what a round left behind."""

from __future__ import annotations

from typing import Any, cast

from econsim.arrays import Bools, Floats, Ints
from econsim.equilibrium import MarketEquilibrium
from econsim.models.marketplace.attacks import Attack
from econsim.models.marketplace.ledger import Ledger
from econsim.models.marketplace.mixture import Bidders
from econsim.models.marketplace.round import Round
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.service import ServiceLevel
from econsim.models.marketplace.state import State
from econsim.population import Population, PopulationModel
from econsim.preferences import Category
from econsim.pricing import Orders, PricingModel
from econsim.strategies import Strategy


class MarketView(PopulationModel):
    """A Mesa model over the rules and the state of a market.

    Attributes
    ----------
    rules : Rules
        What the market is.
    state : State
        All of it that changes.
    """

    rules: Rules
    state: State
    _last: Round | None = None

    @property
    def buyers(self) -> Population:
        """Table of the buyers."""
        return self.state.buyers

    @property
    def sellers(self) -> Population:
        """Table of the sellers."""
        return self.state.sellers

    @property
    def contracts(self) -> Population:
        """Subscriptions and volume commitments; ``status`` as in `Status`."""
        return self.state.contracts

    @property
    def deliveries(self) -> Population:
        """Calendar of the deliveries under way, where there is a service level."""
        return self.state.deliveries

    @property
    def ledger(self) -> Ledger:
        """Who has how much, and what moved since the last round."""
        return self.state.ledger

    @property
    def round(self) -> int:
        """Rounds played."""
        return self.state.round

    @property
    def rounds_played(self) -> int:
        """Rounds that were finished."""
        return self.state.round

    @property
    def orders(self) -> Orders | None:
        """The last round's orders."""
        return self._last.orders if self._last else None

    @property
    def equilibrium(self) -> MarketEquilibrium | None:
        """Competitive price band and quantity of each category in the last round."""
        return self._last.equilibrium if self._last else None

    @property
    def initial_money(self) -> int:
        """Ticks that agents brought with them."""
        return self.state.ledger.endowed

    @property
    def injected_money(self) -> int:
        """Income and subsidies paid, less what mechanisms and the platform kept, ticks."""
        return self.state.ledger.injected

    @property
    def categories(self) -> list[Category]:
        """What is bought and sold."""
        return self.rules.categories

    @property
    def pricing_models(self) -> tuple[PricingModel, ...]:
        """Pricing models; a seller's column ``pricing`` is an index into them."""
        return self.rules.mechanisms.models

    @property
    def shares(self) -> Floats:
        """Share of the sellers that has each pricing model."""
        return self.rules.mechanisms.shares

    @property
    def service(self) -> ServiceLevel | None:
        """The service level that listings promise."""
        return self.rules.service

    @property
    def attack(self) -> Attack | None:
        """The attack under way."""
        return cast("Attack | None", self.state.attack)

    @property
    def strategy(self) -> Strategy | Bidders:
        """How buyers bid: a strategy, or the mixture of several."""
        strategies = self.state.policy.bidders.strategies
        return strategies[0] if len(strategies) == 1 else self.state.policy.bidders

    @property
    def median_value(self) -> Ints:
        """Median task value of each category, ticks."""
        return self.rules.median_value

    @property
    def income(self) -> Ints:
        """What a buyer of each category receives a round, ticks."""
        return self.rules.income

    @property
    def endowment(self) -> Ints:
        """What a new buyer of each category has in its wallet, ticks."""
        return self.rules.endowment

    @property
    def capacity(self) -> int:
        """Units that a new seller can serve in a round."""
        return self.rules.capacity

    @property
    def max_size(self) -> int:
        """Largest size of a task."""
        return self.rules.max_size

    @property
    def demand_rate(self) -> float:
        """Chance that a buyer has a task in a round."""
        return self.state.policy.demand_rate

    @property
    def search(self) -> int:
        """Listings that a buyer looks at."""
        return self.state.policy.search

    @property
    def value_spread(self) -> float:
        """Half the width of a task's value shock, as a share of the value."""
        return self.state.policy.value_spread

    @property
    def eligibility(self) -> float:
        """Trust below which a seller may not sell by auction."""
        return self.state.policy.eligibility

    @property
    def fee(self) -> float:
        """Share of a payment that the platform keeps."""
        return self.state.policy.fee

    @property
    def subsidy(self) -> float:
        """Share of a payment that buyers get back from outside."""
        return self.state.policy.subsidy

    def bids_everywhere(self) -> Bools:
        """Whether buyers bid on every listing of a seller's pricing model that they see, (m,)."""
        everywhere: Any = self.rules.mechanisms.bids_everywhere
        return everywhere[self.sellers["pricing"]]
