"""`evo export`: a run's tables for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evo.cli.options import Run
from evo.cli.words import console, plainly


@plainly
def export(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What to write: .csv, .parquet, or .nc (NetCDF).", show_default=False)
    ],
    table: Annotated[
        str, typer.Option(metavar="NAME", help="outcomes, paths, points or failures; NetCDF has all in one.")
    ] = "outcomes",
    part: Annotated[str | None, typer.Option(help="One part of the sweep.", show_default="all")] = None,
) -> None:
    """Write a run's results for other tools: a table, each row with what its point sets, or a grid as NetCDF."""
    from evo.exports import TABLES
    from evo.exports import export as write
    from evo.results import Result

    if table not in TABLES:
        raise typer.BadParameter(f"{table!r} is none of {', '.join(TABLES)}", param_hint="--table")
    if file.suffix == ".nc" and table != "outcomes":
        raise typer.BadParameter("NetCDF takes outcomes and paths together: leave --table out", param_hint="--table")
    if not file.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {file.parent}", param_hint="FILE")
    write(Result.load(run), file, table=table, part=part)
    console().print(f"{file}", soft_wrap=True)
