"""Carry an experiment out from the command line: what `evo run`, `sensitivity` and `robust` share."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from evo.cli.drawing import waiting
from evo.cli.words import REFUSED, complain, counted

if TYPE_CHECKING:
    from rich.console import Console

    from evo.batch.plan import Plan
    from evo.batch.progress import Reporter
    from evo.batch.shards import Shard
    from evo.experiment import Experiment
    from evo.results import Result


def carried_out(
    say: Console,
    experiment: Experiment,
    folder: Path,
    *,
    workers: int | Literal["auto"],
    resume: bool,
    dry_run: bool,
    yes: bool,
    placing: AbstractContextManager[Any] | None = None,
    shard: Shard | None = None,
    **how: Any,
) -> tuple[Plan, Result] | None:
    """Say what the experiment is, then run it into the folder, and say how long that took; None where it was not to run.

    placing: says where in a file a point is refused. how: what else `evo.batch.runner.carry_out` takes.
    """
    from evo.batch.progress import reporter
    from evo.batch.runner import carry_out
    from evo.cli.summary import tell_experiment, tell_plan

    teller = reporter(True)
    try:
        with placing or nullcontext():
            plan = _planned(experiment, yes, teller, shard)
        if plan.adaptive and not plan.shard.whole:
            raise typer.BadParameter(
                "this sweep decides as it goes, from all that came out: it cannot be shared out", param_hint="--shard"
            )
        teller.close()
        tell_experiment(say, experiment)
        tell_plan(say, plan)
        if dry_run:
            say.print("dry run: nothing was run or written")
            return None
        if (reasons := plan.large(folder)) and not yes:
            _confirm(reasons)
        say.print(f"running into {folder}")
        sys.stdout.flush()
        result = carry_out(plan, out=folder, workers=workers, resume=resume, progress=teller, allow_large=True, **how)
    finally:
        teller.close()
    _tell_time(say, result)
    return plan, result


def threads_of(workers: str) -> int | Literal["auto"]:
    if workers == "auto":
        return "auto"
    if not workers.isdecimal() or int(workers) < 1:
        raise typer.BadParameter(f"{workers!r} is neither auto nor a number of threads from 1", param_hint="--workers")
    return int(workers)


def _planned(experiment: Experiment, yes: bool, teller: Reporter, shard: Shard | None) -> Plan:
    from evo.batch.plan import LargePlanError, make_plan
    from evo.batch.shards import WHOLE

    share = shard or WHOLE
    try:
        return make_plan(experiment, allow_large=yes, building=teller.checking, shard=share)
    except LargePlanError as error:
        _confirm(error.reasons)
        return make_plan(experiment, allow_large=True, building=teller.checking, shard=share)


def _confirm(reasons: list[str]) -> None:
    complain("This plan is large: " + "; ".join(reasons) + ".")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        complain("evo: nothing was run; add --yes to run it all the same")
        raise typer.Exit(REFUSED)
    if not typer.confirm("Run it all the same?", default=False, err=True):
        raise typer.Exit(REFUSED)


def _tell_time(say: Console, result: Result) -> None:
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
        with written_into(folder) as here, waiting(say, "drawing pictures"):
            draw(result, here)
    except PictureError as error:
        complain(f"evo: {error}")
        return False
    return True
