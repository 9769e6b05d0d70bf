"""Boltzmann wealth in econsim and in other frameworks, seconds a step.

    python benchmarks/wealth.py [agents ...]

Everybody who owns something gives one unit to somebody drawn at random. Mesa and plain NumPy are
always timed, agentpy and ambr where they are installed beside econsim. Each runs in its own fast
idiom: a loop over a cached list in Mesa and agentpy, the vectorised views in ambr. Median of the
steps after one that warms up, one framework after the other, in this process; every model must
conserve wealth.
"""

import importlib.metadata
import random
import statistics
import sys
import time
from collections.abc import Callable

import mesa
import numpy as np

from econsim.models.wealth import Wealth

SIZES = (100_000, 1_000_000)
SECONDS = 4.0
Step = tuple[Callable[[], object], Callable[[], int]]


def in_econsim(n: int) -> Step:
    """Columns, and draws keyed by agent: the same whatever the order."""
    model = Wealth(agents=n, wealth=1, rng=1)
    return lambda: model.exchange(1), lambda: int(model.holders["wealth"].sum())


def in_numpy(n: int) -> Step:
    """What one would write without any framework."""
    rng, wealth = np.random.default_rng(1), np.ones(n, dtype=np.int64)

    def step() -> None:
        givers = np.flatnonzero(wealth)
        wealth[givers] -= 1
        wealth[:] += np.bincount(rng.integers(n, size=len(givers)), minlength=n)

    return step, lambda: int(wealth.sum())


class Giver(mesa.Agent):
    """One agent of Mesa."""

    def __init__(self, model: mesa.Model):
        super().__init__(model)
        self.wealth = 1


def in_mesa(n: int) -> Step:
    """Objects, shuffled, over a list made once."""
    model = mesa.Model(rng=1)
    agents = [Giver(model) for _ in range(n)]

    def step() -> None:
        for agent in random.Random(1).sample(agents, n):
            if agent.wealth:
                agent.wealth -= 1
                model.random.choice(agents).wealth += 1

    return step, lambda: sum(agent.wealth for agent in agents)


def in_agentpy(n: int) -> Step:
    """Objects of agentpy, over a list made once."""
    import agentpy

    class Holder(agentpy.Agent):
        def setup(self) -> None:
            self.wealth = 1

    model = agentpy.Model({"seed": 1})
    agents = list(agentpy.AgentList(model, n, Holder))

    def step() -> None:
        for agent in agents:
            if agent.wealth:
                agent.wealth -= 1
                agents[int(model.nprandom.integers(n))].wealth += 1

    return step, lambda: sum(agent.wealth for agent in agents)


def in_ambr(n: int) -> Step:
    """Columns of ambr through its vectorised views."""
    import ambr

    model = ambr.Model({"seed": 1, "show_progress": False})
    model.add_agents(n, wealth=1)
    ids = model.agents.ids.to_numpy()

    def step() -> None:
        givers = model.agents.where(model.agents.wealth > 0)
        givers.wealth -= 1
        model.agents.at[model.rng.choice(ids, size=len(givers))].scatter_add(wealth=1)

    return step, lambda: int(model.agents.wealth.sum())


FRAMEWORKS = {
    "econsim": in_econsim,
    "numpy": in_numpy,
    "mesa": in_mesa,
    "agentpy": in_agentpy,
    "ambr": in_ambr,
}


def seconds_a_step(step: Callable[[], object]) -> float:
    """Median over steps, at least 3, for some seconds."""
    step()
    taken: list[float] = []
    while len(taken) < 3 or (sum(taken) < SECONDS and len(taken) < 200):
        begun = time.perf_counter()
        step()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    print(f"{'framework':<10} {'version':<9} {'agents':>9}  {'s / step':>9}  {'over econsim':>12}")
    for n in sizes:
        base = 0.0
        for name, build in FRAMEWORKS.items():
            try:
                version = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                print(f"{name:<10} not installed")
                continue
            step, total = build(n)
            taken = seconds_a_step(step)
            assert total() == n, f"{name} does not conserve wealth"
            base = base or taken
            print(
                f"{name:<10} {version:<9} {n:>9,}  {taken:>9.5f}  {taken / base:>12.1f}", flush=True
            )


if __name__ == "__main__":
    main()
