"""Robustness: in what share of a stated space of parameters each conclusion holds, and which parameter breaks it first.

`designed` gives the experiment whose run is looked at, `findings` what it says:

    study = evo.robustness.designed(experiment)
    table = evo.robustness.findings(study, evo.run(study.experiment))

A conclusion is who prevails in a part of the sweep, from each start and under each choice that is not a number; numbers that
the sweep varies are at the config's own value, and vary in the space.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ConfigError, ConfigProblem, validate
from evo.experiment import Experiment
from evo.precision import wilson
from evo.tipping.question import number_at

if TYPE_CHECKING:
    import pandas as pd

    from evo.results import Result

MOST = 12  # conclusions
KIND = "population.assortment_kind"
KINDS = ("focal", "founder")
MIXED = ("infinite", "well_mixed")


@dataclass(frozen=True)
class Axis:
    """One dimension of the space: a number from low to high, `base` in the config; or one of some words."""

    path: str
    base: Any
    low: float = 0.0
    high: float = 0.0
    words: tuple[str, ...] = ()

    def drawn(self, u: float) -> Any:
        """The value at a place u in [0, 1)."""
        if self.words:
            return self.words[int(u * len(self.words))]
        return float(self.low + u * (self.high - self.low))

    def steps(self, number: int) -> list[Any]:
        """Away from the base, nearest first: so many even steps to each end, or the other words."""
        if self.words:
            return [word for word in self.words if word != self.base]
        ends = [end for end in (self.low, self.high) if end != self.base]
        found = [self.base + (end - self.base) * k / number for k in range(1, number + 1) for end in ends]
        return sorted(map(float, found), key=lambda value: abs(value - self.base))

    def away(self, value: Any) -> float:
        """How far a value lies from the base, as a part of the range; a word is as far as can be."""
        return 1.0 if self.words else abs(value - self.base) / (self.high - self.low)

    def __str__(self) -> str:
        return " or ".join(self.words) if self.words else f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class Conclusion:
    """What is set where it is drawn: the part of the sweep, and what is no number."""

    part: str
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        words = [f"{path}={_short(value)}" for path, value in self.settings.items()]
        return ", ".join(filter(None, [self.part, *words])) or "the config as it is"


@dataclass(frozen=True)
class Study:
    """Conclusions, the space around each, and the experiment in which both are looked at: in its sweep two parts for each
    conclusion, the base with `samples` points of the space, and each axis alone."""

    experiment: Experiment
    conclusions: tuple[Conclusion, ...]
    axes: tuple[tuple[Axis, ...], ...]
    samples: int
    left: int  # conclusions beyond the most

    @property
    def space(self) -> pd.DataFrame:
        """One row per conclusion and axis: where it lies in the config and how far it varies."""
        import pandas as pd

        rows = [
            {"conclusion": str(one), "path": axis.path, "base": axis.base, "space": str(axis)}
            for one, axes in zip(self.conclusions, self.axes, strict=True)
            for axis in axes
        ]
        return pd.DataFrame(rows)


def designed(
    experiment: Experiment,
    *,
    over: Mapping[str, tuple[float, float]] | None = None,
    samples: int = 200,
    steps: int = 8,
    spread: float = 0.2,
    parts: Sequence[str] = (),
) -> Study:
    """The study of an experiment's conclusions, of these parts of its sweep (all of them by default).

    The space: every parameter within its `range`, those without one within `spread` of their value up and down, assortment of
    both kinds where there is any; `over` adds numbers or sets their bounds. `samples` points of it by a Latin hypercube, the
    same for all conclusions; and each axis alone in so many `steps` to each end. Raises ConfigError.
    """
    if not any(measure.kind == "prevailing" for measure in experiment.measure):
        raise ConfigError([ConfigProblem(("measure",), None, "does not ask who prevails", "add prevailing")])
    known = [part.name or "" for part in experiment.sweep]
    for part in parts:
        if part not in known:
            raise ConfigError(
                [ConfigProblem(("sweep",), None, f"no part is called {part!r}", f"parts: {', '.join(known)}")]
            )
    found = list(_conclusions(experiment, parts))
    chosen = found[:MOST]
    axes = tuple(tuple(_axes(here, set(one.settings), over or {}, spread)) for one, here in chosen)
    sweep = [
        part
        for place, (one, here) in enumerate(chosen)
        for part in _parts(place, one, here, axes[place], samples, steps)
    ]
    data = experiment.data | {"sweep": sweep, "plots": []}
    data["run"] = data["run"] | {"common_random_numbers": True}
    data["run"].pop("record", None)
    return Study(validate(Experiment, data), tuple(one for one, _ in chosen), axes, samples, len(found) - len(chosen))


def _conclusions(experiment: Experiment, parts: Sequence[str]) -> Any:
    """Each conclusion with the experiment in which it is drawn."""
    if not experiment.sweep:
        yield Conclusion("", {}), experiment
    for bench in experiment.benches:
        name = bench.part.name or ""
        if parts and name not in parts:
            continue
        seen: set[str] = set()
        for settings in bench.settings():
            words = {path: value for path, value in settings.items() if not _numeric(value)}
            if str(words) not in seen:
                seen.add(str(words))
                yield Conclusion(name, {**bench.part.set, **words}), bench.at(words)


def _axes(here: Experiment, held: set[str], over: Mapping[str, tuple[float, float]], spread: float) -> Any:
    """The space around a conclusion, what is set there left out."""
    for name, parameter in here.parameters.items():
        path = f"parameters.{name}"
        if path in held or path in over or name in here.environment:
            continue
        base = float(parameter.value)
        low, high = parameter.range or sorted((base * (1 - spread), base * (1 + spread)))
        if low < high:
            yield Axis(path, base, float(low), float(high))
    population: Any = here.population
    if population.kind in MIXED and KIND not in held and here.model.lowered.meeting.assortment > 0:
        yield Axis(KIND, population.assortment_kind, words=KINDS)
    for path, (low, high) in over.items():
        if path not in held:
            yield Axis(path, number_at(here, path), low, high)


def _parts(
    place: int, one: Conclusion, here: Experiment, axes: Sequence[Axis], samples: int, steps: int
) -> list[dict[str, Any]]:
    from scipy.stats import qmc

    points = qmc.LatinHypercube(max(len(axes), 1), rng=np.random.default_rng(here.run.seed)).random(samples)
    drawn = [{axis.path: axis.drawn(u) for axis, u in zip(axes, row, strict=False)} for row in points]
    base = {axis.path: axis.base for axis in axes}
    alone = [{**base, axis.path: value} for axis in axes for value in axis.steps(steps)]
    fixed = dict(one.settings)
    return [
        {"name": f"conclusion {place + 1}, space", "set": fixed, "points": [base, *drawn]},
        {"name": f"conclusion {place + 1}, alone", "set": fixed, "points": alone or [base]},
    ]


@dataclass(frozen=True)
class Break:
    """The first value of one axis at which a conclusion no longer holds, all else as in the config, and who prevails there;
    `last`: the value nearest to it, on the way, at which it still holds."""

    axis: Axis
    last: Any
    value: Any
    winner: str

    @property
    def away(self) -> float:
        return self.axis.away(self.value)

    def __str__(self) -> str:
        name = self.axis.path.removeprefix("parameters.")
        if self.axis.words:
            return f"{name} {self.value}: {self.winner}"
        return f"{name} between {self.last:.4g} and {self.value:.4g}: {self.winner}"


@dataclass(frozen=True)
class Finding:
    """One conclusion: who prevails at the config's own values, in what share of the space that is so (Wilson's 95 % interval of
    the samples), who prevails elsewhere, and what breaks it, nearest first."""

    conclusion: Conclusion
    winner: str
    holds: int
    of: int
    elsewhere: Mapping[str, int]
    breaks: tuple[Break, ...]

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.holds, self.of)

    @property
    def statement(self) -> str:
        low, high = self.interval
        others = ", ".join(f"{name} {count / self.of:.0%}" for name, count in self.elsewhere.items())
        share = f"{self.holds / self.of:.0%} of the space ({low:.0%} to {high:.0%})"
        told = f"{self.conclusion}: {self.winner} prevails, and does in {share}"
        told += f"; elsewhere {others}" if others else ""
        return f"{told}; first broken by {self.breaks[0]}" if self.breaks else f"{told}; no parameter alone breaks it"


def findings(study: Study, result: Result) -> list[Finding]:
    """What a run of the study says of each conclusion; samples that failed are left out."""
    winners = _winners(result)
    found, first = [], 0
    for place, (one, axes) in enumerate(zip(study.conclusions, study.axes, strict=True)):
        space, alone = (study.experiment.sizes[2 * place + k] for k in (0, 1))
        base = winners.get(first)
        if base is None:
            raise ConfigError([ConfigProblem(("sweep",), None, f"the run at the config's own values failed: {one}")])
        sampled = [winners[point] for point in range(first + 1, first + space) if point in winners]
        if not sampled:
            raise ConfigError([ConfigProblem(("sweep",), None, f"the run failed at every sample of the space: {one}")])
        elsewhere = Counter(name for name in sampled if name != base)
        after = [winners.get(first + space + k) for k in range(alone)]
        breaks = sorted(_breaks(study, axes, base, after), key=lambda each: each.away)
        found.append(
            Finding(one, base, sampled.count(base), len(sampled), dict(elsewhere.most_common()), tuple(breaks))
        )
        first += space + alone
    return found


def _breaks(study: Study, axes: Sequence[Axis], base: str, after: Sequence[str | None]) -> Any:
    """The first break of each axis on each side."""
    place = 0
    for axis in axes:
        values = _values(study, axes, place, axis, len(after))
        outcome = list(zip(values, after[place : place + len(values)], strict=True))
        place += len(values)
        for side in (-1, 1) if not axis.words else (0,):
            last = axis.base
            for value, winner in outcome:
                if side and np.sign(value - axis.base) != side:
                    continue
                if winner is not None and winner != base:
                    yield Break(axis, last, value, winner)
                    break
                if winner is not None:  # a step that failed says nothing
                    last = value


def _values(study: Study, axes: Sequence[Axis], place: int, axis: Axis, alone: int) -> list[Any]:
    """The steps of an axis, as many as its design has."""
    numbers = [len(each.steps(1)) for each in axes if not each.words]
    others = sum(len(each.steps(1)) for each in axes if each.words)
    steps = (alone - others) // max(sum(numbers), 1)
    return axis.steps(steps)


def _winners(result: Result) -> dict[int, str]:
    """Who prevails at each point: in most of its replicates, the first by name where as many."""
    table: Any = result.outcomes
    found: dict[int, str] = {}
    for point, rows in itertools.groupby(
        sorted(zip(table["point"].tolist(), table["prevailing"].tolist(), strict=True)), key=lambda row: row[0]
    ):
        counts = Counter(str(name) for _, name in rows)
        found[point] = min(counts, key=lambda name: (-counts[name], name))
    return found


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_short(each)}" for key, each in value.items()) + "}"
    return f"{value:g}" if _numeric(value) else str(value)


def tables(study: Study, found: Sequence[Finding]) -> dict[str, pd.DataFrame]:
    """The findings, what breaks each, and the space, as tables."""
    import pandas as pd

    held = [
        {"conclusion": str(one.conclusion), "prevails": one.winner, "holds": one.holds, "of": one.of}
        | {"share": one.holds / one.of, "low": one.interval[0], "high": one.interval[1]}
        | {"broken first by": one.breaks[0].axis.path if one.breaks else ""}
        for one in found
    ]
    broken = [
        {"conclusion": str(one.conclusion), "path": each.axis.path, "base": each.axis.base, "holds at": each.last}
        | {"broken at": each.value, "prevails there": each.winner, "away": each.away}
        for one in found
        for each in one.breaks
    ]
    return {"robustness": pd.DataFrame(held), "breaks": pd.DataFrame(broken), "space": study.space}
