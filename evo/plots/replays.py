"""Replicates with the states of all nodes, for pictures of graphs: those of a path, or of a run's, run again.

A run folder keeps no states of nodes, a byte for each at each record: config and seed give them back, to the last bit. What
is run again is compared with the outcomes that the run left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evo._errors import SimulationError
from evo.experiment import Experiment
from evo.graphs import Graph
from evo.plots.page import PictureError
from evo.plots.swept import Swept, choose_part, swept_parts
from evo.results import Result
from evo.simulation import Path, simulate_again
from evo.sweeps import Settings

MOST_BYTES = 5e8  # of states that are run again at once
RECORDS = 400  # where a picture shows all of a run
Every = Callable[[Experiment], float]


@dataclass(frozen=True)
class Replay:
    """Replicates of one point; settings: what varies there."""

    settings: Settings = field(repr=False)
    path: Path

    def states(self, row: int) -> np.ndarray:
        """Who plays what at each record before the end, (time, node)."""
        return self.path.nodes[row, : self.path.records[row]]

    def graph(self, row: int) -> Graph:
        return self.path.graph(row)

    def mean(self, of: Callable[[Graph, np.ndarray], np.ndarray]) -> np.ndarray:
        """The mean over replicates of what `of` gives of the states at each record, (time, ...); of those that ended early
        the last."""
        total: Any = 0.0
        for row in range(len(self.path.mix)):
            found = of(self.graph(row), self.states(row))
            rest = np.repeat(found[-1:], len(self.path.time) - len(found), axis=0)
            total = total + np.concatenate([found, rest])
        return total / len(self.path.mix)


def replays_of(
    source: Result | Path,
    part: str | None,
    points: Sequence[int] | None,
    *,
    most: int,
    every: Every,
    first: int = 0,
    replicates: int = 1,
) -> tuple[list[Replay], str]:
    """A replay per point that is asked for, else of up to `most` points evenly through the sweep, recorded as often as
    `every` says of an experiment; and a note on what is shown."""
    if isinstance(source, Path):
        if part is not None or points is not None:
            raise PictureError("a path has no sweep: part and points choose from a result")
        _check_nodes(source)
        return [Replay({}, source)], ""
    parts = [choose_part(source, part)] if part is not None else swept_parts(source)
    there = [point for swept in parts for point in swept.points]
    of_graphs = [point for point in there if source.at(point).population.kind == "network"]
    if points is not None:
        missing = [point for point in points if point not in of_graphs]
        if missing:
            raise PictureError(f"point {missing[0]} is not one of a population on a graph, or not there")
        of_graphs = list(points)
    if not of_graphs:
        raise PictureError("shows populations on graphs, and there is none here")
    if points is not None and len(of_graphs) > 2 * most:
        raise PictureError(f"{len(of_graphs)} points are too many panels: choose up to {2 * most} of them")
    chosen, note = of_graphs, ""
    if points is None and len(of_graphs) > most:
        chosen = [of_graphs[round(place)] for place in np.linspace(0, len(of_graphs) - 1, most)]
        note = f"{most} of {len(of_graphs)} points, evenly through the sweep. "
    found = [_replay(source, parts, point, every, first, replicates) for point in chosen]
    most_rows = max(len(replay.path.mix) for replay in found)
    shown = f"Replicate {first}" if most_rows == 1 else f"The first {most_rows} replicates"
    return found, f"{note}{shown}, run again from config and seed."


def _replay(result: Result, parts: Sequence[Swept], point: int, every: Every, first: int, replicates: int) -> Replay:
    experiment = result.at(point)
    count = min(replicates, experiment.replicates - first)
    if count < 1:
        raise PictureError(f"there is no replicate {first}: point {point} has {experiment.replicates}")
    step = every(experiment)
    size = experiment.model.lowered.meeting.whole
    if count * size * (experiment.run.generations / step + 2) > MOST_BYTES:
        raise PictureError(f"the states of {size:,} nodes every {step:g} generations are too many to hold")
    try:
        path = simulate_again(experiment, first=first, replicates=count, record_every=step)
    except SimulationError as error:
        raise PictureError(f"point {point}: {error}") from None
    _check_same(result, point, path)
    swept = next(each for each in parts if point in each.points)
    varied = {path: value for path, value in swept.points[point].items() if path in swept.paths}
    if len(parts) > 1:
        varied = {path: value for path, value in swept.fixed.items() if not path.startswith("run.")} | varied
    return Replay(varied, path)


def _check_same(result: Result, point: int, path: Path) -> None:
    """What was run again ends as it did, as far as the outcomes tell."""
    columns = [f"final_mix.{name}" for name in path.model.strategies]
    if any(column not in result.outcomes for column in columns):
        return
    rows = result.outcomes[result.outcomes["point"] == point].set_index("replicate")
    for row in range(len(path.mix)):
        number = path.first + row
        if number in rows.index:
            left = rows.loc[number, columns].to_numpy(float)
            again = path.recording.final[row, : len(columns)]
            if not np.allclose(left, again, rtol=0, atol=1e-9):
                raise PictureError(
                    f"run again, replicate {number} of point {point} ends otherwise than it did: other versions made the run"
                )


def _check_nodes(path: Path) -> None:
    try:
        _ = path.nodes
    except ValueError as error:
        raise PictureError(str(error)) from None


def evenly(experiment: Experiment) -> float:
    """Generations between the records of a picture that shows all of a run: one, or more of a long one."""
    return float(max(1.0, np.ceil(experiment.run.generations / RECORDS)))
