"""Bundle bids from three distributions of the Combinatorial Auction Test Suite.

Written from the paper: Leyton-Brown, K., Pearson, M., Shoham, Y. (2000). Towards a universal test
suite for combinatorial auction algorithms. *Proc. ACM Conference on Electronic Commerce*. The
parameters are its recommended ones.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Floats, Ints
from econsim.auctions.bundles import BundleBids
from econsim.errors import ParameterError, integer, one_of

Rng = np.random.Generator
Bid = tuple[frozenset[int], float]

MOST_SUBSTITUTES = 5
# Regions and arbitrary: sections 4.2 and 4.3 of the paper.
LARGEST_VALUE, DEVIATION, ADDITIVITY, BUDGET, RESALE = 100, 0.5, 0.2, 1.5, 0.5
ANOTHER_GOOD, JUMP, REMOVED, DIAGONAL = 0.9, 0.05, 0.1, 0.2
# Paths: section 4.1.
ROADS_PER_CITY, PENALTY, DETOUR = 3.0, 1.7, 1.5


def generate_instance(distribution: str, goods: int, bids: int, rng: Any) -> BundleBids:
    """Draw an instance with economic structure.

    1. ``paths``: goods are roads between random cities; a bidder wants any route between two
       cities that is at most 1.5 times as long as its straight line.
    2. ``regions``: goods are plots of a grid with some diagonals; a bidder wants adjacent plots,
       worth more together, and places substitutes that share a plot and are within its budget.
    3. ``arbitrary``: as regions, with a random strength of relation between any two goods.

    Parameters
    ----------
    distribution : {"regions", "paths", "arbitrary"}
    goods : int
        Goods to draw from, >= 4 for paths, else >= 1. Regions makes a grid of exactly that many.
    bids : int
        Bids, >= 0; the last bidder may be cut off there.
    rng : numpy.random.Generator or int

    Returns
    -------
    BundleBids
        Goods are integers below `goods`; prices positive floats; equal seeds, equal bids.

    Raises
    ------
    ParameterError
        If a parameter is out of its range.
    """
    kind = one_of("distribution", distribution, _BIDDERS)
    number = integer("goods", goods, 4 if kind == "paths" else 1)
    count = integer("bids", bids, 0)
    next_bidder = _BIDDERS[kind](number, _generator(rng))
    owners: list[int] = []
    offers: list[Bid] = []
    bidder = 0
    while len(offers) < count:
        own = next_bidder()[: count - len(offers)]
        owners += [bidder] * len(own)
        offers += own
        bidder += bool(own)
    bundles, prices = zip(*offers, strict=True) if offers else ((), ())
    return BundleBids(np.array(owners, np.int64), bundles, np.array(prices, np.float64))


def _generator(rng: Any) -> Rng:
    """The generator given, or one seeded by the integer given."""
    if isinstance(rng, Rng):
        return rng
    try:
        return np.random.default_rng(integer("rng", rng, 0))
    except ParameterError:
        raise ParameterError("rng", rng, "a numpy.random.Generator or an integer >= 0") from None


def _regions(goods: int, rng: Rng) -> Callable[[], list[Bid]]:
    near = _grid(goods, rng)
    return lambda: _local_bidder(near.astype(np.float64), JUMP, rng)


def _arbitrary(goods: int, rng: Rng) -> Callable[[], list[Bid]]:
    strength = np.triu(rng.random((goods, goods)), 1)
    return lambda: _local_bidder(strength + strength.T, 0.0, rng)


def _grid(goods: int, rng: Rng) -> Bools:
    """Neighbours on a grid: some horizontal or vertical ties removed, some diagonals added."""
    width = math.isqrt(goods)
    row, column = np.divmod(np.arange(goods), width)
    down, across = (np.abs(np.subtract.outer(at, at)) for at in (row, column))
    chance = rng.random((goods, goods))
    straight = (down + across == 1) & (chance >= REMOVED)
    diagonal = (down == 1) & (across == 1) & (chance < DIAGONAL)
    upper = np.triu(straight | diagonal, 1)
    return upper | upper.T


class _Taste(NamedTuple):
    """What one bidder thinks of the goods, and how they are related."""

    strength: Floats
    jump: float
    liking: Floats
    common: Ints
    values: Floats

    def worth(self, bundle: frozenset[int]) -> float:
        """The sum of the values and a bonus that grows faster than the size of the bundle."""
        return float(self.values[sorted(bundle)].sum()) + len(bundle) ** (1 + ADDITIVITY)

    def resale(self, bundle: frozenset[int]) -> float:
        return float(self.common[sorted(bundle)].sum())


def _local_bidder(strength: Floats, jump: float, rng: Rng) -> list[Bid]:
    """A bundle around a good that the bidder likes, and substitutes that share a good with it.

    Substitutes are as large, the dearest first, within the budget and not below the resale value.
    """
    goods = len(strength)
    common = rng.integers(1, LARGEST_VALUE + 1, goods)
    private = rng.uniform(-DEVIATION, DEVIATION, goods) * LARGEST_VALUE
    liking = (private - private.min()) / max(float(np.ptp(private)), 1e-12) + 1e-12
    taste = _Taste(strength, jump, liking, common, common + private)
    first = _grow(int(_choose(liking, rng)), _size(goods, rng), taste, rng)
    value = taste.worth(first)
    if value <= 0:
        return []
    others = {_grow(good, len(first), taste, rng) for good in sorted(first)} - {first}
    kept = [
        (bundle, taste.worth(bundle))
        for bundle in sorted(others, key=lambda bundle: (-taste.worth(bundle), sorted(bundle)))
        if 0 < taste.worth(bundle) <= BUDGET * value
        and taste.resale(bundle) >= RESALE * taste.resale(first)
    ]
    return [(first, value), *kept[:MOST_SUBSTITUTES]]


def _size(goods: int, rng: Rng) -> int:
    """One good, and another with probability 0.9 each time."""
    return min(int(rng.geometric(1 - ANOTHER_GOOD)), goods)


def _grow(start: int, size: int, taste: _Taste, rng: Rng) -> frozenset[int]:
    """Add goods by strength of relation to the bundle times liking, now and then any good."""
    bundle = [start]
    while len(bundle) < size:
        outside = np.ones(len(taste.strength))
        outside[bundle] = 0
        pull = outside * taste.strength[bundle].sum(axis=0) * taste.liking
        jumps = pull.sum() <= 0 or rng.random() < taste.jump
        bundle.append(int(_choose(outside if jumps else pull, rng)))
    return frozenset(bundle)


def _choose(weights: Floats, rng: Rng) -> Any:
    """An index, with probability proportional to its weight."""
    total = np.cumsum(weights)
    return np.searchsorted(total, rng.random() * total[-1], side="right")


def _paths(goods: int, rng: Rng) -> Callable[[], list[Bid]]:
    cities, roads, lengths = _road_map(goods, rng)
    links: dict[int, list[tuple[int, int]]] = {}
    for road, (a, b) in enumerate(roads):
        links.setdefault(a, []).append((b, road))
        links.setdefault(b, []).append((a, road))

    def bidder() -> list[Bid]:
        start, end = (int(city) for city in rng.choice(len(cities), 2, replace=False))
        straight = float(np.hypot(*(cities[start] - cities[end])))
        value = straight * rng.uniform(1, DETOUR)
        routes = _routes(start, end, value, links, lengths)[:MOST_SUBSTITUTES]
        return [(route, value - length) for length, route in routes if value > length]

    return bidder


def _road_map(goods: int, rng: Rng) -> tuple[NDArray, list[tuple[int, int]], NDArray]:
    """Random cities; every next road joins the pair with most use of it for its length.

    A road is worth building if it shortens the way: building costs 1.7 times the length, so pairs
    that existing roads already serve well come last. Exactly `goods` roads are built.
    """
    count = max(4, math.ceil(goods / ROADS_PER_CITY))
    while count * (count - 1) // 2 < goods:
        count += 1
    cities = rng.random((count, 2))
    distance = np.hypot(*(cities[:, None] - cities[None]).transpose(2, 0, 1))
    way = np.where(np.eye(count, dtype=bool), 0.0, np.inf)
    roads: list[tuple[int, int]] = []
    candidates = {(a, b) for a in range(count) for b in range(a)}
    while len(roads) < goods:
        a, b = min(candidates, key=lambda pair: _building_cost(pair, distance, way))
        candidates.remove((a, b))
        roads.append((a, b))
        through = np.minimum(way[:, [a]] + way[[b]], way[:, [b]] + way[[a]]) + distance[a, b]
        way = np.minimum(way, through)
    return cities, roads, np.array([distance[road] for road in roads])


def _building_cost(pair: tuple[int, int], distance: NDArray, way: NDArray) -> tuple[bool, float]:
    """Pairs badly served by roads first, near ones before far ones."""
    served = way[pair] <= PENALTY * distance[pair]
    return bool(served), float(distance[pair])


def _routes(
    start: int,
    end: int,
    longest: float,
    links: dict[int, list[tuple[int, int]]],
    lengths: NDArray,
) -> list[tuple[float, frozenset[int]]]:
    """The shortest simple routes no longer than `longest`, best first: depth first, bounded."""
    routes: list[tuple[float, frozenset[int]]] = []
    stack: list[tuple[float, int, tuple[int, ...], tuple[int, ...]]] = [(0.0, start, (start,), ())]
    steps = 0
    while stack and steps < 20_000:
        steps += 1
        length, city, visited, route = stack.pop()
        if city == end:
            routes.append((length, frozenset(route)))
            continue
        for following, road in links.get(city, []):
            total = length + float(lengths[road])
            if following not in visited and total <= longest:
                stack.append((total, following, (*visited, following), (*route, road)))
    return sorted(routes, key=lambda offer: (offer[0], sorted(offer[1])))


_BIDDERS = {"arbitrary": _arbitrary, "paths": _paths, "regions": _regions}
