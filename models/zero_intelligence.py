"""Zero-intelligence traders in a continuous double auction (Gode & Sunder 1993)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numba import njit
from numpy.typing import ArrayLike

from econsim.equilibrium import market_equilibrium
from econsim.errors import ParameterError, integer
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel, generator, sessions
from econsim.stats import Interval, interval

# Buyers' values and sellers' costs, read off the figures of the paper: each of the 6 buyers and
# 6 sellers holds the whole list.
SCHEDULES: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {
    1: ((102, 97, 92, 87, 82, 77), (34, 46, 58, 70, 82, 94)),
    2: ((117, 105, 93, 81, 69, 57), (49, 54, 59, 64, 69, 74)),
    3: ((133, 95, 90), (90, 95, 100)),
    4: ((180, 175, 170, 165, 160), (90, 142, 170, 190, 198)),
}
PUBLISHED = {
    "ZI-C": ("99.9", "99.2", "99.0", "98.2"),
    "ZI-U": ("90.0", "90.0", "76.7", "48.8"),
}
TRADERS, CEILING, QUOTES = 6, 200, 8000


@njit(nogil=True, cache=True)
def trade_period(values, costs, traders, constrained, quotes, ceiling, draw):
    """One trading period: (buyers' unit, sellers' unit, price) of each trade, (t, 3).

    A trader with units left, drawn at random, quotes for its next unit; a better quote replaces
    the best one, and quotes that cross trade at the earlier, whereupon both are withdrawn.
    """
    held = np.zeros(2 * traders, dtype=np.int64)
    trades = np.empty((traders * min(len(values), len(costs)), 3), dtype=np.int64)
    made, bid, ask, bidder, asker = 0, 0, ceiling + 1, -1, -1
    for _ in range(quotes):
        who = int(draw.random() * 2 * traders)
        unit, buying = held[who], who < traders
        if unit == len(values if buying else costs):
            continue
        if buying:
            price = 1 + int(draw.random() * (values[unit] if constrained else ceiling))
            if price >= ask:
                price, bidder = ask, who
            elif price > bid:
                bid, bidder = price, who
                continue
            else:
                continue
        else:
            least = costs[unit] if constrained else 1
            price = least + int(draw.random() * (ceiling + 1 - least))
            if price <= bid:
                price, asker = bid, who
            elif price < ask:
                ask, asker = price, who
                continue
            else:
                continue
        trades[made] = held[bidder], held[asker], price
        made, bid, ask = made + 1, 0, ceiling + 1
        held[bidder], held[asker] = held[bidder] + 1, held[asker] + 1
        if made == len(trades):
            break
    return trades[:made]


def competitive(values: ArrayLike, costs: ArrayLike, traders: int) -> Any:
    """Competitive equilibrium of `traders` holders of each list."""
    units = np.repeat(np.sort(costs), traders)
    worth = np.repeat(values, traders)
    return market_equilibrium(worth, np.zeros(len(worth), dtype=int), units, [0, len(units)])


class ZeroIntelligence(GalleryModel):
    """A market of zero-intelligence traders; every `step` is one trading period.

    Parameters
    ----------
    market : int
        1 to 4, the schedules of the paper.
    constrained : bool
        ZI-C: nobody quotes at a loss. Else ZI-U: any price from 1 to 200.
    quotes : int
        Draws of a trader in a period; the published period is 30 seconds, which says nothing of
        how many quotes those were.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    efficiency : float
        Gains from trade of the last period over the largest possible, per cent.
    trades : int
    price : float
        Mean price of the last period.
    prices : int64 array
        Its prices in order.
    """

    name = "zero-intelligence"
    title = "Zero-intelligence traders: the market, not the trader, makes efficiency"
    source = "Gode & Sunder (1993), J. Political Economy 101(1), 119-137, table 2"
    reporters = ("efficiency", "trades", "price")

    def __init__(
        self, *, market: int = 1, constrained: bool = True, quotes: int = QUOTES, rng: Any = None
    ):
        super().__init__(rng=rng)
        self.market = integer("market", market, 1, len(SCHEDULES))
        self.quotes = integer("quotes", quotes, 1, 10**9)
        if not isinstance(constrained, bool | np.bool_):
            raise ParameterError("constrained", constrained, "True or False")
        self.constrained = bool(constrained)
        self.values, self.costs = (np.array(side) for side in SCHEDULES[self.market])
        self.equilibrium = competitive(self.values, self.costs, TRADERS)
        self.draws = generator(self.seed)
        self.efficiency = self.price = float("nan")
        self.trades, self.prices = 0, np.empty(0, dtype=np.int64)

    def step(self) -> None:
        """One trading period, then collect."""
        made = trade_period(
            self.values, self.costs, TRADERS, self.constrained, self.quotes, CEILING, self.draws
        )
        gains = int((self.values[made[:, 0]] - self.costs[made[:, 1]]).sum())
        self.efficiency = 100 * gains / int(self.equilibrium.gains[0])
        self.trades, self.prices = len(made), made[:, 2].copy()
        self.price = float(self.prices.mean()) if len(made) else float("nan")
        self.datacollector.collect(self)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Efficiency of both kinds of trader in the four markets, and its sensitivity."""
        periods = 200 if quick else 2000
        findings = []
        for place, (kind, market) in enumerate((k, m) for k in PUBLISHED for m in SCHEDULES):
            settings = {"market": market, "constrained": kind == "ZI-C"}
            estimate = _efficiency(settings, periods, rng, progress, place / 16)
            printed = Published.number(PUBLISHED[kind][market - 1])
            findings.append(Finding(f"{kind}, market {market}: efficiency %", estimate, printed))
        lengths = _lengths(100 if quick else 1000, rng, progress)
        paths = _paths(200 if quick else 2000, rng)
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(findings), _figure(lengths, paths, findings),
            "Four panels: efficiency against the number of quotes in a period for ZI-C and ZI-U, "
            "with the published efficiencies as dashed lines, and the mean price by trade.",
            _notes(lengths), {"length": lengths, "prices": paths},
        )  # fmt: skip


