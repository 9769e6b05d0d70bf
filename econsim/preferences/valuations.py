"""Valuations: what a category of capability is worth to its buyers and costs its sellers.

A table of quantiles is the whole distribution: entry k of m is the quantile at probability
k / (m - 1), linear in between. It is what `econsim calibrate` estimates from data, and what a
scenario file holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from econsim.arrays import Floats
from econsim.errors import ParameterError, real, unmasked


def table_quantile(table: Sequence[float], probability: Any) -> Floats:
    """Quantiles of a distribution given by its table.

    Parameters
    ----------
    table : sequence of float
        Non-decreasing quantiles at equal steps of probability from 0 to 1; one entry is a
        constant.
    probability : array of float in [0, 1]

    Returns
    -------
    float64 array of the shape of `probability`, in the units of the table.
    """
    entries = np.asarray(unmasked("table", table), dtype=np.float64)
    entries = np.repeat(entries, 2) if len(entries) == 1 else entries
    position = np.asarray(unmasked("probability", probability), dtype=np.float64) * (
        len(entries) - 1
    )
    cell = np.minimum(position.astype(np.int64), len(entries) - 2)
    return entries[cell] + (entries[cell + 1] - entries[cell]) * (position - cell)


@dataclass(frozen=True)
class Category:
    """One kind of capability: who wants it, how much, and what it costs to serve.

    Parameters
    ----------
    name : str
    values : sequence of float
        Quantile table of a buyer's base value, credits per unit of size.
    costs : sequence of float
        Quantile table of a seller's cost of one task, as a share of the category's median task
        value.
    weight : float
        Share of the buyers, relative to the other categories.
    buyers_per_seller : float
        Intensity of competition.
    """

    name: str
    values: tuple[float, ...] = (0.5, 1.5)
    costs: tuple[float, ...] = (0.2, 0.6)
    weight: float = 1.0
    buyers_per_seller: float = 20.0

    def __post_init__(self) -> None:
        for field in ("values", "costs"):
            object.__setattr__(self, field, _table(f"{self.name}.{field}", getattr(self, field)))
        for field in ("weight", "buyers_per_seller"):
            number = real(f"{self.name}.{field}", getattr(self, field), 0)
            if number == 0:
                raise ParameterError(f"{self.name}.{field}", number, "a number > 0")
            object.__setattr__(self, field, number)


def _table(field: str, entries: Iterable[float]) -> tuple[float, ...]:
    """A validated quantile table: finite, not negative, non-decreasing, not empty."""
    permitted = "a non-empty, non-decreasing list of numbers >= 0"
    if isinstance(entries, str) or not isinstance(entries, Iterable):
        raise ParameterError(field, entries, permitted)
    table = tuple(real(f"{field}[{k}]", entry, 0) for k, entry in enumerate(entries))
    if not table or any(low > high for low, high in pairwise(table)):
        raise ParameterError(field, table, permitted)
    return table


def median_task_value(values: Sequence[float], max_size: int) -> float:
    """Median of size x base value, size uniform on 1..max_size, in the units of `values`."""
    base = table_quantile(values, np.linspace(0, 1, 1001))
    return float(np.median(np.multiply.outer(np.arange(1, max_size + 1), base)))
