"""Branches of rest points over one parameter, with the folds, branch points, Hopf points and invasions along them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.exact.flows.bifurcations import Crossing, crossings, directions, spectrum
from evo.exact.flows.branches import System, Track, track
from evo.exact.flows.families import Family, LostError
from evo.exact.flows.fields import Field, field_of, ordered
from evo.exact.flows.finding import find
from evo.exact.flows.stability import classify, rates
from evo.exact.payoff.infinite import Values

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Event:
    """Where a branch changes. kind: fold, branch point, Hopf (of a map Neimark-Sacker, flip), or transcritical: an absent
    `strategy` can invade on one side. frequency: of the cycle born at a Hopf point, in radians per generation."""

    kind: str
    value: float
    mix: np.ndarray
    eigenvalues: np.ndarray
    frequency: float
    strategy: str | None


@dataclass(frozen=True, eq=False)
class Branch:
    """Rest points along the parameter: value (n,), mix (n, d), eigenvalues (n, k), the rate at which the fastest deviation
    grows (n,), and stability. ends: why it ends on either side: range (of the parameter), boundary (a share falls to 0:
    the rest point leaves the simplex), closed."""

    value: np.ndarray
    mix: np.ndarray
    eigenvalues: np.ndarray
    growth: np.ndarray
    stability: tuple[str, ...]
    support: tuple[str, ...]
    events: tuple[Event, ...]
    ends: tuple[str, str]


@shown
@dataclass(frozen=True, eq=False)
class Continuation:
    """All branches that were found over a parameter; statement: how complete they are."""

    path: str
    branches: tuple[Branch, ...]
    statement: str
    strategies: tuple[str, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """Of all branches, by value."""
        return tuple(
            sorted((event for branch in self.branches for event in branch.events), key=lambda event: event.value)
        )

    def of_kind(self, kind: str) -> Iterator[Event]:
        return (event for event in self.events if event.kind == kind)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per place: number of the branch, value of the parameter, shares, stability, growth of deviations."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"branch": number, self.path: float(branch.value[k])}
                | dict(zip(self.strategies, branch.mix[k].tolist(), strict=True))
                | {"stability": branch.stability[k], "growth": float(branch.growth[k])}
                for number, branch in enumerate(self.branches)
                for k in range(len(branch.value))
            ]
        )


def continuation(
    experiment: Experiment,
    path: str,
    *,
    low: float,
    high: float,
    environment: Values = None,
    time: float = 0.0,
    scan: int = 11,
    step: float = 0.02,
    starts: int = 200,
    seed: int = 0,
) -> Continuation:
    """Branches of rest points of the experiment's model while the number at `path` goes from low to high.

        continuation(experiment, "parameters.chi", low=0.02, high=1)

    Rest points are looked for at `scan` even values (as `rest_points` does, with so many `starts` where it must search)
    and each is followed both ways, in steps of at most `step` of the range; where branches cross, or a strategy can
    invade, the other branch is followed too. A branch that lies between two values and crosses no other is missed.
    Events are refined along the branch: their values are right to about 1e-9 of the range. Raises ValueError where the
    field has no derivative, or supports are continua of rest points at every value.
    """
    if not low < high or scan < 2:
        raise ValueError("low lies below high, and a scan has at least two values")

    def at(number: float) -> Field:
        return field_of(experiment.replace({path: float(number)}).model, environment=environment, time=time)

    family = Family(at, low, high)
    field = family.exact(0.5)
    if not field.differentiable:
        raise ValueError(f"{field.kind} has no derivative at its rest points: there is nothing to follow")
    work = _Atlas(family, step)
    complete = True
    for s in np.linspace(0, 1, scan):
        found = find(family.exact(s), number=starts, seed=seed, pieces=20_000)
        complete &= found.complete
        for mix in found.mixes:
            work.begin(mix, float(s), _support(field, mix))
    names = tuple(experiment.model.strategies)
    certain = "all rest points" if complete else f"the rest points that searches from {starts} starts found"
    statement = f"every branch through {certain} at {scan} values of {path}, and through the crossings along them"
    return Continuation(path, tuple(work.branch(number, names) for number in range(len(work.tracks))), statement, names)


class _Atlas:
    """The branches found so far."""

    def __init__(self, family: Family, step: float) -> None:
        self.family, self.step = family, step
        self.tracks: list[tuple[System, Track, tuple[str, str]]] = []
        self.found: list[list[Crossing]] = []

    def begin(self, mix: np.ndarray, s: float, support: tuple[int, ...]) -> None:
        """Follow the branch through a rest point, unless it is there already; then those that cross it."""
        system = System(self.family, support)
        y = system.place(mix, s)
        try:
            y = system.at(y, s)
        except LostError:
            return
        self._follow(system, y, None)

    def _follow(self, system: System, y: np.ndarray, along: np.ndarray | None) -> None:
        if self._known(system, y):
            return
        direction = system.tangent(y, along)
        ahead = track(system, y, direction, longest=self.step)
        closed = ahead.end == "closed"
        back = None if closed else track(system, y, -direction, longest=self.step)
        if back is None:
            whole, ends = ahead, ("closed", "closed")
        else:
            places = np.concatenate([back.places[:0:-1], ahead.places])
            ways = np.concatenate([-back.directions[:0:-1], ahead.directions])
            whole, ends = Track(places, ways, ahead.end), (back.end, ahead.end)
        if np.ptp(whole.places, axis=0).max() < SAME:  # it leaves the simplex at once
            return
        self.tracks.append((system, whole, ends))
        self.found.append(list(crossings(system, whole)))
        for crossing in list(self.found[-1]):
            self._cross(system, crossing)

    def _cross(self, system: System, crossing: Crossing) -> None:
        """Follow the other branch through a crossing."""
        if crossing.kind not in ("branch point", "transcritical"):
            return
        if crossing.kind == "transcritical":
            whole = System(self.family, tuple(sorted((*system.support, crossing.strategy))))
        else:
            whole = system
        y = whole.place(system.mix(crossing.place), crossing.place[-1])
        for direction in directions(whole, y):
            for way in (direction, -direction):
                for length in (1e-3, 1e-2):
                    try:
                        beside = whole.corrected(y + length * way, way)[0]
                    except (LostError, ValueError, ArithmeticError):
                        continue
                    if 0 <= beside[-1] <= 1 and whole.mix(beside)[list(whole.support)].min() > 1e-9:
                        self._follow(whole, beside, way)
                    break

    def _known(self, system: System, y: np.ndarray) -> bool:
        """Whether a rest point lies on a branch that is there."""
        direction = system.tangent(y)
        same = [whole for other, whole, _ in self.tracks if other.support == system.support]
        return any(_on_track(system, whole, y, direction) for whole in same)

    def branch(self, number: int, names: tuple[str, ...]) -> Branch:
        system, whole, ends = self.tracks[number]
        spectra = [_together(*spectrum(system, y)) for y in whole.places]
        generational = self.family.exact(0.5).generational
        return Branch(
            np.array([self.family.number(y[-1]) for y in whole.places]),
            np.array([np.clip(system.mix(y), 0, None) for y in whole.places]),
            np.array(spectra),
            np.array([rates(one, generational=generational).max(initial=-np.inf) for one in spectra]),
            tuple(classify(one, generational=generational) for one in spectra),
            tuple(names[i] for i in system.support),
            tuple(self._event(system, crossing, names) for crossing in self.found[number]),
            ends,
        )

    def _event(self, system: System, crossing: Crossing, names: tuple[str, ...]) -> Event:
        inside, outside = spectrum(system, crossing.place)
        frequency = float("nan")
        if crossing.kind in ("Hopf", "Neimark-Sacker"):
            generational = crossing.kind == "Neimark-Sacker"
            pair = inside[np.argmin(np.abs(rates(inside, generational=generational)))]
            frequency = abs(float(np.angle(1 + pair)) if generational else float(pair.imag))
        return Event(
            crossing.kind,
            self.family.number(crossing.place[-1]),
            np.clip(system.mix(crossing.place), 0, None),
            _together(inside, outside),
            frequency,
            names[crossing.strategy] if crossing.strategy >= 0 else None,
        )


def _on_track(system: System, whole: Track, y: np.ndarray, direction: np.ndarray) -> bool:
    """Whether a place lies on a track: near one of its chords, along it, and where the branch is beside the chord."""
    first, chord = whole.places[:-1], np.diff(whole.places, axis=0)
    length = np.maximum(np.linalg.norm(chord, axis=1), 1e-12)
    part = np.clip(((y - first) * chord).sum(axis=1) / length**2, 0, 1)
    beside = first + part[:, None] * chord
    distance = np.linalg.norm(beside - y, axis=1)
    along = np.abs(chord @ direction) / length
    for k in np.flatnonzero((distance < 0.2 * length + 1e-7) & (along > 0.9)):
        if distance[k] < SAME:
            return True
        try:
            if np.abs(system.corrected(beside[k], chord[k] / length[k])[0] - y).max() < SAME:
                return True
        except LostError:
            continue
    return False


def _together(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    found = np.concatenate([inside, outside.astype(complex)])
    return ordered(found)


def _support(field: Field, mix: np.ndarray) -> tuple[int, ...]:
    """The strategies in use where the field keeps faces, else all."""
    if not field.keeps_faces:
        return tuple(range(field.strategies))
    return tuple(int(i) for i in np.flatnonzero(mix > 0))
