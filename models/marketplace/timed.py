"""What happens to a market between its rounds, and from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mesa.time import Schedule

from econsim.errors import ParameterError, real
from econsim.models.marketplace.attacks import Attack
from econsim.models.marketplace.contracts import renew
from econsim.models.marketplace.delivery import settle
from econsim.models.marketplace.entry import Entry
from econsim.models.marketplace.interventions import Intervention, intervention
from econsim.registry import Specification


class Timed(Entry):
    """A market whose rounds are events at whole times; between them more may happen.

    Attributes
    ----------
    log : list of (time, text)
        Interventions that happened.
    interventions : list of Scheduled
        All that were planned.
    """

    log: list[tuple[float, str]]
    interventions: list[Scheduled]

    def _schedule(self, events: Sequence[Mapping[str, Any]], attack: Attack | None) -> None:
        """Interventions asked for, and what happens between rounds."""
        self.log, self.interventions = [], []
        if isinstance(events, str) or not isinstance(events, Sequence):
            raise ParameterError("events", events, "a sequence of tables with time and kind")
        for index, entry in enumerate(events):
            if not isinstance(entry, Mapping) or not {"time", "kind"} <= set(entry):
                raise ParameterError(f"events[{index}]", entry, "a table with time and kind")
            rest = {name: value for name, value in entry.items() if name not in ("time", "kind")}
            self._plan(entry["time"], entry["kind"], rest)
        if self.rules.service is not None:
            self.schedule_recurring(self._settle_deliveries, Schedule(0.25, start=0.25))
        if attack is not None:
            attack.open(self)
            self.schedule_recurring(self._attack, Schedule(1.0, start=1.0))
        if self.rules.mechanisms.renewal.any():
            self.schedule_recurring(self._renew_contracts, Schedule(1.0, start=0.5))

    def _settle_deliveries(self) -> None:
        settle(self.state, self.time)

    def _attack(self) -> None:
        if self.attack is not None:
            self.attack.act(self)

    def _renew_contracts(self) -> None:
        renew(self.rules, self.state)

    def at(self, time: float, kind: Specification[Intervention], **parameters: object) -> Scheduled:
        """Intervene at a time: an event of the scheduler, after the round of that time.

        Parameters
        ----------
        time : float
            Not in the past; 0 is before the first round.
        kind : specification of an Intervention; see `econsim.registry`
            A name of `INTERVENTIONS` (fee, reserve, demand, supply, ban, subsidy), or your own.
        **parameters
            Those of its constructor.

        Raises
        ------
        ParameterError
        """
        return self._plan(time, kind, parameters)

    def _plan(
        self, time: float, kind: Specification[Intervention], parameters: Mapping[str, object]
    ) -> Scheduled:
        change = intervention(kind, parameters)
        change.check(self.rules, self.state)
        planned = Scheduled(self, real("time", time, self.time), change)
        self.interventions.append(planned)
        self.schedule_event(planned.happen, at=planned.time)
        return planned

    def note(self, text: str) -> None:
        """Write a line to the log."""
        self.log.append((float(self.time), text))


class Scheduled:
    """An intervention and its time; the market holds it, as Mesa's scheduler only refers to it."""

    def __init__(self, market: Timed, time: float, change: Intervention):
        self.market, self.time, self.change = market, time, change

    def happen(self) -> None:
        """Apply it, and write it to the log."""
        self.change.apply(self.market.rules, self.market.state)
        self.market.note(repr(self.change))

    def __repr__(self) -> str:
        return f"{self.time:g}: {self.change!r}"
