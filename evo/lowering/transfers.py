"""Payoffs that move between individuals while a model runs: what each strategy pays, beside the game."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evo.games import GroupGame
from evo.games.written import group_names
from evo.kernels.arrays import BIAS
from evo.lowering.names import compiled, lines, moving, outputs, scalar_names

if TYPE_CHECKING:
    from evo.kernels.arrays import Process
    from evo.model import Model


def with_transfers(model: Model, process: Process, taken: Mapping[str, str]) -> Process:
    """The process with a bias that moves: what the strategies have already, less these formulas of the mix, the environment
    and time. The payoff program has them as further outputs; the table is filled anew whenever the mix moves."""
    vectors = dict(group_names(model.strategy_names)) if isinstance(model.form, GroupGame) else {}
    payoffs = outputs(model)
    further = {
        f"transfer to {name}": f"({float(process.strategy[BIAS, place])!r}) - ({taken.get(name, '0')})"
        for place, name in enumerate(model.strategy_names)
    }
    program = compiled(
        tuple(lines(model).items()),
        tuple((payoffs | further).items()),
        tuple(scalar_names(model).items()),
        tuple(vectors.items()),
        moving(model),
    )
    game = process.game._replace(program=program, transfers=len(payoffs), moves=True, reads_mix=True)
    return process._replace(game=game)
