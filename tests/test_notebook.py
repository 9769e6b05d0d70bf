"""The notebook runs as it is stored, and draws its three figures."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "which_pricing_model.ipynb"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """All outputs of a run in an empty folder; a cell that raises fails the test."""
    folder = tmp_path_factory.mktemp("notebook")
    environment = {
        **os.environ,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        # No configuration of the user's, and warnings are errors as in the other tests; tqdm, which
        # Mesa imports, warns of missing widgets in any notebook.
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONWARNINGS": "ignore:IProgress not found",
    }
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(folder), env=environment)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_the_notebook_draws_three_figures_and_warns_of_nothing(outputs):
    kinds = [output.output_type for output in outputs]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert "error" not in kinds
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert len(pictures) == 3


def test_the_conclusions_are_worded_from_numbers(outputs):
    texts = [output["data"]["text/markdown"] for output in outputs if _is_markdown(output)]
    conclusions = texts[-1]
    for hypothesis in ("H1", "H2", "H3"):
        assert f"- {hypothesis} (" in conclusions
    assert "nan" not in "".join(texts).lower()


def _is_markdown(output):
    return "text/markdown" in output.get("data", {})


def test_the_notebook_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
