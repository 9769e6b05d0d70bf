"""A scoring auction: price and trust of several sellers, weighed by each buyer."""

import numpy as np

from econsim.arrays import Ints
from econsim.auctions.claims import Claim
from econsim.auctions.scoring import second_score
from econsim.errors import MechanismError
from econsim.pricing.base import Auction
from econsim.pricing.book import Allocation, Book, Trades


class ScoringAuction(Auction):
    """Second-score auctions: each buyer procures from the best of the listings that it saw.

    A listing's score is what the task is worth with its trust (the bid) less its reserve; it is
    paid so much that the buyer is left with the second-best score
    (`econsim.auctions.scoring.second_score`).

    Asking more than its cost gains a seller nothing where no capacity binds (Che 1993). Buyers
    reveal what trust is worth to them and can gain by saying less, so truthful bids are no
    equilibrium: who saw one listing pays its bid.
    """

    name = "scoring"
    bids_everywhere = True
    claims = frozenset({Claim.INDIVIDUALLY_RATIONAL, Claim.NO_DEFICIT, Claim.BUDGET_BALANCED})
    reason = "which leaves the buyer the second-best score, bid less reserve, of what it saw"

    def allocate(self, book: Book) -> Allocation:
        """The best scores, within capacity; ties by keyed lottery."""
        seller = book.drawn(book.listings.seller)[book.listing]
        edges = np.lexsort((seller, book.drawn(book.buyer)))
        outcome = second_score(
            book.buyer[edges],
            book.listing[edges].astype(np.int64),
            book.limit[edges],
            ask=book.listings.price,
            capacity=book.listings.capacity,
        )
        paid = outcome.payments[outcome.won].astype(np.int64)
        return Trades(edges[outcome.won], payment=paid, receipt=paid)

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """What leaves the winner the second-best score."""
        if not isinstance(allocation, Trades):
            raise MechanismError("scoring needs the payments of its allocation")
        return allocation.payment
