"""Several rules in one market: which row follows which, and where each keeps its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Codes, Floats, Ints
from econsim.errors import ASKED, AgentError, DecisionError, unmasked
from econsim.models.marketplace.limits import MOST_TICKS
from econsim.models.marketplace.mechanisms import Mechanisms
from econsim.population import Population
from econsim.registry import Mix
from econsim.strategies import (
    SELLER_STRATEGIES,
    STRATEGIES,
    FollowSales,
    Proportional,
    SellerStrategy,
    Strategy,
    Truthful,
)


def asked(place: str, method: Callable[..., Any], *arguments: Any) -> Any:
    """What a method of an agent or a rule answers; what it raises names the place.

    Raises
    ------
    AgentError
    """
    try:
        return method(*arguments)
    except (AgentError, DecisionError):  # they name agent or rule already
        raise
    except Exception as error:
        raise AgentError(place, error) from error
    except BaseException as interruption:
        interruption.add_note(ASKED + place)
        raise


def whole(rule: object, method: str, value: Any, count: int, most: int) -> Ints:
    """What a rule's method returned, as ticks; or one error that names it.

    Raises
    ------
    DecisionError
        If it is not one whole number from 0 to `most` for each row.
    """
    field, permitted = f"{type(rule).__name__}.{method}", f"{count} whole numbers from 0 to {most}"
    array = np.asarray(unmasked(field, value, DecisionError))
    if array.shape != (count,) or array.dtype.kind not in "iu":
        raise DecisionError(field, value, permitted)
    if count and not 0 <= array.min() <= array.max() <= most:
        raise DecisionError(field, value, permitted)
    return array.astype(np.int64)


class Rule(Protocol):
    """A rule with a name and state columns."""

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Type of each column of state."""

    @property
    def start(self) -> Callable[..., Mapping[str, NDArray[Any]]]:
        """State of new rows."""


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

    def __init__(self, strategies: Sequence[R], shares: Floats, chooser: str):
        self.strategies, self.shares, self.chooser = list(strategies), shares, chooser
        self._names = [self._columns_of(k) for k in range(len(self.strategies))]
        self.columns: dict[str, Any] = {chooser: np.uint8} if len(self.strategies) > 1 else {}
        for rule, names in zip(self.strategies, self._names, strict=True):
            self.columns |= {names[column]: dtype for column, dtype in rule.columns.items()}

    def _columns_of(self, index: int) -> dict[str, str]:
        """Names of a rule's columns among those of the population."""
        rule = self.strategies[index]
        twins = [k for k, other in enumerate(self.strategies) if other.name == rule.name]
        prefix = rule.name.replace("-", "_") or type(rule).__name__.lower()
        prefix += str(twins.index(index) + 1) if len(twins) > 1 else ""
        return {column: f"{prefix}_{column}" for column in rule.columns}

    @property
    def names(self) -> list[str]:
        """Name of each rule."""
        return [rule.name for rule in self.strategies]

    def __repr__(self) -> str:
        mix = zip(self.strategies, self.shares.tolist(), strict=True)
        return " + ".join(repr(s) if share == 1 else f"{share:g} {s!r}" for s, share in mix)

    def start(self, assigned: Codes, *arguments: Any) -> dict[str, Any]:
        """State columns of new rows, of which `assigned` says what they follow."""
        started: dict[str, Any] = {self.chooser: assigned} if len(self.strategies) > 1 else {}
        for rule, names in zip(self.strategies, self._names, strict=True):
            state = rule.start(*arguments)
            started |= {names[column]: state[column] for column in rule.columns}
        return started

    def followers(
        self, table: Population, rows: Ints
    ) -> list[tuple[R, Mapping[str, NDArray[Any]], Ints]]:
        """Each rule that some of `rows` follow, its state columns, and their places in `rows`."""
        everyone: Ints = np.arange(len(rows), dtype=np.int64)
        followed: list[tuple[R, Mapping[str, NDArray[Any]], Ints]] = []
        for index, (rule, names) in enumerate(zip(self.strategies, self._names, strict=True)):
            state = {column: table[name] for column, name in names.items()}
            mine = everyone
            if len(self.strategies) > 1:
                mine = np.flatnonzero(table[self.chooser][rows] == index)
            if len(mine):
                followed.append((rule, state, mine))
        return followed


class Bidders(Mixture[Strategy]):
    """The strategies of a market's buyers, by share.

    Attributes
    ----------
    proportional : Proportional or None
        The only strategy, if it is a constant multiple of value, which the kernels apply.
    shade : float64 (p, categories)
        That multiple at the listings of each pricing model; 1 without.
    """

    def __init__(self, spec: Mix[Strategy], mechanisms: Mechanisms, categories: int):
        super().__init__(*STRATEGIES.mix(spec), "strategy")
        alone = self.strategies[0] if len(self.strategies) == 1 else None
        self.proportional = alone if isinstance(alone, Proportional) else None
        rule = self.proportional or Truthful()
        factors = [rule.factors(pricing, categories) for pricing in mechanisms.models]
        self.shade = np.array(factors).reshape(-1, categories)

    @property
    def learns(self) -> bool:
        """Whether some strategy wants to know how its bids fared."""
        return any(type(rule).learn is not Strategy.learn for rule in self.strategies)


class Pricers(Mixture[SellerStrategy]):
    """The pricing rules of a market's sellers, by share.

    Attributes
    ----------
    follows_sales : bool
        Whether all sellers follow their sales by equal steps of a 32nd, which a seller can do by
        itself in Python.
    """

    def __init__(self, spec: Mix[SellerStrategy]):
        super().__init__(*SELLER_STRATEGIES.mix(spec), "posting")
        self.follows_sales = all(
            type(rule) is FollowSales and rule.usual for rule in self.strategies
        )

    def opening(
        self, assigned: Codes, reserve: Bools, price: Ints, cost: Ints, group: Ints
    ) -> Ints:
        """Opening prices of new sellers, of which `assigned` says what they follow, ticks.

        Parameters
        ----------
        assigned : uint8 (n,)
        reserve : bool (n,)
            Whose price is the reserve of an auction, which only some rules name.
        price, cost, group : int64 (n,)
            See `SellerStrategy.opening`.
        """
        named = price.copy()
        for index, rule in enumerate(self.strategies):
            mine = np.flatnonzero((assigned == index) & (rule.reserves | ~reserve))
            opened = rule.opening(price[mine], cost[mine], group[mine])
            named[mine] = whole(rule, "opening", opened, len(mine), MOST_TICKS)
        return named
