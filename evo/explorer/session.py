"""What the explorer computes, without a browser: settings in, a scene out; replicates and answers that take longer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo import _spec
from evo._errors import SimulationError
from evo.experiment import Experiment
from evo.explorer.knobs import Knob, Switch, fits, infinite, knobs_of, switches_of
from evo.explorer.portrait import Plan, Portrait, portrait_of, rest_of
from evo.recording import plan_of, start_shares
from evo.simulation import interrupted, run_plan, trouble
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.exact.flows.rest_points import RestPoints
    from evo.kernels.arrays import Recording
    from evo.tipping import Critical

RECORDS, FLOW_RECORDS = 200, 600  # of replicates, and of a flow, whose cycles are to be round
MOST = 64  # replicates that are shown
PATIENCE = 0.5  # seconds
LONGEST = 3.0  # seconds that a look may take before its flow is computed aside
TIP_RUNS = 1000  # where the answer is a probability


@dataclass(frozen=True, eq=False)
class Course:
    """Replicates over time: time (t,), mix (replicate, t, strategy), environment (replicate, t, variable)."""

    time: np.ndarray
    mix: np.ndarray
    environment: np.ndarray

    def joined(self, other: Course) -> Course:
        """Both, one after the other."""
        mix, environment = (
            np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("mix", "environment")
        )
        return Course(self.time, mix, environment)


@dataclass(frozen=True, eq=False)
class Scene:
    """What there is to see at some settings: the flow's course (None where there is no flow without chance), replicates as far
    as they have come, where selection leads, and where it rests."""

    experiment: Experiment
    flow: Course | None
    portrait: Portrait | None
    replicates: Course | None = None
    rest: RestPoints | None = None
    wanted: int = 0  # replicates to come in all
    pending: bool = False  # the flow is still to come

    @property
    def more(self) -> bool:
        """Whether something is still to come."""
        return self.pending or isinstance(self.portrait, Plan) or self.wanted > 0


@dataclass
class Session:
    """An experiment without its sweep and pictures, and what has been set in it."""

    base: Experiment
    settings: dict[str, Any] = field(default_factory=dict)
    slow: bool = False  # the last flow took longer than a slider may wait

    def __post_init__(self) -> None:
        data = {key: value for key, value in self.base.data.items() if key not in ("sweep", "plots")}
        self.base = _spec.validate(Experiment, data)

    @cached_property
    def knobs(self) -> tuple[Knob, ...]:
        return knobs_of(self.base)

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        return switches_of(self.base)

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is set now. Raises ConfigError where settings do not go together."""
        return self.base.replace(self.settings)

    def values(self) -> dict[str, float]:
        """Where each knob stands."""
        shares = {} if self.base.run.start == "random" else self._shares()
        return {
            knob.path: shares[knob.start] if knob.start else float(self.settings.get(knob.path, knob.value))
            for knob in self.knobs
        }

    def move(self, path: str, value: float) -> None:
        """Set a knob; the other shares of a start make room, in proportion."""
        knob = next(knob for knob in self.knobs if knob.path == path)
        if knob.start is None:
            self.settings[path] = round(value) if knob.whole else value
            return
        shares, name = self._shares(), knob.start
        role = self.base.strategies[name].role
        others = [each for each in shares if each != name and self.base.strategies[each].role == role]
        left = sum(shares[each] for each in others)
        for each in others:
            shares[each] = (1 - value) * (shares[each] / left if left > 0 else 1 / len(others))
        shares[name] = value
        self.settings["run.start"] = shares

    def choose(self, switch: Switch, option: str) -> None:
        """Take an option of a switch."""
        for paths in switch.options.values():
            for path in paths:
                self.settings.pop(path, None)
        self.settings = dict(switch.options[option]) | self.settings  # what lies in a section comes after it

    def reset(self) -> None:
        self.settings.clear()

    def look(self) -> Scene:
        """The flow and where it leads, drawn at once; pending where flows are slow. Raises ConfigError or SimulationError."""
        experiment = self.experiment
        flow = flow_of(experiment)
        wanted = min(MOST, max(experiment.replicates, 1)) if experiment.random else 0
        scene = Scene(experiment, None, None, wanted=wanted, pending=flow is not None)
        if flow is None or self.slow:
            return scene
        found = self._in_time(scene, flow)
        self.slow |= found.pending
        return found

    def _in_time(self, scene: Scene, flow: Experiment) -> Scene:
        """The scene with its flow, or as it is where that takes longer than LONGEST; once more after kernels were compiled."""
        for _ in range(2):
            flag, begun = np.zeros(1, np.int8), time.perf_counter()
            clock = threading.Timer(LONGEST, flag.fill, (1,))
            clock.start()
            try:
                found = self._flowing(scene, flow, flag)
            finally:
                clock.cancel()
            if not found.pending or time.perf_counter() - begun < 2 * LONGEST:
                break
        return found

    def _flowing(self, scene: Scene, flow: Experiment, flag: np.ndarray | None = None) -> Scene:
        """The scene with its flow and portrait; as it is where the flag stopped the flow."""
        begun = time.perf_counter()
        course = courses(flow, records=FLOW_RECORDS, flag=flag)
        if course is None:
            return scene
        self.slow = time.perf_counter() - begun > PATIENCE
        held = dict(zip(flow.environment, course.environment[0, -1].tolist(), strict=True))
        return replace(scene, flow=course, portrait=portrait_of(flow.model, held), pending=False)

    def more(self, scene: Scene, flag: np.ndarray) -> Iterator[Scene]:
        """The scene as a slow flow, rest points and replicates arrive, these in batches that double; ends early when flag[0] is
        set."""
        if scene.pending and (flow := flow_of(scene.experiment)) is not None:
            scene = self._flowing(scene, flow, flag)
            if scene.pending:
                return
            yield scene
        if isinstance(scene.portrait, Plan):
            scene = replace(scene, rest=rest_of(scene.portrait, scene.experiment.strategy_names))
            yield scene
        done, batch = 0, 1
        while done < scene.wanted and not flag[0]:
            batch = min(batch, scene.wanted - done)
            found = courses(scene.experiment, first=done, replicates=batch, flag=flag)
            if found is None:
                return
            together = found if scene.replicates is None else scene.replicates.joined(found)
            scene = replace(scene, replicates=together)
            yield scene
            done += batch
            batch = done

    def tip(self, path: str, strategy: str) -> Critical:
        """Where moving this knob tips the strategy over one half, interventions apart: in the flow if there is one, else by
        sampling."""
        from evo.tipping import Budget, Target, critical

        experiment = self.experiment
        knob = next(knob for knob in self.knobs if knob.path == path)
        asked = (flow_of(experiment) or experiment).replace({"interventions": []})
        target = Target(knob.start or strategy)
        if knob.start:
            return critical(asked, by="seed", target=target, budget=Budget(most=TIP_RUNS))
        return critical(asked, by=path, target=target, between=(knob.low, knob.high), budget=Budget(most=TIP_RUNS))

    def map_of(self, x: str, y: str, cells: int) -> Experiment:
        """The experiment with a sweep over two knobs, shares at the start apart, and a phase diagram of it."""
        axes = [self._axis(path, cells) for path in (x, y)]
        data = self.experiment.data | {
            "sweep": [{"name": "map", "grid": dict(axes)}],
            "plots": [{"kind": "prevail", "part": "map", "x": x, "y": y}],
        }
        return _spec.validate(Experiment, data)

    def _axis(self, path: str, cells: int) -> tuple[str, dict[str, Any]]:
        knob = next(knob for knob in self.knobs if knob.path == path)
        way = "geomspace" if knob.logarithmic else "linspace"
        return path, {way: [knob.low, knob.high, cells]}

    def _shares(self) -> dict[str, float]:
        start = self.settings.get("run.start", self.base.run.start)
        return dict(zip(self.base.strategy_names, start_shares(start, self.base.strategies), strict=True))


