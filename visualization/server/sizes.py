"""What the state of a market's strategies would take, before it is made: a link asks for any."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from econsim.errors import ParameterError, integer
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.rules import make_categories, seller_count
from econsim.visualization.server.parameters import REGISTRIES

MOST_BYTES = 2**29


def check_sizes(entries: Mapping[str, Any]) -> None:
    """Refuse a market whose strategies hold more than `MOST_BYTES` for all buyers, or sellers.

    Parameters
    ----------
    entries : mapping
        Keywords of `Marketplace`; without ``sellers``, they follow from the buyers.

    Raises
    ------
    ParameterError
    """
    usual = {name: p.default for name, p in inspect.signature(Marketplace).parameters.items()}
    known = {**usual, "sellers": None, **entries}
    buyers = integer("buyers", known["buyers"], 0, 2**31)
    sellers = seller_count(known["sellers"], buyers, make_categories(known["categories"]))
    check_size("strategy", known["strategy"], buyers)
    check_size("seller_strategy", known["seller_strategy"], sellers)


def check_size(name: str, specification: Any, agents: int) -> None:
    """Refuse a strategy, or a mix, that holds more than `MOST_BYTES` for so many agents.

    Raises
    ------
    ParameterError
    """
    registry = REGISTRIES[name]
    members, _ = registry.mix(specification)
    row = sum(np.dtype(kind).itemsize for rule in members for kind in rule.columns.values())
    if row * agents > MOST_BYTES:
        needed = f"not {row * agents / 2**20:,.0f} MiB for {agents:,} agents"
        permitted = f"one with at most {MOST_BYTES // 2**20} MiB of state here, {needed}"
        raise ParameterError(name, registry.spell(specification), permitted)
