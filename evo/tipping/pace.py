"""Rate-induced tipping: the pace alone, of a ramp along which the state stays stable all the way [Ashwin et al. 2012].

A system tips by the pace if (1) the rest point it starts from, followed along the ramp with the number frozen at each value,
stays stable throughout, (2) it tracks that rest point on a slow ramp, and (3) it leaves it on ramps faster than a critical rate.
Where (1) fails it tips by a bifurcation, whatever the pace. Overshoot, going beyond a bifurcation and returning in time, is
another question [Ritchie, Karadağ & Sieber 2019]: `overshoot`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo._spec import parse_path
from evo.exact.flows.fields import Field, field_of
from evo.tipping.folds import rest_near
from evo.tipping.leading import lead, settled
from evo.tipping.question import number_at

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

FROZEN = 81  # values along the ramp at which the frozen rest point is found
SCAN = 25  # rates, evenly spaced in their logarithm
PRECISION = 1e-6  # of the critical rate, relative
NEAR = 0.05  # a share that tracks differs by less, in the end
NONE, FOUND, UNSTABLE, NEVER = "none", "found", "bifurcation", "no slow ramp tracks"


@dataclass(frozen=True, eq=False)
class Pace:
    """Whether the pace alone tips, and at which critical rate (nan unless found), per generation.

    outcome: found, none, bifurcation (the frozen state does not stay stable: `lost` says from which value on) or no slow ramp
    tracks. frozen: value and mix of the rest point along the ramp (n, 1 + d). rates, tracked: what was tried; an infinite rate is a
    jump.
    """

    path: str
    first: float
    last: float
    outcome: str
    rate: float
    lost: float
    frozen: np.ndarray
    rates: np.ndarray
    tracked: np.ndarray

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per rate that was tried, and whether the system tracked its frozen state."""
        import pandas as pd

        return pd.DataFrame({"rate": self.rates, "tracked": self.tracked})

    @property
    def statement(self) -> str:
        led = f"{self.path} from {self.first:g} to {self.last:g}"
        if self.outcome == UNSTABLE:
            return f"{led}: not by the pace: the frozen state is lost at {self.lost:.4g}, so any ramp tips or follows from there"
        if self.outcome == NEVER:
            return f"{led}: the slowest ramp tried, {self.rates[0]:.3g} per generation, does not track: try slower ones"
        if self.outcome == NONE:
            return f"{led}: none: the frozen state is stable throughout, and the system tracks it at every pace, up to a jump"
        more = "" if _switches(self.tracked) == 1 else "; faster ramps track again, see the rates tried"
        return f"{led}: tips by the pace, at more than {self.rate:.6g} per generation{more}"


def rate_tipping(
    experiment: Experiment,
    path: str,
    *,
    first: float,
    last: float,
    rates: tuple[float, float] | None = None,
    rest: float | None = None,
) -> Pace:
    """Whether leading the number at `path` from `first` to `last` tips by its pace alone, in a flow in a still environment.

    rates: slowest and fastest to try, by default such that the ramp takes a hundred runs, and a hundredth of a generation; a
    jump is tried besides. rest: a tenth of the generations before and after, by default those of the run. Raises ConfigError
    where there is no flow.
    """
    number_at(experiment, path)
    rest = experiment.run.generations if rest is None else rest
    span = abs(last - first)
    if span == 0:
        raise ConfigError([ConfigProblem(parse_path(path), None, "must be led somewhere", "give two values")])
    begin = settled(experiment, path, first, generations=10 * rest)
    frozen, lost, _ = frozen_states(experiment, path, first, last, begin)
    none = np.zeros(0)
    if not np.isnan(lost):
        return Pace(path, first, last, UNSTABLE, float("nan"), lost, frozen, none, none.astype(bool))
    slowest, fastest = rates or (span / (100 * rest), span / 0.01)
    tried: dict[float, bool] = {}

    def tracks(rate: float) -> bool:
        if rate not in tried:
            tried[rate] = _tracks(experiment, path, first, last, rate, rest, begin, frozen[-1, 1:])
        return tried[rate]

    line = [*np.geomspace(slowest, fastest, SCAN).tolist(), np.inf]
    pattern = [tracks(rate) for rate in line]
    outcome, critical = (NONE, float("nan")) if all(pattern) else (FOUND, float("nan"))
    if not pattern[0]:
        outcome = NEVER
    elif outcome == FOUND:
        k = pattern.index(False)
        critical = _bisected(tracks, line[k - 1], line[k])
    known = np.array(sorted(tried))
    return Pace(path, first, last, outcome, critical, lost, frozen, known, np.array([tried[rate] for rate in known]))


