"""The mechanisms as an audit sees them: types drawn, reports cleared, outcomes valued.

A participant's type is all that a misreport can change: a number, a tuple of numbers for items,
``("buy", value)`` or ``("sell", cost)``, or bundle values. Types are small integers, so that ties
are common and a counterexample can be checked by hand.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from econsim import auctions
from econsim.auctions.assignment import vcg_assignment
from econsim.auctions.claims import Claim
from econsim.auctions.core import core_payments
from econsim.auctions.double import k_double_auction, mcafee, trade_reduction, vcg_double
from econsim.auctions.position import position_auction

TOP = 9
CLICKS = (3, 1)
STEPS = (-3, -2, -1, 1, 2, 3)
_MOST_PARTICIPANTS = 5
_LIES = 2
_FACING_ONE_SELLER = {Claim.ENVY_FREE, Claim.REVENUE_MONOTONE}
_OF_TWO_SIDES = {Claim.SELLER_INCENTIVE_COMPATIBLE, Claim.BUDGET_BALANCED}
Cleared = tuple[list[Any], list[Any]]


@dataclass(frozen=True)
class Subject:
    """What an audit needs to know of a mechanism; a user's own may be any object with these.

    Parameters
    ----------
    name : str
    claims : frozenset of Claim
    draw : callable
        ``draw(rng)`` is one participant's type; for two-sided mechanisms either side.
    clear : callable
        ``clear(reports)`` is what each participant gets, and what each pays.
    worth : callable
        ``worth(type, got)`` is the value of what was got.
    best : callable
        ``best(types)`` is the most that any allocation is worth.
    least : int
        Participants in the smallest profile.
    one_sided : bool
        Whether envy and entry make sense: bidders who face one seller.
    """

    name: str
    claims: frozenset[Claim]
    draw: Callable[[np.random.Generator], Any]
    clear: Callable[[Sequence[Any]], Cleared]
    worth: Callable[[Any, Any], Any]
    best: Callable[[Sequence[Any]], Any]
    least: int = 1
    one_sided: bool = True

    def judged(self) -> tuple[Claim, ...]:
        """The properties that the search can refute."""
        senseless = _OF_TWO_SIDES if self.one_sided else _FACING_ONE_SELLER
        return tuple(claim for claim in Claim if claim not in {*senseless, Claim.FEASIBLE})

    def market(self, rng: np.random.Generator) -> list[Any]:
        """The types of a market's participants."""
        return [
            self.draw(rng) for _ in range(int(rng.integers(self.least, _MOST_PARTICIPANTS + 1)))
        ]

    def sells(self, own: Any) -> bool:
        """Whether a type is a seller's."""
        return _side(own) == "sell"

    def lies(self, rng: np.random.Generator, own: Any) -> list[Any]:
        """Misreports of a type: fresh draws, if they are of its side."""
        drawn = [self.draw(rng) for _ in range(_LIES)]
        return [lie for lie in drawn if _side(lie) == _side(own)]

    def nearby(self, own: Any) -> Iterator[Any]:
        """Misreports that move one number of a type by up to three."""
        return (lie for step in STEPS for lie in _moved(own, step))

    def smaller(self, types: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Markets with one participant less, then with one number lower."""
        for i in range(len(types)):
            yield (*types[:i], *types[i + 1 :])
        for i, own in enumerate(types):
            for lower in self.lower(own):
                yield (*types[:i], lower, *types[i + 1 :])

    def lower(self, own: Any) -> Iterator[Any]:
        """A type with one of its numbers lower by one."""
        return _moved(own, -1)


def _side(report: Any) -> Any:
    """A buyer cannot pretend to be a seller, nor a bidder for A to be one for B."""
    if isinstance(report, dict):
        return tuple(report)
    return report[0] if isinstance(report, tuple) and isinstance(report[0], str) else None


def _moved(own: Any, step: int) -> Iterator[Any]:
    """A type with one of its numbers moved by `step`, if that leaves it >= 0."""
    if isinstance(own, dict):
        for key, value in own.items():
            if value + step >= 0:
                yield own | {key: value + step}
    elif isinstance(own, tuple):
        for k, value in enumerate(own):
            if not isinstance(value, str) and value + step >= 0:
                yield (*own[:k], value + step, *own[k + 1 :])
    elif own + step >= 0:
        yield own + step


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(0, TOP + 1))


def _sealed(name: str, units: int) -> Callable[[Sequence[int]], Cleared]:
    """A function of `sealed`, looked up when it is audited."""

    def clear(bids: Sequence[int]) -> Cleared:
        outcome = getattr(auctions, name)(list(bids), units=units)
        won = set(outcome.winners.tolist())
        return [int(i in won) for i in range(len(bids))], outcome.payments.tolist()

    return clear


def _position(rule: str) -> Callable[[Sequence[int]], Cleared]:
    def clear(bids: Sequence[int]) -> Cleared:
        outcome = position_auction(list(bids), CLICKS, rule=rule)
        clicks = [CLICKS[j] if j >= 0 else 0 for j in outcome.assignment]
        return clicks, outcome.payments.tolist()

    return clear


def _items(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(value) for value in rng.integers(0, TOP + 1, 2))


def _vcg(values: Sequence[tuple[int, ...]]) -> Cleared:
    outcome = vcg_assignment(list(values))
    return outcome.assignment.tolist(), outcome.payments.tolist()


def _item_worth(values: tuple[int, ...], item: int) -> int:
    return values[item] if item >= 0 else 0


def _vcg_greedy(values: Sequence[tuple[int, ...]]) -> Cleared:
    """Clarke payments on a greedy allocation: broken on purpose."""
    got, total = _greedy(values)
    payments = []
    for i, item in enumerate(got):
        _, others = _greedy([*values[:i], *values[i + 1 :]])
        payments.append(others - (total - _item_worth(values[i], item)))
    return got, payments


def _greedy(values: Sequence[tuple[int, ...]]) -> tuple[list[int], int]:
    """The highest value first, its bidder and item out, and so on."""
    edges = sorted((-v, i, j) for i, row in enumerate(values) for j, v in enumerate(row))
    got, total, sold = [-1] * len(values), 0, set()
    for negative, i, j in edges:
        if got[i] < 0 and j not in sold:
            got[i], total = j, total - negative
            sold.add(j)
    return got, total


def _best_items(values: Sequence[tuple[int, ...]]) -> int:
    """By brute force: nobody, or anyone, gets each of the two items."""
    rows = [*values, (0, 0), (0, 0)]
    return max(a[0] + b[1] for a, b in itertools.permutations(rows, 2))


def _bundles(rng: np.random.Generator) -> dict[str, int]:
    """Interest in one good, or in both together."""
    bundle = ("A", "B", "AB")[int(rng.integers(3))]
    return {bundle: int(rng.integers(0, TOP + 1))}


def _core(reports: Sequence[dict[str, int]]) -> Cleared:
    outcome = core_payments(list(reports))
    bundles = [next(iter(report)) for report in reports]
    got = [bundles[i] if i in outcome.accepted else "" for i in range(len(reports))]
    return got, np.asarray(outcome.payments).tolist()


def _bundle_worth(values: dict[str, int], got: str) -> int:
    return max((v for bundle, v in values.items() if set(bundle) <= set(got)), default=0)


def _best_bundles(types: Sequence[dict[str, int]]) -> int:
    """Single-minded bidders for two goods: one for both, or the best for each."""
    most = {
        bundle: max((v for t in types for b, v in t.items() if b == bundle), default=0)
        for bundle in ("A", "B", "AB")
    }
    return max(most["AB"], most["A"] + most["B"])


def _trader(rng: np.random.Generator) -> tuple[str, int]:
    return ("buy", "sell")[int(rng.integers(2))], _number(rng)


def _two_sided(rule: Callable[..., Any]) -> Callable[[Sequence[tuple[str, int]]], Cleared]:
    def clear(traders: Sequence[tuple[str, int]]) -> Cleared:
        sides = [[i for i, (way, _) in enumerate(traders) if way == s] for s in ("buy", "sell")]
        outcome = rule(*([traders[i][1] for i in side] for side in sides))
        order = [*sides[0], *sides[1]]
        got, payments = [0] * len(traders), [0] * len(traders)
        for position, i in enumerate(order):
            got[i], payments[i] = (
                int(position in outcome.winners),
                outcome.payments[position].item(),
            )
        return got, payments

    return clear


def _trade_worth(trader: tuple[str, int], traded: int) -> int:
    return traded * (trader[1] if trader[0] == "buy" else -trader[1])


def _best_trades(traders: Sequence[tuple[str, int]]) -> int:
    bids = sorted((value for way, value in traders if way == "buy"), reverse=True)
    asks = sorted(value for way, value in traders if way == "sell")
    return sum(max(bid - ask, 0) for bid, ask in zip(bids, asks, strict=False))


def _best_units(units: int) -> Callable[[Sequence[int]], int]:
    return lambda values: sum(sorted(values, reverse=True)[:units])


def _best_clicks(values: Sequence[int]) -> int:
    return sum(v * c for v, c in zip(sorted(values, reverse=True), CLICKS, strict=False))


def _times(value: int, got: int) -> int:
    return value * got


_KEPT = frozenset({Claim.INDIVIDUALLY_RATIONAL, Claim.EFFICIENT, Claim.NO_DEFICIT})
_ALL = _KEPT | {Claim.INCENTIVE_COMPATIBLE}
_BOTH = _ALL | {Claim.SELLER_INCENTIVE_COMPATIBLE}


def _single(name: str, claims: frozenset[Claim], function: str, units: int = 1) -> Subject:
    clear, best = _sealed(function, units), _best_units(units)
    return Subject(name, claims, _number, clear, _times, best)


def _double(name: str, claims: frozenset[Claim], rule: Callable[..., Any]) -> Subject:
    clear = _two_sided(rule)
    return Subject(name, claims, _trader, clear, _trade_worth, _best_trades, 2, one_sided=False)


# Names of pricing models mean those; functions on arrays have names of their own.
_SUBJECTS = (
    # Truthful bids are not an equilibrium of these two; what they claim is at the bids made.
    _single("sealed-first-price", _KEPT, "first_price"),
    _single("all-pay", _KEPT - {Claim.INDIVIDUALLY_RATIONAL}, "all_pay"),
    _single("second-price", _ALL, "second_price"),
    _single("two-unit-second-price", _ALL, "second_price", units=2),
    Subject("gsp", _KEPT, _number, _position("gsp"), _times, _best_clicks),
    Subject("position-vcg", _ALL, _number, _position("vcg"), _times, _best_clicks),
    Subject("vcg-assignment", _ALL | {Claim.ENVY_FREE}, _items, _vcg, _item_worth, _best_items),
    Subject("vcg-greedy", _ALL, _items, _vcg_greedy, _item_worth, _best_items),
    Subject("core", _KEPT, _bundles, _core, _bundle_worth, _best_bundles),
    _double("mcafee", _BOTH - {Claim.EFFICIENT}, mcafee),
    _double("trade-reduction", _BOTH - {Claim.EFFICIENT}, trade_reduction),
    _double("vcg-double", _BOTH - {Claim.NO_DEFICIT}, vcg_double),
    _double("k-double", _KEPT | {Claim.BUDGET_BALANCED}, k_double_auction),
)
SUBJECTS = {subject.name: subject for subject in _SUBJECTS}
