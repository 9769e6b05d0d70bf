"""What the listings offer in a round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from econsim.arrays import Bools, Floats, Ints
from econsim.kernels import Offers
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.policy import Policy
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population


@dataclass(frozen=True, eq=False)
class Offered:
    """What every listing offers this round, m listings.

    Attributes
    ----------
    capacity : int64 (m,), units (or subscriptions) on sale
    price : int64 (m,), ticks: posted price, fee of a subscription, or reserve
    quotes : int64 (m, max_size), price by size of task: the quote, or an auction's running average
    expected : int64 (m, max_size), the same less the refund that a buyer expects
    walk_in : bool (m,), whether single tasks are served
    shade : float64 (m,), bid as a multiple of value
    fee : int64 (m,), what a contract on sale is expected to cost over its term, else -1
    term : int64 (m,), rounds of a subscription, else 0
    uses : float64 (m,), tasks that a buyer expects to bring in the term
    trust : float64 (m,), chance of delivery that a buyer expects; where any seller of the category
        may serve, the mean of those
    refund : float64 (m,), share of a payment that a buyer expects back, as a breach refunds it
    """

    capacity: Ints
    price: Ints
    quotes: Ints
    expected: Ints
    walk_in: Bools
    shade: Floats
    fee: Ints
    term: Ints
    uses: Floats
    trust: Floats
    refund: Floats

    @property
    def mean_quote(self) -> Ints:
        """Expected price of a task of unknown size, floored."""
        return self.expected.sum(axis=1) // self.expected.shape[1]

    @property
    def listed(self) -> Offers:
        """What buyers choose by, as kernels take it."""
        quotes = (self.expected, self.mean_quote)
        return Offers(self.trust, *quotes, self.walk_in, self.shade, self.fee, self.uses)

    @property
    def subscriptions(self) -> bool:
        """Whether a subscription is on sale anywhere."""
        return bool((self.fee >= 0).any())


def offers(rules: Rules, state: State) -> Offered:
    """What each listing offers, by its pricing model."""
    mechanisms, sellers, policy = rules.mechanisms, state.sellers, state.policy
    pricing = sellers["pricing"]
    quotes = _quotes(mechanisms, sellers, rules.max_size)
    uses = _uses(mechanisms, policy)[pricing]
    term, outlay = mechanisms.term[pricing], mechanisms.outlay(pricing, sellers["price"], uses)
    closed = _closed(mechanisms, sellers, policy) | (state.barred() > state.round)
    capacity = np.where(closed, 0, _free(sellers, state.contracts))
    refund = np.zeros(len(sellers)) if rules.service is None else _refund(sellers)
    return Offered(
        capacity,
        _prices(mechanisms, sellers, policy),
        quotes,
        quotes - (quotes * refund[:, None]).astype(np.int64),
        (term == 0) & ~closed,
        policy.bidders.shade[pricing, sellers["category"]],
        np.where((term > 0) & (capacity > 0), outlay, -1),
        term,
        uses,
        _expected_trust(mechanisms, sellers),
        refund,
    )


def _quotes(mechanisms: Mechanisms, sellers: Population, max_size: int) -> Ints:
    """Price that buyers expect by size of task, (m, max_size)."""
    quotes = np.empty((len(sellers), max_size), dtype=np.int64)
    for index, model in enumerate(mechanisms.models):
        rows, sizes = mechanisms.rows(sellers, index), np.arange(1, max_size + 1)
        quotes[rows] = model.expected(sizes, sellers["price"][rows], sellers["average"][rows])
    return quotes


def _free(sellers: Population, contracts: Population) -> Ints:
    """Capacity that no contract has taken."""
    capacity = sellers["capacity"].copy()
    if len(contracts):
        taken = sellers.rows(contracts["seller"])
        capacity -= np.bincount(taken, minlength=len(capacity))
        np.maximum(capacity, 0, out=capacity)
    return capacity


def _closed(mechanisms: Mechanisms, sellers: Population, policy: Policy) -> Bools:
    """Auctions of sellers that are not trusted enough for them."""
    return mechanisms.auctioned[sellers["pricing"]] & (sellers["trust"] < policy.eligibility)


def _prices(mechanisms: Mechanisms, sellers: Population, policy: Policy) -> Ints:
    """What is asked: at auctions the seller's reserve before fees, or the market's own."""
    price, commission = sellers["price"], mechanisms.commission[sellers["pricing"]]
    if not np.any(policy.kept(commission)) and not policy.reserve.any():
        return price.copy()
    reserve = np.maximum(policy.before_fee(price, commission), policy.reserve[sellers["category"]])
    return np.where(mechanisms.auctioned[sellers["pricing"]], reserve, price)


def _refund(sellers: Population) -> Floats:
    """Share of a payment that a breach, as likely as trust says, refunds."""
    return (1 - sellers["trust"]) * sellers["penalty"]


def _uses(mechanisms: Mechanisms, policy: Policy) -> Floats:
    """Tasks that a buyer expects to bring in a term, of which the first is at hand."""
    if policy.choice == "price":
        return mechanisms.expected_uses(policy.demand_rate)
    return mechanisms.expected_uses(policy.demand_rate, at_hand=1)


def _expected_trust(mechanisms: Mechanisms, sellers: Population) -> Floats:
    """Sellers' trust, the mean of a category where the pricing model pools its sellers."""
    trust = sellers["trust"].copy()
    for index in np.flatnonzero(mechanisms.pooled):
        rows = np.flatnonzero(sellers["pricing"] == index)
        kind = sellers["category"][rows]
        total = np.bincount(kind, weights=trust[rows])
        trust[rows] = (total / np.maximum(np.bincount(kind), 1))[kind]
    return trust
