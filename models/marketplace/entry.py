"""Who comes into a market and leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import ArrayLike

from econsim.arrays import Ints
from econsim.errors import ParameterError
from econsim.models.marketplace import newcomers
from econsim.models.marketplace.agents import Buyer, Seller
from econsim.models.marketplace.view import MarketView
from econsim.population import RowAgent, RowSet


class Entry(MarketView):
    """A market that agents may join and leave.

    Attributes
    ----------
    backend : "columns" or "objects"
        Whether kernels decide for rows, or every agent decides in Python.
    """

    backend: str

    def add_buyers(self, cls: type[Buyer], n: int, **columns: ArrayLike) -> RowSet:
        """Add `n` buyers of a class; columns not named are drawn as at the start.

        A class that overrides `Buyer.choose`, `Buyer.bid` or `Buyer.subscribe` is scripted.
        """
        return self._add(Buyer, cls, n, columns)

    def add_sellers(self, cls: type[Seller], n: int, **columns: ArrayLike) -> RowSet:
        """Add `n` sellers of a class; columns not named are drawn as at the start.

        ``pricing`` may be a name. A class that overrides `Seller.post_price` is scripted.
        """
        return self._add(Seller, cls, n, columns)

    def _add(
        self, base: type[RowAgent], cls: type, n: int, columns: Mapping[str, ArrayLike]
    ) -> RowSet:
        if not (isinstance(cls, type) and issubclass(cls, base)):
            raise ParameterError("cls", cls, f"a subclass of {base.__name__}")
        return self.add_agents(cls, n, **columns)

    def scripted(self, cls: type) -> bool:
        """Whether a class decides in Python: on the object backend, or by overriding a decision."""
        base = Buyer if issubclass(cls, Buyer) else Seller
        return self.backend == "objects" or any(
            getattr(cls, name) is not getattr(base, name) for name in base.decisions
        )

    def fill(self, kind: str, n: int, columns: dict[str, Any]) -> dict[str, Any]:
        """Columns of new rows: those given, checked, and draws for the rest."""
        drawn = newcomers.new_buyers if kind == "buyers" else newcomers.new_sellers
        return drawn(self.rules, self.state, n, columns)

    def added(self, kind: str, ids: Ints) -> None:
        """Book what agents bring or take, end contracts of the gone, and note new sellers."""
        newcomers.welcome(self.state, kind == "sellers", ids)
