"""What the pages of one browser session share, and what a page holds for as long as it is shown."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import solara

from econsim.scenario import packaged
from econsim.visualization.engines.market import WORKER
from econsim.visualization.engines.session import Session, Task
from econsim.visualization.server.permalink import LONGEST

Shortcuts = dict[str, tuple[str, Callable[[], None]]]


class State:
    """What the pages of one browser session share.

    Parameters
    ----------
    scenario : str
        What the Market page opens with, unless a link says otherwise.
    extra : tuple of str
        Scenarios that may be chosen beside the packaged ones.

    Attributes
    ----------
    market : Session
        The engine of the Market page; it lives as long as the browser session.
    page, search : str
        Path of the page that is shown, and the query string that it was opened with.
    link : solara.Reactive
        A list of one function that gives the query string of what the page shows, or None.
    shortcuts : solara.Reactive
        Keyboard shortcuts of the page that is shown.
    """

    def __init__(self, scenario: str, extra: tuple[str, ...]):
        self.scenario, self.extra = scenario, extra
        self.page = self.search = ""
        self.market = Session(WORKER)
        self.link: Any = solara.Reactive(None)
        self.shortcuts: Any = solara.Reactive({})

    def asked(self) -> dict[str, str]:
        """What the link to the page asks for, by name."""
        return dict(self._pairs())

    def asked_all(self, name: str) -> list[str]:
        """All that the link asks for by one name."""
        return [value for entry, value in self._pairs() if entry == name]

    def _pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.search.removeprefix("?")[:LONGEST], keep_blank_values=True)

    def scenarios(self) -> list[str]:
        """Scenarios that may be chosen."""
        return [*packaged(), *self.extra]


def use_shortcuts(
    state: State, shortcuts: Shortcuts, link: Callable[[], str] | None = None
) -> None:
    """A page's keyboard shortcuts and permalink, for as long as it is shown.

    Parameters
    ----------
    shortcuts : dict
        Key -> (meaning, what it does).
    link : callable, optional
        Gives the query string of what the page shows.
    """

    def install() -> Callable[[], None]:
        state.shortcuts.set(shortcuts)
        state.link.set(link and [link])
        return forget

    def forget() -> None:
        state.shortcuts.set({})
        state.link.set(None)

    solara.use_effect(install, [])


def use_session(worker: str) -> Session:
    """A session of its own for a component; its engine ends with the component."""
    return _until_unmounted(lambda: Session(worker))


def use_task(name: str) -> Task:
    """As `use_session`, for jobs."""
    return _until_unmounted(lambda: Task(name))


def _until_unmounted(make: Callable[[], Any]) -> Any:
    session = solara.use_memo(make, [])
    solara.use_effect(lambda: session.stop, [])
    return session
