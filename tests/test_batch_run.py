"""Mesa's own tools on the marketplace: batch_run, DataCollector, time."""

import mesa
import pandas as pd
import pytest

from econsim.metrics import METRICS
from econsim.models.marketplace import Marketplace

SWEEP = {"buyers": 150, "sellers": [5, 10], "pricing": ["fixed", "vickrey"], "demand_rate": 0.8}


def sweep(processes):
    rows = mesa.batch_run(
        Marketplace, SWEEP, rng=[1, 2], number_processes=processes, max_steps=5,
        data_collection_period=1, display_progress=False,
    )  # fmt: skip
    frame = pd.DataFrame(rows)
    return frame.sort_values(["RunId", "iteration", "Step"]).reset_index(drop=True)


def test_one_and_two_processes_give_equal_results():
    alone = sweep(1)
    assert len(alone) == 2 * 2 * 2 * 5
    assert set(METRICS) <= set(alone.columns)
    assert alone.groupby("RunId")["revenue"].sum().nunique() == 8
    pd.testing.assert_frame_equal(alone, sweep(2))


def test_a_mix_is_swept_as_one_value():
    mix = {"fixed": 0.5, "vickrey": 0.5}
    parameters = {"buyers": 60, "sellers": 4, "pricing": [mix, "fixed"]}
    rows = mesa.batch_run(
        Marketplace, parameters, rng=[1], number_processes=1, max_steps=2, display_progress=False
    )
    assert [row["pricing"] for row in rows] == [mix, "fixed"]


def test_the_data_collector_holds_every_round_in_credits():
    model = Marketplace(buyers=200, sellers=10, rng=1)
    model.run_for(4)
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == list(METRICS)
    assert len(frame) == 4
    assert frame["revenue"].iloc[-1] == model.history[-1]["revenue"] / 10**6
    pd.testing.assert_frame_equal(frame, model.frame().reset_index(drop=True), check_names=False)


def test_time_is_mesas():
    model = Marketplace(buyers=20, sellers=2, rng=1)
    model.step()
    model.run_for(2)
    model.run_until(5)
    assert (model.time, model.round) == (5.0, 5)


def test_a_summary_is_totals_over_totals():
    model = Marketplace(buyers=200, sellers=10, rng=1)
    model.run_for(6)
    totals = pd.DataFrame(model.history).sum()
    summary = model.summary()
    assert summary["efficiency"] == pytest.approx(totals["gains"] / totals["maximal_gains"])
    assert summary["fill_rate"] == pytest.approx(totals["trades"] / totals["tasks"])
    parties = summary["buyer_surplus"] + summary["seller_profit"] + summary["platform"]
    assert summary["welfare"] == pytest.approx(parties - summary["subsidy"])
    late = pd.DataFrame(model.history[3:]).mean()
    assert model.summary(start=3)["trades"] == pytest.approx(late["trades"])
