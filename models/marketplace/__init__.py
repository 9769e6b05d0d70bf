"""A market of capabilities: buyers search, choose and bid; a pricing model clears every round."""

from econsim.models.marketplace.agents import Buyer, Offer, Seller
from econsim.models.marketplace.model import Marketplace

__all__ = ["Buyer", "Marketplace", "Offer", "Seller"]
