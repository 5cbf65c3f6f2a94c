"""An answer: a table, and by which method and how exactly it came about; or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from evo.analysis.asked import Asked
    from evo.model import Model
    from evo.traits.model import TraitModel


@dataclass(frozen=True, eq=False)
class Answer:
    """table: to be read, a row per thing found. more: further tables by name, too long to be read. method, error (its
    bound) and notes in words. result: what `evo.exact` gave, for pictures. shown: the columns of `table` that there is room
    for on a terminal, all if empty."""

    name: str
    title: str
    table: pd.DataFrame
    method: str
    error: str
    notes: tuple[str, ...] = ()
    more: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    result: Any = None
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A question that has no answer here, and why."""

    name: str
    title: str
    reason: str


@dataclass(frozen=True, eq=False)
class Analysis:
    """All that was asked of a model: answers by name, and what was refused. asked: None of continuous traits."""

    model: Model | TraitModel
    asked: Asked | None
    answers: tuple[Answer, ...]
    refused: tuple[Refusal, ...]

    def __getitem__(self, name: str) -> Answer:
        for answer in self.answers:
            if answer.name == name:
                return answer
        for refusal in self.refused:
            if refusal.name == name:
                raise KeyError(f"{name}: {refusal.reason}")
        raise KeyError(f"{name} was not asked; answers: {', '.join(answer.name for answer in self.answers)}")

    def __contains__(self, name: object) -> bool:
        return any(answer.name == name for answer in self.answers)
