"""What everybody may know of the listings: what one more order would have met there.

Every round, after clearing, each listing notes what an additional order would have found: at a
posted price the chance that the lottery serves it, at an auction the price that it had to beat.
Buyers average these public records over about 64 rounds, and shrink them towards what is usual for
listings that look alike (empirical Bayes), so that the best of several estimates is no better than
it is.

References
----------
Butters (1977), Equilibrium distributions of sales and advertising prices. RES 44.
McAfee (1993), Mechanism design by competing sellers. Econometrica 61.
Peters & Severinov (1997), Competition among sellers who offer auctions instead of prices. JET 75.
Efron & Morris (1973), Stein's estimation rule and its competitors. JASA 68.
"""

from __future__ import annotations

import numpy as np

from econsim.arrays import Categories, Floats, Ints
from econsim.kernels import Beliefs
from econsim.models.marketplace.foresight import curves, groups
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.shrinkage import regressed, shrunk
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.pricing import Fills, Orders

WINDOW = 64.0


def believed(rules: Rules, state: State, offered: Offered) -> Beliefs:
    """What buyers believe this round, from the public records of the listings."""
    category, pricing = state.sellers["category"], state.sellers["pricing"]
    chance, below = _posterior(rules, state, offered)
    return Beliefs(
        rules.mechanisms.auctioned[pricing],
        rules.mechanisms.pays_bid[pricing],
        offered.price,
        offered.refund,
        chance,
        category,
        rules.knots,
        below,
        _integral(below, rules.knots[category]),
        state.policy.choice_noise * rules.median_value.astype(np.float64),
        groups(rules, state),
        *curves(rules, state),
    )


def _posterior(rules: Rules, state: State, offered: Offered) -> tuple[Floats, Floats]:
    """Records shrunk among the listings of a model and category: chances, and those at knots."""
    sellers, group = state.sellers, groups(rules, state)
    chance, below = np.ones(len(sellers)), np.ones((len(sellers), rules.knots.shape[1]))
    for kind in np.unique(group):
        rows = np.flatnonzero(group == kind)
        scale = float(rules.median_value[sellers["category"][rows[0]]])
        looks = regressed(offered.trust[rows], offered.price[rows] / max(scale, 1.0))
        seen = np.minimum(sellers["seen"][rows], 2 * WINDOW - 1)
        if rules.mechanisms.auctioned[sellers["pricing"][rows[0]]]:
            below[rows] = np.maximum.accumulate(shrunk(sellers["below"][rows], looks, seen), axis=1)
        else:
            record = sellers["chance"][rows, None]
            spread = np.maximum(sellers["chance_square"][rows, None] - record**2, 0.0)
            chance[rows] = shrunk(record, looks, seen, spread)[:, 0]
    return chance, below


def _integral(below: Floats, knots: Floats) -> Floats:
    """Integral of a distribution function that is linear between the knots, up to each of them."""
    part = (knots[:, 1:] - knots[:, :-1]) * ((below[:, 1:] + below[:, :-1]) / 2.0)
    return np.concatenate([np.zeros((len(below), 1)), np.cumsum(part, axis=1)], axis=1)


def observe(rules: Rules, state: State, offered: Offered, orders: Orders, fills: Fills) -> None:
    """Put on the record of every open listing what one more order would have met."""
    sellers = state.sellers
    open_ = np.flatnonzero(offered.capacity > 0)
    seen = sellers["seen"]
    weight = np.maximum(1.0 / WINDOW, 1.0 / (seen[open_] + 1.0))
    auctioned = rules.mechanisms.auctioned[sellers["pricing"]]
    chance = _chance(offered, orders)[open_]
    for name, value in (("chance", chance), ("chance_square", chance**2)):
        sellers[name][open_] += (value - sellers[name][open_]) * weight
    if auctioned.any():
        beat = price_to_beat(rules, sellers, offered, orders, fills)[open_]
        above = (beat - offered.price[open_]) / np.maximum(offered.trust[open_], 1e-9)
        reached = above[:, None] <= rules.knots[sellers["category"][open_]]
        sellers["below"][open_] += (reached - sellers["below"][open_]) * weight[:, None]
    seen[open_] += 1


def _chance(offered: Offered, orders: Orders) -> Floats:
    """Chance that one more order at each listing would have been served by lottery."""
    admissible = orders.limit >= offered.price[orders.listing]
    count = np.bincount(orders.listing[admissible], minlength=len(offered.capacity))
    return np.minimum(1.0, offered.capacity / (count + 1.0))


def price_to_beat(
    rules: Rules, sellers: Population, offered: Offered, orders: Orders, fills: Fills
) -> Ints:
    """Least limit with which one more order at each listing would have won, ticks, (m,).

    At a listing that is full the lowest limit that won, elsewhere what is asked. Where buyers bid
    everywhere it is what the winners pay, the competitive price; where sellers are pooled it is
    what the buyers of the category pay, and out of reach if none buys.
    """
    mechanisms, pricing, ask = rules.mechanisms, sellers["pricing"], offered.price
    count = len(ask)
    low = np.full(count, np.iinfo(np.int64).max)
    everywhere = mechanisms.bids_everywhere[pricing]
    level = np.where(everywhere[fills.listing], fills.payment, orders.limit[fills.order])
    np.minimum.at(low, fills.listing, level)
    full = np.bincount(fills.listing, minlength=count) >= offered.capacity
    beat = np.where(full, np.maximum(low, ask), ask)
    pooled = mechanisms.pooled[pricing]
    if pooled.any():
        beat = np.where(pooled, _pooled_price(rules, sellers["category"], fills), beat)
    return beat


def _pooled_price(rules: Rules, category: Categories, fills: Fills) -> Ints:
    """What buyers of each listing's category pay at most, or what none of them could pay."""
    price = np.full(len(rules.categories), -1, dtype=np.int64)
    np.maximum.at(price, category[fills.listing], fills.payment)
    return np.where(price < 0, np.int64(2**62), price)[category]
