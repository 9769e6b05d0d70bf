"""Posted prices: a price per use, a price per unit, a subscription."""

from typing import Any

import numpy as np

from econsim.pricing.base import ContractTerms, Posted


class Fixed(Posted):
    """A price per use, whatever the size of the task."""

    name = "fixed"


class PerUnit(Posted, says="the seller names the price of a unit in PerUnit"):
    """A price per unit of size: a task of s units costs s times the price."""

    name = "perunit"

    def tariff(self, units: Any, price: Any) -> Any:
        """Price times size."""
        return price * np.asarray(units, dtype=np.int64) if np.ndim(units) else price * units

    def price_for(self, value: int, max_size: int) -> int:
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
    commission : float in [0, 0.9]
        Share of receipts that the platform keeps.
    """

    name = "subscription"

    def __init__(
        self,
        term: int = 10,
        price: int | None = None,
        *,
        volume: int | None = None,
        renewal: bool = False,
        commission: float = 0.0,
    ):
        super().__init__(price, commission=commission)
        self.contract = ContractTerms(term, volume, renewal)
