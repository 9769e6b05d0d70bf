"""The search for counterexamples, and how they are shrunk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from econsim.auctions.claims import Claim
from econsim.audit.subjects import Subject
from econsim.audit.targets import subject_of
from econsim.errors import MechanismError, integer

_TOLERANCE = 1e-6
_UNCLAIMED = 300
_LIES = frozenset({Claim.INCENTIVE_COMPATIBLE, Claim.SELLER_INCENTIVE_COMPATIBLE})
Violation = tuple[Claim, Any, str]


@dataclass(frozen=True)
class Counterexample:
    """A market that refutes `property` by `amount`; `story` says how, in numbers."""

    property: Claim
    types: tuple[Any, ...]
    amount: float
    story: str


@dataclass(frozen=True, eq=False)
class AuditReport:
    """The verdicts of a search over `samples` markets.

    Attributes
    ----------
    target : str
    samples : int
    table : DataFrame
        One row for each property: claimed, verdict (``stands`` or ``REFUTED``), worst, samples.
    counterexamples : dict
        The smallest market found for each refuted property.
    """

    target: str
    samples: int
    table: pd.DataFrame
    counterexamples: dict[Claim, Counterexample]

    @property
    def refuted_claims(self) -> list[Claim]:
        """Properties that the mechanism claims and does not have."""
        wrong = self.table["claimed"] & (self.table["verdict"] == "REFUTED")
        return [Claim(claim) for claim in self.table.loc[wrong, "property"]]


def audit(
    target: object,
    *,
    samples: int = 10_000,
    seed: int = 0,
    on_market: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Search for markets that refute what a mechanism claims.

    1. Draw markets of a few participants with small integer types; profitable misreports are
       sought among fresh draws of a participant's type and its neighbours.
    2. Note the worst case of every property.
    3. Shrink each counterexample: leave participants out and lower numbers while it still
       refutes.

    A pricing model is audited as the market runs it: its own `clear`, on markets of two sellers
    and up to four buyers (`econsim.audit.markets`).

    Parameters
    ----------
    target : str, PricingModel, Subject, or a class of either
        A registered pricing model, as `econsim.pricing.PRICING_MODELS` takes it; a name of
        `econsim.audit.subjects.SUBJECTS`; ``module:Class`` of a pricing model, of a `Subject` or
        of a class whose instance has the fields of one; or such a class or object.
    samples : int
        Markets drawn, >= 1. Lies are tried in all of them where incentive compatibility is
        claimed, and in the first 300 where it is not: one would do.
    seed : int
    on_market : callable, optional
        Called with markets searched so far and their number, for a progress bar.

    Returns
    -------
    AuditReport

    Raises
    ------
    ParameterError
        If the target is unknown, claims what cannot be judged, or a number is out of range.
    """
    subject = subject_of(target)
    count = integer("samples", samples, 1)
    rng = np.random.default_rng(integer("seed", seed, 0))
    cases = _searched(subject, count, rng, on_market or (lambda done, of: None))
    examples = {claim: _shrunk(subject, smallest) for claim, (_, smallest) in cases.items()}
    rows = [
        {
            "property": claim.value,
            "claimed": claim in subject.claims,
            "verdict": "REFUTED" if claim in cases else "stands",
            "worst": cases[claim][0].amount if claim in cases else 0.0,
            "samples": _tried(subject, count) if claim in _LIES else count,
        }
        for claim in subject.judged()
    ]
    return AuditReport(subject.name, count, pd.DataFrame(rows), examples)


def _tried(subject: Subject, count: int) -> int:
    """Markets in which lies are tried: each costs a clearing a lie."""
    return count if _LIES & subject.claims else min(count, _UNCLAIMED)


def _searched(
    subject: Subject,
    count: int,
    rng: np.random.Generator,
    on_market: Callable[[int, int], None],
) -> dict[Claim, tuple[Counterexample, Counterexample]]:
    """The worst and the smallest counterexample to each property among `count` markets."""
    cases: dict[Claim, tuple[Counterexample, Counterexample]] = {}
    for done in range(count):
        on_market(done + 1, count)
        types = subject.market(rng)
        liars = enumerate(types) if done < _tried(subject, count) else ()
        lies = [(i, lie) for i, own in liars for lie in subject.lies(rng, own)]
        for case in _violations(subject, types, lies):
            worst, smallest = cases.get(case.property, (case, case))
            worst = max(worst, case, key=lambda c: c.amount)
            smallest = min(smallest, case, key=lambda c: _magnitude(c.types))
            cases[case.property] = worst, smallest
    return cases


