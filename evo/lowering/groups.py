"""A population in groups, lowered: how groups are nested, who is next to whom, what happens to them as wholes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.formulas import FormulaError
from evo.kernels.demes.arrays import Demes
from evo.kernels.program import Program
from evo.lowering.names import compiled, moving, scalar_names
from evo.lowering.problems import Problems
from evo.lowering.rule import pace
from evo.lowering.success import within
from evo.populations import Groups
from evo.populations.groups import Contests, Extinction, Pattern, Splitting
from evo.quantities import number

if TYPE_CHECKING:
    from evo.model import Model

LARGEST = 10**7  # groups
LARGEST_PATTERN = 2000  # units whose weights are given row by row
PATTERNS = {"island": codes.ISLAND, "ring": codes.RING, "square": codes.TORUS}
ARRANGEMENTS = {"scattered": codes.SCATTERED, "even": codes.EVEN, "clustered": codes.CLUSTERED}
Path = tuple[str | int, ...]


class Layer(NamedTuple):
    """One level as the spec says it, with its path in the population."""

    at: Path
    number: int
    pattern: Pattern
    dynamics: Splitting | Contests | Extinction | None


def lower_groups(model: Model, size: int) -> Demes:
    """The groups as arrays, `size` being that of the game's groups; raises ProblemError, path within the population."""
    population = model.population
    assert isinstance(population, Groups)
    problems = Problems()
    layers = _layers(population, model)
    _check_rule(model)
    numbers = [layer.number for layer in layers]
    total = math.prod(numbers)
    if total > LARGEST:
        raise ProblemError(("groups",), f"are {total:.3g} together; at most {LARGEST:.0e} can be held")
    places = group_places(model)
    migration = _migration(population, model, total)
    shape = np.zeros((len(layers), 6), dtype=np.int64)
    rows: list[np.ndarray] = []
    first = 0
    for level, layer in enumerate(layers):
        with problems.at(*layer.at):
            code, weights = _pattern(layer)
            dynamics = layer.dynamics
            acts = codes.SETTLED if dynamics is None else dynamics.code
            option = isinstance(dynamics, Extinction) and dynamics.colonists == "all"
            shape[level] = layer.number, math.prod(numbers[:level]), code, first, acts, option
            first += len(weights)
            rows.append(weights)
            _check_alone(layer, bool(migration[level].any()))
    splits = isinstance(population.dynamics, Splitting)
    with problems.at():
        _check_sizes(model, layers, places, size)
    fitness = _fitness(model, layers, problems)
    strengths = [_numbers(layer, model, problems) for layer in layers]
    favour = [_favour(layer, model, problems) for layer in layers]
    problems.stop()
    return Demes(
        places=places,
        most=float(places.max()),
        ends=np.zeros(0, np.int64) if (places == places[0]).all() else np.cumsum(places).astype(np.int64),
        migration=migration,
        shape=shape,
        rows=np.concatenate(rows),
        numbers=np.array(strengths),
        favour=np.array(favour),
        fitness=fitness,
        everywhere=population.competition == "global",
        crossing=bool(migration.any()),
        splits=splits,
        alone=number(population.alone, model.parameter_values),
        arrangement=ARRANGEMENTS[population.arrangement],
    )


def _layers(population: Groups, model: Model) -> list[Layer]:
    values = model.parameter_values
    lowest = Layer((), _whole(number(population.groups, values), ("groups",)), population.pattern, population.dynamics)
    above = [
        Layer(
            ("levels", place),
            _whole(number(level.number, values), ("levels", place, "number")),
            level.pattern,
            level.dynamics,
        )
        for place, level in enumerate(population.levels)
    ]
    return [lowest, *above]


def _whole(value: float, path: Path) -> int:
    if value != int(value) or value < 1:
        raise ProblemError(path, f"must be a whole number from 1, is {value:g}")
    return int(value)


