"""Rest points and their stability, against values computed another way."""

import json

import numpy as np
import pytest
from infinite import group_table, mixes, model_of, roles_of, same_points
from reference import big_shift, cases

import evo
from evo.exact.flows.coupled import coupled_rest_points
from evo.exact.flows.enclosures import Jet, enclosure
from evo.exact.flows.fields import field_of
from evo.exact.flows.polynomial_fields import polynomial_field
from evo.exact.flows.rest_points import rest_points
from evo.exact.flows.search import newton, starts
from evo.exact.flows.stability import (
    classify,
    evolutionarily_stable,
    is_ess,
    is_nash,
    is_nss,
    neutrally_stable,
    stability,
)
from evo.exact.flows.subdivision import zeros
from evo.exact.games.nash import support_equilibria, symmetric_equilibria
from evo.exact.payoff.landscape import Landscape
from evo.exact.payoff.simplex import values
from evo.games import compositions

# ---- rest points of matrix games


@pytest.mark.parametrize("name", ["rep_rest_coord3", "rep_rest_asym3", "rep_rest_two_ess"])
@pytest.mark.parametrize("rule", ["replicator", "proportional_imitation"])
def test_rest_points_of_matrix_games(name, rule):
    """All of them, their eigenvalues (of the flow over the largest payoff difference: divided by it) and stability."""
    case = cases("replicator")[name]
    payoff = np.array(case["model"]["payoff"])
    found = rest_points(model_of(payoff, rule))
    scale = 1.0 if rule == "replicator" else np.ptp(payoff)
    assert found.complete and found.index == 1
    assert same_points(mixes(found), [rest["x"] for rest in case["value"]], 1e-10)
    for rest in case["value"]:
        point = min(found, key=lambda point: np.abs(point.mix - rest["x"]).max())
        expected = np.sort_complex([complex(*pair) / scale for pair in rest["eig"]])
        assert np.sort_complex(point.eigenvalues) == pytest.approx(expected, abs=1e-6)
        assert point.attracts == rest["stable"]


def test_zeeman_game():
    """The interior attracts and is no ESS, beside an ESS in a corner [Zeeman 1980]."""
    value = cases("replicator")["rep_zeeman"]["value"]
    found = rest_points(model_of(cases("replicator")["rep_zeeman"]["model"]["payoff"]))
    assert same_points(mixes(found), value["rest_points"], 1e-10)
    inside = next(point for point in found if len(point.support) == 3)
    assert inside.eigenvalues[0] == pytest.approx(complex(*value["eig"]), abs=1e-12)
    assert (inside.stability, inside.nash, inside.ess, inside.nss) == ("stable focus", True, False, False)
    corner = next(point for point in found if point.support == ("a",))
    assert (corner.stability, corner.ess, corner.nss) == ("stable node", True, True)
    assert len(found.attractors) == 2 and len(found.equilibria) == 3


@pytest.mark.parametrize("name, kind", [("rep_RPS_a1_b1", "centre"), ("rep_RPS_a1_b2", "unstable focus")])
def test_rock_paper_scissors(name, kind):
    case = cases("replicator")[name]
    point = rest_points(model_of(case["model"]["payoff"])).points[-1]
    assert point.stability == kind
    assert point.eigenvalues[0] == pytest.approx(complex(*case["value"]["eig"]), abs=1e-12)
    assert point.nss == (kind == "centre") and not point.ess


def test_continua():
    """Two strategies that are the same in all but name: their edge rests, and so does the line where c ties with them."""
    found = rest_points(model_of([[1, 1, 0], [1, 1, 0], [0, 0, 2]]))
    assert sorted(continuum.dimension for continuum in found.continua) == [1, 1]
    assert [point.isolated for point in found] == [False, False, True, False, False]
    rng = np.random.default_rng(1)
    field = field_of(model_of([[1, 1, 0], [1, 1, 0], [0, 0, 2]]))
    for continuum in found.continua:
        between = rng.dirichlet(np.ones(len(continuum.vertices))) @ continuum.vertices
        assert np.abs(field.velocity(between)).max() < 1e-12
        assert continuum.holds(between) and not continuum.holds(np.array([0.2, 0.2, 0.6]))
    everything = rest_points(model_of(np.ones((3, 3))))
    assert [continuum.dimension for continuum in everything.continua] == [2]
    groups = {"kind": "group", "size": 4, "payoffs": {"a": "k_c", "b": "k_c", "c": "0"}}
    assert 1 in [continuum.dimension for continuum in rest_points(model_of(groups)).continua]


