"""Games by a table of numbers: from a CSV file, from arrays, or from a function."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Literal, Protocol, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from evo._errors import listed
from evo._spec import ProblemError, Spec
from evo.canonical import sha256
from evo.games.cells import numbers
from evo.games.group import GroupGame
from evo.games.layout import compositions
from evo.games.matrix import MatrixGame
from evo.strategies import Name

LARGEST = 10_000  # entries for each strategy that formulas can hold
_TERMS = 100  # of a sum in one formula
PAYOFF, OWN = "payoff", "strategy"  # columns of a table over compositions
_NUMBER = "table_composition"  # line under `let`: the group's counts as digits to the base size+1


class Embedded(Protocol):
    """A data file that was read when the config was loaded."""

    @property
    def sha256(self) -> str: ...
    @property
    def text(self) -> str: ...


Rows = Annotated[dict[Name, tuple[float, ...]], BeforeValidator(numbers)]


class TableGame(Spec):
    """Game by a table of payoffs: a CSV `file`, or `payoffs` in groups of `size` written out.

    A file in the form of a matrix has a header of strategy names after its first column and a row for each strategy, its
    name first: row plays against column. A file over compositions has the columns `strategy` (whose payoff it is), one
    column for each strategy with the number of co-players who play it, and `payoff`: one row for each strategy and each
    composition of the n-1 co-players, in any order. Without a file, `payoffs` lists for each strategy its payoff among
    co-players of each composition, in descending lexicographic order.
    """

    kind: Literal["table"] = "table"
    file: str | None = None
    size: Annotated[int, Field(ge=2)] | None = None
    payoffs: Rows | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.payoffs is None):
            raise ProblemError(("file",), "give either a file or payoffs")
        if self.payoffs is not None and self.size is None:
            raise ProblemError(("size",), "is missing: the size of the group that the payoffs are for")
        return self

    def written(self, strategies: tuple[str, ...], files: Mapping[str, Embedded]) -> MatrixGame | GroupGame:
        """The matrix, or formulas that look up the composition; raises ProblemError for what is missing or too much."""
        if self.payoffs is not None:
            assert self.size is not None
            return _tabulated(self.payoffs, self.size, strategies)
        assert self.file is not None
        rows = _lines(_text(self.file, files), self.file)
        header = rows[0][1]
        if PAYOFF in header and PAYOFF not in strategies:
            payoffs, size = _over_compositions(rows, self.file, strategies)
        else:
            payoffs, size = _matrix(rows, self.file, strategies), 2
        if self.size not in (None, size):
            raise ProblemError(("size",), f"is {self.size}, but {self.file} is for groups of {size}")
        return _tabulated(payoffs, size, strategies)


def from_function(
    function: Callable[[str, dict[str, int]], float], strategies: Sequence[str], *, size: int = 2
) -> TableGame:
    """A game whose payoffs a Python function says: `function(own, counts)` for a member who plays `own` in a group of these
    counts per strategy, the member included. It is called once for each, and the game keeps the numbers alone.

    Raises ValueError where the table would be too large or a payoff is not finite.
    """
    names = tuple(strategies)
    _check_extent(len(names), size)
    payoffs: dict[str, tuple[float, ...]] = {}
    for own, name in enumerate(names):
        groups = compositions(len(names), size - 1) + np.eye(len(names), dtype=np.int64)[own]
        row = [float(function(name, dict(zip(names, group.tolist(), strict=True)))) for group in groups]
        if not np.isfinite(row).all():
            where = dict(zip(names, groups[int(np.argmin(np.isfinite(row)))].tolist(), strict=True))
            raise ValueError(f"the payoff to {name} in {where} is not finite")
        payoffs[name] = tuple(row)
    return TableGame(size=size, payoffs=payoffs)


def _tabulated(
    payoffs: Mapping[str, Sequence[float]], size: int, strategies: tuple[str, ...]
) -> MatrixGame | GroupGame:
    """A matrix for pairs, else formulas that look up the composition. Raises ProblemError, path within the game."""
    try:
        _check_extent(len(strategies), size)
    except ValueError as error:
        raise ProblemError(("size",), str(error)) from None
    if set(payoffs) != set(strategies):
        raise ProblemError(("payoffs",), f"are for {listed(list(payoffs))}", f"strategies: {listed(strategies)}")
    entries = math.comb(size - 1 + len(strategies) - 1, len(strategies) - 1)
    for name in strategies:
        if len(payoffs[name]) != entries:
            raise ProblemError(
                ("payoffs", name), f"needs {entries} numbers, one per composition, has {len(payoffs[name])}"
            )
    if size == 2:
        return MatrixGame(payoffs=tuple(tuple(payoffs[name]) for name in strategies))
    digits = [(size + 1) ** place for place in range(len(strategies))]
    let = {_NUMBER: " + ".join(f"{digit}*k_{name}" for digit, name in zip(digits, strategies, strict=True))}
    others = compositions(len(strategies), size - 1) @ np.array(digits)
    written: dict[str, float | str] = {}
    for name, own in zip(strategies, digits, strict=True):
        written[name] = _looked_up(name, dict(zip((others + own).tolist(), payoffs[name], strict=True)), let)
    return GroupGame(size=size, let=let, payoffs=written)


def _looked_up(name: str, row: Mapping[int, float], let: dict[str, str]) -> float | str:
    """Formula for the entry of the group at hand, by the number of its composition: the sum over all of them of
    entry*(it is this one). Long sums go into lines of `let`.
    """
    terms = [f"{entry!r}*({_NUMBER} == {number})" for number, entry in row.items() if entry]
    while len(terms) > 1:
        sums = [" + ".join(chunk) for chunk in _chunks(terms)]
        if len(sums) == 1:
            return sums[0]
        for text in sums:
            let[f"table_{name}_{len(let)}"] = text
        terms = list(let)[-len(sums) :]
    return terms[0] if terms else 0.0


def _chunks(terms: Sequence[str]) -> list[list[str]]:
    """Sums that are neither too long nor too deep for one formula."""
    most = max(2, min(_TERMS, 9000 // max(len(term) + 3 for term in terms)))
    pending = iter(terms)
    return list(iter(lambda: list(islice(pending, most)), []))


def _check_extent(strategies: int, size: int) -> None:
    if size < 2:
        raise ValueError(f"a group has at least 2 members, not {size}")
    entries = math.comb(size - 1 + strategies - 1, strategies - 1)
    if size > 2 and (entries > LARGEST or (size + 1) ** strategies > 2**53):
        raise ValueError(
            f"a table of {strategies} strategies in groups of {size} has {entries:,} entries for each, more than {LARGEST:,}; "
            f"write the payoffs as formulas (`kind: group`)"
        )


def _text(file: str, files: Mapping[str, Embedded]) -> str:
    if file not in files:
        raise ProblemError(("file",), f"{file!r} was not read", "load the experiment from its file, or give `payoffs`")
    if sha256(files[file].text) != files[file].sha256:
        raise ProblemError(("file",), f"the embedded text of {file!r} does not have its sha256")
    return files[file].text


def _lines(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Rows that say something, with their line numbers; all as long as the header."""
    reader = csv.reader(io.StringIO(text))
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        raise ProblemError(("file",), f"{file} is empty")
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            raise ProblemError(("file",), f"{file}:{line} has {len(row)} columns, the header {len(rows[0][1])}")
    return rows


