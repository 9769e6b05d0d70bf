"""Calibration: the estimator against its source, the packaged scenario against the data."""

import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.errors import DataError, ParameterError
from econsim.experiments.calibrate import (
    Calibration,
    calibrate,
    product_limit_quantiles,
    scenario_toml,
    write_scenario,
)
from econsim.experiments.histories import read_histories
from econsim.preferences import Category
from econsim.scenario import load

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "ebay_bids.csv"
real = pytest.mark.skipif(
    not SHARED.exists(), reason="../shared/data/ebay_bids.csv is not here: not ours to redistribute"
)
DATA = resources.files("econsim") / "data"
HEADER = "auction,item,opening_bid,final_price,bidder,bid"


@pytest.fixture
def calibrated(tmp_path):
    """Calibrate from rows of (auction, item, opening bid, bidder, bid)."""

    def made(*rows):
        lines = [f"{a},{item},{low},1,{bidder},{bid}" for a, item, low, bidder, bid in rows]
        (tmp_path / "bids.csv").write_text("\n".join([HEADER, *lines]))
        return calibrate(read_histories(tmp_path / "bids.csv"))

    return made


def kaplan_meier(values, censored, probability):
    """The textbook product, written independently: multiply (1 - d/n) over the exact values."""
    top = max(values)
    exact = sorted({v for v, c in zip(values, censored, strict=True) if not c or v == top})
    survival = 1.0
    for time in exact:
        deaths = sum(
            v == time and (not c or v == top) for v, c in zip(values, censored, strict=True)
        )
        survival *= 1 - deaths / sum(v >= time for v in values)
        if 1 - survival >= probability - 1e-12:
            return time
    raise AssertionError(survival)


# The estimator


def test_the_example_of_kaplan_and_meier():
    """Kaplan & Meier (1958): four deaths and four losses, survival 7/8, 7/10, 21/40, 21/80.

    The rest of the probability lies at the last loss (Efron 1967).
    """
    values = [0.8, 3.1, 5.4, 9.2, 1.0, 2.7, 7.0, 12.1]
    censored = [False] * 4 + [True] * 4
    reached = {0.8: 1 / 8, 3.1: 3 / 10, 5.4: 19 / 40, 9.2: 59 / 80, 12.1: 1.0}
    for value, probability in reached.items():
        around = probability + np.array([-1e-6, 0.0])
        assert product_limit_quantiles(values, censored, around).tolist() == [value, value]
    above = np.array(list(reached.values())[:-1]) + 1e-6
    assert product_limit_quantiles(values, censored, above).tolist() == [3.1, 5.4, 9.2, 12.1]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 20),
)
def test_against_an_independent_implementation(sample, twentieths):
    values, censored = zip(*sample, strict=True)
    quantile = product_limit_quantiles(values, censored, twentieths / 20).item()
    assert quantile == kaplan_meier(values, censored, twentieths / 20)


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 20))
def test_without_censoring_it_is_the_empirical_quantile(values, twentieths):
    quantile = product_limit_quantiles(values, [False] * len(values), twentieths / 20).item()
    assert quantile == np.quantile(values, twentieths / 20, method="inverted_cdf")


def test_it_recovers_values_from_second_price_auctions_where_ignoring_censoring_does_not():
    """Winners censored at the price (type II within an auction), 4 bidders with uniform values."""
    values = np.sort(np.random.default_rng(1958).random((5000, 4)), axis=1)
    values[:, 3] = values[:, 2]
    censored = np.tile([False, False, False, True], (5000, 1))
    levels = np.array([0.25, 0.5, 0.75, 0.9])
    estimate = product_limit_quantiles(values.ravel(), censored.ravel(), levels)
    assert estimate == pytest.approx(levels, abs=0.02)
    naive = product_limit_quantiles(values.ravel(), np.zeros(20000, bool), levels)
    assert (naive < levels - 0.02).sum() >= 3


@pytest.mark.parametrize(
    ("values", "censored"), [([], []), ([1.0], [True, False]), ([[1.0]], [[True]])]
)
def test_samples_that_have_no_quantiles(values, censored):
    with pytest.raises(ParameterError, match=r"^values = "):
        product_limit_quantiles(values, censored, 0.5)


# The figures


