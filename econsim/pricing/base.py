"""`PricingModel`: what every pricing model is, and the three kinds of who names the price."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from econsim.arrays import Ints
from econsim.auctions.claims import Claim
from econsim.errors import MechanismError, ParameterError, integer, real
from econsim.pricing.book import Allocation, Book, Fills, Listings, Orders
from econsim.registry import Specified
from econsim.streams import Streams


@dataclass(frozen=True)
class ContractTerms:
    """What one payment buys where it buys more than a task.

    Parameters
    ----------
    term : int
        Rounds that it buys.
    volume : int, optional
        Tasks that it covers, a volume commitment: the contract ends when they are used up, or with
        the term. By default there is no limit.
    renewal : bool
        Whether a contract that was fulfilled is renewed at the seller's present fee, if the buyer
        still expects to gain by it.
    membership : int
        0 where the fee covers the tasks. Else the contract is a membership: the fee is so many
        times the price of a task, and each task costs that price. What the seller posts is the
        price of a task, so a `tariff` is `membership` + 1 times it: the fee, and the first task.

    Raises
    ------
    ParameterError
        If the term or the volume is not from 1 to 10**6, `renewal` is no bool, or the membership
        is not from 0 to 100.
    """

    term: int
    volume: int | None = None
    renewal: bool = False
    membership: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "term", integer("term", self.term, 1, 10**6))
        if self.volume is not None:
            object.__setattr__(self, "volume", integer("volume", self.volume, 1, 10**6))
        if not isinstance(self.renewal, bool):
            raise ParameterError("renewal", self.renewal, "true or false")
        object.__setattr__(self, "membership", integer("membership", self.membership, 0, 100))

    @property
    def most_tasks(self) -> int:
        """Tasks that it covers at most: one a round of the term, until the volume is used up."""
        return min(self.term, self.volume or self.term)


MOST_KEPT = 0.9  # share of receipts: the commission, or with it the platform's fee
_FLAGS = ("posted", "pays_bid", "bids_everywhere", "pooled", "contract", "term", "volume",
          "renewal", "membership")  # fmt: skip


class PricingModel(Specified):
    """Clears a market: allocates the orders at each listing and prices what it allocates.

    Who names the price is said by type: derive from `Posted` (the seller), `Auction` (the bids)
    or `Exchange` (a category as a whole), and override two hooks, `allocate` and `price`. Each of
    the three may set some of the flags below; whatever it excludes is refused when the class is
    made, or when an instance sets it.

    Attributes
    ----------
    name : str
        Name in the registry and in tables.
    claims : frozenset of Claim
        What the contract test and the audit try to refute.
    reason : str
        Why a winner pays what it pays, to follow "pays 3," in the dashboard's account of a
        clearing; only where the flags and claims do not say it.
    posted : bool
        Whether sellers post a price that adapts (else they hold a reserve at cost): `Posted`.
    pays_bid : bool
        Whether a winner pays its own bid, so that truthful bids are no equilibrium; an `Auction`
        may set it.
    bids_everywhere : bool
        Whether a buyer bids on every listing of this model that it saw, wanting one, or only on
        the one that it chose; an `Auction` may set it.
    pooled : bool
        Whether any seller of a category may serve any of its buyers: `Exchange`.
    contract : ContractTerms or None
        What one payment buys, if more than a task; a `Posted` model may set it.
    commission : float
        Share of receipts that the platform keeps, on top of any fee that is in force. It is taken
        from what the mechanism hands sellers, who ask so much more that reserve or cost is left;
        the claims are about the mechanism before it.

    Parameters
    ----------
    commission : float in [0, 0.9]

    Raises
    ------
    ParameterError
    """

    name: ClassVar[str] = ""
    claims: ClassVar[frozenset[Claim]] = frozenset()
    reason: ClassVar[str] = ""
    posted: bool = False
    pays_bid: bool = False
    bids_everywhere: bool = False
    pooled: bool = False
    contract: ContractTerms | None = None
    commission: float = 0.0
    _says: ClassVar[str]
    _sets: ClassVar[tuple[str, ...]] = _FLAGS

    def __init_subclass__(cls, *, says: str = "", sets: tuple[str, ...] = (), **keywords: Any):
        """Refuse flags that contradict who names the price; `says` makes `cls` one of the kinds.

        Raises
        ------
        ParameterError
            If the class derives from none of the kinds, or from two, or sets a flag that its kind
            excludes.
        """
        super().__init_subclass__(**keywords)
        if says:
            cls._says, cls._sets = says, sets
            return
        kinds = [base for base in cls.__mro__ if "_says" in vars(base)]
        if not kinds or not all(issubclass(kinds[0], kind) for kind in kinds):
            bases = ", ".join(base.__name__ for base in cls.__bases__)
            permitted = "one of Posted, Auction and Exchange, which say who names the price"
            raise ParameterError(f"{cls.__name__}.bases", bases, permitted)
        for flag in _FLAGS:
            usual, value = getattr(kinds[0], flag), getattr(cls, flag)
            if value is not usual:
                cls._permit(flag, value)

    def __init__(self, *, commission: float = 0.0):
        self.commission = real("commission", commission, 0, MOST_KEPT)

    def check_flags(self) -> None:
        """Refuse flags that were set past the class's making, such as by a frozen dataclass.

        Raises
        ------
        ParameterError
            As when a class is made; or if this is of none of the three kinds.
        """
        kind = next((base for base in type(self).__mro__ if "_says" in vars(base)), None)
        if kind is None:
            raise ParameterError("pricing", self, "a Posted, an Auction or an Exchange")
        for flag in ("posted", "pays_bid", "bids_everywhere", "pooled", "contract"):
            if getattr(self, flag) != getattr(kind, flag):
                self._permit(flag, getattr(self, flag))

    @classmethod
    def _permit(cls, flag: str, value: Any) -> None:
        if flag in cls._sets:
            cls._check_type(flag, value)
            return
        free = f", which may set {' and '.join(cls._sets)}" if cls._sets else ""
        raise ParameterError(f"{cls.__name__}.{flag}", value, f"left out: {cls._says}{free}")

    @classmethod
    def _check_type(cls, flag: str, value: Any) -> None:
        """A property is looked at when it is asked: see `check_flags`."""
        if flag == "contract":
            fits, permitted = value is None or isinstance(value, ContractTerms), "ContractTerms"
        else:
            fits, permitted = isinstance(value, bool), "true or false"
        if not fits and not hasattr(value, "__get__"):
            raise ParameterError(f"{cls.__name__}.{flag}", value, permitted)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FLAGS:
            self._permit(name, value)
        super().__setattr__(name, value)

    @property
    def term(self) -> int:
        """Rounds that one payment buys; 0 where a payment buys one task."""
        return self.contract.term if self.contract else 0

    @property
    def volume(self) -> int | None:
        """Tasks that one payment buys at most; None without a limit."""
        return self.contract.volume if self.contract else None

    @property
    def renewal(self) -> bool:
        """Whether what a payment bought for a term may be renewed when the term is over."""
        return self.contract is not None and self.contract.renewal

    @property
    def membership(self) -> int:
        """Prices of a task that the fee of a contract amounts to; 0 where it covers the tasks."""
        return self.contract.membership if self.contract else 0

    def allocate(self, book: Book) -> Allocation:
        """Hook: choose the winning orders of a book."""
        raise MechanismError(f"{type(self).__name__} does not override allocate")

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Hook: payment of each winner, int64 ticks, in the order of ``allocation.order``."""
        raise MechanismError(f"{type(self).__name__} does not override price")

    def receipt(self, allocation: Allocation, payment: Ints) -> Ints:
        """What the seller receives of each payment: all of it, unless the mechanism keeps some."""
        return payment

    def quote(self, units: Any, price: Any = None) -> Any:
        """Least limit that is admissible, ticks, for a task of `units` at a listing of `price`."""
        return price

    def expected(self, size: Any, price: Ints, average: Ints) -> Ints:
        """Price that buyers expect, (m, sizes): here the running `average` whatever the size."""
        return np.broadcast_to(average[:, None], (len(average), len(size)))

    def clear(self, orders: Orders, listings: Listings, streams: Streams) -> Fills:
        """Clear the orders of one round.

        Raises
        ------
        MechanismError
            If a hook fills an order or a buyer twice, sells beyond capacity, charges less than
            nothing or more than an order's limit, or hands sellers more than it took.
        """
        quote = self.quote(orders.size, listings.price[orders.listing])
        book = Book(orders, listings, streams, np.asarray(quote, dtype=np.int64))
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


