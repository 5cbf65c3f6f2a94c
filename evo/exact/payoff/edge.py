"""Payoffs on an edge: k individuals play one strategy, the mutant's, and Z-k another, the resident's.

Written from definitions.md (Payoffs): co-players are drawn one after the other without replacement, slots that
assortment fills with copies consume nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evo import codes
from evo.exact.payoff.edge_loops import fill_pair_payoffs, is_loaded
from evo.exact.payoff.infinite import Values, payoff_table
from evo.games import compositions
from evo.kernels.arrays import BIAS, TIME

if TYPE_CHECKING:
    from evo.kernels.arrays import Meeting
    from evo.kernels.program import Program
    from evo.model import Model

BLOCK = 2**22  # numbers that a table of co-players may hold at a time


class EdgePayoffs(NamedTuple):
    """Effective payoffs by the number k of mutants, trait bias included, (P, Z+1)."""

    mutant: np.ndarray  # nan at k = 0, where there is none
    resident: np.ndarray  # nan at k = Z


def check_counted(model: Model) -> None:
    """Refuse a population in which it matters who plays what, not only how many do."""
    kind = model.population.kind
    if kind not in ("well_mixed", "infinite"):
        where = "evo.exact.graph, or " if kind == "network" else ""
        raise ValueError(
            f"these answers are for well-mixed populations, and this one is of kind {kind}, where it matters who plays "
            f"what: ask {where}a simulation"
        )


def edge_payoffs(model: Model, pairs: np.ndarray, *, environment: Values = None, imagined: bool = False) -> EdgePayoffs:
    """Payoffs of mutant i and resident j for each of the pairs (i, j), an int array (P, 2), at k = 0..Z mutants.

    imagined: by one who plays the other strategy and would make it k, or Z-k, by changing; a game that reads the mix
    then reads that before the change. Raises ValueError where a payoff that is used is not finite, where payoffs read t,
    and where an environment variable moves and `environment` gives no value for it.
    """
    check_counted(model)
    process = model.lowered
    if _reads_time(process.game.program):
        raise ValueError("the payoffs read t, so the chain is not the same at all times")
    bias = process.strategy[BIAS]
    if process.game.reads_mix:
        found = _by_mix(model, pairs, environment, 1 if imagined else 0)
    else:
        table = payoff_table(model, environment=environment)
        meeting, size = process.meeting, process.meeting.size
        if size == 2:
            of_pairs = EdgePayoffs(*np.empty((2, len(pairs), meeting.whole + 1)))
            itself = 0 if meeting.self_interaction else 1
            if fill_pair_payoffs(table, bias, pairs, meeting.whole, itself, meeting.assortment, *of_pairs):
                return of_pairs
        found = _by_table(meeting, _rows(table, pairs, size), _rows(table, pairs[:, ::-1], size))
    mutant, resident = found.mutant + bias[pairs[:, :1]], found.resident + bias[pairs[:, 1:]]
    _check_finite(model, pairs, mutant[:, 1:], 1)
    _check_finite(model, pairs, resident[:, :-1], 0)
    return EdgePayoffs(mutant, resident)


def _rows(table: np.ndarray, pairs: np.ndarray, size: int) -> np.ndarray:
    """Payoff to the first of each pair by the number of its own kind among its co-players, the others being the second
    of the pair, (P, n)."""
    if size == 2:
        own, other = pairs[:, 0], pairs[:, 1]
        return np.stack([table[own, other], table[own, own]], axis=1)
    counts = compositions(len(table), size - 1)
    found = np.empty((len(pairs), size))
    for row, (own, other) in zip(found, pairs, strict=True):
        place = np.flatnonzero(counts[:, own] + counts[:, other] == size - 1)
        row[counts[place, own]] = table[own, place]
    return found


def _by_table(meeting: Meeting, mutant: np.ndarray, resident: np.ndarray) -> EdgePayoffs:
    """Payoffs from rows (P, n) by the number of own kind among the co-players."""
    whole = meeting.whole
    counts = np.arange(1, whole + 1)
    nobody = np.full((len(mutant), 1), np.nan)
    of_mutant = [_mean(meeting, mutant, block) for block in _blocks(counts, meeting.size)]
    of_resident = [_mean(meeting, resident, block) for block in _blocks(counts[::-1], meeting.size)]
    return EdgePayoffs(np.hstack([nobody, *of_mutant]), np.hstack([*of_resident, nobody]))


def _blocks(counts: np.ndarray, size: int) -> Iterator[np.ndarray]:
    step = len(counts) if size == 2 else max(1, BLOCK // size)
    return (counts[first : first + step] for first in range(0, len(counts), step))


def _mean(meeting: Meeting, rows: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Mean payoff of a player of a kind of which there are `own` (itself included) of Z, by rows (P, n); (P, len(own))."""
    if meeting.size == 2 and np.isfinite(rows).all():
        return rows[:, :1] + (rows[:, 1:] - rows[:, :1]) * _alike(meeting, own)
    weights = np.array([1 - _alike(meeting, own), _alike(meeting, own)]) if meeting.size == 2 else company(meeting, own)
    if np.isfinite(rows).all():
        return rows @ weights
    return np.where(weights > 0, rows[:, :, None] * weights, 0.0).sum(axis=1)  # a payoff without weight may be infinite


