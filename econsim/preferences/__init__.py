"""Preferences: quantile tables of valuations, utility functions, and who owns what."""

from econsim.preferences.economies import Economy, ExchangeEconomy, FisherMarket
from econsim.preferences.utilities import CES, CobbDouglas, Leontief, Linear, Preferences
from econsim.preferences.valuations import Category, median_task_value, table_quantile

__all__ = [
    "CES",
    "Category",
    "CobbDouglas",
    "Economy",
    "ExchangeEconomy",
    "FisherMarket",
    "Leontief",
    "Linear",
    "Preferences",
    "median_task_value",
    "table_quantile",
]
