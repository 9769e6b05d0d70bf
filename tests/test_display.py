"""What a notebook shows: frames in credits, tables that say their units, nothing unescaped."""

import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.digits import number
from econsim.errors import ParameterError
from econsim.experiments.compare import Comparison
from econsim.metrics import METRICS, ROUND_INTEGERS
from econsim.models.marketplace import Buyer, Marketplace
from econsim.money import TICKS_PER_CREDIT, to_credits
from econsim.population import Population
from econsim.tables import html_table


class Tables(HTMLParser):
    """Rows of text of every table, and all tags."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, text):
        if self.rows and self.tags[-1] in ("td", "th"):
            self.rows[-1][-1] += text


@pytest.fixture(scope="module")
def market():
    model = Marketplace(buyers=60, sellers=12, pricing={"vickrey": 0.5, "subscription": 0.5}, rng=1)
    model.run_for(4)
    return model


@pytest.mark.parametrize("name", ["buyers", "sellers", "contracts", "deliveries"])
def test_a_frame_is_in_credits_where_the_column_is_money_and_the_same_elsewhere(market, name):
    table = getattr(market, name)
    credits, ticks = table.to_frame(), table.to_frame(ticks=True)
    assert table.money
    for column in ticks:
        assert (ticks[column].to_numpy() == table[column]).all()
        if column in table.money:
            assert credits[column].dtype == np.float64
            assert (credits[column].to_numpy() == table[column] / TICKS_PER_CREDIT).all()
        else:
            pd.testing.assert_series_equal(credits[column], ticks[column])


def test_money_columns_are_named_when_a_population_is_made():
    with pytest.raises(ParameterError, match="money = 'walet': must be one of wallet"):
        Population({"wallet": np.int64}, money=["walet"])
    population = Population({"wallet": np.int64, "n": np.int64}, money=["wallet"])
    population.drop_column("wallet")
    assert population.money == ()


def test_a_set_of_agents_is_a_frame_in_its_own_order(market):
    poorest = market.agents.select(agent_type=Buyer).sort("wallet", ascending=True)
    frame = poorest.to_frame()
    assert frame.index.tolist() == poorest.ids.tolist()
    assert (frame["wallet"].to_numpy() == to_credits(poorest.get("wallet"))).all()
    assert (poorest.to_frame(ticks=True)["wallet"].to_numpy() == poorest.get("wallet")).all()
    everyone = market.agents.to_frame()
    assert len(everyone) == 72
    assert everyone["capacity"].isna().sum() == 60
    assert len(market.agents.select(np.zeros(72, dtype=bool)).to_frame()) == 0


def test_the_rounds_of_a_market_are_metrics_in_credits_or_raw_integers(market):
    credits, ticks = market.to_frame(), market.to_frame(ticks=True)
    assert list(credits) == list(METRICS)
    assert list(ticks) == list(ROUND_INTEGERS)
    assert (ticks.dtypes == np.int64).all()
    assert (credits["revenue"] == ticks["revenue"] / TICKS_PER_CREDIT).all()
    assert credits.index.tolist() == ticks.index.tolist() == [1, 2, 3, 4]
    assert len(Marketplace(buyers=5, sellers=1).to_frame(ticks=True)) == 0
    pd.testing.assert_frame_equal(market.frame(), credits)


def test_a_market_shows_its_metrics_with_units(market):
    rows = Tables(market._repr_html_()).rows
    assert "4" in market._repr_html_()
    assert rows[0] == ["metric", "over all rounds", "meaning"]
    shown = {label: figure for label, figure, _ in rows[1:]}
    assert shown["welfare (credits a round)"] == number(market.summary()["welfare"])
    assert not any("churn" in label for label in shown) or market.summary()["churn"]
    assert "No round" in Marketplace(buyers=5, sellers=1)._repr_html_()


def test_a_population_shows_its_first_rows_in_credits(market):
    rows = Tables(market.sellers._repr_html_()).rows
    assert len(rows) == 11
    assert {"wallet (credits)", "price (credits)", "capacity"} <= set(rows[0])
    assert rows[1][0] == str(market.sellers["id"][0])
    wallet = to_credits(market.sellers["wallet"][0])
    assert rows[1][rows[0].index("wallet (credits)")] == number(wallet)
    assert Tables(Population({"wallet": np.int64})._repr_html_()).rows == [["id", "wallet"]]


def comparison(labels=("fixed", "vickrey")):
    rows = [
        {"pricing": label, "replication": r, "seed": r, **dict.fromkeys(METRICS, 10.0 * k + r)}
        for k, label in enumerate(labels)
        for r in range(3)
    ]
    return Comparison(pd.DataFrame(rows))


def test_a_comparison_shows_intervals_and_which_is_best():
    text = comparison()._repr_html_()
    rows = Tables(text).rows
    assert rows[0] == ["metric", "fixed", "vickrey"]
    # Means 1 and 11 of (0, 1, 2) and (10, 11, 12): half width t(0.975, 2) / sqrt(3) = 2.484.
    assert ["welfare (credits a round)", "1.000 ± 2.5", "11.00 ± 2.5"] in rows
    assert "Highest welfare: vickrey (joint 95 %), ahead of fixed by 10.00" in text
    assert "Highest" not in comparison(["fixed"])._repr_html_()


def test_what_is_shown_is_escaped():
    evil = "<script>alert('&')</script>"
    population = Population({"name": "U40"})
    population.add(1, name=evil)
    for text in (population._repr_html_(), comparison([evil, "fixed"])._repr_html_()):
        parsed = Tables(text)
        assert "script" not in parsed.tags
        assert any(evil in row for row in parsed.rows)


@given(st.lists(st.tuples(st.text(), st.integers(), st.floats()), max_size=4), st.text())
def test_a_table_holds_what_it_was_given(rows, title):
    parsed = Tables(html_table(title, ["a", "b", "c"], rows, [title]))
    assert set(parsed.tags) <= {"table", "caption", "b", "thead", "tbody", "tr", "th", "td", "p"}
    assert [row[1:] for row in parsed.rows[1:]] == [[f"{b:,}", number(c)] for _, b, c in rows]


def test_numbers_are_short_and_never_lie_about_what_is_not_finite():
    shown = {16983.2: "16,983", 0.0123456: "0.01235", 0.0: "0", math.inf: "–", math.nan: "–"}
    assert {value: number(value) for value in shown} == shown
    assert number(None) == "–"
    assert number(-math.inf) == "–"
