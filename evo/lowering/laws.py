"""The environment, lowered: laws of motion as rows of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._kin import shared
from evo._spec import ProblemError
from evo.environments import Feedback, Law, Series, Shocks, Switching, is_local, parameter_value, start_value
from evo.kernels.arrays import Laws
from evo.kernels.program import Program
from evo.lowering.names import compiled, moving, payoff_names, scalar_names
from evo.lowering.problems import Problems
from evo.lowering.rule import pace
from evo.populations import Network
from evo.quantities import number
from evo.series import series_numbers

if TYPE_CHECKING:
    from evo.model import Model


def lower_laws(model: Model, values: Mapping[str, float]) -> Laws:
    """The environment as arrays."""
    problems = Problems()
    value = parameter_value(values)
    variables = list(model.environment)
    continuous = model.dynamics.facts.noisy  # the environment moves with every step of the scheme
    numbers: list[float] = []
    rows: list[tuple[int, int, bool, int]] = []
    starts: list[tuple[float, float]] = []
    for name, law in model.environment.items():
        with problems.at(name):
            _check_pace(model, law)
            source, factor = _jumps(model, law, variables, value)
            _check_local(model, law)
            code = codes.LOCAL if is_local(law) else law.code
            rows.append((code, len(numbers), continuous or _stepwise(law), source))
            starts.append((start_value(law, value), factor))
            numbers += series_numbers(law, model.files) if isinstance(law, Series) else law.numbers(value)
    problems.stop()
    return Laws(
        rows=np.array(rows, dtype=np.int64).reshape(-1, 4),
        starts=np.array(starts, dtype=float).reshape(-1, 2),
        numbers=np.array(numbers, dtype=float),
        feedback=_feedback(model),
        moved=np.array(
            [place for place, law in enumerate(model.environment.values()) if isinstance(law, Feedback)], dtype=np.int64
        ),
    )


def longest_step(laws: Laws) -> float:
    """The longest step of an integrator that cannot pass over what a law does: an eighth of the shortest period."""
    periods = [float(laws.numbers[first + 2]) for kind, first, *_ in laws.rows if kind == codes.PERIODIC]
    return min(periods, default=math.inf) / 8


def local_laws(model: Model, laws: Laws) -> Laws:
    """The laws of the local variables alone, as each region follows them."""
    chosen = np.flatnonzero(laws.rows[:, 0] == codes.LOCAL)
    rows = laws.rows[chosen]
    rows[:, 0] = [law.code for law in model.environment.values() if is_local(law)]
    rows[:, 3] = -1
    return laws._replace(rows=rows, starts=laws.starts[chosen])


def _stepwise(law: object) -> bool:
    return getattr(law, "per", "generation") == "step" or (isinstance(law, Switching) and law.probabilities is not None)


def _check_pace(model: Model, law: object) -> None:
    key = "probabilities" if isinstance(law, Switching) else "per"
    if _stepwise(law) and pace(model) in (codes.LEAP, codes.DIFFUSION):
        raise ProblemError(
            (key,), "a step is no update of one individual here, but a part of a generation", "use `per: generation`"
        )
    if _stepwise(law) and not model.population.finite:
        raise ProblemError(
            (key,), "a step has no duration in an infinite population", "give rates, or `per: generation`"
        )


def _check_local(model: Model, law: Law) -> None:
    if not is_local(law):
        return
    if not isinstance(model.population, Network):
        raise ProblemError(("local",), "needs nodes of a graph", "use `population: {kind: network, graph: ...}`")
    if _stepwise(law):
        key = "probabilities" if isinstance(law, Switching) else "per"
        raise ProblemError(
            (key,),
            "a local variable moves once a generation and at its events",
            "give `rates`" if isinstance(law, Switching) else "use `per: generation`",
        )


def _jumps(model: Model, law: object, variables: list[str], value: object) -> tuple[int, float]:
    if not isinstance(law, Feedback) or law.jumps is None:
        return -1, 1.0
    if not isinstance(model.environment.get(law.jumps.on), Switching | Shocks):
        raise ProblemError(("jumps", "on"), f"{law.jumps.on!r} is not a switching variable, nor one with shocks")
    if is_local(model.environment[law.jumps.on]):
        raise ProblemError(("jumps", "on"), f"{law.jumps.on!r} is local: each region has events of its own")
    return variables.index(law.jumps.on), number(law.jumps.multiply, model.parameter_values)


@shared
def _feedback(model: Model) -> Program:
    problems = Problems()
    laws = {name: law for name, law in model.environment.items() if isinstance(law, Feedback)}
    names = scalar_names(model) | payoff_names(model)
    moves = moving(model).union(payoff_names(model))
    for name, law in laws.items():
        with problems.at(name, "rate"):
            compiled((), ((name, law.rate),), tuple(names.items()), (), moves)
    problems.stop()
    return compiled((), tuple((name, law.rate) for name, law in laws.items()), tuple(names.items()), (), moves)
