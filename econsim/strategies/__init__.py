"""Bidding rules: what a buyer bids on a task that it values at v; and pricing rules of sellers."""

from econsim.strategies.base import Bidding, Feedback, Proportional, Shaded, Strategy, Truthful
from econsim.strategies.fixed_rules import EquilibriumFirstPrice, ZeroIntelligence
from econsim.strategies.learners import Exp3, Hedge, Learner, QLearning, RegretMatching
from econsim.strategies.registry import SELLER_STRATEGIES, STRATEGIES
from econsim.strategies.replies import BestReply, PriceFunction
from econsim.strategies.sellers import (
    CostPlus,
    DerivativeFollower,
    FollowSales,
    Posting,
    QPricing,
    SellerStrategy,
)

__all__ = [
    "SELLER_STRATEGIES",
    "STRATEGIES",
    "BestReply",
    "Bidding",
    "CostPlus",
    "DerivativeFollower",
    "EquilibriumFirstPrice",
    "Exp3",
    "Feedback",
    "FollowSales",
    "Hedge",
    "Learner",
    "Posting",
    "PriceFunction",
    "Proportional",
    "QLearning",
    "QPricing",
    "RegretMatching",
    "SellerStrategy",
    "Shaded",
    "Strategy",
    "Truthful",
    "ZeroIntelligence",
]
