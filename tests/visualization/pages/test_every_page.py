"""What all pages have in common, in a real browser."""

from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.visualization.conftest import opened, serious

PAGES = {
    "compare": "scenario=ebay&pricing=fixed,double&buyers=300&rounds=7&seed=9&replications=2",
    "lab": "bids=80,50,30&reserve=10.0&bidder=2&value=70.0&own=60.0&clicks=1,0.3&audit=gsp",
    "equilibrium": "economy=scarf&rule=additive&step=0.02&elasticity=1.5&iterations=900"
    "&start=0.6,0.3,0.1",
    "gallery": "name=wealth",
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_say_their_link_and_have_no_serious_findings(visit, name):
    tab = opened(visit, f"/{name}?{PAGES[name]}", width=390, color_scheme="light")
    if name == "compare":
        tab.page.get_by_text("2 replications of 7 rounds").wait_for()
    assert tab.page.locator(".econ-error").count() == 0
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    for _ in tab.themes():
        assert serious(Axe().run(tab.page)) == []
    tab.page.keyboard.press("l")
    link = tab.page.locator("dialog .econ-link").inner_text()
    assert unquote(link) == f"{tab.server.address}/{name}?{PAGES[name]}"


@pytest.mark.slow
def test_a_reload_and_a_step_back_show_the_same(visit):
    tab = visit()
    tab.market()
    tab.page.keyboard.press("s")
    digest = tab.until(1)
    tab.page.keyboard.press("3")
    tab.page.get_by_label("your value").fill("60")
    tab.page.get_by_label("your value").press("Enter")
    tab.page.get_by_text("a bid of 60 gains").wait_for()
    tab.page.wait_for_url("**/lab?value=60*")
    tab.page.reload()
    tab.page.get_by_text("a bid of 60 gains").wait_for()
    tab.page.go_back()
    assert tab.until(1) == digest
    tab.page.reload()
    assert tab.until(1) == digest


@pytest.mark.slow
def test_what_is_wrong_with_a_link_is_said_and_goes_when_mended(visit):
    tab = opened(visit, "/lab?bogus=1")
    tab.page.get_by_role("alert").get_by_text("link entry = 'bogus'").wait_for()
    tab.page.goto(tab.server.address + "/lab?bids=1,abc&units=3")
    tab.page.get_by_role("alert").get_by_text("bids = 'abc'").wait_for()
    units = tab.page.get_by_label("units")
    assert units.input_value() == "3"
    units.fill("2")
    units.press("Enter")
    tab.page.wait_for_url("**units=2*")
    assert tab.page.get_by_role("alert").get_by_text("bids = 'abc'").is_visible()
    for path in ("compare?replication=2", "equilibrium?foo=1", "gallery?name=bogus"):
        tab.page.goto(f"{tab.server.address}/{path}")
        tab.page.get_by_role("alert").get_by_text("must be one of").wait_for()
