"""Selection bias and other interventions: at which points there are any, and how that is said before anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from evo.experiment import Experiment
from evo.interventions import Change, TraitBias, Vote
from evo.interventions.regimes import changed
from evo.model import Parts
from evo.plots.prevail import base_of
from evo.plots.swept import Swept, key, swept_parts
from evo.quantities import number as value_of
from evo.report.text import number
from evo.results import Result


class Bias(NamedTuple):
    """The strength of the selection bias all the time, and whether an intervention brings one for a part of the time."""

    strength: float
    during: bool = False


NONE = Bias(0.0)


def bias_by_point(result: Result) -> dict[int, Bias]:
    """The selection bias at each point; empty where the experiment has none anywhere."""
    found: dict[int, Bias] = {}
    for swept in swept_parts(result):
        paths = _deciding(swept)
        by: dict[Any, Bias] = {}
        for point in swept.points:
            here = tuple(key(swept.value(point, path)) for path in paths)
            if here not in by:
                experiment = result.at(point)
                by[here] = Bias(_strength(experiment), _comes(experiment))
            found[point] = by[here]
    return found if result.experiment.selection.bias.weights or set(found.values()) - {NONE} else {}


def _deciding(swept: Swept) -> list[str]:
    """What varies and may decide on the bias: itself, interventions, and parameters that one of them reads."""
    itself = [path for path in swept.paths if path.startswith(("selection", "interventions"))]
    data = base_of(swept).data
    said = [data.get("selection"), data.get("interventions"), [swept.values(path) for path in itself]]
    words = set(re.findall(r"\w+", json.dumps(said, default=str)))
    return itself + [
        path for path in swept.paths if path.startswith("parameters.") and path.removeprefix("parameters.") in words
    ]


def _strength(parts: Parts) -> float:
    bias, values = parts.selection.bias, parts.parameter_values
    return value_of(bias.strength, values) if any(value_of(each, values) for each in bias.weights.values()) else 0.0


def _comes(experiment: Experiment) -> bool:
    values = experiment.parameter_values
    for spec in experiment.interventions:
        if isinstance(spec, TraitBias | Vote):
            weights = spec.weights or experiment.selection.bias.weights
            if value_of(spec.size, values) and any(value_of(each, values) for each in weights.values()):
                return True
        elif isinstance(spec, Change):
            then = changed(experiment.model, spec.set, value_of(spec.size, values))
            if _strength(then) != _strength(experiment):
                return True
    return False


def bias_words(bias: Bias) -> str:
    """How a bias that is the same everywhere is told."""
    if bias.during:
        return "with a selection bias during the run, an intervention"
    return "" if bias == NONE else f"with a selection bias of {number(bias.strength)}, an intervention"


def bias_of_all(biased: Iterable[Bias]) -> str:
    """What is said of the selection bias before anything else."""
    found = set(biased)
    if not found - {NONE}:
        return "All of it without selection bias (B = 0)." if found else ""
    if NONE in found:
        return "With a selection bias at some points, without it first."
    return "All of it under a selection bias: an intervention with a price."


def interventions_of(result: Result) -> Mapping[str, str]:
    """The names of the interventions of any point, each with where it is done: empty where that is everywhere."""
    parts = swept_parts(result)
    names: dict[str, list[str]] = {}
    for swept in parts:
        for name in done_in(swept, result):
            names.setdefault(name, []).append(swept.part.replace("_", " "))
    return {name: "" if len(where) == len(parts) else ", ".join(where) for name, where in names.items()}


def done_in(swept: Swept, result: Result) -> list[str]:
    """The names of the interventions of any point of a part."""
    paths = [path for path in swept.paths if path.startswith("interventions")]
    first = {tuple(key(swept.value(point, path)) for path in paths): point for point in reversed(list(swept.points))}
    return list(dict.fromkeys(name for point in first.values() for name in result.at(point).intervention_names))
