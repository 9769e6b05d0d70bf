"""A dashboard server for the session, and real browsers that visit it."""

import os
import re
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "no chromium: apt-get install chromium"
REQUIRED = os.environ.get("ECONSIM_BROWSER") == "required"
SMALL = "/?scenario=agents&buyers=200"
HARMLESS = ("Failed to evaluate Vue script",)  # Solara's own navigator.vue says modules.export


class Server:
    """``econsim dashboard`` in a process of its own."""

    def __init__(self, folder, *words, **environment):
        self.log = folder / "server.log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "econsim", "dashboard", "--port", "0", *words],
            stdout=self.log.open("w"), stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )  # fmt: skip
        self.address = self._wait()

    def _wait(self):
        for _ in range(300):
            found = re.search(r"dashboard: (http://\S+)", self.log.read_text())
            if found and self._answers(found[1]):
                return found[1]
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    @staticmethod
    def _answers(address):
        import urllib.request

        try:
            with urllib.request.urlopen(address + "/readyz", timeout=2):
                return True
        except OSError:
            return False

    def engines(self):
        """Process ids of the engines that are alive: what the fork server forked."""
        forks = (pid for pid in children(self.process.pid) if b"forkserver" in cmdline(pid))
        return [engine for pid in forks for engine in children(pid)]

    def memory(self):
        """Resident bytes of the server and its engines."""
        return sum(resident(pid) for pid in (self.process.pid, *self.engines()))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def children(parent):
    """Ids of the living children of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = status.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(ppid) == parent and state != "Z":
            found.append(int(status.parent.name))
    return found


def resident(pid):
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("dashboard"), HOST="0.0.0.0")  # it must not care
    yield made
    made.stop()


@pytest.fixture(scope="session")
def launch():
    """Start a browser."""
    if CHROMIUM is None:
        (pytest.fail if REQUIRED else pytest.skip)(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield lambda: driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture(scope="session")
def chromium(launch):
    """One browser for the session."""
    browser = launch()
    yield browser
    browser.close()


class Visit:
    """A tab of its own, and everything that went wrong in it."""

    def __init__(self, server, browser):
        self.server, self.problems = server, []
        self.page = browser.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message):
        if message.type == "error" and not any(text in message.text for text in HARMLESS):
            self.problems.append(f"console: {message.text}")

    def _request(self, request):
        if not request.url.startswith((self.server.address, "data:", "blob:")):
            self.problems.append(f"foreign request: {request.url}")

    def _response(self, response):
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")

    def market(self, link=SMALL):
        """Open the Market page, and wait until its engine rests."""
        self.page.goto(self.server.address + link)
        self.page.wait_for_selector(".econ-digest")
        return self.rest()

    def rest(self):
        """Wait until nothing is played, and all of that frame is shown; round and digest."""
        return self._settled("")

    def until(self, rounds):
        """Wait for a round, at rest; its digest."""
        return self._settled(str(rounds))[1]

    def _settled(self, rounds):
        self.page.wait_for_function(
            """round => {
                const shown = document.querySelector(".econ-digest")?.dataset;
                const painted = document.querySelector("[data-frame]")?.dataset.frame;
                return shown?.digest && shown.of === painted && (!round || shown.round === round);
            }""",
            arg=rounds,
        )
        digest = self.page.locator(".econ-digest")
        return int(digest.get_attribute("data-round")), digest.get_attribute("data-digest")

    def round(self):
        return int(self.page.inner_text(".econ-figures dd >> nth=0").replace(",", ""))

    def figures(self):
        """Shown numbers by label."""
        names = self.page.locator(".econ-figures dt").all_inner_texts()
        return dict(
            zip(names, self.page.locator(".econ-figures dd").all_inner_texts(), strict=True)
        )

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def themes(self):
        """Both themes, one after the other; the window remembers the first, as it was."""
        for theme in ("light", "dark"):
            self.page.wait_for_selector(f".theme--{theme}.v-application")
            yield theme
            self.page.keyboard.press("d")
        self.page.wait_for_function(
            """localStorage.getItem(":solara:theme.variant") === '"light"'"""
        )

    def close(self):
        self.page.close()


@pytest.fixture(scope="session")
def window(chromium):
    """A browser window for each set of options; its tabs share a cache and load twice as fast."""

    @cache
    def call(options):
        return chromium.new_context(**dict(options))

    return call


@pytest.fixture
def visit(server, window):
    """Open a tab, in a window with these options; at the end nothing may have gone wrong in any."""
    made = []

    def call(width=1280, **options):
        made.append(Visit(server, window(tuple(options.items()))))
        made[-1].page.set_viewport_size({"width": width, "height": 800})
        return made[-1]

    yield call
    for each in made:
        each.close()
    assert [problem for each in made for problem in each.problems] == []
    assert "Could not load URL" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def opened(visit, path, **context):
    tab = visit(**context)
    tab.page.goto(tab.server.address + path)
    tab.page.wait_for_selector(".econ-panel")
    return tab


def table(page, caption):
    """A table's rows by their header cell."""
    rows = page.get_by_role("region", name=caption).locator("tbody tr")
    rows.first.wait_for()
    cells = [rows.nth(k).locator("th, td").all_inner_texts() for k in range(rows.count())]
    return {row[0]: row[1:] for row in cells}


def downloaded(page, name):
    """What a download button gives."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).first.click()
    return open(waiting.value.path(), "rb").read()


def serious(found):
    return [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def gone(server, count, seconds=10):
    """Wait until the server has at most so many engines; how long it took."""
    begun = time.monotonic()
    while len(server.engines()) > count:
        assert time.monotonic() - begun < seconds, server.engines()
        time.sleep(0.1)
    return time.monotonic() - begun
