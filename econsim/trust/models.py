"""Trust models of a market: how a period's ratings become the trust in every seller.

Each keeps its state in columns of the sellers, and of the buyers if it needs to, is named in
`TRUST_MODELS`, and overrides `TrustModel.rate`; one that looks at who rated whom overrides
`TrustModel.update` instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from econsim import kernels
from econsim.arrays import Bools, Floats
from econsim.errors import ParameterError, integer, real
from econsim.registry import Specified
from econsim.trust.graph import eigentrust
from econsim.trust.ratings import Pairs, Ratings
from econsim.trust.reputation import BetaReputation, ExponentialTrust, beta_mean

Columns = Mapping[str, NDArray]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a trust model may look at after a round.

    Attributes
    ----------
    round : int
        Rounds played before this one.
    ratings : Ratings
        Those of the deliveries that ended.
    pairs : Pairs or None
        What every buyer remembers of every seller, for a model that is `paired`.
    sellers, buyers : mapping of str to array, (m,) and (n,)
        Column ``id``, ascending, and the model's own state columns, to be written in place.
    founding : int
        Buyers that were there when the market opened; their ids are the smallest.
    """

    round: int
    ratings: Ratings
    pairs: Pairs | None
    sellers: Columns
    buyers: Columns
    founding: int


class TrustModel(Specified):
    """How ratings become trust: the expected share of a delivery that a seller performs.

    Attributes
    ----------
    name : str
        Name in `TRUST_MODELS`.
    columns, buyer_columns : dict of str to dtype
        State of each seller, and of each buyer.
    paired : bool
        Whether it needs to know who rated whom (`Pairs`).
    forgetting : float in [0, 1]
    """

    name: ClassVar[str] = ""
    columns: ClassVar[dict[str, Any]] = {"positive": np.float64, "negative": np.float64}
    buyer_columns: ClassVar[dict[str, Any]] = {}
    paired: ClassVar[bool] = False
    forgetting: float = 1.0

    @property
    def counted(self) -> bool:
        """Whether counts of successes and failures are all that trust depends on.

        Then `start` gives the trust of any counts, and no state or rating needs to be kept.
        """
        return False

    def start(self, successes: Any, failures: Any) -> dict[str, Any]:
        """State columns and ``trust`` of sellers with a record of deliveries, (m,) each."""
        raise NotImplementedError(f"{type(self).__name__} does not override start")

    def start_buyers(self, ids: NDArray[np.int64]) -> dict[str, Any]:
        """State columns of new buyers, (n,) each: zeros by default."""
        return {name: np.zeros(len(ids), dtype) for name, dtype in self.buyer_columns.items()}

    def rate(self, state: Columns, ratings: Ratings) -> Floats:
        """Update the state columns in place; returns trust of each seller, (m,)."""
        raise NotImplementedError(f"{type(self).__name__} does not override rate")

    def update(self, evidence: Evidence) -> Floats:
        """Trust of each seller after a round, (m,): by default what `rate` says."""
        return self.rate(evidence.sellers, evidence.ratings)


class Beta(TrustModel):
    """Mean of the beta posterior of a seller's success rate (Josang & Ismail 2002).

    Parameters
    ----------
    prior : pair of float > 0
    forgetting : float in [0, 1]
        What is left of evidence after a round; 1 forgets nothing.
    """

    name = "beta"

    def __init__(self, prior: tuple[float, float] = (1.0, 1.0), forgetting: float = 1.0):
        self.reputation = BetaReputation(prior, forgetting)
        self.prior, self.forgetting = self.reputation.prior, self.reputation.forgetting

    @property
    def counted(self) -> bool:
        """Where nothing is forgotten; a subclass may count otherwise."""
        return type(self) is Beta and self.forgetting == 1

    def start(self, successes: Any, failures: Any) -> dict[str, Any]:
        """Evidence is the record; trust its posterior mean."""
        evidence = {
            "positive": np.asarray(successes, float),
            "negative": np.asarray(failures, float),
        }
        return {**evidence, "trust": beta_mean(successes, failures, self.prior)}

    def rate(self, state: Columns, ratings: Ratings) -> Floats:
        """Forget, add the round's evidence, and take the mean."""
        evidence = state["positive"], state["negative"]
        updated = self.reputation.update(*evidence, *ratings.evidence(len(evidence[0])))
        for column, values in zip(evidence, updated, strict=True):
            column[:] = values
        return beta_mean(*evidence, self.prior)

    def __repr__(self) -> str:
        return f"Beta(prior={self.prior}, forgetting={self.forgetting})"


