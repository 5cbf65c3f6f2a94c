"""Infinite populations against values that were computed another way: trajectories, rest points and their eigenvalues,
conserved quantities, cycles and heteroclinic cycles; and what the integrator promises."""

import math
from itertools import pairwise

import numpy as np
import pytest
from reference import BIG_SHIFT, MIND_SETS, big_shift, big_shift_payoff, cases
from scipy.integrate import solve_ivp

from evo._spec import validate
from evo.codes import COMPLETED, CYCLING
from evo.games import compositions
from evo.kernels.arrays import END, ENDED, PERIOD
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

TOLERANCE = 1e-10
ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]


def flow(
    config, start, generations, *, every=None, tolerance=TOLERANCE, averages=False, burn_in=0.0, until="generations"
):
    """The recording of one run, with records `every` (default: start and end)."""
    model = validate(Model, config)
    plan = plan_of(
        start,
        generations=generations,
        record_every=every or generations,
        burn_in=burn_in,
        tolerance=tolerance,
        until=until,
        rest=1e-12,
        averages=averages,
        cycles=True,
        watched=[],
    )
    recording = run_plan(model, plan, seed=1, point=0, replicates=1)
    assert recording.counts[0, ENDED] in (COMPLETED, CYCLING)
    return recording


def final(config, start, generations, **asked):
    return flow(config, start, generations, **asked).mix[0, -1]


def matrix(payoffs, kind="replicator", names=None, **parts):
    return {
        "strategies": names or [f"S{i}" for i in range(len(payoffs))],
        "game": {"kind": "matrix", "payoffs": payoffs},
        "dynamics": kind if isinstance(kind, dict) else {"kind": kind},
        **parts,
    }


def group(size, payoffs, **parts):
    return {
        "strategies": list(payoffs),
        "game": {"kind": "group", "size": size, "payoffs": payoffs},
        "dynamics": {"kind": "replicator"},
        **parts,
    }


def at_times(config, start, times, **asked):
    """The mix at whole times."""
    return flow(config, start, max(times), every=1.0, **asked).mix[0][np.array(times, int)]


# ---- trajectories


@pytest.mark.parametrize("name", ["rep_traj_HD", "rep_traj_donation"])
def test_two_strategies(name):
    case = cases("replicator")[name]
    model = case["model"]
    found = at_times(matrix(model["payoff"]), model["x0"], model["t"])
    assert found[:, 0] == pytest.approx(case["value"], abs=1e-9)


@pytest.mark.parametrize("name", ["rep_RPS_a1_b1", "rep_RPS_a1_b2"])
def test_rock_paper_scissors(name):
    """Trajectory, product of the shares, and eigenvalues at the centre (case: real and imaginary part)."""
    case = cases("replicator")[name]
    model, value = case["model"], case["value"]
    found = at_times(matrix(model["payoff"]), model["x0"], model["t"])
    assert found == pytest.approx(np.array(value["traj"]), abs=1e-9)
    assert found.prod(axis=1) == pytest.approx(value["prod"][1:], abs=1e-9)
    spectrum = eigenvalues(matrix(model["payoff"]), [1 / 3] * 3)
    assert spectrum[-1] == pytest.approx(complex(*value["eig"]), abs=1e-6)


OTHER = cases("other_dynamics")
RULES = {  # by the name that a case has for them; logit0.2 is noise eta = 0.2
    "repmut0.1": {"dynamics": {"kind": "replicator_mutator"}, "mutation": {"rate": 0.1, "to": "any"}},
    "bnn": {"dynamics": {"kind": "bnn"}},
    "smith": {"dynamics": {"kind": "smith"}},
    "logit0.2": {"dynamics": {"kind": "logit"}, "selection": {"intensity": 5.0}},
}


@pytest.mark.parametrize("name", [name for name in OTHER if "traj" in name])
def test_trajectories_of_other_flows(name):
    case = OTHER[name]
    model = case["model"]
    found = at_times(matrix(model["payoff"]) | RULES[name.split("_")[0]], model["x0"], model["t"])
    assert found == pytest.approx(np.array(case["value"]), abs=case["tolerance"])


def followed(payoffs, start, generations):
    """Best replies to the mix, piece by piece: from x towards e_b until another strategy earns as much; (times, mixes) at
    the ties. A strategy's lead over b is linear in exp(-t), so that the time of a tie is a logarithm."""
    payoffs, mix, t = np.array(payoffs, float), np.array(start, float), 0.0
    times, mixes, best = [], [], int(np.argmax(payoffs @ start))
    while t < generations:
        corner = np.eye(len(mix))[best]
        behind = (payoffs[best] - payoffs) @ corner  # what the others are behind at the corner, and now
        now = (payoffs[best] - payoffs) @ mix
        waits = [
            math.log(1 - n / b) if b < 0 and j != best else math.inf
            for j, (n, b) in enumerate(zip(now, behind, strict=True))
        ]
        follower = int(np.argmin(waits))
        wait = waits[follower]
        t += wait
        mix, best = corner + (mix - corner) * math.exp(-wait), follower
        times.append(t)
        mixes.append(mix)
    return times, mixes


