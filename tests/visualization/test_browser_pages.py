"""Compare, Auction lab, Equilibrium and Gallery in a real browser."""

import io
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from econsim.auctions import first_price, second_price
from econsim.experiments.compare import compare
from econsim.visualization import equilibrium_model
from tests.visualization.test_browser import serious

PAGES = {
    "compare": "scenario=ebay&pricing=fixed,double&buyers=300&rounds=7&seed=9&replications=2",
    "lab": "bids=80,50,30&reserve=10.0&bidder=2&value=70.0&own=60.0&clicks=1,0.3&audit=gsp",
    "equilibrium": "economy=scarf&rule=additive&step=0.02&elasticity=1.5&iterations=900"
    "&start=0.6,0.3,0.1",
    "gallery": "name=wealth",
}


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


def test_the_labs_numbers_are_the_librarys(visit):
    tab = opened(visit, "/lab?bids=52,91,40,68&reserve=45&units=1")
    bids = np.array([52.0, 91, 40, 68])
    shown = table(tab.page, "winners and payments by mechanism")
    for column, rule in enumerate((first_price, second_price)):
        expected = rule(bids, reserve=45)
        assert shown["winners"][column] == str(expected.winners[0] + 1)
        assert float(shown["revenue"][column]) == float(expected.revenue)
        assert float(shown["bidder 2 (91) pays"][column]) == expected.payments[1]
    lessons = table(tab.page, "utility of your bid, and of the best one")
    assert "no other bid gains more" in lessons["Vickrey (second price)"][1]
    assert "a bid near 68 gains 23" in lessons["first price"][1]
    frame = pd.read_csv(io.BytesIO(downloaded(tab.page, "CSV")))
    assert frame["bid"].tolist() == bids.tolist()
    assert downloaded(tab.page, "PNG").startswith(b"\x89PNG")


def test_a_dragged_bid_moves_its_utility(visit):
    tab = opened(visit, "/lab?bids=80,50,30")
    slider = tab.page.get_by_role("slider", name="your bid")
    slider.fill("60")
    tab.page.get_by_text("a bid of 60 gains").wait_for()
    shown = table(tab.page, "utility of your bid, and of the best one")
    assert float(shown["first price"][0]) == 20
    assert float(shown["Vickrey (second price)"][0]) == 30
    slider.fill("40")
    tab.page.get_by_text("a bid of 40 gains").wait_for()
    assert float(table(tab.page, "utility of your bid, and of the best one")["first price"][0]) == 0


def test_uploads_are_solved_or_refused(visit):
    tab = opened(visit, "/lab")
    field = tab.page.locator("input[type=file]")
    file = {"name": "one.txt", "mimeType": "text/plain"}
    content = b"goods 2\nbids 3\ndummy 0\n0\t2\t0\t#\n1\t2\t1\t#\n2\t2\t0\t1\t#\n"
    field.set_input_files({**file, "buffer": content})
    tab.page.get_by_text("the allocation is worth 4, Clarke payments bring 0").wait_for()
    field.set_input_files({**file, "buffer": b"x" * (512 * 1024 + 1)})
    tab.page.get_by_role("alert").get_by_text("at most 524288 bytes").wait_for()


def test_wrong_bids_are_one_line_and_the_page_lives(visit):
    tab = opened(visit, "/lab")
    field = tab.page.get_by_label("bids, one a bidder")
    field.fill("1, two")
    field.press("Tab")
    tab.page.get_by_role("alert").get_by_text("bids = 'two'").wait_for()
    field.fill("1, 2")
    field.press("Tab")
    tab.page.get_by_text("bidder 2 (2) pays").wait_for()


def test_an_audit_says_what_it_found(visit):
    tab = opened(visit, "/lab")
    tab.page.get_by_label("mechanism", exact=True).select_option("gsp")
    assert table(tab.page, "audit of gsp")["incentive compatible"][:2] == ["no", "REFUTED"]


def test_a_comparison_grows_and_its_csv_is_the_librarys(visit):
    tab = opened(visit, "/compare?scenario=agents&pricing=fixed,vickrey&buyers=100&rounds=4&seed=3")
    for count in (1, 2, 3):
        tab.page.keyboard.press("s")
        tab.page.get_by_text(f"{count} replications of 4 rounds").wait_for()
    frame = pd.read_csv(io.BytesIO(downloaded(tab.page, "CSV")))
    names = ("fixed", "vickrey")
    expected = compare("agents", names, replications=3, rounds=4, rng=3, buyers=100).runs
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, rtol=1e-14)
    tab.press("Add a model")
    tab.page.get_by_label("model 3").wait_for()
    tab.page.get_by_text("Press Run").wait_for()


def test_the_rule_and_step_decide_whether_prices_arrive(visit):
    tab = opened(visit, "/equilibrium?economy=two+goods")
    tab.page.get_by_text("converged after 27 iterations").wait_for()
    tab.page.get_by_text("1 equilibrium.").wait_for()
    expected = equilibrium_model.search(equilibrium_model.usual("two goods"))
    frame = pd.read_csv(io.BytesIO(downloaded(tab.page, "CSV")))
    assert frame["good 1"].tolist() == expected.path[:, 0].tolist()
    start = tab.page.get_by_label("start from prices")
    for text, problem in (("0.5", "prices"), ("0.5, much", "start = 'much'")):
        start.fill(text)
        start.press("Enter")
        tab.page.get_by_role("alert").get_by_text(problem).wait_for()
    start.fill("0.1, 0.9")
    start.press("Enter")
    tab.page.get_by_text("1 equilibrium.").wait_for()
    assert "start=0.1,0.9" in tab.page.url
    tab.page.get_by_role("slider", name="step").fill("2.4")
    tab.page.get_by_text("not converged").wait_for()
    tab.page.get_by_label("economy").select_option("scarf")
    tab.page.get_by_text("cycling").wait_for()


@pytest.mark.slow
def test_a_gallery_entry_is_reproduced(visit):
    tab = opened(visit, "/gallery?name=scarf")
    tab.page.set_default_timeout(60_000)
    tab.page.keyboard.press("r")
    shown = table(tab.page, "findings of scarf, quick version, seed 1")
    assert {row[-1] for row in shown.values()} <= {"reproduced", "differs", "not published"}
    image = tab.page.get_by_role("img")
    assert image.get_attribute("alt")
    assert image.evaluate("picture => picture.naturalWidth") > 300


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


@pytest.mark.slow
def test_what_was_refused_does_not_stay(visit):
    tab = opened(visit, "/compare?scenario=agents&pricing=fixed,vickrey&buyers=100")
    first, buyers = tab.page.get_by_label("first model"), tab.page.get_by_label("buyers")
    first.select_option("vickrey")
    tab.page.get_by_role("alert").get_by_text("different pricing models").wait_for()
    buyers.fill("-3")
    buyers.press("Enter")
    tab.page.get_by_role("alert").get_by_text("buyers = -3").wait_for()
    tab.page.wait_for_function(
        """() => [...document.querySelectorAll(".econ-field")].some(field =>
            field.innerText.startsWith("first model") &&
            field.querySelector("select").value === "fixed")"""
    )
    tab.page.wait_for_function(
        """() => [...document.querySelectorAll("input")].some(each => each.value === "100")"""
    )
