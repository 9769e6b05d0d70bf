"""The engine's process: what it does when asked, and that nothing is left of it."""

import io
import queue
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from econsim.errors import ParameterError
from econsim.models.marketplace import Marketplace
from econsim.visualization.draft import Draft
from econsim.visualization.engine import Engine
from econsim.visualization.market_engine import WORKER, MarketWorker
from econsim.visualization.parameters import intervention_value
from econsim.visualization.permalink import Event, Setting, query, setting
from econsim.visualization.replay import Replay
from econsim.visualization.replay import played as of_link

SMALL = Setting("agents", 3, {"buyers": 200})


class Watched(Engine):
    """An engine whose frames are acknowledged at once, and kept."""

    def __init__(self, setting, acknowledge=True):
        self.frames, self.errors = queue.Queue(), queue.Queue()
        self.acknowledging = acknowledge
        super().__init__(WORKER, {"setting": setting}, self.take, self.errors.put)

    def take(self, number, frame):
        self.frames.put((number, frame))
        if self.acknowledging:
            self.send("acknowledge", number)

    def until(self, condition):
        """The first frame that meets a condition."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            frame = self.frames.get(timeout=20)[1]
            if condition(frame):
                return frame
        raise AssertionError("no such frame")


@pytest.fixture
def engine():
    made = []

    def call(setting=SMALL, **more):
        made.append(Watched(setting, **more))
        return made[-1]

    yield call
    for each in made:
        each.close()
        gone(each)


def gone(engine):
    """Its process is no more, not even as a zombie."""
    end = time.monotonic() + 5
    while Path(f"/proc/{engine.process.pid}").exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def direct(rounds, **parameters):
    """The same market without an engine."""
    model = Marketplace.from_scenario("agents", buyers=200, rng=3, **parameters)
    model.run_for(rounds)
    return model


def test_steps_give_what_the_library_gives(engine):
    one = engine()
    one.until(lambda frame: frame["round"] == 0)
    for _ in range(4):
        one.send("step", 1)
    shown = one.until(lambda frame: frame["round"] == 4 and not frame["playing"])
    expected = direct(4)
    assert shown["digest"] == expected.state_digest()
    assert shown["metrics"] == expected.latest
    assert one.ask("csv") == expected.frame().to_csv()
    assert one.ask("png").startswith(b"\x89PNG")


def test_playing_pauses_at_once_and_then_rests(engine):
    one = engine()
    one.send("play")
    one.until(lambda frame: frame["round"] > 20)
    one.send("pause")
    paused = one.until(lambda frame: not frame["playing"])
    time.sleep(0.4)
    assert one.frames.empty()
    assert paused["digest"] == direct(paused["round"]).state_digest()


def test_frames_wait_for_their_acknowledgement(engine):
    one = engine(acknowledge=False)
    one.send("play")
    begun = time.monotonic()
    numbers = [one.frames.get(timeout=20)[0] for _ in range(2)]
    assert numbers == [1, 2]
    assert time.monotonic() - begun > 1.5
    one.acknowledging = True
    one.send("acknowledge", 2)
    begun = time.monotonic()
    rounds = [one.frames.get(timeout=20)[1]["round"] for _ in range(6)]
    assert 0.4 < time.monotonic() - begun < 2.0
    assert rounds == sorted(set(rounds))


def test_a_pace_is_kept(engine):
    one = engine()
    one.send("pace", 20.0)
    one.send("play")
    first, begun = one.until(lambda frame: frame["round"] >= 1), time.monotonic()
    later = one.until(lambda frame: frame["round"] >= first["round"] + 20)
    taken = time.monotonic() - begun
    assert taken > 0.8  # unpaced it would take hundredths of a second
    assert later["round"] - first["round"] <= 20 * taken + 5


def test_an_error_is_one_line_and_the_market_stays(engine):
    one = engine()
    one.send("step", 2)
    one.until(lambda frame: frame["round"] == 2)
    one.do("change", name="demand_rate", value=7)
    assert one.errors.get(timeout=20) == "demand_rate = 7.0: must be a number in [0, 1]"
    one.do("reset", setting=Setting("agents", 3, {"search": 900}))
    assert "search = 900" in one.errors.get(timeout=20)
    assert one.ask("digest") == direct(2).state_digest()


def test_interventions_speak_as_the_page_does():
    assert intervention_value("price", "2.5", 0) == 2_500_000  # credits
    assert intervention_value("sellers", "0, 3", ()) == [2**31, 2**31 + 3]  # as they are shown
    assert intervention_value("rounds", " ", None) is None
    with pytest.raises(ParameterError, match="share"):  # an emptied field is no 5 %
        intervention_value("share", " ", 0.05)
    with pytest.raises(ParameterError, match="sellers = -1"):
        intervention_value("sellers", "-1", ())


def test_an_agent_that_is_not_there_is_named_as_it_was_asked_for():
    worker = MarketWorker(SMALL)
    with pytest.raises(ParameterError, match="seller = 9999: must be the number of a seller"):
        worker.inspect("seller", 9999)


def test_a_market_that_cannot_be_made_is_an_error(engine):
    one = engine(Setting("agents", 3, {"value_spread": 3.0}))
    assert "value_spread" in one.errors.get(timeout=20)
    gone(one)


def test_nothing_is_left_after_closing(engine):
    one = engine()
    one.send("play")
    one.until(lambda frame: frame["round"] > 5)
    begun = time.monotonic()
    one.close()
    assert time.monotonic() - begun < 0.1
    gone(one)
    assert one.errors.empty()


def test_an_engine_that_dies_says_so(engine):
    one = engine()
    one.until(lambda frame: True)
    one.process.kill()
    assert "the engine stopped" in one.errors.get(timeout=20)
    one.send("play")
    assert one.ask("digest") is None


EVENTS = (
    Event(2, "set", {"search": 8}),
    Event(2, "fee", {"share": 0.1}),
    Event(4, "demand", {"rate": 0.3}),
    Event(9, "set", {"strategy": "zero-intelligence"}),
)


def played(setting):
    worker = MarketWorker(setting)
    while worker.ahead():
        worker.step()
    return worker


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
    given = "as in the scenario"
    assert shown == {"buyers": 30, "ratings": "volume", "trust": given, "strategy": given}


def test_the_log_has_the_scenarios_own_events_in_the_units_of_the_page(scenario):
    worker = MarketWorker(Setting(scenario))
    worker.step()
    worker.command("intervene", {"kind": "ban", "parameters": {"sellers": [2**31 + 3]}})
    log = worker.snapshot(True)["steady"]["log"]
    assert log == [(1.0, "reserve: price 2.5 credits"), (1.0, "ban: sellers 3, below 0.0")]


def test_a_refused_reset_still_waits():
    draft = Draft(SMALL)
    draft.put("buyers", 300)
    worker = MarketWorker(SMALL)
    steady = worker.snapshot(True)["steady"]
    assert draft.waiting(steady) == ["buyers"]
    draft.put("max_size", 0)
    with pytest.raises(ParameterError, match="max_size"):
        worker.reset(draft.taken(None))
    assert draft.waiting(steady) == ["buyers", "max_size"]
    draft.put("max_size", 2)
    worker.reset(draft.taken(None))
    assert draft.waiting(worker.snapshot(True)["steady"]) == []


def test_a_reset_keeps_what_was_changed_but_not_what_was_to_come():
    events = (Event(1, "set", {"search": 8}), Event(9, "set", {"demand_rate": 0.1}))
    shown = played(Setting("agents", 3, {"buyers": 200}, 2, events)).snapshot(True)["setting"]
    taken = Draft(SMALL).taken(shown)
    assert taken == Setting("agents", 3, {"buyers": 200, "search": 8})


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
