"""What an operator may change between rounds: parameters, strategies, fee, subsidy, reserve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from econsim.arrays import Ints
from econsim.models.marketplace.limits import share_of
from econsim.models.marketplace.mixture import Bidders


@dataclass(frozen=True, eq=False)
class Policy:
    """What is in force this round; `State.set` puts another in force.

    Attributes
    ----------
    demand_rate : float, chance that a buyer has a task in a round
    search : int, listings that a buyer looks at
    value_spread : float, width of a task's value shock
    eligibility : float, trust below which a seller may not sell by auction
    bidders : Bidders, how buyers bid
    reserve : int64 (categories,), ticks, lowest price of an auction
    choice : "expected" or "price", whether buyers reckon with not being served, or being outbid
    choice_noise : float, scale of the Gumbel noise of a choice, in median task values
    fee, subsidy : float, shares of a payment that the platform keeps and that buyers get back
    """

    demand_rate: float
    search: int
    value_spread: float
    eligibility: float
    bidders: Bidders
    reserve: Ints
    choice: str = "price"
    choice_noise: float = 0.0
    fee: float = 0.0
    subsidy: float = 0.0

    def fee_on(self, receipt: Ints) -> Ints:
        """What the platform keeps of receipts, ticks, floored."""
        return share_of(receipt, self.fee)

    def before_fee(self, price: Any) -> Any:
        """Price of which, after the platform's fee, `price` is left: ticks, rounded up."""
        if not self.fee:
            return price
        return np.ceil(np.asarray(price) / (1 - self.fee)).astype(np.int64)
