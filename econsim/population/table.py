"""A struct of arrays: named, typed columns, one row an agent, ids stable."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike, NDArray

from econsim.arrays import Bools, Ints
from econsim.errors import ParameterError, integer, one_of, unmasked
from econsim.money import to_credits
from econsim.tables import html_table

FIRST_ROWS = 10


class Population:
    """Rows of agents in NumPy columns (the entity-component pattern).

    A row is an entity, a column a component, a vectorised function over columns a system. Rows
    stay in the order of their ids; removing closes the gap, ids never come back.

    Parameters
    ----------
    columns : mapping of str to dtype
        The columns beside ``id``, which every population has. A dtype such as ``("f8", (4,))``
        makes a column of four numbers a row.
    first_id : int
        Id of the first row.
    money : sequence of str
        The columns that hold ticks; `to_frame` gives them in credits.

    Notes
    -----
    ``population["wallet"]`` is a view of the live rows without a copy: writing to it writes the
    state. A view is good until the next `add`, `remove` or `add_column`.
    """

    def __init__(
        self, columns: Mapping[str, DTypeLike], *, first_id: int = 0, money: Sequence[str] = ()
    ):
        if "id" in columns:
            raise ParameterError("columns", list(columns), "without id, which is always there")
        self._next = self._first = integer("first_id", first_id, 0, 2**32 - 1)
        self._rows = self.version = 0
        self._money = tuple(one_of("money", name, columns) for name in money)
        self._data: dict[str, NDArray] = {
            name: np.empty(0, dtype=dtype) for name, dtype in {"id": np.int64, **columns}.items()
        }

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __repr__(self) -> str:
        return f"Population({len(self)} rows: {', '.join(self._data)})"

    def _repr_html_(self) -> str:
        """The first rows; money in credits."""
        header = [f"{name} (credits)" if name in self._money else name for name in self._data]
        first = {name: self[name][:FIRST_ROWS] for name in self._data}
        shown = {
            name: (to_credits(column) if name in self._money else column).tolist()
            for name, column in first.items()
        }
        shown["id"] = list(map(str, shown["id"]))
        title = f"Population of {len(self):,} rows"
        notes = [f"first {FIRST_ROWS} of them"] if len(self) > FIRST_ROWS else []
        return html_table(title, header, zip(*shown.values(), strict=True), notes, right=["id"])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, ``id`` first."""
        return tuple(self._data)

    @property
    def money(self) -> tuple[str, ...]:
        """Names of the columns that hold ticks."""
        return tuple(name for name in self._money if name in self._data)

    @property
    def nbytes(self) -> int:
        """Bytes of storage, spare capacity included."""
        return sum(column.nbytes for column in self._data.values())

    def __getitem__(self, name: str) -> NDArray:
        return self._column(name)[: self._rows]

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        self[name][:] = self.fitting(name, values, self._rows)

    def _column(self, name: str) -> NDArray:
        try:
            return self._data[name]
        except KeyError:
            permitted = "a column: " + ", ".join(self._data)
            raise ParameterError("column", name, permitted) from None

    def add_column(self, name: str, dtype: DTypeLike, value: ArrayLike = 0) -> None:
        """Add a column that holds `value` in every row."""
        if name in self._data or not name.isidentifier():
            raise ParameterError("column", name, "a new name that is an identifier")
        capacity = len(self._data["id"])
        self._data[name] = np.zeros(capacity, dtype=dtype)
        self._data[name][: self._rows] = value
        self.version += 1

    def drop_column(self, name: str) -> None:
        """Remove a column."""
        if name == "id":
            raise ParameterError("column", name, "another one: ids stay")
        self._column(name)
        del self._data[name]
        self.version += 1

    def upcoming(self, n: int) -> Ints:
        """Ids that the next `n` rows will have."""
        return np.arange(self._next, self._next + n, dtype=np.int64)

    def add(self, n: int, **values: ArrayLike) -> Ints:
        """Append `n` rows; columns not named start at 0.

        Parameters
        ----------
        n : int
        **values : scalar or array (n,)

        Returns
        -------
        int64 array (n,), the ids of the new rows.

        Raises
        ------
        ParameterError
            If a name is not a column, a value does not broadcast to n rows, or its kind does not
            fit the column.
        """
        count = integer("n", n, 0, 2**32 - self._next)
        prepared = {name: self.fitting(name, value, count) for name, value in values.items()}
        begin, end = self._rows, self._rows + count
        self._reserve(end)
        ids = self.upcoming(count)
        for name, column in self._data.items():
            column[begin:end] = ids if name == "id" else prepared.get(name, 0)
        self._rows, self._next = end, self._next + count
        self.version += 1
        return ids

    def fitting(self, name: str, value: ArrayLike, n: int) -> NDArray:
        """`value` as an array that broadcasts to `n` rows of a column and loses nothing there.

        Raises
        ------
        ParameterError
            If its kind, shape or range does not fit.
        """
        dtype, inner = self._column(name).dtype, self._column(name).shape[1:]
        if name == "id":
            raise ParameterError("id", value, "left alone: the population gives ids")
        unmasked(name, value)
        try:
            array = np.asarray(value)
        except ValueError:
            raise ParameterError(name, value, f"{dtype}, a scalar or an array of {n}") from None
        whole = array.dtype.kind in "iu" and dtype.kind in "iu"
        kind_fits = whole or np.can_cast(array.dtype, dtype, "same_kind") or not array.size
        if not kind_fits or array.shape not in ((), (n, *inner)):
            raise ParameterError(name, value, f"{dtype}, a scalar or an array of {n}")
        if whole and array.size:
            info = np.iinfo(dtype)
            if array.min() < info.min or array.max() > info.max:
                raise ParameterError(name, value, f"integers from {info.min} to {info.max}")
        if dtype.kind in "US" and array.dtype.itemsize > dtype.itemsize:
            raise ParameterError(name, value, f"text of at most {dtype.str[2:]} characters")
        return array

    def _reserve(self, rows: int) -> None:
        """Grow storage to hold `rows`; by half at a time once there is something to grow."""
        room = len(self._data["id"])
        if rows > room:
            capacity = max(rows, room + room // 2)
            for name, column in self._data.items():
                grown = np.zeros((capacity, *column.shape[1:]), dtype=column.dtype)
                grown[: self._rows] = column[: self._rows]
                self._data[name] = grown

    def rows(self, ids: ArrayLike) -> Ints:
        """Row of each id.

        Raises
        ------
        ParameterError
            If an id is not alive.
        """
        wanted, live = self._ids(ids), self["id"]
        if self._rows and live[-1] - live[0] == self._rows - 1:  # nobody left: no need to search
            rows = wanted - live[0]
            alive = (rows >= 0) & (rows < self._rows)
        else:
            rows = np.searchsorted(live, wanted)
            alive = rows < self._rows
            alive &= live[np.where(alive, rows, 0)] == wanted if self._rows else False
        if not alive.all():
            raise ParameterError("id", wanted[~alive].ravel()[:5].tolist(), "the id of a live row")
        return rows

    @staticmethod
    def _ids(ids: ArrayLike) -> Ints:
        """Ids as int64; a mask or a fraction is not mistaken for them."""
        array = np.asarray(unmasked("id", ids))
        if array.dtype.kind not in "iu" and array.size:
            raise ParameterError("id", ids, "integers")
        return array.astype(np.int64)

    def where(self, mask: ArrayLike) -> Ints:
        """Ids of the rows where a boolean mask over the live rows is true."""
        return self["id"][self._mask(mask)]

    def _mask(self, mask: ArrayLike) -> Bools:
        array = np.asarray(unmasked("mask", mask))
        if array.dtype != np.bool_ or array.shape != (self._rows,):
            raise ParameterError("mask", mask, f"a boolean array of {self._rows} rows")
        return array

    def remove(self, ids: ArrayLike) -> int:
        """Remove the rows with these ids, in any order; returns how many went."""
        keep = np.ones(self._rows, dtype=bool)
        keep[self.rows(np.atleast_1d(ids))] = False
        left = int(keep.sum())
        for column in self._data.values():
            column[:left] = column[: self._rows][keep]
        gone, self._rows = self._rows - left, left
        self.version += 1
        return gone

    def alive(self, ids: ArrayLike) -> NDArray[np.bool_]:
        """Whether each id is that of a row."""
        wanted, live = np.asarray(ids), self["id"]
        if not len(live):
            return np.zeros(wanted.shape, dtype=bool)
        rows = np.minimum(np.searchsorted(live, wanted), len(live) - 1)
        return live[rows] == wanted

    def copy(self) -> "Population":
        """The same rows and ids in columns of their own."""
        twin = Population({})
        twin._money = self._money
        twin._first, twin._next = self._first, self._next
        twin._rows, twin.version = self._rows, self.version
        twin._data = {name: self[name].copy() for name in self._data}
        return twin

    def equals(self, other: "Population") -> bool:
        """Whether both have the same columns, ids, values and next id."""
        return (self.columns, self._next) == (other.columns, other._next) and all(
            self[name].dtype == other[name].dtype
            and np.array_equal(self[name], other[name], equal_nan=self[name].dtype.kind == "f")
            for name in self._data
        )

    def to_frame(self, *, ticks: bool = False) -> pd.DataFrame:
        """A copy as a pandas frame, indexed by id.

        Parameters
        ----------
        ticks : bool
            Money as the population holds it, int64 ticks; otherwise the columns named in `money`
            are in credits, float64. No other column is changed.
        """
        columns: dict[str, NDArray] = {}
        for name in self._data:
            credits = name in self._money and not ticks
            values = to_credits(self[name]) if credits else self[name].copy()
            if values.ndim == 1:
                columns[name] = values
            else:
                wide = values.reshape(len(values), values.size // max(len(values), 1))
                columns |= {f"{name}_{k}": wide[:, k] for k in range(wide.shape[1])}
        frame = pd.DataFrame(columns).drop(columns="id")
        return frame.set_index(pd.Index(self["id"].copy(), name="id"))
