"""What the machine sees: the named arrays that a model lowers to and that kernels read and fill.

Here: d strategies, r roles, m environment variables, q of them moved by feedback, P parameters, n the group size,
C compositions of the n-1 co-players, G columns of the payoff program, W watchers, R replicates, T records, K interventions.

Numba passes a named tuple member by member, seven words an array, so arrays of one kind share a table with named rows
and what runs in inner loops is handed the few arrays that it touches.
"""

from typing import NamedTuple

import numpy as np

from evo.kernels.program import Program

Array = np.ndarray

# Places in `scalars`, every number that a formula may read, in this order:
# t, n, mean payoff | P parameters | m environment variables | d shares x | d payoffs.
TIME, SIZE, MEAN_PAYOFF, PARAMETERS = 0, 1, 2, 3

# Rows of `strategy`, one number for each of the d strategies.
PAYOFF, FITNESS, PULL, BIAS, INDICATOR, SCALE, SIGMA, WEIGHT, SHIELD, GAP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9

# Tables of `factors`, each (d, n): the weight of c co-players of a strategy (see kernels/payoffs.py).
OTHER, LESS, OWN, COPIED, WAYS = 0, 1, 2, 3, 4

# Columns of `laws.rows` and rows of `events`, for each environment variable.
KIND, FIRST, PER_STEP, JUMP_ON = 0, 1, 2, 3
START, JUMP_FACTOR = 0, 1
VALUE, TARGET, SINCE, NEXT, INDEX, FRESH = 0, 1, 2, 3, 4, 5

# Places in `status`.
REASON, WHO, WHERE, BROKEN, RESTING = 0, 1, 2, 3, 4

# Columns of `recording.counts` and of `recording.numbers`.
RECORDED, NOMINAL, EFFECTIVE, ENDED, ENDED_WHO, ENDED_WHERE, FIXED = 0, 1, 2, 3, 4, 5, 6
END, FIXED_AT, PERIOD, MEAN = 0, 1, 2, 3


class Rule(NamedTuple):
    """The update rule with selection and mutation; numbers only."""

    code: int
    option: int
    intensity: float
    fitness: int
    conformity: float
    prestige: float
    indicated: bool  # prestige looks at a trait, in row INDICATOR, not at the payoff
    mutation: float
    after: bool  # mutation after imitation, not instead
    number: float  # the rule's own: largest payoff difference, aspiration level, background fitness
    pace: int  # SEQUENTIAL, SYNCHRONOUS, LEAP or DIFFUSION
    step: float  # generations that a step takes, unless sequential


class Meeting(NamedTuple):
    """Who meets whom; numbers only."""

    size: int  # of a group, n
    whole: int  # Z, or 0 for an infinite population
    assortment: float
    alike: int  # FOCAL or FOUNDER
    self_interaction: bool
    replaced: bool  # co-players are drawn from all, each anew
    sampled: bool  # payoffs are those of one group each, not their expectation
    loose: bool  # on a graph: ties come and go


class Game(NamedTuple):
    """Payoffs as a program, and the layout of its memo, the table over co-player compositions."""

    program: Program
    vectors: Array  # float64 (names, G): counts k of each strategy in the group
    source: Array  # int64 (2, d, C): output of the program, and column, that hold P[i, c]
    coefficient: Array  # float64 (C,): multinomial coefficient of the composition
    prefix: Array  # int64 (rows, d-1): counts of all but the last two strategies; co-players left for those two
    moves: bool  # the table changes during a run
    reads_mix: bool  # ... with the population's mix
    transfers: int  # output of the program that is the first strategy's bias, where that moves; else 0


class Laws(NamedTuple):
    """The environment; `numbers[rows[v, FIRST]:]` are a law's own numbers."""

    rows: Array  # int64 (m, 4): kind, first number, whether it moves with each step, variable on whose events it jumps
    starts: Array  # float64 (m, 2): value at 0, factor of a jump
    numbers: Array  # float64
    feedback: Program  # outputs: de/dt of each feedback variable, in order of `moved`
    moved: Array  # int64 (q,): which variables feedback moves


