"""The scripted path: agents that decide in Python, row among rows.

Offers are gathered for the scripted rows only, so that ten scripted agents cost a market of a
million rows next to nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints, Rows
from econsim.errors import DecisionError
from econsim.kernels import Beliefs, Shoppers
from econsim.kernels.reference.expectation import (
    choice_noise,
    discounted,
    expected_surplus,
    term_surplus,
)
from econsim.models.marketplace import contracts
from econsim.models.marketplace.agents import Buyer, Offer, Seller
from econsim.models.marketplace.demand import NO_BIDS, Bids, Tasks
from econsim.models.marketplace.limits import MOST_TICKS
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.models.marketplace.mixture import asked
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population, RowAgent

MOST_LIMIT = 2**63 - 1


class Scripts:
    """The agents of a market that decide in Python.

    Parameters
    ----------
    agents : mapping of int to RowAgent
        By id; looked at anew whenever it matters.
    """

    def __init__(self, agents: Mapping[int, RowAgent]):
        self._agents = agents

    @property
    def buyers(self) -> list[Buyer]:
        """In order of id."""
        return [agent for _, agent in sorted(self._agents.items()) if isinstance(agent, Buyer)]

    @property
    def sellers(self) -> list[Seller]:
        """In order of id."""
        return [agent for _, agent in sorted(self._agents.items()) if isinstance(agent, Seller)]

    def buyer_rows(self, buyers: Population) -> Ints:
        """Rows of the buyers, in order of id."""
        return buyers.rows(np.array([agent.unique_id for agent in self.buyers], dtype=np.int64))

    def seller(self, unique_id: int) -> Seller | None:
        """The seller with an id, if it decides in Python."""
        agent = self._agents.get(unique_id)
        return agent if isinstance(agent, Seller) else None


NOBODY = Scripts({})


def _ask(agent: RowAgent, method: str, *arguments: Any) -> Any:
    """What an agent's method answers; what it raises names agent and method."""
    return asked(_place(agent, method), getattr(agent, method), *arguments)


def _place(agent: RowAgent, method: str) -> str:
    return f"{type(agent).__name__} {agent.unique_id}.{method}"


def _whole(agent: RowAgent, method: str, value: Any, high: int, permitted: str) -> int:
    """A decision as an int in [0, high], or one error that names agent, method and value."""
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if isinstance(value, bool | np.bool_) or not 0 <= number <= high:
        raise DecisionError(_place(agent, method), value, permitted)
    return number


def _pick(agent: Buyer, method: str, offers: list[Offer]) -> Offer | None:
    """The offer that a decision method points at, if any."""
    index = _ask(agent, method, offers)
    if index is None:
        return None
    permitted = f"None or an index from 0 to {len(offers) - 1}"
    return offers[_whole(agent, method, index, len(offers) - 1, permitted)]


def decide(
    scripts: Scripts,
    rules: Rules,
    state: State,
    candidates: Rows,
    tasks: Tasks,
    offered: Offered,
    beliefs: Beliefs | None,
) -> Bids:
    """Scripted buyers' own bids (rows, listings, limits)."""
    agents, own = scripts.buyers, scripts.buyer_rows(state.buyers)
    if not agents:
        return NO_BIDS
    interview = Interview(rules.mechanisms, offered.subscriptions)
    gathered = _offers(rules, state, own, candidates[own], tasks, offered, beliefs)
    wallets = state.purse(rules.budgets)[own].tolist()
    bound = set(contracts.bound(state).tolist())
    bids = [
        (row, offer.seller, min(most, wallet))
        for agent, row, offers, wallet in zip(agents, own.tolist(), gathered, wallets, strict=True)
        for offer, most in (interview.bids(agent, offers, row not in bound) if offers else ())
    ]
    if not bids:
        return NO_BIDS
    row, seller, most = (np.array(column, dtype=np.int64) for column in zip(*bids, strict=True))
    return row, state.sellers.rows(seller), most


class Interview:
    """Asks scripted buyers for their decisions, where these pricing models are on offer."""

    def __init__(self, mechanisms: Mechanisms, subscriptions: bool):
        self.subscriptions = subscriptions
        named = zip(mechanisms.names, mechanisms.bids_everywhere.tolist(), strict=True)
        self.everywhere = {name for name, everywhere in named if everywhere}
        self.only_everywhere = len(mechanisms.models) == len(self.everywhere) == 1

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
        return [(o, _bid(agent, o)) for o in walk_in if o.pricing == chosen.pricing]


def _bid(agent: Buyer, offer: Offer) -> int:
    permitted = "a whole number of ticks from 0 to 2**63 - 1"
    return _whole(agent, "bid", _ask(agent, "bid", offer), MOST_LIMIT, permitted)


