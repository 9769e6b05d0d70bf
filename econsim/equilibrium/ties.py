"""Exact prices of a linear Fisher market from those that are nearly right.

At an equilibrium a buyer spends only on goods of its largest weight per unit of money. Where a
buyer is indifferent to a good that it does not buy, the program is degenerate and a search by
floats ends some digits short; the ties themselves say exactly how prices relate.

References
----------
Devanur, Papadimitriou, Saberi & Vazirani (2008), "Market equilibrium via a primal-dual algorithm
for a convex program", Journal of the ACM 55.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import breadth_first_order, connected_components

from econsim.arrays import Floats
from econsim.preferences.economies import FisherMarket
from econsim.preferences.utilities import Linear

WIDTHS = (1e-9, 1e-7, 1e-5, 1e-3)


def settled(market: FisherMarket, prices: Floats) -> tuple[Floats, Floats] | None:
    """Prices and bundles that the ties near `prices` imply, if they are an equilibrium's.

    1. Join every buyer to the goods within some width of its best value for money.
    2. In a connected part the ties fix all ratios of prices, and its budgets their level.
    3. A linear program spends the budgets along the ties so that everything is sold.

    Returns
    -------
    prices (m,) and allocation (n, m), or None where no width gives both.
    """
    priced = prices > 0
    if not priced.all():
        return _without_free_goods(market, prices, priced)
    value = market.preferences.weights / prices
    best = value.max(axis=1, keepdims=True)
    for width in WIDTHS:
        ties = (value >= best * (1 - width)) & (market.budgets > 0)[:, None]
        exact = _prices(market, ties)
        spent = None if exact is None else _spending(market, exact, ties)
        if exact is not None and spent is not None:
            return exact, spent / exact
    return None


def _without_free_goods(
    market: FisherMarket, prices: Floats, priced: np.ndarray
) -> tuple[Floats, Floats] | None:
    """The same on the goods that have a price; nobody wants the others."""
    weights = market.preferences.weights[:, priced]
    if not weights.any(axis=1).all():
        return None
    inner = FisherMarket(market.budgets, market.supply[priced], Linear(weights))
    settlement = settled(inner, prices[priced])
    if settlement is None:
        return None
    full, bundles = np.zeros(len(prices)), np.zeros(market.preferences.weights.shape)
    full[priced], bundles[:, priced] = settlement
    return full, bundles


def _prices(market: FisherMarket, ties: np.ndarray) -> Floats | None:
    """Prices that make all ties along a spanning tree exact; None if some part has no buyer."""
    n, m = ties.shape
    rows, columns = np.nonzero(ties)
    ones = np.ones(len(rows))
    graph = sparse.csr_array((ones, (rows, columns + n)), shape=(n + m, n + m))
    count, part = connected_components(graph, directed=False)
    logs = np.full(n + m, np.nan)
    weights = np.log(np.where(ties, market.preferences.weights, 1.0))
    for k in range(count):
        goods = np.flatnonzero(part[n:] == k)
        money = market.budgets[part[:n] == k].sum()
        if not len(goods):
            continue
        if money == 0:
            return None
        _spread(graph, n + int(goods[0]), weights, logs)
        logs[n + goods] += np.log(money / (np.exp(logs[n + goods]) @ market.supply[goods]))
    return np.exp(logs[n:])


def _spread(graph: sparse.csr_array, root: int, weights: Floats, logs: Floats) -> None:
    """Log prices (and minus log value for money of buyers) outwards from a good, in place."""
    n = len(weights)
    order, before = breadth_first_order(graph, root, directed=False)
    logs[root] = 0.0
    for node in order[1:].tolist():
        parent = int(before[node])
        buyer, good = (parent, node - n) if node >= n else (node, parent - n)
        step = weights[buyer, good]
        logs[node] = logs[parent] + (step if node >= n else -step)


def _spending(market: FisherMarket, prices: Floats, ties: np.ndarray) -> Floats | None:
    """Budgets spent along ties so that the value of every supply is spent on it; None if not."""
    rows, columns = np.nonzero(ties)
    edges = np.arange(len(rows))
    n, m = ties.shape
    ones = np.ones(len(rows))
    spend = sparse.csr_array((ones, (rows, edges)), shape=(n, len(rows)))
    earn = sparse.csr_array((ones, (columns, edges)), shape=(m, len(rows)))
    total = market.budgets.sum()
    balance: Any = sparse.vstack([spend, earn])
    program: Any = linprog(
        np.zeros(len(rows)),
        A_eq=balance,
        b_eq=np.concatenate([market.budgets, prices * market.supply]) / total,
    )
    if program.status != 0:
        return None
    spent = np.zeros(ties.shape)
    spent[rows, columns] = program.x * total
    return spent