def group_places(model: Model) -> np.ndarray:
    """Members that each group has at the start, (M,)."""
    population = model.population
    assert isinstance(population, Groups)
    total = math.prod(layer.number for layer in _layers(population, model))
    given = population.size if isinstance(population.size, tuple) else (population.size,)
    if len(given) not in (1, total) or (isinstance(population.size, tuple) and len(given) != total):
        raise ProblemError(("size",), f"needs one number, or one for each of the {total} groups, has {len(given)}")
    sizes = [_whole(number(size, model.parameter_values), ("size",)) for size in given]
    places = np.array(sizes * (total // len(sizes)), dtype=float)
    if isinstance(population.dynamics, Splitting) and population.dynamics.resident == "one_less":
        places -= 1
    if places.min() < 1:
        raise ProblemError(
            ("size",), "must be at least 2: a group has one member less between events", "or resident: full"
        )
    return places


def _migration(population: Groups, model: Model, total: int) -> np.ndarray:
    values = model.parameter_values
    given = population.migration if isinstance(population.migration, tuple) else (population.migration,)
    if isinstance(population.migration, tuple) and len(given) != total:
        raise ProblemError(("migration",), f"needs one number, or one for each of the {total} groups, has {len(given)}")
    lowest = [within(number(rate, values), 0, 1, "migration") for rate in given]
    migration = np.zeros((1 + len(population.levels), total))
    migration[0] = lowest * (total // len(lowest))
    for place, level in enumerate(population.levels):
        rate = number(level.migration, values)
        if not 0 <= rate <= 1:
            raise ProblemError(("levels", place, "migration"), f"must be from 0 to 1, is {rate:g}")
        migration[place + 1] = rate
    facts = model.dynamics.facts
    if migration.any() and facts.innovative:
        raise ProblemError(
            ("migration",), f"{model.dynamics.kind} looks at nobody and nobody is born, so that nothing can cross"
        )
    return migration


def _check_rule(model: Model) -> None:
    population, dynamics = model.population, model.dynamics
    assert isinstance(population, Groups)
    if pace(model) == codes.DIFFUSION:
        raise ProblemError(
            ("kind",), f"{dynamics.kind} is noise of one mix, and groups have a mix each", "use its rule"
        )
    together = pace(model) == codes.SYNCHRONOUS
    if population.competition == "global" and dynamics.kind != "moran":
        raise ProblemError(
            ("competition",),
            f"global competition is for parents drawn from the whole population, and {dynamics.kind} draws none so",
            "use moran, or `competition: local`",
        )
    if isinstance(population.dynamics, Splitting):
        if population.competition != "global":
            raise ProblemError(
                ("competition",),
                "groups that split grow by births in the whole population",
                "say `competition: global`",
            )
        if getattr(dynamics, "death", "all") != "all":
            raise ProblemError(("dynamics",), "any member of a full group may die, so moran's `death` must be all")
    if together and population.competition == "global":
        raise ProblemError(("competition",), f"{dynamics.kind} moves all at once: use `competition: local`")


def _pattern(layer: Layer) -> tuple[int, np.ndarray]:
    """Its code, and weights cumulated row by row."""
    pattern, units = layer.pattern, layer.number
    if isinstance(pattern, str):
        side = math.isqrt(units)
        if pattern == "square" and (side * side != units or 1 < units < 4):
            raise ProblemError(("pattern",), f"needs a square number of units, not {units}")
        return PATTERNS[pattern], np.zeros(0)
    if units > LARGEST_PATTERN:
        raise ProblemError(("pattern",), f"rows of weights are for at most {LARGEST_PATTERN} units")
    if len(pattern) != units or any(len(row) != units for row in pattern):
        raise ProblemError(("pattern",), f"needs {units} rows of {units} weights")
    weights = np.array(pattern)
    if weights.diagonal().any():
        raise ProblemError(("pattern",), "must be 0 on its diagonal: nobody crosses to where it is")
    totals = weights.sum(axis=1, keepdims=True)
    if units > 1 and (totals == 0).any():
        raise ProblemError(
            ("pattern", int(np.flatnonzero(totals == 0)[0])), "has nothing next to it: all weights are 0"
        )
    return codes.ROWS, np.cumsum(weights / np.where(totals > 0, totals, 1), axis=1).ravel()


def _check_alone(layer: Layer, crossing: bool) -> None:
    if layer.number > 1:
        return
    if crossing:
        raise ProblemError(("migration",), "there is only one of these: nobody can cross", "leave migration out")
    dynamics = layer.dynamics
    if dynamics is not None and not (isinstance(dynamics, Splitting) and dynamics.chance == 0):
        raise ProblemError(("dynamics",), f"{dynamics.kind} needs at least two units next to each other")


def _check_sizes(model: Model, layers: list[Layer], places: np.ndarray, size: int) -> None:
    population = model.population
    assert isinstance(population, Groups)
    if isinstance(population.dynamics, Splitting) and size > 2:
        raise ProblemError(
            ("dynamics",),
            f"groups that split may have one member, and the game is played by {size}",
            "use a game of pairs",
        )
    if size > 2 and places.min() < size:
        raise ProblemError(("size",), f"a group of {places.min():g} cannot fill one of the game's {size} players")
    equal = bool((places == places[0]).all())
    for layer in layers:
        if isinstance(layer.dynamics, Contests) and not equal:
            raise ProblemError(
                (*layer.at, "dynamics"), "a winner is copied member by member, so all groups must be of one size"
            )


def _numbers(layer: Layer, model: Model, problems: Problems) -> list[float]:
    values, found = model.parameter_values, [0.0, 0.0, 1.0, 0.0]
    dynamics = layer.dynamics
    with problems.at(*layer.at, "dynamics"):
        if isinstance(dynamics, Splitting):
            found[1] = within(number(dynamics.chance, values), 0, 1, "chance")
        elif dynamics is not None:
            found[0], found[2] = number(dynamics.rate, values), number(dynamics.intensity, values)
            for key, value in (("rate", found[0]), ("intensity", found[2])):
                if value < 0:
                    raise ProblemError((key,), f"cannot be negative, is {value:g}")
            if isinstance(dynamics, Extinction):
                found[3] = number(dynamics.level, values)
    return found


def _favour(layer: Layer, model: Model, problems: Problems) -> np.ndarray:
    """What the bias of a level adds for each member's strategy, (d,)."""
    found = np.zeros(len(model.strategies))
    if isinstance(layer.dynamics, Contests | Extinction):
        bias, values = layer.dynamics.bias, model.parameter_values
        with problems.at(*layer.at, "dynamics", "bias"):
            for trait, weight in bias.weights.items():
                if trait not in model.trait_names:
                    known = ", ".join(model.trait_names) or "the strategies have none"
                    raise ProblemError(("weights", trait), "is not a trait of any strategy", f"traits: {known}")
                found = found + number(weight, values) * model.trait_values(trait)
            found = found * number(bias.strength, values)
    return found


def _fitness(model: Model, layers: list[Layer], problems: Problems) -> Program:
    """Success of a unit by level, as one program; a level at which units are not compared has 0."""
    names = scalar_names(model) | {"mean_payoff": 2}
    moves = moving(model) | {"mean_payoff"}
    formulas: list[tuple[str, str]] = []
    for level, layer in enumerate(layers):
        compared = isinstance(layer.dynamics, Contests | Extinction)
        text = layer.dynamics.fitness if isinstance(layer.dynamics, Contests | Extinction) else "0"
        formulas.append((f"level {level}", text))
        if compared:
            with problems.at(*layer.at, "dynamics", "fitness"):
                try:
                    compiled((), (("fitness", text),), tuple(names.items()), (), moves)
                except FormulaError as error:
                    raise ProblemError((), str(error)) from None
    problems.stop()
    return compiled((), tuple(formulas), tuple(names.items()), (), moves)
