"""Two-sided mechanisms: laws by search over deviations, and Clarke payments by re-solving."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.auctions import k_double_auction, mcafee, trade_reduction, vcg_double
from econsim.errors import BidError, ParameterError

PRICES = st.lists(st.integers(0, 9), max_size=5)
RULES = [mcafee, trade_reduction, vcg_double, k_double_auction]
TRUTHFUL = [mcafee, trade_reduction, vcg_double]


def gains(bids, asks, outcome):
    """Utility of everyone whose values are `bids` and `asks`."""
    values = np.concatenate([bids, -np.array(asks)]).astype(np.int64)
    traded = np.isin(np.arange(len(values)), outcome.winners)
    return np.where(traded, values, 0) - outcome.payments


def most(bids, asks):
    pairs = zip(sorted(bids, reverse=True), sorted(asks), strict=False)
    return sum(max(bid - ask, 0) for bid, ask in pairs)


@pytest.mark.parametrize("rule", RULES)
def test_an_integer_that_would_be_rounded_beside_floats_is_refused(rule):
    """Rounded to 2**53 the ask would meet a bid that is below it."""
    with pytest.raises(BidError, match=r"asks\[0\] = 9007199254740993"):
        rule([float(2**53)], [2**53 + 1])
    assert rule([2**53], [2**53 + 1]).winners.tolist() == []


@pytest.mark.parametrize("rule", RULES)
@given(bids=PRICES, asks=PRICES)
def test_feasible_and_individually_rational(rule, bids, asks):
    outcome = rule(bids, asks)
    buyers = outcome.winners[outcome.winners < len(bids)]
    sellers = outcome.winners[outcome.winners >= len(bids)]
    assert len(buyers) == len(sellers)
    assert (gains(bids, asks, outcome) >= 0).all()
    idle = np.delete(outcome.payments, outcome.winners)
    assert (idle == 0).all()
    assert outcome.welfare == gains(bids, asks, outcome).sum() + outcome.revenue
    assert np.isnan(outcome.price).all() == (len(buyers) == 0)


@pytest.mark.parametrize("rule", TRUTHFUL)
@given(bids=PRICES, asks=PRICES, data=st.data())
def test_no_misreport_pays(rule, bids, asks, data):
    honest = gains(bids, asks, rule(bids, asks))
    for i in range(len(bids) + len(asks)):
        reports = [*bids, *asks]
        reports[i] = data.draw(st.integers(0, 10))
        lie = gains(bids, asks, rule(reports[: len(bids)], reports[len(bids) :]))
        assert lie[i] <= honest[i]


@given(PRICES, PRICES)
def test_vcg_pays_clarke_and_never_balances_above_zero(bids, asks):
    outcome = vcg_double(bids, asks)
    total = most(bids, asks)
    assert outcome.welfare == total
    assert outcome.revenue <= 0
    for i, utility in enumerate(gains(bids, asks, outcome)):
        rest = [*bids, *asks]
        rest.pop(i)
        buyers = len(bids) - (i < len(bids))
        assert utility == total - most(rest[:buyers], rest[buyers:])


@given(PRICES, PRICES)
def test_budgets_in_integers(bids, asks):
    assert k_double_auction(bids, asks).revenue == 0
    assert k_double_auction(bids, asks).welfare == most(bids, asks)
    reduced, adaptive = trade_reduction(bids, asks), mcafee(bids, asks)
    assert 0 <= adaptive.revenue <= reduced.revenue
    assert adaptive.welfare >= reduced.welfare
    assert adaptive.payments.dtype == np.int64
    pairs = len(vcg_double(bids, asks).winners) // 2
    assert len(reduced.winners) // 2 == max(pairs - 1, 0)


@given(PRICES, PRICES, st.sampled_from([0, 0.25, 0.5, 1]))
def test_the_k_price_clears_the_market(bids, asks, k):
    outcome = k_double_auction(bids, asks, k)
    if len(outcome.winners):
        assert sum(bid > outcome.price for bid in bids) <= len(outcome.winners) // 2
        assert sum(ask < outcome.price for ask in asks) <= len(outcome.winners) // 2


@pytest.mark.parametrize("rule", RULES)
@given(bids=PRICES, asks=PRICES, data=st.data())
def test_relabelling_changes_no_gain(rule, bids, asks, data):
    buyers = data.draw(st.permutations(range(len(bids))))
    sellers = data.draw(st.permutations(range(len(asks))))
    order = [*buyers, *(len(bids) + j for j in sellers)]
    there = gains(bids, asks, rule(bids, asks))
    bids, asks = [bids[i] for i in buyers], [asks[j] for j in sellers]
    assert (gains(bids, asks, rule(bids, asks)) == there[order]).all()


def test_the_price_at_k_is_floored_to_the_tick_by_its_decimal_value():
    assert k_double_auction([10], [0], 0.3).price == 3
    assert k_double_auction([10], [3]).price == 6
    assert k_double_auction([10.0], [3.0]).price == 6.5
    assert [k_double_auction([9], [2], k).price for k in (0, 1)] == [2, 9]


def test_what_is_refused():
    with pytest.raises(BidError, match=r"asks\[1\] = -2"):
        mcafee([1], [1, -2])
    with pytest.raises(ParameterError, match=r"k = 1.5"):
        k_double_auction([1], [1], 1.5)
