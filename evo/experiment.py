"""An experiment: a model, how long and how often it runs, what varies, what is measured; how it is read and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from evo import _spec, _yaml
from evo._spec import ConfigError, ConfigProblem, ProblemError, Spec
from evo.canonical import plain, point_hash
from evo.datafiles import with_files
from evo.interventions import Interventions, Schedule, changes_graph, check_interventions, names_of, schedule_of
from evo.lowering import Problems
from evo.measures import FinalMix, Measure, Period, Prevailing, check_measure, needs_averages, needs_nodes, watched
from evo.measures.networks import OfGraphs as MeasureOfGraphs
from evo.model import Model, Parts
from evo.pictures import Mix, OfGraphs, Paths, Picture
from evo.recording import check_steps, is_flow, start_shares
from evo.series import check_horizons
from evo.settings import ORDER, set_path
from evo.sweeps import Settings, Sweep, Sweeps

SCHEMA_VERSION = 1
COMMON = 0  # the point in the streams of every point that shares its random numbers
PATH_KEYS = ("point", "replicate", "time")


class Record(Spec):
    """Paths are kept, recorded every so many generations."""

    every: Annotated[float, Field(gt=0)] = 1.0


class Run(Spec):
    """How a model is run.

    `start` names shares (the remainder split equally over the unnamed) or is random: uniform on the simplex, drawn per
    replicate. `until` may end a run early: at rest (every rate of change below `rest`), when a strategy is fixed, or on
    a cycle. `tolerance` bounds the error of each share in a flow, away from separatrices. `burn_in` is left out of time
    averages. With `common_random_numbers` all points share their streams, for comparisons between points.
    """

    generations: Annotated[float, Field(gt=0)]
    replicates: Annotated[int, Field(ge=1, le=10**7)] = 1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    start: dict[str, Annotated[float, Field(ge=0, le=1)]] | Literal["random"] = Field(default_factory=dict)
    record: Record | None = None
    until: Literal["generations", "converged", "fixed", "cycling"] = "generations"
    rest: Annotated[float, Field(gt=0)] = 1e-9
    tolerance: Annotated[float, Field(gt=1e-13, lt=0.1)] = 1e-8
    burn_in: Annotated[float, Field(ge=0)] = 0.0
    common_random_numbers: bool = False


Measures = Annotated[tuple[Measure, ...], Field(min_length=1)]


def _version(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value > SCHEMA_VERSION:
        raise ValueError(f"this evo reads version {SCHEMA_VERSION}; the config says {value}: a newer evo wrote it")
    return value


class Experiment(Parts):
    """A complete experiment; its keys are those of the YAML file, and `model` is the model that they describe."""

    schema_version: Annotated[Literal[1], BeforeValidator(_version)] = 1
    title: str = ""
    question: str = ""
    note: str = Field(default="", description="what a reader must know: caveats, sources")
    run: Run
    sweep: Sweeps = ()
    measure: Measures = (FinalMix(), Prevailing())
    interventions: Interventions = ()
    plots: tuple[Picture, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        problems = Problems()
        self._check_names(problems)
        with problems.at():
            self._check_run(self.model, problems)
            check_interventions(self.model, self.interventions, self.run.generations, problems)
            for place, measure in enumerate(self.measure):
                with problems.at("measure", place):
                    check_measure(measure, self.model, self.intervention_names)
                    if isinstance(measure, MeasureOfGraphs) and changes_graph(self.interventions):
                        raise ProblemError((), "is of the graph at the start, and an intervention changes the graph")
        problems.stop()
        return self

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
    def plan_arguments(self) -> dict[str, Any]:
        """What `evo.recording.plan_of` needs of this experiment, records apart."""
        start = [] if self.run.start == "random" else start_shares(self.run.start, self.strategies)
        return {
            "start": start,
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

    @property
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
        """Replicates that are worth running: one where nothing is random."""
        return 1 if self.model.deterministic and self.run.start != "random" else self.run.replicates

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
        return _spec.validate(Experiment, self.data_with(settings))

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
        """The points of the sweep, in order, from number `first` on; one, without settings, where nothing varies."""
        if self.sweep:
            yield from self.points_of(self.sweep, first)
        elif first == 0:
            yield Point(0, "", {}, self)

    def points_of(self, parts: Sequence[Sweep], first: int = 0) -> Iterator[Point]:
        """The points of these parts of a sweep, from number `first` on."""
        bare = _spec.validate(Experiment, {key: value for key, value in self.data.items() if key != "sweep"})
        index = 0
        for place, part in enumerate(parts):
            if index + part.size <= first:
                index += part.size
                continue
            try:
                fixed = bare.replace(part.set) if part.set else bare
            except ConfigError as error:
                raise _within(error, ("sweep", place, "set")) from None
            for settings in part.settings():
                if index >= first:
                    try:
                        chosen = fixed.replace(settings) if settings else fixed
                    except ConfigError as error:
                        raise _within(error, ("sweep", place), settings) from None
                    yield Point(index, part.name or "", settings, chosen)
                index += 1

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


def load(
    path: str | FilePath, *, settings: Mapping[str, Any] | None = None, data_root: str | FilePath | None = None
) -> Experiment:
    """Read an experiment from a YAML file, with data files embedded and the points of its sweep checked.

    `settings` are set before anything is checked (`--set`). Data files must lie below the config's own folder, or below
    `data_root`. Raises ConfigError with every problem, its path and line; OSError where the file cannot be read.
    """
    path = FilePath(path)
    root = FilePath(data_root) if data_root is not None else path.parent
    return loads(path.read_bytes(), source=path.name, settings=settings, data_root=root)


def loads(
    text: str | bytes,
    *,
    source: str = "<config>",
    settings: Mapping[str, Any] | None = None,
    data_root: str | FilePath | None = None,
) -> Experiment:
    """`load` from text; without `data_root` no data files are read."""
    document = _yaml.load(text, source=source)
    data: Any = document.data
    try:
        data = with_files(document.data, None if data_root is None else FilePath(data_root))
        experiment = _spec.validate(Experiment, data, document=document, source=source)
        if settings:
            data = experiment.data_with(settings)
            data = with_files(data, None if data_root is None else FilePath(data_root))
            experiment = _spec.validate(Experiment, data)
        check_sweep(experiment)
    except ConfigError as error:  # what was set stands on no line
        raise _spec.refuse(error, document=document, data=data, source=source) from None
    return experiment


def dump(experiment: Experiment) -> str:
    """The experiment as YAML; `loads` gives it back."""
    return _yaml.dump(experiment.data)


def schema() -> dict[str, Any]:
    """The JSON Schema of a config."""
    return Experiment.model_json_schema()


def check_sweep(experiment: Experiment) -> None:
    """Refuse a sweep of which a part sets what cannot be set: the points at the ends of its values are built; and pictures
    of graphs where no point is of a population on one."""
    ends = experiment.points_of(tuple(part.ends for part in experiment.sweep))
    kinds = {experiment.population.kind, *(point.experiment.population.kind for point in ends)}
    problems = Problems()
    for place, picture in enumerate(experiment.plots):
        if isinstance(picture, OfGraphs) and "network" not in kinds:
            problems.add(("plots", place), f"{picture.kind} shows populations on graphs, and there is none here")
    problems.stop()


def _within(error: ConfigError, path: tuple[str | int, ...], settings: Settings | None = None) -> ConfigError:
    at = "" if settings is None else f" (at {', '.join(f'{name}={value}' for name, value in settings.items())})"
    return ConfigError(
        [
            ConfigProblem(path, None, f"{_spec.render_path(problem.path)}: {problem.message}{at}", problem.hint)
            for problem in error.problems
        ]
    )
