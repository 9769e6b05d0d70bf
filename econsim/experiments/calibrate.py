"""Calibration: the figures of a scenario, estimated from bid histories.

Per item: a quantile table of values, buyers per seller, a quantile table of sellers' costs and the
share of the buyers. Nothing else of the file enters the scenario.
"""

import json
import os
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import CensoredData, ecdf

from econsim.arrays import Floats
from econsim.errors import DataError, ParameterError, integer, unmasked
from econsim.experiments.histories import Histories, histories_of
from econsim.preferences import Category

BUYERS = 100_000
DIGITS = 4  # significant digits of a figure
NO_BUDGETS = (
    "The recorded bids are what bidders were willing to pay: nothing says that money was short."
)
ESTIMATOR = (
    "Values: the product-limit estimator (Kaplan & Meier 1958, JASA 53) of private values. A "
    "losing bidder's highest bid is its value, since a proxy bids up to it; the winner's value is "
    "censored at its recorded maximum. Within an auction that is type II censoring, which the "
    "estimator allows (Andersen, Borgan, Gill & Keiding 1993). An item's largest bid counts as "
    "exact, so the remaining probability lies there (Efron 1967, Fifth Berkeley Symposium). "
    "Limits: bidders who came after the price had passed their value leave no bid, so values are "
    "selected upward; losers who stopped short of their value, and different models sold as one "
    "item, are taken as they are. Costs: opening bid over the median of the highest bids of the "
    "auction's own bidders, so that a dear watch is not a dear seller. Weight: share of the pairs "
    "of auction and bidder. Assumed, not estimated: task sizes, reliability and trust."
)
MAPPING = (
    "A listing of capacity 1 is one auction of one item and a round is one auction period, in "
    "which every buyer bids on the one listing it chooses. So buyers per seller is the mean number "
    "of distinct bidders in an auction. This neglects buyers who looked and never bid, bidders "
    "active in several auctions, and auctions that overlap in time."
)
_PROBABILITIES = np.linspace(0, 1, 21)
_WIDTH = 98


@dataclass(frozen=True, eq=False)
class Calibration:
    """Estimated categories and what they rest on.

    Attributes
    ----------
    path : str
        The bid history.
    categories : tuple of econsim.preferences.Category
        One an item, in order of the file; values in the currency of the file, of which 1 is
        taken as 1 credit; figures of four significant digits.
    table : pandas.DataFrame
        One row an item: item, auctions, bidders (distinct in each auction, summed), censored
        (of those, whose value is only bounded), median_value, buyers_per_seller, weight.
    warnings : tuple of str
        Those of the histories, and items whose values are hardly identified.
    """

    path: str
    categories: tuple[Category, ...]
    table: pd.DataFrame
    warnings: tuple[str, ...] = ()


