"""How a delivery ends."""

from enum import IntEnum


class Outcome(IntEnum):
    """How a delivery ended."""

    SUCCESS = 0
    TIMEOUT = 1
    PARTIAL = 2
    FAILURE = 3
