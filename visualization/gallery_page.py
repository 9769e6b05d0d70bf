"""Gallery: every reproduced result, ours against published, with its figure."""

import base64
from typing import Any

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.experiments.reproduce import gallery, gallery_model
from econsim.visualization.gallery_engine import WORKER
from econsim.visualization.session import State, use_session, use_shortcuts
from econsim.visualization.widgets import (
    ActionButton,
    DataTable,
    Download,
    ErrorLine,
    Note,
    Panel,
    Pulse,
    Row,
    SelectField,
)

FIRST = "scarf"


@solara.component
def Page(state: State) -> None:
    """The page."""
    session = use_session(WORKER)
    asked = state.opened("gallery").get("name", FIRST)
    name = solara.use_reactive(asked if asked in gallery() else gallery()[0])
    wrong = "" if asked in gallery() else f"name = {asked!r}: must be one of {', '.join(gallery())}"
    model = gallery_model(name.value)
    frame = session.frame.value
    mine = frame if frame and frame["name"] == name.value else None
    working = session.playing.value and mine is not None

    def begin() -> None:
        session.reset(name=name.peek())

    use_shortcuts(state, {"r": ("reproduce", begin)}, lambda: f"name={name.peek()}")
    with Panel("Published results, reproduced", wide=True):
        with Row():
            titles = [(each, gallery_model(each).title) for each in gallery()]
            SelectField("result", name.value, titles, name.set, wide=True)
            ActionButton(
                "Reproduce", begin, look="primary", shortcut="r", disabled=working,
                hint="the quick version, seed 1",
            )  # fmt: skip
        Note(f"Source: {model.source}.")
        ErrorLine(session.error.value or wrong or (mine or {}).get("problem", ""))
        if mine is None:
            Note(
                "Press Reproduce: the quick version takes seconds; econsim reproduce runs the full."
            )
        elif not mine["rows"] and not mine["problem"]:
            Note(f"{100 * mine['share']:.0f} %: {mine['text']}", live=True)
    if mine is not None and mine["rows"]:
        _Findings(mine)
    Pulse(session)


@solara.component
def _Findings(found: dict[str, Any]) -> None:
    """Table, figure, notes."""
    columns = ["finding", "ours", "95 % interval", "published", "verdict"]
    with Panel("Ours against published", wide=True):
        DataTable(columns, found["rows"], f"findings of {found['name']}, quick version, seed 1")
        for note in found["notes"]:
            Note(note)
        data = base64.b64encode(found["figure"]).decode()
        attributes = {"src": f"data:image/png;base64,{data}", "alt": found["alternative"]}
        rv.Html(tag="img", attributes=attributes, style_="max-width: 100%; background: white")
        with Row():
            Download("CSV", f"{found['name']}.csv", lambda: found["csv"])
            Download("PNG", f"{found['name']}.png", lambda: found["figure"], "image/png")
