"""One seed, one trajectory: both backends, both kernels, any number of threads, to the bit."""

import numba
import pytest

from econsim.kernels import threads
from econsim.models.marketplace import Marketplace
from econsim.pricing import PRICING_MODELS
from econsim.strategies import Shaded

ROUNDS = 30
# Those of the committed digest; a model that comes later leaves it alone.
SEVEN = ("fixed", "perunit", "subscription", "first-price", "vickrey", "vcg", "double")
MIXES = {
    "all": dict.fromkeys(PRICING_MODELS, 1 / len(PRICING_MODELS)),
    "subscription-vickrey": {"subscription": 0.5, "vickrey": 0.5},
}
MARKETS = {**{name: name for name in PRICING_MODELS}, **MIXES}


def digests(monkeypatch, kernels="numba", count=2, **keywords):
    """State digest after every round."""
    monkeypatch.setenv("ECONSIM_KERNELS", kernels)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", count)
    model = Marketplace(**keywords)
    found = [model.state_digest()]
    for _ in range(ROUNDS):
        model.step()
        found.append(model.state_digest())
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pricing", MARKETS.values(), ids=MARKETS)
def test_backends_kernels_and_threads_agree_after_every_round(monkeypatch, pricing, seed):
    monkeypatch.setattr(threads, "LEAST_ROWS", 50)
    market = {"buyers": 200, "sellers": 20, "pricing": pricing, "rng": seed}
    expected = digests(monkeypatch, **market)
    assert len(set(expected)) == ROUNDS + 1
    assert digests(monkeypatch, count=1, **market) == expected
    assert digests(monkeypatch, kernels="numpy", **market) == expected
    assert digests(monkeypatch, backend="objects", **market) == expected
    assert digests(monkeypatch, kernels="numpy", backend="objects", **market) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"demand_rate": 0.4, "max_size": 1, "categories": 3},
        {"search": 9, "capacity": 1, "endowment": 0, "income": 100_000},
        {"strategy": "shaded", "value_spread": 0.0, "reliability": (0.1, 0.5)},
    ],
    ids=["sparse", "poor", "unreliable"],
)
def test_backends_agree_off_the_defaults(monkeypatch, changes):
    if "strategy" in changes:
        changes = {**changes, "strategy": Shaded(0.7)}
    market = {"buyers": 200, "sellers": 20, "pricing": MIXES["all"], "rng": 3, **changes}
    expected = digests(monkeypatch, **market)
    assert digests(monkeypatch, kernels="numpy", backend="objects", **market) == expected


@pytest.mark.parametrize("pricing", MARKETS.values(), ids=MARKETS)
def test_backends_and_kernels_agree_where_buyers_choose_by_expected_surplus(monkeypatch, pricing):
    monkeypatch.setattr(threads, "LEAST_ROWS", 50)
    market = {"buyers": 150, "sellers": 15, "pricing": pricing, "rng": 3, "choice": "expected"}
    expected = digests(monkeypatch, **market)
    assert len(set(expected)) == ROUNDS + 1
    assert digests(monkeypatch, kernels="numpy", count=1, **market) == expected
    assert digests(monkeypatch, backend="objects", **market) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"demand_rate": 0.4, "max_size": 1, "categories": 3},
        {"search": 9, "capacity": 1, "endowment": 0, "income": 100_000},
        {"service": {}, "strategy": Shaded(0.7), "choice_noise": 1.0},
        {"strategy": {"hedge": 0.5, "q-learning": 0.5}},
    ],
    ids=["sparse", "poor", "service", "learners"],
)
def test_backends_agree_on_expected_surplus_off_the_defaults(monkeypatch, changes):
    market = {"buyers": 150, "sellers": 15, "pricing": MIXES["all"], "rng": 3, **changes}
    expected = digests(monkeypatch, choice="expected", **market)
    objects = digests(monkeypatch, kernels="numpy", backend="objects", choice="expected", **market)
    assert objects == expected


def test_another_seed_is_another_trajectory(monkeypatch):
    market = {"buyers": 200, "sellers": 20}
    assert digests(monkeypatch, rng=0, **market)[-1] != digests(monkeypatch, rng=1, **market)[-1]


def test_the_digest_is_that_of_the_committed_trajectory(monkeypatch):
    """A change of any draw or rule shows here; commit a new digest only with its reason."""
    last = digests(monkeypatch, buyers=200, sellers=20, pricing=dict.fromkeys(SEVEN, 1 / 7), rng=0)[
        -1
    ]
    assert last == "7d25a6acb927a5b00f812870cc7a7061b81525bd8f28c5e2ab280c72098a6c85"


def test_draws_are_common_across_pricing_models():
    models = [Marketplace(buyers=500, sellers=25, pricing=name, rng=4) for name in PRICING_MODELS]
    for model in models:
        model.step()
        assert (model.buyers["value"] == models[0].buyers["value"]).all()
        assert (model.sellers["cost"] == models[0].sellers["cost"]).all()
        assert model.history[0]["tasks"] == models[0].history[0]["tasks"]
        assert model.history[0]["maximal_gains"] == models[0].history[0]["maximal_gains"]
