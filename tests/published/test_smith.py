"""Cliff (1997); Cliff & Bruten (1997); Smith (1962)."""

import numpy as np
import pytest

from econsim.models.gallery import generator
from econsim.models.smith import SCHEDULES, Smith, trade_day


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("traders", ["zip", "zi-c"])
def test_nobody_trades_at_a_loss_or_twice(schedule, traders):
    model = Smith(schedule=schedule, traders=traders, rng=0)
    for _ in range(10):
        made = trade_day(
            model.limits, model.buyers, traders == "zip", 400, 100,
            model.margin, model.rate, model.inertia, model.momentum, model.draws,
        )  # fmt: skip
        price, value, cost = made.T
        assert (cost <= price).all()
        assert (price <= value).all()
        if schedule == "symmetric":
            assert len(set(value)) == len(set(cost)) == len(made)


def test_the_compiled_day_is_the_interpreted_one():
    states = []
    for day in (trade_day, trade_day.py_func):
        model = Smith(rng=3)
        made = [
            day(model.limits, model.buyers, True, 400, 100, model.margin, model.rate,
                model.inertia, model.momentum, model.draws)
            for _ in range(3)
        ]  # fmt: skip
        states.append((np.vstack(made), model.margin))
    assert states[0][0] == pytest.approx(states[1][0], rel=1e-12)
    assert states[0][1] == pytest.approx(states[1][1], rel=1e-9)


def test_alpha_is_the_deviation_from_equilibrium_over_it():
    model = Smith(rng=1)
    assert model.equilibrium.midpoint[0] == 200
    model.step()
    twin = Smith(rng=1)
    made = trade_day(
        twin.limits, twin.buyers, True, 400, 100, twin.margin, twin.rate, twin.inertia,
        twin.momentum, twin.draws,
    )  # fmt: skip
    deviations = [(price - 200) ** 2 for price in made[:, 0]]
    assert model.alpha == pytest.approx(100 * (sum(deviations) / len(made)) ** 0.5 / 200)
    assert model.trades == len(made)
    assert model.efficiency == pytest.approx(
        100 * sum(v - c for _, v, c in made) / model.equilibrium.gains[0]
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_zip_converges_and_zero_intelligence_does_not(schedule):
    last = {}
    for traders in ("zip", "zi-c"):
        frames = []
        for market in range(40):
            model = Smith(schedule=schedule, traders=traders, rng=generator(5, market))
            model.run_for(10)
            frames.append(model.frame())
        first, last[traders] = (
            np.array([frame[quantity].iloc[day] for frame in frames])
            for quantity, day in (("alpha", 0), ("alpha", -1))
        )
        change = last[traders] - first
        error = change.std(ddof=1) / np.sqrt(len(change))
        if traders == "zip":
            assert change.mean() < -5 * error
        else:
            assert abs(change.mean()) < 3.3 * error
    assert last["zip"].mean() < last["zi-c"].mean() / 3
