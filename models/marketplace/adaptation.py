"""How sellers move their prices after a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.models.marketplace import scripted
from econsim.models.marketplace.bidding import scales
from econsim.models.marketplace.mixture import Mixture, whole
from econsim.models.marketplace.offers import Offered, rows_of
from econsim.models.marketplace.setup import MOST_TICKS
from econsim.pricing import Fills, Posted
from econsim.strategies import SELLER_STRATEGIES, FollowSales, Posting, SellerStrategy

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

Ints = NDArray[np.int64]


class Pricers(Mixture[SellerStrategy]):
    """The pricing rules of a market's sellers, by share.

    Attributes
    ----------
    follows_sales : bool
        Whether all sellers follow their sales, which a seller can do by itself in Python.
    """

    def __init__(self, given: Any):
        super().__init__(*SELLER_STRATEGIES.mix(given), "posting")
        self.follows_sales = all(type(held) is FollowSales for held in self.strategies)

    def move(
        self, model: Marketplace, offered: Offered, sold: Ints, takings: Ints, new_price: Ints
    ) -> None:
        """Write next round's posted prices over `new_price`."""
        sellers = model.sellers
        rows = np.flatnonzero(~model.auctioned[sellers["pricing"]])
        least, scale = _bounds(model)
        for held, state, mine in self.followers(sellers, rows):
            at = rows[mine]
            prices = held.prices(
                Posting(
                    model.round,
                    model.streams,
                    sellers["id"][at],
                    sellers["price"][at],
                    sellers["cost"][at],
                    least[at],
                    scale[at],
                    offered.capacity[at],
                    sold[at],
                    takings[at],
                    state,
                    at,
                )
            )
            new_price[at] = whole(held, "prices", prices, len(at), MOST_TICKS)


def _bounds(model: Marketplace) -> tuple[Ints, Ints]:
    """Lowest price that covers each seller's cost, and that at which nobody can gain any more."""
    cost, category = model.sellers["cost"], model.sellers["category"]
    least, scale = cost.copy(), scales(model)[category]
    for index, held in enumerate(model.pricing_models):
        if isinstance(held, Posted):
            rows: Any = rows_of(model, index)
            least[rows] = model.before_fee(held.least(cost[rows]))
            most = [held.asking(int(each), model.max_size) for each in scales(model)]
            scale[rows] = np.array(most)[category[rows]]
    return least, np.maximum(scale, least)


def adapt(model: Marketplace, offered: Offered, fills: Fills) -> None:
    """9. Adaptation: posted prices by the sellers' rules, averages follow auction prices."""
    sellers, listing = model.sellers, fills.listing
    sold = np.bincount(listing, minlength=len(sellers))
    sellers["offered"][:], sellers["sold"][:] = offered.capacity, sold
    takings = np.zeros(len(sellers), dtype=np.int64)
    np.add.at(takings, listing, fills.payment)
    new_price = sellers["price"].copy()
    if not model.auctioned.all():
        model.pricers.move(model, offered, sold, takings, new_price)
    model.next_price = new_price.copy()
    if model.auctioned.any():
        units, average = np.maximum(sold, 1), sellers["average"]
        last = np.where(sold > 0, takings // units, offered.price)
        rows = model.auctioned[sellers["pricing"]]
        average[:] = np.where(rows, average + (last - average) // 8, average)
    scripted.post_prices(model, new_price)
    sellers["price"][:] = new_price
