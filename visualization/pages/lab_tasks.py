"""The Auction lab's long jobs: bundles of a CATS file, and audits."""

from typing import Any

import solara

from econsim.audit import target_names
from econsim.errors import EconsimError
from econsim.visualization.engines.session import Task
from econsim.visualization.engines.task import SAMPLES
from econsim.visualization.numbers import lab as numbers
from econsim.visualization.pages.state import use_task
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

LIMIT = f"{numbers.MOST_BYTES // 1024} KiB, {numbers.MOST_BUNDLES} bids"
CHOSEN = "a CATS file: choose one, or drop it here"
TYPED = (
    "or type: number, price, goods, # for each bid; a dummy good of a bidder's own joins bids of "
    "which it wins one"
)


@solara.component
def Bundles(typed: Any, begin: bool) -> None:
    """Combinatorial auctions from a CATS file, or as typed; these at once if `begin`."""
    task, error = use_task("bundles"), solara.use_reactive("")

    def take(file: Any) -> None:
        try:
            content = numbers.uploaded(**file)
            error.set("")
            task.run(file=file["name"], content=content)
        except EconsimError as problem:
            error.set(str(problem))

    def solve() -> None:
        error.set("")
        task.run(file="typed bids", content=typed.value.encode())

    solara.use_effect(lambda: solve() if begin else None, [])
    with Panel("Bundles: a CATS file", wide=True):
        Note(f"Clarke and core payments for bids on bundles. At most {LIMIT}.")
        UploadField(label=CHOSEN, limit=numbers.MOST_BYTES, event_chosen=take)
        TextField(TYPED, typed.value, typed.set, kind="textarea", wide=True)
        with Row():
            ActionButton("Solve", solve)
            Download("Sample file", "sample.txt", numbers.sample, "text/plain")
        _winners(_Progress(task, error.value))


def _winners(solved: dict[str, Any]) -> None:
    """Who wins and pays what, once it is known."""
    if "rows" in solved:
        Note(solved["sentence"], live=True)
        columns = ["winner", "goods", "bid", "Clarke pays", "core pays"]
        DataTable(columns, solved["rows"], f"winners of {solved['given']['file']}")


def _Progress(task: Task, problem: str = "") -> dict[str, Any]:
    """How far a job is, and what went wrong; returns what it job so far."""
    job = task.frame.value or {}
    ErrorLine(problem or task.error.value or job.get("problem", ""))
    if task.playing.value:
        Note(job.get("text", "starting …"), live=True)
        ActionButton("Stop", task.stop)
    Pulse(task)
    return job


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
            choices: list[str | tuple[str, str]] = [("", "choose one"), *target_names()]
            SelectField("mechanism", target.value, choices, target.set)
            ActionButton("Search again", search, disabled=not target.value)
        job = _Progress(task)
        if target.value and "rows" in job and job["given"]["target"] == target.value:
            columns = ["property", "claimed", "verdict", "worst"]
            DataTable(columns, job["rows"], f"audit of {target.value}")
            for story in job["stories"]:
                Note(story)
