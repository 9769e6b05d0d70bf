"""Third-party packages: built, installed beside econsim, found by entry point."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

from econsim.pricing import Fixed, PricingModel
from econsim.registry import PluginWarning, Registry, installed
from econsim.strategies import SellerStrategy, Strategy

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "tiny-markets"
version = "1.0"

[project.entry-points."econsim.pricing"]
twice = "tiny_markets.models:Twice"

[project.entry-points."econsim.strategies"]
third = "tiny_markets.models:Third"
flat = "tiny_markets.models:Flat"

[project.entry-points."econsim.trust"]
stoic = "tiny_markets.models:Stoic"

[project.entry-points."econsim.scenarios"]
phones = "tiny_markets"

[tool.setuptools]
packages = ["tiny_markets"]
package-data = { tiny_markets = ["*.toml"] }
"""
MODELS = '''
import numpy as np

from econsim.pricing import Fixed
from econsim.strategies import SellerStrategy, Strategy
from econsim.trust import TrustModel


class Twice(Fixed):
    """A price per use of twice what it says, at least."""

    name = "twice"

    def __init__(self, times=2):
        super().__init__()
        self.times = times

    def tariff(self, units, price):
        return self.times * super().tariff(units, price)


class Third(Strategy):
    """Bids a third of the value."""

    name = "third"

    def bids(self, market):
        return market.value // 3


class Flat(SellerStrategy):
    """Never moves."""

    name = "flat"

    def prices(self, market):
        return market.price


class Stoic(TrustModel):
    """Trusts everybody alike."""

    name = "stoic"
    columns = {}

    def start(self, successes, failures):
        return {"trust": np.full(np.shape(successes), 0.5)}

    def rate(self, state, ratings):
        return np.full(5, 0.5)
'''
SCENARIO = """
title = "Phones, five sellers"
[market]
buyers = 60
sellers = 5
strategy = "third"
trust = "stoic"
"""


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder with the distribution, as pip installs it without any index."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    write(
        source,
        {
            "pyproject.toml": PYPROJECT,
            "tiny_markets/__init__.py": "",
            "tiny_markets/models.py": MODELS,
            "tiny_markets/phones.toml": SCENARIO,
        },
    )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    ran = subprocess.run([*pip, *offline, str(source)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return site


def econsim(site, folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(site), "COLUMNS": "200", "MPLBACKEND": "agg"}
    environment.pop("PYTHONWARNINGS", None)
    command = [sys.executable, "-m", "econsim", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_what_a_package_announces_is_named_like_our_own(site, tmp_path):
    ran = econsim(
        site, tmp_path, "compare", "phones", "--pricing", "twice", "twice(times=5)", "fixed",
        "--seller-strategy", "flat:0.5,follow-sales:0.5",
        "--replications", "2", "--rounds", "3", "--out", "here",
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    runs = (tmp_path / "here" / "runs.csv").read_text()
    assert [line.split(",")[0] for line in runs.splitlines()[1:4]] == [
        "twice", "twice(times=5)", "fixed",
    ]  # fmt: skip


def test_its_scenario_and_kinds_are_listed(site, tmp_path):
    listed = econsim(site, tmp_path, "scenarios")
    assert "phones       Phones, five sellers" in listed.stdout
    kinds = econsim(site, tmp_path, "kinds").stdout
    for line in ("twice(times=2)", "third", "flat", "stoic"):
        assert f"  {line}\n" in kinds
    assert kinds.index("  third") < kinds.index("--seller-strategy") < kinds.index("  flat")


DASHBOARD = """
import sys
from queue import Queue

from econsim.models.marketplace import Marketplace
from econsim.visualization.engines.compare import CompareWorker, Plan
from econsim.visualization.engines.engine import Engine
from econsim.visualization.engines.market import WORKER
from econsim.visualization.server.parameters import parameters
from econsim.visualization.server.permalink import query, setting

if __name__ == "__main__":
    for name, added in ADDED.items():
        assert added in parameters()[name].choices, name
    made = setting(LINK)
    assert "tiny_markets.models" in sys.modules  # by its entry point, not by the link
    frames = Queue()
    engine = Engine(WORKER, {"setting": made}, lambda number, frame: take(number, frame), print)

    def take(number, frame):
        engine.send("acknowledge", number)
        frames.put(frame)

    while (frame := frames.get(timeout=60))["round"] < made.round or frame["playing"]:
        pass
    engine.close()
    model = Marketplace.from_scenario("phones", rng=4, pricing="twice(times=5)",
                                      strategy="third:0.5,truthful:0.5", seller_strategy="flat")
    model.run_for(2)
    assert frame["digest"] == model.state_digest()
    assert query(frame["setting"]) == LINK
    values = frame["steady"]["values"]
    assert values["pricing"] == "twice(times=5)"
    assert values["trust"] == "stoic"
    worker = CompareWorker(Plan("phones", ("twice", "twice(times=5)"), buyers=60, rounds=1), 1)
    while worker.step():
        pass
    print(*worker.frame()["pricing"])
"""
ADDED = {"pricing": "twice", "strategy": "third", "seller_strategy": "flat", "trust": "stoic"}
LINK = (
    "scenario=phones&seed=4&pricing=twice(times=5)&strategy=third:0.5,truthful:0.5"
    "&seller_strategy=flat&round=2"
)


def test_the_dashboard_lists_it_and_its_engines_know_it(site, tmp_path):
    """Engines are processes of their own: what the page knows by entry point, they know too."""
    script = tmp_path / "visit.py"
    script.write_text(f"ADDED, LINK = {ADDED!r}, {LINK!r}\n{DASHBOARD}", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(site)}
    environment.pop("PYTHONWARNINGS", None)
    ran = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "twice twice(times=5)\n"
    assert ran.stderr == ""


METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n"
BROKEN = {
    "bad_markets-1.0.dist-info/METADATA": METADATA.format("bad-markets"),
    "bad_markets-1.0.dist-info/entry_points.txt": """
[econsim.pricing]
fixed = bad_markets:Fixed
gone = bad_markets:Gone
strange = bad_markets:Strange
wrong = bad_markets:Named
both = bad_markets:Both
[econsim.scenarios]
nowhere = bad_markets
""",
    "bad_markets/__init__.py": """
from econsim.pricing import Fixed as Fixed


class Strange:
    name = "strange"


class Named(Fixed):
    name = "right"


class Both(Fixed):
    name = "both"
""",
    "also_bad-1.0.dist-info/METADATA": METADATA.format("also-bad"),
    "also_bad-1.0.dist-info/entry_points.txt": "[econsim.pricing]\nboth = bad_markets:Both\n",
}
REASONS = {
    "fixed": "the name is taken",
    "gone": "AttributeError",
    "strange": "bad_markets:Strange is no PricingModel",
    "wrong": "the name of bad_markets:Named is 'right'",
    "both": "the name is taken",
}


def test_what_is_broken_is_a_warning_that_names_the_package(tmp_path, monkeypatch):
    write(tmp_path, BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    models = Registry("pricing", PricingModel, {"fixed": Fixed}, group="econsim.pricing")
    assert models.resolve("fixed").name == "fixed"  # without looking for packages
    with pytest.warns(PluginWarning) as caught:
        assert list(models) == ["fixed"]
    said = [str(warning.message) for warning in caught]
    for name, reason in REASONS.items():
        text = f"bad-markets announces {name!r} in econsim.pricing, which is left out"
        assert [reason in line for line in said if line.startswith(text)] == [True]
    assert any(line.startswith("also-bad announces 'both'") for line in said)
    assert list(models) == ["fixed"]


def test_a_broken_package_is_a_line_of_the_command_not_its_end(tmp_path):
    site = tmp_path / "site"
    write(site, BROKEN)
    listed = econsim(site, tmp_path, "scenarios")
    assert listed.returncode == 0
    assert "ebay" in listed.stdout
    (line,) = listed.stderr.splitlines()
    assert line.startswith("warning: bad-markets announces 'nowhere' in econsim.scenarios")
    refused = econsim(site, tmp_path, "run", "agents", "--pricing", "gone", "--rounds", "1")
    assert refused.returncode == 2
    assert "pricing = 'gone': must be one of" in refused.stderr.splitlines()[-1]
    assert all(line.startswith("warning: ") for line in refused.stderr.splitlines()[:-1])


def test_strategies_of_buyers_and_sellers_share_a_group(monkeypatch):
    entries = [
        importlib.metadata.EntryPoint("cost-plus", "econsim.strategies:CostPlus", "g"),
        importlib.metadata.EntryPoint("truthful", "econsim.strategies:Truthful", "g"),
    ]
    monkeypatch.setattr("econsim.registry.plugins.entry_points", lambda group: entries)
    buyers = Registry("strategy", Strategy, {}, group="g", others=(SellerStrategy,))
    sellers = Registry("seller_strategy", SellerStrategy, {}, group="g", others=(Strategy,))
    assert list(buyers) == ["truthful"]
    assert list(sellers) == ["cost-plus"]


def test_econsim_itself_announces_nothing_of_the_kind():
    for group in ("econsim.pricing", "econsim.strategies", "econsim.trust", "econsim.scenarios"):
        assert installed(group, (), lambda entry: entry) == {}
