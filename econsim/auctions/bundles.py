"""Bids on bundles of goods, XOR within a bidder: the input of the combinatorial mechanisms."""

import string
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.auctions.checks import real_array
from econsim.errors import BidError, integer, unmasked

Bundle = frozenset[Hashable]

_CAPITALS = frozenset(string.ascii_uppercase)


@dataclass(frozen=True, eq=False)
class BundleBids:
    """Bids in the language XOR: of each bidder at most one bid is accepted.

    Parameters
    ----------
    bidder : array_like of int, shape (bids,)
        Who bids, from 0.
    bundles : sequence of iterables of hashable goods, or of single goods, length bids
        What for; not empty. A string is one good: ``"apple"``. The notation of the textbooks is
        understood, too: where some good is a single capital letter, a string of different
        capitals is the bundle of its letters, so that ``"AB"`` beside ``"A"`` is the pair of A
        and B. Strings inside a bundle are goods as they stand: ``("apple", "pear")``.
    prices : array_like, shape (bids,)
        Finite numbers >= 0; integers stay exact.
    bidders : int, optional
        How many there are; by default one more than the largest `bidder`.

    Raises
    ------
    BidError
        Naming the argument, the index and the value.
    """

    bidder: Ints
    bundles: tuple[Bundle, ...]
    prices: NDArray[Any]
    bidders: int = -1

    def __post_init__(self) -> None:
        prices = _prices(self.prices)
        numbers = unmasked("bidder", self.bidder, BidError)
        owner = [_bidder(k, number) for k, number in enumerate(numbers)]
        bundles = _bundles(self.bundles)
        lengths = [len(owner), len(bundles), len(prices)]
        if any(a != b for a, b in pairwise(lengths)):
            raise BidError("lengths of bidder, bundles and prices", lengths, "equal")
        least = max(owner, default=-1) + 1
        count = least if self.bidders == -1 else integer("bidders", self.bidders, least)
        fields = np.array(owner, np.int64), bundles, prices, count
        for name, field in zip(("bidder", "bundles", "prices", "bidders"), fields, strict=True):
            object.__setattr__(self, name, field)

    def __len__(self) -> int:
        return len(self.prices)

    @property
    def goods(self) -> tuple[Hashable, ...]:
        """Every good that someone bids on, by first appearance, sorted within a bundle."""
        return tuple(dict.fromkeys(good for bundle in self.bundles for good in _ordered(bundle)))


def as_bids(bids: Any) -> BundleBids:
    """`BundleBids` from any of the forms that people write.

    Parameters
    ----------
    bids : BundleBids or sequence
        Triples ``(bidder, goods, price)``; or one entry for each bidder: a mapping from goods to
        price, a list of pairs ``(goods, price)``, or one such pair. How goods are written says
        `BundleBids`.

    Raises
    ------
    BidError
        If an entry is none of these, or a price or bundle is not permitted.
    """
    if isinstance(bids, BundleBids):
        return bids
    if isinstance(bids, Mapping | str) or not isinstance(bids, Iterable):
        raise BidError("bids", bids, "BundleBids or a list of bids")
    entries = list(bids)
    triples = [bid for k, entry in enumerate(entries) for bid in _triples(k, entry)]
    owners, bundles, prices = zip(*triples, strict=True) if triples else ((), (), ())
    named = any(_is_triple(entry) for entry in entries)
    return BundleBids(owners, bundles, prices, -1 if named else len(entries))  # type: ignore[arg-type]


def _triples(k: int, entry: Any) -> list[tuple[Any, Any, Any]]:
    """The bids of one entry of the list."""
    if _is_triple(entry):
        return [tuple(entry)]
    if isinstance(entry, Mapping):
        return [(k, goods, price) for goods, price in entry.items()]
    if _is_pair(entry):
        return [(k, *entry)]
    if isinstance(entry, list | tuple) and all(_is_pair(bid) for bid in entry):
        return [(k, *bid) for bid in entry]
    raise BidError(f"bids[{k}]", entry, "(bidder, goods, price), or a bidder's {goods: price}")


def _is_triple(entry: Any) -> bool:
    return isinstance(entry, list | tuple) and len(entry) == 3 and isinstance(entry[0], Real)


def _is_pair(entry: Any) -> bool:
    """Goods and a price, whatever the price is: the check of prices says what is wrong."""
    pair = isinstance(entry, list | tuple) and len(entry) == 2
    return pair and not isinstance(entry[1], list | tuple | Mapping)


def _prices(prices: Any) -> NDArray[Any]:
    """Checked prices; one that is refused is named as part of its bid."""
    try:
        return real_array("prices", prices)
    except BidError as refusal:
        field = refusal.field
        if "[" in field:
            field = field.replace("prices", "bids") + ".price"
        raise BidError(field, refusal.value, refusal.permitted) from None


def _bidder(k: int, number: Any) -> int:
    try:
        return integer(f"bids[{k}].bidder", number, 0)
    except ValueError:
        raise BidError(f"bids[{k}].bidder", number, "an integer >= 0") from None


def _bundles(listed: Iterable[Any]) -> tuple[Bundle, ...]:
    """A bundle for each bid; strings of capitals are spelt out where a single capital is a good."""
    written = list(listed)
    bundles = [_bundle(k, goods) for k, goods in enumerate(written)]
    if any(good in _CAPITALS for bundle in bundles for good in bundle):
        for k, goods in enumerate(written):
            if isinstance(goods, str) and len(set(goods)) == len(goods) and set(goods) <= _CAPITALS:
                bundles[k] = frozenset(goods)
    return tuple(bundles)


def _bundle(k: int, goods: Any) -> Bundle:
    several = isinstance(goods, Iterable) and (not isinstance(goods, str) or goods == "")
    try:
        bundle = frozenset(goods) if several else frozenset([goods])
    except TypeError:
        bundle = frozenset()
    if not bundle:
        raise BidError(f"bids[{k}].goods", goods, "a non-empty set of hashable goods")
    return bundle


def _ordered(bundle: Bundle) -> list[Any]:
    """Goods in an order that does not depend on the hash seed: numbers first, then by name."""
    return sorted(bundle, key=_place)


def _place(good: Any) -> tuple[bool, Any]:
    named = not isinstance(good, Real)
    return named, str(good) if named else good
