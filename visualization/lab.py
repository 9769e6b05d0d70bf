"""The Auction lab: every mechanism on the same bids, what a bid is worth, bundles, audits."""

from typing import Any
from urllib.parse import urlencode

import solara

from econsim.auctions.subjects import SUBJECTS
from econsim.errors import EconsimError
from econsim.visualization import lab_model
from econsim.visualization.charts import Line, Path, bars, paths
from econsim.visualization.session import State, Task, use_shortcuts, use_task
from econsim.visualization.task_engine import SAMPLES
from econsim.visualization.widgets import (
    ActionButton,
    Chart,
    DataTable,
    Download,
    ErrorLine,
    Grid,
    Note,
    NumberField,
    Panel,
    Pulse,
    Row,
    SelectField,
    SliderField,
    TextField,
    UploadField,
    parsed,
)

START = "52, 91, 40, 68"


@solara.component
def Page(state: State) -> None:
    """The page."""
    dark = solara.lab.use_dark_effective()
    first, wrong = solara.use_memo(lambda: _opening(state), [])
    typed, seed = solara.use_reactive(first[0]), solara.use_reactive(1)
    reserve, units = solara.use_reactive(first[1]), solara.use_reactive(first[2])
    error = solara.use_reactive(wrong)
    bids: list[float] = solara.use_memo(
        lambda: _read(typed.value, error), [typed.value]
    )  # fmt: skip

    def draw() -> None:
        count = min(max(len(typed.peek().replace(",", " ").split()), 2), 50)
        typed.set(", ".join(f"{bid:g}" for bid in lab_model.drawn(count, seed.peek())))
        seed.set(seed.peek() + 1)

    def link() -> str:
        return urlencode({"bids": typed.peek(), "reserve": reserve.peek(), "units": units.peek()})

    use_shortcuts(state, {"b": ("draw bids", draw)}, link)
    ErrorLine(error.value)
    with Panel("Bids", wide=True):
        with Row():
            TextField("bids, one a bidder", typed.value, typed.set, wide=True)
        with Row():
            NumberField("reserve", reserve.value, reserve.set, low=0, high=1e12,
                        on_error=error.set)  # fmt: skip
            NumberField("units", units.value, units.set, low=1, high=50, whole=True,
                        on_error=error.set)  # fmt: skip
            ActionButton("Draw bids", draw, shortcut="b")
    if bids:
        with Grid():
            _Mechanisms(bids, reserve.value, units.value, dark)
            _OwnBid(bids, reserve.value, units.value, dark)
            _TwoSided(bids)
            _Bundles()
            _Audit(state)


def _opening(state: State) -> tuple[tuple[str, float, int], str]:
    """Bids, reserve and units that a link asks for, and what is wrong with it."""
    asked = state.opened("lab")
    try:
        lab_model.amounts("bids", asked.get("bids", START))
        reserve = parsed("reserve", asked.get("reserve", 0), 0, 1e12, False)
        units = parsed("units", asked.get("units", 1), 1, 50, True)
        return (asked.get("bids", START), reserve, units), ""
    except EconsimError as error:
        return (START, 0.0, 1), str(error)


def _read(text: str, error: Any) -> list[float]:
    """The bids that were typed; what is wrong with them goes to the error line."""
    try:
        found = lab_model.amounts("bids", text)
        error.set("" if found else "bids: type at least one number")
        return found
    except EconsimError as problem:
        error.set(str(problem))
        return []


@solara.component
def _Mechanisms(bids: list[float], reserve: float, units: int, dark: bool) -> None:
    """Allocation and payments of every one-sided mechanism."""
    outcomes = lab_model.sealed(bids, reserve, units)
    names = [outcome.name for outcome in outcomes]
    rows: list[list[Any]] = [["winners", *(_listed(o.winners) for o in outcomes)]]
    rows += [
        [f"bidder {k + 1} ({bid:g}) pays", *(outcome.payments[k] for outcome in outcomes)]
        for k, bid in enumerate(bids)
    ]
    rows.append(["revenue", *(outcome.revenue for outcome in outcomes)])
    labels = [f"bidder {k + 1}" for k in range(len(bids))]
    with Panel("Every mechanism at once", wide=True):
        DataTable(["", *names], rows, "winners and payments by mechanism")
        Chart(
            bars(labels, [Line(outcome.name, outcome.payments) for outcome in outcomes],
                 x_label="", y_label="payment", dark=dark,
                 description="payments of each bidder under each mechanism")
        )  # fmt: skip
        with Row():
            Download("CSV", "payments.csv", lambda: lab_model.payments_csv(bids, outcomes))
            Download("PNG", "payments.png", lambda: lab_model.payments_png(outcomes), "image/png")


