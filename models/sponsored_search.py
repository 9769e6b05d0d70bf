"""Sponsored search: the generalized second-price auction against Vickrey's (EOS 2007)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from econsim.arrays import Floats
from econsim.auctions import position_auction
from econsim.errors import integer, real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GalleryModel, generator
from econsim.stats import interval

# Edelman, Ostrovsky & Schwarz (2007), section I: three bidders, two positions.
EXAMPLE_VALUES, EXAMPLE_CLICKS = np.array([10.0, 4.0, 2.0]), np.array([200.0, 100.0])
PAYMENTS = {"gsp": (800, 200), "vcg": (600, 200)}


class SponsoredSearch(GalleryModel):
    """Bidders for positions in a GSP auction who revise their bids; every `step` revises one.

    The bidder drawn aims at the position that it likes best at the bids of the others, and bids
    what makes it indifferent between that position and being pushed one up: balanced bidding
    (Cary et al. 2007). Bidding begins at the values.

    Parameters
    ----------
    bidders : int
    positions : int
    decay : float in (0, 1)
        Clicks of a position relative to the one above; the first has 100.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    values, clicks, bids : float64 arrays
    revenue, vcg_revenue : float
        Of the bids, under GSP; and of truthful bids under VCG, credits.
    envy : float
        Most that anybody would gain at the price of the next position up or down, credits.
    efficiency : float
        Clicks times values over the largest possible.
    """

    name = "sponsored-search"
    title = "Sponsored search: GSP is not truthful, and earns what VCG does or more"
    source = (
        "Edelman, Ostrovsky & Schwarz (2007), Am. Econ. Rev. 97(1), section I and theorem 1; "
        "Varian (2007), Int. J. Ind. Org. 25; Cary et al. (2007), EC'07"
    )
    reporters = ("revenue", "vcg_revenue", "envy", "efficiency")

    def __init__(
        self, *, bidders: int = 6, positions: int = 4, decay: float = 0.7, rng: Any = None
    ):
        super().__init__(rng=rng)
        count = integer("bidders", bidders, 2, 10_000)
        ratio = real("decay", decay, 1e-6, 1 - 1e-6)
        count_up = np.arange(integer("positions", positions, 1, 1000))
        self.clicks: Floats = np.power(ratio, count_up, dtype=np.float64) * 100
        self.draws = generator(self.seed)
        self.values = self.draws.random(count)
        self.bids = self.values.copy()

    def step(self) -> None:
        """One bidder revises, then collect."""
        bidder = int(self.draws.integers(len(self.bids)))
        self.bids[bidder] = balanced_bid(self.values, self.bids, self.clicks, bidder)
        self.datacollector.collect(self)

    @property
    def revenue(self) -> float:
        """Payments at the present bids under GSP."""
        return float(position_auction(self.bids, self.clicks).payments.sum())

    @property
    def vcg_revenue(self) -> float:
        """Payments at truthful bids under VCG."""
        return float(position_auction(self.values, self.clicks, rule="vcg").payments.sum())

    @property
    def envy(self) -> float:
        """Largest gain of a bidder from its neighbour's position at that price."""
        return local_envy(self.values, self.bids, self.clicks)

    @property
    def efficiency(self) -> float:
        """Value created over the largest possible."""
        best = position_auction(self.values, self.clicks).welfare
        place = position_auction(self.bids, self.clicks).assignment
        worth = np.where(place >= 0, self.clicks[place], 0.0) @ self.values
        return float(worth / best)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """The published example, the theorem on random markets, and the dynamics."""
        markets, steps = (60, 200) if quick else (500, 400)
        table, paths = [], []
        for market in range(markets):
            model = cls(bidders=8, positions=5, decay=0.75, rng=generator(rng, market))
            table.append((market, *_revenues(model)))
            paths.append(_path(model, steps, market < 200))
            progress((market + 1) / markets, "markets")
        columns = ["market", "truthful", "lowest", "highest", "vcg"]
        revenues = pd.DataFrame(table, columns=columns)
        path = pd.DataFrame(np.vstack(paths), columns=["step", "ratio", "envy"])
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(_findings(revenues, path)),
            _figure(revenues, path),
            "Revenue of GSP over that of VCG: distribution at truthful bids and at the lowest and "
            "highest locally envy-free equilibria; and its path under balanced bidding.",
            _NOTES, {"revenue": revenues, "path": path},
        )  # fmt: skip


_NOTES = (
    "Payments are totals for all clicks of a position. Random markets have 8 bidders with values "
    "uniform on [0, 1] and 5 positions, each with 0.75 of the clicks of the one above.",
    "The highest equilibrium is the upper end of Varian's bounds: revenue of GSP is not pinned "
    "down by theory, only bounded from below by that of VCG.",
)


def balanced_bid(values: Floats, bids: Floats, clicks: Floats, bidder: int) -> float:
    """Balanced reply of one bidder to the bids of the others, credits a click.

    Parameters
    ----------
    values, bids : float array (n,), credits a click
    clicks : float array (p,), falling
    bidder : int

    Returns
    -------
    float in [0, value]; the value itself for the first position, or where none is worth having.

    References
    ----------
    Cary et al. (2007), Greedy bidding strategies for keyword auctions, EC'07.
    """
    others = np.sort(np.delete(bids, bidder))[::-1]
    price = np.append(others, 0.0)[: len(clicks)]
    surplus = clicks[: len(price)] * (values[bidder] - price)
    best = int(np.argmax(surplus))
    if best == 0 or surplus[best] <= 0:
        return float(values[bidder])
    return float(values[bidder] - surplus[best] / clicks[best - 1])


