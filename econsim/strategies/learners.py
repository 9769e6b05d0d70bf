"""Bidders that learn which fraction of their value to bid.

Every learner has the same arms, the fractions 0, 1/(arms - 1), ..., 1 of the value, and one
independent learner for each bin of values, as what is best to bid depends on the value. The arm of
a round is drawn by a keyed uniform, so that it is the same in any order of bidders.

References
----------
Freund & Schapire (1997), A decision-theoretic generalization of on-line learning. JCSS 55.
Auer, Cesa-Bianchi, Freund & Schapire (2002), The nonstochastic multiarmed bandit problem.
Hart & Mas-Colell (2000), A simple adaptive procedure leading to correlated equilibrium.
Watkins & Dayan (1992), Q-learning. Machine Learning 8.
"""

import numpy as np
from numpy.typing import NDArray

from econsim import kernels
from econsim.arrays import Floats, Ints
from econsim.errors import integer, real
from econsim.kernels import Hindsight, Learners
from econsim.strategies.base import Bidding, Feedback, Strategy
from econsim.strategies.fixed_rules import strategy_draws
from econsim.streams import Streams

# Weights are relative to the largest; an arm this far behind could still recover.
LEAST = 1e-30


class Learner(Strategy):
    """What bidders that learn share.

    Parameters
    ----------
    arms : int from 2 to 1001
        Fractions of the value to choose from.
    bins : int from 1 to 1000
        Equal intervals of value, from 0 to the largest of the category.
    """

    def __init__(self, arms: int = 11, bins: int = 4):
        self.arms, self.bins = integer("arms", arms, 2, 1001), integer("bins", bins, 1, 1000)
        self.columns = {"weights": ("f4", (self.arms * self.bins,))}

    def start(self, ids: Ints, streams: Streams) -> dict[str, NDArray]:
        """All arms alike."""
        return {"weights": np.ones((len(ids), self.arms * self.bins), dtype=np.float32)}

    def arm(self, bidding: Bidding) -> Ints:
        """Arm that each bid plays, (k,)."""
        return self._played(bidding, self._first(bidding))

    def chances(self, bidding: Bidding) -> Floats:
        """Probability of each arm at each bid, (k, arms)."""
        columns = self._first(bidding)[:, None] + np.arange(self.arms)
        weights = bidding.state["weights"][bidding.rows[:, None], columns]
        weight = np.maximum(weights.astype(np.float64), 0.0)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.full(weight.shape, 1 / self.arms), where=total > 0)
        return (1 - self._mix) * share + self._mix / self.arms

    def bids(self, bidding: Bidding) -> Ints:
        """Value times the fraction of the arm drawn, floored."""
        # value x arm // steps without a product that could outgrow 64 bits.
        steps, arm = self.arms - 1, self.arm(bidding)
        return bidding.value // steps * arm + bidding.value % steps * arm // steps

    @property
    def _mix(self) -> float:
        """Probability of a uniformly drawn arm."""
        return 0.0

    def _first(self, bidding: Bidding) -> Ints:
        """Column at which the learner of each bid's value begins."""
        scale = np.maximum(bidding.scale, 1)
        value = np.minimum(bidding.value, scale)
        return self.arms * np.minimum(value * self.bins // scale, self.bins - 1)

    def _played(self, bidding: Bidding, first: Ints) -> Ints:
        learners, draw = self._learners(bidding, first), strategy_draws(bidding, 0)
        return kernels.select().draw_arms(learners, self._mix, draw)

    def _learners(self, bidding: Bidding, first: Ints) -> Learners:
        """The learner of each bid, as kernels take it."""
        return Learners(bidding.state["weights"], bidding.rows, first, self.arms)

    def _hindsight(self, feedback: Feedback) -> Hindsight:
        """What a learner with full information learns from."""
        bidding = feedback.bidding
        scale = np.maximum(bidding.scale, 1)
        return Hindsight(bidding.value, feedback.threshold, bidding.pays_bid, scale)

    def _earned(self, feedback: Feedback) -> Floats:
        """What the bid gained, as a share of the largest value, (k,)."""
        gain = np.where(feedback.won, feedback.bidding.value - feedback.payment, 0)
        return gain / np.maximum(feedback.bidding.scale, 1)


class Hedge(Learner):
    """Multiplicative weights with full information (Freund & Schapire 1997).

    Every arm's weight is multiplied by exp(rate x what it would have gained), the gain as a share
    of the largest value; the arm is drawn in proportion.

    Parameters
    ----------
    rate : float > 0
        For T rounds sqrt(8 ln(arms) / T) bounds the regret best: 0.4 for a hundred.
    arms, bins : int
        See `Learner`.
    """

    name = "hedge"

    def __init__(self, rate: float = 0.4, arms: int = 11, bins: int = 4):
        super().__init__(arms, bins)
        self.rate = real("rate", rate, 1e-9, 100)

    def learn(self, feedback: Feedback) -> None:
        """Reweight all arms by what they would have gained."""
        learners = self._learners(feedback.bidding, self._first(feedback.bidding))
        kernels.select().hedge(learners, self.rate, LEAST, self._hindsight(feedback))

    def __repr__(self) -> str:
        return f"Hedge(rate={self.rate:g}, arms={self.arms}, bins={self.bins})"


class RegretMatching(Learner):
    """Arms in proportion to how much one regrets not having played them (Hart & Mas-Colell 2000).

    Parameters
    ----------
    arms, bins : int
        See `Learner`.
    """

    name = "regret-matching"

    def start(self, ids: Ints, streams: Streams) -> dict[str, NDArray]:
        """No regrets, which makes all arms equally likely."""
        return {"weights": np.zeros((len(ids), self.arms * self.bins), dtype=np.float32)}

    def learn(self, feedback: Feedback) -> None:
        """Add what each arm would have gained more than the one played."""
        bidding = feedback.bidding
        first = self._first(bidding)
        learners, played = self._learners(bidding, first), self._played(bidding, first)
        kernels.select().regrets(learners, played, self._hindsight(feedback))

    def __repr__(self) -> str:
        return f"RegretMatching(arms={self.arms}, bins={self.bins})"


class Exp3(Learner):
    """Multiplicative weights from the own gain only, a bandit (Auer et al. 2002).

    Parameters
    ----------
    exploration : float in (0, 1]
        Probability of a uniformly drawn arm, and the learning rate: gamma of the source.
    arms, bins : int
        See `Learner`.
    """

    name = "exp3"

    def __init__(self, exploration: float = 0.1, arms: int = 11, bins: int = 4):
        super().__init__(arms, bins)
        self.exploration = real("exploration", exploration, 1e-9, 1)

    @property
    def _mix(self) -> float:
        return self.exploration

    def learn(self, feedback: Feedback) -> None:
        """Reweight the arm played by its gain over its probability."""
        bidding = feedback.bidding
        first = self._first(bidding)
        learners, played = self._learners(bidding, first), self._played(bidding, first)
        gain = np.clip(self._earned(feedback), 0.0, 1.0)
        kernels.select().exp3(learners, self.exploration, LEAST, played, gain)

    def __repr__(self) -> str:
        return f"Exp3(exploration={self.exploration:g}, arms={self.arms}, bins={self.bins})"


class QLearning(Learner):
    """Q-learning in a state that is the bin of the value (Watkins & Dayan 1992).

    The next value does not depend on the bid, so that the best continuation is a constant: Q moves
    to the gain of the round alone. It starts at its upper bound, so that every arm is tried.

    Parameters
    ----------
    rate : float in (0, 1]
        Share of the way that Q moves to the gain.
    exploration : float in [0, 1]
        Probability of a uniformly drawn arm; else the arm of largest Q, the lowest of equals.
    arms, bins : int
        See `Learner`.
    """

    name = "q-learning"

    def __init__(
        self, rate: float = 0.1, exploration: float = 0.1, arms: int = 11, bins: int = 4
    ):  # fmt: skip
        super().__init__(arms, bins)
        self.rate = real("rate", rate, 1e-9, 1)
        self.exploration = real("exploration", exploration, 0, 1)

    def chances(self, bidding: Bidding) -> Floats:
        """Probability of each arm at each bid, (k, arms)."""
        best = self._best(bidding, self._first(bidding))
        greedy = best[:, None] == np.arange(self.arms)
        return (1 - self.exploration) * greedy + self.exploration / self.arms

    def _best(self, bidding: Bidding, first: Ints) -> Ints:
        return kernels.select().best_arms(self._learners(bidding, first))

    def _played(self, bidding: Bidding, first: Ints) -> Ints:
        explored = (strategy_draws(bidding, 1) * self.arms).astype(np.int64)
        explores = strategy_draws(bidding, 0) < self.exploration
        return np.where(explores, explored, self._best(bidding, first))

    def learn(self, feedback: Feedback) -> None:
        """Move Q of the arm played towards its gain."""
        seen, first = feedback.bidding, self._first(feedback.bidding)
        at = seen.rows, first + self._played(seen, first)
        weights = seen.state["weights"]
        weights[at] += self.rate * (self._earned(feedback) - weights[at])

    def __repr__(self) -> str:
        rates = f"rate={self.rate:g}, exploration={self.exploration:g}"
        return f"QLearning({rates}, arms={self.arms}, bins={self.bins})"
