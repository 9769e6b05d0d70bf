"""Gallery: every reproduced result, ours against published, with its figure."""

import base64
from typing import Any

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.experiments.reproduce import gallery, gallery_model
from econsim.visualization.session import State, use_shortcuts, use_task
from econsim.visualization.widgets import (
    ActionButton,
    Address,
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
    task, asked = use_task("reproduce"), state.asked().get("name", "")
    known = asked in gallery()
    name = solara.use_reactive(asked if known else FIRST)
    line = f"name = {asked!r}: must be one of {', '.join(gallery())}"
    wrong = solara.use_reactive(line if asked and not known else "")
    model, frame = gallery_model(name.value), task.frame.value
    mine = frame if frame and frame["given"]["result"] == name.value else None

    def choose(chosen: str) -> None:
        wrong.set("")
        name.set(chosen)

    def begin() -> None:
        wrong.set("")
        task.run(result=name.peek())

    solara.use_effect(lambda: begin() if known else None, [])
    use_shortcuts(state, {"r": ("reproduce", begin)}, lambda: f"name={name.peek()}")
    with Panel("Published results, reproduced", wide=True):
        with Row():
            titles = [(each, gallery_model(each).title) for each in gallery()]
            SelectField("result", name.value, titles, choose, wide=True)
            ActionButton("Reproduce", begin, look="primary", shortcut="r",
                         hint="the quick version, seed 1")  # fmt: skip
            if task.playing.value:
                ActionButton("Stop", task.stop)
        Note(f"Source: {model.source}.")
        ErrorLine(task.error.value or wrong.value or (mine or {}).get("problem", ""))
        if not task.playing.value and (mine is None or "rows" not in mine):
            Note("Press Reproduce: the quick version takes seconds, of some results a minute; "
                 "econsim reproduce runs the full one.")  # fmt: skip
        elif mine is not None and task.playing.value:
            Note(f"{100 * mine['share']:.0f} %: {mine['text']}", live=True)
    Address(query=f"name={name.value}" if mine else "")
    if mine is not None and "rows" in mine:
        _Findings(name.value, mine)
    Pulse(task)


@solara.component
def _Findings(name: str, found: dict[str, Any]) -> None:
    """Table, figure, notes."""
    columns = ["finding", "ours", "95 % interval", "published", "verdict"]
    with Panel("Ours against published", wide=True):
        DataTable(columns, found["rows"], f"findings of {name}, quick version, seed 1")
        for note in found["notes"]:
            Note(note)
        data = base64.b64encode(found["figure"]).decode()
        attributes = {"src": f"data:image/png;base64,{data}", "alt": found["alternative"]}
        rv.Html(tag="img", attributes=attributes, style_="max-width: 100%; background: white")
        with Row():
            Download("CSV", f"{name}.csv", lambda: found["csv"])
            Download("PNG", f"{name}.png", lambda: found["figure"], "image/png")
