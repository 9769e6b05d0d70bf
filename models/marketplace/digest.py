"""One number for all the state of a market."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.population import Population


def state_digest(
    round: int, tables: Mapping[str, Population], record: Mapping[str, int]
) -> str:  # fmt: skip
    """SHA-256 (hex) of the round number, every column of the tables, and the last record."""
    digest = hashlib.sha256(f"round {round}".encode())
    for name, table in tables.items():
        for column in table.columns:
            _absorb(digest, f"{name}.{column}", table[column])
    for name, value in record.items():
        _absorb(digest, f"round.{name}", np.array([value], dtype=np.int64))
    return digest.hexdigest()


def _absorb(digest: Any, label: str, values: NDArray) -> None:
    """Add a column's name, dtype and little-endian bytes to a digest."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    digest.update(f"{label} {little.dtype.str} {len(little)}".encode())
    digest.update(little.data)
