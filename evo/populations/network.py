"""Populations on graphs: one individual on each node, who meets its neighbours and learns from them."""

from __future__ import annotations

from typing import ClassVar, Literal

from evo._spec import Spec
from evo.graphs import GraphSpec
from evo.populations.ties import TieDynamics
from evo.quantities import Quantity, Size

Placement = Literal["random", "cluster", "centre", "hubs", "top"]


class Network(Spec):
    """One individual on each node of `graph`, who plays with its neighbours and learns from them, or from those in `learning`,
    a second graph of the same nodes. Row i of a directed graph's matrix, the sources of edges into i, is whom i meets.

    payoff: the average over neighbours (by weight), or their sum (`accumulate`). self_interaction: a player of a game of
    pairs meets itself too. scope, for games in groups: a player plays in the group around itself and in those around
    its neighbours (`all`), or in its `own` only; a game's `size` is then `neighbourhood`, or that of every group there.

    graphs: a new one for each replicate where it is random (`fresh`), or one for all (`shared`). placement: where the
    strategies start, the rarer first: anywhere at random, as a cluster around a random node, from the centre of the
    graph's coordinates outwards, by degree from the hubs on, or by level from the top of a hierarchy down.

    per_degree: by what a rule's largest payoff difference is multiplied: `pair`, the larger degree of the two who are
    compared [Santos & Pacheco 2005], `graph`, the graph's largest, or `none`; by default pair where payoffs accumulate.

    regions: of environment variables that are `local`, who shares one: each of the `nodes` has its own (the default); or a
    number of blocks of nodes in the graph's order, as equal as can be: rows of a lattice, stretches of a ring; or, of a
    tree or hierarchy, its `branches` below the top, which is a region of its own.

    tie_cost: what a player of a game of pairs pays for each of its ties (by weight). ties: how they change beside strategies;
    by default they last.
    """

    kind: Literal["network"] = "network"
    graph: GraphSpec
    learning: GraphSpec | None = None
    payoff: Literal["average", "accumulate"] = "average"
    scope: Literal["all", "own"] = "all"
    self_interaction: bool = False
    graphs: Literal["fresh", "shared"] = "fresh"
    placement: Placement = "random"
    per_degree: Literal["pair", "graph", "none"] | None = None
    regions: Literal["nodes", "branches"] | Size | None = None
    tie_cost: Quantity = 0.0
    ties: TieDynamics | None = None
    finite: ClassVar[bool] = True
