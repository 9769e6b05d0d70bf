"""The numbers behind Compare, Equilibrium and Gallery, without a browser."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import solara

from econsim.equilibrium import certify
from econsim.errors import ParameterError
from econsim.experiments.compare import compare
from econsim.metrics import METRICS
from econsim.visualization import equilibrium_model as model
from econsim.visualization.compare_engine import CompareWorker, Plan
from econsim.visualization.engine import Engine
from econsim.visualization.task_engine import TASKS, WORKER, TaskWorker
from econsim.visualization.widgets import Boundary


def parts(widget):
    """A widget and all in it."""
    yield widget
    for child in getattr(widget, "children", []):
        if not isinstance(child, str):
            yield from parts(child)


def words(widget):
    return [
        child
        for each in parts(widget)
        for child in getattr(each, "children", [])
        if isinstance(child, str)
    ]


def test_a_page_that_cannot_be_drawn_is_a_line_and_can_be_tried_again():
    broken = [True]

    @solara.component
    def page(word):
        if broken[0]:
            raise ValueError(f"no {word}\nand more")
        solara.Text(f"drawn: {word}")

    box, context = solara.render(Boundary(page, "welcome"), handle_error=False)
    try:
        assert words(box) == ["This page cannot be shown. ValueError: no welcome and more"]
        broken[0] = False
        next(each for each in parts(box) if getattr(each, "label", "") == "Try again").vue_press(
            None
        )
        assert words(box) == ["drawn: welcome"]
    finally:
        context.close()


def test_a_comparison_is_that_of_the_library():
    plan = Plan("agents", ("fixed", "vickrey", "first-price"), buyers=120, rounds=5, seed=7)
    worker = CompareWorker(plan, replications=4)
    while worker.step():
        pass
    expected = compare("agents", plan.pricing, replications=4, rounds=5, rng=7, buyers=120)
    pd.testing.assert_frame_equal(worker.frame(), expected.runs, check_dtype=False)
    pd.testing.assert_frame_equal(worker.shading, expected.shading)
    shown = worker.snapshot(resting=True)
    gaps = expected.differences().set_index(["pricing", "metric"])
    for text in plan.pricing[1:]:
        for name in METRICS:
            mean, low, high = shown["gaps"][text][name]
            row = gaps.loc[(text, name)]
            assert [mean, low, high] == pytest.approx(
                [row["mean"], row["low"], row["high"]], nan_ok=True
            )
        paths = shown["paths"][text]["welfare"]
        assert len(paths) == 4
        assert paths[-1] == pytest.approx(shown["gaps"][text]["welfare"])
    assert worker.csv().count("\n") == 1 + 12
    assert worker.png().startswith(b"\x89PNG")


def test_a_run_is_paused_in_its_midst_and_goes_on_as_if_it_had_not(monkeypatch):
    plan = Plan("agents", ("fixed", "vickrey"), buyers=50, rounds=6, seed=2)
    whole, sliced = CompareWorker(plan, 2), CompareWorker(plan, 2)
    while whole.step():
        pass
    monkeypatch.setattr("econsim.visualization.compare_engine.SLICE", 0.0)
    slices = 1
    while sliced.step():
        slices += 1
    assert slices >= 2 * 2 * 6
    pd.testing.assert_frame_equal(sliced.frame(), whole.frame())
    assert repr(sliced.snapshot(True)) == repr(whole.snapshot(True))


def test_what_is_downloaded_has_complete_replications_only(monkeypatch):
    worker = CompareWorker(Plan("agents", ("fixed", "vickrey"), buyers=50, rounds=2, seed=2), 9)
    while len(worker.rows) < 7:
        worker.step()
    assert worker.done == 3
    assert worker.csv().count("\n") == 1 + 3 * 2
    mean = worker.frame().query("pricing == 'fixed'")["welfare"].mean()
    assert worker.snapshot(True)["means"]["fixed"]["welfare"][0] == pytest.approx(mean)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pricing": ("fixed",)}, "pricing"),
        ({"pricing": ("fixed", "fixed")}, "pricing"),
        ({"pricing": ("fixed", "barter")}, "pricing"),
        ({"buyers": 0}, "buyers"),
        ({"rounds": 10**6}, "rounds"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_plans_are_refused(changes, field):
    with pytest.raises(ParameterError, match=field):
        CompareWorker(Plan(**changes))


@pytest.mark.parametrize("name", model.PRESETS)
def test_every_preset_searches_as_its_title_says(name):
    found = model.search(replace(model.usual(name), iterations=3000))
    assert len(found.path) <= 3001
    assert found.prices.sum(axis=1) == pytest.approx(1)
    assert len(found.prices) <= model.SHOWN
    assert found.verdict.startswith("not converged" if name == "scarf" else "converged")


@pytest.mark.parametrize(("name", "count"), [("two goods", 1), ("three equilibria", 3)])
def test_boxes_hold_what_theory_says(name, count):
    box = model.box(model.usual(name))
    assert len(box.equilibria) == count
    economy = model.economy(model.usual(name))
    for point, line in zip(box.equilibria, box.budgets, strict=True):
        near = np.abs(box.contract - point).sum(axis=1).min()
        assert near < 0.02 * box.width  # efficient (first welfare theorem)
        (x0, y0), (x1, y1) = line
        ratio = -(y1 - y0) / (x1 - x0)
        prices = np.array([ratio, 1.0]) / (1 + ratio)
        bundles = np.array([point, economy.supply - point])
        assert certify(economy, prices, bundles, tol=1e-3).holds
    assert model.box(model.usual("scarf")) is None
    assert model.box(model.usual("fisher")) is None


@pytest.mark.parametrize("sigma", [0.05, 0.2, 0.95, 1.0, 1.5, 6.0])
@pytest.mark.parametrize("name", ["two goods", "three equilibria"])
def test_the_slider_finds_a_box_everywhere(name, sigma):
    box = model.box(replace(model.usual(name), elasticity=sigma))
    assert np.isfinite(box.contract).all()
    for x, y in box.equilibria:  # first welfare theorem
        assert np.interp(x, *box.contract.T) == pytest.approx(y, abs=0.02 * box.height)


def test_a_reproduction_runs_beside_its_progress():
    worker = TaskWorker("reproduce", result="scarf")
    end = time.monotonic() + 60
    while worker.step() and time.monotonic() < end:
        assert 0 <= worker.snapshot(resting=False)["share"] <= 1
    shown = worker.snapshot(resting=True)
    assert shown["problem"] == ""
    assert shown["figure"].startswith(b"\x89PNG")
    assert {row[-1] for row in shown["rows"]} <= {"reproduced", "differs", "not published"}
    assert shown["csv"].startswith("finding,")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "reproduce", "result": "phlogiston"}, "phlogiston"),
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
