"""A comparison in its engine's process: replications of every pricing model, slice by slice."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from econsim.errors import ParameterError, integer, one_of
from econsim.experiments.compare import (
    NO_SHADING,
    Arm,
    Comparison,
    build,
    make_arm,
    market_of,
    run_seeds,
)
from econsim.metrics import METRICS
from econsim.models.marketplace import Marketplace
from econsim.stats import differences, interval
from econsim.visualization.charts.pictures import png
from econsim.visualization.server.parameters import canonical
from econsim.visualization.server.sizes import check_sizes

WORKER = "econsim.visualization.engines.compare:CompareWorker"
MOST_MODELS, MOST_REPLICATIONS, MOST_ROUNDS = 4, 200, 500
MOST_BUYERS = 200_000
COMMANDS = ("reset", "more", "csv", "png")
TRACKED = ("welfare", "revenue", "buyer_surplus")
SLICE = 0.2  # seconds
Ends = dict[str, tuple[float, float, float]]
Paths = dict[str, dict[str, list[tuple[float, ...]]]]


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    scenario : str
    pricing : tuple of str
        Two to four specifications of registered models, or mixes, no two alike; kept as canonical
        texts. Differences are to the first.
    buyers, rounds, seed : int
    """

    scenario: str = "agents"
    pricing: tuple[str, ...] = ("fixed", "vickrey")
    buyers: int = 500
    rounds: int = 20
    seed: int = 1
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        labels = [canonical("pricing", text) for text in self.pricing[: MOST_MODELS + 1]]
        if not 2 <= len(set(labels)) == len(labels) <= MOST_MODELS:
            permitted = f"two to {MOST_MODELS} different pricing models"
            raise ParameterError("pricing", labels, permitted)
        object.__setattr__(self, "pricing", tuple(labels))
        integer("buyers", self.buyers, 1, MOST_BUYERS)
        integer("rounds", self.rounds, 1, MOST_ROUNDS)
        integer("seed", self.seed, 0, 2**64 - 1)


