"""Speed of market equilibrium at 10 000 consumers and 100 goods, in seconds.

    python benchmarks/equilibrium.py

CES with an elasticity for each consumer, uniform on [0.5, 3], from the default prices to a relative
excess demand below 1e-8, certificate included: median of 9 runs after one that compiles. Target:
1 s on 2 cores for `tatonnement`; the convex program is shown beside it.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from econsim.equilibrium import (
    EquilibriumOutcome,
    ExchangeEconomy,
    FisherMarket,
    eisenberg_gale,
    tatonnement,
)
from econsim.preferences import CES

CONSUMERS, GOODS, REPEATS, TARGET = 10_000, 100, 9, 1.0


def report(name: str, solve: Callable[[], EquilibriumOutcome]) -> None:
    """Print the median time of a search, and what it reached."""
    outcome = solve()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        outcome = solve()
        times.append(time.perf_counter() - begun)
    reached = outcome.certificate.max_relative_excess_demand
    said = "converged" if outcome.converged else "NOT converged"
    print(
        f"{name:36} {statistics.median(times):6.3f} s (target {TARGET:g} s), "
        f"{outcome.iterations} iterations, {said}, excess demand {reached:.1e}"
    )


def main() -> None:
    """Both kinds of economy, all rules."""
    rng = np.random.default_rng(0)
    weights = rng.random((CONSUMERS, GOODS))
    wanted = CES(weights, rng.uniform(0.5, 3, CONSUMERS))
    market = FisherMarket(rng.random(CONSUMERS) + 0.1, rng.random(GOODS) + 0.5, wanted)
    exchange = ExchangeEconomy(rng.random((CONSUMERS, GOODS)), wanted)
    for name, economy in (("Fisher", market), ("exchange", exchange)):
        for rule in ("multiplicative", "additive", "cole-fleischer"):
            report(f"{name}, {rule}", lambda e=economy, r=rule: tatonnement(e, rule=r))
    report("Fisher, eisenberg_gale", lambda: eisenberg_gale(market))


if __name__ == "__main__":
    main()
