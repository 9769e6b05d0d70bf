"""What the Market page's next reset will make, beside what runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import solara

from econsim.errors import ParameterError
from econsim.visualization.pages.state import State
from econsim.visualization.server.parameters import parameters
from econsim.visualization.server.permalink import CHANGE, Setting, setting

MISSING = object()


class Draft:
    """What the next reset will make: the page's fields write it, the engine reads it.

    Attributes
    ----------
    setting : solara.Reactive
        Scenario, seed and replaced parameters.
    """

    def __init__(self, first: Setting):
        self.setting: Any = solara.Reactive(first)

    def put(self, name: str, value: Any) -> None:
        """Replace a parameter on the next reset."""
        now = self.setting.peek()
        self.setting.set(replace(now, parameters={**now.parameters, name: value}))

    def scenario(self, name: str) -> None:
        """Another scenario, with its own parameters."""
        self.setting.set(replace(self.setting.peek(), scenario=name, parameters={}))

    def seed(self, value: int) -> None:
        """Another seed."""
        self.setting.set(replace(self.setting.peek(), seed=value))

    def waiting(self, steady: Mapping[str, Any]) -> list[str]:
        """What differs from the market that runs, if there is one."""
        now, made = self.setting.value, steady.get("made")
        if made is None:
            return []
        if now.scenario != made.scenario:
            return ["scenario"]
        values = {name: steady["values"][name] for name in now.parameters}
        differ = [name for name in {**now.parameters, **made.parameters}
                  if not parameters()[name].live
                  and now.parameters.get(name) != values.get(name, MISSING)]  # fmt: skip
        return [*(["seed"] if now.seed != made.seed else []), *differ]

    def taken(self, shown: Setting | None) -> Setting:
        """The setting for a reset: from round 0, with the live changes made so far."""
        now = self.setting.peek()
        if shown is not None and now.scenario == shown.scenario:
            past = [event for event in shown.events if event.round <= shown.round]
            live = [event.parameters for event in past if event.action == CHANGE]
            kept = {name: value for change in live for name, value in change.items()}
            now = replace(now, parameters={**now.parameters, **kept})
        self.setting.set(replace(now, round=0, events=()))
        return self.setting.peek()


def opening(state: State) -> tuple[Setting, str]:
    """What the page opens with, and what is wrong with the link that asked for something else."""
    try:
        return setting(state.search, extra=state.extra, default=state.scenario), ""
    except ParameterError as error:
        return Setting(state.scenario), str(error)
