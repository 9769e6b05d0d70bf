"""`PricingModel`: what every pricing model is, and the arrays it clears."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from econsim import kernels
from econsim.errors import MechanismError, ParameterError, integer
from econsim.registry import Specified
from econsim.streams import Purpose, Streams

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Orders:
    """One round's orders, o of them; a buyer that has several wants one of them filled.

    Attributes
    ----------
    round : int
    buyer : int64 array (o,), ids
    listing : int32 array (o,), index into `Listings`
    size : uint8 array (o,), size of the task
    limit : int64 array (o,), ticks that no payment may exceed: the bid
    """

    round: int
    buyer: Ints
    listing: NDArray[np.int32]
    size: NDArray[np.uint8]
    limit: Ints

    def __len__(self) -> int:
        return len(self.buyer)


@dataclass(frozen=True)
class Listings:
    """What the sellers offer, m listings.

    Attributes
    ----------
    seller : int64 array (m,), ids
    category : int16 array (m,)
    capacity : int64 array (m,), units on sale now
    price : int64 array (m,), ticks: posted price, fee, or reserve of an auction
    """

    seller: Ints
    category: NDArray[np.int16]
    capacity: Ints
    price: Ints


@dataclass(frozen=True)
class Fills:
    """Which orders trade, and what each pays.

    Attributes
    ----------
    order : int64 array (f,), indices of orders
    listing : int64 array (f,), index of the listing that serves
    payment : int64 array (f,), ticks that the buyer pays
    receipt : int64 array (f,), ticks that the seller receives
    """

    order: Ints
    listing: Ints
    payment: Ints
    receipt: Ints


@dataclass(frozen=True)
class Allocation:
    """The winners, as indices of admissible orders of a book.

    Attributes
    ----------
    order : int64 array (w,)
    rejected : int64 array (m,), optional
        Highest limit of each listing that won nothing, 0 without one; or another price that
        competition sets at each listing.
    listing : int64 array (w,), optional
        Who serves each winner; by default the listing that its order names.
    """

    order: Ints
    rejected: Ints | None = None
    listing: Ints | None = None


@dataclass(frozen=True)
class Claims:
    """Properties that a pricing model claims, for one round and values that are private.

    ``incentive_compatible`` is about buyers' bids, while no wallet binds. ``efficient`` compares
    the orders placed, not all that buyers might have ordered. ``budget_balanced`` says that
    sellers receive all that buyers pay.
    """

    incentive_compatible: bool
    individually_rational: bool
    efficient: bool
    budget_balanced: bool


class Book:
    """The admissible orders of one clearing: those whose limit reaches what is asked."""

    def __init__(self, orders: Orders, listings: Listings, streams: Streams, ask: Ints):
        kept = np.flatnonzero(orders.limit >= ask)
        everything = len(kept) == len(orders)
        pick = slice(None) if everything else kept
        self.index: Any = kept
        self.listings, self.streams, self.round = listings, streams, orders.round
        self.buyer, self.listing = orders.buyer[pick], orders.listing[pick]
        self.limit, self.ask = orders.limit[pick], ask[pick]

    def highest(self) -> Allocation:
        """Capacity to the highest limits of each listing, ties by keyed lottery."""
        capacity = self.listings.capacity
        offsets, ranked = self._rank(self.limit, capacity + 1)
        counts = np.diff(offsets)
        place = np.arange(len(ranked)) - np.repeat(offsets[:-1], counts)
        wins = place < np.repeat(capacity, counts)
        rejected = np.zeros(len(capacity), dtype=np.int64)
        spare = ranked[~wins]
        rejected[self.listing[spare]] = self.limit[spare]
        return Allocation(ranked[wins], rejected)

    def lottery(self) -> Allocation:
        """Capacity of each listing by keyed lottery, whatever the limits."""
        seed = self.streams.seed
        lot = kernels.select().uniform(seed, Purpose.LOTTERY, self.round, self.buyer, 0)
        key = (lot * 2.0**53).astype(np.int64)
        return Allocation(self._rank(key, self.listings.capacity)[1])

    def _rank(self, key: Ints, keep: Ints) -> tuple[Ints, Ints]:
        rank = kernels.select().rank
        return rank(self.streams.seed, self.round, self.listing, key, self.buyer, keep)


class PricingModel(Specified):
    """Clears a market: allocates the orders at each listing and prices what it allocates.

    A new model overrides two hooks, `allocate` and `price`, of `Posted` or `Auction`.

    Attributes
    ----------
    name : str
        Name in the registry and in tables.
    claims : Claims
        What the contract test and the audit try to refute.
    posted : bool
        Whether sellers post a price that adapts (else they hold a reserve at cost).
    pays_bid : bool
        Whether a winner pays its own bid, so that truthful bids are no equilibrium.
    term : int
        Rounds that one payment buys; 0 where a payment buys one task.
    volume : int or None
        Tasks that one payment buys at most; None without a limit.
    renewal : bool
        Whether what a payment bought for a term may be renewed when the term is over.
    bids_everywhere : bool
        Whether a buyer bids on every listing of this model that it saw, wanting one.
    pooled : bool
        Whether any seller of a category may serve any of its buyers.
    """

    name: ClassVar[str] = ""
    claims: ClassVar[Claims]
    posted: ClassVar[bool] = False
    pays_bid: ClassVar[bool] = False
    bids_everywhere: ClassVar[bool] = False
    pooled: ClassVar[bool] = False
    term: int = 0
    volume: int | None = None
    renewal: bool = False

    def allocate(self, book: Book) -> Allocation:
        """Hook: choose the winning orders of a book."""
        raise MechanismError(f"{type(self).__name__} does not override allocate")

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Hook: payment of each winner, int64 ticks, in the order of ``allocation.order``."""
        raise MechanismError(f"{type(self).__name__} does not override price")

    def receipt(self, allocation: Allocation, payment: Ints) -> Ints:
        """What the seller receives of each payment: all of it, unless the mechanism keeps some."""
        return payment

    def ask(self, size: ArrayLike, price: ArrayLike) -> Ints:
        """Least limit that is admissible, for a task of `size` at a listing of `price`."""
        return np.asarray(price, dtype=np.int64)

    def expected(self, size: Any, price: Ints, average: Ints) -> Ints:
        """Price that buyers expect, (m, sizes): here the running `average` whatever the size."""
        return np.broadcast_to(average[:, None], (len(average), len(size)))

    def opening(self, median_value: int, max_size: int) -> int | None:
        """Posted price at the start, ticks; None says that sellers start at their cost."""
        return None

    def clear(self, orders: Orders, listings: Listings, streams: Streams) -> Fills:
        """Clear the orders of one round.

        Raises
        ------
        MechanismError
            If a hook fills an order or a buyer twice, sells beyond capacity, charges less than
            nothing or more than an order's limit, or hands sellers more than it took.
        """
        book = Book(
            orders, listings, streams, self.ask(orders.size, listings.price[orders.listing])
        )
        allocation = self.allocate(book)
        payment = np.asarray(self.price(book, allocation))
        order = allocation.order
        named = book.listing[order] if allocation.listing is None else allocation.listing
        listing = named.astype(np.int64)
        self._check(book, order, listing, payment)
        receipt = self.receipt(allocation, payment)
        if receipt.sum() > payment.sum():
            raise MechanismError(f"{self.name}: hands sellers more than buyers pay")
        return Fills(book.index[order], listing, payment, receipt)

    def _check(self, book: Book, order: Ints, listing: Ints, payment: Ints) -> None:
        if payment.dtype != np.int64 or payment.shape != order.shape:
            raise MechanismError(f"{self.name}: payments must be int64, one a winner")
        sold = np.bincount(listing, minlength=len(book.listings.capacity))
        if len(order) and np.bincount(order).max() > 1:
            raise MechanismError(f"{self.name}: filled an order twice")
        if self.bids_everywhere and len(np.unique(book.buyer[order])) < len(order):
            raise MechanismError(f"{self.name}: filled a buyer twice")
        if (sold > book.listings.capacity).any():
            raise MechanismError(f"{self.name}: sold beyond capacity")
        if ((payment < 0) | (payment > book.limit[order])).any():
            raise MechanismError(f"{self.name}: a payment below 0 or above its order's limit")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Auction(PricingModel):
    """Sealed bids at each listing; the highest win; the reserve stays at cost."""

    def allocate(self, book: Book) -> Allocation:
        """Units to the highest bids."""
        return book.highest()


