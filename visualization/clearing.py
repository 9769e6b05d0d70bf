"""What an engine notes of each clearing: prices by category, and the facts behind one sale.

Pricing models are watched by wrapping the `clear` of each instance; the market runs as it would.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.models.marketplace import Marketplace
from econsim.money import to_credits
from econsim.pricing import Claim, Fills, Listings, Orders, PricingModel

FIRST_SELLER = 2**31
SHOWN_WINNERS = 3
KEPT_BYTES, KEPT_ROUNDS = 32 * 2**20, 200


@dataclass(frozen=True)
class Clearing:
    """Orders, listings and fills of one pricing model in one round.

    ``fee`` is the share that the market kept, ``truthful`` whether buyers bid their values.
    """

    held: PricingModel
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


class Clearings:
    """The clearings of the last rounds, as many as fit into a fixed memory.

    Parameters
    ----------
    model : Marketplace
        Its pricing models are watched from now on.
    """

    def __init__(self, model: Marketplace):
        self._model = model
        self._kept: deque[Clearing] = deque()
        self._bytes = 0
        for held in model.pricing_models:
            self._watch(held)

    def _watch(self, held: Any) -> None:
        clear = held.clear

        def watched(orders: Orders, listings: Listings, streams: Any) -> Fills:
            fills = clear(orders, listings, streams)
            truthful = getattr(self._model.strategy, "name", "") == "truthful"
            fee = float(self._model.fee)
            self._note(Clearing(held, orders, listings, fills, fee, truthful))
            return fills

        held.clear = watched

    def _note(self, clearing: Clearing) -> None:
        self._kept.append(clearing)
        self._bytes += clearing.nbytes
        least, most = len(self._model.pricing_models), KEPT_ROUNDS * len(self._model.pricing_models)
        while len(self._kept) > most or (self._bytes > KEPT_BYTES and len(self._kept) > least):
            self._bytes -= self._kept.popleft().nbytes

    def __iter__(self) -> Iterator[Clearing]:
        return iter(self._kept)

    def last(self) -> list[Clearing]:
        """Those of the last round."""
        final = self._model.round - 1
        return [each for each in self._kept if each.orders.round == final]

    def mean_price(self) -> NDArray[np.float64]:
        """Mean price of a task by category in the last round, credits; NaN without a sale."""
        count = len(self._model.categories)
        sales, paid = np.zeros(count), np.zeros(count)
        for each in self.last():
            if each.held.term:  # the fee of many rounds is no price of a task
                continue
            category = each.listings.category[each.fills.listing]
            sales += np.bincount(category, minlength=count)
            paid += np.bincount(category, weights=each.fills.payment, minlength=count)
        return np.divide(to_credits(paid), sales, out=np.full(count, np.nan), where=sales > 0)

    def facts(self) -> dict[str, Any]:
        """What `econsim.visualization.explain` says in words: see `of_listing`, `of_category`."""
        best = max(self.last(), key=lambda each: len(each.fills.order), default=None)
        if best is None or not len(best.listings.seller):
            return {"rule": "none", "round": self._model.round}
        place = _contested(best)
        found = of_category(best, place) if best.held.pooled else of_listing(best, place)
        names = [kind.name for kind in self._model.categories]
        found["category"] = names[int(best.listings.category[place])] if len(names) > 1 else ""
        market = {"round": self._model.round, "fee": best.fee, "truthful": best.truthful}
        return {**found, **market, "barred": self._barred(int(best.listings.seller[place]))}

    def _barred(self, seller: int) -> bool:
        """Whether a ban kept a seller (id) from selling in the last round."""
        here = self._model.sellers["id"] == seller  # none, if it left since
        return bool((self._model.barred(here) >= self._model.round).any())


def _contested(clearing: Clearing) -> int:
    """The listing with the most orders among those that sold, or among all if none did."""
    count = len(clearing.listings.seller)
    orders = np.bincount(clearing.orders.listing, minlength=count)
    if len(clearing.fills.listing):
        orders = np.where(np.bincount(clearing.fills.listing, minlength=count) > 0, orders, -1)
    return int(np.argmax(orders))


def _rule(held: PricingModel, paid: NDArray[np.int64], bids: NDArray[np.int64], least: int) -> str:
    """How payments came about, whatever the model is called: what it says of itself, checked.

    Parameters
    ----------
    paid, bids : int64 (n,)
        Payments and bids of the winners.
    least : int
        The highest rejected bid, or the reserve if that is higher.
    """
    if held.posted:
        return "posted"
    if held.pays_bid:
        return "pay-as-bid" if (paid == bids).all() else "other"
    if held.bids_everywhere:
        exact = {Claim.INCENTIVE_COMPATIBLE, Claim.EFFICIENT} <= held.claims
        return "clarke" if exact else "other"
    return "rejected" if (paid == least).all() else "other"


def of_listing(clearing: Clearing, place: int) -> dict[str, Any]:
    """Facts about one listing, money in credits.

    Returns
    -------
    dict with ``rule`` (posted, pay-as-bid, clarke, rejected, other), ``pricing``, ``seller``,
    ``capacity``, ``ask`` (posted price or reserve), ``orders``, ``rejected`` (highest bid that won
    nothing here, or None), ``sold``, ``uniform`` (whether all pay the same) and ``winners`` (buyer,
    bid, payment of the first few).
    """
    orders, fills, held = clearing.orders, clearing.fills, clearing.held
    here = np.flatnonzero(orders.listing == place)
    won = fills.order[fills.listing == place]
    lost, paid = orders.limit[np.setdiff1d(here, won)], fills.payment[fills.listing == place]
    asked = int(clearing.listings.price[place])
    least = max(int(lost.max()), asked) if len(lost) else asked
    return {
        "rule": _rule(held, paid, orders.limit[won], least),
        "uniform": len(np.unique(paid)) < 2,
        "pricing": held.name,
        "term": held.term,
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
        "pricing": clearing.held.name,
        "orders": len(here),
        "sold": len(won),
        "winners": _winners(clearing, mine),
        "lowest": to_credits(int(orders.limit[won].min())) if len(won) else None,
        "rejected": to_credits(int(orders.limit[lost].max())) if len(lost) else None,
        "ask": to_credits(int(asks.min())) if len(asks) else None,
        "payment": to_credits(means[0]),
        "receipt": to_credits(means[1]),
    }
