"""Pickers in a real browser: a specification is typed, and what packages add is listed."""

import pytest

from tests.visualization.conftest import SMALL, Server, Visit, serious
from tests.visualization.pages.test_market import direct

PLUGIN = {
    "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    "tiny-1.0.dist-info/entry_points.txt": "[econsim.pricing]\nthrice = tiny:Thrice\n",
    "tiny.py": '''
from econsim.pricing import Fixed


class Thrice(Fixed):
    """Three times the price."""

    name = "thrice"

    def tariff(self, units, price):
        return 3 * super().tariff(units, price)
''',
}


def typed(tab, label, text):
    """Open a picker's line, and type."""
    tab.page.get_by_label(label).select_option("with parameters …")
    line = tab.page.get_by_label(label.split(" ")[0] + ", typed")
    line.fill(text)
    line.press("Enter")
    return line


def test_a_specification_is_typed_and_linked(visit):
    from axe_playwright_python.sync_playwright import Axe

    tab = visit()
    tab.market(SMALL)
    line = typed(tab, "Pricing on reset", "subscription(term=x)")
    tab.page.get_by_role("alert").get_by_text("pricing = ").wait_for()
    assert line.input_value() == "subscription(term=x)"
    line.fill("subscription( term=7 )")
    line.press("Enter")
    tab.page.get_by_text("Press Reset to apply: pricing.").wait_for()
    assert serious(Axe().run(tab.page)) == []
    tab.press("Reset")
    tab.page.get_by_text("Press Reset to apply").wait_for(state="detached")
    tab.until(0)
    tab.press("Step")
    digest = tab.until(1)
    assert digest == direct(1, pricing="subscription(term=7)").state_digest()
    assert line.input_value() == "subscription(term=7)"
    address = tab.page.evaluate("location.search")
    assert "&pricing=subscription(term=7)&" in address
    again = visit()
    again.market("/" + address)
    assert again.until(1) == digest


@pytest.mark.slow
def test_a_mix_is_compared_and_linked(visit):
    tab = visit()
    tab.page.goto(tab.server.address + "/compare?pricing=fixed&pricing=fixed:0.5,vickrey:0.5")
    line = tab.page.get_by_label("model 2, typed")
    line.wait_for()
    assert line.input_value() == "fixed:0.5,vickrey:0.5"
    tab.page.wait_for_function(
        """() => location.search.includes("pricing=fixed&pricing=fixed:0.5,vickrey:0.5&")"""
    )


@pytest.mark.slow
def test_what_a_package_brings_is_listed_and_played(chromium, tmp_path):
    for name, text in PLUGIN.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, encoding="utf-8")
    server = Server(tmp_path, PYTHONPATH=str(tmp_path / "site"))
    tab = Visit(server, chromium)
    try:
        tab.market(SMALL)
        tab.page.get_by_label("Pricing on reset").select_option("thrice")
        tab.press("Reset")
        tab.page.get_by_text("Press Reset to apply").wait_for(state="detached")
        tab.until(0)
        tab.press("Step")
        tab.until(1)
        assert "buyers come for" in tab.page.inner_text(".econ-explained")
        assert "pricing=thrice" in tab.page.evaluate("location.search")
        assert tab.problems == []
    finally:
        tab.close()
        server.stop()
