"""The nearest point under linear constraints, in exact fractions.

The dual active set method of Goldfarb & Idnani (1983, *Mathematical Programming* 27): from the best
point of few constraints, one constraint that is violated enters after the other, and those that no
longer bind leave. Fractions need no tolerance, so what comes out meets every constraint.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# The total comes before the distance: its weight, in sums of all that is missing.
_WEIGHT = 2**40


def least_raises(
    rows: NDArray[np.bool_], missing: list[Fraction], room: list[Fraction]
) -> list[Fraction]:
    """Raises of the smallest total, and of those the nearest to zero.

    Parameters
    ----------
    rows : bool array, shape (constraints, winners)
        Whose raises count.
    missing : list of Fraction, length constraints
        What they must come to together, at least.
    room : list of Fraction, length winners
        What nobody is raised above, >= 0; enough for every constraint.

    Returns
    -------
    list of Fraction
    """
    point = _Point(rows, missing, room)
    while (constraint := point.violated()) is not None:
        point.meet(constraint)
    return point.raises


# "row" k: its raises come to what is missing; "low" i and "high" i: a raise within its room.
_Constraint = tuple[str, int]


@dataclass(eq=False)
class _Point:
    """Raises that are best for the active constraints, with the multipliers of those."""

    rows: NDArray[np.bool_]
    missing: list[Fraction]
    room: list[Fraction]
    raises: list[Fraction] = field(init=False)
    active: dict[_Constraint, Fraction] = field(init=False)

    def __post_init__(self) -> None:
        self.members = [np.flatnonzero(row).tolist() for row in self.rows]
        weight = _WEIGHT * (1 + sum(abs(amount) for amount in self.missing))
        self.raises = [Fraction(0)] * len(self.room)
        self.active = {("low", i): Fraction(weight) for i in range(len(self.room))}

    def slack(self, constraint: _Constraint) -> Fraction:
        """By how much a constraint is met; negative if it is not."""
        kind, k = constraint
        if kind == "row":
            return sum((self.raises[i] for i in self.members[k]), -self.missing[k])
        return self.raises[k] if kind == "low" else self.room[k] - self.raises[k]

    def violated(self) -> _Constraint | None:
        """The constraint that is missed most, if any is."""
        sizes = {"row": len(self.missing), "low": len(self.room), "high": len(self.room)}
        every = ((kind, k) for kind, size in sizes.items() for k in range(size))
        worst = min(every, key=self.slack, default=None)
        return worst if worst is not None and self.slack(worst) < 0 else None

    def meet(self, constraint: _Constraint) -> None:
        """Move until the constraint is met; those whose multiplier falls to zero leave."""
        own = Fraction(0)
        while True:
            direction, falls = self._direction(constraint)
            length = sum(step * step for step in direction)
            full = -self.slack(constraint) / length if length else None
            leaving = min(
                (other for other, fall in falls.items() if fall > 0),
                key=lambda other: self.active[other] / falls[other],
                default=None,
            )
            partial = None if leaving is None else self.active[leaving] / falls[leaving]
            ends = [step for step in (full, partial) if step is not None]
            if not ends:
                raise ArithmeticError("constraints that contradict each other")
            step = min(ends)
            self.raises = [x + step * z for x, z in zip(self.raises, direction, strict=True)]
            for other, fall in falls.items():
                self.active[other] -= step * fall
            own += step
            if step == full:
                self.active[constraint] = own
                return
            del self.active[leaving]  # type: ignore[arg-type]

    def _direction(
        self, constraint: _Constraint
    ) -> tuple[list[Fraction], dict[_Constraint, Fraction]]:
        """Where the raises move for a constraint, and how fast active multipliers fall."""
        bounds = {i: kind for kind, i in self.active if kind != "row"}
        rows = [k for kind, k in self.active if kind == "row"]
        normal = self._normal(constraint)
        free = [{i for i in self.members[k] if i not in bounds} for k in rows]
        gram = [[Fraction(len(a & b)) for b in free] for a in free]
        falls_of_rows = _solved(gram, [sum((normal[i] for i in own), Fraction(0)) for own in free])
        for k, fall in zip(rows, falls_of_rows, strict=True):
            for i in self.members[k]:
                normal[i] -= fall
        falls: dict[_Constraint, Fraction] = {
            ("row", k): fall for k, fall in zip(rows, falls_of_rows, strict=True)
        }
        for i, kind in bounds.items():
            falls[kind, i] = normal[i] if kind == "low" else -normal[i]
            normal[i] = Fraction(0)
        return normal, falls

    def _normal(self, constraint: _Constraint) -> list[Fraction]:
        kind, k = constraint
        normal = [Fraction(0)] * len(self.room)
        for i in self.members[k] if kind == "row" else [k]:
            normal[i] = Fraction(-1 if kind == "high" else 1)
        return normal


def _solved(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solution of a positive definite system, by Gauss and Jordan."""
    lines = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k, line in enumerate(lines):
        lines[k] = line = [entry / line[k] for entry in line]
        for other, row in enumerate(lines):
            if other != k and row[k]:
                lines[other] = [a - row[k] * b for a, b in zip(row, line, strict=True)]
    return [line[-1] for line in lines]
