"""Sealed-bid auctions of k identical units at each listing."""

import numpy as np

from econsim.arrays import Ints
from econsim.auctions.claims import Claim
from econsim.errors import MechanismError
from econsim.pricing.base import Auction
from econsim.pricing.book import Allocation, Book


class FirstPriceAuction(Auction):
    """Pay as bid: the highest bids win and pay what they bid.

    Truthful bids are not an equilibrium; see `econsim.equilibrium.symmetric_shading`.
    """

    name = "first-price"
    pays_bid = True
    claims = frozenset({Claim.INDIVIDUALLY_RATIONAL, Claim.NO_DEFICIT, Claim.BUDGET_BALANCED})

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Each winner's own bid."""
        return book.limit[allocation.order]


class VickreyAuction(Auction):
    """The highest bids win and pay the highest rejected bid, or the reserve if that is more.

    With unit demand and private values truthful bidding is weakly dominant (Vickrey 1961), for
    one round at the listing that a buyer chose.
    """

    name = "vickrey"
    claims = frozenset(
        {
            Claim.INCENTIVE_COMPATIBLE,
            Claim.INDIVIDUALLY_RATIONAL,
            Claim.EFFICIENT,
            Claim.NO_DEFICIT,
            Claim.BUDGET_BALANCED,
        }
    )

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Uniform at each listing: max(reserve, highest rejected bid)."""
        if allocation.rejected is None:
            raise MechanismError("vickrey needs the rejected bids of its allocation")
        uniform = np.maximum(book.listings.price, allocation.rejected)
        return uniform[book.listing[allocation.order]]
