"""When is the smallest intervention enough: the critical dose as a function of the moment at which it is done.

At each moment the population has become what its environment made of it; the intervention of that generation stands in the
config's own `interventions`, and the horizon counts from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from evo._errors import ConfigError, ConfigProblem
from evo.simulation import simulate
from evo.tipping import certain, chance
from evo.tipping.chance import Budget
from evo.tipping.question import EVERYBODY, Question, Seed, Target, questions, target_of
from evo.tipping.results import ALREADY, FOUND, NOT_REACHED, Crossing, Response, crossing_rows
from evo.tipping.runs import TIGHT, sampled

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment
    from evo.simulation import Path

AMOUNTS = 11  # of the scan at each moment
PRECISION = 1e-6  # of the bisection there, relative to the largest amount
RECORDS = 400  # of the course that stands beside
COURSES = 20  # replicates by which it is told how many there are to convert
NOBODY = 1e-9
ALIKE = 1e-5  # of the largest amount, within which two doses are one


@dataclass(frozen=True, eq=False)
class Windows:
    """The critical dose at each moment, one tuple of responses for each way in which the dose may go.

    course: without the intervention, from the start to the horizon of the last moment.
    """

    experiment: Experiment
    target: Target
    moments: tuple[float, ...]
    lasts: float | None
    ways: tuple[tuple[Response, ...], ...]
    course: Path

    @property
    def spent(self) -> int:
        """Runs in all."""
        return sum(one.spent for way in self.ways for one in way)

    @property
    def asked(self) -> str:
        """What counts as reached."""
        target = self.target
        held = f"for {target.hold:g} generations"
        return f"{target.who} {target.level:g} of all within {target.horizon:g} generations of the moment, {held}"

    @property
    def best(self) -> tuple[float, Crossing] | None:
        """The moment at which the least is needed, and that dose; None where nothing tips at any moment."""
        moment, one = min((_least(list(self._with(way))) for way in self.ways), key=lambda each: _need(each[1]))
        return None if np.isinf(_need(one)) else (moment, one.middle)

    @property
    def statement(self) -> str:
        return "; ".join(sentence for way in self.ways for sentence in self.sentences(way))

    def sentences(self, way: Sequence[Response]) -> Iterator[str]:
        """The answer in words, for one way in which the dose may go."""
        done = way[0].question.done
        found = [(moment, one) for moment, one in self._with(way) if one.middle.outcome == FOUND]
        if found:
            least = _least(found)
            top = max(one.middle.amount for _, one in found) - ALIKE * max(one.question.done.most for _, one in found)
            most = next(each for each in found if each[1].middle.amount >= top)
            told = f"{done.name}: {_dose(least[1])} suffices at generation {least[0]:g}"
            if len(found) > 1 and _apart(least[1], most[1]):
                told += f", {_dose(most[1])} is needed at {most[0]:g}"
            yield told
            alike = [moment for moment, one in found if moment != least[0] and not _apart(least[1], one)]
            if alike and least[1].curve is not None:
                yield f"runs do not tell {least[0]:g} from {', '.join(f'{moment:g}' for moment in alike)}"
        for outcome, words in ((ALREADY, "none is needed"), (NOT_REACHED, _nothing(way[0]))):
            stretches = [
                _stretch([moment for moment, _ in members])
                for same, members in groupby(self._with(way), key=lambda each: each[1].middle.outcome == outcome)
                if same
            ]
            if stretches:
                prefix = "" if found else f"{done.name}: "
                yield f"{prefix}{words} {' and '.join(stretches)}"

    def _with(self, way: Sequence[Response]) -> Iterator[tuple[float, Response]]:
        return zip(self.moments, way, strict=True)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per moment, way and probability: amount, value, interval, baseline, and the most that could be done."""
        import pandas as pd

        rows = [
            {"at": moment} | row | {"most": one.question.done.most}
            for way in self.ways
            for moment, one in self._with(way)
            for row in crossing_rows(one)
        ]
        return pd.DataFrame(rows)


