"""Keyed draws, and the tasks that they make.

The draws of one agent at a time, for use inside other kernels, come first; see `econsim.streams`.
"""

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Floats, Ints, Sizes, Words
from econsim.kernels.inputs import Demand
from econsim.kernels.jit import kernel
from econsim.kernels.threads import over_rows
from econsim.streams import ATTEMPT, MULTIPLIERS, ROUNDS, WEYL, Purpose

_TASK, _BATCH = int(Purpose.TASK), 512

_M0, _M1 = (np.uint64(multiplier) for multiplier in MULTIPLIERS)
_W0, _W1 = (np.uint64(constant) for constant in WEYL)
_MASK, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_FIVE, _SIX = np.uint64(5), np.uint64(6)


@kernel
def block(seed, c0, c1, c2, c3):
    """Ten rounds of Philox4x32 on words held in uint64."""
    low, high = seed & _MASK, seed >> _SHIFT
    c0, c1, c2, c3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(ROUNDS):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1 = (p1 >> _SHIFT) ^ c1 ^ low, p1 & _MASK
        c2, c3 = (p0 >> _SHIFT) ^ c3 ^ high, p0 & _MASK
        low, high = (low + _W0) & _MASK, (high + _W1) & _MASK
    return c0, c1, c2, c3


@kernel
def real(high, low):
    """53 bits of two words on [0, 1)."""
    upper, lower = np.float64(np.uint64(high) >> _FIVE), np.float64(np.uint64(low) >> _SIX)
    return (upper * 67108864.0 + lower) / 9007199254740992.0


@kernel
def uniform_of(seed, purpose, round, agent, index):
    """Real number `index` of an agent's purpose and round on [0, 1)."""
    w0, w1, w2, w3 = block(seed, agent, round, index >> 1, purpose)
    return real(w2, w3) if index & 1 else real(w0, w1)


@kernel
def word_of(words, index):
    """Word of a block that holds integer `index`."""
    place = index & 3
    if place < 2:
        return words[0] if place == 0 else words[1]
    return words[2] if place == 2 else words[3]


@kernel
def bounded(word, bound, seed, purpose, round, agent, index):
    """Lemire's bounded integer from a word, drawing again while it is rejected."""
    span = np.uint64(bound)
    product = np.uint64(word) * span
    if (product & _MASK) < span:
        threshold = (np.uint64(4294967296) - span) % span
        attempt = 0
        while (product & _MASK) < threshold:
            attempt += 1
            words = block(seed, agent, round, index >> 2, purpose + attempt * ATTEMPT)
            product = word_of(words, index) * span
    return np.int64(product >> _SHIFT)


@kernel
def blocks(seed, ids, round, index, purpose, out):
    """Block `index` of many agents at once, words into the rows of `out`, uint32 (4, agents).

    In 32-bit arithmetic and without branches, which the compiler turns into vector instructions:
    eight times as fast as one agent at a time.
    """
    first, second = np.uint32(seed & _MASK), np.uint32(seed >> _SHIFT)
    for i in range(len(ids)):
        c0, c1 = np.uint32(ids[i]), np.uint32(round)
        c2, c3 = np.uint32(index), np.uint32(purpose)
        low, high = first, second
        for _ in range(ROUNDS):
            p0, p1 = _M0 * np.uint64(c0), _M1 * np.uint64(c2)
            c0, c1 = np.uint32(np.uint32(p1 >> _SHIFT) ^ c1 ^ low), np.uint32(p1)
            c2, c3 = np.uint32(np.uint32(p0 >> _SHIFT) ^ c3 ^ high), np.uint32(p0)
            low, high = np.uint32(low + np.uint32(_W0)), np.uint32(high + np.uint32(_W1))
        out[0, i], out[1, i], out[2, i], out[3, i] = c0, c1, c2, c3


@kernel
def _philox4x32(begin, end, counter, seed, out):
    for i in range(begin, end):
        out[i] = block(seed, counter[i, 0], counter[i, 1], counter[i, 2], counter[i, 3])


def philox4x32(counter: ArrayLike, key: ArrayLike) -> Words:
    """Ten rounds of Philox4x32; see `econsim.streams.philox4x32`."""
    words = np.atleast_2d(np.asarray(counter, dtype=np.uint32))
    low, high = (int(k) for k in np.asarray(key))
    seed, out = np.uint64(low + (high << 32)), np.empty(words.shape, dtype=np.uint32)
    over_rows(_philox4x32, words.size // 4, words.reshape(-1, 4), seed, out.reshape(-1, 4))
    return out.reshape(np.shape(counter))


@kernel
def _uniforms(begin, end, seed, purpose, round, ids, index, out):
    words, pair = np.empty((4, _BATCH), dtype=np.uint32), 2 * (index & 1)
    for start in range(begin, end, _BATCH):
        count = min(_BATCH, end - start)
        blocks(seed, ids[start : start + count], round, index >> 1, purpose, words)
        for t in range(count):
            out[start + t] = real(words[pair, t], words[pair + 1, t])


def uniform(seed: int, purpose: int, round: int, ids: Ints, index: int) -> Floats:
    """See `reference.uniform`."""
    out = np.empty(len(ids))
    over_rows(_uniforms, len(ids), np.uint64(seed), int(purpose), round, ids, index, out)
    return out


@kernel
def _tasks(begin, end, seed, round, ids, value, demand, size, worth):
    words = np.empty((4, _BATCH), dtype=np.uint32)
    for start in range(begin, end, _BATCH):
        count = min(_BATCH, end - start)
        blocks(seed, ids[start : start + count], round, 0, _TASK, words)
        for t in range(count):
            i = start + t
            units = 1 + bounded(words[0, t], demand.max_size, seed, _TASK, round, ids[i], 0)
            if demand.rate < 1.0 and not uniform_of(seed, _TASK, round, ids[i], 2) < demand.rate:
                units = 0
            half = np.int64(value[i] * demand.spread)
            shock = np.int64(2 * half * real(words[2, t], words[3, t]))
            size[i], worth[i] = units, units * (value[i] - half + shock)


def tasks(seed: int, round: int, ids: Ints, value: Ints, demand: Demand) -> tuple[Sizes, Ints]:
    """See `reference.tasks`."""
    size, worth = np.empty(len(ids), dtype=np.uint8), np.empty(len(ids), dtype=np.int64)
    over_rows(_tasks, len(ids), np.uint64(seed), round, ids, value, demand, size, worth)
    return size, worth
