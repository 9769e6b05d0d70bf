"""The engine's process: what it does when asked, and that nothing is left of it."""

import queue
import time
from pathlib import Path

import pytest

from econsim.models.marketplace import Marketplace
from econsim.visualization.engines.engine import Engine
from econsim.visualization.engines.market import WORKER
from econsim.visualization.server.permalink import Setting
from tests.visualization.engines.conftest import SMALL


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
