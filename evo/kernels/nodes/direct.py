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


class Direct(NamedTuple):
    """The formulas, and what they read of nodes; d strategies, L local variables, R regions."""

    used: bool  # else payoffs come from the table, and all here is empty
    still: Array  # int64 (m, 3): code of what no moving name reaches
    code: Array  # int64 (M, 3)
    bounds: Array  # int64 (2d+1,) or (d+1,): where the code of each program begins, payoffs before contributions
    results: Array  # int64 (2d,) or (d,): its first output among the registers
    constants: Array  # float64
    scalars: Array  # float64: those of the run, and what is told of a node
    registers: Array  # float64 (registers, 1)
    stack: Array  # float64 (depth, 1)
    first: int  # place among `scalars` of what is told of a node
    levels: Array  # float64 (N,), 0 where the graph has none
    gives: Array  # float64 (N, d): what each node puts into a group if it plays s; empty where there are no pots
    giving_moves: bool
    region: Array  # int64 (N,)
    values: Array  # float64 (R, L): the local variables


@inner
def begin_directly(direct, starts, stops):
    """What is calculated once a run, and the contributions."""
    execute(direct.still, direct.constants, direct.scalars, direct.registers, direct.registers, direct.stack)
    fill_gives(direct, starts, stops, np.int64(-1))


@inner
def result_of(direct, program):
    """Run a program; returns the place of its first output among the registers."""
    first, stop = direct.bounds[program], direct.bounds[program + 1]
    execute(direct.code[first:stop], direct.constants, direct.scalars, direct.registers, direct.registers, direct.stack)
    return direct.results[program]


@inner
def tell_place(direct, i):
    """Let formulas read the local variables where node i is."""
    place = direct.first + COUNTS + direct.gives.shape[1]
    for variable in range(direct.values.shape[1]):
        direct.scalars[place + variable] = direct.values[direct.region[i], variable]


@inner
def tell_player(direct, i, degree):
    """Let formulas read of node i how many it plays with, and its level."""
    direct.scalars[direct.first + DEGREE] = degree
    direct.scalars[direct.first + LEVEL] = direct.levels[i]


@inner
def fill_gives(direct, starts, stops, region):
    """What the nodes of a region (-1: of all) put into each of their groups, by strategy."""
    if len(direct.gives) == 0:
        return
    for i in range(len(direct.levels)):
        if region < 0 or direct.region[i] == region:
            tell_place(direct, i)
            tell_player(direct, i, float(stops[i] - starts[i]))
            strategies = direct.gives.shape[1]
            for s in range(strategies):
                direct.gives[i, s] = direct.registers[result_of(direct, strategies + s), 0]


@inner
def pair_payoff(direct, degree, selfish, around, i, s):
    """The sum over those around i of what it earns with strategy s from each."""
    tell_place(direct, i)
    tell_player(direct, i, degree)
    first = result_of(direct, s)
    total = direct.registers[first + s, 0] if selfish else 0.0
    for t in range(around.shape[1]):
        if around[i, t] != 0.0:
            total += around[i, t] * direct.registers[first + t, 0]
    return total


@inner
def groups_payoff(direct, starts, stops, neighbours, everywhere, around, strategies, i, s):
    """The sum over the groups of i, or the one around it alone, of what it earns with strategy s."""
    tell_player(direct, i, float(stops[i] - starts[i]))
    total = group_payoff(direct, starts, stops, neighbours, around, strategies, i, i, s)
    if everywhere:
        for e in range(starts[i], stops[i]):
            total += group_payoff(direct, starts, stops, neighbours, around, strategies, neighbours[e], i, s)
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
    return direct.registers[result_of(direct, s), 0]
