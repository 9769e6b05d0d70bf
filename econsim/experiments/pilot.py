"""Pilot runs that find how buyers shade where they pay their own bid."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from econsim.equilibrium import ShadingEquilibrium, symmetric_shading
from econsim.experiments.models import model_class
from econsim.strategies import Shaded

PILOT_BUYERS = 20_000
WARM_UP, ROUNDS = 10, 10
MOST_DRAWS = 20_000
MOST_PASSES = 12
TOLERANCE = 0.01


def equilibrium_shading(market: Mapping[str, Any], *, seed: int) -> list[ShadingEquilibrium]:
    """Symmetric shading factor of each category at the pay-as-bid listings of a market.

    1. Run a pilot market in which everybody shades by the present factors.
    2. Take its bids, and for each the value that would be the last to win without it.
    3. Find the symmetric factor on these draws (`econsim.equilibrium.symmetric_shading`).
    4. Repeat until no factor moves by more than 0.01, or 12 times: choices of listing depend on
       prices, and prices on the factors.

    Parameters
    ----------
    market : mapping
        Keywords of `Marketplace`.
    seed : int
        Of the pilot, which shares no draws with the runs compared.

    Returns
    -------
    list of ShadingEquilibrium, one a category.
    """
    model = _pilot(market, seed, np.array([0.8]))
    alpha = np.full(len(model.categories), 0.8)
    found: list[ShadingEquilibrium] = []
    for _ in range(MOST_PASSES):
        draws = _draws(_pilot(market, seed, alpha), alpha)
        found = [symmetric_shading(*draws[index]) for index in range(len(alpha))]
        moved = np.array([equilibrium.alpha for equilibrium in found])
        done = np.abs(moved - alpha).max() <= TOLERANCE
        alpha = moved
        if done:
            break
    return found


def _pilot(market: Mapping[str, Any], seed: int, alpha: Any) -> Any:
    buyers = min(market.get("buyers", 1000), PILOT_BUYERS)
    shrunk = {**market, "buyers": buyers, "rng": seed, "backend": "columns"}
    if shrunk.get("sellers") is not None:
        shrunk["sellers"] = max(1, shrunk["sellers"] * buyers // max(market.get("buyers", 1000), 1))
    return model_class()(**{**shrunk, "strategy": Shaded(alpha)})


def _draws(model: Any, alpha: Any) -> dict[int, tuple[Any, Any, Any]]:
    """Values, rival values and reserves of the pilot's bids, by category."""
    parts = []
    for now in range(WARM_UP + ROUNDS):
        model.step()
        if now >= WARM_UP:
            parts.append(_bids(model, alpha))
    category, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    draws = {}
    for index in range(len(alpha)):
        rows = np.flatnonzero(category == index)
        rows = rows[:: -(-len(rows) // MOST_DRAWS) or 1]
        draws[index] = tuple(column[rows] for column in columns)
    return draws  # type: ignore[return-value]


def _bids(model: Any, alpha: Any) -> tuple[Any, Any, Any, Any]:
    """Category, value, rival value and reserve of the last round's pay-as-bid bids."""
    orders, sellers = model.orders, model.sellers
    pays_bid = np.array([held.pays_bid for held in model.pricing_models])
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
