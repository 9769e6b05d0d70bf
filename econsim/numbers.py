"""Functions that libraries compute differently in the last bit, from basic operations only.

Uses ``+ - * /``, comparisons and exact scaling by powers of two, in one written order: NumPy,
Numba and every machine give the same bits.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Floats
from econsim.errors import unmasked

LOG2_E = 1.4426950408889634
# ln 2 in two parts; the first has 32 trailing zero bits, so that multiples of it are exact.
LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10
MOST_EXPONENT = 700.0
# 1/13!, ..., 1/1!, 1: on [-ln 2 / 2, ln 2 / 2] the rest of the series is below 2**-53.
EXP_SERIES = (
    1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0,
    1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0,
)  # fmt: skip


def exp(x: ArrayLike) -> Floats:
    """Exponential function of numbers cut at -700 and 700, relative error below 3e-16.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp x = 2^k exp r, the latter by its Taylor series.
    """
    cut = np.clip(np.asarray(unmasked("x", x), dtype=np.float64), -MOST_EXPONENT, MOST_EXPONENT)
    power = np.floor(cut * LOG2_E + 0.5)
    rest = cut - power * LN2_HIGH - power * LN2_LOW
    series: Any = np.zeros_like(rest)
    for coefficient in EXP_SERIES:
        series = series * rest + coefficient
    return np.ldexp(series, power.astype(np.int64))


def log(x: ArrayLike) -> Floats:
    """Natural logarithm of numbers > 0, by the series of artanh."""
    mantissa, exponent = np.frexp(np.asarray(unmasked("x", x), dtype=np.float64))
    small = mantissa < 0.7071067811865476
    mantissa, exponent = np.where(small, 2.0 * mantissa, mantissa), exponent - small
    s = (mantissa - 1.0) / (mantissa + 1.0)
    series = np.zeros_like(s)
    for power in range(23, 0, -2):
        series = series * (s * s) + 1.0 / power
    return 2.0 * s * series + exponent * 0.6931471805599453
