"""Scarf's economy: prices that follow excess demand and never arrive (Scarf 1960)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

from econsim.arrays import Floats
from econsim.equilibrium import EquilibriumOutcome, tatonnement
from econsim.errors import ParameterError, one_of, real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, REFERENCE, GalleryModel, generator
from econsim.preferences import CobbDouglas, ExchangeEconomy, Leontief

# Each owns one unit of one good, and wants it together with the next one.
WANTED = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
ECONOMIES = {
    "scarf": ExchangeEconomy(np.eye(3), Leontief(WANTED)),
    "cobb-douglas": ExchangeEconomy(np.eye(3), CobbDouglas(WANTED)),
}
STEPS = {"multiplicative": 0.05, "additive": 0.02, "cole-fleischer": 0.05}
START = (0.5, 0.3, 0.2)
NAMES = {"scarf": "Scarf", "cobb-douglas": "Cobb-Douglas twin"}
# What the solver, whose relative tolerance is 1e-12 a step, may have added up over the path.
DRIFT = 1e-8


class Scarf(GalleryModel):
    """Three consumers of three goods; every `step` adjusts prices once.

    Parameters
    ----------
    economy : "scarf" or "cobb-douglas"
        Wants in fixed proportions, or the same goods at equal shares of spending.
    rule : "multiplicative", "additive" or "cole-fleischer"
        See `econsim.equilibrium.tatonnement`.
    size : float > 0
        Step of the rule.
    start : sequence of three floats > 0, or None
        Prices; None draws them.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    prices : float64 array (3,)
    price1, price2, price3 : float
        Prices over their sum.
    excess : float
        Largest relative excess demand.
    """

    name = "scarf"
    title = "Scarf's economy: tatonnement that circles for ever"
    source = "Scarf (1960), Some examples of global instability, Int. Econ. Rev. 1(3), 157-172"
    reporters = ("price1", "price2", "price3", "excess")

    def __init__(
        self, *, economy: str = "scarf", rule: str = "additive", size: float = 0.02,
        start: Any = START, rng: Any = None,
    ):  # fmt: skip
        super().__init__(rng=rng)
        self.economy = ECONOMIES[one_of("economy", economy, ECONOMIES)]
        self.rule = one_of("rule", rule, STEPS)
        self.size = real("size", size, 1e-12, 1e6)
        drawn = generator(self.seed).dirichlet(np.ones(3))
        self.prices = drawn if start is None else _prices(start)

    def step(self) -> None:
        """Adjust prices once, then collect."""
        self.prices = self.search(1).history[-1]
        self.datacollector.collect(self)

    def search(self, steps: int, *, exact: float = 1e-8) -> EquilibriumOutcome:
        """Tatonnement from the present prices."""
        return tatonnement(
            self.economy, prices=self.prices, step=self.size, rule=self.rule, tol=exact,
            max_iter=steps,
        )  # fmt: skip

    @property
    def excess(self) -> float:
        """Largest excess demand over supply."""
        return float(np.abs(self.economy.excess_demand(self.prices) / self.economy.supply).max())

    @property
    def price1(self) -> float:
        """Of the first good."""
        return float(self.prices[0] / self.prices.sum())

    @property
    def price2(self) -> float:
        """Of the second good."""
        return float(self.prices[1] / self.prices.sum())

    @property
    def price3(self) -> float:
        """Of the third good."""
        return float(self.prices[2] / self.prices.sum())

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Searches from many starts by all rules in both economies, and the continuous path."""
        starts, steps = (8, 1000) if quick else (60, 3000)
        cells = [(name, rule) for name in ECONOMIES for rule in STEPS]
        rows = []
        for place, (name, rule) in enumerate(cells):
            for start in range(starts):
                model = cls(economy=name, rule=rule, size=STEPS[rule], start=None,
                            rng=generator(rng, place, start))  # fmt: skip
                outcome = model.search(steps)
                rows.append((name, rule, outcome.converged, outcome.certificate.reason))
                progress((place + (start + 1) / starts) / len(cells), f"{name}, {rule}")
        searches = pd.DataFrame(rows, columns=["economy", "rule", "converged", "reason"])
        paths = {name: continuous_path(economy) for name, economy in ECONOMIES.items()}
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(_findings(searches, paths["scarf"])),
            _figure(paths),
            "Price paths in the triangle of normalised prices: a closed orbit in Scarf's economy, "
            "a line to the centre in its Cobb-Douglas twin; and the two invariants of the orbit.",
            _NOTES, {"searches": searches, **paths},
        )  # fmt: skip


