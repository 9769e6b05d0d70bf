"""The numbers of a clearing: prices by category, and the facts behind one sale."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.money import to_credits
from econsim.pricing import Claim, Fills, Listings, Orders, PricingModel

FIRST_SELLER = 2**31
SHOWN_WINNERS = 3


@dataclass(frozen=True)
class Clearing:
    """Orders, listings and fills of one pricing model in one round.

    ``fee`` is the share that the market kept, ``truthful`` whether buyers bid their values.
    """

    pricing: PricingModel
    orders: Orders
    listings: Listings
    fills: Fills
    fee: float = 0.0
    truthful: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes that keeping it costs."""
        parts = (self.orders, self.listings, self.fills)
        return sum(getattr(value, "nbytes", 0) for part in parts for value in vars(part).values())


def mean_price(clearings: Iterable[Clearing], categories: int) -> NDArray[np.float64]:
    """Mean price of a task by category over some clearings, credits; NaN without a sale."""
    sales, paid = np.zeros(categories), np.zeros(categories)
    for clearing in clearings:
        if clearing.pricing.term:  # the fee of many rounds is no price of a task
            continue
        category = clearing.listings.category[clearing.fills.listing]
        sales += np.bincount(category, minlength=categories)
        paid += np.bincount(category, weights=clearing.fills.payment, minlength=categories)
    return np.divide(to_credits(paid), sales, out=np.full(categories, np.nan), where=sales > 0)


def facts(clearing: Clearing, place: int) -> dict[str, Any]:
    """What happened at a listing: `of_category` where a whole category meets, else `of_listing`."""
    return of_category(clearing, place) if clearing.pricing.pooled else of_listing(clearing, place)


def contested(clearing: Clearing) -> int:
    """The listing with the most orders among those that sold, or among all if none did."""
    count = len(clearing.listings.seller)
    orders = np.bincount(clearing.orders.listing, minlength=count)
    if len(clearing.fills.listing):
        orders = np.where(np.bincount(clearing.fills.listing, minlength=count) > 0, orders, -1)
    return int(np.argmax(orders))


def _rule(
    pricing: PricingModel, paid: NDArray[np.int64], bids: NDArray[np.int64], least: int
) -> str:
    """How payments came about, whatever the model is called: what it says of itself, checked.

    Parameters
    ----------
    paid, bids : int64 (n,)
        Payments and bids of the winners.
    least : int
        The highest rejected bid, or the reserve if that is higher.
    """
    if pricing.posted:
        return "posted"
    if pricing.reason:
        return "own"
    if pricing.pays_bid:
        return "pay-as-bid" if (paid == bids).all() else "other"
    if pricing.bids_everywhere:
        exact = {Claim.INCENTIVE_COMPATIBLE, Claim.EFFICIENT} <= pricing.claims
        return "clarke" if exact else "other"
    return "rejected" if (paid == least).all() else "other"


def of_listing(clearing: Clearing, place: int) -> dict[str, Any]:
    """Facts about one listing, money in credits.

    Returns
    -------
    dict with ``rule`` (posted, pay-as-bid, clarke, rejected, own, other), ``pricing``, ``seller``,
    ``capacity``, ``ask`` (posted price or reserve), ``orders``, ``rejected`` (highest bid that won
    nothing here, or None), ``sold``, ``uniform`` (whether all pay the same) and ``winners`` (buyer,
    bid, payment of the first few).
    """
    orders, fills, pricing = clearing.orders, clearing.fills, clearing.pricing
    here = np.flatnonzero(orders.listing == place)
    won = fills.order[fills.listing == place]
    lost, paid = orders.limit[np.setdiff1d(here, won)], fills.payment[fills.listing == place]
    asked = int(clearing.listings.price[place])
    least = max(int(lost.max()), asked) if len(lost) else asked
    return {
        "rule": _rule(pricing, paid, orders.limit[won], least),
        "uniform": len(np.unique(paid)) < 2,
        "pricing": pricing.name,
        "reason": pricing.reason,
        "term": pricing.term,
        "seller": int(clearing.listings.seller[place]) - FIRST_SELLER,
        "capacity": int(clearing.listings.capacity[place]),
        "ask": to_credits(asked),
        "orders": len(here),
        "rejected": to_credits(int(lost.max())) if len(lost) else None,
        "sold": len(won),
        "winners": _winners(clearing, fills.listing == place),
    }


def _winners(clearing: Clearing, which: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """The highest bidders among some fills."""
    order, payment = clearing.fills.order[which], clearing.fills.payment[which]
    limit = clearing.orders.limit[order]
    best = np.lexsort((clearing.orders.buyer[order], -limit))[:SHOWN_WINNERS]
    return [
        {
            "buyer": int(clearing.orders.buyer[order[k]]),
            "bid": to_credits(int(limit[k])),
            "payment": to_credits(int(payment[k])),
        }
        for k in best
    ]


def of_category(clearing: Clearing, place: int) -> dict[str, Any]:
    """Facts about the category of a listing, where all its buyers and sellers meet.

    Returns
    -------
    dict with ``rule`` ("pooled"), ``pricing``, ``orders``, ``sold``, ``winners``, ``lowest`` (bid
    that trades), ``rejected`` (highest bid that does not, or None), ``ask`` (the lowest, or None
    where there is no unit), ``payment`` and ``receipt`` (means of a trade, credits).
    """
    orders, fills = clearing.orders, clearing.fills
    kinds = clearing.listings.category
    mine = kinds[fills.listing] == kinds[place]
    here = np.flatnonzero(kinds[orders.listing] == kinds[place])
    won, lost = fills.order[mine], np.setdiff1d(here, fills.order[mine])
    open_ = (kinds == kinds[place]) & (clearing.listings.capacity > 0)
    asks = clearing.listings.price[open_]
    means = [float(column[mine].mean()) if len(won) else 0.0
             for column in (fills.payment, fills.receipt)]  # fmt: skip
    return {
        "rule": "pooled",
        "pricing": clearing.pricing.name,
        "orders": len(here),
        "sold": len(won),
        "winners": _winners(clearing, mine),
        "lowest": to_credits(int(orders.limit[won].min())) if len(won) else None,
        "rejected": to_credits(int(orders.limit[lost].max())) if len(lost) else None,
        "ask": to_credits(int(asks.min())) if len(asks) else None,
        "payment": to_credits(means[0]),
        "receipt": to_credits(means[1]),
    }
