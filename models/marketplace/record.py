"""Step 10 of a round: its integers, and the inputs of the other metrics."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from econsim.arrays import Ints
from econsim.equilibrium import MarketEquilibrium
from econsim.metrics import dispersion
from econsim.models.marketplace.delivery import Service
from econsim.models.marketplace.state import State
from econsim.pricing import Fills, Orders


def record(
    state: State, worth: Ints, served: Service, orders: Orders, fills: Fills
) -> dict[str, Any]:
    """10. Record what was sold, served and delivered, and who gained by it.

    Deliveries, refunds and renewals that happened since the last record are in this one.
    """
    flows, tally, trust = state.ledger.flows, state.tally, state.sellers["trust"]
    return {
        "orders": len(orders),
        "trades": len(served),
        "sales": len(fills.order),
        "delivered": tally["delivered"],
        **_accounts(flows, tally),
        "gains": int(worth[served.buyer].sum()) - flows["cost"],
        "contracts": len(state.contracts),
        **{name: tally[name] for name in ("ended", "breaches", "renewable", "churned")},
        "mean_trust": float(trust.mean()) if len(trust) else float("nan"),
    }


def _accounts(flows: Counter[str], tally: Counter[str]) -> dict[str, int]:
    """Who gained how much, ticks."""
    return {
        "worth": tally["worth"],
        "cost": flows["cost"],
        "injected": flows["income"] + flows["subsidy"],
        "revenue": flows["received"],
        "retained": flows["fees"] + flows["kept"],
        "buyer_surplus": tally["worth"] + flows["refunds"] + flows["subsidy"] - flows["paid"],
        "subsidy": flows["subsidy"],
        "refunds": flows["refunds"],
        "seller_profit": flows["received"] - flows["refunds"] - flows["cost"],
    }


def prices(
    state: State, term: Ints, fills: Fills, competitive: MarketEquilibrium
) -> dict[str, Any]:
    """How payments spread within a category, and how far they lie outside the competitive band.

    `term` is that of each pricing model; the band is that of single tasks.
    """
    category, pricing = state.sellers["category"][fills.listing], state.sellers["pricing"]
    count = len(competitive.low)
    single = term[pricing[fills.listing]] == 0
    sales = np.bincount(category[single], minlength=count)
    paid = np.bincount(category[single], weights=fills.payment[single], minlength=count)
    mean = np.divide(paid, sales, out=np.full(count, np.nan), where=sales > 0)
    distance = competitive.distance(mean)
    known = np.isfinite(distance)
    return {
        "dispersion": dispersion(fills.payment, category, count),
        "priced": int(sales[known].sum()),
        "distance": float((sales[known] * distance[known]).sum()),
    }
