"""`evo merge`: join runs and shards of one experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evo.cli.options import place
from evo.cli.words import FAILED, console, plainly


@plainly
def merge(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", parser=place, help="Folders of runs.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(parser=place, metavar="DIR", help="Folder for what they are together.")],
) -> None:
    """Join runs of the same experiment into one folder: shards, other points of a sweep, more replicates."""
    from evo.batch.merging import merge as join
    from evo.batch.progress import reporter
    from evo.cli.summary import tell_experiment, tell_failures, tell_files
    from evo.cli.table import tell_prevalence

    teller = reporter("auto")
    try:
        result = join(runs, out=out, building=teller.checking)
    finally:
        teller.close()
    say = console()
    tell_experiment(say, result.experiment)
    made = result.manifest
    say.print(f"{made['outcomes'] + made['failures']:,} of {made['rows']:,} replicates, from {len(runs):,} folders")
    if not result.complete:
        words = "some are missing: `evo run CONFIG --resume` into this folder computes them"
        say.print(words.replace("into this folder", f"--out {out}"), style="yellow")
    tell_prevalence(say, result)
    tell_failures(say, result)
    tell_files(say, out)
    if not result.complete or made["failures"]:
        raise typer.Exit(FAILED)
