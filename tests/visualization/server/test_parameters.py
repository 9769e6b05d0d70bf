"""What is typed means what the page says."""

import pytest

from econsim.errors import ParameterError
from econsim.visualization.server.parameters import intervention_value


def test_interventions_speak_as_the_page_does():
    assert intervention_value("price", "2.5", 0) == 2_500_000  # credits
    assert intervention_value("sellers", "0, 3", ()) == [2**31, 2**31 + 3]  # as they are shown
    assert intervention_value("rounds", " ", None) is None
    with pytest.raises(ParameterError, match="share"):  # an emptied field is no 5 %
        intervention_value("share", " ", 0.05)
    with pytest.raises(ParameterError, match="sellers = -1"):
        intervention_value("sellers", "-1", ())
