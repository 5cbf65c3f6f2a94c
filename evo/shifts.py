"""The smallest shift that tips: what a run says of the interventions that it tried.

Points of one part of the sweep that differ in their interventions alone are compared with one another. A replicate tipped if
the strategy of the config's first `time_to_tip` came to its level, and is there at the end where final mixes are measured;
without that measure, if another strategy prevails than at the point without the intervention. A shift tips where it does so in
more than half of all runs, by the 95 % interval of the share of replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from evo.measures import TimeToTip
from evo.precision import student, wilson
from evo.prevalence import points_named, z_of
from evo.quantities import number
from evo.strategies import labels

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.interventions import Intervention
    from evo.results import Result

TIPS, TIPS_NOT, OPEN = "tips", "does not tip", "cannot tell"
MOST_OPEN = 3


@dataclass(frozen=True)
class Shift:
    """What one point does, and what came of it. size: nan unless one size tells the points of a trial apart; tipped of how many
    replicates, with the interval of the share (the share itself where nothing is random); mean cost per head with its interval,
    nan where it is not measured."""

    point: int
    words: str
    size: float
    tipped: int
    of: int
    low: float
    high: float
    random: bool
    cost: float
    cheapest: float
    dearest: float

    @property
    def verdict(self) -> str:
        return TIPS if self.low > 0.5 else TIPS_NOT if self.high < 0.5 else OPEN

    @property
    def counts(self) -> str:
        """How many replicates tipped."""
        return f"{self.tipped} of {self.of} replicates, {self.low:.0%} to {self.high:.0%}"

    @property
    def brief(self) -> str:
        """Beside another of the trial: the size alone, where that tells them apart."""
        return self.words if math.isnan(self.size) else f"{self.size:.4g}"

    @property
    def priced(self) -> bool:
        return self.cost > 0

    @property
    def price(self) -> str:
        """What it cost, in words."""
        around = math.isfinite(self.cheapest) and self.dearest > self.cheapest
        return f"{self.cost:.4g} per head" + (f" ({self.cheapest:.4g} to {self.dearest:.4g})" if around else "")


@dataclass(frozen=True)
class Trial:
    """Shifts that were tried in one part of the sweep, all else as in `place`; smallest first, by size, else by cost. without: what
    came of doing nothing, None where no point says so; towards: what is tipped to; meaning: what
    counts as that."""

    part: str
    place: Mapping[str, Any]
    towards: str
    meaning: str
    without: Shift | None
    shifts: tuple[Shift, ...]

    @property
    def smallest(self) -> Shift | None:
        """The smallest that tips."""
        return next((one for one in self.shifts if one.verdict == TIPS), None)

    @property
    def cheapest(self) -> Shift | None:
        """The cheapest that tips, of those with a price."""
        priced = [one for one in self.shifts if one.verdict == TIPS and one.priced]
        return min(priced, key=lambda one: one.cost, default=None)

    @property
    def statement(self) -> str:
        """The answer in words."""
        if self.without is not None and self.without.verdict == TIPS:
            return f"{self.towards} comes without any shift"
        found = self.smallest
        open_ = [one for one in self.shifts if one.verdict == OPEN and (found is None or self._before(one, found))]
        if found is None:
            many, last = len(self.shifts), self.shifts[-1]
            none = f"none of the {many} shifts tried" if many > 1 else f"the one shift tried, {last.words}, does not"
            told = f"{none} tips" if many > 1 else f"{none} tip"
            told += " clearly" if open_ else ""
            told += f", up to {last.words}" if many > 1 and not math.isnan(last.size) else ""
            return told + self._open(open_)
        told = f"the smallest shift that tips is {found.words}"
        told += f" ({found.counts})" if found.random else ""
        told += f", at a price of {found.price}" if found.priced else ""
        below = [one for one in self.shifts if one.verdict == TIPS_NOT and self._before(one, found)]
        if below:
            told += f"; {below[-1].brief} does not" + (f" ({below[-1].counts})" if found.random else "")
        elif not open_ and not math.isnan(found.size) and len(self.shifts) > 1:
            told += "; nothing smaller was tried" + (
                ", and without any it does not" if self.without is not None else ""
            )
        beyond = [one for one in self.shifts if one.verdict == TIPS_NOT and self._before(found, one)]
        told += f"; but {beyond[0].brief}, which is more, does not" if beyond and not math.isnan(found.size) else ""
        cheapest = self.cheapest
        if cheapest is not None and cheapest.cost < found.cost * (1 - 1e-9):
            told += f"; the cheapest is {cheapest.words}, at {cheapest.price}"
        return told + self._open(open_)

    def _before(self, one: Shift, other: Shift) -> bool:
        return self.shifts.index(one) < self.shifts.index(other)

    def _open(self, found: Sequence[Shift]) -> str:
        """Where the runs do not decide."""
        if not found:
            return ""
        told = ", ".join(f"{one.brief} ({one.counts})" for one in found[-MOST_OPEN:])
        more = f" and {len(found) - MOST_OPEN} smaller" if len(found) > MOST_OPEN else ""
        return f"; replicates do not tell of {told}{more}"


def trials(result: Result, *, strategy: str | None = None) -> list[Trial]:
    """What was tried, in the order of the sweep; empty where no point has an intervention or nothing says who tipped. strategy:
    whose `time_to_tip` counts, by default the first."""
    if not intervenes(result):
        return []
    points: Any = result.points
    named: Any = points[points["point"] < points_named(result.experiment)].set_index("point")
    paths = [path for path in named.columns if path != "part"]
    sizes = _size_paths(result, named)
    others = [path for path in paths if not path.startswith("interventions") and path not in sizes]
    groups: dict[tuple[str, ...], list[int]] = {}
    for point, row in named.iterrows():
        groups.setdefault((row["part"], *(str(row[path]) for path in others)), []).append(point)
    rows: dict[int, Any] = dict(iter(result.outcomes.groupby("point")))  # type: ignore[arg-type]
    found = []
    for (part, *_), here in groups.items():
        place = {path: named.at[here[0], path] for path in others if named.at[here[0], path] != "-"}
        measured = [point for point in here if point in rows]
        if (trial := _trial(result, part, place, measured, rows, strategy)) is not None:
            found.append(trial)
    constant = [path for path in others if len({str(trial.place.get(path)) for trial in found}) == 1]
    return [
        replace(one, place={path: value for path, value in one.place.items() if path not in constant}) for one in found
    ]


def by_price(tried: Sequence[Trial]) -> str:
    """The shifts that tip, cheapest first, over all trials; empty where fewer than two have a price."""
    found = [(one.cheapest, one) for one in tried if one.cheapest is not None]
    found.sort(key=lambda each: each[0].cost)
    if len(found) < 2:
        return ""
    told = ", ".join(f"{shift.words} at {shift.price}" for shift, _ in found)
    free = [one for one in tried if one.smallest is not None and one.cheapest is None]
    left = ", ".join(dict.fromkeys(one.part.replace("_", " ") or "one" for one in free))
    return f"by price, the cheapest that tips of each: {told}" + (f"; no price is stated of {left}" if left else "")


def intervenes(result: Result) -> bool:
    """Whether anything intervenes at any point of a run."""
    experiment = result.experiment
    paths = [path for part in experiment.sweep for path in (*part.paths, *part.set)]
    return bool(experiment.interventions) or any(path.startswith("interventions") for path in paths)


def _size_paths(result: Result, points: Any) -> set[str]:
    """The paths of parameters that are the size of an intervention, at the first point of each part of the sweep."""
    firsts = [result.at(int(table.index[0])) for _, table in points.groupby("part", sort=False)]
    given = [getattr(spec, "size", None) for one in firsts for spec in one.interventions]
    return {f"parameters.{size}" for size in given if isinstance(size, str)}


def _trial(
    result: Result,
    part: str,
    place: Mapping[str, Any],
    points: Sequence[int],
    rows: Mapping[int, Any],
    strategy: str | None,
) -> Trial | None:
    models = {point: result.at(point) for point in points}
    done = {point: _done(one) for point, one in models.items()}
    if not any(done.values()):
        return None
    still = next((point for point, specs in done.items() if not specs), None)
    tips = _tipping(result.experiment, rows, None if still is None else rows[still], strategy)
    if tips is None:
        return None
    towards, meaning, judge = tips
    sizes = {point: [_size(spec, models[point]) for spec in specs] for point, specs in done.items() if specs}
    moved = [each for each in zip(*sizes.values(), strict=False) if len(set(each)) > 1]
    alone = len(moved) <= 1 and len({len(each) for each in sizes.values()}) == 1
    shifts = []
    for point, specs in done.items():
        size = next((s for k, s in enumerate(sizes[point]) if _varies(sizes, k)), sizes[point][0]) if specs else 0.0
        shifts.append(_shift(result, point, models[point], specs, size if alone else math.nan, judge, rows[point]))
    without = next((one for one in shifts if one.point == still), None)
    tried = [one for one in shifts if done[one.point]]
    tried.sort(key=(lambda one: abs(one.size)) if alone else (lambda one: one.cost if one.cost == one.cost else 0.0))
    return Trial(part, place, towards, meaning, without, tuple(tried))


def _varies(sizes: Mapping[int, list[float]], k: int) -> bool:
    return len({each[k] for each in sizes.values()}) > 1


def _done(experiment: Experiment) -> list[Intervention]:
    """The interventions that do something."""
    return [spec for spec in experiment.interventions if _size(spec, experiment) != 0]


def _size(spec: Any, experiment: Experiment) -> float:
    return number(getattr(spec, "size", 1.0), experiment.model.parameter_values)


def _tipping(
    experiment: Experiment, rows: Mapping[int, Any], without: Any, strategy: str | None
) -> tuple[str, str, Any] | None:
    """What is tipped to and what counts as that, in words, and a function that says of the rows of a point which replicates did."""
    called = labels(experiment.strategies)
    some = next(iter(rows.values()))
    measures = [one for one in experiment.measure if isinstance(one, TimeToTip) and strategy in (None, one.strategy)]
    measure = next(iter(measures), None)
    if measure is not None and measure.column in some:
        share = f"final_mix.{measure.strategy}"

        def reached(table: Any) -> Any:
            tipped = table[measure.column].notna()
            return tipped & (table[share] >= measure.level - 1e-9) if share in table else tipped

        name = str(called[measure.strategy])
        told = f"{name} comes to {measure.level:g} of all"
        told += f", for {measure.hold:g} generations," if measure.hold else ""
        told += f" by generation {experiment.run.generations:g}" + (
            ", and is there at the end" if share in some else ""
        )
        return name, told, reached
    if without is None or "prevailing" not in some:
        return None
    before = without["prevailing"].mode().iloc[0]
    told = f"another prevails at generation {experiment.run.generations:g} than {called.get(before, before)}, who does without"
    return f"another than {called.get(before, before)}", told, lambda table: table["prevailing"] != before


def _shift(
    result: Result, point: int, experiment: Experiment, specs: Sequence[Any], size: float, judge: Any, table: Any
) -> Shift:
    tipped, of = int(judge(table).sum()), len(table)
    random = experiment.random
    low, high = wilson(tipped, of, z_of(result.experiment)) if random else (tipped / of, tipped / of)
    cost, cheapest, dearest = math.nan, math.nan, math.nan
    if "cost" in table and table["cost"].notna().any():
        cost = float(table["cost"].mean())
        cheapest, dearest = student(cost, float(table["cost"].std()), of, 0.95) if of > 1 else (cost, cost)
    words = " and ".join(said(spec, experiment) for spec in specs) or "nothing done"
    return Shift(point, words, size, tipped, of, low, high, random, cost, cheapest, dearest)


def said(spec: Any, experiment: Experiment) -> str:
    """An intervention in words: what, how much, when and for how long."""
    called = labels(experiment.strategies)
    to = str(called.get(getattr(spec, "to", ""), ""))
    size = f"{_size(spec, experiment):.4g}"
    what = {
        "seed": f"a seed of {size} of all for {to}",
        "subsidy": f"a subsidy of {size} for {to}",
        "bias": f"a bias of {size}",
        "vote": f"a vote on a bias of {size}",
        "sandbox": f"a sandbox for {to}",
    }.get(spec.kind) or _changed(spec, size)
    return " ".join([what, *_when(spec, experiment)])


def _changed(spec: Any, size: str) -> str:
    told = ", ".join(f"{path.removeprefix('parameters.')} = {value}" for path, value in spec.set.items())
    return f"the change {told}" + (
        f" with size {size}" if any("size" in str(value) for value in spec.set.values()) else ""
    )


def _when(spec: Any, experiment: Experiment) -> Iterator[str]:
    values = experiment.model.parameter_values
    when = "at" if spec.kind == "seed" else "from"
    yield f"{when} generation {number(spec.at, values):g}" if spec.at is not None else f"when {spec.when}"
    if getattr(spec, "lasts", None) is not None:
        yield f"for {number(spec.lasts, values):g} generations"
    if getattr(spec, "until", None) is not None:
        yield f"until {spec.until}"
