"""The marketplace in its engine: what fields, log, downloads and inspector show."""

import io
from dataclasses import replace

import pandas as pd
import pytest

from econsim.errors import ParameterError
from econsim.visualization.engines.market import MarketWorker
from econsim.visualization.server.permalink import Event, Setting
from tests.visualization.engines.conftest import SMALL, played


def test_an_agent_that_is_not_there_is_named_as_it_was_asked_for():
    worker = MarketWorker(SMALL)
    with pytest.raises(ParameterError, match="seller = 9999: must be the number of a seller"):
        worker.inspect("seller", 9999)


SCENARIO = """
[market]
buyers = 30
sellers = 6
ratings = "volume"
trust = { kind = "beta", forgetting = 0.9 }
strategy = { truthful = 0.5, "zero-intelligence" = 0.5 }
events = [{ time = 1, kind = "reserve", price = 2500000 }]
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(SCENARIO)
    return str(path)


def test_fields_show_what_is_in_force(scenario):
    steady = MarketWorker(Setting(scenario)).snapshot(True)["steady"]
    shown = {name: steady["values"][name] for name in ("buyers", "ratings", "trust", "strategy")}
    assert shown == {
        "buyers": 30, "ratings": "volume", "trust": "beta(forgetting=0.9)",
        "strategy": "truthful:0.5,zero-intelligence:0.5",
    }  # fmt: skip


def test_the_log_has_the_scenarios_own_events_in_the_units_of_the_page(scenario):
    worker = MarketWorker(Setting(scenario))
    worker.step()
    worker.command("intervene", {"kind": "ban", "parameters": {"sellers": [2**31 + 3]}})
    log = worker.snapshot(True)["steady"]["log"]
    assert log == [(1.0, "reserve: price 2.5 credits"), (1.0, "ban: sellers 3, below 0.0")]


def test_prices_are_downloaded_with_their_bands():
    worker = played(Setting("agents", 3, {"buyers": 200}, 4))
    frame = pd.read_csv(io.StringIO(worker.command("prices", {})))
    names = [kind.name for kind in worker.model.categories]
    columns = [f"{name} {what}" for name in names for what in ("price", "low", "high")]
    assert list(frame) == ["round", *columns]
    band = worker.model.equilibrium
    assert frame[f"{names[0]} low"].iloc[-1] == pytest.approx(band.low[0] / 1e6)
    mean = worker.clearings.mean_price()
    assert frame[f"{names[0]} price"].iloc[-1] == pytest.approx(mean[0])


def test_memory_of_a_round_is_a_row_of_numbers():
    worker = played(Setting("agents", 3, {"buyers": 200}, 40))
    assert len(worker.model.history) == 1
    assert len(worker.frame()) == 40
    assert all(not values for values in worker.model.datacollector.model_vars.values())


def test_buyers_and_sellers_can_be_looked_at():
    worker = MarketWorker(SMALL)
    for side in ("buyer", "seller"):
        worker.command("inspect", {"side": side, "number": 1})
        for _ in range(5):
            worker.step()
        seen = worker.snapshot(True)["inspected"]
        assert (seen["side"], seen["number"]) == (side, 1)
        assert seen["row"]["wallet"] == seen["tracked"]["wallet"][-1]
        assert seen["rounds"] == list(range(worker.model.round + 1))
    table = worker.model.sellers
    assert seen["row"]["sold"] == table["sold"][1]


@pytest.mark.parametrize("pricing", ["double", "vickrey", "fixed"])
def test_what_a_seller_received_is_what_its_wallet_gained(pricing):
    setting_ = Setting("agents", 3, {"buyers": 200, "pricing": pricing, "max_size": 1}, 6)
    worker = played(replace(setting_, events=(Event(0, "fee", {"share": 0.2}),)))
    sold = [int(row) for row in worker.model.sellers["sold"].argsort()[-3:]]
    for number in sold:
        worker.command("inspect", {"side": "seller", "number": number})
        seen = worker.snapshot(True)["inspected"]
        wallet = dict(zip(seen["rounds"], seen["tracked"]["wallet"], strict=True))
        cost = worker.model.sellers["cost"][number] / 1e6
        for round_, _, units, received in seen["orders"]:
            gained = wallet[round_] - wallet[round_ - 1]
            assert gained == pytest.approx(received - units * cost) or gained == pytest.approx(
                received
            )
        assert any(entry[3] for entry in seen["orders"])


def test_a_change_of_strategy_rewrites_no_clearing():
    worker = played(
        Setting("agents", 3, {"buyers": 200, "pricing": "first-price", "strategy": "hedge"}, 2)
    )
    before = worker.snapshot(True)["facts"]
    worker.command("change", {"name": "strategy", "value": "truthful"})
    assert worker.snapshot(True)["facts"] == before


def test_a_buyers_orders_are_its_history():
    worker = played(Setting("agents", 3, {"buyers": 200, "demand_rate": 1.0}, 8))
    worker.command("inspect", {"side": "buyer", "number": 0})
    orders = worker.snapshot(True)["inspected"]["orders"]
    assert [entry[0] for entry in orders] == sorted((entry[0] for entry in orders), reverse=True)
    assert 1 <= len(orders) <= 8
    assert all(paid != paid or paid <= bid for _, _, bid, paid in orders)
