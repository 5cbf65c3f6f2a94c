"""The same job by evo, by joblib over the same kernel calls, and by Mesa: seconds, and what the engine adds to a replicate.

    python benchmarks/runner.py [--repeats 3]
    python benchmarks/runner.py --points 1000000

Jobs: tiny replicates of one point (what the engine adds), points of some 10 ms (how well two threads share them), and a
two-strategy Moran process that Mesa can express too (`batch_run`, one process). joblib and Mesa are used where they are
installed. evo writes a run folder, checksums and fsync included; the others return their rows. Where other work takes a share of
the second core no two threads can reach twice the speed of one: so two processes of one thread, half of the points each, are
timed in turn with the two threads, as what the machine gives. With --points: so many points, each with one tiny replicate, planned
and stored, and the memory that it takes.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import numpy as np

import evo
from evo.batch.plan import make_plan
from evo.recording import plan_of
from evo.simulation import run_plan

MORAN = """
parameters: {benefit: 4}
strategies: [cooperate, defect]
game: {kind: matrix, payoffs: [["benefit - 1", -1], [benefit, 0]]}
population: {kind: well_mixed, size: 50}
dynamics: {kind: moran}
selection: {intensity: 0.1}
mutation: {rate: 0.01}
run: {generations: GENERATIONS, replicates: REPLICATES, seed: 5, start: {cooperate: 0.5}}
sweep: {grid: {parameters.benefit: {linspace: [2, 8, POINTS]}}}
measure: [final_mix]
"""

SIZED, POINTS = (4000, 10), 200  # generations and replicates that take some 10 ms; points


def job(generations: int, replicates: int, points: int) -> evo.Experiment:
    text = MORAN.replace("GENERATIONS", str(generations)).replace("REPLICATES", str(replicates))
    return evo.loads(text.replace("POINTS", str(points)))


def seconds(call: Callable[[], Any], repeats: int) -> float:
    """Median of the wall times; the first call, which may compile, is left out."""
    return statistics.median(in_turn([call], repeats)[0])


def in_turn(calls: list[Callable[[], Any]], repeats: int) -> np.ndarray:
    """Wall times, (calls, repeats), of calls made in turn; a first one each, which may compile, is left out."""
    took = np.empty((len(calls), repeats + 1))
    for turn in range(repeats + 1):
        for place, call in enumerate(calls):
            began = time.perf_counter()
            call()
            took[place, turn] = time.perf_counter() - began
    return took[:, 1:]


def by_evo(experiment: evo.Experiment, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evo.run(experiment, out=Path(folder) / "run", workers=workers)


class Halves:
    """Two processes of one thread each, which have run once, and run half of the points at a time each."""

    def __init__(self, points: int) -> None:
        asked = [sys.executable, __file__, "--half", str(points // 2)]
        self.both = [Popen(asked, stdin=PIPE, stdout=PIPE, text=True) for _ in range(2)]

    def __call__(self) -> None:
        for half in self.both:
            print("go", file=half.stdin, flush=True)
        for half in self.both:
            half.stdout.readline()

    def end(self) -> None:
        for half in self.both:
            half.communicate()


def one_half(points: int) -> None:
    """What each of two halves does: runs its points whenever it is told to."""
    for _ in sys.stdin:
        by_evo(job(*SIZED, points), 1)
        print("done", flush=True)


def by_kernel(experiment: evo.Experiment) -> None:
    """Nothing but the kernel, point by point."""
    for point in make_plan(experiment):
        _replicates(point.experiment)


def _replicates(chosen: evo.Experiment) -> np.ndarray:
    plan = plan_of(**chosen.plan_arguments, record_every=None)
    run = chosen.run
    return run_plan(chosen.model, plan, seed=run.seed, point=chosen.stream, replicates=run.replicates).final


def by_joblib(experiment: evo.Experiment, workers: int) -> None:
    """The same kernel calls, a point each, by joblib's threads."""
    from joblib import Parallel, delayed

    Parallel(n_jobs=workers, prefer="threads")(
        delayed(_replicates)(point.experiment) for point in make_plan(experiment)
    )


