"""Paired comparison of pricing models."""

import numpy as np
import pandas as pd
import pytest

from econsim.errors import ParameterError
from econsim.experiments.compare import TRUTHFUL, Comparison, compare, run_seeds
from econsim.experiments.pilot import equilibrium_shading
from econsim.metrics import METRICS
from econsim.models.marketplace import Marketplace
from econsim.stats import interval, p_value

SMALL = {"buyers": 300, "replications": 4, "rounds": 6, "warmup": 0, "rng": 3}


@pytest.fixture(scope="module")
def comparison():
    return compare("agents", ["fixed", "vickrey", "first-price"], truthful=True, **SMALL)


def test_every_model_meets_every_seed_once(comparison):
    table = comparison.runs.pivot_table(index="replication", columns="pricing", values="seed")
    assert table.shape == (4, 4)
    assert (table.nunique(axis=1) == 1).all()
    assert comparison.runs["seed"].nunique() == 4


def test_a_run_is_the_marketplace_of_its_seed(comparison):
    row = comparison.runs.query("pricing == 'vickrey' and replication == 2").iloc[0]
    model = Marketplace.from_scenario("agents", buyers=300, pricing="vickrey", rng=int(row["seed"]))
    for _ in range(6):
        model.step()
    assert {name: row[name] for name in METRICS} == model.summary()


def test_means_and_differences_are_intervals_of_the_runs(comparison):
    runs = comparison.runs.set_index(["pricing", "replication"])["welfare"]
    means = comparison.means().set_index(["pricing", "metric"])
    gaps = comparison.differences().set_index(["pricing", "metric"])
    for label in ("fixed", "vickrey"):
        expected = interval(runs[label].to_numpy())
        found = means.loc[(label, "welfare")]
        assert (found["mean"], found["low"]) == (expected.mean, expected.low)
    paired = interval((runs["vickrey"] - runs["fixed"]).to_numpy())
    found = gaps.loc[("vickrey", "welfare")]
    assert (found["mean"], found["high"]) == pytest.approx((paired.mean, paired.high))
    assert found["marked"] == (found["adjusted"] < 0.05)
    alone = p_value((runs["vickrey"] - runs["fixed"]).to_numpy())
    assert alone <= found["adjusted"] <= 3 * alone
    assert "fixed" not in gaps.index.get_level_values(0)


def test_common_random_numbers_sharpen_the_comparison(comparison):
    runs = comparison.runs.pivot_table(index="replication", columns="pricing", values="welfare")
    assert (runs["vickrey"] - runs["first-price"]).std() < runs["vickrey"].std()


def test_truthful_first_price_is_labelled_out_of_equilibrium(comparison):
    assert comparison.labels[-1] == TRUTHFUL
    assert "out of equilibrium" in TRUTHFUL
    means = comparison.means().set_index(["pricing", "metric"])["mean"]
    assert means[TRUTHFUL, "revenue"] > means["first-price", "revenue"]
    assert means[TRUTHFUL, "buyer_surplus"] < means["first-price", "buyer_surplus"]


def test_first_price_buyers_shade_by_category_and_the_gain_is_reported(comparison):
    shading = comparison.shading
    assert shading["category"].tolist() == ["summarise", "translate", "review-code"]
    assert (shading["pricing"] == "first-price").all()
    assert shading["alpha"].between(0.2, 0.95).all()
    assert shading["gain"].between(0, 0.1).all()
    assert (shading["gain_by_value"] >= shading["gain"]).all()


def test_the_shading_is_a_fixed_point_of_the_market():
    """Nobody gains much by another constant factor, in a market of another seed."""
    market = {"buyers": 4000, "sellers": 200, "pricing": "first-price"}
    (found,) = equilibrium_shading(market, seed=11)
    assert found.relative(found.gain) < 0.01
    assert abs(found.reply - found.alpha) < 0.05
    (again,) = equilibrium_shading(market, seed=12)
    assert abs(again.alpha - found.alpha) <= 0.05


def test_the_same_seed_gives_the_same_table(comparison):
    again = compare("agents", ["fixed"], **SMALL)
    first = comparison.runs[comparison.runs["pricing"] == "fixed"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.runs, first)


def test_seeds_of_more_replications_begin_with_those_of_fewer():
    few, pilot = run_seeds(5, 3)
    many, same = run_seeds(5, 10)
    assert many[:3] == few
    assert pilot == same
    assert pilot not in many
    assert run_seeds(6, 3)[0] != few


def test_finished_runs_are_handed_over_as_they_come():
    rows = []
    compare("agents", ["fixed", "perunit"], on_run=rows.append, **SMALL)
    assert [row["pricing"] for row in rows[:2]] == ["fixed", "perunit"]
    assert len(rows) == 8


def test_a_mix_of_mechanisms_is_a_model_too():
    found = compare("agents", ["vickrey", "fixed:0.5,vickrey:0.5"], **SMALL)
    assert found.labels == ["vickrey", "fixed:0.5,vickrey:0.5"]


def runs_of(**welfare):
    """Runs whose welfare is given by model and replication, everything else 0."""
    return pd.DataFrame(
        [{"pricing": label, "replication": r, "seed": r, **dict.fromkeys(METRICS, 0.0),
          "welfare": value} for label, values in welfare.items() for r, value in enumerate(values)]
    )  # fmt: skip


def test_the_answer_is_a_winner_a_set_or_nothing():
    clear = Comparison(runs_of(a=[1.0, 2, 3], b=[11.0, 12.1, 13], c=[1.1, 2, 3])).answer()[0]
    assert clear.startswith("Highest welfare: b (joint 95 %), ahead of c by ")
    close = Comparison(runs_of(a=[1.0, 2, 3], b=[1.1, 2, 3], c=[-9.0, -8, -7.1])).answer()[0]
    assert close == "Highest welfare: cannot be told apart (joint 95 %): b, a"


def test_one_replication_names_nothing():
    comparison = Comparison(runs_of(a=[1.0], b=[9.0]))
    assert comparison.answer()[0] == "Highest welfare: not known; one replication gives no interval"
    gaps = comparison.differences()
    assert not gaps["marked"].any()
    assert gaps["low"].isna().all()
    assert "level" not in " ".join(comparison.answer())


def test_a_metric_without_a_value_has_no_interval():
    runs = pd.DataFrame(
        [{"pricing": p, "replication": r, "seed": r, **dict.fromkeys(METRICS, np.nan)}
         for p in ("a", "b") for r in range(3)]
    )  # fmt: skip
    gaps = Comparison(runs).differences()
    assert gaps["mean"].isna().all()
    assert not gaps["marked"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pricing": []}, "pricing = .*at least one"),
        ({"pricing": ["nope"]}, "pricing = 'nope'"),
        (
            {"pricing": ["fixed:x,vickrey:0.5"]},
            "pricing = 'fixed:x,vickrey:0.5': must be name:share",
        ),
        ({"pricing": ["fixed:0.2,vickrey:0.5"]}, "shares that sum to 1"),
        ({"replications": 0}, "replications = 0"),
        ({"rounds": 0}, "rounds = 0"),
        ({"warmup": -1}, "warmup = -1"),
        ({"warmup": "soon"}, "warmup = 'soon': must be auto"),
        ({"rng": -1}, "rng = -1"),
        ({"rng": "x"}, "rng = 'x'"),
        ({"wallets": 3}, "market entry = 'wallets'"),
    ],
)
def test_bad_requests_are_refused_by_name_before_anything_runs(arguments, message):
    with pytest.raises(ParameterError, match=message):
        compare("agents", **{"pricing": ["fixed"], **SMALL, **arguments})
