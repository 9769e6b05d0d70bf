"""One reproduction in a process of its own, with its progress."""

import io
import threading
from typing import Any

from econsim.errors import one_of
from econsim.experiments.reproduce import Reproduction, gallery, reproduce

WORKER = "econsim.visualization.gallery_engine:GalleryWorker"
COMMANDS = ("reset",)


class GalleryWorker:
    """Reproduces a published result; `step` watches while a thread of its own works."""

    def __init__(self, name: str):
        self.reset(name)

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """One of `COMMANDS`, with its keywords."""
        return getattr(self, one_of("command", name, COMMANDS))(**given)

    def reset(self, name: str) -> None:
        """Begin another reproduction, quick and with seed 1; the one before is left to end."""
        self.name = one_of("model", name, gallery())
        self.share, self.text, self.problem = 0.0, "preparing", ""
        self.found: Reproduction | None = None
        threading.Thread(target=self._work, args=(self.name,), daemon=True).start()

    def _work(self, name: str) -> None:
        def progress(share: float, text: str) -> None:
            if self.name == name:
                self.share, self.text = share, text

        try:
            found = reproduce(name, quick=True, rng=1, progress=progress)
            if self.name == name:
                self.found = found
        except Exception as error:
            self.problem = " ".join(f"{type(error).__name__}: {error}".split())

    def ahead(self) -> int:
        """As often as it takes."""
        return 10**6

    def step(self) -> bool:
        """Wait a little; False when it is done."""
        threading.Event().wait(0.2)
        return self.found is None and not self.problem

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """Progress; and the findings, the figure and the notes once there are any."""
        shown: dict[str, Any] = {
            "name": self.name, "share": self.share, "text": self.text, "problem": self.problem,
            "rows": [], "figure": b"", "notes": [],
        }  # fmt: skip
        if self.found is not None:
            file = io.BytesIO()
            self.found.figure.savefig(file, format="png", dpi=110)
            shown |= {
                "rows": [_row(each) for each in self.found.findings],
                "figure": file.getvalue(),
                "alternative": self.found.alternative,
                "notes": list(self.found.notes),
                "csv": self.found.frame().to_csv(index=False),
            }
        return shown


def _row(each: Any) -> list[Any]:
    ours = each.ours
    exact = ours.low == ours.high
    interval = "exact" if exact else f"{ours.low:.4g} to {ours.high:.4g}"
    printed = each.published.text if each.published else "–"
    return [each.name, float(ours.mean), interval, printed, each.verdict]
