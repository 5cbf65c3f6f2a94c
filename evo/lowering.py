"""Lowering: the parts of a model, checked against each other, to the arrays that kernels read."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._spec import ConfigError, ConfigProblem, ProblemError
from evo.environments import Constant, Feedback, Series, Shocks, Switching, parameter_value, start_value
from evo.formulas import FormulaError, compile_program, parse
from evo.games import LARGEST_GROUP, LARGEST_TABLE, GroupGame, group_names, layout, payoff_formulas, table_bytes
from evo.kernels.arrays import PARAMETERS, Game, Laws, Meeting, Process, Rule
from evo.kernels.program import Program
from evo.populations import WellMixed
from evo.quantities import number
from evo.series import series_numbers

if TYPE_CHECKING:
    from evo.model import Model

Names = tuple[tuple[str, int], ...]


class Problems:
    """Collects what is wrong with a config, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[ConfigProblem] = []

    @contextmanager
    def at(self, *prefix: str | int) -> Generator[None]:
        """Take note of an error raised inside, with the path of what was being checked."""
        try:
            yield
        except ProblemError as error:
            self.add((*prefix, *error.path), error.message, error.hint)
        except ConfigError as error:
            for problem in error.problems:
                self.add((*prefix, *problem.path), problem.message, problem.hint)
        except ValueError as error:
            self.add(prefix, str(error))

    def add(self, path: tuple[str | int, ...], message: str, hint: str | None = None) -> None:
        self.found.append(ConfigProblem(path, None, message, hint))

    def stop(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise ConfigError(self.found)


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
    bias = indicator = np.zeros(len(model.strategies))
    with problems.at("game", "size"):
        size = _group_size(model, values)
    with problems.at("population"):
        meeting = _meeting(model, size, values)
    with problems.at("mutation"):
        mutation, to = _mutation(model, values)
        rule = Rule(
            model.dynamics.rule,
            model.dynamics.option,
            1.0,
            0,
            1.0,
            0.0,
            False,
            mutation,
            model.mutation.when == "after",
        )
    with problems.at("selection"):
        chosen = _selection(model, values)
        rule = rule._replace(**chosen) if rule else None
        bias, indicator = _bias(model, values), _indicator(model)
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
    return Process(
        rule=rule,
        meeting=meeting,
        game=game,
        laws=laws,
        to=to,
        strategy=np.array([np.zeros(strategies)] * 3 + [bias, indicator]),
        scalars=scalars,
        environment=environment,
        mix=environment + variables,
        eventful=bool((kinds != codes.FIXED).any()) or reads_time,
        stepwise=bool(laws.rows[:, 2].any()),
        autonomous=bool(np.isin(kinds, (codes.FIXED, codes.FEEDBACK)).all()) and not reads_time,
        random=any(law.random for law in model.environment.values()),
    )


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
    assortment = _within(number(population.assortment, values), 0, 1, "assortment")
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


def _selection(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    chosen = model.selection
    rule = model.dynamics
    intensity = number(chosen.intensity, values)
    if intensity < 0:
        raise ProblemError(("intensity",), f"cannot be negative, is {intensity:g}")
    conformity, prestige = number(chosen.conformity, values), number(chosen.prestige, values)
    if not rule.fitness and chosen.fitness != "exponential":
        raise ProblemError(("fitness",), f"{rule.kind} has no fitness map: payoffs enter it directly")
    if chosen.fitness == "linear" and intensity > 1:
        raise ProblemError(("intensity",), f"linear fitness needs an intensity from 0 to 1, not {intensity:g}")
    for key, neutral, value in (("conformity", 1.0, conformity), ("prestige", 0.0, prestige)):
        if not rule.role_model and value != neutral:
            raise ProblemError((key,), f"{rule.kind} draws no role model, so {key} has nothing to act on")
    if conformity < 0:
        raise ProblemError(("conformity",), f"cannot be negative, is {conformity:g}")
    return {
        "intensity": intensity,
        "fitness": codes.LINEAR if chosen.fitness == "linear" else codes.EXPONENTIAL,
        "conformity": conformity,
        "prestige": prestige,
        "indicated": chosen.indicator != "payoff",
    }


def _bias(model: Model, values: Mapping[str, float]) -> np.ndarray:
    """What trait bias adds to the payoff of each strategy."""
    chosen, traits = model.selection.bias, model.trait_names
    for trait in chosen.weights:
        if trait not in traits:
            raise ProblemError(("bias", "weights", trait), "no strategy has this trait", f"traits: {', '.join(traits)}")
    strength = number(chosen.strength, values)
    if strength != 0 and not chosen.weights:
        raise ProblemError(("bias", "weights"), "is missing: a bias needs the traits that it favours")
    scores = np.zeros(len(model.strategies))
    for trait, weight in chosen.weights.items():
        scores += number(weight, values) * model.trait_values(trait)
    return strength * scores


def _indicator(model: Model) -> np.ndarray:
    """The trait that prestige looks at, per strategy; zeros where it looks at the payoff."""
    trait = model.selection.indicator
    if trait == "payoff":
        return np.zeros(len(model.strategies))
    if trait not in model.trait_names:
        known = ", ".join(("payoff", *model.trait_names))
        raise ProblemError(("indicator",), f"must be payoff or a trait, is {trait!r}", f"known: {known}")
    return model.trait_values(trait)


def _mutation(model: Model, values: Mapping[str, float]) -> tuple[float, np.ndarray]:
    chosen, ways = model.mutation, model.dynamics.mutates
    strategies = len(model.strategies)
    rate = number(chosen.rate, values)
    if rate != 0 and not ways:
        raise ProblemError(("rate",), f"{model.dynamics.kind} has no mutation", "use replicator_mutator")
    if ways == ("additive",):
        if rate < 0:
            raise ProblemError(("rate",), f"cannot be negative, is {rate:g}")
    else:
        _within(rate, 0, 1, "rate")
    if chosen.when is not None and chosen.when not in ways:
        raise ProblemError(
            ("when",), f"{model.dynamics.kind} mutates {' or '.join(w.replace('_', ' ') for w in ways) or 'never'}"
        )
    if chosen.to == "any":
        to = np.full((strategies, strategies), 1 / strategies)
    elif chosen.to == "others":
        to = (1 - np.eye(strategies)) / (strategies - 1)
    else:
        if len(chosen.to) != strategies or any(len(row) != strategies for row in chosen.to):
            raise ProblemError(("to",), f"needs {strategies} rows of {strategies} probabilities")
        to = np.array(chosen.to, dtype=float)
        for i, total in enumerate(to.sum(axis=1)):
            if abs(total - 1) > 1e-9:
                raise ProblemError(("to", i), f"must sum to 1, sums to {total:g}")
    return rate, to


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


def _within(value: float, low: float, high: float, key: str) -> float:
    if not low <= value <= high:
        raise ProblemError((key,), f"must be from {low:g} to {high:g}, is {value:g}")
    return value
