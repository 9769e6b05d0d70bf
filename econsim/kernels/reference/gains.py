"""Largest gains from trade."""

import numpy as np

from econsim.arrays import Categories, Ints


def maximal_gains(
    worth: Ints, category: Categories, unit_costs: Ints, starts: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Largest gains from trade of the round, its quantity, and the worths at its margin.

    Tasks by worth descending meet units of capacity by cost ascending
    (``unit_costs[starts[c]:starts[c + 1]]``, sorted) while worth exceeds cost: the efficient
    matching when any task can be served by any seller of its category. Per category: gains,
    quantity, worth of the last task served and of the first that is not (0 without one).
    """
    gains, quantity, last, following = np.zeros((4, len(starts) - 1), dtype=np.int64)
    for c in range(len(starts) - 1):
        costs = unit_costs[starts[c] : starts[c + 1]]
        demand = np.sort(worth[(category == c) & (worth > 0)])[::-1]
        most = min(len(demand), len(costs))
        margin = demand[:most] - costs[:most]
        quantity[c] = q = np.count_nonzero(margin > 0)
        gains[c] = margin[:q].sum()
        last[c] = demand[q - 1] if q else 0
        following[c] = demand[q] if q < len(demand) else 0
    return gains, quantity, last, following
