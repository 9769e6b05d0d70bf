"""Bidding rules: what a buyer bids on a task that it values at v."""

from econsim.strategies.base import STRATEGIES, Shaded, Truthful, strategy

__all__ = ["STRATEGIES", "Shaded", "Truthful", "strategy"]