def calibrate(histories: Histories | str | PathLike[str]) -> Calibration:
    """Estimate the categories of a scenario from bid histories.

    1. Take every bidder's highest bid in every auction; mark the winner's as censored.
    2. Values: quantiles of the product-limit estimate of each item (`product_limit_quantiles`).
    3. Buyers per seller: mean distinct bidders of an item's auctions.
    4. Costs: quantiles over an item's auctions of opening bid / median highest bid of its bidders.
    5. Weight: the item's share of the pairs of auction and bidder.

    Parameters
    ----------
    histories : Histories, path of a CSV file, or ``simulated``
        As `econsim.experiments.histories.histories_of` takes them.

    Returns
    -------
    Calibration

    Raises
    ------
    DataError
        The file cannot be read, or most bids of an auction are 0: costs have no unit.

    Notes
    -----
    `ESTIMATOR` and `MAPPING` state sources, limits and what the market makes of the figures;
    every scenario written carries them.
    """
    histories = histories_of(histories)
    bidders = _marked(histories)
    items = bidders.groupby("item", sort=False)
    counts = items.agg(
        auctions=("lot", "nunique"), bidders=("bid", "size"), censored=("censored", "sum")
    )
    categories = tuple(
        _category(histories, str(item), part, len(part) / len(bidders)) for item, part in items
    )
    figures = {
        "median_value": [category.values[len(category.values) // 2] for category in categories],
        "buyers_per_seller": [category.buyers_per_seller for category in categories],
        "weight": [category.weight for category in categories],
    }
    notes = tuple(
        f"item {item!r}: no bidder lost, so its values are lower bounds"
        for item in counts.index[counts["bidders"] == counts["censored"]]
    )
    table = counts.assign(**figures).reset_index()
    return Calibration(histories.path, categories, table, histories.warnings + notes)


def product_limit_quantiles(
    values: ArrayLike, censored: ArrayLike, probabilities: ArrayLike
) -> Floats:
    """Quantiles of the Kaplan-Meier estimate of a right-censored sample.

    1. Count the largest observation as exact (Efron 1967), so that the estimate is a whole
       distribution: the remaining probability lies there.
    2. Estimate the distribution function F, a step at each exact value (Kaplan & Meier 1958).
    3. A quantile is the smallest exact value with F at or above the probability.

    Parameters
    ----------
    values : array of float, shape (n,), n >= 1
    censored : array of bool, shape (n,)
        True where the value is known only to be at or above the observation.
    probabilities : array of float in [0, 1]

    Returns
    -------
    float64 array of the shape of `probabilities`, in the unit of `values`.

    Raises
    ------
    ParameterError
        `values` is empty, or `censored` has another shape.
    """
    observed = np.asarray(unmasked("values", values), dtype=np.float64)
    bounded = np.asarray(unmasked("censored", censored), dtype=bool)
    if observed.ndim != 1 or not observed.size or observed.shape != bounded.shape:
        raise ParameterError("values", values, "a non-empty vector as long as `censored`")
    bounded = bounded & (observed < observed.max())
    sample = CensoredData(uncensored=observed[~bounded], right=observed[bounded])
    estimate = ecdf(sample).cdf
    steps = np.diff(estimate.probabilities, prepend=0) > 0
    support, reached = estimate.quantiles[steps], estimate.probabilities[steps]
    # The product of many ratios may fall short of a round probability by a few roundings.
    return support[
        np.searchsorted(reached, np.asarray(unmasked("probabilities", probabilities)) - 1e-12)
    ]


def write_scenario(
    calibration: Calibration,
    path: str | PathLike[str],
    *,
    title: str | None = None,
    data: str | None = None,
    buyers: int = BUYERS,
) -> None:
    """Write a scenario file, whole or not at all.

    Parameters
    ----------
    calibration : Calibration
    path : path of the TOML file
        Its folder is made if need be; an earlier file of the name is replaced at once.
    title, data, buyers
        As for `scenario_toml`.

    Raises
    ------
    ParameterError
        `path` cannot be written, or `buyers` is not an integer >= 1.
    """
    text, target = scenario_toml(calibration, title=title, data=data, buyers=buyers), Path(path)
    try:
        if target.exists() and not target.is_file():
            raise ParameterError("path", str(path), "a file, not a folder or device")
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, text)
    except OSError as error:
        permitted = f"a file that can be written ({error.strerror})"
        raise ParameterError("path", str(path), permitted) from None


def scenario_toml(
    calibration: Calibration,
    *,
    title: str | None = None,
    data: str | None = None,
    buyers: int = BUYERS,
) -> str:
    """The scenario of a calibration as TOML text.

    Parameters
    ----------
    calibration : Calibration
    title : str, optional
        What the market is, in one line.
    data : str, optional
        Where the histories come from; by default the name of the file.
    buyers : int >= 1
        Buyers in the market; the number of sellers follows from the categories.
    """
    name, auctions = Path(calibration.path).name, int(calibration.table["auctions"].sum())
    lines = [
        f"title = {_quoted(title or f'Calibrated from {name}')}",
        "",
        "[market]",
        f"buyers = {integer('buyers', buyers, 1)}",
        "capacity = 1",
        f"# {NO_BUDGETS}",
        "budgets = false",
    ]
    for category in calibration.categories:
        lines += ["", *_category_toml(category)]
    lines += ["", "[source]", f"data = {_quoted(data or f'{name}: {auctions} auctions')}"]
    lines += [f"estimator = {_wrapped(ESTIMATOR)}", f"mapping = {_wrapped(MAPPING)}"]
    return "\n".join(lines) + "\n"


def _replace(target: Path, text: str) -> None:
    """Put a file of `text` in the place of `target` at once."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _marked(histories: Histories) -> pd.DataFrame:
    """Bidders' highest bids with their item, and whether they won: lot, bid, item, censored."""
    bidders = histories.maxima.join(histories.auctions[["item", "opening_bid"]], on="lot")
    best = bidders.groupby("lot")["bid"].idxmax()
    bidders["censored"] = bidders.index.isin(best) & (bidders["bid"] >= bidders["opening_bid"])
    return bidders


def _category(histories: Histories, item: str, bidders: pd.DataFrame, weight: float) -> Category:
    """The figures of one item."""
    values = product_limit_quantiles(bidders["bid"], bidders["censored"], _PROBABILITIES)
    level = bidders.groupby("lot")["bid"].median()
    if (level == 0).any():
        raise DataError(histories.path, f"item {item!r}: bids of 0 give costs no unit")
    opening = histories.auctions.loc[level.index, "opening_bid"]
    costs = np.quantile(opening / level, _PROBABILITIES)
    intensity = len(bidders) / len(level)
    return Category(item, _rounded(values), _rounded(costs), *_rounded([weight, intensity]))


def _rounded(figures: Iterable[float]) -> tuple[float, ...]:
    """Figures to significant digits."""
    return tuple(float(f"{figure:.{DIGITS}g}") for figure in figures)


def _category_toml(category: Category) -> list[str]:
    """The lines of one category."""
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", category.name)
    return [
        f"[categories.{category.name if bare else _quoted(category.name)}]",
        f"weight = {category.weight}",
        f"buyers_per_seller = {category.buyers_per_seller}",
        f"values = {_array(category.values)}",
        f"costs = {_array(category.costs)}",
    ]


def _array(figures: Iterable[float]) -> str:
    """A TOML array over as many lines as it needs."""
    lines = textwrap.wrap(", ".join(map(str, figures)), _WIDTH - 4)
    return "\n    ".join(["[", *lines]) + ",\n]"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON escapes alike but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _wrapped(text: str) -> str:
    """A TOML string of one line, written over several."""
    return '"""\\\n    ' + " \\\n    ".join(textwrap.wrap(text, _WIDTH - 8)) + '"""'
