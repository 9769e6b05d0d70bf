"""What is typed means what the page says."""

import pytest

from econsim.errors import ParameterError
from econsim.pricing import PRICING_MODELS, Fixed
from econsim.visualization.server.parameters import canonical, intervention_value, parameters


def test_interventions_speak_as_the_page_does():
    assert intervention_value("price", "2.5", 0) == 2_500_000  # credits
    assert intervention_value("sellers", "0, 3", ()) == [2**31, 2**31 + 3]  # as they are shown
    assert intervention_value("rounds", " ", None) is None
    with pytest.raises(ParameterError, match="share"):  # an emptied field is no 5 %
        intervention_value("share", " ", 0.05)
    with pytest.raises(ParameterError, match="sellers = -1"):
        intervention_value("sellers", "-1", ())


class Odd(Fixed):
    """Cannot be made of nothing, and not be written again of too much."""

    name = "odd"

    def __init__(self, times=2.0):
        super().__init__()
        self.times = 1 / times


@pytest.fixture
def odd(monkeypatch):
    monkeypatch.setitem(PRICING_MODELS._registered, "odd", Odd)


def test_what_is_registered_is_listed_at_once(odd):
    assert "odd" in parameters()["pricing"].choices
    assert canonical("pricing", "odd(times=2.0)") == "odd"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("odd(times=0)", "ZeroDivisionError"), ("odd(times=1e999)", "Python literals")],
)
def test_what_a_package_cannot_make_is_one_line(odd, text, reason):
    with pytest.raises(ParameterError, match=reason):
        canonical("pricing", text)
