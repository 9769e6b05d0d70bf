"""``econsim compare``, ``run`` and ``scenarios``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from econsim.cli.shell import (
    BackendOption,
    BuyersOption,
    PricingOption,
    RngOption,
    RoundsOption,
    ScenarioArgument,
    SellersOption,
    SellerStrategyOption,
    StrategyOption,
    TrustOption,
    app,
    console,
    output_folder,
    pricing_of,
    progress_bar,
    row_file,
    say_where,
    stated,
)
from econsim.errors import ParameterError, ScenarioError

DEFAULT_PRICING = ("fixed", "perunit", "subscription", "first-price", "vickrey")


@app.command()
def compare(
    scenario: ScenarioArgument = "ebay",
    pricing: PricingOption = None,
    strategy: StrategyOption = None,
    seller_strategy: SellerStrategyOption = None,
    trust: TrustOption = None,
    replications: Annotated[int, typer.Option(help="Independent runs of each model.")] = 10,
    rounds: RoundsOption = 50,
    warmup: Annotated[
        str,
        typer.Option(help="Rounds of every run left out first; auto finds them on pilots."),
    ] = "auto",
    buyers: BuyersOption = None,
    sellers: SellersOption = None,
    rng: RngOption = 1,
    backend: BackendOption = None,
    truthful: Annotated[
        bool, typer.Option(help="Add first price with truthful bids, labelled out of equilibrium.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for CSV and PNG.")] = None,
) -> None:
    """Compare pricing models on the same draws, with intervals and paired differences.

    The first of --pricing is the baseline; several words may follow it, or it is repeated.
    [default: fixed perunit subscription first-price vickrey]

    Example: econsim compare ebay --pricing fixed vickrey 'subscription(term=20)' --buyers 10000
    """
    from econsim.experiments import compare as experiment

    models = pricing_of(pricing) or list(DEFAULT_PRICING)
    folder = output_folder(out, f"compare-{Path(scenario).stem}")
    overrides = stated(
        buyers=buyers, sellers=sellers, backend=backend,
        strategy=strategy, seller_strategy=seller_strategy, trust=trust,
    )  # fmt: skip
    skipped = int(warmup) if warmup.isdecimal() else warmup
    total = replications * (len(models) + truthful) + (len(models) + truthful) * (skipped == "auto")
    with row_file(folder / "runs.csv") as write, progress_bar("runs", total) as advance:

        def finished(row: dict[str, Any]) -> None:
            write(row)
            advance(f"{row['pricing']}, replication {row['replication'] + 1}")

        comparison = experiment.compare(
            scenario,
            models,
            replications=replications,
            rounds=rounds,
            warmup=skipped,
            rng=rng,
            truthful=truthful,
            on_run=finished,
            on_pilot=lambda label: advance(f"{label}, warm-up"),
            **overrides,
        )
    _show_comparison(comparison, scenario, folder)


def _show_comparison(comparison: Any, scenario: str, folder: Path) -> None:
    from econsim import report

    for table in report.comparison_tables(comparison):
        console.print(table)
    if len(comparison.shading):
        console.print(report.SHADING_NOTE, style="dim", highlight=False)
    for line in comparison.answer():
        console.print(line, highlight=False)
    for line in comparison.notes():
        console.print(line, style="dim", highlight=False)
    comparison.warmup.cuts.to_csv(folder / "warmup.csv", index=False)
    comparison.means().to_csv(folder / "means.csv", index=False)
    comparison.differences().to_csv(folder / "differences.csv", index=False)
    comparison.shading.to_csv(folder / "shading.csv", index=False)
    title = f"{scenario}: pricing models on the same draws"
    report.save(report.comparison_figure(comparison, title), folder / "comparison.png")
    say_where(
        folder, "comparison.png", "runs.csv, means.csv, differences.csv, shading.csv, warmup.csv"
    )


@app.command()
def run(
    scenario: ScenarioArgument,
    pricing: PricingOption = None,
    strategy: StrategyOption = None,
    seller_strategy: SellerStrategyOption = None,
    trust: TrustOption = None,
    rounds: RoundsOption = 50,
    buyers: BuyersOption = None,
    sellers: SellersOption = None,
    rng: RngOption = 1,
    backend: BackendOption = None,
    truthful: Annotated[
        bool, typer.Option(help="Truthful bids at first price, which is no equilibrium.")
    ] = False,
    digest: Annotated[bool, typer.Option(help="Print the SHA-256 of the final state.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for CSV and PNG.")] = None,
) -> None:
    """Run one scenario under one pricing model and write its rounds.

    Example: econsim run ebay --pricing vickrey --buyers 10000 --digest
    """
    from econsim.experiments import compare as experiment

    models = pricing_of(pricing)
    if len(models) > 1:
        raise ParameterError("--pricing", " ".join(models), "one model; compare takes several")
    overrides = stated(
        buyers=buyers, sellers=sellers, backend=backend,
        strategy=strategy, seller_strategy=seller_strategy, trust=trust,
    )  # fmt: skip
    folder = output_folder(out, f"run-{Path(scenario).stem}")
    chosen = models[0] if models else None
    with progress_bar("rounds", rounds) as advance:
        arm, model = experiment.prepare(scenario, chosen, rng, truthful, overrides)
        experiment.play(model, rounds, on_round=lambda: advance(arm.label))
    _show_run(arm, model, scenario, folder)
    if digest:
        console.print(f"digest {model.state_digest()}", highlight=False, soft_wrap=True)


def _show_run(arm: Any, model: Any, scenario: str, folder: Path) -> None:
    from econsim import report

    frame = model.frame()
    title = f"{scenario}, {arm.label}: {len(frame)} rounds, {len(model.buyers):,} buyers"
    console.print(report.summary_table(model.summary(), title))
    if arm.shading:
        console.print(report.shading_table(arm.shading_frame(model.categories)))
        console.print(report.SHADING_NOTE, style="dim", highlight=False)
    frame.to_csv(folder / "rounds.csv")
    report.save(report.rounds_figure(frame, title), folder / "rounds.png")
    say_where(folder, "rounds.png", "rounds.csv")


@app.command()
def scenarios() -> None:
    """List the scenarios that econsim and installed packages bring."""
    from econsim.scenario import load, packaged

    for name in packaged():
        try:
            title = load(name).title
        except ScenarioError as error:  # that of an installed package, say
            title = f"cannot be read: {error}"
        console.print(f"{name:<12} {title}", highlight=False, soft_wrap=True)
