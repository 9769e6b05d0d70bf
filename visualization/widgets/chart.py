"""The chart of an option, live."""

import json
from collections.abc import Callable
from typing import Any

import solara
from solara.components.echarts import EchartsWidget


class ChartWidget(EchartsWidget):
    """Solara's ECharts widget with a front end that repaints less.

    Its option is JSON text: Reacton would look for elements in every number of a dictionary, which
    took most of the time of a frame.
    """

    template_file = (__file__, "vue/chart.vue")


@solara.component
def Chart(
    option: dict, height: int = 250, on_click: Callable[[Any], None] = lambda event: None
) -> None:
    """A live chart of `econsim.visualization.charts.options`."""
    described = option["aria"]["label"]["description"]
    look = f"height: {height}px; width: 100%"
    attributes = {"style": look, "role": "img", "aria-label": described}
    text = json.dumps(option, allow_nan=False, separators=(",", ":"))
    ChartWidget.element(option=text, on_click=on_click, attributes=attributes)
