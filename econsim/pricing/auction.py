"""Sealed-bid auctions of k identical units at each listing."""

import numpy as np

from econsim.arrays import Ints
from econsim.errors import MechanismError
from econsim.pricing.base import Allocation, Auction, Book, Claims


class FirstPriceAuction(Auction):
    """Pay as bid: the highest bids win and pay what they bid.

    Truthful bids are not an equilibrium; see `econsim.equilibrium.symmetric_shading`.
    """

    name = "first-price"
    pays_bid = True
    claims = Claims(False, True, False, True)

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Each winner's own bid."""
        return book.limit[allocation.order]


class VickreyAuction(Auction):
    """The highest bids win and pay the highest rejected bid, or the reserve if that is more.

    With unit demand and private values truthful bidding is weakly dominant (Vickrey 1961), for
    one round at the listing that a buyer chose.
    """

    name = "vickrey"
    claims = Claims(True, True, True, True)

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Uniform at each listing: max(reserve, highest rejected bid)."""
        if allocation.rejected is None:
            raise MechanismError("vickrey needs the rejected bids of its allocation")
        uniform = np.maximum(book.listings.price, allocation.rejected)
        return uniform[book.listing[allocation.order]]
