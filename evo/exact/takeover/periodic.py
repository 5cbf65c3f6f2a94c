"""Fixation in an environment that comes round: `periodic` variables, in finite populations with one update a step.

The environment of each step follows from the law as in a run: the value at the time of the step (`per: step`), or at the
beginning of its generation. The matrices of all steps of a period are multiplied, by repeated squaring while the
environment stands still, and what begins anew with each period is solved as an absorbing chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from evo._reprs import shown
from evo.environments import Constant, Periodic, parameter_value
from evo.exact.takeover.edge_rates import edge_log_rates
from evo.exact.takeover.fixation import named_pair, notes_on
from evo.exact.takeover.loops import sweep_back
from evo.exact.takeover.synchronous import Solver

if TYPE_CHECKING:
    from evo.model import Model

LARGEST = 1000  # individuals
LONGEST = 10**6  # steps of a period
MOST_WORK = 1e11  # multiplications, about a minute
LATE = 1e-3  # steps by which an edge of a square wave may come after a step and still count


@shown
@dataclass(frozen=True)
class PeriodicFixation:
    """Fixation and mean times from every start at time 0 of the run, without mutation; arrays (Z+1,).

    `period` is the number of steps after which all comes round. Times are in steps, a generation is `pace` of them; nan
    where the mutant cannot take over.
    """

    mutant: str
    resident: str
    period: int
    probability: np.ndarray
    extinction: np.ndarray
    steps: np.ndarray
    conditional_steps: np.ndarray
    pace: int
    method: str
    error: str
    notes: tuple[str, ...]


def periodic_fixation(model: Model, *, mutant: str, resident: str) -> PeriodicFixation:
    """Fixation of `mutant` among `resident` where the environment is periodic.

    Raises ValueError where a variable moves by another law, where the period is no whole number of steps (or
    generations, `per: generation`), nor are up to 1000 periods, where it takes too much work, and as `fixation` does.
    """
    pair = named_pair(model, mutant, resident)
    size = model.lowered.meeting.whole
    if size > LARGEST:
        raise ValueError(f"multiplies matrices of {size} states: at most {LARGEST}")
    values, schedule = environments(model)
    _check_work(size, schedule)
    rates = [edge_log_rates(model, pair, environment=value) for value in values]
    up, down = (np.exp(np.array([rate[way][0] for rate in rates])) for way in (0, 1))
    whole = _period_matrix(up, down, schedule)
    chain = np.ascontiguousarray(whole[1:size, 1:size])
    still = np.diag(chain) == 1
    chain[still] = 0.0
    solver = Solver(chain, whole[1:size, 0] + whole[1:size, size], still)
    fixed, lost = solver.sums(whole[1:size, size]), solver.sums(whole[1:size, 0])
    probability, spent = np.r_[0.0, fixed, 1.0], np.zeros(size + 1)
    sweep_back(up, down, schedule, probability.copy(), spent)
    with np.errstate(divide="ignore", invalid="ignore"):
        given = np.where(fixed > 0, solver.sums(spent[1:-1]) / fixed, np.nan)
    return PeriodicFixation(
        mutant=mutant,
        resident=resident,
        period=len(schedule),
        probability=probability,
        extinction=np.r_[1.0, lost, 0.0],
        steps=np.r_[0.0, solver.sums(whole[1:size, size + 1]), 0.0],
        conditional_steps=np.r_[np.nan, given, 0.0],
        pace=size,
        method=f"products of the {len(schedule)} steps of a period, then an absorbing chain of {size - 1} states",
        error="relative, about 1e-11, where a probability is above 1e-300",
        notes=notes_on(model, bool((1 - probability[1:-1] - lost > 1e-9).any())),
    )


def environments(model: Model) -> tuple[list[dict[str, float]], np.ndarray]:
    """The environments that occur, and which of them each step of a period meets, (steps,)."""
    value = parameter_value(model.parameter_values)
    size = model.lowered.meeting.whole
    laws = {name: law for name, law in model.environment.items() if not isinstance(law, Constant)}
    steps, waves = 1, dict[str, tuple[Periodic, list[float]]]()
    for name, law in laws.items():
        if not isinstance(law, Periodic):
            raise ValueError(f"{name} moves by {law.kind}; this is for variables that are periodic or constant")
        numbers = law.numbers(value)
        ticks = 1 if law.per == "step" else size  # steps between two looks at the law
        steps = math.lcm(steps, _whole_ticks(name, numbers[2] * size / ticks) * ticks)
        waves[name] = law, numbers
    if not laws:
        raise ValueError("no variable of the environment is periodic: ask for `fixation`")
    if steps > LONGEST:
        raise ValueError(f"all comes round after {steps:,} steps: at most {LONGEST:,}")
    step = np.arange(steps)
    columns = [
        wave(numbers, step if law.per == "step" else step // size * size, size) for law, numbers in waves.values()
    ]
    rows, schedule = np.unique(np.array(columns), axis=1, return_inverse=True)
    return [dict(zip(waves, row, strict=True)) for row in rows.T.tolist()], schedule.reshape(-1)


def wave(numbers: list[float], step: np.ndarray, size: int) -> np.ndarray:
    """Values that the steps meet of a periodic law, by its numbers: mean, amplitude, period, phase, shape."""
    mean, amplitude, period, phase, square = numbers
    if not square:
        return mean + amplitude * np.sin(2 * np.pi * np.round((step / size / period + phase) % 1, 12))
    half = np.floor(2 * ((step + LATE) / size / period + phase) + 1e-9)
    return np.where(half % 2 == 0, mean + amplitude, mean - amplitude)


def _whole_ticks(name: str, period: float) -> int:
    """The least number of ticks that some whole number of periods takes."""
    ratio = Fraction(period).limit_denominator(1000)
    if abs(float(ratio) - period) > 1e-9 * period:
        raise ValueError(
            f"{name} does not come round on a step: its period is {period:.12g} of the ticks at which it moves"
        )
    return ratio.numerator


def _period_matrix(up: np.ndarray, down: np.ndarray, schedule: np.ndarray) -> np.ndarray:
    """Chances of one period between states 0..Z, and in the last column the expected number of mixed states passed."""
    size = up.shape[1] - 1
    whole = np.eye(size + 2)
    for e, length in reversed(_spells(schedule)):
        if length <= _few(size):
            for _ in range(length):
                whole = _before(up[e], down[e], whole)
        else:
            whole = np.linalg.matrix_power(_before(up[e], down[e], np.eye(size + 2)), length) @ whole
    return whole


def _before(up: np.ndarray, down: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """One more step before all others: rows mix with their neighbours, and a mixed state has been passed."""
    size = len(up) - 1
    rates = (rate[1:size, None] for rate in (up, down, np.maximum(1 - up - down, 0.0)))
    found = whole.copy()
    found[1:size] = sum(rate * whole[first : first + size - 1] for rate, first in zip(rates, (2, 0, 1), strict=True))
    found[1:size, size + 1] += 1
    return found


def _spells(schedule: np.ndarray) -> list[tuple[int, int]]:
    """The environments one after the other, and for how many steps each stands still."""
    return [(e, len(list(run))) for e, run in groupby(schedule.tolist())]


def _few(size: int) -> int:
    """Up to how many steps are cheaper one by one than by squaring."""
    return max(4, size // 4)


def _check_work(size: int, schedule: np.ndarray) -> None:
    spells = np.array([length for _, length in _spells(schedule)])
    squarings = 2 * np.ceil(np.log2(spells + 1)) * size
    work = float(np.where(spells <= _few(size), 10 * spells, squarings).sum()) * size**2
    if work > MOST_WORK:
        raise ValueError(
            f"a period of {len(schedule):,} steps in {len(spells):,} spells takes {work:.1e} multiplications among {size}: "
            f"at most {MOST_WORK:.0e}"
        )
