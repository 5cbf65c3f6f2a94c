"""`evo ramp`: a number is led there and back; or, by the pace alone, where does a system tip?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evo.cli.drawing import draw, waiting
from evo.cli.options import Config, Replicates, Seed, Settings, read, two_numbers
from evo.cli.words import FAILED, console, plainly


@plainly
def ramp(
    config: Config,
    of: Annotated[
        str,
        typer.Option(metavar="PATH=FIRST..LAST", help="What is led from where to where, as parameters.chi=0.9..0.1."),
    ],
    rate: Annotated[
        float | None,
        typer.Option(help="Change per generation.", show_default="the way in ten times the run's generations"),
    ] = None,
    observe: Annotated[
        str | None,
        typer.Option(metavar="STRATEGY|mean_payoff", help="What is watched; by default who changes most."),
    ] = None,
    rest: Annotated[
        float | None,
        typer.Option(
            help="Generations of rest at either end (of the ramp, for --warnings); by default those of the run."
        ),
    ] = None,
    pace: Annotated[
        bool, typer.Option("--pace", help="Ask for the rate above which the pace alone tips, instead of a loop.")
    ] = False,
    overshoot: Annotated[
        bool, typer.Option("--overshoot", help="Ask how long it may stay at LAST and still return, instead of a loop.")
    ] = False,
    warnings: Annotated[
        bool,
        typer.Option("--warnings", help="Ask whether a finite population warns before its fold, instead of a loop."),
    ] = False,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    workers: Annotated[int, typer.Option(help="Threads.", min=1)] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and pictures.", show_default="runs/NAME-ramp")
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Lead a number up and down at a stated rate: does the system come back, and by the same way?"""
    from evo import plots, tipping
    from evo.cli.summary import tell_experiment, tell_files
    from evo.tipping.folder import write_tables

    path, first, last = _way(of)
    if pace + overshoot + warnings > 1:
        raise typer.BadParameter("one question at a time", param_hint="--pace, --overshoot, --warnings")
    if (pace or overshoot or warnings) and (rate is not None or observe is not None):
        raise typer.BadParameter("is for loops", param_hint="--rate" if rate is not None else "--observe")
    experiment = read(config, settings, replicates=replicates, seed=seed).bare
    say = console()
    tell_experiment(say, experiment)
    say.print()
    pictures = {}
    with waiting(say, "leading"):
        if pace:
            found = tipping.rate_tipping(experiment, path, first=first, last=last, rest=rest)
            tables = {"rates": found.frame}
        elif overshoot:
            found = tipping.overshoot(experiment, path, base=first, peak=last, rest=rest)
            tables = {}
        elif warnings:
            found = tipping.early_warnings(
                experiment, path, first=first, last=last, generations=rest, replicates=replicates or 50, workers=workers
            )
            tables = {"warnings": found.frame}
        else:
            rate = abs(last - first) / (10 * experiment.run.generations) if rate is None else rate
            found = tipping.ramp(
                experiment, path, first=first, last=last, rate=rate, observable=observe, rest=rest, workers=workers
            )
            tables, pictures = {"loop": found.frame}, {"loop": lambda: plots.loop(found)}
    say.print(found.statement, style="bold")
    folder = out or Path("runs") / f"{config.stem}-ramp"
    write_tables(folder, experiment, tables, {"of": of, "answer": found.statement})
    whole = no_figures or draw(say, folder, pictures)
    tell_files(say, folder)
    if not whole:
        raise typer.Exit(FAILED)


def _way(text: str) -> tuple[str, float, float]:
    path, _, ends = (part.strip() for part in text.partition("="))
    first, last = two_numbers(ends, "--of", "PATH=FIRST..LAST")
    if not path or first == last:
        raise typer.BadParameter(f"{text!r} leads nothing anywhere: PATH=FIRST..LAST", param_hint="--of")
    return path, first, last
