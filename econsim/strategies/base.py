"""What a bidding rule sees, and what every bidding rule is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Categories, Floats, Ints
from econsim.errors import ParameterError, real
from econsim.pricing import PricingModel
from econsim.registry import Specified
from econsim.streams import Streams


@dataclass(frozen=True)
class Bidding:
    """k bids to decide, one row each; a buyer may have several, at different listings.

    Attributes
    ----------
    round : int
    streams : Streams
        Draws are keyed by ``Purpose.STRATEGY``, round and buyer, never by order.
    buyer : int64 (k,), ids
    value : int64 (k,), ticks
        What the task is worth to the buyer in expectation.
    pays_bid : bool (k,)
        Whether the winner pays its own bid.
    category : int16 (k,)
    reserve : int64 (k,), ticks
    scale : int64 (k,), ticks
        Upper end of the values of the category.
    state : mapping of str to array
        The state columns of all n agents, (n, ...).
    rows : int64 (k,)
        Row of each bid's buyer in `state`.
    """

    round: int
    streams: Streams
    buyer: Ints
    value: Ints
    pays_bid: Bools
    category: Categories
    reserve: Ints
    scale: Ints
    state: Mapping[str, NDArray]
    rows: Ints

    def __len__(self) -> int:
        return len(self.buyer)


@dataclass(frozen=True)
class Feedback:
    """How bids fared: one row a buyer, of which `bidding` says what it saw when it bid.

    Attributes
    ----------
    bidding : Bidding, k rows
    bid : int64 (k,), ticks
    won : bool (k,)
    payment : int64 (k,), ticks; 0 without a win
    threshold : int64 (k,), ticks
        Least bid that would have won, the other bids being what they were.
    """

    bidding: Bidding
    bid: Ints
    won: Bools
    payment: Ints
    threshold: Ints


class Strategy(Specified):
    """A bidding rule: one vectorised method, `bids`; a learner overrides `learn` as well.

    Attributes
    ----------
    name : str
        Name in the registry and in tables.
    columns : mapping of str to dtype
        State that every agent carries, as columns; a learner's constructor sets it. An entry
        such as ``("f8", (40,))`` is forty numbers an agent.
    """

    name: ClassVar[str] = ""
    columns: Mapping[str, Any] = {}

    def bids(self, bidding: Bidding) -> Ints:
        """Ticks to bid, int64 (k,); the marketplace caps them by the wallet.

        A bid depends on the bid's own row and keyed draws only, never on the other rows.
        """
        raise NotImplementedError(f"{type(self).__name__} does not override bids")

    def learn(self, feedback: Feedback) -> None:
        """Update ``feedback.bidding.state`` in place, after the round."""

    def start(self, ids: Ints, streams: Streams) -> dict[str, NDArray]:
        """State of new agents: an array (n, ...) for each of `columns`, zeros by default."""
        return {name: np.zeros(len(ids), dtype) for name, dtype in self.columns.items()}


class Proportional(Strategy):
    """A strategy whose bid is a constant multiple of value: the kernels apply it themselves."""

    def factors(self, model: PricingModel, categories: int) -> Floats:
        """Bid as a multiple of value at listings of `model`, one number a category."""
        return self._factors(np.full(categories, model.pays_bid), np.arange(categories))

    def _factors(self, pays_bid: Bools, category: NDArray) -> Floats:
        """Hook: multiple of value at each listing."""
        raise NotImplementedError(f"{type(self).__name__} does not override _factors")

    def bids(self, bidding: Bidding) -> Ints:
        """The multiple of value, floored."""
        return (self._factors(bidding.pays_bid, bidding.category) * bidding.value).astype(np.int64)


class Truthful(Proportional):
    """Bid the value. Weakly dominant where the price does not depend on the own bid."""

    name = "truthful"

    def _factors(self, pays_bid: Bools, category: NDArray) -> Floats:
        return np.ones(len(category))


class Shaded(Proportional):
    """Bid a fraction of the value where winners pay their own bid, and the value elsewhere.

    Parameters
    ----------
    alpha : float in [0, 1], or a sequence of one for each category
    """

    name = "shaded"

    def __init__(self, alpha: float | Sequence[float]):
        entries = [alpha] if np.ndim(alpha) == 0 else list(alpha)  # type: ignore[arg-type]
        self.alpha = np.array([real(f"alpha[{k}]", a, 0, 1) for k, a in enumerate(entries)])

    def factors(self, model: PricingModel, categories: int) -> Floats:
        """`alpha` at pay-as-bid listings, 1 elsewhere."""
        if len(self.alpha) not in (1, categories):
            raise ParameterError("alpha", self.alpha, f"one number or {categories}, one a category")
        return super().factors(model, categories)

    def _factors(self, pays_bid: Bools, category: NDArray) -> Floats:
        alpha = self.alpha[category if len(self.alpha) > 1 else np.zeros_like(category)]
        return np.where(pays_bid, alpha, 1.0)

    def __repr__(self) -> str:
        return f"Shaded({self.alpha.tolist()})"
