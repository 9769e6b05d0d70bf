"""Bundle bids: brute force as the oracle, core constraints checked over every coalition."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.auctions import (
    BundleBids,
    core_payments,
    generate_instance,
    vcg_combinatorial,
    winner_determination,
)
from econsim.auctions.bundles import as_bids
from econsim.errors import BidError, ParameterError

BUNDLES = st.frozensets(st.sampled_from("ABCDE"), min_size=1)
BIDDER = st.dictionaries(BUNDLES, st.integers(0, 20), max_size=3)
PROFILES = st.lists(BIDDER, max_size=5)


def best(profile, taken=frozenset()):
    """Most that the bidders can get, by trying everything."""
    if not profile:
        return 0
    value = best(profile[1:], taken)
    for bundle, price in profile[0].items():
        if not bundle & taken:
            value = max(value, price + best(profile[1:], taken | bundle))
    return value


def worth_won(profile, outcome):
    """Value of what each bidder gets."""
    bids, values = as_bids(profile), np.zeros(len(profile))
    values[bids.bidder[outcome.accepted]] = bids.prices[outcome.accepted]
    return values


@pytest.mark.parametrize("nodes", [0, 5000])
@settings(max_examples=60)
@given(profile=PROFILES)
def test_efficient_and_clarke_against_brute_force(nodes, profile):
    """With and without the search by bit sets: both ways to solve without a bidder are exact."""
    default, winner_determination._NODES = winner_determination._NODES, nodes
    try:
        outcome = vcg_combinatorial(profile)
    finally:
        winner_determination._NODES = default
    bids = as_bids(profile)
    goods = [good for bid in outcome.accepted for good in bids.bundles[bid]]
    assert len(goods) == len(set(goods))
    assert len(set(bids.bidder[outcome.accepted])) == len(outcome.accepted)
    assert outcome.welfare == bids.prices[outcome.accepted].sum() == best(profile)
    values = worth_won(profile, outcome)
    for i in range(len(profile)):
        others = best(profile[:i] + profile[i + 1 :])
        assert outcome.payments[i] == others - (outcome.welfare - values[i])
    assert outcome.payments.dtype == np.int64
    assert (outcome.payments >= 0).all()
    assert (outcome.payments <= values).all()
    assert outcome.optimal
    assert outcome.bound == outcome.welfare


@settings(max_examples=60)
@given(PROFILES)
def test_core_payments_block_no_coalition_at_the_least_total(profile):
    outcome = core_payments(profile)
    values, payments = worth_won(profile, outcome), outcome.payments
    clarke = vcg_combinatorial(profile).payments
    assert (payments <= values + 1e-6).all()
    assert (payments >= clarke - 1e-6).all()
    constraints = []
    for size in range(len(profile) + 1):
        for group in itertools.combinations(range(len(profile)), size):
            inside = np.isin(np.arange(len(profile)), group)
            offer = best([profile[i] for i in group]) - (values - payments)[inside].sum()
            assert offer <= payments.sum() + 1e-6
            constraints.append((~inside, best([profile[i] for i in group]) - values[inside].sum()))
    lowered = payments - 1e-3 * (payments > clarke + 1e-2)
    if (lowered < payments).any():
        assert any(lowered[outside].sum() < owed - 1e-6 for outside, owed in constraints)


@settings(max_examples=40)
@given(PROFILES.filter(bool), st.data())
def test_no_misreport_pays(profile, data):
    i = data.draw(st.integers(0, len(profile) - 1))
    lie = [data.draw(BIDDER) if k == i else own for k, own in enumerate(profile)]
    honest = vcg_combinatorial(profile)
    gain = worth_won(profile, honest)[i] - honest.payments[i]
    outcome, bids = vcg_combinatorial(lie), as_bids(lie)
    got = [bids.bundles[bid] for bid in outcome.accepted if bids.bidder[bid] == i]
    worth = max((p for b, p in profile[i].items() if got and b <= got[0]), default=0)
    assert worth - outcome.payments[i] <= gain


@settings(max_examples=30)
@given(PROFILES, st.data())
def test_relabelling_changes_no_gain(profile, data):
    order = data.draw(st.permutations(range(len(profile))))
    gains = []
    for market in (profile, [profile[i] for i in order]):
        outcome = vcg_combinatorial(market)
        gains.append(worth_won(market, outcome) - outcome.payments)
    assert gains[1].tolist() == gains[0][list(order)].tolist()


def test_every_way_to_write_the_same_bids():
    forms = [
        [{"AB": 10, "C": 3}, {"A": 8}],
        [[("AB", 10), ("C", 3)], ("A", 8)],
        [(0, {"A", "B"}, 10), (0, ["C"], 3), (1, ("A",), 8)],
        BundleBids([0, 0, 1], ["AB", "C", "A"], [10, 3, 8]),
    ]
    for form in forms:
        outcome = vcg_combinatorial(form)
        assert outcome.welfare == 11
        assert outcome.accepted.tolist() == [1, 2]
        assert outcome.payments.tolist() == [0, 7]


def test_a_string_is_one_good():
    """Words share no goods by sharing letters; neither do states: no good is a single capital."""
    for bids in ([{"apple": 3}, {"pear": 2}], [{"NY": 3}, {"NJ": 2}], [{"ab": 3}, {"a": 2}]):
        outcome = vcg_combinatorial(bids)
        assert outcome.accepted.tolist() == [0, 1]
        assert outcome.payments.tolist() == [0, 0]
    assert as_bids([{"apple": 3}]).bundles == ({"apple"},)
    assert as_bids([{("apple", "pear"): 3}, {"pear": 2}]).bundles == ({"apple", "pear"}, {"pear"})


def test_beside_a_single_capital_capitals_are_letters():
    """The notation of the textbooks: AB is the pair of A and B."""
    assert as_bids([{"A": 1}, {"AB": 3}, {"BC": 2}]).bundles == ({"A"}, set("AB"), set("BC"))
    assert as_bids([{("A",): 1}, {"AB": 3}]).bundles == ({"A"}, set("AB"))
    pairs = as_bids([{"A": 1}, {("AB", "C"): 3}, {"apple": 2}, {"AA": 2}, {"Ab": 2}, {"A1": 1}])
    assert pairs.bundles == ({"A"}, {"AB", "C"}, {"apple"}, {"AA"}, {"Ab"}, {"A1"})


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_size_of_the_money_changes_nothing(scale):
    profile = [{"AB": 10 * scale}, {"A": 8 * scale}, {"B": 8 * scale}]
    np.testing.assert_allclose(vcg_combinatorial(profile).payments, [0, 2 * scale, 2 * scale])
    np.testing.assert_allclose(core_payments(profile).payments, [0, 5 * scale, 5 * scale])


def test_integers_beyond_the_tolerance_of_a_solver():
    much = 10**15
    outcome = vcg_combinatorial([{"A": much}, {"A": much + 1}, {"AB": much + 3}, {"B": 1}])
    assert outcome.accepted.tolist() == [2]
    assert outcome.welfare == much + 3
    assert outcome.payments.tolist() == [0, 0, much + 2, 0]


def test_a_time_limit_gives_a_bound_and_no_payments():
    bids = generate_instance("arbitrary", 30, 120, np.random.default_rng(3))
    outcome = vcg_combinatorial(bids, time_limit=0)
    assert not outcome.optimal
    assert outcome.payments is None
    assert np.isnan(outcome.revenue)
    assert 0 < outcome.welfare <= vcg_combinatorial(bids).welfare <= outcome.bound


def test_a_bid_of_zero_is_accepted_where_it_fits():
    assert vcg_combinatorial([{"A": 0}, {"A": 0}]).accepted.tolist() == [0]


def test_no_bids():
    for outcome in (vcg_combinatorial([]), core_payments([]), vcg_combinatorial([{}, {}])):
        assert outcome.welfare == outcome.revenue == len(outcome.accepted) == 0
        assert outcome.optimal


@pytest.mark.parametrize(
    ("bids", "field"),
    [
        ([{"A": -1}], "bids[0].price"),
        ([{"A": 1}, {"B": float("nan")}], "bids[1].price"),
        ([{(): 1}], "bids[0].goods"),
        ([(-1, "A", 2)], "bids[0].bidder"),
        ([{"A": 1}, 7], "bids[1]"),
        (5, "bids"),
    ],
)
def test_bids_that_are_refused(bids, field):
    with pytest.raises(BidError) as refusal:
        vcg_combinatorial(bids)
    assert refusal.value.field == field


def test_limits_that_are_refused():
    with pytest.raises(ParameterError, match="time_limit"):
        vcg_combinatorial([], time_limit=-1)
