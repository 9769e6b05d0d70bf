"""Try to break a mechanism: search for the smallest market that refutes a property.

An audit cannot prove a property. ``stands`` means that the search did not refute it; the number of
samples says how hard it tried.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from econsim.auctions.subjects import SUBJECTS, Subject
from econsim.errors import ParameterError, integer

PROPERTIES = {
    "truthful": "no misreport gains",
    "rational": "no truthful participant loses",
    "efficient": "no allocation is worth more",
    "no deficit": "payments add up to 0 or more",
    "balanced": "payments add up to 0",
    "envy-free": "nobody prefers another's outcome",
    "entry": "revenue does not fall when a bidder enters",
}
_ONE_SIDED, _TWO_SIDED = ("envy-free", "entry"), ("balanced",)
_TOLERANCE = 1e-6
_MOST_PARTICIPANTS = 5
_LIES = 2
_UNCLAIMED = 300


@dataclass(frozen=True)
class Counterexample:
    """A market that refutes `property` by `amount`; `story` says how, in numbers."""

    property: str
    types: tuple[Any, ...]
    amount: float
    story: str


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What a search over `samples` markets found.

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
    counterexamples: dict[str, Counterexample]

    @property
    def refuted_claims(self) -> list[str]:
        """Properties that the mechanism claims and does not have."""
        wrong = self.table["claimed"] & (self.table["verdict"] == "REFUTED")
        return self.table.loc[wrong, "property"].tolist()


def audit(
    target: Any,
    *,
    samples: int = 10_000,
    seed: int = 0,
    on_market: Callable[[int, int], None] | None = None,
) -> AuditReport:
    """Search for markets that refute what a mechanism claims.

    1. Draw markets of up to five participants with small integer types; profitable misreports
       are sought among fresh draws of a participant's type and its neighbours.
    2. Note the worst case of every property.
    3. Shrink each counterexample: leave participants out and lower numbers while it still
       refutes.

    Parameters
    ----------
    target : str or Subject
        A name of `econsim.auctions.subjects.SUBJECTS`, ``module:Name`` of a `Subject` or of a
        class whose instance has the fields of one, or such an object.
    samples : int
        Markets drawn, >= 1. Lies are tried in all of them where truthfulness is claimed, and in the
        first 300 where it is not: one would do.
    seed : int
    on_market : callable, optional
        Called with markets searched so far and their number, for a progress bar.

    Returns
    -------
    AuditReport

    Raises
    ------
    ParameterError
        If the target is unknown or a number is out of range.
    """
    subject = _subject(target)
    count = integer("samples", samples, 1)
    rng = np.random.default_rng(integer("seed", seed, 0))
    found = _searched(subject, count, rng, on_market or (lambda done, of: None))
    examples = {kind: _shrunk(subject, cases[1]) for kind, cases in found.items()}
    rows = [
        {
            "property": kind,
            "claimed": kind in subject.claims,
            "verdict": "REFUTED" if kind in found else "stands",
            "worst": found[kind][0].amount if kind in found else 0.0,
            "samples": _tried(subject, count) if kind == "truthful" else count,
        }
        for kind in PROPERTIES
        if kind not in (_TWO_SIDED if subject.one_sided else _ONE_SIDED)
    ]
    return AuditReport(subject.name, count, pd.DataFrame(rows), examples)


def _tried(subject: Subject, count: int) -> int:
    """Markets in which lies are tried: each costs a clearing a lie."""
    return count if "truthful" in subject.claims else min(count, _UNCLAIMED)


def _searched(
    subject: Subject,
    count: int,
    rng: np.random.Generator,
    on_market: Callable[[int, int], None],
) -> dict[str, tuple[Counterexample, Counterexample]]:
    """The worst and the smallest counterexample to each property among `count` markets."""
    found: dict[str, tuple[Counterexample, Counterexample]] = {}
    for done in range(count):
        on_market(done + 1, count)
        size = int(rng.integers(subject.least, _MOST_PARTICIPANTS + 1))
        types = [subject.draw(rng) for _ in range(size)]
        liars = range(size) if done < _tried(subject, count) else ()
        lies = [(i, subject.draw(rng)) for i in liars for _ in range(_LIES)]
        for case in _violations(subject, types, lies):
            worst, least = found.get(case.property, (case, case))
            worst = max(worst, case, key=lambda c: c.amount)
            found[case.property] = worst, min(least, case, key=lambda c: _magnitude(c.types))
    return found


def _subject(target: Any) -> Subject:
    """Find the target by name, by import, or as given."""
    if isinstance(target, str) and target in SUBJECTS:
        return SUBJECTS[target]
    if isinstance(target, str):
        target = _imported(target)
    target = target() if isinstance(target, type) else target
    missing = [name for name in Subject.__annotations__ if not hasattr(target, name)]
    if missing:
        raise ParameterError("target", target, "a Subject; missing: " + ", ".join(missing))
    return target


def _imported(target: str) -> Any:
    module, _, name = target.partition(":")
    permitted = "one of " + ", ".join(SUBJECTS) + ", or module:Class"
    if not (module and name):
        raise ParameterError("target", target, permitted)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise ParameterError("target", target, f"{permitted} ({problem})") from None


def _violations(
    subject: Subject, types: Sequence[Any], lies: Sequence[tuple[int, Any]]
) -> Iterator[Counterexample]:
    """Every property that this market refutes."""
    got, payments = subject.clear(types)
    worth = [subject.worth(own, thing) for own, thing in zip(types, got, strict=True)]
    gains = [value - paid for value, paid in zip(worth, payments, strict=True)]
    revenue, market = sum(payments), tuple(types)
    outcome = f"types {market}: outcome {got}, payments {payments}"
    loser = min(range(len(gains)), key=gains.__getitem__)
    missed = subject.best(types) - sum(worth)
    checks = [
        ("rational", -gains[loser], f"participant {loser} gains {gains[loser]}"),
        ("efficient", missed, f"worth {sum(worth)}, possible {sum(worth) + missed}"),
        ("no deficit", -revenue, f"revenue {revenue}"),
        *(() if subject.one_sided else [("balanced", abs(revenue), f"revenue {revenue}")]),
        *_gains_by_lies(subject, types, gains, lies),
        *(_envy(subject, types, got, payments, gains) if subject.one_sided else ()),
        *(_entry(subject, types, revenue) if subject.one_sided else ()),
    ]
    for kind, amount, story in checks:
        if amount > _TOLERANCE:
            yield Counterexample(kind, market, float(amount), f"{outcome}; {story}")


def _gains_by_lies(
    subject: Subject, types: Sequence[Any], gains: Sequence[Any], lies: Sequence[tuple[int, Any]]
) -> Iterator[tuple[str, Any, str]]:
    for i, lie in lies:
        if _side(lie) != _side(types[i]):
            continue
        got, payments = subject.clear([*types[:i], lie, *types[i + 1 :]])
        gain = subject.worth(types[i], got[i]) - payments[i]
        story = f"participant {i} reports {lie} and gains {gain} instead of {gains[i]}"
        yield "truthful", gain - gains[i], story


def _envy(
    subject: Subject,
    types: Sequence[Any],
    got: Sequence[Any],
    payments: Sequence[Any],
    gains: Sequence[Any],
) -> Iterator[tuple[str, Any, str]]:
    for i, own in enumerate(types):
        for j in range(len(types)):
            there = subject.worth(own, got[j]) - payments[j]
            yield (
                "envy-free",
                there - gains[i],
                f"participant {i} would gain {there} in place of {j}",
            )


def _entry(subject: Subject, types: Sequence[Any], revenue: Any) -> Iterator[tuple[str, Any, str]]:
    """The last participant is the one who enters."""
    if len(types) > subject.least:
        before = sum(subject.clear(types[:-1])[1])
        yield "entry", before - revenue, f"revenue {before} before the last entered, then {revenue}"


def _side(report: Any) -> Any:
    """A buyer cannot pretend to be a seller, nor a bidder for A to be one for B."""
    if isinstance(report, dict):
        return tuple(report)
    return report[0] if isinstance(report, tuple) and isinstance(report[0], str) else None


def _shrunk(subject: Subject, found: Counterexample) -> Counterexample:
    """The smallest market reached by leaving out participants and lowering numbers."""
    while True:
        smaller = (
            other
            for types in _smaller(found.types)
            if len(types) >= subject.least
            for other in _violations(subject, types, list(_lies_nearby(types)))
            if other.property == found.property
        )
        best = next(smaller, None)
        if best is None:
            return found
        found = best


def _smaller(types: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for i in range(len(types)):
        yield (*types[:i], *types[i + 1 :])
    for i, own in enumerate(types):
        for lower in _moved(own, -1):
            yield (*types[:i], lower, *types[i + 1 :])


def _lies_nearby(types: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Every number of a report moved by up to three."""
    for i, own in enumerate(types):
        for step in (-3, -2, -1, 1, 2, 3):
            for lie in _moved(own, step):
                yield i, lie


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


def _magnitude(types: Sequence[Any]) -> tuple[int, float]:
    """Fewer participants first, then smaller numbers."""
    return len(types), sum(_total(own) for own in types)


def _total(own: Any) -> float:
    parts = own.values() if isinstance(own, dict) else own if isinstance(own, tuple) else (own,)
    return sum(value for value in parts if not isinstance(value, str))
