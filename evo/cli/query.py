"""`evo query`: ask a run in SQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.options import Run
from evo.cli.words import console, counted, plainly

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 50


@plainly
def query(
    run: Run,
    sql: Annotated[str, typer.Argument(metavar="SQL", help="What to ask.", show_default=False)],
    csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all rows to a .csv or .parquet file.", show_default=False)
    ] = None,
) -> None:
    """Ask a run in SQL (DuckDB): tables points, outcomes, paths, failures, and joined (outcomes with their points).

    For instance: evo query runs/hawk_dove 'select "population.size", avg("final_mix.hawk") from joined group by all'
    """
    from evo.queries import query as ask
    from evo.results import Result

    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise typer.BadParameter(f"{out} ends in neither .csv nor .parquet", param_hint="--out")
    table = ask(Result.load(run), sql)
    if csv:
        table.to_pandas().to_csv(sys.stdout, index=False)
    elif out is not None:
        _write(table, out)
        console().print(f"{counted(len(table), 'row')} in {out}", soft_wrap=True)
    else:
        _tell(table)


def _write(table: pa.Table, out: Path) -> None:
    import pyarrow.parquet as pq

    if out.suffix == ".csv":
        table.to_pandas().to_csv(out, index=False)
    else:
        pq.write_table(table, out)


def _tell(table: pa.Table) -> None:
    from rich.table import Table

    grid = Table()
    for name, kind in zip(table.column_names, table.schema.types, strict=True):
        grid.add_column(name, justify="left" if str(kind) == "string" else "right", overflow="fold")
    for row in table.slice(0, MOST_ROWS).to_pylist():
        grid.add_row(*map(shown, row.values()))
    say = console()
    say.print(grid)
    if len(table) > MOST_ROWS:
        say.print(f"and {counted(len(table) - MOST_ROWS, 'more row')}: --csv prints all, --out FILE writes them")


def shown(value: Any) -> str:
    """A value of a table for people."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
