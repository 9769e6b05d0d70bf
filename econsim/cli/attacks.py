"""``econsim attack``."""

from pathlib import Path
from typing import Annotated

import typer

from econsim.cli.shell import (
    BuyersOption,
    RngOption,
    app,
    console,
    output_folder,
    progress_bar,
    row_file,
    say_where,
    stated,
)
from econsim.errors import ParameterError


@app.command()
def attack(
    name: Annotated[
        str | None, typer.Argument(help="A packaged attack or a TOML file; none lists them.")
    ] = None,
    replications: Annotated[int, typer.Option(help="Pairs of runs under each defence.")] = 10,
    rounds: Annotated[int, typer.Option(help="Rounds of a run.")] = 60,
    buyers: BuyersOption = None,
    rng: RngOption = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for CSV and PNG.")] = None,
) -> None:
    """Attack a market's trust: what it gains and whom it costs, under each defence.

    Every run has a twin in which the attacker works honestly, on the same draws. An attack pays if
    it gains more than its identities cost.

    Example: econsim attack ballot-stuffing
    """
    from econsim.experiments.attack import study
    from econsim.report import attack_figure, attack_table
    from econsim.scenario import load, packaged_attacks

    if name is None:
        for packaged in packaged_attacks():
            console.print(f"{packaged}: {load(packaged).title}", highlight=False)
        return
    scenario = load(name)
    if rounds < 2 or replications < 2:
        low = ("rounds", rounds) if rounds < 2 else ("replications", replications)
        raise ParameterError(f"--{low[0]}", low[1], "an integer >= 2")
    folder = output_folder(out, "attack")
    runs = 2 * replications * max(len(scenario.defences), 1)
    with row_file(folder / "runs.csv") as write, progress_bar("runs", runs) as step:

        def note(row: dict) -> None:
            write(row)
            step(str(row["defence"]))

        outcome = study(
            name, replications=replications, rounds=rounds, rng=rng, on_run=note,
            **stated(buyers=buyers),
        )  # fmt: skip
    outcome.table().to_csv(folder / "attack.csv", index=False)
    attack_figure(outcome, scenario.title).savefig(folder / "attack.png", dpi=150)
    console.print(attack_table(outcome, scenario.title))
    say_where(folder, "attack.png", "attack.csv, runs.csv")
