"""A marketplace as a notebook shows it."""

from collections.abc import Mapping

from econsim.errors import ModelFailed
from econsim.metrics import reported
from econsim.tables import html_table

HEADER = ("metric", "over all rounds", "meaning")


def market_html(title: str, summary: Mapping[str, float], failure: ModelFailed | None) -> str:
    """A market's metrics over all the rounds that it has played, and what stopped it, if it was.

    `summary` is empty before any round.
    """
    notes = [] if failure is None else [str(failure)]
    if not summary:
        return html_table(title, (), (), notes or ["No round was played yet."])
    shown = reported(summary)
    rows = [(f"{kind.label} ({kind.unit})", summary[kind.name], kind.meaning) for kind in shown]
    return html_table(title, HEADER, rows, notes)
