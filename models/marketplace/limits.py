"""The numbers that a marketplace can hold, and the checks of its plain parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from econsim.errors import ParameterError, integer, real

MOST_CREDITS, MOST_SHARE, MOST_TICKS = 10**6, 100, 2**53
MOST_MONEY = 2**62

LIMITS: dict[str, Callable[[Any], float]] = {
    "demand_rate": partial(real, "demand_rate", low=0, high=1),
    "search": partial(integer, "search", low=1, high=64),
    "value_spread": partial(real, "value_spread", low=0, high=1),
    "eligibility": partial(real, "eligibility", low=0, high=1),
}


def pair(
    field: str, value: Any, low: float, high: float, ordered: bool = True
) -> tuple[float, float]:
    """Two numbers in [low, high], the first no larger where `ordered`."""
    permitted = f"two numbers in [{low:g}, {high:g}]" + (", the smaller first" if ordered else "")
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray) or len(value) != 2:
        raise ParameterError(field, value, permitted)
    first, second = (real(f"{field}[{k}]", value[k], low, high) for k in range(2))
    if ordered and first > second:
        raise ParameterError(field, value, permitted)
    return first, second


def share_of(amount: Any, share: float) -> Any:
    """A share of amounts, int64 ticks, floored."""
    return (amount * share).astype(np.int64)


def before_share(price: Any, share: Any) -> Any:
    """Price of which `price` is left when a share below 1 is taken: ticks, rounded up."""
    if not np.any(share):
        return price
    return np.ceil(np.asarray(price) / (1 - share)).astype(np.int64)
