"""The critical dose from each of several starts: every mind-set alone, or mixes that are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evo._errors import ConfigError, ConfigProblem
from evo.strategies import roles
from evo.tipping.critical import critical
from evo.tipping.question import Target, target_of
from evo.tipping.results import FOUND, NOT_REACHED, Critical, crossing_rows

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Experiment

Start = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Starts:
    """What tips from each start."""

    experiment: Experiment
    target: Target
    starts: tuple[Start, ...]
    found: tuple[Critical, ...]

    @property
    def spent(self) -> int:
        """Runs in all."""
        return sum(one.spent for one in self.found)

    @property
    def sentences(self) -> Iterator[str]:
        """The answer in words, one for each start."""
        for start, one in zip(self.starts, self.found, strict=True):
            tips = [way for way in one.responses if way.middle.outcome == FOUND]
            missed = [way for way in one.responses if way.middle.outcome == NOT_REACHED]
            shown = tips or missed or list(one.responses[:1])
            middles = [way.told(way.middle) for way in shown]
            yield f"from {start_words(start)}: {'; or '.join(dict.fromkeys(middles))}"

    @property
    def statement(self) -> str:
        return "; ".join(self.sentences)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per start, way and probability: as the table of `Critical`."""
        import pandas as pd

        rows = [
            {"start": start_words(start)} | row
            for start, one in zip(self.starts, self.found, strict=True)
            for way in one.responses
            for row in crossing_rows(way)
        ]
        return pd.DataFrame(rows)


def by_start(
    experiment: Experiment, starts: Sequence[Start] = (), *, target: Target | None = None, **asked: Any
) -> Starts:
    """The critical dose from each start, by default from each strategy alone; all else as `critical` is asked.

        by_start(experiment, by="parameters.omega", target=Target("collaborate", horizon=400)).table

    Raises ConfigError where the question does not fit the config or a start.
    """
    target = target_of(experiment, target)
    starts = tuple(starts) or pure(experiment)
    found = tuple(critical(experiment.replace({"run.start": start}), target=target, **asked) for start in starts)
    return Starts(experiment, target, starts, found)


def pure(experiment: Experiment) -> tuple[Start, ...]:
    """Each strategy alone. Raises ConfigError where there are two roles."""
    if roles(experiment.strategies):
        message = "two roles have no start of one strategy alone"
        raise ConfigError([ConfigProblem(("start",), None, message, "give mixes: {NAME: SHARE, NAME: SHARE}")])
    return tuple({name: 1.0} for name in experiment.strategies)


def start_words(start: Start) -> str:
    """A start in words."""
    if len(start) == 1 and next(iter(start.values())) == 1:
        return f"all {next(iter(start))}"
    return ", ".join(f"{name} {share:g}" for name, share in start.items())
