"""Mechanisms that clear a whole category at once: VCG, a double and a call auction."""

import numpy as np

from econsim.arrays import Ints
from econsim.auctions.assignment import vcg_sparse_assignment
from econsim.auctions.claims import Claim
from econsim.auctions.double import DoubleOutcome, k_double_auction, mcafee
from econsim.errors import MechanismError
from econsim.pricing.base import Auction, Exchange
from econsim.pricing.book import Allocation, Book, Trades


class VCG(Auction):
    """Buyers bid on every listing that they saw; the best assignment trades at Clarke payments.

    1. Find the assignment of buyers to units that maximises the sum of bid minus reserve; markets
       of different categories fall apart by themselves.
    2. Each winner pays the smallest competitive price of its listing, which is its externality
       (Leonard 1983), and never less than the reserve.

    Truthful for one round and wallets that do not bind; nothing is claimed of several rounds. At
    competitive prices nobody envies another (Demange, Gale & Sotomayor 1986).
    Ties go by keyed lottery.
    """

    name = "vcg"
    bids_everywhere = True
    claims = frozenset(
        {
            Claim.INCENTIVE_COMPATIBLE,
            Claim.INDIVIDUALLY_RATIONAL,
            Claim.EFFICIENT,
            Claim.NO_DEFICIT,
            Claim.BUDGET_BALANCED,
            Claim.ENVY_FREE,
        }
    )

    def allocate(self, book: Book) -> Allocation:
        """The assignment of largest declared surplus."""
        label = book.drawn(book.buyer)
        edges = np.lexsort((book.listing, label))
        bidder, listing = label[edges], book.listing[edges].astype(np.int64)
        outcome = vcg_sparse_assignment(
            bidder, listing, book.limit[edges], book.listings.capacity, reserve=book.listings.price
        )
        won = outcome.assignment[bidder] == listing
        order = edges[won]
        order = order[np.argsort(book.listing[order], kind="stable")]
        return Allocation(order, np.asarray(outcome.item_prices, dtype=np.int64))

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """The competitive price of the winner's listing."""
        if allocation.rejected is None:
            raise MechanismError("vcg needs the prices of its allocation")
        return allocation.rejected[book.listing[allocation.order]]


class TwoSidedAuction(Exchange):
    """Bids meet the asks of all units of a category by a rule on arrays, `clears`.

    Buyers bid what the task is worth with a seller of mean trust, sellers ask their reserve for
    each unit. Lots decide ties, and which winning unit serves which winning buyer.
    """

    @staticmethod
    def clears(bids: Ints, asks: Ints) -> DoubleOutcome:
        """Hook: trades and prices of buyers and units, int64 ticks; ties go to the first."""
        raise MechanismError("a two-sided auction overrides clears")

    def allocate(self, book: Book) -> Allocation:
        """The trades of each category."""
        kinds = book.listings.category
        parts = [self._category(book, kind) for kind in np.unique(kinds[book.listing])]
        empty = (np.empty(0, np.int64),) * 4
        order, listing, payment, receipt = (
            np.concatenate(column) for column in zip(*(parts or [empty]), strict=True)
        )
        return Trades(order, listing=listing, payment=payment, receipt=receipt)

    def _category(self, book: Book, kind: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Orders, serving listings, payments and receipts of one category."""
        orders = np.flatnonzero(book.listings.category[book.listing] == kind)
        orders = orders[np.argsort(book.drawn(book.buyer[orders]))]
        sellers = np.flatnonzero((book.listings.category == kind) & (book.listings.capacity > 0))
        sellers = sellers[np.argsort(book.drawn(book.listings.seller[sellers]))]
        units = np.repeat(sellers, book.listings.capacity[sellers])
        outcome = self.clears(book.limit[orders], book.listings.price[units])
        won = np.zeros(len(orders) + len(units), dtype=bool)
        won[outcome.winners] = True
        buys, sells = won[: len(orders)], won[len(orders) :]
        paid = np.asarray(outcome.payments, dtype=np.int64)
        received = -paid[len(orders) :][sells]
        return orders[buys], units[sells], paid[: len(orders)][buys], received

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """What the rule charges buyers."""
        return self._of(allocation).payment

    def receipt(self, allocation: Allocation, payment: Ints) -> Ints:
        """What the rule hands sellers."""
        return self._of(allocation).receipt

    def _of(self, allocation: Allocation) -> Trades:
        if not isinstance(allocation, Trades):
            raise MechanismError(f"{self.name} needs the payments of its allocation")
        return allocation


class DoubleAuction(TwoSidedAuction):
    """McAfee's double auction (1992) in each category; keeps the spread of a trade given up.

    Any winning seller serves any winner. Where no one price suits, the least valuable trade is
    given up and the mechanism keeps the difference between what buyers pay and sellers receive.
    So it always is where supply binds, as no further ask is there to set a price: its row in a
    comparison then says little of two-sided trade; see `CallAuction`.

    Buyers are truthful. Sellers are with capacity 1 only, so it is not claimed: one with several
    units can gain by asking more for them.
    """

    name = "double"
    claims = frozenset({Claim.INCENTIVE_COMPATIBLE, Claim.INDIVIDUALLY_RATIONAL, Claim.NO_DEFICIT})
    clears = staticmethod(mcafee)


class CallAuction(TwoSidedAuction):
    """A call auction in each category: every trade that gains, all at one price (k = 1/2).

    The price is the middle of the clearing interval, floored to the tick, so that buyers and
    sellers split what they could bargain over; the mechanism keeps nothing. Any winning seller
    serves any winner. Both sides can gain by a misreport that moves the price, the less the more
    of them there are (Rustichini, Satterthwaite & Williams 1994); it is efficient for the values
    and costs reported.
    """

    name = "uniform"
    claims = frozenset(
        {
            Claim.INDIVIDUALLY_RATIONAL,
            Claim.EFFICIENT,
            Claim.NO_DEFICIT,
            Claim.BUDGET_BALANCED,
        }
    )
    clears = staticmethod(k_double_auction)