def test_shapley_triangle():
    """Best replies to bad rock, paper, scissors go round a triangle with these corners [Gaunersdorfer & Hofbauer 1995]."""
    case = OTHER["shapley_triangle_a1_b2"]
    payoffs, corners = case["model"]["payoff"], np.array(case["value"]["corners"])
    times, mixes = followed(payoffs, [0.5, 0.3, 0.2], 20.0)
    for step, corner in enumerate(mixes[-3:]):
        assert np.abs(corners - corner).max(axis=1).min() < 1e-6, step
    assert np.diff(times)[-3:] == pytest.approx(case["value"]["sojourn"], abs=1e-6)
    recording = flow(matrix(payoffs, "best_response"), [0.5, 0.3, 0.2], 20.0, every=0.01)
    for t, mix in zip(times[:-1], mixes, strict=False):
        nearest = recording.mix[0, round(t / 0.01)]
        assert np.abs(nearest - mix).max() < 0.012  # no farther than it can go in a record's time
    late = recording.mix[0, -300:]  # more than one turn, 3 log 2
    for corner in corners:
        assert np.abs(late - corner).max(axis=1).min() < 0.008
    assert np.abs((late.max(axis=0)) - 4 / 7).max() < 0.006


@pytest.mark.parametrize("start", [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.5, 0.5, 0.0]])
@pytest.mark.parametrize(
    "payoffs", [[[0, -2, 1], [1, 0, -2], [-2, 1, 0]], [[0.1, -0.5, 0.6], [1, 0.2, -1], [-0.5, 0.3, 0.5]]]
)
def test_best_replies_are_followed_from_tie_to_tie(payoffs, start):
    """Also where a strategy that nobody plays becomes the best reply."""
    times, mixes = followed(payoffs, start, 4.0)
    whole, corners = [0.0, *times], [np.array(start, float), *mixes]
    for end in (1.0, 2.5, 4.0):
        piece = max(place for place, t in enumerate(whole) if t <= end)
        before, after = corners[piece : piece + 2]
        kept = 1 - math.exp(
            whole[piece] - whole[piece + 1]
        )  # the part of the way to the best reply that the piece goes
        expected = before + (after - before) / kept * (1 - math.exp(whole[piece] - end))
        assert final(matrix(payoffs, "best_response"), start, end) == pytest.approx(expected, abs=1e-7)


LOGIT = cases("logit_qre")


def logit(payoffs, eta):
    return matrix(payoffs, "logit", selection={"intensity": 1 / eta})


@pytest.mark.parametrize("name", [name for name in LOGIT if "payoff" in LOGIT[name]["model"] and "hopf" not in name])
def test_logit_equilibria(name):
    """The flow stays there, and comes there from beside it."""
    model, value = LOGIT[name]["model"], LOGIT[name]["value"]
    point = np.array(value if isinstance(value, list) else [value, 1 - value])
    config = logit(model["payoff"], model["eta"])
    assert final(config, point, 1.0) == pytest.approx(point, abs=1e-9)
    assert final(config, 0.98 * point + 0.02 / len(point), 300.0) == pytest.approx(point, abs=1e-8)


@pytest.mark.parametrize("name", [name for name in LOGIT if "hopf" in name])
def test_hopf_bifurcation_of_logit(name):
    """The centre of bad rock, paper, scissors is left below a level of noise."""
    case = LOGIT[name]
    for excess, sign in ((-0.01, 1), (0.0, 0), (0.01, -1)):
        spectrum = eigenvalues(logit(case["model"]["payoff"], case["value"] + excess), [1 / 3] * 3)
        assert abs(spectrum[0].imag) > 0.1
        if sign:
            assert (np.sign(spectrum.real) == sign).all()
        else:
            assert spectrum.real == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.pure
def test_a_share_dies_out_beyond_the_smallest_double():
    """Smith's flow of a dominated strategy is dx/dt = -x: the square of the error of a share of 1e-180 is 0."""
    path = flow(matrix([[0, 0], [1, 1]], "smith"), [0.5, 0.5], 900, every=1.0).mix[0, :, 0]
    assert path[:25] == pytest.approx(0.5 * np.exp(-np.arange(25.0)), abs=1e-12)
    assert (path[40:] < 1e-14).all() and (path >= 0).all()


def test_discrete_replicator_spirals_out_of_zero_sum_games():
    """Maynard Smith's map in rock, paper, scissors: the product of shares falls, the less the larger the background, by
    about sum (pi/w0)^2/2 at a step near the centre."""
    for background in (5.0, 50.0):
        rule = {"kind": "discrete_replicator", "background": background}
        mix = flow(matrix(ROCK_PAPER_SCISSORS, rule), [0.34, 0.33, 0.33], 50.0, every=1.0).mix[0]
        x = np.array([0.34, 0.33, 0.33])
        for seen in mix:
            assert seen == pytest.approx(x, rel=1e-10)
            pi = np.array(ROCK_PAPER_SCISSORS) @ x
            x = x * (background + pi) / (background + x @ pi)
        assert (np.diff(np.log(mix).sum(axis=1)) < 0).all()


