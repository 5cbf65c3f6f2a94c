"""Which populations on graphs are well-mixed ones, in law (docs/networks.md has the list)."""

import naive
import numpy as np
import pytest
import reference
from networks import AT_ONCE, ON_GRAPHS, recorded
from scipy import stats

from evo.kernels.arrays import FIXED, FIXED_AT
from evo.model import Model

ALPHA, RUNS, N = 1e-4, 20_000, 5
EVERYBODY = naive.Ties(N, [(i, j) for i in range(N) for j in range(i)])
PAIRS = [[0.3, 1.4], [0.9, -0.6]]
WHOLE = {"kind": "group", "size": N, "payoffs": {"A": "1.6*k_A/n - 0.7", "B": "1.6*k_A/n + 0.3*(k_B == 2)"}}
NEEDS = {"local_update": {"largest_difference": 3.0}, "proportional_imitation": {"largest_difference": 3.0},
         "aspiration": {"level": 0.6}}  # fmt: skip
QUIET = ("local_update", "proportional_imitation", "imitate_best", "best_response")
MIXED = {  # what each rule is in a well-mixed population
    "birth_death": {"dynamics": {"kind": "moran", "death": "others"}},
    "death_birth": {"dynamics": {"kind": "imitation", "own": "excluded"}, "mutation": {"rate": 0.1, "when": "after"}},
}


def config_of(kind, population, **parts):
    """A config of two strategies with mutation."""
    dynamics = {"kind": kind} | NEEDS.get(kind, {}) | parts.pop("dynamics", {})
    selection = {} if kind in QUIET else {"intensity": 1.5}
    return {
        "strategies": ["A", "B"], "game": {"kind": "matrix", "payoffs": PAIRS}, "dynamics": dynamics,
        "selection": selection | parts.pop("selection", {}), "mutation": {"rate": 0.1}, "population": population, **parts,
    }  # fmt: skip


def both(kind, shared=(), **parts):
    """The config on the complete graph, and the well-mixed one."""
    options = dict(shared)
    on_graph = config_of(kind, {"kind": "network", "graph": {"kind": "complete", "size": N}} | options, **parts)
    mixed = config_of(kind, {"kind": "well_mixed", "size": N} | options, **parts)
    return on_graph, mixed | MIXED.get(kind, {})


def lumped(config, ties=EVERYBODY):
    """Probability of each change of the number of A at every state; the same for all states of one number, or None."""
    chain = naive.GraphChain(config, ties)
    numbers = np.array([state.count(0) for state in chain.states])
    by_number = np.array([chain.matrix[:, numbers == number].sum(axis=1) for number in range(N + 1)]).T
    rows = [by_number[numbers == number] for number in range(N + 1)]
    assert all(np.ptp(of_number, axis=0).max() < 1e-12 for of_number in rows)
    return np.array([of_number[0] for of_number in rows])


def counted(config):
    """The same of a well-mixed population, from its own enumeration."""
    Model.model_validate(config)
    matrix = np.zeros((N + 1, N + 1))
    for number in range(N + 1):
        world = naive.world_of(config, 0.0, {}, [number, N - number])
        if config["dynamics"].get("update") == "synchronous":
            matrix[number] = at_once(config, number, world)
            continue
        chances = naive.transitions(config, [number, N - number], world)
        for (loser, winner), chance in chances.items():
            if chance == 0:
                continue
            matrix[number, number + (winner == 0) - (loser == 0)] += chance
        matrix[number, number] += 1 - matrix[number].sum()
    return matrix


def at_once(config, number, world):
    """Each of the two strategies turns into a binomial number of A."""
    earned = naive.payoffs(config, [number, N - number], world)
    found = np.ones(1)
    for s, count in enumerate((number, N - number)):
        if count:
            chance = naive.next_strategy(config, s, [number, N - number], earned, world)[0]
            found = np.convolve(found, stats.binom.pmf(np.arange(count + 1), count, min(1.0, chance)))
    return found


