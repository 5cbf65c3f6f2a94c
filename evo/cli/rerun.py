"""`evo rerun`: one replicate of a run again, in full."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.options import Run
from evo.cli.words import FAILED, console, plainly

if TYPE_CHECKING:
    from rich.console import Console

    from evo.batch.checking import Replicate
    from evo.results import Result

MOST_ROWS = 25
RECORDS = 200  # of a path, where the run kept none


@plainly
def rerun(
    run: Run,
    point: Annotated[int, typer.Option(min=0, help="Number of the point.")] = 0,
    replicate: Annotated[int, typer.Option(min=0, help="Number of the replicate.")] = 0,
    paths: Annotated[bool, typer.Option("--paths", help="Show its path, too.")] = False,
    every: Annotated[
        float | None,
        typer.Option(help="Generations between records of the path.", show_default="the run's, or 200 in all"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the path to a .csv or .parquet file.", show_default=False)
    ] = None,
) -> None:
    """Run one replicate of a run again, alone, and show what is set at its point, how it ends, and its path."""
    from evo.batch.checking import rerun as again
    from evo.results import Result

    if every is not None and every <= 0:
        raise typer.BadParameter(f"is a number of generations, not {every:g}", param_hint="--every")
    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise typer.BadParameter(f"{out} ends in neither .csv nor .parquet", param_hint="--out")
    result = Result.load(run)
    wanted = paths or out is not None or every is not None
    try:
        place = result.point(point)
        chosen = place.experiment
        kept = chosen.record_every
        steps = every or (chosen.run.generations / RECORDS if wanted and kept is None else None)
        found = again(place, replicate, every=steps)
    except KeyError as error:
        hint = "--replicate" if "replicate" in str(error) else "--point"
        raise typer.BadParameter(str(error.args[0]), param_hint=hint) from None
    say = console()
    _tell(say, result, found)
    if wanted and found.path is not None:
        _tell_path(say, found, out)
    if found.message is not None:
        raise typer.Exit(FAILED)


def _tell(say: Console, result: Result, found: Replicate) -> None:
    from evo.batch.checking import bits
    from evo.cli.query import shown
    from evo.cli.summary import short_path, value_words

    place = found.point
    where = ", ".join(f"{short_path(path)} {value_words(value)}" for path, value in place.settings.items())
    say.print(f"point {place.index}{f' ({where})' if where else ''}, replicate {found.number}", style="bold")
    say.print(f"seed {place.experiment.run.seed}, {place.experiment.run.generations:g} generations")
    if found.outcome is None:
        say.print(f"it stops: {found.message}", style="red", soft_wrap=True)
        return
    row = found.outcome.to_pylist()[0]
    for name, value in list(row.items())[2:]:
        say.print(f"  {name}: {shown(value) or '-'}")
    stored = _stored(result, place.index, found.number)
    if stored is None:
        say.print("the folder does not hold this replicate", style="dim")
        return
    now = {name: bits(found.outcome[name]) for name in found.outcome.column_names}
    differing = [name for name in now if now[name] != bits(stored[name])]
    words = (
        f"differs from what the folder holds in {', '.join(differing)}" if differing else "as in the folder, bit by bit"
    )
    say.print(words, style="red" if differing else "dim")


def _stored(result: Result, point: int, replicate: int) -> Any:
    import pyarrow.compute as pc

    from evo.runfolder import OUTCOMES, read_rows

    assert result.folder is not None
    table = read_rows(result.folder, OUTCOMES)
    if table is None:
        return None
    row = table.filter((pc.field("point") == point) & (pc.field("replicate") == replicate))
    return row if len(row) else None


def _tell_path(say: Console, found: Replicate, out: Path | None) -> None:
    from rich.table import Table

    from evo.cli.query import shown

    assert found.path is not None
    frame: Any = found.path.to_pandas().drop(columns=["point", "replicate"])
    if out is not None:
        frame.to_csv(out, index=False) if out.suffix == ".csv" else frame.to_parquet(out, index=False)
        say.print(f"{len(frame):,} records of its path in {out}", soft_wrap=True)
        return
    grid = Table()
    for name in frame.columns:
        grid.add_column(str(name), justify="right")
    step = max(1, -(-len(frame) // MOST_ROWS))
    places = sorted({*range(0, len(frame), step), len(frame) - 1} - {-1})
    for row in frame.iloc[places].itertuples(index=False):
        grid.add_row(*map(shown, row))
    say.print(grid)
    if step > 1:
        say.print(f"{len(places)} of {len(frame):,} records; --out FILE writes all", style="dim")
