"""A game as it is written out: payoff formulas by output, whatever the name it was asked for by."""

from __future__ import annotations

from collections.abc import Mapping

from evo.games.bimatrix import BimatrixGame
from evo.games.group import GroupGame
from evo.games.matrix import MatrixGame

Written = MatrixGame | GroupGame | BimatrixGame


def payoff_formulas(game: Written, strategies: tuple[str, ...], rows: int = 0) -> dict[str, str]:
    """The outputs of the payoff program by name, in order: one per strategy, or one per cell of the matrix.

    `rows` is the number of strategies in the first role of a bimatrix game; who is of one role never meets.
    """
    if isinstance(game, GroupGame):
        return {name: _text(game.payoffs[name]) for name in strategies}
    return {
        f"{row} against {column}": _text(_cell(game, i, j, rows))
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


def _text(cell: float | str) -> str:
    return cell if isinstance(cell, str) else repr(cell)


def group_names(strategies: tuple[str, ...]) -> Mapping[str, int]:
    """Names of the program's vectors: the counts in the group."""
    return {f"k_{name}": place for place, name in enumerate(strategies)}
