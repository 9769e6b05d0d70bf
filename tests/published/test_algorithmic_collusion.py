"""Calvano, Calzolari, Denicolo & Pastorello (2020)."""

import numpy as np
import pytest

from econsim.models.algorithmic_collusion import AlgorithmicCollusion, duopoly
from econsim.models.gallery import generator, sessions
from econsim.models.q_learning import Rates, cycle, learn, opening


def plain_learning(draw, profits, rates, patience, periods, values):
    """Q-learning as the paper writes it, one player's dictionary at a time."""
    m = profits.shape[1]
    q = [{(s, a): values[i, s, a] for s in range(m * m) for a in range(m)} for i in range(2)]
    state, changed = 0, 0

    def best(i, s):
        return max(range(m), key=lambda a: (q[i][s, a], -a))

    for t in range(periods):
        if t - changed >= patience:
            break
        before = [[best(i, s) for s in range(m * m)] for i in range(2)]
        chosen = []
        for i in range(2):
            explores = draw.random() < np.exp(-rates.beta * t)
            chosen.append(int(draw.random() * m) if explores else before[i][state])
        following = chosen[0] * m + chosen[1]
        for i in range(2):
            key = (state, chosen[i])
            ahead = max(q[i][following, a] for a in range(m))
            target = profits[i, chosen[i], chosen[1 - i]] + rates.delta * ahead
            q[i][key] += rates.alpha * (target - q[i][key])
        if [[best(i, s) for s in range(m * m)] for i in range(2)] != before:
            changed = t + 1
        state = following
    return q


def test_the_compiled_learner_is_the_plain_one():
    rng = np.random.default_rng(3)
    profits, rates = rng.random((2, 3, 3)), Rates(0.2, 0.9, 0.01)
    values = np.repeat(opening(profits, 0.9)[:, None], 9, axis=1)
    expected = plain_learning(generator(5), profits, rates, 10**6, 400, values)
    greedy, clock = values.argmax(axis=2), np.zeros(3, dtype=np.int64)
    assert not learn(generator(5), profits, rates, 10**6, 400, values, greedy, clock)
    assert clock[0] == 400
    for i in range(2):
        for (s, a), value in expected[i].items():
            assert values[i, s, a] == pytest.approx(value, rel=1e-12)
    assert (greedy == values.argmax(axis=2)).all()


def test_learning_stops_when_nothing_changes():
    profits = np.array([[[1.0, 1.0], [0.0, 0.0]]] * 2)
    values = np.repeat(opening(profits, 0.5)[:, None], 4, axis=1)
    greedy, clock = values.argmax(axis=2), np.zeros(3, dtype=np.int64)
    assert learn(generator(0), profits, Rates(0.1, 0.5, 0.01), 500, 10**6, values, greedy, clock)
    assert clock[0] < 10**4
    assert cycle(greedy, int(clock[2]), 2).tolist() == [[0, 0]]


def test_the_static_game_is_the_published_one():
    game = duopoly()
    assert f"{game.nash:.6f}" == "1.472927"
    assert f"{game.monopoly:.6f}" == "1.924981"
    assert len(game.prices) == 15
    assert game.prices[0] < game.nash < game.monopoly < game.prices[-1]
    assert game.profits.max() > game.monopoly_profit > game.nash_profit


@pytest.mark.parametrize(("discount", "published"), [(0.95, 0.849), (0.0, 0.212)])
def test_profit_gain_is_the_published_one(discount, published):
    def run(session):
        model = AlgorithmicCollusion(discount=discount, rng=generator(11, session))
        model.learn(10**9)
        assert not model.running
        return model.profit_gain

    found = np.array(sessions(run, 16, lambda *_: None, ""))
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - published) < 3.3 * error


def test_a_deviation_is_the_best_reply_once_and_then_the_strategies_play():
    model = AlgorithmicCollusion(rng=4)
    model.learn(400_000)
    path, _ = model.deviation()
    game = model.game
    rival = int(np.argmin(np.abs(game.prices - path[5, 1])))
    assert path[5, 0] == game.prices[game.profits[:, rival].argmax()]
    assert set(path.ravel()) <= set(game.prices)
