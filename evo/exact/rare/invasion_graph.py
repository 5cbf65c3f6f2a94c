"""Invasion graphs: which monomorphic state a mutant leads to which other, and how that compares with neutral drift."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from evo._reprs import shown
from evo.exact.payoff.infinite import Values
from evo.exact.rare.small_mutation import SmallMutation, small_mutation

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from evo.model import Model

NEUTRAL = 1e-9  # relative distance from 1/Z within which a mutant drifts

Kind = Literal["favoured", "neutral", "opposed"]
Relation = Literal["dominates", "dominated", "coexist", "bistable", "neutral"]
RANK: dict[Kind, int] = {"opposed": 0, "neutral": 1, "favoured": 2}
ALIKE: dict[Kind, Relation] = {"opposed": "bistable", "neutral": "neutral", "favoured": "coexist"}


@dataclass(frozen=True)
class InvasionEdge:
    """One mutant among residents, who differ in the strategy of one role with Z individuals.

    kind: the mutant takes over with a probability above, at or below 1/Z, that of a neutral one; `relative` is Z times
    the probability. relation: the mutant is favoured and the resident, as a mutant, is not (dominates); the reverse
    (dominated); both are (coexist: each is favoured when rare); neither is (bistable); both drift (neutral). log_bias:
    log of rho(mutant) over rho(resident); where it is positive the mutant is the more frequent of the two under rare,
    symmetric mutations (risk dominant where payoffs decide as they do under weak selection).
    """

    resident: str
    mutant: str
    rho: float
    log_rho: float
    relative: float
    kind: Kind
    relation: Relation
    log_bias: float


@shown
@dataclass(frozen=True)
class InvasionGraph:
    """Edges between all monomorphic states that one mutant can lead to each other, both ways."""

    edges: tuple[InvasionEdge, ...] = field(repr=False)
    chain: SmallMutation

    @property
    def frame(self) -> pd.DataFrame:
        """One row per edge."""
        import pandas as pd

        return pd.DataFrame([asdict(edge) for edge in self.edges])

    def networkx(self) -> nx.DiGraph[str]:
        """The arrows of the usual picture: from resident to mutant where that is favoured, both ways where it is neutral.

        Nodes have the share of the time (`stationary`) where there is one stationary distribution; edges all that is
        said of them.
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.chain.names)
        if len(self.chain.classes) == 1:
            for name, share in zip(self.chain.names, self.chain.stationary, strict=True):
                graph.nodes[name]["stationary"] = float(share)
        for edge in self.edges:
            if edge.kind != "opposed":
                graph.add_edge(edge.resident, edge.mutant, **asdict(edge))
        return graph


def invasion_graph(model: Model, *, environment: Values = None) -> InvasionGraph:
    """Who invades whom in a finite population, by fixation probabilities; raises as `small_mutation` does.

    States between which the model's mutation does not lead have an edge all the same.
    """
    found = small_mutation(model, environment=environment)
    sizes = np.array(found.sizes)
    names, edges = found.names, list[InvasionEdge]()
    for s, t in np.argwhere(~np.isnan(found.log_rho)):
        size = int(sizes[found.states[s] != found.states[t]][0])
        there, back = (float(found.log_rho[pair]) + np.log(size) for pair in ((s, t), (t, s)))
        edges.append(
            InvasionEdge(
                resident=names[s],
                mutant=names[t],
                rho=float(np.exp(found.log_rho[s, t])),
                log_rho=float(found.log_rho[s, t]),
                relative=float(np.exp(there)),
                kind=_kind(there),
                relation=_relation(_kind(there), _kind(back)),
                log_bias=float(there - back) if max(there, back) > -np.inf else 0.0,
            )
        )
    return InvasionGraph(tuple(edges), found)


def _kind(log_relative: float) -> Kind:
    if abs(log_relative) <= NEUTRAL:
        return "neutral"
    return "favoured" if log_relative > 0 else "opposed"


def _relation(there: Kind, back: Kind) -> Relation:
    if there == back:
        return ALIKE[there]
    return "dominates" if RANK[there] > RANK[back] else "dominated"
