"""Answers over the values of one path: branches of rest points, and how a finite population's long run depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evo.analysis.answers import Answer
from evo.exact.chains.states import states_of
from evo.exact.chains.stationary import stationary
from evo.exact.flows.continuation import continuation
from evo.exact.rare.invasion_graph import InvasionGraph, invasion_graph

if TYPE_CHECKING:
    import pandas as pd

    from evo.analysis.asked import Asked
    from evo.model import Model

MOST_STATES = 20_000  # of a chain that is solved at every value
MOST_READ = 11  # rows of the table that is printed
NO_PATH = "this is over the values of a path: say which, with --over PATH=LOW..HIGH"


@dataclass(frozen=True, eq=False)
class Dependence:
    """Over values (n,) of a path: under rare mutations the share of the time at each state (n, S) and log(Z*rho) of each
    contest (resident, mutant), (n, E); with the model's mutation the mean shares (n, d), or None."""

    path: str
    values: np.ndarray
    strategies: tuple[str, ...]
    states: tuple[str, ...]
    rare: np.ndarray
    contests: tuple[tuple[str, str], ...]
    log_relative: np.ndarray
    mean: np.ndarray | None


def answer_branches(asked: Asked) -> Answer:
    """Branches of rest points over the path, and where they change."""
    import pandas as pd

    over = asked.over
    if over is None:
        raise ValueError(NO_PATH)
    found = continuation(asked.experiment, over.path, low=over.low, high=over.high, environment=asked.environment)
    rows = [
        {"event": event.kind, over.path: event.value}
        | dict(zip(asked.names, event.mix.tolist(), strict=True))
        | {"invader": event.strategy or "", "period": 2 * np.pi / event.frequency if event.frequency > 0 else np.nan}
        for event in found.events
    ]
    number = len(found.branches)
    return Answer(
        "branches",
        f"Branches of rest points over {over.path} from {over.low:g} to {over.high:g}: where they change",
        pd.DataFrame(rows, columns=["event", over.path, *asked.names, "invader", "period"]),
        f"pseudo-arclength continuation; {found.statement}",
        "values of events are right to about 1e-9 of the range",
        (
            f"{number} branch{'' if number == 1 else 'es'}, {'none of which changes' if not rows else 'drawn and written'}",
        ),
        {"branches": found.frame},
        found,
    )


def answer_dependence(asked: Asked) -> Answer:
    """Rare mutations, and the long run with the model's mutation, at each value of the path."""
    over = asked.over
    if over is None:
        raise ValueError(NO_PATH)
    values = over.values(asked.experiment)
    models = [asked.experiment.replace({over.path: value.item()}).model for value in values]
    graphs = [invasion_graph(model, environment=asked.environment) for model in models]
    for value, graph in zip(values, graphs, strict=True):
        if len(graph.chain.classes) > 1:
            raise ValueError(
                f"at {over.path} = {value:g} there are several recurrent classes: see small-mutation there"
            )
    mean, why = _means(models, asked)
    found = Dependence(
        over.path,
        values,
        asked.names,
        graphs[0].chain.names,
        np.array([graph.chain.stationary for graph in graphs]),
        tuple((edge.resident, edge.mutant) for edge in graphs[0].edges),
        np.array([_log_relative(graph) for graph in graphs]),
        mean,
    )
    table = _table(found)
    shown = np.unique(np.linspace(0, len(table) - 1, min(MOST_READ, len(table))).astype(int))
    return Answer(
        "dependence",
        f"Share of the time under rare mutations{'' if mean is None else ', and mean share with the mutation of the model,'} "
        f"over {over.path}",
        table.iloc[shown],
        f"{len(values)} values, each as `small-mutation`" + ("" if mean is None else " and `stationary`"),
        "rounding",
        why,
        {"all": table, "contests": _contests(found)},
        found,
    )


def _means(models: list[Model], asked: Asked) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Mean shares with mutation, or why there are none."""
    if not all(model.lowered.rule.mutation > 0 for model in models):
        return None, ()
    if max(states_of(model).number for model in models) > MOST_STATES:
        return None, (
            f"with mutation the chain has more than {MOST_STATES:,} states: too many to solve it at every value",
        )
    return np.array([stationary(model, environment=asked.environment).mean for model in models]), ()


def _log_relative(graph: InvasionGraph) -> list[float]:
    """log(Z*rho) of each contest, Z of the role in which the two differ."""
    chain, place = graph.chain, {name: s for s, name in enumerate(graph.chain.names)}
    found = []
    for edge in graph.edges:
        differ = chain.states[place[edge.resident]] != chain.states[place[edge.mutant]]
        found.append(edge.log_rho + float(np.log(np.array(chain.sizes)[differ][0])))
    return found


def _table(found: Dependence) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({found.path: found.values})
    for name, share in zip(found.states, found.rare.T, strict=True):
        table[f"rare: {name}"] = share
    for place, name in enumerate(found.strategies if found.mean is not None else ()):
        table[f"mean: {name}"] = found.mean[:, place]  # type: ignore[index]
    return table


def _contests(found: Dependence) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({found.path: found.values})
    names = [f"log10(Z*rho): {mutant} among {resident}" for resident, mutant in found.contests]
    return pd.concat([table, pd.DataFrame(found.log_relative / np.log(10), columns=names)], axis=1)
