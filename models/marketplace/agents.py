"""Buyers and sellers, and how they decide unless told otherwise.

The methods here are the default behaviour in plain Python. Rows of a class that overrides none of
them are decided by the kernels instead, to the same result; ``backend="objects"`` runs these.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from econsim import kernels
from econsim.errors import integer
from econsim.models.marketplace.columns import FIRST_SELLER_ID as FIRST_SELLER_ID
from econsim.population import RowAgent
from econsim.pricing import Posted
from econsim.streams import Purpose


class Offer(NamedTuple):
    """What a buyer knows of a listing that it found, and of its own task.

    Attributes
    ----------
    seller : int
        Id of the seller.
    category : int
        Index into ``model.categories``.
    pricing : str
        Name of the listing's pricing model.
    quote : int or None
        Price of this task, or what a contract is expected to cost over its term (the fee of a
        subscription), ticks; None at an auction.
    reserve : int or None
        Reserve of an auction, ticks; None where the price is posted.
    expected_price : int
        The quote, or the running average of an auction's price, less the refund to be expected,
        ticks.
    trust : float
        Expected chance that the seller delivers.
    value : int
        What this task is worth if delivered, ticks.
    size : int
        Size of this task.
    term : int
        Rounds that the fee of a subscription buys; 0 for anything else.
    mean_value, mean_price : int
        Expected worth of one of the buyer's tasks, and what it would cost here, ticks.
    uses : float
        Tasks that the buyer expects during the term.
    shade : float
        Bid as a multiple of value, by the market's strategy.
    expected_surplus, mean_surplus : float
        Where buyers choose by expected surplus: that of an order of this task, or of the
        subscription over its term, and that of a mean task, ticks; 0 where there is nothing to
        gain, or choices go by price.
    noise : float
        What is added to the expected surplus of this task before offers are compared, ticks.
    """

    seller: int
    category: int
    pricing: str
    quote: int | None
    reserve: int | None
    expected_price: int
    trust: float
    value: int
    size: int
    term: int
    mean_value: int
    mean_price: int
    uses: float
    shade: float
    expected_surplus: float
    mean_surplus: float
    noise: float

    @property
    def expected_value(self) -> int:
        """Worth of the task times trust, floored, ticks."""
        return int(self.value * self.trust)

    @property
    def surplus(self) -> int:
        """Expected value minus expected price, ticks."""
        return int(self.value * self.trust) - self.expected_price

    @property
    def term_value(self) -> int:
        """Expected value of a subscription over its term, ticks."""
        return int(self.uses * int(self.mean_value * self.trust))


class Trader(RowAgent):
    """What buyers and sellers share."""

    def draw(self, index: int) -> float:
        """A uniform on [0, 1) keyed by seed, round, this agent and `index`.

        Raises
        ------
        ParameterError
            If `index` is no integer from 0 to 2**31.
        """
        seed, now = self.model.streams.seed, self.model.round
        ids, place = np.array([self.unique_id]), integer("index", index, 0, 2**31)
        return float(kernels.select().uniform(seed, Purpose.DECISION, now, ids, place)[0])


class Buyer(Trader):
    """A buyer; override `choose`, `bid` or `subscribe` to script it.

    Columns: ``category``, ``value`` (base value per unit of size, ticks), ``wallet`` (ticks), and
    the state of the market's strategies.
    """

    kind = "buyers"
    decisions: ClassVar[tuple[str, ...]] = ("choose", "bid", "subscribe")

    def choose(self, offers: Sequence[Offer]) -> int | None:
        """Index of the offer to take up, or None; subscriptions are not among them.

        By default that of largest expected surplus and noise, or where choices go by price that of
        largest `surplus`, ties by draw.
        """
        if self.model.state.policy.choice == "expected":
            noisy = [o.expected_surplus + o.noise for o in offers]
            return _largest(noisy, [o.expected_surplus > 0 for o in offers])
        return self._best(offers, [offer.surplus for offer in offers])

    def bid(self, offer: Offer) -> int:
        """Most to pay for the task at the chosen listing, ticks; the wallet caps it.

        By default what the buyer's strategy bids.
        """
        if self.model.state.policy.bidders.proportional is not None:
            return int(offer.shade * offer.expected_value)
        return self.model.bid_of(self.unique_id, offer.seller, offer.expected_value)

    def subscribe(self, offers: Sequence[Offer]) -> int | None:
        """Index of the subscription to take out among all offers found, or None."""
        if self.model.state.policy.choice == "expected":
            most = max([0.0, *(o.mean_surplus for o in offers)])
            noisy = [o.expected_surplus + o.uses * o.noise for o in offers]
            return _largest(
                noisy, [o.term > 0 and o.expected_surplus > max(0.0, o.uses * most) for o in offers]
            )
        walk_in = [int(o.mean_value * o.trust) - o.mean_price for o in offers if not o.term]
        other = max([0, *walk_in])
        margins = [
            o.term_value - (o.quote or 0) if o.term and o.quote is not None else 0 for o in offers
        ]
        better = [
            margin if margin > int(offer.uses * other) else 0
            for offer, margin in zip(offers, margins, strict=True)
        ]
        return self._best(offers, better)

    def _best(self, offers: Sequence[Offer], surpluses: list[int]) -> int | None:
        """Index of the largest positive surplus, ties by the larger draw."""
        best, pick = 0, None
        for index, surplus in enumerate(surpluses):
            if surplus > best:
                best, pick = surplus, index
            elif pick is not None and surplus == best and self.draw(index) > self.draw(pick):
                pick = index
        return pick


def _largest(values: list[float], admitted: list[bool]) -> int | None:
    """Index of the largest value that is admitted, the first of equals."""
    indices = [index for index, may in enumerate(admitted) if may]
    return max(indices, key=values.__getitem__, default=None)


class Seller(Trader):
    """A seller with one listing; override `post_price` to script it.

    Columns: ``category``, ``pricing`` (index into ``model.pricing_models``), ``capacity``
    (units a round), ``cost`` (ticks a task), ``price`` (posted price, fee or reserve, ticks),
    ``average`` (running average of an auction's price), ``reliability`` (hidden chance of
    delivery), ``successes``, ``failures``, ``trust``, ``offered`` and ``sold`` (units, last
    round), ``wallet``.
    """

    kind = "sellers"
    decisions: ClassVar[tuple[str, ...]] = ("post_price",)

    def post_price(self) -> int:
        """Posted price or reserve of the next round, ticks, after this round's sales.

        By default what the seller's rule says.
        """
        rules, state, price = self.model.rules, self.model.state, self.price
        if not rules.pricers.follows_sales:
            return int(state.next_price[self.row])
        pricing = rules.mechanisms.models[self.pricing]
        if not isinstance(pricing, Posted) or self.offered == 0:
            return price
        step = max(1, price >> 5)
        price += step if self.sold == self.offered else -step
        floor = state.policy.before_fee(pricing.floor_price(self.cost), pricing.commission)
        return max(price, int(floor))
