"""A process of its own for each market that somebody watches.

The process alone owns the model. It takes commands and gives snapshots: small dictionaries that
nobody changes, never agents. The next one is sent when the last was acknowledged, which the browser
does once it has painted it, and at most ten times a second: a slow browser slows nobody else, and
the model runs at its own speed in between.

What runs in it is a `Worker`; `Engine` is the handle that the server holds.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import count
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from econsim.errors import EconsimError

INTERVAL = 0.1
PATIENCE = 2.0  # seconds until an unacknowledged frame is taken for lost, as in a hidden tab
ANSWER = 60.0
PRELOAD = ["econsim.visualization.engines.market", "econsim.visualization.engines.task"]


class Worker(Protocol):
    """What an engine runs; it is made in the engine's process."""

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """Do what a page asks for; what it returns goes to those who asked."""

    def ahead(self) -> int:
        """Steps to make by itself before it rests, as a permalink wants."""

    def step(self) -> bool:
        """Make a step; False when there is nothing left to do."""

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """What to show now; ``resting`` when no step is to follow."""


class Loop:
    """The engine's own side: steps, commands and snapshots in turn."""

    def __init__(self, connection: Connection, worker: Worker):
        self.connection, self.worker = connection, worker
        self.budget: float = worker.ahead()
        self.pace: float = 0.0
        self.frame = self.acknowledged = self.steps = self.heard = 0
        self.changed, self.ended = True, False
        self.due = self.sent = self.counted = 0.0
        self.rate = 0.0

    def run(self) -> None:
        """Until nobody is at the other end."""
        try:
            while True:
                while self.connection.poll(self._wait()):
                    self._take(*self.connection.recv())
                if self.budget > 0 and time.monotonic() >= self.due:
                    self._step()
                self._publish()
        except (EOFError, OSError):
            return

    def _wait(self) -> float:
        """Seconds until there is something to do."""
        now = time.monotonic()
        until = [now + PATIENCE]
        if self.budget > 0:
            until.append(self.due)
        if self.changed:
            until.append(self._publish_at())
        return max(min(until) - now, 0.0)

    def _publish_at(self) -> float:
        seen = self.acknowledged >= self.frame
        return self.sent + (INTERVAL if seen else PATIENCE)

    def _take(self, verb: str, *given: Any) -> None:
        if verb == "acknowledge":
            self.acknowledged = max(self.acknowledged, *given)
            return
        self.changed, self.heard = True, self.heard + 1
        if verb == "play":
            self.budget, self.due = float("inf"), time.monotonic()
        elif verb == "pause":
            self.budget = 0
        elif verb == "step":
            self.budget, self.due = (self.budget if self.budget < 1e9 else 0) + given[0], 0.0
        elif verb == "pace":
            self.pace, self.due = given[0], time.monotonic()
        else:
            self._do(*given)

    def _do(self, ticket: int, name: str, given: dict[str, Any]) -> None:
        """A command of the worker's; its answer, or its error."""
        answer = self._guarded(lambda: self.worker.command(name, given))
        self.connection.send(("answer", ticket, *answer))
        if answer[1]:
            self.connection.send(("error", answer[1]))
        elif name == "reset":
            self.budget, self.due, self.ended = self.worker.ahead(), 0.0, False

    def _step(self) -> None:
        more, problem = self._guarded(self.worker.step)
        now = time.monotonic()
        self.budget = self.budget - 1 if more else 0
        if problem:
            self.connection.send(("error", problem))
        self.ended = more is False
        self.steps += 1
        self.changed = True
        self.due = max(self.due + 1 / self.pace, now) if self.pace else now

    def _guarded(self, act: Callable[[], Any]) -> tuple[Any, str]:
        """What it returns, and no error; or None and the error in one line."""
        try:
            return act(), ""
        except EconsimError as error:
            return None, " ".join(str(error).split())
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return None, " ".join(f"{type(error).__name__}: {error}".split())

    def _publish(self) -> None:
        now = time.monotonic()
        if not self.changed or now < self._publish_at():
            return
        self._measure(now)
        playing = self.budget > 0
        content, problem = self._guarded(lambda: self.worker.snapshot(not playing))
        self.changed, self.sent = False, now
        if problem:  # the page keeps what it shows
            self.budget = 0
            self.connection.send(("error", problem))
            return
        self.frame += 1
        state = {
            "playing": playing, "rate": self.rate, "pace": self.pace, "ended": self.ended,
            "heard": self.heard,
        }  # fmt: skip
        self.connection.send(("frame", self.frame, {**state, **content}))

    def _measure(self, now: float) -> None:
        """Steps a second, over at least half a second."""
        if now - self.counted >= 0.5:
            self.rate = self.steps / (now - self.counted)
            self.steps, self.counted = 0, now


