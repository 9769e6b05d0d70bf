"""Trust through others: EigenTrust, and the best path of trust.

References
----------
Kamvar, Schlosser & Garcia-Molina (2003), The EigenTrust algorithm for reputation management in P2P
networks, WWW'03.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from econsim.arrays import Bools, Floats, Ints
from econsim.errors import ConvergenceError, ParameterError, integer, real, unmasked


def eigentrust(
    local_trust: Any,
    pretrust: ArrayLike,
    *,
    weight: float = 0.1,
    tol: float = 1e-10,
    max_iter: int = 1000,
) -> Floats:
    """Global trust in every peer, from everybody's local trust weighted by their own standing.

    1. Local trust is cut at 0, trust in oneself is ignored, and rows are divided by their sums; a
       peer who trusts nobody trusts the pre-trusted ones (definition 4).
    2. t <- (1 - weight) C' t + weight p, from t = p, until no entry sum changes by more than `tol`
       (algorithm 2).

    Parameters
    ----------
    local_trust : sparse or dense array (n, n)
        Entry (i, j) is what i thinks of j: satisfactory less unsatisfactory transactions.
    pretrust : array_like
        Weights (n,), >= 0 and not all 0, divided by their sum; or indices of the pre-trusted peers
        if integers of another length or a boolean array (n,) is given.
    weight : float in [0, 1]
        Share of trust that goes to the pre-trusted peers in each step.
    tol : float > 0
        On the sum of absolute changes.
    max_iter : int >= 1

    Returns
    -------
    float64 array (n,), >= 0, sum 1

    Raises
    ------
    ParameterError
    ConvergenceError
        If `max_iter` steps do not suffice, as when `weight` is 0 and trust goes round in circles.
    """
    share, precision = real("weight", weight, 0, 1), real("tol", tol, 1e-16)
    steps = integer("max_iter", max_iter, 1)
    opinions = _square("local_trust", local_trust)
    trusted = _pretrusted(pretrust, opinions.shape[0])
    rows, dangling = _normalised(opinions)
    flow = rows.T.tocsr()
    trust = trusted
    change = np.inf
    for _ in range(steps):
        following = flow @ trust + trust[dangling].sum() * trusted
        following = (1 - share) * following + share * trusted
        change = float(np.abs(following - trust).sum())
        trust = following
        if change <= precision:
            return trust / trust.sum()
    raise ConvergenceError(f"eigentrust: still changing by {change:.3g} after {steps} steps")


def transitive_trust(graph: Any, source: int, *, cutoff: float = 0.1) -> Floats:
    """Best product of trust along any path from `source` to each peer.

    A maximum over paths: the shortest ones where an edge is as long as -log trust (Dijkstra 1959).
    The products are then multiplied out along those paths, so that they are exact.

    Parameters
    ----------
    graph : sparse or dense array (n, n)
        Trust of i in j in [0, 1]; 0 is no edge.
    source : int
    cutoff : float in [0, 1]
        Products below it count as 0.

    Returns
    -------
    float64 array (n,); 1 at the source, 0 where no path is good enough.

    Raises
    ------
    ParameterError
    """
    edges = _square("graph", graph)
    if edges.nnz and not (edges.data.min() >= 0 and edges.data.max() <= 1):
        raise ParameterError("graph", graph, "trust in [0, 1]")
    least = real("cutoff", cutoff, 0, 1)
    origin = integer("source", source, 0, edges.shape[0] - 1)
    edges.eliminate_zeros()
    # Full trust has distance 0, which a sparse graph would take for no edge at all.
    tiny = np.finfo(np.float64).tiny
    lengths = edges.copy()
    lengths.data = np.maximum(-np.log(edges.data), tiny)
    limit = np.inf if least == 0 else 1e-9 - np.log(least)
    _, before = dijkstra(lengths, indices=origin, return_predecessors=True, limit=limit)
    products = _products(edges, before, origin)
    return np.where(products >= least, products, 0.0)


def _products(edges: Any, before: NDArray, source: int) -> Floats:
    """Trust multiplied out along the tree of best paths, level by level from the source."""
    products = np.zeros(len(before))
    products[source] = 1.0
    reached = np.flatnonzero(before >= 0)
    depth = _depths(before, source)[reached]
    reached = reached[np.argsort(depth, kind="stable")]
    trust = np.asarray(edges[before[reached], reached]).ravel()
    ends = np.cumsum(np.bincount(depth))
    for begin, end in pairwise(ends.tolist()):
        here = slice(begin, end)
        products[reached[here]] = products[before[reached[here]]] * trust[here]
    return products


def _depths(before: NDArray, source: int) -> Ints:
    """Edges between each reached peer and the source, (n,), by doubling the jumps."""
    jump = np.where(before >= 0, before, source).astype(np.int64)
    depth = (np.arange(len(before)) != source).astype(np.int64)
    while (jump != source).any():
        depth += depth[jump]
        jump = jump[jump]
    return depth


def _square(name: str, given: Any) -> Any:
    """A square sparse matrix of finite numbers, a copy, duplicates summed."""
    unmasked(name, given)
    try:
        matrix = sparse.csr_array(given, dtype=np.float64, copy=True)
    except (TypeError, ValueError):
        raise ParameterError(name, given, "a square matrix of finite numbers") from None
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 0
    if not square or not np.isfinite(matrix.data).all():
        raise ParameterError(name, given, "a square matrix of finite numbers")
    matrix.sum_duplicates()
    return matrix


def _pretrusted(given: ArrayLike, n: int) -> Floats:
    """Distribution over peers."""
    array = np.asarray(unmasked("pretrust", given))
    permitted = f"weights >= 0 of {n} peers, not all 0, or indices below {n}"
    if array.ndim != 1 or array.dtype.kind not in "iufb" or not array.size:
        raise ParameterError("pretrust", given, permitted)
    weights = np.zeros(n)
    if array.shape == (n,):
        weights = array.astype(np.float64)
    elif array.dtype.kind in "iu" and 0 <= array.min() <= array.max() < n:
        weights[array] = 1.0
    else:
        raise ParameterError("pretrust", given, permitted)
    if not (np.isfinite(weights) & (weights >= 0)).all() or not weights.sum() > 0:
        raise ParameterError("pretrust", given, permitted)
    return weights / weights.sum()


def _normalised(opinions: Any) -> tuple[Any, Bools]:
    """Rows that sum to 1 without trust in oneself, and which rows are empty."""
    rows = opinions.tocoo()
    kept = (rows.data > 0) & (rows.row != rows.col)
    data, row, column = rows.data[kept], rows.row[kept], rows.col[kept]
    total = np.bincount(row, weights=data, minlength=opinions.shape[0])
    scaled = data / total[row]
    return sparse.csr_array((scaled, (row, column)), shape=opinions.shape), total == 0
