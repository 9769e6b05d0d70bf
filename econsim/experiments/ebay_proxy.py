"""Proxy bidding as on eBay: the increments, the price, and simulated histories.

A bidder submits a maximum; the site bids for it, one increment above the next bidder at most. So
the price is the second-highest maximum plus an increment, capped at the highest maximum.

The sample ``data/samples/simulated.csv`` is `simulate_histories` of the categories of the scenario
``ebay``, with ``auctions=40`` and ``rng=2010``. It contains no auction that took place.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from econsim.arrays import Floats
from econsim.errors import integer, unmasked
from econsim.experiments.histories import FORMAT
from econsim.preferences import Category, table_quantile

# eBay Help, "Bid increments", pages.ebay.com/help/buy/bid-increments.html (table of ebay.com, in
# US dollars): from this current price, this increment.
INCREMENTS = (
    (0.00, 0.05), (1.00, 0.25), (5.00, 0.50), (25.00, 1.00), (100.00, 2.50),
    (250.00, 5.00), (500.00, 10.00), (1000.00, 25.00), (2500.00, 50.00), (5000.00, 100.00),
)  # fmt: skip
DAYS = 7


def increment(price: ArrayLike) -> Floats:
    """Bid increment of eBay at a current price.

    Parameters
    ----------
    price : array of float, US dollars
        NaN gives NaN.

    Returns
    -------
    float64 array of the shape of `price`, US dollars.
    """
    current = np.asarray(unmasked("price", price), dtype=np.float64)
    starts, steps = np.array(INCREMENTS).T
    step = steps[np.maximum(np.searchsorted(starts, current, side="right") - 1, 0)]
    return np.where(np.isnan(current), np.nan, step)


def proxy_price(highest: ArrayLike, rival: ArrayLike) -> Floats:
    """Price between two maxima: one increment above the rival, but not above the highest.

    Parameters
    ----------
    highest, rival : arrays of float, US dollars
        The leader's maximum, and the highest of the others (``highest >= rival``).
    """
    return np.minimum(np.asarray(rival) + increment(rival), unmasked("highest", highest))


def simulate_histories(categories: Sequence[Category], auctions: int, *, rng: int) -> pd.DataFrame:
    """Histories of auctions that never took place, in the format of `read_histories`.

    1. Each auction offers an item of a category drawn by weight, and opens at a seller's cost.
    2. One bidder or more come, as many on average as the category has buyers per seller. Their
       private values are drawn from the category's table.
    3. Each visits twice, at random times: first with a maximum of half to all of its value, then
       with its value. The site refuses a maximum below the opening bid or, once there are bids,
       below the price plus an increment; so some bidders leave no trace.
    4. The price follows `proxy_price`. The winner's maxima are recorded only up to the final
       price, as on eBay: its value is censored.

    Parameters
    ----------
    categories : sequence of econsim.preferences.Category
        Values in credits (1 credit is 1 US dollar); costs as shares of the median value.
    auctions : int >= 1
        Those without a bid leave no row.
    rng : int
        Seed.

    Returns
    -------
    pandas.DataFrame
        One row a recorded bid, in the columns of the format. Items are named "NAME (simulated)".

    Raises
    ------
    ParameterError
        `auctions` or `rng` is out of range.
    """
    stream = np.random.default_rng(integer("rng", rng, 0))
    shares = np.cumsum([category.weight for category in categories])
    drawn = stream.random(integer("auctions", auctions, 1)) * shares[-1]
    chosen = np.searchsorted(shares, drawn, side="right")
    table = pd.concat([_auction(lot, categories[c], stream) for lot, c in enumerate(chosen)])
    table["bidder"] = table.groupby(["auction", "bidder"], sort=False).ngroup()
    return table.reset_index(drop=True)


def _auction(lot: int, category: Category, stream: np.random.Generator) -> pd.DataFrame:
    """The recorded bids of one auction, in order of time."""
    opening = _opening_bid(category, stream)
    visits = _visits(category, stream)
    accepted, price, winner = _bidding(visits["bidder"], visits["bid"], opening)
    bids = visits[accepted]
    recorded = bids["bid"].where(bids["bidder"] != winner, bids["bid"].clip(upper=price))
    return bids.assign(
        auction=lot,
        item=f"{category.name} (simulated)",
        days=DAYS,
        opening_bid=opening,
        final_price=price,
        bid=recorded,
    )[list(FORMAT)]


def _opening_bid(category: Category, stream: np.random.Generator) -> float:
    """A seller's cost, in whole cents."""
    share = table_quantile(category.costs, stream.random())
    return float(np.round(share * table_quantile(category.values, 0.5), 2))


def _visits(category: Category, stream: np.random.Generator) -> pd.DataFrame:
    """Two visits of each bidder, in order of time: bidder, bidder_rating, bid, time_days."""
    # Only `random` is drawn, the steadiest stream of NumPy: the sample is tested to the byte.
    trials = 2 * int(np.ceil(category.buyers_per_seller))
    rivals = int(np.sum(stream.random(trials) * trials < category.buyers_per_seller - 1))
    value = table_quantile(category.values, stream.random(rivals + 1))
    first_share = 0.5 + 0.5 * stream.random(rivals + 1)
    times = DAYS * np.sort(stream.random((2, rivals + 1)), axis=0)
    visits = {
        "bidder": np.tile(np.arange(rivals + 1), 2),
        "bidder_rating": np.tile(np.floor(100 * stream.random(rivals + 1) ** 2), 2),
        "bid": np.round(np.concatenate([value * first_share, value]), 2),
        "time_days": np.round(times.ravel(), 6),
    }
    return pd.DataFrame(visits).sort_values("time_days", kind="stable")


def _bidding(
    bidders: Iterable[int], bids: Iterable[float], opening: float
) -> tuple[list[bool], float, int]:
    """Which maxima the site accepts, the final price, and the winner (-1 without a bid)."""
    maxima: dict[int, float] = {}
    accepted, price = [], opening
    for bidder, bid in zip(bidders, bids, strict=True):
        least = price + increment(price) if maxima else opening
        accepted.append(bool(bid >= least and bid > maxima.get(bidder, -1.0)))
        if accepted[-1]:
            maxima[bidder] = bid
            rival, highest = sorted(maxima.values())[-2:] if len(maxima) > 1 else (None, bid)
            price = opening if rival is None else round(float(proxy_price(highest, rival)), 2)
    return accepted, price, max(maxima, key=maxima.__getitem__, default=-1)
