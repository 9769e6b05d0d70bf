"""Numbers as people type them."""

import pytest

from econsim.errors import ParameterError
from econsim.visualization.numbers.typed import amounts


@pytest.mark.parametrize("text", ["1, two", "-1", "nan", "1e99", " ".join(["1"] * 51)])
def test_wrong_bids_are_named(text):
    with pytest.raises(ParameterError, match="bids"):
        amounts("bids", text)


def test_bids_are_typed_as_people_type():
    assert amounts("bids", "1, 2;3\n4.5") == [1.0, 2.0, 3.0, 4.5]
    assert amounts("bids", "") == []
