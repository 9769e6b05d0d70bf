"""The dashboard in one browser: steps/s, frames/s and pause lag, beside Mesa's SolaraViz.

python benchmarks/dashboard.py [--buyers 100000] [--seconds 20] [--memory MINUTES]

It needs Chromium (``apt-get install chromium``) and the extra ``test``. Figures are of one run, one
after the other, so that both see the same machine: the engine alone, the dashboard, and SolaraViz
with two matplotlib plots of the same market.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from econsim.models.marketplace import Marketplace

SOLARAVIZ = """
from mesa.visualization import SolaraViz, make_plot_component
from econsim.models.marketplace import Marketplace

Page = SolaraViz(
    Marketplace.from_scenario("ebay", buyers={buyers}, rng=1),
    components=[make_plot_component("welfare"), make_plot_component("efficiency")],
    play_interval=1,
)
"""
COUNT = "[performance.now(), +document.querySelector('[data-frame]').dataset.frame]"
RUN = ("--no-open", "--port", "8791")


def alone(buyers: int, seconds: float) -> float:
    """Steps a second without a dashboard."""
    model = Marketplace.from_scenario("ebay", buyers=buyers, rng=1)
    model.run_for(10)
    begun, start = time.perf_counter(), model.round
    while time.perf_counter() - begun < seconds:
        model.step()
    return (model.round - start) / (time.perf_counter() - begun)


@contextmanager
def serving(words: list[str], address: str) -> Iterator[int]:
    """A server in a process of its own, once it answers."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            wait_for(address)
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


def wait_for(address: str) -> None:
    """Until a server answers."""
    import urllib.request

    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@contextmanager
def browsing(address: str) -> Iterator[Page]:
    """A page in Chromium."""
    path = shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(address)
        yield page
        browser.close()


def press(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()


def rounds(page: Page) -> int:
    """Rounds that the page shows."""
    return int(page.inner_text(".econ-figures dd >> nth=0").replace(",", ""))


def dashboard(buyers: int, seconds: float) -> dict[str, float]:
    """Steps/s, frames/s and the median lag of five pauses, in seconds."""
    words = [sys.executable, "-m", "econsim", "dashboard", "--port", "8790"]
    address = "http://127.0.0.1:8790"
    with (
        serving(words, address + "/readyz"),
        browsing(f"{address}/?scenario=ebay&buyers={buyers}") as page,
    ):
        page.wait_for_selector(".econ-digest")
        press(page, "Play")
        time.sleep(3)
        before, start = page.evaluate(COUNT), rounds(page)
        time.sleep(seconds)
        after, end = page.evaluate(COUNT), rounds(page)
        taken = (after[0] - before[0]) / 1000
        lags = sorted(lag(page) for _ in range(5))
    return {
        "steps/s": (end - start) / taken,
        "frames/s": (after[1] - before[1]) / taken,
        "pause lag, s": lags[2],
    }


def lag(page: Page) -> float:
    """From the click on Pause to the resting market on the screen; it plays again after."""
    taken = page.evaluate("""() => new Promise((done) => {
        const begun = performance.now();
        [...document.querySelectorAll("button")].find((b) => b.textContent === "Pause").click();
        const look = () => document.querySelector(".econ-digest").dataset.digest
            ? done(performance.now() - begun) : requestAnimationFrame(look);
        look();
    })""")
    press(page, "Play")
    time.sleep(1)
    return float(taken) / 1000


def solaraviz(buyers: int, seconds: float) -> dict[str, float]:
    """Steps/s of Mesa's SolaraViz; every step is a frame there."""
    address = "http://127.0.0.1:8791"
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "app.py"
        app.write_text(SOLARAVIZ.format(buyers=buyers))
        words = [sys.executable, "-m", "solara", "run", str(app), *RUN]
        with serving(words, address), browsing(address) as page:
            page.get_by_text("Time:").wait_for()
            page.get_by_role("button", name="▶").click()
            time.sleep(3)
            start, begun = steps(page), time.perf_counter()
            time.sleep(seconds)
            found = (steps(page) - start) / (time.perf_counter() - begun)
    return {"steps/s": found, "frames/s": found}


def steps(page: Page) -> float:
    """Time of the model that SolaraViz shows."""
    found = re.search(r"Time: ([\d.]+)", page.inner_text("body"))
    assert found is not None
    return float(found[1])


def memory(buyers: int, minutes: int) -> list[list[int]]:
    """MiB of the server, the fork server and the engine after each minute of play."""
    words = [sys.executable, "-m", "econsim", "dashboard", "--port", "8790"]
    address, held = "http://127.0.0.1:8790", []
    with (
        serving(words, address + "/readyz") as server,
        browsing(f"{address}/?scenario=ebay&buyers={buyers}") as page,
    ):
        page.wait_for_selector(".econ-digest")
        press(page, "Play")
        for _ in range(minutes):
            time.sleep(60)
            held.append([resident(pid) >> 20 for pid in family(server)])
    return held


def family(parent: int) -> list[int]:
    """A process and all its descendants."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)
    return [parent, *(each for pid in listed.stdout.split() for each in family(int(pid)))]


def resident(pid: int) -> int:
    """Resident bytes of a process, what it shares with others counted in part."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found: Any = re.search(r"Pss:\s+(\d+)", text)
    return int(found[1]) * 1024


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--buyers", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--memory", type=int, default=0, metavar="MINUTES")
    given = parser.parse_args()
    os.environ["PYTHONUNBUFFERED"] = "1"
    if given.memory:
        for minute, held in enumerate(memory(given.buyers, given.memory), 1):
            print(f"minute {minute}: {sum(held)} MiB, by process {held}")
        return
    print(f"{given.buyers:,} buyers, {os.cpu_count()} cores")
    print(f"engine alone: {alone(given.buyers, given.seconds):.1f} steps/s")
    for name, measure in (("dashboard", dashboard), ("SolaraViz", solaraviz)):
        found = measure(given.buyers, given.seconds)
        print(f"{name}: " + ", ".join(f"{label} {value:.3g}" for label, value in found.items()))


if __name__ == "__main__":
    main()
