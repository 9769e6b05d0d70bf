"""What a round records: its integers, and the inputs of the other metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from econsim.metrics import dispersion
from econsim.models.marketplace.contracts import terms
from econsim.models.marketplace.delivery import Service
from econsim.pricing import Fills, Orders

if TYPE_CHECKING:
    from econsim.models.marketplace.model import Marketplace


def record(
    model: Marketplace, worth: Any, served: Service, orders: Orders, fills: Fills
) -> dict[str, Any]:
    """10. Record what was sold, served and delivered, and who gained by it.

    Deliveries, refunds and renewals that happened since the last record are in this one.
    """
    tally, cost = model.tally, model.sellers["cost"][served.seller]
    paid = int(fills.payment.sum()) + tally["paid"]
    received = int(fills.receipt.sum()) + tally["received"]
    gains, trust = int(worth[served.buyer].sum()) - int(cost.sum()), model.sellers["trust"]
    return {
        "orders": len(orders),
        "trades": len(served.buyer),
        "sales": len(fills.order),
        "delivered": tally["delivered"],
        "revenue": received,
        "retained": paid - received,
        "buyer_surplus": tally["worth"] + tally["refunds"] + tally["subsidy"] - paid,
        "subsidy": tally["subsidy"],
        "seller_profit": received - tally["refunds"] - int(cost.sum()),
        "gains": gains,
        "contracts": len(model.contracts),
        **{name: tally[name] for name in ("ended", "breaches", "refunds", "renewable", "churned")},
        "dispersion": _dispersion(model, fills),
        "mean_trust": float(trust.mean()) if len(trust) else float("nan"),
        **_distance(model, fills),
    }


def _dispersion(model: Marketplace, fills: Fills) -> float:
    category = model.sellers["category"][fills.listing]
    return dispersion(fills.payment, category, len(model.categories))


def _distance(model: Marketplace, fills: Fills) -> dict[str, Any]:
    """How far the mean price of a task lies outside the competitive band, by category."""
    single = terms(model)[model.sellers["pricing"][fills.listing]] == 0
    category, payment = model.sellers["category"][fills.listing[single]], fills.payment[single]
    sales = np.bincount(category, minlength=len(model.categories))
    paid = np.bincount(category, weights=payment, minlength=len(sales))
    mean = np.divide(paid, sales, out=np.full(len(sales), np.nan), where=sales > 0)
    assert model.equilibrium is not None  # the round that is being recorded found it
    distance = model.equilibrium.distance(mean)
    known = np.isfinite(distance)
    return {
        "priced": int(sales[known].sum()),
        "distance": float((sales[known] * distance[known]).sum()),
    }
