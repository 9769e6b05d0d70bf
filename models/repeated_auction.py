"""Bidders that learn meet again and again: second price is not always played truthfully."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from econsim.errors import ParameterError, integer, one_of, real
from econsim.experiments.reproduce import Finding, Kind, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel
from econsim.money import TICKS_PER_CREDIT
from econsim.stats import Interval, interval
from econsim.strategies import STRATEGIES, Bidding, Feedback, Hedge, Strategy
from econsim.streams import Purpose, Streams

FORMATS = ("first-price", "vickrey")
ARMS, RATE, BINS = 41, 2.0, 10
# One step of the bids, which are multiples of it: nobody can come nearer by choice.
NEAR = 1 / (ARMS - 1)


class RepeatedAuction(GalleryModel):
    """The same bidders meet in one auction after another; independent copies run side by side.

    Parameters
    ----------
    bidders : int >= 2
    pricing : "first-price" or "vickrey"
    strategy : str or Strategy
        How all bid; see `econsim.strategies`.
    values : sequence of float in [0, 1], or None
        Value of each bidder, credits, the same in every auction; None draws all values anew,
        uniformly on [0, 1].
    copies : int
        Independent groups of bidders.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    state : dict of arrays (copies x bidders, ...)
        What the bidders know.
    bids, values : int64 (copies, bidders)
        Of the last auction, ticks.
    prices : list of float64 (copies,)
        Price of every auction so far, credits.
    """

    name = "learning-bidders"
    title = "Learning bidders: second price is not played truthfully"
    source = (
        "Kolumbus & Nisan (2022), Auctions between regret-minimizing agents, WWW'22; equilibria "
        "as in Krishna (2009), Auction Theory, chapter 2"
    )
    reporters = ("revenue", "shading")

    def __init__(
        self,
        *,
        bidders: int = 2,
        pricing: str = "vickrey",
        strategy: Any = "hedge",
        values: Sequence[float] | None = None,
        copies: int = 20,
        rng: Any = None,
    ):
        super().__init__(rng=rng)
        self.pricing = one_of("pricing", pricing, FORMATS)
        self.bidders = integer("bidders", bidders, 2, 1000)
        self.copies = integer("copies", copies, 1, 10**6)
        self.fixed = None if values is None else _fixed(values, self.bidders)
        self.strategy, self.streams = _strategy(strategy), Streams(self.seed)
        self.ids = np.arange(self.copies * self.bidders)
        self.state = self.strategy.start(self.ids, self.streams)
        self.values = self.bids = np.zeros((self.copies, self.bidders), dtype=np.int64)
        self.prices: list[NDArray[np.float64]] = []

    def step(self) -> None:
        """One auction in every copy; then everybody learns, and the reporters are collected."""
        now, shape = len(self.prices), (self.copies, self.bidders)
        drawn = self.streams.uniform(Purpose.VALUE, now, self.ids).reshape(shape)
        value = drawn if self.fixed is None else np.broadcast_to(self.fixed, shape)
        self.values = (value * TICKS_PER_CREDIT).astype(np.int64)
        seen = self._bidding(now)
        self.bids = self.strategy.bids(seen).reshape(shape)
        self._settle(seen)
        self.datacollector.collect(self)

    def _bidding(self, now: int) -> Bidding:
        count = len(self.ids)
        return Bidding(
            round=now,
            streams=self.streams,
            buyer=self.ids,
            value=self.values.ravel(),
            pays_bid=np.full(count, self.pricing == "first-price"),
            category=np.zeros(count, dtype=np.int16),
            reserve=np.zeros(count, dtype=np.int64),
            scale=np.full(count, TICKS_PER_CREDIT),
            state=self.state,
            rows=self.ids,
        )

    def _settle(self, seen: Bidding) -> None:
        """Highest bid wins, ties by lot; tell everybody the highest bid of the others."""
        lot = self.streams.uniform(Purpose.LOTTERY, seen.round, self.ids).reshape(self.bids.shape)
        order = np.lexsort((lot, self.bids), axis=1)
        first, second = (np.take_along_axis(self.bids, order[:, [k]], 1) for k in (-1, -2))
        won = np.zeros(self.bids.shape, dtype=bool)
        np.put_along_axis(won, order[:, [-1]], True, axis=1)
        price = first if self.pricing == "first-price" else second
        rival = np.where(won, second, first)
        payment = np.where(won, price, 0)
        columns = (self.bids.ravel(), won.ravel(), payment.ravel(), rival.ravel())
        self.strategy.learn(Feedback(seen, *columns))
        self.prices.append(price[:, 0] / TICKS_PER_CREDIT)

    @property
    def revenue(self) -> float:
        """Mean price of the last auction over the copies, credits."""
        return float(self.prices[-1].mean()) if self.prices else float("nan")

    @property
    def shading(self) -> float:
        """Sum of bids over sum of values in the last auction, of bidders who value it >= 1/2."""
        return _shading(self.bids, self.values)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Revenue with fixed values, and shading with values drawn anew, at the end of learning."""
        length, copies = (4000, 16) if quick else (10_000, 40)
        runs = {
            name: _run(rng, length, copies, keywords, progress, place)
            for place, (name, keywords) in enumerate(_CASES.items())
        }
        findings = [
            Finding(name, _last(runs[name], measure), published, published.kind is Kind.THEORY)
            for name, (measure, published) in _PUBLISHED.items()
        ]
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(findings), _figure(runs),
            "Left: price over time for values 1 and 1/2, under first price near one half, under "
            "second price below it. Right: bids over values with values drawn anew, near 1 under "
            "second price and near (n - 1)/n under first price.",
            _NOTES, {f"learning-{k}": frame for k, (frame, _) in enumerate(runs.values(), 1)},
        )  # fmt: skip


