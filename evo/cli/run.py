"""`evo run`: run an experiment into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.drawing import waiting
from evo.cli.individuals import is_about_individuals, run_study
from evo.cli.options import Config, Replicates, Seed, Settings, place, placed, read
from evo.cli.report import add_report
from evo.cli.words import FAILED, console, plainly

if TYPE_CHECKING:
    from evo.batch.shards import Shard

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
    from evo.cli.carrying import carried_out, draw_all, threads_of
    from evo.cli.summary import tell_failures, tell_files, tell_precision, tell_shifts
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
    found = carried_out(
        say, experiment, folder, workers=threads, resume=resume, dry_run=dry_run, yes=yes, placing=placed(config),
        shard=share, dask=dask, reuse=reuse or (), limit=limit,
    )  # fmt: skip
    if found is None:
        return
    plan, result = found
    if share.whole:
        tell_prevalence(say, result)
        tell_shifts(say, result)
    if plan.adaptive:
        tell_precision(say, result)
    tell_failures(say, result)
    whole = no_plots or not share.whole or draw_all(result, folder, say)
    if not no_report and share.whole:
        with waiting(say, "writing the report"):
            add_report(result, draw=not no_plots)
    tell_files(say, folder)
    if len(result.failures) or not whole:
        raise typer.Exit(FAILED)


def _shard(text: str | None) -> Shard:
    from evo.batch.shards import WHOLE, Shard

    if text is None:
        return WHOLE
    try:
        return Shard.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--shard") from None
