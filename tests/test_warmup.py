"""The warm-up of a comparison: found on pilots, the same for all, honest where none is."""

import numpy as np
import pandas as pd
import pytest

from econsim.experiments import warmup
from econsim.experiments.compare import Comparison, compare
from econsim.metrics import METRICS
from econsim.models.marketplace import Marketplace
from econsim.stats import mser5


class Series:
    """A market whose welfare is given."""

    def __init__(self, welfare):
        self.welfare, self.round = welfare, 0

    def run_for(self, rounds):
        self.round += rounds

    def to_frame(self):
        noise = np.random.default_rng(1).normal(size=self.round)
        frame = pd.DataFrame(dict.fromkeys(warmup.SERIES, 5 + noise))
        return frame.assign(welfare=self.welfare(np.arange(self.round)) + noise)


def test_the_longest_cut_of_any_arm_is_left_out_of_all():
    pilots = {
        "flat": lambda: Series(lambda t: np.zeros(len(t))),
        "rises": lambda: Series(lambda t: np.where(t < 62, -50.0, 0.0)),
    }
    seen = []
    outcome = warmup.search(pilots, seen.append)
    assert seen == ["flat", "rises"]
    assert outcome.rounds == 65
    assert outcome.settled == {"flat": True, "rises": True}
    assert set(outcome.cuts["rounds"]) == {warmup.FIRST}


def test_a_pilot_too_short_to_say_is_played_on():
    late = warmup.search({"late": lambda: Series(lambda t: np.where(t < 110, -50.0, 0.0))})
    assert late.rounds == 110
    assert set(late.cuts["rounds"]) == {400}
    assert late.settled == {"late": True}


def test_what_never_settles_is_called_that():
    drifting = warmup.search({"drifts": lambda: Series(lambda t: 1.0 * t)})
    assert drifting.settled == {"drifts": False}
    assert drifting.rounds == warmup.LONGEST // 2


def test_no_winner_is_named_on_what_has_not_settled():
    runs = pd.DataFrame(
        [{"pricing": p, "replication": r, "seed": r, **dict.fromkeys(METRICS, 0.0),
          "welfare": 10.0 * (p == "b") + r} for p in "ab" for r in range(3)]
    )  # fmt: skip
    cuts = pd.DataFrame([("b", "welfare", 400, 800, False)], columns=warmup.COLUMNS)
    comparison = Comparison(runs, warmup=warmup.Warmup(400, cuts), rounds=50)
    assert comparison.settled == {"a": True, "b": False}
    assert "no winner is named, as b has not settled" in comparison.answer()[0]
    assert any("Not settled" in line for line in comparison.notes())
    assert Comparison(runs).answer()[0].startswith("Highest welfare: b")


@pytest.mark.parametrize("left_out", [0, 7])
def test_a_run_counts_the_rounds_after_the_warm_up(left_out):
    comparison = compare(
        "agents", ["vickrey"], buyers=200, replications=1, rounds=5, warmup=left_out, rng=2
    )
    row = comparison.runs.iloc[0]
    market = Marketplace.from_scenario(
        "agents", buyers=200, pricing="vickrey", rng=int(row["seed"])
    )
    market.run_for(left_out + 5)
    assert {name: row[name] for name in METRICS} == market.summary(start=left_out)


def test_auto_looks_at_every_arm_on_draws_of_its_own():
    seen = []
    comparison = compare(
        "agents", ["fixed", "vickrey"], buyers=200, replications=2, rounds=3, rng=2,
        on_pilot=seen.append,
    )  # fmt: skip
    assert seen == ["fixed", "vickrey"]
    cuts = comparison.warmup.cuts
    assert comparison.warmup.rounds == cuts["cut"].max()
    assert set(cuts["pricing"]) == {"fixed", "vickrey"}
    assert "counts 3" in comparison.notes()[0]


def test_mser_and_the_pilot_agree():
    market = Marketplace.from_scenario("agents", buyers=200, pricing="fixed", rng=5)
    outcome = warmup.search({"fixed": lambda: market})
    row = outcome.cuts[outcome.cuts["metric"] == "revenue"].iloc[0]
    revenue = market.to_frame()["revenue"].to_numpy()[: row["rounds"]]
    assert row["cut"] == mser5(revenue)
