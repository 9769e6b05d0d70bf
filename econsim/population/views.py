"""Mesa agents and agent sets as views of population rows.

A `RowAgent` is one row: reading ``buyer.wallet`` reads the column. A `RowSet` is Mesa's `AgentSet`
over rows: `get`, `set`, `agg`, `select` with a mask and `groupby` of a column are vectorised, and
views are made only when somebody asks for agents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from random import Random
from typing import Any, ClassVar, Self

import mesa
import numpy as np
import pandas as pd
from mesa.agentset import AgentSet, GroupBy
from numpy.typing import ArrayLike

from econsim.arrays import Bools, Ints
from econsim.errors import ParameterError, unmasked
from econsim.population.spread import spread
from econsim.population.table import Population


class RowAgent(mesa.Agent):
    """A Mesa agent that is a view of one row.

    ``cls(model, **columns)`` adds a row to the model and returns its view. Attributes that are
    columns live in the population. Others live on the view, which the model then keeps, as it
    keeps those of scripted agents; it lets go of the rest as soon as nobody holds them.
    """

    kind: ClassVar[str] = "agents"
    model: Any  # of the subclass that declares its populations
    unique_id: int  # type: ignore[assignment]  # Mesa's is None until its model numbers it

    def __init__(self, model: Any, **columns: Any):
        ids = model._add_rows(type(self), 1, columns)
        self._bind(model, int(ids[0]))

    @classmethod
    def view(cls, model: Any, unique_id: int) -> Self:
        """The view of an existing row, without running `__init__`."""
        agent = object.__new__(cls)
        agent._bind(model, unique_id)
        return agent

    def _bind(self, model: Any, unique_id: int) -> None:
        fields = {"model": model, "unique_id": unique_id, "pos": None}
        fields["_table"] = getattr(model, self.kind)
        self.__dict__.update(fields)
        model._keep_view(self)

    @property
    def row(self) -> int:
        """Row in the population now; it moves when rows before it are removed."""
        table = self._table
        row = self.unique_id - table._first
        if row < len(table) and table._data["id"][row] == self.unique_id:
            return row
        return int(table.rows(self.unique_id))

    def __getattr__(self, name: str) -> Any:
        table = self.__dict__.get("_table")
        if table is None or name not in table:
            raise AttributeError(f"{type(self).__name__} has no attribute or column {name!r}")
        try:
            return table[name][self.row].item()
        except ParameterError:
            raise AttributeError(f"{self!r} was removed: it has no {name} any more") from None

    def __setattr__(self, name: str, value: Any) -> None:
        table = self.__dict__.get("_table")
        if table is None or name not in table:
            object.__setattr__(self, name, value)
            self.model._hold(self)
        else:
            table[name][self.row] = table.fitting(name, value, 1)

    @classmethod
    def create_agents(cls, model: Any, n: int, *args: Any, **kwargs: Any) -> RowSet:
        """Mesa's `create_agents`, in bulk: each keyword is one value or a sequence of n."""
        if args:
            places = [spread(value, n) for value in args]
            names = {name: spread(value, n) for name, value in kwargs.items()}
            made = [
                cls(model, *(values[i] for values in places), **{k: v[i] for k, v in names.items()})
                for i in range(n)
            ]
            return RowSet(made, model=model)
        return model.add_agents(cls, n, **kwargs)

    @classmethod
    def from_dataframe(cls, model: Any, df: pd.DataFrame, **kwargs: Any) -> RowSet:
        """Mesa's `from_dataframe`, in bulk: each column of the frame is one of the agents."""
        return model.add_agents(cls, len(df), **{str(name): df[name] for name in df}, **kwargs)

    def remove(self) -> None:
        """Remove the row from the model; a second call does nothing, as in Mesa."""
        self.model._remove_rows(self.kind, self.unique_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.unique_id}>"


