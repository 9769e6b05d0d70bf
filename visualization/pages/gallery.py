"""Gallery: every reproduced result, ours against published, with its figure."""

import base64
from collections.abc import Callable
from typing import Any

import reacton.ipyvuetify as rv
import solara
import solara.lab

from econsim.experiments.reproduce import gallery, gallery_model
from econsim.palette import LIGHT
from econsim.visualization.engines.session import Task
from econsim.visualization.pages.state import State, use_shortcuts, use_task
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
    frame = task.frame.value
    mine = frame if frame and frame["given"]["result"] == name.value else None

    def begin() -> None:
        wrong.set("")
        task.run(result=name.peek())

    solara.use_effect(lambda: begin() if known else None, [])
    use_shortcuts(state, {"r": ("reproduce", begin)}, lambda: f"name={name.peek()}")
    with Panel("Published results, reproduced", wide=True):
        _choice(name, wrong, begin, task)
        Note(f"Source: {gallery_model(name.value).source}.")
        ErrorLine(task.error.value or wrong.value or (mine or {}).get("problem", ""))
        _progress(task, mine)
    Address(query=f"name={name.value}" if mine else "")
    if mine is not None and "rows" in mine:
        _Findings(name.value, mine)
    Pulse(task)


def _choice(name: Any, wrong: Any, begin: Callable[[], None], task: Task) -> None:
    """Which result, and the buttons that begin and stop."""

    def choose(chosen: str) -> None:
        wrong.set("")
        name.set(chosen)

    with Row():
        titles = [(result, gallery_model(result).title) for result in gallery()]
        SelectField("result", name.value, titles, choose, wide=True)
        ActionButton("Reproduce", begin, look="primary", shortcut="r",
                     hint="the quick version, seed 1")  # fmt: skip
        if task.playing.value:
            ActionButton("Stop", task.stop)


def _progress(task: Task, mine: dict[str, Any] | None) -> None:
    """How far it is, or what to do."""
    if not task.playing.value and (mine is None or "rows" not in mine):
        Note("Press Reproduce: the quick version takes seconds, of some results a minute; "
             "econsim reproduce runs the full one.")  # fmt: skip
    elif mine is not None and task.playing.value:
        Note(f"{100 * mine['share']:.0f} %: {mine['text']}", live=True)


@solara.component
def _Findings(name: str, frame: dict[str, Any]) -> None:
    """Table, figure, notes."""
    columns = ["finding", "kind", "ours", "95 % interval", "published", "margin", "verdict"]
    with Panel("Ours against published", wide=True):
        DataTable(columns, frame["rows"], f"findings of {name}, quick version, seed 1")
        Note("Reproduced: the whole interval is within the margin of what was published. Differs: "
             "none of it is. Undecided: part of it is, as often in the quick version.")  # fmt: skip
        for note in frame["notes"]:
            Note(note)
        data = base64.b64encode(frame["figure"]).decode()
        attributes = {"src": f"data:image/png;base64,{data}", "alt": frame["alternative"]}
        rv.Html(
            tag="img", attributes=attributes, style_=f"max-width: 100%; background: {LIGHT.surface}"
        )
        with Row():
            Download("CSV", f"{name}.csv", lambda: frame["csv"])
            Download("PNG", f"{name}.png", lambda: frame["figure"], "image/png")
