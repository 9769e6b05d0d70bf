"""Long play and rough handling: part of `make test-all`."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.visualization.conftest import Server, Visit, children, cmdline, gone

pytestmark = pytest.mark.slow
SMALL = "/?scenario=agents&buyers=200"
MINUTES = 10


def test_twenty_sessions_of_quick_play_pause_and_reset(server, chromium):
    """Clicks come at the shortest interval that a browser manages: within the page, unpaced."""
    gone(server, 0)
    tabs = [Visit(server, chromium) for _ in range(20)]
    for tab in tabs:
        tab.page.set_default_timeout(90_000)
        tab.page.goto(server.address + SMALL)
    for tab in tabs:
        tab.rest()
    for _ in range(12):
        for tab in tabs:
            tab.page.evaluate("""() => {
                const find = (...names) => [...document.querySelectorAll("button")]
                    .find((each) => names.includes(each.textContent));
                find("Play", "Pause").click();
                find("Play", "Pause").click();
                find("Reset").click();
            }""")
    for tab in tabs:
        tab.page.get_by_role("button", name="Reset", exact=True).click()
        assert tab.until(0)
        tab.press("Step")
        assert tab.until(1) == tabs[0].until(1)
    assert len(server.engines()) == 20
    assert [problem for tab in tabs for problem in tab.problems] == []
    for tab in tabs:
        tab.close()
    gone(server, 0, 20)
    assert "Traceback" not in server.log.read_text()


def test_closing_while_playing_leaves_nothing_ten_times(server, chromium):
    gone(server, 0)
    for _ in range(10):
        tab = Visit(server, chromium)
        tab.market()
        tab.press("Play")
        time.sleep(0.5)
        assert len(server.engines()) == 1
        tab.close()
        gone(server, 0)


def test_a_killed_server_leaves_nothing(chromium, tmp_path):
    made = Server(tmp_path)
    tab = Visit(made, chromium)
    tab.market()
    tab.press("Play")
    family = [*children(made.process.pid), *made.engines()]
    assert len(family) >= 2
    made.process.kill()
    made.process.wait(10)
    end = time.monotonic() + 10
    while any(b"forkserver" in cmdline(pid) for pid in family):
        assert time.monotonic() < end
        time.sleep(0.1)
    tab.close()


def test_a_shared_engine_would_be_noticed(server, chromium):
    """Two tabs that play at once end with different rounds and the same trajectory."""
    tabs = [Visit(server, chromium) for _ in range(2)]
    for tab in tabs:
        tab.market()
        tab.press("Play")
        time.sleep(0.7)
    rounds = []
    for tab in tabs:
        tab.press("Pause")
        rounds.append(tab.rest())
        tab.close()
    with ThreadPoolExecutor(1) as pool:  # Mesa off the thread that drives the browser
        expected = [pool.submit(digest, each).result() for each, _ in rounds]
    assert [shown for _, shown in rounds] == expected


def digest(rounds):
    from econsim.models.marketplace import Marketplace

    model = Marketplace.from_scenario("agents", buyers=200, rng=1)
    model.run_for(rounds)
    return model.state_digest()


def test_memory_is_flat_over_ten_minutes_of_play(server, chromium):
    """The last three minutes hold no more than 10 % over the first three."""
    gone(server, 0)
    tab = Visit(server, chromium)
    tab.market("/?scenario=ebay")
    tab.press("Play")
    held = []
    for _ in range(MINUTES):
        time.sleep(60)
        held.append(server.memory())
    tab.press("Pause")
    tab.rest()
    tab.close()
    print([round(each / 2**20) for each in held], "MiB")
    assert statistics.median(held[-3:]) < 1.1 * statistics.median(held[:3])
