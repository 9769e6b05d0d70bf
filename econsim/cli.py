"""The command ``econsim``."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from econsim import __version__
from econsim.auctions.subjects import SUBJECTS
from econsim.errors import EconsimError, ParameterError
from econsim.pricing import REGISTRY

DEFAULT_PRICING = ("fixed", "perunit", "subscription", "first-price", "vickrey")
# Newer typer brings its own click, so the root of its usage errors is found, not imported.
_ancestors = typer.BadParameter.__mro__
UsageError: Any = next(cls for cls in _ancestors if cls.__name__ == "ClickException")
console = Console(width=None if sys.stdout.isatty() else 110)
app = typer.Typer(
    name="econsim",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Which pricing mechanism should this market use? Simulate it, and see the evidence.",
)

ScenarioArgument = Annotated[
    str, typer.Argument(help="A packaged scenario (see `econsim scenarios`) or a TOML file.")
]
FileArgument = Annotated[
    str,
    typer.Argument(help="Bid histories, one bid a line; `simulated` names the packaged sample."),
]
BuyersOption = Annotated[int | None, typer.Option(help="Number of buyers.")]
SellersOption = Annotated[
    int | None, typer.Option(help="Number of sellers. [default: by the scenario's intensity]")
]
RoundsOption = Annotated[int, typer.Option(help="Rounds of a run.")]
RngOption = Annotated[int, typer.Option(help="Seed: the same seed gives the same numbers.")]
BackendOption = Annotated[
    str | None, typer.Option(help="columns (fast) or objects (every agent decides in Python).")
]
NAMES = " ".join(REGISTRY)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        console.print(f"econsim {__version__}")
        raise typer.Exit


@app.command()
def compare(
    scenario: ScenarioArgument = "ebay",
    pricing: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Models to compare, the first is the baseline: {NAMES}, or a mix of sellers "
            "such as fixed:0.5,vickrey:0.5. [default: all five]"
        ),
    ] = None,
    replications: Annotated[int, typer.Option(help="Independent runs of each model.")] = 10,
    rounds: RoundsOption = 50,
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

    Example: econsim compare ebay --pricing fixed vickrey --buyers 10000
    """
    from econsim.experiments import compare as experiment

    labels = _labels(pricing) or list(DEFAULT_PRICING)
    folder = _folder(out, f"compare-{Path(scenario).stem}")
    overrides = _given(buyers=buyers, sellers=sellers, backend=backend)
    total = replications * (len(dict.fromkeys(labels)) + truthful)
    with _rows(folder / "runs.csv") as write, _progress("runs", total) as advance:

        def finished(row: dict[str, Any]) -> None:
            write(row)
            advance(f"{row['pricing']}, replication {row['replication'] + 1}")

        comparison = experiment.compare(
            scenario,
            labels,
            replications=replications,
            rounds=rounds,
            rng=rng,
            truthful=truthful,
            on_run=finished,
            **overrides,
        )
    _show_comparison(comparison, scenario, folder)


def _show_comparison(comparison: Any, scenario: str, folder: Path) -> None:
    from econsim import report

    for table in report.comparison_tables(comparison):
        console.print(table)
    if len(comparison.shading):
        console.print(report.SHADING_NOTE, style="dim", highlight=False)
    for line in report.answer(comparison):
        console.print(line, highlight=False)
    comparison.means().to_csv(folder / "means.csv", index=False)
    comparison.differences().to_csv(folder / "differences.csv", index=False)
    comparison.shading.to_csv(folder / "shading.csv", index=False)
    title = f"{scenario}: pricing models on the same draws"
    report.save(report.comparison_figure(comparison, title), folder / "comparison.png")
    _say_where(folder, "comparison.png", "runs.csv, means.csv, differences.csv, shading.csv")


