"""An economy with three equilibria, and which of them prices find (Kehoe 1998)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from econsim.equilibrium import EquilibriumOutcome, all_equilibria, tatonnement
from econsim.errors import real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel
from econsim.preferences import CES, ExchangeEconomy

POWER = -4.0
# u_i = sum_j a_ij x_j^b / b orders bundles as (sum_j a_ij x_j^b)^(1/b) does: CES of elasticity
# 1 / (1 - b) with the same weights.
ECONOMY = ExchangeEconomy([[12, 1], [1, 12]], CES([[1024, 1], [1, 1024]], 1 / (1 - POWER)))
PRINTED = ("0.112924", "0.5", "0.887076")


class MultipleEquilibria(GalleryModel):
    """Two consumers, two goods, three equilibria; every `step` adjusts prices once.

    Parameters
    ----------
    start : float in (0, 1)
        First price over the sum of both.
    size : float > 0
        Step of the multiplicative rule.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence
        Nothing here is random.

    Attributes
    ----------
    price : float
        First price over the sum of both.
    excess : float
        Excess demand for the first good over its supply.
    """

    name = "multiple-equilibria"
    title = "Three equilibria: which one prices find depends on where they begin"
    source = (
        "Kehoe (1998), Uniqueness and stability, in Kirman (ed.), Elements of General Equilibrium "
        "Analysis, section 3"
    )
    reporters = ("price", "excess")

    def __init__(self, *, start: float = 0.3, size: float = 0.2, rng: Any = None):
        super().__init__(rng=rng)
        first = real("start", start, 1e-12, 1 - 1e-12)
        self.size = real("size", size, 1e-12, 1e6)
        self.prices = np.array([first, 1 - first])

    def step(self) -> None:
        """Adjust prices once, then collect."""
        self.prices = self.search(1).history[-1]
        self.datacollector.collect(self)

    def search(self, steps: int) -> EquilibriumOutcome:
        """Tatonnement from the present prices."""
        return tatonnement(ECONOMY, prices=self.prices, step=self.size, tol=1e-8, max_iter=steps)

    @property
    def price(self) -> float:
        """Of the first good, over the sum of both."""
        return float(self.prices[0] / self.prices.sum())

    @property
    def excess(self) -> float:
        """Excess demand for the first good over its supply."""
        return float(ECONOMY.excess_demand(self.prices)[0] / ECONOMY.supply[0])

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """All equilibria by root finding, and where tatonnement ends from a grid of starts."""
        equilibria = all_equilibria(ECONOMY)
        starts = np.linspace(0.02, 0.98, 25 if quick else 97)
        rows, paths = [], []
        for place, start in enumerate(starts):
            outcome = cls(start=float(start)).search(5000)
            rows.append((start, outcome.prices[0], outcome.converged, outcome.iterations))
            path = outcome.history[:, 0] / outcome.history.sum(axis=1)
            paths.append(pd.DataFrame({"start": start, "step": range(len(path)), "price": path}))
            progress((place + 1) / len(starts), "starts")
        ends = pd.DataFrame(rows, columns=["start", "end", "converged", "iterations"])
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(_findings(equilibria, ends)),
            _figure(equilibria, pd.concat(paths)),
            "Excess demand for the first good by its price, with three zeros; and price paths from "
            "many starts, which part at the middle equilibrium.",
            _NOTES, {"ends": ends},
        )  # fmt: skip


_NOTES = (
    "Elasticity of substitution is 0.2, so goods are no gross substitutes and nothing promises one "
    "equilibrium or a tatonnement that converges; here it does converge, to an outer equilibrium.",
    "The middle equilibrium is found from itself alone: demand for the first good rises with its "
    "price there.",
)


def _findings(equilibria: list[EquilibriumOutcome], ends: pd.DataFrame) -> list[Finding]:
    findings = [
        Finding.certain("number of equilibria", len(equilibria), Published.exact(3, 0, "3")),
        *(
            Finding.certain(f"equilibrium {k + 1}: p1", outcome.prices[0], Published.number(text))
            for k, (outcome, text) in enumerate(zip(equilibria, PRINTED, strict=True))
        ),
    ]
    low, _, high = (float(outcome.prices[0]) for outcome in equilibria)
    for name, rows, end in (
        ("below", ends[ends["start"] < 0.5 - 1e-9], low),
        ("above", ends[ends["start"] > 0.5 + 1e-9], high),
    ):
        share = float((rows["converged"] & np.isclose(rows["end"], end, atol=1e-6)).mean())
        line = f"share of starts {name} 0.5 that end at p1 = {end:.6f}"
        findings.append(Finding.certain(line, share))
    return findings


def _figure(equilibria: list[EquilibriumOutcome], paths: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    grid = np.linspace(0.03, 0.97, 400)
    excess = [ECONOMY.excess_demand([p, 1 - p])[0] for p in grid]
    left.plot(grid, excess, color=COLOURS[0])
    left.axhline(0, color=REFERENCE, lw=1)
    for outcome in equilibria:
        price = float(outcome.prices[0])
        left.plot(price, 0, "o", color=COLOURS[1])
        left.annotate(f"{price:.6f}", (price, 0), ha="center", fontsize=8, xytext=(0, 8),
                      textcoords="offset points")  # fmt: skip
        right.axhline(price, color=COLOURS[1], lw=1, ls="--")
    for start, path in paths.groupby("start"):
        if round(float(start) * 100) % 8 == 2:  # type: ignore[arg-type]
            right.plot(path["step"], path["price"], color=COLOURS[0], lw=1)
    left.set(xlabel="p1 / (p1 + p2)", ylabel="excess demand for good 1", ylim=(-0.3, 0.3))
    right.set(xlabel="steps", ylabel="p1 / (p1 + p2)", xlim=(0, 500))
    left.set_title("three zeros", loc="left")
    right.set_title("tatonnement leaves the middle one", loc="left")
    for axis in (left, right):
        axis.grid(color=GRID, lw=0.7)
    return figure
