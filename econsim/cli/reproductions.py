"""``econsim reproduce``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from econsim.cli.shell import RngOption, app, console, output_folder, share_bar
from econsim.errors import ParameterError, one_of


@app.command()
def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(help="Which to reproduce. [default: list them]")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every one of them.")] = False,
    quick: Annotated[
        bool,
        typer.Option(help="Fewer replications: minutes instead of many, more lines undecided."),
    ] = False,
    strict: Annotated[
        bool, typer.Option(help="Exit with 1 unless every published line is reproduced.")
    ] = False,
    rng: RngOption = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for CSV and PNG. [default: out/reproduce]")
    ] = None,
) -> None:
    """Reproduce published results: ours, its interval, published, permitted, source, verdict.

    A line is reproduced where its whole interval is permitted, differs where none of it is, and is
    undecided in between. Exit code 0 when every model ran, whatever the verdicts. Without a name it
    lists what there is.
    Example: econsim reproduce wealth --quick
    """
    from econsim.experiments.reproduce import gallery

    known = gallery()
    if not names and not everything:
        _list(known)
        return
    chosen = known if everything else list(dict.fromkeys(names or []))
    for name in chosen:
        one_of("reproduction", name, known)
    if everything and names:
        raise ParameterError("NAMES", " ".join(names), "left out with --all")
    folder = output_folder(out, "reproduce")
    reproductions = [_one(name, quick, rng, folder) for name in chosen]
    _summary(reproductions, folder, quick)
    raise typer.Exit(int(strict and not all(one.reproduced for one in reproductions)))


def _list(known: Sequence[str]) -> None:
    from econsim.experiments.reproduce import gallery_model

    for name in known:
        console.print(f"{name:<23} {gallery_model(name).title}", highlight=False, soft_wrap=True)


def _one(name: str, quick: bool, rng: int, folder: Path) -> Any:
    """Run one, show it, and write it before the next begins."""
    from econsim import report
    from econsim.experiments import reproduce as experiment

    with share_bar(name) as progress:
        reproduction = experiment.reproduce(name, quick=quick, rng=rng, progress=progress)
    console.print(report.reproduction_table(reproduction))
    console.print(f"source: {report.plain(reproduction.source)}", style="dim", highlight=False)
    for note in reproduction.notes:
        console.print(f"- {report.plain(note)}", style="dim", highlight=False)
    reproduction.frame().to_csv(folder / f"{name}.csv", index=False, float_format="%.7g")
    for label, frame in reproduction.series.items():
        frame.to_csv(folder / f"{name}-{label}.csv", index=False)
    report.save(reproduction.figure, folder / f"{name}.png")
    console.print(f"picture: {folder / name}.png\n", highlight=False, soft_wrap=True)
    return reproduction


def _summary(reproductions: Sequence[Any], folder: Path, quick: bool) -> None:
    from econsim import report

    frame = report.reproduction_summary(reproductions)
    frame.to_csv(folder / "summary.csv", index=False)
    if len(reproductions) > 1:
        console.print(report.frame_table(frame.drop(columns="source"), "Reproductions"))
    open_lines = int(frame["undecided"].sum())
    if quick and open_lines:
        text = f"{open_lines} of {frame['compared'].sum()} lines undecided: --quick replicates less"
        console.print(text, highlight=False)
    console.print(f"tables:  {folder}", highlight=False, soft_wrap=True)
