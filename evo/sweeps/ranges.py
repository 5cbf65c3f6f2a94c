"""Ranges: what a sampled or refined path may be, and the value that a share of the way through it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, model_validator

from evo._spec import ProblemError, Spec, parse_path
from evo.sweeps.values import rounded

KEYS = ("range", "log_range", "choice")


@dataclass(frozen=True)
class Scene:
    """What a sweep knows of the experiment that it varies: values and ranges of the parameters, and the seed of the run."""

    parameters: Mapping[str, float] = field(default_factory=dict[str, float])
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    seed: int = 0


class Range(Spec):
    """A number between two others, every one as likely (range) or every ratio (log_range), whole numbers only with
    `whole`; or one of a list of values, which may be whole sub-trees (choice). With none of these it is the parameter's
    own range."""

    range: tuple[float, float] | None = None
    log_range: tuple[float, float] | None = None
    choice: Annotated[tuple[Any, ...], Field(min_length=1)] | None = None
    whole: bool = False

    @model_validator(mode="after")
    def _one(self) -> Range:
        said = [key for key in KEYS if getattr(self, key) is not None]
        if len(said) > 1:
            raise ValueError(f"says {' and '.join(said)}: one of them is enough")
        for key in ("range", "log_range"):
            if (ends := getattr(self, key)) is None:
                continue
            if ends[0] >= ends[1]:
                raise ProblemError((key,), f"goes from less to more: {ends[0]:g} is not less than {ends[1]:g}")
            if key == "log_range" and ends[0] <= 0:
                raise ProblemError((key,), f"needs numbers above 0, not {ends[0]:g}")
            if self.whole and not all(float(end).is_integer() for end in ends):
                raise ProblemError((key,), "begins and ends with whole numbers where `whole` is true")
        if self.choice is not None and self.whole:
            raise ProblemError(("whole",), "is for ranges; a choice says its values itself")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Least and largest number; (0, 0) of a choice."""
        return self.range or self.log_range or (0.0, 0.0)

    def at(self, share: float) -> Any:
        """The value at a share of the way, 0 to 1; numbers rounded to 12 digits."""
        if self.choice is not None:
            return self.choice[min(int(share * len(self.choice)), len(self.choice) - 1)]
        low, high = self.ends
        above = high + 1 if self.whole else high  # so that each whole number has its share
        if self.range is not None:
            number = low + share * (above - low)
        else:
            number = math.exp(math.log(low) + share * (math.log(above) - math.log(low)))
        return int(min(math.floor(number), high)) if self.whole else rounded(number)


def _by_path(value: object) -> object:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in cast("tuple[object, ...]", value)):
        return dict.fromkeys(cast("tuple[str, ...]", value), _OWN)
    if isinstance(value, dict):
        return {path: _OWN if item is None else item for path, item in cast("dict[str, object]", value).items()}
    return cast(object, value)


_OWN: Mapping[str, object] = {}  # the parameter's own range
_Paths = Annotated[dict[str, Range], Field(min_length=1)]
Over = Annotated[
    _Paths,
    BeforeValidator(_by_path, json_schema_input_type=tuple[str, ...] | dict[str, Range | None]),
    Field(
        description="path -> {range: [from, to]}, {log_range: ...} or {choice: [...]}; paths alone have their own range"
    ),
]


def borrowed(over: Mapping[str, Range], scene: Scene) -> dict[str, Range]:
    """The ranges that parameters lend, to the paths of `over` that say none themselves. Raises ProblemError."""
    found = resolved(over, scene)
    return {path: found[path] for path, chosen in over.items() if found[path] is not chosen}


def resolved(over: Mapping[str, Range], scene: Scene) -> dict[str, Range]:
    """Every range said, the parameters' own ones included. Raises ProblemError where a path has none."""
    found: dict[str, Range] = {}
    for path, chosen in over.items():
        if any(getattr(chosen, key) is not None for key in KEYS):
            found[path] = chosen
            continue
        keys = parse_path(path)
        own = scene.ranges.get(keys[1]) if keys[0] == "parameters" and len(keys) == 2 else None
        if own is None:
            raise ProblemError(
                ("over", path),
                "has no range of its own",
                "say {range: [from, to]}, {log_range: [from, to]} or {choice: [...]}; a parameter may carry its `range`",
            )
        found[path] = Range(range=own, whole=chosen.whole)
    return found
