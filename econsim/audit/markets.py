"""A pricing model as an audit sees it: small markets that its own `clear` clears.

Each market has two sellers, A and B, with a cost of what one payment buys and units on sale, and
up to four buyers. A seller asks its cost: as posted price, fee or reserve. Money is in ticks, a few
of them, so that ties are common and a counterexample can be checked by hand.

Buyers report values: of a task at the listing that they chose, of a task at each listing where the
model hears bids on all of them, and of a task by anybody under an `Exchange`. There sellers report
their costs too; elsewhere they only stand in the account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from econsim.auctions.claims import Claim
from econsim.audit.subjects import STEPS, TOP, Cleared, Subject
from econsim.pricing import Fills, Listings, Orders, PricingModel
from econsim.streams import Streams

ANYBODY = "anybody"
_NAMES = ("A", "B")
_MOST_BUYERS, _MOST_UNITS, _MOST_SIZE, _LIES = 4, 2, 2, 2
_FIRST_SELLER = 2**31


class Seller(NamedTuple):
    """A listing: the cost of what one payment buys, and the units on sale."""

    name: str
    cost: int
    units: int


class Buyer(NamedTuple):
    """A buyer of one task of `size`: its value with each seller, or with `ANYBODY`.

    Its name, a letter, is its id, by which lots are drawn.
    """

    name: str
    values: dict[str, int]
    size: int


@dataclass(frozen=True)
class PricedMarket(Subject):
    """A `Subject` whose participants are the sellers and buyers of a pricing model."""

    def judged(self) -> tuple[Claim, ...]:
        """All that makes sense: there is an account of both sides, whoever reports."""
        more = {Claim.FEASIBLE, Claim.BUDGET_BALANCED, *super().judged()}
        return tuple(claim for claim in Claim if claim in more)

    def market(self, rng: np.random.Generator) -> list[Any]:
        """The two sellers, then the buyers."""
        sellers = [Seller(name, _up_to(rng, TOP), _up_to(rng, _MOST_UNITS)) for name in _NAMES]
        names = rng.choice(list(ascii_lowercase), 1 + _up_to(rng, _MOST_BUYERS - 1), replace=False)
        return [*sellers, *(self.draw(rng)._replace(name=str(name)) for name in names)]

    def sells(self, own: Any) -> bool:
        """Whether a type is a seller's."""
        return isinstance(own, Seller)

    def _reports(self, own: Any) -> bool:
        return isinstance(own, Buyer) or not self.one_sided

    def lies(self, rng: np.random.Generator, own: Any) -> list[Any]:
        """Other values, and under an exchange other costs."""
        return [_redrawn(own, rng) for _ in range(_LIES)] if self._reports(own) else []

    def nearby(self, own: Any) -> Iterator[Any]:
        """Reports with one value, or cost, moved by up to three."""
        if self._reports(own):
            yield from (lie for step in STEPS for lie in _moved(own, step))

    def smaller(self, types: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Those of a `Subject`, and the market with all its values and costs one lower."""
        yield from super().smaller(types)
        if all(amount for own in types for amount in _amounts(own)):
            yield tuple(_with_amounts(own, [a - 1 for a in _amounts(own)]) for own in types)

    def lower(self, own: Any) -> Iterator[Any]:
        """Types with a lower value or cost, fewer units, a smaller task, a bid less."""
        yield from _moved(own, -1)
        if isinstance(own, Seller) and own.units:
            yield own._replace(units=own.units - 1)
        elif isinstance(own, Buyer):
            yield from _lesser(own)


def priced_market(model: PricingModel) -> PricedMarket:
    """The pricing model as the market runs it, for an audit of what it claims."""
    return PricedMarket(
        name=model.name or type(model).__name__,
        claims=model.claims | {Claim.FEASIBLE},
        draw=lambda rng: _buyer(model, rng),
        clear=lambda reports: _cleared(model, reports),
        worth=_worth,
        best=_best,
        least=2,
        one_sided=not model.pooled,
    )


def _up_to(rng: np.random.Generator, most: int) -> int:
    return int(rng.integers(0, most + 1))


def _buyer(model: PricingModel, rng: np.random.Generator) -> Buyer:
    """A buyer, with a value for each listing at which the model hears its bid."""
    chosen = (_NAMES[_up_to(rng, 1)],)
    names = (ANYBODY,) if model.pooled else _NAMES if model.bids_everywhere else chosen
    values = {name: _up_to(rng, TOP) for name in names}
    return Buyer("a", values, 1 + _up_to(rng, _MOST_SIZE - 1))


def _amounts(own: Any) -> list[int]:
    """The values of a buyer, or the cost of a seller: all that could be misreported."""
    return [own.cost] if isinstance(own, Seller) else list(own.values.values())


def _with_amounts(own: Any, amounts: Sequence[int]) -> Any:
    """The same participant with other values, or another cost."""
    if isinstance(own, Seller):
        return own._replace(cost=amounts[0])
    return own._replace(values=dict(zip(own.values, amounts, strict=True)))


def _redrawn(own: Any, rng: np.random.Generator) -> Any:
    return _with_amounts(own, [_up_to(rng, TOP) for _ in _amounts(own)])


def _moved(own: Any, step: int) -> Iterator[Any]:
    """A type with one of its amounts moved by `step`, if that leaves it >= 0."""
    amounts = _amounts(own)
    for k, amount in enumerate(amounts):
        if amount + step >= 0:
            yield _with_amounts(own, [*amounts[:k], amount + step, *amounts[k + 1 :]])


def _lesser(own: Buyer) -> Iterator[Buyer]:
    """A buyer with a smaller task, or with a bid less."""
    if own.size > 1:
        yield own._replace(size=own.size - 1)
    for name in own.values if len(own.values) > 1 else ():
        yield own._replace(values={k: v for k, v in own.values.items() if k != name})


def _cleared(model: PricingModel, reports: Sequence[Any]) -> Cleared:
    """What each gets (a buyer its seller's name, a seller its sales), and what each pays."""
    at = [i for i, report in enumerate(reports) if isinstance(report, Seller)]
    got: list[Any] = [0 if isinstance(report, Seller) else "" for report in reports]
    payments = [0] * len(reports)
    orders, listings = _orders(reports, at), _listings([reports[i] for i in at])
    place = {ord(report.name): i for i, report in enumerate(reports)}
    if not len(orders):
        return got, payments
    fills: Fills = model.clear(orders, listings, Streams(0))
    for order, listing, payment, receipt in zip(
        fills.order, fills.listing, fills.payment.tolist(), fills.receipt.tolist(), strict=True
    ):
        buyer, seller = place[int(orders.buyer[order])], at[listing]
        got[buyer], got[seller] = reports[seller].name, got[seller] + 1
        payments[buyer] += payment
        payments[seller] -= receipt
    return got, payments


def _orders(reports: Sequence[Any], sellers: Sequence[int]) -> Orders:
    """Every buyer's bids at the listings that there are."""
    place = {reports[i].name: k for k, i in enumerate(sellers)}
    place |= {ANYBODY: 0} if sellers else {}
    rows = [
        (ord(report.name), place[name], report.size, value)
        for report in reports
        if isinstance(report, Buyer)
        for name, value in report.values.items()
        if name in place
    ]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    buyer, listing, size, limit = (column.copy() for column in columns)
    return Orders(0, buyer, listing.astype(np.int32), size.astype(np.uint8), limit)


def _listings(sellers: Sequence[Seller]) -> Listings:
    count = len(sellers)
    return Listings(
        np.arange(count, dtype=np.int64) + _FIRST_SELLER,
        np.zeros(count, dtype=np.int16),
        np.array([seller.units for seller in sellers], dtype=np.int64),
        np.array([seller.cost for seller in sellers], dtype=np.int64),
    )


def _worth(own: Any, got: Any) -> int:
    """A buyer's value with the seller that serves it; less the cost of a seller's sales."""
    if isinstance(own, Seller):
        return -own.cost * got
    return own.values.get(ANYBODY, own.values.get(got, 0)) if got else 0


def _best(types: Sequence[Any]) -> int:
    """Most that any assignment of buyers to units is worth, by the Hungarian method."""
    buyers = [own for own in types if isinstance(own, Buyer)]
    units = [own for own in types if isinstance(own, Seller) for _ in range(own.units)]
    gain = np.array(
        [[max(_worth(buyer, unit.name) - unit.cost, 0) for unit in units] for buyer in buyers]
    ).reshape(len(buyers), len(units))
    return int(gain[linear_sum_assignment(gain, maximize=True)].sum())
