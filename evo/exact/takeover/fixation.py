"""Fixation: the chance that a mutant takes over a finite population of one other strategy, and how long it takes.

Where one individual changes at a time, rho = 1/(1 + sum_m prod_{k<=m} T-_k/T+_k) [Karlin & Taylor 1975, ch. 4;
Traulsen & Hauert 2009] as a sum of exponentials, so that 1e-400 is a number like any other; mean times by
eliminating states one after the other, without differences; times given fixation from the chain conditioned on it
(Doob's transform [Altrock & Traulsen 2009]). Rules that change many individuals at once are solved as a dense chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from evo import codes
from evo._reprs import shown
from evo.exact.payoff.edge import edge_payoffs
from evo.exact.payoff.infinite import Values
from evo.exact.takeover.edge_rates import both_log_gains, checked_pairs, edge_log_ratios, log_ratios, sides
from evo.exact.takeover.loops import fill_fates, fill_log_rho
from evo.exact.takeover.passage import fill_times
from evo.exact.takeover.synchronous import synchronous_fixation

if TYPE_CHECKING:
    from evo.model import Model

Chances = TypeVar("Chances", float, np.ndarray)
CHUNK = 2**19  # states of all pairs together that are held at a time


@shown
@dataclass(frozen=True)
class Fixation:
    """What becomes of `start` mutants among residents, without mutation.

    probability, extinction: that the mutant takes over, that it is lost; `mixed`, what is missing to 1, is the chance
    that both stay for ever (a state in which nothing can happen, or a to and fro that never ends). Natural logarithms
    stay exact where the probabilities are too small for a double. Mean times and their standard deviations until nothing
    can change any more, and given that the mutant takes over (nan where it cannot), in steps; a generation is `pace`
    steps; inf where there is no mean, or one beyond 1e308. `method`, `error` and `notes` say how the numbers came about.
    """

    mutant: str
    resident: str
    size: int
    start: int
    probability: float
    log_probability: float
    extinction: float
    log_extinction: float
    mixed: float
    steps: float
    steps_sd: float
    conditional_steps: float
    conditional_steps_sd: float
    pace: int
    method: str
    error: str
    notes: tuple[str, ...]

    @property
    def generations(self) -> float:
        return self.steps / self.pace

    @property
    def conditional_generations(self) -> float:
        return self.conditional_steps / self.pace


@dataclass(frozen=True)
class FixationCurve:
    """`Fixation` from every number of mutants: arrays over start = 0..Z, (Z+1,)."""

    mutant: str
    resident: str
    log_probability: np.ndarray
    log_extinction: np.ndarray
    steps: np.ndarray
    steps_sd: np.ndarray
    conditional_steps: np.ndarray
    conditional_steps_sd: np.ndarray
    pace: int
    method: str
    error: str
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.log_probability) - 1

    @property
    def probability(self) -> np.ndarray:
        return np.exp(self.log_probability)

    @property
    def extinction(self) -> np.ndarray:
        return np.exp(self.log_extinction)

    @property
    def mixed(self) -> np.ndarray:
        """Chance that both strategies stay, what is missing to 1; 0 where that is below 1e-9 and may be rounding."""
        return _mixed(self.probability, self.extinction)

    def at(self, start: int) -> Fixation:
        """From `start` mutants."""
        if start != int(start) or not 0 <= start <= self.size:
            raise ValueError(f"starts with a whole number of mutants from 0 to {self.size}, not {start}")
        probability, extinction = float(np.exp(self.log_probability[start])), float(np.exp(self.log_extinction[start]))
        return Fixation(
            mutant=self.mutant,
            resident=self.resident,
            size=self.size,
            start=int(start),
            probability=probability,
            log_probability=float(self.log_probability[start]),
            extinction=extinction,
            log_extinction=float(self.log_extinction[start]),
            mixed=_mixed(probability, extinction),
            steps=float(self.steps[start]),
            steps_sd=float(self.steps_sd[start]),
            conditional_steps=float(self.conditional_steps[start]),
            conditional_steps_sd=float(self.conditional_steps_sd[start]),
            pace=self.pace,
            method=self.method,
            error=self.error,
            notes=self.notes,
        )


def fixation(model: Model, *, mutant: str, resident: str, start: int = 1, environment: Values = None) -> Fixation:
    """What becomes of `start` individuals of `mutant` among Z - start of `resident`.

    The model's mutation is left out (the result's notes say so); environment variables that move are given by
    `environment`, or see `switching_fixation` and `periodic_fixation`. Raises ValueError, with the reason, where nothing
    is ever fixed (innovative rules), for infinite populations and two roles, and where the rule is not defined in some
    state.
    """
    return fixation_curve(model, mutant=mutant, resident=resident, environment=environment).at(start)


def fixation_curve(model: Model, *, mutant: str, resident: str, environment: Values = None) -> FixationCurve:
    """`fixation` from every start at once, at the cost of one."""
    pair = named_pair(model, mutant, resident)
    if model.lowered.rule.pace == codes.SYNCHRONOUS:
        return _synchronous(model, pair, environment)
    return _one_step(model, pair, environment)


def log_fixation(model: Model, pairs: np.ndarray, *, environment: Values = None) -> np.ndarray:
    """Log fixation probability of one i among all-j, and of one j among all-i, for pairs (i, j), an int array (P, 2);
    (P, 2). Both cost one pass, so ask for each pair once. Raises as `fixation` does."""
    pairs = checked_pairs(model, pairs)
    found = np.empty((len(pairs), 2))
    size = model.lowered.meeting.whole
    if model.lowered.rule.pace == codes.SYNCHRONOUS:
        for p in range(len(pairs)):
            curve = synchronous_fixation(model, pairs[p : p + 1], environment=environment)
            found[p] = curve.log_probability[1], curve.log_extinction[size - 1]
        return found
    step = max(1, CHUNK // size)
    for first in range(0, len(pairs), step):
        ratios = edge_log_ratios(model, pairs[first : first + step], environment=environment)
        fill_log_rho(ratios, found[first : first + step])
        for p in np.flatnonzero(np.isnan(found[first : first + step, 0])):
            log_fixed, log_lost = np.empty((2, size + 1))
            fill_fates(ratios[p], log_fixed, log_lost)
            found[first + p] = log_fixed[1], log_lost[size - 1]
    return found


def named_pair(model: Model, mutant: str, resident: str) -> np.ndarray:
    """The places of the two strategies, (1, 2); ValueError where there is no such pair."""
    names = model.strategy_names
    for name in (mutant, resident):
        if name not in names:
            raise ValueError(f"{name!r} is not a strategy; strategies: {', '.join(names)}")
    if mutant == resident:
        raise ValueError(f"mutant and resident are both {mutant}")
    return checked_pairs(model, np.array([[names.index(mutant), names.index(resident)]]))


def notes_on(model: Model, mixed: bool) -> tuple[str, ...]:
    """What was left out or is out of the ordinary."""
    rule = model.lowered.rule
    found: list[str] = []
    if rule.mutation > 0:
        found.append(f"the model's mutation (rate {rule.mutation:g}) is left out: nothing is fixed with it")
    if rule.pace == codes.LEAP:
        found.append("the chain takes one update a step, of which the model's leaps are an approximation")
    if mixed:
        found.append("from some states both strategies stay for ever: see `mixed`")
    return tuple(found)


def _one_step(model: Model, pair: np.ndarray, environment: Values) -> FixationCurve:
    rule, size = model.lowered.rule, model.lowered.meeting.whole
    mutant, resident = sides(model, pair, edge_payoffs(model, pair, environment=environment))
    log_up, log_down = both_log_gains(rule, mutant, resident)
    log_fixed, log_lost = np.empty((2, size + 1))
    ratios = log_ratios(rule, mutant, resident)[0]
    fill_fates(ratios, log_fixed, log_lost)
    times = np.empty((4, size + 1))
    fill_times(log_up[0], log_down[0], log_fixed, times)
    return FixationCurve(
        mutant=model.strategy_names[pair[0, 0]],
        resident=model.strategy_names[pair[0, 1]],
        log_probability=log_fixed,
        log_extinction=log_lost,
        steps=times[0],
        steps_sd=times[1],
        conditional_steps=times[2],
        conditional_steps_sd=times[3],
        pace=size,
        method="birth-death chain: sums of products in the log domain, times by elimination",
        error=f"relative, up to rounding of about {size + 1} x 2e-16 in each logarithm",
        # where every state may go both ways, one of the strategies takes over in the end
        notes=notes_on(model, not np.isfinite(ratios).all() and _some_mixed(log_fixed, log_lost)),
    )


def _synchronous(model: Model, pair: np.ndarray, environment: Values) -> FixationCurve:
    size = model.lowered.meeting.whole
    found = synchronous_fixation(model, pair, environment=environment)
    return FixationCurve(
        mutant=model.strategy_names[pair[0, 0]],
        resident=model.strategy_names[pair[0, 1]],
        **found._asdict(),
        pace=1,
        method=f"dense chain of {size - 1} mixed states, a generation a step: elimination without differences",
        error="relative, about 1e-11, where a probability is above 1e-300",
        notes=notes_on(model, _some_mixed(found.log_probability, found.log_extinction)),
    )


def _some_mixed(log_fixed: np.ndarray, log_lost: np.ndarray) -> bool:
    return bool(_mixed(np.exp(log_fixed), np.exp(log_lost)).any())


def _mixed(fixed: Chances, lost: Chances) -> Chances:
    """What is missing to 1, 0 where that is below 1e-9 and may be rounding."""
    rest = 1 - fixed - lost
    return rest * (abs(rest) >= 1e-9) + 0.0  # no -0
