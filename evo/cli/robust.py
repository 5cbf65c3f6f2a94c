"""`evo robust`: in what share of a stated space each conclusion holds, and what breaks it first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.drawing import waiting
from evo.cli.options import Config, Replicates, Seed, Settings, read, two_numbers
from evo.cli.words import FAILED, console, plainly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from evo.results import Result
    from evo.robustness import Finding, Study


@plainly
def robust(
    config: Config,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help="Conclusions of this part of the sweep alone. Repeatable."),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=LOW..HIGH", help="A number to vary besides, or other bounds of one. Repeatable."),
    ] = None,
    samples: Annotated[int, typer.Option(help="Points of the space, for each conclusion.", min=10)] = 200,
    steps: Annotated[int, typer.Option(help="Steps from the config's value of a number to each end.", min=1)] = 8,
    spread: Annotated[
        float, typer.Option(help="How far a parameter without a range varies, as a part of its value.", min=0)
    ] = 0.2,
    out: Annotated[Path | None, typer.Option(help="Folder for the results.", show_default="runs/NAME-robust")] = None,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    workers: Annotated[str, typer.Option(metavar="N|auto", help="Threads.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what the folder holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run a very large plan without asking.")] = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Say in what share of the space of its parameters each conclusion of a config holds, and which parameter breaks it first."""
    from evo.cli.carrying import carried_out, threads_of
    from evo.cli.summary import tell_files
    from evo.plots import robustness, save
    from evo.robustness import designed, findings

    study = designed(
        read(config, settings, replicates=replicates, seed=seed),
        over=dict(map(_range, over or [])),
        samples=samples,
        steps=steps,
        spread=spread,
        parts=part or (),
    )
    folder = out or Path("runs") / f"{config.stem}-robust"
    say = console()
    found = carried_out(
        say, study.experiment, folder, workers=threads_of(workers), resume=resume, dry_run=dry_run, yes=yes
    )
    if found is None:
        return
    _, result = found
    concluded = findings(study, result)
    _tell(say, study, concluded, result, folder)
    if not no_figures:
        with waiting(say, "drawing"):
            save(robustness(study, concluded), folder / "robustness")
    tell_files(say, folder)
    if len(result.failures):
        raise typer.Exit(FAILED)


def _range(text: str) -> tuple[str, tuple[float, float]]:
    path, _, ends = text.partition("=")
    low, high = two_numbers(ends, "--over", "PATH=LOW..HIGH")
    if not (path and low < high):
        raise typer.BadParameter(f"{text!r} is not of the form PATH=LOW..HIGH, from low to high", param_hint="--over")
    return path.strip(), (low, high)


def _tell(say: Console, study: Study, found: Sequence[Finding], result: Result, folder: Path) -> None:
    from evo.cli.summary import tell_failures
    from evo.robustness import tables

    for name, table in tables(study, found).items():
        table.to_csv(folder / f"{name}.csv", index=False)
    say.print()
    for one in found:
        say.print(one.statement)
        for more in one.breaks[1:4]:
            say.print(f"  then by {more}", style="dim")
    vary = {axis.path: axis for axes in study.axes for axis in axes}
    told = ", ".join(f"{path.removeprefix('parameters.')} {axis}" for path, axis in vary.items())
    say.print(f"space: {told}; uniform, {study.samples} points by a Latin hypercube", style="dim")
    say.print(
        "a parameter breaks a conclusion alone, all others as in the config; first is nearest, by its range",
        style="dim",
    )
    if study.left:
        say.print(f"note: {study.left} more conclusions were left out: choose with --part", style="yellow")
    tell_failures(say, result)
