"""What a newcomer meets before anything is installed."""

import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def find_python(tmp_path, **environment):
    """Run tools/find-python with a PATH and home of our own."""
    return subprocess.run(
        ["/bin/sh", ROOT / "tools" / "find-python"],
        env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), **environment},
        capture_output=True, text=True,
    )  # fmt: skip


def interpreter(path, minor):
    """A stand-in that answers as Python 3.`minor` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {int(minor < 12)}\n")
    path.chmod(0o755)
    return path


def test_an_old_default_is_passed_over_for_a_newer_one_on_the_path(tmp_path):
    interpreter(tmp_path / "bin" / "python3", 11)
    interpreter(tmp_path / "bin" / "python3.12", 12)
    assert find_python(tmp_path).stdout.strip() == "python3.12"


def test_pyenv_is_searched_and_a_shim_without_a_version_is_no_python(tmp_path):
    interpreter(tmp_path / "bin" / "python3.12", 11)
    hidden = interpreter(tmp_path / ".pyenv" / "versions" / "3.13.0" / "bin" / "python", 13)
    assert find_python(tmp_path).stdout.strip() == str(hidden)


def test_a_named_interpreter_is_honoured_or_refused(tmp_path):
    mine = interpreter(tmp_path / "mine", 12)
    interpreter(tmp_path / "bin" / "python3.13", 13)
    assert find_python(tmp_path, PYTHON=str(mine)).stdout.strip() == str(mine)
    refused = find_python(tmp_path, PYTHON="/no/python")
    assert refused.returncode == 2
    assert "PYTHON=/no/python" in refused.stderr


def test_no_python_is_one_line_that_says_how_to_name_one(tmp_path):
    found = find_python(tmp_path)
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "3.12" in found.stderr
    assert "PYTHON=/path/to/python" in found.stderr


def test_every_package_and_data_file_is_declared():
    """What setuptools installs is listed by hand; nothing of ours may be missing."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {
        "econsim": ROOT / "econsim",
        "econsim.models": ROOT / "models",
        "econsim.visualization": ROOT / "visualization",
    }
    found = {
        ".".join((package, *path.parent.relative_to(folder).parts))
        for package, folder in folders.items()
        for path in folder.rglob("__init__.py")
    }
    assert found == set(declared["packages"])
    for package in ("econsim", "econsim.visualization"):
        folder, patterns = folders[package], declared["package-data"][package]
        ours = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
        data = [path for path in ours if path.is_file() and path.suffix != ".py"]
        assert data
        for path in data:
            assert any(path.relative_to(folder).match(pattern) for pattern in patterns), path
