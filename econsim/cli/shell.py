"""What the commands share: the application, options, the output folder, progress."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from econsim import __version__
from econsim.errors import ParameterError
from econsim.pricing import PRICING_MODELS
from econsim.registry import Registry, listed
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES
from econsim.trust import TRUST_MODELS

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
BuyersOption = Annotated[int | None, typer.Option(help="Number of buyers.")]
SellersOption = Annotated[
    int | None, typer.Option(help="Number of sellers. [default: by the scenario's intensity]")
]
RoundsOption = Annotated[int, typer.Option(help="Rounds of a run.")]
RngOption = Annotated[int, typer.Option(help="Seed: the same seed gives the same numbers.")]
BackendOption = Annotated[
    str | None, typer.Option(help="columns (fast) or objects (every agent decides in Python).")
]


def names(registry: Registry) -> str:
    """The built-in names of a registry; looking for installed ones would slow every command."""
    return " ".join(registry.builtin)


SPELLING = "with parameters as 'subscription(term=20)', your own as module:Class"
PricingOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SPEC...",
        help=f"{names(PRICING_MODELS)}; {SPELLING}; or a mix of sellers as fixed:0.5,vickrey:0.5.",
    ),
]
StrategyOption = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help=f"How buyers bid: {names(STRATEGIES)}; parameters and mixes as for --pricing. "
        "[default: the scenario's, or truthful; the equilibrium shading where bids are paid]",
    ),
]
SellerStrategyOption = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help=f"How sellers move posted prices: {names(SELLER_STRATEGIES)}; or as for --pricing.",
    ),
]
TrustOption = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help=f"How ratings become trust: {names(TRUST_MODELS)}; as 'beta(forgetting=0.95)'.",
    ),
]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        console.print(f"econsim {__version__}")
        raise typer.Exit


def stated(**options: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def spread(words: list[str]) -> list[str]:
    """``--pricing a b`` as ``--pricing a --pricing b``: up to an option or a scenario."""
    spread: list[str] = []
    for word in words:
        again = len(spread) > 1 and spread[-2] == "--pricing" and not word.startswith("-")
        spread += ["--pricing", word] if again and not _is_scenario(word) else [word]
    return spread


def _is_scenario(word: str) -> bool:
    from econsim.scenario import packaged

    named = word.endswith(".toml") or word in packaged()
    return named and word not in PRICING_MODELS


def pricing_of(texts: list[str] | None) -> list[str]:
    """Specifications of options that may hold several, with blanks or commas between them."""
    return [specification for text in texts or [] for specification in listed(text)]


def output_folder(out: Path | None, default: str) -> Path:
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


def say_where(folder: Path, picture: str, tables: str) -> None:
    """Where the pictures and tables are."""
    console.print(f"picture: {folder / picture}", highlight=False, soft_wrap=True)
    console.print(f"tables:  {folder} ({tables})", highlight=False, soft_wrap=True)


@contextmanager
def row_file(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
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
def progress_bar(unit: str, total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on standard error, if somebody is looking."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TextColumn(unit), TimeRemainingColumn(),
                   console=screen, transient=True, disable=not screen.is_terminal)  # fmt: skip
    with bar:
        task = bar.add_task("preparing", total=total)
        yield lambda text: bar.update(task, advance=1, description=text)


@contextmanager
def share_bar(text: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar for work that knows which share of it is done."""
    screen = Console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
                   TimeRemainingColumn(), console=screen, transient=True,
                   disable=not screen.is_terminal)  # fmt: skip
    with bar:
        task = bar.add_task(text, total=1.0)
        yield lambda share, words: bar.update(task, completed=share, description=f"{text}: {words}")
