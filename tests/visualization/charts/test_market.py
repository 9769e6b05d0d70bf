"""The Market page's charts show what the engine's snapshot says."""

import pytest

from econsim.visualization.charts.market import CHARTS, all_charts
from tests.visualization.engines.conftest import SMALL, played


def test_there_is_a_chart_of_nothing_before_the_first_round():
    assert [title for title, _ in all_charts(None, dark=False)] == list(CHARTS)


@pytest.mark.parametrize("rounds", [0, 3])
def test_charts_show_the_snapshot(rounds):
    worker = played(SMALL)
    for _ in range(rounds):
        worker.step()
    frame = worker.snapshot(resting=True)
    shown = dict(all_charts(frame, dark=True))
    volume = {line["name"]: line["data"] for line in shown["Volume"]["series"]}
    assert volume["tasks served"] == frame["series"].get("trades", [])
    assert len(shown["Price and competitive band"]["xAxis"]["data"]) == rounds
    wealth = shown["Wealth of buyers"]["series"][0]["data"]
    assert sum(wealth) == 200
