"""Pricing rules: how a seller names its price, fee or reserve, and moves it after a round.

References
----------
Greenwald & Kephart (1999), Shopbots and pricebots. IJCAI-99.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from econsim import kernels
from econsim.arrays import Floats, Ints
from econsim.errors import ParameterError, integer, real
from econsim.registry import Specified
from econsim.streams import Purpose, Streams


@dataclass(frozen=True)
class Posting:
    """k sellers after a round, with a posted price or a reserve of their own; money in ticks.

    Attributes
    ----------
    round : int
    streams : Streams
    seller : int64 (k,), ids
    price : int64 (k,), the price, per-unit price, fee or reserve that was posted
    cost : int64 (k,), of a task
    least : int64 (k,), lowest price that covers the cost
    scale : int64 (k,), price at which the most valuable task is worth nothing any more
    offered, sold : int64 (k,), units
    takings : int64 (k,), what buyers paid in this round
    state : mapping of str to array
        The state columns of all m sellers, (m, ...).
    rows : int64 (k,), row of each seller in `state`
    group : int64 (k,)
        Pricing model and category of each seller as one index, categories fastest.
    """

    round: int
    streams: Streams
    seller: Ints
    price: Ints
    cost: Ints
    least: Ints
    scale: Ints
    offered: Ints
    sold: Ints
    takings: Ints
    state: Mapping[str, NDArray]
    rows: Ints
    group: Ints

    @property
    def profit(self) -> Ints:
        """Takings less the cost of what was sold, (k,)."""
        return self.takings - self.sold * self.cost


class SellerStrategy(Specified):
    """A pricing rule: one vectorised method, `prices`.

    Attributes
    ----------
    name : str
        Name in the registry and in tables.
    columns : mapping of str to dtype
        State that every seller carries, as columns.
    reserves : bool
        Whether the rule also names the reserve of an auction, or the ask of an exchange; else
        that stays at cost.
    """

    name: ClassVar[str] = ""
    columns: Mapping[str, Any] = {}
    reserves: ClassVar[bool] = False

    def prices(self, posting: Posting) -> Ints:
        """Prices of the next round, int64 (k,); learners update ``posting.state`` in place."""
        raise NotImplementedError(f"{type(self).__name__} does not override prices")

    def opening(self, price: Ints, cost: Ints, group: Ints) -> Ints:
        """Prices of new sellers, int64 (k,), before their first round.

        Parameters
        ----------
        price : int64 (k,), ticks
            What the pricing model opens at, which is the answer by default.
        cost, group : int64 (k,)
            As in `Posting`.
        """
        return price

    def start(self, ids: Ints) -> dict[str, NDArray]:
        """State of new sellers: an array (n, ...) for each of `columns`, zeros by default."""
        return {name: np.zeros(len(ids), dtype) for name, dtype in self.columns.items()}


class FollowSales(SellerStrategy):
    """Up after selling out, down after leaving capacity, never below cost: a rule of thumb.

    1. Without a target a price p goes up by the share `up` after selling out and down by `down`
       otherwise. It is stationary, in logs, where the chance s of selling out solves
       s log(1 + up) = -(1 - s) log(1 - down): `sells_out`. Equal steps sell out half the time
       whatever demand is, so that with one unit half of the capacity idles.
    2. With a target t and utilisation x = sold / offered it goes up by the share up (x - t), or
       down by down (t - x). To first order in the steps it is stationary where
       up E[(x - t)+] = down E[(t - x)+]; for equal steps where E[x] = t, the mean utilisation is
       the target.

    Neither is anybody's best reply: profit is nowhere in it. See `BestReply`.

    Parameters
    ----------
    target : float in (0, 1), optional
        Utilisation to hold, as a share of the units on offer.
    up, down : float in (0, 1)
        Largest steps as shares of the price; never less than a tick.
    """

    name = "follow-sales"

    def __init__(self, target: float | None = None, up: float = 1 / 32, down: float = 1 / 32):
        self.target = None if target is None else real("target", target, 0, 1)
        if self.target in (0, 1):
            raise ParameterError("target", target, "None or a number in (0, 1)")
        self.up, self.down = real("up", up, 1e-9, 1), real("down", down, 1e-9, 1 - 1e-9)

    @property
    def sells_out(self) -> float:
        """Share of its rounds in which a seller sells out in the long run, without a target."""
        rise, fall = np.log1p(self.up), -np.log1p(-self.down)
        return float(fall / (rise + fall))

    @property
    def usual(self) -> bool:
        """Whether the parameters are the defaults."""
        return self.target is None and self.up == self.down == 1 / 32

    def prices(self, posting: Posting) -> Ints:
        """Steps of max(1, share of p) ticks, floored; a seller that offered nothing stays."""
        share = self._shares(posting)
        step = np.maximum(1, (posting.price * np.abs(share)).astype(np.int64))
        moved = np.maximum(posting.price + np.sign(share).astype(np.int64) * step, posting.least)
        return np.where(posting.offered > 0, moved, posting.price)

    def _shares(self, posting: Posting) -> Floats:
        """Share of its price by which each seller moves, (k,)."""
        if self.target is None:
            return np.where(posting.sold == posting.offered, self.up, -self.down)
        excess = posting.sold / np.maximum(posting.offered, 1) - self.target
        return excess * np.where(excess > 0, self.up, self.down)

    def __repr__(self) -> str:
        parts = [f"up={self.up:g}", f"down={self.down:g}"]
        parts = parts if self.target is None else [f"target={self.target:g}", *parts]
        return f"FollowSales({'' if self.usual else ', '.join(parts)})"


class CostPlus(SellerStrategy):
    """The cost and a markup.

    Parameters
    ----------
    markup : float in [0, 1000]
        Share of the cost.
    """

    name = "cost-plus"

    def __init__(self, markup: float = 0.2):
        self.markup = real("markup", markup, 0, 1000)

    def prices(self, posting: Posting) -> Ints:
        """The lowest price that covers the cost, and the markup on it, floored."""
        return posting.least + (posting.least * self.markup).astype(np.int64)

    def __repr__(self) -> str:
        return f"CostPlus(markup={self.markup:g})"


class DerivativeFollower(SellerStrategy):
    """Go on in the same direction as long as profit rises, else turn (Greenwald & Kephart 1999).

    Parameters
    ----------
    step : float in (0, 1]
        Share of the price that it moves by, at least a tick.
    """

    name = "derivative-follower"
    columns: Mapping[str, Any] = {"falling": np.bool_, "profit": np.int64}

    def __init__(self, step: float = 0.02):
        self.step = real("step", step, 1e-9, 1)

    def prices(self, posting: Posting) -> Ints:
        """One step up or down, never below cost nor above the largest value."""
        falling, before = posting.state["falling"], posting.state["profit"]
        falling[posting.rows] ^= posting.profit < before[posting.rows]
        before[posting.rows] = posting.profit
        size = np.maximum(1, (posting.price * self.step).astype(np.int64))
        moved = posting.price + np.where(falling[posting.rows], -size, size)
        moved = np.clip(moved, posting.least, np.maximum(posting.scale, posting.least))
        return np.where(posting.offered > 0, moved, posting.price)

    def __repr__(self) -> str:
        return f"DerivativeFollower(step={self.step:g})"


class QPricing(SellerStrategy):
    """Q-learning over equidistant prices from cost to the largest value.

    Q of a price moves to the profit per unit offered, as a share of the largest value; it starts
    at its upper bound, so that every price is tried.

    Parameters
    ----------
    rate : float in (0, 1]
        Share of the way that Q moves.
    exploration : float in [0, 1]
        Probability of a uniformly drawn price; else that of largest Q, the lowest of equals.
    levels : int from 2 to 1001
        Prices to choose from.
    """

    name = "q-pricing"

    def __init__(self, rate: float = 0.1, exploration: float = 0.05, levels: int = 11):
        self.rate = real("rate", rate, 1e-9, 1)
        self.exploration = real("exploration", exploration, 0, 1)
        self.levels = integer("levels", levels, 2, 1001)
        self.columns = {"values": ("f8", (self.levels,)), "level": np.int64}

    def start(self, ids: Ints) -> dict[str, NDArray]:
        """Nothing tried yet; the opening price is not one of the levels."""
        return {"values": np.ones((len(ids), self.levels)), "level": np.full(len(ids), -1)}

    def prices(self, posting: Posting) -> Ints:
        """Learn from the round, and choose the next level."""
        values, level = posting.state["values"], posting.state["level"]
        tried = (level[posting.rows] >= 0) & (posting.offered > 0)
        rows, gain = (
            posting.rows[tried],
            posting.profit
            / np.maximum(posting.scale * np.maximum(posting.offered, 1).astype(np.float64), 1.0),
        )
        at = rows, level[rows]
        values[at] += self.rate * (gain[tried] - values[at])
        level[posting.rows] = self._chosen(posting, values)
        width = np.maximum(posting.scale - posting.least, 0)
        return posting.least + width * level[posting.rows] // (self.levels - 1)

    def _chosen(self, posting: Posting, values: Floats) -> Ints:
        uniform, key = kernels.select().uniform, (Purpose.POSTING, posting.round, posting.seller)
        explores = uniform(posting.streams.seed, *key, 0) < self.exploration
        drawn = (uniform(posting.streams.seed, *key, 1) * self.levels).astype(np.int64)
        return np.where(explores, drawn, values[posting.rows].argmax(axis=1))

    def __repr__(self) -> str:
        parameters = f"rate={self.rate:g}, exploration={self.exploration:g}, levels={self.levels}"
        return f"QPricing({parameters})"
