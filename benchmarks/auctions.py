"""Speed of exact VCG payments, each as a ratio to its baseline in the same run.

    python benchmarks/auctions.py [assignment] [sparse] [cats]

assignment: all Clarke payments of an n x n market of uniform values, against one
`scipy.optimize.linear_sum_assignment`, which gives the allocation alone. Targets: 1.0 at n = 1000,
0.6 at n = 5000.

sparse: one clearing of 100 000 buyers with 4 edges each and 5 000 sellers of capacity 4, in
seconds; the marketplace needs less than 1 s in 100 categories and 5 s in 3.

cats: all VCG payments of an instance, against `milp` once and once more for every winner. Target:
0.5. The instances are read from ../shared where that is, else drawn by `generate_instance`.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

from econsim.auctions import (
    BundleBids,
    generate_instance,
    read_cats,
    vcg_assignment,
    vcg_combinatorial,
    vcg_sparse_assignment,
)

CATS = Path(__file__).parents[2] / "shared" / "data" / "cats"


def seconds(run: Callable[[], object], repeats: int) -> float:
    """Median time of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def assignment() -> None:
    """All Clarke payments of n x n against the allocation alone."""
    vcg_assignment(np.random.default_rng(0).random((50, 50)))  # compile
    for n, repeats, target in ((1000, 9, 1.0), (5000, 3, 0.6)):
        values = np.random.default_rng(n).random((n, n))
        scipy_ = seconds(lambda v=values: linear_sum_assignment(v, maximize=True), repeats)
        ours = seconds(lambda v=values: vcg_assignment(v), repeats)
        report(f"assignment n={n}", ours, scipy_, target)


def sparse_market() -> None:
    """One clearing of the size of the marketplace."""
    buyers, sellers, search = 100_000, 5_000, 4
    vcg_sparse_assignment([0], [0], [1], [1])  # compile
    for categories in (100, 3):
        rng = np.random.default_rng(categories)
        category = rng.integers(0, categories, (buyers, 1))
        seen = rng.integers(0, sellers // categories, (buyers, search)) * categories + category
        bids = (rng.random((buyers, 1)) * rng.uniform(0.5, 1.5, seen.shape) * 1e6).astype(int)
        edges = np.repeat(np.arange(buyers), search), seen.ravel(), bids.ravel()
        capacity, reserve = np.full(sellers, 4), rng.integers(0, 300_000, sellers)
        took = seconds(
            lambda e=edges, c=capacity, r=reserve: vcg_sparse_assignment(*e, c, reserve=r), 5
        )
        print(f"sparse {categories} categories: {took:.3f} s a clearing")


def cats() -> None:
    """All VCG payments against one solve for each winner."""
    for name in ("regions_64", "arbitrary_64"):
        path = CATS / f"{name}.txt"
        kind = name.split("_")[0]
        bids = (
            read_cats(path)
            if path.exists()
            else generate_instance(kind, 64, 250, np.random.default_rng(1))
        )
        vcg_combinatorial([{"A": 1}, {"A": 2}])  # compile
        ours = seconds(lambda b=bids: vcg_combinatorial(b), 1)
        plain = seconds(lambda b=bids: plain_vcg(b), 1)
        report(f"{name} ({'CATS 2.1' if path.exists() else 'generated'})", ours, plain, 0.5)


def plain_vcg(bids: BundleBids) -> float:
    """Revenue by one solve, and one more for every winner."""
    goods = {good: row for row, good in enumerate(bids.goods)}
    rows = [[goods[g] for g in bundle] for bundle in bids.bundles]
    rows = [[*own, len(goods) + b] for own, b in zip(rows, bids.bidder, strict=True)]
    columns = np.repeat(np.arange(len(rows)), [len(own) for own in rows])
    shape = len(goods) + bids.bidders, len(rows)
    packing = sparse.coo_array((np.ones(len(columns)), (np.concatenate(rows), columns)), shape)
    limits = LinearConstraint(sparse.csc_array(packing), -np.inf, 1)
    prices = bids.prices.astype(float)

    def solve(allowed: np.ndarray) -> tuple[float, np.ndarray]:
        bounds, whole = Bounds(0, allowed.astype(float)), np.ones(len(prices))
        options = {"mip_rel_gap": 0.0}
        solved = milp(
            -prices, constraints=limits, integrality=whole, bounds=bounds, options=options
        )
        return -solved.fun, np.flatnonzero(solved.x > 0.5)

    welfare, accepted = solve(np.ones(len(prices), dtype=bool))
    return sum(
        solve(bids.bidder != bids.bidder[bid])[0] - welfare + prices[bid] for bid in accepted
    )


def report(what: str, ours: float, baseline: float, target: float) -> None:
    """Print the ratio and whether it meets the target."""
    verdict = "met" if ours <= target * baseline else "MISSED"
    print(
        f"{what}: {ours:.4f} s against {baseline:.4f} s, ratio {ours / baseline:.3f}"
        f" (target {target}: {verdict})",
        flush=True,
    )


PARTS = {"assignment": assignment, "sparse": sparse_market, "cats": cats}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
