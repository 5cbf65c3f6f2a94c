"""Payoffs calculated where they are needed, from what a node and its realised groups are: no table holds them.

Formulas are programs, one for each strategy: of what it earns (in pairs against each other strategy), and of what a
player of it puts into a pot. They run on `scalars`, the last of which are told of the node before: members of the group,
degree, level, pot, own contribution, counts by strategy, local variables.
"""

from typing import NamedTuple

import numpy as np

from evo.kernels._cache import inner
from evo.kernels.program import execute

Array = np.ndarray

# Places behind `first`.
MEMBERS, DEGREE, LEVEL, POT, OWN, COUNTS = 0, 1, 2, 3, 4, 5


# Rows of `places`.
LEVELS, REGION = 0, 1


class Direct(NamedTuple):
    """The formulas, and what they read of nodes; d strategies, L local variables, R regions. Few arrays, since all of them
    are handed to whoever asks for a payoff."""

    code: Array  # int64 (M, 3): of all programs
    programs: (
        Array  # int64 (2d+1, 3) or (d+1, 3): where in `code` each begins and ends, row of its first output in `memory`;
    )
    # first what no moving name reaches, then payoffs, then contributions
    constants: Array  # float64
    scalars: Array  # float64: those of the run, and what is told of a node
    memory: Array  # float64 (registers + depth, 1)
    registers: int
    first: int  # place among `scalars` of what is told of a node
    places: Array  # int64 (2, N): level of each node, 0 where the graph has none, and region
    gives: Array  # float64 (N, d): what each node puts into a group if it plays s; empty where there are no pots
    giving_moves: bool
    values: Array  # float64 (R, L): the local variables


@inner
def begin_directly(direct, starts, stops):
    """What is calculated once a run, and the contributions; nothing where payoffs come from a table."""
    if direct is not None:
        result_of(direct, np.int64(0))
        fill_gives(direct, starts, stops, np.int64(-1))


@inner
def give_anew(direct, starts, stops, region):
    """The contributions of a region (-1: of all) where they move during a run."""
    if direct is not None:
        if direct.giving_moves:
            fill_gives(direct, starts, stops, region)


@inner
def result_of(direct, program):
    """Run a program; returns the row of its first output."""
    registers = direct.memory[: direct.registers]
    execute(
        direct.code[direct.programs[program, 0] : direct.programs[program, 1]],
        direct.constants,
        direct.scalars,
        registers,
        registers,
        direct.memory[direct.registers :],
    )
    return direct.programs[program, 2]


@inner
def tell_place(direct, i):
    """Let formulas read the local variables where node i is."""
    place = direct.first + COUNTS + direct.gives.shape[1]
    for variable in range(direct.values.shape[1]):
        direct.scalars[place + variable] = direct.values[direct.places[REGION, i], variable]


@inner
def tell_player(direct, i, degree):
    """Let formulas read of node i how many it plays with, and its level."""
    direct.scalars[direct.first + DEGREE] = degree
    direct.scalars[direct.first + LEVEL] = direct.places[LEVELS, i]


@inner
def fill_gives(direct, starts, stops, region):
    """What the nodes of a region (-1: of all) put into each of their groups, by strategy."""
    if len(direct.gives) == 0:
        return
    for i in range(len(direct.gives)):
        if region < 0 or direct.places[REGION, i] == region:
            tell_place(direct, i)
            tell_player(direct, i, float(stops[i] - starts[i]))
            strategies = direct.gives.shape[1]
            for s in range(strategies):
                direct.gives[i, s] = direct.memory[result_of(direct, strategies + s + 1), 0]


@inner
def pair_payoff(direct, degree, selfish, around, i, s):
    """The sum over those around i of what it earns with strategy s from each."""
    tell_place(direct, i)
    tell_player(direct, i, degree)
    first = result_of(direct, s + 1)
    total = direct.memory[first + s, 0] if selfish else 0.0
    for t in range(around.shape[1]):
        if around[i, t] != 0.0:
            total += around[i, t] * direct.memory[first + t, 0]
    return total


@inner
def groups_payoff(direct, starts, stops, neighbours, everywhere, around, strategies, i, s):
    """The sum over the groups of i, or the one around it alone, of what it earns with strategy s."""
    tell_player(direct, i, float(stops[i] - starts[i]))
    total = group_payoff(direct, starts, stops, neighbours, around, strategies, i, i, s)
    if everywhere:
        for e in range(starts[i], stops[i]):
            total += group_payoff(direct, starts, stops, neighbours, around, strategies, np.int64(neighbours[e]), i, s)
    return total


@inner
def group_payoff(direct, starts, stops, neighbours, around, strategies, centre, i, s):
    """What i, of whom formulas know, earns with strategy s in the group around `centre`, where its environment is read."""
    scalars, first = direct.scalars, direct.first
    tell_place(direct, centre)
    scalars[first + MEMBERS] = float(stops[centre] - starts[centre] + 1)
    for t in range(around.shape[1]):
        scalars[first + COUNTS + t] = around[centre, t]
    scalars[first + COUNTS + strategies[centre]] += 1.0
    scalars[first + COUNTS + strategies[i]] -= 1.0
    scalars[first + COUNTS + s] += 1.0
    if len(direct.gives) > 0:
        gives = direct.gives
        pot = gives[centre, s if centre == i else strategies[centre]]
        for e in range(starts[centre], stops[centre]):
            j = neighbours[e]
            pot += gives[j, s if j == i else strategies[j]]
        scalars[first + POT] = pot
        scalars[first + OWN] = gives[i, s]
    return direct.memory[result_of(direct, s + 1), 0]
