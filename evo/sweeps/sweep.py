"""Sweeps: what varies, as lists of settings (path of the config -> value)."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from evo._spec import ProblemError, Spec
from evo.quantities import Formula
from evo.sweeps.ranges import Range, Scene, borrowed
from evo.sweeps.refine import Refine
from evo.sweeps.rules import completed
from evo.sweeps.samples import Sample, extremes, sampled
from evo.sweeps.values import Settings, Values, ends_of, listed_values

NOTHING_KNOWN = Scene()
DESIGNS = ("saltelli", "morris")


def _as_conditions(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Conditions = Annotated[
    tuple[Formula, ...], BeforeValidator(_as_conditions, json_schema_input_type=Formula | tuple[Formula, ...])
]


class Sweep(Spec):
    """Points of one part of an experiment: grid x zip x sample x refine x points, on top of what `set` changes for all.

    grid: every combination of the values of each path; zip: paths whose values go together, one by one; sample: points
    spread over ranges; refine: a grid that becomes finer where the answer changes; points: a list of settings written out.
    derive: paths whose values are formulas of what else is set and of parameters; only: conditions that a point must meet.
    """

    name: str | None = None
    set: Settings = Field(default_factory=dict)
    grid: dict[str, Values] = Field(default_factory=dict)
    zip: dict[str, Values] = Field(default_factory=dict)
    sample: Sample | None = None
    refine: Refine | None = None
    points: tuple[Settings, ...] = ()
    derive: dict[str, Formula] = Field(default_factory=dict)
    only: Conditions = ()

    @model_validator(mode="after")
    def _agree(self) -> Sweep:
        lengths = {path: len(listed_values(values)) for path, values in self.zip.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{path} has {length}" for path, length in lengths.items())
            raise ProblemError(("zip",), f"values that go together are equally many: {told}")
        for key in ("grid", "zip"):
            for path, values in getattr(self, key).items():
                if not listed_values(values):
                    raise ProblemError((key, path), "has no values")
        if self.sample is not None and self.sample.kind in DESIGNS:
            besides = [key for key in ("grid", "zip", "refine", "points", "only") if getattr(self, key)]
            if besides:
                raise ProblemError(
                    (besides[0],), f"does not go with {self.sample.kind}, all of whose points belong together"
                )
        paths = [path for group in self._groups for path in group]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ProblemError((), f"{twice[0]!r} varies in two places")
        return self

    @property
    def _groups(self) -> list[list[str]]:
        """The paths of each way to vary, in the order in which they are combined."""
        listed = dict.fromkeys(path for point in self.points for path in point)
        sample = list(self.sample.over) if self.sample else []
        refine = list(self.refine.over) if self.refine else []
        return [list(self.grid), list(self.zip), sample, refine, list(listed), list(self.derive)]

    @property
    def size(self) -> int:
        """Number of points before `only` and refinement."""
        count = self.sample.count if self.sample else 1
        count *= self.refine.count if self.refine else 1
        for values in self.grid.values():
            count *= len(listed_values(values))
        count *= len(listed_values(next(iter(self.zip.values())))) if self.zip else 1
        return count * max(1, len(self.points))

    def count(self, scene: Scene = NOTHING_KNOWN) -> int:
        """Number of points before refinement."""
        return sum(1 for _ in self.settings(scene)) if self.only else self.size

    @property
    def paths(self) -> tuple[str, ...]:
        """What varies, in the order in which it is combined."""
        return tuple(dict.fromkeys(path for group in self._groups for path in group))

    def borrowed(self, scene: Scene) -> dict[str, Range]:
        """The ranges of parameters from which samples and refinement take theirs. Raises ProblemError."""
        return {
            path: found
            for spread in (self.sample, self.refine)
            if spread is not None
            for path, found in borrowed(spread.over, scene).items()
        }

    def settings(self, scene: Scene = NOTHING_KNOWN) -> Iterator[Settings]:
        """The settings of each point before refinement, the last path of the grid varying fastest; those of `set` not
        included. Raises ProblemError where a formula or a range is wrong."""
        together = [[{path: value} for value in listed_values(values)] for path, values in self.grid.items()]
        if self.zip:
            rows = zip(*(listed_values(values) for values in self.zip.values()), strict=True)
            together.append([dict(zip(self.zip, row, strict=True)) for row in rows])
        if self.sample:
            with _under("sample"):
                together.append(sampled(self.sample, scene))
        if self.refine:
            with _under("refine"):
                together.append(self.refine.first(scene))
        if self.points:
            together.append(list(self.points))
        yield from self._combined(together, scene)

    def ends(self, scene: Scene = NOTHING_KNOWN) -> Iterator[Settings]:
        """The settings with the first and the last value of each path alone, and the ends of ranges."""
        few = Sweep(grid=ends_of(self.grid), zip=ends_of(self.zip), points=self.points)
        together = [list(few.settings())]
        with _under("sample"):
            together += [extremes(self.sample.over, scene)] if self.sample else []
        with _under("refine"):
            together += [self.refine.ends(scene)] if self.refine else []
        yield from self._combined(together, scene)

    def completed(self, settings: Settings, scene: Scene = NOTHING_KNOWN) -> Settings | None:
        """Settings with what follows from them; None where a condition keeps the point out."""
        return completed(settings, self.derive, self.only, scene) if self.derive or self.only else settings

    def _combined(self, together: list[list[Settings]], scene: Scene) -> Iterator[Settings]:
        for chosen in itertools.product(*together):
            settings = {path: value for each in chosen for path, value in each.items()}
            if (whole := self.completed(settings, scene)) is not None:
                yield whole


@contextmanager
def _under(key: str) -> Generator[None, None, None]:
    try:
        yield
    except ProblemError as error:
        raise ProblemError((key, *error.path), error.message, error.hint) from None


def _as_parts(value: object) -> object:
    return cast("tuple[object, ...]", value) if isinstance(value, list | tuple) else (value,)


def _told_apart(parts: tuple[Sweep, ...]) -> tuple[Sweep, ...]:
    """Points that a refinement adds are known by the name of their part."""
    names = [part.name or "" for part in parts]
    for place, part in enumerate(parts):
        if part.refine and names.count(names[place]) > 1:
            raise ProblemError((place, "name"), "needs a name of its own, for refinement adds points to it")
    return parts


Sweeps = Annotated[
    tuple[Sweep, ...],
    BeforeValidator(_as_parts, json_schema_input_type=Sweep | tuple[Sweep, ...]),
    AfterValidator(_told_apart),
]
