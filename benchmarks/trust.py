"""Time of EigenTrust on a sparse graph of a million edges, in seconds (target: 2).

python benchmarks/trust.py
"""

import statistics
import time

import numpy as np
from scipy import sparse

from econsim.trust import eigentrust, transitive_trust

PEERS, EDGES = 100_000, 1_000_000


def main() -> None:
    """Print the medians of five runs."""
    rng = np.random.default_rng(1)
    ends = rng.integers(PEERS, size=(2, EDGES))
    graph = sparse.csr_array((rng.random(EDGES), tuple(ends)), shape=(PEERS, PEERS))
    graph.data = np.minimum(graph.data, 1)
    for name, run in (
        ("eigentrust", lambda: eigentrust(graph, np.arange(100))),
        ("transitive_trust", lambda: transitive_trust(graph, 0)),
    ):
        taken = []
        for _ in range(5):
            begun = time.perf_counter()
            run()
            taken.append(time.perf_counter() - begun)
        print(f"{name:<17} {PEERS:,} peers, {EDGES:,} edges: {statistics.median(taken):.3f} s")


if __name__ == "__main__":
    main()
