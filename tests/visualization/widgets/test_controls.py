"""Controls: what a browser says is taken only where it may."""

import pytest
import solara

from econsim.visualization.widgets import SelectField, SpecificationField
from tests.visualization.widgets.test_layout import parts


@solara.component
def picker(page):
    SpecificationField(
        "pricing", page.value.value, ["fixed", "vickrey"], page.hear,
        templates={"tariff": "tariff(rate=)"},
    )  # fmt: skip


class Page:
    """A picker on a page that refuses what it does not know."""

    def __init__(self):
        self.value, self.heard = solara.Reactive("fixed"), []
        self.box, self.context = solara.render(picker(self), handle_error=False)

    def hear(self, text):
        self.heard.append(text)
        if text in ("fixed", "vickrey", "tariff(rate=2)"):
            self.value.set(text)

    def fields(self):
        """What each control shows, by label."""
        return {f.label: f.value for f in parts(self.box) if getattr(f, "label", "")}

    def say(self, label, value):
        """What a browser does."""
        field = next(f for f in parts(self.box) if getattr(f, "label", "") == label)
        field.vue_change(value)

    def options(self):
        return [text for _, text in next(f for f in parts(self.box) if hasattr(f, "kind")).options]


@pytest.fixture
def page():
    made = Page()
    yield made
    made.context.close()


def test_a_name_is_chosen(page):
    assert page.options() == ["fixed", "vickrey", "tariff …", "with parameters …"]
    page.say("pricing", "vickrey")
    assert page.fields() == {"pricing": "vickrey"}
    assert page.heard == ["vickrey"]


def test_a_specification_is_typed_mended_and_left_again(page):
    page.say("pricing", "tariff")
    assert page.fields() == {"pricing": " typed", "pricing, typed": "tariff(rate=)"}
    assert page.heard == []
    page.say("pricing, typed", "tariff(rate=x)")  # refused: it stays to be mended
    assert page.fields()["pricing, typed"] == "tariff(rate=x)"
    page.say("pricing, typed", "tariff(rate=2)")
    assert page.value.value == "tariff(rate=2)"
    assert page.fields() == {"pricing": " typed", "pricing, typed": "tariff(rate=2)"}
    page.say("pricing", "fixed")
    assert page.fields() == {"pricing": "fixed"}


def test_the_line_opens_with_what_is_in_force(page):
    page.say("pricing", " typed")
    assert page.fields() == {"pricing": " typed", "pricing, typed": "fixed"}
    assert page.heard == []


def test_a_value_that_is_no_option_is_not_taken():
    heard = []
    box, context = solara.render(SelectField("scenario", "a", ["a", "b"], heard.append))
    try:
        field = next(f for f in parts(box) if getattr(f, "label", "") == "scenario")
        for value in ("/etc/passwd", None, ["a"], "b"):
            field.vue_change(value)
        assert heard == ["b"]
    finally:
        context.close()