class CompareWorker:
    """Runs replication after replication, the same seed under every model.

    A step is a slice of one run, so that no run is too long to pause.

    Parameters
    ----------
    plan : Plan
    replications : int
        To be run at once.
    """

    def __init__(self, plan: Plan, replications: int = 0):
        self.reset(plan, replications)

    def reset(self, plan: Plan, replications: int = 0) -> None:
        """Another comparison; where it cannot be made, the old one stays."""
        market = market_of(plan.scenario, {"buyers": plan.buyers, **plan.parameters})
        check_sizes(market)
        for text in plan.pricing:
            build(Arm(text, {"pricing": text}), market, plan.seed)
        self.target = integer("replications", replications, 0, MOST_REPLICATIONS)
        self.plan, self.market = plan, market
        self.seeds, self.pilot = run_seeds(plan.seed, MOST_REPLICATIONS)
        self.arms: dict[str, Arm | None] = {}
        self.shading = NO_SHADING
        self.rows: list[dict[str, Any]] = []
        self.paths: Paths = {text: {name: [] for name in TRACKED} for text in plan.pricing[1:]}
        self.model: Marketplace | None = None
        self.intervals = self._intervals()

    @property
    def done(self) -> int:
        """Replications that every model has run."""
        return len(self.rows) // len(self.plan.pricing)

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """One of `COMMANDS`, with its keywords."""
        return getattr(self, one_of("command", name, COMMANDS))(**given)

    def more(self, count: int = MOST_REPLICATIONS) -> None:
        """Run so many more, as far as there may be more; a begun one counts."""
        self.target = min(self.done + count, MOST_REPLICATIONS)

    def ahead(self) -> int:
        """As many slices as it takes."""
        return 10**6 if self.target else 0

    def step(self) -> bool:
        """A slice of a run; False when the target is reached."""
        if self.done >= self.target:
            return False
        text, seed = self._due(), self.seeds[self.done]
        arm = self.arms.get(text)
        if arm is None:
            self._prepare(text)
            return True
        if self.model is None:
            self.model = build(arm, self.market, seed)
        end = time.monotonic() + SLICE
        while self.model.round < self.plan.rounds:
            self.model.run_for(1)
            if time.monotonic() > end:
                return True
        key = {"pricing": text, "replication": self.done, "seed": seed}
        self.rows.append({**key, **self.model.summary()})
        self.model = None
        if text == self.plan.pricing[-1]:
            self._grow()
        return self.done < self.target

    def _due(self) -> str:
        """The model whose run is next, or under way."""
        return self.plan.pricing[len(self.rows) % len(self.plan.pricing)]

    def _prepare(self, text: str) -> None:
        """Say first, and then do what takes seconds: find how buyers shade where they pay bids."""
        if text not in self.arms:
            self.arms[text] = None
            return
        arm = make_arm(text, text, self.market, self.pilot)
        self.arms[text] = arm
        if arm.shading:
            kinds = build(arm, self.market, self.pilot).categories
            self.shading = pd.concat([self.shading, arm.shading_frame(kinds)], ignore_index=True)

    def frame(self) -> pd.DataFrame:
        """One row a run, of the replications that every model has run."""
        complete = self.rows[: self.done * len(self.plan.pricing)]
        return pd.DataFrame(complete, columns=["pricing", "replication", "seed", *METRICS])

    def csv(self) -> str:
        """The runs as text, every digit of them."""
        return self.frame().to_csv(index=False)

    def png(self) -> bytes:
        """The comparison as a figure."""
        from econsim.report import comparison_figure

        if self.done < 2:
            raise ParameterError("replications", self.done, "at least 2 before there is a figure")
        title = f"{self.plan.scenario}: pricing models on the same draws"
        return png(comparison_figure(Comparison(self.frame()), title))

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """What the page shows."""
        begun = self.model.round if self.model else 0
        of = len(self.plan.pricing) * self.plan.rounds
        share = (len(self.rows) % len(self.plan.pricing) * self.plan.rounds + begun) / of
        due = self._due()
        text = f"replication {self.done + 1}, {due}: {100 * share:.0f} %"
        if self.arms.get(due, 0) is None:
            text = f"preparing {due} on pilot draws …"
        now = {"done": self.done, "text": text}
        shading = self.shading.to_numpy().tolist()
        return {"plan": self.plan, **now, "shading": shading, **self.intervals}

    def _grow(self) -> None:
        """Another replication is complete."""
        self.intervals = self._intervals()
        for text, gaps in self.intervals["gaps"].items():
            for name, path in self.paths[text].items():
                mean, low, high = gaps[name]
                # The interval of two would hide all others: it is left out.
                path.append((mean, low, high) if self.done > 2 else (mean, *(float("nan"),) * 2))

    def _intervals(self) -> dict[str, Any]:
        """Means and paired differences to the first model, each with low and high, and marks."""
        frame, pricing = self.frame(), list(self.plan.pricing)
        means: dict[str, Ends] = {text: {} for text in pricing}
        gaps: dict[str, Ends] = {text: {} for text in pricing[1:]}
        marked: dict[str, list[str]] = {text: [] for text in pricing[1:]}
        for name in METRICS:
            values = frame[name].to_numpy(dtype=np.float64).reshape(-1, len(pricing))
            for text, column in zip(pricing, values.T, strict=True):
                estimate = interval(column)
                means[text][name] = (estimate.mean, estimate.low, estimate.high)
            gap = differences(values, pricing)
            for text, mean, low, high, mark in zip(
                pricing[1:], gap["mean"], gap["low"], gap["high"], gap["marked"], strict=True
            ):
                gaps[text][name] = (float(mean), float(low), float(high))
                marked[text] += [name] if mark else []
        return {"means": means, "gaps": gaps, "marked": marked, "paths": self.paths}
