"""The best orders of every listing."""

from typing import NamedTuple

import numpy as np

from econsim.arrays import Ints
from econsim.kernels.compiled.draws import uniform_of
from econsim.kernels.inputs import Entries
from econsim.kernels.jit import kernel
from econsim.kernels.threads import over_rows
from econsim.streams import Purpose

_LOTTERY = int(Purpose.LOTTERY)
_FEW = 16


class _Groups(NamedTuple):
    """Orders grouped by listing: where groups begin and are filled to, keys, indices of orders."""

    begins: Ints
    free: Ints
    key: Ints
    order: Ints


@kernel
def _worse(a, b, seed, round, key, order, ids):
    """Whether place a holds a worse order than place b; lots are drawn only for ties."""
    if key[a] != key[b]:
        return key[a] < key[b]
    here, there = ids[order[a]], ids[order[b]]
    lot_a = uniform_of(seed, _LOTTERY, round, here, 0)
    lot_b = uniform_of(seed, _LOTTERY, round, there, 0)
    return lot_a < lot_b if lot_a != lot_b else here > there


@kernel
def _swap(a, b, key, order):
    key[a], key[b] = key[b], key[a]
    order[a], order[b] = order[b], order[a]


@kernel
def _sift(top, length, seed, round, key, order, ids):
    """Restore a heap whose root is the worst order."""
    while True:
        child = 2 * top + 1
        if child >= length:
            return
        if child + 1 < length and _worse(child + 1, child, seed, round, key, order, ids):
            child += 1
        if not _worse(child, top, seed, round, key, order, ids):
            return
        _swap(top, child, key, order)
        top = child


@kernel
def _heap_best(keep, seed, round, key, order, ids):
    """Move the best `keep` of many to the front, best first, with a heap of that size."""
    for top in range(keep // 2 - 1, -1, -1):
        _sift(top, keep, seed, round, key, order, ids)
    for i in range(keep, len(key)):
        if _worse(0, i, seed, round, key, order, ids):
            _swap(0, i, key, order)
            _sift(0, keep, seed, round, key, order, ids)
    for last in range(keep - 1, 0, -1):
        _swap(0, last, key, order)
        _sift(0, last, seed, round, key, order, ids)


@kernel
def _scan_best(keep, seed, round, key, order, ids):
    """The same with one scan for each place: fewer mispredicted branches where `keep` is small."""
    for place in range(keep):
        at, best = place, key[place]
        for i in range(place + 1, len(key)):
            if key[i] == best:
                at = i if _worse(at, i, seed, round, key, order, ids) else at
            at = i if key[i] > best else at
            best = max(best, key[i])
        _swap(place, at, key, order)


@kernel
def _rank(begin, end, seed, round, entries, groups, offsets, ranked):
    listing, keys, ids = entries.listing, entries.key, entries.ids
    begins, free, key, order = groups.begins, groups.free, groups.key, groups.order
    for i in range(len(listing)):
        j = listing[i]
        if begin <= j < end:
            key[free[j]], order[free[j]] = keys[i], i
            free[j] += 1
    for j in range(begin, end):
        keep = offsets[j + 1] - offsets[j]
        own_key, own_order = key[begins[j] : free[j]], order[begins[j] : free[j]]
        if keep <= _FEW:
            _scan_best(keep, seed, round, own_key, own_order, ids)
        else:
            _heap_best(keep, seed, round, own_key, own_order, ids)
        for place in range(keep):  # an assignment of slices takes two seconds to compile
            ranked[offsets[j] + place] = own_order[place]


def rank(seed: int, round: int, entries: Entries, keep: Ints) -> tuple[Ints, Ints]:
    """See `reference.rank`. Orders are grouped by listing, and each group ranked by itself."""
    orders = len(entries.listing)
    counts = np.bincount(entries.listing, minlength=len(keep))
    begins = np.cumsum(counts) - counts
    offsets = np.zeros(len(keep) + 1, dtype=np.int64)
    np.cumsum(np.minimum(counts, keep), out=offsets[1:])
    ranked = np.empty(offsets[-1], dtype=np.int64)
    groups = _Groups(begins, begins.copy(), *np.empty((2, orders), dtype=np.int64))
    shared = (np.uint64(seed), round, entries, groups, offsets, ranked)
    over_rows(_rank, len(keep), *shared, work=orders)
    return offsets, ranked
