"""Bidding rules: what a buyer bids on a task that it values at v."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import ParameterError, real
from econsim.pricing import PricingModel


class Truthful:
    """Bid the value. Weakly dominant where the price does not depend on the own bid."""

    def factors(self, model: PricingModel, categories: int) -> NDArray[np.float64]:
        """Bid as a multiple of value at listings of `model`, one number a category."""
        return np.ones(categories)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Shaded(Truthful):
    """Bid a fraction of the value where winners pay their own bid, and the value elsewhere.

    Parameters
    ----------
    alpha : float in [0, 1], or a sequence of one for each category
    """

    def __init__(self, alpha: float | Sequence[float]):
        entries = [alpha] if np.ndim(alpha) == 0 else list(alpha)  # type: ignore[arg-type]
        self.alpha = np.array([real(f"alpha[{k}]", a, 0, 1) for k, a in enumerate(entries)])

    def factors(self, model: PricingModel, categories: int) -> NDArray[np.float64]:
        """`alpha` at pay-as-bid listings, 1 elsewhere."""
        if len(self.alpha) not in (1, categories):
            raise ParameterError("alpha", self.alpha, f"one number or {categories}, one a category")
        return np.ones(categories) * (self.alpha if model.pays_bid else 1.0)

    def __repr__(self) -> str:
        return f"Shaded({self.alpha.tolist()})"


STRATEGIES = {"truthful": Truthful}


def strategy(given: Any) -> Truthful:
    """A strategy from its name or itself.

    Raises
    ------
    ParameterError
        If it is neither.
    """
    if isinstance(given, Truthful):
        return given
    if isinstance(given, str) and given in STRATEGIES:
        return STRATEGIES[given]()
    raise ParameterError("strategy", given, "a Strategy or one of " + ", ".join(STRATEGIES))
