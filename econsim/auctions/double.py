"""Two-sided auctions: buyers and sellers of one unit each."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim.arrays import Ints
from econsim.auctions.checks import common, real_array
from econsim.auctions.outcomes import PaymentOutcome
from econsim.errors import real


@dataclass(frozen=True, eq=False)
class DoubleOutcome(PaymentOutcome):
    """Who trades, and what they pay or receive.

    Attributes
    ----------
    winners : int64 array
        Traders as indexed in `payments`: buyers best first, then sellers best first.
    payments : int64 or float64 array, shape (buyers + sellers,)
        Buyers first, then sellers, whose receipts are negative. ``revenue``, their sum, is what
        the market keeps; a deficit if negative.
    price : int, float or array of shape (2,)
        The price if there is one for all; the buyers' and the sellers' price if they differ; NaN
        without trade.
    welfare : int or float
        Gains from trade: the bids less the asks of those who trade.
    """

    winners: Ints
    payments: NDArray[Any]
    price: Any
    welfare: Any


class _Book(NamedTuple):
    """Bids by falling, asks by rising price; the first ``pairs`` of each can gain by trading."""

    bids: NDArray[Any]
    asks: NDArray[Any]
    buyers: Ints
    sellers: Ints
    pairs: int

    def trade(self, pairs: int, paid: Any, received: Any) -> DoubleOutcome:
        """The best `pairs` trade: buyers pay the one price, sellers receive the other."""
        payments = np.zeros(len(self.bids) + len(self.asks), self.bids.dtype)
        buyers, sellers = self.buyers[:pairs], self.sellers[:pairs] + len(self.bids)
        if pairs == 0:
            return DoubleOutcome(np.empty(0, np.int64), payments, math.nan, payments.sum().item())
        payments[buyers], payments[sellers] = paid, -received
        price = paid.item() if paid == received else np.array([paid, received])
        welfare = self.bids[:pairs].sum() - self.asks[:pairs].sum()
        return DoubleOutcome(np.append(buyers, sellers), payments, price, welfare.item())

    def clearing(self) -> tuple[Any, Any]:
        """Lowest and highest price at which the best pairs, and no others, want to trade."""
        k = self.pairs
        low = max([self.asks[k - 1], *self.bids[k : k + 1]])
        high = min([self.bids[k - 1], *self.asks[k : k + 1]])
        return low, high


def mcafee(bids: ArrayLike, asks: ArrayLike) -> DoubleOutcome:
    """McAfee's dominant-strategy double auction.

    1. k is the largest number of pairs with bid >= ask, best bids against best asks.
    2. If p, half of the (k+1)th bid and ask (floored to the tick in integers), lies between the
       kth ask and bid, k pairs trade at p and the market keeps nothing.
    3. Else, and also without a (k+1)th buyer and seller, `trade_reduction`.

    Truth is a dominant strategy, nobody loses, the market runs no deficit; at most the least
    valuable trade is lost.

    Parameters
    ----------
    bids, asks : array_like, shapes (buyers,) and (sellers,)
        Finite numbers >= 0; integers stay exact. Ties go to the lowest index.

    Returns
    -------
    DoubleOutcome

    Raises
    ------
    BidError
        If an entry is negative or not finite, or the shape is wrong.

    References
    ----------
    McAfee, R. P. (1992). A dominant strategy double auction. *Journal of Economic Theory* 56.
    """
    book = _book(bids, asks)
    k = book.pairs
    if 0 < k < min(len(book.bids), len(book.asks)):
        price = _between(book.bids[k], book.asks[k], 0.5)
        if book.asks[k - 1] <= price <= book.bids[k - 1]:
            return book.trade(k, price, price)
    return _reduced(book)


def trade_reduction(bids: ArrayLike, asks: ArrayLike) -> DoubleOutcome:
    """All efficient trades but the least valuable, at the bid and the ask of the one left out.

    Parameters, outcome and errors are those of `mcafee`. Truth is a dominant strategy; the market
    keeps the spread of the excluded pair for every trade.
    """
    return _reduced(_book(bids, asks))


def vcg_double(bids: ArrayLike, asks: ArrayLike) -> DoubleOutcome:
    """Every efficient trade, at Clarke payments; reports the deficit.

    1. The k best bids trade with the k best asks, k the largest number with bid >= ask.
    2. A buyer pays the highest of the kth ask and the (k+1)th bid; a seller receives the lowest
       of the kth bid and the (k+1)th ask.

    Truth is a dominant strategy and the trade is efficient, so the market cannot balance (Myerson
    & Satterthwaite 1983): ``revenue`` is never positive.

    Parameters, outcome and errors are those of `mcafee`.
    """
    book = _book(bids, asks)
    return book.trade(book.pairs, *book.clearing()) if book.pairs else _reduced(book)


def k_double_auction(bids: ArrayLike, asks: ArrayLike, k: float = 0.5) -> DoubleOutcome:
    """Every efficient trade at one price, the share `k` of the way up the clearing interval.

    1. The clearing interval runs from the highest of the last ask that trades and the first bid
       that does not, to the lowest of the last bid that trades and the first ask that does not.
    2. All trade at ``(1 - k) * low + k * high``, floored to the tick in integers.

    Budget balanced and individually rational; truthful only in the limit of many traders.

    Parameters
    ----------
    bids, asks : array_like
        As for `mcafee`.
    k : float in [0, 1]
        1 is the buyers' price of a single pair, 0 the sellers'. In integers its decimal value is
        meant: 0.3 is three tenths.

    Raises
    ------
    BidError, ParameterError
        If a bid or `k` is out of range.

    References
    ----------
    Chatterjee, K., Samuelson, W. (1983). Bargaining under incomplete information. *Operations
    Research* 31; Rustichini, A., Satterthwaite, M., Williams, S. (1994). *Econometrica* 62.
    """
    share = real("k", k, 0, 1)
    book = _book(bids, asks)
    if book.pairs == 0:
        return _reduced(book)
    price = _between(*book.clearing(), share)
    return book.trade(book.pairs, price, price)


def _book(bids: ArrayLike, asks: ArrayLike) -> _Book:
    """Sort both sides and count the pairs that can gain."""
    offers, costs = common(bids=real_array("bids", bids), asks=real_array("asks", asks))
    buyers, sellers = np.argsort(-offers, kind="stable"), np.argsort(costs, kind="stable")
    offers, costs = offers[buyers], costs[sellers]
    most = min(len(offers), len(costs))
    pairs = int(np.count_nonzero(offers[:most] >= costs[:most]))
    return _Book(offers, costs, buyers, sellers, pairs)


def _reduced(book: _Book) -> DoubleOutcome:
    """The last efficient pair sets the prices and does not trade."""
    if book.pairs < 2:
        return book.trade(0, 0, 0)
    return book.trade(book.pairs - 1, book.bids[book.pairs - 1], book.asks[book.pairs - 1])


def _between(low: Any, high: Any, share: float) -> Any:
    """The point `share` of the way from `low` to `high`; integers are floored."""
    if isinstance(low, np.integer):
        return low + low.dtype.type(math.floor(Fraction(str(share)) * int(high - low)))
    return min(max((1 - share) * low + share * high, low), high)
