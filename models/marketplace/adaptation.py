"""Step 9 of a round: how sellers move their prices."""

from __future__ import annotations

import numpy as np

from econsim.arrays import Bools, Ints
from econsim.models.marketplace import scripted
from econsim.models.marketplace.limits import MOST_TICKS
from econsim.models.marketplace.mixture import asked, whole
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.scripted import Scripts
from econsim.models.marketplace.state import State
from econsim.pricing import Fills, Posted
from econsim.strategies import Posting


def adapt(rules: Rules, state: State, offered: Offered, fills: Fills, scripts: Scripts) -> None:
    """9. Adaptation: prices by the sellers' rules, averages follow auction prices."""
    sellers, listing = state.sellers, fills.listing
    sold = np.bincount(listing, minlength=len(sellers))
    sellers["offered"][:], sellers["sold"][:] = offered.capacity, sold
    takings = np.zeros(len(sellers), dtype=np.int64)
    np.add.at(takings, listing, fills.payment)
    auctioned = rules.mechanisms.auctioned[sellers["pricing"]]
    state.next_price = _moved(rules, state, auctioned, takings)
    _average(sellers["average"], auctioned, sold, takings, offered.price)
    new_price = state.next_price.copy()
    scripted.post_prices(scripts, new_price)
    sellers["price"][:] = new_price


def _average(average: Ints, rows: Bools, sold: Ints, takings: Ints, ask: Ints) -> None:
    """An auction's average goes an eighth of the way to its last price, or to what it asks."""
    last = np.where(sold > 0, takings // np.maximum(sold, 1), ask)
    average[:] = np.where(rows, average + (last - average) // 8, average)


def _moved(rules: Rules, state: State, auctioned: Bools, takings: Ints) -> Ints:
    """Next round's prices by the sellers' rules; a reserve stays where the rule names none."""
    sellers, new_price = state.sellers, state.sellers["price"].copy()
    floor, ceiling = _bounds(rules, state)
    everyone = np.arange(len(sellers))
    for rule, columns, mine in rules.pricers.followers(sellers, everyone):
        at = mine if rule.reserves else mine[~auctioned[mine]]
        if not len(at):
            continue
        posting = Posting(
            state.round,
            rules.streams,
            sellers["id"][at],
            sellers["price"][at],
            sellers["cost"][at],
            floor[at],
            ceiling[at],
            sellers["offered"][at],
            sellers["sold"][at],
            takings[at],
            columns,
            at,
            rules.group(sellers["pricing"][at], sellers["category"][at]),
        )
        new_price[at] = whole(
            rule,
            "prices",
            asked(f"{type(rule).__name__}.prices", rule.prices, posting),
            len(at),
            MOST_TICKS,
        )
    return new_price


def _bounds(rules: Rules, state: State) -> tuple[Ints, Ints]:
    """Lowest price that covers each seller's cost, and that at which nobody can gain any more."""
    cost, category = state.sellers["cost"], state.sellers["category"]
    scales = rules.scales(state.policy.value_spread)
    floor, ceiling = cost.copy(), scales[category]
    for index, model in enumerate(rules.mechanisms.models):
        if isinstance(model, Posted):
            rows = rules.mechanisms.rows(state.sellers, index)
            least = model.floor_price(cost[rows])
            floor[rows] = state.policy.before_fee(least, model.commission)
            most = [model.price_for(int(scale), rules.max_size) for scale in scales]
            ceiling[rows] = np.array(most)[category[rows]]
    return floor, np.maximum(ceiling, floor)
