"""Patches of people who may follow a leader, live on what is made together, and leave a leader who keeps too much."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from evo import codes
from evo._errors import SimulationError
from evo._spec import Spec
from evo._threads import share
from evo.canonical import point_hash
from evo.kernels.organisations.patches import COLUMNS, FULL, TRAITS, PatchesWork, run_patches
from evo.kernels.random import stream_key

if TYPE_CHECKING:
    import pandas as pd

Fraction = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
NAMES = ("population", "led", "group_size", "leader_share", "exits", "preference", "share", "tolerance", "marker")


class Production(Spec):
    """What n people make together: benefit * n * n/(n + half) * exp(-stress*(n-1)), the middle factor the return to scale.

    `equals` is the stress without a leader, `led` that with one; a leader helps where it is smaller.
    """

    benefit: Amount = 2.0
    half: Amount = 10.0
    equals: Amount = 0.1
    led: Amount = 0.0


class Living(Spec):
    """Births: growth/(1 + (growth-1)*crowd/K) * (1 + gain*own share of the surplus) on average.

    Those among equals and those under a leader live side by side: crowd is the number of one's own kind, and `overlap`
    times that of the other. K = capacity + room*(1 - exp(-rate*surplus of one's own kind)). Without gain and room a patch
    rests at `capacity` [Beverton & Holt 1957].
    """

    capacity: Annotated[float, Field(ge=1, le=10_000)] = 20.0
    growth: Annotated[float, Field(gt=1, le=100)] = 2.0
    overlap: Amount = 1.0
    gain: Amount = 0.2
    room: Amount = 0.0
    rate: Amount = 0.05


class Moving(Spec):
    """A newborn leaves its patch with probability `newborn`; who leaves, at whatever age, dies on the way with probability
    `cost`, else comes to another patch, drawn uniformly."""

    newborn: Fraction = 0.1
    cost: Fraction = 0.5


class Inheritance(Spec):
    """Each trait mutates with probability `rate`: the preference turns, a share makes a normal step of standard deviation
    `step`, reflected at 0 and 1."""

    rate: Fraction = 0.01
    step: Amount = 0.1


class Start(Spec):
    """Preference and marker: the share of individuals who have it; share and tolerance: the value of everybody."""

    preference: Fraction = 0.0
    share: Fraction = 0.05
    tolerance: Fraction = 0.5
    marker: Fraction = 0.5


class Patches(Spec):
    """Voluntary leadership and exit, after [Powers & Lehmann 2014]: a reconstruction from its abstract, not its equations
    or numbers.

    Everybody inherits, from one parent, a preference for having a leader (yes or no), the share of the surplus that it
    would keep as a leader, the greatest such share that it tolerates, and a marker that does nothing. In a generation: in
    each patch with at least two who want one, a leader is drawn uniformly among these. Who wants a leader but does not
    tolerate what this one keeps leaves for another patch at once (`moving`), and works there under its leader if it
    tolerates that one, else among equals. Those under a leader make a surplus together, the others in their patch, as
    equals, another one (`production`). A leader keeps its share, the rest is divided equally among all who made it, the
    leader included; equals divide all. Everybody has Poisson offspring (`living`), which inherit and may mutate
    (`inheritance`), may move, and take the place of all.
    """

    schema_version: Literal[1] = 1
    kind: Literal["patches"] = "patches"
    title: str = ""
    question: str = ""
    note: str = ""
    patches: Annotated[int, Field(ge=2, le=100_000)] = 50
    production: Production = Production()
    living: Living = Living()
    moving: Moving = Moving()
    inheritance: Inheritance = Inheritance()
    start: Start = Start()
    most: Annotated[int, Field(ge=100, le=10**8)] = Field(
        default=200_000, description="individuals that there is room for"
    )

    @property
    def numbers(self) -> np.ndarray:
        """The numbers in the order of the kernel."""
        living, production, moving = self.living, self.production, self.moving
        return np.array([
            living.capacity, living.growth, living.overlap,
            production.benefit, production.half, production.equals, production.led,
            living.gain, living.room, living.rate,
            moving.newborn, moving.cost, self.inheritance.rate, self.inheritance.step,
        ])  # fmt: skip

    def simulate(
        self,
        *,
        generations: int,
        replicates: int = 1,
        seed: int = 0,
        record_every: int | None = None,
        workers: int = 1,
    ) -> PatchesPath:
        """Replicates, recorded every `record_every` generations (by default a hundredth of the run).

        Raises SimulationError where there are more than `most` individuals, or somebody has 500 children or more.
        """
        every = record_every or max(1, generations // 100)
        if min(generations, every, replicates, workers) < 1:
            raise ValueError("generations, record_every, replicates and workers are positive")
        if self.patches * (self.living.capacity + 1) > self.most:
            raise ValueError(f"{self.patches} patches of {self.living.capacity:g} are more than `most`, {self.most}")
        records = np.full((replicates, generations // every + 1, COLUMNS), np.nan)
        ended, flag = np.zeros((replicates, 2), np.int64), np.zeros(1, np.int8)
        start = self.start
        begin = np.array([start.preference, start.share, start.tolerance, start.marker])
        asked = self.numbers, begin, every, stream_key(seed), np.uint64(point_hash(self, None))
        workers = min(workers, replicates)

        def rows(worker: int) -> None:
            run_patches(*asked, worker, workers, flag, _work(self.patches, self.most), records, ended)

        share(rows, workers=workers, flag=flag)
        for row, (reason, when) in enumerate(ended.tolist()):
            if reason == FULL:
                raise SimulationError(f"replicate {row}: more than {self.most} individuals at generation {when}")
            if reason == codes.NONFINITE_STATE:
                raise SimulationError(f"replicate {row}: somebody has 500 children or more at generation {when}")
        return PatchesPath(self, seed, every * np.arange(records.shape[1]), records)


def _work(patches: int, room: int) -> PatchesWork:
    """The scratch of one thread."""
    return PatchesWork(
        traits=np.zeros((TRAITS, room)),
        newborn=np.zeros((TRAITS, room)),
        home=np.zeros(room, np.int64),
        birthplace=np.zeros(room, np.int64),
        led=np.zeros(room, np.int8),
        share=np.zeros(room),
        place=np.zeros(room, np.int64),
        first=np.zeros(patches + 1, np.int64),
        leader=np.zeros(patches, np.int64),
        count=np.zeros((2, patches), np.int64),
        surplus=np.zeros((2, patches)),
        seen=np.zeros(2, np.int64),
        rng=np.zeros(4, np.uint64),
    )


@dataclass(frozen=True)
class PatchesPath:
    """Replicates of patches over time."""

    model: Patches
    seed: int
    time: np.ndarray = field(repr=False)  # (time,), in generations
    records: np.ndarray = field(repr=False)  # (replicate, time, column), columns as in `frame`

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Tidy: replicate, time; population (those who worked), led (the share of them under a leader), group_size and
        leader_share (means over patches that have a leader: members with the leader, and what it keeps), exits (who left,
        in this generation), means of the four traits among all."""
        import pandas as pd

        replicates, times, _ = self.records.shape
        frame = pd.DataFrame(self.records.reshape(-1, COLUMNS), columns=list(NAMES))
        frame.insert(0, "replicate", np.repeat(np.arange(replicates), times))
        frame.insert(1, "time", np.tile(self.time, replicates))
        return frame
