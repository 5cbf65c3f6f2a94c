"""The arrays of a graph's nodes, and of what each node's neighbours play.

Row i of an adjacency holds those whom i meets or learns from; the adjacency the other way round holds those who meet, or
learn from, i. On an undirected graph both are the same arrays. N nodes, d strategies.
"""

from typing import NamedTuple

import numpy as np

from evo.kernels.adjacency import Adjacency

Array = np.ndarray


class Net(NamedTuple):
    """Everything about a graph that is fixed during a run."""

    plays: Adjacency  # whom i plays with
    played: Adjacency  # who plays with i, whose payoffs change when i does
    learns: Adjacency  # whom i learns from
    taught: Adjacency  # who learns from i
    scale: Array  # float64 (N,): what a sum over those met is multiplied by: 1, or 1 over their number (weight, groups)
    degree: Array  # float64 (N,): number (weight) of pairs or groups that i plays in, at least 1
    largest: float  # degree
    ties: Array  # float64 (N,): number (weight) of those whom i plays with
    ranks: Array  # int64 (d, n+1): row 0, where the compositions of groups of each size begin; row r, ways to fill r+1 places
    grouped: bool  # payoffs come from groups, not from pairs
    everywhere: bool  # ... from those around the neighbours too
    selfish: bool  # a player meets itself too (pairs)
    by_degree: bool  # prestige looks at the degree
    per_degree: int  # what a largest payoff difference is multiplied by: ONE, LARGER_DEGREE or LARGEST_DEGREE
    order: Array  # int32 (N,): places in which the strategies settle, the rarer first; empty for places at random
    clustered: bool  # ... around a node drawn at random


class Nodes(NamedTuple):
    """The moving state."""

    strategies: Array  # uint8 (N,)
    around: Array  # float64 (N, d): number (weight) of those whom i plays with, by strategy
    coming: Array  # uint8 (N,) of a synchronous update, else empty
    tree: (
        Array  # float64 (2P,), P the power of two from N on: sums of fitness where parents are drawn by it, else empty
    )
    level: Array  # float64 (1,): payoff at which exponential fitness is 1
    queue: Array  # int32 (N,): scratch of the start
    pulls: Array  # float64 (largest number learnt from + 1,): scratch
    weights: Array  # float64 (2, d): scratch
