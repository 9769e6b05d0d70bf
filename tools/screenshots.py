"""Pictures of every page of the dashboard, light and dark, for docs/images/.

python tools/screenshots.py [FOLDER]

It starts a dashboard of its own, plays each page a little, and takes pictures with Debian's
Chromium. Look at each afterwards: nothing may be clipped, overlapping, empty or unreadable.
"""

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FOLDER = Path(__file__).parents[1] / "docs" / "images"
SIZE = {"width": 1280, "height": 1000}


def market(page: Any) -> None:
    """A vickrey market after some rounds, with a fee."""
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Apply fee").click()
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Inspect", exact=True).click()
    page.wait_for_timeout(1500)


def compare(page: Any) -> None:
    """Three models, some replications."""
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_timeout(6000)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_timeout(1000)


def lab(page: Any) -> None:
    """A sample of bundles, and an audit."""
    page.get_by_role("button", name="Solve", exact=True).click()
    page.get_by_label("mechanism", exact=True).select_option("gsp")
    page.get_by_text("audit of gsp").wait_for(timeout=60_000)
    page.wait_for_timeout(500)


def gallery(page: Any) -> None:
    """The quick reproduction that the link asks for."""
    page.get_by_role("img").wait_for(timeout=120_000)
    page.wait_for_timeout(500)


PAGES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "market": ("/?scenario=agents&seed=7&pricing=vickrey", market),
    "compare": ("/compare?pricing=fixed,first-price,vickrey&buyers=300", compare),
    "lab": ("/lab", lab),
    "equilibrium": ("/equilibrium?economy=three+equilibria", lambda page: None),
    "gallery": ("/gallery?name=scarf", gallery),
}


def scroll(page: Any) -> None:
    """Charts are drawn when they come into view."""
    height = page.evaluate("document.documentElement.scrollHeight")
    for top in range(0, height, 500):
        page.evaluate(f"window.scrollTo(0, {top})")
        page.wait_for_timeout(150)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(300)


def take(browser: Any, address: str, folder: Path) -> None:
    """Every page in both themes."""
    for theme in ("light", "dark"):
        context = browser.new_context(viewport=SIZE, color_scheme=theme)
        for name, (path, act) in PAGES.items():
            page = context.new_page()
            page.goto(address + path)
            page.wait_for_selector(".econ-panel", timeout=60_000)
            page.wait_for_timeout(2000)
            act(page)
            scroll(page)
            file = folder / f"dashboard-{name}-{theme}.png"
            page.screenshot(path=str(file), full_page=True)
            print(file)
            page.close()
        context.close()


def ready(address: str) -> None:
    """Wait until it answers."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address + "/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(address)


def main() -> None:
    """Start, take, stop."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "econsim", "dashboard", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = next(
            found[0] for line in server.stdout if (found := re.search(r"http://\S+\d", line))
        )
        ready(address)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )  # fmt: skip
            take(browser, address, folder)
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
