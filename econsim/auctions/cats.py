"""The file format of the Combinatorial Auction Test Suite (Leyton-Brown, Pearson & Shoham 2000).

``%`` starts a comment; ``goods n``, ``bids m``, ``dummy d``, in any case of letters; then for each
bid number, price, goods, ``#``, usually on a line of its own, but a line may hold several. Goods
numbered n and above are dummies: bids that share one belong to one bidder, of whose bids at most
one is accepted. The counts of bids and dummies are not relied on: files in circulation misstate
them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from econsim.auctions.bundles import BundleBids
from econsim.errors import DataError

_HEADER = ("goods", "bids", "dummy")


def read_cats(path: str | Path) -> BundleBids:
    """Bids of a CATS file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    BundleBids
        Bids in the order of the file; goods are integers; bidders numbered by first appearance.

    Raises
    ------
    DataError
        Naming the file and the line.
    """
    goods: int | None = None
    owners: list[int] = []
    bundles, prices = [], []
    numbers: dict[Any, int] = {}
    for line, words in _statements(path):
        keyword = words[0].lower()
        if keyword in _HEADER:
            count = _count(path, line, words)
            goods = count if keyword == "goods" else goods
            continue
        if goods is None:
            raise DataError(path, "a bid before the line 'goods n'", line)
        price, bundle, dummy = _bid(path, line, words, goods)
        alone = ("alone", len(owners))
        owners.append(numbers.setdefault(alone if dummy is None else dummy, len(numbers)))
        bundles.append(bundle)
        prices.append(price)
    if goods is None:
        raise DataError(path, "no line 'goods n'")
    return BundleBids(np.array(owners, np.int64), tuple(bundles), np.array(prices))


def write_cats(path: str | Path, bids: BundleBids, *, comment: str = "") -> None:
    """Write bids as a CATS file, with a dummy good for each bidder of several bids.

    Parameters
    ----------
    path : str or Path
    bids : BundleBids
        With integer goods >= 0. A bidder without bids leaves no trace in the format.
    comment : str
        Put at the top.

    Raises
    ------
    DataError
        If a good is not an integer >= 0.
    """
    bundles = [_numbered(path, k, bundle) for k, bundle in enumerate(bids.bundles)]
    goods = max((good for bundle in bundles for good in bundle), default=-1) + 1
    several = np.flatnonzero(np.bincount(bids.bidder, minlength=bids.bidders) > 1)
    dummies = {int(bidder): goods + k for k, bidder in enumerate(several)}
    lines = [f"% {text}" for text in comment.splitlines()]
    lines += [f"goods {goods}", f"bids {len(bids)}", f"dummy {len(dummies)}"]
    for k, bundle in enumerate(bundles):
        owner = int(bids.bidder[k])
        own = [dummies[owner]] if owner in dummies else []
        lines.append("\t".join(map(str, [k, repr(bids.prices[k].item()), *bundle, *own, "#"])))
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _statements(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Words of every header entry and every bid, with the number of its line from 1."""
    for line, words in _lines(path):
        while words:
            header = words[0].lower() in _HEADER
            length = 2 if header else words.index("#") + 1 if "#" in words else len(words)
            yield line, words[:length]
            words = words[length:]


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Words of every line that says something, with its number from 1."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise DataError(path, f"cannot be read: {problem}") from None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("%")[0].split()
        if words:
            yield number, words


def _count(path: Any, line: int, words: list[str]) -> int:
    if len(words) != 2 or not words[1].isdecimal():
        must = f"must be '{words[0].lower()}' and an integer"
        raise DataError(path, f"{' '.join(words)!r}: {must}", line)
    return int(words[1])


def _bid(path: Any, line: int, words: list[str], goods: int) -> tuple[Any, frozenset, int | None]:
    """Price, real goods and dummy of one line."""
    number, price, listed, end = words[0], words[1:2], words[2:-1], words[-1]
    if end != "#" or not price or not number.isdecimal():
        raise DataError(path, f"{' '.join(words)!r}: must be 'number price good ... #'", line)
    wrong = [word for word in listed if not word.isdecimal()]
    if wrong:
        raise DataError(path, f"good {wrong[0]!r}: must be an integer >= 0", line)
    numbers = {int(word) for word in listed}
    dummies = sorted(good for good in numbers if good >= goods)
    if len(dummies) > 1 or len(numbers) == len(dummies):
        raise DataError(path, f"{' '.join(words)!r}: must have goods and at most one dummy", line)
    bundle = frozenset(good for good in numbers if good < goods)
    return _price(path, line, price[0]), bundle, dummies[0] if dummies else None


def _price(path: Any, line: int, word: str) -> Any:
    try:
        price = int(word) if word.isdecimal() else float(word)
    except ValueError:
        price = -1
    if not 0 <= price <= 1e15:
        raise DataError(path, f"price {word!r}: must be a number from 0 to 1e15", line)
    return price


def _numbered(path: Any, k: int, bundle: frozenset) -> list[int]:
    if not all(isinstance(good, int | np.integer) and good >= 0 for good in bundle):
        raise DataError(path, f"goods {set(bundle)} of bid {k}: must be integers >= 0")
    return sorted(int(good) for good in bundle)
