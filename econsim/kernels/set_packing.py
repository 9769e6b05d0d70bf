"""The heaviest set of bids without a conflict, compiled: branch and bound on bit sets.

The bound covers the remaining bids with cliques of the conflict graph, of each of which at most
one can be accepted: every clique takes the smallest weight left among its members off all of them
and adds it to the bound (Tavares, Rodrigues, Campelo & Michelon 2023; San Segundo et al. 2019).
Bids whose whole weight is covered before the bound reaches the best value known need no branch.
Fast where many bids conflict; the budget of nodes tells quickly where few do.
"""

import numpy as np

from econsim.kernels.jit import kernel

_ONE = np.uint64(1)


@kernel
def heaviest(conflict, weight, best, budget):
    """Most that a set of bids without a conflict is worth, if more than `best`.

    Parameters
    ----------
    conflict : bool array, shape (bids, bids)
        Symmetric.
    weight : int64 or float64 array, shape (bids,)
        Positive.
    best : int or float
        Value to beat.
    budget : int
        Nodes to search.

    Returns
    -------
    packing : uint8 array, shape (bids,)
        The better set, or nothing if there is none.
    value : as `weight`
        Its value, or `best`.
    nodes : int
        Searched; more than `budget` means that the search was not finished.
    """
    bids = len(weight)
    words = (bids + 63) // 64
    bits = np.zeros((bids, words), np.uint64)
    for i in range(bids):
        for j in range(bids):
            if conflict[i, j]:
                bits[i, j >> 6] |= _ONE << np.uint64(j & 63)
    free = np.zeros(words, np.uint64)
    for j in range(bids):
        free[j >> 6] |= _ONE << np.uint64(j & 63)
    path, packing = np.zeros(bids, np.uint8), np.zeros(bids, np.uint8)
    top, nodes = np.array([best]), np.zeros(1, np.int64)
    _search(bits, weight, free, weight[0] * 0, path, packing, top, nodes, budget)
    return packing, top[0], nodes[0]


@kernel
def _search(bits, weight, free, value, path, packing, top, nodes, budget):
    """Branch on the bids that the bound does not cover; keep the best set seen."""
    nodes[0] += 1
    if value > top[0]:
        top[0] = value
        packing[:] = path
    covered, order, branches = _cover(bits, weight, free, top[0] - value)
    for k in range(branches):
        if nodes[0] > budget:
            return
        bid = order[k]
        path[bid] = 1
        _search(
            bits,
            weight,
            covered & ~bits[bid],
            value + weight[bid],
            path,
            packing,
            top,
            nodes,
            budget,
        )
        path[bid] = 0
        covered[bid >> 6] |= _ONE << np.uint64(bid & 63)


@kernel
def _cover(bits, weight, free, room):
    """Cover bids by cliques of total weight at most `room`; the rest are branches."""
    left = weight.copy()
    open_, covered = free.copy(), np.zeros_like(free)
    order = np.empty(len(weight), np.int64)
    while True:
        size, least = _clique(bits, left, open_, order)
        if size == 0 or least > room:
            break
        room -= least
        for k in range(size):
            bid = order[k]
            left[bid] -= least
            if left[bid] <= 0:
                mask = _ONE << np.uint64(bid & 63)
                open_[bid >> 6] &= ~mask
                covered[bid >> 6] |= mask
    return covered, order, _members(open_, order)


@kernel
def _clique(bits, left, open_, members):
    """A maximal clique of open bids, lowest index first, and the smallest weight in it."""
    size, least = 0, left[0]
    candidates = open_.copy()
    for word in range(len(open_)):
        while candidates[word]:
            bid = word * 64 + _lowest(candidates[word])
            least = left[bid] if size == 0 else min(least, left[bid])
            members[size] = bid
            size += 1
            candidates &= bits[bid]
    return size, least


@kernel
def _members(bitset, members):
    """List the bids of a bit set; the number of them."""
    size = 0
    for word in range(len(bitset)):
        rest = bitset[word]
        while rest:
            members[size] = word * 64 + _lowest(rest)
            rest &= rest - _ONE
            size += 1
    return size


@kernel
def _lowest(word):
    """Index of the lowest bit that is set."""
    index = 0
    for step in (32, 16, 8, 4, 2, 1):
        low = (_ONE << np.uint64(step)) - _ONE
        if word & low == 0:
            word >>= np.uint64(step)
            index += step
    return index


@kernel
def grow_cliques(conflict, start, member):
    """Cliques ``member[start[r]:start[r + 1]]``, each grown by the lowest bids that fit it.

    `conflict` has a true diagonal. Returns a bool array, a row for each clique.
    """
    grown = np.zeros((len(start) - 1, len(conflict)), np.bool_)
    for row in range(len(start) - 1):
        fits = np.ones(len(conflict), np.bool_)
        for k in range(start[row], start[row + 1]):
            grown[row, member[k]] = True
            fits &= conflict[member[k]]
        for bid in range(len(conflict)):
            if fits[bid] and not grown[row, bid]:
                grown[row, bid] = True
                fits &= conflict[bid]
    return grown
