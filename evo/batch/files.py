"""Files of a run folder as they are written: whole or not at all, their bytes a function of what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from evo.places import put


@contextmanager
def parquet(file: BinaryIO, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A Parquet file whose bytes depend on rows and schema alone."""
    with pq.ParquetWriter(file, schema, compression="zstd", write_page_checksum=True, store_schema=False) as writer:
        yield writer


def write_table(path: Path, table: pa.Table) -> None:
    with put(path) as file, parquet(file, table.schema) as writer:
        writer.write_table(table)


def write_text(path: Path, text: str) -> None:
    with put(path) as file:
        file.write(text.encode())


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the columns of a schema; those that it lacks are null."""
    there = set(table.column_names)
    columns = [table[field.name] if field.name in there else pa.nulls(len(table), field.type) for field in schema]
    return pa.table(columns, schema=schema)
