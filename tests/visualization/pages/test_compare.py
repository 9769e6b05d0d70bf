"""The Compare page in a real browser."""

import io

import pandas as pd
import pytest

from econsim.experiments.compare import compare
from tests.visualization.conftest import downloaded, opened


def test_a_comparison_grows_and_its_csv_is_the_librarys(visit):
    tab = opened(visit, "/compare?scenario=agents&pricing=fixed,vickrey&buyers=100&rounds=4&seed=3")
    for count in (1, 2, 3):
        tab.page.keyboard.press("s")
        tab.page.get_by_text(f"{count} replications of 4 rounds").wait_for()
    frame = pd.read_csv(io.BytesIO(downloaded(tab.page, "CSV")))
    names = ("fixed", "vickrey")
    expected = compare("agents", names, replications=3, rounds=4, rng=3, buyers=100, warmup=0).runs
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, rtol=1e-14)
    tab.press("Add a model")
    tab.page.get_by_label("model 3").wait_for()
    tab.page.get_by_text("Press Run").wait_for()


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
