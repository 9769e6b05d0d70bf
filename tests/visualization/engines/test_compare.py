"""A comparison in its engine is the library's."""

import pandas as pd
import pytest

from econsim.errors import ParameterError
from econsim.experiments.compare import compare
from econsim.metrics import METRICS
from econsim.visualization.engines.compare import CompareWorker, Plan


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
    monkeypatch.setattr("econsim.visualization.engines.compare.SLICE", 0.0)
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
