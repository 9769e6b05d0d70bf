"""A comparison in its engine is the library's."""

import numpy as np
import pandas as pd
import pytest

from econsim.errors import ParameterError
from econsim.experiments.compare import compare
from econsim.metrics import METRICS
from econsim.stats import differences
from econsim.visualization.engines.compare import CompareWorker, Plan


def test_a_comparison_is_that_of_the_library():
    plan = Plan("agents", ("fixed", "vickrey", "first-price"), buyers=120, rounds=5, seed=7)
    worker = CompareWorker(plan, replications=4)
    while worker.step():
        pass
    expected = compare(
        "agents", plan.pricing, replications=4, rounds=5, rng=7, buyers=120, warmup=0
    )
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


def test_models_are_labelled_by_their_canonical_text():
    pricing = ("subscription( term=7 )", "vickrey:0.5,fixed:.5")
    worker = CompareWorker(Plan("agents", pricing, buyers=60, rounds=2, seed=3), 2)
    while worker.step():
        pass
    labels = ("subscription(term=7)", "vickrey:0.5,fixed:0.5")
    assert worker.plan.pricing == labels
    expected = compare("agents", pricing, replications=2, rounds=2, rng=3, buyers=60, warmup=0).runs
    pd.testing.assert_frame_equal(worker.frame(), expected, check_dtype=False)


def test_stars_are_joint_over_the_models():
    pricing = ("fixed", "perunit", "vickrey")
    worker = CompareWorker(Plan("agents", pricing, buyers=60, rounds=2), 6)
    assert worker.snapshot(True)["marked"] == {"perunit": [], "vickrey": []}
    noise = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    # t = 2.74 and 2.68 with 5 degrees of freedom: p = .041 and .044, twice the first is over .05.
    welfare = dict(zip(pricing, (0 * noise, noise + 1.2, noise + 1.225), strict=True))
    metrics = dict.fromkeys(METRICS, 1.0)
    worker.rows = [
        {"pricing": text, "replication": r, "seed": r, **metrics, "welfare": welfare[text][r]}
        for r in range(6)
        for text in pricing
    ]
    worker._grow()
    shown = worker.snapshot(True)
    mean, low, _ = shown["gaps"]["perunit"]["welfare"]
    assert mean > low > 0
    assert shown["marked"] == {"perunit": [], "vickrey": []}
    expected = differences(np.column_stack(list(welfare.values())), pricing)
    assert not expected["marked"].any()
    for row in worker.rows:
        row["revenue"] = 2.0 * (row["pricing"] == "vickrey")
    worker._grow()
    assert worker.snapshot(True)["marked"] == {"perunit": [], "vickrey": ["revenue"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pricing": ("fixed",)}, "pricing"),
        ({"pricing": ("fixed", "fixed")}, "pricing"),
        ({"pricing": ("subscription", "subscription(term=10)")}, "different pricing models"),
        ({"pricing": ("fixed", "this:Zen")}, "pricing"),
        ({"pricing": ("fixed",) * 99}, "pricing"),
        ({"pricing": ("fixed", "barter")}, "pricing"),
        ({"buyers": 0}, "buyers"),
        ({"rounds": 10**6}, "rounds"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_plans_are_refused(changes, field):
    with pytest.raises(ParameterError, match=field):
        CompareWorker(Plan(**changes))
