"""Counter-based random streams: Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011).

A draw is a function of (seed, purpose, round, agent id, index) and of nothing else. It does not
depend on the order of calls, so it is the same on every backend, kernel, thread and rank, and the
same across pricing models: common random numbers by construction.

The counter of a block is (agent id, round, block, purpose + 2**24 x attempt), the key is the
64-bit seed, and a block holds four 32-bit words. Real number i of a purpose takes words 2i and
2i + 1, integer i takes word i.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Bools, Floats, Ints, Words
from econsim.errors import ParameterError, integer, real, unmasked
from econsim.numbers import log

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
ATTEMPT = 2**24
_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


class Purpose(IntEnum):
    """What a draw is for; users' own purposes start at ``Purpose.USER``."""

    VALUE = 1
    COST = 2
    RELIABILITY = 3
    PRICING = 4
    TASK = 5
    SEARCH = 6
    DECISION = 7
    LOTTERY = 8
    DELIVERY = 9
    STRATEGY = 10
    POSTING = 11
    OUTCOME = 12
    LATENCY = 13
    ATTACK = 14
    USER = 1000


def philox4x32(counter: ArrayLike, key: ArrayLike) -> Words:
    """Ten rounds of Philox4x32.

    Parameters
    ----------
    counter : array of uint32, shape (..., 4)
    key : array of uint32, shape (2,)

    Returns
    -------
    uint32 array of the shape of `counter`.

    References
    ----------
    Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", SC'11.
    """
    words = np.asarray(counter, dtype=np.uint64)
    low, high = (int(k) for k in np.asarray(key, dtype=np.uint64))
    c0, c1, c2, c3 = np.moveaxis(words, -1, 0)
    return np.stack(_philox(c0, c1, c2, c3, low, high), axis=-1).astype(np.uint32)


def _philox(c0: Any, c1: Any, c2: Any, c3: Any, low: int, high: int) -> tuple[Any, Any, Any, Any]:
    """The rounds themselves, on four uint64 arrays (or scalars) that hold 32-bit words."""
    m0, m1 = (np.uint64(multiplier) for multiplier in MULTIPLIERS)
    for step in range(ROUNDS):
        k0 = np.uint64((low + step * WEYL[0]) & 0xFFFFFFFF)
        k1 = np.uint64((high + step * WEYL[1]) & 0xFFFFFFFF)
        p0, p1 = m0 * c0, m1 * c2
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _MASK, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _MASK
    return c0, c1, c2, c3


