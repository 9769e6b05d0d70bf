"""Jobs: their progress, their failures, their deadline and their end."""

import time

import numpy as np
import pytest

from econsim.experiments.reproduce import UNPUBLISHED, VERDICTS
from econsim.visualization.engines.engine import Engine
from econsim.visualization.engines.task import TASKS, WORKER, TaskWorker


def test_a_reproduction_runs_beside_its_progress():
    worker = TaskWorker("reproduce", result="scarf")
    end = time.monotonic() + 60
    while worker.step() and time.monotonic() < end:
        assert 0 <= worker.snapshot(resting=False)["share"] <= 1
    shown = worker.snapshot(resting=True)
    assert shown["problem"] == ""
    assert shown["figure"].startswith(b"\x89PNG")
    assert {row[-1] for row in shown["rows"]} <= {*VERDICTS, UNPUBLISHED}
    assert shown["csv"].startswith("finding,")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "reproduce", "result": "phlogiston"}, "phlogiston"),
        ({"name": "audit", "target": "this:Zen"}, "mechanism = 'this:Zen': must be one of"),
        ({"name": "bundles", "file": "../x.txt", "content": b"hello"}, "x.txt, line 1: a bid"),
    ],
)
def test_a_job_that_fails_is_a_line(given, problem):
    worker = TaskWorker(**given)
    while worker.step():
        pass
    assert problem in worker.snapshot(resting=True)["problem"]
    assert "/tmp" not in worker.snapshot(resting=True)["problem"]


def test_a_job_has_a_deadline(monkeypatch):
    monkeypatch.setitem(TASKS, "endless", (lambda say: time.sleep(5), 0.3))
    worker = TaskWorker("endless")
    while worker.step():
        pass
    assert "not done in 0.3 s" in worker.snapshot(resting=True)["problem"]


def test_a_job_ends_in_the_midst_of_a_solver():
    rng = np.random.default_rng(1)
    rows = (
        "\t".join(map(str, [k, rng.integers(50, 99), *rng.choice(300, 9, replace=False), "#"]))
        for k in range(1500)
    )
    content = ("goods 300\nbids 1500\ndummy 0\n" + "\n".join(rows) + "\n").encode()
    given = {"name": "bundles", "file": "hard.txt", "content": content}
    engine = Engine(WORKER, given, lambda number, frame: None, print)
    time.sleep(3)
    assert engine.process.is_alive()
    engine.close()
    engine.process.join(5)
    assert not engine.process.is_alive()
