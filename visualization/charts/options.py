"""Options of ECharts, as plain dictionaries: pure functions of the numbers they show.

Every chart has labelled axes with their units, a description for screen readers, colours that keep
their contrast on a light and on a dark page, and no animation, as live data would never let it end.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from econsim.digits import rounded
from econsim.palette import Palette, theme

Option = dict[str, Any]
NARROW, MOST_ROWS = 300, 7  # pixels, lines of a legend


@dataclass(frozen=True)
class Line:
    """A series by name: one y for each x of its chart, None or NaN for a gap.

    ``color`` is a place in the palette, by default that of the series in its chart.
    """

    name: str
    y: Sequence[float | None]
    dashed: bool = False
    color: int | None = None


@dataclass(frozen=True)
class Band:
    """An area between two series; ``color`` as in `Line`."""

    name: str
    low: Sequence[float | None]
    high: Sequence[float | None]
    color: int = 0


@dataclass(frozen=True)
class Path:
    """A series of points (x, y); joined by lines if ``joined``, marked if ``marked``.

    ``width`` of a line is in pixels: a wide one shows beside a narrow one that lies upon it.
    """

    name: str
    points: Sequence[tuple[float, float]]
    joined: bool = True
    marked: bool = False
    dashed: bool = False
    color: int | None = None
    width: float = 2


def clean(values: Iterable[Any]) -> list[float | None]:
    """Floats for JSON: what is not finite becomes None, which is a gap."""
    return [None if v is None or not math.isfinite(v) else float(v) for v in values]


def lines(
    x: Sequence[Any],
    series: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    dark: bool,
    description: str,
    bands: Sequence[Band] = (),
    y_low: float | None = None,
    y_high: float | None = None,
) -> Option:
    """Lines over a common x.

    Parameters
    ----------
    x : sequence of n labels or numbers
    series : sequence of `Line`, of n values each
    x_label, y_label : str, with units
    dark : bool
    description : str
        What a screen reader says.
    bands : sequence of `Band`, of n values each
    y_low, y_high : float, optional
        Fixed ends of the y axis.
    """
    colors = theme(dark)
    option = _frame(colors, description, [s.name for s in series] + [b.name for b in bands])
    category = {"type": "category", "data": list(x), "boundaryGap": False}
    option["xAxis"] = {**_x_axis(colors, x_label), **category}
    option["yAxis"] = {**_y_axis(colors, y_label), "min": y_low, "max": y_high}
    drawn = [_line(colors, index, line) for index, line in enumerate(series)]
    areas = [_band(colors, index, band) for index, band in enumerate(bands)]
    option["series"] = [part for area in areas for part in area] + drawn
    return option


def paths(
    series: Sequence[Path],
    *,
    x_label: str,
    y_label: str,
    dark: bool,
    description: str,
    x_range: tuple[float | None, float | None] = (None, None),
    y_range: tuple[float | None, float | None] = (None, None),
) -> Option:
    """Points and paths in the plane, as `lines` otherwise."""
    colors = theme(dark)
    option = _frame(colors, description, [path.name for path in series])
    ends = {"type": "value", "min": x_range[0], "max": x_range[1], "scale": True}
    option["xAxis"] = {**_x_axis(colors, x_label), **ends}
    option["yAxis"] = {**_y_axis(colors, y_label), "min": y_range[0], "max": y_range[1]}
    option["tooltip"] = {**option["tooltip"], "trigger": "item"}
    option["series"] = [_path(colors, index, path) for index, path in enumerate(series)]
    return option


def bars(
    labels: Sequence[str],
    series: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    dark: bool,
    description: str,
    stacked: bool = False,
    narrow: bool = False,
) -> Option:
    """Bars over labels; ``narrow`` leaves no gaps between them, as in a histogram."""
    option = lines(
        labels, series, x_label=x_label, y_label=y_label, dark=dark, description=description
    )
    option["xAxis"]["boundaryGap"] = True
    option["yAxis"]["scale"] = False
    for drawn in option["series"]:
        drawn |= {"type": "bar", "barCategoryGap": "4%" if narrow else "30%"}
        drawn |= {"stack": "all"} if stacked else {}
    return option


def histogram(
    edges: Sequence[float],
    series: Sequence[Line],
    *,
    x_label: str,
    y_label: str,
    dark: bool,
    description: str,
) -> Option:
    """Counts between n + 1 edges, of n values a series."""
    labels = [rounded(low) for low in edges[:-1]]
    return bars(
        labels, series, x_label=x_label, y_label=y_label, dark=dark, description=description,
        narrow=True,
    )  # fmt: skip


def _frame(colors: Palette, description: str, names: Sequence[str]) -> Option:
    """What all charts have in common."""
    shown = list(dict.fromkeys(names))
    rows = min(_rows(shown), MOST_ROWS)
    return {
        "animation": False,
        "aria": {"enabled": True, "label": {"description": description}},
        "backgroundColor": "transparent",
        "color": list(colors.series),
        "grid": {"left": 12, "right": 18, "top": 36 + 18 * rows, "bottom": 24,
                 "containLabel": True},
        "legend": _legend(colors, shown, "plain" if rows < MOST_ROWS else "scroll"),
        "textStyle": {"fontFamily": "Roboto, Arial, sans-serif"},
        "toolbox": _toolbox(colors),
        "tooltip": {
            "trigger": "axis", "backgroundColor": colors.surface, "borderColor": colors.line,
            "confine": True, "textStyle": {"color": colors.muted, "fontSize": 12},
        },
    }  # fmt: skip


def _legend(colors: Palette, names: Sequence[str], kind: str) -> Option:
    text = {"color": colors.muted}
    return {
        "data": names, "type": kind, "top": 0, "left": 0, "width": "86%", "itemWidth": 18,
        "itemHeight": 8, "itemGap": 8, "pageIconColor": colors.muted, "textStyle": text,
        "pageTextStyle": text,
    }  # fmt: skip


def _toolbox(colors: Palette) -> Option:
    """An arrow that saves the chart as a picture."""
    picture = {
        "title": "Save as PNG", "backgroundColor": colors.surface, "pixelRatio": 2,
        "excludeComponents": ["toolbox"],
    }  # fmt: skip
    return {
        "top": -4, "right": 0, "itemSize": 12, "iconStyle": {"borderColor": colors.muted},
        "feature": {"saveAsImage": picture},
    }  # fmt: skip


def _rows(names: Sequence[str]) -> int:
    """Lines that a legend takes in a narrow chart."""
    rows, used = 1, 0
    for name in names:
        wide = 32 + 7 * len(name)
        rows, used = (rows + 1, wide) if used and used + wide > NARROW else (rows, used + wide)
    return rows


def _x_axis(colors: Palette, label: str) -> Option:
    return {**_axis(colors, label), "nameLocation": "middle", "nameGap": 26}


def _y_axis(colors: Palette, label: str) -> Option:
    """Its name stands above it, from the left edge on, so that nothing cuts it."""
    axis = _axis(colors, label)
    axis["nameTextStyle"] |= {"align": "left", "padding": [0, 0, 0, -8]}
    return {**axis, "type": "value", "nameLocation": "end", "nameGap": 10, "scale": True}


def _axis(colors: Palette, label: str) -> Option:
    return {
        "name": label,
        "nameTextStyle": {"color": colors.muted, "fontSize": 12},
        "axisLine": {"lineStyle": {"color": colors.line}},
        "axisLabel": {"color": colors.muted, "hideOverlap": True},
        "splitLine": {"lineStyle": {"color": colors.line}},
    }


def _line(colors: Palette, index: int, line: Line) -> Option:
    color = colors.color(index if line.color is None else line.color)
    return {
        "type": "line", "name": line.name, "data": clean(line.y), "showSymbol": len(line.y) < 3,
        "itemStyle": {"color": color},
        "lineStyle": {"color": color, "width": 2, "type": "dashed" if line.dashed else "solid"},
    }  # fmt: skip


def _band(colors: Palette, index: int, band: Band) -> list[Option]:
    """Two stacked series: its floor, and its height on top; edges are drawn, as it may be thin."""
    low, high = clean(band.low), clean(band.high)
    height = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    color = colors.color(band.color)
    shared = {
        "type": "line", "name": band.name, "showSymbol": False, "stack": f"band {index}",
        "stackStrategy": "all", "itemStyle": {"color": color}, "tooltip": {"show": False},
        "lineStyle": {"color": color, "width": 1, "type": "dotted"},
    }  # fmt: skip
    area = {"color": color, "opacity": 0.25}
    return [{**shared, "data": low}, {**shared, "data": height, "areaStyle": area}]


def _path(colors: Palette, index: int, path: Path) -> Option:
    color = colors.color(index if path.color is None else path.color)
    return {
        "type": "line" if path.joined else "scatter",
        "z": 2 if path.joined else 5,
        "name": path.name,
        "data": [clean(point) for point in path.points],
        "showSymbol": path.marked or not path.joined,
        "symbolSize": 7,
        "itemStyle": {"color": color},
        "lineStyle": {
            "color": color, "width": path.width, "type": "dashed" if path.dashed else "solid",
        },
    }  # fmt: skip
