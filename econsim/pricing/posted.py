"""Posted prices: a price per use, a price per unit, a subscription, a two-part tariff."""

from typing import Any

import numpy as np

from econsim.errors import integer
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


class TwoPart(Posted):
    """A membership for a term, and a price for each task: a two-part tariff (Oi 1971).

    The seller posts the price of a task, p. Who joins pays the fee, `membership` times p, and p
    for each of its tasks that is served, the first at once; p stays what it was at signing. The
    seller's capacity serves its members; there are no walk-ups. A member leaves a task whose
    expected worth is below p.

    Between a price per use, where the fee is small, and a subscription, where it is all.

    Parameters
    ----------
    term : int
        Rounds of a membership.
    membership : int
        Prices of a task that the fee amounts to, 1 to 100.
    price : int, optional
        Opening price of a task in ticks; by default one at which a task in every round of the
        term costs the category's median task value, its part of the fee included.
    volume, renewal
        Those of `ContractTerms`.
    commission : float in [0, 0.9]
        Share of receipts that the platform keeps.
    """

    name = "two-part"

    def __init__(
        self,
        term: int = 10,
        membership: int = 5,
        price: int | None = None,
        *,
        volume: int | None = None,
        renewal: bool = False,
        commission: float = 0.0,
    ):
        super().__init__(price, commission=commission)
        multiple = integer("membership", membership, 1, 100)
        self.contract = ContractTerms(term, volume, renewal, multiple)

    def tariff(self, units: Any, price: Any) -> Any:
        """What joining costs, the first task included, whatever its size."""
        return super().tariff(units, (self.membership + 1) * price)

    def price_for(self, value: int, max_size: int) -> int:
        """The price of a task at which one a round costs `value` each, with its part of the fee."""
        return self._tasks * value // (self.membership + self._tasks)

    def floor_price(self, cost: Any) -> Any:
        """Lowest price at which fee and tasks cover `cost` of each task, however many there are."""
        return -(-self._tasks * cost // (self.membership + self._tasks))
