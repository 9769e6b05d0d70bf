"""Strategies of buyers and of sellers by name."""

from econsim.registry import Registry
from econsim.strategies.base import Shaded, Strategy, Truthful
from econsim.strategies.fixed_rules import EquilibriumFirstPrice, ZeroIntelligence
from econsim.strategies.learners import Exp3, Hedge, QLearning, RegretMatching
from econsim.strategies.replies import BestReply
from econsim.strategies.sellers import (
    CostPlus,
    DerivativeFollower,
    FollowSales,
    QPricing,
    SellerStrategy,
)

GROUP = "econsim.strategies"
BUYERS = (
    Truthful, Shaded, EquilibriumFirstPrice, ZeroIntelligence,
    Hedge, Exp3, QLearning, RegretMatching,
)  # fmt: skip
SELLERS = (FollowSales, CostPlus, DerivativeFollower, QPricing, BestReply)

STRATEGIES = Registry(
    "strategy",
    Strategy,
    {strategy.name: strategy for strategy in BUYERS},
    group=GROUP,
    others=(SellerStrategy,),
)
SELLER_STRATEGIES = Registry(
    "seller_strategy",
    SellerStrategy,
    {strategy.name: strategy for strategy in SELLERS},
    group=GROUP,
    others=(Strategy,),
)
