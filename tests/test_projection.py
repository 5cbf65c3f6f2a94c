"""The projection dynamics against flows computed another way: by matrix exponentials from face to face, and by small steps
of Euler, each projected onto the simplex."""

from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import brentq

import evo
from evo.exact.flows.fields import field_of
from evo.kernels.arrays import EFFECTIVE, NOMINAL
from evo.model import Model
from evo.recording import plan_of
from evo.simulation import run_plan

CONFIGS = Path(__file__).parent.parent / "configs"
ROUNDING = 1e-13


def game(payoffs, **parts):
    names = list("ABCDE"[: len(payoffs)])
    return {
        "strategies": names,
        "game": {"kind": "matrix", "payoffs": np.asarray(payoffs).tolist()},
        "dynamics": {"kind": "projection"},
        **parts,
    }


def course(config, mix, generations, records, **asked):
    model = config if isinstance(config, Model) else Model.model_validate(config)
    start = dict(zip(model.strategy_names, np.asarray(mix).tolist(), strict=True))
    return evo.simulate(model, generations=generations, record_every=generations / records, start=start, **asked)


def steps_taken(config, mix, generations):
    """Steps of the integrator, those taken anew included."""
    plan = plan_of(
        mix, generations=generations, record_every=None, burn_in=0.0, tolerance=1e-8, until="generations", rest=1e-12,
        averages=False, watched=[],
    )  # fmt: skip
    counts = run_plan(Model.model_validate(config), plan, seed=1, point=0, replicates=1).counts[0]
    return counts[NOMINAL] + counts[EFFECTIVE]


# ---- matrix games: the flow is linear on every face


def in_use(mix, pi):
    """Those with a share, and those at 0 that gain, the best first."""
    used = np.flatnonzero(mix > 0).tolist()
    for i in sorted(np.flatnonzero(mix == 0), key=lambda i: -pi[i]):
        if pi[i] > pi[used].mean() + ROUNDING:
            used.append(int(i))
    return used


def margins(payoffs, used, mix):
    """Shares of those in use; what the others lack to gain."""
    pi = payoffs @ mix
    return np.where(np.isin(np.arange(len(mix)), used), mix, pi[used].mean() - pi)


def slope(payoffs, used):
    """x' = slope @ x on this face."""
    onto = np.zeros_like(payoffs)
    onto[np.ix_(used, used)] = np.eye(len(used)) - 1 / len(used)
    return onto @ payoffs


def first_event(payoffs, used, mix, h):
    """When within h the first share of those in use is 0 or somebody else gains, and who."""
    moved = slope(payoffs, used)

    def margin(time, i):
        return margins(payoffs, used, expm(moved * time) @ mix)[i]

    due = {}
    for i in np.flatnonzero(margins(payoffs, used, expm(moved * h) @ mix) < -ROUNDING):
        due[brentq(margin, 0, h, args=(i,), xtol=1e-15) if margin(0, i) > 0 else 0.0] = i
    return min(due.items())


def face_by_face(payoffs, mix, times, step=0.02):
    """The mix at these times, by expm on every face from event to event; and how many events there were."""
    mix, t, seen, events = np.array(mix), 0.0, [], 0
    used = in_use(mix, payoffs @ mix)
    stride = expm(slope(payoffs, used) * step)
    for time in times:
        while time - t > ROUNDING:
            h = min(step, time - t)
            ahead = (stride if h == step else expm(slope(payoffs, used) * h)) @ mix
            if (margins(payoffs, used, ahead) < -ROUNDING).any():
                h, who = first_event(payoffs, used, mix, h)
                ahead = expm(slope(payoffs, used) * h) @ mix
                if who in used:
                    ahead[who] = 0.0
                used = [i for i in used if i != who] if who in used else [*used, who]
                stride, events = expm(slope(payoffs, used) * step), events + 1
            mix, t = np.maximum(ahead, 0) / np.maximum(ahead, 0).sum(), t + h
        seen.append(mix)
    return np.array(seen), events


def random_start(rng, strategies):
    """Inside, on a face, or near one."""
    mix = rng.dirichlet(np.ones(strategies))
    kind = rng.integers(3)
    if kind == 1:
        mix *= rng.permutation(strategies) < rng.integers(1, strategies + 1)
    if kind == 2:
        mix *= 10.0 ** -rng.integers(0, 6, strategies)
    return mix / mix.sum()


