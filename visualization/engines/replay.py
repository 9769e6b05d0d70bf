"""A market as a permalink describes it: made, played, and changed when its events say so.

The dashboard's engine plays a `Replay`; `played` gives the same market to anybody with a link.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from econsim.errors import ParameterError, one_of
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.interventions import Ban, intervention
from econsim.models.marketplace.limits import LIMITS
from econsim.scenario import load
from econsim.visualization.server.parameters import MOST_BUYERS, said
from econsim.visualization.server.permalink import (
    CHANGE,
    LONGEST,
    MOST_EVENTS,
    Event,
    Setting,
    query,
    setting,
)
from econsim.visualization.server.sizes import check_size, check_sizes


class Replay:
    """A market, and what happens to it from outside.

    Parameters
    ----------
    wanted : Setting
        Its events happen as their rounds are reached.

    Attributes
    ----------
    model : Marketplace
    setting : Setting
        With what was done since it was made.
    entries : dict
        Entries of the scenario, with those that the setting replaces.

    Raises
    ------
    ScenarioError, ParameterError
        If the market cannot be made, or an event could not happen to it.
    """

    def __init__(self, wanted: Setting):
        self.setting = wanted
        self.entries = {**load(wanted.scenario).market, **wanted.parameters}
        check_sizes(self.entries)
        self.model = Marketplace.from_scenario(
            wanted.scenario, **wanted.parameters, rng=wanted.seed
        )
        if len(self.model.buyers) > MOST_BUYERS:
            raise ParameterError("buyers", len(self.model.buyers), f"at most {MOST_BUYERS} here")
        for event in wanted.events:
            self._check(event)
        self._planned = list(self.model.interventions)  # the scenario's own
        self._notes: list[tuple[float, str]] = []
        self._again: list[Any] = []  # held, as Mesa's scheduler only refers to what it calls
        self._pending = deque(wanted.events)
        self._catch_up()

    def step(self) -> None:
        """A round, and what happens after it."""
        self.model.step()
        self._catch_up()

    def act(self, action: str, parameters: Mapping[str, Any]) -> None:
        """Do something now, and write it into the setting.

        Raises
        ------
        ParameterError
            If it could not happen to this market, or no link could hold it.
        """
        event = Event(self.model.round, action, dict(parameters))
        self._check(event)
        past = [done for done in self.setting.events if done.round <= event.round]
        later = self.setting.events[len(past) :]
        made = replace(self.setting, events=(*past, event, *later))
        if len(made.events) > MOST_EVENTS or len(query(made)) > LONGEST:
            raise ParameterError("interventions", len(made.events), "as many as a link can hold")
        self._happen(event)
        self.setting = made

    def log(self) -> list[tuple[float, str]]:
        """What happened from outside so far, oldest first: time, and what."""
        own = [(plan.time, said(plan.change)) for plan in self._planned
               if plan.time <= self.model.time]  # fmt: skip
        return sorted([*own, *self._notes], key=lambda entry: entry[0])

    def _catch_up(self) -> None:
        while self._pending and self._pending[0].round <= self.model.round:
            event = self._pending.popleft()
            try:
                self._happen(event)
            except ParameterError as error:  # whoever it is about is not there
                self._note(f"{event.action} did not happen: {error}")

    def _check(self, event: Event) -> None:
        """Refuse now what could not happen later; who may be banned is only known then."""
        if event.action != CHANGE:
            change = intervention(event.action, event.parameters)
            if event.round <= self.model.round or not isinstance(change, Ban):
                change.check(self.model.rules, self.model.state)
            return
        for name, value in event.parameters.items():
            if one_of("live parameter", name, Marketplace.LIVE) in LIMITS:
                LIMITS[name](value)
            else:
                check_size(name, value, len(self.model.buyers))

    def _happen(self, event: Event) -> None:
        """Changes act at once, interventions when the market goes on: the last one shall hold."""
        if event.action != CHANGE:
            planned = self.model.at(self.model.time, event.action, **event.parameters)
            self._note(said(planned.change))
            return
        for name, value in event.parameters.items():
            self.model.change(name, value)
            self._note(f"{name} = {value}")
            if name in LIMITS:
                again = partial(self.model.change, name, value)
                self._again.append(again)
                self.model.schedule_event(again, at=self.model.time)

    def _note(self, text: str) -> None:
        self._notes.append((float(self.model.time), text))


def played(link: str | Setting, *, extra: Iterable[str] = ()) -> Marketplace:
    """The market of a permalink, played to its round.

    Parameters
    ----------
    link : str or Setting
        The whole address, its query string, or what `setting` makes of that.
    extra : iterable of str
        Scenario files that it may name beside the packaged scenarios.

    Raises
    ------
    ScenarioError, ParameterError

    Examples
    --------
    >>> played("scenario=agents&seed=7&buyers=300&round=6&at=3:fee:share=0.1").fee
    0.1
    """
    wanted = setting(link.rpartition("?")[2], extra=extra) if isinstance(link, str) else link
    replay = Replay(wanted)
    while replay.model.round < wanted.round:
        replay.step()
    return replay.model
