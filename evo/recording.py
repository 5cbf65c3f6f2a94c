"""Plans, recordings and scratch as arrays: what a run is asked, what it leaves, what it works with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from evo import codes
from evo.formulas import compile_program
from evo.kernels.arrays import FIXED, FIXED_AT, PERIOD, Plan, Process, Recording, Work
from evo.kernels.program import Program
from evo.kernels.tableau import EXTRA, STAGES
from evo.strategies import Strategy, roles

LARGEST_MEMO = 200_000  # individuals
LARGEST = 1e15  # steps of a run
NO_LEDGER = compile_program(let={}, outputs={}, scalars={}, vectors={}, moving=frozenset())  # of no interventions
Watched = tuple[int, float, float]  # strategy, level, hold
UNTIL = {
    "generations": codes.COMPLETED,
    "converged": codes.CONVERGED,
    "fixed": codes.ABSORBED,
    "cycling": codes.CYCLING,
}


def plan_of(
    start: Sequence[float],
    *,
    generations: float,
    record_every: float | None,
    burn_in: float,
    tolerance: float,
    until: str,
    rest: float,
    averages: bool,
    cycles: bool = False,
    watched: Sequence[Watched],
    nodes: Literal["none", "last", "all"] = "none",
) -> Plan:
    """The kernel's plan; `record_every` None keeps the start and nothing more, an empty start is random on the simplex."""
    records = 1 if record_every is None else int(np.floor(generations / record_every * (1 + 1e-12) + 1e-9)) + 1
    return Plan(
        generations=float(generations),
        record_every=float(record_every or generations),
        records=records,
        burn_in=float(burn_in),
        tolerance=float(tolerance),
        until=UNTIL[until],
        rest=float(rest),
        averages=averages,
        cycles=cycles,
        watched=np.array([strategy for strategy, _, _ in watched], dtype=np.int64),
        levels=np.array([[level for _, level, _ in watched], [hold for _, _, hold in watched]], dtype=float),
        start=np.array(start, dtype=float),
        nodes={"none": 0, "last": 1, "all": records + 1}[nodes],
        ledger=NO_LEDGER,
        pause=np.inf,
        resume=-1.0,
    )


def is_flow(process: Process) -> bool:
    """Whether the process is a flow that is integrated, not one that moves in steps."""
    return process.meeting.whole == 0 and process.rule.pace == codes.SEQUENTIAL


def check_steps(process: Process, generations: float, key: str = "generations") -> None:
    """Refuse a time that is not a whole number of the steps in which the process moves, or more than can be counted."""
    rule = process.rule
    sequential = rule.pace == codes.SEQUENTIAL
    steps = generations * (max(process.meeting.whole, 1) if sequential else 1 / rule.step)
    if steps > LARGEST:
        raise ValueError(f"{generations:g} generations would take {steps:.3g} steps; at most {LARGEST:.0e} are counted")
    if not sequential and abs(steps - round(steps)) > 1e-6 * max(1.0, steps):
        raise ValueError(
            f"{key} must be a multiple of the {rule.step:g} generations that a step takes, not {generations:g}"
        )


def blank_recording(
    process: Process, plan: Plan, replicates: int, groups: int = 0, interventions: int = 0
) -> Recording:
    """An empty recording for this many replicates, with the counts of so many groups, of so many interventions."""
    strategies, variables = len(process.to), len(process.laws.rows)
    recording = Recording(
        mix=np.full((replicates, plan.records, strategies), np.nan),
        environment=np.full((replicates, plan.records, variables), np.nan),
        payoff=np.full((replicates, plan.records), np.nan),
        final=np.full((replicates, 2 * strategies + variables), np.nan),
        means=np.zeros((replicates, strategies + variables)),
        tipped=np.full((replicates, len(plan.watched)), np.nan),
        numbers=np.zeros((replicates, 4)),
        counts=np.zeros((replicates, 7), np.int64),
        nodes=np.zeros((replicates, plan.nodes, process.meeting.whole if plan.nodes else 0), np.uint8),
        earned=np.zeros((replicates, process.meeting.whole if plan.nodes else 0)),
        ties=np.zeros((replicates, *_ties_shape(process, plan)), np.uint8),
        groups=np.full((replicates, plan.records if groups else 0, groups, strategies), np.nan),
        spent=np.zeros((replicates, interventions)),
        began=np.full((replicates, interventions), np.nan),
    )
    recording.numbers[:, [FIXED_AT, PERIOD]] = np.nan
    recording.counts[:, FIXED] = -1
    return recording


