"""Samples: points spread over ranges, by chance or more evenly than that; and the designs of sensitivity analysis."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Annotated, Any, Literal, Protocol

import numpy as np
from pydantic import Field, model_validator

from evo._spec import ProblemError, Spec
from evo.sweeps.ranges import Over, Range, Scene, resolved
from evo.sweeps.values import MOST_VALUES, Settings

Size = Annotated[int, Field(ge=1, le=MOST_VALUES, description="number of points")]
Seed = Annotated[
    Annotated[int, Field(ge=0, lt=2**32)] | None, Field(description="of the sample; without one, that of the run")
]


class Random(Spec):
    """Independent points. The first n of a larger sample are those of a smaller one."""

    kind: Literal["random"] = "random"
    over: Over
    size: Size
    seed: Seed = None

    @property
    def count(self) -> int:
        return self.size

    def shares(self, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).random((self.size, len(self.over)))


class LatinHypercube(Spec):
    """As many equal parts of every range as there are points, and one point in each [McKay, Beckman & Conover 1979]."""

    kind: Literal["latin_hypercube"] = "latin_hypercube"
    over: Over
    size: Size
    seed: Seed = None

    @property
    def count(self) -> int:
        return self.size

    def shares(self, seed: int) -> np.ndarray:
        qmc: Any = import_module("scipy.stats.qmc")
        return qmc.LatinHypercube(len(self.over), rng=np.random.default_rng(seed)).random(self.size)


class Sobol(Spec):
    """Sobol's sequence, scrambled: more even than chance in all ranges together [Sobol 1967; Owen 1998]. Most even where
    the size is a power of two; the first n of a larger sample are those of a smaller one."""

    kind: Literal["sobol"] = "sobol"
    over: Over
    size: Size
    seed: Seed = None

    @property
    def count(self) -> int:
        return self.size

    def shares(self, seed: int) -> np.ndarray:
        qmc: Any = import_module("scipy.stats.qmc")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of sizes that are no power of two
            return qmc.Sobol(len(self.over), rng=np.random.default_rng(seed)).random(self.size)


class Saltelli(Spec):
    """The design for Sobol's indices of sensitivity, size * (paths + 2) points: two samples, and for each path the first
    with that one column from the second [Saltelli et al. 2010]. The size is a power of two."""

    kind: Literal["saltelli"] = "saltelli"
    over: Over
    size: Size
    seed: Seed = None

    @model_validator(mode="after")
    def _power(self) -> Saltelli:
        if self.size & (self.size - 1):
            low = 2 ** (self.size.bit_length() - 1)
            raise ProblemError(("size",), f"is a power of two, such as {low} or {2 * low}, not {self.size}")
        return self

    @property
    def count(self) -> int:
        return self.size * (len(self.over) + 2)

    def shares(self, seed: int) -> np.ndarray:
        salib: Any = import_module("SALib.sample.sobol")
        return salib.sample(unit_problem(self.over), self.size, calc_second_order=False, seed=seed)


class Morris(Spec):
    """The design for Morris's elementary effects, size * (paths + 1) points: ways through the ranges that change one path
    at a time [Morris 1991]; `levels` is how many values each takes."""

    kind: Literal["morris"] = "morris"
    over: Over
    size: Size
    levels: Annotated[int, Field(ge=2, le=1000, multiple_of=2)] = 4
    seed: Seed = None

    @property
    def count(self) -> int:
        return self.size * (len(self.over) + 1)

    def shares(self, seed: int) -> np.ndarray:
        salib: Any = import_module("SALib.sample.morris")
        return salib.sample(unit_problem(self.over), self.size, num_levels=self.levels, seed=seed)


Sample = Annotated[Random | LatinHypercube | Sobol | Saltelli | Morris, Field(discriminator="kind")]


class Sampled(Protocol):
    """What every sample has."""

    @property
    def over(self) -> dict[str, Range]: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def count(self) -> int: ...
    def shares(self, seed: int) -> np.ndarray:
        """Shares of the way through each range, (count, paths)."""
        ...


def shares_of(sample: Sampled, scene: Scene) -> np.ndarray:
    """Shares of the way through each range, (count, paths)."""
    try:
        return sample.shares(scene.seed % 2**32 if sample.seed is None else sample.seed)
    except ModuleNotFoundError as error:
        raise ProblemError(
            ("kind",), f"this design needs {error.name}", "install it with `pip install 'evo-games[sensitivity]'`"
        ) from None


def sampled(sample: Sampled, scene: Scene) -> list[Settings]:
    """The settings of each point of a sample."""
    ranges = resolved(sample.over, scene)
    return [
        {path: chosen.at(share) for (path, chosen), share in zip(ranges.items(), row, strict=True)}
        for row in shares_of(sample, scene).tolist()
    ]


def extremes(over: dict[str, Range], scene: Scene) -> list[Settings]:
    """All ranges at their lower end, and all at their upper one; of choices each in turn."""
    ranges = resolved(over, scene)
    steps = max(2, *(len(chosen.choice or ()) for chosen in ranges.values()))
    return [
        {
            path: chosen.at(step / (steps - 1) if chosen.choice is None else (step + 0.5) / steps)
            for path, chosen in ranges.items()
        }
        for step in range(steps)
    ]


def unit_problem(over: dict[str, Any]) -> dict[str, Any]:
    """The problem as SALib wants it, every input from 0 to 1."""
    return {"num_vars": len(over), "names": list(over), "bounds": [[0.0, 1.0]] * len(over)}
