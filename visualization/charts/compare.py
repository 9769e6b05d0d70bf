"""The Compare page's chart: a paired difference that narrows, replication by replication."""

from collections.abc import Mapping, Sequence

from econsim.metrics import Metric
from econsim.visualization.charts.options import Band, Line, Option, lines

Paths = Mapping[str, Mapping[str, Sequence[tuple[float, float, float]]]]


def gap(metric: Metric, first: str, paths: Paths, dark: bool) -> Option:
    """The paired difference of one metric to the first model.

    Parameters
    ----------
    metric : Metric
    first : str
        The model that others are compared with.
    paths : mapping
        Model -> metric -> mean, low and high after each replication.
    dark : bool
    """
    drawn, bands = [], []
    for place, (pricing, path) in enumerate(paths.items()):
        mean, low, high = zip(*path[metric.name], strict=True)
        drawn.append(Line(pricing, mean, color=place))
        bands.append(Band(f"{pricing}: 95 %", low, high, color=place))
    numbers = list(range(1, len(drawn[0].y) + 1))
    zero = Line(f"level with {first}", [0.0] * len(numbers), dashed=True, color=6)
    described = f"paired difference in {metric.label} to {first}, and its interval"
    return lines(
        numbers, [*drawn, zero], x_label="replications", y_label=metric.unit, dark=dark,
        bands=bands, description=described,
    )  # fmt: skip