@pytest.mark.parametrize("seed", range(6))
def test_rest_points_in_two_roles(seed):
    """Nash equilibria among the rest points are those of the bimatrix game; isolated ones are Nash and ESS if strict."""
    rng = np.random.default_rng(seed)
    row, column = rng.normal(size=(2, 3, 2))
    found = rest_points(roles_of(row, column))
    expected = [np.concatenate(pair) for pair in support_equilibria(row, column)]
    assert same_points(mixes(found.equilibria), expected)
    assert found.index == 1
    for point in found:
        strict = point.nash and len(point.support) == 2
        assert point.ess == strict and point.attracts == strict


@pytest.mark.parametrize("rule", ["bnn", "smith", "projection", "best_response"])
def test_flows_that_rest_at_nash_equilibria(rule):
    model = model_of([[1, 0, 2], [0, 1, 2], [2, 2, 0]], rule)
    found = rest_points(model)
    assert same_points(mixes(found), symmetric_equilibria(np.array([[1, 0, 2], [0, 1, 2], [2, 2, 0]])))
    assert {point.stability for point in found} == {"stable", "undetermined"}
    if rule != "best_response":
        assert all(np.abs(field_of(model).velocity(point.mix)).max() < 1e-12 for point in found)


# ---- group games


def pot(model):
    return f"where(k_C >= {model['M']}, {model['F']}*k_C/n, 0)"


GROUPS = {
    "volunteer_N10_c0.2": (10, "1 - 0.2", "where(k_C > 0, 1, 0)"),
    "nperson_snowdrift_N5_c0.4": (5, "1 - 0.4/k_C", "where(k_C > 0, 1, 0)"),
    "threshold_snowdrift_N6_M3_c0.5": (6, "where(k_C >= 3, 1 - 0.5/k_C, -0.5/3)", "where(k_C >= 3, 1, 0)"),
    "threshold_pgg_N7_M4_c0.25": (7, "where(k_C >= 4, 1, 0) - 0.25", "where(k_C >= 4, 1, 0)"),
}


def group_cases():
    for name, (size, first, second) in GROUPS.items():
        yield name, size, first, second, cases("nplayer")[name]["value"]
    for name, case in cases("nplayer").items():
        if name.startswith("nsh"):
            yield name, case["model"]["N"], f"{pot(case['model'])} - 1", pot(case["model"]), case["value"]
    for name, case in cases("collective_risk").items():
        if name.startswith("crd_inf"):
            kept = f"where(k_C >= {case['model']['M']}, 1, 1 - {case['model']['risk']})"
            yield name, case["model"]["N"], f"{kept} - {case['model']['c']}", kept, case["value"]


