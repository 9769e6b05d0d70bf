"""Money is integer: the engine counts in ticks, people read credits.

Sums of ticks are exact in any order, so money is conserved to the tick, ties are real ties and
shards of a market agree. One credit is a million ticks.
"""

from typing import Any

import numpy as np

from econsim.errors import unmasked

TICKS_PER_CREDIT = 10**6


def to_ticks(credits: Any) -> Any:
    """Credits (float, scalar or array) to the nearest whole ticks (int or int64 array)."""
    ticks = np.rint(
        np.asarray(unmasked("credits", credits), dtype=np.float64) * TICKS_PER_CREDIT
    ).astype(np.int64)
    return ticks if ticks.ndim else int(ticks)


def to_credits(ticks: Any) -> Any:
    """Ticks (int, scalar or array) to credits (float or float64 array)."""
    credits = np.asarray(unmasked("ticks", ticks), dtype=np.float64) / TICKS_PER_CREDIT
    return credits if credits.ndim else float(credits)
