"""The Gallery in a real browser."""

import pytest

from econsim.experiments.reproduce import UNPUBLISHED, VERDICTS
from tests.visualization.conftest import opened, table


@pytest.mark.slow
def test_a_gallery_entry_is_reproduced(visit):
    tab = opened(visit, "/gallery?name=scarf")
    tab.page.set_default_timeout(60_000)
    tab.page.keyboard.press("r")
    shown = table(tab.page, "findings of scarf, quick version, seed 1")
    assert {row[-1] for row in shown.values()} <= {*VERDICTS, UNPUBLISHED}
    image = tab.page.get_by_role("img")
    assert image.get_attribute("alt")
    assert image.evaluate("picture => picture.naturalWidth") > 300
