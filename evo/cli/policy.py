"""`evo policy`: when to do how much of an intervention, so that it costs least and still succeeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evo.cli.drawing import draw, waiting
from evo.cli.options import Config, Seed, Settings, read
from evo.cli.words import FAILED, console, plainly


@plainly
def policy(
    config: Config,
    target: Annotated[str, typer.Option(metavar="STRATEGY", help="Who is to be there.", show_default=False)],
    by: Annotated[int, typer.Option(help="Generation until which something may be done, once a generation.")],
    probability: Annotated[float, typer.Option(help="How likely it must succeed.")] = 0.9,
    level: Annotated[float, typer.Option(help="Share of all from which the target is there.")] = 0.5,
    hold: Annotated[int, typer.Option(help="Generations that nobody pays before it is looked.")] = 0,
    most: Annotated[
        float | None, typer.Option(help="Largest size; by default the one that the config gives.", show_default=False)
    ] = None,
    levels: Annotated[int, typer.Option(help="Even sizes from 0 to the largest.", min=2)] = 11,
    mean_field: Annotated[
        bool, typer.Option("--mean-field", help="Steer the mean field, and score what comes of it with runs.")
    ] = False,
    runs: Annotated[int, typer.Option(help="Runs by which a plan is scored (--mean-field).", min=10)] = 200,
    settings: Settings = None,
    seed: Seed = None,
    workers: Annotated[int, typer.Option(help="Threads.", min=1)] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and pictures.", show_default="runs/NAME-policy")
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Find the policy of least expected cost after which the target is there with some probability, beside the constant one."""
    from evo import plots
    from evo.cli.summary import tell_experiment, tell_files
    from evo.policy import Aim, least_cost, steer
    from evo.tipping.folder import write_tables

    experiment = read(config, settings, seed=seed).bare
    aim = Aim(target, by, probability, level, hold)
    say = console()
    tell_experiment(say, experiment)
    with waiting(say, "looking for the least cost"):
        if mean_field:
            found = steer(experiment, aim, most=most, runs=runs, workers=workers)
            tables = {"plans": found.table}
        else:
            found = least_cost(experiment, aim, most=most, levels=levels)
            tables = {"plans": found.table, "policy": found.frame}
    say.print()
    say.print(f"aim: {aim}", style="bold")
    say.print(found.statement)
    folder = out or Path("runs") / f"{config.stem}-policy"
    write_tables(folder, experiment, tables, {"aim": str(aim), "answer": found.statement})
    whole = no_figures or draw(say, folder, {"policy": lambda: plots.policy(found)})
    tell_files(say, folder)
    if not whole:
        raise typer.Exit(FAILED)
