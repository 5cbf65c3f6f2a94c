"""A study of individuals: a model of patches, learners or continuous traits, how long it runs, and what varies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field

from evo import _spec, _yaml
from evo._errors import SimulationError
from evo._spec import ConfigError, ConfigProblem, ProblemError, Spec
from evo.canonical import plain
from evo.organisations.learners import Learners
from evo.organisations.patches import Patches
from evo.sweeps import Scene, Settings, Sweep, Sweeps
from evo.traits.model import STUDY_KEYS, TraitModel

if TYPE_CHECKING:
    import pandas as pd

Model = Patches | Learners | TraitModel
KINDS: Mapping[str, type[Patches] | type[Learners]] = {"patches": Patches, "learners": Learners}
Whole = Annotated[int, Field(ge=1)]


class StudyRun(Spec):
    """How long, how often, from which seed, and how far apart records are (by default a hundredth of the run)."""

    generations: Whole = 1000
    replicates: Whole = 1
    seed: Annotated[int, Field(ge=0)] = 0
    record_every: Whole | None = None


class Asked(Spec):
    """What a study asks of its model."""

    run: StudyRun = StudyRun()
    sweep: Sweeps = ()


@dataclass(frozen=True)
class Point:
    """One model of a study."""

    part: str | None
    settings: Settings
    model: Model


@dataclass(frozen=True)
class Study:
    """A model, how it runs, and what varies; `data` is the config as plain data."""

    data: dict[str, Any] = field(repr=False)
    model: Model
    asked: Asked

    @property
    def points(self) -> list[Point]:
        """Every model, in the order of the sweep; the model itself where nothing varies. Raises ConfigError."""
        if not self.asked.sweep:
            return [Point(None, {}, self.model)]
        return [
            Point(part.name, chosen, model_of(_changed(self.data, part.set | chosen)))
            for place, part in enumerate(self.asked.sweep)
            for chosen in self._settings(place, part)
        ]

    def _settings(self, place: int, part: Sweep) -> list[Settings]:
        at = ("sweep", place)
        if part.refine:
            raise ConfigError(
                [ConfigProblem((*at, "refine"), None, "is for populations of strategies", "use grid or sample")]
            )
        try:
            return list(part.settings(Scene(seed=self.asked.run.seed)))
        except ProblemError as error:
            raise ConfigError([ConfigProblem((*at, *error.path), None, error.message, error.hint)]) from None


@dataclass(frozen=True)
class StudyResult:
    """What a study left.

    paths: point, replicate, time, and what the model records. outcomes: per point and replicate the means of the records
    of the second half of the run. points: point, part and the settings of each. failures: point and message of those that
    stopped, which have no rows elsewhere.
    """

    study: Study
    points: pd.DataFrame
    outcomes: pd.DataFrame
    paths: pd.DataFrame
    failures: list[tuple[int, str]]


def is_study(data: object) -> bool:
    """Whether a config, as plain data, is a study of individuals."""
    if not isinstance(data, dict):
        return False
    there = cast("dict[str, Any]", data)
    return there.get("kind") in KINDS or ("traits" in there and "strategies" not in there)


def load(path: str | FilePath, *, settings: Settings | None = None) -> Study:
    """Read a study from a YAML file, with these settings made (path -> value). Raises ConfigError; OSError."""
    path = FilePath(path)
    return loads(path.read_bytes(), source=path.name, settings=settings)


def loads(text: str | bytes, *, source: str = "<config>", settings: Settings | None = None) -> Study:
    """`load` from text."""
    document = _yaml.load(text, source=source)
    data = _changed(document.data, settings or {})
    model = model_of(data, document=document, source=source)
    asked = {key: value for key, value in data.items() if key in STUDY_KEYS}
    study = Study(data, model, _spec.validate(Asked, asked, document=document, source=source))
    study.points  # noqa: B018  (every point is checked before anything runs)
    return study


def dump(study: Study) -> str:
    """The study as YAML; `loads` gives it back."""
    return _yaml.dump(cast("dict[str, Any]", plain(study.model)) | cast("dict[str, Any]", plain(study.asked)))


def model_of(data: Mapping[str, Any], **at: Any) -> Model:
    """The model of a config, what the study asks of it left out."""
    cls = KINDS.get(str(data.get("kind")), TraitModel)
    return _spec.validate(cls, {key: value for key, value in data.items() if key not in STUDY_KEYS}, **at)


def run(study: Study, *, workers: int = 1, telling: Callable[[str], None] = lambda _: None) -> StudyResult:
    """Run every point of a study, replicates on so many threads; a point that stops is recorded and the others go on."""
    import pandas as pd

    points, paths, failures = [], [], []
    for place, point in enumerate(study.points):
        telling(f"point {place + 1} of {len(study.points)}")
        varied = {path: _shown(value) for path, value in point.settings.items()}
        points.append({"point": place, "part": point.part, **varied})
        try:
            frame = simulate(point.model, study.asked.run, workers=workers)
        except SimulationError as error:
            failures.append((place, str(error)))
            continue
        frame.insert(0, "point", place)
        paths.append(frame)
    nothing = pd.DataFrame(columns=["point", "replicate", "time"])
    everything: pd.DataFrame = pd.concat(paths, ignore_index=True) if paths else nothing
    late = everything[everything["time"] > study.asked.run.generations / 2]
    outcomes: Any = late.drop(columns="time").groupby(["point", "replicate"], as_index=False).mean()
    return StudyResult(study, pd.DataFrame(points), outcomes, everything, failures)


def simulate(model: Model, asked: StudyRun, *, workers: int = 1) -> pd.DataFrame:
    """The tidy table of a model's replicates."""
    options: dict[str, Any] = {
        "generations": asked.generations,
        "replicates": asked.replicates,
        "seed": asked.seed,
        "record_every": asked.record_every,
        "workers": workers,
    }
    if isinstance(model, TraitModel):
        from evo.traits.simulation import simulate as run_traits

        return run_traits(model, **options).frame
    return model.simulate(**options).frame


def _changed(data: Any, settings: Settings) -> dict[str, Any]:
    for path, value in settings.items():
        if not isinstance(data, dict) or path.split(".")[0] not in data:
            data = _opened(data, path)
        data = _spec.replace(data, path, value)
    return data


def _opened(data: Any, path: str) -> Any:
    """A part that the config leaves at its default, so that something within it can be set."""
    head, *rest = path.split(".")
    return {**data, head: {}} if rest else data


def _shown(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)
