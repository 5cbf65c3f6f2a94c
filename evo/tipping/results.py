"""What a search for the least intervention gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo.tipping.question import Question, Seed, Target

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

FOUND, NOT_REACHED, ALREADY = "found", "not reached", "without it"


@dataclass(frozen=True)
class Crossing:
    """The least amount at which the target is reached with this probability (1 where nothing is random), the interval that
    holds it (95 %, or the bracket of a bisection), and whether it was found, is not reached, or needs nothing (nan then)."""

    probability: float
    amount: float
    low: float
    high: float
    outcome: str = FOUND


@dataclass(frozen=True)
class Window:
    """Amounts from low to high at which the target is reached."""

    low: float
    high: float


@dataclass(frozen=True)
class Baseline:
    """What happens without any intervention: the probability, its 95 % interval, and of how many runs."""

    probability: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True)
class Beside:
    """A value that theory gives beside the one that was searched for, and what happens at it."""

    value: float
    words: str


@dataclass(frozen=True, eq=False)
class Response:
    """How the target depends on the amount of one intervention, one way.

    amounts (n,), runs (n,) and how many of them reached the target (n,), when (n,), in the mean of those that did. windows: of a
    system without chance. eventually: the least amount if there were no horizon, None where that was not asked, and how many
    runs that took (more). beside: a value of theory for comparison, None where there is none. curve: amounts, probability,
    low and high of what was fitted (rows), None where nothing is random.
    """

    question: Question
    baseline: Baseline
    crossings: tuple[Crossing, ...]
    amounts: np.ndarray
    runs: np.ndarray
    tipped: np.ndarray
    times: np.ndarray
    method: str
    notes: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    eventually: Crossing | None = None
    more: int = 0
    beside: Beside | None = None
    curve: np.ndarray | None = None

    @property
    def spent(self) -> int:
        return int(self.runs.sum()) + self.more

    @property
    def middle(self) -> Crossing:
        """The crossing that stands for all: at one half, or the only one."""
        return min(self.crossings, key=lambda crossing: abs(crossing.probability - 0.5))

    def value(self, amount: float) -> float:
        """An amount as the value of what is moved."""
        return self.question.done.value(amount)

    @property
    def sentences(self) -> Iterator[str]:
        """The answer in words."""
        for crossing in self.crossings:
            yield self.told(crossing)
        if self.eventually is not None and not self._same(self.eventually):
            yield f"without a horizon, {self.told(self.eventually)}"
        if self.beside is not None:
            yield f"theory: {self.beside.words} {self.beside.value:.6g}"

    def _same(self, other: Crossing) -> bool:
        """Whether a horizon makes no difference."""
        (crossing,) = self.crossings
        if other.outcome != crossing.outcome:
            return False
        return crossing.outcome != FOUND or abs(other.amount - crossing.amount) < 1e-6 * self.question.done.most

    def told(self, crossing: Crossing) -> str:
        """A crossing in words."""
        done = self.question.done
        chance = "" if self.curve is None else f" with probability {crossing.probability:g}"
        if crossing.outcome == ALREADY:
            return f"{done.name}: none is needed{chance}"
        unit = f" {done.unit}" if done.unit and done.unit != "1" else ""
        if crossing.outcome == NOT_REACHED:
            return f"{done.name}: not reached{chance}, up to {done.value(done.most):.4g}{unit}"
        ends = sorted((done.value(crossing.low), done.value(crossing.high)))
        around = "" if self.curve is None else f" ({ends[0]:.4g} to {ends[1]:.4g})"
        moved = "" if isinstance(done, Seed) else f", {crossing.amount:.4g} from {done.value(0):g}"
        return f"{done.name}: {done.value(crossing.amount):.6g}{unit}{around}{moved}{chance}"


@dataclass(frozen=True, eq=False)
class Critical:
    """The least intervention after which the target is reached and held: a response for each way a number may move."""

    experiment: Experiment
    target: Target
    responses: tuple[Response, ...]

    @property
    def least(self) -> Response:
        """The way that needs the smaller amount."""
        return min(self.responses, key=lambda one: _size(one.middle))

    @property
    def amount(self) -> float:
        """The critical amount (at probability 1/2 where there is chance): 0 where none is needed, nan where it is not reached."""
        return _amount(self.least.middle)

    @property
    def value(self) -> float:
        """The critical value of what is moved: the share that is converted, or the number."""
        return self.least.value(self.amount)

    @property
    def spent(self) -> int:
        """Runs in all."""
        return sum(one.spent for one in self.responses)

    @property
    def statement(self) -> str:
        return "; ".join(sentence for one in self.responses for sentence in one.sentences)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per amount that was tried: way, amount, value, runs, how many reached the target, and when."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {
                    "by": one.question.done.name,
                    "amount": one.amounts,
                    "value": [one.value(amount) for amount in one.amounts],
                    "runs": one.runs,
                    "tipped": one.tipped,
                    "time": one.times,
                }
            )
            for one in self.responses
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per answer: the amount, the value, its interval, and the baseline beside it."""
        import pandas as pd

        return pd.DataFrame([row for one in self.responses for row in crossing_rows(one)])


def crossing_rows(one: Response) -> Iterator[dict[str, Any]]:
    """A row of a table for each crossing: the amount, the value, its interval, and the baseline beside it."""
    for crossing in one.crossings:
        yield (
            {"by": one.question.done.name, "probability": crossing.probability, "outcome": crossing.outcome}
            | {"amount": crossing.amount, "value": one.value(crossing.amount)}
            | {"low": one.value(crossing.low), "high": one.value(crossing.high)}
            | {"baseline": one.baseline.probability, "baseline low": one.baseline.low}
            | {"baseline high": one.baseline.high, "runs": one.spent}
        )


def _amount(crossing: Crossing) -> float:
    return 0.0 if crossing.outcome == ALREADY else crossing.amount


def _size(crossing: Crossing) -> float:
    return np.inf if crossing.outcome == NOT_REACHED else _amount(crossing)
