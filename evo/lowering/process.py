"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._kin import shared
from evo.formulas import parse
from evo.games import Calculated
from evo.kernels.arrays import PARAMETERS, Process
from evo.lowering.laws import longest_step, lower_laws
from evo.lowering.meeting import lower_crowd, lower_meeting
from evo.lowering.names import law_reads, reads
from evo.lowering.payoffs import group_size, lower_game
from evo.lowering.problems import Problems
from evo.lowering.rule import lower_rule, sigma
from evo.lowering.success import bias, check_linear_fitness, indicator, mutation, own_number, selection
from evo.quantities import parameter_formulas

if TYPE_CHECKING:
    from evo.model import Model


def lower(model: Model) -> Process:
    """The arrays of a model; raises ConfigError with all that is wrong, by path."""
    problems = Problems()
    values = model.parameter_values
    size = 2
    crowd = meeting = rule = laws = game = None
    to = favour = seen = shocks = np.zeros(len(model.strategies))
    with problems.at("game", "size"):
        size = group_size(model, values)
    with problems.at():
        crowd = lower_crowd(model)
    with problems.at("population"):
        meeting = lower_meeting(model, size, crowd, values) if crowd else None
    with problems.at("dynamics"):
        shocks = sigma(model, values)
        rule = lower_rule(model, values)
    with problems.at("mutation"):
        rate, to = mutation(model, values, crowd.roles if crowd else None)
        rule = rule._replace(mutation=rate, after=model.mutation.when == "after") if rule else None
    with problems.at("selection"):
        chosen = selection(model, values)
        rule = rule._replace(**chosen) if rule else None
        favour, seen = bias(model, values), indicator(model)
    with problems.at("environment"):
        laws = lower_laws(model, values)
    with problems.at("game"):
        game = lower_game(model, size) if crowd else None
    problems.stop()
    assert crowd and meeting and rule and laws and game
    strategies, variables = len(model.strategies), len(model.environment)
    environment = PARAMETERS + len(model.parameters)
    scalars = np.zeros(environment + variables + 2 * strategies)
    scalars[1] = size
    scalars[PARAMETERS:environment] = list(values.values())
    kinds = set(laws.rows[:, 0].tolist())
    reads_time = reads(model, "t") or law_reads(model, "t")
    members = np.diff(crowd.roles)
    none = np.zeros(strategies)
    scale, weight = np.repeat(1 / crowd.met, members), np.repeat(crowd.parts / crowd.wholes, members)
    process = Process(
        rule=rule,
        meeting=meeting,
        game=game,
        laws=laws,
        to=to,
        strategy=np.array([none] * 3 + [favour, seen, scale, shocks, weight] + [none] * 2),
        roles=crowd.roles,
        wholes=crowd.wholes,
        sizes=crowd.sizes,
        scalars=scalars,
        environment=environment,
        mix=environment + variables,
        eventful=not kinds <= {codes.FIXED} or reads_time,
        stepwise=bool(laws.rows[:, 2].any()),
        autonomous=kinds <= {codes.FIXED, codes.FEEDBACK} and not reads_time,
        longest=longest_step(laws),
        random=model.dynamics.facts.noisy or any(law.random for law in model.environment.values()),
    )
    return _with_payoffs(model, process)


def lower_kin(model: Model, former: Process) -> Process:
    """`lower` of a model whose kin is lowered to `former`: values that formulas read while they run stand in `scalars` alone."""
    values = np.array(list(model.parameter_values.values()))
    moved = values != former.scalars[PARAMETERS : former.environment]
    if isinstance(model.game, Calculated) or any(
        name in _numbers_read(model) for name, moves in zip(model.parameters, moved, strict=True) if moves
    ):
        return lower(model)
    scalars = former.scalars.copy()
    scalars[PARAMETERS : former.environment] = values
    return _with_payoffs(model, former._replace(scalars=scalars))


@shared
def _numbers_read(model: Model) -> frozenset[str]:
    """Names of parameters that numbers of the config follow from."""
    return frozenset(name for _, text in parameter_formulas(model) for name in parse(text).names)


def _with_payoffs(model: Model, process: Process) -> Process:
    """The process, with what follows from its payoffs and may be refused."""
    problems = Problems()
    with problems.at("dynamics"):
        process = process._replace(rule=process.rule._replace(number=own_number(model, process)))
    with problems.at("selection", "fitness"):
        check_linear_fitness(model, process)
    problems.stop()
    return process
