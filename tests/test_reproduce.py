"""The gallery: published figures, verdicts, the command, and what every model does."""

import inspect
import math
import re
from pathlib import Path

import mesa
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from econsim.cli import main
from econsim.errors import ParameterError
from econsim.experiments import reproduce as experiment
from econsim.experiments.reproduce import (
    DIFFERS,
    ENOUGH,
    FITTED,
    REPRODUCED,
    UNDECIDED,
    UNPUBLISHED,
    VERDICTS,
    Finding,
    Kind,
    Published,
    Reproduction,
    gallery,
    gallery_model,
)
from econsim.models.gallery import generator, sessions
from econsim.stats import Interval, equivalence, interval

ROOT = Path(__file__).resolve().parents[1]


def verdict(low, mean, high, published, n=99, fitted=False):
    return Finding("x", Interval(mean, low, high, n), published, fitted).verdict


def test_a_printed_number_permits_its_rounding_and_no_more():
    assert Published.number("0.849").low == pytest.approx(0.8485)
    assert Published.number("0.849").high == pytest.approx(0.8495)
    assert Published.number("90").high == 90.5
    with pytest.raises(ParameterError, match="published"):
        Published.number("about 3")


def test_verdicts():
    printed, below = Published.number("0.849"), Published.direction(-math.inf, 0.25, "below 1/4")
    assert verdict(0.8494, 0.8494, 0.8494, printed) == REPRODUCED
    assert verdict(0.8501, 0.8501, 0.8501, printed) == DIFFERS
    assert verdict(0.8487, 0.849, 0.8493, printed) == REPRODUCED
    assert verdict(0.848, 0.849, 0.850, printed) == UNDECIDED
    assert verdict(0.850, 0.852, 0.854, printed) == DIFFERS
    assert verdict(0.1, 0.2, 0.24, below) == REPRODUCED
    assert verdict(0.1, 0.2, 0.3, below) == UNDECIDED
    assert verdict(0.3, 0.35, 0.4, below) == DIFFERS
    assert verdict(0.3, 0.35, 0.4, None) == UNPUBLISHED


def test_a_published_error_widens_what_is_permitted_and_what_is_no_difference():
    printed = Published.number("0.849", error=0.002)
    assert printed.permitted == pytest.approx((0.8465, 0.8515))
    assert verdict(0.8475, 0.849, 0.851, printed) == REPRODUCED
    assert verdict(0.852, 0.8521, 0.8522, printed) == UNDECIDED  # 1.3 published errors away
    assert verdict(0.853, 0.854, 0.855, printed) == DIFFERS


def test_theory_is_met_within_one_per_cent_or_the_margin_that_is_stated():
    assert Published.theory(4.0).permitted == pytest.approx((3.96, 4.04))
    assert Published.theory(-4.0).permitted == pytest.approx((-4.04, -3.96))
    assert Published.theory(0, 0.5).permitted == (-0.5, 0.5)
    assert verdict(3.97, 3.99, 4.01, Published.theory(4.0)) == REPRODUCED
    assert verdict(3.8, 4.0, 4.2, Published.theory(4.0)) == UNDECIDED
    assert verdict(4.05, 4.1, 4.15, Published.theory(4.0)) == DIFFERS


def test_a_line_with_a_huge_interval_is_undecided():
    """The fault that this replaces: two replications overlap anything, and so reproduced it."""
    for published in (
        Published.number("0.849"),
        Published.theory(0.849),
        Published.direction(0, math.inf, "above 0"),
    ):
        assert Finding("x", interval([0.1, 1.6]), published).verdict == UNDECIDED


