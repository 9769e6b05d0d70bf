"""What an attack on reputation gains, and what it costs the others, under each defence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from econsim.errors import ParameterError, ScenarioError, integer, unmasked
from econsim.experiments.compare import run_seeds
from econsim.experiments.models import model_class
from econsim.money import TICKS_PER_CREDIT
from econsim.scenario import Scenario, load, packaged_attacks
from econsim.stats import Interval, interval, paired_difference

MEASURES = {
    "gain_per_identity_cost": "attacker's gain over honest work, per credit of identity cost",
    "profit_per_identity_cost": "attacker's profit, per credit of identity cost",
    "welfare_lost": "welfare that honest agents lose, credits a round",
    "rank_error": "share of pairs of sellers that trust ranks wrongly, under attack",
    "rank_error_without": "the same while the attacker works honestly",
}


@dataclass(frozen=True)
class AttackStudy:
    """What the runs of an attack gave.

    Attributes
    ----------
    name : str
    runs : DataFrame
        One row a run: ``defence``, ``replication``, ``seed``, ``active``; ``profit``,
        ``identity_cost`` and ``welfare`` of the honest in credits a round; ``identities``;
        ``rank_error``, the mean over the second half of the rounds.
    """

    name: str
    runs: pd.DataFrame

    @property
    def defences(self) -> list[str]:
        """Defences in the order of the scenario."""
        return list(dict.fromkeys(self.runs["defence"]))

    def measure(self, defence: str) -> dict[str, Interval]:
        """Each of `MEASURES` with its 95 % interval, over replications paired by seed."""
        rows = self.runs[self.runs["defence"] == defence].set_index("replication")
        under, without = rows[rows["active"]], rows[~rows["active"]]
        cost = under["identity_cost"].replace(0.0, np.nan)
        return {
            "gain_per_identity_cost": interval((under["profit"] - without["profit"]) / cost),
            "profit_per_identity_cost": interval(under["profit"] / cost),
            "welfare_lost": paired_difference(under["welfare"], without["welfare"]),
            "rank_error": interval(under["rank_error"]),
            "rank_error_without": interval(without["rank_error"]),
        }

    def verdict(self, defence: str) -> str:
        """Whether the attack gains more than its identities cost: ``pays``, or ``does not pay``.

        ``not clear`` where the interval of the gain per identity cost contains 1.
        """
        gain = self.measure(defence)["gain_per_identity_cost"]
        if gain.low > 1:
            return "pays"
        return "does not pay" if gain.high < 1 else "not clear"

    def table(self) -> pd.DataFrame:
        """One row a defence and measure: defence, measure, mean, low, high, n, verdict."""
        rows = [
            (
                defence,
                name,
                estimate.mean,
                estimate.low,
                estimate.high,
                estimate.n,
                self.verdict(defence),
            )
            for defence in self.defences
            for name, estimate in self.measure(defence).items()
        ]
        columns = ["defence", "measure", "mean", "low", "high", "n", "verdict"]
        return pd.DataFrame(rows, columns=columns)


def study(
    name: str,
    *,
    replications: int = 10,
    rounds: int = 60,
    rng: int = 1,
    on_run: Callable[[dict[str, Any]], None] | None = None,
    **overrides: Any,
) -> AttackStudy:
    """Run an attack, and the same market while the attacker works honestly, under each defence.

    Parameters
    ----------
    name : str
        Packaged attack, or a TOML file with ``[attack]`` and ``[defences]``.
    replications, rounds : int
    rng : int
        Replication r has the same seed, and so the same draws, in all its runs.
    on_run : callable, optional
        Called with each finished run's row.
    **overrides
        Keywords of the marketplace that replace the scenario's.

    Raises
    ------
    ParameterError, ScenarioError
    """
    scenario = load(name)
    if "attack" not in scenario.market:
        raise ScenarioError(
            "attack", name, "a file with an [attack], or " + ", ".join(packaged_attacks())
        )
    length = integer("rounds", rounds, 2, 10**9)
    count = integer("replications", replications, 2, 10**6)
    rows = []
    for replication, seed in enumerate(run_seeds(rng, count)[0]):
        for defence, changes in (scenario.defences or {"none": {}}).items():
            for active in (True, False):
                keywords = _keywords(scenario, changes, overrides, active)
                key = {"defence": defence, "replication": replication, "seed": seed}
                rows.append({**key, "active": active, **_run(keywords, seed, length)})
                if on_run:
                    on_run(rows[-1])
    return AttackStudy(name, pd.DataFrame(rows))


def _keywords(
    scenario: Scenario, changes: Mapping[str, Any], overrides: Mapping[str, Any], active: bool
) -> dict[str, Any]:
    """Keywords of one run; what a defence says of the attack changes single entries of it."""
    for attack_table in (scenario.market["attack"], changes.get("attack", {})):
        if not isinstance(attack_table, Mapping):
            raise ScenarioError(f"{scenario.name}: attack", attack_table, "a table")
    attack = {**scenario.market["attack"], **changes.get("attack", {}), "active": active}
    keywords = {"sellers": None, **scenario.market, **changes, **overrides, "attack": attack}
    known = model_class().__init__.__kwdefaults__
    for entry in keywords:
        if entry not in known:
            raise ParameterError("market entry", entry, "one of " + ", ".join(sorted(known)))
    return keywords


def _run(keywords: Mapping[str, Any], seed: int, rounds: int) -> dict[str, Any]:
    """Profit, identities, welfare of the honest and rank error of one run."""
    model = model_class()(**{**keywords, "rng": seed})
    errors = []
    for now in range(rounds):
        model.step()
        if now >= rounds // 2:
            errors.append(rank_error(model.sellers["trust"], model.sellers["reliability"]))
    unit, attacker = TICKS_PER_CREDIT * rounds, model.attack
    welfare = sum(record["worth"] - record["cost"] for record in model.history)
    return {
        "profit": attacker.profit / unit,
        "identities": attacker.identities,
        "identity_cost": attacker.identities * attacker.identity_cost / rounds,
        "welfare": (welfare - attacker.profit) / unit,
        "rank_error": float(np.mean(errors)),
    }


def rank_error(trust: Any, reliability: Any) -> float:
    """Share of the pairs of sellers that trust puts in the wrong order, ties counting half.

    Parameters
    ----------
    trust, reliability : float array (m,)
        Pairs of equal reliability are left out.

    Returns
    -------
    float in [0, 1]; 1/2 if trust says nothing, NaN if all are equally reliable.
    """
    known = np.asarray(unmasked("trust", trust), dtype=np.float64)
    true = np.asarray(unmasked("reliability", reliability), dtype=np.float64)
    better = np.sign(true[:, None] - true[None, :])
    agrees = better * np.sign(known[:, None] - known[None, :])
    pairs = better != 0
    return float(((1 - agrees[pairs]) / 2).mean()) if pairs.any() else float("nan")
