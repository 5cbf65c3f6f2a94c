"""Answers about games between two roles: their Nash equilibria."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evo.analysis.answers import Answer
from evo.exact.games.nash import matrices, nash

if TYPE_CHECKING:
    from evo.analysis.asked import Asked


def answer_nash(asked: Asked) -> Answer:
    """All Nash equilibria, those of components by their corners."""
    import pandas as pd

    row, column = matrices(asked.model, environment=asked.environment)
    found = nash(asked.model, environment=asked.environment)
    component = {number: place for place, part in enumerate(found.components) for number in part}
    sizes = [len(part) for part in found.components]
    first, second = list(dict.fromkeys(strategy.role for strategy in asked.model.strategies.values()))
    rows = [
        dict(zip(asked.names, [*x.tolist(), *y.tolist()], strict=True))
        | {f"payoff to {first}": float(x @ row @ y), f"payoff to {second}": float(x @ column @ y)}
        | {"isolated": sizes[component[number]] == 1, "component": component[number]}
        for number, (x, y) in enumerate(found.extreme)
    ]
    notes = ["payoffs are effective ones: trait bias included"] if asked.model.lowered.strategy[3].any() else []
    if found.degenerate:
        notes.append("the game is degenerate: equilibria of one component are joined by others, mixtures of these")
    return Answer(
        "nash",
        "Nash equilibria (mixes of each role)",
        pd.DataFrame(rows),
        "all of them, from the vertices of the best-reply polytopes",
        "rounding, about 1e-12",
        tuple(notes),
        result=found,
    )
