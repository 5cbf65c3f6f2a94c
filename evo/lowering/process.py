"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.environments import Constant, Feedback, Series, Shocks, Switching, parameter_value, start_value
from evo.formulas import FormulaError, compile_program, parse
from evo.games import (
    LARGEST_GROUP,
    LARGEST_TABLE,
    GroupGame,
    group_names,
    layout,
    payoff_formulas,
    table_bytes,
)
from evo.kernels.arrays import PARAMETERS, Game, Laws, Meeting, Process, Rule
from evo.kernels.program import Program
from evo.lowering.problems import Problems
from evo.lowering.success import bias, check_linear_fitness, indicator, mutation, selection, within
from evo.populations import WellMixed
from evo.quantities import number
from evo.series import series_numbers

if TYPE_CHECKING:
    from evo.model import Model

Names = tuple[tuple[str, int], ...]


def scalar_names(model: Model) -> dict[str, int]:
    """Where each name that formulas may use stands in `scalars`: t, n, parameters, environment, shares."""
    names = {"t": 0, "n": 1}
    place = PARAMETERS
    for name in model.parameters:
        names[name] = place
        place += 1
    for name in model.environment:
        names[name] = place  # a variable shadows the parameter of its name
        place += 1
    for name in model.strategies:
        names[f"x_{name}"] = place
        place += 1
    return names


def payoff_names(model: Model) -> dict[str, int]:
    """What feedback laws may use besides: mean_payoff and the payoff of each strategy."""
    first = PARAMETERS + len(model.parameters) + len(model.environment) + len(model.strategies)
    return {"mean_payoff": 2} | {f"payoff_{name}": first + place for place, name in enumerate(model.strategies)}


def lower(model: Model) -> Process:
    """The arrays of a model; raises ConfigError with all that is wrong, by path."""
    problems = Problems()
    values = model.parameter_values
    size = 2
    meeting = rule = to = laws = game = None
    favour = seen = np.zeros(len(model.strategies))
    with problems.at("game", "size"):
        size = _group_size(model, values)
    with problems.at("population"):
        meeting = _meeting(model, size, values)
    with problems.at("mutation"):
        rate, to = mutation(model, values)
        after = model.mutation.when == "after"
        rule = Rule(model.dynamics.rule, model.dynamics.option, 1.0, 0, 1.0, 0.0, False, rate, after)
    with problems.at("selection"):
        chosen = selection(model, values)
        rule = rule._replace(**chosen) if rule else None
        favour, seen = bias(model, values), indicator(model)
    with problems.at("environment"):
        laws = _laws(model, values)
    with problems.at("game"):
        game = _game(model, size)
    problems.stop()
    assert meeting and rule and to is not None and laws and game
    strategies, variables = len(model.strategies), len(model.environment)
    environment = PARAMETERS + len(model.parameters)
    scalars = np.zeros(environment + variables + 2 * strategies)
    scalars[1] = size
    scalars[PARAMETERS:environment] = list(values.values())
    kinds = laws.rows[:, 0]
    reads_time = _reads(model, {"t"})
    process = Process(
        rule=rule,
        meeting=meeting,
        game=game,
        laws=laws,
        to=to,
        strategy=np.array([np.zeros(strategies)] * 3 + [favour, seen]),
        scalars=scalars,
        environment=environment,
        mix=environment + variables,
        eventful=bool((kinds != codes.FIXED).any()) or reads_time,
        stepwise=bool(laws.rows[:, 2].any()),
        autonomous=bool(np.isin(kinds, (codes.FIXED, codes.FEEDBACK)).all()) and not reads_time,
        random=any(law.random for law in model.environment.values()),
    )
    with problems.at("selection", "fitness"):
        check_linear_fitness(model, process)
    problems.stop()
    return process


def _reads(model: Model, names: set[str]) -> bool:
    """Whether a payoff or a feedback law reads one of these names."""
    texts = [*model.game.let.values(), *payoff_formulas(model.game, model.strategy_names).values()]
    texts += [law.rate for law in model.environment.values() if isinstance(law, Feedback)]
    return any(not names.isdisjoint(parse(text).names) for text in texts)


def _group_size(model: Model, values: Mapping[str, float]) -> int:
    if not isinstance(model.game, GroupGame):
        return 2
    size = number(model.game.size, values)
    if size != int(size) or not 2 <= size <= LARGEST_GROUP:
        raise ValueError(f"must be a whole number from 2 to {LARGEST_GROUP}, is {size:g}")
    if table_bytes(len(model.strategies), int(size)) > LARGEST_TABLE:
        needed = table_bytes(len(model.strategies), int(size)) / 2**20
        raise ValueError(
            f"the payoff table of {len(model.strategies)} strategies in groups of {size:g} would take {needed:,.0f} MiB "
            f"(at most {LARGEST_TABLE // 2**20})"
        )
    return int(size)


def _meeting(model: Model, size: int, values: Mapping[str, float]) -> Meeting:
    population = model.population
    assortment = within(number(population.assortment, values), 0, 1, "assortment")
    alike = codes.FOUNDER if population.assortment_kind == "founder" else codes.FOCAL
    if not isinstance(population, WellMixed):
        return Meeting(size, 0, assortment, alike, False)
    if not model.dynamics.finite:
        raise ProblemError(
            ("kind",),
            f"{model.dynamics.kind} is a flow of infinite populations",
            "use `kind: infinite`, or a finite rule such as moran",
        )
    whole = number(population.size, values)
    if whole != int(whole) or not 2 <= whole <= 10**9:
        raise ProblemError(("size",), f"must be a whole number from 2 to 1e9, is {whole:g}")
    if whole < size:
        raise ProblemError(("size",), f"a population of {whole:g} cannot fill a group of {size}")
    return Meeting(size, int(whole), assortment, alike, population.self_interaction)


