"""Replay: compare what a rule would have charged with what auctions did charge.

Each rule runs on every auction's recorded bids (the highest of each bidder, with the opening bid
as reserve), and its price is compared with the recorded final price.
"""

from dataclasses import dataclass
from os import PathLike

import numpy as np
import pandas as pd

from econsim.auctions import kth_price
from econsim.errors import integer, one_of
from econsim.experiments.ebay_proxy import increment, proxy_price
from econsim.experiments.histories import Histories, histories_of

RULES = ("first-price", "second-price", "kth-price", "ebay-proxy")
FIRST_PRICE_CAVEAT = (
    "The winner's true bid is censored: it is recorded only up to what was needed to win. So "
    "first price on the recorded bids fits trivially and proves nothing."
)
_ROUNDING = 1e-12  # share of a price that floating-point differences may be off by


@dataclass(frozen=True, eq=False)
class ReplayOutcome:
    """Predicted and recorded prices.

    Attributes
    ----------
    auctions : pandas.DataFrame
        One row an auction, in order of the file: auction, item, bidders, bids, reserve (the
        opening bid), final_price, sold (some bid reaches the reserve), contested (two bidders or
        more) and, for each rule of `RULES`: RULE (predicted price), "RULE error" (predicted
        minus final price), both NaN unless sold, and "RULE within" (the error is at most eBay's
        increment at the predicted price). Prices in the currency of the file.
    k : int
        The rank that sets the price under ``kth-price``.
    warnings : tuple of str
        Those of the histories.
    """

    auctions: pd.DataFrame
    k: int
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> pd.DataFrame:
        """One row per item and rule, then one per rule for "all".

        Columns: item, rule, auctions, contested (auctions with two bidders or more), share_sold,
        median_abs_error and median_rel_error (relative to the final price; auctions at a price
        of 0 left out), share_within_increment, contested_within (a count). Errors and shares
        within an increment are over the auctions sold; NaN where there is none.
        """
        fits = pd.concat([self._fit(rule) for rule in RULES]).sort_index(kind="stable")
        tables = [_summarised(fits), _summarised(fits.assign(item="all"))]
        return pd.concat(tables, ignore_index=True)

    def worst(self, n: int = 5, rule: str = "second-price") -> pd.DataFrame:
        """The `n` auctions that `rule` fits worst, by absolute error, worst first.

        Columns: auction, item, bidders, reserve, final_price, predicted, error. Ties keep the
        order of the file; auctions unsold under the rule have no error and are left out.

        Raises
        ------
        ParameterError
            `n` is not an integer >= 0, or `rule` is not one of `RULES`.
        """
        fit = self._fit(one_of("rule", rule, RULES)).dropna(subset="error")
        ranked = fit.sort_values("error", key=abs, ascending=False, kind="stable")
        shown = ["auction", "item", "bidders", "reserve", "final_price", "predicted", "error"]
        return ranked.head(integer("n", n, 0))[shown].reset_index(drop=True)

    def _fit(self, rule: str) -> pd.DataFrame:
        """The auctions with the columns of one rule under the names common to all."""
        columns = {rule: "predicted", f"{rule} error": "error", f"{rule} within": "within"}
        return self.auctions.rename(columns=columns).assign(rule=rule)


def replay(histories: Histories | str | PathLike[str], *, k: int = 3) -> ReplayOutcome:
    """Run every rule on every auction.

    1. ``first-price``, ``second-price`` and ``kth-price`` are `econsim.auctions.kth_price` with
       rank 1, 2 and `k`. With one bidder, second price predicts the opening bid.
    2. ``ebay-proxy`` is the benchmark, eBay's own rule: one increment above the second price,
       capped at the highest recorded bid; the opening bid if no second bid reaches it.
    3. An auction with all its bids below the opening bid is unsold under every rule.

    Parameters
    ----------
    histories : Histories, path of a CSV file, or ``simulated``
        As `econsim.experiments.histories.histories_of` takes them.
    k : int >= 1

    Returns
    -------
    ReplayOutcome

    Raises
    ------
    ParameterError
        `k` is not an integer >= 1.
    DataError
        The file cannot be read.
    """
    histories = histories_of(histories)
    auctions = histories.auctions.rename(columns={"opening_bid": "reserve"})
    prices = _predicted(histories, integer("k", k, 1))
    auctions["sold"] = prices["first-price"].notna()
    auctions["contested"] = auctions["bidders"] > 1
    for rule in RULES:
        error = prices[rule] - auctions["final_price"]
        slack = increment(prices[rule]) + _ROUNDING * (1 + prices[rule])
        auctions[rule], auctions[f"{rule} error"] = prices[rule], error
        auctions[f"{rule} within"] = error.abs() <= slack
    return ReplayOutcome(auctions.reset_index(drop=True), k, histories.warnings)


def _predicted(histories: Histories, k: int) -> pd.DataFrame:
    """Price of each auction (row) under each rule (column); NaN where nothing is sold."""
    reserves = histories.auctions["opening_bid"]
    bids = histories.highest_bids()
    prices = pd.DataFrame(index=reserves.index)
    for rule, rank in zip(RULES, (1, 2, k), strict=False):
        auctions = zip(bids, reserves, strict=True)
        prices[rule] = [kth_price(own, rank, reserve=reserve).price for own, reserve in auctions]
    accepted = np.array([np.sum(b >= r) for b, r in zip(bids, reserves, strict=True)])
    capped = proxy_price(prices["first-price"], prices["second-price"])
    prices["ebay-proxy"] = np.where(accepted > 1, capped, prices["second-price"])
    return prices


def _summarised(fits: pd.DataFrame) -> pd.DataFrame:
    """Accuracy per item and rule."""
    final, miss = fits["final_price"], fits["error"].abs()
    figures = fits.assign(
        absolute=miss,
        relative=miss / final.where(final > 0),
        close=fits["within"].where(fits["sold"]).astype(np.float64),
        contested_close=fits["within"] & fits["contested"],
    )
    return figures.groupby(["item", "rule"], sort=False, as_index=False).agg(
        auctions=("auction", "size"),
        contested=("contested", "sum"),
        share_sold=("sold", "mean"),
        median_abs_error=("absolute", "median"),
        median_rel_error=("relative", "median"),
        share_within_increment=("close", "mean"),
        contested_within=("contested_close", "sum"),
    )
