"""The game, lowered: payoffs as a program and the layout of its table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo._kin import shared
from evo._spec import ProblemError
from evo.formulas import FormulaError
from evo.games import BimatrixGame, GroupGame
from evo.games.layout import LARGEST_GROUP, LARGEST_TABLE, layout, table_bytes
from evo.games.written import group_names
from evo.kernels.arrays import Game
from evo.kernels.program import Program
from evo.lowering.contributions import check_contributions
from evo.lowering.names import attributes, compiled, lines, moving, outputs, reads, scalar_names
from evo.lowering.problems import Problems
from evo.populations import Network
from evo.quantities import NEIGHBOURHOOD, number
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.model import Model


def group_size(model: Model, values: Mapping[str, float]) -> int:
    """Members of a group, 2 in a game of pairs."""
    if not isinstance(model.form, GroupGame):
        return 2
    if model.form.size == NEIGHBOURHOOD:
        if not isinstance(model.population, Network):
            raise ValueError(f"{NEIGHBOURHOOD!r} is for populations on graphs: give the number of members")
        return 2  # until the graph is known
    size = number(model.form.size, values)
    on_graph = isinstance(model.population, Network)  # its groups are those of the graph, which need no coefficients
    if size != int(size) or size < 2 or (size > LARGEST_GROUP and not on_graph):
        raise ValueError(f"must be a whole number from 2 to {LARGEST_GROUP}, is {size:g}")
    if on_graph:
        return int(size)
    if table_bytes(len(model.strategies), int(size)) > LARGEST_TABLE:
        needed = table_bytes(len(model.strategies), int(size)) / 2**20
        raise ValueError(
            f"the payoff table of {len(model.strategies)} strategies in groups of {size:g} would take {needed:,.0f} MiB "
            f"(at most {LARGEST_TABLE // 2**20})"
        )
    return int(size)


@shared
def lower_game(model: Model, size: int) -> Game:
    """Payoffs as a program, and the layout of its table."""
    game, names = model.form, model.strategy_names
    strategies = len(names)
    group = isinstance(game, GroupGame)
    _check_shape(model)
    program = group_program(model)
    places = layout(strategies, 2 if unsized(model, size) else size)
    own = np.repeat(np.arange(strategies)[:, None], places.column.shape[1], axis=1)
    return Game(
        program=program,
        vectors=places.groups if group else np.zeros((1, 1)),
        source=np.array([own, places.column])
        if group
        else np.array([own * strategies + np.arange(strategies), 0 * own]),
        coefficient=places.coefficient,
        prefix=places.prefix,
        moves=len(program.moving_code) > 0,
        reads_mix=reads(model, *(f"x_{name}" for name in names)),
        transfers=0,
    )


def unsized(model: Model, size: int) -> bool:
    """Whether the payoff table waits for the graph, or there is none since groups of this size are too many."""
    if not (isinstance(model.form, GroupGame) and isinstance(model.population, Network)):
        return False
    large = size > LARGEST_GROUP or table_bytes(len(model.strategies), size) > LARGEST_TABLE
    return model.form.size == NEIGHBOURHOOD or large


@shared
def group_program(model: Model, *, sized: bool = False) -> Program:
    """The payoff program; `sized`: of groups of several sizes, n being a vector like the counts."""
    vectors = dict(group_names(model.strategy_names)) if isinstance(model.form, GroupGame) else {}
    of_nodes = attributes(model)
    scalars = scalar_names(model) | of_nodes
    if sized:
        vectors["n"] = len(vectors)
        del scalars["n"]
    try:
        return compiled(
            tuple(lines(model).items()),
            tuple(outputs(model).items()),
            tuple(scalars.items()),
            tuple(vectors.items()),
            moving(model).union(of_nodes),
        )
    except FormulaError as error:
        raise ProblemError(_payoff_path(model, error), str(error)) from None


def _check_shape(model: Model) -> None:
    game, names = model.form, model.strategy_names
    named = roles(model.strategies)
    if isinstance(game, BimatrixGame):
        rows, columns = (len(members) for members in named.values())
        _check_matrix(game.row, "row", rows, columns)
        _check_matrix(game.column, "column", rows, columns)
        return
    if named:
        raise ProblemError(("kind",), f"a {game.kind} game knows no roles", "use `kind: bimatrix`, or name no roles")
    if isinstance(game, GroupGame):
        problems = Problems()
        for name in names:
            if name not in game.payoffs:
                problems.add(("payoffs", name), "is missing: every strategy needs a payoff")
        for name in game.payoffs:
            if name not in names:
                problems.add(("payoffs", name), "is not a strategy", f"strategies: {', '.join(names)}")
        problems.stop()
        check_contributions(model, game)
        return
    _check_matrix(game.payoffs, "payoffs", len(names), len(names))


def _check_matrix(matrix: tuple[tuple[float | str, ...], ...], key: str, rows: int, columns: int) -> None:
    if len(matrix) != rows:
        raise ProblemError((key,), f"needs {rows} rows, one per strategy, has {len(matrix)}")
    for place, row in enumerate(matrix):
        if len(row) != columns:
            raise ProblemError((key, place), f"needs {columns} entries, one per strategy, has {len(row)}")


def _payoff_path(model: Model, error: FormulaError) -> tuple[str | int, ...]:
    name = error.name or ""
    if error.part == "let":
        return ("let", name)
    if isinstance(model.form, GroupGame):
        return ("payoffs", name)
    row, column = (model.strategy_names.index(part) for part in name.split(" against "))
    if isinstance(model.form, BimatrixGame):
        rows = len(next(iter(roles(model.strategies).values())))
        return ("row", row, column - rows) if row < rows else ("column", column, row - rows)
    return ("payoffs", row, column)
