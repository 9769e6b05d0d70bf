"""No link takes all memory: what strategies would hold is known before a market is made."""

import pytest

from econsim.errors import ParameterError
from econsim.visualization.engines.compare import CompareWorker, Plan
from econsim.visualization.engines.market import MarketWorker
from econsim.visualization.server.permalink import Event, Setting
from econsim.visualization.server.sizes import check_sizes
from tests.visualization.engines.conftest import SMALL

HUGE = "hedge(arms=1001, bins=1000)"


def test_what_is_usual_is_permitted():
    check_sizes({})
    check_sizes({"buyers": 2_000_000, "strategy": "hedge", "seller_strategy": "q-pricing"})


@pytest.mark.parametrize("strategy", [HUGE, f"truthful:0.5,{HUGE}:0.5"])
def test_absurd_sizes_are_refused_before_they_are_taken(strategy):
    with pytest.raises(ParameterError) as caught:
        MarketWorker(Setting("agents", 1, {"buyers": 100_000, "strategy": strategy}))
    permitted = "must be one with at most 512 MiB of state here, not 381,851 MiB for 100,000 agents"
    assert str(caught.value) == f"strategy = {strategy!r}: {permitted}"


def test_sellers_are_as_many_as_the_buyers_make():
    entries = {"buyers": 2_000_000, "seller_strategy": "q-pricing(levels=1000)"}
    check_sizes({**entries, "sellers": 10})
    with pytest.raises(ParameterError, match="seller_strategy"):
        check_sizes(entries)


def test_a_change_while_it_runs_is_bounded_too():
    change = {"strategy": HUGE}
    with pytest.raises(ParameterError, match="not 764 MiB for 200 agents"):
        MarketWorker(SMALL).command("change", {"name": "strategy", "value": HUGE})
    with pytest.raises(ParameterError, match="MiB"):
        MarketWorker(Setting("agents", 3, {"buyers": 200}, 9, (Event(5, "set", change),)))


def test_a_comparison_is_bounded_too():
    plan = Plan(buyers=100_000, parameters={"strategy": HUGE})
    with pytest.raises(ParameterError, match="MiB"):
        CompareWorker(plan)
