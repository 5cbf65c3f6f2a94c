"""`evo run`: run an experiment into a folder."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evo.cli.individuals import is_about_individuals, run_study
from evo.cli.options import Config, Replicates, Seed, Settings, place, placed, read
from evo.cli.report import add_report
from evo.cli.words import FAILED, REFUSED, complain, console, counted, plainly

if TYPE_CHECKING:
    from rich.console import Console

    from evo.batch.plan import Plan
    from evo.batch.progress import Reporter
    from evo.batch.shards import Shard
    from evo.experiment import Experiment
    from evo.results import Result

Out = Annotated[
    Path | None,
    typer.Option(
        parser=place, metavar="DIR", help="Folder, or URL (s3://...), for the results.", show_default="runs/NAME"
    ),
]


@plainly
def run(
    config: Config,
    out: Out = None,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    workers: Annotated[
        str,
        typer.Option(metavar="N|auto", help="Threads, or local Dask workers; auto: as many as there are processors."),
    ] = "auto",
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS|local|slurm|kubernetes",
            help="Run on a Dask cluster: that of a scheduler, one of this machine, or one that the config describes.",
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what the folder holds.")] = False,
    shard: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Run the K-th of N shares, for evo merge to join.", show_default=False),
    ] = None,
    reuse: Annotated[
        list[Path] | None,
        typer.Option(parser=place, metavar="RUN", help="Take over what this run has of the same points; repeatable."),
    ] = None,
    limit: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", help="Time that a point may take, with all its replicates.", show_default=False
        ),
    ] = None,
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
    from evo.cli.summary import tell_experiment, tell_failures, tell_plan, tell_precision
    from evo.cli.table import tell_prevalence

    threads = threads_of(workers)
    share = _shard(shard)
    if limit is not None and not limit > 0:
        raise typer.BadParameter(f"is a number of seconds above 0, not {limit:g}", param_hint="--limit")
    if limit is not None and dask is not None:
        raise typer.BadParameter("is for threads, which share a clock: not together with --dask", param_hint="--limit")
    if dask not in (None, "local") and threads != "auto":
        raise typer.BadParameter(
            "the cluster has its own; it is for threads and for --dask local", param_hint="--workers"
        )
    if is_about_individuals(config):
        given = {"--resume": resume, "--shard": shard, "--reuse": reuse, "--limit": limit, "--dask": dask}
        for name, asked in given.items():
            if asked:
                raise typer.BadParameter("a study of individuals is run at one go, in threads", param_hint=name)
        run_study(config, out, settings, replicates, seed, threads, dry_run=dry_run, no_plots=no_plots)
        return
    experiment = read(config, settings, replicates=replicates, seed=seed)
    folder = out or Path("runs") / (config.stem + ("" if share.whole else f"-{share.number}-of-{share.count}"))
    say = console()
    teller = reporter(True)
    try:
        with placed(config):
            plan = planned(experiment, yes, teller, share)
        if plan.adaptive and not share.whole:
            raise typer.BadParameter(
                "this sweep decides as it goes, from all that came out: it cannot be shared out", param_hint="--shard"
            )
        teller.close()
        tell_experiment(say, experiment)
        tell_plan(say, plan)
        if dry_run:
            say.print("dry run: nothing was run or written")
            return
        if (reasons := plan.large(folder)) and not yes:
            confirm(reasons)
        say.print(f"running into {folder}")
        sys.stdout.flush()
        result = carry_out(
            plan, out=folder, workers=threads, dask=dask, resume=resume, progress=teller, allow_large=True,
            reuse=reuse or (), limit=limit,
        )  # fmt: skip
    finally:
        teller.close()
    tell_time(say, result)
    if share.whole:
        tell_prevalence(say, result)
    if plan.adaptive:
        tell_precision(say, result)
    tell_failures(say, result)
    whole = no_plots or not share.whole or draw_all(result, folder, say)
    if not no_report and share.whole:
        with say.status("writing the report") if say.is_terminal else nullcontext():
            add_report(result, draw=not no_plots)
    tell_files(say, folder)
    if len(result.failures) or not whole:
        raise typer.Exit(FAILED)


def threads_of(workers: str) -> int | Literal["auto"]:
    if workers == "auto":
        return "auto"
    if not workers.isdecimal() or int(workers) < 1:
        raise typer.BadParameter(f"{workers!r} is neither auto nor a number of threads from 1", param_hint="--workers")
    return int(workers)


def _shard(text: str | None) -> Shard:
    from evo.batch.shards import WHOLE, Shard

    if text is None:
        return WHOLE
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--shard") from None


def planned(experiment: Experiment, yes: bool, teller: Reporter, shard: Shard | None = None) -> Plan:
    from evo.batch.plan import LargePlanError, make_plan
    from evo.batch.shards import WHOLE

    share = shard or WHOLE
    try:
        return make_plan(experiment, allow_large=yes, building=teller.checking, shard=share)
    except LargePlanError as error:
        confirm(error.reasons)
        return make_plan(experiment, allow_large=True, building=teller.checking, shard=share)


def confirm(reasons: list[str]) -> None:
    complain("This plan is large: " + "; ".join(reasons) + ".")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        complain("evo: nothing was run; add --yes to run it all the same")
        raise typer.Exit(REFUSED)
    if not typer.confirm("Run it all the same?", default=False, err=True):
        raise typer.Exit(REFUSED)


def tell_time(say: Console, result: Result) -> None:
    from evo.batch.progress import duration

    noun = "Dask worker" if "cluster" in result.manifest else "thread"
    say.print(f"done in {duration(result.manifest['seconds'])} on {counted(result.manifest['workers'], noun)}")


def draw_all(result: Result, folder: Path, say: Console) -> bool:
    """Draw the pictures of the config; whether all could be drawn."""
    if not result.experiment.plots:
        return True
    from evo.places import written_into
    from evo.plots import PictureError, draw

    try:
        with written_into(folder) as here:
            if say.is_terminal:
                with say.status("drawing pictures"):
                    draw(result, here)
            else:
                draw(result, here)
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