def _violations(
    subject: Subject, types: Sequence[Any], lies: Sequence[tuple[int, Any]]
) -> Iterator[Counterexample]:
    """Every property that this market refutes."""
    market = tuple(types)
    try:
        got, payments = subject.clear(types)
    except MechanismError as broken:
        yield Counterexample(Claim.FEASIBLE, market, 1.0, f"types {market}: {broken}")
        return
    judged = subject.judged()
    outcome = f"types {market}: outcome {got}, payments {payments}"
    for claim, amount, story in _checks(subject, types, got, payments, lies):
        if claim in judged and amount > _TOLERANCE:
            yield Counterexample(claim, market, float(amount), f"{outcome}; {story}")


def _checks(
    subject: Subject,
    types: Sequence[Any],
    got: Sequence[Any],
    payments: Sequence[Any],
    lies: Sequence[tuple[int, Any]],
) -> Iterator[Violation]:
    """By how much each property fails here: 0 or less where it holds."""
    worth = [subject.worth(own, thing) for own, thing in zip(types, got, strict=True)]
    gains = [value - paid for value, paid in zip(worth, payments, strict=True)]
    loser = min(range(len(gains)), key=gains.__getitem__)
    missed, revenue = subject.best(types) - sum(worth), sum(payments)
    yield Claim.INDIVIDUALLY_RATIONAL, -gains[loser], f"participant {loser} gains {gains[loser]}"
    yield Claim.EFFICIENT, missed, f"worth {sum(worth)}, possible {sum(worth) + missed}"
    yield Claim.NO_DEFICIT, -revenue, f"revenue {revenue}"
    yield Claim.BUDGET_BALANCED, abs(revenue), f"revenue {revenue}"
    yield from _gains_by_lies(subject, types, gains, lies)
    if Claim.ENVY_FREE in subject.judged():
        yield from _envy(subject, types, got, payments, gains)
        yield from _entry(subject, types, payments)


def _gains_by_lies(
    subject: Subject, types: Sequence[Any], gains: Sequence[Any], lies: Sequence[tuple[int, Any]]
) -> Iterator[Violation]:
    for i, lie in lies:
        reports = [*types[:i], lie, *types[i + 1 :]]
        try:
            got, payments = subject.clear(reports)
        except MechanismError:  # a market that refutes feasibility by itself
            continue
        gain = subject.worth(types[i], got[i]) - payments[i]
        story = f"participant {i} reports {lie} and gains {gain} instead of {gains[i]}"
        seller = subject.sells(types[i])
        claim = Claim.SELLER_INCENTIVE_COMPATIBLE if seller else Claim.INCENTIVE_COMPATIBLE
        yield claim, gain - gains[i], story


def _envy(
    subject: Subject,
    types: Sequence[Any],
    got: Sequence[Any],
    payments: Sequence[Any],
    gains: Sequence[Any],
) -> Iterator[Violation]:
    buyers = [i for i, own in enumerate(types) if not subject.sells(own)]
    for i in buyers:
        for j in buyers:
            there = subject.worth(types[i], got[j]) - payments[j]
            story = f"participant {i} would gain {there} in place of {j}"
            yield Claim.ENVY_FREE, there - gains[i], story


def _entry(subject: Subject, types: Sequence[Any], payments: Sequence[Any]) -> Iterator[Violation]:
    """The last participant is the one who enters."""
    if len(types) <= subject.least or subject.sells(types[-1]):
        return
    try:
        before = _paid(subject, types[:-1], subject.clear(types[:-1])[1])
    except MechanismError:
        return
    revenue = _paid(subject, types, payments)
    story = f"revenue {before} before the last entered, then {revenue}"
    yield Claim.REVENUE_MONOTONE, before - revenue, story


def _paid(subject: Subject, types: Sequence[Any], payments: Sequence[Any]) -> Any:
    """What buyers pay together."""
    return sum(paid for own, paid in zip(types, payments, strict=True) if not subject.sells(own))


def _shrunk(subject: Subject, case: Counterexample) -> Counterexample:
    """The smallest market reached by leaving out participants and lowering numbers."""
    while True:
        smaller = (
            other
            for types in subject.smaller(case.types)
            if len(types) >= subject.least
            for other in _violations(subject, types, _lies_nearby(subject, types))
            if other.property == case.property
        )
        best = next(smaller, None)
        if best is None:
            return case
        case = best


def _lies_nearby(subject: Subject, types: Sequence[Any]) -> list[tuple[int, Any]]:
    return [(i, lie) for i, own in enumerate(types) for lie in subject.nearby(own)]


def _magnitude(types: Sequence[Any]) -> tuple[int, float]:
    """Fewer participants first, then smaller numbers."""
    return len(types), sum(_total(own) for own in types)


def _total(own: Any) -> float:
    """The sum of the numbers of a type."""
    if isinstance(own, dict):
        own = tuple(own.values())
    if isinstance(own, tuple):
        return sum(_total(part) for part in own)
    return 0.0 if isinstance(own, str) else own