class Exponential(TrustModel):
    """A score that every delivery moves by a share; see `ExponentialTrust`.

    Parameters
    ----------
    rate : float in [0, 1]
        A rating of weight w < 1 moves the score by w times that share; a larger weight counts 1.
    staleness : float in [0, 1]
        Share of the way to 1/2 that the score of a seller without deliveries goes in a round.
    conservative : bool
        Trust the score times n / (n + 10) after n deliveries.
    """

    name = "exponential"
    columns: ClassVar[dict[str, Any]] = {"score": np.float64, "ratings": np.int64}

    def __init__(self, rate: float = 0.15, staleness: float = 0.0, conservative: bool = False):
        self.scoring = ExponentialTrust(rate)
        self.staleness = real("staleness", staleness, 0, 1)
        if not isinstance(conservative, bool):
            raise ParameterError("conservative", conservative, "true or false")
        self.conservative = conservative

    def start(self, successes: Any, failures: Any) -> dict[str, Any]:
        """A score of 1/2, whatever the record."""
        count = np.asarray(successes + failures)
        score = np.full(count.shape, ExponentialTrust.START)
        return {"score": score, "ratings": count, "trust": self._trust(score, count)}

    def rate(self, state: Columns, ratings: Ratings) -> Floats:
        """Move the scores delivery by delivery; those of idle sellers grow stale."""
        score, count = state["score"], state["ratings"]
        aim = 0.5 + self.scoring.delta(ratings.outcome, ratings.error) / 2
        share = self.scoring.rate * np.minimum(ratings.weight, 1.0)
        new = np.bincount(ratings.row, minlength=len(score))
        if self.staleness:
            idle = new == 0
            score[idle] = self.scoring.decay(score[idle], rate=self.staleness)
        score[:] = kernels.select().move_scores(score, ratings.row, share, aim)
        count += new
        return self._trust(score, count)

    def _trust(self, score: Floats, count: NDArray) -> Floats:
        return self.scoring.conservative(score, count) if self.conservative else score.copy()

    def __repr__(self) -> str:
        return (
            f"Exponential(rate={self.scoring.rate}, staleness={self.staleness}, "
            f"conservative={self.conservative})"
        )


