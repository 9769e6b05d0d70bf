"""Reputation of one seller from what it delivered: beta evidence, and exponential scores."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from econsim.arrays import Floats
from econsim.errors import ParameterError, real, unmasked
from econsim.trust.outcomes import Outcome


def beta_mean(
    successes: ArrayLike, failures: ArrayLike, prior: tuple[float, float] = (1.0, 1.0)
) -> Floats:
    """Mean of the beta posterior: (r + a) / (r + s + a + b) after r successes and s failures.

    Josang & Ismail (2002), "The beta reputation system". Shapes broadcast; the answer is in
    (0, 1).
    """
    good = np.asarray(unmasked("successes", successes)) + prior[0]
    return good / (good + (np.asarray(unmasked("failures", failures)) + prior[1]))


class BetaReputation:
    """Evidence r for and s against a seller, read as a beta distribution of its success rate.

    Parameters
    ----------
    prior : pair of float > 0
        Evidence (a, b) that everybody starts with.
    forgetting : float in [0, 1]
        What is left of old evidence when new evidence comes; 1 forgets nothing, 0 everything.

    Raises
    ------
    ParameterError

    References
    ----------
    Josang & Ismail (2002), The beta reputation system, 15th Bled Electronic Commerce Conference.
    """

    def __init__(self, prior: tuple[float, float] = (1.0, 1.0), forgetting: float = 1.0):
        if isinstance(prior, str) or np.shape(prior) != (2,):
            raise ParameterError("prior", prior, "two numbers > 0")
        self.prior = real("prior[0]", prior[0], 1e-9, 1e9), real("prior[1]", prior[1], 1e-9, 1e9)
        self.forgetting = real("forgetting", forgetting, 0, 1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(prior={self.prior}, forgetting={self.forgetting})"

    def expectation(self, positive: ArrayLike, negative: ArrayLike) -> Any:
        """Expected success rate (r + a) / (r + s + a + b).

        Parameters
        ----------
        positive, negative : float array, broadcastable
            Evidence r and s, >= 0.

        Returns
        -------
        float64 of the broadcast shape, in (0, 1).
        """
        return beta_mean(*_evidence(positive, negative), self.prior)[()]

    def lower_bound(
        self, positive: ArrayLike, negative: ArrayLike, *, confidence: float = 0.95
    ) -> Any:
        """Success rate that the posterior exceeds with probability `confidence`, one-sided.

        Shapes are those of `expectation`; `confidence` is in (0, 1).
        """
        level = real("confidence", confidence, 0, 1)
        if not 0 < level < 1:
            raise ParameterError("confidence", confidence, "a number in (0, 1)")
        good, bad = _evidence(positive, negative)
        return betaincinv(good + self.prior[0], bad + self.prior[1], 1 - level)[()]

    def update(
        self,
        positive: ArrayLike,
        negative: ArrayLike,
        new_positive: ArrayLike,
        new_negative: ArrayLike,
    ) -> tuple[Any, Any]:
        """Evidence after new evidence: r <- forgetting x r + new."""
        good, bad = _evidence(positive, negative)
        new_good, new_bad = _evidence(new_positive, new_negative, "new_positive", "new_negative")
        return (self.forgetting * good + new_good)[()], (self.forgetting * bad + new_bad)[()]

    def discount(
        self,
        witness_positive: ArrayLike,
        witness_negative: ArrayLike,
        positive: ArrayLike,
        negative: ArrayLike,
    ) -> tuple[Any, Any]:
        """A witness's evidence (r, s) about somebody, weighted by one's own about the witness.

        With (R, S) about the witness, r' = 2 R r / ((S + 2)(r + s + 2) + 2 R) and likewise for s:
        belief discounting in terms of evidence, as the source derives it for the prior (1, 1). What
        several witnesses say, discounted, adds up.
        """
        trust, doubt = _evidence(
            witness_positive, witness_negative, "witness_positive", "witness_negative"
        )
        good, bad = _evidence(positive, negative)
        share = 2 * trust / ((doubt + 2) * (good + bad + 2) + 2 * trust)
        return (share * good)[()], (share * bad)[()]


class ExponentialTrust:
    """A score in [0, 1] that moves a share of the way to what the last delivery was worth.

    1. New agents score 1/2.
    2. A delivery is worth delta: success +0.8, timeout -0.3, partial failure -0.5 x its error rate,
       complete failure -1.
    3. score <- (1 - rate) score + rate (1/2 + delta/2).

    Parameters
    ----------
    rate : float in [0, 1]

    Raises
    ------
    ParameterError
    """

    DELTA = (0.8, -0.3, -0.5, -1.0)
    START = 0.5
    DOUBT = 10.0

    def __init__(self, rate: float = 0.15):
        self.rate = real("rate", rate, 0, 1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self.rate})"

    def delta(self, outcome: ArrayLike, error_rate: ArrayLike = 0.0) -> Any:
        """Worth of deliveries, in [-1, 0.8].

        Parameters
        ----------
        outcome : array of Outcome
        error_rate : float array in [0, 1], broadcastable
            Share that failed; matters for partial failures only.
        """
        kind = np.asarray(unmasked("outcome", outcome))
        inside = kind.dtype.kind in "iu" and bool(((kind >= 0) & (kind < len(self.DELTA))).all())
        if not inside:
            raise ParameterError("outcome", outcome, "0 (success) to 3 (failure); see Outcome")
        wrong = _unit("error_rate", error_rate)
        worth = np.array(self.DELTA)[kind]
        return np.where(kind == Outcome.PARTIAL, worth * wrong, worth)[()]

    def update(self, score: ArrayLike, outcome: ArrayLike, error_rate: ArrayLike = 0.0) -> Any:
        """Scores after one delivery each; shapes broadcast."""
        aim = 0.5 + self.delta(outcome, error_rate) / 2
        return ((1 - self.rate) * _unit("score", score) + self.rate * aim)[()]

    def confidence(self, n: ArrayLike) -> Any:
        """How much `n` deliveries say: n / (n + 10)."""
        (count,) = _amounts(n=n)
        return (count / (count + self.DOUBT))[()]

    def conservative(self, score: ArrayLike, n: ArrayLike) -> Any:
        """Score times confidence: what nothing is known of counts as nothing.

        Never above the score, and rising with evidence.
        """
        return (_unit("score", score) * self.confidence(n))[()]

    def decay(self, score: ArrayLike, rounds: int = 1, *, rate: float = 0.01) -> Any:
        """Stale scores move towards 1/2 by the share `rate` a round.

        Parameters
        ----------
        score : float array in [0, 1]
        rounds : int >= 0
        rate : float in [0, 1]
        """
        share, scores = real("rate", rate, 0, 1), _unit("score", score)
        if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or rounds < 0:
            raise ParameterError("rounds", rounds, "an integer >= 0")
        # By repeated multiplication, as libraries differ in the last bit of a power.
        kept = 1.0
        for _ in range(int(rounds)):
            kept *= 1 - share
        return (self.START + kept * (scores - self.START))[()]


def _amounts(**arrays: ArrayLike) -> list[Floats]:
    """Finite numbers >= 0 by name."""
    found = []
    for name, given in arrays.items():
        array = np.asarray(unmasked(name, given))
        if array.dtype.kind not in "iuf" or not (np.isfinite(array) & (array >= 0)).all():
            raise ParameterError(name, given, "finite numbers >= 0")
        found.append(array.astype(np.float64))
    return found


def _evidence(
    good: ArrayLike, bad: ArrayLike, first: str = "positive", second: str = "negative"
) -> tuple[Floats, Floats]:
    """Checked evidence."""
    kept, lost = _amounts(**{first: good, second: bad})
    return kept, lost


def _unit(name: str, given: ArrayLike) -> Floats:
    """Numbers in [0, 1]."""
    (array,) = _amounts(**{name: given})
    if (array > 1).any():
        raise ParameterError(name, given, "numbers in [0, 1]")
    return array
