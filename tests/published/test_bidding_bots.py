"""Banchio & Skrzypacz (2022)."""

import numpy as np
import pandas as pd
import pytest

from econsim.experiments.reproduce import REPRODUCED, UNDECIDED
from econsim.models.bidding_bots import BIDS, BiddingBots, _findings, profits
from econsim.models.gallery import generator, sessions


def revenues(rule, count=40, **settings):
    def run(session):
        model = BiddingBots(rule=rule, rng=generator(7, session), **settings)
        model.learn(10**9)
        assert not model.running
        return model.revenue

    return np.array(sessions(run, count, lambda *_: None, ""))


@pytest.mark.parametrize("rule", ["first-price", "second-price"])
def test_profits_are_those_of_the_auction(rule):
    from econsim.auctions import first_price, second_price

    auction = first_price if rule == "first-price" else second_price
    table = profits(rule)
    for i, own in enumerate(BIDS):
        for j, other in enumerate(BIDS):
            sold = auction([own, other])
            won = 1 - sold.payments[0] if 0 in sold.winners else 0
            assert table[i, j] == pytest.approx(won / 2 if i == j else won)


def test_first_price_revenue_is_near_the_published_one_at_the_decay_that_was_fitted():
    found = revenues("first-price")
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert 0.23 - 3.3 * error < found.mean() < 0.24 + 3.3 * error


def test_second_price_revenue_is_near_the_published_one_at_the_decay_that_was_fitted():
    found = revenues("second-price")
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - 0.95) < 3.3 * error + 0.005
    assert np.median(found) == pytest.approx(0.95)


@pytest.mark.parametrize("start", ["random", "optimistic", "low"])
def test_first_price_earns_less_wherever_learning_begins(start):
    settings = {"start": start, "exploration_decay": 1e-3, "count": 20}
    assert revenues("first-price", **settings).mean() < revenues("second-price", **settings).mean()


@pytest.mark.parametrize(("half", "verdict"), [(0.05, REPRODUCED), (0.2, UNDECIDED)])
def test_the_direction_holds_over_all_variants_at_once(half, verdict):
    """Means 0.1 and 0.4 apart; one variant whose difference could be 0 leaves all undecided."""
    cells = [
        (rule, "low", decay, 20, mean, mean - half, mean + half)
        for decay, means in ((1e-3, (0.5, 0.9)), (1e-4, (0.4, 0.5)))
        for rule, mean in zip(("first-price", "second-price"), means, strict=True)
    ]
    columns = ["rule", "start", "decay", "sessions", "mean", "low", "high"]
    revenue = pd.DataFrame({"rule": ["first-price", "second-price"] * 2, "revenue": [0.1] * 4})
    *fitted, direction = _findings(revenue, pd.DataFrame(cells, columns=columns))
    assert all(line.fitted for line in fitted)
    assert direction.ours.mean == pytest.approx(-0.1)
    assert direction.ours.high == pytest.approx(-0.1 + np.hypot(half, half))
    assert direction.verdict == verdict
