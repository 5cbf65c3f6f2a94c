"""What can be moved in an experiment: numbers as sliders and choices as switches, from what the config says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from evo._errors import ConfigError, ProblemError
from evo.dynamics import Dynamics
from evo.experiment import Experiment
from evo.report.text import axis_words, unset
from evo.strategies import labels, roles

START = "run.start."
WIDE = 100  # from this ratio of its bounds a slider is logarithmic
PEOPLE = 200  # of a finite population, where the config has an infinite one


@dataclass(frozen=True)
class Knob:
    """A number of the config: its path, what it is called (with its unit), its bounds, and whether the config states them."""

    path: str
    label: str
    value: float
    low: float
    high: float
    stated: bool = True
    whole: bool = False

    @property
    def logarithmic(self) -> bool:
        return self.low > 0 and self.high >= WIDE * self.low

    @property
    def short(self) -> str:
        """The last key of its path."""
        return self.path.rpartition(".")[2].replace("_", " ")

    @property
    def start(self) -> str | None:
        """The strategy whose share at the start this is."""
        return self.path.removeprefix(START) if self.path.startswith(START) else None


@dataclass(frozen=True)
class Switch:
    """A choice: what each option is called and which paths it sets; the config's own option comes first and sets nothing."""

    label: str
    options: Mapping[str, Mapping[str, Any]]


def knobs_of(experiment: Experiment) -> tuple[Knob, ...]:
    """Parameters with a range, shares at the start, then what else is a number."""
    found = [*_parameters(experiment), *_starts(experiment), *_numbers(experiment)]
    return tuple(sorted(found, key=lambda knob: not knob.stated))


def switches_of(experiment: Experiment) -> tuple[Switch, ...]:
    """The update rule and the kind of population, as far as the rest of the config goes with them."""
    own = str(experiment.dynamics.kind)
    rules: dict[str, Mapping[str, Any]] = {_words(own): {}}
    for member in get_args(get_args(Dynamics)[0]):
        kind = str(member.model_fields["kind"].default)
        if kind != own and fits(experiment, settings := {"dynamics": {"kind": kind}}):
            rules[_words(kind)] = settings
    peoples = dict(_populations(experiment))
    return tuple(
        Switch(label, options) for label, options in (("rule", rules), ("population", peoples)) if len(options) > 1
    )


def fits(experiment: Experiment, settings: Mapping[str, Any]) -> bool:
    """Whether the config can be set so."""
    try:
        experiment.replace(settings)
    except (ConfigError, ProblemError):
        return False
    return True


def infinite(experiment: Experiment) -> dict[str, Any]:
    """The settings that make a well-mixed population infinite."""
    population = experiment.data.get("population", {})
    kept = {key: value for key, value in population.items() if key.startswith("assortment")}
    return {"population": {"kind": "infinite"} | kept}


def _parameters(experiment: Experiment) -> Iterator[Knob]:
    for name, parameter in experiment.parameters.items():
        if name in experiment.environment:
            continue
        value = parameter.value
        low, high = parameter.range or (
            (0.0, 2 * value) if value > 0 else (2 * value, 0.0) if value < 0 else (0.0, 1.0)
        )
        path = f"parameters.{name}"
        bounds = (min(low, value), max(high, value))
        yield Knob(path, axis_words(path, experiment), value, *bounds, stated=parameter.range is not None)


def _starts(experiment: Experiment) -> Iterator[Knob]:
    if experiment.run.start == "random":
        return
    called = labels(experiment.strategies)
    for name, share in zip(experiment.strategy_names, experiment.start_mix.tolist(), strict=True):
        yield Knob(START + name, f"start: {unset(called[name])}", share, 0.0, 1.0)


def _numbers(experiment: Experiment) -> Iterator[Knob]:
    intensity, rate = experiment.selection.intensity, experiment.mutation.rate
    if not isinstance(intensity, str) and fits(experiment, {"selection.intensity": 0.5 * intensity}):
        yield Knob("selection.intensity", "selection intensity", intensity, 0.0, max(1.0, 5 * intensity), stated=False)
    if not isinstance(rate, str) and rate > 0:
        yield Knob("mutation.rate", "mutation rate", rate, min(1e-5, rate), max(0.1, rate), stated=False)
    size = getattr(experiment.population, "size", None)
    if experiment.population.kind == "well_mixed" and isinstance(size, int):
        yield Knob("population.size", "population size", size, min(10, size), max(2000, 5 * size), whole=True)
    time = experiment.run.generations
    yield Knob("run.generations", "generations", time, time / 10, 10 * time, stated=False, whole=time == round(time))


def _populations(experiment: Experiment) -> Iterator[tuple[str, Mapping[str, Any]]]:
    population = experiment.population
    if population.kind == "well_mixed":
        yield f"{population.size} individuals", {}
        if fits(experiment, settings := infinite(experiment)):
            yield "infinite", settings
    elif population.kind == "infinite":
        yield "infinite", {}
        kept = experiment.data.get("population", {})
        for more in ({}, {"dynamics": {"kind": "pairwise_comparison"}}):
            settings = {"population": kept | {"kind": "well_mixed", "size": PEOPLE}, **more}
            if not roles(experiment.strategies) and fits(experiment, settings):
                yield f"{PEOPLE} individuals", settings
                return


def _words(kind: str) -> str:
    return kind.replace("_", " ")
