"""Boltzmann wealth: random exchange makes an exponential distribution out of equality."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from econsim.errors import ParameterError, integer, real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.kernels.compiled.draws import blocks
from econsim.kernels.compiled.draws import real as unit
from econsim.models.gallery import COLOURS, GRID, REFERENCE, GalleryModel, generator, sessions
from econsim.population import PopulationModel, RowAgent
from econsim.stats import interval
from econsim.streams import Purpose

MEANS = (1, 4, 16)
AGENTS, LARGE = 1000, 400
_PURPOSE, _BATCH = int(Purpose.USER), 512


@njit(nogil=True, cache=True)
def exchange(seed, first, rounds, ids, wealth):
    """Rounds of exchange in place: who owns something gives one unit to an agent drawn for it.

    The draw is that of `econsim.streams.Streams.uniform` for this seed, round and id.
    """
    n, words = len(ids), np.empty((4, _BATCH), dtype=np.uint32)
    received = np.empty(n, dtype=np.int64)
    for round in range(first, first + rounds):
        received[:] = 0
        for start in range(0, n, _BATCH):
            count = min(_BATCH, n - start)
            blocks(seed, ids[start : start + count], round, 0, _PURPOSE, words)
            for t in range(count):
                if wealth[start + t] > 0:
                    received[int(unit(words[0, t], words[1, t]) * n)] += 1
        for i in range(n):
            wealth[i] += received[i] - (wealth[i] > 0)


def gini(wealth: ArrayLike) -> float:
    """Gini coefficient: mean absolute difference over twice the mean.

    Parameters
    ----------
    wealth : number array (n,), not negative

    Returns
    -------
    float in [0, 1); 0 where nobody has anything.
    """
    held = np.sort(np.asarray(wealth, dtype=np.float64))
    if held.ndim != 1 or not len(held) or not held[0] >= 0:
        raise ParameterError("wealth", wealth, "a non-empty array of numbers >= 0")
    ranks = np.arange(1, len(held) + 1)
    total = held.sum()
    return float((2 * ranks - len(held) - 1) @ held / (len(held) * total)) if total else 0.0


class Holder(RowAgent):
    """An agent with an integer ``wealth``."""

    kind = "holders"


class Wealth(PopulationModel, GalleryModel):
    """Everybody who owns something gives one unit to somebody drawn at random, all at once.

    Parameters
    ----------
    agents : int
    wealth : int
        What everybody owns at the start, units.
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    holders : Population
        Column ``wealth``, int64.
    gini : float
    """

    name = "wealth"
    title = "Boltzmann wealth: random exchange makes wealth exponential"
    source = "Dragulescu & Yakovenko (2000), Statistical mechanics of money, Eur. Phys. J. B 17"
    reporters = ("gini", "poor")

    def __init__(self, *, agents: int = 1000, wealth: int = 10, rng: Any = None):
        super().__init__(rng=rng)
        self.holders = self.add_population(Holder, {"wealth": np.int64}, 0)
        start = integer("wealth", wealth, 0, 2**31)
        self.add_agents(Holder, integer("agents", agents, 1, 2**31), wealth=start)
        self.round = 0

    def step(self) -> None:
        """One exchange of everybody, then collect."""
        self.exchange(1)
        self.datacollector.collect(self)

    def exchange(self, rounds: int) -> None:
        """Several exchanges without collecting."""
        ids, wealth = self.holders["id"], self.holders["wealth"]
        exchange(np.uint64(self.seed), self.round, rounds, ids, wealth)
        self.round += rounds

    @property
    def gini(self) -> float:
        """Gini coefficient of wealth."""
        return gini(self.holders["wealth"])

    @property
    def poor(self) -> float:
        """Share that owns nothing."""
        return float(np.mean(self.holders["wealth"] == 0))

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Gini and distribution after relaxation, over independent runs, for three mean wealths."""
        runs, findings, pooled = (40 if quick else 100), [], {}
        for place, mean in enumerate(MEANS):
            span = (place / len(MEANS), (place + 1) / len(MEANS))
            wealths = sessions(_relaxed(mean, rng), runs, progress, f"mean wealth {mean}", span)
            pooled[mean] = np.concatenate(wealths)
            law = exchange_law(mean)
            ginis = [gini(wealth) for wealth in wealths]
            poor = [float(np.mean(wealth == 0)) for wealth in wealths]
            exact = Published.theory(gini_of(law))
            findings.append(Finding(f"mean wealth {mean}: Gini", interval(ginis), exact))
            exact = Published.theory(float(law[0]))
            findings.append(
                Finding(f"mean wealth {mean}: share with nothing", interval(poor), exact)
            )
        findings += [
            Finding.certain(
                f"exact Gini at mean wealth {mean}", gini_of(exchange_law(mean)), printed
            )
            for mean, printed in ((100, None), (400, Published.theory(0.5, text="to 1/2")))
        ]
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(findings), _figure(pooled),
            "Share of agents that own more than a multiple of the mean, on a logarithmic axis, for "
            "three mean wealths: straight lines, as an exponential distribution has.",
            _NOTES, {f"mean-{mean}": _survival(wealth) for mean, wealth in pooled.items()},
        )  # fmt: skip


