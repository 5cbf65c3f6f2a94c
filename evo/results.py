"""Results: tables and the experiment that made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment


@dataclass(frozen=True)
class Result:
    """What a run left.

    points: one row per point; columns point, part, and one per path that the sweep varies (values that are not a
        number or a word stand as compact YAML, such as `{command: 0.97}`; `-` where the point's part does not vary it).
    outcomes: one row per point and replicate; columns point, replicate, then the measures.
    paths: tidy paths, or None where none were kept; columns point, replicate, time, the strategies, the environment
        variables, mean_payoff.
    failures: replicates that stopped; columns point, replicate, seed, message.
    manifest: versions, seeds, hash of the config, platform, timing.
    """

    experiment: Experiment
    points: pd.DataFrame = field(repr=False)
    outcomes: pd.DataFrame = field(repr=False)
    paths: pd.DataFrame | None = field(repr=False)
    failures: pd.DataFrame = field(repr=False)
    manifest: dict[str, Any] = field(repr=False)
    folder: Path | None = None

    def at(self, point: int) -> Experiment:
        """The experiment of one point."""
        for candidate in self.experiment.points():
            if candidate.index == point:
                return candidate.experiment
        raise KeyError(f"no point {point}")
