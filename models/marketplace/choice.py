"""Steps 3 to 5 of a round: buyers search, choose and bid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from econsim import kernels
from econsim.arrays import Floats, Ints, Rows
from econsim.kernels import Beliefs, Search, Shoppers
from econsim.kernels.reference.expectation import discounted, term_surplus
from econsim.models.marketplace import contracts, scripted
from econsim.models.marketplace.beliefs import believed
from econsim.models.marketplace.bidding import Desk
from econsim.models.marketplace.demand import NO_BIDS, Bids, Tasks
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.scripted import Scripts
from econsim.models.marketplace.state import State
from econsim.models.marketplace.supply import Supply
from econsim.pricing import Orders


def decide(
    rules: Rules, state: State, supply: Supply, tasks: Tasks, offered: Offered, scripts: Scripts
) -> tuple[Orders, Floats, Floats]:
    """3-5. Search, choice and bid; subscribers do not shop.

    Returns
    -------
    orders : Orders
    promised, expected : float64 (o,), ticks
        Expected surplus of each order by the records, and with regard to how reliable such
        promises were; 0 where choices go by price, or buyers bid on all that they saw.
    """
    shoppers = _shoppers(rules, state, tasks)
    listed = Search(state.buyers["category"], supply.starts, supply.listings, state.policy.search)
    candidates = kernels.select().search(shoppers, listed)
    candidates = candidates if len(state.sellers) else candidates[:, :0]
    beliefs = believed(rules, state, offered) if state.policy.choice == "expected" else None
    scripted_rows = scripts.buyer_rows(state.buyers)
    choice, limit = _nothing(len(state.buyers))
    if len(scripted_rows) < len(state.buyers):
        choice, limit = _chosen(rules, state, shoppers, candidates, offered, beliefs)
        choice[scripted_rows], limit[scripted_rows] = -1, 0
        if state.policy.bidders.proportional is None:
            _bid(Desk(rules, state, offered), shoppers, choice, limit)
    own = scripted.decide(scripts, rules, state, candidates, tasks, offered, beliefs)
    everywhere = _bid_everywhere(rules, state, candidates, tasks, offered, choice, scripted_rows)
    singles = np.flatnonzero(choice >= 0)
    parts = [own, everywhere, (singles, choice[singles].astype(np.int64), limit[singles])]
    orders = _ordered(state, tasks, [part for part in parts if len(part[0])] or parts[:1])
    return orders, *_expected(rules, state, tasks, offered, beliefs, orders)


def _shoppers(rules: Rules, state: State, tasks: Tasks) -> Shoppers:
    """3. Who searches: buyers with a task and without a contract in force."""
    buyers, size = state.buyers, tasks.size
    if len(state.contracts):
        size = size.copy()
        holders = state.contracts["buyer"][contracts.active(state.contracts)]
        size[buyers.rows(holders)] = 0
    key = (rules.streams.seed, state.round, buyers["id"])
    return Shoppers(*key, size, tasks.worth, state.purse(rules.budgets))


def _chosen(
    rules: Rules,
    state: State,
    shoppers: Shoppers,
    candidates: Rows,
    offered: Offered,
    beliefs: Beliefs | None,
) -> tuple[Rows, Ints]:
    """4-5. Choices and limits of all rows; a subscription taken out replaces the walk-in choice.

    With beliefs a buyer reckons with not being served, and with being outbid.
    """
    kernel, listed = kernels.select(), offered.listed
    choice, limit = _nothing(len(state.buyers))
    if offered.walk_in.any() and not _all_bid_everywhere(rules, state):
        seen = (shoppers, candidates, listed)
        choice, limit = kernel.choose_expected(*seen, beliefs) if beliefs else kernel.choose(*seen)
    if offered.subscriptions:
        seen = (shoppers._replace(worth=_mean_worth(rules, state)), candidates, listed)
        sought = kernel.subscribe_expected(*seen, beliefs) if beliefs else kernel.subscribe(*seen)
        taken, most = sought
        taken[contracts.bound(state)] = -1
        rows = np.flatnonzero(taken >= 0)
        choice[rows], limit[rows] = taken[rows], most[rows]
    return choice, limit


def _mean_worth(rules: Rules, state: State) -> Ints:
    """Worth of a mean task of each buyer."""
    return state.buyers["value"] * (1 + rules.max_size) // 2


def _expected(
    rules: Rules,
    state: State,
    tasks: Tasks,
    offered: Offered,
    beliefs: Beliefs | None,
    orders: Orders,
) -> tuple[Floats, Floats]:
    """Expected surplus of each order, without and with regard to the reliability of promises."""
    if beliefs is None or not len(orders):
        return np.zeros(len(orders)), np.zeros(len(orders))
    rows, at = state.buyers.rows(orders.buyer), orders.listing[:, None]
    key, wallet = (rules.streams.seed, state.round, orders.buyer), state.purse(rules.budgets)[rows]
    buyers = Shoppers(*key, orders.size, tasks.worth[rows], wallet)
    walk_in = kernels.select().expected_surplus(buyers, at, offered.listed, beliefs)[:, 0]
    mean = buyers._replace(worth=_mean_worth(rules, state)[rows])
    promised = walk_in + term_surplus(mean, at, offered.listed, beliefs)[:, 0]
    everywhere = rules.mechanisms.bids_everywhere[state.sellers["pricing"][orders.listing]]
    promised = np.where(everywhere, 0.0, promised)
    return promised, discounted(beliefs, orders.listing, promised)


def _bid(desk: Desk, shoppers: Shoppers, choice: Rows, limit: Ints) -> None:
    """5. Ask the strategies for the limits of those who chose an auction."""
    rows = np.flatnonzero(choice >= 0)
    rows = rows[desk.auctioned(choice[rows])]
    listing = choice[rows].astype(np.int64)
    bid = desk.bids(rows, listing, desk.value(shoppers.worth[rows], listing))
    limit[rows] = np.minimum(bid, shoppers.wallet[rows])


def _all_bid_everywhere(rules: Rules, state: State) -> bool:
    """Whether one model hears bids on all that its buyers saw: there is nothing to choose."""
    pricing = state.sellers["pricing"]
    return bool(rules.mechanisms.bids_everywhere[pricing].all() and (pricing == pricing[:1]).all())


def _bid_everywhere(
    rules: Rules,
    state: State,
    candidates: Rows,
    tasks: Tasks,
    offered: Offered,
    choice: Rows,
    scripted_rows: Ints,
) -> Bids:
    """Bids of buyers who bid on all listings of a model that they saw, instead of their choice."""
    pricing = state.sellers["pricing"]
    everywhere = rules.mechanisms.bids_everywhere[pricing]
    if not everywhere.any():
        return NO_BIDS
    chosen = (choice >= 0) & everywhere[choice]
    if _all_bid_everywhere(rules, state):  # whoever has a task bids
        chosen = candidates[:, 0] >= 0
        chosen[scripted_rows] = False
        choice[chosen] = candidates[chosen, 0]
    rows = np.flatnonzero(chosen)
    seen, model = candidates[rows], pricing[choice[rows]]
    choice[rows] = -1
    same = pricing[seen] == model[:, None]
    at, column = np.nonzero((seen >= 0) & same & offered.walk_in[seen])
    row, listing = rows[at], seen[at, column].astype(np.int64)
    desk = Desk(rules, state, offered)
    value = desk.value(tasks.worth[row], listing)
    if desk.bidders.proportional is None:
        bid = desk.bids(row, listing, value)
    else:
        bid = (offered.shade[listing] * value).astype(np.int64)
    return row, listing, np.minimum(bid, state.purse(rules.budgets)[row])


def _ordered(state: State, tasks: Tasks, parts: Sequence[Bids]) -> Orders:
    """Orders by buyer row, those of one buyer in the order of its search."""
    rows, listing, limit = parts[0]
    if len(parts) > 1:
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        rows, listing, limit = (column[np.argsort(columns[0], kind="stable")] for column in columns)
    ids = state.buyers["id"][rows]
    return Orders(state.round, ids, listing.astype(np.int32), tasks.size[rows], limit)


def _nothing(buyers: int) -> tuple[Rows, Ints]:
    return np.full(buyers, -1, dtype=np.int32), np.zeros(buyers, dtype=np.int64)
