"""``econsim replay``, ``calibrate`` and ``audit``."""

from pathlib import Path
from typing import Annotated

import typer

from econsim.audit.subjects import SUBJECTS
from econsim.cli.shell import app, console, names, output_folder, progress_bar, say_where
from econsim.pricing import PRICING_MODELS

FileArgument = Annotated[
    str,
    typer.Argument(help="Bid histories, one bid a line; `simulated` names the packaged sample."),
]


@app.command()
def replay(
    file: FileArgument,
    k: Annotated[int, typer.Option(help="Rank that sets the price of the k-th-price rule.")] = 3,
    worst: Annotated[int, typer.Option(help="Auctions that fit worst to show.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Folder for CSV and PNG.")] = None,
) -> None:
    """Replay recorded auctions: what would each rule have charged, against what was charged.

    FILE is CSV with the columns auction, item, days, opening_bid, final_price, bidder,
    bidder_rating, bid, time_days. Example: econsim replay simulated
    """
    from econsim import report
    from econsim.experiments import replay as experiment
    from econsim.experiments.histories import histories_of

    histories = histories_of(file)
    outcome = experiment.replay(histories, k=k)
    shown = outcome.worst(worst)
    folder = output_folder(out, f"replay-{Path(file).stem}")
    for warning in outcome.warnings:
        typer.echo(f"warning: {warning}", err=True)
    console.print(report.replay_table(outcome.summary, k))
    console.print(report.frame_table(shown, "Auctions that second price fits worst"))
    console.print(experiment.FIRST_PRICE_CAVEAT, style="dim", highlight=False)
    outcome.auctions.to_csv(folder / "auctions.csv", index=False)
    outcome.summary.to_csv(folder / "summary.csv", index=False)
    figure = report.replay_figure(outcome.auctions, "second-price")
    report.save(figure, folder / "replay.png")
    say_where(folder, "replay.png", "auctions.csv, summary.csv")


@app.command()
def calibrate(
    file: FileArgument,
    out: Annotated[Path, typer.Option(help="Scenario file to write (TOML).")],
    source: Annotated[str, typer.Option(help="Where the data are from, for the file.")] = "",
) -> None:
    """Compute a scenario's figures from recorded auctions: values, competition, costs.

    Example: econsim calibrate simulated --out my-market.toml
    """
    from econsim import report
    from econsim.experiments import calibrate as experiment
    from econsim.experiments.histories import histories_of

    histories = histories_of(file)
    for warning in histories.warnings:
        typer.echo(f"warning: {warning}", err=True)
    calibration = experiment.calibrate(histories)
    experiment.write_scenario(calibration, out, data=source or f"computed from {Path(file).name}")
    console.print(report.calibration_table(calibration))
    console.print(f"scenario: {out}", highlight=False, soft_wrap=True)


@app.command()
def audit(
    target: Annotated[
        str,
        typer.Argument(
            help=f"A pricing model ({names(PRICING_MODELS)}), a mechanism on arrays "
            f"({' '.join(SUBJECTS)}), or module:Class of your own."
        ),
    ],
    samples: Annotated[int, typer.Option(help="Markets to draw.")] = 10_000,
    rng: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
) -> None:
    """Try to break a mechanism: search for markets that refute what it claims.

    Exit code 0 when every claim stands, 1 when one is refuted. Example: econsim audit mcafee
    """
    from econsim import report
    from econsim.audit import audit as search

    with progress_bar("markets", samples) as advance:
        outcome = search(
            target, samples=samples, seed=rng, on_market=lambda done, of: advance(target)
        )
    console.print(report.audit_table(outcome))
    for example in outcome.counterexamples.values():
        console.print(f"{example.property}: {report.plain(example.story)}", highlight=False)
    raise typer.Exit(1 if outcome.refuted_claims else 0)
