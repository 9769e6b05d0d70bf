"""The scripted path: agents that decide in Python, row among rows.

Offers are gathered for the scripted rows only, so that ten scripted agents cost a market of a
million rows next to nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import DecisionError
from econsim.models.marketplace import contracts
from econsim.models.marketplace.agents import Buyer, Offer, Seller

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace
    from econsim.models.marketplace.offers import Offered
    from econsim.models.marketplace.round import Tasks

MOST_TICKS = 2**63 - 1
NO_BIDS = (np.empty(0, np.int64),) * 3


def _whole(agent: Any, method: str, value: Any, low: int, high: int, permitted: str) -> int:
    """A decision as an int in [low, high], or one error that names agent, method and value."""
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if isinstance(value, bool | np.bool_) or not low <= number <= high:
        raise DecisionError(f"{type(agent).__name__} {agent.unique_id}.{method}", value, permitted)
    return number


def _pick(agent: Any, method: str, offers: list[Offer]) -> Offer | None:
    """The offer that a decision method points at, if any."""
    index = getattr(agent, method)(offers)
    if index is None:
        return None
    permitted = f"None or an index from 0 to {len(offers) - 1}"
    return offers[_whole(agent, method, index, 0, len(offers) - 1, permitted)]


def rows(model: Marketplace) -> NDArray[np.int64]:
    """Rows of the scripted buyers."""
    ids = np.array([agent.unique_id for agent in model.kept(Buyer)], dtype=np.int64)
    return model.buyers.rows(ids)


def decide(
    model: Marketplace,
    candidates: NDArray[np.int32],
    tasks: Tasks,
    offered: Offered,
    choice: NDArray[np.int32],
    limit: NDArray[np.int64],
) -> tuple[Any, Any, Any]:
    """Scripted buyers' own bids (rows, listings, limits), in place of what the kernels chose."""
    agents, own = model.kept(Buyer), rows(model)
    if not agents:
        return NO_BIDS
    choice[own], limit[own] = -1, 0
    desk = Desk(model, offered)
    found = _offers(model, own, candidates[own], tasks, offered)
    wallets = model.buyers["wallet"][own].tolist()
    bound = set(contracts.bound(model).tolist())
    bids = [
        (row, offer.seller, min(most, wallet))
        for agent, row, offers, wallet in zip(agents, own.tolist(), found, wallets, strict=True)
        for offer, most in (desk.bids(agent, offers, row not in bound) if offers else ())
    ]
    if not bids:
        return NO_BIDS
    row, seller, most = (np.array(column, dtype=np.int64) for column in zip(*bids, strict=True))
    return row, model.sellers.rows(seller), most


class Desk:
    """Asks scripted buyers for their decisions, in a market as it is this round."""

    def __init__(self, model: Marketplace, offered: Offered):
        self.subscriptions = bool((offered.fee >= 0).any())
        self.everywhere = {held.name for held in model.pricing_models if held.bids_everywhere}
        self.only_everywhere = len(self.everywhere) == len(model.pricing_models)

    def bids(self, agent: Buyer, offers: list[Offer], free: bool) -> list[tuple[Offer, int]]:
        """Offers that a buyer orders, and the most that it would pay for each.

        Who is not `free`, as its contract is suspended, may take out no subscription.
        """
        if self.only_everywhere:
            return [(offer, _bid(agent, offer)) for offer in offers]
        may = self.subscriptions and free
        taken = _pick(agent, "subscribe", offers) if may else None
        if taken is not None:
            return [(taken, _term_value(agent, taken, offers))]
        walk_in = [offer for offer in offers if not offer.term]
        chosen = _pick(agent, "choose", walk_in) if walk_in else None
        if chosen is None:
            return []
        if chosen.pricing not in self.everywhere:
            return [(chosen, _bid(agent, chosen))]
        return [(o, _bid(agent, o)) for o in walk_in if o.pricing in self.everywhere]


def _bid(agent: Buyer, offer: Offer) -> int:
    permitted = "a whole number of ticks from 0 to 2**63 - 1"
    return _whole(agent, "bid", agent.bid(offer), 0, MOST_TICKS, permitted)


def _term_value(agent: Buyer, taken: Offer, offers: list[Offer]) -> int:
    if not taken.term:
        field = f"{type(agent).__name__} {agent.unique_id}.subscribe"
        raise DecisionError(field, offers.index(taken), "the index of a subscription")
    return taken.term_value


def _offers(
    model: Marketplace,
    rows: NDArray[np.int64],
    candidates: NDArray[np.int32],
    tasks: Tasks,
    offered: Offered,
) -> Iterator[list[Offer]]:
    """The offers of each scripted row: what it found that is on sale, in order of finding."""
    sellers, shape = model.sellers, candidates.shape
    exists = (candidates >= 0) & (offered.walk_in[candidates] | (offered.fee[candidates] >= 0))
    size = np.broadcast_to(tasks.size[rows, None], shape)
    price, term = offered.price[candidates], offered.term[candidates]
    held = [(model.name, model.posted) for model in model.pricing_models]
    mean_value = model.buyers["value"][rows] * (1 + model.max_size) // 2
    at = candidates, np.maximum(size, 1) - 1
    fields = (
        sellers["id"][candidates],
        sellers["category"][candidates],
        sellers["pricing"][candidates],
        price,
        np.where(term > 0, price, offered.quotes[at]),
        np.where(term > 0, price, offered.expected[at]),
        offered.trust[candidates],
        np.broadcast_to(tasks.worth[rows, None], shape),
        size,
        term,
        np.broadcast_to(mean_value[:, None], shape),
        offered.mean_quote[candidates],
        offered.uses[candidates],
        offered.shade[candidates],
    )
    flat = (
        _offer(held, *values) for values in zip(*(f[exists].tolist() for f in fields), strict=True)
    )
    for count in exists.sum(axis=1).tolist():
        yield [next(flat) for _ in range(count)]


def _offer(
    held: list[tuple[str, bool]], seller: int, category: int, pricing: int, price: int,
    quoted: int, expected: int, *rest: Any,
) -> Offer:  # fmt: skip
    name, posted = held[pricing]
    quote, reserve = (quoted, None) if posted else (None, price)
    return Offer(seller, category, name, quote, reserve, expected, *rest)


def post_prices(model: Marketplace, new_price: NDArray[np.int64]) -> None:
    """Write the scripted sellers' prices over those of the rule."""
    for agent in model.kept(Seller):
        new_price[agent.row] = _posted(agent)


def price_newcomers(model: Marketplace) -> None:
    """Let scripted sellers that joined since the last round name their opening price."""
    if model.unpriced:
        model.next_price = model.sellers["price"].copy()
    for unique_id in model.unpriced:
        agent = model._scripts.get(unique_id)
        if agent is not None:
            price = _posted(agent)
            if price != agent.price:
                model.sellers["price"][agent.row] = model.sellers["average"][agent.row] = price
    model.unpriced = []


def _posted(agent: Any) -> int:
    permitted = "a whole number of ticks from 0 to 2**53"
    return _whole(agent, "post_price", agent.post_price(), 0, 2**53, permitted)
