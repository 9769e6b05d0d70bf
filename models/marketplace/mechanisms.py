"""The pricing models of a market, and what the round asks of them as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from econsim.arrays import Bools, Floats, Ints
from econsim.errors import ParameterError
from econsim.models.marketplace.limits import MOST_MONEY
from econsim.money import to_ticks
from econsim.population import Population
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS, PricingModel
from econsim.registry import Mix


@dataclass(frozen=True, eq=False)
class Mechanisms:
    """The p pricing models of a market.

    Attributes
    ----------
    models : tuple of PricingModel
    shares : float64 (p,)
        Share of the sellers that has each.
    """

    models: tuple[PricingModel, ...]
    shares: Floats

    @classmethod
    def of(cls, spec: Mix[PricingModel]) -> Mechanisms:
        """From a pricing model, or several with the share of the sellers that has each.

        Raises
        ------
        ParameterError
        """
        models, shares = PRICING_MODELS.mix(spec)
        for model in models:
            model.check_flags()
        return cls(tuple(models), shares)

    def _of_each(self, name: str) -> Any:
        return np.array([getattr(model, name) for model in self.models])

    @cached_property
    def names(self) -> list[str]:
        """Name of each model; of those that share one, the spelling."""
        names = [model.name for model in self.models]
        return [
            model.name if names.count(model.name) == 1 else PRICING_MODELS.spell(model)
            for model in self.models
        ]

    @cached_property
    def auctioned(self) -> Bools:
        """Whether bids, or a mechanism, name the price; else the seller posts it, (p,)."""
        return ~self._of_each("posted")

    @cached_property
    def pays_bid(self) -> Bools:
        """Whether a winner pays its own bid, (p,)."""
        return self._of_each("pays_bid")

    @cached_property
    def bids_everywhere(self) -> Bools:
        """Whether a buyer bids on every listing that it saw, (p,)."""
        return self._of_each("bids_everywhere")

    @cached_property
    def pooled(self) -> Bools:
        """Whether any seller of a category may serve any of its buyers, (p,)."""
        return self._of_each("pooled")

    @cached_property
    def commission(self) -> Floats:
        """Share of receipts that the platform keeps, (p,)."""
        return self._of_each("commission")

    @cached_property
    def term(self) -> Ints:
        """Rounds that a payment buys, 0 where it buys one task, (p,)."""
        return self._of_each("term")

    @cached_property
    def volume(self) -> Ints:
        """Tasks that a contract covers, 0 without a limit, (p,)."""
        return np.array([model.volume or 0 for model in self.models])

    @cached_property
    def renewal(self) -> Bools:
        """Whether contracts may be renewed, (p,)."""
        return self._of_each("renewal")

    @cached_property
    def membership(self) -> Ints:
        """Prices of a task that a contract's fee amounts to, 0 where it covers the tasks, (p,)."""
        return self._of_each("membership")

    def fee(self, pricing: Ints, price: Ints) -> Ints:
        """Fee of a contract at listings with these pricing models and prices, ticks (k,)."""
        membership = self.membership[pricing]
        return np.where(membership > 0, membership * price, price)

    def task_price(self, pricing: Ints, fee: Ints) -> Ints:
        """What each task under contracts with these fees costs, ticks (k,)."""
        membership = self.membership[pricing]
        return np.where(membership > 0, fee // np.maximum(membership, 1), 0)

    def outlay(self, pricing: Ints, price: Ints, uses: Floats) -> Ints:
        """What buyers expect to pay over a term at listings, fee and tasks, ticks (k,)."""
        fee = self.fee(pricing, price)
        tasks = uses * self.task_price(pricing, fee)
        return fee + np.minimum(tasks, 2.0**61).astype(np.int64)  # more than anybody could pay

    def expected_uses(self, demand_rate: float, at_hand: int = 0) -> Floats:
        """Tasks that a buyer expects to bring in a term, (p,), `at_hand` of them for certain."""
        first = np.minimum(self.term, at_hand)
        expected = first + (self.term - first) * demand_rate
        return np.where(self.volume > 0, np.minimum(expected, self.volume), expected)

    def rows(self, sellers: Population, index: int) -> Any:
        """Sellers of one model: everything as a slice where there is only one."""
        if len(self.models) == 1:
            return slice(None)
        return np.flatnonzero(sellers["pricing"] == index)

    def check_terms(self, categories: Sequence[Category], max_size: int) -> None:
        """Refuse terms over which a buyer's expected value could outgrow 64 bits."""
        largest = max(to_ticks(category.values[-1]) for category in categories) * max_size
        for term in self.term.tolist():
            if term * largest > MOST_MONEY:
                permitted = f"at most {MOST_MONEY // largest} with values of these categories"
                raise ParameterError("term", term, permitted)
