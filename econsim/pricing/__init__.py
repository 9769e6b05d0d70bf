"""The `PricingModel` hierarchy and its registry by name."""

from econsim.auctions.claims import Claim
from econsim.pricing.auction import FirstPriceAuction, VickreyAuction
from econsim.pricing.base import (
    MOST_KEPT,
    Allocation,
    Auction,
    Book,
    ContractTerms,
    Exchange,
    Fills,
    Listings,
    Orders,
    Posted,
    PricingModel,
)
from econsim.pricing.exchange import VCG, CallAuction, DoubleAuction, TwoSidedAuction
from econsim.pricing.posted import Fixed, PerUnit, Subscription, TwoPart
from econsim.pricing.scoring import ScoringAuction
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
            CallAuction,
            ScoringAuction,
            TwoPart,
        )
    },
    group="econsim.pricing",
)
REGISTRY = PRICING_MODELS  # its former name

__all__ = [
    "MOST_KEPT",
    "PRICING_MODELS",
    "REGISTRY",
    "VCG",
    "Allocation",
    "Auction",
    "Book",
    "CallAuction",
    "Claim",
    "ContractTerms",
    "DoubleAuction",
    "Exchange",
    "Fills",
    "FirstPriceAuction",
    "Fixed",
    "Listings",
    "Orders",
    "PerUnit",
    "Posted",
    "PricingModel",
    "ScoringAuction",
    "Subscription",
    "TwoPart",
    "TwoSidedAuction",
    "VickreyAuction",
]
