"""Service levels: what listings promise, and how deliveries go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.errors import ParameterError, one_of, real
from econsim.models.marketplace.limits import pair
from econsim.streams import Purpose, Streams

LONGEST = 1000.0


@dataclass(frozen=True)
class ServiceLevel:
    """What listings promise, and how deliveries go.

    Attributes
    ----------
    promised : float in [0, 1]
        Success rate that a contract promises; fewer successes over its term breach it.
    bound : float > 0, rounds
        A delivery that takes longer is a timeout, and worth nothing.
    penalty : float in [0, 1]
        Share of the payment that a breach refunds.
    latency : pair of float, rounds
        Sellers' mean latencies are uniform between the two; latencies are exponential.
    partial : float in [0, 1]
        Of the deliveries that fail, the share of those that fail in part: a uniform share of the
        task is then worthless.
    """

    promised: float = 0.9
    bound: float = 1.0
    penalty: float = 0.5
    latency: tuple[float, float] = (0.1, 0.4)
    partial: float = 0.5

    def __post_init__(self) -> None:
        for name in ("promised", "penalty", "partial"):
            object.__setattr__(self, name, real(name, getattr(self, name), 0, 1))
        object.__setattr__(self, "bound", real("bound", self.bound, 1e-3, LONGEST))
        object.__setattr__(self, "latency", pair("latency", self.latency, 0, LONGEST))

    def columns(self, streams: Streams, ids: Ints) -> dict[str, Floats]:
        """Service columns of new sellers."""
        low, high = self.latency
        drawn = low + (high - low) * streams.uniform(Purpose.LATENCY, 0, ids)
        same = {name: getattr(self, name) for name in ("promised", "bound", "penalty")}
        return {
            **{name: np.full(len(ids), value) for name, value in same.items()},
            "latency": drawn,
        }


def service_level(spec: ServiceLevel | Mapping[str, Any] | None) -> ServiceLevel | None:
    """A service level from a mapping of its entries, itself, or None.

    Raises
    ------
    ParameterError
    """
    if spec is None or isinstance(spec, ServiceLevel):
        return spec
    if not isinstance(spec, Mapping):
        raise ParameterError("service", spec, "a ServiceLevel, a table of its entries, or None")
    for name in spec:
        one_of("service entry", name, [entry.name for entry in fields(ServiceLevel)])
    return ServiceLevel(**spec)
