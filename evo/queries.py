"""Questions to a run's tables in SQL, answered by DuckDB, which reads of the files what a question needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evo._errors import MissingError
from evo.places import is_local
from evo.runfolder import ADDRESS, FAILURES, OUTCOMES, PATHS, POINTS, parts, read_failures, read_points, read_rows

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from evo.results import Result


class QueryError(ValueError):
    """A question that DuckDB cannot answer; says why, and which tables and columns there are."""


def query(result: Result, sql: str) -> pa.Table:
    """The answer to a question about the tables points, outcomes, paths, failures and joined."""
    try:
        import duckdb
    except ModuleNotFoundError:
        raise MissingError("duckdb", "store") from None
    with duckdb.connect(":memory:") as connection:
        names = _views(connection, result)
        try:
            found = connection.sql(sql)
            if found is None:
                raise QueryError("this asks nothing: write a select")
            return found.to_arrow_table()
        except duckdb.Error as error:
            told = "\n".join(f"  {name}: {', '.join(columns)}" for name, columns in names.items())
            raise QueryError(f"{str(error).strip()}\nThere are, names with dots in double quotes:\n{told}") from None


def _views(connection: duckdb.DuckDBPyConnection, result: Result) -> dict[str, list[str]]:
    """Make the tables known; their columns."""
    for name in ("points", OUTCOMES, PATHS, FAILURES):
        if result.folder is not None and _is_whole(result.folder, name):
            file = str(result.folder / f"{name}.parquet").replace("'", "''")
            kept = f"* exclude ({ADDRESS})" if name == "points" else "*"
            connection.execute(f"create view {name} as select {kept} from read_parquet('{file}')")
        elif (table := _table(result, name)) is not None:
            connection.register(name, table)
    listed = "select table_name, column_name from duckdb_columns() where not internal order by column_index"
    if {"points", OUTCOMES} <= {name for name, _ in connection.execute(listed).fetchall()}:
        connection.execute("create view joined as select * from points join outcomes using (point)")
    names: dict[str, list[str]] = {}
    for name, column in connection.execute(listed).fetchall():
        names.setdefault(name, []).append(f'"{column}"' if "." in column else column)
    return names


def _is_whole(folder: Path, name: str) -> bool:
    """Whether all rows of a table are in one file on a disk."""
    of = OUTCOMES if name == FAILURES else name
    return is_local(folder) and (folder / f"{name}.parquet").exists() and not parts(folder, of)


def _table(result: Result, name: str) -> pa.Table | None:
    """A table in memory."""
    import pyarrow as pa

    if result.folder is None:
        frame = getattr(result, name)
        if frame is None:
            return None
        mixed = [column for column in frame if frame[column].dtype == object]
        return pa.Table.from_pandas(frame.astype(dict.fromkeys(mixed, str)) if name == "points" else frame)
    if name == "points":
        return read_points(result.folder) if (result.folder / POINTS).exists() else None
    return read_failures(result.folder) if name == FAILURES else read_rows(result.folder, name)
