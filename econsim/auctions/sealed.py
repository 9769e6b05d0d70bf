"""Sealed-bid auctions of identical units to bidders who want one each.

Pure functions on arrays: no Mesa, no ticks. Bids of any real dtype, in any one unit of money;
integers stay exact. All rules allocate alike and differ in who pays what, so each function is an
allocation (`_allocate`) and a payment.

References
----------
Vickrey (1961), "Counterspeculation, auctions, and competitive sealed tenders", Journal of
Finance 16. Krishna (2009), Auction Theory, 2nd ed., chapters 2, 3 and 12.
"""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.errors import BidError, ParameterError, integer, unmasked

__all__ = ["SealedOutcome", "all_pay", "first_price", "kth_price", "second_price"]


@dataclass(frozen=True, eq=False)
class SealedOutcome:
    """Who wins, and who pays what.

    Attributes
    ----------
    winners : int64 array, shape (sold,)
        Indices of the winning bidders, best bid first.
    payments : array, shape (bidders,)
        What each bidder pays in total, in the unit and (for integers) the dtype of the bids.
    price : number or array, shape (sold,)
        The uniform price; the winners' own bids under pay-as-bid; NaN without a sale.
    """

    winners: Ints
    payments: NDArray[Any]
    price: Any

    @property
    def revenue(self) -> Any:
        """Sum of payments; for integer bids a Python int, exact at any size."""
        exact = self.payments.dtype.kind in "iu"
        return self.payments.sum(dtype=object) if exact else self.payments.sum().item()


def first_price(
    bids: ArrayLike, *, reserve: Any = 0, units: int = 1, rng: Any = None
) -> SealedOutcome:
    """Sealed first-price auction; for several units, the discriminatory auction.

    1. Accept the bids at or above the reserve.
    2. The `units` highest of them win one unit each.
    3. Every winner pays its own bid.

    Parameters
    ----------
    bids : array, shape (bidders,)
        Finite, not negative. May be empty: a market without trade.
    reserve : number >= 0
        Lowest acceptable bid, in the unit of the bids.
    units : int >= 1
        Identical units for sale; a bidder wants one.
    rng : int, numpy.random.Generator or None
        Breaks ties; without it the lowest index wins.

    Returns
    -------
    SealedOutcome
        ``price`` is the array of the winners' bids.

    Raises
    ------
    BidError
        A bid or the reserve is negative, NaN, infinite or mis-shaped; names index and value.
    ParameterError
        `units` or `rng` is out of range.

    References
    ----------
    Krishna (2009), sections 2.3 and 12.1.
    """
    amounts = _amounts(bids)
    floor = _reserve(reserve, amounts)
    winners = _allocate(amounts, floor, integer("units", units, 1), rng)
    return _pay_own_bid(amounts, winners, payers=winners)


def second_price(
    bids: ArrayLike, *, reserve: Any = 0, units: int = 1, rng: Any = None
) -> SealedOutcome:
    """Vickrey auction; for several units, the uniform price at the highest rejected bid.

    1. Accept the bids at or above the reserve.
    2. The `units` highest of them win one unit each.
    3. Every winner pays the highest rejected bid, or the reserve if that is higher.

    Truthful bidding is weakly dominant with private values and unit demand.

    Parameters
    ----------
    bids, reserve, units, rng
        As for `first_price`.

    Returns
    -------
    SealedOutcome
        ``price`` is the uniform price.

    Raises
    ------
    BidError, ParameterError
        As for `first_price`.

    References
    ----------
    Vickrey (1961); Krishna (2009), sections 2.2 and 12.1.
    """
    amounts = _amounts(bids)
    floor = _reserve(reserve, amounts)
    units = integer("units", units, 1)
    winners = _allocate(amounts, floor, units, rng)
    return _pay_uniformly(amounts, winners, floor, rank=units + 1)


def all_pay(bids: ArrayLike, *, reserve: Any = 0, units: int = 1, rng: Any = None) -> SealedOutcome:
    """All-pay auction: the losers pay too.

    1. Accept the bids at or above the reserve; the others are turned away and pay nothing.
    2. The `units` highest accepted bids win one unit each.
    3. Every accepted bidder pays its own bid, whether it wins or not.

    Parameters
    ----------
    bids, reserve, units, rng
        As for `first_price`.

    Returns
    -------
    SealedOutcome
        ``price`` is the array of the winners' bids.

    Raises
    ------
    BidError, ParameterError
        As for `first_price`.

    References
    ----------
    Krishna (2009), section 3.2.
    """
    amounts = _amounts(bids)
    floor = _reserve(reserve, amounts)
    winners = _allocate(amounts, floor, integer("units", units, 1), rng)
    return _pay_own_bid(amounts, winners, payers=np.flatnonzero(amounts >= floor))


