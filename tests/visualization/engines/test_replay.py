"""A market is replayed from what was done to it, to the bit."""

import pytest

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace
from econsim.visualization.engines.market import MarketWorker
from econsim.visualization.engines.replay import Replay
from econsim.visualization.engines.replay import played as of_link
from econsim.visualization.server.permalink import Event, Setting, query, setting
from tests.visualization.engines.conftest import SMALL, played

EVENTS = (
    Event(2, "set", {"search": 8}),
    Event(2, "fee", {"share": 0.1}),
    Event(4, "demand", {"rate": 0.3}),
    Event(9, "set", {"strategy": "zero-intelligence"}),
)


def test_what_visitors_did_is_replayed_to_the_bit():
    live = MarketWorker(SMALL)
    for round_ in range(10):
        for event in (each for each in EVENTS if each.round == round_):
            if event.action == "set":
                for name, value in event.parameters.items():
                    live.command("change", {"name": name, "value": value})
            else:
                live.command("intervene", {"kind": event.action, "parameters": event.parameters})
        live.step()
    again = played(live.snapshot(True)["setting"])
    assert again.digest() == live.digest()
    assert again.csv() == live.csv()
    assert again.replay.log() == live.replay.log()
    assert again.digest() != played(Setting("agents", 3, {"buyers": 200}, 10)).digest()


def test_a_link_is_played_without_a_dashboard():
    link = "https://x.example/?scenario=agents&seed=3&buyers=200&round=5&at=2:set:search=8"
    again = played(Setting("agents", 3, {"buyers": 200}, 5, EVENTS[:1]))
    assert of_link(link).state_digest() == again.digest()


def test_a_replay_is_what_the_library_does():
    model = Marketplace.from_scenario("agents", buyers=200, rng=3)
    model.run_for(2)
    model.change("search", 8)
    model.at(2, "fee", share=0.1)
    model.run_for(3)
    worker = played(Setting("agents", 3, {"buyers": 200}, 5, EVENTS[:2]))
    assert worker.digest() == model.state_digest()


def test_the_last_change_holds_whatever_else_waits_for_the_round():
    worker = MarketWorker(SMALL)
    worker.command("intervene", {"kind": "demand", "parameters": {"rate": 0.2}})
    worker.command("change", {"name": "demand_rate", "value": 0.9})
    worker.step()
    assert worker.model.demand_rate == 0.9


def test_an_event_that_cannot_happen_is_refused_before_the_market_is_made():
    worker = MarketWorker(SMALL)
    for given in ({"share": 7}, {"share": "much"}):
        with pytest.raises(ParameterError, match="share"):
            worker.reset(Setting("agents", 3, {}, 20, (Event(5, "fee", given),)))
    with pytest.raises(ParameterError, match="search"):
        worker.reset(Setting("agents", 3, {}, 20, (Event(5, "set", {"search": 900}),)))
    assert len(worker.model.buyers) == 200


def test_a_ban_of_who_came_later_is_replayed():
    worker = MarketWorker(Setting("whitewashing", 3, {"buyers": 300}, 12))
    while worker.ahead():
        worker.step()
    newcomer = int(worker.model.sellers["id"][-1])
    assert newcomer >= 2**31 + len(
        Replay(Setting("whitewashing", 3, {"buyers": 300})).model.sellers
    )
    worker.command("intervene", {"kind": "ban", "parameters": {"sellers": [newcomer]}})
    worker.step()
    assert of_link(query(worker.snapshot(True)["setting"])).state_digest() == worker.digest()


def test_a_ban_of_nobody_is_logged_and_the_market_goes_on():
    events = (Event(2, "ban", {"sellers": [2**31 + 999]}), Event(2, "fee", {"share": 0.1}))
    worker = played(Setting("agents", 3, {"buyers": 200}, 5, events))
    assert worker.model.fee == 0.1
    assert "ban did not happen: id = " in worker.replay.log()[0][1]


def test_events_are_refused_before_no_link_could_hold_them():
    worker = MarketWorker(SMALL)

    def fill():
        for _ in range(501):
            worker.command("intervene", {"kind": "supply", "parameters": {"capacity": 1 / 3}})

    with pytest.raises(ParameterError, match="interventions"):
        fill()
    assert setting(query(worker.snapshot(True)["setting"])) == worker.replay.setting