def _alike(meeting: Meeting, own: np.ndarray) -> np.ndarray:
    """Chance that the one co-player of a pair is of the focal's kind; the same for assortment of both kinds."""
    itself = 0 if meeting.self_interaction else 1
    return (1 - meeting.assortment) * (own - itself) / (meeting.whole - itself) + meeting.assortment


def company(meeting: Meeting, own: np.ndarray) -> np.ndarray:
    """Chance of c = 0..n-1 of the own kind among the co-players of one of a kind that has `own` members, (n, len(own))."""
    itself = 0 if meeting.self_interaction else 1
    own, others = (own - itself).astype(float), (meeting.whole - own).astype(float)
    slots, a = meeting.size - 1, meeting.assortment
    drawn = list(_draws(own, others, slots))
    if a == 0:
        return drawn[slots]
    if meeting.alike == codes.FOCAL:
        return _with_copies(drawn, a, own_kind=True)
    copying = math.sqrt(a)
    founder = copying + (1 - copying) * own / (own + others)  # chance that the founder is of the focal's kind
    alike, unlike = _with_copies(drawn, copying, own_kind=True), _with_copies(drawn, copying, own_kind=False)
    return founder * alike + (1 - founder) * unlike


def _draws(own: np.ndarray, others: np.ndarray, slots: int) -> Iterator[np.ndarray]:
    """Chances of c = 0..s of the own kind among s = 0..slots draws without replacement, each (s+1, len(own))."""
    chance = np.ones((1, len(own)))
    yield chance
    for s in range(slots):
        taken = np.arange(s + 1)[:, None]  # of the own kind, of s draws
        longer = np.zeros((s + 2, len(own)))
        longer[:-1] = chance * np.maximum(others - (s - taken), 0) / (own + others - s)
        longer[1:] += chance * np.maximum(own - taken, 0) / (own + others - s)
        chance = longer
        yield chance


def _with_copies(drawn: list[np.ndarray], copying: float, *, own_kind: bool) -> np.ndarray:
    """Each slot is a copy with this probability, of the own kind or of the other; the rest are drawn."""
    slots = len(drawn) - 1
    total = np.zeros_like(drawn[slots])
    for copies in range(slots + 1):
        weight = math.comb(slots, copies) * copying**copies * (1 - copying) ** (slots - copies)
        first = copies if own_kind else 0
        total[first : first + slots - copies + 1] += weight * drawn[slots - copies]
    return total


def _by_mix(model: Model, pairs: np.ndarray, environment: Values, ahead: int) -> EdgePayoffs:
    """Payoffs of a game that reads the population's mix, one table per state; counts are `ahead` of the mix by one or none."""
    meeting = model.lowered.meeting
    whole = meeting.whole
    mutant, resident = np.full((2, len(pairs), whole + 1), np.nan)
    for p, pair in enumerate(pairs):
        for k in range(whole + 1):
            mix = np.zeros(len(model.strategies))
            mix[pair] = k / whole, (whole - k) / whole
            table = payoff_table(model, mix=mix, environment=environment)
            if 0 < k + ahead <= whole:
                own = np.array([k + ahead])
                mutant[p, own] = _mean(meeting, _rows(table, pair[None], meeting.size), own)[0]
            if 0 < whole - k + ahead <= whole:
                own = np.array([whole - k + ahead])
                resident[p, whole - own] = _mean(meeting, _rows(table, pair[None, ::-1], meeting.size), own)[0]
    return EdgePayoffs(mutant, resident)


def _reads_time(program: Program) -> bool:
    return is_loaded(program.static_code, codes.SCALAR, TIME) or is_loaded(program.moving_code, codes.SCALAR, TIME)


def _check_finite(model: Model, pairs: np.ndarray, payoffs: np.ndarray, first: int) -> None:
    if not np.isfinite(payoffs).all():
        pair, place = np.argwhere(~np.isfinite(payoffs))[0]
        mutant, resident = (model.strategy_names[i] for i in pairs[pair])
        who, count = (mutant, place + 1) if first else (resident, place)
        raise ValueError(
            f"the payoff of {who} is {payoffs[pair, place]} with {count} {mutant} "
            f"among {model.lowered.meeting.whole - count} {resident}"
        )