def flow_of(experiment: Experiment) -> Experiment | None:
    """The experiment without chance: itself, or the mean field of its well-mixed population; None where there is none."""
    if not experiment.random:
        return experiment
    if experiment.population.kind != "well_mixed" or experiment.run.start == "random":
        return None
    settings = infinite(experiment)
    if roles(experiment.strategies) or not fits(experiment, settings):
        return None
    flow = experiment.replace(settings)
    return None if flow.random else flow


def courses(
    experiment: Experiment,
    *,
    first: int = 0,
    replicates: int = 1,
    records: int = RECORDS,
    flag: np.ndarray | None = None,
) -> Course | None:
    """Replicates first, first+1, ... in full length; None where the flag stopped them. Raises SimulationError."""
    arguments = experiment.plan_arguments | {"until": "generations", "cycles": False, "averages": False}
    plan = plan_of(**arguments, record_every=experiment.run.generations / records)
    recording = run_plan(
        experiment.model,
        plan,
        seed=experiment.run.seed,
        point=experiment.stream,
        replicates=replicates,
        first=first,
        flag=flag,
        schedule=experiment.schedule,
    )
    if any(interrupted(recording, row) for row in range(replicates)):
        return None
    _check(experiment, recording, first)
    return Course(plan.record_every * np.arange(plan.records), recording.mix, recording.environment)


def _check(experiment: Experiment, recording: Recording, first: int) -> None:
    for row in range(len(recording.counts)):
        if message := trouble(experiment.model, recording, row):
            raise SimulationError(f"replicate {first + row}: {message}")


def varied(base: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """The knobs that stand elsewhere."""
    return {path: value for path, value in values.items() if abs(value - base.get(path, np.nan)) > 1e-12}
