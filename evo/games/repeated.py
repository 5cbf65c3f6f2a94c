"""Repeated games between strategies that remember one round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from evo._errors import suggest
from evo._spec import ProblemError, Spec
from evo.formulas import FormulaError, evaluate, parse
from evo.games.cells import term
from evo.games.long_run import long_run
from evo.games.matrix import MatrixGame
from evo.games.memory import Memory, Payoffs, Rule, memory, named, within
from evo.games.pairs import Donation, PrisonersDilemma, Snowdrift, StagHunt
from evo.quantities import Quantity, number
from evo.strategies import Name

OUTCOMES = ("CC", "CD", "DC", "DD")  # own action first
_FROM_OTHER = [0, 2, 1, 3]  # the same outcomes in the other's eyes
Cells = tuple[float | str, ...]
AnyRule = TypeVar("AnyRule")

Stage = Annotated[Donation | PrisonersDilemma | Snowdrift | StagHunt | MatrixGame, Field(discriminator="kind")]


class RepeatedGame(Spec):
    """Repeated game of two: a stage game is played for ever by strategies that remember the last round.

    `stage` is a game of two strategies, the first of which cooperates (any named one, or a 2 x 2 matrix); its payoffs may
    move with the environment, slowly against a match. `plays` says which rule each strategy follows: a name (ALLC, ALLD,
    TFT, GTFT, WSLS, GRIM, RANDOM, p0000 to p1111), four probabilities of C after CC, CD, DC, DD, or memory_one, gtft,
    zero_determinant; a strategy that is called like a rule follows it. An action is the opposite of the intended one with
    probability `error`, the first round's too. `discount` d weighs round t with (1-d) d^t, which is also the mean per
    round where another follows with probability d; 1 is the limit of means, from the first round on. The payoff is the
    frequency of each outcome times its stage payoff, exactly [Nowak & Sigmund 1993; Sigmund 2010].
    """

    kind: Literal["repeated"] = "repeated"
    stage: Stage = PrisonersDilemma()
    error: Quantity = 0.0
    discount: Quantity = 1.0
    plays: dict[Name, Rule] = Field(default_factory=dict)

    def written(self, strategies: tuple[str, ...], parameters: Mapping[str, float]) -> MatrixGame:
        """The matrix of frequencies times stage payoffs; raises ProblemError."""
        cells = stage_cells(self.stage)
        rules = rules_of(self.plays, strategies)
        payoffs = _numbers(cells, parameters)
        memories = [memory_of(rule, payoffs, parameters, ("plays", name)) for name, rule in rules.items()]
        error = within(self.error, parameters, ("error",), 0.5)
        discount = within(self.discount, parameters, ("discount",), 1.0)
        counted = frequencies(
            np.array([[each.after] for each in memories]),
            np.array([each.first for each in memories]),
            np.ones((1, 4, 1)),
            error=error,
            discount=discount,
        )
        return MatrixGame(payoffs=tuple(tuple(weighted(weights[0], cells) for weights in row) for row in counted))


def occupancy(
    p: ArrayLike,
    q: ArrayLike,
    *,
    error: float = 0.0,
    discount: float = 1.0,
    first: tuple[float, float] | None = None,
) -> np.ndarray:
    """Frequencies of CC, CD, DC, DD, (4,), when p (first letter) plays q; both are probabilities of C after CC, CD, DC,
    DD, own action first, (4,).

    `first` are the probabilities of C in the first round, by default those after CC. `error`, `discount` as in
    RepeatedGame. Raises ValueError for what is no probability.
    """
    both = np.array([[probabilities(rule, (4,))] for rule in (p, q)])
    begin = both[:, 0, 0] if first is None else probabilities(first, (2,))
    counted = frequencies(both, begin, np.ones((1, 4, 1)), error=error, discount=discount)
    return counted[0, 1, 0]


def frequencies(
    after: np.ndarray, first: np.ndarray, transitions: np.ndarray, *, error: float, discount: float, start: int = 0
) -> np.ndarray:
    """Frequency of each outcome in each state, (d, d, s, 4), of all pairs of d strategies; row: the one whose action comes
    first.

    `after` (d, s, 4): probability of C in this state after the last round's outcome; `first` (d,): in the first round,
    which is in state `start`; `transitions` (s, 4, s): from the state and its outcome to the next state. Players act in
    the new state on the outcome of the last round.
    """
    if not (0 <= error <= 0.5 and 0 <= discount <= 1):
        raise ValueError(f"error must be from 0 to 0.5 and discount from 0 to 1, are {error:g} and {discount:g}")
    count, states = after.shape[:2]
    acts, begins = _with_errors(after, error), _with_errors(first, error)
    own = np.repeat(acts, count, axis=1)  # (action, pair, state, outcome)
    other = np.tile(acts, (1, count, 1, 1))[..., _FROM_OTHER]
    chains = np.einsum("xoy,byok->bxoyk", transitions, _both(own, other)).reshape(-1, 4 * states, 4 * states)
    begin = np.zeros((count * count, states, 4))
    begin[:, start] = _both(np.repeat(begins, count, axis=1), np.tile(begins, count))
    weights = long_run(chains, begin.reshape(len(begin), -1), discount=discount)
    return weights.reshape(count, count, states, 4)


def _with_errors(cooperate: np.ndarray, error: float) -> np.ndarray:
    """Probabilities of C and of D, along a new first axis; the second is no difference, so that a small one is exact."""
    return np.stack(
        [(1 - error) * cooperate + error * (1 - cooperate), (1 - error) * (1 - cooperate) + error * cooperate]
    )


def _both(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Probabilities of CC, CD, DC, DD along a new last axis, of actions along the first axis."""
    return np.stack([own[0] * other[0], own[0] * other[1], own[1] * other[0], own[1] * other[1]], axis=-1)


