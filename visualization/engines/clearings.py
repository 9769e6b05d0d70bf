"""The clearings that an engine keeps: prices by category, and the facts behind one sale.

Pricing models are watched by wrapping the `clear` of each instance; the market runs as it would.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.models.marketplace import Marketplace
from econsim.pricing import Fills, Listings, Orders
from econsim.visualization.numbers.clearing import Clearing, contested, facts, mean_price

KEPT_BYTES, KEPT_ROUNDS = 32 * 2**20, 200


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
        for pricing in model.pricing_models:
            self._watch(pricing)

    def _watch(self, pricing: Any) -> None:
        clear = pricing.clear

        def watched(orders: Orders, listings: Listings, streams: Any) -> Fills:
            fills = clear(orders, listings, streams)
            truthful = getattr(self._model.strategy, "name", "") == "truthful"
            fee = float(self._model.fee) + pricing.commission
            self._note(Clearing(pricing, orders, listings, fills, fee, truthful))
            return fills

        pricing.clear = watched

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
        return [clearing for clearing in self._kept if clearing.orders.round == final]

    def mean_price(self) -> NDArray[np.float64]:
        """Mean price of a task by category in the last round, credits; NaN without a sale."""
        return mean_price(self.last(), len(self._model.categories))

    def facts(self) -> dict[str, Any]:
        """What `econsim.visualization.numbers.explain` says in words."""
        best = max(self.last(), key=lambda clearing: len(clearing.fills.order), default=None)
        if best is None or not len(best.listings.seller):
            return {"rule": "none", "round": self._model.round}
        place = contested(best)
        names = [category.name for category in self._model.categories]
        name = names[int(best.listings.category[place])] if len(names) > 1 else ""
        barred = self._barred(int(best.listings.seller[place]))
        return {
            **facts(best, place), "category": name, "round": self._model.round,
            "fee": best.fee, "truthful": best.truthful, "barred": barred,
        }  # fmt: skip

    def _barred(self, seller: int) -> bool:
        """Whether a ban kept a seller (id) from selling in the last round."""
        here = self._model.sellers["id"] == seller  # none, if it left since
        return bool((self._model.state.barred(here) >= self._model.round).any())
