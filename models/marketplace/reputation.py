"""Trust in the sellers, after the ratings of a round."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import ParameterError, one_of, real
from econsim.trust import Beta, EigenTrust, Pairs, Ratings, TrustModel, beta_mean

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

WEIGHTS = ("equal", "volume")


class Reputation:
    """How a market rates its sellers.

    Parameters
    ----------
    trust : TrustModel
    ratings : "equal" or "volume"
        Whether a rating counts 1, or what its task cost relative to a median task.
    cap : float or None
        Most weight that a buyer's ratings of one seller have together.
    detailed : bool
        Whether deliveries can end otherwise than by success and failure.

    Attributes
    ----------
    counted : bool
        Whether the counts of successes and failures are all that trust depends on: then they are
        its state, and no ratings are kept.
    columns : dict
        State columns of the sellers beside these counts.
    """

    def __init__(self, trust: TrustModel, ratings: str, cap: float | None, detailed: bool):
        self.trust, self.ratings = trust, one_of("ratings", ratings, WEIGHTS)
        self.cap = None if cap is None else real("rating_cap", cap, 1e-9)
        plain = type(trust) is Beta and trust.forgetting == 1
        self.counted = plain and ratings == "equal" and self.cap is None and not detailed
        self.columns = {} if self.counted else dict(trust.columns)
        if "positive" not in self.columns and self.cap is not None:
            raise ParameterError(
                "rating_cap", cap, f"None with {trust.name}, which keeps no counts"
            )
        self.pairs: Pairs | None = None
        if trust.paired or self.cap is not None:
            self.pairs = Pairs(np.inf if self.cap is None else self.cap, trust.forgetting)

    def start(self, successes: Any, failures: Any) -> dict[str, Any]:
        """State columns and trust of sellers with this record."""
        state = self.trust.start(successes, failures)
        return {name: state[name] for name in (*self.columns, "trust")}

    def update(self, model: Marketplace) -> None:
        """8. Trust is updated by the deliveries that ended since it was last."""
        sellers = model.sellers
        if self.counted:
            counts = sellers["successes"], sellers["failures"]
            sellers["trust"][:] = beta_mean(*counts, self.trust.prior)  # type: ignore[attr-defined]
            return
        ratings = self._ratings(model)
        if self.pairs is not None:
            ratings = replace(ratings, weight=self.pairs.add(ratings))
        if isinstance(self.trust, EigenTrust):
            sellers["trust"][:] = self._by_standing(model, self.trust)
        else:
            state = {name: sellers[name] for name in self.columns}
            sellers["trust"][:] = self.trust.rate(state, ratings)

    def _ratings(self, model: Marketplace) -> Ratings:
        """The deliveries that ended, of sellers that are still there."""
        parts = [
            (each.buyer, each.seller, each.outcome, each.error, self._weight(each.volume))
            for each in model.ended
        ]
        if not parts:
            none = np.empty(0, dtype=np.int64)
            return Ratings(none, none, none, none.astype(np.uint8), np.empty(0), np.empty(0))
        buyer, seller, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
        there = model._alive(seller)
        rows = model.sellers.rows(seller[there])
        return Ratings(buyer[there], seller[there], rows, *(each[there] for each in rest))

    def _weight(self, volume: NDArray[np.float64]) -> NDArray[np.float64]:
        return volume if self.ratings == "volume" else np.ones(len(volume))

    def _by_standing(self, model: Marketplace, trust: EigenTrust) -> NDArray[np.float64]:
        """Trust from ratings weighted by who gave them."""
        buyers, sellers = model.buyers, model.sellers
        ids = buyers["id"], sellers["id"]
        if model.round % trust.every == 0:
            buyers["standing"][:] = trust.standing(self.pairs, *ids, model.founders)  # type: ignore[arg-type]
        state = {name: sellers[name] for name in self.columns}
        return trust.rate_pairs(state, self.pairs, *ids, buyers["standing"])  # type: ignore[arg-type]