def _bisected(tracks: Callable[[float], bool], low: float, high: float) -> float:
    high = high if np.isfinite(high) else 1e3 * low
    while high / low - 1 > PRECISION:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if tracks(middle) else (low, middle)
    return high


def _switches(tracked: np.ndarray) -> int:
    return int((tracked[1:] != tracked[:-1]).sum())


def _tracks(
    experiment: Experiment,
    path: str,
    first: float,
    last: float,
    rate: float,
    rest: float,
    begin: np.ndarray,
    end: np.ndarray,
) -> bool:
    start = dict(zip(experiment.strategy_names, begin.tolist(), strict=True))
    lasts = abs(last - first) / rate
    schedule = [(0.0, first), (lasts, last)] if lasts > 0 else [(0.0, last), (1.0, last)]
    found = lead(experiment, path, schedule, generations=lasts + 10 * rest, records=4, start=start)
    return bool(np.abs(found.mix[0, -1] - end).max() < NEAR)


def frozen_states(
    experiment: Experiment, path: str, first: float, last: float, begin: np.ndarray | None = None
) -> tuple[np.ndarray, float, list[Field]]:
    """The rest point along the way, value and mix (n, 1 + d), with the number frozen at each value; the value from which on it
    is no longer there or stable (nan: nowhere); and the fields. begin: the mix from which the first is found, by default
    what the run comes to."""
    rows: list[np.ndarray] = []
    fields: list[Field] = []
    mix = settled(experiment, path, first, generations=10 * experiment.run.generations) if begin is None else begin
    for value in np.linspace(first, last, FROZEN):
        field = _field(experiment, path, float(value))
        found = rest_near(field, mix)
        if found is None or np.real(field.eigenvalues(found)).max() >= 0:
            return np.array(rows).reshape(-1, 1 + len(mix)), float(value), fields
        mix = found
        rows.append(np.r_[value, mix])
        fields.append(field)
    return np.array(rows), float("nan"), fields


def _field(experiment: Experiment, path: str, value: float) -> Field:
    try:
        field = field_of(experiment.replace({path: value}).model)
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError([ConfigProblem(parse_path(path), None, f"has no frozen states: {error}", None)]) from None
    if field.generational or not field.differentiable:
        raise ConfigError([ConfigProblem(("dynamics",), None, "has no frozen states with a derivative", None)])
    return field


@dataclass(frozen=True)
class Overshoot:
    """How long a number may stay at `peak` and the system still returns; nan where it does after the longest stay tried."""

    path: str
    base: float
    peak: float
    longest: float
    outcome: str

    @property
    def statement(self) -> str:
        led = f"{self.path} from {self.base:g} to {self.peak:g} and back at once"
        if self.outcome == FOUND:
            return f"{led}: returns if it stays there for up to {self.longest:.6g} generations, tips if longer"
        return f"{led}: {self.outcome}"


def overshoot(
    experiment: Experiment,
    path: str,
    *,
    base: float,
    peak: float,
    longest: float | None = None,
    rest: float | None = None,
) -> Overshoot:
    """The longest stay at `peak`, out of up to `longest` generations (by default ten runs), after which the system, back at
    `base`, returns to where it was; in a flow.

    Raises ConfigError where there is chance: whether one run returns then says nothing of the next.
    """
    number_at(experiment, path)
    if not experiment.model.deterministic:
        message = "has chance, by which one run returns and the next does not: how long it may stay is asked of a flow"
        hint = "population: {kind: infinite}, and an environment that is not random"
        raise ConfigError([ConfigProblem(("population",), None, message, hint)])
    rest = experiment.run.generations if rest is None else rest
    most = 10 * rest if longest is None else longest
    begin = settled(experiment, path, base, generations=10 * rest)
    start = dict(zip(experiment.strategy_names, begin.tolist(), strict=True))

    def returns(stay: float) -> bool:
        schedule = [(0.0, peak), (stay, peak), (stay, base), (stay + rest, base)]
        found = lead(experiment, path, schedule, generations=stay + 10 * rest, records=4, start=start)
        return bool(np.abs(found.mix[0, -1] - begin).max() < NEAR)

    if returns(most):
        return Overshoot(path, base, peak, float("nan"), f"returns even after {most:g} generations")
    low, high = 0.0, most
    while high - low > 1e-6 * most:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if returns(middle) else (low, middle)
    return Overshoot(path, base, peak, low, FOUND)