@app.command()
def run(
    scenario: ScenarioArgument,
    pricing: Annotated[
        list[str] | None,
        typer.Option(help=f"Pricing model: {NAMES}, or a mix such as fixed:0.5,vickrey:0.5."),
    ] = None,
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

    labels = _labels(pricing)
    if len(labels) > 1:
        raise ParameterError("--pricing", " ".join(labels), "one model; compare takes several")
    overrides = _given(buyers=buyers, sellers=sellers, backend=backend)
    folder = _folder(out, f"run-{Path(scenario).stem}")
    chosen = labels[0] if labels else None
    with _progress("rounds", rounds) as advance:
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
    _say_where(folder, "rounds.png", "rounds.csv")


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
    from econsim.experiments.histories import read_histories

    histories = read_histories(_sample(file))
    outcome = experiment.replay(histories, k=k)
    shown = outcome.worst(worst)
    folder = _folder(out, f"replay-{Path(file).stem}")
    for warning in outcome.warnings:
        typer.echo(f"warning: {warning}", err=True)
    console.print(report.replay_table(outcome.summary, k))
    console.print(report.frame_table(shown, "Auctions that second price fits worst"))
    console.print(experiment.FIRST_PRICE_CAVEAT, style="dim", highlight=False)
    outcome.auctions.to_csv(folder / "auctions.csv", index=False)
    outcome.summary.to_csv(folder / "summary.csv", index=False)
    figure = report.replay_figure(outcome.auctions, "second-price")
    report.save(figure, folder / "replay.png")
    _say_where(folder, "replay.png", "auctions.csv, summary.csv")


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
    from econsim.experiments.histories import read_histories

    histories = read_histories(_sample(file))
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
            help=f"A mechanism ({' '.join(SUBJECTS)}), or module:Class of your own with the "
            "fields of econsim.auctions.subjects.Subject."
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

    with _progress("markets", samples) as advance:
        found = search(
            target, samples=samples, seed=rng, on_market=lambda done, of: advance(target)
        )
    console.print(report.audit_table(found))
    for example in found.counterexamples.values():
        console.print(f"{example.property}: {report.plain(example.story)}", highlight=False)
    raise typer.Exit(1 if found.refuted_claims else 0)


@app.command()
def scenarios() -> None:
    """List the packaged scenarios."""
    from econsim.scenario import load, packaged

    for name in packaged():
        console.print(f"{name:<12} {load(name).title}", highlight=False, soft_wrap=True)


def _labels(given: list[str] | None) -> list[str]:
    """Pricing names from options that may hold several: spaces or commas between names."""
    words = [word for text in given or [] for word in text.split()]
    return [name for word in words for name in ([word] if ":" in word else word.split(",")) if name]


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _folder(out: Path | None, default: str) -> Path:
    """The output folder, made before anything runs so that a bad one costs no time."""
    folder = out if out is not None else Path("out") / default
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        raise ParameterError(
            "--out", str(folder), f"a folder to write in ({error.strerror})"
        ) from None
    return folder


def _sample(file: str) -> str:
    """Path of a bid history, packaged ones by name."""
    from importlib import resources

    packaged = resources.files("econsim") / "data" / "samples" / f"{file}.csv"
    return str(packaged) if packaged.is_file() else file


def _say_where(folder: Path, picture: str, tables: str) -> None:
    console.print(f"picture: {folder / picture}", highlight=False, soft_wrap=True)
    console.print(f"tables:  {folder} ({tables})", highlight=False, soft_wrap=True)


@contextmanager
def _rows(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Write rows as they come, so that an interrupted comparison keeps what it finished.

    The file is opened with the first row: a comparison that is refused overwrites nothing.
    """
    with ExitStack() as stack:
        writers: list[csv.DictWriter] = []

        def write(row: dict[str, Any]) -> None:
            if not writers:
                # Line by line on disk, so that even a killed process leaves what it finished.
                file = path.open("w", newline="", encoding="utf-8", buffering=1)
                writers.append(csv.DictWriter(stack.enter_context(file), list(row)))
                writers[0].writeheader()
            writers[0].writerow(row)

        try:
            yield write
        except KeyboardInterrupt:
            if writers:
                typer.echo(f"finished runs are in {path}", err=True)
            raise


@contextmanager
def _progress(unit: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error, if somebody is looking."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TextColumn(unit), TimeRemainingColumn(),
                   console=screen, transient=True, disable=not screen.is_terminal)  # fmt: skip
    with bar:
        task = bar.add_task("preparing", total=total)
        yield lambda text: bar.update(task, advance=1, description=text)


def _joined(arguments: list[str]) -> list[str]:
    """``--pricing a b`` as ``--pricing "a b"``: names may follow each other without quotes."""
    joined: list[str] = []
    for word in arguments:
        first = word.split(":")[0].split(",")[0]
        if len(joined) > 1 and joined[-2] == "--pricing" and first in REGISTRY:
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def main(arguments: list[str] | None = None) -> None:
    """Run the command; bad input is one line on standard error and exit code 2."""
    words = _joined(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(words, standalone_mode=False, prog_name="econsim")
    except (EconsimError, UsageError) as error:
        text = str(error) if isinstance(error, EconsimError) else error.format_message()
        typer.echo(f"econsim: {' '.join(text.split())}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("econsim: interrupted", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
