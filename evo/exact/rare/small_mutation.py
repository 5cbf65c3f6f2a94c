"""The limit of rare mutations: a chain of monomorphic states [Fudenberg & Imhof 2006; Imhof, Fudenberg & Nowak 2005].

Where a mutant takes over or is lost before the next one arises, the population sits in monomorphic states. From s it goes
to t, which differs in the strategy of one role, with probability Lambda_st = Q_st rho_st per mutation: the mutation
matrix and the fixation probability of a single mutant. With two roles the mutant is of a role in proportion to its size.

Everything is done in logarithms and without subtractions (gth.py), so that fixation probabilities of 1e-400 leave a
stationary distribution that is right in every digit they determine. Some rules give probabilities that are exactly 0
(imitate_best, proportional_imitation); where these cut the states into several recurrent classes, there is one stationary
distribution for each, and none of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._reprs import shown
from evo.exact.payoff.infinite import Values
from evo.exact.rare.contests import (
    Contests,
    contest_ratios,
    contests,
    monomorphic_payoffs,
    monomorphic_states,
    mutant_arrivals,
)
from evo.exact.rare.gth import log_stationary, recurrent_classes
from evo.exact.takeover.fixation import fixation_curve
from evo.exact.takeover.loops import fill_fates, fill_log_rho

if TYPE_CHECKING:
    import pandas as pd

    from evo.model import Model


@shown
@dataclass(frozen=True)
class SmallMutation:
    """Fixation probabilities and the chain of monomorphic states, one step of which is one mutation.

    Row: from, the resident state; column: to, the mutant's. log_rho is -inf where a mutant never takes over, nan where
    no single mutant leads from one state to the other. classes: the recurrent classes, of states; one log_distribution
    for each, -inf outside it.
    """

    strategies: tuple[str, ...]
    sizes: tuple[int, ...]  # individuals of each role
    states: np.ndarray = field(repr=False)  # int (S, r): the strategy of each role, by its place
    payoffs: np.ndarray = field(repr=False)  # (S, r): effective payoff of each role's individuals
    log_rho: np.ndarray = field(repr=False)  # (S, S)
    log_transition: np.ndarray = field(repr=False)  # (S, S), -inf on the diagonal
    classes: tuple[np.ndarray, ...]
    log_distributions: np.ndarray = field(repr=False)  # (classes, S)

    @property
    def method(self) -> str:
        """What was computed, and how."""
        contests = int(np.isfinite(self.log_transition).sum())
        return (
            f"fixation probabilities of {contests:,} contests in the log domain, the chain of monomorphic states without "
            "subtraction (GTH)"
        )

    @property
    def error(self) -> str:
        """How far the numbers may be off."""
        return f"relative, rounding of about {max(self.sizes)} x 2e-16 in each fixation probability"

    @property
    def names(self) -> tuple[str, ...]:
        """What the states are called: their strategy, or their strategies joined by commas."""
        return tuple(", ".join(self.strategies[i] for i in state) for state in self.states)

    @property
    def rho(self) -> np.ndarray:
        """rho[resident, mutant]: the probability that a single mutant takes over, (S, S)."""
        return np.exp(self.log_rho)

    @property
    def transition(self) -> np.ndarray:
        """Lambda, row-stochastic, (S, S)."""
        found = np.exp(self.log_transition)
        return found + np.diag(1 - found.sum(axis=1))

    @property
    def distributions(self) -> np.ndarray:
        """The stationary distribution within each recurrent class, (classes, S)."""
        return np.exp(self.log_distributions)

    @property
    def log_stationary(self) -> np.ndarray:
        """Log of the stationary distribution, (S,); ValueError where there are several recurrent classes."""
        if len(self.classes) > 1:
            parts = "; ".join("{" + " | ".join(self.names[s] for s in states) + "}" for states in self.classes)
            raise ValueError(
                f"no state of one recurrent class leads to another, so where it ends depends on where it starts; "
                f"classes: {parts} (see `distributions`)"
            )
        return self.log_distributions[0]

    @property
    def stationary(self) -> np.ndarray:
        """The stationary distribution over the monomorphic states, (S,)."""
        return np.exp(self.log_stationary)

    @property
    def transient(self) -> tuple[str, ...]:
        """States that are left for ever."""
        kept = {int(s) for states in self.classes for s in states}
        return tuple(name for s, name in enumerate(self.names) if s not in kept)

    @property
    def shares(self) -> np.ndarray:
        """Time average of each strategy's share in its own role, (d,)."""
        found = np.zeros(len(self.strategies))
        np.add.at(found, self.states, self.stationary[:, None])
        return found

    @property
    def mean_payoffs(self) -> np.ndarray:
        """Mean effective payoff over all individuals in each state, (S,)."""
        return self.payoffs @ np.array(self.sizes) / sum(self.sizes)

    @property
    def mean_payoff(self) -> float:
        """Time average of the population's mean effective payoff."""
        return float(self.stationary @ self.mean_payoffs)

    def average(self, by_strategy: Mapping[str, float] | Sequence[float] | np.ndarray) -> float:
        """Time average of a number that each strategy has, over all individuals: {"cooperate": 1} gives the share of
        cooperators (0 for who is not named)."""
        if isinstance(by_strategy, Mapping):
            unknown = [name for name in by_strategy if name not in self.strategies]
            if unknown:
                raise ValueError(f"{unknown[0]!r} is not a strategy; strategies: {', '.join(self.strategies)}")
            by_strategy = [by_strategy.get(name, 0.0) for name in self.strategies]
        numbers = np.asarray(by_strategy, dtype=float)
        if numbers.shape != (len(self.strategies),):
            raise ValueError(f"give one number for each of {len(self.strategies)} strategies, not {numbers.shape}")
        return float(self.stationary @ (numbers[self.states] @ np.array(self.sizes)) / sum(self.sizes))

    @property
    def frame(self) -> pd.DataFrame:
        """One row per state: its name, its share of the time, its mean payoff."""
        import pandas as pd

        return pd.DataFrame({"state": self.names, "stationary": self.stationary, "mean_payoff": self.mean_payoffs})


