"""The dashboard: its pages, and what surrounds them.

``econsim dashboard``, ``solara run econsim.visualization.dashboard`` and
``solara run visualization/dashboard.py`` all serve this module.
"""

import os
from collections.abc import Callable
from typing import Any, cast

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.scenario import packaged
from econsim.visualization import server
from econsim.visualization.engines.engine import warm
from econsim.visualization.pages import compare, equilibrium, gallery, lab, market
from econsim.visualization.pages.state import Shortcuts, State
from econsim.visualization.server.serving import SCENARIO
from econsim.visualization.widgets import (
    STYLE,
    ActionButton,
    Boundary,
    Client,
    CopyText,
    Dialog,
    Nav,
    Note,
)

server.prepare()
warm()

SHARED = solara.create_context(cast(State, None))  # Layout provides it
PAGES = (
    ("", "Market", market.Page),
    ("compare", "Compare", compare.Page),
    ("lab", "Auction lab", lab.Page),
    ("equilibrium", "Equilibrium", equilibrium.Page),
    ("gallery", "Gallery", gallery.Page),
)
Show = Callable[[str], None]


@solara.component
def Layout(children: list | None = None) -> None:
    """Header, page and dialogs."""
    router = solara.use_router()
    state = _use_state(router)
    shown = solara.use_reactive(("", 0))  # the dialog that is open, and how many there were
    origin, set_origin = solara.use_state("")
    dark = solara.lab.use_dark_effective()

    def show(name: str) -> None:
        shown.set((name, shown.peek()[1] + 1))

    def opened(browser: dict) -> None:
        set_origin(browser["origin"])
        solara.lab.theme.dark = browser["dark"]

    keys = {**_shortcuts(router, show), **state.shortcuts.value}
    solara.Style(STYLE)
    Client(
        watched=list(keys), theme="dark" if dark else "light",
        event_key=lambda key: _press(keys, key), event_opened=opened,
    )  # fmt: skip
    with rv.Html(tag="div", class_="econ-app"):
        _header(router, dark, show)
        rv.Html(tag="main", class_="econ-main", children=children or [])
    _dialog(state, shown, keys, f"{origin}{router.path}")


def _use_state(router: Any) -> State:
    """What one browser session shares; the command line names the scenario."""
    named = os.environ.get(SCENARIO, "agents")
    extra = () if named in packaged() else (named,)
    state = solara.use_memo(lambda: State(named, extra), [])
    state.page, state.search = router.path.strip("/"), router.search or ""
    SHARED.provide(state)
    solara.use_effect(lambda: state.market.stop, [])
    return state


def _press(keys: Shortcuts, key: str) -> None:
    """Do what a key stands for; the page that had it may be gone."""
    if key in keys:
        keys[key][1]()


def _turn() -> None:
    """From dark to light or back, from what it is now: a render's may be late."""
    solara.lab.theme.dark = not solara.lab.theme.dark


def _shortcuts(router: Any, show: Show) -> Shortcuts:
    """Those of every page."""

    def to(path: str) -> Callable[[], None]:
        return lambda: router.push(f"/{path}")

    numbered = {str(n): (label, to(path)) for n, (path, label, _) in enumerate(PAGES, 1)}
    return {
        **numbered,
        "d": ("dark or light", _turn),
        "l": ("permalink", lambda: show("link")),
        "?": ("these shortcuts", lambda: show("keys")),
    }


def _header(router: Any, dark: bool, show: Show) -> None:
    """Title, pages, tools."""
    current = f"/{router.path.strip('/')}"
    links = [[f"/{path}", label] for path, label, _ in PAGES]
    with rv.Html(tag="header", class_="econ-header"):
        rv.Html(tag="h1", children=["econsim"])
        Nav(pages=links, current=current, event_go=router.push)
        with rv.Html(tag="div", class_="econ-tools"):
            ActionButton("Permalink", lambda: show("link"), shortcut="l", look="quiet")
            ActionButton("Dark", _turn, pressed=dark, shortcut="d", look="quiet")
            ActionButton(
                "?", lambda: show("keys"), name="Keyboard shortcuts", shortcut="?", look="quiet"
            )


def _dialog(state: State, shown: Any, keys: Shortcuts, page: str) -> None:
    """The one that is open, if any."""
    name, serial = shown.value

    def close(closed: int) -> None:
        if closed == shown.peek()[1]:
            shown.set(("", closed))

    if name == "keys":
        Dialog("Keyboard shortcuts", close, [_meanings(keys)], serial)
    elif name == "link":
        made = state.link.value
        text = f"{page}?{made[0]()}" if made else page
        note = Note("The same link gives the same numbers, to the last digit.")
        Dialog("Permalink", close, [note, CopyText(text=text)], serial)


def _meanings(keys: Shortcuts) -> Any:
    """A list of keys and what they do."""
    entries = []
    for key, (meaning, _) in keys.items():
        label = "space" if key == " " else key
        entries.append(rv.Html(tag="dt", children=[rv.Html(tag="kbd", children=[label])]))
        entries.append(rv.Html(tag="dd", children=[meaning]))
    return rv.Html(tag="dl", class_="econ-keys", children=entries)


def _route(path: str, label: str, page: Any) -> solara.Route:
    """A route whose page gets the shared state."""

    @solara.component
    def Page() -> None:
        Boundary(page, solara.use_context(SHARED))

    layout = None if path else Layout
    return solara.Route(path or "/", component=Page, label=f"{label} – econsim", layout=layout)


routes = [_route(*page) for page in PAGES]
