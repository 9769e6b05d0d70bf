"""The tables of a marketplace: names and types of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum

import numpy as np

from econsim.errors import ParameterError
from econsim.trust import TrustModel

FIRST_SELLER_ID = 2**31

BUYERS = {"category": np.int16, "value": np.int64, "wallet": np.int64}
SELLERS = {
    "category": np.int16,
    "pricing": np.uint8,
    "capacity": np.int64,
    "cost": np.int64,
    "price": np.int64,
    "average": np.int64,
    "reliability": np.float64,
    "successes": np.int64,
    "failures": np.int64,
    "trust": np.float64,
    "offered": np.int64,
    "sold": np.int64,
    "wallet": np.int64,
}
CONTRACTS = {
    "buyer": np.int64,
    "seller": np.int64,
    "fee": np.int64,
    "ends": np.int64,
    "status": np.uint8,
    "volume": np.int64,
    "uses": np.int64,
    "missed": np.int64,
}
DELIVERIES = {
    "buyer": np.int64,
    "seller": np.int64,
    "contract": np.int64,
    "worth": np.int64,
    "paid": np.int64,
    "volume": np.float64,
    "outcome": np.uint8,
    "error": np.float64,
    "due": np.float64,
}
SERVICE = {
    "promised": np.float64,
    "bound": np.float64,
    "penalty": np.float64,
    "latency": np.float64,
}

# What buyers know of a listing, and what a contract was expected to bring: see `beliefs`.
RECORDS = {"seen": np.int64, "chance": np.float64, "chance_square": np.float64}
FORESIGHT = {"promised": np.float64, "ahead": np.float64}

MONEY = {
    "buyers": ("value", "wallet"),
    "sellers": ("cost", "price", "average", "wallet"),
    "contracts": ("fee",),
    "deliveries": ("worth", "paid"),
}


class Status(IntEnum):
    """How a contract stands.

    ACTIVE, or SUSPENDED while its seller may not sell. In the round in which it ends it becomes
    FULFILLED or BREACHED, and it leaves the table when the next one begins.
    """

    ACTIVE = 0
    FULFILLED = 1
    BREACHED = 2
    SUSPENDED = 3


def check_own(model: TrustModel, names: Iterable[str], taken: Mapping[str, object]) -> None:
    """Refuse state columns by which a trust model would write the market's own, wallets too.

    Raises
    ------
    ParameterError
    """
    for name in names:
        if name in taken:
            permitted = "another than the market's own: " + ", ".join(taken)
            raise ParameterError(f"{type(model).__name__} column", name, permitted)
