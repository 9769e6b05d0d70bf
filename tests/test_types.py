"""The type checker sees one program: what is wrong anywhere in it is an error."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAD = """
from collections.abc import Sequence

import econsim
from econsim.audit import audit
from econsim.experiments.compare import Comparison, compare
from econsim.models.marketplace import Buyer, Marketplace
from econsim.population import Population
from econsim.pricing import Fixed
from econsim.strategies import Shaded, Truthful
from econsim.visualization import dashboard

market = Marketplace(buyers=10, rng=1)
"""
RIGHT = """
shares = {"fixed": 0.5, "vickrey": 0.5}
Marketplace(pricing=shares, strategy=Shaded, trust={"kind": "beta"}, rng=None)
Marketplace(pricing=[("fixed", 0.5), (Fixed(), 0.5)], strategy={"hedge": 0.5, Truthful(): 0.5})
Marketplace(service={"penalty": 0.5}, attack={"kind": "oscillation"})
Marketplace(events=[{"time": 1, "kind": "fee", "share": 0.1}])
market.run_for(3)
welfare: float = market.summary()["welfare"]
wallets: Population = market.buyers
market.agents.select(agent_type=Buyer).agg("wallet", max)
comparison: Comparison = compare("agents", ["fixed"], replications=2, buyers=10)
front: Marketplace = econsim.Marketplace(buyers=10)
refuted: Sequence[str] = econsim.audit("vickrey", samples=10).refuted_claims
econsim.calibrate("simulated").categories[0].values
econsim.reproduce("wealth", quick=True).reproduced
try:
    econsim.replay("simulated", k=3).summary.head()
except econsim.ParameterError as error:
    print(error.field)
"""
WRONG = {
    "Marketplace(buyerz=1)": 'Unexpected keyword argument "buyerz"',
    "Marketplace(pricing=3)": 'Argument "pricing" to "Marketplace" has incompatible type "int"',
    'Marketplace(rng="one")': 'Argument "rng" to "Marketplace" has incompatible type "str"',
    "market.no_such_method()": '"Marketplace" has no attribute "no_such_method"',
    "market.run_forever(3)": '"Marketplace" has no attribute "run_forever"',
    "market.agents.no_such_verb()": '"RowSet" has no attribute "no_such_verb"',
    "market.buyers.no_such_table()": '"Population" has no attribute "no_such_table"',
    'name: str = market.summary()["welfare"]': 'variable has type "str"',
    "dashboard.no_such_page": 'Module has no attribute "no_such_page"',
    "compare(3, [])": 'Argument 1 to "compare" has incompatible type "int"',
    'compare("agents", ["fixed"]).no_such_table()': '"Comparison" has no attribute "no_such_table"',
    'audit("vickrey", sample=1)': 'Unexpected keyword argument "sample" for "audit"',
    "econsim.no_such_door": 'Module has no attribute "no_such_door"',
    "econsim.Marketplace(buyerz=1)": 'Unexpected keyword argument "buyerz"',
    'econsim.audit("vickrey", sample=1)': 'Unexpected keyword argument "sample" for "audit"',
    'econsim.replay("simulated", k="3")': 'Argument "k" to "replay" has incompatible type "str"',
    "econsim.calibrate(3)": 'Argument 1 to "calibrate" has incompatible type "int"',
    'econsim.reproduce("wealth", fast=True)': 'Unexpected keyword argument "fast"',
}


RIGHT_LINES = (HEAD + RIGHT).count("\n") + 1


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What the checker says of a file of all probes: its complaints by line of the file."""
    pytest.importorskip("mypy")
    probe = tmp_path_factory.mktemp("types") / "probe.py"
    probe.write_text("\n".join([HEAD + RIGHT, *WRONG]))
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "typecheck.py", probe], capture_output=True, text=True
    )
    assert checked.returncode == 1, checked.stdout + checked.stderr
    found = {}
    for line in checked.stdout.splitlines():
        where, _, text = line.partition(": error: ")
        if text:
            path, _, number = where.rpartition(":")
            assert Path(path).name == probe.name, line  # its folder may be that of a cached run
            found.setdefault(int(number), []).append(text)
    return found


def test_what_is_right_passes(complaints):
    assert {line: found for line, found in complaints.items() if line <= RIGHT_LINES} == {}


@pytest.mark.parametrize("probe", WRONG)
def test_what_is_wrong_is_an_error(complaints, probe):
    line = RIGHT_LINES + 1 + list(WRONG).index(probe)
    assert any(WRONG[probe] in text for text in complaints.get(line, []))
