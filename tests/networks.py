"""Small populations on graphs that tests share, as data: edges in a file, rules with what they need."""

from examples import KINDS, NOISY

from evo.canonical import point_hash
from evo.model import Model
from evo.recording import plan_of, start_shares
from evo.series import embed
from evo.simulation.runs import run_plan

ON_GRAPHS = sorted(kind for kind, rule in KINDS.items() if rule.facts.network and kind not in NOISY)
IMITATING = [kind for kind in ON_GRAPHS if not KINDS[kind].facts.innovative]
AT_ONCE = [kind for kind in ON_GRAPHS if "update" in KINDS[kind].model_fields]
BIASED = [kind for kind in ON_GRAPHS if KINDS[kind].facts.role_model]

KITE = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (3, 4), (4, 5), (5, 6), (4, 6)]  # 7 nodes, degrees 2 to 3
WEIGHTED = [(a, b, w) for (a, b), w in zip(KITE, (1.0, 2.0, 0.5, 0.7, 3.0, 1.5, 0.25, 1.25, 0.8), strict=True)]
DIRECTED = [(0, 1, 1.0), (1, 2, 0.5), (2, 0, 2.0), (2, 3, 1.0), (3, 1, 0.3), (4, 3, 1.5), (3, 5, 1.0), (5, 6, 0.4),
            (6, 4, 2.5), (0, 5, 0.6)]  # fmt: skip
STARRED = [(0, i) for i in range(1, 7)] + [(1, 2)]


def edge_list(edges):
    """The text of a file of these edges; empty where none has a third number."""
    return "".join(" ".join(str(part) for part in edge) + "\n" for edge in edges)


def graph_of(name, size, edges, directed=False):
    """A graph in a file, and the file."""
    weighted = len(edges[0]) == 3
    spec = {"kind": "file", "file": name, "size": size, "directed": directed, "weights": weighted}
    return spec, {name: embed(edge_list(edges)).model_dump()}


def on_graph(edges, size, *, learning=None, directed=False, **population):
    """Population and files of a model on these edges, and on others to learn from where they are given."""
    graph, files = graph_of("plays.txt", size, edges, directed)
    found = {"kind": "network", "graph": graph, **population}
    if learning is not None:
        found["learning"], more = graph_of("learns.txt", size, learning, directed)
        files |= more
    return {"population": found, "files": files}


def recorded(config, *, generations, replicates=1, seed=0, start=None, record_every=1.0, averages=False, workers=1,
             until="generations", burn_in=0.0, watched=(), nodes="all"):  # fmt: skip
    """The recording of a model's run, what every node plays included."""
    model, start = Model.model_validate(config), {} if start is None else start
    plan = plan_of(
        start_shares(dict(start), model.strategies), generations=generations, record_every=record_every, burn_in=burn_in,
        tolerance=1e-8, until=until, rest=0.0, averages=averages, watched=list(watched), nodes=nodes,
    )  # fmt: skip
    point = point_hash(model, start)
    return run_plan(model, plan, seed=seed, point=point, replicates=replicates, workers=workers)