def _term_value(agent: Buyer, taken: Offer, offers: list[Offer]) -> int:
    if not taken.term:
        field = f"{type(agent).__name__} {agent.unique_id}.subscribe"
        raise DecisionError(field, offers.index(taken), "the index of a subscription")
    return taken.term_value


def _offers(
    rules: Rules,
    state: State,
    rows: Ints,
    candidates: Rows,
    tasks: Tasks,
    offered: Offered,
    beliefs: Beliefs | None,
) -> Iterator[list[Offer]]:
    """The offers of each scripted row: what it found that is on sale, in order of finding."""
    sellers, shape = state.sellers, candidates.shape
    exists = (candidates >= 0) & (offered.walk_in[candidates] | (offered.fee[candidates] >= 0))
    size = np.broadcast_to(tasks.size[rows, None], shape)
    price, term, fee = (column[candidates] for column in (offered.price, offered.term, offered.fee))
    mean_value = state.buyers["value"][rows] * (1 + rules.max_size) // 2
    at = candidates, np.maximum(size, 1) - 1
    fields = (
        sellers["id"][candidates],
        sellers["category"][candidates],
        sellers["pricing"][candidates],
        price,
        np.where(term > 0, fee, offered.quotes[at]),
        np.where(term > 0, fee, offered.expected[at]),
        offered.trust[candidates],
        np.broadcast_to(tasks.worth[rows, None], shape),
        size,
        term,
        np.broadcast_to(mean_value[:, None], shape),
        offered.mean_quote[candidates],
        offered.uses[candidates],
        offered.shade[candidates],
        *_expected(rules, state, rows, candidates, tasks, offered, beliefs),
    )
    names, models = rules.mechanisms.names, rules.mechanisms.models
    pricing = [(name, model.posted) for name, model in zip(names, models, strict=True)]
    columns = (field[exists].tolist() for field in fields)
    flat = (_offer(pricing, *values) for values in zip(*columns, strict=True))
    for count in exists.sum(axis=1).tolist():
        yield [next(flat) for _ in range(count)]


def _expected(
    rules: Rules,
    state: State,
    rows: Ints,
    candidates: Rows,
    tasks: Tasks,
    offered: Offered,
    beliefs: Beliefs | None,
) -> tuple[Floats, Floats, Floats]:
    """Expected surplus of this task or term, of a mean task, and the noise, (n, k)."""
    if beliefs is None:
        return (np.zeros(candidates.shape),) * 3
    buyers, listed = state.buyers, offered.listed
    key = (rules.streams.seed, state.round, buyers["id"][rows])
    own = Shoppers(*key, tasks.size[rows], tasks.worth[rows], state.purse(rules.budgets)[rows])
    one = np.ones(len(rows), dtype=np.uint8)
    mean = own._replace(worth=buyers["value"][rows] * (1 + rules.max_size) // 2, size=one)
    at_mean = listed._replace(quotes=listed.mean_quote[:, None])
    walk_in = expected_surplus(own, candidates, listed, beliefs)
    task_or_term = walk_in + term_surplus(mean, candidates, listed, beliefs)
    mean_task = expected_surplus(mean, candidates, at_mean, beliefs)
    return (
        discounted(beliefs, candidates, task_or_term),
        discounted(beliefs, candidates, mean_task),
        choice_noise(own, candidates, beliefs),
    )


def _offer(
    models: list[tuple[str, bool]],
    seller: int,
    category: int,
    pricing: int,
    price: int,
    quoted: int,
    *rest: Any,
) -> Offer:
    name, posted = models[pricing]
    quote, reserve = (quoted, None) if posted else (None, price)
    return Offer(seller, category, name, quote, reserve, *rest)


def post_prices(scripts: Scripts, new_price: Ints) -> None:
    """Write the scripted sellers' prices over those of the rule."""
    for agent in scripts.sellers:
        new_price[agent.row] = _posted(agent)


def price_newcomers(scripts: Scripts, state: State) -> None:
    """Let scripted sellers that joined since the last round name their opening price."""
    if state.unpriced:
        state.next_price = state.sellers["price"].copy()
    for unique_id in state.unpriced:
        agent = scripts.seller(unique_id)
        if agent is not None:
            price, row = _posted(agent), agent.row
            if price != state.sellers["price"][row]:
                state.sellers["price"][row] = state.sellers["average"][row] = price
    state.unpriced = []


def _posted(agent: Seller) -> int:
    permitted = "a whole number of ticks from 0 to 2**53"
    return _whole(agent, "post_price", _ask(agent, "post_price"), MOST_TICKS, permitted)
