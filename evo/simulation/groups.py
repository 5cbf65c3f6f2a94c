"""Replicates of a population in groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo.kernels.arrays import Plan, Process, Recording
from evo.kernels.demes.arrays import Demes, DemeWork
from evo.kernels.demes.run import run_groups
from evo.kernels.random import stream_key
from evo.lowering.groups import group_places, lower_groups
from evo.recording import scratch

if TYPE_CHECKING:
    from evo.model import Model


def number_of_groups(model: Model) -> int:
    """How many groups there are in all."""
    return len(group_places(model))


def run_group_rows(
    model: Model,
    plan: Plan,
    seed: int,
    point: int,
    first: int,
    rows: range,
    flag: np.ndarray,
    recording: Recording,
) -> None:
    """These rows of the recording, one after another, in this thread."""
    process = model.lowered
    demes = lower_groups(model, process.meeting.size)
    work, groups = scratch(process, len(plan.watched)), group_scratch(process, demes)
    key, hashed = stream_key(seed), np.uint64(point)
    run_groups(
        process, demes, plan, key, hashed, first, rows.start, rows.stop, rows.step, flag, work, groups, recording
    )


def group_scratch(process: Process, demes: Demes) -> DemeWork:
    """Working memory of the groups for one thread."""
    groups, strategies, levels = len(demes.places), len(process.to), len(demes.shape)
    at_once = process.rule.pace == codes.SYNCHRONOUS
    leaves = 1 << max(1, (groups - 1).bit_length())
    return DemeWork(
        counts=np.zeros((groups, strategies)),
        members=np.zeros(groups),
        earned=np.zeros((groups, strategies)),
        fit=np.zeros((groups if demes.everywhere else 0, strategies)),
        paid=np.zeros(groups),
        fresh=np.full(groups, -1, np.int64),
        fitted=np.full(groups, -1, np.int64),
        tree=np.zeros(2 * leaves if demes.everywhere else 0),
        due=np.zeros(levels),
        pool=np.zeros((2, strategies)),
        drawn=np.zeros(strategies, np.int64),
        next=np.zeros((groups if at_once else 0, strategies)),
        scalars=process.scalars.copy(),
        registers=np.zeros((demes.fitness.registers, 1)),
        stack=np.zeros((demes.fitness.depth, 1)),
        everybody=np.zeros(1),
        within=np.zeros(1),
        sums=np.zeros(3),
        marks=np.zeros(5, np.int64),
    )
