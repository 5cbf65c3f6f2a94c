"""The arrays of an individual-based run of continuous traits. m traits, Z individuals, R replicates, T records."""

from typing import NamedTuple

import numpy as np

from evo.kernels.program import Program

Array = np.ndarray

# How the mean payoff of an individual is had: from power sums of the others, against each of them, from sampled games.
MOMENTS, EVERYBODY, SAMPLED = 0, 1, 2

# Places in `status`.
REASON, WHO, STALE = 0, 1, 2

# Purpose of the stream that draws the games of records, so that looking changes nothing.
LOOKING_STREAM = 9


class TraitGame(NamedTuple):
    """The payoff to one individual as a program over columns: its own traits, then what it meets.

    Rows of `vectors`: m own traits, then the means of `moments` products of co-players' traits (MOMENTS), or the m
    (mean) traits of the co-players of one game per column.
    """

    program: Program
    scalars: Array  # float64, unused: parameters are constants of the program
    way: int  # MOMENTS, EVERYBODY or SAMPLED
    columns: int  # per individual: 1, Z-1, or the number of games
    size: int  # n
    moments: int
    monomials: Array  # int64 (q, m): powers of each power sum
    terms: Array  # int64 (t, 1+L): moment, then the power sums whose product it takes, -1 for none
    weights: Array  # float64 (t,)


class TraitProcess(NamedTuple):
    """Everything that is fixed during a run."""

    game: TraitGame
    rule: int
    whole: int  # who may meet: Z, or the members of one group
    intensity: float
    linear: bool
    mutation: float
    clips: bool
    low: Array  # float64 (m,)
    high: Array  # float64 (m,)
    start: Array  # float64 (m,)
    root: Array  # float64 (m, m): lower triangular, times its transpose the covariance of a mutation


class TraitGroups(NamedTuple):
    """Groups of `whole` members each."""

    groups: int  # M
    migration: float
    contests: float  # chance of a group to be challenged, per generation
    intensity: float  # of contests


class TraitPlan(NamedTuple):
    """What is asked of a run."""

    steps: int
    per_generation: int
    every: float  # generations between records
    records: int  # the first at time 0


class TraitRecording(NamedTuple):
    """What a run leaves; one row per replicate."""

    histogram: Array  # int32 (R, T, m, bins): individuals by trait value
    mean: Array  # float64 (R, T, m)
    covariance: Array  # float64 (R, T, m, m), divided by Z
    between: Array  # float64 (R, T, m, m): covariance of the means of groups, divided by M
    payoff: Array  # float64 (R, T): population mean
    final: Array  # float64 (R, m, Z), group by group
    ended: Array  # int64 (R, 3): why, at which step, at whose payoff


class TraitWork(NamedTuple):
    """Scratch of one run. In groups those marked * have one more axis in front, (M, ...), and Z are a group's members."""

    traits: Array  # float64 (m, Z) *
    newborn: Array  # float64 (m, Z) *
    payoffs: Array  # float64 (Z,) *
    seen: Array  # float64 (Z,) *: payoffs of a record
    totals: Array  # float64 (Z,) *: fitness, summed up
    sums: Array  # float64 (q,) *: power sums over all
    powers: Array  # float64 (q, Z) *: what each adds to them
    child: Array  # float64 (m,)
    normals: Array  # float64 (m,)
    everybody: Array  # int64 (Z,): 0 .. Z-1
    pair: Array  # int64 (2,)
    drawn: Array  # int64 (n-1,)
    vectors: Array  # float64 (rows, W)
    registers: Array  # float64 (registers, W)
    stack: Array  # float64 (depth, W)
    streams: Array  # uint64 (2, 4): of the process, of the records' games
    status: Array  # int64 (3,) *: why it ends, at whose payoff, whether payoffs are out of date
