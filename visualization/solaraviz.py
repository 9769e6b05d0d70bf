"""`Marketplace` in Mesa's own SolaraViz: ``solara run econsim.visualization.solaraviz``.

For those who know SolaraViz; it needs ``mesa[viz]``. Visitors share one model here, parameters take
effect on reset, and plots are drawn by matplotlib: the dashboard has none of these limits.
"""

from typing import Any

from mesa.visualization import SolaraViz, make_plot_component

from econsim.models.marketplace import Marketplace
from econsim.pricing import PRICING_MODELS
from econsim.visualization import server

server.prepare()

PLOTS = ("welfare", "efficiency")
PARAMETERS: dict[str, Any] = {
    "rng": {"type": "SliderInt", "value": 1, "min": 0, "max": 99, "step": 1, "label": "Seed"},
    "pricing": {
        "type": "Select", "value": "vickrey", "values": list(PRICING_MODELS), "label": "Pricing",
    },
    "buyers": {
        "type": "SliderInt", "value": 1000, "min": 100, "max": 5000, "step": 100, "label": "Buyers",
    },
}  # fmt: skip

Page = SolaraViz(
    Marketplace(buyers=1000, rng=1),
    components=[make_plot_component(name) for name in PLOTS],
    model_params=PARAMETERS,
    name="Marketplace",
)