def kth_price(bids: ArrayLike, k: int, *, reserve: Any = 0, rng: Any = None) -> SealedOutcome:
    """Single unit; the winner pays the `k`-th highest bid.

    1. Accept the bids at or above the reserve; the highest of them wins.
    2. The winner pays the `k`-th highest bid, or the reserve if that is higher or if there are
       fewer than `k` bids.

    ``k = 1`` is the first-price auction, 2 Vickrey's, 3 the third-price auction.

    Parameters
    ----------
    bids, reserve, rng
        As for `first_price`.
    k : int >= 1

    Returns
    -------
    SealedOutcome
        ``price`` is a number for every `k`.

    Raises
    ------
    BidError, ParameterError
        As for `first_price`.

    References
    ----------
    Kagel & Levin (1993), "Independent private value auctions: bidder behaviour in first-,
    second- and third-price auctions with varying numbers of bidders", Economic Journal 103.
    """
    amounts = _amounts(bids)
    floor = _reserve(reserve, amounts)
    winners = _allocate(amounts, floor, 1, rng)
    return _pay_uniformly(amounts, winners, floor, rank=integer("k", k, 1))


def _allocate(bids: NDArray[Any], reserve: Any, units: int, rng: Any) -> Ints:
    """Indices of the accepted bids that win, best first; ties by `rng` or the lowest index."""
    order = np.arange(len(bids)) if rng is None else _generator(rng).permutation(len(bids))
    # Sorting the reversed array and reversing back keeps ties in order without negating a bid,
    # which would wrap unsigned integers.
    best = order[::-1][np.argsort(bids[order[::-1]], kind="stable")[::-1]][:units]
    return best[bids[best] >= reserve]


def _pay_own_bid(bids: NDArray[Any], winners: Ints, payers: Ints) -> SealedOutcome:
    """`payers` pay what they bid."""
    payments = np.zeros_like(bids)
    payments[payers] = bids[payers]
    return SealedOutcome(winners, payments, bids[winners] if len(winners) else float("nan"))


def _pay_uniformly(bids: NDArray[Any], winners: Ints, reserve: Any, rank: int) -> SealedOutcome:
    """Every winner pays the bid of that rank (1 is the highest), and at least the reserve."""
    if not len(winners):
        return SealedOutcome(winners, np.zeros_like(bids), float("nan"))
    absent = rank > len(bids)
    price = reserve if absent else max(np.sort(bids)[len(bids) - rank].item(), reserve)
    # An integer reserve that a bid meets fits the dtype of the bids; a fraction needs a float.
    dtype = bids.dtype if isinstance(reserve, int) else np.result_type(bids.dtype, np.float64)
    payments = np.zeros(len(bids), dtype=dtype)
    payments[winners] = price
    return SealedOutcome(winners, payments, payments[winners[0]].item())


def _amounts(bids: ArrayLike) -> NDArray[Any]:
    """Bids as a checked vector: integers in their own dtype, other reals at least float64."""
    permitted = "a one-dimensional array of finite numbers >= 0"
    unmasked("bids", bids, BidError)
    try:
        array = np.asarray(bids)
        array = np.asarray(array.tolist()) if array.dtype == object else array
    except (TypeError, ValueError):
        raise BidError("bids", bids, permitted) from None
    if array.ndim != 1:
        raise BidError("bids", bids, permitted)
    if not array.size:
        return array if array.dtype.kind in "iuf" else np.zeros(0)
    if array.dtype.kind not in "iuf":
        odd = next((i for i, bid in enumerate(array.tolist()) if not _fits(bid)), 0)
        raise BidError(f"bids[{odd}]", array.tolist()[odd], "an int or float of 64 bits, >= 0")
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if wrong.size:
        raise BidError(f"bids[{wrong[0]}]", array[wrong[0]].item(), "a finite number >= 0")
    return array if array.dtype.kind in "iu" else array.astype(np.result_type(array, np.float64))


def _fits(bid: Any) -> bool:
    """A bid of the lists that NumPy makes objects of: a real number that 64 bits can hold."""
    return _is_real(bid) and not abs(bid) >= 2**63


def _is_real(number: Any) -> bool:
    """An int or float, of Python or NumPy, and not a truth value."""
    real = isinstance(number, int | float | np.integer | np.floating)
    return real and not isinstance(number, bool)


def _reserve(reserve: Any, bids: NDArray[Any]) -> int | float:
    """A checked reserve: a Python int where it is whole, so that integer bids stay exact.

    Beside bids that are floats it is rounded up to a float: bids below it stay below.
    """
    number = reserve.item() if isinstance(reserve, np.generic) else reserve
    if not _is_real(number) or not 0 <= number <= sys.float_info.max:
        raise BidError("reserve", reserve, "a finite number >= 0")
    if bids.dtype.kind == "f":
        nearest = float(number)
        number = nearest if nearest >= number else math.nextafter(nearest, math.inf)
    return int(number) if number == int(number) else float(number)


def _generator(rng: Any) -> np.random.Generator:
    """The stream that breaks ties."""
    if isinstance(rng, np.random.Generator):
        return rng
    try:
        return np.random.default_rng(integer("rng", rng, 0))
    except ParameterError:
        permitted = "an integer >= 0, a numpy Generator or None"
        raise ParameterError("rng", rng, permitted) from None
