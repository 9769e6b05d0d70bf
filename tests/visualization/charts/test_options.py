"""Charts are pure functions: what they are given is what they show, with its units, in JSON."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.palette import theme
from econsim.visualization.charts.options import Band, Line, Path, bars, histogram, lines, paths

values = st.lists(st.none() | st.floats(allow_infinity=True, allow_nan=True), max_size=5)
SAID = {"x_label": "round", "y_label": "credits", "description": "what is seen"}


def drawn(y, dark):
    """A chart of each kind from the same numbers."""
    x = list(range(len(y)))
    yield lines(x, [Line("one", y)], bands=[Band("area", y, y)], dark=dark, **SAID)
    yield bars([str(k) for k in x], [Line("one", y)], stacked=True, dark=dark, **SAID)
    yield paths([Path("one", list(zip(x, y, strict=True)))], dark=dark, **SAID)
    yield histogram([0.0, *range(1, len(y) + 1)], [Line("one", y)], dark=dark, **SAID)


@given(values, st.booleans())
def test_every_chart_is_json_with_its_axes_and_a_description(y, dark):
    for option in drawn(y, dark):
        json.dumps(option, allow_nan=False)
        assert option["xAxis"]["name"] == "round"
        assert option["yAxis"]["name"] == "credits"
        assert option["aria"]["label"]["description"] == "what is seen"
        assert option["animation"] is False
        assert option["color"] == list(theme(dark).series)


@given(values)
def test_what_is_not_finite_is_a_gap_and_the_rest_is_as_given(y):
    shown = lines(list(range(len(y))), [Line("one", y)], dark=False, **SAID)["series"][0]["data"]
    expected = [None if v is None or not math.isfinite(v) else v for v in y]
    assert shown == expected


@pytest.mark.parametrize("dark", [False, True])
def test_a_series_has_the_colour_of_its_place_unless_it_names_another(dark):
    series = [Line("one", [1.0]), Line("two", [2.0]), Line("three", [3.0], color=0)]
    shown = lines([1], series, dark=dark, **SAID)["series"]
    colors = [each["itemStyle"]["color"] for each in shown]
    assert colors == [theme(dark).color(place) for place in (0, 1, 0)]


def test_a_long_legend_leaves_the_chart_its_room():
    many = [Line(f"a series with a long name {k}", [1.0]) for k in range(30)]
    option = lines([1], many, dark=False, **SAID)
    assert option["legend"]["type"] == "scroll"
    assert option["grid"]["top"] == 36 + 18 * 7