_NOTES = (
    "Everybody gives at once, so one agent's wealth is a queue that serves one unit a step and "
    "receives a Poisson number: its law is that of the discrete M/D/1 queue, exact for many "
    "agents. Its Gini coefficient tends to 1/2, that of the exponential law of the source, as the "
    "unit becomes small against the mean.",
    "With 1 000 agents the number of units received is binomial, and wealths are not independent; "
    "both effects are of order 1/1000.",
)


def _relaxed(mean: int, rng: int) -> Any:
    """Run one population for some relaxation times, which grow as the square of the mean."""

    def run(session: int) -> NDArray[np.int64]:
        model = Wealth(agents=AGENTS, wealth=mean, rng=generator(rng, mean, session))
        model.exchange(200 + 40 * mean * mean)
        return model.holders["wealth"].copy()

    return run


def exchange_law(mean: float) -> NDArray[np.float64]:
    """Stationary distribution of one agent's wealth among infinitely many.

    1. Wealth moves as w' = max(w - 1, 0) + Poisson(a), where a = P(w > 0) is the mean that each
       receives: a queue that serves one a step (M/D/1).
    2. Its mean is a + a^2 / (2 (1 - a)) (Pollaczek-Khinchine), which gives a.
    3. What flows up across each level flows down again, which gives one probability after the
       other in sums of positive terms; cut where the tail is below 1e-8.

    Parameters
    ----------
    mean : float > 0

    Returns
    -------
    float64 array, probability of owning 0, 1, 2, ...
    """
    m = real("mean", mean, 1e-6, 1e4)
    # a + a^2 / (2 (1 - a)) = m, the root in (0, 1), in a form without cancellation.
    rate = 2 * m / (1 + m + np.sqrt(1 + m * m))
    size = int(20 / (1 - rate)) + 60
    more = stats.poisson.sf(np.arange(size), rate)
    window = int(np.argmax(more < 1e-30)) or size
    law = np.empty(size)
    law[0] = 1 - rate
    for k in range(size - 1):
        begin = max(1, k + 2 - window)
        up = law[begin : k + 1] @ more[k + 1 - begin : 0 : -1]
        law[k + 1] = (law[0] * more[k] + up) / np.exp(-rate)
    return law / law.sum()


def gini_of(law: ArrayLike) -> float:
    """Gini coefficient of a distribution on 0, 1, 2, ...: sum of F (1 - F) over the mean."""
    share = np.asarray(law, dtype=np.float64)
    below = np.cumsum(share)
    return float((below * (1 - below)).sum() / (np.arange(len(share)) @ share))


def _survival(wealth: NDArray[np.int64]) -> pd.DataFrame:
    """Share of agents that own more than each amount: wealth, more."""
    counts = np.bincount(wealth)
    more = 1 - np.cumsum(counts) / len(wealth)
    return pd.DataFrame({"wealth": np.arange(len(counts)), "more": more})


def _figure(pooled: dict[int, NDArray[np.int64]]) -> Figure:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.subplots()
    for colour, (mean, wealth) in zip(COLOURS, pooled.items(), strict=False):
        ours, law = _survival(wealth), exchange_law(mean)
        ours = ours[ours["more"] > 0]
        axis.semilogy(ours["wealth"] / mean, ours["more"], "o", ms=3, color=colour, alpha=0.6,
                      label=f"mean {mean}: ours")  # fmt: skip
        tail = 1 - np.cumsum(law)
        shown = tail > 1e-4
        axis.semilogy(np.flatnonzero(shown) / mean, tail[shown], color=colour, lw=1,
                      label=f"mean {mean}: exact")  # fmt: skip
    x = np.linspace(0, 9, 50)
    axis.semilogy(x, np.exp(-x), ls="--", color=REFERENCE, lw=1, label="exponential")
    axis.set(xlabel="wealth over mean wealth", ylabel="share that owns more", xlim=(0, 9))
    axis.set_ylim(1e-4, 1)
    axis.grid(color=GRID, lw=0.7)
    axis.legend(frameon=False, fontsize=8)
    return figure
