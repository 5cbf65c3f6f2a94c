"""Lists of edges, one a line, to graphs; about 5 s and 0.4 GiB for a million edges of a million nodes."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evo._spec import ProblemError
from evo.graphs.assembly import fault_of
from evo.graphs.graph import Graph

if TYPE_CHECKING:
    from evo.kernels.adjacency import Array

NO_DATA = re.compile(r"^[ \t]+$|^[ \t]*[#%].*$", re.MULTILINE)


class Columns(NamedTuple):
    """What the lines hold."""

    header: bool  # the first is no edge
    weights: bool  # a third column

    @property
    def count(self) -> int:
        return 2 + self.weights

    @property
    def words(self) -> str:
        return "source, target and weight" if self.weights else "source and target"


def read_edge_list(text: str, *, columns: Columns, directed: bool, size: int | None = None) -> Graph:
    """The graph; raises ProblemError, path `("line", number)` where a line is wrong."""
    text = NO_DATA.sub("", text.replace("\r\n", "\n")) if re.search(r"[#%\r]|^[ \t]+$", text, re.MULTILINE) else text
    delimiter = _delimiter(text)
    labels, ends, weights = _columns(text, delimiter, columns)
    order = _numbers(labels)
    if size is not None:
        numbers = _within(labels, order, size, ends, text, columns)
        nodes, names = size, ()
    else:
        by_label = range(len(labels)) if order is None else sorted(range(len(labels)), key=order.__getitem__)
        numbers = np.empty(len(labels), dtype=np.int32)
        numbers[list(by_label)] = np.arange(len(labels), dtype=np.int32)
        nodes, names = len(labels), tuple(labels[place] for place in by_label)
    sources, targets = (numbers[end] for end in ends)
    fault = fault_of(nodes, sources, targets, weights=weights, directed=directed)
    if fault is not None:
        words = fault.words
        if fault.earlier is not None:
            words = words.replace(f"edge {fault.earlier}", f"line {_line(text, columns, fault.earlier)}")
        raise ProblemError(("line", _line(text, columns, fault.place)), words, fault.hint)
    return Graph.of_edges(nodes, sources, targets, weights=weights, directed=directed, names=names)


def _columns(text: str, delimiter: str, columns: Columns) -> tuple[list[str], list[Array], Array | None]:
    """Labels in order of appearance, for sources and targets the place of each one's label, and the weights."""
    import pandas as pd

    _check_width(text, delimiter, columns, first_only=True)
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=delimiter or r"\s+",
            header=None,
            skiprows=[_header_row(text)] if columns.header else None,
            dtype="string[pyarrow]",  # not "category", which takes 1.0 and 1.00, or True and true, for the same
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
        )
    except ValueError as error:
        _check_width(text, delimiter, columns)
        raise ProblemError((), f"is no list of edges: {error}") from None
    cells = [pd.factorize(table[place]) for place in range(columns.count)]
    if any((codes < 0).any() or "" in values for codes, values in cells):
        _check_width(text, delimiter, columns)
    found: dict[str, int] = {}
    places: list[Array] = []
    for codes, values in cells[:2]:
        own = [found.setdefault(str(label).strip(), len(found)) for label in values]
        places.append(np.array(own, dtype=np.int32)[codes])
    if "" in found:
        _check_width(text, delimiter, columns)
    weights = _weights(*cells[2], text, delimiter, columns) if columns.weights else None
    return *_by_appearance(list(found), places), weights


def _weights(codes: Array, values: Any, text: str, delimiter: str, columns: Columns) -> Array:
    """The numbers that the cells of a column hold."""
    try:
        numbers = np.array([float(cell) for cell in values])
    except ValueError:
        _check_width(text, delimiter, columns)
        raise
    return numbers[codes]


def _by_appearance(labels: list[str], places: list[Array]) -> tuple[list[str], list[Array]]:
    """Labels, and the places of each end's label among them, in the order of lines, the source before the target."""
    seen = np.full(len(labels), 2 * len(places[0]), dtype=np.int64)
    for end in (1, 0):
        np.minimum.at(seen, places[end], 2 * np.arange(len(places[end])) + end)
    order = np.argsort(seen)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return [labels[place] for place in order], [rank[place] for place in places]


def _numbers(labels: list[str]) -> list[int] | None:
    """The labels as whole numbers, None where one of them is something else."""
    whole = re.compile(r"-?\d{1,18}")
    return [int(label) for label in labels] if all(map(whole.fullmatch, labels)) else None


def _within(
    labels: list[str], numbers: list[int] | None, size: int, ends: list[Array], text: str, columns: Columns
) -> Array:
    """The labels as nodes 0 to size-1."""
    places = [-1] * len(labels) if numbers is None else numbers
    nodes = np.array(places, dtype=np.int64)
    if numbers is None:
        plain = re.compile(r"\d{1,9}")
        nodes = np.array([int(label) if plain.fullmatch(label) else -1 for label in labels], dtype=np.int64)
    elif len(set(numbers)) < len(numbers):
        raise ProblemError((), "writes a node's number in two ways", "write numbers without leading zeros")
    outside = (nodes < 0) | (nodes >= size)
    if outside.any():
        wrong = outside[ends[0]] | outside[ends[1]]
        row = int(np.argmax(wrong))
        label = labels[ends[0][row] if outside[ends[0][row]] else ends[1][row]]
        raise ProblemError(
            ("line", _line(text, columns, row)), f"unknown node {label!r}: with `size` nodes are 0 to {size - 1}"
        )
    return nodes.astype(np.int32)


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Number and text of every line that is not empty."""
    return ((number, line) for number, line in enumerate(io.StringIO(text), start=1) if line.strip())


def _delimiter(text: str) -> str:
    """The one of the first line, empty for any white space."""
    _, line = next(_rows(text), (0, ""))
    if not line:
        raise ProblemError((), "holds no edges")
    return next((mark for mark in (",", ";", "\t") if mark in line), "")


def _header_row(text: str) -> int:
    return next(_rows(text))[0] - 1


def _line(text: str, columns: Columns, row: int) -> int:
    """The number of the line that an edge stands on."""
    return next(itertools.islice(_rows(text), row + columns.header, None))[0]


def _check_width(text: str, delimiter: str, columns: Columns, *, first_only: bool = False) -> None:
    """Refuse the first line that does not hold what it should."""
    rows = itertools.islice(_rows(text), int(columns.header), 1 + columns.header if first_only else None)
    empty = True
    for number, line in rows:
        empty = False
        at = ("line", number)
        cells = line.split() if not delimiter else next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        if len(cells) != columns.count:
            hint = "say `weights: true` if the third column holds weights" if len(cells) == 3 else None
            raise ProblemError(at, f"has {len(cells)} columns, needs {columns.count}: {columns.words}", hint)
        if not all(cell.strip() for cell in cells):
            raise ProblemError(at, f"has an empty cell, needs {columns.words}")
        if columns.weights and not _is_number(cells[2]):
            raise ProblemError(at, f"weight {cells[2].strip()!r} is not a number")
    if empty:
        raise ProblemError((), "holds no edges")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
