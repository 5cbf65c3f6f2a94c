"""A population on a graph, lowered: what is checked when a model is loaded, and the arrays of a graph once it is built."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evo import codes
from evo._spec import ConfigError, ProblemError
from evo.canonical import canonical
from evo.games import GroupGame
from evo.games.layout import compositions
from evo.graphs import Graph, build
from evo.graphs.fields import resolved
from evo.kernels.adjacency import Adjacency, Lattice
from evo.kernels.arrays import Meeting, Process
from evo.kernels.nodes.net import BLOCK, MOST_EVEN, Net, Nodes, Ties
from evo.lowering.direct import directly, group_sizes, table_columns, without_table
from evo.lowering.names import law_reads
from evo.lowering.payoffs import group_program
from evo.lowering.regions import LEVELLED, check_regions
from evo.lowering.rule import acting
from evo.lowering.ties import check_ties
from evo.quantities import NEIGHBOURHOOD, number
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.model import Model
    from evo.populations import Network

MOST_STRATEGIES = 255  # a node keeps its own as a byte


def graph_specs(model: Model) -> tuple[Any, Any]:
    """The graph to play on and the one to learn from (the same where only one is given), their formulas as numbers."""
    population: Any = model.population
    with_numbers = [
        _resolved(spec, key, model)
        for key, spec in (("graph", population.graph), ("learning", population.learning))
        if spec
    ]
    return with_numbers[0], with_numbers[-1]


def network_size(model: Model) -> int:
    """Nodes of the graph; raises ProblemError, path within the model."""
    nodes = _nodes(graph_specs(model)[0], model, "population", "graph")
    if nodes < 2:
        raise ProblemError(("population", "graph"), "has one node: two make a population")
    return nodes


def _nodes(spec: Any, model: Model, *at: str) -> int:
    """Nodes of the graph at this path, of a file by reading it."""
    if spec.kind != "file":
        return int(spec.nodes)
    try:
        return shared_graph(spec, 0, model).size
    except ProblemError as error:
        raise ProblemError((*at, *error.path), error.message, error.hint) from None


def parts_apart(model: Model) -> int:
    """Parts of the graph to learn from that no tie joins, as far as it is known before a run: of a file; 1 elsewhere."""
    learns = graph_specs(model)[1]
    return shared_graph(learns, 0, model).components if learns.kind == "file" else 1


def shared_graph(spec: Any, seed: int, model: Model) -> Graph:
    """The graph that all replicates and points have that ask for the same; built once."""
    names = tuple((name, held.sha256) for name, held in model.files.items()) if spec.kind == "file" else ()
    return _built_once(_Wanted((canonical(spec), seed if spec.facts.random else 0, names), spec, model.files))


class _Wanted:
    """A graph that is asked for: the same as another of the same key."""

    def __init__(self, key: tuple[object, ...], spec: Any, files: Any) -> None:
        self.key, self.spec, self.files = key, spec, files

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Wanted) and self.key == other.key


@lru_cache(maxsize=4)
def _built_once(wanted: _Wanted) -> Graph:
    return build(wanted.spec, seed=cast(int, wanted.key[1]), files=wanted.files)


def _resolved(spec: Any, key: str, model: Model) -> Any:
    try:
        return resolved(spec, model.parameter_values)
    except ProblemError as error:
        raise ProblemError(("population", key, *error.path), error.message, error.hint) from None
    except ConfigError as error:
        first = error.problems[0]
        raise ProblemError(("population", key, *first.path), first.message, first.hint) from None


def check_network(model: Model, size: int) -> Meeting:
    """The meeting of a population on a graph; raises ProblemError, path within the population, where the parts do not fit."""
    population: Any = model.population
    rule = acting(model)
    if not model.dynamics.facts.network:
        hint = {"moran": "use birth_death or death_birth", "wright_fisher": "use death_birth"}.get(model.dynamics.kind)
        raise ProblemError(("kind",), f"{model.dynamics.kind} does not run on graphs", hint)
    if roles(model.strategies):
        raise ProblemError(("kind",), "strategies with roles are for well-mixed populations")
    if getattr(rule, "role_models", "others") == "all":
        raise ProblemError(
            ("kind",), "on a graph role models are neighbours, not all", "leave dynamics.role_models out"
        )
    spec, learning = graph_specs(model)
    nodes, learners = _nodes(spec, model), _nodes(learning, model, "learning")
    if nodes != learners:
        raise ProblemError(
            ("learning",), f"has {learners:,} nodes, and the graph to play on {nodes:,}: they are the same"
        )
    grouped = isinstance(model.form, GroupGame)
    if not grouped and population.scope != "all":
        raise ProblemError(("scope",), "has nothing to act on in a game of pairs")
    if len(model.strategies) > MOST_STRATEGIES:
        raise ProblemError(("kind",), f"a graph holds up to {MOST_STRATEGIES} strategies, not {len(model.strategies)}")
    if grouped:
        _check_groups(model, spec)
    if grouped and population.self_interaction:
        raise ProblemError(("self_interaction",), "has nothing to act on in groups, which hold the player anyway")
    if grouped and population.tie_cost != 0:
        raise ProblemError(("tie_cost",), "is for games of pairs; in groups write it into the payoffs")
    if population.per_degree is not None and getattr(rule, "largest_difference", 0) == 0:
        raise ProblemError(("per_degree",), f"{rule.kind} has no largest payoff difference")
    if population.placement == "top" and spec.kind not in LEVELLED:
        raise ProblemError(("placement",), f"a {spec.kind} graph has no levels to start at the top of")
    if population.placement == "centre" and spec.facts.places == 0:
        raise ProblemError(("placement",), f"a {spec.kind} graph has no coordinates, and so no centre")
    if population.ties is not None:
        check_ties(model, nodes)
    check_regions(model, spec, nodes)
    return Meeting(
        size, nodes, 0.0, codes.FOCAL, population.self_interaction, False, False, population.ties is not None
    )


def _check_groups(model: Model, spec: Any) -> None:
    """What is known before a run of groups on a graph; of a random graph each one is looked at when it is there."""
    form = model.form
    assert isinstance(form, GroupGame)
    if form.size == NEIGHBOURHOOD and law_reads(model, "n"):
        raise ProblemError(("kind",), "a feedback law cannot read n: groups on this graph are of several sizes")
    if spec.facts.random:
        return
    try:
        _checked_sizes(model, shared_graph(spec, 0, model))
    except ProblemError as error:  # paths within the model; the population's are known here
        path = error.path[1:] if error.path[0] == "population" else ("graph",)
        raise ProblemError(path, error.message, error.hint) from None


def _checked_sizes(model: Model, graph: Graph) -> np.ndarray:
    """Sizes of the groups on a graph, ascending; raises ProblemError, path within the model, where the game does not fit."""
    form = model.form
    assert isinstance(form, GroupGame)
    if graph.directed or len(graph.adjacency.weights):
        raise ProblemError(("population", "graph"), "groups around nodes need a graph without directions and weights")
    sizes = group_sizes(graph)
    given = None if form.size == NEIGHBOURHOOD else int(number(form.size, model.parameter_values))
    if given is not None and list(sizes) != [given]:
        few = ", ".join(str(size) for size in sizes[:4]) + (", ..." if len(sizes) > 4 else "")
        raise ProblemError(
            ("population", "graph"),
            f"has groups of {few} members, and game.size is {given}",
            f"say `size: {NEIGHBOURHOOD}`",
        )
    return sizes


def network_process(model: Model, graph: Graph) -> Process:
    """The model's arrays with the payoffs of the groups that this graph has, where it is played in groups; or without a
    table, where payoffs are calculated where they are needed."""
    process = model.lowered
    sizes = _checked_sizes(model, graph) if isinstance(model.form, GroupGame) else np.empty(0)
    if directly(model, graph):
        return without_table(model, process)
    if not isinstance(model.form, GroupGame):
        return process
    strategies = len(model.strategies)
    columns = table_columns(model, graph)
    groups = [compositions(strategies, int(size)) for size in sizes]
    vectors = np.vstack([np.vstack(groups).T, np.repeat(sizes, [len(found) for found in groups])]).astype(float)
    own = np.repeat(np.arange(strategies)[:, None], columns, axis=1)
    game = process.game._replace(
        program=group_program(model, sized=True),
        vectors=np.ascontiguousarray(vectors),
        source=np.array([own, np.tile(np.arange(columns), (strategies, 1))]),
        coefficient=np.ones(columns),
    )
    return process._replace(game=game)


def lower_net(model: Model, graph: Graph, learning: Graph) -> Net:
    """The arrays of a graph to play on and one to learn from; for formulas of payoffs see `lower_direct`."""
    population: Any = model.population
    grouped = isinstance(model.form, GroupGame)
    degree = _weighted_degrees(graph)
    met = degree + (1.0 if population.self_interaction else 0.0)
    if grouped:
        met = 1.0 + degree if population.scope == "all" else np.ones_like(degree)
    if population.payoff == "accumulate":
        scale = np.ones(graph.size)
    else:
        scale = np.divide(1.0, met, out=np.zeros(graph.size), where=met > 0)
    tabled = grouped and not directly(model, graph)
    plays = _ties(graph.adjacency)
    learns = plays if learning is graph else _ties(learning.adjacency)
    if population.ties is not None and (graph.directed or len(graph.adjacency.weights)):
        raise ProblemError(("population", "graph"), "ties that come and go need a graph without directions and weights")
    return Net(
        plays=plays,
        played=_ties(graph.transposed) if graph.directed else plays,
        learns=learns,
        taught=_ties(learning.transposed) if learning.directed else learns,
        common=float(scale[0]) if population.ties is None and (scale == scale[0]).all() else 0.0,
        scale=scale,
        degree=degree,
        largest=float(max(1.0, met.max())),
        ranks=_ranks(len(model.strategies), group_sizes(graph) if tabled else np.array([1])),
        grouped=grouped,
        everywhere=grouped and population.scope == "all",
        selfish=population.self_interaction,
        by_degree=model.selection.indicator == "degree",
        per_degree=_per_degree(population),
        order=_order(population, graph),
        clustered=population.placement == "cluster",
        averaged=population.payoff == "average",
        cost=number(population.tie_cost, model.parameter_values),
        direct=None,
        lattice=graph.lattice or Lattice(0, 0, 0, False),
    )


def _ties(adjacency: Adjacency) -> Ties:
    degrees = np.diff(adjacency.starts)
    even = int(degrees[0]) if (degrees == degrees[0]).all() else 0
    return Ties(adjacency.starts[:-1], adjacency.starts[1:], adjacency.neighbours, adjacency.weights, even)


def _weighted_degrees(graph: Graph) -> np.ndarray:
    weights = graph.adjacency.weights
    if not len(weights):
        return graph.degrees.astype(float)
    rows = np.repeat(np.arange(graph.size), graph.degrees)
    return np.bincount(rows, weights, minlength=graph.size)


def _ranks(strategies: int, sizes: np.ndarray) -> np.ndarray:
    """Where the compositions of groups of each size begin (row 0), and the number of ways to share up to m-1 places among
    r+1 strategies (row r, column m)."""
    largest = int(sizes[-1])
    ranks = np.zeros((strategies, largest + 1), np.int64)
    counts = [math.comb(int(size) + strategies - 1, strategies - 1) for size in sizes]
    ranks[0, sizes] = np.concatenate([[0], np.cumsum(counts)[:-1]])
    for rest in range(1, strategies):
        ranks[rest, 1:] = [math.comb(more + rest, rest) for more in range(largest)]
    return ranks


def _per_degree(population: Network) -> int:
    default = "pair" if population.payoff == "accumulate" else "none"
    named = {"none": codes.ONE, "pair": codes.LARGER_DEGREE, "graph": codes.LARGEST_DEGREE}
    return named[population.per_degree or default]


def _order(population: Network, graph: Graph) -> np.ndarray:
    """Places in the order in which strategies settle, (N,), empty where it is drawn."""
    if population.placement == "hubs":
        found = np.argsort(-graph.degrees, kind="stable")
    elif population.placement == "top":
        found = np.argsort(graph.levels, kind="stable")
    elif population.placement == "centre":
        middle = (graph.positions.min(axis=0) + graph.positions.max(axis=0)) / 2
        found = np.argsort(((graph.positions - middle) ** 2).sum(axis=1), kind="stable")
    else:
        found = np.empty(0)
    return found.astype(np.int32)


def blank_nodes(process: Process, net: Net) -> Nodes:
    """Scratch of one thread."""
    count, strategies = len(net.scale), len(process.to)
    narrow = not len(net.plays.weights) and int(net.degree.max(initial=0)) < 2**16 and not process.meeting.loose
    parents = process.rule.code == codes.BIRTH_DEATH
    leaves = 1 << max(1, (count - 1).bit_length())
    most = int((net.learns.stops - net.learns.starts).max()) + 1
    return Nodes(
        strategies=np.zeros(count, np.uint8),
        around=np.zeros((count, strategies), np.uint16 if narrow else np.float64),
        ahead=np.zeros((2, BLOCK), np.int64),
        coming=np.zeros(count if process.rule.pace == codes.SYNCHRONOUS else 0, np.uint8),
        tree=np.zeros(2 * leaves if parents else 0),
        level=np.zeros(1),
        queue=np.zeros(count, np.int32),
        pulls=np.zeros(most),
        weights=np.zeros((2, strategies)),
        sheets=np.zeros(
            (3, net.lattice.rows + 2, net.lattice.columns + 2) if _by_sheets(process, net) else (0, 0, 0), np.uint8
        ),
        chances=np.zeros((2, MOST_EVEN + 1, MOST_EVEN + 1)),
        payoffs=np.zeros((2, 10, 10)),
        levels=np.zeros((2, 10, 10), np.uint8),
    )


def _by_sheets(process: Process, net: Net) -> bool:
    """Whether kernels/nodes/lattice.py can run it."""
    rule, lattice = process.rule, net.lattice
    best_of_two = rule.code == codes.IMITATE_BEST and rule.mutation == 0 and len(process.to) == 2
    alone = (
        net.learns is net.plays
        and not net.grouped
        and net.direct is None
        and net.cost == 0
        and not process.game.reads_mix
    )
    return best_of_two and alone and rule.pace == codes.SYNCHRONOUS and min(lattice.rows, lattice.columns) >= 3