@cache
def processes() -> Any:
    """How engines are started.

    A fresh interpreter imports the library once and is forked for each engine, which takes
    milliseconds where a fresh interpreter for each would take more than a second; it has no threads
    and no model. Where there is no fork, each engine gets an interpreter of its own.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


def warm() -> None:
    """Have the library imported before the first visitor asks."""
    if processes().get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def serve(connection: Connection, worker: str, options: dict[str, Any]) -> None:
    """What an engine's process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it, by hanging up
    if hasattr(os, "nice"):
        os.nice(10)  # pages answer first, however many engines play
    module, _, name = worker.partition(":")
    try:
        made = getattr(import_module(module), name)(**options)
    except Exception as error:
        connection.send(("failed", " ".join(f"{error}".split())))
        return
    Loop(connection, made).run()


class Engine:
    """The server's handle on an engine's process.

    Parameters
    ----------
    worker : str
        ``module:class`` of the `Worker`.
    options : dict
        Keywords of its constructor.
    on_frame : callable
        Gets the number and content of each frame, in a thread of the engine's.
    on_error : callable
        Gets a line of text.

    Attributes
    ----------
    closed : bool
        Whether it is gone, or was told to go.
    sent : int
        Commands sent; a frame's ``heard`` says how many of them came before it.
    """

    def __init__(
        self,
        worker: str,
        options: dict[str, Any],
        on_frame: Callable[[int, dict[str, Any]], None],
        on_error: Callable[[str], None],
    ):
        self._on_frame, self._on_error = on_frame, on_error
        self._sending, self._tickets = threading.Lock(), count(1)
        self._answers: dict[int, SimpleQueue] = {}
        self.closed, self.sent = False, 0
        context = processes()
        self._connection, other = context.Pipe()
        self.process = context.Process(
            target=serve, args=(other, worker, options), name="econsim-engine", daemon=True
        )
        self.process.start()
        other.close()
        threading.Thread(target=self._pump, name="econsim-pump", daemon=True).start()

    def send(self, verb: str, *given: Any) -> None:
        """Send a command; one to an engine that is gone is lost."""
        try:
            with self._sending:
                self.sent += verb != "acknowledge"
                self._connection.send((verb, *given))
        except (OSError, ValueError):
            pass

    def do(self, name: str, /, **given: Any) -> int:
        """Ask the worker for something, and do not wait; returns the ticket of the answer."""
        ticket = next(self._tickets)
        self.send("do", ticket, name, given)
        return ticket

    def ask(self, name: str, /, **given: Any) -> Any:
        """Ask the worker for something, and wait for it; None if it failed."""
        answer: SimpleQueue = SimpleQueue()
        ticket = next(self._tickets)
        self._answers[ticket] = answer
        self.send("do", ticket, name, given)
        try:
            return None if self.closed else answer.get(timeout=ANSWER)
        except Empty:
            return None
        finally:
            self._answers.pop(ticket, None)

    def close(self) -> None:
        """End the process; returns at once, and the pump sees it off."""
        self.closed = True
        self.process.terminate()

    def _pump(self) -> None:
        """Take what the engine sends until it is gone, then bury it."""
        try:
            while True:
                self._receive(*self._connection.recv())
        except (EOFError, OSError):
            pass
        self.process.join(PATIENCE)
        self.process.kill()
        self.process.join()
        with self._sending:
            self._connection.close()
        expected, self.closed = self.closed, True
        for answer in list(self._answers.values()):
            answer.put(None)
        if not expected:
            self._on_error(f"the engine stopped (exit code {self.process.exitcode}): press Reset")

    def _receive(self, kind: str, *given: Any) -> None:
        """Hand on what came; a page that fails to take it stops nobody."""
        try:
            self._deliver(kind, *given)
        except Exception:
            if not self.closed:  # else the page is being taken down
                traceback.print_exc(file=sys.stderr)

    def _deliver(self, kind: str, *given: Any) -> None:
        if kind == "answer":
            ticket, value, _ = given
            if ticket in self._answers:
                self._answers[ticket].put(value)
        elif self.closed:
            return
        elif kind == "frame":
            self._on_frame(*given)
        else:
            self.closed = kind == "failed"
            self._on_error(*given)
