"""What is asked about: an experiment, at which environment, and over which values of a path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from evo.environments import Constant

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.model import Model

Interval = tuple[float, float]


@dataclass(frozen=True)
class Range:
    """Values of one path of a config, from low to high."""

    path: str
    low: float
    high: float
    points: int = 41

    def values(self, experiment: Experiment) -> np.ndarray:
        """So many even values, whole numbers where the config has one that is no parameter (a population's size)."""
        values = np.linspace(self.low, self.high, self.points)
        whole = float(self.low).is_integer() and float(self.high).is_integer()
        if not whole or self.path.startswith("parameters.") or not isinstance(_at(experiment, self.path), int):
            return values
        return np.unique(np.round(values).astype(int))


@dataclass(frozen=True, eq=False)
class Asked:
    """An experiment and what its answers depend on.

    environment: values at which moving variables are held. between: bounds within which feedback variables may rest.
    """

    experiment: Experiment
    environment: Mapping[str, float] = field(default_factory=dict)
    between: Mapping[str, Interval] = field(default_factory=dict)
    over: Range | None = None

    @cached_property
    def model(self) -> Model:
        return self.experiment.model

    @property
    def names(self) -> tuple[str, ...]:
        return self.model.strategy_names

    @property
    def finite(self) -> bool:
        return self.model.population.finite

    @property
    def roles(self) -> int:
        return len(self.model.lowered.wholes)

    @property
    def brings_back(self) -> bool:
        """Whether strategies that are absent come back, by mutation or by the rule."""
        return self.model.lowered.rule.mutation > 0 or self.model.dynamics.facts.innovative

    @property
    def moving(self) -> dict[str, str]:
        """Variables of the environment that move and have no value yet, with their laws."""
        return {
            name: law.kind
            for name, law in self.model.environment.items()
            if not isinstance(law, Constant) and name not in self.environment
        }

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of strategies in one role, each once."""
        return [pair for pair in combinations(self.names, 2) if self._together(*pair)]

    @property
    def ordered_pairs(self) -> list[tuple[str, str]]:
        """Pairs of strategies in one role, both ways."""
        return [pair for pair in permutations(self.names, 2) if self._together(*pair)]

    def _together(self, first: str, second: str) -> bool:
        return self.model.strategies[first].role == self.model.strategies[second].role


def _at(experiment: Experiment, path: str) -> object:
    from evo._spec import parse_path

    found: object = experiment.data
    for key in parse_path(path):
        found = found[key] if isinstance(found, dict) and key in found else None
    return found