@pytest.mark.parametrize("strategies", [3, 4, 5])
def test_random_games_face_by_face(strategies):
    rng, many, times = np.random.default_rng(strategies), 0, np.linspace(0, 20, 41)
    for _ in range(6):
        payoffs, mix = rng.uniform(-1, 1, (strategies, strategies)), random_start(rng, strategies)
        expected, events = face_by_face(payoffs, mix, times)
        assert course(game(payoffs), mix, 20.0, 40).mix[0] == pytest.approx(expected, abs=1e-6)
        many += events
    assert many >= 6  # there is something to get wrong


def test_cycles_through_faces_face_by_face():
    """Rock, paper, scissors that spirals outwards, beside a corner that is another attractor: some hundred events."""
    rng, many, ends, times = np.random.default_rng(7), 0, set(), np.linspace(0, 30, 31)
    for _ in range(5):
        win, lose, tie = rng.uniform(0.5, 1, 3), rng.uniform(1, 2, 3), rng.uniform(0.5, 1.5)
        payoffs = np.full((4, 4), -tie / 2)
        payoffs[:3, :3] = [[0, -lose[0], win[0]], [win[1], 0, -lose[1]], [-lose[2], win[2], 0]]
        payoffs[3, 3] = tie
        mix = random_start(rng, 4)
        expected, events = face_by_face(payoffs, mix, times)
        assert course(game(payoffs), mix, 30.0, 30).mix[0] == pytest.approx(expected, abs=1e-6)
        many += events
        ends.add(bool(expected[-1, 3] == 1))
    assert many > 60 and ends == {False, True}


@pytest.mark.pure
def test_constant_payoffs_in_closed_form():
    """x' = pi - mean: C, the worst, is gone after x_C/(5/3), then B loses half of what it earns less than A."""
    path = course(game([[1, 1, 1], [0, 0, 0], [-2, -2, -2]]), [0.2, 0.5, 0.3], 2.0, 40)
    t, gone = path.time, 0.3 / (5 / 3)
    late = np.maximum(t - gone, 0)
    expected_b = np.maximum(0.5 + np.minimum(t, gone) / 3 - late / 2, 0)
    assert path.mix[0, :, 2] == pytest.approx(np.maximum(0.3 - 5 / 3 * t, 0), abs=1e-11)
    assert path.mix[0, :, 1] == pytest.approx(expected_b, abs=1e-11)
    assert path.mix[0, -1].tolist() == [1, 0, 0]


@pytest.mark.pure
@pytest.mark.parametrize("later", [0.01, 1e-3, 1e-6, 1e-9, 1e-12, 1e-14])
def test_an_event_just_before_the_end(later):
    gone = 0.3 / (5 / 3)
    path = course(game([[1, 1, 1], [0, 0, 0], [-2, -2, -2]]), [0.2, 0.5, 0.3], gone * (1 + later), 1)
    assert path.mix[0, -1] == pytest.approx([0.44, 0.56, 0], abs=later)


@pytest.mark.pure
def test_a_share_that_only_touches_the_face_within_a_step():
    """Standard rock, paper, scissors turns in circles around the middle at angular speed sqrt(3): one that reaches just
    beyond the edges is pushed onto the circle that touches them, and stays on it."""
    payoffs = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
    inside = np.array([1 / 3, 1 / 3, 1 / 3]) + 0.32 * np.array([2, -1, -1]) / 3
    circle = course(game(payoffs), inside, 40.0, 400).mix[0]
    assert np.linalg.norm(circle - 1 / 3, axis=1) == pytest.approx(np.linalg.norm(inside - 1 / 3), abs=1e-8)
    beyond = np.array([1 / 3, 1 / 3, 1 / 3]) + 0.5001 * np.array([2, -1, -1]) / 3
    touching = course(game(payoffs), beyond, 40.0, 400).mix[0]
    assert np.linalg.norm(touching - 1 / 3, axis=1)[-1] == pytest.approx(1 / np.sqrt(6), abs=1e-8)


@pytest.mark.parametrize(
    "payoffs",
    [
        [[1, -2, 0, 0], [0, -1, 1, -1], [1, 2, -2, -1], [0, -1, 1, 1]],
        [[1, -2, -1, -1], [-2, -2, 1, -1], [0, -2, 1, -2], [0, 1, -1, -2]],
        [[0, 1, -2, 2], [2, 0, -2, -1], [0, -1, 2, 1], [2, 0, -2, 1]],
        [[2, 0, 0], [2, 0, 0], [3, 1, 1]],
    ],
)
def test_ties_with_a_strategy_held_at_0_do_not_chatter(payoffs):
    """Where somebody at 0 earns just what those in use do, rounding lets nobody in and out again all the time."""
    rng = np.random.default_rng(3)
    for _ in range(4):
        mix = rng.dirichlet(np.ones(len(payoffs)))
        assert steps_taken(game(payoffs), mix, 500.0) < 5000


