"""README and docs: every code block runs, and every table says what the registries say.

The blocks of a page run from top to bottom in one namespace and one empty working folder:

- ``python`` runs in this process, where warnings are errors, and so do its tests if it is a file
  of ``tests/``;
- ``text`` is what the Python block before it printed;
- ``console``, ``bash`` and ``sh`` hold commands, see `run_command`; where a console block has
  prompts ``$``, its other lines are what the command above them printed;
- ``toml`` is a scenario, which must make a market, or a part of pyproject.toml;
- a first line ``# some/file.toml`` names the file that a block is, and a scenario is written there;
- a directive of Sphinx must be one of `DIRECTIVES`; reStructuredText may hold no code.

In shown output ``...`` stands for anything. A block of any other kind fails.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from markdown_it import MarkdownIt

from econsim.cli import app
from econsim.metrics import METRICS, ROUND_INTEGERS
from econsim.models.marketplace import INTERVENTIONS, Marketplace
from econsim.pricing import PRICING_MODELS, Claim
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES
from econsim.trust import TRUST_MODELS
from econsim.visualization.charts.market import CHARTS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCES = [path for path in sorted(DOCS.rglob("*.md")) if "_build" not in path.parts]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "README.md", *SOURCES)}
REGISTRIES = (PRICING_MODELS, STRATEGIES, SELLER_STRATEGIES, TRUST_MODELS, INTERVENTIONS)
HOW_TO = "docs/how-to/add-a-pricing-model.md"

DIRECTIVES = {"{toctree}", "{eval-rst}", "{econsim-help}"}
HIDDEN = re.compile(r"::\s*$|^\s*>>> |(code|code-block|sourcecode|literalinclude)::", re.MULTILINE)
NESTED = {"{note}", "{tip}", "{warning}"}  # directives that hold Markdown
GROUPS = {f"econsim.{kind}" for kind in ("pricing", "strategies", "trust", "scenarios")}
SHELLS = {"console", "bash", "sh"}
VARIABLES = {"ECONSIM_KERNELS", "NUMBA_NUM_THREADS", "PYTHON"}
# What is shown but not run, since it installs what runs this test.
SET_UP = {
    "cd econsim",
    "pip install .",
    "pip install -e .",
    "pip install -e '.[docs]'",
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    "source .venv/bin/activate",
}
CLONE = re.compile(r"git clone https://\S+( econsim)?")


def blocks(text):
    """Language, content and line of every code block of a page, in order."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            assert "<pre" not in token.content, "code in HTML would escape: use a fence"
        elif token.type == "code_block":
            yield "indented", token.content, token.map[0] + 1
        elif token.type == "fence":
            language = (token.info.split() or ["unnamed"])[0]
            if language in NESTED:
                yield from blocks(token.content)
            else:
                yield language, token.content, token.map[0] + 1


def commands(content):
    """Command lines of a shell block, each with the output shown below it (None without)."""
    lines = content.replace("\\\n", " ").splitlines()
    prompts = any(line.startswith("$ ") for line in lines)
    found = []
    for line in lines:
        if line.startswith("$ ") or not prompts:
            found.append((line.removeprefix("$ ").strip(), None))
        else:
            assert found, f"output above any command: {line!r}"
            found[-1] = (found[-1][0], (found[-1][1] or "") + line + "\n")
    return [(line, shown) for line, shown in found if line and not line.startswith("#")]


