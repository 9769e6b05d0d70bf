"""A market of capabilities: buyers search, choose and bid; a pricing model clears every round."""

from econsim.models.marketplace.agents import Buyer, Offer, Seller
from econsim.models.marketplace.columns import Status
from econsim.models.marketplace.interventions import INTERVENTIONS, Intervention
from econsim.models.marketplace.model import Marketplace
from econsim.models.marketplace.service import ServiceLevel

__all__ = [
    "INTERVENTIONS", "Buyer", "Intervention", "Marketplace", "Offer", "Seller", "ServiceLevel",
    "Status",
]  # fmt: skip
