"""``import econsim`` is instant, offers its questions lazily, and means one thing by a name."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import econsim
from econsim import errors
from econsim.experiments.histories import read_histories

ROOT = Path(__file__).parents[1]
FUNCTIONS = {"audit", "calibrate", "compare", "replay", "reproduce"}


def in_a_fresh_interpreter(code):
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_importing_it_imports_nothing_of_ours_and_no_dependency():
    code = "import sys; import econsim; print(dir(econsim)); print(sorted(sys.modules))"
    loaded = ast.literal_eval(in_a_fresh_interpreter(code).splitlines()[1])
    packages = {name.partition(".")[0] for name in loaded}
    assert [name for name in loaded if name.startswith("econsim")] == ["econsim"]
    assert not packages & {"numpy", "scipy", "mesa", "numba", "pandas", "matplotlib", "typer"}


def test_tab_completion_shows_the_model_the_questions_and_the_errors():
    tree = {
        name for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.EconsimError)
    }  # fmt: skip
    assert set(dir(econsim)) == {"Marketplace", "__version__"} | FUNCTIONS | tree
    assert set(econsim.__all__) == set(dir(econsim))


def test_every_name_leads_where_its_home_defines_it():
    for name in set(dir(econsim)) - {"__version__"}:
        target = getattr(econsim, name)
        assert target.__name__ == name
        assert getattr(sys.modules[target.__module__], name) is target


def test_the_stub_that_checkers_read_names_the_same():
    stub = ast.parse((ROOT / "econsim" / "__init__.pyi").read_text())
    imported = {
        node.names[0].name: node.module for node in stub.body if isinstance(node, ast.ImportFrom)
    }
    assert imported == econsim._HOMES


def test_a_name_that_is_not_there_says_so():
    with pytest.raises(AttributeError, match="module 'econsim' has no attribute 'no_such_name'"):
        econsim.no_such_name  # noqa: B018


AUDIT = "report = econsim.audit('vickrey', samples=5); print(report.target)"
ORDERS = {
    "the function alone": f"import econsim; {AUDIT}",
    "the subpackage first": f"import econsim.audit; {AUDIT}",
    "the subpackage afterwards": f"import econsim; econsim.audit; import econsim.audit; {AUDIT}",
    "from the subpackage": f"import econsim; from econsim.audit import audit, AuditReport; {AUDIT}",
    "from both": "from econsim import audit as one; from econsim.audit import audit as two; "
    f"import econsim; assert one is two is econsim.audit; {AUDIT}",
    "by way of the command": f"import econsim.cli, econsim.report, econsim; {AUDIT}",
}


@pytest.mark.parametrize("order", ORDERS)
def test_audit_is_the_function_whatever_was_imported_before(order):
    assert in_a_fresh_interpreter(ORDERS[order]) == "vickrey"


def test_a_replay_and_a_calibration_take_a_file_a_sample_or_histories(tmp_path):
    sample = ROOT / "econsim" / "data" / "samples" / "simulated.csv"
    copy = tmp_path / "simulated"
    copy.write_bytes(sample.read_bytes())
    (tmp_path / "simulated.csv").write_text("not a history\n")
    sources = "simulated", sample, str(sample), copy, read_histories(sample)
    frames = [econsim.replay(source, k=4).auctions for source in sources]
    figures = [econsim.calibrate(source).categories for source in sources]
    assert all(frame.equals(frames[0]) for frame in frames)
    assert all(categories == figures[0] for categories in figures)


def test_a_file_that_is_not_there_is_one_line():
    for question in (econsim.replay, econsim.calibrate):
        with pytest.raises(econsim.DataError, match="no-such-file: cannot be read"):
            question("no-such-file")
