"""Mechanisms as pure functions on arrays: they know nothing of Mesa or of the marketplace."""

from econsim.auctions.assignment import AssignmentOutcome, vcg_assignment, vcg_sparse_assignment
from econsim.auctions.double import (
    DoubleOutcome,
    k_double_auction,
    mcafee,
    trade_reduction,
    vcg_double,
)
from econsim.auctions.multiunit import (
    MultiunitOutcome,
    discriminatory,
    uniform_price,
    vickrey_multiunit,
)
from econsim.auctions.position import PositionOutcome, position_auction

__all__ = [
    "AssignmentOutcome",
    "DoubleOutcome",
    "MultiunitOutcome",
    "PositionOutcome",
    "discriminatory",
    "k_double_auction",
    "mcafee",
    "position_auction",
    "trade_reduction",
    "uniform_price",
    "vcg_assignment",
    "vcg_double",
    "vcg_sparse_assignment",
    "vickrey_multiunit",
]
