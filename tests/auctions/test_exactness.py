"""Prices of any range: what floating point cannot resolve is proven in integers, or not claimed.

Oracles are exact: brute force in Python's integers, and dynamic programming around a circle.
"""

import itertools
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from econsim.auctions import (
    BundleBids,
    core_payments,
    dual_active_set,
    exact_packing,
    vcg_combinatorial,
)
from econsim.auctions import winner_determination as wd
from econsim.auctions.bundles import as_bids
from econsim.auctions.exact_packing import ExactPacking, integers

ADVERSARIAL = st.sampled_from([1, 2, 3, 50, 99, 10**6, 10**10, 10**12, 10**12 + 1, 2**53 + 1])
BUNDLES = st.frozensets(st.sampled_from("ABCDE"), min_size=1)
PROFILES = st.lists(st.dictionaries(BUNDLES, ADVERSARIAL, max_size=3), max_size=5)


def best(profile, taken=frozenset()):
    """Most that the bidders can get, by trying everything, in Python's numbers."""
    if not profile:
        return 0
    value = best(profile[1:], taken)
    for bundle, price in profile[0].items():
        if not bundle & taken:
            value = max(value, price + best(profile[1:], taken | bundle))
    return value


def around(prices):
    """Heaviest set of pairs (k, k + 1) of neighbours around a table, by dynamic programming."""

    def along(values):
        before, now = 0, 0
        for value in values:
            before, now = now, max(now, before + value)
        return now

    return max(along(prices[1:]), prices[0] + along(prices[2:-1]))


def neighbours(seed, largest, kind):
    """70 bids of neighbouring pairs of 30 goods, prices 1 to 99, and one that is far larger."""
    rng = np.random.default_rng(seed)
    place = rng.integers(0, 30, 70)
    prices = rng.integers(1, 100, 70).tolist()
    prices[int(rng.integers(70))] = largest
    bundles = [(int(k), int(k + 1) % 30) for k in place]
    return BundleBids(np.arange(70), bundles, [kind(price) for price in prices]), place


def by_place(place, prices, but=-1):
    best_of = [0] * 30
    for k, (where, price) in enumerate(zip(place.tolist(), prices, strict=True)):
        if k != but:
            best_of[where] = max(best_of[where], price)
    return best_of


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("largest", [99, 10**10, 10**11, 10**12])
@pytest.mark.parametrize("seed", range(3))
def test_one_large_price_hides_no_small_one(seed, largest, kind):
    bids, place = neighbours(seed, largest, kind)
    prices = bids.prices.tolist()
    outcome = vcg_combinatorial(bids)
    optimum = around(by_place(place, prices))
    assert outcome.optimal
    assert outcome.welfare == outcome.bound == optimum
    for k in outcome.accepted.tolist():
        others = around(by_place(place, prices, k))
        assert outcome.payments[k] == others - (optimum - prices[k])


@pytest.mark.parametrize("nodes", [0, 5000])
@settings(max_examples=50)
@given(profile=PROFILES, whole=st.booleans())
def test_brute_force_agrees_to_the_last_unit(nodes, profile, whole):
    """Floats of whole numbers, too: their sums are compared before they are rounded."""
    kind = int if whole else lambda price: float(min(price, 2**52))
    profile = [{bundle: kind(price) for bundle, price in own.items()} for own in profile]
    default, wd._NODES = wd._NODES, nodes
    try:
        outcome = vcg_combinatorial(profile)
    finally:
        wd._NODES = default
    bids = as_bids(profile)
    exact = [{bundle: int(price) for bundle, price in own.items()} for own in profile]
    won = {int(bids.bidder[k]): int(bids.prices[k]) for k in outcome.accepted}
    optimum = sum(won.values())
    assert outcome.optimal
    assert optimum == best(exact)
    for i in range(len(profile)):
        others = best(exact[:i] + exact[i + 1 :])
        assert outcome.payments[i] == kind(others - (optimum - won.get(i, 0)))


PACKINGS = st.lists(
    st.tuples(st.frozensets(st.integers(0, 6), min_size=1), st.integers(1, 2**70)), min_size=1,
    max_size=9,
)  # fmt: skip


@settings(max_examples=60)
@given(PACKINGS)
def test_packings_of_weights_beyond_64_bits(members):
    sets, weights = zip(*members, strict=True)
    entries = [(row, column) for column, own in enumerate(sets) for row in own]
    rows, columns = zip(*entries, strict=True)
    matrix = sparse.coo_array((np.ones(len(rows)), (rows, columns)), (7, len(sets)))
    packed = ExactPacking(matrix, list(weights)).solve(np.empty(0, np.int64))
    optimum = max(
        sum(weights[k] for k in group)
        for size in range(len(sets) + 1)
        for group in itertools.combinations(range(len(sets)), size)
        if len(frozenset().union(*(sets[k] for k in group))) == sum(len(sets[k]) for k in group)
    )
    assert packed.value == packed.bound == optimum == sum(weights[k] for k in packed.members)


@given(st.lists(st.floats(0.0, 1e200, exclude_min=True), min_size=1, max_size=6))
def test_integers_keep_every_proportion(amounts):
    whole = integers(np.array(amounts))
    unit = Fraction(amounts[0]) / whole[0]
    assert [number * unit for number in whole] == [Fraction(amount) for amount in amounts]


def test_a_solver_that_gives_up_leaves_the_proof_to_the_search(monkeypatch):
    class Failed:
        status = 4

    monkeypatch.setattr(exact_packing, "linprog", lambda *_, **__: Failed())
    packing = ExactPacking(sparse.csc_array(np.ones((1, 3))), [3, 10**30, 2])
    assert packing.solve(np.empty(0, np.int64)).value == 10**30