@pytest.mark.pure
@pytest.mark.parametrize("kind", ON_GRAPHS)
def test_the_complete_graph_is_well_mixed(kind):
    on_graph, mixed = both(kind)
    assert lumped(on_graph) == pytest.approx(counted(mixed), abs=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("kind", AT_ONCE)
def test_the_complete_graph_is_well_mixed_at_once(kind):
    on_graph, mixed = both(kind, dynamics={"update": "synchronous"})
    assert lumped(on_graph) == pytest.approx(counted(mixed), abs=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize(
    "kind, parts",
    [
        ("imitation", {"dynamics": {"own": "excluded"}}),
        *(
            (kind, {"selection": {"conformity": 1.8, "prestige": 0.7}})
            for kind in ("pairwise_comparison", "imitation", "local_update", "proportional_imitation")
        ),
        *(
            (kind, {"mutation": {"rate": 0.2, "when": "after"}})
            for kind in ("pairwise_comparison", "imitate_best", "logit")
        ),
        *(
            (kind, {"shared": {"self_interaction": True}})
            for kind in ("pairwise_comparison", "birth_death", "introspection")
        ),
    ],
)
def test_the_complete_graph_is_well_mixed_with_options(kind, parts):
    on_graph, mixed = both(kind, **parts)
    assert lumped(on_graph) == pytest.approx(counted(mixed), abs=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize("scope", ["own", "all"])
@pytest.mark.parametrize("kind", ["pairwise_comparison", "birth_death", "best_response", "introspection"])
def test_groups_on_the_complete_graph_are_all_of_the_population(kind, scope):
    on_graph, mixed = both(kind, game=WHOLE)
    on_graph["population"] |= {"scope": scope}
    assert lumped(on_graph) == pytest.approx(counted(mixed), abs=1e-12)
    smaller = mixed | {"game": WHOLE | {"size": 3}}
    assert kind == "best_response" or abs(lumped(on_graph) - counted(smaller)).max() > 1e-3


@pytest.mark.pure
def test_sums_on_the_complete_graph_are_a_stronger_selection():
    on_graph, mixed = both("pairwise_comparison")
    on_graph["population"] |= {"payoff": "accumulate"}
    mixed |= {"selection": {"intensity": 1.5 * (N - 1)}}
    assert lumped(on_graph) == pytest.approx(counted(mixed), abs=1e-12)


@pytest.mark.pure
@pytest.mark.parametrize(
    "kind, dynamics",
    [
        ("birth_death", {"kind": "moran"}),
        ("death_birth", {"kind": "imitation"}),
        ("imitation", {"kind": "imitation", "own": "excluded"}),
    ],
)
def test_what_is_not_the_same(kind, dynamics):
    """birth_death has moran's fixation and other times; death_birth and imitation leave out the focal or not."""
    on_graph, mixed = both(kind)
    assert abs(lumped(on_graph) - counted(mixed | {"dynamics": dynamics})).max() > 1e-3


def takeover(matrix):
    inner = slice(1, N)
    left = np.eye(N - 1) - matrix[inner, inner]
    return np.linalg.solve(left, matrix[inner, N]), np.linalg.solve(left, np.ones(N - 1))


@pytest.mark.pure
def test_birth_death_has_the_fixation_of_moran_at_another_pace():
    on_graph, mixed = both("birth_death", mutation={})
    mixed |= {"dynamics": {"kind": "moran"}, "mutation": {}}
    (one, one_time), (other, other_time) = (takeover(m) for m in (lumped(on_graph), counted(mixed)))
    assert one == pytest.approx(other, rel=1e-10)
    assert other_time == pytest.approx(one_time * N / (N - 1), rel=1e-10)


@pytest.mark.parametrize("kind", ON_GRAPHS)
@pytest.mark.parametrize("update", ["sequential", "synchronous"])
def test_a_simulation_on_the_complete_graph_is_one_of_a_well_mixed_population(kind, update):
    """Chi-square of the final number of A against the chain of the well-mixed population."""
    if update == "synchronous" and kind not in AT_ONCE:
        return
    on_graph, mixed = both(kind, dynamics={"update": update} if update == "synchronous" else {})
    steps = 3 if update == "synchronous" else 9
    generations = steps if update == "synchronous" else steps / N
    found = recorded(
        on_graph, generations=generations, replicates=RUNS, start={"A": 0.4}, record_every=None, nodes="none"
    )
    seen = np.bincount(np.rint(found.final[:, 0] * N).astype(int), minlength=N + 1)
    expected = RUNS * np.linalg.matrix_power(counted(mixed), steps)[2]
    kept = expected >= 5
    assert seen[~kept].sum() < 25
    assert stats.chisquare(seen[kept], expected[kept] * seen[kept].sum() / expected[kept].sum()).pvalue > ALPHA


@pytest.mark.parametrize("own", ["excluded", "competes"])
@pytest.mark.parametrize("name", reference.cases("imitation_DB_wellmixed"))
def test_imitation_and_death_birth_of_ten(name, own):
    """The references of the complete graph: fixation and time of imitation, and of death_birth where the focal is left out."""
    case = reference.cases("imitation_DB_wellmixed")[name]
    which = "excl_self" if own == "excluded" else "incl_self"
    kinds = [{"kind": "imitation", "own": own}] + [{"kind": "death_birth"}] * (own == "excluded")
    for dynamics in kinds:
        config = {
            "strategies": ["A", "B"], "game": {"kind": "matrix", "payoffs": case["model"]["payoff"]},
            "selection": {"intensity": case["model"]["w"]}, "dynamics": dynamics,
            "population": {"kind": "network", "graph": {"kind": "complete", "size": 10}},
        }  # fmt: skip
        found = recorded(
            config, generations=1e5, replicates=RUNS, start={"A": 0.1}, record_every=None, until="fixed", nodes="none"
        )
        chance, time = case["value"][f"rho_A_{which}"], case["value"][f"t1_{which}"]
        won, steps = found.counts[:, FIXED] == 0, found.numbers[:, FIXED_AT] * 10
        assert abs(won.mean() - chance) < 4.5 * np.sqrt(chance * (1 - chance) / RUNS)
        assert abs(steps.mean() - time) < 4.5 * steps.std() / np.sqrt(RUNS)