def windows(
    experiment: Experiment,
    *,
    by: str = "seed",
    at: Sequence[float],
    lasts: float | None = None,
    target: Target | None = None,
    source: str | None = None,
    between: tuple[float, float] | None = None,
    scan: int = AMOUNTS,
    budget: Budget | None = None,
    workers: int = 1,
) -> Windows:
    """The least dose of `by` that tips if it comes at generation `at`, for each of these moments.

    by, source, between, scan, budget, workers: as of `critical`. lasts: generations after which the number is where it was; None:
    never. The target's horizon counts from the moment. Where something is random all moments see the same environments: runs of
    one number have one stream. Raises ConfigError where the question does not fit the config.

        windows(experiment, at=[0, 100, 200], target=Target("collaborate", horizon=200)).statement
    """
    experiment = experiment.replace({"run.until": "generations"})
    target = target_of(experiment, target)
    moments = _moments(experiment, at)
    if lasts is not None and by == "seed":
        raise _refused("for", "is for numbers and bias: a seed is done at once")
    if lasts is not None and not (lasts > 0 and np.isfinite(lasts)):
        raise _refused("for", f"is a number of generations above 0, not {lasts:g}")
    asked = [replace(one, lasts=lasts) for one in questions(experiment, by, target, source=source, between=between)]
    budget = budget or Budget(most=1000)

    def answer(one: Question, moment: float) -> Response:
        here = _at(one, moment)
        if here.done.most <= max(NOBODY, 0.5 * here.done.grain):
            return _nobody(here)
        return chance.search(here, budget, workers) if random else certain.search(here, scan=scan, precision=PRECISION)

    random = sampled(experiment)
    with ThreadPoolExecutor(1 if random else workers) as pool:
        ways = tuple(tuple(pool.map(partial(answer, one), moments)) for one in asked)
    return Windows(experiment, target, moments, lasts, ways, _course(experiment, target, moments))


def _moments(experiment: Experiment, at: Sequence[float]) -> tuple[float, ...]:
    step = experiment.model.lowered.rule.step if experiment.model.population.finite else 0.0
    moments = [step * round(time / step) if step else float(time) for time in at]
    if not moments or not all(np.isfinite(time) and time >= 0 for time in moments):
        raise _refused("at", "needs one or more generations from 0 on")
    return tuple(sorted(set(moments)))


def _at(question: Question, moment: float) -> Question:
    """The question at a moment: a seed goes up to all of its source that is there."""
    done = question.done
    if isinstance(done, Seed) and moment > 0:
        experiment = question.experiment
        path = simulate(
            experiment.model, generations=moment, record_every=moment, start=experiment.run.start, seed=experiment.run.seed,
            replicates=COURSES, tolerance=min(experiment.run.tolerance, TIGHT),
        )  # fmt: skip
        names = experiment.strategy_names
        to, role = names.index(done.strategy), experiment.strategies[done.strategy].role
        others = [k for k, name in enumerate(names) if k != to and experiment.strategies[name].role == role]
        donors = others if done.source == EVERYBODY else [names.index(done.source)]
        done = replace(done, most=float(path.mix[:, -1, donors].sum(axis=1).max()))
    return replace(question, done=done, moment=moment)


def _nobody(question: Question) -> Response:
    """Nobody is left to convert: what happens is what happens without."""
    return certain.search(replace(question, done=replace(question.done, most=NOBODY)), scan=2)


def _course(experiment: Experiment, target: Target, moments: Sequence[float]) -> Path:
    generations = moments[-1] + (target.horizon or 0.0)
    step = experiment.model.lowered.rule.step if experiment.model.population.finite else 0.0
    every = generations / RECORDS
    every = step * max(1, round(every / step)) if step else every
    return simulate(
        experiment.model, generations=generations, record_every=every, start=experiment.run.start, seed=experiment.run.seed,
        replicates=COURSES,
    )  # fmt: skip


def _least(found: Sequence[tuple[float, Response]]) -> tuple[float, Response]:
    """The first moment at which no less is needed than at any other."""
    enough = min(_need(one) for _, one in found) + ALIKE * max(one.question.done.most for _, one in found)
    return next(each for each in found if _need(each[1]) <= enough)


def _need(one: Response) -> float:
    crossing = one.middle
    return {ALREADY: 0.0, NOT_REACHED: np.inf}.get(crossing.outcome, crossing.amount)


def _apart(one: Response, other: Response) -> bool:
    """Whether two doses differ by more than their intervals."""
    a, b = one.middle, other.middle
    return a.high < b.low or b.high < a.low


def _dose(one: Response) -> str:
    done, crossing = one.question.done, one.middle
    what = "a share of " if isinstance(done, Seed) else ""
    told = f"{what}{one.value(crossing.amount):.4g}"
    if one.curve is None:
        return told
    ends = sorted((one.value(crossing.low), one.value(crossing.high)))
    return f"{told} ({ends[0]:.3g} to {ends[1]:.3g})"


def _nothing(one: Response) -> str:
    """What of the dose was not enough."""
    done = one.question.done
    if isinstance(done, Seed):
        return "nothing does, up to all of them,"
    return f"nothing {'up' if done.way > 0 else 'down'} to {done.value(done.most):g} does"


def _stretch(moments: Sequence[float]) -> str:
    return f"at {moments[0]:g}" if len(moments) == 1 else f"from {moments[0]:g} to {moments[-1]:g}"


def _refused(option: str, message: str) -> ConfigError:
    return ConfigError([ConfigProblem((option,), None, message)])
