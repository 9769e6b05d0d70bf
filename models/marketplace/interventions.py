"""What changes a market from outside, at a time: fees, reserves, shocks, bans and subsidies.

Each is a class: its constructor checks the parameters, `apply` changes the market. The first line
of its docstring says what it does wherever interventions are listed.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools
from econsim.errors import ParameterError, integer, one_of, real
from econsim.models.marketplace.limits import MOST_TICKS
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.population import Population
from econsim.pricing import MOST_KEPT
from econsim.registry import Registry, Specification, Specified

LARGEST_FACTOR = 100.0


class Intervention(Specified):
    """A change of a market from outside.

    Attributes
    ----------
    name : str
        Name in `INTERVENTIONS`.
    meaning : str
        What it does, in a line.
    parameters : dict
        Defaults of its parameters by name.
    """

    name: ClassVar[str] = ""
    meaning: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.meaning = inspect.getdoc(cls).splitlines()[0]  # type: ignore[union-attr]
        taken = Registry.parameters(cls)
        cls.parameters = {name: parameter.default for name, parameter in taken.items()}

    @property
    def arguments(self) -> dict[str, Any]:
        """Value of each parameter: the attribute of that name, or what was passed."""
        values = {**self.parameters, **getattr(self, "_specified", {}), **vars(self)}
        return {name: values[name] for name in self.parameters}

    def check(self, rules: Rules, state: State) -> None:
        """Refuse what this market has not got, before it is scheduled."""

    def apply(self, rules: Rules, state: State) -> None:
        """Change the state of a market: its tables, or by `State.set` the policy in force."""
        raise NotImplementedError(f"{type(self).__name__} does not override apply")

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.name or type(self).__name__}({arguments})"


class Fee(Intervention):
    """The market keeps a share of every payment.

    Sellers ask so much more that their reserve, or their cost, is left.

    Parameters
    ----------
    share : float in [0, 0.9]
        With the largest commission of the market's pricing models it may be 0.9 at most.
    """

    name = "fee"

    def __init__(self, share: float = 0.05):
        self.share = real("share", share, 0, MOST_KEPT)

    def check(self, rules: Rules, state: State) -> None:
        """Refuse a share that leaves sellers less than a tenth beside a commission."""
        most = MOST_KEPT - float(rules.mechanisms.commission.max())
        real("share", self.share, 0, round(most, 9))  # 0.9 - 0.8 is a little less than 0.1

    def apply(self, rules: Rules, state: State) -> None:
        """From the next clearing on."""
        state.set(fee=self.share)


class Subsidy(Intervention):
    """Buyers get a share of every payment back, from outside the market.

    Parameters
    ----------
    share : float in [0, 1]
    """

    name = "subsidy"

    def __init__(self, share: float = 0.1):
        self.share = real("share", share, 0, 1)

    def apply(self, rules: Rules, state: State) -> None:
        """From the next clearing on."""
        state.set(subsidy=self.share)


class _OfCategory(Intervention):
    """What concerns one category, or all."""

    category: str | None

    def check(self, rules: Rules, state: State) -> None:
        """Refuse a category that the market has not got."""
        if self.category is not None:
            one_of("category", self.category, rules.category_names)

    def _rows(self, rules: Rules, kinds: NDArray[Any]) -> Bools:
        """Which of the categories are meant."""
        if self.category is None:
            return np.ones(len(kinds), dtype=bool)
        return kinds == rules.category_names.index(self.category)


class Reserve(_OfCategory):
    """No auction of a category sells below a price.

    Parameters
    ----------
    price : int, ticks
    category : str, optional
        By default every one.
    """

    name = "reserve"

    def __init__(self, price: int = 0, category: str | None = None):
        self.price, self.category = integer("price", price, 0, MOST_TICKS), category

    def apply(self, rules: Rules, state: State) -> None:
        """Raise the reserves of the sellers that ask less; 0 gives them back their own."""
        reserve = state.policy.reserve
        meant = self._rows(rules, np.arange(len(reserve)))
        state.set(reserve=np.where(meant, self.price, reserve))


class Demand(_OfCategory):
    """Demand shifts: how often buyers have a task, and what it is worth to them.

    Parameters
    ----------
    rate : float in [0, 1], optional
        New chance of a task in a round; by default it stays.
    factor : float in [0, 100]
        Base values are multiplied by it.
    category : str, optional
        Whose values; by default everybody's.
    """

    name = "demand"

    def __init__(
        self, rate: float | None = None, factor: float = 1.0, category: str | None = None
    ):  # fmt: skip
        self.rate = None if rate is None else real("rate", rate, 0, 1)
        self.factor, self.category = real("factor", factor, 0, LARGEST_FACTOR), category

    def apply(self, rules: Rules, state: State) -> None:
        """Change rate and values."""
        if self.rate is not None:
            state.set(demand_rate=self.rate)
        buyers = state.buyers
        _scale(buyers, "value", self.factor, self._rows(rules, buyers["category"]))


class Supply(_OfCategory):
    """Supply shifts: units that sellers can serve, and what a task costs them.

    Parameters
    ----------
    capacity, cost : float in [0, 100]
        Both are multiplied by these factors, and floored.
    category : str, optional
        Whose; by default everybody's.
    """

    name = "supply"

    def __init__(self, capacity: float = 1.0, cost: float = 1.0, category: str | None = None):
        self.capacity = real("capacity", capacity, 0, LARGEST_FACTOR)
        self.cost, self.category = real("cost", cost, 0, LARGEST_FACTOR), category

    def apply(self, rules: Rules, state: State) -> None:
        """Change capacities and costs; reserves at cost move with it."""
        sellers = state.sellers
        rows = self._rows(rules, sellers["category"])
        at_cost = rows & (sellers["price"] == sellers["cost"])
        _scale(sellers, "capacity", self.capacity, rows)
        _scale(sellers, "cost", self.cost, rows)
        sellers["price"][at_cost] = sellers["cost"][at_cost]


class Ban(Intervention):
    """Sellers may not sell, and contracts with them are suspended.

    Parameters
    ----------
    sellers : sequence of int
        Ids.
    below : float in [0, 1]
        Also sellers whose trust is below it at that time.
    rounds : int, optional
        For how long; by default for good.
    """

    name = "ban"

    def __init__(self, sellers: Sequence[int] = (), below: float = 0.0, rounds: int | None = None):
        if isinstance(sellers, str) or not isinstance(sellers, Sequence | np.ndarray):
            raise ParameterError("sellers", sellers, "a sequence of ids")
        self.sellers = [integer(f"sellers[{k}]", each, 0, 2**32) for k, each in enumerate(sellers)]
        self.below = real("below", below, 0, 1)
        self.rounds = None if rounds is None else integer("rounds", rounds, 1, 2**31)

    def check(self, rules: Rules, state: State) -> None:
        """Refuse ids that no seller has."""
        state.sellers.rows(np.array(self.sellers, dtype=np.int64))

    def apply(self, rules: Rules, state: State) -> None:
        """Bar them until the round in which the ban ends."""
        sellers = state.sellers
        if "barred" not in sellers:
            sellers.add_column("barred", np.int64)
        meant = np.isin(sellers["id"], self.sellers) | (sellers["trust"] < self.below)
        end = 2**62 if self.rounds is None else state.round + self.rounds
        sellers["barred"][meant] = np.maximum(sellers["barred"][meant], end)


def _scale(table: Population, name: str, factor: float, rows: Bools) -> None:
    """Multiply a column, floored, within what it may hold."""
    if factor != 1:
        scaled = np.minimum(table[name][rows] * factor, float(MOST_TICKS))
        table[name][rows] = scaled.astype(np.int64)


INTERVENTIONS = Registry(
    "intervention",
    Intervention,
    {change.name: change for change in (Fee, Reserve, Demand, Supply, Ban, Subsidy)},
)


def intervention(
    kind: Specification[Intervention], parameters: Mapping[str, object]
) -> Intervention:
    """An intervention from its kind and parameters, or from one specification of both."""
    return INTERVENTIONS.resolve({**parameters, "kind": kind} if parameters else kind)
