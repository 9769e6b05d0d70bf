"""Spectrum: combinatorial VCG against core-selecting payments."""

import time
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from econsim.auctions import core_payments, generate_instance, vcg_combinatorial
from econsim.errors import integer, one_of
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel, generator
from econsim.stats import interval

# Both rules solve the same programme; what is left is the arithmetic.
ROUNDING = 1e-9
DISTRIBUTIONS = ("regions", "paths", "arbitrary")
# Ausubel & Milgrom (2006), The lovely but lonely Vickrey auction, section 2: two licences; one
# bidder wants the pair, two others one licence each, all at 2 (thousand million).
LONELY = [(0, (0, 1), 2), (1, (0,), 2), (2, (1,), 2)]
# Day & Cramton (2012), Quadratic core-selecting payment rules, Oper. Res. 60(3), section 3: five
# bids on two goods; Clarke payments of 14 and 12, nearest core payments of 17 and 15.
DAY_CRAMTON = [(0, (0,), 28), (1, (1,), 20), (2, (0, 1), 32), (3, (0,), 14), (4, (1,), 12)]

_MEASURED = ("welfare", "core_welfare", "vcg_revenue", "core_revenue", "vcg_seconds",
             "core_seconds")  # fmt: skip


class Spectrum(GalleryModel):
    """Sales of bundles; every `step` draws a market and prices it by both rules at truthful bids.

    Parameters
    ----------
    distribution : "regions", "paths" or "arbitrary"
        See `econsim.auctions.generate_instance`.
    goods, bids : int
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    welfare : float
        Of the allocation, which both rules share.
    vcg_revenue, core_revenue : float
    vcg_seconds, core_seconds : float
        Time of each rule; not reproducible, and so not collected.
    blocked : bool
        Whether the Vickrey outcome lies outside the core.
    """

    name = "spectrum"
    title = "Spectrum: core-selecting payments against Vickrey's"
    source = (
        "Ausubel & Milgrom (2006), The lovely but lonely Vickrey auction; Day & Milgrom (2008), "
        "Int. J. Game Theory 36; Day & Cramton (2012), Oper. Res. 60(3)"
    )
    reporters = ("welfare", "vcg_revenue", "core_revenue", "blocked")

    def __init__(
        self, *, distribution: str = "regions", goods: int = 12, bids: int = 30, rng: Any = None
    ):
        super().__init__(rng=rng)
        self.distribution = one_of("distribution", distribution, DISTRIBUTIONS)
        self.goods = integer("goods", goods, 4, 1000)
        self.bids = integer("bids", bids, 1, 10_000)
        self.draws = generator(self.seed)
        self.welfare = self.vcg_revenue = self.core_revenue = float("nan")
        self.vcg_seconds = self.core_seconds = float("nan")
        self.blocked = False

    def step(self) -> None:
        """One sale, then collect."""
        offers = generate_instance(self.distribution, self.goods, self.bids, self.draws)
        begun = time.perf_counter()
        vcg = vcg_combinatorial(offers)
        between = time.perf_counter()
        core = core_payments(offers)
        self.vcg_seconds, self.core_seconds = between - begun, time.perf_counter() - between
        self.welfare, self.core_welfare = float(vcg.welfare), float(core.welfare)
        paid: Any = vcg.payments
        nearest: Any = core.payments
        self.vcg_revenue, self.core_revenue = float(paid.sum()), float(nearest.sum())
        self.blocked = self.core_revenue > self.vcg_revenue + 1e-6 * self.welfare
        self.datacollector.collect(self)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """The published examples, then generated markets of three kinds."""
        (sales, goods, bids), rows = (15, 16, 50) if quick else (60, 24, 100), []
        findings = _examples()  # before any time is taken: it also warms the solvers up
        for place, kind in enumerate(DISTRIBUTIONS):
            model = cls(distribution=kind, goods=goods, bids=bids, rng=generator(rng, place))
            for sale in range(sales):
                model.step()
                rows.append((kind, sale, *(getattr(model, name) for name in _MEASURED)))
                progress((place + (sale + 1) / sales) / len(DISTRIBUTIONS), kind)
        frame = pd.DataFrame(rows, columns=["distribution", "sale", *_MEASURED])
        frame = frame.rename(columns={"vcg_revenue": "vcg", "core_revenue": "core"})
        return Reproduction(
            cls.name, cls.title, cls.source, (*findings, *_generated(frame)), _figure(frame),
            "Revenue as a share of welfare under Vickrey and core payments in generated sales, and "
            "the time that each rule takes.",
            _notes(goods, bids), {"sales": frame},
        )  # fmt: skip


