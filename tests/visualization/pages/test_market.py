"""The Market page and what surrounds it, in a real browser."""

import os
import re
import signal
from contextlib import suppress

import pandas as pd
import pytest

from econsim.models.marketplace import Marketplace
from tests.visualization.conftest import SMALL, Visit, gone, serious

EVENTS = "&round=9&at=2:set:search=8&at=4:fee:share=0.1"


def direct(rounds, **parameters):
    model = Marketplace.from_scenario("agents", **{"buyers": 200, "rng": 1, **parameters})
    model.run_for(rounds)
    return model


def test_step_play_pause_and_reset(visit):
    tab = visit()
    assert tab.market()[0] == 0
    for _ in range(3):
        tab.press("Step")
    assert tab.until(3) == direct(3).state_digest()
    tab.press("Play")
    tab.page.wait_for_function(
        "+document.querySelector('.econ-figures dd').textContent.replace(',', '') > 20"
    )
    tab.press("Pause")
    rounds, digest = tab.rest()
    assert digest == direct(rounds).state_digest()
    tab.press("Reset")
    tab.until(0)
    tab.press("Step")
    assert tab.until(1) == direct(1).state_digest()


def test_the_same_link_gives_the_same_numbers_and_the_library_gives_them_too(visit):
    tabs = [visit(), visit(locale="en-GB")]
    shown = []
    for tab in tabs:
        tab.market(SMALL + "&seed=5" + EVENTS)
        shown.append((tab.until(9), tab.figures(), tab.page.inner_text(".econ-explained")))
    assert shown[0] == shown[1]
    model = Marketplace.from_scenario("agents", buyers=200, rng=5)
    model.run_for(2)
    model.change("search", 8)
    model.at(4, "fee", share=0.1)
    model.run_for(7)
    assert shown[0][0] == model.state_digest()
    assert float(shown[0][1]["welfare"].replace(",", "")) == pytest.approx(
        model.latest["welfare"], abs=5e-7
    )
    tabs[0].page.keyboard.press("l")
    link = tabs[0].page.inner_text(".econ-link")
    assert link == tabs[0].server.address + "/?scenario=agents&seed=5&buyers=200" + EVENTS
    with_log = tabs[0].page.locator(".econ-log li").all_inner_texts()
    assert with_log == ["after round 4: fee: share 0.1", "after round 2: search = 8"]


def test_sessions_are_isolated_and_live_parameters_take_effect(visit):
    one, other = visit(), visit(locale="en-GB")  # browsers of their own: neither is in background
    one.market()
    other.market()
    one.press("Step")
    before = one.until(1)
    one.page.get_by_text("Parameters", exact=True).click()
    field = one.page.get_by_label("Chance of a task live")
    field.fill("0")
    field.press("Enter")
    one.page.wait_for_selector(".econ-log li")
    one.press("Step")
    assert one.until(2) != direct(2).state_digest()
    assert one.figures()["trades"] == "0"
    for _ in range(2):
        other.press("Step")
    assert other.until(2) == direct(2).state_digest()
    assert before == direct(1).state_digest()


def test_another_pricing_model_is_taken_on_reset(visit):
    tab = visit()
    tab.market(SMALL + "&round=2")
    tab.until(2)
    assert "the highest rejected bid" in tab.page.inner_text(".econ-explained")
    tab.page.get_by_label("Pricing on reset").select_option("fixed")
    tab.page.get_by_text("Press Reset to apply: pricing.").wait_for()
    tab.press("Step")
    tab.until(3)
    assert "rejected" in tab.page.inner_text(".econ-explained")
    tab.press("Reset")
    tab.until(0)
    for _ in range(2):
        tab.press("Step")
    assert tab.until(2) == direct(2, pricing="fixed").state_digest()
    assert "posted price" in tab.page.inner_text(".econ-explained")


def test_downloads_interventions_and_the_inspector(visit, tmp_path):
    tab = visit()
    tab.market(SMALL + "&round=3")
    tab.until(3)
    tab.press("Apply fee")
    tab.page.get_by_text("after round 3: fee: share 0.05").wait_for()
    tab.press("Step")
    tab.until(4)
    assert "keeps a fee of 5 %" in tab.page.inner_text(".econ-explained")
    model = direct(3)
    model.at(3, "fee", share=0.05)
    model.run_for(1)
    saved = {}
    for kind in ("CSV", "PNG"):
        with tab.page.expect_download() as waiting:
            tab.press(f"Download {kind}")
        saved[kind] = tmp_path / kind
        waiting.value.save_as(saved[kind])
    table = pd.read_csv(saved["CSV"], index_col="round")
    pd.testing.assert_frame_equal(table, model.frame(), check_exact=True, check_dtype=False,
                                  check_index_type=False)  # fmt: skip
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
    tab.page.get_by_label("Side").select_option("seller")
    tab.press("Inspect")
    tab.page.get_by_text("Row of seller 0; money in credits").wait_for()
    row = tab.page.locator("tr", has=tab.page.get_by_role("rowheader", name="sold", exact=True))
    assert int(row.first.locator("td").inner_text()) == int(model.sellers["sold"][0])


