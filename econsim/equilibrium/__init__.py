"""Equilibrium: of bidding, and of markets."""

from econsim.equilibrium.certificate import certify
from econsim.equilibrium.closed import closed_form
from econsim.equilibrium.fisher import eisenberg_gale, proportional_response
from econsim.equilibrium.market import MarketEquilibrium, market_equilibrium
from econsim.equilibrium.outcome import Certificate, EquilibriumOutcome, Outlook
from econsim.equilibrium.shading import GRID, Shading, deviations, symmetric_shading
from econsim.equilibrium.stability import gross_substitutes, outlook, step_bound
from econsim.equilibrium.tatonnement import tatonnement
from econsim.equilibrium.two_goods import all_equilibria
from econsim.preferences.economies import Economy, ExchangeEconomy, FisherMarket

__all__ = [
    "GRID",
    "Certificate",
    "Economy",
    "EquilibriumOutcome",
    "ExchangeEconomy",
    "FisherMarket",
    "MarketEquilibrium",
    "Outlook",
    "Shading",
    "all_equilibria",
    "certify",
    "closed_form",
    "deviations",
    "eisenberg_gale",
    "gross_substitutes",
    "market_equilibrium",
    "outlook",
    "proportional_response",
    "step_bound",
    "symmetric_shading",
    "tatonnement",
]
