"""Sponsored search: positions that differ in clicks, bidders who bid for a click."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.auctions.assignment import vcg_assignment
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

    With a reserve for each position:

    4. ``gsp``: from the position with the most clicks down, the highest bid left takes it if it
       is at least the position's reserve; else the position stays empty. It pays the next bid, or
       the position's reserve if that is more.
    5. ``vcg``: the assignment that maximises the sum of clicks times bid less reserve, at Clarke
       payments of a sale in which the seller values a click at the position's reserve
       (`vcg_assignment`). The most clicks need not go to the highest bid: their reserve may be
       too high for it. Truth is a dominant strategy (Leonard 1983).

    Under both rules a winner pays at least its position's reserve and at most its bid.

    Parameters
    ----------
    bids : array_like, shape (bidders,)
        For one click; finite numbers >= 0.
    click_rates : array_like, shape (positions,)
        Clicks of each position, in any order; finite numbers >= 0.
    rule : {"gsp", "vcg"}
    reserve : number or array_like, shape (positions,)
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
    Leonard, H. B. (1983). Elicitation of honest preferences for the assignment of individuals to
    positions. *Journal of Political Economy* 91.
    """
    one_of("rule", rule, ("gsp", "vcg"))
    offers, clicks = real_array("bids", bids), real_array("click_rates", click_rates)
    floors = reserves(reserve, len(clicks))
    offers, clicks, floors = common(bids=offers, click_rates=clicks, reserve=floors)
    limit = LARGEST / max(float(clicks.sum()), 1)
    for name, prices in (("bids", offers), ("reserve", floors)):
        refuse(name, prices, prices > limit, f"at most {limit:.3g} at these click rates")
    if rule == "vcg" and (floors != floors[:1]).any():
        return _assigned(offers, clicks, floors)
    winners, positions, below = _ranked(offers, clicks, floors)
    totals = clicks[positions] * below if rule == "gsp" else _vcg(clicks[positions], below)
    return _outcome(offers, clicks, winners, positions, totals)


def _ranked(
    bids: NDArray[Any], clicks: NDArray[Any], floors: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """The best bids meet the best positions: bidders, their positions, and the prices below."""
    ranked = np.argsort(-bids, kind="stable")
    filled: list[int] = []
    below: list[Any] = []
    for position in np.argsort(-clicks, kind="stable"):
        bidders = bids[ranked[len(filled) : len(filled) + 2]]
        if len(bidders) and bidders[0] >= floors[position]:
            filled.append(position)
            below.append(max([floors[position], *bidders[1:]]))
    return ranked[: len(filled)], np.array(filled, np.int64), np.array(below, bids.dtype)


def _assigned(bids: NDArray[Any], clicks: NDArray[Any], floors: NDArray[Any]) -> PositionOutcome:
    """The Vickrey outcome of the assignment market, in which positions need no order."""
    sale = vcg_assignment(np.multiply.outer(bids, clicks), reserve=floors * clicks)
    won = np.flatnonzero(sale.assignment >= 0)
    winners = won[np.argsort(-clicks[sale.assignment[won]], kind="stable")]
    positions = sale.assignment[winners]
    return _outcome(bids, clicks, winners, positions, sale.payments[winners])


def _outcome(
    bids: NDArray[Any],
    clicks: NDArray[Any],
    winners: NDArray[np.int64],
    positions: NDArray[np.int64],
    totals: NDArray[Any],
) -> PositionOutcome:
    worth = bids[winners] * clicks[positions]
    payments, assignment = np.zeros_like(bids), np.full(len(bids), -1)
    payments[winners] = np.minimum(totals, worth)  # floats: a last bit must not cost a bidder
    assignment[winners] = positions
    return PositionOutcome(winners, payments, assignment, np.sum(worth).item())


def _vcg(clicks: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """What everyone below would gain by moving up, or the seller keep, summed from the bottom."""
    steps = clicks - np.append(clicks, clicks.dtype.type(0))[1:]
    return np.cumsum((steps * below)[::-1])[::-1]
