"""The `PricingModel` hierarchy and its registry by name."""

from econsim.pricing.auction import FirstPriceAuction, VickreyAuction
from econsim.pricing.base import (
    Allocation,
    Auction,
    Book,
    Claims,
    Fills,
    Listings,
    Orders,
    Posted,
    PricingModel,
)
from econsim.pricing.exchange import VCG, DoubleAuction
from econsim.pricing.posted import Fixed, PerUnit, Subscription
from econsim.registry import Registry

PRICING_MODELS = Registry(
    "pricing",
    PricingModel,
    {
        model.name: model
        for model in (
            Fixed,
            PerUnit,
            Subscription,
            FirstPriceAuction,
            VickreyAuction,
            VCG,
            DoubleAuction,
        )
    },
    group="econsim.pricing",
)
REGISTRY = PRICING_MODELS  # its former name

__all__ = [
    "PRICING_MODELS",
    "REGISTRY",
    "VCG",
    "Allocation",
    "Auction",
    "Book",
    "Claims",
    "DoubleAuction",
    "Fills",
    "FirstPriceAuction",
    "Fixed",
    "Listings",
    "Orders",
    "PerUnit",
    "Posted",
    "PricingModel",
    "Subscription",
    "VickreyAuction",
]
