"""Local environments, lowered: which nodes share one, and the arrays in which each moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo import codes
from evo._spec import ProblemError
from evo.environments import is_local
from evo.graphs.fields import whole
from evo.kernels.nodes.net import Regions
from evo.lowering.laws import local_laws
from evo.lowering.names import LEVEL, attributes, reads
from evo.quantities import number

if TYPE_CHECKING:
    from evo.model import Model

LEVELLED = ("tree", "hierarchy")


def check_regions(model: Model, spec: Any, nodes: int) -> None:
    """Refuse regions, and levels in payoffs, that the graph does not have; raises ProblemError, path within the population."""
    population: Any = model.population
    if spec.kind not in LEVELLED and LEVEL in attributes(model) and reads(model, LEVEL):
        raise ProblemError(("graph",), f"a {spec.kind} graph has no levels, and payoffs read the level of nodes")
    if population.regions is None:
        return
    if not any(is_local(law) for law in model.environment.values()):
        raise ProblemError(
            ("regions",),
            "have nothing to act on: no variable of the environment is local",
            "say `local: true` in its law",
        )
    if population.regions == "branches":
        if spec.kind not in LEVELLED:
            raise ProblemError(("regions",), f"a {spec.kind} graph has no branches", "say how many blocks")
    elif population.regions != "nodes":
        blocks = number(population.regions, model.parameter_values)
        if blocks != int(blocks) or not 1 <= blocks <= nodes:
            raise ProblemError(("regions",), f"must be a whole number from 1 to {nodes:,}, is {blocks:g}")


def region_of(model: Model, spec: Any, nodes: int) -> np.ndarray:
    """The region of each node, int64 (N,): 0 to R-1; `spec` is the graph's."""
    chosen: Any = getattr(model.population, "regions", None)
    every = np.arange(nodes, dtype=np.int64)
    if chosen is None or chosen == "nodes":
        return every
    if chosen == "branches":
        return _branches(whole(spec.branching if spec.kind == "tree" else spec.span), every)
    return every * int(number(chosen, model.parameter_values)) // nodes


def _branches(span: int, every: np.ndarray) -> np.ndarray:
    """The top, and the one on the level below that each node is, or is below of; everybody's boss is (i-1)//span."""
    if span == 1:
        return np.minimum(every, 1)
    found = every
    while found.max() > span:
        found = np.where(found > span, (found - 1) // span, found)
    return found


def lower_regions(model: Model, region: np.ndarray) -> Regions:
    """The arrays in which local variables move, at the region of each node; empty where there are none."""
    laws = local_laws(model, model.lowered.laws)
    variables = np.flatnonzero(model.lowered.laws.rows[:, 0] == codes.LOCAL)
    count = int(region.max()) + 1 if len(variables) else 0
    leaves = 1 << max(1, (count - 1).bit_length()) if count else 0
    return Regions(
        laws=laws,
        variables=variables.astype(np.int64),
        part=np.bincount(region, minlength=count) / len(region) if count else np.zeros(0),
        events=np.zeros((count, 6, len(variables))),
        values=np.zeros((count, len(variables))),
        due=np.zeros(2 * leaves),
    )
