"""The Vickrey-Clarke-Groves mechanism for unit demand: one item at most for each bidder."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.auctions.checks import common, indices, real_array, reserves
from econsim.auctions.outcomes import PaymentOutcome
from econsim.errors import BidError, integer
from econsim.kernels.assignment import Market, empty_state, lowest_prices, shortlist, solve

# Edges listed per bidder before the dense row is needed; 16 to 64 are within a few per cent.
_LISTED = 32


@dataclass(frozen=True, eq=False)
class AssignmentOutcome(PaymentOutcome):
    """Who gets which item at what price.

    Attributes
    ----------
    assignment : int64 array, shape (bidders,)
        The bidder's item, or -1.
    payments : int64 or float64 array, shape (bidders,)
        Clarke payments; zero without an item.
    item_prices : array, shape (items,)
        Smallest competitive prices; the reserve for an item with a unit unsold.
    welfare : int or float
        Sum of the bidders' values for what they get.
    """

    assignment: Ints
    payments: NDArray[Any]
    item_prices: NDArray[Any]
    welfare: Any


def vcg_assignment(values: ArrayLike, *, reserve: ArrayLike = 0) -> AssignmentOutcome:
    """Efficient assignment of items to bidders of unit demand, with Clarke payments.

    1. The assignment maximises the sum of value less reserve (shortest augmenting paths, which
       keep optimal dual prices).
    2. One shortest-path sweep over reduced costs lowers the duals to the smallest competitive
       prices.
    3. Those are the Clarke payments (Leonard 1983): truth is a dominant strategy, no bidder
       loses, and the sale runs no deficit.

    Parameters
    ----------
    values : array_like, shape (bidders, items)
        Finite numbers >= 0; integers stay exact.
    reserve : number or array_like, shape (items,)
        An item is sold at no less; the payments are those of a sale in which the seller's value
        is the reserve. A value equal to the reserve is accepted: no bidder stays without an item
        that stays unsold although its value is at least the reserve, zero included.

    Returns
    -------
    AssignmentOutcome
        Among assignments of equal welfare the choice is deterministic: bidders enter by falling
        best surplus, the lowest index first, give way only to a strict improvement, and take the
        lowest item of those that are equal to them.

    Raises
    ------
    BidError
        If an entry is negative or not finite, or a shape does not fit.

    References
    ----------
    Leonard, H. B. (1983). Elicitation of honest preferences for the assignment of individuals to
    positions. *Journal of Political Economy* 91.
    """
    matrix = real_array("values", values, 2)
    matrix, floor = common(values=matrix, reserve=reserves(reserve, matrix.shape[1]))
    floor = np.ascontiguousarray(floor)
    start, stop, item, surplus, threshold = shortlist(matrix, floor, _LISTED)
    slots = np.arange(matrix.shape[1] + 1)
    return _clear(Market(start, stop, item, surplus, threshold, matrix, floor, slots), floor)


def vcg_sparse_assignment(
    bidder: ArrayLike,
    item: ArrayLike,
    value: ArrayLike,
    capacity: ArrayLike,
    *,
    bidders: int | None = None,
    reserve: ArrayLike = 0,
) -> AssignmentOutcome:
    """`vcg_assignment` on a list of edges, for items of several identical units.

    Identical units have one price, so capacity costs nothing: a bidder who wins any unit of an
    item pays its smallest competitive price.

    Parameters
    ----------
    bidder, item : array_like of int, shape (edges,)
        Ends of each edge, from 0. Of several edges between the same ends the best counts.
    value : array_like, shape (edges,)
        Finite numbers >= 0, usually integer ticks.
    capacity : array_like of int, shape (items,)
        Units of each item, >= 0.
    bidders : int, optional
        How many there are, those without an edge included; by default one more than the largest
        `bidder`.
    reserve : number or array_like, shape (items,)
        As for `vcg_assignment`.

    Returns
    -------
    AssignmentOutcome

    Raises
    ------
    BidError
        If an entry is out of its range, or a shape does not fit.
    """
    units = indices("capacity", capacity, None)
    floor = reserves(reserve, len(units))
    items = indices("item", item, len(units))
    count = None if bidders is None else integer("bidders", bidders, 0)
    ends = indices("bidder", bidder, count)
    prices = real_array("value", value)
    if not len(ends) == len(items) == len(prices):
        lengths = [len(ends), len(items), len(prices)]
        raise BidError("lengths of bidder, item and value", lengths, "equal")
    prices, floor = common(value=prices, reserve=floor)
    count = int(ends.max(initial=-1)) + 1 if count is None else count
    return _clear(_listed_market(ends, items, prices - floor[items], units, count), floor)


def _listed_market(
    bidder: Ints,
    item: Ints,
    surplus: NDArray[Any],
    capacity: Ints,
    bidders: int,
) -> Market:
    """Edges that may trade, sorted by bidder, falling surplus and item."""
    # No more units can be sold than there are bidders: huge capacities need no memory.
    slots = np.concatenate([[0], np.cumsum(np.minimum(capacity, bidders))])
    kept = np.flatnonzero((surplus >= 0) & (capacity[item] > 0))
    kept = kept[np.lexsort((item[kept], -surplus[kept], bidder[kept]))]
    bounds = np.searchsorted(bidder[kept], np.arange(bidders + 1))
    nothing_left_off = np.full(bidders, -1, surplus.dtype)
    no_matrix, no_reserve = np.empty((0, 0), surplus.dtype), np.empty(0, surplus.dtype)
    edges = item[kept], surplus[kept]
    return Market(bounds[:-1], bounds[1:], *edges, nothing_left_off, no_matrix, no_reserve, slots)


def _clear(market: Market, reserve: NDArray[Any]) -> AssignmentOutcome:
    """Solve, sweep, and put the prices back on top of the reserves."""
    state = empty_state(market)
    best = np.zeros(len(market.start), market.surplus.dtype)
    listed = market.stop > market.start
    best[listed] = market.surplus[market.start[listed]]
    solve(market, state, np.argsort(-best, kind="stable"))
    item_prices = reserve + lowest_prices(market, state)
    won = np.flatnonzero(state.match >= 0)
    items = state.match[won]
    value = reserve[items] + state.gain[won]
    np.minimum.at(item_prices, items, value)  # floats: a last bit must not cost a bidder
    payments = np.zeros(len(best), item_prices.dtype)
    payments[won] = item_prices[items]
    return AssignmentOutcome(state.match, payments, item_prices, value.sum().item())
