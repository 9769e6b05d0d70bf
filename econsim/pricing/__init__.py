"""The `PricingModel` hierarchy and its registry by name."""

from typing import Any

from econsim.auctions.claims import Claim
from econsim.errors import ParameterError, one_of
from econsim.pricing.auction import FirstPriceAuction, VickreyAuction
from econsim.pricing.base import (
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
from econsim.pricing.exchange import VCG, DoubleAuction
from econsim.pricing.posted import Fixed, PerUnit, Subscription

REGISTRY: dict[str, type[PricingModel]] = {
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
}


def pricing_model(given: Any) -> PricingModel:
    """A `PricingModel` from a registered name, a class or an instance.

    Raises
    ------
    ParameterError
        If the name is not registered, or `given` is something else.
    """
    if isinstance(given, PricingModel):
        return given
    if isinstance(given, type) and issubclass(given, PricingModel):
        return given()
    if not isinstance(given, str):
        raise ParameterError("pricing", given, "a name, a PricingModel, or a mapping of them")
    return REGISTRY[one_of("pricing", given, REGISTRY)]()


__all__ = [
    "REGISTRY",
    "VCG",
    "Allocation",
    "Auction",
    "Book",
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
    "Subscription",
    "VickreyAuction",
    "pricing_model",
]