@pytest.mark.parametrize("name", ["periodic_rep_a0.3", "periodic_rep_a-0.1"])
def test_periodic_payoff(name):
    case = cases("periodic_payoff")[name]
    model = case["model"]
    law = {"mean": model["a"], "amplitude": model["b"], "period": 2 * math.pi / model["omega"], "phase": 0.25}
    config = matrix([["e", "e"], [0, 0]], environment={"e": {"kind": "periodic", **law}})
    found = at_times(config, [model["x0"], 1 - model["x0"]], model["t"])
    assert found[:, 0] == pytest.approx(case["value"], abs=1e-9)


def test_periodic_hawk_and_dove_limit_cycle():
    """Averages over ten turns; <x C> through a variable that integrates it. The run cycles as the forcing does."""
    value = cases("periodic_payoff")["periodic_HD_limit_cycle"]["value"]
    environment = {
        "C": {"kind": "periodic", "mean": 4, "amplitude": 2, "period": 2 * math.pi},
        "whole": {"kind": "feedback", "start": 0, "rate": "x_S0*C/2"},
    }
    config = matrix([["(2 - C)/2", 2], [0, 1]], environment=environment)
    turn = 2 * math.pi
    asked = {"every": 10 * turn, "averages": True, "burn_in": 20 * turn, "tolerance": 1e-11}
    recording = flow(config, [0.5, 0.5], 30 * turn, **asked)
    assert recording.means[0, 0] == pytest.approx(value["mean_x"], abs=1e-8)
    whole = recording.environment[0, :, 1]
    assert (whole[3] - whole[2]) / (10 * turn) == pytest.approx(value["mean_xC_over_V"], abs=1e-8)
    assert recording.numbers[0, PERIOD] == pytest.approx(turn, rel=1e-5)


def test_lotka_volterra_equivalent():
    """y_i = x_i/x_3 in the time tau = int x_3 dt, here through the time average of x_3 [Hofbauer 1981]."""
    case = cases("replicator")["lotka_volterra_equiv"]
    model, value = case["model"], case["value"]
    recording = flow(matrix(model["payoff"]), model["x0"], model["t"], averages=True)
    mix = recording.mix[0, -1]
    assert mix == pytest.approx(value["x"], abs=1e-8)
    assert recording.means[0, 2] * model["t"] == pytest.approx(value["tau"], abs=1e-8)
    assert mix[:2] / mix[2] == pytest.approx(value["y"], rel=1e-8)


# ---- rest points and their stability


def eigenvalues(config, point, *, unit=1.0, step=3e-5):
    """Eigenvalues of the linearised flow at a rest point, from the flow's own map over a unit of time: exp(J). Shares
    of 0 are moved one way (second order either way); the largest share takes what the others give."""
    point = np.array(point, float)
    base = int(np.argmax(point))
    free = [i for i in range(len(point)) if i != base]

    def shifted(i, by):
        moved = point.copy()
        moved[i] += by
        moved[base] -= by
        return final(config, moved, unit, tolerance=1e-12)[free]

    columns = []
    for i in free:
        if point[i] > 2 * step:
            columns.append((shifted(i, step) - shifted(i, -step)) / (2 * step))
        else:
            columns.append((4 * shifted(i, step) - shifted(i, 2 * step) - 3 * shifted(i, 0.0)) / (2 * step))
    spectrum = np.log(np.linalg.eigvals(np.array(columns).T).astype(complex)) / unit
    return np.sort_complex(spectrum)


@pytest.mark.parametrize("name", ["rep_rest_coord3", "rep_rest_asym3", "rep_rest_two_ess"])
def test_rest_points(name):
    """They rest, with these eigenvalues; from beside it the flow comes back to a stable one, and to no other."""
    case = cases("replicator")[name]
    config = matrix(case["model"]["payoff"])
    for rest in case["value"]:
        point = np.array(rest["x"])
        assert final(config, point, 1.0) == pytest.approx(point, abs=1e-9)
        expected = np.sort_complex([complex(*pair) for pair in rest["eig"]])
        assert eigenvalues(config, point) == pytest.approx(expected, abs=1e-6)
        beside = 0.99 * point + 0.01 * np.array([0.5, 0.3, 0.2])
        assert (np.abs(final(config, beside, 400.0) - point).max() < 1e-6) == rest["stable"]


def test_zeeman_game():
    """A stable interior rest point beside an evolutionarily stable corner [Zeeman 1980]."""
    case = cases("replicator")["rep_zeeman"]
    config = matrix(case["model"]["payoff"])
    for point in case["value"]["rest_points"]:
        assert final(config, point, 1.0) == pytest.approx(point, abs=1e-9)
    assert eigenvalues(config, [1 / 3] * 3)[-1] == pytest.approx(complex(*case["value"]["eig"]), abs=1e-6)
    assert final(config, [0.3, 0.4, 0.3], 100.0) == pytest.approx([1 / 3] * 3, abs=1e-9)
    assert final(config, [0.9, 0.04, 0.06], 100.0) == pytest.approx([1, 0, 0], abs=1e-9)


def offspring(payoffs, rate):
    form = {"kind": "replicator_mutator", "form": "offspring"}
    return matrix(payoffs, form, mutation={"rate": rate, "to": "others"})