@pytest.mark.parametrize("largest", [10**10, 10**12, 2**53 + 1])
def test_a_bound_without_time_is_a_bound(largest):
    bids, place = neighbours(1, largest, int)
    outcome = vcg_combinatorial(bids, time_limit=0)
    assert outcome.payments is None
    assert outcome.welfare <= around(by_place(place, bids.prices.tolist())) <= outcome.bound


ISSUE = [{"A": 100_000}, {"B": 90_000}, {"A": 45_000}, {"B": 40_000}, {"AB": 85_000.01}]


@pytest.mark.parametrize("beside", [[], [{"C": 1e9}], [{"C": 1e10}], [{("C", "D"): 1e15}]])
def test_core_payments_at_the_scale_of_what_is_owed(beside):
    """The pair is short of a cent; a bid on another good has nothing to do with it."""
    outcome = core_payments(ISSUE + beside)
    assert outcome.optimal
    assert outcome.payments[:5].tolist() == pytest.approx([45_000.005, 40_000.005, 0, 0, 0])
    assert outcome.payments[0] == pytest.approx(45_000.005, abs=1e-9)
    assert (outcome.payments[5:] == 0).all()


def test_winners_of_any_value_pay_what_is_owed():
    """How much above its payment a winner bids does not blur the payment."""
    for much in (1e8, 1e10, 1e12):
        payments = core_payments([{"A": much}, *ISSUE[1:]]).payments
        assert payments[:2].tolist() == pytest.approx([45_000.005, 40_000.005], abs=1e-9)


def test_core_payments_in_one_component_of_two_scales():
    """A large and a small market joined by a bidder who wins in neither."""
    big = [{"A": 2e12}, {"B": 2e12}, {"AB": 1.5e12}]
    small = [{"C": 2.0}, {"D": 2.0}, {"CD": 1.5}]
    payments = core_payments([*big, *small, {("A", "C"): 1e-3}]).payments
    assert payments.tolist() == pytest.approx([7.5e11, 7.5e11, 0, 0.75, 0.75, 0, 0], rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(PROFILES)
def test_no_coalition_blocks_core_payments_at_any_range(profile):
    outcome = core_payments(profile)
    assert outcome.optimal
    bids = as_bids(profile)
    values = [0] * len(profile)
    for k in outcome.accepted.tolist():
        values[int(bids.bidder[k])] = bids.prices[k].item()
    payments = [Fraction(payment) for payment in outcome.payments.tolist()]
    assert all(0 <= p <= v for p, v in zip(payments, values, strict=True))
    for size in range(len(profile) + 1):
        for group in itertools.combinations(range(len(profile)), size):
            outside = [i for i in range(len(profile)) if i not in group]
            owed = best([profile[i] for i in group]) - sum(values[i] for i in group)
            paid = sum(payments[i] for i in outside)
            # a winner's large payment is a float, of 53 bits
            assert float(owed - paid) <= 1e-9 * max(owed, 0) + 1e-15 * float(sum(payments))


AMOUNTS = st.one_of(st.integers(0, 9), st.integers(0, 10**15), st.fractions(0, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4).filter(any), max_size=5), st.data())
def test_least_raises_meet_the_conditions_of_karush_kuhn_and_tucker(rows, data):
    """Exactly: the gradient of total and distance is made of the constraints that bind."""
    room = [Fraction(data.draw(AMOUNTS)) for _ in range(4)]
    most = [sum(r for r, inside in zip(room, row, strict=True) if inside) for row in rows]
    missing = [min(Fraction(data.draw(AMOUNTS)), total) for total in most]
    matrix = np.array(rows, bool).reshape(-1, 4)
    point = dual_active_set._Point(matrix, missing, room)
    weight = next(iter(point.active.values()))
    while (constraint := point.violated()) is not None:
        point.meet(constraint)
    assert point.raises == dual_active_set.least_raises(matrix, missing, room)
    gradient = [weight + raised for raised in point.raises]
    for bound, multiplier in point.active.items():
        assert multiplier >= 0
        assert point.slack(bound) == 0
        gradient = [g - multiplier * n for g, n in zip(gradient, point._normal(bound), strict=True)]
    assert gradient == [0] * 4
    if missing and (largest := max(missing)):
        scaled = [[float(amount / largest) for amount in side] for side in (missing, room)]
        bounds = [(0, high) for high in scaled[1]]
        total = linprog(np.ones(4), -matrix.astype(float), -np.array(scaled[0]), bounds=bounds).fun
        assert float(sum(point.raises) / largest) == pytest.approx(total, abs=1e-6)


def test_core_payments_where_large_and_small_debts_meet():
    """A winner short of 1e12 and one short of 35 share a constraint; found by drawing markets."""
    rng = np.random.default_rng(4)
    bundles = [tuple(rng.choice(30, rng.integers(1, 5), replace=False).tolist()) for _ in range(60)]
    small = rng.random(60) < 0.6
    prices = np.where(small, rng.integers(1, 100, 60), 10**12 + rng.integers(0, 100, 60))
    outcome = core_payments(BundleBids(np.arange(60), bundles, prices))
    assert outcome.optimal
    paid = outcome.payments[outcome.accepted]
    assert ((paid >= 0) & (paid <= prices[outcome.accepted])).all()


def test_core_payments_take_a_time_limit():
    outcome = core_payments(ISSUE, time_limit=0)
    assert (outcome.optimal, outcome.payments) == (False, None)
    begun = time.monotonic()
    assert core_payments(ISSUE, time_limit=30).optimal
    assert time.monotonic() - begun < 10
