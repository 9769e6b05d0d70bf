"""The command, as a person types it."""

import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from econsim.cli import main

FAST = ["--buyers", "200", "--rounds", "3"]
PNG = b"\x89PNG"


@pytest.fixture
def econsim(tmp_path, monkeypatch, capsys):
    """Run the command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        with pytest.raises(SystemExit) as caught:
            main([str(word) for word in words])
        return caught.value.code, *capsys.readouterr()

    return call


def test_compare_prints_intervals_and_writes_tables_and_a_picture(econsim, tmp_path):
    code, out, _ = econsim(
        "compare", "agents", "--pricing", "fixed", "vickrey", "--replications", 2, *FAST
    )
    assert code == 0
    for words in (
        "95 % interval",
        "Paired difference to fixed",
        "welfare",
        "mean trust",
        "picture:",
    ):
        assert words in out
    folder = tmp_path / "out" / "compare-agents"
    assert (folder / "comparison.png").read_bytes().startswith(PNG)
    runs = pd.read_csv(folder / "runs.csv")
    assert runs[["pricing", "replication"]].to_numpy().tolist() == [
        ["fixed", 0], ["vickrey", 0], ["fixed", 1], ["vickrey", 1],
    ]  # fmt: skip
    assert pd.read_csv(folder / "means.csv")["mean"].notna().all()
    assert set(pd.read_csv(folder / "differences.csv")["pricing"]) == {"vickrey"}


@pytest.mark.parametrize(
    "given",
    [
        ["--pricing", "fixed", "--pricing", "vickrey"],
        ["--pricing", "fixed vickrey"],
        ["--pricing", "fixed,vickrey"],
        ["--pricing", "fixed", "vickrey"],
    ],
)
def test_models_may_be_named_in_any_usual_way(econsim, given):
    code, out, _ = econsim("compare", *given, "agents", "--replications", 2, *FAST)
    assert code == 0
    assert "Paired difference to fixed" in out
    assert "Highest welfare" in out


def test_first_price_says_how_its_buyers_shade(econsim):
    code, out, _ = econsim(
        "compare", "agents", "--pricing", "first-price", "--replications", 2, "--truthful", *FAST
    )
    assert code == 0
    for words in ("alpha", "gain by value", "out of equilibrium", "translate"):
        assert words in out


def test_run_writes_its_rounds_and_prints_its_digest(econsim, tmp_path):
    words = ("run", "agents", "--pricing", "vickrey", "--rng", 7, "--digest", *FAST)
    code, out, _ = econsim(*words, "--out", tmp_path / "here")
    assert code == 0
    assert pd.read_csv(tmp_path / "here" / "rounds.csv")["round"].tolist() == [1, 2, 3]
    assert (tmp_path / "here" / "rounds.png").read_bytes().startswith(PNG)
    digest = out.split("digest ")[1].strip()
    assert len(digest) == 64
    assert econsim(*words, "--backend", "objects")[1].split("digest ")[1].strip() == digest


def test_run_shades_at_first_price_unless_told_otherwise(econsim):
    words = ("run", "agents", "--pricing", "first-price", *FAST)
    assert "shading" in econsim(*words)[1]
    assert "out of equilibrium" in econsim(*words, "--truthful")[1]


def test_replay_shows_every_rule_and_its_caveat(econsim, tmp_path):
    code, out, _ = econsim("replay", "simulated", "--k", 4, "--worst", 2)
    assert code == 0
    for words in ("second-price", "4th-price", "ebay-proxy", "censored", "proves"):
        assert words in out
    assert (tmp_path / "out" / "replay-simulated" / "replay.png").read_bytes().startswith(PNG)


def test_calibrate_writes_a_scenario_that_runs(econsim, tmp_path):
    code, out, _ = econsim("calibrate", "simulated", "--out", "mine.toml", "--source", "a test")
    assert code == 0
    assert "mine.toml" in out
    assert econsim("run", "mine.toml", *FAST)[0] == 0
    assert 'data = "a test"' in (tmp_path / "mine.toml").read_text()


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("second-price", 0, ["incentive compatible", "stands"]),
        ("gsp", 0, ["REFUTED", "participant 0 reports"]),
        ("vcg-greedy", 1, ["REFUTED"]),
        ("vcg-double", 0, ["no deficit: types"]),
        ("double", 0, ["seller incentive compatible: types (Seller(name='A', cost="]),
        ("subscription", 0, ["incentive compatible", "stands"]),
    ],
)
def test_audit_prints_verdicts_and_counterexamples(econsim, target, code, words):
    found, out, _ = econsim("audit", target, "--samples", 300)
    assert found == code
    assert "300 markets searched" in out
    for word in words:
        assert word in out


def test_scenarios_are_listed_with_one_line_each(econsim):
    code, out, _ = econsim("scenarios")
    assert code == 0
    attacks = ["ballot-stuffing", "oscillation", "whitewashing"]
    assert [line.split()[0] for line in out.splitlines()] == ["agents", "ebay", *attacks]


@pytest.mark.parametrize(
    "words", [[], ["compare"], ["run"], ["replay"], ["calibrate"], ["audit"], ["scenarios"]]
)
def test_help_teaches(econsim, words):
    code, out, _ = econsim(*words, "--help")
    assert code == 0
    assert "Usage: econsim" in out
    assert not words or words == ["scenarios"] or "Example: econsim" in out


def test_no_arguments_print_the_help(econsim):
    code, out, err = econsim()
    assert (code, err) == (0, "")
    assert out == econsim("--help")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "nope"], "scenario = 'nope': must be a TOML file or one of agents, ebay"),
        (["compare", "agents", "--rounds", "x"], "Invalid value for '--rounds'"),
        (["compare", "agents", "--rounds", "0"], "rounds = 0: must be an integer from 1"),
        (["compare", "agents", "--replications", "0"], "replications = 0: must be"),
        (["compare", "agents", "--rng", "-1"], "rng = -1: must be an integer from 0"),
        (
            ["run", "agents", "--pricing", "barter"],
            "pricing = 'barter': must be one of double, first-price",
        ),
        (
            ["run", "agents", "--pricing", "fixed vickrey"],
            "--pricing = 'fixed vickrey': must be one",
        ),
        (["run", "agents", "--buyers", "-3"], "buyers = -3: must be an integer from 0"),
        (["run", "agents", "--sellers", "-3"], "sellers = -3: must be an integer from 0"),
        (["run", "agents", "--backend", "gpu"], "backend = 'gpu': must be one of columns, objects"),
        (["run", "agents", "--out", "/proc/none"], "--out = '/proc/none': must be a folder"),
        (["run"], "Missing argument"),
        (["nope"], "No such command 'nope'"),
        (["run", "agents", "--wrong", "3"], "No such option: --wrong"),
        (["replay", "missing.csv"], "missing.csv"),
        (["replay", "simulated", "--k", "0"], "k = 0"),
        (["replay", "simulated", "--worst", "-1"], "-1"),
        (["calibrate", "simulated"], "Missing option '--out'"),
        (["audit", "barter"], "target = 'barter': must be one of"),
        (["audit", "gsp", "--samples", "0"], "samples = 0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(econsim, words, message):
    code, _, err = econsim(*words)
    assert code == 2
    assert err.count("\n") == 1
    assert err.startswith("econsim: ")
    assert message in err


def test_a_bad_scenario_leaves_no_output_of_a_run(econsim, tmp_path):
    econsim("compare", "nope")
    assert not list(tmp_path.rglob("*.png"))


def test_python_m_econsim_is_the_same_program(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "econsim", "scenarios"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ebay" in ran.stdout


def test_an_interrupted_comparison_keeps_what_it_finished(tmp_path):
    # A shell's background job inherits an ignored SIGINT; an interactive one would not.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from econsim.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "compare", "agents", "--pricing", "fixed",
         "--replications", "100000", "--rounds", "20", "--out", "here"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    runs = tmp_path / "here" / "runs.csv"
    deadline = time.monotonic() + 60
    while not (runs.exists() and runs.read_text().count("\n") > 3):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "finished runs are in here/runs.csv" in err
    assert "Traceback" not in err
    assert len(pd.read_csv(runs)) >= 3
