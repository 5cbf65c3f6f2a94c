"""The named arrays of populations in groups, beside those of kernels/arrays.py.

Here: M groups, d strategies, K levels. A unit of level 0 is a group; one of level k is all units of level k-1 in it, so
that it is `span` groups in a row, and stands among `number` units of its kind in one unit of the level above.
"""

from typing import NamedTuple

import numpy as np

from evo.kernels.program import Program

Array = np.ndarray

# Columns of `shape`, for each level.
NUMBER, SPAN, PATTERN, FIRST_ROW, DYNAMICS, OPTION = 0, 1, 2, 3, 4, 5

# Columns of `numbers`, for each level.
RATE, CHANCE, INTENSITY, BOTTOM = 0, 1, 2, 3

# Places in `sums`: payoffs of everybody together, trait bias not counted; payoff at which fitness is 1; the most that
# anybody can earn.
EARNED, REFERENCE, MOST = 0, 1, 2

# Places in `marks`: version of the payoffs; step up to which averages are counted; changes of the state; whether time
# averages are taken now; whether parents are drawn by the tree.
VERSION, COUNTED, CHANGES, AVERAGING, BY_TREE = 0, 1, 2, 3, 4


class Demes(NamedTuple):
    """What is fixed of groups during a run."""

    places: Array  # float64 (M,): members that a group has, or at most has where groups split
    most: float  # the largest of them
    ends: Array  # int64 (M,): places cumulated; empty where all groups have as many
    migration: Array  # float64 (K, M): probability to cross, of each group
    shape: Array  # int64 (K, 6): columns NUMBER to OPTION
    rows: Array  # float64: patterns given as weights, cumulated row by row, at FIRST_ROW
    numbers: Array  # float64 (K, 4): columns RATE to BOTTOM
    favour: Array  # float64 (K, d): bias of each level for each strategy
    fitness: Program  # outputs: success of a unit, for each level
    everywhere: bool  # parents are drawn from the whole population
    crossing: bool  # somebody may cross
    splits: bool
    alone: float  # what one who is alone earns
    arrangement: int


class DemeWork(NamedTuple):
    """Scratch of one run: the state of the groups and what is derived from it."""

    counts: Array  # float64 (M, d)
    members: Array  # float64 (M,)
    earned: Array  # float64 (M, d): effective payoffs
    fit: Array  # float64 (M, d): fitness; empty unless parents are drawn from the whole population
    paid: Array  # float64 (M,): payoffs of all members together, trait bias not counted
    fresh: Array  # int64 (M,): version of the payoffs that `earned` is of
    fitted: Array  # int64 (M,): version of the payoffs that `fit` is of
    tree: Array  # float64 (2*L,): fitness of each group in the second half, sums of two above; likewise empty
    due: Array  # float64 (K,): generation of the next event of each level's units
    pool: Array  # float64 (2, d)
    drawn: Array  # int64 (d,)
    next: Array  # float64 (M, d): of a generation at once; empty where events come one by one
    scalars: Array  # float64: what a unit's success may read
    registers: Array  # float64 (registers, 1)
    stack: Array  # float64 (depth, 1)
    everybody: Array  # float64 (1,): individuals
    within: Array  # float64 (1,): members of the group under way
    sums: Array  # float64 (3,)
    marks: Array  # int64 (5,)