def small_mutation(model: Model, *, environment: Values = None) -> SmallMutation:
    """The limit of rare mutations of a finite well-mixed model, of one or two roles.

    The mutation matrix is the model's (`mutation.to`); its rate does not matter. Environment variables that move are held
    at the values given by `environment`. Raises ValueError where nothing is ever fixed (innovative rules, infinite
    populations), and where a mutant may neither take over nor be lost, so that states between would last.
    """
    states = monomorphic_states(model)
    log_rho = np.full((len(states), len(states)), np.nan)
    mixed = np.zeros(log_rho.shape)
    for block in contests(model, environment=environment):
        won, stays = _outcomes(model, block, environment)
        log_rho[block.first, block.second], log_rho[block.second, block.first] = won.T
        mixed[block.first, block.second], mixed[block.second, block.first] = stays.T
    arrivals = mutant_arrivals(model, states)
    _check_settled(model, states, np.where(arrivals > 0, mixed, 0.0))
    log_transition = transitions(arrivals, log_rho)
    classes = recurrent_classes(log_transition > -np.inf)
    distributions = np.full((len(classes), len(states)), -np.inf)
    for row, members in zip(distributions, classes, strict=True):
        row[members] = log_stationary(log_transition[np.ix_(members, members)])
    return SmallMutation(
        strategies=model.strategy_names,
        sizes=tuple(int(size) for size in model.lowered.sizes),
        states=states,
        payoffs=monomorphic_payoffs(model, environment=environment),
        log_rho=log_rho,
        log_transition=log_transition,
        classes=classes,
        log_distributions=distributions,
    )


def transitions(arrivals: np.ndarray, log_rho: np.ndarray) -> np.ndarray:
    """Log of the transition probabilities, (S, S): a mutant arises and takes over; -inf where no mutant arises."""
    with np.errstate(divide="ignore"):
        return np.log(arrivals) + np.where(arrivals > 0, log_rho, 0.0)


def _outcomes(model: Model, block: Contests, environment: Values) -> tuple[np.ndarray, np.ndarray]:
    """Log fixation probability of one mutant among residents and of one resident among mutants, (P, 2), and the
    probability that either stays mixed for ever, (P, 2)."""
    won, mixed = np.empty((len(block.first), 2)), np.zeros((len(block.first), 2))
    if model.lowered.rule.pace == codes.SYNCHRONOUS:
        for p, (i, j) in enumerate(block.pairs):
            mutant, resident = model.strategy_names[i], model.strategy_names[j]
            curve = fixation_curve(model, mutant=mutant, resident=resident, environment=environment)
            won[p], mixed[p] = _both_ways(curve.log_probability, curve.log_extinction)
        return won, mixed
    ratios = np.ascontiguousarray(contest_ratios(model.lowered.rule, block))
    fill_log_rho(ratios, won)
    for p in np.flatnonzero(np.isnan(won[:, 0])):
        log_fixed, log_lost = np.empty((2, ratios.shape[1] + 2))
        fill_fates(ratios[p], log_fixed, log_lost)
        won[p], mixed[p] = _both_ways(log_fixed, log_lost)
    return won, mixed


def _both_ways(log_fixed: np.ndarray, log_lost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ends = np.array([[log_fixed[1], log_lost[1]], [log_lost[-2], log_fixed[-2]]])
    rest = 1 - np.exp(ends).sum(axis=1)
    return ends[:, 0], np.where(np.abs(rest) < 1e-9, 0.0, rest)


def _check_settled(model: Model, states: np.ndarray, mixed: np.ndarray) -> None:
    if not (mixed > 0).any():
        return
    s, t = np.argwhere(mixed > 0)[0]
    role = int(np.flatnonzero(states[s] != states[t])[0])
    mutant, resident = (model.strategy_names[states[state, role]] for state in (t, s))
    raise ValueError(
        f"one {mutant} among {resident} neither takes over nor is lost, with probability {mixed[s, t]:.3g}: both stay for "
        "ever under this rule, so rare mutations do not find the population monomorphic"
    )