SECOND, FIRST = "second price, values 1 and 1/2: revenue", "first price, values 1 and 1/2: revenue"
DRAWN = {n: f"first price, {n} uniform values: bid over value" for n in (2, 3, 5)}
TRUE = "second price, 2 uniform values: bid over value"
_CASES: dict[str, dict[str, Any]] = {
    SECOND: {"pricing": "vickrey", "values": (1.0, 0.5)},
    FIRST: {"pricing": "first-price", "values": (1.0, 0.5)},
    TRUE: {"pricing": "vickrey"},
    **{name: {"pricing": "first-price", "bidders": n} for n, name in DRAWN.items()},
}


_PUBLISHED = {
    SECOND: ("revenue", Published.direction(-np.inf, 0.5, "below 1/2")),
    FIRST: ("revenue", Published.theory(0.5, NEAR, "near 1/2")),
    TRUE: ("shading", Published.theory(1.0, NEAR, "towards 1")),
    **{
        name: ("shading", Published.theory((n - 1) / n, NEAR, f"towards {n - 1}/{n}"))
        for n, name in DRAWN.items()
    },
}
_NOTES = (
    "Theory names limits, and learning approaches them: one step of the bids, a fortieth of the "
    "value, is permitted on either side.",
    "How far learning comes depends on its rate. Ours of 2 is not published but chosen since it "
    "comes close to the limits, so these lines are fitted; at a rate of 0.4 bids under second "
    "price are still a twelfth below the value after 4 000 auctions. That second price earns less "
    "than 1/2 holds at all rates tried, from 0.1 to 10.",
    "Bid over value is that of the upper half of the values: a bidder of low value hardly ever "
    "wins, and has little to learn from.",
    "With fixed values the low bidder under second price never wins once the other has learned to "
    "bid above it. Nothing teaches it to bid its value; its bids stay spread, and set the price.",
)


def _fixed(given: Any, bidders: int) -> NDArray[np.float64]:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != bidders:
        raise ParameterError("values", given, f"{bidders} numbers in [0, 1], or None")
    return np.array([real(f"values[{k}]", value, 0, 1) for k, value in enumerate(given)])


def _strategy(given: Any) -> Strategy:
    return Hedge(RATE, arms=ARMS, bins=BINS) if given == "hedge" else STRATEGIES.resolve(given)


def _run(
    rng: int, length: int, copies: int, keywords: dict[str, Any], progress: Progress, place: int
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Revenue and shading by auction; at the end each copy's mean bid, value and price."""
    model = RepeatedAuction(copies=copies, rng=rng, **keywords)
    ends = []
    for now in range(length):
        model.step()
        if now >= length - length // 5:
            high = model.values >= TICKS_PER_CREDIT // 2
            bids, values = ((column * high).sum(axis=1) for column in (model.bids, model.values))
            ends.append((bids, values, model.prices[-1]))
        if now % 100 == 0:
            progress(
                (place + now / length) / len(_CASES), f"{model.pricing}, {model.bidders} bidders"
            )
    return model.frame(), np.mean(ends, axis=0)


def _shading(bids: NDArray[np.int64], values: NDArray[np.int64]) -> float:
    high = values >= TICKS_PER_CREDIT // 2
    return float(bids[high].sum() / values[high].sum()) if high.any() else float("nan")


def _last(run: tuple[pd.DataFrame, NDArray[np.float64]], measure: str) -> Interval:
    """Mean over the last fifth of the auctions, with the interval over copies."""
    bids, values, price = run[1]
    return interval(bids / values if measure == "shading" else price)


def _figure(runs: dict[str, tuple[pd.DataFrame, Any]]) -> Figure:
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    axes = figure.subplots(1, 2)
    panels = ((SECOND, FIRST), (TRUE, *DRAWN.values()))
    for axis, names, column in zip(axes, panels, ("revenue", "shading"), strict=True):
        for colour, name in zip(COLOURS, names, strict=False):
            series = runs[name][0][column].rolling(50, min_periods=1).mean()
            axis.semilogx(series.index, series, color=colour, lw=1.2, label=name.split(":")[0])
        axis.grid(color=GRID, lw=0.7)
        axis.legend(frameon=False, fontsize=8)
        axis.set_xlabel("auction (mean of 50)")
        axis.set_ylim(0, 1.05)
    axes[0].axhline(0.5, color=REFERENCE, ls="--", lw=1)
    axes[0].set_ylabel("price, credits")
    axes[1].set_ylabel("bids over values")
    return figure
