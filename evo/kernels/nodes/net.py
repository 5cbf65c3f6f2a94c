"""The arrays of a graph's nodes, and of what each node's neighbours play.

Row i of ties holds those whom i meets or learns from; the ties the other way round hold those who meet, or learn from,
i. On an undirected graph both are the same arrays. N nodes, d strategies.
"""

from typing import NamedTuple

import numpy as np

from evo.kernels.adjacency import Lattice
from evo.kernels.arrays import Laws
from evo.kernels.nodes.direct import Direct

Array = np.ndarray


MOST_EVEN = 32  # neighbours of every node up to which chances are tabulated
BLOCK = 16  # updates that are drawn ahead, so that what they read is fetched together


class Ties(NamedTuple):
    """The neighbours of node i are `neighbours[starts[i]:stops[i]]`; rows have room to grow where ties come and go."""

    starts: Array  # int64 (N,)
    stops: Array  # int64 (N,)
    neighbours: Array  # int32
    weights: Array  # float64, as long as the neighbours; empty where all are 1
    even: int  # neighbours of every node, where all have as many and stand one row after the other; else 0


class Net(NamedTuple):
    """Everything about a graph that is fixed during a run."""

    plays: Ties  # whom i plays with
    played: Ties  # who plays with i, whose payoffs change when i does
    learns: Ties  # whom i learns from
    taught: Ties  # who learns from i
    common: float  # the scale, where it is the same for all; else 0
    scale: Array  # float64 (N,): what a sum over those met is multiplied by: 1, or 1 over their number (weight, groups)
    degree: Array  # float64 (N,): number (weight) of those whom i plays with
    largest: float  # number (weight) of pairs, or of groups, that anybody plays in, at least 1
    ranks: Array  # int64 (d, n+1): row 0, where the compositions of groups of each size begin; row r, ways to fill r+1 places
    grouped: bool  # payoffs come from groups, not from pairs
    everywhere: bool  # ... from those around the neighbours too
    selfish: bool  # a player meets itself too (pairs)
    by_degree: bool  # prestige looks at the degree
    per_degree: int  # what a largest payoff difference is multiplied by: ONE, LARGER_DEGREE or LARGEST_DEGREE
    order: Array  # int32 (N,): places in which the strategies settle, the rarer first; empty for places at random
    clustered: bool  # ... around a node drawn at random
    averaged: bool  # payoffs are averages, not sums
    cost: float  # of a tie
    direct: Direct | None  # formulas of payoffs that no table holds
    lattice: Lattice  # the square lattice that the graph is; 0 rows where it is another


class Nodes(NamedTuple):
    """The moving state."""

    strategies: Array  # uint8 (N,)
    around: Array  # uint16, or float64 where that is too narrow, (N, d): number (weight) of those whom i plays with, by strategy
    coming: Array  # uint8 (N,) of a synchronous update, else empty
    tree: (
        Array  # float64 (2P,), P the power of two from N on: sums of fitness where parents are drawn by it, else empty
    )
    level: Array  # float64 (1,): payoff at which exponential fitness is 1
    queue: Array  # int32 (N,): scratch of the start
    ahead: Array  # int64 (2, BLOCK): focal nodes and role models of the next updates, drawn ahead
    pulls: Array  # float64 (largest number learnt from + 1,): scratch
    weights: Array  # float64 (2, d): scratch
    chances: Array  # float64 (2, MOST_EVEN + 1, MOST_EVEN + 1): see kernels/nodes/twos.py
    sheets: Array  # uint8 (3, rows + 2, columns + 2) of a lattice on which kernels/nodes/lattice.py runs, else empty
    payoffs: Array  # float64 (2, 10, 10): scratch of it
    levels: Array  # uint8 (2, 10, 10): scratch of it


class Bonds(NamedTuple):
    """How ties change."""

    kind: int  # LASTING, REWIRING or LINKING
    rest: float  # probability that the next event is no change of ties, 1/(1 + pace)
    place: Array  # int32 (N, N): where j stands in row i, counted from 1; 0 where they are not tied
    leaves: Array  # bool (d, d): whether who plays s wants to leave who plays t
    intensity: float
    forms: Array  # float64 (d, d): probability that a tie forms
    breaks: Array  # float64 (d, d): ... that it breaks
    growing: bool  # weights change
    trust: Array  # float64 (3,): of a new tie, growth, decay


class Regions(NamedTuple):
    """The variables that regions of a graph have each for themselves; R regions, L local variables, all arrays empty where
    there are none."""

    laws: Laws  # of the local variables alone
    variables: Array  # int64 (L,): their places among all variables
    part: Array  # float64 (R,): of all nodes
    events: Array  # float64 (R, 6, L): as `work.events`
    values: Array  # float64 (R, L): at present
    due: Array  # float64 (2P,), P the power of two from R on: times of the next events of regions, the earlier of each two above
