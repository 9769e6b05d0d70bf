"""Smith's continuous double auction with zero-intelligence and ZIP traders (Cliff 1997)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numba import njit

from econsim.equilibrium import market_equilibrium
from econsim.errors import one_of
from econsim.experiments.reproduce import (
    RELATIVE_MARGIN,
    Finding,
    Progress,
    Published,
    Reproduction,
)
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel, generator, sessions
from econsim.stats import Interval, interval

# Values and costs in cents, one unit each: Smith's (1962) first test, and flat supply, which is
# where zero intelligence goes wrong (Cliff & Bruten 1997, section 3).
SCHEDULES = {
    "symmetric": (np.arange(325, 74, -25), np.arange(75, 326, 25)),
    "flat-supply": (np.arange(325, 74, -25), np.full(11, 200)),
}
TRADERS = ("zi-c", "zip")
CEILING, FAILURES = 400, 100
# Zero intelligence remembers nothing, so that alpha is the same every day: to one per cent of the
# equilibrium price, of which alpha is a percentage.
STILL = 100 * RELATIVE_MARGIN
MARGIN, FORCE, STEP, INERTIA = (0.05, 0.35), 0.05, (0.1, 0.5), (0.0, 0.1)


@njit(nogil=True, cache=True)
def trade_day(limits, buyers, adaptive, ceiling, failures, margin, rate, inertia, momentum, draw):
    """One day of the market: price and limits of buyer and seller of each trade, (t, 3).

    A trader drawn at random shouts a price, and one of those opposite whose own price crosses it
    takes it; the day ends when nobody can trade, or after `failures` shouts without a taker.
    ZIP traders (`adaptive`) then move their `margin` and `momentum`, which are changed in place.
    """
    n, idle, made = len(limits), 0, 0
    active, prices = np.ones(n, dtype=np.bool_), np.empty(n)
    trades = np.empty((n // 2 + 1, 3))
    while idle < failures and active[:buyers].sum() > 0 and active[buyers:].sum() > 0:
        for i in range(n):
            if adaptive:
                prices[i] = limits[i] * (1.0 + margin[i])
            elif i < buyers:
                prices[i] = limits[i] * draw.random()
            else:
                prices[i] = limits[i] + (ceiling - limits[i]) * draw.random()
        crier = _drawn(active, 0, n, prices, -np.inf, draw)
        bidding, shout = crier < buyers, prices[crier]
        if bidding:
            taker = _drawn(active, buyers, n, -prices, -shout, draw)
        else:
            taker = _drawn(active, 0, buyers, prices, shout, draw)
        if adaptive:
            _learn(limits, buyers, active, prices, bidding, taker >= 0, shout,
                   margin, rate, inertia, momentum, draw)  # fmt: skip
        idle += 1
        if taker >= 0:
            buyer, seller = (crier, taker) if bidding else (taker, crier)
            trades[made] = shout, limits[buyer], limits[seller]
            active[buyer] = active[seller] = False
            made, idle = made + 1, 0
    return trades[:made]


@njit(nogil=True, cache=True)
def _drawn(active, begin, end, price, least, draw):
    """An active trader of the range whose price is at least `least`, by lot; -1 without one."""
    found, pick = 0, -1
    for i in range(begin, end):
        if active[i] and price[i] >= least:
            found += 1
            if draw.random() * found < 1.0:
                pick = i
    return pick


@njit(nogil=True, cache=True)
def _learn(limits, buyers, active, prices, bid, accepted, shout, margin, rate, inertia, momentum,
           draw):  # fmt: skip
    """Who raises and who lowers its margin after a shout, and by how far (Cliff 1997, section 4.2).

    Everybody who would have done better at an accepted price asks for more; an active trader whom
    a price of the other side passed by, or whose own side was more generous in vain, asks for less.
    """
    for i in range(len(limits)):
        buying = i < buyers
        side = -1.0 if buying else 1.0
        ahead = side * (shout - prices[i])
        raising = accepted and ahead >= 0
        lowering = active[i] and ahead <= 0 and (bid != buying if accepted else bid == buying)
        if raising or lowering:
            up = side if raising else -side
            target = shout * (1.0 + up * 0.05 * draw.random()) + up * 5.0 * draw.random()
            change = rate[i] * (target - prices[i])
            momentum[i] = inertia[i] * momentum[i] + (1.0 - inertia[i]) * change
            moved = (prices[i] + momentum[i]) / limits[i] - 1.0
            margin[i] = min(moved, 0.0) if buying else max(moved, 0.0)


class Smith(GalleryModel):
    """A continuous double auction among traders of one unit each; every `step` is one day.

    Parameters
    ----------
    traders : "zip" or "zi-c"
        Adaptive margins, or random quotes that never lose.
    schedule : "symmetric" or "flat-supply"
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    alpha : float
        Smith's coefficient of convergence of the last day: root mean squared deviation of its
        prices from the equilibrium price, per cent of that price.
    efficiency : float
        Gains from trade over the largest possible, per cent.
    price : float
        Mean price, cents.
    trades : int
    equilibrium : MarketEquilibrium
    """

    name = "smith"
    title = "Smith's double auction: ZIP traders converge, zero intelligence need not"
    source = "Cliff (1997), HPL-97-91; Cliff & Bruten (1997), HPL-97-141; Smith (1962), JPE 70(2)"
    reporters = ("alpha", "efficiency", "price", "trades")

    def __init__(self, *, traders: str = "zip", schedule: str = "symmetric", rng: Any = None):
        super().__init__(rng=rng)
        self.traders = one_of("traders", traders, TRADERS)
        values, costs = SCHEDULES[one_of("schedule", schedule, SCHEDULES)]
        self.buyers, self.limits = len(values), np.concatenate([values, costs]).astype(float)
        kind = np.zeros(len(values), dtype=int)
        self.equilibrium = market_equilibrium(values, kind, np.sort(costs), [0, len(costs)])
        self.draws, n = generator(self.seed), len(self.limits)
        side = np.where(np.arange(n) < self.buyers, -1.0, 1.0)
        self.margin = side * self.draws.uniform(*MARGIN, n)
        self.rate, self.inertia = (self.draws.uniform(*ends, n) for ends in (STEP, INERTIA))
        self.momentum = np.zeros(n)
        self.alpha = self.efficiency = self.price = float("nan")
        self.trades = 0

    def step(self) -> None:
        """One day, then collect."""
        made = trade_day(
            self.limits, self.buyers, self.traders == "zip", CEILING, FAILURES,
            self.margin, self.rate, self.inertia, self.momentum, self.draws,
        )  # fmt: skip
        middle, self.trades = float(self.equilibrium.midpoint[0]), len(made)
        off = made[:, 0] - middle
        self.price = float(made[:, 0].mean()) if len(made) else float("nan")
        self.alpha = 100 * float(np.sqrt((off**2).mean())) / middle if len(made) else float("nan")
        gains = float((made[:, 1] - made[:, 2]).sum())
        self.efficiency = 100 * gains / int(self.equilibrium.gains[0])
        self.datacollector.collect(self)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Smith's alpha by day of both kinds of trader in both markets, over many markets."""
        count, days, frames = (200 if quick else 2000), 10, []
        cells = [(schedule, kind) for schedule in SCHEDULES for kind in TRADERS]
        for place, (schedule, kind) in enumerate(cells):
            settings = {"schedule": schedule, "traders": kind}
            span = (place / len(cells), (place + 1) / len(cells))
            runs = sessions(_days(settings, days, rng), count, progress, kind, span)
            frame = pd.concat(runs, keys=range(count), names=["market", "day"]).reset_index()
            frames.append(frame.assign(**settings))
        everything = pd.concat(frames, ignore_index=True)
        by_day = _by_day(everything)
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(_findings(everything)), _figure(by_day),
            "Smith's alpha and the mean price by day: ZIP traders fall towards equilibrium in both "
            "markets, zero-intelligence traders stay where they are.",
            _NOTES, {"days": by_day},
        )  # fmt: skip


