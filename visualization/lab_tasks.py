"""The Auction lab's long jobs: bundles of a CATS file, and audits."""

from typing import Any

import solara

from econsim.audit import target_names
from econsim.errors import EconsimError
from econsim.visualization import lab_model
from econsim.visualization.session import Task, use_task
from econsim.visualization.task_engine import SAMPLES
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
    TextField,
    UploadField,
)


@solara.component
def Bundles(typed: Any, begin: bool) -> None:
    """Combinatorial auctions from a CATS file, or as typed; these at once if `begin`."""
    task, error = use_task("bundles"), solara.use_reactive("")

    def take(given: Any) -> None:
        try:
            content = lab_model.uploaded(**given)
            error.set("")
            task.run(file=given["name"], content=content)
        except EconsimError as problem:
            error.set(str(problem))

    def solve() -> None:
        error.set("")
        task.run(file="typed bids", content=typed.value.encode())

    solara.use_effect(lambda: solve() if begin else None, [])
    with Panel("Bundles: a CATS file", wide=True):
        limit = f"{lab_model.MOST_BYTES // 1024} KiB, {lab_model.MOST_BUNDLES} bids"
        Note(f"Clarke and core payments for bids on bundles. At most {limit}.")
        words = "a CATS file: choose one, or drop it here"
        UploadField(label=words, limit=lab_model.MOST_BYTES, event_chosen=take)
        TextField("or type: number, price, goods, # for each bid; a dummy good of a bidder's own "
                  "joins bids of which it wins one", typed.value, typed.set, kind="textarea",
                  wide=True)  # fmt: skip
        with Row():
            ActionButton("Solve", solve)
            Download("Sample file", "sample.txt", lab_model.sample, "text/plain")
        found = _Progress(task, error.value)
        if found and "rows" in found:
            Note(found["sentence"], live=True)
            columns = ["winner", "goods", "bid", "Clarke pays", "core pays"]
            DataTable(columns, found["rows"], f"winners of {found['given']['file']}")


def _Progress(task: Task, problem: str = "") -> dict[str, Any]:
    """How far a job is, and what went wrong; returns what it found so far."""
    found = task.frame.value or {}
    ErrorLine(problem or task.error.value or found.get("problem", ""))
    if task.playing.value:
        Note(found.get("text", "starting …"), live=True)
        ActionButton("Stop", task.stop)
    Pulse(task)
    return found


@solara.component
def Audit(target: Any) -> None:
    """What a search for counterexamples says of the mechanism that a reactive names."""
    task = use_task("audit")

    def search() -> None:
        task.run(target=target.value) if target.value else task.stop()

    solara.use_effect(search, [target.value])
    with Panel("Try to break a mechanism"):
        Note(f"Searches {SAMPLES} small markets for a profitable lie, a deficit, envy.")
        with Row():
            choices = [("", "choose one"), *target_names()]
            SelectField("mechanism", target.value, choices, target.set)
            ActionButton("Search again", search, disabled=not target.value)
        found = _Progress(task)
        if target.value and "rows" in found and found["given"]["target"] == target.value:
            columns = ["property", "claimed", "verdict", "worst"]
            DataTable(columns, found["rows"], f"audit of {target.value}")
            for story in found["stories"]:
                Note(story)