def test_coordination_with_mutation_at_birth():
    """x = 1/2 loses its stability below u = 1/4, to a pair of rest points [replicator_mutator.json]."""
    values = cases("replicator_mutator")
    payoffs, threshold = values["repmut_coord_threshold"]["model"]["payoff"], values["repmut_coord_threshold"]["value"]
    upper = values["repmut_coord_u0.1"]
    assert final(offspring(payoffs, 0.1), [0.6, 0.4], 100.0)[0] == pytest.approx(upper["value"], abs=1e-9)
    for rate, rest in ((threshold - 0.01, 0.5 + math.sqrt(0.01)), (threshold + 0.01, 0.5)):
        assert final(offspring(payoffs, rate), [0.8, 0.2], 3000.0)[0] == pytest.approx(rest, abs=1e-8)
    assert eigenvalues(offspring(payoffs, threshold), [0.5, 0.5])[0] == pytest.approx(0.0, abs=1e-7)


def test_hopf_bifurcation_of_rock_paper_scissors_with_mutation():
    case = cases("replicator_mutator")["repmut_RPS_hopf"]
    for excess in (-0.01, 0.0, 0.01):
        mutation = {"rate": case["value"] + excess, "to": "any"}
        config = matrix(case["model"]["payoff"], "replicator_mutator", mutation=mutation)
        assert eigenvalues(config, [1 / 3] * 3).real == pytest.approx([-excess] * 2, abs=1e-6)


def test_quasispecies():
    """Constant fitness and mutation at birth lead to the Perron vector; mean payoff is its eigenvalue."""
    case = cases("replicator_mutator")["quasispecies_2"]
    first, second = case["model"]["f"]
    recording = flow(offspring([[first] * 2, [second] * 2], case["model"]["u"]), [0.5, 0.5], 60.0)
    assert recording.mix[0, -1] == pytest.approx(case["value"]["x"], abs=1e-10)
    assert recording.payoff[0, -1] == pytest.approx(case["value"]["phi"], abs=1e-10)


# ---- groups


def ends(config, start, generations=400.0):
    return final(config, [start, 1 - start], generations)[0]


def assert_roots(config, roots):
    """The interior rest points, unstable and stable in turn, the last of them stable where there are two."""
    if not roots:
        assert max(ends(config, start) for start in (0.1, 0.5, 0.9)) < 1e-6
        return
    unstable, stable = (roots[0], roots[1]) if len(roots) == 2 else (roots[0], 1.0)
    assert ends(config, unstable, 10.0) == pytest.approx(unstable, abs=1e-6)
    assert ends(config, unstable - 1e-3) < 1e-6
    assert ends(config, unstable + 1e-3) == pytest.approx(stable, abs=1e-8)


def stag_hunt(model, pot=None):
    pot = f"where(k_C >= {model['M']}, {pot or model['F']}*k_C/n, 0)"
    return group(model["N"], {"C": f"{pot} - 1", "D": pot})


def collective_risk(model):
    kept = f"where(k_C >= {model['M']}, 1, 1 - {model['risk']})"
    return group(model["N"], {"C": f"{kept} - {model['c']}", "D": kept})


def threshold_game(model, cost):
    done = f"where(k_C >= {model['M']}, 1, 0)"
    return group(model["N"], {"C": f"{done} - {cost}", "D": done})


@pytest.mark.parametrize("name", [name for name in cases("nplayer") if name.startswith("nsh")])
def test_stag_hunt(name):
    case = cases("nplayer")[name]
    assert_roots(stag_hunt(case["model"]), case["value"]["roots"])


@pytest.mark.parametrize("name", ["nsh_N6_M3_F5.5", "nsh_N5_M2_F3.5"])
def test_stag_hunt_below_and_above_the_critical_pot(name):
    case = cases("nplayer")[name]
    critical = case["value"]["F_crit"]
    assert ends(stag_hunt(case["model"], critical * 0.999), 0.9, 4000.0) < 1e-6
    assert ends(stag_hunt(case["model"], critical * 1.001), 0.9, 4000.0) > 0.1


def test_threshold_public_good():
    case = cases("nplayer")["threshold_pgg_N7_M4_c0.25"]
    model, value = case["model"], case["value"]
    assert_roots(threshold_game(model, model["c"]), value["roots"])
    assert ends(threshold_game(model, value["cb_max"] * 0.999), 0.9, 20000.0) > 0.1
    assert ends(threshold_game(model, value["cb_max"] * 1.001), 0.9, 20000.0) < 1e-6


@pytest.mark.parametrize("name", [name for name in cases("collective_risk") if name.startswith("crd_inf")])
def test_collective_risk(name):
    case = cases("collective_risk")[name]
    roots = case["value"]
    if len(roots) == 1:  # one contributor is enough: no coordination, and the root is stable
        for start in (0.01, 0.99):
            assert ends(collective_risk(case["model"]), start, 1000.0) == pytest.approx(roots[0], abs=1e-8)
    else:
        assert_roots(collective_risk(case["model"]), roots)


