"""The Equilibrium page in a real browser."""

import io

import pandas as pd

from econsim.visualization.numbers import equilibrium
from tests.visualization.conftest import downloaded, opened


def test_the_rule_and_step_decide_whether_prices_arrive(visit):
    tab = opened(visit, "/equilibrium?economy=two+goods")
    tab.page.get_by_text("converged after 27 iterations").wait_for()
    tab.page.get_by_text("1 equilibrium.").wait_for()
    expected = equilibrium.search(equilibrium.usual("two goods"))
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
