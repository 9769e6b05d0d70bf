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
    REPRODUCED,
    UNPUBLISHED,
    Finding,
    Published,
    Reproduction,
    gallery,
    gallery_model,
)
from econsim.models.gallery import generator, sessions
from econsim.stats import Interval

ROOT = Path(__file__).resolve().parents[1]


def verdict(low, mean, high, published):
    return Finding("x", Interval(mean, low, high, 9), published).verdict


def test_a_printed_number_permits_its_rounding_and_no_more():
    assert Published.number("0.849").low == pytest.approx(0.8485)
    assert Published.number("0.849").high == pytest.approx(0.8495)
    assert Published.number("90").high == 90.5
    with pytest.raises(ParameterError, match="published"):
        Published.number("about 3")


def test_verdicts():
    printed = Published.number("0.849")
    assert verdict(0.8494, 0.8494, 0.8494, printed) == REPRODUCED
    assert verdict(0.8501, 0.8501, 0.8501, printed) == DIFFERS
    assert verdict(0.848, 0.850, 0.852, printed) == REPRODUCED
    assert verdict(0.850, 0.852, 0.854, printed) == DIFFERS
    assert verdict(0.850, 0.852, 0.854, Published.number("0.849", error=0.002)) == REPRODUCED
    assert verdict(0.1, 0.2, 0.3, Published.span(-math.inf, 0.25)) == REPRODUCED
    assert verdict(0.3, 0.35, 0.4, Published.span(-math.inf, 0.25)) == DIFFERS
    assert verdict(0.3, 0.35, 0.4, None) == UNPUBLISHED


@pytest.mark.parametrize("place", range(3))
def test_nan_reproduces_nothing(place):
    ends = [1.0, 1.0, 1.0]
    ends[place] = math.nan
    if place:  # the lower end plays no part in the verdict's half width
        assert verdict(*ends, Published.number("1")) == DIFFERS


@given(st.floats(-5, 5), st.floats(0, 2), st.floats(-5, 5), st.floats(0, 1))
def test_the_difference_is_zero_just_inside_what_was_published(mean, half, middle, width):
    published = Published.span(middle - width, middle + width)
    found = Finding("x", Interval(mean, mean - half, mean + half, 5), published)
    assert (found.difference == 0) == (published.low <= mean <= published.high)
    assert abs(found.difference) <= abs(mean - middle) + 1e-12


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


def fake(monkeypatch, value):
    """A gallery of one model whose figure is `value`, published as 0.5."""

    class Fake:
        title = "A fake"

        @staticmethod
        def reproduce(*, quick, rng, progress):
            progress(1.0, "done")
            line = Finding.certain("half", value, Published.number("0.5"))
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
    for words in ("A fake", "half", "0.5", "reproduced", "Nobody (2026)", "a caveat"):
        assert words in printed
    frame = pd.read_csv(tmp_path / "fake.csv")
    assert frame.columns.tolist() == experiment.COLUMNS
    assert frame["ours"].tolist() == [0.5, 7]
    assert (tmp_path / "fake.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(tmp_path / "fake-path.csv")["x"].tolist() == [1]
    assert pd.read_csv(tmp_path / "summary.csv").loc[0, ["compared", "reproduced"]].tolist() == [
        1,
        1,
    ]


def test_a_difference_is_shown_and_only_strict_fails(monkeypatch, tmp_path, capsys):
    fake(monkeypatch, 0.6)
    assert code("fake", "--out", str(tmp_path)) == 0
    assert "differs" in capsys.readouterr().out
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


def test_the_page_of_reproductions_says_what_the_committed_tables_say():
    text = (ROOT / "docs/reproductions.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert [re.search(r"gallery/(.+)\.md", row)[1] for row in rows] == gallery()
    for name, row in zip(gallery(), rows, strict=True):
        frame = pd.read_csv(ROOT / f"docs/reproductions/{name}.csv")
        compared = frame[frame["verdict"] != UNPUBLISHED]
        agree = (compared["verdict"] == REPRODUCED).sum()
        assert f"| {agree} of {len(compared)} |" in row


@each
def test_the_committed_table_has_what_the_model_compares(name):
    """The full run's table beside the page: complete, and with the verdicts that it implies."""
    frame = pd.read_csv(ROOT / f"docs/reproductions/{name}.csv")
    assert frame.columns.tolist() == experiment.COLUMNS
    assert len(frame)
    assert frame["ours"].notna().all()
    compared = frame[frame["verdict"] != UNPUBLISHED]
    half = compared["high"] - compared["ours"]
    inside = compared["difference"].abs() <= half
    assert (compared.loc[inside, "verdict"] == REPRODUCED).all()
