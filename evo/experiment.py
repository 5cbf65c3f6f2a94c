"""An experiment: a model, how long and how often it runs, what varies, what is measured."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from evo import _spec
from evo._kin import kin, shared
from evo._spec import ConfigError, ConfigProblem, ProblemError, Spec
from evo.canonical import around, canonical, plain, point_hash, short_hash
from evo.clusters import Cluster
from evo.interventions import Interventions, Schedule, changes_graph, check_interventions, names_of, schedule_of
from evo.lowering import Problems
from evo.measures import FinalMix, Measure, Period, Prevailing, check_measure, needs_averages, needs_nodes, watched
from evo.measures.networks import OfGraphs as MeasureOfGraphs
from evo.model import Model, Parts
from evo.pictures import Mix, Paths, Picture
from evo.precision import Precise
from evo.recording import check_steps, is_flow, start_shares
from evo.series import check_horizons
from evo.settings import ORDER, set_path
from evo.sweeps import Scene, Settings, Sweep, Sweeps

SCHEMA_VERSION = 1
COMMON = 0  # the point in the streams of every point that shares its random numbers
PATH_KEYS = ("point", "replicate", "time")
WORDS = frozenset({"schema_version", "title", "question", "note", "sweep", "plots", "cluster"})  # what changes no row


class Record(Spec):
    """Paths are kept, recorded every so many generations."""

    every: Annotated[float, Field(gt=0)] = 1.0


class Run(Spec):
    """How a model is run.

    `start` names shares (the remainder split equally over the unnamed) or is random: uniform on the simplex, drawn per
    replicate. `until` may end a run early: at rest (every rate of change below `rest`), when a strategy is fixed, or on
    a cycle. `tolerance` bounds the error of each share in a flow, away from separatrices. `burn_in` is left out of time
    averages. With `common_random_numbers` all points share their streams, for comparisons between points. `replicates`
    is a number, or says how narrow an interval must become: {width: 0.1, measure: prevailing, at_most: 1000}.
    """

    generations: Annotated[float, Field(gt=0)]
    replicates: Annotated[int, Field(ge=1, le=10**7)] | Precise = 1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    start: dict[str, Annotated[float, Field(ge=0, le=1)]] | Literal["random"] = Field(default_factory=dict)
    record: Record | None = None
    until: Literal["generations", "converged", "fixed", "cycling"] = "generations"
    rest: Annotated[float, Field(gt=0)] = 1e-9
    tolerance: Annotated[float, Field(gt=1e-13, lt=0.1)] = 1e-8
    burn_in: Annotated[float, Field(ge=0)] = 0.0
    common_random_numbers: bool = False

    @property
    def fewest(self) -> int:
        """Replicates that a point begins with."""
        return self.replicates if isinstance(self.replicates, int) else self.replicates.at_least

    @property
    def most(self) -> int:
        """Replicates that a point may have."""
        return self.replicates if isinstance(self.replicates, int) else self.replicates.at_most


Measures = Annotated[tuple[Measure, ...], Field(min_length=1)]


def _version(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value > SCHEMA_VERSION:
        raise ValueError(f"this evo reads version {SCHEMA_VERSION}; the config says {value}: a newer evo wrote it")
    return value


def _not_read(value: object) -> object:
    if value is not None:
        raise ValueError("files are included where a config is read from a file (evo.load)")
    return value


class Experiment(Parts):
    """A complete experiment; its keys are those of the YAML file, and `model` is the model that they describe."""

    schema_version: Annotated[Literal[1], BeforeValidator(_version)] = 1
    include: Annotated[None, BeforeValidator(_not_read, json_schema_input_type=str)] = Field(
        default=None, description="a config to start from: what stands here goes before what it says"
    )
    title: str = ""
    question: str = ""
    note: str = Field(default="", description="what a reader must know: caveats, sources")
    run: Run
    sweep: Sweeps = ()
    measure: Measures = (FinalMix(), Prevailing())
    interventions: Interventions = ()
    plots: tuple[Picture, ...] = ()
    cluster: Cluster | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        problems = Problems()
        self._check_names(problems)
        self._check(problems)
        return self

    def _check(self, problems: Problems) -> None:
        """What follows from the values of parameters, too."""
        with problems.at():
            self._check_run(self.model, problems)
            check_interventions(self.model, self.interventions, self.run.generations, problems)
            for place, measure in enumerate(self.measure):
                with problems.at("measure", place):
                    check_measure(measure, self.model, self.intervention_names)
                    if isinstance(measure, MeasureOfGraphs) and changes_graph(self.interventions):
                        raise ProblemError((), "is of the graph at the start, and an intervention changes the graph")
        problems.stop()

    def _check_names(self, problems: Problems) -> None:
        """Strategies and environment variables are columns of the tables of paths."""
        for name in self.strategies:
            if name in PATH_KEYS:
                problems.add(("strategies", name), "is a column of every table of paths", "choose another name")
        for name in self.environment:
            if name in PATH_KEYS or name in self.strategies:
                what = "is a column of every table of paths" if name in PATH_KEYS else "is the name of a strategy too"
                problems.add(("environment", name), what, "choose another name")

    def _check_run(self, model: Model, problems: Problems) -> None:
        run = self.run
        with problems.at("run", "start"):
            if run.start != "random":
                start_shares(run.start, model.strategies)
        with problems.at():
            check_horizons(model, run.generations)
        for key, time in (("generations", run.generations), ("burn_in", run.burn_in)):
            with problems.at("run", key):
                check_steps(model.lowered, time, key)
        if run.burn_in >= run.generations:
            problems.add(("run", "burn_in"), f"must be less than the {run.generations:g} generations of the run")
        if run.until == "fixed" and not model.fixes:
            problems.add(
                ("run", "until"),
                "a strategy is fixed only in a finite population without mutation, by a rule that brings nothing back",
            )
        if run.until in ("converged", "cycling") and not is_flow(model.lowered):
            problems.add(("run", "until"), f"{run.until!r} is looked for in flows only")
        if run.until == "converged" and not model.lowered.autonomous:
            problems.add(("run", "until"), "an environment that moves with time never lets a run converge")
        if run.until == "cycling" and model.lowered.random:
            problems.add(("run", "until"), "a random environment has no cycles")

    def summary(self) -> list[tuple[str, str]]:
        """What it is made of, and what is run, in a few words each."""
        run, points = self.run, sum(part.size for part in self.sweep)
        times = f" × {'up to ' if run.most > run.fewest else ''}{run.most:,} replicates" if run.most > 1 else ""
        length = f"{run.generations:g} generations{times}"
        rows = [*super().summary(), ("run", length)]
        return rows + ([("sweep", f"{points:,} points")] if points else [])

    @cached_property
    def schedule(self) -> Schedule | None:
        """When which intervention is done, None where there are none."""
        return schedule_of(self.model, self.interventions) if self.interventions else None

    @property
    def intervention_names(self) -> tuple[str, ...]:
        """What the interventions are called in the results."""
        return names_of(self.interventions)

    @cached_property
    def model(self) -> Model:
        """The model alone."""
        return _spec.validate(Model, {name: getattr(self, name) for name in Parts.model_fields})

    @property
    def start_mix(self) -> np.ndarray:
        """Shares of all strategies at the start, (strategies,); none, (0,), where they are random."""
        return np.array([] if self.run.start == "random" else start_shares(self.run.start, self.strategies))

    @property
    @shared
    def plan_arguments(self) -> dict[str, Any]:
        """What `evo.recording.plan_of` needs of this experiment, records apart."""
        return {
            "start": self.start_mix.tolist(),
            "generations": self.run.generations,
            "burn_in": self.run.burn_in,
            "tolerance": self.run.tolerance,
            "until": self.run.until,
            "rest": self.run.rest,
            "averages": needs_averages(self.measure),
            "cycles": self._seeks_cycles,
            "watched": watched(self.measure, self.model),
            "nodes": "last" if needs_nodes(self.measure, self.model) else "none",
        }

    @cached_property
    def address(self) -> int:
        """Names what is computed here, so that it is computed once: 64 bits of all that a replicate's rows follow from, its
        number apart. Neither words, colours and pictures count, nor how many replicates there are."""
        before, after = self._addressed()
        parameters = canonical(self.parameters) if self.parameters else ""
        return short_hash(f"[{before}{parameters}{after},{canonical(self.record_every)}]")

    @shared
    def _addressed(self) -> tuple[str, str]:
        """The text of what pictures do not change, before and after the parameters."""
        data = {key: item for key, item in plain(self, bare=True).items() if key not in WORDS}
        data["run"] = {key: item for key, item in data["run"].items() if key not in ("replicates", "record")}
        data["run"]["seed"] = str(self.run.seed)  # a float does not tell 2**60 from 2**60 + 1
        return around(data, "parameters") if self.parameters else (canonical(data), "")

    @cached_property
    def stream(self) -> int:
        """The point in the streams of random numbers: of this model and start, or one for all where they are common."""
        return COMMON if self.run.common_random_numbers else point_hash(self.model, self.run.start)

    @property
    def _seeks_cycles(self) -> bool:
        """Whether a run looks for cycles: asked for, and the flow without noise."""
        asked = self.run.until == "cycling" or any(isinstance(m, Prevailing | Period) for m in self.measure)
        return asked and not self.model.lowered.random

    @property
    def record_every(self) -> float | None:
        """Generations between records of a path, None where none are kept. Pictures of paths ask for 200 records."""
        if self.run.record is not None:
            return self.run.record.every
        return self.run.generations / 200 if any(isinstance(picture, Paths | Mix) for picture in self.plots) else None

    @property
    def replicates(self) -> int:
        """Replicates that are worth running, to begin with: one where nothing is random."""
        return self.run.fewest if self.random else 1

    @property
    def random(self) -> bool:
        """Whether replicates differ."""
        return not self.model.deterministic or self.run.start == "random"

    @property
    def precise(self) -> Precise | None:
        """The rule by which more replicates follow, None where their number is fixed."""
        return self.run.replicates if self.random and isinstance(self.run.replicates, Precise) else None

    @cached_property
    def data(self) -> dict[str, Any]:
        """The experiment as plain data, in the order of a config file; defaults left out."""
        data = plain(self)
        return {key: data[key] for key in ORDER if key in data}

    def replace(self, settings: Mapping[str, Any]) -> Experiment:
        """The experiment with these paths of the config set: `{"parameters.b": 5, "run.start": {"command": 0.9}}`.

        Raises ConfigError where a path does not exist, the value does not fit, or an environment variable shadows the
        parameter.
        """
        with suppress(ValueError):  # which the whole check tells, and from where
            if (found := self._near(settings)) is not None:
                return found
        return _spec.validate(Experiment, self.data_with(settings))

    def _near(self, settings: Mapping[str, Any]) -> Experiment | None:
        """`replace` by values of parameters and by parts of the run, without validating the rest again; None for others."""
        parameters, of_run = dict(self.parameters), dict[str, Any]()
        for path, value in settings.items():
            section, _, name = path.partition(".")
            number = type(value) in (int, float) and abs(value) <= sys.float_info.max
            if section == "run":
                of_run[path] = value
            elif section == "parameters" and name in parameters and name not in self.environment and number:
                parameters[name] = kin(parameters[name], {"value": float(value)})
            else:
                return None
        changes = {"run": _spec.validate(Run, self.data_with(of_run)["run"])} if of_run else {}
        found = self.kin(parameters, **changes)
        vars(found)["model"] = self.model.kin(parameters) if len(of_run) < len(settings) else self.model
        found._check(Problems())
        return found

    def data_with(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The plain data with these paths set, not yet validated."""
        data: Any = self.data
        problems: list[ConfigProblem] = []
        for path, value in settings.items():
            try:
                data = set_path(data, path, value)
            except ConfigError as error:
                problems += error.problems
            except ProblemError as error:
                problems.append(ConfigProblem(error.path, None, error.message, error.hint))
        if problems:
            raise ConfigError(problems)
        return data

    def points(self, first: int = 0) -> Iterator[Point]:
        """The points of the sweep before refinement, in order, from number `first` on; one, without settings, where nothing
        varies."""
        if not self.sweep and first == 0:
            yield Point(0, "", {}, self)
        index = 0
        for place, part in enumerate(self.sweep):
            if index + part.size <= first and not part.only:
                index += part.size
                continue
            bench = Bench.of(self, part, place)
            for settings in bench.settings():
                if index >= first:
                    yield Point(index, part.name or "", settings, bench.at(settings))
                index += 1

    @cached_property
    def bare(self) -> Experiment:
        """The experiment without its sweep."""
        return _spec.validate(Experiment, {key: value for key, value in self.data.items() if key != "sweep"})

    @property
    def scene(self) -> Scene:
        """What a sweep knows of this experiment."""
        ranges = {name: known.range for name, known in self.parameters.items() if known.range is not None}
        return Scene(self.parameter_values, ranges, self.run.seed)

    @property
    def benches(self) -> list[Bench]:
        """Where the points of each part of the sweep are made."""
        return [Bench.of(self, part, place) for place, part in enumerate(self.sweep)]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Points of each part of the sweep, before refinement. Raises ConfigError where a part has none."""
        return tuple(bench.count() for bench in self.benches)

    def point(self, number: int) -> Point:
        """One point of the sweep; raises KeyError where there is none of this number."""
        found = next(self.points(number), None) if number >= 0 else None
        if found is None:
            raise KeyError(f"no point {number}")
        return found


@dataclass(frozen=True)
class Point:
    """One point of a sweep: its number, the part it belongs to, what is set, and the experiment that results."""

    index: int
    part: str
    settings: Settings
    experiment: Experiment


@dataclass(frozen=True)
class Bench:
    """Where the points of one part of a sweep are made: the experiment without its sweep, with what the part sets."""

    part: Sweep
    place: int
    fixed: Experiment

    @classmethod
    def of(cls, experiment: Experiment, part: Sweep, place: int) -> Bench:
        """Raises ConfigError where what the part sets is wrong."""
        try:
            return cls(part, place, experiment.bare.replace(part.set) if part.set else experiment.bare)
        except ConfigError as error:
            raise _within(error, ("sweep", place, "set")) from None

    def settings(self, *, ends: bool = False) -> Iterator[Settings]:
        """The settings of every point of the part before refinement, or those at its ends."""
        scene = self.fixed.scene
        with self._placed():
            yield from self.part.ends(scene) if ends else self.part.settings(scene)

    def count(self) -> int:
        """How many points that is."""
        with self._placed():
            found = self.part.count(self.fixed.scene)
        if not found:
            problem = ConfigProblem(("sweep", self.place, "only"), None, "leaves no point")
            raise ConfigError([problem])
        return found

    def at(self, settings: Settings) -> Experiment:
        """The experiment of one point."""
        try:
            return self.fixed.replace(settings) if settings else self.fixed
        except ConfigError as error:
            raise _within(error, ("sweep", self.place), settings) from None

    @contextmanager
    def _placed(self) -> Generator[None, None, None]:
        try:
            yield
        except ProblemError as error:
            path = ("sweep", self.place, *error.path)
            raise ConfigError([ConfigProblem(path, None, error.message, error.hint)]) from None


def _within(error: ConfigError, path: tuple[str | int, ...], settings: Settings | None = None) -> ConfigError:
    at = "" if settings is None else f" (at {', '.join(f'{name}={value}' for name, value in settings.items())})"
    return ConfigError(
        [
            ConfigProblem(path, None, f"{_spec.render_path(problem.path)}: {problem.message}{at}", problem.hint)
            for problem in error.problems
        ]
    )
