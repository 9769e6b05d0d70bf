"""Several rules in one market: which row follows which, and where each keeps its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from econsim.errors import DecisionError
from econsim.population import Population

Ints = NDArray[np.int64]


def whole(rule: Any, method: str, given: Any, count: int, most: int) -> Ints:
    """What a rule's method returned, as ticks; or one error that names it.

    Raises
    ------
    DecisionError
        If it is not one whole number from 0 to `most` for each row.
    """
    field, permitted = f"{type(rule).__name__}.{method}", f"{count} whole numbers from 0 to {most}"
    array = np.asarray(given)
    if array.shape != (count,) or array.dtype.kind not in "iu":
        raise DecisionError(field, given, permitted)
    if count and not 0 <= array.min() <= array.max() <= most:
        raise DecisionError(field, given, permitted)
    return array.astype(np.int64)


class Rule(Protocol):
    """A rule with a name and state columns."""

    @property
    def name(self) -> str:
        """What its state columns are called after."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """State columns and their dtypes."""

    @property
    def start(self) -> Callable[..., dict[str, Any]]:
        """State columns of new rows."""


class Mixture[R: Rule]:
    """Rules and the share of the rows that follows each.

    Attributes
    ----------
    strategies : list
    shares : float64 (s,)
    chooser : str
        Column that says who follows which, if there are several.
    columns : dict
        State columns of all, with the rule's name in front.
    """

    def __init__(self, strategies: Sequence[R], shares: NDArray[np.float64], chooser: str):
        self.strategies, self.shares, self.chooser = list(strategies), shares, chooser
        self._names = [self._columns_of(k) for k in range(len(self.strategies))]
        self.columns: dict[str, Any] = {chooser: np.uint8} if len(self.strategies) > 1 else {}
        for held, names in zip(self.strategies, self._names, strict=True):
            self.columns |= {names[column]: dtype for column, dtype in held.columns.items()}

    def _columns_of(self, index: int) -> dict[str, str]:
        """Names of a rule's columns among those of the population."""
        held = self.strategies[index]
        twins = [k for k, other in enumerate(self.strategies) if other.name == held.name]
        prefix = held.name.replace("-", "_") or type(held).__name__.lower()
        prefix += str(twins.index(index) + 1) if len(twins) > 1 else ""
        return {column: f"{prefix}_{column}" for column in held.columns}

    def __repr__(self) -> str:
        mix = zip(self.strategies, self.shares.tolist(), strict=True)
        return " + ".join(repr(s) if share == 1 else f"{share:g} {s!r}" for s, share in mix)

    def start(self, assigned: NDArray, *arguments: Any) -> dict[str, Any]:
        """State columns of new rows, of which `assigned` says what they follow."""
        started: dict[str, Any] = {self.chooser: assigned} if len(self.strategies) > 1 else {}
        for held, names in zip(self.strategies, self._names, strict=True):
            state = held.start(*arguments)
            started |= {names[column]: state[column] for column in held.columns}
        return started

    def followers(self, table: Population, rows: Ints) -> list[tuple[R, dict[str, Any], Ints]]:
        """Each rule that some of `rows` follow, its state columns, and their places in `rows`."""
        everyone = np.arange(len(rows))
        found = []
        for index, (held, names) in enumerate(zip(self.strategies, self._names, strict=True)):
            state = {column: table[name] for column, name in names.items()}
            mine = everyone
            if len(self.strategies) > 1:
                mine = np.flatnonzero(table[self.chooser][rows] == index)
            if len(mine):
                found.append((held, state, mine))
        return found
