"""Figures and tables for people: numbers in a few digits, tables in HTML for notebooks."""

from collections.abc import Collection, Iterable, Sequence
from html import escape

from econsim.digits import number

PADDING = "padding:2px 8px"
STYLE = f"{PADDING};white-space:nowrap"
MOST = 50  # characters of a cell that does not wrap


def html_table(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    notes: Iterable[str] = (),
    *,
    right: Collection[str] = (),
) -> str:
    """A table in HTML, as Jupyter shows it.

    Parameters
    ----------
    title, header, notes : text
        Above the table, above its columns, and a paragraph each below it.
    rows : iterable of sequences of text, int or float
        Floats are shown as `number` does. Everything is escaped.
    right : names of the header
        Columns of text that stand to the right, as numbers do.
    """
    lines = [list(row) for row in rows]
    numeric = [any(isinstance(row[k], int | float) for row in lines) for k in range(len(header))]
    sides = [
        "right" if name in right or numbers else "left"
        for name, numbers in zip(header, numeric, strict=True)
    ]
    top = _row("th", header, sides)
    body = "".join(_row("td", row, sides) for row in lines)
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    caption = f"<caption style='{STYLE};text-align:left'><b>{escape(title)}</b></caption>"
    return f"<table>{caption}<thead>{top}</thead><tbody>{body}</tbody></table>{below}"


def _row(tag: str, row: Sequence[object], sides: Sequence[str]) -> str:
    cells = zip(map(_text, row), sides, strict=True)
    inner = "".join(
        f"<{tag} style='{STYLE if len(text) < MOST else PADDING};text-align:{side}'>"
        f"{escape(text)}</{tag}>"
        for text, side in cells
    )
    return f"<tr>{inner}</tr>"


def _text(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