def probabilities(given: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers from 0 to 1 as an array of this shape; raises ValueError."""
    array = np.asarray(given, dtype=float)
    if array.shape != shape or not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"needs probabilities of shape {shape}, not {given}")
    return array


def stage_cells(stage: Stage) -> Cells:
    """Its four payoffs R, S, T, P; raises ProblemError where it is not of two strategies."""
    if isinstance(stage, MatrixGame) and stage.let:
        raise ProblemError(("stage", "let"), "a stage game has no lines of its own", "write them into its payoffs")
    payoffs = stage.written(("C", "D")).payoffs if not isinstance(stage, MatrixGame) else stage.payoffs
    if [len(row) for row in payoffs] != [2, 2]:
        raise ProblemError(("stage", "payoffs"), "needs two rows of two entries: cooperate and defect")
    return tuple(_folded(cell) for row in payoffs for cell in row)


def _folded(cell: float | str) -> float | str:
    """A formula without names is a number."""
    return float(evaluate(cell, {})) if isinstance(cell, str) and not parse(cell).names else cell


def rules_of(plays: Mapping[str, AnyRule], strategies: Sequence[str]) -> dict[str, AnyRule | str]:
    """The rule of each strategy; raises ProblemError for names that are no strategy, and strategies without a rule."""
    for name in plays:
        if name not in strategies:
            raise ProblemError(("plays", name), "is not a strategy", suggest(name, strategies))
    rules: dict[str, AnyRule | str] = {}
    for name in strategies:
        if name not in plays:
            try:
                named(name)
            except ValueError as error:
                raise ProblemError(("plays", name), f"is missing: {error}") from None
        rules[name] = plays.get(name, name)
    return rules


def memory_of(rule: Rule, payoffs: Payoffs | None, parameters: Mapping[str, float], path: tuple[str, ...]) -> Memory:
    """A rule in numbers; raises ProblemError with the path below `path`."""
    try:
        return memory(rule, payoffs, parameters)
    except ProblemError as error:
        raise ProblemError((*path, *error.path), error.message, error.hint) from None


def weighted(weights: np.ndarray, cells: Cells) -> float | str:
    """Frequencies times payoffs: a number where all payoffs are, else a formula."""
    used = [(weight, cell) for weight, cell in zip(weights.tolist(), cells, strict=True) if weight > 0]
    if any(isinstance(cell, str) for _, cell in used):
        return " + ".join(f"{weight!r}*{term(cell)}" for weight, cell in used)
    return float(sum(weight * float(cell) for weight, cell in used))


def _numbers(cells: Cells, parameters: Mapping[str, float]) -> Payoffs | None:
    """The stage payoffs where they are numbers or formulas of parameters."""
    try:
        return Payoffs(*(number(cell, parameters) for cell in cells))
    except FormulaError:
        return None
