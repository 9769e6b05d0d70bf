"""What happens to a market between its rounds, and from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from mesa.time import Schedule
from numpy.typing import NDArray

from econsim.errors import ParameterError, real
from econsim.models.marketplace.contracts import renew
from econsim.models.marketplace.delivery import settle
from econsim.models.marketplace.interventions import Scheduled, intervention
from econsim.population import PopulationModel

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace


class Timed(PopulationModel):
    """A market whose rounds are events at whole times; between them more may happen.

    Attributes
    ----------
    log : list of (time, text)
        Interventions that happened.
    interventions : list of Scheduled
        All that were planned.
    fee, subsidy : float
        Shares of a payment that the market keeps, and that buyers get back from outside.
    reserve : int64 (categories,), ticks
        Lowest price of an auction.
    """

    service: Any
    attack: Any
    pricing_models: Any
    sellers: Any

    @property
    def _market(self) -> Marketplace:
        """This market, as the steps of a round take it."""
        return cast("Marketplace", self)

    def _open_market(self, categories: int) -> None:
        """Nothing has happened yet, and nobody intervenes."""
        self.log: list[tuple[float, str]] = []
        self.interventions: list[Scheduled] = []
        self.fee = self.subsidy = 0.0
        self.reserve = np.zeros(categories, dtype=np.int64)

    def _schedule(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Interventions asked for, and what happens between rounds."""
        if isinstance(events, str) or not isinstance(events, Sequence):
            raise ParameterError("events", events, "a sequence of tables with time and kind")
        for index, entry in enumerate(events):
            if not isinstance(entry, Mapping) or not {"time", "kind"} <= set(entry):
                raise ParameterError(f"events[{index}]", entry, "a table with time and kind")
            given = {name: value for name, value in entry.items() if name not in ("time", "kind")}
            self._plan(entry["time"], entry["kind"], given)
        if self.service is not None:
            self.schedule_recurring(self._settle_deliveries, Schedule(0.25, start=0.25))
        if self.attack is not None:
            self.attack.open(self)
            self.schedule_recurring(self._attack, Schedule(1.0, start=1.0))
        if any(held.renewal for held in self.pricing_models):
            self.schedule_recurring(self._renew_contracts, Schedule(1.0, start=0.5))

    def _settle_deliveries(self) -> None:
        settle(self._market)

    def _attack(self) -> None:
        self.attack.act(self)

    def _renew_contracts(self) -> None:
        renew(self._market)

    def at(self, time: float, kind: str, **parameters: Any) -> Scheduled:
        """Intervene at a time: an event of the scheduler, after the round of that time.

        Parameters
        ----------
        time : float
            Not in the past; 0 is before the first round.
        kind : str
            One of `INTERVENTIONS`: fee, reserve, demand, supply, ban, subsidy.
        **parameters
            Those of the kind.

        Raises
        ------
        ParameterError
        """
        return self._plan(time, kind, parameters)

    def _plan(self, time: float, kind: str, parameters: Mapping[str, Any]) -> Scheduled:
        change = intervention(kind, parameters)
        change.check(self._market)
        planned = Scheduled(self._market, real("time", time, self.time), change)
        self.interventions.append(planned)
        self.schedule_event(planned.happen, at=planned.time)
        return planned

    def note(self, text: str) -> None:
        """Write a line to the log."""
        self.log.append((float(self.time), text))

    def fee_on(self, receipt: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the market keeps of receipts, ticks, floored."""
        return (receipt * self.fee).astype(np.int64)

    def before_fee(self, price: Any) -> Any:
        """Price of which, after the market's fee, `price` is left: ticks, rounded up."""
        if not self.fee:
            return price
        return np.ceil(np.asarray(price) / (1 - self.fee)).astype(np.int64)

    def barred(self, rows: Any = slice(None)) -> NDArray[np.int64]:
        """Round until which each seller (row) may not sell; 0 if it may."""
        if "barred" in self.sellers:
            return self.sellers["barred"][rows]
        return np.zeros(len(self.sellers), dtype=np.int64)[rows]
