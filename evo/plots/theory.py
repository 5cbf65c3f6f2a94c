"""Lines that follow from the model without simulation, for a phase diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from evo._errors import suggest
from evo.experiment import Experiment
from evo.loading import dump, loads
from evo.model import Model
from evo.plots.page import PictureError

Pair = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """A statement of two strategies: i invades all-j, or all-i earns more than all-j."""

    kind: Literal["invasion", "dominance"]
    pair: Pair

    def words(self, labels: Mapping[str, str]) -> str:
        """The statement, true on one side of its line."""
        first, second = (labels[name] for name in self.pair)
        return f"{first} invades {second}" if self.kind == "invasion" else f"all {first} pays more than all {second}"


def questions(invasion: Sequence[Pair], dominance: Sequence[Pair], strategies: Sequence[str]) -> list[Question]:
    """What lines are asked for; refuses names that are no strategies."""
    asked = [Question("invasion", (i, j)) for i, j in invasion]
    asked += [Question("dominance", (i, j)) for i, j in dominance]
    for question in asked:
        for name in question.pair:
            if name not in strategies:
                raise PictureError(
                    f"{question.kind}: {name!r} is not a strategy: "
                    + (suggest(name, strategies) or f"strategies: {', '.join(strategies)}")
                )
    return asked


def margins(asked: Sequence[Question], base: Experiment, x: str, y: str, xs: Any, ys: Any) -> np.ndarray:
    """By how much each statement holds over the grid (question, y, x): positive where true, 0 on its line."""
    bare = dump(_in_infinite_population(base))
    return _over(tuple(asked), bare, x, y, tuple(map(float, xs)), tuple(map(float, ys))).copy()


@lru_cache(maxsize=16)
def _over(
    asked: tuple[Question, ...], bare: str, x: str, y: str, xs: tuple[float, ...], ys: tuple[float, ...]
) -> np.ndarray:
    """`margins`, kept: a figure and a report of the same run show the same lines, and a thousand models take seconds."""
    base = loads(bare)
    found = np.empty((len(asked), len(ys), len(xs)))
    for row, at_y in enumerate(ys):
        for column, at_x in enumerate(xs):
            try:
                found[:, row, column] = _margins(asked, base.replace({x: at_x, y: at_y}).model)
            except ValueError as error:
                raise PictureError(f"no lines can be drawn: {error}") from None
    return found


def _in_infinite_population(base: Experiment) -> Experiment:
    """The same model in an infinite population, for which the lines hold, and nothing but the model."""
    data = {name: base.data[name] for name in Model.model_fields if name in base.data}
    population = dict(data.get("population", {}))
    kept = {name: population[name] for name in ("assortment", "assortment_kind") if name in population}
    data["population"] = {"kind": "infinite", **kept}
    return Experiment.model_validate({**data, "run": {"generations": 1.0}})


def _margins(asked: Sequence[Question], model: Model) -> list[float]:
    from evo.exact.invasion import payoffs_at

    residents = {name for question in asked for name in question.pair[question.kind == "invasion" :]}
    at = {name: dict(zip(model.strategies, payoffs_at(model, name), strict=True)) for name in residents}
    return [
        at[j][i] - at[j][j] if kind == "invasion" else at[i][i] - at[j][j]
        for kind, (i, j) in ((question.kind, question.pair) for question in asked)
    ]
