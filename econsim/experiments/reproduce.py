"""Reproductions: ours against published, judged by equivalence.

Three verdicts, by where the 95 % interval of ours lies against what is permitted (two one-sided
tests, TOST, at 2.5 % each; Schuirmann 1987, J. Pharmacokinet. Biopharm. 15): *reproduced* inside
it, *differs* outside it, *undecided* across its border. So fewer replications, whose intervals are
wider, cannot reproduce more. What is permitted is fixed before the run:

1. *printed number*: its rounding, widened by its own standard error where one follows from what is
   published;
2. *theory*: the closed form or theorem, and a stated margin, `RELATIVE_MARGIN` of it unless the
   model says otherwise and why;
3. *direction*: the side of an inequality that the text states.

Agreement of a line whose free parameter was chosen to agree is *fitted* and counts for nothing.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.metadata import entry_points
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from econsim.errors import ParameterError, integer, one_of
from econsim.stats import Interval, equivalence

Progress = Callable[[float, str], None]
COLUMNS = [
    "finding", "kind", "ours", "low", "high", "published", "at_least", "at_most", "difference",
    "verdict",
]  # fmt: skip
REPRODUCED, DIFFERS, UNDECIDED = "reproduced", "differs", "undecided"
FITTED, UNPUBLISHED = "fitted", "not published"
VERDICTS = (REPRODUCED, UNDECIDED, DIFFERS, FITTED)
# A simulated mean equals its closed form where they are within one per cent of it: the effects that
# the publications are about are ten times as large, and one margin for all cannot be picked to fit.
RELATIVE_MARGIN = 0.01
# So many random draws without an exception: exceptions are below 5 % of cases (0.95**72 < 0.025).
ENOUGH = 72


class Kind(StrEnum):
    """What a line compares with."""

    PRINTED = "printed number"
    THEORY = "theory"
    DIRECTION = "direction"


@dataclass(frozen=True)
class Published:
    """What was published, as exactly as it was, and what ours is permitted to be.

    Attributes
    ----------
    low, high : float
        What the published text says: the rounding interval of a printed number, the ends of a
        printed range, a closed form (twice), or an infinite end for an inequality.
    text : str
        As it is printed.
    kind : Kind
    margin : float
        How far beyond `low` and `high` ours is still called equal.
    error : float
        Standard error of the published figure, where one is published or follows from what is; 0
        where it is exact or unknown. It adds to the margin.
    """

    low: float
    high: float
    text: str
    kind: Kind = Kind.PRINTED
    margin: float = 0.0
    error: float = 0.0

    @classmethod
    def number(cls, text: str, *, error: float = 0.0) -> "Published":
        """A printed number: ``"0.849"`` permits [0.8485, 0.8495]."""
        try:
            value = float(text)
        except ValueError:
            raise ParameterError("published", text, "a printed decimal number") from None
        decimals = len(text.partition(".")[2])
        half = 0.5 * 10.0**-decimals
        return cls(value - half, value + half, text, error=error)

    @classmethod
    def exact(cls, value: float, tolerance: float, text: str = "") -> "Published":
        """A printed figure that is exact, up to the `tolerance` of the arithmetic of ours."""
        return cls(value - tolerance, value + tolerance, text or f"{value:.7g}")

    @classmethod
    def span(cls, low: float, high: float, text: str = "") -> "Published":
        """A printed range."""
        return cls(low, high, text or f"{low:g} to {high:g}")

    @classmethod
    def theory(cls, value: float, margin: float | None = None, text: str = "") -> "Published":
        """A closed form or theorem; the margin is `RELATIVE_MARGIN` of it unless one is given."""
        width = RELATIVE_MARGIN * abs(value) if margin is None else margin
        return cls(value, value, text or f"{value:.7g}", Kind.THEORY, width)

    @classmethod
    def direction(cls, low: float, high: float, text: str, margin: float = 0.0) -> "Published":
        """An inequality, with an infinite other end."""
        return cls(low, high, text, Kind.DIRECTION, margin)

    @property
    def equal(self) -> tuple[float, float]:
        """Least and most that is called equal to what the text says: that, and the margin."""
        return self.low - self.margin, self.high + self.margin

    @property
    def permitted(self) -> tuple[float, float]:
        """Least and most that ours may be: what is called equal, and the published error."""
        low, high = self.equal
        return low - self.error, high + self.error


@dataclass(frozen=True)
class Finding:
    """One line of a reproduction.

    Attributes
    ----------
    name : str
    ours : Interval
        Ours with its 95 % interval. Both ends equal the mean in a line without randomness
        (`n` = 1), and where `n` random draws all agree.
    published : Published or None
        None for a line that is shown beside the others but was not published.
    fitted : bool
        A free parameter was chosen so that this line, or one of the same run, agrees.
    """

    name: str
    ours: Interval
    published: Published | None = None
    fitted: bool = False

    @classmethod
    def certain(cls, name: str, value: float, published: Published | None = None) -> "Finding":
        """A line without randomness."""
        return cls.worst(name, value, 1, published)

    @classmethod
    def worst(
        cls, name: str, value: float, draws: int, published: Published | None = None
    ) -> "Finding":
        """A line on every case, by the worst of so many independent random ones.

        One exception refutes it; fewer than `ENOUGH` cases without any leave it undecided.
        """
        return cls(name, Interval(float(value), float(value), float(value), draws), published)

    @property
    def kind(self) -> str:
        """Printed number, theory or direction, and whether it is fitted; "" if not published."""
        if self.published is None:
            return ""
        return f"{self.published.kind}, {FITTED}" if self.fitted else str(self.published.kind)

    @property
    def difference(self) -> float:
        """Ours less the nearest figure that the published text says; 0 inside it."""
        if self.published is None:
            return math.nan
        return self.ours.mean - min(max(self.ours.mean, self.published.low), self.published.high)

    @property
    def verdict(self) -> str:
        """``reproduced``, ``undecided``, ``differs``, ``fitted`` or ``not published``.

        Where the published figure has a standard error, ours differs only if it does by more than
        both 95 % errors, which add in quadrature as those of independent estimates do. NaN, as
        of a single replication, decides nothing.
        """
        if self.published is None:
            return UNPUBLISHED
        if equivalence(self.ours, *self.published.permitted):
            few = self.ours.low == self.ours.high and 1 < self.ours.n < ENOUGH
            return UNDECIDED if few else FITTED if self.fitted else REPRODUCED
        apart = equivalence(_widened(self.ours, self.published.error), *self.published.equal)
        return DIFFERS if apart is False else UNDECIDED


def _widened(ours: Interval, error: float) -> Interval:
    """Interval of the difference to a figure of this standard error, about our mean."""
    below, above = (
        math.hypot(half, 1.96 * error) for half in (ours.mean - ours.low, ours.high - ours.mean)
    )
    return Interval(ours.mean, ours.mean - below, ours.mean + above, ours.n)


@dataclass(frozen=True)
class Reproduction:
    """What a gallery model gives.

    Attributes
    ----------
    name, title, source : str
        Registered name; one line; author, year, journal, and table or section.
    findings : tuple of Finding
    figure : matplotlib Figure
    alternative : str
        What the figure shows, for those who cannot see it.
    notes : tuple of str
        Caveats; and for what does not reproduce, the best explanation.
    series : mapping of str to DataFrame
        The data behind the figure, written as CSV beside it.
    seconds : float
        Time that it took.
    """

    name: str
    title: str
    source: str
    findings: tuple[Finding, ...]
    figure: Figure
    alternative: str
    notes: tuple[str, ...] = ()
    series: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    seconds: float = math.nan

    def frame(self) -> pd.DataFrame:
        """One row a finding, of the columns `COLUMNS`.

        `low` and `high` are the 95 % interval of ours, `at_least` and `at_most` what is permitted,
        NaN where there is no such bound.
        """
        return pd.DataFrame([_row(finding) for finding in self.findings], columns=COLUMNS)

    def count(self, verdict: str) -> int:
        """How many findings have this verdict."""
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def compared(self) -> int:
        """How many findings there is something published for, fitted ones included."""
        return len(self.findings) - self.count(UNPUBLISHED)

    @property
    def reproduced(self) -> bool:
        """Whether every finding that was published is reproduced."""
        return self.count(REPRODUCED) == self.compared


def _row(finding: Finding) -> tuple[str | float, ...]:
    ours, published = finding.ours, finding.published
    bounds = published.permitted if published else (math.nan, math.nan)
    least, most = (bound if math.isfinite(bound) else math.nan for bound in bounds)
    text = published.text if published else ""
    return (
        finding.name, finding.kind, ours.mean, ours.low, ours.high, text, least, most,
        finding.difference, finding.verdict,
    )  # fmt: skip


def gallery() -> list[str]:
    """Names of the models that reproduce a published result."""
    return sorted(entry.name for entry in entry_points(group="econsim.gallery"))


def gallery_model(name: str) -> Any:
    """The Mesa model registered in the gallery under `name`.

    Raises
    ------
    ParameterError
        If there is none of this name.
    """
    known = {entry.name: entry for entry in entry_points(group="econsim.gallery")}
    return known[one_of("reproduction", name, known)].load()


def reproduce(
    name: str, *, quick: bool = False, rng: int = 1, progress: Progress | None = None
) -> Reproduction:
    """Run a gallery model at the size of the publication, and compare.

    Parameters
    ----------
    name : str
        See `gallery`.
    quick : bool
        Fewer replications: wider intervals, so that more lines may stay undecided.
    rng : int
        Seed.
    progress : callable, optional
        Called with the share done in [0, 1] and a few words.

    Raises
    ------
    ParameterError
    """
    model, seed = gallery_model(name), integer("rng", rng, 0, 2**64 - 1)
    begun = time.perf_counter()
    reproduction = model.reproduce(quick=quick, rng=seed, progress=progress or _silent)
    return replace(reproduction, seconds=time.perf_counter() - begun)


def _silent(share: float, text: str) -> None:
    """Nobody is watching."""