@pytest.mark.parametrize(
    "name, payoffs",
    [
        ("volunteer_N10_c0.2", {"C": "1 - c", "D": "where(k_C > 0, 1, 0)"}),
        ("nperson_snowdrift_N5_c0.4", {"C": "1 - c/k_C", "D": "where(k_C > 0, 1, 0)"}),
        (
            "threshold_snowdrift_N6_M3_c0.5",
            {"C": "where(k_C >= 3, 1 - c/k_C, -c/3)", "D": "where(k_C >= 3, 1, 0)"},
        ),
    ],
)
def test_volunteers_and_snowdrifts(name, payoffs):
    case = cases("nplayer")[name]
    config = group(case["model"]["N"], payoffs, parameters={"c": case["model"]["c"]})
    if isinstance(case["value"], list):
        assert_roots(config, case["value"])
        return
    for start in (0.02, 0.9):
        assert ends(config, start, 1000.0) == pytest.approx(case["value"], abs=1e-9)


# ---- feedback between game and environment [Weitz et al. 2016]


def eco(model, start, law=None):
    """x' = x(1-x)(...), m' = m(1-m)(-1 + (1+theta)x). `law`: how the environment is written."""
    rich, poor = np.array(model["A_n1"]), np.array(model["A_n0"])
    cells = [[f"(1 - m)*{poor[i, j]} + m*{rich[i, j]}" for j in range(2)] for i in range(2)]
    rate = f"-1 + (1 + {model['theta']})*x_C"
    if law == "logit":  # the log-odds of m, which do not end at 0 and 1
        environment = {"odds": {"kind": "feedback", "start": math.log(start / (1 - start)), "rate": rate}}
        config = matrix(cells, names=["C", "D"], environment=environment)
        config["game"]["let"] = {"m": "1/(1 + exp(-odds))"}
        return config
    environment = {"m": {"kind": "feedback", "start": start, "rate": f"m*(1 - m)*({rate})"}}
    return matrix(cells, names=["C", "D"], environment=environment)


def eco_state(model, state, generations):
    """(share of C, environment) after so long."""
    recording = flow(eco(model, float(state[1])), [state[0], 1 - state[0]], generations, tolerance=1e-12)
    return np.array([recording.mix[0, -1, 0], recording.environment[0, -1, 0]])


@pytest.mark.parametrize("name", cases("eco_feedback"))
def test_eco_feedback(name):
    """Trajectory (the environment as it is, and as log-odds), rest point and its eigenvalues."""
    case = cases("eco_feedback")[name]
    model, value = case["model"], case["value"]
    share, environment = model["z0"]
    times = np.array(model["t"])
    recording = flow(eco(model, environment), [share, 1 - share], 20.0, every=1.0)
    found = np.column_stack([recording.mix[0, :, 0], recording.environment[0, :, 0]])[times]
    assert found == pytest.approx(np.array(value["traj"]), abs=1e-6)
    recording = flow(eco(model, environment, "logit"), [share, 1 - share], 20.0, every=1.0)
    odds = recording.environment[0, :, 0]
    assert np.column_stack([recording.mix[0, :, 0], 1 / (1 + np.exp(-odds))])[times] == pytest.approx(found, abs=1e-9)

    rest, step = np.array([value["x"], value["n"]]), 1e-4
    assert eco_state(model, rest, 5.0) == pytest.approx(rest, abs=1e-9)
    columns = [
        (eco_state(model, rest + d, 1.0) - eco_state(model, rest - d, 1.0)) / (2 * step) for d in step * np.eye(2)
    ]
    spectrum = np.sort_complex(np.log(np.linalg.eigvals(np.array(columns).T).astype(complex)))
    expected = complex(*value["eig"][0])
    assert spectrum == pytest.approx([expected.conjugate(), expected], abs=1e-6)


def test_feedback_that_attracts_to_the_interior():
    case = cases("eco_feedback")["weitz_th0.5"]
    assert case["value"]["contracting"] < case["value"]["expanding"]
    assert eco_state(case["model"], [0.9, 0.9], 300.0) == pytest.approx(
        [case["value"]["x"], case["value"]["n"]], abs=1e-7
    )


def test_oscillating_tragedy_of_the_commons():
    """The times between returns to a corner grow by the product of contracting over expanding rates, here 1.5/0.5."""
    case = cases("eco_feedback")["weitz_oscillating2"]
    value, (share, environment) = case["value"], case["model"]["z0"]
    recording = flow(eco(case["model"], environment, "logit"), [share, 1 - share], 20000.0, every=0.5, tolerance=1e-8)
    turns = upward(recording.mix[0, :, 0]) * 0.5
    dwell = np.diff(turns)
    assert len(dwell) >= 6
    assert dwell[-3:] / dwell[-4:-1] == pytest.approx(value["contracting"] / value["expanding"], rel=0.03)


def upward(share):
    """Records at which a share passes one half from below."""
    return np.flatnonzero((share[:-1] < 0.5) & (share[1:] >= 0.5))


def test_tragedy_of_the_commons():
    """Where defection dominates in rich and in poor, cooperation and environment are lost."""
    model = cases("eco_feedback")["weitz_oscillating2"]["model"] | {"A_n0": [[3, 0], [5, 1]]}
    assert eco_state(model, [0.9, 0.9], 100.0) == pytest.approx([0, 0], abs=1e-9)


