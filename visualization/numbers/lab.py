"""The numbers of the auction lab: every mechanism on the same bids, and what a bid is worth.

Pure functions, so that the page shows what the library says and nothing else.
"""

import base64
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from econsim.auctions import (
    BundleBids,
    all_pay,
    core_payments,
    first_price,
    k_double_auction,
    kth_price,
    mcafee,
    position_auction,
    read_cats,
    second_price,
    trade_reduction,
    vcg_combinatorial,
    vcg_double,
)
from econsim.digits import rounded
from econsim.errors import DataError, ParameterError, integer
from econsim.visualization.numbers.typed import MOST_BIDDERS

MOST_BYTES = 512 * 1024
MOST_BUNDLES = 2000
POINTS = 121
SECONDS = 20.0

Rule = Callable[..., Any]


@dataclass(frozen=True)
class Outcome:
    """What a mechanism makes of the bids.

    Attributes
    ----------
    name : str
    winners : list of int
        Bidders that win a unit, from 0.
    payments : list of float
        What each bidder pays.
    revenue : float
    """

    name: str
    winners: list[int]
    payments: list[float]
    revenue: float


def drawn(bidders: int, seed: int) -> list[float]:
    """Values drawn uniformly on [0, 100), to the hundredth."""
    count = integer("bidders", bidders, 1, MOST_BIDDERS)
    generator = np.random.default_rng(integer("seed", seed, 0, 2**64 - 1))
    return [round(float(value), 2) for value in generator.uniform(0, 100, count)]


def rules(units: int) -> dict[str, Rule]:
    """One-sided mechanisms by name, for so many units."""
    many = integer("units", units, 1, MOST_BIDDERS)
    highest = "highest losing bid" if many > 1 else "Vickrey (second price)"
    named: dict[str, Rule] = {
        "first price": lambda bids, reserve: first_price(bids, reserve=reserve, units=many),
        highest: lambda bids, reserve: second_price(bids, reserve=reserve, units=many),
        "all-pay": lambda bids, reserve: all_pay(bids, reserve=reserve, units=many),
    }
    if many == 1:
        named["third price"] = lambda bids, reserve: kth_price(bids, 3, reserve=reserve)
    return named


def sealed(bids: Sequence[float], reserve: float, units: int) -> list[Outcome]:
    """Every one-sided mechanism on the same bids."""
    outcomes = []
    for name, rule in rules(units).items():
        outcome = rule(np.array(bids, dtype=np.float64), reserve)
        payments = [float(paid) for paid in outcome.payments]
        outcomes.append(Outcome(name, outcome.winners.tolist(), payments, sum(payments)))
    return outcomes


def payments_csv(bids: Sequence[float], outcomes: Sequence[Outcome]) -> str:
    """What each bidder bids and pays under every mechanism."""
    names = [f"{outcome.name} pays" for outcome in outcomes]
    frame = pd.DataFrame([outcome.payments for outcome in outcomes], index=names).T
    frame.index += 1
    frame.insert(0, "bid", list(bids))
    return frame.to_csv(index_label="bidder")


def top(bids: Sequence[float], value: float) -> float:
    """The highest bid that is worth a look."""
    return 1.25 * max(value, *bids, 1.0)