def _matrix(rows: list[tuple[int, list[str]]], file: str, strategies: tuple[str, ...]) -> dict[str, list[float]]:
    header = rows[0][1][1:]
    _check_names(header, strategies, f"{file} has columns for")
    _check_names([row[0] for _, row in rows[1:]], strategies, f"{file} has rows for")
    columns = [1 + header.index(name) for name in strategies]
    return {row[0]: [_number(row[column], file, line) for column in columns] for line, row in rows[1:]}


def _over_compositions(
    rows: list[tuple[int, list[str]]], file: str, strategies: tuple[str, ...]
) -> tuple[dict[str, list[float]], int]:
    header = rows[0][1]
    _check_names(header, (OWN, *strategies, PAYOFF), f"{file} has columns")
    columns = [header.index(name) for name in strategies]
    found: dict[tuple[str, tuple[int, ...]], float] = {}
    for line, row in rows[1:]:
        own = row[header.index(OWN)]
        if own not in strategies:
            raise ProblemError(
                ("file",), f"{file}:{line}: {own!r} is not a strategy", f"strategies: {listed(strategies)}"
            )
        counts = tuple(_count(row[column], file, line) for column in columns)
        if (own, counts) in found:
            raise ProblemError(
                ("file",), f"{file}:{line} repeats the payoff to {own} among {_among(counts, strategies)}"
            )
        found[own, counts] = _number(row[header.index(PAYOFF)], file, line)
    if not found:
        raise ProblemError(("file",), f"{file} has no rows")
    totals = {sum(counts) for _, counts in found}
    if len(totals) > 1:
        raise ProblemError(
            ("file",), f"{file} has groups of different sizes", "co-players sum to the same n-1 in all rows"
        )
    size = totals.pop() + 1
    try:
        _check_extent(len(strategies), size)
    except ValueError as error:
        raise ProblemError(("file",), str(error)) from None
    order = [tuple(counts) for counts in compositions(len(strategies), size - 1).tolist()]
    for own in strategies:
        for counts in order:
            if (own, counts) not in found:
                raise ProblemError(("file",), f"{file} lacks the payoff to {own} among {_among(counts, strategies)}")
    return {own: [found[own, counts] for counts in order] for own in strategies}, size


def _among(counts: tuple[int, ...], strategies: tuple[str, ...]) -> str:
    return ", ".join(f"{count} {name}" for count, name in zip(counts, strategies, strict=True) if count)


def _check_names(names: Sequence[str], wanted: Sequence[str], what: str) -> None:
    if sorted(names) != sorted(wanted):
        raise ProblemError(("file",), f"{what} {listed(names)}", f"needs {listed(wanted)}, each once")


def _number(cell: str, file: str, line: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ProblemError(("file",), f"{file}:{line}: {cell!r} is not a number")
    return value


def _count(cell: str, file: str, line: int) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise ProblemError(("file",), f"{file}:{line}: {cell!r} is not a number of co-players")
    return int(cell)
