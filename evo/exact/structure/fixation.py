"""Fixation on a graph: the chance that one mutant takes over, from each vertex, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import closed_classes
from evo.exact.structure.chain import GraphChain, Occupation, graph_chain, words_on
from evo.exact.structure.games import Payoffs, number_of_strategies
from evo.exact.structure.neutral import neutral_replacement
from evo.exact.structure.rules import VertexRule
from evo.exact.structure.solving import solve_absorption
from evo.exact.structure.weights import Structure, Weights, structure_of

Start = Literal["uniform", "temperature"] | int
Method = Literal["auto", "elimination", "iteration"]
MUTANT, RESIDENT = 0, 1


@shown
@dataclass(frozen=True)
class GraphFixation:
    """What becomes of one individual of strategy 0 among N - 1 of strategy 1, without mutation.

    probability: that it takes over, extinction: that it is lost, averaged over where it arises (`start`); mixed: that both
    stay for ever, in one of the sets of states `stuck`, each given by one of its states, the strategy of every vertex.
    steps: mean number of events until nothing can change any more, inf where both may stay; conditional_steps: given that
    strategy 0 takes over, nan where it cannot. at_vertex and the like: from each vertex, (N,). reverse: the chance that one of
    strategy 1 among strategy 0 takes over. A generation is N events.
    """

    size: int
    start: Start
    probability: float
    extinction: float
    mixed: float
    steps: float
    conditional_steps: float
    reverse: float
    at_vertex: np.ndarray = field(repr=False)
    steps_at_vertex: np.ndarray = field(repr=False)
    conditional_at_vertex: np.ndarray = field(repr=False)
    reverse_at_vertex: np.ndarray = field(repr=False)
    stuck: tuple[tuple[int, ...], ...] = field(repr=False)
    method: str
    error: str
    notes: tuple[str, ...]

    @property
    def generations(self) -> float:
        return self.steps / self.size


def graph_fixation(
    graph: Structure | Weights, payoffs: Payoffs, *, rule: VertexRule, start: Start = "uniform", method: Method = "auto"
) -> GraphFixation:
    """Fixation of one mutant of strategy 0 on a graph by the chain of all its states; up to 16 vertices, more where
    vertices can change places (a star of thousands).

    payoffs: a matrix (2, 2), row plays against column; two constants; or a `NeighbourhoodGame`. start: `uniform` over the
    vertices, by `temperature` (in proportion to the chance that a vertex is replaced in a neutral event), or a vertex.
    method: elimination up to layers of 1716 states and iteration beyond, unless named. ValueError: mutation and innovative
    rules (nothing is fixed), other numbers of strategies, too many states, and all that a rule refuses.
    """
    structure = structure_of(graph)
    if not rule.keeps:
        raise ValueError("nothing is fixed: mutation or the rule brings back what is lost; ask for graph_stationary")
    if number_of_strategies(payoffs) != 2:
        raise ValueError("fixation is of two strategies")
    if method not in ("auto", "elimination", "iteration"):
        raise ValueError(f"method is auto, elimination or iteration, not {method!r}")
    share = start_share(structure, rule, start)
    chain = graph_chain(structure, payoffs, rule)
    fate = _fates(chain, method)
    one, other = _singles(chain.occupation, MUTANT), _singles(chain.occupation, RESIDENT)
    taken = fate.fixed[one]
    probability = float(share @ taken)
    with np.errstate(invalid="ignore", divide="ignore"):
        conditional = np.where(taken > 0, fate.waits[one] / taken, np.nan)
        total = float(share @ fate.waits[one] / probability) if probability > 0 else np.nan
    return GraphFixation(
        size=structure.size,
        start=start,
        probability=probability,
        extinction=float(share @ fate.lost[one]),
        mixed=float(share @ fate.mixed[one]),
        steps=float(share @ np.where(share > 0, fate.steps[one], 0.0)),
        conditional_steps=total,
        reverse=float(share @ fate.lost[other]),
        at_vertex=taken,
        steps_at_vertex=fate.steps[one],
        conditional_at_vertex=conditional,
        reverse_at_vertex=fate.lost[other],
        stuck=fate.stuck,
        method=f"{words_on(chain)}: {fate.method}",
        error=fate.error,
        notes=("from some states both strategies stay for ever: see `stuck`",) if fate.stuck else (),
    )


def start_share(structure: Structure, rule: VertexRule, start: Start) -> np.ndarray:
    """Where the mutant arises, (N,)."""
    size = structure.size
    if start == "uniform":
        return np.full(size, 1 / size)
    if start == "temperature":
        replaced = neutral_replacement(structure, rule.kind, rule.selection).replaced
        if not replaced.any():
            raise ValueError("no vertex is ever replaced, so that there are no temperatures")
        return replaced / replaced.sum()
    if isinstance(start, str) or start != int(start) or not 0 <= start < size:
        raise ValueError(f"start is uniform, temperature or a vertex from 0 to {size - 1}, not {start!r}")
    return (np.arange(size) == start).astype(float)


@dataclass(frozen=True)
class _Fates:
    """Of every state: taken over, lost, mixed, mean steps, and mean steps times being taken over."""

    fixed: np.ndarray
    lost: np.ndarray
    mixed: np.ndarray
    steps: np.ndarray
    waits: np.ndarray
    stuck: tuple[tuple[int, ...], ...]
    method: str
    error: str


def _fates(chain: GraphChain, method: str) -> _Fates:
    occupation, matrix = chain.occupation, chain.matrix
    whole, none = occupation.homogeneous(MUTANT), occupation.homogeneous(RESIDENT)
    closed = closed_classes(matrix)
    end = np.where(closed >= 0, 2, -1)
    end[[whole, none]] = 0, 1
    exits = (end[:, None] == np.arange(3)).astype(float)
    steps, waits = np.zeros((2, len(end)))
    moving = np.flatnonzero(end == -1)
    words, error = "nothing to solve", "none"
    if len(moving):
        inner, level = matrix[moving][:, moving], occupation.counts[moving, MUTANT]
        out = matrix[moving] @ exits
        found, words, error = solve_absorption(inner, level, out, np.ones((len(moving), 1)), method=method)
        exits[moving], steps[moving] = found[:, :3], found[:, 3]
        waits[moving] = solve_absorption(inner, level, out, found[:, :1], method=method)[0][:, 3]
    stuck = np.unique(closed[end == 2])
    first = [int(np.flatnonzero(closed == k)[0]) for k in stuck]
    states = occupation.strategies(np.array(first, np.int64)).tolist() if first else []
    steps = np.where(exits[:, 2] > 0, np.inf, steps)
    return _Fates(
        exits[:, 0], exits[:, 1], exits[:, 2], steps, waits, tuple(tuple(state) for state in states), words, error
    )


def _singles(occupation: Occupation, strategy: int) -> np.ndarray:
    """The state in which one vertex alone plays a strategy, for every vertex, (N,)."""
    background = occupation.homogeneous(1 - strategy)
    found = np.empty(occupation.size, np.int64)
    for c, members in enumerate(occupation.classes):
        found[members] = occupation.moved(c, np.array([background]), 1 - strategy, strategy)[0]
    return found