def test_tragedy_averted():
    """Where cooperation dominates in the poor environment and is a best reply to itself in the rich, both are kept."""
    model = cases("eco_feedback")["weitz_oscillating2"]["model"] | {"A_n0": [[5, 2], [3, 0]], "A_n1": [[5, 0], [4, 1]]}
    assert eco_state(model, [0.6, 0.45], 100.0) == pytest.approx([1, 1], abs=1e-9)


# ---- conserved quantities


def test_zero_sum_games_conserve_the_product_of_shares():
    """sum of log x_i at the centre of a zero-sum game, over about a hundred turns; and of five strategies."""
    five = np.zeros((5, 5))
    for i in range(5):
        five[i, (i + 1) % 5], five[i, (i + 2) % 5], five[i, (i + 3) % 5], five[i, (i + 4) % 5] = -1, 2, -2, 1
    for payoffs, start in ((ROCK_PAPER_SCISSORS, [0.5, 0.3, 0.2]), (five.tolist(), [0.3, 0.25, 0.2, 0.15, 0.1])):
        recording = flow(matrix(payoffs), start, 1000.0, every=10.0)
        product = np.log(recording.mix[0]).sum(axis=1)
        assert product == pytest.approx(product[0], abs=1e-8)


# ---- cycles


def period_of(config, start, generations, **asked):
    return flow(config, start, generations, **asked).numbers[0, PERIOD]


def test_small_cycles_of_rock_paper_scissors():
    """The eigenvalues at the centre are +-i/sqrt(3), so that small cycles take 2 pi sqrt(3)."""
    start = np.array([1 / 3 + 0.02, 1 / 3 - 0.01, 1 / 3 - 0.01])
    spectrum = eigenvalues(matrix(ROCK_PAPER_SCISSORS), [1 / 3] * 3)
    assert spectrum[-1] == pytest.approx(1j / math.sqrt(3), abs=1e-6)
    found = period_of(matrix(ROCK_PAPER_SCISSORS), start, 1000.0)
    assert found == pytest.approx(2 * math.pi * math.sqrt(3), rel=2e-3)
    smaller = period_of(matrix(ROCK_PAPER_SCISSORS), 0.6 * start + 0.4 / 3, 1000.0)
    assert abs(smaller - 2 * math.pi * math.sqrt(3)) < 0.5 * abs(found - 2 * math.pi * math.sqrt(3))


def return_time(field, start, horizon):
    """Time of one turn, by another integrator: between two passages of x_0 = x_1 in the same direction, at the end."""

    def passage(_, state):
        return state[0] - state[1]

    passage.direction = 1
    solution = solve_ivp(
        field, (0, horizon), start, method="DOP853", rtol=1e-11, atol=1e-13, max_step=0.5, events=passage
    )
    return np.diff(solution.t_events[0])[-1]


def replicator_field(payoffs, rate=0.0):
    payoffs = np.array(payoffs, float)

    def field(_, x):
        fitness = payoffs @ x
        return x * (fitness - x @ fitness / x.sum()) + rate * (1 / len(x) - x)

    return field


@pytest.mark.parametrize("start", [[0.5, 0.3, 0.2], [0.8, 0.15, 0.05]])
def test_large_cycles_of_rock_paper_scissors(start):
    expected = return_time(replicator_field(ROCK_PAPER_SCISSORS), start, 200.0)
    assert period_of(matrix(ROCK_PAPER_SCISSORS), start, 1000.0) == pytest.approx(expected, rel=1e-6)
    early = flow(matrix(ROCK_PAPER_SCISSORS), start, 1e5, until="cycling")
    assert early.counts[0, ENDED] == CYCLING
    assert early.numbers[0, END] < 1e4
    assert early.numbers[0, PERIOD] == pytest.approx(expected, rel=1e-6)


def test_limit_cycle_beyond_the_hopf_bifurcation():
    case = cases("replicator_mutator")["repmut_RPS_hopf"]
    payoffs = case["model"]["payoff"]
    config = matrix(payoffs, "replicator_mutator", mutation={"rate": 0.1, "to": "any"})
    expected = return_time(replicator_field(payoffs, 0.1), [0.5, 0.3, 0.2], 600.0)
    assert period_of(config, [0.5, 0.3, 0.2], 2000.0) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "label, config, start, generations",
    [
        ("damped", matrix([[0, -1, 2], [2, 0, -1], [-1, 2, 0]]), [0.5, 0.3, 0.2], 500.0),
        ("slowly damped", matrix([[0, -1, 1.02], [1.02, 0, -1], [-1, 1.02, 0]]), [0.8, 0.1, 0.1], 500.0),
        ("outwards", matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]]), [0.4, 0.3, 0.3], 500.0),
        ("damped by mutation", matrix(ROCK_PAPER_SCISSORS, "moran", mutation={"rate": 0.02}), [0.6, 0.3, 0.1], 2000.0),
        ("converged", matrix([[-1, 2], [0, 1]]), [0.1, 0.9], 500.0),
        ("at rest", matrix(ROCK_PAPER_SCISSORS), [1 / 3, 1 / 3, 1 / 3], 500.0),
        ("taken over", matrix([[2, -1], [3, 0]]), [0.9, 0.1], 500.0),
        ("flagship", big_shift({}, chi=0.2, omega=0.3), [0.7, 0.3, 0.0, 0.0], 400.0),
    ],
)  # fmt: skip
def test_what_does_not_cycle(label, config, start, generations):
    assert math.isnan(period_of(config, start, generations)), label


