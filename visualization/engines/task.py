"""One long job in a process of its own: a reproduction, an audit, an auction of bundles.

It ends with its page, however deep in a solver it is, and at its deadline.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from econsim.audit import audit, target_names
from econsim.digits import NOTHING
from econsim.errors import ParameterError, one_of
from econsim.experiments.reproduce import Finding, gallery, reproduce
from econsim.report import finding_cells
from econsim.visualization.charts.pictures import png
from econsim.visualization.numbers import lab as numbers

WORKER = "econsim.visualization.engines.task:TaskWorker"
SAMPLES = 500  # markets of an audit
Say = Callable[..., None]


class TaskWorker:
    """Does one of `TASKS`; `step` watches while a thread works.

    Parameters
    ----------
    name : str
    ticket : int
        Comes back with every snapshot, so that nobody takes one job's for another's.
    given : dict
        The job's keywords.
    """

    def __init__(self, name: str, ticket: int = 0, **given: Any):
        self.work, self.seconds = TASKS[one_of("task", name, TASKS)]
        self.begun, self.done = time.monotonic(), False
        self.shown: dict[str, Any] = {"ticket": ticket, "given": given, "problem": ""}
        self._say(0.0, "preparing")
        threading.Thread(target=self._run, kwargs=given, daemon=True).start()

    def _say(self, share: float, text: str, **found: Any) -> None:
        self.shown = {**self.shown, "share": share, "text": text, **found}

    def _run(self, **given: Any) -> None:
        try:
            self.work(self._say, **given)
        except Exception as error:
            self._say(0.0, "failed", problem=" ".join(f"{error}".split()))
        self.done = True

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """It takes none: another job is another process."""
        raise ParameterError("command", name, "none of a job's")

    def ahead(self) -> int:
        """As often as it takes."""
        return 10**6

    def step(self) -> bool:
        """Wait a little; False when there is nothing more to come."""
        time.sleep(0.1)
        late = time.monotonic() - self.begun > self.seconds
        if late and not self.done:
            self._say(1.0, "stopped", problem=f"not done in {self.seconds} s: too hard for this")
        return not (self.done or late)

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """Progress, what was found so far, and what went wrong."""
        return {**self.shown, "done": resting}


def _reproduce(say: Say, result: str) -> None:
    """A published result, the quick version with seed 1."""
    made = reproduce(one_of("name", result, gallery()), quick=True, rng=1, progress=say)
    say(
        1.0, "done", rows=[_row(finding) for finding in made.findings], figure=png(made.figure),
        alternative=made.alternative, notes=list(made.notes),
        csv=made.frame().to_csv(index=False),
    )  # fmt: skip


def _row(finding: Finding) -> list[str]:
    """Name and kind; ours, its interval, what was published, the margin; the verdict."""
    return [finding.name, finding.kind or NOTHING, *finding_cells(finding), finding.verdict]


def _audit(say: Say, target: str) -> None:
    """What a search for counterexamples says of a mechanism."""
    report = audit(
        one_of("mechanism", target, target_names()), samples=SAMPLES, seed=1,
        on_market=lambda done, count: say(done / count, f"{done} of {count} markets"),
    )  # fmt: skip
    rows = [
        [row["property"], "yes" if row["claimed"] else "no", row["verdict"], row["worst"]]
        for row in report.table.to_dict("records")
    ]
    stories = [
        f"{counter.property}: {counter.story}" for counter in report.counterexamples.values()
    ]
    say(1.0, "done", rows=rows, stories=stories)


def _bundles(say: Say, file: str, content: bytes) -> None:
    """Clarke payments of a CATS file, then core payments."""
    bids = numbers.cats(file, content)
    say(0.0, f"{len(bids)} bids of {bids.bidders} bidders: solving …")
    for rows, sentence, text in numbers.bundles(bids):
        say(0.5, text, rows=rows, sentence=sentence)


TASKS: dict[str, tuple[Callable[..., None], float]] = {
    "reproduce": (_reproduce, 600),
    "audit": (_audit, 120),
    "bundles": (_bundles, 60),
}
