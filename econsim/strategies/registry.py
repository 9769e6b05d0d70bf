"""Strategies by name, and mixtures of them by share."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from econsim.arrays import Floats
from econsim.errors import ParameterError, real
from econsim.strategies.base import Shaded, Strategy, Truthful
from econsim.strategies.fixed_rules import EquilibriumFirstPrice, ZeroIntelligence
from econsim.strategies.learners import Exp3, Hedge, QLearning, RegretMatching
from econsim.strategies.sellers import (
    CostPlus,
    DerivativeFollower,
    FollowSales,
    QPricing,
    SellerStrategy,
)

BUYERS = (
    Truthful, Shaded, EquilibriumFirstPrice, ZeroIntelligence,
    Hedge, Exp3, QLearning, RegretMatching,
)  # fmt: skip
STRATEGIES: dict[str, type[Strategy]] = {held.name: held for held in BUYERS}
SELLER_STRATEGIES: dict[str, type[SellerStrategy]] = {
    held.name: held for held in (FollowSales, CostPlus, DerivativeFollower, QPricing)
}


def strategy(given: Any) -> Strategy:
    """A strategy from its name or itself.

    Raises
    ------
    ParameterError
        If it is neither.
    """
    return _resolved("strategy", given, Strategy, STRATEGIES)


def strategy_mix(given: Any) -> tuple[list[Strategy], Floats]:
    """Strategies and the share of the buyers that follows each.

    Parameters
    ----------
    given : str, Strategy, or mapping of either to a share
        Shares sum to 1.

    Raises
    ------
    ParameterError
    """
    return _mix("strategy", given, Strategy, STRATEGIES)


def seller_strategy_mix(given: Any) -> tuple[list[SellerStrategy], Floats]:
    """Pricing rules and the share of the sellers that follows each; as `strategy_mix`."""
    return _mix("seller_strategy", given, SellerStrategy, SELLER_STRATEGIES)


def _resolved(field: str, given: Any, base: type, known: Mapping[str, Any]) -> Any:
    """An instance of `base` from itself, or from the name of one that needs no arguments."""
    if isinstance(given, base):
        return given
    if isinstance(given, str) and given in known:
        try:
            return known[given]()
        except TypeError:
            permitted = f"an instance, as {known[given].__name__} has parameters without defaults"
            raise ParameterError(field, given, permitted) from None
    raise ParameterError(field, given, f"a {base.__name__} or one of " + ", ".join(known))


def _mix(field: str, given: Any, base: type, known: Mapping[str, Any]) -> tuple[list[Any], Any]:
    if not isinstance(given, Mapping):
        return [_resolved(field, given, base, known)], np.ones(1)
    held = [_resolved(field, key, base, known) for key in given]
    shares = np.array([real(f"{field}[{key!r}]", share, 0, 1) for key, share in given.items()])
    if not 1 <= len(held) <= 255 or abs(shares.sum() - 1) > 1e-9:
        raise ParameterError(field, dict(given), "shares that sum to 1")
    return held, shares