_NOTES = (
    "The publications show these results as figures of single runs and means of 50 and state them "
    "in words; what is compared here are those statements, as bounds.",
    "A shout is taken by a trader opposite drawn at random among those whose price crosses it; a "
    "day ends after 100 shouts without a taker. Margins, learning rates, momentum and the drawn "
    "target prices are those of Cliff (1997), absolute steps of up to 5 cents.",
    "ZI-C quotes between its limit and 0 or 4.00; the ceiling is an assumption that moves its "
    "prices up or down, which is the point of the criticism.",
)


def _days(settings: dict[str, Any], days: int, rng: int) -> Any:
    def run(session: int) -> pd.DataFrame:
        model = Smith(**settings, rng=generator(rng, session))
        model.run_for(days)
        return model.frame()

    return run


def _by_day(everything: pd.DataFrame) -> pd.DataFrame:
    """Mean and interval of alpha and price: schedule, traders, day, quantity, mean, low, high."""
    rows = []
    for key, group in everything.groupby(["schedule", "traders", "day"], sort=False):
        for quantity in ("alpha", "price", "efficiency"):
            estimate = interval(group[quantity])
            rows.append((*key, quantity, estimate.mean, estimate.low, estimate.high))
    columns = ["schedule", "traders", "day", "quantity", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _findings(everything: pd.DataFrame) -> list[Finding]:
    def on(schedule: str, kind: str, day: int, quantity: str) -> Any:
        rows = everything[
            (everything["schedule"] == schedule)
            & (everything["traders"] == kind)
            & (everything["day"] == day)
        ]
        return rows[quantity].to_numpy()

    last = int(everything["day"].max())
    alpha = {(k, d): on("symmetric", k, d, "alpha") for k in TRADERS for d in (1, last)}
    below = Published.direction(-np.inf, 0, "below 0")
    lines: list[tuple[str, Interval, Published | None]] = [
        (f"symmetric: alpha of ZIP on day {last}, %", interval(alpha["zip", last]), None),
        (f"symmetric: alpha of ZI-C on day {last}, %", interval(alpha["zi-c", last]), None),
        (f"symmetric: alpha of ZIP, day {last} less day 1",
         interval(alpha["zip", last] - alpha["zip", 1]), below),
        (f"symmetric: alpha of ZIP less ZI-C, day {last}",
         interval(alpha["zip", last] - alpha["zi-c", last]), below),
        (f"symmetric: alpha of ZI-C, day {last} less day 1",
         interval(alpha["zi-c", last] - alpha["zi-c", 1]), Published.theory(0, STILL)),
    ]  # fmt: skip
    gap = {kind: on("flat-supply", kind, last, "price") - 200 for kind in TRADERS}
    lines += [
        ("flat supply: price of ZI-C less equilibrium, cents", interval(gap["zi-c"]),
         Published.direction(0, np.inf, "above 0")),
        ("flat supply: price of ZIP less equilibrium, cents", interval(gap["zip"]), None),
        ("flat supply: distance from equilibrium of ZIP less that of ZI-C, cents",
         interval(np.abs(gap["zip"]) - np.abs(gap["zi-c"])), below),
    ]  # fmt: skip
    return [Finding(*line) for line in lines]


def _figure(by_day: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True)
    shown = (("alpha", "Smith's alpha, %"), ("price", "mean price, cents"))
    for row, (quantity, label) in zip(axes, shown, strict=True):
        for axis, schedule in zip(row, SCHEDULES, strict=True):
            for kind, colour in zip(TRADERS, (COLOURS[1], COLOURS[0]), strict=True):
                rows = by_day[
                    (by_day["schedule"] == schedule)
                    & (by_day["traders"] == kind)
                    & (by_day["quantity"] == quantity)
                ]
                axis.plot(rows["day"], rows["mean"], "o-", ms=4, color=colour, label=kind.upper())
                axis.fill_between(rows["day"], rows["low"], rows["high"], color=colour, alpha=0.25)
            axis.grid(color=GRID, lw=0.7)
            if quantity == "price":
                axis.axhline(200, color=REFERENCE, lw=1, ls="--", label="equilibrium")
                axis.set_xlabel("day")
            else:
                axis.set_ylim(bottom=0)
                axis.set_title(schedule.replace("-", " "), loc="left")
        row[0].set_ylabel(label)
        row[0].legend(frameon=False, fontsize=8)
    return figure
