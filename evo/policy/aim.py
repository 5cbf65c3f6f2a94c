"""What a policy is to bring about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evo._errors import suggest
from evo._spec import ConfigError, ConfigProblem

if TYPE_CHECKING:
    from evo.experiment import Experiment


@dataclass(frozen=True)
class Aim:
    """The share of `target` is `level` or more at the end, `hold` generations after generation `by`, with this probability.

    Decisions are taken once a generation until `by`; from then on nobody pays any more.
    """

    target: str
    by: int
    probability: float = 0.9
    level: float = 0.5
    hold: int = 0

    def __str__(self) -> str:
        there = f"{self.target} has {self.level:g} of all at generation {self.by + self.hold}"
        after = f", {self.hold} generations after the last payment" if self.hold else ""
        return f"{there}{after}, with probability {self.probability:g}"


def check_aim(aim: Aim, experiment: Experiment) -> None:
    """Raises ConfigError where the aim does not fit."""
    names = experiment.strategy_names
    if aim.target not in names:
        hint = suggest(aim.target, names) or f"strategies: {', '.join(names)}"
        raise refused("target", f"{aim.target!r} is not a strategy", hint)
    for name, value, good, right in (
        ("by", aim.by, aim.by >= 1, "a generation, at least 1"),
        ("hold", aim.hold, aim.hold >= 0, "generations, 0 or more"),
        ("probability", aim.probability, 0 < aim.probability < 1, "between 0 and 1"),
        ("level", aim.level, 0 < aim.level <= 1, "a share above 0"),
    ):
        if not good:
            raise refused(name, f"cannot be {value:g}", right)


def refused(key: str, message: str, hint: str | None = None) -> ConfigError:
    return ConfigError([ConfigProblem((key,), None, message, hint)])
