"""The Auction lab in a real browser."""

import io

import numpy as np
import pandas as pd

from econsim.auctions import first_price, second_price
from tests.visualization.conftest import downloaded, opened, table


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
