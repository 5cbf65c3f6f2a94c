"""Stochastic games: what two players do decides which game they play next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from evo._spec import ProblemError, Spec
from evo.games.matrix import MatrixGame
from evo.games.memory import Memory, Rule, within
from evo.games.repeated import Stage, frequencies, memory_of, probabilities, rules_of, stage_cells, weighted
from evo.quantities import Quantity
from evo.strategies import Name

Next = Name | dict[Name, Quantity]


class Transitions(Spec):
    """Where a state leads by how many of the two cooperated: the name of a state, or the probability of each."""

    both: Next
    one: Next
    none: Next


class State(Spec):
    """A state of a stochastic game: the stage game that is played there, and where each outcome leads."""

    stage: Stage
    next: Transitions


class ByState(Spec):
    """A rule for each state of a stochastic game."""

    kind: Literal["by_state"] = "by_state"
    states: dict[Name, Rule]


StateRule = Rule | ByState


class StochasticGame(Spec):
    """Stochastic game of two: each round is played in one of several states, and its outcome decides on the next state.

    `states` by name, the first being that of the first round: its `stage` game (as in a repeated game) and `next`, where
    it leads when both, one or none cooperate: `next: {both: rich, one: poor, none: {rich: 0.1, poor: 0.9}}`. Players
    see the new state and remember the last round's outcome. `plays`, `error` and `discount` as in a repeated game; a
    strategy may follow another rule in each state: `{kind: by_state, states: {rich: WSLS, poor: ALLD}}`, with the first
    round's move that of the first state's rule [Hilbe, Simsa, Chatterjee & Nowak 2018].
    """

    kind: Literal["stochastic"] = "stochastic"
    states: Annotated[dict[Name, State], Field(min_length=1)]
    error: Quantity = 0.0
    discount: Quantity = 1.0
    plays: dict[Name, StateRule] = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...], parameters: Mapping[str, float]) -> MatrixGame:
        """The matrix of frequencies times stage payoffs; raises ProblemError."""
        cells = [stage_cells_of(state, name) for name, state in self.states.items()]
        rules = rules_of(self.plays, strategies)
        memories = [self._memories(rule, parameters, name) for name, rule in rules.items()]
        error = within(self.error, parameters, ("error",), 0.5)
        discount = within(self.discount, parameters, ("discount",), 1.0)
        counted = frequencies(
            np.array([[memory.after for memory in each] for each in memories]),
            np.array([each[0].first for each in memories]),
            self._transitions(parameters),
            error=error,
            discount=discount,
        )
        everywhere = tuple(cell for state in cells for cell in state)
        return MatrixGame(
            payoffs=tuple(tuple(weighted(weights.ravel(), everywhere) for weights in row) for row in counted)
        )

    def _memories(self, rule: StateRule, parameters: Mapping[str, float], name: str) -> list[Memory]:
        """The rule in each state, in numbers."""
        path = ("plays", name)
        if not isinstance(rule, ByState):
            return [memory_of(rule, None, parameters, path)] * len(self.states)
        if set(rule.states) != set(self.states):
            known = ", ".join(self.states)
            raise ProblemError((*path, "states"), "needs one rule for each state", f"states: {known}")
        return [memory_of(rule.states[state], None, parameters, (*path, "states", state)) for state in self.states]

    def _transitions(self, parameters: Mapping[str, float]) -> np.ndarray:
        """Probability of the next state by state and outcome, (s, 4, s)."""
        names = list(self.states)
        moves = np.zeros((len(names), 4, len(names)))
        for row, (name, state) in enumerate(self.states.items()):
            for key, outcomes in (("both", (0,)), ("one", (1, 2)), ("none", (3,))):
                path = ("states", name, "next", key)
                onward = getattr(state.next, key)
                for target, chance in ({onward: 1.0} if isinstance(onward, str) else onward).items():
                    if target not in names:
                        raise ProblemError(path, f"{target!r} is not a state", f"states: {', '.join(names)}")
                    moves[row, outcomes, names.index(target)] = within(chance, parameters, (*path, target), 1.0)
                if abs(moves[row, outcomes[0]].sum() - 1) > 1e-9:
                    raise ProblemError(path, f"the probabilities sum to {moves[row, outcomes[0]].sum():g}, not to 1")
        return moves / moves.sum(axis=2, keepdims=True)


def stage_cells_of(state: State, name: str) -> tuple[float | str, ...]:
    """The four payoffs of a state's stage game; raises ProblemError with the state's path."""
    try:
        return stage_cells(state.stage)
    except ProblemError as error:
        raise ProblemError(("states", name, *error.path), error.message, error.hint) from None


def occupancy(
    p: ArrayLike,
    q: ArrayLike,
    transitions: ArrayLike,
    *,
    error: float = 0.0,
    discount: float = 1.0,
    first: tuple[float, float] | None = None,
    start: int = 0,
) -> np.ndarray:
    """Frequencies of CC, CD, DC, DD in each of s states, (s, 4), when p (first letter) plays q.

    p and q are probabilities of C after CC, CD, DC, DD (own action first), (4,), or one such row for each state, (s, 4);
    `transitions` (s, 4, s) the probability of the next state by state and outcome in p's eyes. The first round is in
    state `start`, its probabilities of C are `first`, by default those after CC there. Raises ValueError.
    """
    moves = np.asarray(transitions, dtype=float)
    states = len(moves)
    moves = probabilities(moves, (states, 4, states))
    if not np.allclose(moves.sum(axis=2), 1, atol=1e-9):
        raise ValueError("the probabilities of the next state do not sum to 1")
    both = np.array([probabilities(np.broadcast_to(np.asarray(rule), (states, 4)), (states, 4)) for rule in (p, q)])
    begin = both[:, start, 0] if first is None else probabilities(first, (2,))
    return frequencies(both, begin, moves, error=error, discount=discount, start=start)[0, 1]
