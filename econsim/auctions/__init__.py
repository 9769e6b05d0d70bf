"""Mechanisms as pure functions on arrays: they know nothing of Mesa or of the marketplace."""

from econsim.auctions.assignment import AssignmentOutcome, vcg_assignment, vcg_sparse_assignment
from econsim.auctions.bundles import BundleBids, as_bids
from econsim.auctions.cats import read_cats, write_cats
from econsim.auctions.combinatorial import CombinatorialOutcome, vcg_combinatorial
from econsim.auctions.continuous import ContinuousDoubleAuction, Trade
from econsim.auctions.core import core_payments
from econsim.auctions.double import (
    DoubleOutcome,
    k_double_auction,
    mcafee,
    trade_reduction,
    vcg_double,
)
from econsim.auctions.generators import generate_instance
from econsim.auctions.multiunit import (
    MultiunitOutcome,
    discriminatory,
    uniform_price,
    vickrey_multiunit,
)
from econsim.auctions.position import PositionOutcome, position_auction
from econsim.auctions.scoring import ScoringOutcome, second_score
from econsim.auctions.sealed import SealedOutcome, all_pay, first_price, kth_price, second_price

__all__ = [
    "AssignmentOutcome",
    "BundleBids",
    "CombinatorialOutcome",
    "ContinuousDoubleAuction",
    "DoubleOutcome",
    "MultiunitOutcome",
    "PositionOutcome",
    "ScoringOutcome",
    "SealedOutcome",
    "Trade",
    "all_pay",
    "as_bids",
    "core_payments",
    "discriminatory",
    "first_price",
    "generate_instance",
    "k_double_auction",
    "kth_price",
    "mcafee",
    "position_auction",
    "read_cats",
    "second_price",
    "second_score",
    "trade_reduction",
    "uniform_price",
    "vcg_assignment",
    "vcg_combinatorial",
    "vcg_double",
    "vcg_sparse_assignment",
    "vickrey_multiunit",
    "write_cats",
]
