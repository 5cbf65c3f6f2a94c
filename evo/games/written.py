"""A game as it is written out: payoff formulas by output, whatever the name it was asked for by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from evo._spec import Spec
from evo.formulas import parse
from evo.games.bimatrix import BimatrixGame
from evo.games.group import GroupGame, text
from evo.games.matrix import MatrixGame
from evo.quantities import RunningFormula

Written = MatrixGame | GroupGame | BimatrixGame


def payoff_formulas(game: Written, strategies: tuple[str, ...], rows: int = 0) -> dict[str, str]:
    """The outputs of the payoff program by name, in order: one per strategy, or one per cell of the matrix.

    `rows` is the number of strategies in the first role of a bimatrix game; who is of one role never meets.
    """
    if isinstance(game, GroupGame):
        return {name: text(game.payoffs[name]) for name in strategies}
    return {
        f"{row} against {column}": text(_cell(game, i, j, rows))
        for i, row in enumerate(strategies)
        for j, column in enumerate(strategies)
    }


def _cell(game: MatrixGame | BimatrixGame, i: int, j: int, rows: int) -> float | str:
    if isinstance(game, MatrixGame):
        return game.payoffs[i][j]
    if i < rows <= j:
        return game.row[i][j - rows]
    if j < rows <= i:
        return game.column[j][i - rows]
    return 0.0


def group_names(strategies: tuple[str, ...]) -> Mapping[str, int]:
    """Names of the program's vectors: the counts in the group."""
    return {f"k_{name}": place for place, name in enumerate(strategies)}


def unknown_names(game: Spec, known: Collection[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names in the formulas of a named game that are not among those known, with the formula's path within the game.

    Once it is written out, its formulas are parts of others, and an error no longer shows where the config has it.
    """
    if not isinstance(game, Written):
        for path, text in _formulas(game, ()):
            yield from ((path, name) for name in sorted(parse(text).names) if name not in known)


def _formulas(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every formula that is evaluated while the model runs, with its path."""
    if isinstance(value, RunningFormula):
        yield path, value
    elif isinstance(value, Spec):
        for name in type(value).model_fields:
            yield from _formulas(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for name, item in cast("Mapping[str, object]", value).items():
            yield from _formulas(item, (*path, name))
    elif isinstance(value, tuple):
        for place, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _formulas(item, (*path, place))
