"""A Mesa model whose agents are rows of populations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import mesa
import numpy as np
from numpy.typing import DTypeLike, NDArray

from econsim.arrays import Bools, Ints
from econsim.errors import ModelFailed, ParameterError, integer
from econsim.population.spread import spread
from econsim.population.table import Population
from econsim.population.views import RowAgent, RowSet
from econsim.streams import Streams

MOST_CLASSES = 255
type Rng = int | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence | None


def seed_of(rng: Rng) -> int:
    """A 64-bit seed from what Mesa and NumPy users pass as `rng`.

    An integer is the seed itself; None asks the operating system; a generator, bit generator or
    seed sequence is drawn from.

    Raises
    ------
    ParameterError
        If `rng` is none of these, or an integer outside [0, 2**64).
    """
    if rng is None or isinstance(
        rng, np.random.Generator | np.random.BitGenerator | np.random.SeedSequence
    ):
        return int(np.random.default_rng(rng).integers(2**63))
    return integer("rng", rng, 0, 2**64 - 1)


class PopulationModel(mesa.Model):
    """A Mesa `Model` whose agents live in the rows of named populations.

    Parameters
    ----------
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Notes
    -----
    A subclass calls `add_population` for each kind of agent, and may override `scripted` (whether
    the agents of a class decide in Python) and `fill` (values of the columns of new rows).
    """

    def __init__(self, *, rng: Rng = None):
        self.streams = Streams(seed_of(rng))
        self._tables: dict[str, Population] = {}
        self._classes: dict[str, list[type[RowAgent]]] = {}
        self._views: WeakValueDictionary[int, RowAgent] = WeakValueDictionary()
        self._kept: dict[int, RowAgent] = {}
        self._scripts: dict[int, RowAgent] = {}
        self._everyone: tuple[Any, RowSet | None] = (None, None)
        self._failure: ModelFailed | None = None
        super().__init__(rng=self.streams.seed)

    def check_sound(self) -> None:
        """Refuse to go on after a failure.

        Raises
        ------
        ModelFailed
            If an exception interrupted a step or an event: what it left is neither the state
            before nor the one after, and Mesa would advance the time and play no step any more.
        """
        if self._failure is not None:
            raise self._failure

    def _advance_time(self, until: float) -> None:
        """`step`, `run_for` and `run_until` all come through here, and so do their events."""
        self.check_sound()
        if until <= self.time:
            super()._advance_time(until)
            return
        try:
            super()._advance_time(until)
        except BaseException as error:
            self._failure = ModelFailed(self.rounds_played, error)
            self._failure.__cause__ = error
            raise

    @property
    def rounds_played(self) -> int:
        """Steps that were finished."""
        return max(self.steps - 1, 0)

    def add_population(
        self,
        base: type[RowAgent],
        columns: Mapping[str, DTypeLike],
        first_id: int,
        money: Sequence[str] = (),
    ) -> Population:
        """Make the population of `base.kind`; ``role`` is the class of each row."""
        table = Population({"role": np.uint8, **columns}, first_id=first_id, money=money)
        self._tables[base.kind], self._classes[base.kind] = table, [base]
        return table

    def scripted(self, cls: type[RowAgent]) -> bool:
        """Whether agents of `cls` decide in Python, so that their views are kept."""
        return False

    def fill(self, kind: str, n: int, columns: dict[str, Any]) -> dict[str, Any]:
        """Values of the columns of `n` new rows, given those that the caller named."""
        return columns

    def added(self, kind: str, ids: Ints) -> None:
        """Called after rows were added or removed (then with no ids)."""

    def add_agents(self, cls: type[RowAgent], n: int, **columns: Any) -> RowSet:
        """Add `n` agents of a class in bulk; a class with an ``__init__`` of its own runs it."""
        count = integer("n", n, 0, 2**31)
        if cls.__init__ is RowAgent.__init__:
            ids = self._add_rows(cls, count, columns)
            if self.scripted(cls):
                for unique_id in ids.tolist():
                    cls.view(self, unique_id)
            return RowSet(model=self, ids=ids)
        columns_of = {name: spread(value, count) for name, value in columns.items()}
        made = [
            cls(self, **{name: values[i] for name, values in columns_of.items()})
            for i in range(count)
        ]
        return RowSet(made, model=self)

    def _add_rows(self, cls: type[RowAgent], n: int, columns: dict[str, Any]) -> Ints:
        role = self._role(cls)
        table = self._tables[cls.kind]
        for name in ("role", "id"):
            if name in columns:
                raise ParameterError(name, columns[name], "left to the model")
        filled = self.fill(cls.kind, n, columns)
        ids = table.add(n, **{**filled, "role": np.uint8(role)})
        self.added(cls.kind, ids)
        return ids

    def _role(self, cls: type[RowAgent]) -> int:
        classes = self._classes.get(getattr(cls, "kind", ""), [])
        if not classes or not issubclass(cls, classes[0]):
            bases = " or ".join(classes[0].__name__ for classes in self._classes.values())
            raise ParameterError("cls", cls, f"a subclass of {bases}")
        if cls not in classes:
            integer(f"classes of {cls.kind}", len(classes) + 1, 1, MOST_CLASSES)
            classes.append(cls)
        return classes.index(cls)

    def _keep_view(self, agent: RowAgent) -> None:
        self._views[agent.unique_id] = agent
        if self.scripted(type(agent)):
            self._scripts[agent.unique_id] = agent

    def _hold(self, agent: RowAgent) -> None:
        """Keep the view of an agent that has attributes of its own."""
        self._kept[agent.unique_id] = agent

    def _own_attribute(self, ids: Ints, name: str, dtype: np.dtype) -> bool:
        """Whether an attribute belongs to agents or their classes rather than to columns."""
        if any(name in table for table in self._tables.values()):
            return False
        if dtype.kind not in "biufUS":
            return True
        classes = [cls for kind in self._classes.values() for cls in kind]
        wanted = set(ids.tolist()) if self._kept else set()
        agents = (agent for unique_id, agent in self._kept.items() if unique_id in wanted)
        return any(hasattr(cls, name) for cls in classes) or any(name in a.__dict__ for a in agents)

    def register_agent(self, agent: mesa.Agent) -> None:
        """Refuse agents that are no rows: they would never act."""
        bases = " or ".join(classes[0].__name__ for classes in self._classes.values())
        raise ParameterError("agent", type(agent).__name__, f"a {bases}")

    def _remove_rows(self, kind: str, ids: Any) -> None:
        gone = np.unique(np.atleast_1d(ids))
        gone = gone[self._alive(gone)]
        if len(gone):
            self._tables[kind].remove(gone)
            for unique_id in gone.tolist():
                self._kept.pop(unique_id, None)
                self._scripts.pop(unique_id, None)
            self.added(kind, gone[:0])

    def remove_agents(self, agents: RowSet) -> None:
        """Remove the members of a set in bulk."""
        if agents._model not in (self, None):
            raise ParameterError("agents", agents, "agents of this model")
        ids = agents.ids
        for kind, table in self._tables.items():
            self._remove_rows(kind, ids[self._within(table, ids)])

    def remove_all_agents(self) -> None:
        """Remove every agent, as Mesa's models do."""
        self.remove_agents(self.agents)

    def agent(self, unique_id: int) -> Any:
        """The view of the row with this id; the same object as long as somebody holds it.

        Raises
        ------
        ParameterError
            If no living agent has this id.
        """
        view = self._views.get(unique_id)
        if view is not None and self._alive(unique_id):
            return view
        for kind, table in self._tables.items():
            if self._within(table, np.asarray(unique_id)):
                row = int(table.rows(unique_id))
                return self._classes[kind][table["role"][row]].view(self, int(unique_id))
        raise ParameterError("unique_id", unique_id, "the id of a living agent")

    @staticmethod
    def _within(table: Population, ids: NDArray) -> Bools:
        """Whether ids belong to the range that a population hands out."""
        return (ids >= table._first) & (ids < table._next)

    def _alive(self, ids: Any) -> Any:
        """Whether each id is that of a living agent."""
        wanted = np.asarray(ids)
        alive = np.zeros(wanted.shape, dtype=bool)
        for table in self._tables.values():
            alive |= table.alive(wanted)
        return alive

    def _locate(self, ids: Ints) -> list[tuple[Population, Any, Ints]]:
        """Population, places in `ids` and rows, of each population that has some of them."""
        inside = [(table, self._within(table, ids)) for table in self._tables.values()]
        return [(table, at, table.rows(ids[at])) for table, at in inside if at.any()]

    def _is_type(self, ids: Ints, cls: type) -> Bools:
        mask = np.zeros(len(ids), dtype=bool)
        for table, at, rows in self._locate(ids):
            classes = next(self._classes[kind] for kind, t in self._tables.items() if t is table)
            fits = np.array([issubclass(own, cls) for own in classes])
            mask[at] = fits[table["role"][rows]]
        return mask

    @property
    def versions(self) -> tuple[int, ...]:
        """Changes whenever rows come or go."""
        return tuple(table.version for table in self._tables.values())

    @property  # type: ignore[override]  # Mesa's set is of a private class
    def agents(self) -> RowSet:
        """All living agents as an `AgentSet`, populations in order, rows in order of id."""
        versions, everyone = self._everyone
        if everyone is None or versions != self.versions:
            ids = [table["id"] for table in self._tables.values()]
            everyone = RowSet(model=self, ids=np.concatenate(ids))
            self._everyone = self.versions, everyone
        return everyone.copy()

    @agents.setter
    def agents(self, agents: object) -> None:
        raise AttributeError("model.agents is the model's own; choose another name")

    @property
    def agents_by_type(self) -> dict[type, RowSet]:  # type: ignore[override]  # likewise
        """Sets of agents of exactly each class."""
        sets = {}
        for kind, table in self._tables.items():
            for role, cls in enumerate(self._classes[kind]):
                ids = table.where(table["role"] == role)
                if len(ids):
                    sets[cls] = RowSet(model=self, ids=ids)
        return sets

    @property
    def agent_types(self) -> list[type]:
        """Classes with living agents."""
        return list(self.agents_by_type)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_views": dict(self._views), "_everyone": (None, None)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._views = WeakValueDictionary(state["_views"])