BOUNDS = st.tuples(st.floats(-5, 5), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@given(BOUNDS, st.floats(-5, 5), st.floats(0, 3), st.floats(0, 1))
def test_a_wider_interval_about_the_same_mean_decides_nothing_more(bounds, mean, half, share):
    middle, width, margin, error = bounds
    published = Published(middle - width, middle + width, "", margin=margin, error=error)
    narrow, wide = (
        verdict(mean - h, mean, mean + h, published) for h in (share * half, half)
    )  # fmt: skip
    assert wide in (narrow, UNDECIDED)


@pytest.mark.parametrize(("true", "most"), [(1.0, 1.0), (1.01, 0.06), (1.03, 0.02)])
def test_fewer_replications_never_reproduce_more(true, most):
    """Nested samples: reproduced more often the more there are, if ours is equal; else never."""
    draws = generator(5).normal(true, 0.05, (400, 800))
    shares = [
        np.mean([
            Finding("x", interval(row[:n]), Published.theory(1.0)).verdict == REPRODUCED
            for row in draws
        ])
        for n in (2, 5, 20, 80, 200, 800)
    ]  # fmt: skip
    assert max(shares) <= most
    assert shares[:3] == pytest.approx([0, 0, 0], abs=0.02)
    if true == 1.0:
        assert shares == sorted(shares)
        assert shares[-1] > 0.99


def test_a_right_line_is_reproduced_and_a_wrong_one_refuted_with_enough_replications():
    draws = generator(6).normal(1.0, 0.05, 4000)
    assert Finding("x", interval(draws), Published.theory(1.0)).verdict == REPRODUCED
    assert Finding("x", interval(draws), Published.theory(1.05)).verdict == DIFFERS
    assert Finding("x", interval(draws), Published.number("1.1")).verdict == DIFFERS


def test_a_claim_on_every_case_needs_many_and_falls_with_one():
    zero = Published.theory(0, 1e-9)
    assert 0.95**ENOUGH < 0.025 < 0.95 ** (ENOUGH - 1)
    assert Finding.worst("x", 0, ENOUGH, zero).verdict == REPRODUCED
    assert Finding.worst("x", 0, ENOUGH - 1, zero).verdict == UNDECIDED
    assert Finding.worst("x", 1e-3, 3, zero).verdict == DIFFERS
    assert Finding("x", interval(np.zeros(10)), zero).verdict == UNDECIDED  # nothing varied, yet
    assert Finding.certain("x", 0, zero).verdict == REPRODUCED


def test_agreement_of_a_fitted_line_is_not_reproduced_and_its_disagreement_stays():
    printed = Published.number("0.849")
    assert verdict(0.849, 0.849, 0.849, printed, fitted=True) == FITTED
    assert verdict(0.8, 0.85, 0.9, printed, fitted=True) == UNDECIDED
    assert verdict(0.9, 0.95, 1.0, printed, fitted=True) == DIFFERS


@given(st.floats(-2, 2), st.floats(0, 2))
def test_fitted_lines_never_count(mean, half):
    line = Finding("x", Interval(mean, mean - half, mean + half, 99), Published.theory(1), True)
    fake = Reproduction("x", "", "", (line,), Figure(), "")
    assert fake.count(REPRODUCED) == 0
    assert not fake.reproduced
    assert line.kind == "theory, fitted"


@pytest.mark.parametrize("place", range(3))
def test_nan_decides_nothing(place):
    ends = [1.0, 1.0, 1.0]
    ends[place] = math.nan
    assert verdict(*ends, Published.number("1")) == UNDECIDED
    assert Finding("x", interval([1.0]), Published.number("1")).verdict == UNDECIDED


def test_equivalence_is_an_interval_inside():
    estimate = Interval(1.0, 0.9, 1.1, 10)
    assert equivalence(estimate, 0.9, 1.1) is True
    assert equivalence(estimate, 0.95, 2) is None
    assert equivalence(estimate, 1.2, math.inf) is False
    assert equivalence(interval([1.0]), 0, 2) is None


@given(st.floats(-5, 5), st.floats(0, 2), st.floats(-5, 5), st.floats(0, 1))
def test_the_difference_is_zero_just_inside_what_was_published(mean, half, middle, width):
    published = Published.span(middle - width, middle + width)
    line = Finding("x", Interval(mean, mean - half, mean + half, 5), published)
    assert (line.difference == 0) == (published.low <= mean <= published.high)
    assert abs(line.difference) <= abs(mean - middle) + 1e-12


def test_generators_depend_on_their_key_alone():
    draws = [generator(0, *key).random() for key in ((0,), (1,), (0, 1), (1, 0))]
    assert len(set(draws)) == 4
    assert generator(0, 1, 0).random() == draws[3]


def test_sessions_come_in_order_with_progress():
    seen = []
    found = sessions(lambda k: k * k, 20, lambda share, text: seen.append(share), "squares")
    assert found == [k * k for k in range(20)]
    assert seen == pytest.approx(np.arange(1, 21) / 20)


def test_a_session_that_fails_fails_at_once():
    def run(k):
        raise ValueError(k)

    with pytest.raises(ValueError, match="0"):
        sessions(run, 4, lambda share, text: None, "failing")


def fake(monkeypatch, *values, fitted=False):
    """A gallery of one model whose figure has these `values`, published as 0.5."""

    class Fake:
        title = "A fake"

        @staticmethod
        def reproduce(*, quick, rng, progress):
            progress(1.0, "done")
            line = Finding("half", interval(values * ENOUGH), Published.number("0.5"), fitted)
            return Reproduction(
                "fake", "A fake", "Nobody (2026)", (line, Finding.certain("other", rng)), Figure(),
                "nothing", ("a caveat",), {"path": pd.DataFrame({"x": [1]})},
            )  # fmt: skip

    monkeypatch.setattr(experiment, "gallery", lambda: ["fake"])
    monkeypatch.setattr(experiment, "gallery_model", lambda name: Fake)


def code(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["reproduce", *arguments])
    return left.value.code


def test_the_command_prints_and_writes_what_it_found(monkeypatch, tmp_path, capsys):
    fake(monkeypatch, 0.5)
    assert code("--all", "--strict", "--rng", "7", "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    for words in ("A fake", "half", "0.5", "printed", "reproduced", "Nobody (2026)", "a caveat"):
        assert words in printed
    frame = pd.read_csv(tmp_path / "fake.csv")
    assert frame.columns.tolist() == experiment.COLUMNS
    assert frame["ours"].tolist() == [0.5, 7]
    assert frame.loc[0, ["at_least", "at_most"]].tolist() == pytest.approx([0.45, 0.55])
    assert (tmp_path / "fake.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(tmp_path / "fake-path.csv")["x"].tolist() == [1]
    summary = pd.read_csv(tmp_path / "summary.csv")
    assert summary.loc[0, ["compared", *VERDICTS]].tolist() == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("values", "fitted", "word"),
    [((0.6,), False, DIFFERS), ((0.1, 0.9), False, UNDECIDED), ((0.5,), True, FITTED)],
)
def test_what_is_not_reproduced_is_shown_and_only_strict_fails(
    values, fitted, word, monkeypatch, tmp_path, capsys
):
    fake(monkeypatch, *values, fitted=fitted)
    assert code("fake", "--quick", "--out", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    assert word in printed
    assert ("1 of 1 lines undecided" in printed) == (word == UNDECIDED)
    assert code("fake", "--strict", "--out", str(tmp_path)) == 1


def test_without_a_name_the_command_lists(monkeypatch, capsys):
    fake(monkeypatch, 0.5)
    assert code() == 0
    assert capsys.readouterr().out.split() == ["fake", "A", "fake"]


@pytest.mark.parametrize("arguments", [("perpetuum",), ("--all", "wealth"), ("wealth", "--rng=-1")])
def test_bad_arguments_are_one_line(arguments, capsys, tmp_path):
    assert code(*arguments, "--out", str(tmp_path)) == 2
    assert capsys.readouterr().err.count("\n") == 1


# What every model of the gallery does.
each = pytest.mark.parametrize("name", gallery())


@each
def test_it_is_a_mesa_model_that_steps_and_collects(name):
    model = gallery_model(name)(rng=0)
    assert isinstance(model, mesa.Model)
    for _ in range(2):
        model.step()
    frame = model.frame()
    assert len(frame) == 2
    assert set(model.reporters) == set(frame.columns)
    assert len(model.reporters) >= 1


@each
def test_one_seed_is_one_trajectory_and_zero_is_a_seed(name):
    frames = []
    for seed in (0, 0, 1):
        model = gallery_model(name)(rng=seed)
        for _ in range(3):
            model.step()
        frames.append(model.frame())
    pd.testing.assert_frame_equal(frames[0], frames[1])


@each
def test_every_parameter_is_a_keyword_with_a_default(name):
    parameters = list(inspect.signature(gallery_model(name).__init__).parameters.values())[1:]
    assert "rng" in [parameter.name for parameter in parameters]
    for parameter in parameters:
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, parameter
        assert parameter.default is not inspect.Parameter.empty, parameter


@each
def test_batch_run_runs_it(name):
    rows = mesa.batch_run(
        gallery_model(name), parameters={}, rng=[3, 4], max_steps=2, number_processes=1,
        data_collection_period=-1, display_progress=False,
    )  # fmt: skip
    assert len(rows) == 2
    assert set(gallery_model(name).reporters) <= rows[0].keys()


@each
def test_a_wrong_parameter_is_named(name):
    cls = gallery_model(name)
    for parameter in inspect.signature(cls.__init__).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            with pytest.raises(ParameterError) as refused:
                cls(**{parameter.name: object()})
            assert parameter.name in str(refused.value)


@each
def test_its_page_shows_its_figure_its_command_and_its_source(name):
    page = (ROOT / f"docs/gallery/{name}.md").read_text(encoding="utf-8")
    assert f"(../reproductions/{name}.png)" in page
    assert f"../reproductions/{name}.csv" in page
    assert f"econsim reproduce {name}" in page
    assert (ROOT / f"docs/reproductions/{name}.png").is_file()


def committed(name):
    return pd.read_csv(ROOT / f"docs/reproductions/{name}.csv", keep_default_na=False)


def test_the_page_of_reproductions_says_what_the_committed_tables_say():
    text = (ROOT / "docs/reproductions.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert [re.search(r"gallery/(.+)\.md", row)[1] for row in rows] == gallery()
    for name, row in zip(gallery(), rows, strict=True):
        verdicts = committed(name)["verdict"].tolist()
        counts = [str(verdicts.count(word) or "") for word in VERDICTS[1:]]
        compared = len(verdicts) - verdicts.count(UNPUBLISHED)
        cells = [cell.strip() for cell in row.split("|")[3:7]]
        assert cells == [f"{verdicts.count(REPRODUCED)} of {compared}", *counts], name


@each
def test_the_committed_table_has_the_verdicts_that_its_numbers_imply(name):
    """The full run's table beside the page: complete, and judged by the one rule."""
    frame = committed(name)
    assert frame.columns.tolist() == experiment.COLUMNS
    assert len(frame)
    for row in frame.to_dict("records"):
        if row["verdict"] == UNPUBLISHED:
            assert row["kind"] == row["published"] == ""
            continue
        least = float(row["at_least"] or -math.inf)
        most = float(row["at_most"] or math.inf)
        inside = least <= float(row["low"]) <= float(row["high"]) <= most
        assert row["kind"].removesuffix(", fitted") in set(Kind)
        assert row["verdict"] in VERDICTS
        assert inside == (row["verdict"] in (REPRODUCED, FITTED)), row
        assert (row["verdict"] == FITTED) <= row["kind"].endswith("fitted")


def test_bidding_bots_and_learning_bidders_are_fitted():
    """Their speed of learning was chosen so that they agree."""
    for name in ("bidding-bots", "learning-bidders"):
        kinds = committed(name)["kind"]
        assert kinds.str.endswith("fitted").sum() == len(kinds) - 1
