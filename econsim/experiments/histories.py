"""Bid histories: the CSV format of eBay's public auction data, read and checked.

One row is one recorded bid. The columns ``auction, item, opening_bid, final_price, bidder, bid``
are needed; ``days, bidder_rating, time_days`` belong to the format, may be absent or blank, and
must be numbers where they are not; any other column is ignored. Rows may come in any order.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd

from econsim.arrays import Floats
from econsim.errors import DataError

FORMAT = (
    "auction", "item", "days", "opening_bid", "final_price",
    "bidder", "bidder_rating", "bid", "time_days",
)  # fmt: skip
LABELS = ("auction", "item", "bidder")
AMOUNTS = ("opening_bid", "final_price", "bid")
OPTIONAL = ("days", "bidder_rating", "time_days")
MAX_AMOUNT = 1e12  # above it, a scenario's int64 ticks would overflow
_BLANK = ("", "na", "nan")
_SHOWN = 40  # characters of a cell that an error message repeats


@dataclass(frozen=True, eq=False)
class Histories:
    """Bids as recorded, with the same bids per auction and per bidder.

    Attributes
    ----------
    path : str
        The file as the caller named it.
    bids : pandas.DataFrame
        One row a recorded bid, indexed by line of the file (the header is line 1). Columns:
        lot (int64; 0, 1, ... in order of appearance, one an auction), the labels auction, item
        and bidder (str), and opening_bid, final_price and bid (float64, currency of the file).
        An auction is a pair (auction, item): files that were numbered separately can be joined.
    warnings : tuple of str
        What the file says twice and differently, one line each.
    """

    path: str
    bids: pd.DataFrame
    warnings: tuple[str, ...]

    @cached_property
    def auctions(self) -> pd.DataFrame:
        """One row an auction, indexed by lot.

        Columns: auction, item, bidders and bids (counts), opening_bid and final_price (the first
        of the auction, where its rows differ).
        """
        lots = self.bids.groupby("lot")
        firsts = lots[["auction", "item", "opening_bid", "final_price"]].first()
        firsts.insert(2, "bidders", lots["bidder"].nunique())
        firsts.insert(3, "bids", lots.size())
        return firsts

    @cached_property
    def maxima(self) -> pd.DataFrame:
        """One row a bidder in an auction, by lot: lot, bidder, bid (the bidder's highest)."""
        return self.bids[["lot", "bidder", "bid"]].groupby(["lot", "bidder"]).max().reset_index()

    def highest_bids(self) -> list[Floats]:
        """Each auction's array, shape (bidders,), of every bidder's highest bid, by lot."""
        ends = self.maxima.groupby("lot").size().cumsum()
        return np.split(self.maxima["bid"].to_numpy(), ends.to_numpy()[:-1])


def read_histories(path: str | PathLike[str]) -> Histories:
    """Read and check a bid history.

    1. Split the file into records (UTF-8, with or without a byte-order mark; commas; any line
       ending; quoted cells; blank lines are skipped).
    2. Check the header, then every cell that a computation may use.
    3. Number the auctions, and note where one contradicts itself.

    Parameters
    ----------
    path : path of a CSV file

    Returns
    -------
    Histories

    Raises
    ------
    DataError
        The file cannot be read, a column is missing or named twice, a row has too few or too many
        cells, a label is blank, or an amount is not a number from 0 to 1e12. Names the first line
        and column at fault.
    """
    table = _table(str(path))
    bids = _checked(str(path), table)
    bids.insert(0, "lot", bids.groupby(["auction", "item"], sort=False).ngroup())
    notes = [*_recurring(bids), *_conflicts(bids, "opening_bid"), *_conflicts(bids, "final_price")]
    return Histories(str(path), bids, tuple(notes))


def histories_of(source: Histories | str | PathLike[str]) -> Histories:
    """Bid histories from themselves, from a CSV file, or from a packaged sample by name.

    Parameters
    ----------
    source : Histories, path, or ``simulated``

    Raises
    ------
    DataError
        As `read_histories`.
    """
    if isinstance(source, Histories):
        return source
    sample = resources.files("econsim") / "data" / "samples" / f"{source}.csv"
    packaged = Path(source).name == str(source) and sample.is_file()
    return read_histories(str(sample) if packaged else source)


def _table(path: str) -> pd.DataFrame:
    """The columns of the format as stripped text, indexed by line."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            (top, names), *records = list(_records(path, file)) or [(0, [])]
    except UnicodeDecodeError:
        raise DataError(path, "not a text file in UTF-8") from None
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    header = [name.strip() for name in names]
    columns = _columns(path, header, top)
    if not records:
        raise DataError(path, "no bids below the header", top)
    ragged = next((line for line, row in records if len(row) != len(header)), None)
    if ragged is not None:
        raise DataError(path, f"not the {len(header)} cells of the header", ragged)
    lines, rows = zip(*records, strict=True)
    table = pd.DataFrame(list(rows), index=pd.Index(lines, name="line"), dtype=str)
    named = table[list(columns.values())].set_axis(list(columns), axis=1)
    return named.apply(lambda column: column.str.strip())


def _records(path: str, file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts."""
    reader, line = csv.reader(file, strict=True), 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(path, f"not a CSV record: {error}", line) from None


def _columns(path: str, header: list[str], line: int) -> dict[str, int]:
    """Where each column of the format stands."""
    if not header:
        raise DataError(path, "the file is empty")
    needed = (*LABELS, *AMOUNTS)
    missing = [name for name in needed if name not in header]
    if missing:
        wanted = f"missing from the header, which must name {', '.join(needed)}, between commas"
        raise DataError(path, wanted, line, ", ".join(missing))
    present = [name for name in (*needed, *OPTIONAL) if name in header]
    twice = next((name for name in present if header.count(name) > 1), None)
    if twice:
        raise DataError(path, "named twice in the header", line, twice)
    return {name: header.index(name) for name in present}


def _checked(path: str, table: pd.DataFrame) -> pd.DataFrame:
    """Labels as text and amounts as float64; the first cell at fault raises."""
    numbers = table.drop(columns=list(LABELS)).apply(pd.to_numeric, errors="coerce")
    wrong = pd.DataFrame(index=table.index)
    for name in LABELS:
        wrong[name] = table[name] == ""
    for name in AMOUNTS:
        wrong[name] = ~numbers[name].between(0, MAX_AMOUNT)
    for name in numbers.columns.difference(list(AMOUNTS)):
        wrong[name] = ~np.isfinite(numbers[name]) & ~table[name].str.lower().isin(_BLANK)
    faults = np.argwhere(wrong.to_numpy())
    if len(faults):
        row, place = faults[0]
        column = str(wrong.columns[place])
        problem = _fault(column, str(table[column].iloc[row]))
        raise DataError(path, problem, int(table.index.to_numpy()[row]), column)
    return table[list(LABELS)].join(numbers[list(AMOUNTS)].astype(np.float64))


def _fault(column: str, cell: str) -> str:
    """What is wrong with a cell."""
    if column in LABELS:
        return "blank"
    shown = repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "...")
    low_high = f" from 0 to {MAX_AMOUNT:g}" if column in AMOUNTS else ""
    return f"{shown} is not a number{low_high}"


def _recurring(bids: pd.DataFrame) -> list[str]:
    """A line for each auction label that stands under several items."""
    items = bids.drop_duplicates("lot").groupby("auction", sort=False)["item"]
    return [
        f"auction {auction!r} stands under {len(names)} items ({', '.join(names)}): each counts as "
        "an auction of its own"
        for auction, names in items.unique().items()
        if len(names) > 1
    ]


def _conflicts(bids: pd.DataFrame, column: str) -> list[str]:
    """A line for each auction whose rows disagree in `column`."""
    first = bids.groupby("lot")[column].transform("first")
    odd = bids.assign(first=first)[bids[column] != first].drop_duplicates("lot")
    return [
        f"line {line}: {column} {row[column]:.12g} of auction {row['auction']!r} contradicts its "
        f"first, {row['first']:.12g}, which counts"
        for line, row in odd.iterrows()
    ]
