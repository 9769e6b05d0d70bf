"""Pilot runs that find how buyers shade where they pay their own bid."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from econsim.equilibrium import Shading, deviations, symmetric_shading
from econsim.experiments.models import model_class
from econsim.strategies import Shaded

PILOT_BUYERS = 20_000
MOST_PILOTS = 10
WARM_UP, ROUNDS = 10, 10
MOST_DRAWS = 20_000
MOST_PASSES = 12
TOLERANCE = 0.01


def equilibrium_shading(keywords: Mapping[str, Any], *, seed: int) -> list[Shading]:
    """Symmetric shading factor of each category at the pay-as-bid listings of a market.

    1. Run a pilot market in which everybody shades by the present factors.
    2. Take its bids, and for each the value that would be the last to win without it.
    3. Find the symmetric factor on these draws (`econsim.equilibrium.symmetric_shading`).
    4. Repeat until no factor moves by more than 0.01, or 12 times: choices of listing depend on
       prices, and prices on the factors.
    5. Run one more pilot on fresh draws, and measure there what a deviation would still gain.

    Parameters
    ----------
    keywords : mapping
        Keywords of `Marketplace`.
    seed : int
        Of the pilot, which shares no draws with the runs compared.

    Returns
    -------
    list of Shading, one a category.
    """
    alpha = np.full(len(_pilot(keywords, seed, 1.0).categories), 0.8)
    for _ in range(MOST_PASSES):
        draws = _draws(keywords, seed, alpha)
        before, alpha = alpha, np.array([symmetric_shading(*draw) for draw in draws])
        if np.abs(alpha - before).max() <= TOLERANCE:
            break
    fresh = _draws(keywords, seed ^ 2**63, alpha)
    return [deviations(*draw, factor) for draw, factor in zip(fresh, alpha.tolist(), strict=True)]


def _pilot(keywords: Mapping[str, Any], seed: int, alpha: Any) -> Any:
    return model_class()(**{**shrunk(keywords, seed), "strategy": Shaded(alpha)})


def shrunk(keywords: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """A market's keywords for a pilot: 20 000 buyers at most, and sellers in proportion."""
    whole = keywords.get("buyers", 1000)
    buyers = min(whole, PILOT_BUYERS)
    small = {**keywords, "buyers": buyers, "rng": seed, "backend": "columns"}
    if small.get("sellers") is not None:
        small["sellers"] = max(1, small["sellers"] * buyers // max(whole, 1))
    return small


def _draws(keywords: Mapping[str, Any], seed: int, alpha: Any) -> list[tuple[Any, Any, Any]]:
    """Values, rival values and reserves of the pilots' bids, by category.

    A small market is run several times, not enlarged: how many rivals meet at a listing, and how
    unevenly, depends on its size.
    """
    pilots = min(max(PILOT_BUYERS // max(keywords.get("buyers", 1000), 1), 1), MOST_PILOTS)
    parts = []
    for pilot in range(pilots):
        model = _pilot(keywords, (seed + pilot) % 2**64, alpha)
        for now in range(WARM_UP + ROUNDS):
            model.step()
            if now >= WARM_UP:
                parts.append(_bids(model, alpha))
    category, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    draws = []
    for index in range(len(alpha)):
        rows = np.flatnonzero(category == index)
        rows = rows[:: -(-len(rows) // MOST_DRAWS) or 1]
        draws.append((columns[0][rows], columns[1][rows], columns[2][rows]))
    return draws


def _bids(model: Any, alpha: Any) -> tuple[Any, Any, Any, Any]:
    """Category, value, rival value and reserve of the last round's pay-as-bid bids."""
    orders, sellers = model.orders, model.sellers
    pays_bid = np.array([pricing.pays_bid for pricing in model.pricing_models])
    kept = pays_bid[sellers["pricing"][orders.listing]]
    listing, limit = orders.listing[kept], orders.limit[kept]
    category = sellers["category"][listing]
    value = limit / alpha[category]
    rival = _rivals(listing, value, sellers["capacity"])
    return category, value, rival, sellers["price"][listing].astype(np.float64)


def _rivals(listing: Any, value: Any, capacity: Any) -> Any:
    """For each bid the k-th highest value of the others at its listing of k units, or 0."""
    order = np.lexsort((-value, listing))
    counts = np.bincount(listing, minlength=len(capacity))
    begins = np.cumsum(counts) - counts
    place = np.arange(len(order)) - begins[listing[order]]
    units = capacity[listing[order]]
    last = np.where(place < units, units, units - 1)
    exists = (last < counts[listing[order]]) & (last >= 0)
    at = np.minimum(begins[listing[order]] + np.maximum(last, 0), max(len(order) - 1, 0))
    rival = np.empty(len(order))
    rival[order] = np.where(exists, value[order][at], 0.0)
    return rival