def _laws(model: Model, values: Mapping[str, float]) -> Laws:
    problems = Problems()
    value = parameter_value(values)
    variables = list(model.environment)
    numbers: list[float] = []
    rows: list[tuple[int, int, bool, int]] = []
    starts: list[tuple[float, float]] = []
    for name, law in model.environment.items():
        with problems.at(name):
            _check_pace(model, law)
            source, factor = _jumps(model, law, variables, value)
            rows.append((law.code, len(numbers), _stepwise(law), source))
            starts.append((start_value(law, value), factor))
            numbers += series_numbers(law, model.files) if isinstance(law, Series) else law.numbers(value)
    problems.stop()
    return Laws(
        rows=np.array(rows, dtype=np.int64).reshape(-1, 4),
        starts=np.array(starts, dtype=float).reshape(-1, 2),
        numbers=np.array(numbers, dtype=float),
        feedback=_feedback(model, problems),
        moved=np.array(
            [place for place, law in enumerate(model.environment.values()) if isinstance(law, Feedback)], dtype=np.int64
        ),
    )


def _stepwise(law: object) -> bool:
    return getattr(law, "per", "generation") == "step" or (isinstance(law, Switching) and law.probabilities is not None)


def _check_pace(model: Model, law: object) -> None:
    if _stepwise(law) and not isinstance(model.population, WellMixed):
        key = "probabilities" if isinstance(law, Switching) else "per"
        raise ProblemError(
            (key,), "a step has no duration in an infinite population", "give rates, or `per: generation`"
        )


def _jumps(model: Model, law: object, variables: list[str], value: object) -> tuple[int, float]:
    if not isinstance(law, Feedback) or law.jumps is None:
        return -1, 1.0
    if not isinstance(model.environment.get(law.jumps.on), Switching | Shocks):
        raise ProblemError(("jumps", "on"), f"{law.jumps.on!r} is not a switching variable, nor one with shocks")
    return variables.index(law.jumps.on), number(law.jumps.multiply, model.parameter_values)


def _moving(model: Model) -> frozenset[str]:
    still = {name for name, law in model.environment.items() if isinstance(law, Constant)}
    names = {"t"} | (set(model.environment) - still) | {f"x_{name}" for name in model.strategies}
    return frozenset(names)


def _feedback(model: Model, problems: Problems) -> Program:
    laws = {name: law for name, law in model.environment.items() if isinstance(law, Feedback)}
    names = scalar_names(model) | payoff_names(model)
    moving = _moving(model).union(payoff_names(model))
    for name, law in laws.items():
        with problems.at(name, "rate"):
            _compile((), ((name, law.rate),), tuple(names.items()), (), moving)
    problems.stop()
    return _compile((), tuple((name, law.rate) for name, law in laws.items()), tuple(names.items()), (), moving)


def _game(model: Model, size: int) -> Game:
    game, names = model.game, model.strategy_names
    strategies = len(names)
    group = isinstance(game, GroupGame)
    _check_shape(model)
    outputs = payoff_formulas(game, names)
    vectors: Mapping[str, int] = group_names(names) if group else {}
    moving = _moving(model)
    try:
        program = _compile(
            tuple(game.let.items()),
            tuple(outputs.items()),
            tuple(scalar_names(model).items()),
            tuple(vectors.items()),
            moving,
        )
    except FormulaError as error:
        raise ProblemError(_payoff_path(model, error), str(error)) from None
    places = layout(strategies, size)
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
        reads_mix=_reads(model, {f"x_{name}" for name in names}),
    )


def _check_shape(model: Model) -> None:
    game, names = model.game, model.strategy_names
    if isinstance(game, GroupGame):
        problems = Problems()
        for name in names:
            if name not in game.payoffs:
                problems.add(("payoffs", name), "is missing: every strategy needs a payoff")
        for name in game.payoffs:
            if name not in names:
                problems.add(("payoffs", name), "is not a strategy", f"strategies: {', '.join(names)}")
        problems.stop()
        return
    if len(game.payoffs) != len(names):
        raise ProblemError(("payoffs",), f"needs {len(names)} rows, one per strategy, has {len(game.payoffs)}")
    for place, row in enumerate(game.payoffs):
        if len(row) != len(names):
            raise ProblemError(("payoffs", place), f"needs {len(names)} entries, one per strategy, has {len(row)}")


def _payoff_path(model: Model, error: FormulaError) -> tuple[str | int, ...]:
    name = error.name or ""
    if error.part == "let":
        return ("let", name)
    if isinstance(model.game, GroupGame):
        return ("payoffs", name)
    row, column = (model.strategy_names.index(part) for part in name.split(" against "))
    return ("payoffs", row, column)


@lru_cache(maxsize=256)
def _compile(
    let: tuple[tuple[str, str], ...],
    outputs: tuple[tuple[str, str], ...],
    scalars: Names,
    vectors: Names,
    moving: frozenset[str],
) -> Program:
    return compile_program(
        let=dict(let), outputs=dict(outputs), scalars=dict(scalars), vectors=dict(vectors), moving=moving
    )
