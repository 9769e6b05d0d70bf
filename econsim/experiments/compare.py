"""Paired comparison of pricing models on common random numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from econsim.digits import number
from econsim.equilibrium import Shading
from econsim.errors import ParameterError, integer, one_of
from econsim.experiments import warmup as warmups
from econsim.experiments.models import model_class
from econsim.experiments.pilot import equilibrium_shading, shrunk
from econsim.experiments.warmup import Warmup
from econsim.metrics import METRICS, reported
from econsim.preferences import Category
from econsim.pricing import PRICING_MODELS, PricingModel
from econsim.registry import Mix
from econsim.scenario import load
from econsim.stats import Best, best, differences, interval, paired_difference
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES, Shaded
from econsim.tables import html_table

SHADING_COLUMNS = ["pricing", "category", "alpha", "reply", "gain", "gain_by_value", "draws"]
NO_SHADING = pd.DataFrame(columns=SHADING_COLUMNS)
MOST_BOUND = 0.01
TRUTHFUL = "first-price (truthful, out of equilibrium)"


@dataclass(frozen=True)
class Comparison:
    """What the replications of a comparison gave.

    Attributes
    ----------
    runs : DataFrame
        One row a run: ``pricing``, ``replication``, ``seed`` and every metric.
    shading : DataFrame
        One row a pay-as-bid model and category: ``pricing``, ``category``, ``alpha``, ``reply``
        (best other factor), ``gain`` and ``gain_by_value`` (of deviating, shares of surplus; see
        `econsim.equilibrium.Shading`), ``draws``.
    warmup : Warmup
        Rounds left out at the start of every run, and where that number is from.
    rounds : int
        Rounds of a run that were counted.
    assumed : str
        How buyers bid and sellers price, in a sentence: what was assumed and not found.
    """

    runs: pd.DataFrame
    shading: pd.DataFrame = field(default_factory=pd.DataFrame)
    warmup: Warmup = field(default_factory=lambda: warmups.fixed(0))
    rounds: int = 0
    assumed: str = ""

    @property
    def settled(self) -> dict[str, bool]:
        """Whether each model's pilot settled; True where nobody looked."""
        return {label: self.warmup.settled.get(label, True) for label in self.labels}

    @property
    def unsettled(self) -> list[str]:
        """Models that have not settled."""
        return [label for label, settled in self.settled.items() if not settled]

    @property
    def labels(self) -> list[str]:
        """Pricing models in the order in which they were asked for."""
        return list(dict.fromkeys(self.runs["pricing"]))

    def _values(self, label: str, metric: str) -> pd.Series:
        rows = self.runs[self.runs["pricing"] == label].set_index("replication")
        return rows[metric]

    def means(self, confidence: float = 0.95) -> pd.DataFrame:
        """Mean and interval of every metric: pricing, metric, mean, low, high, n."""
        rows = []
        for label in self.labels:
            for metric in METRICS:
                estimate = interval(self._values(label, metric), confidence=confidence)
                rows.append((label, metric, estimate.mean, estimate.low, estimate.high, estimate.n))
        return pd.DataFrame(rows, columns=["pricing", "metric", "mean", "low", "high", "n"])

    def _table(self, metric: str) -> pd.DataFrame:
        """A metric's value by replication (rows) and pricing model (columns)."""
        table = self.runs.pivot(index="replication", columns="pricing", values=metric)
        return table[self.labels]

    def differences(self, baseline: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
        """Paired differences to `baseline` (the first model): as `means`, ``adjusted``, ``marked``.

        A difference is marked where it is significant by Holm's adjustment over the differences of
        its metric, so that a metric of models that are alike has no mark at the confidence;
        ``adjusted`` is the adjusted p. The intervals are each difference's own. With one
        replication there is no interval, and nothing is marked.
        """
        parts = []
        for metric in METRICS:
            table = self._table(metric)
            gaps = differences(
                table.to_numpy(), self.labels, baseline=baseline, confidence=confidence
            )
            parts.append(gaps.assign(metric=metric).rename_axis("pricing").reset_index())
        columns = ["pricing", "metric", "mean", "low", "high", "n", "adjusted", "marked"]
        order = [label for label in self.labels if label != (baseline or self.labels[0])]
        joined = pd.concat(parts, ignore_index=True)[columns]
        by_label = [joined[joined["pricing"] == label] for label in order]
        return pd.concat([joined[:0], *by_label], ignore_index=True)

    def best(self, metric: str, confidence: float = 0.95) -> Best:
        """Which models may be the best by a metric, jointly at the confidence (Hsu 1984).

        See `econsim.stats.best`.
        """
        one_of("metric", metric, METRICS)
        return best(self._table(metric).to_numpy(), self.labels, confidence=confidence)

    def answer(self) -> list[str]:
        """Which model is best by welfare, seller revenue and buyer surplus, with the evidence."""
        compared = ("welfare", "revenue", "buyer_surplus") if len(self.labels) > 1 else ()
        return [f"Highest {METRICS[metric].label}: {self._verdict(metric)}" for metric in compared]

    def notes(self) -> list[str]:
        """What a reader of the figures has to know: rounds counted, what is assumed."""
        lines = []
        if self.rounds:
            lines.append(
                f"Every run leaves out {self.warmup.rounds} rounds of warm-up and counts "
                f"{self.rounds}."
            )
        if self.unsettled:
            names = ", ".join(self.unsettled)
            lines.append(f"Not settled after {warmups.LONGEST} rounds: {names}; no winner there.")
        lines += self._bound()
        return [*lines, self.assumed] if self.assumed else lines

    def _bound(self) -> list[str]:
        """Models at which wallets bind so often that what they claim does not hold."""
        shares = self.runs.groupby("pricing", sort=False)["budget_bound"].mean()
        often = [f"{label} ({100 * s:.0f} %)" for label, s in shares.items() if s > MOST_BOUND]
        if not often:
            return []
        return [
            f"Wallets bind orders under {', '.join(often)}: truthfulness and efficiency, where "
            "claimed, do not hold there."
        ]

    def _verdict(self, metric: str) -> str:
        """The best by a metric, or the set that cannot be told apart from it."""
        outcome = self.best(metric)
        if not outcome.known:
            return "not known; one replication gives no interval"
        waiting = [label for label in outcome.best if not self.settled[label]]
        if waiting:
            return f"no winner is named, as {', '.join(waiting)} has not settled"
        ranked = outcome.frame["mean"].sort_values(ascending=False).index
        if outcome.winner is None:
            names = ", ".join(label for label in ranked if label in outcome.best)
            return f"cannot be told apart (joint 95 %): {names}"
        table, second = self._table(metric), next(x for x in ranked if x != outcome.winner)
        gap = paired_difference(table[second].to_numpy(), table[outcome.winner].to_numpy())
        return (
            f"{outcome.winner} (joint 95 %), ahead of {second} by {number(gap.mean)} "
            f"[{number(gap.low)}, {number(gap.high)}] {METRICS[metric].unit}"
        )

    def _repr_html_(self) -> str:
        """Means with their 95 % intervals, one column a pricing model, and which is best."""
        figures = self.means().set_index(["metric", "pricing"])
        half = (figures["high"] - figures["low"]) / 2
        shown = reported({name: figures["mean"].loc[name] for name in METRICS})
        rows = [
            (
                f"{kind.label} ({kind.unit})",
                *(
                    f"{number(figures['mean'].loc[kind.name, label])} ± "
                    f"{number(half.loc[kind.name, label], 2)}"
                    for label in self.labels
                ),
            )
            for kind in shown
        ]
        title = f"Mean and 95 % interval, {self.runs['replication'].nunique()} replications"
        return html_table(
            title,
            ["metric", *self.labels],
            rows,
            [*self.answer(), *self.notes()],
            right=self.labels,
        )


@dataclass(frozen=True)
class Arm:
    """One model of a comparison: its label, the keywords that it changes, and its shading."""

    label: str
    keywords: Mapping[str, Any]
    shading: tuple[Shading, ...] = ()

    def shading_frame(self, categories: Sequence[Category]) -> pd.DataFrame:
        """One row a category: factor, and what the best deviation would still gain."""
        rows = [
            (
                self.label,
                category.name,
                shading.alpha,
                shading.reply,
                shading.relative(shading.gain),
                shading.relative(shading.gain_by_value),
                shading.draws,
            )
            for category, shading in zip(categories, self.shading, strict=True)
        ]
        return pd.DataFrame(rows, columns=SHADING_COLUMNS)


def run_seeds(rng: int, count: int) -> tuple[list[int], int]:
    """Seeds of `count` replications, and that of the pilot, all from one integer."""
    states = np.random.SeedSequence(integer("rng", rng, 0, 2**64 - 1))
    pilot, *seeds = (int(state) for state in states.generate_state(count + 1, np.uint64))
    return seeds, pilot


def compare(
    scenario: str,
    pricing: Sequence[Mix[PricingModel]],
    *,
    replications: int = 10,
    rounds: int = 50,
    rng: int = 1,
    warmup: int | str = "auto",
    truthful: bool = False,
    on_run: Callable[[dict[str, object]], None] | None = None,
    on_pilot: Callable[[str], None] | None = None,
    **overrides: object,
) -> Comparison:
    """Run every pricing model on the same draws.

    Parameters
    ----------
    scenario : str
        Packaged name or TOML file.
    pricing : sequence of specifications or mixes of them, see `econsim.registry`
        Each is labelled by its canonical text, no two alike; differences are to the first.
    replications, rounds : int
        Runs of each model, and rounds of a run that are counted.
    warmup : int >= 0 or "auto"
        Rounds of every run left out before those; "auto" finds them on pilots, the longest that
        any model needs (`econsim.experiments.warmup.search`).
    rng : int
        Replication r has the same seed, and so the same draws, under every model.
    truthful : bool
        Add a first-price row with truthful bids, labelled out of equilibrium.
    on_run : callable, optional
        Called with each finished run's row.
    on_pilot : callable, optional
        Called with the label of each finished pilot of the warm-up.
    **overrides
        Keywords of `Marketplace` that replace the scenario's.

    Raises
    ------
    ParameterError, ScenarioError
    """
    integer("rounds", rounds, 1, 10**9)
    seeds, pilot = run_seeds(rng, integer("replications", replications, 1, 10**6))
    keywords = market_of(scenario, overrides)
    labels = arm_labels(pricing)
    arms = [make_arm(*each, keywords, pilot) for each in zip(pricing, labels, strict=True)]
    if truthful:
        arms.append(Arm(TRUTHFUL, {"pricing": "first-price"}))
    left_out = _warmup(warmup, arms, keywords, pilot, on_pilot)
    rows = []
    for replication, seed in enumerate(seeds):
        for arm in arms:
            model = build(arm, keywords, seed)
            play(model, left_out.rounds + rounds)
            key = {"pricing": arm.label, "replication": replication, "seed": seed}
            rows.append({**key, **model.summary(start=left_out.rounds)})
            if on_run:
                on_run(rows[-1])
    factors = [arm.shading_frame(model.categories) for arm in arms if arm.shading]
    shading = pd.concat([NO_SHADING, *factors], ignore_index=True)
    return Comparison(pd.DataFrame(rows), shading, left_out, rounds, _assumed(keywords))


def _assumed(keywords: Mapping[str, Any]) -> str:
    """How buyers bid and sellers price, where nobody found it."""
    bids = STRATEGIES.spell(keywords.get("strategy", "truthful"))
    prices = SELLER_STRATEGIES.spell(keywords.get("seller_strategy", "follow-sales"))
    shaded = "" if "strategy" in keywords else ", but shaded where a winner pays its bid"
    return (
        f"Assumed, not found: buyers bid {bids}{shaded}; posted prices move by {prices}, "
        "which is nobody's best reply; reserves are at cost."
    )


def _warmup(
    warmup: int | str,
    arms: Sequence[Arm],
    keywords: Mapping[str, Any],
    seed: int,
    on_pilot: Callable[[str], None] | None,
) -> Warmup:
    """The warm-up asked for, or the one that pilots of at most `PILOT_BUYERS` buyers need."""
    if warmup != "auto":
        if isinstance(warmup, str):
            raise ParameterError("warmup", warmup, "auto, or an integer >= 0")
        return warmups.fixed(integer("warmup", warmup, 0, 10**9))
    fresh = seed ^ 2**62
    small = shrunk(keywords, fresh)
    pilots = {arm.label: partial(build, arm, small, fresh) for arm in arms}
    return warmups.search(pilots, on_pilot or (lambda label: None))


def arm_labels(pricing: Sequence[Mix[PricingModel]]) -> list[str]:
    """Label of each pricing model, or mix, of a comparison.

    Raises
    ------
    ParameterError
        If there is none, one is not to be resolved, or two are the same.
    """
    if isinstance(pricing, str) or not isinstance(pricing, Sequence) or not pricing:
        raise ParameterError("pricing", pricing, "a list of at least one pricing model")
    labels = [PRICING_MODELS.spell(specification) for specification in pricing]
    PRICING_MODELS.distinct(labels)
    return labels


def make_arm(pricing: Any, label: str, keywords: Mapping[str, Any], pilot: int) -> Arm:
    """A model to compare; with equilibrium shading where buyers pay their own bid."""
    if not _pays_bid(pricing) or "strategy" in keywords:
        return Arm(label, {"pricing": pricing})
    shadings = equilibrium_shading({**keywords, "pricing": pricing}, seed=pilot)
    alpha = [shading.alpha for shading in shadings]
    return Arm(label, {"pricing": pricing, "strategy": Shaded(alpha)}, tuple(shadings))


def build(arm: Arm, keywords: Mapping[str, Any], seed: int) -> Any:
    """The market of a model and a seed; `keywords` as of `market_of`."""
    return model_class()(**{**keywords, **arm.keywords, "rng": seed})


def play(model: Any, rounds: int, on_round: Callable[[], None] | None = None) -> None:
    """Step a model `rounds` times."""
    for _ in range(integer("rounds", rounds, 1, 10**9)):
        model.step()
        if on_round:
            on_round()


def prepare(
    scenario: str,
    pricing: Mix[PricingModel] | None,
    rng: int,
    truthful: bool,
    overrides: Mapping[str, Any],
) -> tuple[Arm, Any]:
    """One model of a scenario, ready to run; `pricing` None takes the scenario's.

    Parameters
    ----------
    truthful : bool
        Bid truthfully where buyers pay their own bid, and say so in the label.
    """
    keywords = market_of(scenario, overrides)
    chosen = keywords.get("pricing", "vickrey") if pricing is None else pricing
    label = PRICING_MODELS.spell(chosen)
    if truthful and _pays_bid(chosen):
        arm = Arm(f"{label} (truthful, out of equilibrium)", {"pricing": chosen})
    else:
        arm = make_arm(chosen, label, keywords, run_seeds(rng, 1)[1])
    return arm, build(arm, keywords, rng)


def market_of(scenario: str, overrides: Mapping[str, object]) -> dict[str, Any]:
    """Keywords of the marketplace of a scenario, overridden and checked."""
    keywords = {"sellers": None, **load(scenario).market, **overrides}
    known = model_class().__init__.__kwdefaults__
    for name in keywords:
        one_of("market entry", name, known)
    return keywords


def _pays_bid(pricing: Mix[PricingModel]) -> bool:
    return any(model.pays_bid for model in PRICING_MODELS.mix(pricing)[0])