_NOTES = (
    "Along the continuous path dp/dt = z(p) the sum of squares and the product of prices stay what "
    "they were; steps of finite size spiral outwards, the faster the larger they are.",
    "The twin wants the same goods, at equal shares of spending: gross substitutes, so that "
    "tatonnement converges (Arrow, Block & Hurwicz 1959).",
)


def _prices(start: Any) -> Floats:
    try:
        prices = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        prices = np.empty(0)
    if prices.shape != (3,) or not (np.isfinite(prices) & (prices > 0)).all():
        raise ParameterError("start", start, "three finite numbers > 0, or None")
    return prices


def continuous_path(economy: ExchangeEconomy, *, end: float = 30.0) -> pd.DataFrame:
    """Prices along dp/dt = z(p) from `START`: time, p1, p2, p3, squares, product."""
    solution: Any = solve_ivp(
        lambda _, p: economy.excess_demand(p), (0, end), START, method="DOP853",
        rtol=1e-12, atol=1e-13, dense_output=True,
    )  # fmt: skip
    time = np.linspace(0, end, 1201)
    prices = solution.sol(time)
    squares, product = (prices**2).sum(axis=0), prices.prod(axis=0)
    names = ["time", "p1", "p2", "p3", "squares", "product"]
    return pd.DataFrame(np.column_stack([time, prices.T, squares, product]), columns=names)


def _findings(searches: pd.DataFrame, path: pd.DataFrame) -> list[Finding]:
    def converge(economy: str, share: float) -> Finding:
        converged = searches["converged"][searches["economy"] == economy]
        line = f"{NAMES[economy]}: share of starts that converge"
        return Finding.worst(line, converged.mean(), len(converged), Published.theory(share, 0))

    middle = Scarf(start=(1, 1, 1)).search(1)
    findings = [
        converge("scarf", 0),
        Finding.certain("Scarf: converges from the equilibrium itself", middle.converged,
                        Published.theory(1, 0)),
        converge("cobb-douglas", 1),
    ]  # fmt: skip
    for name in ("squares", "product"):
        drift = float((path[name] / path[name].iloc[0] - 1).abs().max())
        line = f"Scarf, continuous path: largest relative change of the {name} of prices"
        findings.append(Finding.certain(line, drift, Published.theory(0, DRIFT)))
    return findings


def _figure(paths: dict[str, pd.DataFrame]) -> Figure:
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(0.75)]])
    left.plot(*np.vstack([corners, corners[:1]]).T, color=REFERENCE, lw=1)
    for colour, (name, path) in zip(COLOURS, paths.items(), strict=False):
        prices = path[["p1", "p2", "p3"]].to_numpy()
        left.plot(*((prices / prices.sum(axis=1, keepdims=True)) @ corners).T, color=colour,
                  label=name)  # fmt: skip
    left.plot(*corners.mean(axis=0), "o", color=COLOURS[-1], ms=4, label="equilibrium")
    for k, (corner, side) in enumerate(zip(corners, ("right", "left", "center"), strict=True)):
        left.annotate(f"only good {k + 1} has a price", corner, ha=side, fontsize=8,
                      xytext=(0, -12 if k < 2 else 5), textcoords="offset points")  # fmt: skip
    left.set_aspect("equal")
    left.set_axis_off()
    left.margins(0.25, 0.1)
    left.legend(frameon=False, fontsize=8, loc="upper left")
    for colour, good in zip(COLOURS, ("p1", "p2", "p3"), strict=False):
        right.plot(paths["scarf"]["time"], paths["scarf"][good], color=colour, label=f"{good}")
    for name in ("squares", "product"):
        shown = paths["scarf"][name] / paths["scarf"][name].iloc[0]
        right.plot(paths["scarf"]["time"], shown, ls="--", lw=1, color=REFERENCE)
    right.text(30, 1.01, "sum of squares and product over their start", ha="right", fontsize=8)
    right.set(xlabel="time", ylabel="price (dashed: invariants)", ylim=(0, 1.1))
    right.legend(frameon=False, fontsize=8, loc="center", bbox_to_anchor=(0.5, 0.7), ncols=3)
    left.set_title("price paths in continuous time", loc="left")
    right.set_title("Scarf's economy", loc="left")
    return figure
