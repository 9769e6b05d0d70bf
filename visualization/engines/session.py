"""A browser session's side of its engine: starts it, takes its frames, and lets go of it.

Nothing here lives at module level: every visitor has a `Session` of its own.
"""

import threading
from typing import Any

import solara

from econsim.visualization.engines.engine import Engine
from econsim.visualization.engines.task import WORKER


class Session:
    """One engine at a time, and what it last said.

    Parameters
    ----------
    worker : str
        ``module:class`` of what the engine runs.

    Attributes
    ----------
    frame : solara.Reactive
        The last snapshot with ``number``, ``playing``, ``rate``, ``pace`` and ``ended``; None
        before the first.
    playing : solara.Reactive
        Whether the engine makes steps; changes only when that does.
    busy : solara.Reactive
        Whether a command was sent that no frame has answered yet.
    steady : solara.Reactive
        The part of the snapshot that rarely changes, ``snapshot["steady"]``; {} before the first.
    error : solara.Reactive
        A line of text, empty if all is well.
    pace : float
        Steps a second when it plays; 0 is as fast as it can.
    """

    def __init__(self, worker: str):
        self.worker = worker
        self.frame: Any = solara.Reactive(None)
        self.playing: Any = solara.Reactive(False)
        self.busy: Any = solara.Reactive(False)
        self.steady: Any = solara.Reactive({})
        self.error: Any = solara.Reactive("")
        self.pace = 0.0
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether there is an engine."""
        return self._engine is not None and not self._engine.closed

    def start(self, **options: Any) -> None:
        """Start an engine if there is none; `options` are its worker's keywords."""
        with self._lock:
            if not self.running:
                self.error.set("")
                self._engine = Engine(self.worker, options, self._framed, self._failed)
                self._engine.send("pace", self.pace)

    def stop(self) -> None:
        """Let go of the engine; its process is gone soon after."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
            self._engine = None
        self.playing.set(False)
        self.busy.set(False)

    def reset(self, **options: Any) -> None:
        """Start the worker anew, in the same process if there still is one."""
        if self.running:
            self.error.set("")
            self.do("reset", **options)
        else:
            self.start(**options)

    def _framed(self, number: int, content: dict[str, Any]) -> None:
        self.frame.set({"number": number, **content})
        engine = self._engine
        if engine is not None and content["heard"] == engine.sent:  # no news is on its way
            self.playing.set(content["playing"])
            self.busy.set(False)
        self.steady.set(content.get("steady", {}))

    def _failed(self, text: str) -> None:
        self.error.set(text)
        self.playing.set(False)
        self.busy.set(False)

    def send(self, verb: str, *given: Any) -> None:
        """A command of the engine's own: play, pause, step, pace, acknowledge."""
        engine = self._engine
        if engine is not None and not engine.closed:
            if verb in ("play", "step"):
                self.busy.set(True)
            engine.send(verb, *given)

    def do(self, name: str, /, **given: Any) -> None:
        """A command of the worker's."""
        engine = self._engine
        if engine is not None and not engine.closed:  # else what ended it stays in sight
            self.error.set("")
            self.busy.set(True)
            engine.do(name, **given)

    def ask(self, name: str, /, **given: Any) -> Any:
        """A command of the worker's, and its answer; None without one."""
        engine = self._engine
        return None if engine is None else engine.ask(name, **given)

    def play(self) -> None:
        """As fast as it can, or as its pace says."""
        if self.running:
            self.playing.set(True)
            self.send("play")

    def pause(self) -> None:
        """After the step that it is in."""
        self.playing.set(False)
        self.send("pause")

    def toggle(self) -> None:
        """Play, or pause."""
        self.pause() if self.playing.peek() else self.play()

    def step(self) -> None:
        """One step, then rest."""
        self.send("step", 1)

    def hurry(self, pace: float) -> None:
        """Play at `pace` steps a second, or as fast as it can at 0; other engines will, too."""
        self.pace = pace
        self.send("pace", pace)


class Task(Session):
    """One job at a time in a process of its own, of `econsim.visualization.engines.task`.

    Parameters
    ----------
    name : str
        The job's.

    Attributes
    ----------
    frame : solara.Reactive
        As of `Session`, with what the job was given and what it found; None when there is none.
    """

    def __init__(self, name: str):
        super().__init__(WORKER)
        self.name, self._ticket = name, 0

    def run(self, **given: Any) -> None:
        """Begin a job; the one before it ends at once."""
        self.stop()
        self._ticket += 1
        self.frame.set(None)
        self.start(name=self.name, ticket=self._ticket, **given)
        self.playing.set(True)

    def _framed(self, number: int, content: dict[str, Any]) -> None:
        if content["ticket"] == self._ticket:
            super()._framed(number, content)
            if content["done"]:
                self.stop()