@pytest.mark.parametrize(
    "name, size, first, second, value", list(group_cases()), ids=lambda v: v if isinstance(v, str) else ""
)
def test_group_games_of_two_strategies(name, size, first, second, value):
    roots = value["roots"] if isinstance(value, dict) else np.atleast_1d(value)
    found = rest_points(model_of({"kind": "group", "size": size, "payoffs": {"C": first, "D": second}}))
    assert found.complete and found.index == 1
    inside = sorted(point.mix[0] for point in found if len(point.support) == 2)
    assert inside == pytest.approx(list(roots), abs=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_group_games_of_three_strategies(seed):
    """Certified zeros against Newton's method from many starts, on every face; the indices of Nash equilibria sum to 1."""
    rng = np.random.default_rng(seed)
    model = model_of(group_table(rng, 3, 5))
    found = rest_points(model)
    assert found.complete and found.found is None and found.index == 1
    field = field_of(model)
    for support in ((0, 1), (0, 2), (1, 2), (0, 1, 2)):
        ends, good = newton(field, starts(field, support, 300, seed), support)
        inside = ends[good & (ends[:, list(support)].min(axis=1) > 1e-9)]
        here = [point.mix for point in found if point.support == tuple("abc"[i] for i in support)]
        assert all(min(np.abs(mix - other).max() for other in here) < 1e-8 for mix in inside)
    assert all(np.abs(field.velocity(point.mix)).max() < 1e-12 for point in found)


def test_zeros_that_are_known():
    """A conic and a line on a triangle that meet twice, once (touching: not resolved, and said so), and nowhere."""
    counts = compositions(3, 2)

    def form(function):
        nodes = counts / 2
        design = np.array([values(np.eye(6), node[None], 2)[0] for node in nodes])
        return np.linalg.solve(design, [function(*node) for node in nodes])

    circle = form(lambda x, y, z: (x - 1 / 3) ** 2 + (y - 1 / 3) ** 2 - 0.01)
    for offset, number, left in ((0.05, 2, 0), (np.sqrt(0.02), 0, 1), (0.2, 0, 0)):
        line = form(lambda x, y, z, offset=offset: x + y - 2 / 3 - offset)
        found = zeros(np.array([circle, line]), 3, 2)
        assert (len(found.points), len(found.unresolved) > 0, found.complete) == (number, left > 0, True)
        for x, y, _ in found.points:
            assert (x - 1 / 3) ** 2 + (y - 1 / 3) ** 2 == pytest.approx(0.01, abs=1e-12)
            assert x + y == pytest.approx(2 / 3 + offset, abs=1e-12)


def test_multiple_zeros_are_not_called_complete():
    """At its fold the two rest points of the collective-risk dilemma are one."""
    risk = 0.1 / (10 * 0.4**2 * 0.6**3)
    kept = f"where(k_C >= 3, 1, 1 - {risk!r})"
    found = rest_points(model_of({"kind": "group", "size": 6, "payoffs": {"C": f"{kept} - 0.1", "D": kept}}))
    inside = [point.mix[0] for point in found if len(point.support) == 2]
    assert inside and inside == pytest.approx([0.4] * len(inside), abs=1e-6)
    assert not found.complete or len(inside) == 2


@pytest.mark.parametrize(
    "rule", ["replicator_mutator", "local_update", "proportional_imitation", "moran", "wright_fisher"]
)
@pytest.mark.parametrize("when", [None, "after"])
def test_polynomial_fields(rule, when):
    """In Bernstein form they are the field (for births times the mean fitness)."""
    births = rule in ("moran", "wright_fisher")
    if when and (births or rule == "replicator_mutator"):
        pytest.skip("mutates one way only")
    rng = np.random.default_rng(5)
    selection = {"fitness": "linear", "intensity": 0.1} if births else {"intensity": 0.5}
    if rule == "proportional_imitation":
        selection = {}
    model = model_of(group_table(rng, 3, 3), rule, mutation={"rate": 0.1, "when": when}, selection=selection)
    field = field_of(model)
    coefficient, degree = polynomial_field(field)
    for mix in rng.dirichlet(np.ones(3), 10):
        mean = mix @ (0.9 + 0.1 * field.payoffs(mix)) if births else 1.0
        assert values(coefficient, mix[None], degree)[0] == pytest.approx(mean * field.velocity(mix), abs=1e-12)


def test_flagship_with_mutation():
    """All rest points in four dimensions, certified, are what Newton's method finds from many starts near the boundary."""
    model = evo.loads(json.dumps(big_shift({"run": {"generations": 1}}))).model
    found = rest_points(model)
    assert found.complete and found.index == 1 and found.found is None
    field = field_of(model)
    without = rest_points(
        evo.loads(json.dumps(big_shift({"run": {"generations": 1}, "mutation": {"rate": 0.0}}))).model
    )
    near = np.concatenate([0.99 * np.array(mixes(without)) + 0.0025, starts(field, (0, 1, 2, 3), 300, 1)])
    ends, good = newton(field, near)
    assert all(min(np.abs(mix - other).max() for other in mixes(found)) < 1e-8 for mix in ends[good])
    reached = [min(np.abs(mix - other).max() for mix in ends[good]) < 1e-8 for other in mixes(found)]
    assert all(reached)


# ---- fields with mutation or choice


def test_pitchfork_of_mutation():
    value = cases("replicator_mutator")["repmut_coord_u0.1"]["value"]
    rule = {"kind": "replicator_mutator", "form": "offspring"}
    found = rest_points(model_of([[1, 0], [0, 1]], rule, mutation={"rate": 0.1}))
    assert sorted(point.mix[0] for point in found) == pytest.approx([1 - value, 0.5, value], abs=1e-10)
    assert [point.attracts for point in sorted(found, key=lambda point: point.mix[0])] == [True, False, True]


def test_quasispecies():
    case = cases("replicator_mutator")["quasispecies_2"]
    first, second = case["model"]["f"]
    rule = {"kind": "replicator_mutator", "form": "offspring"}
    found = rest_points(model_of([[first] * 2, [second] * 2], rule, mutation={"rate": case["model"]["u"]}))
    assert found.points[0].mix == pytest.approx(case["value"]["x"], abs=1e-10) and len(found) == 1


def logit_cases(roles):
    return [n for n, c in cases("logit_qre").items() if ("row" in c["model"]) == roles and "hopf" not in n]


@pytest.mark.parametrize("name", logit_cases(roles=False))
def test_logit_equilibria(name):
    case = cases("logit_qre")[name]
    found = rest_points(model_of(case["model"]["payoff"], "logit", selection={"intensity": 1 / case["model"]["eta"]}))
    expected = np.atleast_1d(case["value"])
    assert len(found) == 1 and found.index == 1
    assert found.points[0].mix[: len(expected)] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("name", logit_cases(roles=True))
def test_quantal_response_equilibria(name):
    case = cases("logit_qre")[name]
    game = case["model"]
    found = rest_points(roles_of(game["row"], game["col"], "logit", selection={"intensity": game["lam"]}))
    assert len(found) == 1 and found.index == 1
    assert found.points[0].mix[[0, 2]] == pytest.approx(case["value"], abs=1e-10)


@pytest.mark.parametrize("name", [name for name in cases("logit_qre") if "hopf" in name])
def test_centre_loses_its_stability_to_noise(name):
    case = cases("logit_qre")[name]
    for eta, stable in ((case["value"] * 1.001, True), (case["value"] * 0.999, False)):
        model = model_of(case["model"]["payoff"], "logit", selection={"intensity": 1 / eta})
        kind, eigenvalues = stability(model, [1 / 3] * 3)
        assert kind == ("stable focus" if stable else "unstable focus")
        assert abs(eigenvalues[0].real) < 0.01


@pytest.mark.parametrize("rule", ["logit", "introspection", "moran", "imitation", "pairwise_comparison"])
def test_one_share_is_searched_whole(rule):
    """Coordination with strong selection and some mutation: all three, where the rate changes sign on a fine grid."""
    parts = {} if rule in ("logit", "introspection") else {"mutation": {"rate": 0.01}}
    model = model_of([[1, 0], [0, 1.5]], rule, selection={"intensity": 8}, **parts)
    found = rest_points(model)
    assert found.complete and len(found) == 3 and found.index == 1
    field = field_of(model)
    shares = np.linspace(0, 1, 20001)
    rates = field.velocity(np.column_stack([shares, 1 - shares]))[:, 0]
    assert int((rates[:-1] * rates[1:] < 0).sum()) == 3
    assert all(np.abs(field.velocity(point.mix)).max() < 1e-12 for point in found)


@pytest.mark.parametrize("rule, parts", [("replicator", {}), ("smith", {"mutation": {"rate": 0.02}}),
                                         ("imitation", {"selection": {"conformity": 1.7}})], ids=str)  # fmt: skip
@pytest.mark.parametrize("game", ["reads", "table"])
def test_one_share_is_followed_by_a_polynomial(rule, parts, game):
    """Where neither the rule nor the game is a polynomial: every sign change of the rate on a fine grid."""
    bonus = "0.2 + tanh(8*(x_a - 0.6))" if game == "reads" else "k_a*k_a/4"
    model = model_of({"kind": "group", "size": 3, "payoffs": {"a": bonus, "b": "0.5 + 0.1*k_b"}}, rule, **parts)
    field, found = field_of(model), rest_points(model)
    shares = np.linspace(0, 1, 2001)
    rates = field.velocity(np.column_stack([shares, 1 - shares]))[1:-1, 0]
    inside = sorted(point.mix[0] for point in found if 1e-9 < point.mix[0] < 1 - 1e-9)
    changes = np.flatnonzero(rates[:-1] * rates[1:] < 0)
    assert inside == pytest.approx(shares[1:-1][changes], abs=6e-4)
    assert all(np.abs(field.velocity(point.mix)).max() < 1e-11 for point in found)


def test_conformity_has_rest_points_of_its_own():
    """x' with conformity 2 and no game: x^2/(x^2+y^2) - x, zeros 0, 1/2, 1, the corners stable."""
    selection = {"intensity": 0.0, "conformity": 2.0}
    found = rest_points(model_of([[1, 0], [0, 1]], "imitation", selection=selection))
    assert sorted(point.mix[0] for point in found) == pytest.approx([0, 0.5, 1], abs=1e-9)
    assert [point.attracts for point in sorted(found, key=lambda point: point.mix[0])] == [True, False, True]


def test_maps_by_their_multipliers():
    """Hawks and doves a generation at a time: the same point is stable as a flow, and overshoots for strong selection."""
    hawks = [[-1, 2], [0, 1]]
    assert rest_points(model_of(hawks, "moran", selection={"intensity": 6})).points[-1].stability == "stable node"
    strong = rest_points(model_of(hawks, "wright_fisher", selection={"intensity": 6})).points[-1]
    weak = rest_points(model_of(hawks, "wright_fisher", selection={"intensity": 1})).points[-1]
    assert (strong.stability, weak.stability) == ("unstable node", "stable node")
    assert strong.mix == pytest.approx([0.5, 0.5])
    assert strong.growth == pytest.approx(np.log(abs(1 - 6 * 0.25 * 2)), abs=1e-12)


@pytest.mark.parametrize("beta", [6, 30, 200])
def test_sharp_choice_finds_every_equilibrium(beta):
    """Logit beside each of the seven rest points of coordination, also those that lie within exp(-beta) of a corner."""
    found = rest_points(model_of(np.eye(3), "logit", selection={"intensity": beta}))
    assert len(found) == 7 and found.index == 1 and len(found.attractors) == 3
    assert found.complete


@pytest.mark.parametrize("name", ["tanh", "exponential", "inverse", "product", "difference"])
def test_bounds_of_functions(name):
    """Of numbers anywhere in their intervals with slopes anywhere in theirs; and no wider than what is reached."""
    exact = {
        "tanh": (lambda x, y: np.tanh(x), lambda x, y, s, r: (1 - np.tanh(x) ** 2) * s),
        "exponential": (lambda x, y: np.exp(x), lambda x, y, s, r: np.exp(x) * s),
        "inverse": (lambda x, y: 1 / x, lambda x, y, s, r: -s / x**2),
        "product": (lambda x, y: x * y, lambda x, y, s, r: s * y + x * r),
        "difference": (lambda x, y: x - y, lambda x, y, s, r: s - r),
    }
    for low, high in ((-1.0, 1.5), (-2.0, -0.5), (0.2, 1.0)):
        if name == "inverse" and low < 0:
            continue
        one, other = (Jet(*(np.full((1, 1), v) for v in (low, high)), *(np.full((1, 1, 1), v) for v in (d, u)))
                      for d, u in ((-0.5, 0.7), (0.1, 0.4)))  # fmt: skip
        found = {"product": lambda a, b: a * b, "difference": lambda a, b: a - b}.get(
            name, lambda a, _: getattr(a, name)()
        )(one, other)
        grid = np.linspace(low, high, 41)
        x, y, s, r = np.meshgrid(grid, grid, [-0.5, 0.7], [0.1, 0.4])
        function, slope = exact[name]
        values_, slopes_ = function(x, y), slope(x, y, s, r)
        assert (found.low.item(), found.high.item()) == pytest.approx((values_.min(), values_.max()), abs=1e-12)
        assert found.down.item() <= slopes_.min() + 1e-12 and found.up.item() >= slopes_.max() - 1e-12
        if name != "product":
            assert (found.down.item(), found.up.item()) == pytest.approx((slopes_.min(), slopes_.max()), abs=1e-3)


BOUNDED = [
    ("logit", {"mutation": {"rate": 0.1, "when": "after"}}),
    ("pairwise_comparison", {"mutation": {"rate": 0.1}}),
    ("introspection", {}),
    ({"kind": "aspiration", "level": 0.5}, {"mutation": {"rate": 0.1, "to": "any"}}),
    ("moran", {"mutation": {"rate": 0.1}}),
    ("imitation", {"mutation": {"rate": 0.05, "when": "after"}}),
]


@pytest.mark.parametrize("rule, parts", BOUNDED, ids=str)
def test_enclosures(rule, parts):
    """Fields and derivatives at mixes of a piece lie within its bounds, which close in on them as the piece shrinks; the
    zeros that follow are those that Newton's method finds from many starts."""
    rng = np.random.default_rng(2)
    model = model_of(group_table(rng, 3, 3), rule, selection={"intensity": 2.0}, **parts)
    field = field_of(model)
    degree = field.landscape.degree
    width = []
    for size in (1.0, 0.03):
        corner = rng.dirichlet(np.ones(3)) + size * (rng.dirichlet(np.ones(3), 3) - 1 / 3)
        corner = np.clip(corner, 0, None) / np.clip(corner, 0, None).sum(axis=1, keepdims=True)
        nodes = compositions(3, degree) / degree
        design = np.array([values(np.eye(len(nodes)), node[None], degree)[0] for node in nodes])
        form = np.linalg.solve(design, field.payoffs(nodes @ corner)).T
        jet = enclosure(field, form[None], corner[None])
        inside = rng.dirichlet(np.ones(3), 300) @ corner
        rate, slope = field.velocity(inside), field.jacobian(inside) @ (corner[1:] - corner[0]).T
        assert (rate >= jet.low - 1e-12).all() and (rate <= jet.high + 1e-12).all()
        assert (slope >= jet.down - 1e-12).all() and (slope <= jet.up + 1e-12).all()
        width.append((jet.up - jet.down).max() / np.abs(corner[1:] - corner[0]).max())
    assert width[1] < 0.2 * width[0]
    found = rest_points(model)
    assert found.complete and found.index == 1 and found.found is None
    ends, good = newton(field, starts(field, (0, 1, 2), 300, 3))
    assert all(min(np.abs(mix - other).max() for other in mixes(found)) < 1e-8 for mix in ends[good])


# ---- mix and environment together


@pytest.mark.parametrize("name", [name for name in cases("eco_feedback") if name.startswith("weitz")])
def test_eco_feedback(name):
    """The interior point and its eigenvalues; each corner attracts along one side and repels along the other."""
    case = cases("eco_feedback")[name]
    game, value = case["model"], case["value"]
    rich, poor = np.array(game["A_n1"]), np.array(game["A_n0"])
    cells = [[f"(1 - m)*{poor[i, j]} + m*{rich[i, j]}" for j in range(2)] for i in range(2)]
    law = {"kind": "feedback", "start": 0.5, "rate": f"m*(1 - m)*(-1 + (1 + {game['theta']})*x_a)"}
    model = model_of({"kind": "matrix", "payoffs": cells}, environment={"m": law})
    found = coupled_rest_points(model, between={"m": (0, 1)})
    (inside,) = (point for point in found.points if 0 < point.mix[0] < 1)
    assert (inside.mix[0], inside.environment["m"]) == pytest.approx((value["x"], value["n"]), abs=1e-10)
    assert inside.eigenvalues[0] == pytest.approx(complex(*value["eig"][0]), abs=1e-8)
    assert inside.stability == ("stable focus" if value["regime"] == "interior attracting" else "unstable focus")
    corners = [point for point in found.points if point.mix[0] in (0, 1)]
    assert len(corners) == 4 and {point.stability for point in corners} == {"saddle"}
    with pytest.raises(ValueError, match="between which values"):
        coupled_rest_points(model, between={})


# ---- evolutionary stability by definition


def by_angles(payoff, mix, number=7201):
    """Least value of sum_i (x_i-y_i) pi_i(y) over y beside x among best replies, per squared distance: 3 strategies."""
    earned = payoff @ mix
    replies = earned > earned.max() - 1e-9
    angles = np.linspace(0, 2 * np.pi, number)
    first, second = np.array([1, -1, 0]) / np.sqrt(2), np.array([1, 1, -2]) / np.sqrt(6)
    ways = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    exact = [np.eye(3)[i] - np.eye(3)[j] for i in range(3) for j in range(3) if i != j]
    exact += [mix - np.eye(3)[i] for i in range(3)] + [np.eye(3)[i] - mix for i in range(3)]
    ways = np.concatenate([ways, [way / np.linalg.norm(way) for way in exact if np.linalg.norm(way) > 1e-9]])
    allowed = ((np.abs(ways) < 1e-9) | replies).all(axis=1) & ((ways > -1e-9) | (mix > 0)).all(axis=1)
    ways = ways[allowed]
    return min((-np.einsum("ki,ij,kj->k", ways, payoff, ways)).tolist(), default=np.inf)


def test_stability_by_definition():
    """Matrices of small integers, degenerate ones among them, against a scan of all directions."""
    rng = np.random.default_rng(4)
    seen = set()
    for _ in range(300):
        payoff = rng.integers(-1, 2, (3, 3)).astype(float)
        game = Landscape(1, (0, 3), table=payoff)
        for mix in symmetric_equilibria(payoff):
            least = by_angles(payoff, mix)
            answer = evolutionarily_stable(game, mix), neutrally_stable(game, mix)
            assert answer == (least > 1e-4, least > -1e-4)
            seen.add(answer)
    assert seen == {(True, True), (False, True), (False, False)}


def test_stability_of_a_larger_game():
    """Of 6 strategies all best replies to the first: strictly copositive or not, against random directions."""
    rng = np.random.default_rng(8)
    both = set()
    for _ in range(60):
        payoff = rng.normal(size=(6, 6)) + 0.6
        payoff[0] += 1.0
        payoff[:, 0] = 1.0
        game, corner = Landscape(1, (0, 6), table=payoff), np.eye(6)[0]
        away = np.concatenate([rng.dirichlet(np.full(5, 0.4), 20000), np.eye(5)])
        ways = np.column_stack([-np.ones(len(away)), away])
        least = (-np.einsum("ki,ij,kj->k", ways, payoff, ways)).min()
        answer = evolutionarily_stable(game, corner)
        assert answer or least < 0.05  # what no direction comes near to refuting is stable
        assert not answer or least > 0
        both.add(answer)
    assert both == {True, False}


def test_stability_in_groups():
    """Volunteers: the mixed equilibrium is an ESS though payoffs are not linear; two roles know strict ones only."""
    volunteers = model_of({"kind": "group", "size": 10, "payoffs": {"C": "0.8", "D": "where(k_C > 0, 1, 0)"}})
    share = 1 - 0.2 ** (1 / 9)
    assert is_nash(volunteers, [share, 1 - share])
    assert is_ess(volunteers, [share, 1 - share]) and is_nss(volunteers, [share, 1 - share])
    assert is_ess(volunteers, [0.5, 0.5]) is False
    flat = model_of({"kind": "group", "size": 4, "payoffs": {"C": "(k_D - 1)*(k_D - 2)*k_D*0", "D": "0"}})
    assert is_ess(flat, [0.5, 0.5]) is None
    pennies = roles_of([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    assert (is_ess(pennies, [0.5] * 4), is_nss(pennies, [0.5] * 4)) == (False, True)
    sexes = roles_of([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    assert (is_ess(sexes, [1, 0, 1, 0]), is_ess(sexes, [0.6, 0.4, 0.4, 0.6])) == (True, False)
    assert is_nss(sexes, [0.6, 0.4, 0.4, 0.6]) is False


def test_classes():
    assert classify(np.array([-1.0, -2.0 + 0j])) == "stable node"
    assert classify(np.array([1j, -1j])) == "centre"
    assert classify(np.array([0.0, -1.0 + 0j])) == "degenerate"
    assert classify(np.array([0.1, -1.0 + 0j])) == "saddle"
    assert classify(np.array([-2.5 + 0j]), generational=True) == "unstable node"
