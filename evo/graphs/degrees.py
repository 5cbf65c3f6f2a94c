"""Graphs of given degrees, all of them as likely: one that has them, and many exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo.kernels import exchanges

if TYPE_CHECKING:
    from evo.graphs.chance import Chance
    from evo.kernels.adjacency import Array

EACH = 10  # exchanges that are tried for each tie [Milo et al. 2003; Ray, Pinar & Seshadhri 2012]
AT_ONCE = 2**18


def of_degrees(degrees: Array, chance: Chance) -> tuple[Array, Array]:
    """Both ends, int32 each, of the ties of a graph of these degrees, drawn from nearly the uniform law over all of them.

    A graph must have them. Pairing ends at random and refusing what does not fit, tie by tie, would be faster, and makes
    some small graphs twice as likely as others.
    """
    sources, targets = chance.edges(lambda igraph: igraph.Graph.Realize_Degree_Sequence(degrees.tolist()))
    ends = np.column_stack([sources, targets]).astype(np.int64)
    del sources, targets
    count = len(ends)
    table = np.zeros(2 ** (2 * count + 1).bit_length(), dtype=np.int64)
    exchanges.enter(ends, table)
    generator = chance.generator(1)
    for first in range(0, EACH * count, AT_ONCE):
        steps = min(AT_ONCE, EACH * count - first)
        draws = generator.integers(np.array([count, count, 2]), size=(steps, 3))
        exchanges.exchange(draws, ends, table)
    return ends[:, 0].astype(np.int32), ends[:, 1].astype(np.int32)
