"""The fields of every rule and flow, against reference trajectories, the simulation and differences."""

import numpy as np
import pytest
from infinite import group_table, model_of, roles_of
from reference import cases
from scipy.integrate import solve_ivp

import evo
from evo.exact import payoffs
from evo.exact.flows.fields import field_of
from evo.exact.flows.rest_points import rest_points

ASYMMETRIC = [[1.0, 0.2, 3.0], [2.0, 0.5, 0.1], [0.3, 1.5, 1.0]]
TRAITS = {"a": {"traits": {"care": 0.3}}, "b": {"traits": {"care": 0.9}}, "c": {"traits": {"care": 0.1}}}


TRAJECTORIES = {
    "bnn": ("bnn", {}),
    "smith": ("smith", {}),
    "repmut0": ("replicator_mutator", {"mutation": {"rate": 0.1, "to": "any"}}),
    "logit0": ("logit", {"selection": {"intensity": 5.0}}),
}


@pytest.mark.parametrize("name", [name for name in cases("other_dynamics") if not name.startswith("shapley")])
def test_trajectories(name):
    case = cases("other_dynamics")[name]
    rule, parts = TRAJECTORIES[name.split("_")[0].split(".")[0]]
    field = field_of(model_of(case["model"]["payoff"], rule, **parts))
    times = case["model"]["t"]
    found = solve_ivp(
        lambda _, x: field.velocity(x), (0, times[-1]), case["model"]["x0"], "DOP853", times, rtol=1e-11, atol=1e-13
    )
    path = found.y.T
    assert path == pytest.approx(np.array(case["value"]), abs=case["tolerance"])


@pytest.mark.parametrize("name", cases("two_population"))
def test_trajectories_in_two_roles(name):
    case = cases("two_population")[name]
    game = case["model"]
    field = field_of(roles_of(game["row"], np.array(game["B"]).T))
    times = cases("two_population")["bimatrix_MP"]["model"]["t"]
    found = solve_ivp(lambda _, x: field.velocity(x), (0, 10), game["z0"], "DOP853", times, rtol=1e-12, atol=1e-14)
    path = found.y.T
    assert path == pytest.approx(np.array(case["value"]["traj"]), abs=case["tolerance"])


RULES = [
    ("replicator", {}),
    ("replicator_mutator", {"mutation": {"rate": 0.1}}),
    ({"kind": "replicator_mutator", "form": "offspring"}, {"mutation": {"rate": 0.1}}),
    ("discrete_replicator", {}),
    ("bnn", {}),
    ("smith", {"mutation": {"rate": 0.05, "to": "any"}}),
    ("projection", {}),
    ("pairwise_comparison", {"mutation": {"rate": 0.1, "when": "after"}}),
    ("pairwise_comparison", {"selection": {"intensity": 2, "conformity": 1.5, "prestige": 0.7}, "strategies": TRAITS}),
    ({"kind": "pairwise_comparison", "update": "synchronous"}, {"mutation": {"rate": 0.1}}),
    ("local_update", {"selection": {"intensity": 0.5, "prestige": 0.4, "indicator": "care"}, "strategies": TRAITS}),
    ("proportional_imitation", {"mutation": {"rate": 0.1}}),
    ("imitation", {"selection": {"conformity": 0.7, "prestige": 0.2}, "mutation": {"rate": 0.1}}),
    ("moran", {"mutation": {"rate": 0.1}, "selection": {"fitness": "linear", "intensity": 0.5}}),
    ("wright_fisher", {"mutation": {"rate": 0.1}}),
    ("logit", {"mutation": {"rate": 0.1, "when": "after"}}),
    ({"kind": "aspiration", "level": 1.0}, {}),
    ("introspection", {"mutation": {"rate": 0.1}}),
]


@pytest.mark.parametrize("rule, parts", RULES, ids=str)
def test_every_field_is_that_of_the_simulation(rule, parts):
    """Written apart from each other; a flow over six generations, and the simulation's own integrator."""
    model = model_of(ASYMMETRIC, rule, **parts)
    field, mix = field_of(model), np.array([0.6, 0.3, 0.1])
    if field.generational:
        for _ in range(6):
            mix = mix + field.velocity(mix)
    else:
        mix = solve_ivp(lambda _, x: field.velocity(x), (0, 6), mix, "DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    start = dict(zip("abc", (0.6, 0.3, 0.1), strict=True))
    found = evo.simulate(model, generations=6, start=start, tolerance=1e-11).mix[0, -1]
    assert found == pytest.approx(mix, abs=2e-10)


def reading(rng):
    """A group game that reads the population's mix."""
    game = group_table(rng, 3, 3)
    return game | {"payoffs": {name: f"{cell} + x_a*exp(x_{name})" for name, cell in game["payoffs"].items()}}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("assorted", [{}, {"assortment": 0.3}, {"assortment": 0.3, "assortment_kind": "founder"}])
@pytest.mark.parametrize("game", [lambda rng: group_table(rng, 3, 4), reading], ids=["table", "reads the mix"])
def test_payoffs_and_their_derivatives(seed, assorted, game):
    """Against the mean over compositions (evo.exact.payoff.infinite), and central differences along the simplex."""
    rng = np.random.default_rng(seed)
    model = model_of(game(rng), "pairwise_comparison", population={"kind": "infinite", **assorted})
    field, mix = field_of(model), rng.dirichlet(np.ones(3))
    assert field.payoffs(mix) == pytest.approx(payoffs(model, mix), abs=1e-12)
    assert field.payoffs(np.eye(3)[0]) == pytest.approx(payoffs(model, np.eye(3)[0]), abs=1e-12)
    basis = field.tangent()
    step = 1e-5
    differences = [(field.velocity(mix + step * d) - field.velocity(mix - step * d)) / (2 * step) for d in basis.T]
    derivatives = (field.jacobian(mix) @ basis).T
    assert derivatives == pytest.approx(np.array(differences), abs=1e-8)


def test_fields_that_there_are_not():
    with pytest.raises(ValueError, match="finite"):
        field_of(model_of(ASYMMETRIC, "moran", population={"kind": "well_mixed", "size": 10}))
    with pytest.raises(ValueError, match="random"):
        field_of(model_of(ASYMMETRIC, {"kind": "aggregate_shocks", "sigma": 0.1}))
    with pytest.raises(ValueError, match="jumps"):
        rest_points(model_of(ASYMMETRIC, "best_response", mutation={"rate": 0.1}))