# ---- heteroclinic cycles


@pytest.mark.parametrize("loss", [1.5, 2.0, 4.0])
def test_rock_paper_scissors_that_dwells_ever_longer(loss):
    """At a corner the rates are -loss (contracting) and 1 (expanding), so that each stay is `loss` times as long as the
    one before, however small the shares become [May & Leonard 1975; Hofbauer & Sigmund 1998]."""
    payoffs = [[0, -loss, 1], [1, 0, -loss], [-loss, 1, 0]]
    recording = flow(matrix(payoffs), [0.4, 0.35, 0.25], 20000.0, every=1.0)
    mix = recording.mix[0]
    leader = mix.argmax(axis=1)
    dwell = np.diff(np.flatnonzero(np.diff(leader)))
    late = dwell[dwell > 200]
    assert len(late) >= 3
    assert late[1:] / late[:-1] == pytest.approx(loss, rel=0.03)
    assert (mix == 0).any()  # beyond what a double holds, and yet they come back
    assert math.isnan(recording.numbers[0, PERIOD])


def test_may_leonard_with_weak_cycles():
    """Four strategies in a cycle of dominance: the leader is followed by the one that beats it, in order."""
    payoffs = [[0, -2, -1, 1], [1, 0, -2, -1], [-1, 1, 0, -2], [-2, -1, 1, 0]]
    mix = flow(matrix(payoffs), [0.3, 0.27, 0.23, 0.2], 5000.0, every=1.0).mix[0]
    leader = mix.argmax(axis=1)
    order = leader[np.r_[True, np.diff(leader) != 0]][3:]
    assert len(order) >= 6
    assert all((after - before) % 4 == 1 for before, after in pairwise(order))


# ---- what the integrator promises

STARTS = {
    "command": [0.97, 0.01, 0.01, 0.01],
    "collaborate": [0.01, 0.97, 0.01, 0.01],
    "equal": [0.25] * 4,
    "seed": [0.7, 0.3, 0.0, 0.0],
}
CLASSICAL = {
    "hawk and dove": (matrix([[-1, 2], [0, 1]]), [0.1, 0.9], 7.0),
    "donation": (matrix([[2, -1], [3, 0]]), [0.9, 0.1], 3.0),
    "rock, paper, scissors": (matrix(ROCK_PAPER_SCISSORS), [0.5, 0.3, 0.2], 50.0),
    "inwards": (matrix([[0, -1, 2], [2, 0, -1], [-1, 2, 0]]), [0.6, 0.3, 0.1], 10.0),
    "outwards": (matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]]), [0.4, 0.35, 0.25], 20.0),
    "limit cycle": (
        matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]], "replicator_mutator", mutation={"rate": 0.1, "to": "any"}),
        [0.5, 0.3, 0.2],
        40.0,
    ),
    "pairwise comparison": (matrix(ROCK_PAPER_SCISSORS, "pairwise_comparison"), [0.5, 0.3, 0.2], 50.0),
    "moran": (matrix([[0, -1, 2], [2, 0, -1], [-1, 2, 0]], "moran", mutation={"rate": 0.01}), [0.6, 0.3, 0.1], 10.0),
    "logit": (
        matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]], "logit", selection={"intensity": 10.0}),
        [0.6, 0.3, 0.1],
        30.0,
    ),
    "smith": (matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]], "smith"), [0.5, 0.3, 0.2], 20.0),
    "bnn": (matrix([[0, -1, 2], [2, 0, -1], [-1, 2, 0]], "bnn"), [0.6, 0.3, 0.1], 10.0),
    "projection": (matrix([[0, -1, 1.5], [1.5, 0, -1], [-1, 1.5, 0]], "projection"), [0.9, 0.08, 0.02], 6.0),
    "best response": (matrix([[0, -2, 1], [1, 0, -2], [-2, 1, 0]], "best_response"), [0.5, 0.3, 0.2], 6.0),
}
PATHS = CLASSICAL | {
    f"flagship from {name}, chi {chi}, omega {omega}": (big_shift({}, chi=chi, omega=omega), start, 100.0)
    for name, start in STARTS.items()
    for chi, omega in ((0.2, 0.3), (0.6, 0.1), (0.1, 1.2))
}


@pytest.mark.parametrize("name", PATHS)
def test_tolerance_holds_on_the_whole_path(name):
    """Ten times less tolerance moves no share on the path by more than the larger tolerance; four times that where the
    field has kinks, or is steep."""
    config, start, generations = PATHS[name]
    every = generations / 50
    paths = {
        tolerance: flow(config, start, generations, every=every, tolerance=tolerance).mix[0]
        for tolerance in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
    }
    for loose, tight in pairwise(paths):
        assert np.abs(paths[loose] - paths[tight]).max() <= loose * (4 if name in ("logit", "smith", "bnn") else 1), (
            loose
        )


