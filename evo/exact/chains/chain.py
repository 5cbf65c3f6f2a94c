"""The Markov chain of a finite population over all its states: transition probabilities of one step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo.exact.chains.choices import choices
from evo.exact.chains.elimination import layers
from evo.exact.chains.generations import generation_matrix
from evo.exact.chains.states import States, states_of, ways
from evo.exact.payoff.finite import state_words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from evo.exact.payoff.infinite import Values
    from evo.model import Model

GIB = 2**30


@dataclass(frozen=True)
class Chain:
    """A chain over `states.counts`; `matrix` is row-stochastic, sparse, (states, states)."""

    model: Model
    states: States
    matrix: csr_array = field(repr=False)
    synchronous: bool  # a step is a generation, in which all are updated

    @property
    def steps_per_generation(self) -> int:
        return 1 if self.synchronous else self.states.whole

    def words(self, state: int) -> str:
        """A state in words."""
        return state_words(self.model.strategy_names, self.states.counts[state])


def chain(model: Model, *, environment: Values = None, memory: float = 2.0) -> Chain:
    """The chain of a finite model: every update rule, one or two roles, sequential or synchronous, with its mutation.

    States are in descending lexicographic order of the counts. A model that leaps has the chain of single events that its
    leaps approximate. The environment is constant, or has the values given by `environment`. Raises ValueError where it
    moves, where the chain with what solving it takes would need more than `memory` GiB, and where a payoff or probability
    is improper, with the state.
    """
    states = states_of(model)
    synchronous = _synchronous(model)
    guard(states, synchronous, memory)
    chosen = choices(model, states, environment=environment)
    matrix = _dense(states, chosen) if synchronous else sequential_matrix(states, chosen)
    return Chain(model, states, matrix, synchronous)


def closed_classes(matrix: csr_array) -> np.ndarray:
    """For each state the number of its closed class, from which there is no way out, or -1; classes are numbered in the
    order of their first states."""
    from scipy.sparse.csgraph import connected_components

    number, label = connected_components(matrix, directed=True, connection="strong")
    rows, columns = matrix.nonzero()
    leaves = np.zeros(number, bool)
    leaves[label[rows[label[rows] != label[columns]]]] = True
    shut = label[~leaves[label]]
    place = np.full(number, -1)
    place[shut[np.sort(np.unique(shut, return_index=True)[1])]] = np.arange(number - leaves.sum())
    return place[label]


def guard(states: States, synchronous: bool, memory: float) -> None:
    """Refuse chains that need more than `memory` GiB, before anything of their size is there."""
    needed = _bytes(states, synchronous) / GIB
    if needed > memory:
        raise ValueError(
            f"the chain has {states.number:,} states, and solving it takes about {needed:,.1f} GiB: "
            f"ask for it with memory={np.ceil(needed):g}, or use a smaller population"
        )


def sequential_matrix(states: States, chosen: np.ndarray) -> csr_array:
    """One individual, drawn uniformly from all (of both roles), is updated."""
    from scipy.sparse import coo_array

    here = np.arange(states.number)
    stays = np.ones(states.number)
    rows, columns, values = [], [], []
    for first, last in states.roles:
        for i in range(first, last):
            for j in range(first, last):
                chance = states.counts[:, i] / states.whole * chosen[:, i, j]
                some = np.flatnonzero(chance) if i != j else here[:0]
                stays[some] -= chance[some]
                rows.append(some)
                columns.append(states.moved(i, j)[some])
                values.append(chance[some])
    stays = np.where(stays < 1e-14, 0.0, stays)  # what rounding leaves
    some = np.flatnonzero(stays)
    entries = np.concatenate([*values, stays[some]])
    places = np.concatenate([*rows, some]), np.concatenate([*columns, some])
    return coo_array((entries, places), shape=(states.number, states.number)).tocsr()


def in_layers(found: Chain, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """These states in the order of the layers that `elimination` goes through, and where the layers begin.

    A sequential step changes the count of one strategy by at most one, so a layer has that count in common; of two roles
    it is a strategy of the one that takes less. All that are updated at once make one layer.
    """
    if found.synchronous:
        return kept, np.array([0, len(kept)])
    role = min(range(len(found.states.sizes)), key=lambda role: (layer_widths(found.states, role) ** 3).sum())
    levels = found.states.counts[kept, found.states.roles[role][0]]
    order = np.argsort(-levels, kind="stable")
    return kept[order], layers(levels[order])


def layer_widths(states: States, role: int) -> np.ndarray:
    """Sizes of the layers with the same count of the first strategy of a role."""
    d, size = states.strategies[role], states.sizes[role]
    within = [ways(d - 1, size - count) if d > 1 else 1 for count in range(size, -1, -1)]
    return states.number / states.ways[role] * np.array(within, float)


def _synchronous(model: Model) -> bool:
    rule = model.lowered.rule
    return rule.code == codes.WRIGHT_FISHER or rule.pace == codes.SYNCHRONOUS


def _dense(states: States, chosen: np.ndarray) -> csr_array:
    from scipy.sparse import csr_array as sparse

    matrix: Any = sparse(generation_matrix(states, chosen))
    matrix.eliminate_zeros()
    return matrix


def _bytes(states: States, synchronous: bool) -> float:
    """Memory at the peak, as measured: 14 bytes for each entry of a layer's block, 60 for each of a dense chain's."""
    d = sum(states.strategies)
    tables = 8.0 * states.number * (8 * d * d + 4 * d)
    if synchronous:
        return tables + 60.0 * states.number**2
    by_role = [layer_widths(states, role) for role in range(len(states.sizes))]
    return tables + min(14 * float((widths**2).sum() + 4 * widths.max() ** 2) for widths in by_role)