def _efficiency(
    settings: dict[str, Any], periods: int, rng: int, progress: Progress, begun: float
) -> Interval:
    """Mean efficiency over independent periods."""

    def run(session: int) -> float:
        model = ZeroIntelligence(**settings, rng=generator(rng, session))
        model.step()
        return model.efficiency

    return interval(sessions(run, periods, progress, "efficiency", (begun, begun + 1 / 16)))


def _lengths(periods: int, rng: int, progress: Progress) -> pd.DataFrame:
    """Efficiency by the number of quotes in a period: market, kind, quotes, mean, low, high."""
    grid = [100, 200, 500, 1000, 2000, 4000, 8000, 16_000]
    cells = [(m, k, q) for m in SCHEDULES for k in PUBLISHED for q in grid]
    rows = []
    for place, (market, kind, quotes) in enumerate(cells):
        settings = {"market": market, "constrained": kind == "ZI-C", "quotes": quotes}
        begun = 0.5 + 0.5 * place / len(cells)
        estimate = _efficiency(settings, periods, rng + 1, lambda *_: None, 0)
        rows.append((market, kind, quotes, estimate.mean, estimate.low, estimate.high))
        progress(begun, "length of a period")
    return pd.DataFrame(rows, columns=["market", "kind", "quotes", "mean", "low", "high"])


def _paths(periods: int, rng: int) -> pd.DataFrame:
    """Mean price of the k-th trade of a period, over the periods that have one."""
    rows = []
    for market in SCHEDULES:
        model = ZeroIntelligence(market=market, rng=generator(rng, market))
        total, count = np.zeros((2, 40))
        for _ in range(periods):
            model.step()
            total[: model.trades] += model.prices
            count[: model.trades] += 1
        often = np.flatnonzero(count >= periods / 2)
        rows += [(market, k + 1, total[k] / count[k]) for k in often.tolist()]
    return pd.DataFrame(rows, columns=["market", "trade", "price"])


def _notes(lengths: pd.DataFrame) -> tuple[str, ...]:
    """What is not known of the publication, with the sensitivity as measured here."""
    constrained = lengths[lengths["kind"] == "ZI-C"]
    short = constrained["mean"][constrained["quotes"] == 500]
    shown = ", ".join(f"{value:.1f}" for value in short)
    printed = constrained["market"].map(dict(zip(SCHEDULES, PUBLISHED["ZI-C"], strict=True)))
    inside = printed.astype(float).between(constrained["low"] - 0.05, constrained["high"] + 0.05)
    fits = int(inside.groupby(constrained["quotes"]).all().sum())
    tried = constrained["quotes"].nunique()
    return (
        "The schedules were read off the figures of the paper, which prints no table of them.",
        f"A period lasted 30 seconds; how many quotes that is was not published. Ours has {QUOTES} "
        "draws, the limit of a long one, not a choice: from 4000 on nothing changes. With 500 ZI-C "
        f"reaches {shown} % in markets 1 to 4. Of {tried} lengths tried, {fits} have all four "
        "published efficiencies of ZI-C within their intervals.",
        "In a long period ZI-U trades everything that can be traded, and the published figures are "
        "the gains of doing so over the largest ones: they follow from the schedules alone.",
    )


def _figure(lengths: pd.DataFrame, paths: pd.DataFrame, findings: Sequence[Finding]) -> Figure:
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplots(2, 4, height_ratios=[1.2, 1])
    for market, (above, below) in zip(SCHEDULES, axes.T, strict=True):
        for kind, colour in zip(PUBLISHED, COLOURS, strict=False):
            _draw_lengths(above, lengths, market, kind, colour)
        above.set_title(f"market {market}", loc="left")
        path = paths[paths["market"] == market]
        below.plot(path["trade"], path["price"], "o-", ms=3, color=COLOURS[2], label="ZI-C")
        equilibrium = competitive(*SCHEDULES[market], TRADERS)
        below.axhline(equilibrium.midpoint[0], color=REFERENCE, ls="--", lw=1, label="competitive")
        below.set_xlabel("trade of the period")
    axes[0, 0].set_ylabel("efficiency, %")
    axes[1, 0].set_ylabel("mean price")
    axes[0, 0].legend(frameon=False, fontsize=8)
    axes[1, 0].legend(frameon=False, fontsize=8)
    return figure


def _draw_lengths(axis: Any, lengths: pd.DataFrame, market: int, kind: str, colour: str) -> None:
    rows = lengths[(lengths["market"] == market) & (lengths["kind"] == kind)]
    axis.semilogx(rows["quotes"], rows["mean"], "o-", ms=3, color=colour, label=kind)
    axis.fill_between(rows["quotes"], rows["low"], rows["high"], color=colour, alpha=0.2)
    axis.axhline(float(PUBLISHED[kind][market - 1]), color=colour, ls="--", lw=1)
    axis.set_xlabel("quotes in a period")
    axis.grid(color=GRID, lw=0.7)
