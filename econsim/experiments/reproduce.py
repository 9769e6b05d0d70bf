"""Reproductions: ours against published, with an interval and a verdict."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from econsim.errors import ParameterError, integer, one_of
from econsim.stats import Interval

Progress = Callable[[float, str], None]
COLUMNS = ["finding", "ours", "low", "high", "published", "difference", "verdict"]
REPRODUCED, DIFFERS, UNPUBLISHED = "reproduced", "differs", "not published"


@dataclass(frozen=True)
class Published:
    """A published figure, as exactly as it was published.

    Attributes
    ----------
    low, high : float
        What the published text permits: the rounding interval of a printed number, the ends of a
        printed range, or an infinite end for "at least" and "at most".
    text : str
        As it is printed.
    error : float
        Standard error of the published figure, where one is published or follows from what is; 0
        where it is exact or unknown.
    """

    low: float
    high: float
    text: str
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
        return cls(value - half, value + half, text, error)

    @classmethod
    def exact(cls, value: float, tolerance: float, text: str = "") -> "Published":
        """A value from a formula, up to the `tolerance` of the arithmetic that computes ours."""
        return cls(value - tolerance, value + tolerance, text or f"{value:.7g}")

    @classmethod
    def span(cls, low: float, high: float, text: str = "") -> "Published":
        """A printed range, or a bound with an infinite other end."""
        return cls(low, high, text or f"{low:g} to {high:g}")


@dataclass(frozen=True)
class Finding:
    """One line of a reproduction.

    Attributes
    ----------
    name : str
    ours : Interval
        Ours with its 95 % interval; both ends equal the mean where nothing is random.
    published : Published or None
        None for a line that is shown beside the others but was not published.
    """

    name: str
    ours: Interval
    published: Published | None = None

    @classmethod
    def certain(cls, name: str, value: float, published: Published | None = None) -> "Finding":
        """A line without randomness."""
        return cls(name, Interval(float(value), float(value), float(value), 1), published)

    @property
    def difference(self) -> float:
        """Ours less the nearest figure that the published text permits; 0 inside it."""
        if self.published is None:
            return math.nan
        return self.ours.mean - min(max(self.ours.mean, self.published.low), self.published.high)

    @property
    def verdict(self) -> str:
        """``reproduced`` where ours and the published figure overlap within their 95 % errors.

        The half width of our interval and 1.96 published standard errors add in quadrature, as
        those of independent estimates do. NaN never reproduces.
        """
        if self.published is None:
            return UNPUBLISHED
        half = self.ours.high - self.ours.mean, 1.96 * self.published.error
        return REPRODUCED if abs(self.difference) <= math.hypot(*half) else DIFFERS


@dataclass(frozen=True)
class Reproduction:
    """What a gallery model found.

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
        """One row a finding: finding, ours, low, high, published, difference, verdict."""
        rows = [
            (
                finding.name,
                finding.ours.mean,
                finding.ours.low,
                finding.ours.high,
                finding.published.text if finding.published else "",
                finding.difference,
                finding.verdict,
            )
            for finding in self.findings
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    @property
    def reproduced(self) -> bool:
        """Whether no finding differs from what was published."""
        return all(finding.verdict != DIFFERS for finding in self.findings)


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
        Fewer replications: wider intervals, the same comparison.
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
    outcome = model.reproduce(quick=quick, rng=seed, progress=progress or _silent)
    values = {entry: getattr(outcome, entry) for entry in Reproduction.__dataclass_fields__}
    return Reproduction(**{**values, "seconds": time.perf_counter() - begun})


def _silent(share: float, text: str) -> None:
    """Nobody is watching."""