def by_mesa(experiment: evo.Experiment) -> None:
    """The same process, an individual at a time, by Mesa's batch_run."""
    import mesa

    size, generations = experiment.population.size, int(experiment.run.generations)

    class Population(mesa.Model):
        def __init__(self, benefit: float, seed: int | None = None) -> None:
            super().__init__(seed=seed)
            self.benefit = benefit
            self.cooperates = [place < size // 2 for place in range(size)]
            self.datacollector = mesa.DataCollector({"cooperators": lambda model: sum(model.cooperates)})

        def step(self) -> None:
            for _ in range(size):
                k = sum(self.cooperates)
                ours = 1 + 0.1 * ((k - 1) * (self.benefit - 1) - (size - k)) / (size - 1)
                theirs = 1 + 0.1 * k * self.benefit / (size - 1)
                weights = [ours if each else theirs for each in self.cooperates]
                child = self.random.choices(self.cooperates, weights)[0]
                if self.random.random() < 0.01:
                    child = not child
                self.cooperates[self.random.randrange(size)] = child
            self.datacollector.collect(self)

    values = [point.settings["parameters.benefit"] for point in experiment.points()]
    mesa.batch_run(
        Population,
        parameters={"benefit": values},
        iterations=experiment.run.replicates,
        max_steps=generations,
        number_processes=1,
        display_progress=False,
    )


def many(points: int) -> None:
    """A run of that many points, as a process of its own would do it: this script does nothing else then."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = evo.run(job(1, 1, points), out=Path(folder) / "run", workers=2, allow_large=True)
        took, stored = time.perf_counter() - began, sum(file.stat().st_size for file in Path(folder).rglob("*"))
    assert result.complete
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{points:,} points planned, run and stored: {took:.0f} s, {stored / 2**20:.0f} MiB on disk, {most:.2f} GiB of memory"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--half", type=int, default=None, help=argparse.SUPPRESS)
    options.add_argument("--points", type=int, default=None, help="so many points planned and stored, instead")
    asked = options.parse_args()
    if asked.half:
        one_half(asked.half)
        return
    if asked.points:
        many(asked.points)
        return
    repeats = asked.repeats

    tiny = job(1, 100_000, 1)
    added = seconds(lambda: by_evo(tiny, 1), repeats) - seconds(lambda: by_kernel(tiny), repeats)
    print(f"tiny replicates: the engine adds {added / 1e5 * 1e6:.1f} us to each, folder included")

    sized, halves = job(*SIZED, POINTS), Halves(POINTS)
    took = in_turn([lambda: by_evo(sized, 1), lambda: by_evo(sized, 2), halves], repeats)
    halves.end()
    (one, two, apart), most = np.median(took, axis=1), took[0] / took[1] / 2
    print(
        f"{POINTS} points of {one / POINTS * 1e3:.0f} ms: 1 thread {one:.2f} s, 2 threads {two:.2f} s, efficiency "
        f"{np.median(most):.2f} ({most.min():.2f} to {most.max():.2f})"
    )
    print(
        f"  two processes of one thread, half of them each: {apart:.2f} s, {np.median(took[0] / took[2]) / 2:.2f}; "
        f"the two threads take {np.median(took[1] / took[2]):.2f} times as long"
    )
    if importlib.util.find_spec("joblib"):
        other = seconds(lambda: by_joblib(sized, 2), repeats)
        print(
            f"  joblib's threads over the same kernel calls: {other:.2f} s, {other / two:.2f} times as long; no rows, no folder"
        )

    small = job(50, 10, 4)
    ours = seconds(lambda: by_evo(small, 1), repeats)
    if importlib.util.find_spec("mesa"):
        other = seconds(lambda: by_mesa(small), repeats)
        print(
            f"4 points, 10 replicates of 2,500 updates: evo {ours:.3f} s, Mesa {other:.3f} s, {other / ours:.1f} times as long"
        )


if __name__ == "__main__":
    main()
