"""Fixation in an environment that switches at random between the values of `switching` variables.

The chain is that of mutants and environment together, (Z-1)*m states for m environments, solved level by level
[Ashcroft, Altrock & Galla 2014]. In one step the strategies update by the payoffs of the present environment, and then
the environment moves by its probabilities per step; rates per generation give exp(rates/Z) per step, which is what the
simulation does (events at exact times, seen after the step in which they fall).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from evo._reprs import shown
from evo.environments import Constant, Switching, parameter_value
from evo.exact.chains.block_loops import climb, descend
from evo.exact.takeover.edge_rates import edge_log_rates
from evo.exact.takeover.fixation import named_pair, notes_on

if TYPE_CHECKING:
    from evo.model import Model

LARGEST = 10**7  # numbers in a block of rates for all levels, of which ten are held: 0.8 GB
Order = Literal["update_first", "environment_first"]


@shown
@dataclass(frozen=True)
class SwitchingFixation:
    """Fixation and mean times from every environment and start, without mutation; arrays (m, Z+1).

    `environments` are the values of the switching variables, `stationary` (m,) how often each occurs in the long run.
    Times are in steps, a generation is `pace` of them; inf where both strategies may stay for ever, nan where the
    mutant cannot take over.
    """

    mutant: str
    resident: str
    environments: tuple[dict[str, float], ...]
    stationary: np.ndarray
    log_probability: np.ndarray
    log_extinction: np.ndarray
    steps: np.ndarray
    conditional_steps: np.ndarray
    order: Order
    pace: int
    method: str
    error: str
    notes: tuple[str, ...]

    @property
    def probability(self) -> np.ndarray:
        return np.exp(self.log_probability)

    @property
    def mixed(self) -> np.ndarray:
        """Chance that both strategies stay for ever."""
        rest = 1 - self.probability - np.exp(self.log_extinction)
        return np.where(np.abs(rest) < 1e-9, 0.0, rest)

    @property
    def mean_probability(self) -> np.ndarray:
        """From the stationary environment, (Z+1,)."""
        return self.stationary @ self.probability

    @property
    def mean_steps(self) -> np.ndarray:
        """From the stationary environment, (Z+1,)."""
        return self.stationary @ self.steps


class Weather(NamedTuple):
    """The environments and how one follows the other."""

    values: tuple[dict[str, float], ...]
    chain: np.ndarray  # (m, m), per step
    stationary: np.ndarray  # (m,)


class Passage(NamedTuple):
    """What comes of the mixed states, (Z-1, m) each."""

    log_chance: np.ndarray
    steps: np.ndarray


def switching_fixation(model: Model, *, mutant: str, resident: str, order: Order = "update_first") -> SwitchingFixation:
    """Fixation of `mutant` among `resident` where the environment switches.

    order: within a step, the strategies update and then the environment moves, or the reverse. Raises ValueError where
    a variable of the environment moves by another law, where the chain is too large, and as `fixation` does.
    """
    if order not in ("update_first", "environment_first"):
        raise ValueError(f"order is update_first or environment_first, not {order!r}")
    pair = named_pair(model, mutant, resident)
    weather = _weather(model)
    _check_size(model.lowered.meeting.whole, len(weather.values))
    rates = [edge_log_rates(model, pair, environment=values) for values in weather.values]
    up, down = (np.exp(np.array([rate[way][0] for rate in rates])) for way in (0, 1))
    won = _passage(up, down, weather.chain)
    lost = _passage(down[:, ::-1], up[:, ::-1], weather.chain)
    given = _conditional(up, down, weather.chain, won.log_chance)
    log_probability, log_extinction = (
        _bordered(won.log_chance, -np.inf, 0.0),
        _bordered(lost.log_chance[::-1], 0.0, -np.inf),
    )
    steps, given = _bordered(won.steps, 0.0, 0.0), _bordered(given, np.nan, 0.0)
    if order == "environment_first":
        given = _moved(weather.chain, log_probability, given)
        steps = weather.chain @ steps
        log_probability = np.array([_log_mean(row, log_probability) for row in weather.chain])
        log_extinction = np.array([_log_mean(row, log_extinction) for row in weather.chain])
    return SwitchingFixation(
        mutant=mutant,
        resident=resident,
        environments=weather.values,
        stationary=weather.stationary,
        log_probability=log_probability,
        log_extinction=log_extinction,
        steps=steps,
        conditional_steps=given,
        order=order,
        pace=model.lowered.meeting.whole,
        method=f"chain of {won.steps.size} states (mutants and environment), block elimination level by level",
        error=f"relative, up to rounding of about {len(won.steps) + 2} x 2e-16; steps rarer than 1e-300 count as none",
        notes=notes_on(model, False),
    )


def _check_size(size: int, states: int) -> None:
    if size * states**2 > LARGEST:
        memory = 80 * size * states**2 / 1e9
        raise ValueError(f"{states} environments among {size:,} individuals would take {memory:,.1f} GB: too much")


def _weather(model: Model) -> Weather:
    """The product of all switching variables; ValueError where another variable moves, or none switches."""
    value = parameter_value(model.parameter_values)
    names: list[str] = []
    values: list[list[float]] = []
    chains: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for name, law in model.environment.items():
        if isinstance(law, Constant):
            continue
        if not isinstance(law, Switching):
            raise ValueError(f"{name} moves by {law.kind}; this is for variables that switch or are constant")
        numbers = law.numbers(value)
        count, first = int(numbers[0]), 3
        matrix = np.array(numbers[first + count : first + count + count**2]).reshape(count, count)
        names.append(name)
        values.append(numbers[first : first + count])
        chains.append(matrix if law.probabilities is not None else transition(matrix, 1 / model.lowered.meeting.whole))
        weights.append(np.array(numbers[first + count + count**2 :]))
    if not names:
        raise ValueError("no variable of the environment switches: ask for `fixation`")
    return Weather(
        tuple(dict(zip(names, chosen, strict=True)) for chosen in product(*values)),
        np.ascontiguousarray(reduce(np.kron, chains)),
        reduce(np.kron, weights),
    )


def transition(rates: np.ndarray, duration: float) -> np.ndarray:
    """exp(rates * duration) of a rate matrix, by uniformisation and squaring: sums of positive terms, rows sum to 1."""
    fastest = float(-np.diag(rates).min()) * duration
    if fastest == 0:
        return np.eye(len(rates))
    halvings = max(0, int(np.ceil(np.log2(fastest))))
    part = fastest / 2**halvings
    jump = np.maximum(np.eye(len(rates)) + rates * (duration / fastest), 0.0)
    term, found = np.eye(len(rates)) * np.exp(-part), np.zeros_like(jump)
    for n in range(1, 40):
        found += term
        term = term @ jump * (part / n)
    for _ in range(halvings):
        found = found @ found
    return found / found.sum(axis=1, keepdims=True)


def _passage(up: np.ndarray, down: np.ndarray, chain: np.ndarray) -> Passage:
    """To the top, from rates (m, Z+1)."""
    stay = np.maximum(1 - up - down, 0.0)
    blocks = (np.ascontiguousarray(rate[:, 1:-1].T[:, :, None] * chain) for rate in (stay, up, down))
    return _climbed(*blocks)


def _conditional(up: np.ndarray, down: np.ndarray, chain: np.ndarray, log_won: np.ndarray) -> np.ndarray:
    """Mean steps to the top given that it is reached, (Z-1, m): the time of the conditioned chain (Doob's transform)."""
    can = log_won > -np.inf
    here = np.where(can, log_won, 0.0)[:, :, None]
    levels = _bordered(log_won, -np.inf, 0.0).T[:, None, :]
    stay = np.maximum(1 - up - down, 0.0)
    blocks = [
        np.where(can[:, :, None], rate[:, 1:-1].T[:, :, None] * chain * np.exp(after - here), 0.0)
        for rate, after in ((stay, levels[1:-1]), (up, levels[2:]), (down, levels[:-2]))
    ]
    return np.where(can, _climbed(*blocks).steps, np.nan)


def _climbed(local: np.ndarray, up: np.ndarray, down: np.ndarray) -> Passage:
    levels, states = local.shape[:2]
    reach, lost, spent = np.empty((levels, states, states)), np.empty((levels, states)), np.empty((levels, states))
    scratch = np.empty((states, states)), np.empty((states, states + 2)), np.empty(states)
    climb(local, up, down, np.ones((levels, states)), reach, lost, spent, *scratch)
    log_chance, total = np.empty((2, levels, states))
    descend(reach, spent, log_chance, total, np.empty(states), np.empty(states))
    return Passage(log_chance, total)


def _bordered(inside: np.ndarray, bottom: float, top: float) -> np.ndarray:
    """(Z-1, m) with the levels 0 and Z, as (m, Z+1)."""
    states = inside.shape[1]
    return np.vstack([np.full((1, states), bottom), inside, np.full((1, states), top)]).T


def _log_mean(weights: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """log(weights @ exp(logs)), (m,) and (m, Z+1)."""
    with np.errstate(divide="ignore"):
        terms = np.log(weights)[:, None] + logs
    return np.logaddexp.reduce(terms, axis=0)


def _moved(chain: np.ndarray, log_probability: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Conditional times before the environment moves: means weighted by what each environment contributes to fixation."""
    with np.errstate(divide="ignore"):
        joint = np.log(chain)[:, :, None] + log_probability  # from e to f, and from there to fixation
    total = np.logaddexp.reduce(joint, axis=1)
    weight = np.exp(joint - np.where(total > -np.inf, total, 0.0)[:, None])
    mean = np.where(weight > 0, weight * given, 0.0).sum(axis=1)
    return np.where(total > -np.inf, mean, np.nan)