class EigenTrust(Beta):
    """Beta evidence in which a buyer's ratings count by its standing in the EigenTrust graph.

    1. Local trust of a buyer in a seller is its satisfactory less its unsatisfactory deliveries
       there; a seller trusts all buyers that rated it alike, so that many deals with a few false
       ones do not outweigh the others.
    2. `eigentrust` on that graph, with the founding buyers pre-trusted, gives every buyer a
       standing; relative to the mean of the pre-trusted ones, and at most 1, it weighs ratings.
    3. Trust is (a + sum of weighted r) / (a + b + sum of weighted r + s).

    Who is rated only by identities that nobody of standing deals with keeps the prior.

    Parameters
    ----------
    prior : pair of float > 0
    forgetting : float in [0, 1]
    pretrusted : float in (0, 1]
        Share of the buyers, those there first, that are trusted beforehand.
    weight : float in [0, 1]
        Weight of the pre-trusted in `eigentrust`.
    every : int >= 1
        Rounds between computations of the standings.
    """

    name = "eigentrust"
    buyer_columns: ClassVar[dict[str, Any]] = {"standing": np.float64}
    paired = True

    def __init__(
        self,
        prior: tuple[float, float] = (1.0, 1.0),
        forgetting: float = 1.0,
        pretrusted: float = 0.1,
        weight: float = 0.1,
        every: int = 5,
    ):
        super().__init__(prior, forgetting)
        self.pretrusted = real("pretrusted", pretrusted, 1e-6, 1)
        self.weight = real("weight", weight, 1e-6, 1)
        self.every = integer("every", every, 1)

    def founders(self, buyers: int) -> int:
        """How many of the first `buyers` are pre-trusted."""
        return max(1, int(np.ceil(self.pretrusted * buyers)))

    def standing(self, pairs: Pairs, buyers: NDArray, sellers: NDArray, founders: int) -> Floats:
        """Weight in [0, 1] of each buyer's ratings, (n,).

        Parameters
        ----------
        pairs : Pairs
        buyers, sellers : int64 (n,), (m,)
            Ids of those alive, ascending.
        founders : int
            Buyers with a smaller id are pre-trusted.
        """
        n, m = len(buyers), len(sellers)
        trusted = buyers < founders
        if not trusted.any() or not m:
            return np.ones(n)
        at, row, column = _within(pairs, buyers, sellers)
        good, bad = pairs.positive[at], pairs.negative[at]
        opinion = np.maximum(good - bad, 0.0)
        ends = (np.concatenate([row, column + n]), np.concatenate([column + n, row]))
        weights = np.concatenate([opinion, np.ones(len(at))])
        graph = sparse.csr_array((weights, ends), shape=(n + m, n + m))
        founding = np.concatenate([trusted, np.zeros(m, dtype=bool)]).astype(np.float64)
        steps = int(100 / self.weight)  # the error shrinks by 1 - weight a step
        # Half of every buyer's trust goes to sellers and back: 1e-9 is far below any rank.
        ranks = eigentrust(graph, founding, weight=self.weight, tol=1e-9, max_iter=steps)[:n]
        return np.minimum(ranks / ranks[trusted].mean(), 1.0)

    def update(self, evidence: Evidence) -> Floats:
        """Compute the buyers' standings when it is time to, and weigh what they remember by it."""
        pairs, buyers, sellers = evidence.pairs, evidence.buyers, evidence.sellers
        if pairs is None:
            raise ParameterError("pairs", None, "what buyers remember, which eigentrust needs")
        ids, standing = (buyers["id"], sellers["id"]), buyers["standing"]
        if evidence.round % self.every == 0:
            standing[:] = self.standing(pairs, *ids, self.founders(evidence.founding))
        return self.rate_pairs(sellers, pairs, *ids, standing)

    def rate_pairs(
        self, state: Columns, pairs: Pairs, buyers: NDArray, sellers: NDArray, standing: Floats
    ) -> Floats:
        """Trust of each seller from all remembered ratings, weighted by standing, (m,)."""
        at, row, column = _within(pairs, buyers, sellers)
        for name, evidence in (("positive", pairs.positive), ("negative", pairs.negative)):
            weighted = evidence[at] * standing[row]
            state[name][:] = np.bincount(column, weights=weighted, minlength=len(sellers))
        return beta_mean(state["positive"], state["negative"], self.prior)

    def __repr__(self) -> str:
        return (
            f"EigenTrust(prior={self.prior}, forgetting={self.forgetting}, "
            f"pretrusted={self.pretrusted}, weight={self.weight}, every={self.every})"
        )


def _within(pairs: Pairs, buyers: NDArray, sellers: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Pairs of which both are alive, with the rows of their buyers and sellers."""
    row, here = _rows(buyers, pairs.buyer)
    column, there = _rows(sellers, pairs.seller)
    at = np.flatnonzero(here & there)
    return at, row[at], column[at]


def _rows(live: NDArray, ids: NDArray) -> tuple[NDArray, Bools]:
    """Row of each id among ascending ones, and whether it is there."""
    if not len(live):
        return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=bool)
    row = np.minimum(np.searchsorted(live, ids), len(live) - 1)
    return row, live[row] == ids