@dataclass(frozen=True)
class Streams:
    """All the randomness of one run.

    Parameters
    ----------
    seed : int in [0, 2**64)

    Notes
    -----
    Every method takes ``(purpose, round, ids, index)``: `purpose` an int in [0, 2**24), `round`
    and the entries of `ids` in [0, 2**32), `index` a non-negative int or an array that broadcasts
    with `ids`. The draws have the broadcast shape.
    """

    seed: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", integer("seed", self.seed, 0, 2**64 - 1))

    def block(
        self, purpose: int, round: int, ids: ArrayLike, block: ArrayLike = 0, attempt: int = 0
    ) -> tuple[Any, Any, Any, Any]:
        """Four words of one block each, as uint64 arrays that hold 32-bit numbers."""
        c3 = integer("purpose", purpose, 0, ATTEMPT - 1) + ATTEMPT * attempt
        c1 = integer("round", round, 0, 2**32 - 1)
        c0, c2 = np.broadcast_arrays(_words("ids", ids), _words("index", block))
        return _philox(
            c0, np.uint64(c1), c2, np.uint64(c3), self.seed & 0xFFFFFFFF, self.seed >> 32
        )

    def uniform(self, purpose: int, round: int, ids: ArrayLike, index: ArrayLike = 0) -> Floats:
        """Uniform on [0, 1), 53 bits."""
        place = np.asarray(unmasked("index", index), dtype=np.int64)
        words = self.block(purpose, round, ids, place >> 1)
        odd = place & 1 == 1
        high, low = np.where(odd, words[2], words[0]), np.where(odd, words[3], words[1])
        return ((high >> np.uint64(5)) * 67108864.0 + (low >> np.uint64(6))) / 9007199254740992.0

    def integers(
        self, purpose: int, round: int, ids: ArrayLike, index: ArrayLike = 0, *, bound: ArrayLike
    ) -> Ints:
        """Integers on [0, bound) without modulo bias (Lemire 2019, with rejection).

        `bound` is an integer in [1, 2**32) or an array that broadcasts with `ids`.
        """
        limits = np.asarray(unmasked("bound", bound))
        if limits.dtype.kind not in "iu" or (
            limits.size and not 1 <= limits.min() <= limits.max() < 2**32
        ):
            raise ParameterError("bound", bound, "an integer from 1 to 2**32 - 1")
        where = np.broadcast_arrays(
            np.asarray(unmasked("ids", ids)),
            np.asarray(unmasked("index", index), dtype=np.int64),
            limits,
        )
        agents, places, ranges = (array.ravel() for array in where)
        drawn = np.zeros(agents.shape, dtype=np.int64)
        left = np.arange(len(agents))
        for attempt in range(256):
            word = self._word(purpose, round, agents[left], places[left], attempt)
            span = ranges[left].astype(np.uint64)
            product = word * span
            drawn[left] = product >> _SHIFT
            left = left[(product & _MASK) < (np.uint64(2**32) - span) % span]
            if not len(left):
                break
        return drawn.reshape(where[0].shape)

    def _word(self, purpose: int, round: int, ids: Any, index: Any, attempt: int) -> Any:
        words = np.stack(self.block(purpose, round, ids, index >> 2, attempt))
        return np.take_along_axis(words, (index & 3)[np.newaxis], axis=0)[0]

    def bernoulli(
        self, purpose: int, round: int, ids: ArrayLike, index: ArrayLike = 0, *, p: ArrayLike
    ) -> Bools:
        """True with probability `p` in [0, 1]."""
        chance = np.asarray(unmasked("p", p), dtype=np.float64)
        if chance.size and not np.all((chance >= 0) & (chance <= 1)):
            raise ParameterError("p", p, "a number in [0, 1]")
        return self.uniform(purpose, round, ids, index) < chance

    def normal(
        self,
        purpose: int,
        round: int,
        ids: ArrayLike,
        index: ArrayLike = 0,
        *,
        mean: ArrayLike = 0.0,
        sd: float = 1.0,
    ) -> Floats:
        """Normal by the inverse distribution function, from basic operations only."""
        spread = real("sd", sd, 0)
        half_cell = 0.5 / 9007199254740992.0
        u = self.uniform(purpose, round, ids, index) + half_cell
        return np.asarray(unmasked("mean", mean), dtype=np.float64) + spread * normal_quantile(u)


def _words(field: str, numbers: ArrayLike) -> NDArray[np.uint64]:
    """Counter words from integers, checked to fit 32 bits."""
    array = np.asarray(unmasked(field, numbers))
    if array.dtype.kind not in "iu" or (array.size and not 0 <= array.min() <= array.max() < 2**32):
        raise ParameterError(field, numbers, "integers in [0, 2**32)")
    return array.astype(np.uint64)


# Rational approximations of Wichura (1988), algorithm AS 241, PPND16; highest power first.
_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_MIDDLE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
     6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0),
)  # fmt: skip


def normal_quantile(probability: ArrayLike) -> Floats:
    """Standard normal quantile of probabilities in (0, 1), relative error about 1e-15.

    Wichura (1988), algorithm AS 241. Uses ``+ - * /`` and ``sqrt`` only, so that it gives the same
    bits on every machine.
    """
    p = np.asarray(unmasked("probability", probability), dtype=np.float64)
    q = p - 0.5
    central = q * _ratio(_CENTRE, 0.180625 - q * q)
    tail = np.minimum(p, 1.0 - p)
    r = np.sqrt(-log(tail))
    outer = np.where(r <= 5.0, _ratio(_MIDDLE, r - 1.6), _ratio(_TAIL, r - 5.0))
    return np.where(np.abs(q) <= 0.425, central, np.where(q < 0, -outer, outer))


def exponential(uniform: ArrayLike, mean: ArrayLike = 1.0) -> Floats:
    """Exponential variates from uniforms on [0, 1), by basic operations; shapes broadcast."""
    return -np.asarray(mean, dtype=np.float64) * log(1.0 - np.asarray(uniform, dtype=np.float64))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    """Quotient of two polynomials by Horner's rule."""
    numerator, denominator = (np.zeros_like(x) for _ in range(2))
    for above, below in zip(*coefficients, strict=True):
        numerator, denominator = numerator * x + above, denominator * x + below
    return numerator / denominator
