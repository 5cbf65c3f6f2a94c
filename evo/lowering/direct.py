"""Payoffs on a graph that no table holds, lowered: when they are needed, and their formulas as programs of one strategy each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.environments import Constant, is_local
from evo.formulas import parse
from evo.games import GroupGame
from evo.games.group import OWN, POT, text
from evo.games.layout import LARGEST_TABLE
from evo.games.written import payoff_formulas
from evo.graphs import Graph
from evo.kernels.arrays import Process
from evo.kernels.nodes.direct import COUNTS, MEMBERS, Direct
from evo.kernels.nodes.direct import OWN as OWN_PLACE
from evo.kernels.nodes.direct import POT as POT_PLACE
from evo.kernels.program import Program
from evo.lowering.names import attributes, compiled, moving, reads, scalar_names, scalars_end
from evo.lowering.payoffs import group_program

if TYPE_CHECKING:
    from evo.model import Model


def directly(model: Model, graph: Graph) -> bool:
    """Whether payoffs depend on more than strategies: on the node, or a local variable; or come from too many groups for a
    table."""
    if reads(model, *attributes(model)) or any(is_local(law) for law in model.environment.values()):
        return True
    if not isinstance(model.form, GroupGame):
        return False
    program = group_program(model, sized=True)
    rows = 2 * len(model.strategies) + program.registers + program.depth
    return 8 * rows * table_columns(model, graph) > LARGEST_TABLE


def table_columns(model: Model, graph: Graph) -> int:
    """Compositions of all groups around nodes of the graph."""
    strategies = len(model.strategies)
    return sum(math.comb(int(size) + strategies - 1, strategies - 1) for size in group_sizes(graph))


def group_sizes(graph: Graph) -> np.ndarray:
    """Members of the groups around nodes, each size once."""
    return np.unique(graph.degrees + 1)


def without_table(model: Model, process: Process) -> Process:
    """The arrays of a model whose payoffs are calculated where they are needed: no table, and `scalars` for nodes."""
    strategies = len(model.strategies)
    code = np.zeros((0, 3), np.int64)
    game = process.game._replace(
        program=Program(code, code, np.zeros(0), 1, 1, 0),
        vectors=np.zeros((1, 1)),
        source=np.zeros((2, strategies, 0), np.int64),
        coefficient=np.zeros(0),
    )
    told = np.zeros(COUNTS + strategies + len(model.environment))
    return process._replace(game=game, scalars=np.concatenate([process.scalars, told]))


def lower_direct(model: Model, graph: Graph, scalars: np.ndarray, region: np.ndarray, values: np.ndarray) -> Direct:
    """The formulas, which read `scalars` and the local variables' `values`, (R, L), of each node's `region`, (N,)."""
    strategies = len(model.strategies)
    parts = _programs(model)
    code, constants, programs, registers = _joined(parts)
    contributions = len(parts) > strategies
    levels = graph.levels if len(graph.levels) else np.zeros(graph.size)
    return Direct(
        code=code,
        programs=programs,
        constants=constants,
        scalars=scalars,
        memory=np.zeros((registers + max(program.depth for program in parts), 1)),
        registers=registers,
        first=scalars_end(model),
        places=np.array([levels, region], np.int64),
        gives=np.zeros((graph.size if contributions else 0, strategies)),
        giving_moves=contributions and _giving_moves(model),
        values=values,
    )


def _programs(model: Model) -> list[Program]:
    """What each strategy earns (in pairs against each other one), then what each puts into a pot."""
    game, names = model.form, model.strategy_names
    first = scalars_end(model)
    told = attributes(model)
    scalars = scalar_names(model) | told
    local = [name for name, law in model.environment.items() if is_local(law)]
    scalars |= {name: first + COUNTS + len(names) + place for place, name in enumerate(local)}
    moves = moving(model).union(told)
    formulas = payoff_formulas(game, names)
    if not isinstance(game, GroupGame):
        rows = [{key: formulas[key] for key in (f"{row} against {column}" for column in names)} for row in names]
        return [_program(game.let, row, scalars, moves) for row in rows]
    gives = [
        _program({}, {name: text(game.contributions[name])}, scalars, moves) for name in names if game.contributions
    ]
    members = {"n": first + MEMBERS} | {f"k_{name}": first + COUNTS + place for place, name in enumerate(names)}
    pots = {POT: first + POT_PLACE, OWN: first + OWN_PLACE} if game.contributions else {}
    scalars |= members | pots
    moves = moves.union(members, pots)
    return [_program(game.let, {name: formulas[name]}, scalars, moves) for name in names] + gives


def _program(let: dict[str, str], outputs: dict[str, str], scalars: dict[str, int], moves: frozenset[str]) -> Program:
    return compiled(tuple(let.items()), tuple(outputs.items()), tuple(scalars.items()), (), moves)


def _joined(programs: list[Program]) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """All programs in one: code, constants, where in the code each begins and ends with its first register, and the number
    of registers. First comes the static code of all, as one program."""
    still: list[np.ndarray] = []
    moving: list[np.ndarray] = []
    firsts = [0]
    constants = registers = 0
    for program in programs:
        for part, given in ((still, program.static_code), (moving, program.moving_code)):
            moved = given.copy()
            moved[given[:, 0] == codes.CONSTANT, 1] += constants
            moved[np.isin(given[:, 0], (codes.REGISTER, codes.STORE)), 1] += registers
            part.append(moved)
        firsts.append(registers)
        constants += len(program.constants)
        registers += program.registers
    stops = np.cumsum([sum(len(code) for code in still), *(len(code) for code in moving)])
    places = np.column_stack([np.r_[0, stops[:-1]], stops, firsts]).astype(np.int64)
    numbers = np.concatenate([program.constants for program in programs])
    return np.ascontiguousarray(np.vstack([*still, *moving])), numbers, places, registers


def _giving_moves(model: Model) -> bool:
    """Whether contributions change during a run."""
    game = model.form
    assert isinstance(game, GroupGame)
    moves = {"t"} | {name for name, law in model.environment.items() if not isinstance(law, Constant)}
    return any(moves & parse(text(cell)).names for cell in game.contributions.values())
