"""Published results for a single item, by simulation; tolerances are four standard errors."""

import numpy as np
import pytest

from econsim.auctions import all_pay, first_price, kth_price, second_price

AUCTIONS = 4000


def revenue(rule, n, bid, seed=0, **keywords):
    """Mean revenue of `rule` over auctions with n uniform values, and its standard error."""
    values = np.random.default_rng(seed).random((AUCTIONS, n))
    taken = [rule(bid(row), **keywords).revenue for row in values]
    return np.mean(taken), np.std(taken, ddof=1) / np.sqrt(AUCTIONS)


def close(found, expected):
    mean, error = found
    return abs(mean - expected) < 4 * error


@pytest.mark.parametrize("n", [2, 3, 5])
def test_revenue_equivalence_of_uniform_bidders(n):
    """Krishna, Auction Theory (2nd ed. 2010), examples 2.1, 3.1, section 3.2.1: (n - 1)/(n + 1)."""
    expected = (n - 1) / (n + 1)
    assert close(revenue(first_price, n, lambda v: (n - 1) / n * v), expected)
    assert close(revenue(second_price, n, lambda v: v), expected)
    assert close(revenue(all_pay, n, lambda v: (n - 1) / n * v**n), expected)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_truthful_bids_into_a_first_price_auction_raise_n_over_n_plus_1(n):
    """No equilibrium, and not (n - 1)/(n + 1): the mean of the highest of n uniform values."""
    found = revenue(first_price, n, lambda v: v)
    assert close(found, n / (n + 1))
    assert not close(found, (n - 1) / (n + 1))


def test_the_optimal_reserve_of_two_uniform_bidders_raises_5_twelfths():
    """Myerson 1981, Optimal auction design: reserve 1/2 gives 5/12 instead of 1/3."""
    assert close(revenue(second_price, 2, lambda v: v, reserve=0.5), 5 / 12)
    assert close(revenue(second_price, 2, lambda v: v), 1 / 3)


def test_third_price_bidders_bid_above_their_value():
    """Krishna, section 3.2.2: (n - 1)/(n - 2) x value for uniform values, the same revenue."""
    n = 4
    found = revenue(kth_price, n, lambda v: (n - 1) / (n - 2) * v, k=3)
    assert close(found, (n - 1) / (n + 1))
