"""Who bids on all that it saw does so at one pricing model: it wants one task served."""

import numpy as np
import pytest

from econsim.models.marketplace import Marketplace

MIXES = [
    {"vcg": 0.5, "vcg(commission=0.1)": 0.5},
    {"vcg": 0.5, "scoring": 0.5},
    {"vcg": 0.3, "scoring": 0.3, "fixed": 0.4},
]


@pytest.mark.parametrize("mix", MIXES, ids=str)
@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_nobody_is_served_twice_in_a_round(mix, backend):
    """Two models once served, and charged, the same buyer: money came from nowhere."""
    model = Marketplace(buyers=150, sellers=30, pricing=mix, backend=backend, rng=1)
    for _ in range(5):
        model.step()
        assert model.ledger.conserved
        orders, pricing = model.orders, model.sellers["pricing"]
        assert len(orders)
        for buyer in np.unique(orders.buyer):
            assert len(set(pricing[orders.listing[orders.buyer == buyer]])) == 1
        assert model.history[-1]["trades"] <= model.history[-1]["tasks"]


@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_and_the_backends_agree(mix):
    digests = []
    for backend in ("columns", "objects"):
        model = Marketplace(buyers=150, sellers=30, pricing=mix, backend=backend, rng=1)
        model.run_for(10)
        digests.append(model.state_digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("pricing", ["vcg", "scoring"])
def test_a_buyer_bids_on_all_that_it_saw(pricing):
    model = Marketplace(buyers=150, sellers=30, pricing=pricing, search=4, rng=1)
    model.step()
    assert np.bincount(model.orders.buyer).max() == 4