def recording_bytes(process: Process, plan: Plan, replicates: int) -> int:
    """Memory that a recording takes, in bytes."""
    strategies, variables = len(process.to), len(process.laws.rows)
    row = plan.records * (strategies + variables + 1) + 3 * strategies + 2 * variables + len(plan.watched) + 11
    nodes, bits = _ties_shape(process, plan)
    return replicates * (8 * row + (plan.nodes + 8 * (plan.nodes > 0)) * process.meeting.whole + nodes * bits)


def _ties_shape(process: Process, plan: Plan) -> tuple[int, int]:
    nodes = process.meeting.whole if plan.nodes and process.meeting.loose else 0
    return nodes, (nodes + 7) // 8


def scratch(process: Process, watched: int = 0, ledger: Program = NO_LEDGER) -> Work:
    """Working memory for one thread."""
    game, laws = process.game, process.laws
    _, strategies, compositions = game.source.shape
    columns = max(1, game.vectors.shape[1])
    size = strategies + len(laws.moved)
    return Work(
        scalars=process.scalars.copy(),
        registers=np.zeros((game.program.registers, columns)),
        stack=np.zeros((game.program.depth, columns)),
        feedback_registers=np.zeros((laws.feedback.registers, 1)),
        feedback_stack=np.zeros((laws.feedback.depth, 1)),
        table=np.zeros((strategies, compositions)),
        factors=np.zeros((5, strategies, process.meeting.size)),
        strategy=process.strategy.copy(),
        rates=np.zeros((strategies, strategies)),
        weights=np.zeros((strategies, compositions) if process.meeting.sampled else (0, 0)),
        chances=np.zeros((strategies, strategies) if process.meeting.sampled else (0, 0)),
        events=np.zeros((6, len(laws.rows))),
        status=np.zeros(5, np.int64),
        streams=np.zeros((2, 4), np.uint64),
        states=np.zeros((3, size)),
        stages=np.zeros((STAGES + 1 + EXTRA, size)),
        dense=np.zeros((7, size)),
        shares=np.zeros((11, strategies)),
        drawn=np.zeros(strategies, np.int64),
        memo=np.full((process.meeting.whole + 1 if _remembers(process) else 0, 4), -1.0),
        leap=np.zeros((3, strategies, strategies) if process.rule.pace == codes.LEAP else (3, 0, 0)),
        since=np.zeros(watched),
        turn=np.zeros(5),
        entries=np.zeros((ledger.registers, 1)),
        entry_stack=np.zeros((ledger.depth, 1)),
        paid=np.zeros(1),
    )


def _remembers(process: Process) -> bool:
    """Whether the rates at each count of two strategies are kept: they follow from the count alone."""
    alone = len(process.to) == 2 and len(process.wholes) == 1 and not process.eventful
    return alone and process.rule.pace == codes.SEQUENTIAL and 0 < process.meeting.whole <= LARGEST_MEMO


def start_shares(start: Mapping[str, float], strategies: Mapping[str, Strategy]) -> list[float]:
    """Named shares, the remainder split equally over the strategies not named; those of each role sum to 1.

    Raises ValueError where a name is unknown, a share negative, or the sum not 1 and nobody is left to take the rest.
    """
    unknown = [name for name in start if name not in strategies]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is not a strategy")
    shares: list[float] = []
    for members in roles(strategies).values() or [tuple(strategies)]:
        shares += _completed({name: start[name] for name in start if name in members}, members)
    return shares


def _completed(start: Mapping[str, float], strategies: Sequence[str]) -> list[float]:
    """The shares of one role."""
    total = sum(start.values())
    unnamed = [name for name in strategies if name not in start]
    if total > 1 + 1e-9 or (not unnamed and abs(total - 1) > 1e-9):
        raise ValueError(f"shares must sum to 1, they sum to {total:g}")
    rest = max(0.0, 1 - total) / len(unnamed) if unnamed else 0.0
    shares = [start.get(name, rest) for name in strategies]
    return [share / sum(shares) for share in shares]
