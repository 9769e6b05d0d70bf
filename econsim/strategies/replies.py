"""`BestReply`: a price that is a function of cost alone, found as an equilibrium by pilots."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from econsim.arrays import Ints
from econsim.errors import ParameterError, integer
from econsim.strategies.sellers import Posting, SellerStrategy

MOST = 2**53


@dataclass(frozen=True)
class PriceFunction:
    """A price, price of a unit, fee or reserve as a non-decreasing function of cost.

    It is linear between its knots, stays at the first price below them, and rises by as much as
    the cost above them.

    Parameters
    ----------
    costs : sequence of int
        Cost of a task at each knot, ticks, increasing.
    prices : sequence of int
        Price at each knot, ticks, non-decreasing.

    Raises
    ------
    ParameterError
        Unless there are as many prices as costs, at least one, in order, from 0 to 2**53.
    """

    costs: tuple[int, ...]
    prices: tuple[int, ...]

    def __post_init__(self) -> None:
        for name in ("costs", "prices"):
            ticks = (integer(f"{name}[{k}]", n, 0, MOST) for k, n in enumerate(getattr(self, name)))
            object.__setattr__(self, name, tuple(ticks))
        if not self.costs or len(self.costs) != len(self.prices):
            raise ParameterError("prices", self.prices, f"{max(len(self.costs), 1)} numbers")
        if (np.diff(self.costs) <= 0).any():
            raise ParameterError("costs", self.costs, "increasing")
        if (np.diff(self.prices) < 0).any():
            raise ParameterError("prices", self.prices, "non-decreasing")

    def __call__(self, cost: Ints) -> Ints:
        """Price at each cost, int64 ticks (k,), floored; the same on every machine."""
        costs, prices = np.array(self.costs), np.array(self.prices)
        cell = np.clip(np.searchsorted(costs, cost, side="right") - 1, 0, max(len(costs) - 2, 0))
        after = np.minimum(cell + 1, len(costs) - 1)
        width = np.maximum(costs[after] - costs[cell], 1)
        inside = np.clip(cost, costs[0], costs[-1])
        rise = (prices[after] - prices[cell]) * ((inside - costs[cell]) / width)
        return prices[cell] + rise.astype(np.int64) + np.maximum(cost - costs[-1], 0)


class BestReply(SellerStrategy):
    """Ask what the cost says, in every round: price, fee or reserve, a function by category.

    With the functions of `econsim.experiments.replies.best_replies` it is a symmetric equilibrium:
    no seller gains by another price as long as the others keep to theirs.

    Parameters
    ----------
    knots : sequence of sequences of pairs of int
        ``(cost, price)`` in ticks at the knots of each function: one function for all sellers, or
        one for each pricing model and category of the market, categories fastest.

    Raises
    ------
    ParameterError
        If the knots of a function are not in order, see `PriceFunction`; or, when a market is
        made, if there are fewer than its pricing models and categories need.
    """

    name = "best-reply"
    reserves = True

    def __init__(self, knots: Sequence[Sequence[tuple[int, int]]]):
        if isinstance(knots, str) or not isinstance(knots, Sequence) or not knots:
            raise ParameterError("knots", knots, "a list of lists of pairs (cost, price)")
        self.functions = [_function(k, pairs) for k, pairs in enumerate(knots)]

    def opening(self, price: Ints, cost: Ints, group: Ints) -> Ints:
        """The price at each cost, whatever the pricing model opens at."""
        if len(self.functions) == 1:
            return self.functions[0](cost)
        if group.max(initial=0) >= len(self.functions):
            many = f"{len(self.functions)} functions"
            raise ParameterError("knots", many, "one for each pricing model and category")
        asked = np.array([function(cost) for function in self.functions])
        return asked[group, np.arange(len(cost))]

    def prices(self, posting: Posting) -> Ints:
        """The same in every round."""
        return self.opening(posting.price, posting.cost, posting.group)

    def __repr__(self) -> str:
        return f"BestReply({len(self.functions)} functions)"


def _function(index: int, pairs: Sequence[tuple[int, int]]) -> PriceFunction:
    """The function through some knots."""
    try:
        costs, prices = zip(*((cost, price) for cost, price in pairs), strict=True)
    except (TypeError, ValueError):
        raise ParameterError(f"knots[{index}]", pairs, "a list of pairs (cost, price)") from None
    return PriceFunction(costs, prices)