# ---- groups, moving environments and roles: by small steps


def onto_simplex(vector):
    """The mix closest to a vector: shift all by the same amount, cut at 0."""
    falling = np.sort(vector)[::-1]
    shifts = (np.cumsum(falling) - 1) / np.arange(1, len(vector) + 1)
    return np.maximum(vector - shifts[np.flatnonzero(falling > shifts)[-1]], 0)


def euler(payoffs_at, blocks, mix, generations, records, step):
    """Steps of Euler, each projected onto the simplex of every role."""
    mix, seen = np.array(mix), [np.array(mix)]
    number = round(generations / step)
    for place in range(number):
        ahead = mix + step * payoffs_at((place + 0.5) * step, mix)
        mix = np.concatenate([onto_simplex(ahead[block]) for block in blocks])
        if (place + 1) % (number // records) == 0:
            seen.append(mix)
    return np.array(seen)


def extrapolated(payoffs_at, blocks, mix, generations, records, step):
    """The limit of small steps, whose error is of the first order in them; and that of the smaller one."""
    coarse, fine = (euler(payoffs_at, blocks, mix, generations, records, h) for h in (step, step / 2))
    return 2 * fine - coarse, np.abs(fine - coarse).max()


@pytest.mark.parametrize("start", [[0.4, 0.2, 0.4], [0.9, 0.1, 0.0], [0.02, 0.0, 0.98]])
def test_public_goods_by_small_steps(start):
    model = evo.load(CONFIGS / "public_goods.yaml").replace({"dynamics": {"kind": "projection"}}).model
    payoffs = field_of(model).payoffs
    expected, coarse = extrapolated(lambda _, mix: payoffs(mix), [slice(0, 3)], start, 12.0, 12, 1 / 500)
    assert (expected[1:] == 0).any()
    assert course(model, start, 12.0, 12).mix[0] == pytest.approx(expected, abs=max(1e-6, 0.1 * coarse))


def test_two_roles_under_a_moving_environment_by_small_steps():
    """Matching pennies whose stakes swing: faces of both roles are run into and left."""
    config = {
        "strategies": {"A": {"role": "row"}, "B": {"role": "row"}, "X": {"role": "column"}, "Y": {"role": "column"}},
        "game": {
            "kind": "bimatrix",
            "row": [["1 + e", "-1"], ["-1", "1"]],
            "column": [["-1", "1"], ["1", "-1 - e"]],
        },
        "environment": {"e": {"kind": "periodic", "mean": 0, "amplitude": 0.9, "period": 3}},
        "dynamics": {"kind": "projection"},
    }

    def payoffs_at(t, mix):
        e, a, b, x, y = 0.9 * np.sin(2 * np.pi * t / 3), *mix
        return np.array([(1 + e) * x - y, y - x, b - a, a - (1 + e) * b])

    start = [0.8, 0.2, 0.3, 0.7]
    expected, coarse = extrapolated(payoffs_at, [slice(0, 2), slice(2, 4)], start, 10.0, 20, 1 / 1000)
    path = evo.simulate(
        Model.model_validate(config), generations=10, record_every=0.5, start=dict(zip("ABXY", start, strict=True))
    )
    assert (expected == 0).any(axis=0).all()
    assert path.mix[0] == pytest.approx(expected, abs=max(1e-6, 0.1 * coarse))


# ---- long runs


def test_cycles_go_on_for_ten_thousand_generations():
    """The orbit lies on faces, where orbits from everywhere have run together: its period is always the same."""
    experiment = evo.load(CONFIGS / "public_goods.yaml").replace({"dynamics": {"kind": "projection"}})
    early = course(experiment.model, [0.4, 0.2, 0.4], 200.0, 2_000).mix[0]
    late = course(experiment.model, [0.1, 0.5, 0.4], 10_000.0, 100_000).mix[0]
    turns = [np.flatnonzero((mix[1:, 0] > 0) & (mix[:-1, 0] == 0)) * 0.1 for mix in (early, late)]
    periods = [np.diff(times[2:]).mean() for times in turns]
    assert periods[0] == pytest.approx(periods[1], abs=0.02)
    assert np.abs(late.sum(axis=1) - 1).max() < 1e-9 and (late >= 0).all()