def test_an_error_is_one_line_and_the_page_lives_on(visit):
    tab = visit()
    tab.page.goto(tab.server.address + "/?scenario=agents&buyers=200&search=900")
    line = tab.page.get_by_role("alert").get_by_text("search = 900")
    line.wait_for()
    assert "\n" not in line.inner_text()
    tab.page.get_by_text("Parameters", exact=True).click()
    field = tab.page.get_by_label("Listings searched on reset")
    assert field.input_value() == "900"
    field.fill("9")
    field.press("Enter")
    tab.press("Reset")
    tab.until(0)
    assert tab.page.get_by_role("button", name="Download CSV").is_disabled()  # nothing to draw
    field = tab.page.get_by_label("Value spread live")
    field.fill("7")
    field.press("Enter")
    tab.page.get_by_role("alert").get_by_text("value_spread = 7.0").wait_for()
    tab.press("Step")
    tab.until(1)
    labels = tab.page.locator("details label").all_inner_texts()
    assert any(label.startswith("Largest task") for label in labels)
    assert not any(label.startswith("Categories") for label in labels)  # a table of the scenario


def test_keys_and_the_dark(visit):
    tab = visit(color_scheme="light", locale="de")  # a window of its own
    tab.market()
    page = tab.page
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    keys.wait_for()
    assert {"space", "s", "r", "d", "l", "?"} <= set(keys.locator("kbd").all_inner_texts())
    page.keyboard.press("Escape")
    keys.wait_for(state="detached")
    page.keyboard.press("s")
    tab.until(1)
    page.keyboard.press(" ")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.keyboard.press(" ")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    tab.rest()
    light = ground(page)
    page.keyboard.press("d")
    page.wait_for_selector(".theme--dark.v-application")
    page.wait_for_function("light => getComputedStyle(document.querySelector('.econ-panel'))"
                           ".backgroundColor !== light", arg=light)  # fmt: skip
    field = page.get_by_label("Seed on reset")
    field.press("d")
    assert page.locator(".theme--dark.v-application").count() == 1
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("3")
    page.wait_for_url("**/lab")
    page.get_by_label("bids, one a bidder").wait_for()
    page.keyboard.press("1")
    page.wait_for_url(tab.server.address + "/")
    page.wait_for_selector(".econ-digest")
    assert tab.round() > 1  # the market was still there
    page.reload()
    page.wait_for_selector(".theme--dark.v-application")
    page.wait_for_selector(".econ-digest")
    page.keyboard.press("d")  # at once, before the page had time to render
    page.wait_for_selector(".theme--light.v-application")


def ground(page):
    return page.evaluate("getComputedStyle(document.querySelector('.econ-panel')).backgroundColor")


def test_a_narrow_window_scrolls_one_way_only_and_may_be_zoomed(visit):
    tab = visit(width=390)
    tab.market(SMALL + "&round=2")
    tab.until(2)
    tab.press("Inspect")
    tab.page.get_by_text("Row of buyer 0").wait_for()
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    assert tab.page.get_attribute("html", "lang") == "en"
    assert "user-scalable" not in tab.page.get_attribute("meta[name=viewport]", "content")


def test_axe_finds_nothing_serious_in_the_light_and_in_the_dark(visit):
    from axe_playwright_python.sync_playwright import Axe

    tab = visit(color_scheme="light")
    tab.market(SMALL + "&round=2&at=1:fee:share=0.1")
    tab.until(2)
    tab.page.get_by_text("Parameters", exact=True).click()
    tab.press("Inspect")
    tab.page.get_by_text("Row of buyer 0").wait_for()
    for _ in tab.themes():
        assert serious(Axe().run(tab.page)) == []
        for key in "?l":
            tab.page.keyboard.press(key)
            tab.page.wait_for_selector("dialog[open]")
            assert serious(Axe().run(tab.page)) == []
            tab.page.keyboard.press("Escape")
            tab.page.wait_for_selector("dialog[open]", state="detached")
    chart = tab.page.locator("[role=img][aria-label]").first
    assert re.match(r"Mean price by round\. Last: ", chart.get_attribute("aria-label"))


def test_closed_tabs_and_killed_browsers_leave_no_engine(server, launch):
    gone(server, 0)
    browser = launch()
    tabs = [Visit(server, browser) for _ in range(2)]
    for tab in tabs:
        tab.market()
        tab.press("Play")
    assert len(server.engines()) == 2
    tabs[0].page.close()
    gone(server, 1)
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    kill([each["id"] for each in found["processInfo"]])
    gone(server, 0)


def kill(processes):
    for each in processes:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


@pytest.mark.slow
def test_a_live_change_survives_a_reset(visit):
    tab = visit()
    tab.market()
    tab.page.get_by_text("Parameters", exact=True).click()
    field = tab.page.get_by_label("Listings searched live")
    field.fill("9")
    field.press("Enter")
    tab.page.wait_for_selector(".econ-log li")
    tab.press("Reset")
    tab.page.wait_for_selector(".econ-log li", state="detached")
    tab.press("Step")
    assert tab.until(1) == direct(1, search=9).state_digest()
    assert field.input_value() == "9"


@pytest.mark.slow
def test_a_long_step_says_that_it_works(visit):
    tab = visit()
    tab.market("/?scenario=ebay&buyers=20000")
    tab.page.add_style_tag(content=".econ-busy { animation-delay: 0s !important }")
    seen = tab.page.evaluate(
        """() => new Promise(resolve => {
            const seen = () => document.querySelector(".econ-busy") && resolve(true);
            new MutationObserver(seen).observe(document.body, {childList: true, subtree: true});
            setTimeout(() => resolve(false), 10000);
            [...document.querySelectorAll("button")].find(b => b.innerText === "Step").click();
        })"""
    )
    assert seen
    tab.until(1)
    assert tab.page.locator(".econ-busy").count() == 0