def matches(shown, printed):
    """Whether output is as shown, but for white space and what ``...`` stands for."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(shown, printed, flags)


def run_command(line, shown, folder):
    """Run a line of `econsim`; check one of `make` by a dry run; refuse any but `SET_UP` else."""
    if line in SET_UP or CLONE.fullmatch(line):
        return
    words = shlex.split(line, comments=True)
    assert not set("|<>&;`$") & set("".join(words)), f"one plain command a line, not {line!r}"
    environment = {**os.environ, "COLUMNS": "100", "MPLBACKEND": "agg"}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        assert name in VARIABLES, f"unknown variable {name} in {line!r}"
        environment[name] = value
    if words[0] == "make":
        # The target exists if a dry run of it does; a real `make test` here would run itself.
        assert shown is None, f"nothing checks the output of {line!r}"
        words, folder = ["make", "--dry-run", *words[1:]], ROOT
    elif words[0] == "econsim":
        words = [sys.executable, "-m", *words]
    else:
        assert words[:3] == ["python", "-m", "econsim"], f"not a command that runs here: {line!r}"
        words[0] = sys.executable
    ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, f"{line}: {ran.stderr}"
    assert shown is None or matches(shown, ran.stdout), f"{line} printed\n{ran.stdout}"


def named_file(content):
    """The file that the first line of a block names, or None."""
    found = re.match(r"# ([\w./-]+\.(?:py|toml))\n", content)
    return found and found[1]


def check_toml(content, folder):
    """Make the market of a scenario; of pyproject.toml, compare with the file.

    That of another project, ``# folder/pyproject.toml``, may announce what econsim looks for.
    """
    entries = tomllib.loads(content)
    if (named_file(content) or "").endswith("/pyproject.toml"):
        assert entries["project"]["entry-points"].keys() <= GROUPS
        return
    if entries.keys() <= {"build-system", "project", "tool"}:
        held = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        assert within(entries, held), "not what pyproject.toml says"
        return
    file = folder / (named_file(content) or "scenario.toml")
    file.write_text(content, encoding="utf-8")
    Marketplace.from_scenario(file, buyers=200, rng=0).step()


def within(part, whole):
    """Whether every entry of a nested mapping is in another."""
    return all(
        within(value, whole.get(key, {})) if isinstance(value, dict) else whole.get(key) == value
        for key, value in part.items()
    )


class Page:
    """The state that the blocks of one page share."""

    def __init__(self, name, folder, capsys):
        self.name, self.folder, self.capsys = name, folder, capsys
        self.namespace, self.printed = {"__name__": "__main__"}, None

    def run(self, language, content, line):
        where = f"{self.name}:{line}"
        if language == "python":
            # Padding makes a traceback name the line of the page.
            exec(compile("\n" * line + content, self.name, "exec"), self.namespace)
            if (named_file(content) or "").startswith("tests/"):
                for test in re.findall(r"^def (test_\w+)", content, re.MULTILINE):
                    self.namespace[test]()
            self.printed = self.capsys.readouterr().out
        elif language == "text":
            assert self.printed is not None, f"{where}: no block above that prints this"
            assert matches(content, self.printed), f"{where}: printed\n{self.printed}"
        elif language in SHELLS:
            for text, shown in commands(content):
                if text not in how_to_tests():
                    run_command(text, shown, self.folder)
        elif language == "toml":
            check_toml(content, self.folder)
        else:
            assert language in DIRECTIVES, f"{where}: nothing checks a block of {language}"
            assert not HIDDEN.search(content), f"{where}: nothing checks this code"


def run_all(page, text):
    for block in blocks(text):
        page.run(*block)


@contextmanager
def registries_as_they_were():
    """Forget what a page registers."""
    with ExitStack() as stack:
        for registry in REGISTRIES:
            stack.enter_context(patch.dict(registry._registered))
        for entries in (METRICS, CHARTS):
            stack.enter_context(patch.dict(entries))
        yield


@pytest.mark.parametrize("name", PAGES)
def test_every_code_block_runs(name, tmp_path, monkeypatch, capsys):
    from matplotlib import pyplot as plt

    monkeypatch.chdir(tmp_path)
    plt.switch_backend("agg")
    page = Page(name, tmp_path, capsys)
    with registries_as_they_were(), plt.rc_context():
        run_all(page, PAGES[name].read_text(encoding="utf-8"))
    plt.close("all")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("```\nls\n```", "unnamed"),
        ("    ls\n", "indented"),
        ("~~~julia\n1\n~~~", "julia"),
        ("```{code-block} python\n1 / 0\n```", "code-block"),
        ("````{note}\n```bash\nls\n```\n````", "not a command"),
        ("```console\n$ econsim scenarios\nno such output\n```", "printed"),
        ("```console\nmake no-such-target\n```", "no-such-target"),
        ("```sh\neconsim scenarios | head\n```", "one plain command"),
        ("```sh\nPATH=. econsim scenarios\n```", "unknown variable"),
        ("```python\nprint(1)\n```\n```text\n2\n```", "printed"),
        ("```text\n1\n```", "no block above"),
        ("```{eval-rst}\n.. code-block:: python\n\n   1 / 0\n```", "nothing checks"),
        ("```{eval-rst}\nSo::\n\n   1 / 0\n```", "nothing checks"),
        ('```toml\n[project]\nname = "other"\n```', "pyproject"),
    ],
)
def test_no_block_escapes(text, why, tmp_path, capsys):
    page = Page("page", tmp_path, capsys)
    with pytest.raises(AssertionError, match=why):
        run_all(page, text)


def how_to_tests():
    """The command lines of the how-to that run tests, which need its files in a checkout."""
    found = blocks(PAGES[HOW_TO].read_text(encoding="utf-8"))
    lines = [text for language, content, _ in found if language in SHELLS
             for text, _ in commands(content)]  # fmt: skip
    return [text for text in lines if text.startswith("python -m pytest ")]


def test_the_how_to_adds_a_pricing_model_to_a_checkout(tmp_path):
    """Its files and its line of the registry, in a copy, pass the tests that it names."""
    pycache = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "econsim", tmp_path / "econsim", ignore=pycache)
    (tmp_path / "tests").mkdir()
    for name in ("pyproject.toml", "tests/test_pricing_contract.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    text = PAGES[HOW_TO].read_text(encoding="utf-8")
    code = [content for language, content, _ in blocks(text) if language == "python"]
    files = {named_file(content): content for content in code}
    assert {*files} == {None, "econsim/pricing/lowest_winning.py", "tests/test_lowest_winning.py"}
    for name in files.keys() - {None}:
        (tmp_path / name).write_text(files[name], encoding="utf-8")
    registry = tmp_path / "econsim" / "pricing" / "__init__.py"
    code = registry.read_text(encoding="utf-8")
    line = re.search(r"add the line\s+`(\w+,)`", text)[1]
    head = "    for model in (\n"
    assert head in code
    code = code.replace(head, f"{head}{line}\n")
    code = f"from econsim.pricing.lowest_winning import {line.strip(',')}\n{code}"
    registry.write_text(code, encoding="utf-8")
    (command,) = how_to_tests()
    # NumPy kernels, since compiling those of the copy would take longer than the tests.
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "ECONSIM_KERNELS": "numpy"}
    words = [sys.executable, *shlex.split(command)[1:], "-p", "no:cacheprovider"]
    ran = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = int(re.search(r"(\d+) passed", ran.stdout)[1])
    assert passed >= 5, ran.stdout


def table(page, heading):
    """Rows of the table under a heading: lists of cells, without markup."""
    text = (DOCS / page).read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row] for row in [rows[0], *rows[2:]]]


def test_the_page_of_pricing_models_states_their_claims():
    head, *rows = table("reference/pricing-models.md", "Claims")
    claims = [claim for claim in Claim if claim is not Claim.FEASIBLE]  # asked of all
    assert head == ["name", *claims]
    stated = {row[0]: row[1:] for row in rows}
    held = {
        name: ["yes" if claim in model.claims else "no" for claim in claims]
        for name, model in PRICING_MODELS.items()
    }
    assert stated == held
    text = (DOCS / "reference/pricing-models.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections == ["Claims", "Commission", *PRICING_MODELS]


def test_the_page_of_metrics_states_all_of_them():
    _, *rows = table("reference/metrics.md", "Reported")
    assert rows == [[m.name, m.label, m.unit, m.meaning] for m in METRICS.values()]
    _, *recorded = table("reference/metrics.md", "Recorded")
    assert [row[0] for row in recorded] == list(ROUND_INTEGERS)


def test_the_page_of_the_command_has_every_command():
    text = (DOCS / "reference/cli.md").read_text(encoding="utf-8")
    names = [info.name or info.callback.__name__ for info in app.registered_commands]
    assert re.findall(r"^## econsim (\S+)$", text, re.MULTILINE) == names
    assert re.findall(r"^```{econsim-help} (\S+)$", text, re.MULTILINE) == names


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_lead_somewhere(name):
    page = PAGES[name]
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = child.attrs.get("href") or child.attrs.get("src")
            if target and not re.match(r"[a-z]+:|#", str(target)):
                file = page.parent / str(target).partition("#")[0]
                assert file.exists(), f"{name} links to {target}"