def _listed(winners: list[int]) -> str:
    return ", ".join(str(winner + 1) for winner in winners) or "nobody"


@solara.component
def _OwnBid(bids: list[float], reserve: float, units: int, dark: bool) -> None:
    """Drag one bid, and watch what it gains under every mechanism."""
    bidder = solara.use_reactive(f"bidder {bids.index(max(bids)) + 1}")
    place = min(int(bidder.value.split()[1]) - 1, len(bids) - 1)
    value, bid = solara.use_reactive(bids[place]), solara.use_reactive(bids[place])
    error = solara.use_reactive("")
    rules, top = lab_model.rules(units), 1.25 * max([*bids, value.value, 1.0])
    curves = {
        name: lab_model.utility_curve(rule, bids, place, value.value, reserve)
        for name, rule in rules.items()
    }
    drawn = [
        Path(name, list(zip(*map(list, curve), strict=True))) for name, curve in curves.items()
    ]
    gained = {
        name: lab_model.utility(rule, bids, place, value.value, bid.value, reserve)
        for name, rule in rules.items()
    }
    here = Path("your bid", [(bid.value, each) for each in gained.values()], joined=False)
    with Panel("What a bid is worth", wide=True):
        with Row():
            choices = [f"bidder {k + 1}" for k in range(len(bids))]
            SelectField("you are", choices[place], choices, bidder.set)
            NumberField("your value", value.value, value.set, low=0, high=1e12,
                        on_error=error.set)  # fmt: skip
            SliderField("your bid", bid.value, bid.set, low=0, high=round(top, 2),
                        step=round(top / 200, 4))  # fmt: skip
        ErrorLine(error.value)
        Chart(
            paths([*drawn, here], x_label="your bid", y_label="utility", dark=dark,
                  description="utility of one bidder by its bid under each mechanism"),
            height=300,
        )  # fmt: skip
        rows = [
            [name, gained[name], lab_model.lesson(rules[name], bids, place, value.value, reserve)]
            for name in rules
        ]
        DataTable(["mechanism", f"a bid of {bid.value:g} gains", "truth or not"], rows,
                  "utility of your bid, and of the best one")  # fmt: skip


@solara.component
def _TwoSided(bids: list[float]) -> None:
    """The bids against asks, in the double auctions."""
    typed, error = solara.use_reactive("20, 35, 60, 80"), solara.use_reactive("")
    rows: list[list[Any]] = []
    try:
        asks = lab_model.amounts("asks", typed.value)
        rows = [list(row) for row in lab_model.double(bids, asks)]
        problem = ""
    except EconsimError as refused:
        problem = str(refused)
    solara.use_effect(lambda: error.set(problem), [problem])
    with Panel("Against sellers: double auctions"):
        TextField("asks, one a seller", typed.value, typed.set, wide=True)
        ErrorLine(error.value)
        columns = ["mechanism", "trades", "buyers pay", "sellers receive", "surplus (deficit)"]
        DataTable(columns, rows, "two-sided mechanisms on these bids and asks")


@solara.component
def _Bundles() -> None:
    """Combinatorial auctions from a CATS file."""
    task, error = use_task("bundles"), solara.use_reactive("")

    def take(given: Any) -> None:
        try:
            content = lab_model.uploaded(**given)
            error.set("")
            task.run(file=given["name"], content=content)
        except EconsimError as problem:
            error.set(str(problem))

    def sample() -> None:
        error.set("")
        task.run(file="sample.txt", content=lab_model.sample())

    with Panel("Bundles: a CATS file"):
        limit = f"{lab_model.MOST_BYTES // 1024} KiB, {lab_model.MOST_BUNDLES} bids"
        Note(f"Clarke and core payments for bids on bundles. At most {limit}.")
        words = "a CATS file: choose one, or drop it here"
        UploadField(label=words, limit=lab_model.MOST_BYTES, event_chosen=take)
        with Row():
            ActionButton("Try a sample", sample)
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
def _Audit(state: State) -> None:
    """What a search for counterexamples says of each mechanism."""
    asked = state.opened("lab").get("audit", "")
    target: Any = solara.use_reactive(asked if asked in SUBJECTS else "")
    task = use_task("audit")

    def search() -> None:
        task.run(target=target.value) if target.value else task.stop()

    solara.use_effect(search, [target.value])
    with Panel("Try to break a mechanism"):
        Note(f"Searches {SAMPLES} small markets for a profitable lie, a deficit, envy.")
        SelectField("mechanism", target.value, [("", "choose one"), *SUBJECTS], target.set)
        found = _Progress(task)
        if target.value and "rows" in found and found["given"]["target"] == target.value:
            columns = ["property", "claimed", "verdict", "worst"]
            DataTable(columns, found["rows"], f"audit of {target.value}")
            for story in found["stories"]:
                Note(story)
