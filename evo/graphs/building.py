"""A spec to a graph, and what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evo._spec import ProblemError
from evo.graphs.chance import Chance
from evo.graphs.fields import resolved
from evo.graphs.files import FileGraph
from evo.graphs.graph import MOST_NODES, Graph
from evo.graphs.trees import Hierarchy

if TYPE_CHECKING:
    from evo.graphs import GraphSpec
    from evo.series import File

MOST_TIES = 10**9
WEIGHT = 36  # bytes more for each tie that has a weight
NODE = 20  # bytes for each node, without its coordinates
PLACE = 12  # bytes for each coordinate of a node
LINE = 380  # bytes for each line of a file while it is read


def build(
    spec: GraphSpec,
    *,
    seed: int,
    number: int = 0,
    parameters: Mapping[str, float] | None = None,
    files: Mapping[str, File] | None = None,
) -> Graph:
    """The graph that a spec describes; `parameters` are what its formulas read, `files` the experiment's data files.

    The same spec, seed and number give the same graph, on every call and thread, with the same versions of numpy and
    igraph; another `number`, such as the replicate's, gives another graph where chance is in it. Raises ProblemError or
    ConfigError, paths within the spec.
    """
    if seed < 0 or number < 0:
        raise ValueError("seed and number must be at least 0")
    known = resolved(spec, parameters or {})
    if isinstance(known, FileGraph):
        return known.graph(files or {})
    check_scale(known)
    return known.graph(Chance(seed, number))


def check_scale(spec: GraphSpec) -> None:
    """Refuse a graph, not of a file, that cannot be held; raises ProblemError, as `build` does.

    A spec with formulas passes: it is looked at once they are numbers.
    """
    if isinstance(spec, FileGraph):
        return
    try:
        nodes, ties = spec.nodes, spec.expected_ties
    except ValueError:
        return
    for count, most, what in ((nodes, MOST_NODES, "nodes"), (ties, MOST_TIES, "ties")):
        if count > most:
            raise ProblemError((), f"has {count:.3g} {what}; at most {most:.3g} are held")


def memory_bytes(
    spec: GraphSpec,
    *,
    parameters: Mapping[str, float] | None = None,
    files: Mapping[str, File] | None = None,
) -> int:
    """About how much memory building the graph takes at its peak, in bytes, beside some 50 MB of libraries; what it takes
    afterwards is less.

    Nothing is built. For a random graph it is that of its expected ties, for a file that of its lines.
    """
    known = resolved(spec, parameters or {})
    if isinstance(known, FileGraph):
        text = known.text(files or {})
        return LINE * (text.count("\n") + 1) + 2 * len(text)
    weighted = isinstance(known, Hierarchy) and (known.vertical_weight != 1 or known.lateral_weight != 1)
    each = known.facts.tie + (WEIGHT if weighted else 0)
    return int(known.expected_ties * each + known.nodes * (NODE + PLACE * known.facts.places))
