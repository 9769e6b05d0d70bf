"""What waits for a reset, and what a reset keeps."""

import pytest

from econsim.errors import ParameterError
from econsim.visualization.engines.market import MarketWorker
from econsim.visualization.pages.draft import Draft
from econsim.visualization.server.permalink import Event, Setting
from tests.visualization.engines.conftest import SMALL, played


def test_a_refused_reset_still_waits():
    draft = Draft(SMALL)
    draft.put("buyers", 300)
    worker = MarketWorker(SMALL)
    steady = worker.snapshot(True)["steady"]
    assert draft.waiting(steady) == ["buyers"]
    draft.put("max_size", 0)
    with pytest.raises(ParameterError, match="max_size"):
        worker.reset(draft.taken(None))
    assert draft.waiting(steady) == ["buyers", "max_size"]
    draft.put("max_size", 2)
    worker.reset(draft.taken(None))
    assert draft.waiting(worker.snapshot(True)["steady"]) == []


def test_a_reset_keeps_what_was_changed_but_not_what_was_to_come():
    events = (Event(1, "set", {"search": 8}), Event(9, "set", {"demand_rate": 0.1}))
    shown = played(Setting("agents", 3, {"buyers": 200}, 2, events)).snapshot(True)["setting"]
    taken = Draft(SMALL).taken(shown)
    assert taken == Setting("agents", 3, {"buyers": 200, "search": 8})