def utility_curve(
    rule: Rule, bids: Sequence[float], bidder: int, value: float, reserve: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Utility of a bidder by its bid, the others' as given.

    Returns
    -------
    bid, utility : float64 (n,)
    """
    own, most = integer("bidder", bidder, 0, len(bids) - 1), top(bids, value)
    decisive = np.array([value, reserve, *bids])  # a little more than each wins a tie
    grid = np.unique([*np.linspace(0, most, POINTS), *decisive, *(decisive + 1e-6 * most)])
    return grid, np.array([utility(rule, bids, own, value, bid, reserve) for bid in grid])


def utility(
    rule: Rule, bids: Sequence[float], bidder: int, value: float, bid: float, reserve: float
) -> float:
    """What a bidder of this value gains with a bid."""
    tried = np.array(bids, dtype=np.float64)
    tried[bidder] = bid
    outcome = rule(tried, reserve)
    won = bidder in outcome.winners.tolist()
    return (value if won else 0.0) - float(outcome.payments[bidder])


def lesson(rule: Rule, bids: Sequence[float], bidder: int, value: float, reserve: float) -> str:
    """A sentence: what truth gains here, and what the best bid gains."""
    grid, gains = utility_curve(rule, bids, bidder, value, reserve)
    truth = utility(rule, bids, bidder, value, value, reserve)
    best = int(gains.argmax())
    if gains[best] <= truth + 1e-9:
        return f"truth gains {rounded(truth)}: no other bid gains more"
    better = f"a bid near {rounded(grid[best])} gains {rounded(gains[best])}"
    return f"truth gains {rounded(truth)}; {better}"


@dataclass(frozen=True)
class Worth:
    """What bids of one bidder are worth under a mechanism.

    Attributes
    ----------
    name : str
    curve : list of (float, float)
        Bid and utility.
    gains : float
        Utility of the bid it makes.
    lesson : str
    """

    name: str
    curve: list[tuple[float, float]]
    gains: float
    lesson: str


def worth(
    bids: Sequence[float], bidder: int, value: float, bid: float, reserve: float, units: int
) -> list[Worth]:
    """What a bid is worth, and any other would be, under every one-sided mechanism."""
    worths = []
    for name, rule in rules(units).items():
        grid, gains = utility_curve(rule, bids, bidder, value, reserve)
        curve = list(zip(grid.tolist(), gains.tolist(), strict=True))
        own = utility(rule, bids, bidder, value, bid, reserve)
        worths.append(Worth(name, curve, own, lesson(rule, bids, bidder, value, reserve)))
    return worths


def double(
    bids: Sequence[float], asks: Sequence[float]
) -> list[tuple[str, int, float, float, float]]:
    """Two-sided mechanisms: name, trades, paid by buyers, received by sellers, kept (or lost)."""
    rows = []
    for name, rule in (
        ("McAfee", mcafee),
        ("trade reduction", trade_reduction),
        ("Vickrey-Clarke-Groves", vcg_double),
        ("k-double auction, k = 1/2", k_double_auction),
    ):
        outcome = rule(np.array(bids, dtype=float), np.array(asks, dtype=float))
        buyers, sellers = outcome.payments[: len(bids)], outcome.payments[len(bids) :]
        paid, received = float(np.sum(buyers)), float(-np.sum(sellers))
        trades = int((outcome.winners < len(bids)).sum())
        rows.append((name, trades, paid, received, paid - received))
    return rows


def positions(
    bids: Sequence[float], clicks: Sequence[float], reserve: float
) -> list[tuple[str, float, float, float]]:
    """Who gets a position: bidder, its clicks, and its totals under both rules."""
    gsp, vcg = (
        position_auction(np.array(bids), np.array(clicks), rule=rule, reserve=reserve)
        for rule in ("gsp", "vcg")
    )
    return [
        (f"bidder {k + 1} ({bids[k]:.10g})", clicks[int(gsp.assignment[k])], float(gsp.payments[k]),
         float(vcg.payments[k]))
        for k in gsp.winners.tolist()
    ]  # fmt: skip


def cats(name: str, content: bytes) -> BundleBids:
    """Bids of an uploaded CATS file.

    Raises
    ------
    ParameterError, DataError
        If it is too large, or no CATS file.
    """
    if len(content) > MOST_BYTES:
        raise ParameterError(name, f"{len(content)} bytes", f"at most {MOST_BYTES} bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name or "upload")
        path.write_bytes(content)
        try:
            bids = read_cats(path)
        except DataError as error:
            raise DataError(path.name, error.problem, error.line, error.column) from None
    if len(bids) > MOST_BUNDLES:
        raise ParameterError(name, f"{len(bids)} bids", f"at most {MOST_BUNDLES} bids here")
    return bids


def uploaded(name: str, size: int, content: str) -> bytes:
    """Bytes of a file that the browser sent as base64 text, or left unread as it is too large.

    Raises
    ------
    ParameterError
    """
    if size > MOST_BYTES:
        raise ParameterError(name, f"{size} bytes", f"at most {MOST_BYTES} bytes")
    try:
        return base64.b64decode(content, validate=True)
    except ValueError:
        raise ParameterError(name, "what the browser sent", "base64 text") from None


def bundles(bids: BundleBids) -> Iterator[tuple[list[list[Any]], str, str]]:
    """Winners with their Clarke payments, and once these are found, with core payments too.

    Yields
    ------
    rows, sentence, text
        A row a winner: bidder, goods, bid, what it pays; a sentence on the whole; what is done
        next. Winner determination and core payments stop after 20 seconds each; then what is not
        proven is not shown.
    """
    vcg = vcg_combinatorial(bids, time_limit=SECONDS)
    if vcg.payments is None:
        best = f"the best allocation found is worth {vcg.welfare:g}, none more than {vcg.bound:g}"
        yield [], f"not solved in {SECONDS:.0f} s: {best}", "stopped"
        return
    brings = float(np.sum(vcg.payments))
    said = (
        f"{len(bids)} bids of {bids.bidders} bidders; the allocation is worth {vcg.welfare:g}, "
        f"Clarke payments bring {brings:g}"
    )
    unknown = np.full(bids.bidders, np.nan)
    yield _winners(bids, vcg, unknown), said, "looking for core payments …"
    core = core_payments(bids, time_limit=SECONDS).payments
    if core is None:
        yield _winners(bids, vcg, unknown), f"{said}, core payments not proven", "done"
        return
    yield _winners(bids, vcg, core), f"{said}, core payments {float(np.sum(core)):g}", "done"


def _winners(bids: BundleBids, vcg: Any, core: Any) -> list[list[Any]]:
    """A row a winner; goods have the file's numbers, bidders count from 1 as everywhere."""
    rows = []
    for bid in vcg.accepted.tolist():
        bidder = int(bids.bidder[bid])
        goods = ", ".join(map(str, sorted(bids.bundles[bid])))
        paid = float(vcg.payments[bidder]), float(core[bidder])
        rows.append([f"bidder {bidder + 1}", goods, float(bids.prices[bid]), *paid])
    return rows


def sample() -> bytes:
    """A small CATS file to try: three bidders for two goods, Clarke payments outside the core."""
    file = io.StringIO()
    file.write("% two locals and a global bidder (Ausubel & Milgrom 2006)\n")
    file.write("goods 2\nbids 3\ndummy 0\n0\t2\t0\t#\n1\t2\t1\t#\n2\t2\t0\t1\t#\n")
    return file.getvalue().encode()