def local_envy(values: Floats, bids: Floats, clicks: Floats) -> float:
    """Most that a bidder gains in a neighbouring position at the price paid there; 0 without envy.

    Edelman, Ostrovsky & Schwarz (2007), definition 1, and the same downwards (Varian 2007).
    """
    order = np.argsort(-bids, kind="stable")
    worth, rate = values[order], np.zeros(len(order))
    rate[: min(len(clicks), len(order))] = clicks[: len(order)]
    price = np.append(bids[order], 0.0)[1:]
    own = rate * (worth - price)
    up = rate[:-1] * (worth[1:] - price[:-1]) - own[1:]
    down = rate[1:] * (worth[:-1] - price[1:]) - own[:-1]
    return float(max(0.0, up.max(initial=0), down.max(initial=0)))


def envy_free_bids(values: Floats, clicks: Floats, *, highest: bool = False) -> Floats:
    """Bids of the locally envy-free equilibrium of lowest (or highest) revenue.

    Varian (2007), equations 8 and 9: from the bottom, the bid of rank s times the clicks above it
    is a sum of differences of clicks, at the values of each rank or of the rank above.

    Parameters
    ----------
    values : float array (n,), falling
    clicks : float array (p,), falling, p < n
    """
    rate = np.append(clicks, np.zeros(len(values) - len(clicks) + 1))
    steps, bids = rate[:-1] - rate[1:], values.copy()
    worth = values[:-1] if highest else values[1:]
    sums = np.cumsum((steps[: len(worth)] * worth)[::-1])[::-1]
    for rank in range(1, len(clicks) + 1):
        # No more than the value above, where rounding would otherwise break a tie the wrong way.
        bids[rank] = min(sums[rank - 1] / rate[rank - 1], values[rank - 1])
    return bids


def _revenues(model: SponsoredSearch) -> tuple[float, float, float, float]:
    """GSP at truthful bids and at both ends of equilibrium; VCG."""
    values = np.sort(model.values)[::-1]
    low, high = (envy_free_bids(values, model.clicks, highest=top) for top in (False, True))
    revenues = [position_auction(bids, model.clicks).payments.sum() for bids in (values, low, high)]
    return *map(float, revenues), model.vcg_revenue  # type: ignore[return-value]


def _path(model: SponsoredSearch, steps: int, drawn: bool) -> Floats:
    """Step, revenue over VCG's and local envy: of the first 100 steps and the last, or of it."""
    rows = []
    for step in range(1, steps + 1):
        model.step()
        if step == steps or (drawn and step <= 100):
            rows.append((step, model.revenue / model.vcg_revenue, model.envy))
    return np.array(rows)


def _findings(revenues: pd.DataFrame, path: pd.DataFrame) -> list[Finding]:
    findings = []
    for rule, printed in PAYMENTS.items():
        paid = position_auction(EXAMPLE_VALUES, EXAMPLE_CLICKS, rule=rule).payments
        for bidder, amount in enumerate(printed):
            line = f"example of section I: payment of bidder {bidder + 1} under {rule.upper()}"
            findings.append(Finding.certain(line, paid[bidder], Published.exact(amount, 0)))
    vcg, last = revenues["vcg"], path[path["step"] == path["step"].max()]
    lines = (
        ("random markets: lowest equilibrium revenue over VCG's less 1, largest",
         (revenues["lowest"] / vcg - 1).abs().max(), Published.theory(0, 1e-12)),
        ("random markets: GSP less VCG at the same bids, least",
         (revenues["truthful"] - vcg).min(), Published.direction(0, np.inf, "0 or more")),
        ("balanced bidding: GSP revenue over VCG's less 1 at the end, largest",
         (last["ratio"] - 1).abs().max(), Published.theory(0, 1e-9)),
    )  # fmt: skip
    findings += [Finding.worst(line, value, len(vcg), bound) for line, value, bound in lines]
    findings.append(Finding("highest equilibrium revenue over VCG's, mean",
                         interval(revenues["highest"] / vcg)))  # fmt: skip
    return findings


def _figure(revenues: pd.DataFrame, path: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = {"lowest": "lowest equilibrium", "highest": "highest equilibrium",
             "truthful": "truthful bids (no equilibrium)"}  # fmt: skip
    shown = [revenues[name] / revenues["vcg"] for name in names]
    left.boxplot(shown, orientation="horizontal", tick_labels=list(names.values()), widths=0.5)
    left.axvline(1, color=COLOURS[1], lw=1)
    left.set_xlabel("revenue of GSP over that of VCG")
    early = path[path["step"] <= 100].groupby("step")["ratio"]
    bands = {level: early.quantile(level) for level in (0.05, 0.5, 0.95)}
    steps = bands[0.5].index
    right.fill_between(steps, bands[0.05], bands[0.95], color=COLOURS[0], alpha=0.25,
                       label="90 % of markets")  # fmt: skip
    right.plot(steps, bands[0.5], color=COLOURS[0], label="median market")
    right.axhline(1, color=COLOURS[1], lw=1, label="VCG")
    right.set(xlabel="revisions of bids", ylabel="revenue of GSP over that of VCG")
    right.legend(frameon=False, fontsize=8)
    left.set_title("equilibria of random markets", loc="left")
    right.set_title("balanced bidding from truthful bids", loc="left")
    return figure
