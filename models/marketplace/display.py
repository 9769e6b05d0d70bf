"""A marketplace as a notebook shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim.metrics import measured
from econsim.tables import html_table

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace

HEADER = ("metric", "over all rounds", "meaning")


def market_html(market: Marketplace) -> str:
    """Who trades under which pricing models, and the metrics over all rounds played."""
    title = repr(market).strip("<>")
    if not market.round:
        return html_table(title, (), (), ["No round was played yet."])
    summary = market.summary()
    shown = measured(summary)
    rows = [(f"{kind.label} ({kind.unit})", summary[kind.name], kind.meaning) for kind in shown]
    return html_table(title, HEADER, rows)
