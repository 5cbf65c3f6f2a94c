"""Rounds: what else to run follows from what came out. More replicates where an interval is still too wide; more points
where neighbours differ.

A decision looks at the rows of finished rounds alone, never at rows that happen to be there, so that a run takes the
same course however often it is interrupted and on however many workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from evo.batch.plan import STRIDE, Plan
from evo.canonical import canonical
from evo.estimates import Counts, Means, columns_of, estimates, leading
from evo.experiment import Bench
from evo.sweeps import Refine, Settings
from evo.sweeps.lattice import Node
from evo.sweeps.refine import at


def next_round(plan: Plan, outcomes: Callable[[], pa.Table | None]) -> Plan | None:
    """The plan with what else is to run, None where nothing is: first replicates, and points once these are settled."""
    table = _of(plan, outcomes())
    if table is None:
        return None
    replicates = _replicates(plan, table)
    if (replicates > plan.replicates).any():
        return plan.grown(replicates, [])
    added = [chosen for bench in plan.experiment.benches if bench.part.refine for chosen in _points(plan, bench, table)]
    return plan.grown(replicates, added) if added else None


def within(plan: Plan, done: np.ndarray) -> np.ndarray:
    """Those of the keys `done` that the plan asks for; there may be rows of later rounds."""
    return done[plan.asked(*np.divmod(done, STRIDE))]


def told(before: Plan, after: Plan) -> str:
    """What a round adds, in words."""
    points = len(after.parts) - len(before.parts)
    if points:
        return f"refining: {points:,} more points, {len(after.parts):,} in all"
    wide = int((after.replicates > before.replicates).sum())
    more = after.rows - before.rows
    return f"not precise yet at {wide:,} of {len(after.parts):,} points: {more:,} more replicates"


def _of(plan: Plan, table: pa.Table | None) -> pa.Table | None:
    if table is None or not len(table):
        return None
    return plan.rows_of(table.filter(pa.array(table["point"].to_numpy() < len(plan.parts))))


def _replicates(plan: Plan, table: pa.Table) -> np.ndarray:
    """Replicates of each point, as far as its next look where its interval is still too wide."""
    wanted = plan.replicates.copy()
    ran = np.bincount(table["point"].to_numpy(), minlength=len(plan.parts))
    known: dict[str, Counts | Means] = {}
    for point, rule in enumerate(plan.precise):
        look = None if rule is None else rule.next_look(int(plan.replicates[point]))
        if rule is None or look is None or not ran[point]:  # all replicates failed: more of them would tell nothing
            continue
        for column in columns_of(rule.measure, table.column_names):
            if column not in known:
                known[column] = estimates(table, column, len(plan.parts))
            if known[column].interval(point, rule).width > rule.width:
                wanted[point] = look
                break
    return wanted


def _points(plan: Plan, bench: Bench, table: pa.Table) -> Iterator[tuple[Bench, Settings]]:
    """Points that refinement asks for, within its budget; coarse cells first, then those that differ most."""
    refine = bench.part.refine
    assert refine is not None
    maps = _maps(plan, bench, refine)
    known = estimates(table, refine.measure, len(plan.parts))
    differences = Differences(refine, known, plan.random)
    cells = [
        (level, -gap, place, nodes)
        for place, each in enumerate(maps)
        for level, gap, nodes in refine.lattice.wanted(each.points, each.differ(differences), each.allowed)
    ]
    room = None if refine.budget is None else refine.budget - sum(len(each.points) for each in maps)
    chosen: dict[int, set[Node]] = {}
    for _, _, place, nodes in sorted(cells):
        fresh = [node for node in nodes if node not in chosen.setdefault(place, set())]
        if room is not None and len(fresh) > room:
            break
        room = None if room is None else room - len(fresh)
        chosen[place].update(fresh)
    for place, nodes in sorted(chosen.items()):
        for node in sorted(nodes):
            settings = maps[place].settings(node)
            assert settings is not None
            yield bench, settings


@dataclass
class Map:
    """One refined grid of a part: what is set there besides, and the number of the point at each known node."""

    bench: Bench
    besides: Settings
    values: dict[str, list[float]]
    points: dict[Node, int] = field(default_factory=dict)

    def settings(self, node: Node) -> Settings | None:
        """What is set at a node, None where a condition keeps it out."""
        return self.bench.part.completed(self.besides | at(self.values, node), self.bench.fixed.scene)

    @cached_property
    def allowed(self) -> Callable[[Node], bool]:
        return lambda node: not self.bench.part.only or self.settings(node) is not None

    def differ(self, differences: Differences) -> Callable[[list[Node]], float]:
        return lambda nodes: differences.of([self.points[node] for node in nodes])


def _maps(plan: Plan, bench: Bench, refine: Refine) -> list[Map]:
    """The refined grids of a part, one for each combination of what else varies in it, in order."""
    name, values = bench.part.name or "", refine.values(bench.fixed.scene)
    places = [{value: place for place, value in enumerate(listed)} for listed in values.values()]
    apart = {*refine.over, *bench.part.derive}
    maps: dict[str, Map] = {}
    for point, (part, settings) in enumerate(zip(plan.parts, plan.settings, strict=True)):
        if part == name:
            besides = {path: value for path, value in settings.items() if path not in apart}
            key = canonical(besides)
            if key not in maps:
                maps[key] = Map(bench, besides, values)
            node = tuple(place[settings[path]] for place, path in zip(places, values, strict=True))
            maps[key].points[node] = point
    return list(maps.values())


@dataclass
class Differences:
    """How much the answers of some points differ; 0 where not enough to look closer."""

    refine: Refine
    known: Counts | Means
    random: np.ndarray
    chances: dict[int, Any] = field(default_factory=dict)

    def of(self, points: list[int]) -> float:
        if not points:  # a condition has kept all of them out
            return 0.0
        if isinstance(self.known, Means):
            values = self.known.mean[points]
            there = np.isfinite(values)
            if not there.any() or there.all():
                gap = float(np.ptp(values)) if there.all() else 0.0
                return gap if gap > (self.refine.change or 0.0) else 0.0
            return np.inf  # there is an answer at some points and none at others
        gap = 1.0 - float(np.prod([self._leads(point) for point in points], axis=0).sum())
        return gap if gap > self.refine.doubt else 0.0

    def _leads(self, point: int) -> np.ndarray:
        """The probability that each outcome is the most frequent one at a point; last that there is none."""
        if point not in self.chances:
            assert isinstance(self.known, Counts)
            counts = self.known.counts[point]
            if not counts.any():
                found = np.eye(len(counts) + 1)[-1]
            elif self.random[point]:
                found = np.append(leading(counts), 0.0)
            else:
                found = np.append(counts / counts.sum(), 0.0)
            self.chances[point] = found
        return self.chances[point]
