"""Keyed draws, and the tasks that they make."""

import numpy as np

from econsim.arrays import Floats, Ints, Sizes
from econsim.kernels.inputs import Demand
from econsim.streams import Purpose, Streams
from econsim.streams import philox4x32 as philox4x32


def uniform(seed: int, purpose: int, round: int, ids: Ints, index: int) -> Floats:
    """Keyed uniforms on [0, 1), shape of `ids`."""
    return Streams(seed).uniform(purpose, round, ids, index)


def tasks(seed: int, round: int, ids: Ints, value: Ints, demand: Demand) -> tuple[Sizes, Ints]:
    """Draw this round's tasks: size in 1..max_size or 0, and worth = size x shocked value.

    The shock is uniform on [value - half, value + half), half = floor(value x spread).

    Parameters
    ----------
    seed, round : int
    ids, value : int64 arrays (n,)
        Buyers, and the ticks that a unit is worth to each.
    demand : Demand

    Returns
    -------
    size : uint8 array (n,), units
    worth : int64 array (n,), ticks
    """
    streams, purpose = Streams(seed), Purpose.TASK
    size = 1 + streams.integers(purpose, round, ids, 0, bound=demand.max_size)
    if demand.rate < 1.0:
        size = size * (streams.uniform(purpose, round, ids, 2) < demand.rate)
    half = (value * demand.spread).astype(np.int64)
    shock = (2 * half * streams.uniform(purpose, round, ids, 1)).astype(np.int64)
    return size.astype(np.uint8), size * (value - half + shock)
