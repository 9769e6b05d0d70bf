"""Metrics of the user's own: a line of `METRICS`, and what rounds record for it."""

import pytest

from econsim.errors import ParameterError
from econsim.experiments.compare import compare
from econsim.metrics import METRICS, Metric
from econsim.models.marketplace import Marketplace

SUCCESS = Metric(
    "success_rate", "success rate", "share", "tasks delivered over tasks served",
    "delivered", "trades",
)  # fmt: skip


@pytest.fixture
def success(monkeypatch):
    monkeypatch.setitem(METRICS, SUCCESS.name, SUCCESS)


def test_a_metric_of_ones_own_is_reported_like_any_other(success):
    model = Marketplace(buyers=100, sellers=5, rng=1)
    model.run_for(5)
    rounds = model.to_frame(ticks=True)
    expected = rounds["delivered"].sum() / rounds["trades"].sum()
    assert model.summary()["success_rate"] == expected
    assert model.frame()["success_rate"].iloc[-1] == model.latest["success_rate"]
    assert model.datacollector.get_model_vars_dataframe()["success_rate"].between(0, 1).all()


def test_a_metric_does_not_change_the_trajectory(monkeypatch):
    digests = set()
    for _ in range(2):
        model = Marketplace(buyers=100, sellers=5, rng=1)
        model.run_for(3)
        digests.add(model.state_digest())
        monkeypatch.setitem(METRICS, SUCCESS.name, SUCCESS)
    assert len(digests) == 1


def test_comparisons_have_it(success):
    comparison = compare("agents", ["fixed", "vickrey"], replications=2, rounds=3, buyers=100)
    assert comparison.runs["success_rate"].between(0, 1).all()


def test_what_rounds_do_not_record_is_named(monkeypatch):
    monkeypatch.setitem(METRICS, "typo", Metric("typo", "typo", "share", "", "deliverd"))
    with pytest.raises(ParameterError, match="metric = 'deliverd': must be what rounds record: "):
        Marketplace(buyers=20, sellers=2, rng=1).step()
