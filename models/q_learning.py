"""Two Q-learners who play one game over and over: the hot loop that two models share.

References
----------
Watkins & Dayan (1992), "Q-learning", Machine Learning 8. Calvano, Calzolari, Denicolò &
Pastorello (2020), "Artificial intelligence, algorithmic pricing, and collusion", American
Economic Review 110(10), section II, for the exploration and the test of convergence.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

LIMIT = 10**9
TIME, CHANGED, STATE = range(3)


class Rates(NamedTuple):
    """Parameters of a Q-learner: learning rate, discount factor, decay of exploration."""

    alpha: float
    delta: float
    beta: float


@njit(nogil=True, cache=True)
def learn(rng, profits, rates, patience, periods, q, greedy, clock):
    """Play up to `periods` periods in place; stop once `greedy` has not changed for `patience`.

    In period t each player explores, uniformly, with probability exp(-beta t), or else takes
    the action of the highest Q; both then update the cell that they used,
    Q(s, a) += alpha (profit + delta max Q(s', .) - Q(s, a)).

    Parameters
    ----------
    rng : numpy Generator
    profits : float64 array (2, m, m)
        Of each player, by its own action and its rival's.
    rates : Rates
    patience, periods : int
    q : float64 array (2, states, m)
        One state: no memory. m * m states: the last actions, first player's times m plus second's.
    greedy : int64 array (2, states)
        Kept equal to the first argmax of `q`.
    clock : int64 array (3,)
        Periods played, period of the last change of `greedy`, state.

    Returns
    -------
    bool, whether `greedy` was at rest for `patience` periods.
    """
    m, remember = q.shape[2], q.shape[1] > 1
    chosen = np.zeros(2, dtype=np.int64)
    for t in range(clock[0], clock[0] + periods):
        if t - clock[1] >= patience:
            break
        state, explore = clock[2], math.exp(-rates.beta * t)
        for i in range(2):
            chosen[i] = greedy[i, state]
            if rng.random() < explore:
                chosen[i] = int(rng.random() * m)
        following = chosen[0] * m + chosen[1] if remember else 0
        for i in range(2):
            own = chosen[i]
            target = profits[i, own, chosen[1 - i]]
            target += rates.delta * q[i, following, greedy[i, following]]
            q[i, state, own] += rates.alpha * (target - q[i, state, own])
            best = np.argmax(q[i, state])
            if best != greedy[i, state]:
                greedy[i, state], clock[1] = best, t + 1
        clock[0], clock[2] = t + 1, following
    return clock[0] - clock[1] >= patience


def opening(profits: NDArray[np.float64], delta: float) -> NDArray[np.float64]:
    """Discounted profit of each action against a rival who draws its own uniformly: (2, m)."""
    return profits.mean(axis=2) / (1 - delta)


def cycle(greedy: NDArray[np.int64], start: int, actions: int) -> NDArray[np.int64]:
    """States that the greedy strategies visit for ever from `start`, in order.

    Parameters
    ----------
    greedy : int array (2, states)
    start, actions : int

    Returns
    -------
    int64 array (length of the cycle, 2), the actions of both.
    """
    seen: dict[int, int] = {}
    path: list[tuple[int, int]] = []
    state = start
    while state not in seen:
        seen[state] = len(path)
        first, second = (int(each) for each in greedy[:, state])
        path.append((first, second))
        state = first * actions + second if greedy.shape[1] > 1 else 0
    return np.array(path[seen[state] :], dtype=np.int64)
