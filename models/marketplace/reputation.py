"""How a market rates its sellers: which deliveries count, how much, and what becomes of trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from econsim.arrays import Bools, Codes, Floats, Ints
from econsim.errors import ParameterError, one_of, real
from econsim.trust import Outcome, Pairs, TrustModel

WEIGHTS = ("equal", "volume")


@dataclass(frozen=True, eq=False)
class Ended:
    """Deliveries that ended, (k,), in that order.

    Attributes
    ----------
    buyer, seller : int64, ids
    row : int64, row of the seller
    contract : int64, id or -1
    worth, paid : int64, ticks
    volume : float64, what the task cost relative to a median task of its category
    outcome : uint8, see `Outcome`
    error : float64, share that failed, of partial failures
    """

    buyer: Ints
    seller: Ints
    row: Ints
    contract: Ints
    worth: Ints
    paid: Ints
    volume: Floats
    outcome: Codes
    error: Floats

    @property
    def success(self) -> Bools:
        """Which deliveries kept the promise."""
        return self.outcome == Outcome.SUCCESS

    @property
    def received(self) -> Ints:
        """Worth delivered, ticks, floored."""
        part = (self.worth * (1 - self.error)).astype(np.int64)
        whole = np.where(self.success, self.worth, 0)
        return np.where(self.outcome == Outcome.PARTIAL, part, whole)


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
        plain = ratings == "equal" and self.cap is None and not detailed
        self.counted = trust.counted and plain
        self.columns = {} if self.counted else dict(trust.columns)
        if "positive" not in self.columns and self.cap is not None:
            permitted = f"None with {trust.name}, which keeps no counts"
            raise ParameterError("rating_cap", cap, permitted)

    def memory(self) -> Pairs | None:
        """An empty memory of who rated whom, if the trust model or the cap needs one."""
        if not self.trust.paired and self.cap is None:
            return None
        return Pairs(np.inf if self.cap is None else self.cap, self.trust.forgetting)

    def start(self, successes: Any, failures: Any) -> dict[str, Any]:
        """State columns and trust of sellers with this record."""
        state = self.trust.start(successes, failures)
        return {name: state[name] for name in (*self.columns, "trust")}

    def weight(self, ended: Ended) -> Floats:
        """How much each delivery's rating counts, before any cap, (k,)."""
        return ended.volume if self.ratings == "volume" else np.ones(len(ended.volume))