class Posted(PricingModel):
    """Take it or leave it; too many takers draw lots; prices follow sales.

    Parameters
    ----------
    price : int, optional
        Opening price of every seller in ticks; by default one that asks the category's median
        task value for a median task.
    """

    posted = True
    claims = Claims(True, True, False, True)

    def __init__(self, price: int | None = None):
        self.opening_price = None if price is None else integer("price", price, 0, 2**53)

    def allocate(self, book: Book) -> Allocation:
        """Units to the takers whom the lottery favours."""
        return book.lottery()

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Everybody pays what was quoted."""
        return book.ask[allocation.order]

    def ask(self, size: ArrayLike, price: ArrayLike) -> Ints:
        """The quote is the ask."""
        return np.asarray(self.quote(size, price), dtype=np.int64)

    def quote(self, units: Any, price: Any = None) -> Any:
        """What a task of `units` costs in ticks, at `price` (by default the opening price).

        `units` and `price` are ints or arrays that broadcast; so is the answer.
        """
        if np.any(np.asarray(units) < 1):
            raise ParameterError("units", units, "an integer >= 1")
        posted = self.opening_price if price is None else price
        if posted is None:
            raise ParameterError("price", price, "given, as this model has no opening price")
        return self.tariff(units, posted)

    def tariff(self, units: Any, price: Any) -> Any:
        """Hook: what `quote` answers. Here one price whatever the size."""
        return price + 0 * np.asarray(units, dtype=np.int64) if np.ndim(units) else price

    def expected(self, size: Any, price: Ints, average: Ints) -> Ints:
        """Posted prices are known."""
        return self.ask(np.asarray(size)[None, :], price[:, None])

    def opening(self, median_value: int, max_size: int) -> int:
        """The given opening price, or one that asks the median task value for a median task."""
        given = self.opening_price
        return self.asking(median_value, max_size) if given is None else given

    def asking(self, value: int, max_size: int) -> int:
        """Hook: price at which a task of mean size costs `value`, ticks."""
        return value

    def least(self, cost: Any) -> Any:
        """Lowest price that covers `cost` of one task, ticks."""
        return cost

    def __repr__(self) -> str:
        given = "" if self.opening_price is None else f"price={self.opening_price}"
        return f"{type(self).__name__}({given})"