def test_figures_by_hand(calibrated):
    calibration = calibrated(
        (1, "pen", 2, "a", 4), (1, "pen", 2, "b", 10), (1, "pen", 2, "a", 8), (1, "pen", 2, "c", 6),
        (2, "pen", 4, "d", 20),
        (1, "ink", 1, "a", 2), (1, "ink", 1, "b", 1),
    )  # fmt: skip
    pen, ink = calibration.categories
    # Exact: 6 and 8 (of 4 pens), censored at 10, and the largest, 20, is taken as exact.
    assert pen.values == (6.0,) * 6 + (8.0,) * 5 + (20.0,) * 10
    # Openings of 2 and 4 against median highest bids of 8 and 20.
    assert pen.costs[:3] == (0.2, 0.2025, 0.205)
    assert pen.costs[-1] == 0.25
    assert (pen.name, pen.weight, pen.buyers_per_seller) == ("pen", 0.6667, 2.0)
    assert (ink.name, ink.weight, ink.buyers_per_seller) == ("ink", 0.3333, 2.0)
    assert calibration.table.to_dict("list") == {
        "item": ["pen", "ink"],
        "auctions": [2, 1],
        "bidders": [4, 2],
        "censored": [2, 1],
        "median_value": [8.0, 1.0],
        "buyers_per_seller": [2.0, 2.0],
        "weight": [0.6667, 0.3333],
    }


def test_a_bid_below_the_opening_bid_does_not_win(calibrated):
    assert calibrated((1, "pen", 9, "a", 5), (1, "pen", 9, "b", 4)).table["censored"].item() == 0


def test_items_without_a_loser_warn(calibrated):
    calibration = calibrated((1, "pen", 1, "a", 5), (2, "pen", 1, "b", 7))
    assert calibration.warnings == ("item 'pen': no bidder lost, so its values are lower bounds",)
    assert set(calibration.categories[0].values) == {7.0}


def test_an_item_worth_nothing_has_no_unit_of_cost(calibrated):
    with pytest.raises(DataError, match="item 'pen': bids of 0"):
        calibrated((1, "pen", 0, "a", 0), (1, "pen", 0, "b", 0))


# The scenario


def test_the_sample_calibrates_to_a_scenario_that_loads(tmp_path):
    calibration = calibrate(read_histories(str(DATA / "samples" / "simulated.csv")))
    write_scenario(
        calibration, tmp_path / "new" / "sample.toml", title="One", data="Two", buyers=70
    )
    scenario = load(tmp_path / "new" / "sample.toml")
    assert (scenario.title, scenario.source["data"]) == ("One", "Two")
    assert scenario.market["buyers"] == 70
    assert scenario.market["capacity"] == 1
    assert tuple(scenario.market["categories"]) == calibration.categories
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["sample.toml"]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True), st.text(), st.text())
def test_any_names_survive_the_round_trip(names, title, data):
    categories = tuple(Category(name, (1e-5, 2.0), (0.5,)) for name in names)
    calibration = Calibration("any.csv", categories, pd.DataFrame({"auctions": [2, 3]}))
    read = tomllib.loads(scenario_toml(calibration, title=title, data=data))
    assert tuple(Category(n, **fields) for n, fields in read["categories"].items()) == categories
    assert read["title"] == (title or "Calibrated from any.csv")
    assert read["source"]["data"] == (data or "any.csv: 5 auctions")


def test_a_scenario_is_replaced_whole_or_not_at_all(calibrated, tmp_path, monkeypatch):
    calibration, path = calibrated((1, "pen", 1, "a", 5)), tmp_path / "market.toml"
    path.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ParameterError, match="No space left on device"):
        write_scenario(calibration, path)
    assert path.read_text() == "before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bids.csv", "market.toml"]


@pytest.mark.parametrize("place", [".", "bids.csv/market.toml", "n" * 300, "/dev/null"])
def test_a_place_that_cannot_be_written_is_named(calibrated, tmp_path, place):
    with pytest.raises(ParameterError, match=r"^path = "):
        write_scenario(calibrated((1, "pen", 1, "a", 5)), tmp_path / place)


# The packaged scenario


def test_the_packaged_scenario_names_source_estimator_and_mapping():
    source = load("ebay").source
    assert "Jank & Shmueli, Modeling Online Auctions (Wiley 2010)" in source["data"]
    assert "Kaplan & Meier 1958" in source["estimator"]
    assert "mean number of distinct bidders" in source["mapping"]


@real
def test_the_packaged_scenario_is_what_the_data_give_byte_for_byte():
    packaged = (DATA / "scenarios" / "ebay.toml").read_text(encoding="utf-8")
    labels = tomllib.loads(packaged)
    made = scenario_toml(
        calibrate(read_histories(SHARED)), title=labels["title"], data=labels["source"]["data"]
    )
    assert made == packaged


@real
def test_figures_of_the_real_auctions():
    table = calibrate(read_histories(SHARED)).table.set_index("item")
    assert table["auctions"].to_dict() == {"cartier": 102, "palm": 269, "xbox": 129}
    assert table["bidders"].to_dict() == {"cartier": 666, "palm": 2355, "xbox": 1083}
    assert (table["censored"] == table["auctions"]).all()
    assert table["buyers_per_seller"].tolist() == [6.529, 8.755, 8.395]
    assert table["median_value"].tolist() == [360.0, 175.0, 85.85]
