"""The stationary distribution of a finite population with mutation, over all its states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from evo._reprs import shown
from evo.exact.chains.chain import Chain, chain, closed_classes, in_layers
from evo.exact.chains.elimination import stationary_vector
from evo.exact.chains.states import States, compositions_of
from evo.exact.payoff.finite import hypergeometric

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from evo.exact.payoff.infinite import Values
    from evo.model import Model

Method = Literal["auto", "sparse LU"]
RELATIVE = "without subtraction: each probability, however small, has a relative error of about {:.0e} or less"
ABSOLUTE = (
    "with subtraction: an absolute error only, in total variation about {:.0e}; small probabilities have no digits"
)


@shown
@dataclass(frozen=True)
class Stationary:
    """Long-run probabilities of the states, and averages over them.

    probabilities: of each state, in the order of `states`. residual: sum of the absolute values of pi P - pi. method and
    error in words.
    """

    chain: Chain = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    method: str
    residual: float
    error: str

    @property
    def space(self) -> States:
        return self.chain.states

    @property
    def states(self) -> np.ndarray:
        """Counts per strategy, (states, strategies), in descending lexicographic order."""
        return self.space.counts

    @property
    def mean(self) -> np.ndarray:
        """Mean share of each strategy (of its role), (strategies,)."""
        return self.probabilities @ self.space.shares

    @property
    def variance(self) -> np.ndarray:
        """Variance of each share, (strategies,)."""
        return self.probabilities @ (self.space.shares - self.mean) ** 2

    def marginal(self, strategy: str) -> np.ndarray:
        """Probability that so many play the strategy, by their number, (Z+1,)."""
        place = self._place(strategy)
        size = np.repeat(self.space.sizes, self.space.strategies)[place]
        return np.bincount(self.states[:, place], weights=self.probabilities, minlength=size + 1)

    def average(self, function: Callable[[np.ndarray], np.ndarray]) -> float | np.ndarray:
        """Mean of a function that takes the counts in all states, (states, strategies), and gives a value for each.

        stationary(model).average(lambda counts: counts[:, 0] * counts[:, 1])
        """
        found = np.tensordot(self.probabilities, np.asarray(function(self.states), float), axes=1)
        return float(found) if found.ndim == 0 else found

    def group_average(self, function: Callable[[np.ndarray], np.ndarray], *, size: int) -> float:
        """Mean over groups of `size` drawn without replacement of a function of their compositions, (groups, strategies).

        Group achievement of a collective risk [Santos & Pacheco 2011], at least 3 of the first strategy in groups of 6:
        group_average(lambda members: members[:, 0] >= 3, size=6).
        """
        if len(self.space.sizes) > 1:
            raise ValueError("groups are drawn from one population, and here are two roles")
        if not 1 <= size <= self.space.whole:
            raise ValueError(f"a group has from 1 to {self.space.whole} members, not {size}")
        values = np.asarray(function(compositions_of(size, self.states.shape[1])), float)
        return float(self.probabilities @ (hypergeometric(self.states, size) @ values))

    def probability(self, **counts: int) -> float:
        """Probability of the state with these counts; strategies that are not named are absent."""
        row = np.zeros(self.states.shape[1], np.int64)
        for name, count in counts.items():
            row[self._place(name)] = count
        return float(self.probabilities[self.space.place(row)])

    def _place(self, strategy: str) -> int:
        names = self.chain.model.strategy_names
        if strategy not in names:
            raise ValueError(f"{strategy!r} is not a strategy; strategies: {', '.join(names)}")
        return names.index(strategy)


def stationary(model: Model, *, environment: Values = None, method: Method = "auto", memory: float = 2.0) -> Stationary:
    """Stationary distribution of a finite model: the long-run probability of each state after a step.

    Every update rule, sequential or synchronous, with one or two roles. The environment is constant, or has the values
    given by `environment`. `auto` is elimination without subtraction; `sparse LU`, independent of it, is for comparison.
    Raises ValueError where the chain has several closed classes (mutation 0), naming them; where the environment moves;
    and where it would take more than `memory` GiB. ArithmeticError: chances to get from one set of states to the others
    are products of probabilities below 1e-308.
    """
    if method not in ("auto", "sparse LU"):
        raise ValueError(f"method is auto or sparse LU, not {method!r}")
    found = chain(model, environment=environment, memory=memory)
    kept, bounds = in_layers(found, _recurrent(found))
    whole = np.array_equal(kept, np.arange(found.states.number))
    matrix = found.matrix if whole else found.matrix[kept][:, kept]
    probabilities = np.zeros(found.states.number)
    if method == "sparse LU":
        probabilities[kept], words = by_lu(matrix), "sparse LU"
    else:
        probabilities[kept], words = stationary_vector(matrix, bounds), _words(bounds)
    residual = float(np.abs(probabilities @ found.matrix - probabilities).sum())
    error = ABSOLUTE if method == "sparse LU" else RELATIVE.format(_rounding(found))
    return Stationary(found, probabilities, words, residual, error)


def by_lu(matrix: csr_array) -> np.ndarray:
    """Stationary distribution by LU factors of I - P' without the row and column of the last state."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    size = matrix.indptr.size - 1
    system = (eye_array(size) - matrix.T).tocsc()
    weights = np.ones(size)
    if size > 1:
        weights[:-1] = splu(system[:-1, :-1]).solve(-system[:-1, [size - 1]].toarray()[:, 0])
    weights = np.maximum(weights, 0.0)
    return weights / weights.sum()


def _recurrent(found: Chain) -> np.ndarray:
    """States of the one closed class; refused where there are several."""
    closed = closed_classes(found.matrix)
    classes = int(closed.max()) + 1
    if classes > 1:
        firsts = [found.words(int(np.argmax(closed == c))) for c in range(min(classes, 8))] + ["..."] * (classes > 8)
        alone = np.bincount(closed[closed >= 0]).max() == 1
        ends = f"{classes} states" if alone else f"{classes} sets of states"
        raise ValueError(
            f"there is no one stationary distribution: the chain ends in one of {ends} that it never leaves "
            f"({'' if alone else 'around '}{'; '.join(firsts)}); give it a mutation rate, or ask for absorption "
            "(a probability below 1e-308 counts as 0)"
        )
    return np.flatnonzero(closed == 0)


def _words(bounds: np.ndarray) -> str:
    if np.diff(bounds).max() == 1:
        return "closed form (products of ratios of neighbouring probabilities)"
    kind = "dense" if len(bounds) == 2 else f"{len(bounds) - 1} layers"
    return f"elimination without subtraction (GTH), {kind}"


def _rounding(found: Chain) -> float:
    """A generous bound on what rounding amounts to (measured: 7e-15 at Z = 40): some units for each layer."""
    return 1e-15 * max(100.0, 4.0 * max(found.states.sizes))
