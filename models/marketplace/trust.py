"""Step 8 of a round: trust in the sellers, after the deliveries that ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Floats
from econsim.errors import DecisionError
from econsim.models.marketplace.reputation import Ended, Reputation
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.trust import Evidence, Ratings, TrustModel


def update(rules: Rules, state: State) -> None:
    """8. Trust is updated by the deliveries that ended since it was last."""
    reputation, sellers = rules.reputation, state.sellers
    if reputation.counted:
        record = sellers["successes"], sellers["failures"]
        sellers["trust"][:] = reputation.start(*record)["trust"]
        return
    ratings = _ratings(reputation, state.ended, state)
    if state.ratings is not None:
        ratings = replace(ratings, weight=state.ratings.add(ratings))
    evidence = Evidence(
        state.round,
        ratings,
        state.ratings,
        _columns(sellers, reputation.columns),
        _columns(state.buyers, reputation.trust.buyer_columns),
        rules.founding,
    )
    sellers["trust"][:] = _shares(reputation.trust, reputation.trust.update(evidence), len(sellers))


def _shares(model: TrustModel, trust: Any, count: int) -> Floats:
    """What a trust model says, or one error that names it."""
    field, permitted = f"{type(model).__name__}.update", f"{count} numbers from 0 to 1"
    array = np.asarray(trust)
    if array.shape != (count,) or array.dtype.kind not in "iuf":
        raise DecisionError(field, trust, permitted)
    if not ((array >= 0) & (array <= 1)).all():
        raise DecisionError(field, trust, permitted)
    return array


def _columns(table: Population, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    return {name: table[name] for name in ("id", *names)}


def _ratings(reputation: Reputation, ended: list[Ended], state: State) -> Ratings:
    """The deliveries that ended, of sellers that are still there."""
    if not ended:
        none = np.empty(0, dtype=np.int64)
        return Ratings(none, none, none, none.astype(np.uint8), np.empty(0), np.empty(0))
    parts = [
        (part.buyer, part.seller, part.outcome, part.error, reputation.weight(part))
        for part in ended
    ]
    buyer, seller, *rest = (np.concatenate(column) for column in zip(*parts, strict=True))
    there = state.alive(seller)
    rows = state.sellers.rows(seller[there])
    return Ratings(buyer[there], seller[there], rows, *(column[there] for column in rest))
