"""`evo show`: a config with everything resolved, or what a run folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evo.cli.individuals import is_about_individuals, show_study
from evo.cli.options import Settings, place, read
from evo.cli.words import console, plainly


@plainly
def show(
    what: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG|RUN", parser=place, help="A config, or the folder of a run.", show_default=False
        ),
    ],
    settings: Settings = None,
) -> None:
    """Show a config as evo reads it (data embedded, settings made), or the results of a run."""
    if what.is_dir():
        if settings:
            raise typer.BadParameter("a run is finished: nothing can be set in it", param_hint="--set")
        _show_run(what)
        return
    if is_about_individuals(what):
        show_study(what, settings)
        return
    from evo.loading import dump

    print(dump(read(what, settings)), end="")


def _show_run(folder: Path) -> None:
    from evo.cli.summary import tell_experiment, tell_failures, tell_files
    from evo.cli.table import tell_prevalence
    from evo.results import Result

    result = Result.load(folder)
    say = console()
    tell_experiment(say, result.experiment)
    made = result.manifest
    if not result.complete:
        say.print(f"not finished: {len(result.outcomes):,} of {made['rows']:,} replicates are there", style="yellow")
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items())
    say.print(f"seed {made['seed']}, begun {made['started'][:16]}, config {made['config_hash'][:12]}; {versions}")
    tell_prevalence(say, result)
    tell_failures(say, result)
    tell_files(say, folder)