def _listed(values: Any) -> list:
    """Plain Python values, whatever their type."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def _widen(table: Population, name: str, dtype: np.dtype) -> None:
    """Add a column of a type, or make room in one of text."""
    if name not in table:
        table.add_column(name, dtype)
    elif (
        table[name].dtype.kind == dtype.kind in "US" and dtype.itemsize > table[name].dtype.itemsize
    ):
        values = table[name].copy()
        table.drop_column(name)
        table.add_column(name, dtype, values)


class RowSet(AgentSet):
    """An ordered set of rows with the verbs of Mesa's `AgentSet`.

    Parameters
    ----------
    agents : iterable of RowAgent
    random : random.Random, optional
        Source of `shuffle` and `shuffle_do`; by default the model's.
    model, ids
        Instead of agents: the model and their ids, in order, int64.
    """

    def __init__(
        self,
        agents: Iterable[RowAgent] = (),
        random: Random | None = None,
        *,
        model: Any = None,
        ids: Ints | None = None,
    ):
        if ids is None:
            members = list(dict.fromkeys(agents))
            ids = np.array([agent.unique_id for agent in members], dtype=np.int64)
            model = members[0].model if members else model
        self._model, self._ids, self._checked = model, ids, None
        self.random = random or (Random() if model is None else model.random)

    def _new(self, ids: Ints) -> RowSet:
        return RowSet(random=self.random, model=self._model, ids=ids)

    def _put(self, ids: Ints, inplace: bool) -> RowSet:
        if not inplace:
            return self._new(ids)
        self._ids = ids
        return self

    def _live(self) -> Ints:
        """Ids of the members still alive (Mesa's sets forget removed agents)."""
        if self._model is not None and self._checked != self._model.versions:
            self._ids = self._ids[self._model._alive(self._ids)]
            self._checked = self._model.versions
        return self._ids

    def _parts(self) -> list[tuple[Population, Bools, Ints]]:
        """Population, places in this set and rows, of each population with members here."""
        ids = self._live()
        return [] if self._model is None else self._model._locate(ids)

    @property
    def ids(self) -> Ints:
        """Unique ids in order, int64."""
        return self._live().copy()

    def __len__(self) -> int:
        return len(self._live())

    def __iter__(self) -> Iterator[Any]:
        return (self._model.agent(unique_id) for unique_id in self._live().tolist())

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, RowAgent) or agent.model is not self._model:
            return False
        return bool((self._live() == agent.unique_id).any())

    def __getitem__(self, item: Any) -> Any:
        picked = self._live()[item]
        if np.ndim(picked) == 0:
            return self._model.agent(int(picked))
        return [self._model.agent(unique_id) for unique_id in picked.tolist()]

    def to_frame(self, *, ticks: bool = False) -> pd.DataFrame:
        """A copy of the members' columns as a pandas frame, indexed by id, in order of the set.

        Parameters
        ----------
        ticks : bool
            Money as the populations hold it, int64 ticks; otherwise in credits, float64, as in
            `Population.to_frame`. Where members of several populations lack a column, NaN.
        """
        parts = [table.to_frame(ticks=ticks).iloc[rows] for table, _, rows in self._parts()]
        empty = pd.DataFrame(index=pd.Index([], name="id", dtype=np.int64))
        return pd.concat(parts).loc[self._ids] if parts else empty

    def to_list(self) -> list[Any]:
        """A list of the views."""
        return list(self)

    def get(self, attr_names: Any, handle_missing: str = "error", default_value: Any = None) -> Any:
        """Values of an attribute, an array when it is a column; a list of rows for several names.

        As in Mesa: `handle_missing` is ``error`` or ``default``.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"Unknown handle_missing option: {handle_missing}")
        missing = () if handle_missing == "error" else (default_value,)
        if isinstance(attr_names, str):
            return self._values(attr_names, missing)
        columns = [_listed(self._values(name, missing)) for name in attr_names]
        return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in range(len(self))]

    def _values(self, name: str, missing: tuple = ()) -> Any:
        if name == "unique_id":
            return self.ids
        parts = self._parts()
        if not parts or any(name not in table for table, _, _ in parts):
            return [getattr(agent, name, *missing) for agent in self]
        if len(parts) == 1:
            return parts[0][0][name][parts[0][2]]
        values = np.empty(len(self._ids), np.result_type(*(table[name] for table, _, _ in parts)))
        for table, places, rows in parts:
            values[places] = table[name][rows]
        return values

    def set(self, attr_name: str, value: object) -> RowSet:
        """Set a column to one value or to an array in the order of the set.

        A name that is no column yet becomes one, of the value's type.
        """
        if hasattr(RowAgent, attr_name) or attr_name in ("id", "role", "unique_id", "model"):
            raise ParameterError("attr_name", attr_name, "a column or a new name")
        unmasked(attr_name, value)
        try:
            array = np.asarray(value)
        except ValueError:  # ragged
            raise ParameterError(attr_name, value, f"a scalar or an array of {len(self)}") from None
        if array.shape not in ((), (len(self),)):
            raise ParameterError(attr_name, value, f"a scalar or an array of {len(self)}")
        if len(self) and self._model._own_attribute(self._ids, attr_name, array.dtype):
            for agent, own in zip(self, np.broadcast_to(array, len(self)).tolist(), strict=True):
                setattr(agent, attr_name, own)
            return self
        for table, places, rows in self._parts():
            part = array[places] if array.ndim else array
            _widen(table, attr_name, part.dtype)
            table[attr_name][rows] = table.fitting(attr_name, part, len(rows))
        return self

    def select(
        self,
        filter_func: Callable[[Any], bool] | ArrayLike | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> RowSet:
        """Mesa's `select`; `filter_func` may also be a boolean mask over the set."""
        ids = self._live()
        keep = np.ones(len(ids), dtype=bool)
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(ids) * at_most)
        most = int(max(min(at_most, len(ids)), 0))
        if agent_type is not None and len(ids):
            keep &= self._model._is_type(ids, agent_type)
        if filter_func is not None and not callable(filter_func):
            keep &= self._mask(filter_func)
        chosen = ids[keep]
        if callable(filter_func):
            accepted = (i for i in chosen.tolist() if filter_func(self._model.agent(i)))
            chosen = np.fromiter(islice(accepted, most), dtype=np.int64)
        return self._put(chosen[:most], inplace)

    def _mask(self, mask: ArrayLike) -> Bools:
        array = np.asarray(unmasked("mask", mask))
        if array.dtype != np.bool_ or array.shape != (len(self),):
            raise ParameterError("mask", mask, f"a boolean array of {len(self)}")
        return array

    def groupby(self, by: Callable | str, result_type: str = "agentset") -> GroupBy:
        """Groups by a column, an attribute or a function of the agent."""
        keys = self._keys(by)
        groups: dict[Any, list[int]] = {}
        for place, label in enumerate(keys):
            groups.setdefault(label, []).append(place)
        sets = {label: self._new(self._ids[places]) for label, places in groups.items()}
        if result_type == "list":
            return GroupBy({label: members.to_list() for label, members in sets.items()})
        return GroupBy({**sets})

    def sort(
        self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> RowSet:
        """Sort by a column, an attribute or a function, descending unless told (as Mesa does)."""
        values = self._keys(key)
        order = sorted(range(len(values)), key=values.__getitem__, reverse=not ascending)
        return self._put(self._ids[np.array(order, dtype=np.int64)], inplace)

    def _keys(self, by: Callable | str) -> Sequence:
        """What to group or sort by: a function, a column or an attribute, maybe dotted."""
        if isinstance(by, str) and "." in by:
            return self.map(attrgetter(by))
        return self.map(by) if callable(by) else _listed(self._values(by))

    def shuffle(self, inplace: bool = False) -> RowSet:
        """In random order, drawn from the set's ``random``."""
        ids = self._live().tolist()
        self.random.shuffle(ids)
        return self._put(np.array(ids, dtype=np.int64), inplace)

    def map(self, method: Callable | str, *args: object, **kwargs: object) -> list[Any]:
        """Results of a method or function on each agent that is still alive at its turn."""
        call = (
            method if callable(method) else lambda agent, *a, **k: getattr(agent, method)(*a, **k)
        )
        model = self._model
        return [
            call(model.agent(unique_id), *args, **kwargs)
            for unique_id in self._live().tolist()
            if model._alive(unique_id)
        ]

    def do(self, method: Callable | str, *args: object, **kwargs: object) -> RowSet:
        """Call a method or function on each agent, in order."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: Callable | str, *args: object, **kwargs: object) -> RowSet:
        """Call a method or function on each agent, in random order."""
        self.shuffle().map(method, *args, **kwargs)
        return self

    def copy(self) -> RowSet:
        """Another set of the same agents."""
        return self._new(self._ids.copy())

    __copy__ = copy

    def add(self, agent: RowAgent) -> None:
        """Add an agent to this set (not to the model)."""
        if self._model is not None and agent.model is not self._model:
            raise ParameterError("agent", agent, "an agent of this set's model")
        if agent not in self:
            self._model = agent.model if self._model is None else self._model
            self._ids = np.append(self._ids, np.int64(agent.unique_id))

    def discard(self, agent: RowAgent) -> None:
        """Take an agent out of this set, if it is there."""
        if agent in self:
            self._ids = self._ids[self._ids != agent.unique_id]

    def remove(self, agent: RowAgent) -> None:
        """Take an agent out of this set; KeyError if it is not there."""
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def __getstate__(self) -> dict:
        return {"model": self._model, "ids": self._ids, "random": self.random}

    def __setstate__(self, state: dict) -> None:
        self._model, self._ids, self.random = state["model"], state["ids"], state["random"]
        self._checked = None
