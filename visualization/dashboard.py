"""The dashboard: its pages, and what surrounds them.

``econsim dashboard``, ``solara run econsim.visualization.dashboard`` and
``solara run visualization/dashboard.py`` all serve this module.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.scenario import packaged
from econsim.visualization import (
    compare_page,
    equilibrium_page,
    gallery_page,
    lab,
    market,
    server,
    widgets,
)
from econsim.visualization.session import Shortcuts, State

server.prepare()

SHARED = solara.create_context(cast(State, None))  # Layout provides it
STYLE = (Path(widgets.__file__).parent / "style.css").read_text(encoding="utf-8")
PAGES = (
    ("", "Market", market.Page),
    ("compare", "Compare", compare_page.Page),
    ("lab", "Auction lab", lab.Page),
    ("equilibrium", "Equilibrium", equilibrium_page.Page),
    ("gallery", "Gallery", gallery_page.Page),
)


@solara.component_vue("vue/client.vue")
def _Client(
    watched: list = [],
    theme: str = "",
    event_key: Callable[[str], None] | None = None,
    event_opened: Callable[[dict], None] | None = None,
) -> None:
    """The browser: keys, theme, address."""


@solara.component_vue("vue/nav.vue")
def _Nav(
    pages: list = [],
    current: str = "",
    event_go: Callable[[str], None] | None = None,
) -> None:
    """Links to the pages."""


def _state() -> State:
    """What one browser session shares; the command line names the scenario."""
    named = os.environ.get(server.SCENARIO, "agents")
    return State(named, () if named in packaged() else (named,))


@solara.component
def Layout(children: list | None = None) -> None:
    """Header, page and dialogs."""
    router = solara.use_router()
    state = solara.use_memo(_state, [])
    state.page, state.search = router.path.strip("/"), router.search or ""
    SHARED.provide(state)
    solara.use_effect(lambda: state.market.stop, [])
    shown = solara.use_reactive(("", 0))
    origin, set_origin = solara.use_state("")
    dark = solara.lab.use_dark_effective()

    def show(name: str) -> None:
        shown.set((name, shown.peek()[1] + 1))

    def close(serial: int) -> None:
        if serial == shown.peek()[1]:
            shown.set(("", serial))

    def opened(given: dict) -> None:
        set_origin(given["origin"])
        solara.lab.theme.dark = given["dark"]

    def turn() -> None:
        solara.lab.theme.dark = not solara.lab.theme.dark  # not that of a render: it may be late

    def press(key: str) -> None:
        if key in keys:  # the page that had it may be gone
            keys[key][1]()

    keys = _shortcuts(router, turn, lambda: show("link"), lambda: show("keys"))
    keys |= state.shortcuts.value
    solara.Style(STYLE)
    _Client(
        watched=list(keys), theme="dark" if dark else "light",
        event_key=press, event_opened=opened,
    )  # fmt: skip
    with rv.Html(tag="div", class_="econ-app"):
        _header(router, dark, turn, show)
        rv.Html(tag="main", class_="econ-main", children=children or [])
    _dialogs(state, shown.value, close, keys, f"{origin}{router.path}")


def _shortcuts(
    router: Any, turn: Callable[[], None], link: Callable[[], None], keys: Callable[[], None]
) -> Shortcuts:
    """Those of every page."""

    def to(path: str) -> Callable[[], None]:
        return lambda: router.push(f"/{path}")

    numbered = {str(n): (label, to(path)) for n, (path, label, _) in enumerate(PAGES, 1)}
    return {
        **numbered,
        "d": ("dark or light", turn),
        "l": ("permalink", link),
        "?": ("these shortcuts", keys),
    }


def _header(router: Any, dark: bool, turn: Callable[[], None], show: Callable[[str], None]) -> None:
    """Title, pages, tools."""
    current = f"/{router.path.strip('/')}"
    links = [[f"/{path}", label] for path, label, _ in PAGES]
    with rv.Html(tag="header", class_="econ-header"):
        rv.Html(tag="h1", children=["econsim"])
        _Nav(pages=links, current=current, event_go=router.push)
        with rv.Html(tag="div", class_="econ-tools"):
            widgets.ActionButton("Permalink", lambda: show("link"), shortcut="l", look="quiet")
            widgets.ActionButton("Dark", turn, pressed=dark, shortcut="d", look="quiet")
            widgets.ActionButton(
                "?", lambda: show("keys"), name="Keyboard shortcuts", shortcut="?", look="quiet"
            )


def _dialogs(
    state: State, shown: tuple[str, int], close: Callable[[int], None], keys: Shortcuts, page: str
) -> None:
    """The one that is open: its name, and how many were before it."""
    name, serial = shown
    if name == "keys":
        entries = []
        for key, (meaning, _) in keys.items():
            label = "space" if key == " " else key
            entries.append(rv.Html(tag="dt", children=[rv.Html(tag="kbd", children=[label])]))
            entries.append(rv.Html(tag="dd", children=[meaning]))
        held = rv.Html(tag="dl", class_="econ-keys", children=entries)
        widgets.Dialog("Keyboard shortcuts", close, [held], serial)
    elif name == "link":
        made = state.link.value
        text = f"{page}?{made[0]()}" if made else page
        note = widgets.Note("The same link gives the same numbers, to the last digit.")
        widgets.Dialog("Permalink", close, [note, widgets.CopyText(text=text)], serial)


def _route(path: str, label: str, page: Any) -> solara.Route:
    """A route whose page gets the shared state."""

    @solara.component
    def Page() -> None:
        widgets.Boundary(page, solara.use_context(SHARED))

    layout = None if path else Layout
    return solara.Route(path or "/", component=Page, label=f"{label} – econsim", layout=layout)


routes = [_route(*page) for page in PAGES]