def _notes(goods: int, bids: int) -> tuple[str, ...]:
    return (
        "Bids are truthful, which is a dominant strategy under VCG and none under core payments: "
        "the revenue of the core rule is that of its allocation at these bids, no equilibrium.",
        f"Generated sales have {goods} goods and {bids} bids by the distributions of Leyton-Brown, "
        "Pearson & Shoham (2000) at their recommended parameters. Times are of this machine.",
    )


def _examples() -> list[Finding]:
    """Payments in the examples of the papers."""
    lonely, core = vcg_combinatorial(LONELY), core_payments(LONELY)
    vcg, quadratic = vcg_combinatorial(DAY_CRAMTON), core_payments(DAY_CRAMTON)
    cases: list[tuple[str, Any, float, float]] = [
        ("two licences: VCG revenue", lonely.payments, 0, 0),
        ("two licences: core revenue", core.payments, 2, 1e-9),
    ]
    findings = [
        Finding.certain(name, payments.sum(), Published.exact(value, error))
        for name, payments, value, error in cases
    ]
    for bidder, (clarke, nearest) in enumerate(((14, 17), (12, 15))):
        for name, outcome, value in (("VCG", vcg, clarke), ("nearest core", quadratic, nearest)):
            paid: Any = outcome.payments
            line = f"Day & Cramton: {name} payment of bidder {bidder + 1}"
            findings.append(Finding.certain(line, paid[bidder], Published.exact(value, 1e-6)))
    return findings


def _generated(frame: pd.DataFrame) -> list[Finding]:
    """What theory says of every sale, and what it leaves open."""
    same = (frame["welfare"] - frame["core_welfare"]).abs() / frame["welfare"]
    more = (frame["core"] - frame["vcg"]) / frame["welfare"]
    findings = [
        Finding.worst("generated sales: welfare of both rules apart, largest share", same.max(),
                      len(frame), Published.theory(0, ROUNDING)),
        Finding.worst("generated sales: core less VCG revenue over welfare, least", more.min(),
                      len(frame), Published.direction(0, np.inf, "0 or more", ROUNDING)),
    ]  # fmt: skip
    for kind, rows in frame.groupby("distribution", sort=False):
        blocked = (rows["core"] > rows["vcg"] + 1e-6 * rows["welfare"]).astype(float)
        gain = (rows["core"] - rows["vcg"]) / rows["welfare"]
        findings += [
            Finding(f"{kind}: share of sales with VCG outside the core", interval(blocked)),
            Finding(f"{kind}: core less VCG revenue over welfare, mean", interval(gain)),
            Finding(f"{kind}: time of core over time of VCG, mean",
                    interval(rows["core_seconds"] / rows["vcg_seconds"])),
        ]  # fmt: skip
    return findings


def _figure(frame: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, (kind, rows) in enumerate(frame.groupby("distribution", sort=False)):
        colour = COLOURS[place]
        left.plot(rows["vcg"] / rows["welfare"], rows["core"] / rows["welfare"], "o", ms=4,
                  alpha=0.7, color=colour, label=str(kind))  # fmt: skip
        right.loglog(1e3 * rows["vcg_seconds"], 1e3 * rows["core_seconds"], "o", ms=4, alpha=0.7,
                     color=colour, label=str(kind))  # fmt: skip
    for axis in (left, right):
        ends = [max(min(axis.get_xlim()[0], axis.get_ylim()[0]), 0), axis.get_xlim()[1]]
        axis.plot(ends, ends, color=REFERENCE, lw=1, label="equal")
        axis.grid(color=GRID, lw=0.7)
        axis.legend(frameon=False, fontsize=8)
    left.set(xlabel="revenue of VCG, share of welfare", ylabel="core revenue, share of welfare")
    right.set(xlabel="time of VCG, ms", ylabel="time of core payments, ms")
    left.set_title("the core never earns less", loc="left")
    right.set_title("what it costs to compute", loc="left")
    return figure
