"""Sponsored search: positions that differ in clicks, bidders who bid for a click."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.auctions.checks import LARGEST, common, real_array, refuse, reserves
from econsim.auctions.outcomes import PaymentOutcome
from econsim.errors import one_of


@dataclass(frozen=True, eq=False)
class PositionOutcome(PaymentOutcome):
    """Who gets which position and pays what.

    Attributes
    ----------
    winners : int64 array, shape (positions filled,)
        Bidders by falling click rate of their position.
    payments : int64 or float64 array, shape (bidders,)
        Total for all clicks of the position.
    assignment : int64 array, shape (bidders,)
        The bidder's position as indexed in `click_rates`, or -1.
    welfare : int or float
        Sum of bid times clicks.
    """

    winners: Ints
    payments: NDArray[Any]
    assignment: Ints
    welfare: Any


def position_auction(
    bids: ArrayLike, click_rates: ArrayLike, *, rule: str = "gsp", reserve: Any = 0
) -> PositionOutcome:
    """Highest bids get the positions with the most clicks.

    1. Bids of at least the reserve are ranked, ties by lowest index; so are positions.
    2. ``gsp``: each pays the next bid, or the reserve if that is more, for every click. Not
       truthful, but its locally envy-free equilibria include the Vickrey outcome.
    3. ``vcg``: each pays the clicks that its presence costs every bidder below, at their bids; a
       click that nobody below would use is worth the reserve. Truth is a dominant strategy.

    Parameters
    ----------
    bids : array_like, shape (bidders,)
        For one click; finite numbers >= 0.
    click_rates : array_like, shape (positions,)
        Clicks of each position, in any order; finite numbers >= 0.
    rule : {"gsp", "vcg"}
    reserve : number
        For one click; a bid equal to it is accepted.

    Returns
    -------
    PositionOutcome
        In integers if bids, clicks and reserve are.

    Raises
    ------
    BidError, ParameterError
        If a number is negative or not finite, or the rule is unknown.

    References
    ----------
    Edelman, B., Ostrovsky, M., Schwarz, M. (2007). Internet advertising and the generalized
    second-price auction. *American Economic Review* 97.
    """
    one_of("rule", rule, ("gsp", "vcg"))
    offers, clicks = real_array("bids", bids), real_array("click_rates", click_rates)
    floor = reserves(reserve, 1)
    offers, clicks, floor = common(offers, clicks, floor)
    limit = LARGEST / max(float(clicks.sum()), 1)
    refuse("bids", offers, offers > limit, f"at most {limit:.3g} at these click rates")
    ranked = np.argsort(-offers, kind="stable")
    ranked = ranked[offers[ranked] >= floor]
    positions = np.argsort(-clicks, kind="stable")[: len(ranked)]
    winners = ranked[: len(positions)]
    below = np.concatenate([offers[ranked[1:]], floor])[: len(winners)]
    worth = offers[winners] * clicks[positions]
    totals = (_gsp if rule == "gsp" else _vcg)(clicks[positions], below)
    payments, assignment = np.zeros_like(offers), np.full(len(offers), -1)
    payments[winners] = np.minimum(totals, worth)  # floats: a last bit must not cost a bidder
    assignment[winners] = positions
    return PositionOutcome(winners, payments, assignment, np.sum(worth).item())


def _gsp(clicks: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """The next bid for every click."""
    return clicks * below


def _vcg(clicks: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """What everyone below would gain by moving up, or the seller keep, summed from the bottom."""
    steps = clicks - np.append(clicks, clicks.dtype.type(0))[1:]
    return np.cumsum((steps * below)[::-1])[::-1]
