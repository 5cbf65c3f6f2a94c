"""Replicates by number, each from its own streams, shared among threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo._threads import share
from evo.kernels.arrays import Plan, Recording
from evo.kernels.meanfield import run_flow
from evo.kernels.random import stream_key
from evo.kernels.stepped import run_steps
from evo.recording import blank_recording, is_flow, scratch
from evo.simulation.groups import run_group_rows
from evo.simulation.intervened import run_intervened
from evo.simulation.networks import run_network

if TYPE_CHECKING:
    from evo.interventions import Schedule
    from evo.model import Model


def run_plan(
    model: Model,
    plan: Plan,
    *,
    seed: int,
    point: int,
    replicates: int,
    first: int = 0,
    workers: int = 1,
    flag: np.ndarray | None = None,
    groups: int = 0,
    schedule: Schedule | None = None,
    watch_from: float | None = None,
) -> Recording:
    """Replicates first, first+1, ... of a model; each depends on its own number and nothing else.

    groups: how many there are, to record the counts of each; 0 records none. schedule: of interventions; with one, watches
    may begin anew at the time watch_from. Setting flag[0] (int8) from another thread stops the runs within milliseconds.
    """
    many = 0 if schedule is None else len(schedule.specs)
    recording = blank_recording(model.lowered, plan, replicates, groups, many)
    run = RUNNERS.get(model.population.kind, run_mixed)
    flag = np.zeros(1, np.int8) if flag is None else flag
    workers = min(workers, replicates)

    def rows(worker: int) -> None:
        mine = range(worker, replicates, workers)
        if schedule is None:
            run(model, plan, seed, point, first, mine, flag, recording)
        else:
            run_intervened(schedule, plan, seed, point, first, mine, flag, recording, watch_from)

    share(rows, workers=workers, flag=flag)
    return recording


def run_mixed(
    model: Model, plan: Plan, seed: int, point: int, first: int, rows: range, flag: np.ndarray, recording: Recording
) -> None:
    """These rows of a recording of a well-mixed population."""
    process = model.lowered
    run = run_flow if is_flow(process) else run_steps
    work, key, hashed = scratch(process, len(plan.watched)), stream_key(seed), np.uint64(point)
    run(process, plan, key, hashed, first, rows.start, rows.stop, rows.step, flag, work, recording)


RUNNERS = {"groups": run_group_rows, "network": run_network}