class Process(NamedTuple):
    """Everything that is fixed during a run."""

    rule: Rule
    meeting: Meeting
    game: Game
    laws: Laws
    to: Array  # float64 (d, d): what a strategy mutates to, row-stochastic
    strategy: Array  # float64 (10, d): rows BIAS, INDICATOR, SCALE (1 over the number met), SIGMA, WEIGHT (part of all individuals
    # that one unit of the amount is), SHIELD (1 where success is no less than the mean of those without one) filled in
    roles: Array  # int64 (r+1,): where the strategies of each role begin, and their number; one role is the whole population
    wholes: Array  # float64 (r,): what the amounts of each role sum to: its size, or 1 where amounts are shares
    sizes: Array  # float64 (r,): its size, inf for an infinite population
    scalars: Array  # float64, with the parameters filled in
    environment: int  # place of the first environment variable in `scalars`
    mix: int  # place of the first share
    eventful: bool  # the environment moves
    stepwise: bool  # ... and some of it with every step
    autonomous: bool  # nothing depends on time but through the state
    random: bool  # the environment, or the flow itself, is random
    longest: float  # generations of a step of the integrator in which no law does more than it can resolve, inf if none moves


class Plan(NamedTuple):
    """What is asked of a run; times in generations."""

    generations: float
    record_every: float
    records: int  # T, the first at time 0
    burn_in: float
    tolerance: float  # of the integrator, on each share
    until: int  # COMPLETED (to the end), CONVERGED, ABSORBED or CYCLING
    rest: float  # rate of change below which a run has converged
    averages: bool
    cycles: bool  # look for cycles
    watched: Array  # int64 (W,): strategy
    levels: Array  # float64 (2, W): level, hold
    start: Array  # float64 (d,): shares, or empty for random on the simplex
    nodes: int  # states of all nodes of a graph that are kept: none, the last, or all records and the last
    ledger: Program  # outputs: K conditions, at which the run pauses where one is not 0, then K prices per generation
    pause: float  # time at which the run pauses in any case, inf for none
    resume: float  # time of the pause after which it goes on, -1 where it begins


class Recording(NamedTuple):
    """What a run leaves; one row per replicate."""

    mix: Array  # float64 (R, T, d)
    environment: Array  # float64 (R, T, m)
    payoff: Array  # float64 (R, T): population mean
    final: Array  # float64 (R, 2d+m): last mix, last payoffs (0 for the absent of a finite population), environment
    means: Array  # float64 (R, d+m): time averages of mix and environment
    tipped: Array  # float64 (R, W), nan if never
    numbers: Array  # float64 (R, 4): end, time of fixation, period of a cycle (nan if none), mean payoff over time
    counts: Array  # int64 (R, 7): records, nominal and effective updates (or steps accepted and rejected),
    # why it ended (with strategy and composition of a payoff that is not finite), the strategy that took over or -1
    nodes: Array  # uint8 (R, K, N): on a graph, the strategy of every node, the last at the end; K = 0 where not kept
    earned: Array  # float64 (R, N): what every node earned at the end; empty where not kept
    ties: Array  # uint8 (R, N, N/8 rounded up): where ties come and go, who is tied to whom at the end, as bits; else empty
    groups: Array  # float64 (R, T, M, d): counts of every group, (R, 0, 0, d) where they are not asked for
    spent: Array  # float64 (R, K): what each intervention has cost
    began: Array  # float64 (R, K): when it first began, nan if never


class Work(NamedTuple):
    """Scratch of one run: the moving state and what is derived from it."""

    scalars: Array  # float64
    registers: Array  # float64 (registers, G)
    stack: Array  # float64 (depth, G)
    feedback_registers: Array  # float64 (registers, 1)
    feedback_stack: Array  # float64 (depth, 1)
    table: Array  # float64 (d, C): payoff times multinomial coefficient
    factors: Array  # float64 (5, d, n)
    strategy: Array  # float64 (10, d)
    rates: Array  # float64 (d, d): probability that one event turns an i into a j
    weights: Array  # float64 (d, C): probability of the co-players of each strategy, where payoffs are sampled
    chances: Array  # float64 (d, d): mean probability that a focal i copies a model j, or itself leaves, likewise
    events: Array  # float64 (6, m)
    status: Array  # int64 (5,)
    streams: Array  # uint64 (2, 4): of the strategies' events and of the environment's
    states: Array  # float64 (3, d+q): of the integrator
    stages: Array  # float64 (16, d+q)
    dense: Array  # float64 (7, d+q)
    shares: Array  # float64 (11, d)
    drawn: Array  # int64 (d,)
    memo: (
        Array  # float64 (Z+1, 4): of two strategies, what happens at each count (kernels/two.py); empty where not kept
    )
    leap: Array  # float64 (3, d, d): what an individual becomes in half a leap, scratch, and its rates at the start
    since: Array  # float64 (W,)
    turn: Array  # float64 (5,)
    entries: Array  # float64 (registers of the ledger, 1)
    entry_stack: Array  # float64 (its depth, 1)
    paid: Array  # float64 (1,): time up to which prices are paid
