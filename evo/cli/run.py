"""`evo run`: run an experiment into a folder."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evo.cli.individuals import is_about_individuals, run_study
from evo.cli.options import Config, Replicates, Seed, Settings, placed, read
from evo.cli.report import add_report
from evo.cli.words import FAILED, REFUSED, complain, console, counted, plainly

if TYPE_CHECKING:
    from rich.console import Console

    from evo.batch.plan import Plan
    from evo.batch.progress import Reporter
    from evo.experiment import Experiment
    from evo.results import Result

Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the results.", show_default="runs/NAME"),
]


@plainly
def run(
    config: Config,
    out: Out = None,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    workers: Annotated[
        str, typer.Option(metavar="N|auto", help="Threads; auto: as many as there are processors.")
    ] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what the folder holds.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, print the plan, write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run a very large plan without asking.")] = False,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no pictures.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.html.")] = False,
) -> None:
    """Run an experiment: all its points and replicates, into a folder with tables, pictures and a report."""
    from evo.batch.progress import reporter
    from evo.batch.runner import carry_out
    from evo.cli.summary import tell_experiment, tell_failures, tell_plan
    from evo.cli.table import tell_prevalence

    threads = _threads(workers)
    if is_about_individuals(config):
        if resume:
            raise typer.BadParameter("a study of individuals is run at one go", param_hint="--resume")
        run_study(config, out, settings, replicates, seed, threads, dry_run=dry_run, no_plots=no_plots)
        return
    experiment = read(config, settings, replicates=replicates, seed=seed)
    folder = out or Path("runs") / config.stem
    say = console()
    teller = reporter(True)
    try:
        with placed(config):
            plan = _plan(experiment, yes, teller)
        teller.close()
        tell_experiment(say, experiment)
        tell_plan(say, plan)
        if dry_run:
            say.print("dry run: nothing was run or written")
            return
        if (reasons := plan.large(folder)) and not yes:
            _confirm(reasons)
        say.print(f"running into {folder}")
        sys.stdout.flush()
        result = carry_out(plan, out=folder, workers=threads, resume=resume, progress=teller, allow_large=True)
    finally:
        teller.close()
    _tell_time(say, result)
    tell_prevalence(say, result)
    tell_failures(say, result)
    whole = no_plots or _draw(result, folder, say)
    if not no_report:
        with say.status("writing the report") if say.is_terminal else nullcontext():
            add_report(result, draw=not no_plots)
    tell_files(say, folder)
    if len(result.failures) or not whole:
        raise typer.Exit(FAILED)


def _threads(workers: str) -> int | Literal["auto"]:
    if workers == "auto":
        return "auto"
    if not workers.isdecimal() or int(workers) < 1:
        raise typer.BadParameter(f"{workers!r} is neither auto nor a number of threads from 1", param_hint="--workers")
    return int(workers)


def _plan(experiment: Experiment, yes: bool, teller: Reporter) -> Plan:
    from evo.batch.plan import LargePlanError, make_plan

    try:
        return make_plan(experiment, allow_large=yes, building=teller.checking)
    except LargePlanError as error:
        _confirm(error.reasons)
        return make_plan(experiment, allow_large=True, building=teller.checking)


def _confirm(reasons: list[str]) -> None:
    complain("This plan is large: " + "; ".join(reasons) + ".")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        complain("evo: nothing was run; add --yes to run it all the same")
        raise typer.Exit(REFUSED)
    if not typer.confirm("Run it all the same?", default=False, err=True):
        raise typer.Exit(REFUSED)


def _tell_time(say: Console, result: Result) -> None:
    from evo.batch.progress import duration

    words = f"done in {duration(result.manifest['seconds'])} on {result.manifest['workers']} threads"
    say.print(words.replace("on 1 threads", "on 1 thread"))


def _draw(result: Result, folder: Path, say: Console) -> bool:
    """Draw the pictures of the config; whether all could be drawn."""
    if not result.experiment.plots:
        return True
    from evo.plots import PictureError, draw

    try:
        if say.is_terminal:
            with say.status("drawing pictures"):
                draw(result, folder)
        else:
            draw(result, folder)
    except PictureError as error:
        complain(f"evo: {error}")
        return False
    return True


def tell_files(say: Console, folder: Path) -> None:
    """What a folder holds."""
    say.print("\nin the folder")
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        inside = f"/ ({counted(len(list(path.iterdir())), 'file')})" if path.is_dir() else ""
        say.print(f"  {path}{inside}", soft_wrap=True)