@pytest.mark.parametrize("name", PATHS)
def test_mixes_stay_on_the_simplex(name):
    config, start, generations = PATHS[name]
    for tolerance in (1e-3, 1e-8):
        mix = flow(config, start, generations, every=generations / 500, tolerance=tolerance).mix[0]
        assert (mix >= 0).all()
        assert np.abs(mix.sum(axis=1) - 1).max() < 1e-9


def test_mutation_from_a_corner_stays_on_the_simplex():
    """Shares that start at 0 under mutation."""
    mutation = {"rate": 1e-6, "to": "any"}
    config = matrix(ROCK_PAPER_SCISSORS, "replicator_mutator", mutation=mutation)
    mix = flow(config, [1.0, 0.0, 0.0], 200.0, every=0.01).mix[0]
    assert (mix >= 0).all()
    assert np.abs(mix.sum(axis=1) - 1).max() < 1e-9


# ---- the flagship, by another route


def flagship_payoffs(values):
    """Payoffs as a function of the mix, by the sums of the definition in plain NumPy."""
    others = compositions(4, values["size"] - 1)
    ways = np.array(
        [math.factorial(values["size"] - 1) / math.prod(map(math.factorial, row)) for row in others.tolist()]
    )
    own = np.eye(4, dtype=int)
    table = [[big_shift_payoff((row + own[who]).tolist(), who, values) for row in others] for who in range(4)]

    def payoffs(x):
        met = (1 - values["a"]) * x + values["a"] * np.eye(4)
        return np.array([np.array(table[who]) @ (ways * np.prod(met[who] ** others, axis=1)) for who in range(4)])

    return payoffs


@pytest.mark.parametrize("chi, omega", [(0.2, 0.3), (0.6, 0.1), (0.1, 1.2)])
@pytest.mark.parametrize("start", ["command", "seed"])
def test_flagship_against_another_integrator(chi, omega, start):
    payoffs = flagship_payoffs(BIG_SHIFT | {"chi": chi, "omega": omega})

    def field(_, x):
        fitness = payoffs(np.maximum(x, 0))
        return x * (fitness - x @ fitness) + 1e-3 * (0.25 - x)

    times = np.linspace(0, 100, 21)
    expected = solve_ivp(field, (0, 100), STARTS[start], method="DOP853", t_eval=times, rtol=1e-10, atol=1e-13).y.T
    recording = flow(big_shift({}, chi=chi, omega=omega), STARTS[start], 100.0, every=5.0)
    assert recording.mix[0] == pytest.approx(expected, abs=1e-8)
    mean = [x @ payoffs(x) for x in expected]
    assert recording.payoff[0] == pytest.approx(np.array(mean), abs=1e-7)


@pytest.mark.parametrize(
    "omega, kind, seed",
    [(0.1, "focal", 0.419), (0.3, "focal", 0.100), (0.3, "founder", 0.150)],
)
def test_flagship_critical_seed(omega, kind, seed):
    """The share of collaborators that tips a hierarchy at chi = 0.2, without mutation."""
    parts = {
        "mutation": {},
        "dynamics": {"kind": "replicator"},
        "population": {"kind": "infinite", "assortment": "a", "assortment_kind": kind},
    }
    config = big_shift(parts, chi=0.2, omega=omega)
    for share, winner in ((seed - 0.001, "command"), (seed + 0.001, "collaborate")):
        mix = final(config, [1 - share, share, 0.0, 0.0], 1000.0)
        assert MIND_SETS[int(np.argmax(mix))] == winner
        assert mix.max() > 0.999


def test_flagship_invasion_threshold():
    """C invades all-H at chi = 0.2 from omega = 0.406; with trait bias 0.5 and 1, from 0.281 and 0.192."""
    traits = {"command": 0.25, "collaborate": 0.825, "free_ride": 0.225, "go_alone": 0.45}
    for strength, threshold in ((0.0, 0.406), (0.5, 0.281), (1.0, 0.192)):
        for omega, invades in ((threshold - 0.002, False), (threshold + 0.002, True)):
            parts = {
                "strategies": {name: {"traits": {"score": value}} for name, value in traits.items()},
                "selection": {"bias": {"strength": strength, "weights": {"score": 1.0}}},
                "mutation": {},
                "dynamics": {"kind": "replicator"},
            }
            mix = final(big_shift(parts, chi=0.2, omega=omega), [1 - 1e-6, 1e-6, 0, 0], 500.0)
            assert (mix[1] > 1e-6) == invades, (strength, omega)


def test_flagship_hierarchy_gives_way_to_going_alone():
    """Going alone invades command from omega = 0.46958."""
    for omega, invades in ((0.46948, False), (0.46968, True)):
        config = big_shift({"mutation": {}, "dynamics": {"kind": "replicator"}}, omega=omega)
        assert (final(config, [1 - 1e-6, 0, 0, 1e-6], 2000.0)[3] > 1e-6) == invades
