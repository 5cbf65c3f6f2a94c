"""Synchronous steps: where a population goes when each individual independently ends as what it chooses.

The counts after the step are a sum of independent multinomials, one for each strategy of before. Their distribution is
built up by one individual after the other: the coefficients of prod_i (sum_j q_ij z_j)^(n_i), sums of products of
probabilities only, so that each is right to a relative error of rounding, however small.
"""

from __future__ import annotations

import numpy as np

from evo.exact.chains.states import States, compositions_of
from evo.kernels._cache import entry


def generation_matrix(states: States, chosen: np.ndarray) -> np.ndarray:
    """Transition matrix of a synchronous step, (states, states), from `choices`."""
    matrix = np.ones((states.number, 1))
    for (first, last), size in zip(states.roles, states.sizes, strict=True):
        after = compositions_of(size, last - first)
        strides = (size + 1) ** np.arange(last - first - 1)
        out = np.zeros((states.number, len(after)))
        fill_generations(
            np.ascontiguousarray(states.counts[:, first:last]),
            np.ascontiguousarray(chosen[:, first:last, first:last]),
            strides,
            after[:, :-1] @ strides,
            np.zeros((size + 1) ** (last - first - 1)),
            out,
        )
        matrix = (matrix[:, :, None] * out[:, None, :]).reshape(states.number, -1)
    return matrix


@entry
def fill_generations(counts, chosen, strides, places, cube, out):
    """out[s, t]: probability that the individuals of `counts[s]` end as composition t, whose counts of all but the last
    strategy are at `places[t]` in the cube. Its digits never run over: they sum to those who have chosen."""
    strategies = counts.shape[1]
    last = strategies - 1
    for s in range(counts.shape[0]):
        cube[:] = 0.0
        cube[0] = 1.0
        done = 0
        for i in range(strategies):
            for _ in range(counts[s, i]):
                done += 1
                top = done * strides[last - 1] if last > 0 else 0
                for place in range(top, -1, -1):
                    value = cube[place] * chosen[s, i, last]
                    for j in range(last):
                        if place >= strides[j]:
                            value += cube[place - strides[j]] * chosen[s, i, j]
                    cube[place] = value
        for t in range(len(places)):
            out[s, t] = cube[places[t]]
