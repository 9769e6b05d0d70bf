"""Second-score auctions: each buyer procures one task from sellers who differ in quality."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Bools, Ints
from econsim.auctions.checks import common, indices, real_array
from econsim.errors import BidError


@dataclass(frozen=True, eq=False)
class ScoringOutcome:
    """Who serves whom at what price.

    Attributes
    ----------
    won : bool array, shape (offers,)
        Which offers trade, at most one of a buyer.
    payments : int64 or float64 array, shape (offers,)
        What the buyer of each pays its seller; 0 without a trade.
    """

    won: Bools
    payments: NDArray[Any]


def second_score(
    buyer: ArrayLike,
    seller: ArrayLike,
    bid: ArrayLike,
    *,
    ask: ArrayLike,
    capacity: ArrayLike,
) -> ScoringOutcome:
    """Second-score auction of every buyer, within the sellers' capacity.

    The score of an offer is what the buyer bids for this seller's quality less what the seller
    asks.

    1. The highest score trades; of the buyers who wait, the next is the one with the highest
       score at a seller with a unit left, and so on while a score is 0 or more. Since both sides
       rank offers by score, deferred acceptance finds these trades (they are the only stable
       ones), whole rounds at once.
    2. The buyer pays so that the score it is left with is the best of its other offers from
       sellers who had a unit when its turn came, or 0 without one.

    Where no capacity binds each buyer holds a second-score auction: no seller gains by asking
    anything but its cost (Che 1993, proposition 2; Asker & Cantillon 2008), and the best trades
    are made. Where one binds neither is so. A buyer gains by understating what quality is worth.

    Parameters
    ----------
    buyer, seller : array_like of int, shape (offers,)
        Who makes and who gets each offer, from 0; no pair twice. Equal scores go to the first.
    bid : array_like, shape (offers,)
        Finite numbers >= 0, usually integer ticks, which stay exact.
    ask : array_like, shape (sellers,)
        The same of what each seller asks.
    capacity : array_like of int, shape (sellers,)
        Units of each seller.

    Returns
    -------
    ScoringOutcome

    Raises
    ------
    BidError
        If an entry is out of its range, or a shape does not fit.

    References
    ----------
    Che, Y.-K. (1993). Design competition through multidimensional auctions. *RAND Journal of
    Economics* 24.
    Asker, J., Cantillon, E. (2008). Properties of scoring auctions. *RAND Journal of Economics* 39.
    """
    units = indices("capacity", capacity)
    sellers, buyers = indices("seller", seller, len(units)), indices("buyer", buyer)
    bids, asks = common(bid=real_array("bid", bid), ask=real_array("ask", ask))
    if not len(buyers) == len(sellers) == len(bids) or len(asks) != len(units):
        lengths = [len(array) for array in (buyers, sellers, bids, asks, units)]
        permitted = "three equal numbers, then two"
        raise BidError("lengths of buyer, seller, bid, ask and capacity", lengths, permitted)
    score = bids - asks[sellers]
    ranked = np.argsort(-score, kind="stable")
    ranked = ranked[(score[ranked] >= 0) & (units[sellers[ranked]] > 0)]
    _, who = np.unique(buyers[ranked], return_inverse=True)
    trades = _stable(who, sellers[ranked], units)
    second = _second(trades, who, sellers[ranked], score[ranked], units)
    won, payments = np.zeros(len(bids), dtype=bool), np.zeros_like(bids)
    own = ranked[trades]
    won[own], payments[own] = True, bids[own] - second[who[trades]]
    return ScoringOutcome(won, payments)


def _stable(who: Ints, seller: Ints, capacity: Ints) -> Ints:
    """Places of the trades among offers of falling score, ascending: deferred acceptance."""
    by_buyer = np.argsort(who, kind="stable")
    bounds = np.searchsorted(who[by_buyer], np.arange(who.max(initial=-1) + 2))
    at, ends = bounds[:-1].copy(), bounds[1:]
    while True:
        proposed = np.sort(by_buyer[at[at < ends]])
        proposed = proposed[np.argsort(seller[proposed], kind="stable")]
        where = seller[proposed]
        refused = np.arange(len(where)) - np.searchsorted(where, where) >= capacity[where]
        if not refused.any():
            return np.sort(proposed)
        at[who[proposed[refused]]] += 1


def _second(
    trades: Ints, who: Ints, seller: Ints, score: NDArray[Any], capacity: Ints
) -> NDArray[Any]:
    """Each buyer's best score, 0 or more, at another seller that had a unit at its turn."""
    turn = np.full(who.max(initial=-1) + 1, len(who))  # that of who does not trade never comes
    turn[who[trades]] = trades
    last = np.full(len(capacity), -1)
    last[seller[trades]] = trades  # ascending, so the last trade stays
    sold_out = np.bincount(seller[trades], minlength=len(capacity)) >= capacity
    closed = np.where(sold_out, last, len(who))
    other = np.ones(len(who), dtype=bool)
    other[trades] = False
    other &= turn[who] < closed[seller]
    second = np.zeros(len(turn), dtype=score.dtype)
    np.maximum.at(second, who[other], score[other])
    return second