class Auction(
    PricingModel, says="bids name the price of an Auction", sets=("pays_bid", "bids_everywhere")
):
    """Sealed bids at each listing; the highest win; the reserve stays at cost.

    A subclass may set `pays_bid`, and `bids_everywhere` if it allocates over all listings at once.
    """

    def allocate(self, book: Book) -> Allocation:
        """Units to the highest bids."""
        return book.highest()


class Exchange(PricingModel, says="an Exchange clears a category at once"):
    """Bids meet the asks of all units of a category; any seller may serve any of its buyers.

    Its allocation names the serving ``listing`` of each winner.
    """

    pooled = True

    def quote(self, units: Any, price: Any = None) -> Any:
        """Every bid is admissible: the seller that it names may not be the one that serves."""
        return np.zeros(np.shape(price), dtype=np.int64)


class Posted(PricingModel, says="the seller names the price of a Posted model", sets=("contract",)):
    """Take it or leave it; too many takers draw lots; prices follow sales.

    A subclass may set a `contract`: then the price is a fee for its term.

    Parameters
    ----------
    price : int, optional
        Opening price of every seller in ticks; by default one that asks the category's median
        task value for a median task.
    commission : float in [0, 0.9]
        Share of receipts that the platform keeps.
    """

    posted = True
    claims = frozenset(
        {
            Claim.INCENTIVE_COMPATIBLE,
            Claim.INDIVIDUALLY_RATIONAL,
            Claim.NO_DEFICIT,
            Claim.BUDGET_BALANCED,
        }
    )

    def __init__(self, price: int | None = None, *, commission: float = 0.0):
        super().__init__(commission=commission)
        self.initial_price = None if price is None else integer("price", price, 0, 2**53)

    def allocate(self, book: Book) -> Allocation:
        """Units to the takers whom the lottery favours."""
        return book.lottery()

    def price(self, book: Book, allocation: Allocation) -> Ints:
        """Everybody pays what was quoted."""
        return book.quote[allocation.order]

    def quote(self, units: Any, price: Any = None) -> Any:
        """What a task of `units` costs in ticks, at `price` (by default the opening price).

        `units` and `price` are ints or arrays that broadcast; so is the answer.
        """
        if np.any(np.asarray(units) < 1):
            raise ParameterError("units", units, "an integer >= 1")
        posted = self.initial_price if price is None else price
        if posted is None:
            raise ParameterError("price", price, "given, as this model has no opening price")
        return self.tariff(units, posted)

    def tariff(self, units: Any, price: Any) -> Any:
        """Hook: what `quote` answers. Here one price whatever the size."""
        return price + 0 * np.asarray(units, dtype=np.int64) if np.ndim(units) else price

    def expected(self, size: Any, price: Ints, average: Ints) -> Ints:
        """Posted prices are known."""
        return np.asarray(self.quote(np.asarray(size)[None, :], price[:, None]), dtype=np.int64)

    def opening_price(self, median_value: int, max_size: int) -> int:
        """Price at the start, ticks: the model's own, or `price_for` the median task value."""
        initial = self.initial_price
        return self.price_for(median_value, max_size) if initial is None else initial

    def price_for(self, value: int, max_size: int) -> int:
        """Hook: price at which a task of mean size costs `value`, ticks."""
        return self._tasks * value

    def floor_price(self, cost: Any) -> Any:
        """Lowest price that covers `cost` of one task, or of each that a contract covers, ticks."""
        return self._tasks * cost

    @property
    def _tasks(self) -> int:
        return self.contract.most_tasks if self.contract else 1
