"""What a model becomes while interventions are under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo import _spec, codes
from evo._spec import ProblemError
from evo.canonical import plain
from evo.formulas import FormulaError, evaluate
from evo.kernels.arrays import BIAS, SHIELD
from evo.lowering import with_transfers
from evo.model import Model
from evo.settings import set_path

if TYPE_CHECKING:
    from evo.kernels.arrays import Process


@dataclass(frozen=True)
class Regime:
    """A model under interventions: its parameters as they are, and what they add to payoffs.

    bias: to each strategy, (d,); shielded: who is protected from selection, (d,); taken: formulas of what each strategy
    pays, empty where nobody does.
    """

    model: Model
    bias: np.ndarray = field(repr=False)
    shielded: np.ndarray = field(repr=False)
    taken: Mapping[str, str]

    def dress(self, process: Process) -> Process:
        """The process of this model, or of this model on a graph, with what interventions add."""
        strategy = process.strategy.copy()
        strategy[BIAS] += self.bias
        strategy[SHIELD] = self.shielded
        process = process._replace(strategy=strategy)
        if self.taken:
            return with_transfers(self.model, process, self.taken)
        if self.shielded.any():  # success depends on everybody's
            return process._replace(game=process.game._replace(moves=True, reads_mix=True))
        return process


def changed(model: Model, settings: Mapping[str, Any], size: float) -> Model:
    """The model with these paths set; raises ConfigError or ProblemError with the path in question."""
    data: Any = plain(model)
    names = {**model.parameter_values, "size": size} | {
        name: value for name, value in model.parameter_values.items() if name == "size"
    }
    for path, value in settings.items():
        keys = _spec.parse_path(path)
        if keys[0] not in Model.model_fields or keys[0] in ("strategies", "files"):
            known = ", ".join(name for name in Model.model_fields if name not in ("strategies", "files"))
            raise ProblemError(("set", path), "an intervention cannot change this", f"parts of a model: {known}")
        try:
            data = set_path(data, path, _value(value, names, strict=keys[0] == "parameters"))
        except ProblemError as error:
            raise ProblemError(("set", path), error.message, error.hint) from None
        except _spec.ConfigError as error:
            raise ProblemError(("set", path), error.problems[0].message, error.problems[0].hint) from None
    return _spec.validate(Model, data)


def _value(value: Any, names: Mapping[str, float], *, strict: bool) -> Any:
    """A formula of the parameters and `size` as its number; anything else as it stands."""
    if not isinstance(value, str):
        return value
    try:
        return float(evaluate(value, dict(names)))
    except FormulaError as error:
        if strict:
            raise ProblemError((), str(error)) from None
        return value


def check_change(before: Model, after: Model) -> None:
    """Refuse a change of what a run carries on with: who and how many there are, how they move, laws of motion."""
    old, new = before.lowered, after.lowered
    fault = None
    if (before.population.kind, before.dynamics.kind) != (after.population.kind, after.dynamics.kind):
        fault = "a population goes on as the kind that it is, by the rule that it has"
    elif not np.array_equal(old.sizes, new.sizes) or old.meeting.whole != new.meeting.whole:
        fault = "a population keeps its size"
    elif (old.rule.pace, old.rule.step) != (new.rule.pace, new.rule.step):
        fault = "a population goes on at its pace"
    elif not _same_laws(before, after):
        fault = "laws of motion stay as they are; a constant, and what feedback reads, may change"
    elif getattr(before.population, "ties", None) is not None and _graphs(before) != _graphs(after):
        fault = "ties that come and go leave no graph to change"
    elif before.population.kind == "groups" and _structure(before) != _structure(after):
        fault = "groups stay as they are; migration and what levels favour may change"
    if fault is not None:
        raise ProblemError(("set",), f"cannot be changed during a run: {fault}")


def _same_laws(before: Model, after: Model) -> bool:
    old, new = before.lowered.laws, after.lowered.laws
    if list(before.environment) != list(after.environment) or not np.array_equal(old.rows, new.rows):
        return False
    ends = [*old.rows[1:, 1], len(old.numbers)][: len(old.rows)]
    return all(
        kind == codes.FIXED or np.array_equal(old.numbers[first:end], new.numbers[first:end])
        for (kind, first, *_), end in zip(old.rows, ends, strict=True)
    )


def _graphs(model: Model) -> Any:
    population: Any = model.population
    return population.graph, population.learning


def _structure(model: Model) -> Any:
    population: Any = model.population
    levels = [(level.number, level.dynamics and level.dynamics.kind) for level in population.levels]
    return population.groups, population.size, population.dynamics and population.dynamics.kind, levels
