"""A comparison in its engine's process: one replication of every pricing model a step."""

import io
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from econsim.errors import ParameterError, integer, one_of
from econsim.experiments.compare import Comparison, parse_pricing, run_seeds
from econsim.metrics import METRICS
from econsim.models.marketplace import Marketplace
from econsim.stats import interval, paired_difference

WORKER = "econsim.visualization.compare_engine:CompareWorker"
MOST_MODELS, MOST_REPLICATIONS, MOST_ROUNDS = 4, 200, 500
MOST_BUYERS = 200_000
COMMANDS = ("reset", "csv", "png")


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    scenario : str
    pricing : tuple of str
        Two to four; differences are to the first.
    buyers, rounds, seed : int
    """

    scenario: str = "agents"
    pricing: tuple[str, ...] = ("fixed", "vickrey")
    buyers: int = 500
    rounds: int = 20
    seed: int = 1
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 2 <= len(set(self.pricing)) == len(self.pricing) <= MOST_MODELS:
            permitted = f"two to {MOST_MODELS} different pricing models"
            raise ParameterError("pricing", list(self.pricing), permitted)
        integer("buyers", self.buyers, 1, MOST_BUYERS)
        integer("rounds", self.rounds, 1, MOST_ROUNDS)
        integer("seed", self.seed, 0, 2**64 - 1)


class CompareWorker:
    """Runs replication after replication, the same seed under every model."""

    def __init__(self, plan: Plan):
        self.reset(plan)

    def reset(self, plan: Plan) -> None:
        """Another comparison; where it cannot be made, the old one stays."""
        for text in plan.pricing:
            self._market(plan, text, plan.seed)
        self.plan = plan
        self.seeds = run_seeds(plan.seed, MOST_REPLICATIONS)[0]
        self.rows: list[dict[str, Any]] = []
        self.done = 0

    @staticmethod
    def _market(plan: Plan, text: str, seed: int) -> Marketplace:
        keywords = {"buyers": plan.buyers, **plan.parameters, "pricing": parse_pricing(text)}
        return Marketplace.from_scenario(plan.scenario, **keywords, rng=seed)

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """One of `COMMANDS`, with its keywords."""
        return getattr(self, one_of("command", name, COMMANDS))(**given)

    def ahead(self) -> int:
        """Nothing by itself."""
        return 0

    def step(self) -> bool:
        """A replication of every model."""
        if self.done >= MOST_REPLICATIONS:
            return False
        seed = self.seeds[self.done]
        for text in self.plan.pricing:
            model = self._market(self.plan, text, seed)
            model.run_for(self.plan.rounds)
            key = {"pricing": text, "replication": self.done, "seed": seed}
            self.rows.append({**key, **model.summary()})
        self.done += 1
        return self.done < MOST_REPLICATIONS

    def frame(self) -> pd.DataFrame:
        """One row a run."""
        return pd.DataFrame(self.rows, columns=["pricing", "replication", "seed", *METRICS])

    def csv(self) -> str:
        """The runs as text, every digit of them."""
        return self.frame().to_csv(index=False)

    def png(self) -> bytes:
        """The comparison as a figure."""
        from econsim.report import comparison_figure

        if self.done < 2:
            raise ParameterError("replications", self.done, "at least 2 before there is a figure")
        title, file = f"{self.plan.scenario}: pricing models on the same draws", io.BytesIO()
        comparison_figure(Comparison(self.frame()), title).savefig(file, format="png", dpi=110)
        return file.getvalue()

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """What the page shows."""
        frame = self.frame()
        values = {
            text: frame[frame["pricing"] == text][list(METRICS)] for text in self.plan.pricing
        }
        return {
            "plan": self.plan,
            "done": self.done,
            "means": {text: _intervals(held) for text, held in values.items()},
            "gaps": {text: self._gaps(values, text) for text in self.plan.pricing[1:]},
            "paths": {text: self._paths(values, text) for text in self.plan.pricing[1:]},
        }

    def _gaps(self, values: dict[str, pd.DataFrame], text: str) -> dict[str, tuple[float, ...]]:
        """Paired difference to the first model: mean, low, high."""
        first, second = values[self.plan.pricing[0]], values[text]
        found = {name: paired_difference(first[name], second[name]) for name in METRICS}
        return {name: (each.mean, each.low, each.high) for name, each in found.items()}

    def _paths(self, values: dict[str, pd.DataFrame], text: str) -> dict[str, list[tuple]]:
        """How paired differences narrowed: a mean, low and high for each number of replications.

        Two replications have an interval so wide that it would hide the others: it is left out.
        """
        first, second = values[self.plan.pricing[0]], values[text]
        return {
            name: [
                (found.mean, *((found.low, found.high) if count > 2 else (float("nan"),) * 2))
                for count in range(1, self.done + 1)
                for found in [paired_difference(first[name][:count], second[name][:count])]
            ]
            for name in ("welfare", "revenue", "buyer_surplus")
        }


def _intervals(held: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    found = {name: interval(held[name]) for name in METRICS}
    return {name: (each.mean, each.low, each.high) for name, each in found.items()}
