"""Rounds per second of the marketplace, and bytes per agent; `make bench` prints the table.

Each figure is the median of several timed batches after a warm-up. Ratios are of medians within
this one run, as machines differ and are noisy.
"""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time

from econsim.models.marketplace import Marketplace


def rounds_per_second(model: Marketplace, batch: int, batches: int = 7) -> float:
    """Median over batches of `batch` rounds each."""
    model.step()
    model.step()
    rates = []
    for _ in range(batches):
        begin = time.perf_counter()
        for _ in range(batch):
            model.step()
        rates.append(batch / (time.perf_counter() - begin))
    return statistics.median(rates)


def market(buyers: int, backend: str = "columns") -> Marketplace:
    """The market of every speed figure: vickrey, 5 % as many sellers, defaults otherwise."""
    return Marketplace(
        buyers=buyers, sellers=buyers // 20, pricing="vickrey", backend=backend, rng=1
    )


def bytes_per_agent(model: Marketplace) -> float:
    """Storage of all columns, spare capacity included."""
    agents = len(model.buyers) + len(model.sellers)
    return (model.buyers.nbytes + model.sellers.nbytes) / agents


def one(kernels: str, buyers: int, batch: int) -> float:
    """A rate measured in a process of its own with the kernels named."""
    program = f"import rounds; print(rounds.rounds_per_second(rounds.market({buyers}), {batch}))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ECONSIM_KERNELS": kernels},
        cwd=os.path.dirname(os.path.abspath(__file__)),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout)


def main() -> None:
    """Measure and print."""
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"{'buyers':>10}  {'kernels':<8} {'backend':<8} {'rounds/s':>9}  bytes/agent")
    rates = {}
    for buyers, batch in ((1_000, 100), (10_000, 100), (100_000, 20), (1_000_000, 3)):
        model = market(buyers)
        rates[buyers] = rounds_per_second(model, batch)
        size = bytes_per_agent(model)
        print(f"{buyers:>10,}  {'numba':<8} {'columns':<8} {rates[buyers]:>9.1f}  {size:.1f}")
    print(f"{100_000:>10,}  {'numpy':<8} {'columns':<8} {one('numpy', 100_000, 3):>9.1f}")
    objects = rounds_per_second(market(10_000, "objects"), 2)
    print(f"{10_000:>10,}  {'numba':<8} {'objects':<8} {objects:>9.1f}")
    print(f"columns over objects at 10 000 buyers: {rates[10_000] / objects:.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory of this process: {peak / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
