"""Masked, missing and odd arrays: refused by name wherever a public function takes an array."""

import numpy as np
import pandas as pd
import pytest

from econsim import auctions, equilibrium, money, numbers, stats, trust
from econsim.errors import ParameterError
from econsim.experiments.attack import rank_error
from econsim.experiments.calibrate import product_limit_quantiles
from econsim.experiments.ebay_proxy import increment, proxy_price
from econsim.population import Population
from econsim.preferences import CobbDouglas, table_quantile
from econsim.streams import Streams, normal_quantile

BIDS = np.ma.array([1.0, 9.0, 3.0], mask=[0, 1, 0])
WHOLE = np.ma.array([1, 9, 3], mask=[0, 1, 0])
TABLE = np.ma.array(np.eye(3), mask=np.eye(3) > 2)  # a mask that hides nothing is refused, too


def population():
    people = Population({"wallet": np.int64})
    people.add(3)
    return people


CALLS = {
    "first_price": lambda: auctions.first_price(BIDS),
    "second_price": lambda: auctions.second_price(WHOLE),
    "all_pay": lambda: auctions.all_pay(BIDS),
    "kth_price": lambda: auctions.kth_price(BIDS, 3),
    "reserve": lambda: auctions.second_price([1, 2], reserve=np.ma.masked),
    "mcafee": lambda: auctions.mcafee([3, 4, 5], BIDS),
    "k_double": lambda: auctions.k_double_auction(BIDS, [1, 2]),
    "uniform_price": lambda: auctions.uniform_price([WHOLE, WHOLE], 2),
    "vickrey_multiunit": lambda: auctions.vickrey_multiunit(TABLE, 2),
    "position": lambda: auctions.position_auction(BIDS, [2, 1]),
    "clicks": lambda: auctions.position_auction([2, 1], BIDS),
    "assignment": lambda: auctions.vcg_assignment(TABLE),
    "assignment reserve": lambda: auctions.vcg_assignment(np.eye(3), reserve=BIDS),
    "sparse": lambda: auctions.vcg_sparse_assignment(WHOLE, [0, 0, 0], [1, 1, 1], [1]),
    "bundle prices": lambda: auctions.BundleBids([0, 1, 2], ["A", "B", "C"], BIDS),
    "bundle bidder": lambda: auctions.BundleBids(WHOLE, ["A", "B", "C"], [1, 2, 3]),
    "order": lambda: auctions.ContinuousDoubleAuction().submit("buy", np.ma.masked),
    "preferences": lambda: CobbDouglas(TABLE),
    "quantile": lambda: table_quantile([0.0, 1.0], BIDS),
    "equilibrium": lambda: equilibrium.market_equilibrium(WHOLE, [0, 0, 0], [1], [0, 1]),
    "beta": lambda: trust.beta_mean(WHOLE, [1, 1, 1]),
    "score": lambda: trust.ExponentialTrust().confidence(WHOLE),
    "eigentrust": lambda: trust.eigentrust(TABLE, pretrust=[0]),
    "pretrust": lambda: trust.eigentrust(np.ones((3, 3)), pretrust=WHOLE),
    "interval": lambda: stats.interval(BIDS),
    "paired": lambda: stats.paired_difference([1, 2, 3], BIDS),
    "mser5": lambda: stats.mser5(np.ma.array(np.arange(50.0), mask=False)),
    "ticks": lambda: money.to_ticks(BIDS),
    "credits": lambda: money.to_credits(WHOLE),
    "exp": lambda: numbers.exp(BIDS),
    "log": lambda: numbers.log(BIDS),
    "stream ids": lambda: Streams(1).uniform(1, 0, WHOLE),
    "stream integers": lambda: Streams(1).integers(1, 0, WHOLE, bound=3),
    "stream chance": lambda: Streams(1).bernoulli(1, 0, [1, 2, 3], p=BIDS / 9),
    "normal": lambda: normal_quantile(BIDS / 10),
    "column": lambda: population().add(3, wallet=WHOLE),
    "ids": lambda: population().rows(WHOLE),
    "mask": lambda: population().where(np.ma.array([True, True, False], mask=[0, 1, 0])),
    "increment": lambda: increment(BIDS),
    "proxy": lambda: proxy_price(BIDS, [1, 2, 3]),
    "values": lambda: product_limit_quantiles(BIDS, [False] * 3, [0.5]),
    "rank error": lambda: rank_error(BIDS, [0.1, 0.2, 0.3]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_masked_arrays_are_refused(call):
    with pytest.raises(ParameterError) as refusal:
        call()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, np.nan])
def test_a_missing_bid_is_named_with_its_place(missing):
    """Object arrays of pandas and of Python: what is no number is refused where it stands."""
    for bids in ([1, missing, 3], np.array([1, missing, 3], dtype=object)):
        with pytest.raises(ParameterError, match=r"bids\[1\]"):
            auctions.second_price(bids)
        with pytest.raises(ParameterError, match=r"bids\[1\]"):
            auctions.mcafee(bids, [1, 2])


def test_whole_pandas_columns_are_taken():
    for dtype in ("Int64", "int64", "Float64", "object"):
        bids = pd.Series([1, 9, 3], dtype=dtype)
        assert auctions.second_price(bids).payments.tolist() == [0, 3, 0]
        assert auctions.mcafee(bids, [1, 2]).welfare == 8
    with pytest.raises(ParameterError, match=r"bids\[1\]"):
        auctions.second_price(pd.Series([1, None, 3], dtype="Int64"))
    missing = pd.Series([1, None, 5], dtype="Int64")  # a replication without a value is left out
    assert stats.paired_difference([1, 2, 4], missing.astype("Float64")).n == 2
