"""Scenario files: what loads, and what is refused by name."""

import pytest

from econsim.errors import ParameterError, ScenarioError
from econsim.models.marketplace import Marketplace
from econsim.preferences import Category, median_task_value, table_quantile
from econsim.scenario import load, packaged

GOOD = """
title = "Two kinds"
[market]
buyers = 30
rng = 4
[categories.ink]
values = [1.0, 2.0, 4.0]
costs = [0.1, 0.2]
buyers_per_seller = 5
[categories."fine paper"]
weight = 2
"""


def scenario(tmp_path, text):
    path = tmp_path / "market.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", packaged())
def test_every_packaged_scenario_runs_and_says_what_it_is(name):
    assert len(load(name).title) > 10
    model = Marketplace.from_scenario(name, buyers=300, rng=1)
    model.step()
    assert model.history[0]["tasks"] > 0


def test_a_file_makes_its_market(tmp_path):
    model = Marketplace.from_scenario(scenario(tmp_path, GOOD))
    assert [kind.name for kind in model.categories] == ["ink", "fine paper"]
    assert (model.buyers["category"] == 0).sum() == 10
    assert (model.sellers["category"] == 0).sum() == 2  # 10 buyers, 5 a seller
    assert (model.sellers["category"] == 1).sum() == 1  # 20 buyers, 20 a seller
    assert model.buyers["value"][:10].min() >= 10**6
    assert model.buyers["value"][:10].max() <= 4 * 10**6


def test_overrides_replace_entries(tmp_path):
    path = scenario(tmp_path, GOOD)
    model = Marketplace.from_scenario(path, buyers=90, sellers=7, pricing="fixed")
    assert (len(model.buyers), len(model.sellers)) == (90, 7)
    assert model.pricing_models[0].name == "fixed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[market", "valid TOML"),
        ("markets = 3", "one of title, market, categories, source"),
        ("market = 3", "market = 3: must be a dict"),
        ("[categories]\nink = 3", "categories.ink = 3: must be a table"),
        ("[categories.ink]\nvalue = [1]", "categories.ink entry = 'value': must be one of"),
        ("[categories.ink]\nvalues = []", "ink.values = \\(\\): must be a non-empty"),
        ("[categories.ink]\nvalues = [2, 1]", "non-decreasing"),
        ("[categories.ink]\nvalues = [1, nan]", "ink.values\\[1\\] = nan"),
        ("[categories.ink]\nvalues = [-1]", "ink.values\\[0\\] = -1"),
        ("[categories.ink]\nvalues = 'abc'", "ink.values = 'abc'"),
        ("[categories.ink]\nweight = 0", "ink.weight = 0.0: must be a number > 0"),
        ("[categories.ink]\nbuyers_per_seller = 'x'", "ink.buyers_per_seller = 'x'"),
        ("[market]\nbuyer = 3", "market entry = 'buyer': must be one of"),
        ("[market]\nbuyers = 'many'", "buyers = 'many': must be an integer"),
        ("[market]\ndemand_rate = 1.5", "demand_rate = 1.5: must be a number in \\[0, 1\\]"),
        ("[market]\npricing = 'barter'", "pricing = 'barter': must be one of"),
    ],
)
def test_a_wrong_entry_is_named_with_its_value_and_range(tmp_path, text, message):
    with pytest.raises(ParameterError, match=message) as caught:
        Marketplace.from_scenario(scenario(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_no_such_scenario_lists_those_that_there_are():
    with pytest.raises(ScenarioError, match=r"'nope'.*agents, ebay"):
        load("nope")


def test_a_folder_and_a_binary_are_no_scenarios(tmp_path):
    binary = tmp_path / "x.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, binary):
        with pytest.raises(ScenarioError, match="readable text file"):
            load(path)


def test_quantile_tables_are_linear_between_their_entries():
    found = table_quantile([1.0, 2.0, 4.0], [0.0, 0.25, 0.5, 0.75, 1.0])
    assert found.tolist() == [1.0, 1.5, 2.0, 3.0, 4.0]
    assert table_quantile([3.0], [0.0, 0.7, 1.0]).tolist() == [3.0, 3.0, 3.0]


def test_the_median_task_value_is_that_of_a_sample():
    import numpy as np

    values = (0.5, 1.0, 3.0)
    rng = np.random.default_rng(0)
    drawn = table_quantile(values, rng.random(200_000)) * rng.integers(1, 5, 200_000)
    assert median_task_value(values, 4) == pytest.approx(np.median(drawn), rel=0.01)
    assert median_task_value((2.0,), 1) == 2.0


def test_a_category_is_frozen_and_checked():
    assert Category("a").values == (0.5, 1.5)
    with pytest.raises(ParameterError, match=r"a\.weight"):
        Category("a", weight=-1)
