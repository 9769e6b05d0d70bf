"""What changes a market from outside, at a time: fees, reserves, shocks, bans and subsidies.

Each kind is a class: its constructor checks the parameters, `apply` changes the market. The first
line of its docstring says what it does wherever kinds are listed.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from econsim.errors import ParameterError, integer, one_of, real
from econsim.models.marketplace.setup import MOST_TICKS
from econsim.registry import Registry, Specified

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

LARGEST_FACTOR = 100.0


class Intervention(Specified):
    """A change of a market from outside.

    Attributes
    ----------
    kind : str
        Name in `INTERVENTIONS`.
    meaning : str
        What it does, in a line.
    parameters : dict
        Defaults of its parameters by name.
    """

    kind: ClassVar[str] = ""
    meaning: ClassVar[str] = ""
    parameters: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        given = list(inspect.signature(cls.__init__).parameters.values())[1:]
        cls.meaning = inspect.getdoc(cls).splitlines()[0]  # type: ignore[union-attr]
        cls.parameters = {entry.name: entry.default for entry in given}

    def check(self, model: Marketplace) -> None:
        """Refuse what this market has not got, before it is scheduled."""

    def apply(self, model: Marketplace) -> None:
        """Change the market."""
        raise NotImplementedError(f"{type(self).__name__} does not override apply")

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.parameters)
        return f"{self.kind}({held})"


class Fee(Intervention):
    """The market keeps a share of every payment.

    Sellers ask so much more that their reserve, or their cost, is left.

    Parameters
    ----------
    share : float in [0, 0.9]
    """

    kind = "fee"

    def __init__(self, share: float = 0.05):
        self.share = real("share", share, 0, 0.9)

    def apply(self, model: Marketplace) -> None:
        """From the next clearing on."""
        model.fee = self.share


class Subsidy(Intervention):
    """Buyers get a share of every payment back, from outside the market.

    Parameters
    ----------
    share : float in [0, 1]
    """

    kind = "subsidy"

    def __init__(self, share: float = 0.1):
        self.share = real("share", share, 0, 1)

    def apply(self, model: Marketplace) -> None:
        """From the next clearing on."""
        model.subsidy = self.share


class _OfCategory(Intervention):
    """What concerns one category, or all."""

    category: str | None

    def check(self, model: Marketplace) -> None:
        """Refuse a category that the market has not got."""
        if self.category is not None:
            one_of("category", self.category, [kind.name for kind in model.categories])

    def _rows(self, model: Marketplace, held: NDArray) -> NDArray[np.bool_]:
        """Which of `held` categories are meant."""
        names = [kind.name for kind in model.categories]
        return np.ones(len(held), bool) if self.category is None else (
            held == names.index(self.category)
        )  # fmt: skip


class Reserve(_OfCategory):
    """No auction of a category sells below a price.

    Parameters
    ----------
    price : int, ticks
    category : str, optional
        By default every one.
    """

    kind = "reserve"

    def __init__(self, price: int = 0, category: str | None = None):
        self.price, self.category = integer("price", price, 0, MOST_TICKS), category

    def apply(self, model: Marketplace) -> None:
        """Raise the reserves of the sellers that ask less; 0 gives them back their own."""
        model.reserve[self._rows(model, np.arange(len(model.reserve)))] = self.price


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

    kind = "demand"

    def __init__(
        self, rate: float | None = None, factor: float = 1.0, category: str | None = None
    ):  # fmt: skip
        self.rate = None if rate is None else real("rate", rate, 0, 1)
        self.factor, self.category = real("factor", factor, 0, LARGEST_FACTOR), category

    def apply(self, model: Marketplace) -> None:
        """Change rate and values."""
        if self.rate is not None:
            model.demand_rate = self.rate
        _scale(model.buyers, "value", self.factor, self._rows(model, model.buyers["category"]))


class Supply(_OfCategory):
    """Supply shifts: units that sellers can serve, and what a task costs them.

    Parameters
    ----------
    capacity, cost : float in [0, 100]
        Both are multiplied by these factors, and floored.
    category : str, optional
        Whose; by default everybody's.
    """

    kind = "supply"

    def __init__(self, capacity: float = 1.0, cost: float = 1.0, category: str | None = None):
        self.capacity = real("capacity", capacity, 0, LARGEST_FACTOR)
        self.cost, self.category = real("cost", cost, 0, LARGEST_FACTOR), category

    def apply(self, model: Marketplace) -> None:
        """Change capacities and costs; reserves at cost move with it."""
        rows = self._rows(model, model.sellers["category"])
        at_cost = rows & (model.sellers["price"] == model.sellers["cost"])
        _scale(model.sellers, "capacity", self.capacity, rows)
        _scale(model.sellers, "cost", self.cost, rows)
        model.sellers["price"][at_cost] = model.sellers["cost"][at_cost]


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

    kind = "ban"

    def __init__(self, sellers: Sequence[int] = (), below: float = 0.0, rounds: int | None = None):
        if isinstance(sellers, str) or not isinstance(sellers, Sequence | np.ndarray):
            raise ParameterError("sellers", sellers, "a sequence of ids")
        self.sellers = [integer(f"sellers[{k}]", each, 0, 2**32) for k, each in enumerate(sellers)]
        self.below = real("below", below, 0, 1)
        self.rounds = None if rounds is None else integer("rounds", rounds, 1, 2**31)

    def check(self, model: Marketplace) -> None:
        """Refuse ids that no seller has."""
        model.sellers.rows(np.array(self.sellers, dtype=np.int64))

    def apply(self, model: Marketplace) -> None:
        """Bar them until the round in which the ban ends."""
        sellers = model.sellers
        if "barred" not in sellers:
            sellers.add_column("barred", np.int64)
        meant = np.isin(sellers["id"], self.sellers) | (sellers["trust"] < self.below)
        end = 2**62 if self.rounds is None else model.round + self.rounds
        sellers["barred"][meant] = np.maximum(sellers["barred"][meant], end)


def _scale(table: Any, name: str, factor: float, rows: NDArray[np.bool_]) -> None:
    """Multiply a column, floored, within what it may hold."""
    if factor != 1:
        scaled = np.minimum(table[name][rows] * factor, float(MOST_TICKS))
        table[name][rows] = scaled.astype(np.int64)


INTERVENTIONS = Registry(
    "intervention",
    Intervention,
    {change.kind: change for change in (Fee, Reserve, Demand, Supply, Ban, Subsidy)},
)


def intervention(kind: Any, parameters: Mapping[str, Any]) -> Intervention:
    """An intervention from its kind and parameters, or from one specification of both."""
    return INTERVENTIONS.resolve({**parameters, "kind": kind} if parameters else kind)


class Scheduled:
    """An intervention and its time; the market holds it, as Mesa's scheduler only refers to it."""

    def __init__(self, model: Marketplace, time: float, change: Intervention):
        self.model, self.time, self.change = model, time, change

    def happen(self) -> None:
        """Apply it, and write it to the log."""
        self.change.apply(self.model)
        self.model.note(repr(self.change))

    def __repr__(self) -> str:
        return f"{self.time:g}: {self.change!r}"
