"""Posted prices: a price per use, a price per unit, a subscription."""

from typing import Any

import numpy as np

from econsim.errors import integer
from econsim.pricing.base import Posted


class Fixed(Posted):
    """A price per use, whatever the size of the task."""

    name = "fixed"


class PerUnit(Posted):
    """A price per unit of size: a task of s units costs s times the price."""

    name = "perunit"

    def tariff(self, units: Any, price: Any) -> Any:
        """Price times size."""
        return price * np.asarray(units, dtype=np.int64) if np.ndim(units) else price * units

    def opening(self, median_value: int, max_size: int) -> int:
        """The unit price at which a task of mean size costs the median task value."""
        return (
            2 * median_value // (1 + max_size) if self.opening_price is None else self.opening_price
        )


class Subscription(Posted):
    """A fee, paid once, buys a term of rounds at one seller.

    The seller's capacity serves its subscribers at no further charge; there are no walk-ups. The
    fee is due whatever the size of the tasks.

    Parameters
    ----------
    term : int
        Rounds that the fee buys.
    price : int, optional
        Opening fee in ticks; by default `term` times the category's median task value.
    """

    name = "subscription"

    def __init__(self, term: int = 10, price: int | None = None):
        super().__init__(price)
        self.term = integer("term", term, 1, 10**6)

    def opening(self, median_value: int, max_size: int) -> int:
        """The fee that asks the median task value for each round of the term."""
        return self.term * median_value if self.opening_price is None else self.opening_price

    def least(self, cost: Any) -> Any:
        """A subscriber may come every round of the term."""
        return self.term * cost

    def __repr__(self) -> str:
        return f"Subscription(term={self.term}, price={self.opening_price})"
