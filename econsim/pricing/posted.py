"""Posted prices: a price per use, a price per unit, a subscription."""

from typing import Any

import numpy as np

from econsim.errors import ParameterError, integer
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

    def asking(self, value: int, max_size: int) -> int:
        """The unit price at which a task of mean size costs `value`."""
        return 2 * value // (1 + max_size)


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
    volume : int, optional
        Tasks that the fee covers, a volume commitment: the contract ends when they are used up,
        or with the term. By default there is no limit.
    renewal : bool
        Whether a contract that was fulfilled is renewed at the seller's present fee, if the buyer
        still expects to gain by it.
    """

    name = "subscription"

    def __init__(
        self,
        term: int = 10,
        price: int | None = None,
        *,
        volume: int | None = None,
        renewal: bool = False,
    ):
        super().__init__(price)
        self.term = integer("term", term, 1, 10**6)
        self.volume = None if volume is None else integer("volume", volume, 1, 10**6)
        if not isinstance(renewal, bool):
            raise ParameterError("renewal", renewal, "true or false")
        self.renewal = renewal

    def asking(self, value: int, max_size: int) -> int:
        """The fee that asks `value` for each round of the term, or each task of the volume."""
        return min(self.term, self.volume or self.term) * value

    def least(self, cost: Any) -> Any:
        """A subscriber may come every round of the term, until its volume is used up."""
        return min(self.term, self.volume or self.term) * cost

    def __repr__(self) -> str:
        given = {"term": self.term, "price": self.opening_price}
        rest = {"volume": self.volume, "renewal": self.renewal}
        given |= {name: value for name, value in rest.items() if value}
        return f"Subscription({', '.join(f'{name}={value}' for name, value in given.items())})"
