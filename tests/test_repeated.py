"""Repeated and stochastic games: frequencies of outcomes against published values, other computations and theory."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from reference import cases

import evo
from evo import _yaml
from evo._spec import ConfigError, ProblemError, validate
from evo.canonical import plain
from evo.exact import critical_seed, invasion, payoff_table
from evo.games import RepeatedGame, StochasticGame, stochastic, written
from evo.games.long_run import long_run
from evo.games.memory import NAMED, PURE, Payoffs, memory
from evo.games.repeated import occupancy
from evo.model import Model

AXELROD = np.array([3.0, 0.0, 5.0, 1.0])
FROM_OTHER = [0, 2, 1, 3]


def game_of(text, kind=RepeatedGame):
    return validate(kind, _yaml.load(f"game: {text}").data["game"])


def matrix_of(text, names, kind=RepeatedGame, **parameters):
    return np.array(written(game_of(text, kind), tuple(names), parameters=parameters).payoffs)


def model_of(text, names, **parts):
    game = _yaml.load(f"game: {text}").data["game"]
    return validate(Model, {"strategies": names, "game": game, "dynamics": {"kind": "replicator"}, **parts})


def slowly(p, q, rounds, *, error=0.0, discount=1.0, first=(1.0, 1.0)):
    """Round after round: distributions of the outcome, written out for each pair of actions."""
    p, q = ([(1 - error) * x + error * (1 - x) for x in rule] for rule in (p, q))
    a, b = ((1 - error) * x + error * (1 - x) for x in first)
    now = {"CC": a * b, "CD": a * (1 - b), "DC": (1 - a) * b, "DD": (1 - a) * (1 - b)}
    total, weight = dict.fromkeys(now, 0.0), 1.0
    for _ in range(rounds):
        for outcome, chance in now.items():
            total[outcome] += chance * weight
        weight *= discount
        following = dict.fromkeys(now, 0.0)
        for outcome, chance in now.items():
            mine = p[list(now).index(outcome)]
            yours = q[list(now).index(outcome[::-1])]
            following["CC"] += chance * mine * yours
            following["CD"] += chance * mine * (1 - yours)
            following["DC"] += chance * (1 - mine) * yours
            following["DD"] += chance * (1 - mine) * (1 - yours)
        now = following
    return np.array(list(total.values())) / sum(total.values())


# ---- frequencies of outcomes


@pytest.mark.parametrize("name", cases("repeated"))
def test_reference(name):
    case = cases("repeated")[name]
    model, value = case["model"], case["value"]
    error = float(model["error"].split("w.p. ")[1].split(" ")[0]) if "error" in model else 0.0
    p, q = model["strategies"]
    found = occupancy(p, q, error=error, discount=model.get("delta", 1.0), first=model.get("first_move"))
    payoffs = value["payoff"] if isinstance(value, dict) else value
    assert [found @ AXELROD, found @ AXELROD[FROM_OTHER]] == pytest.approx(payoffs, abs=1e-10)
    if isinstance(value, dict):
        np.testing.assert_allclose(found, value["v"], atol=1e-10)
        assert [found[0] + found[1], found[0] + found[2]] == pytest.approx(value["coop"], abs=1e-10)


def test_all_pairs_of_pure_strategies():
    case = cases("repeated_evolution")["mem1_16strategies_Z50_b1_e0.01"]
    np.testing.assert_allclose(matrix_of("{kind: repeated, error: 0.01}", PURE), case["value"]["payoff"], atol=1e-9)


@pytest.mark.parametrize("discount", [0.0, 0.5, 0.97])
@pytest.mark.parametrize("error", [0.0, 0.05])
def test_discounted_rounds_are_summed(discount, error):
    rng = np.random.default_rng(3)
    for _ in range(4):
        p, q, first = rng.random(4), rng.integers(0, 2, 4), rng.random(2)
        expected = slowly(p, q, 1500, error=error, discount=discount, first=first)
        np.testing.assert_allclose(
            occupancy(p, q, error=error, discount=discount, first=tuple(first)), expected, atol=1e-12
        )


def test_limit_of_means_without_errors_is_the_average_from_the_first_round():
    """All pairs of pure strategies from all first rounds; they cycle after at most four rounds, every period divides 12."""
    for number in range(0, 256, 3):
        p, q = ([int(bit) for bit in f"{each:04b}"] for each in divmod(number, 16))
        for first in ((1, 1), (1, 0), (0, 1), (0, 0), (0.3, 0.8)):
            late = slowly(p, q, 16, first=first) * 16
            later = slowly(p, q, 28, first=first) * 28
            np.testing.assert_allclose(occupancy(p, q, first=first), (later - late) / 12, atol=1e-12)


def test_rare_errors_lose_no_digits():
    """One error in 10^12 rounds already leaves tit for tat with itself in each outcome equally often."""
    tft, wsls = NAMED["TFT"], NAMED["WSLS"]
    for error in (1e-3, 1e-12):
        np.testing.assert_allclose(occupancy(tft, tft, error=error), np.full(4, 0.25), rtol=1e-13)
        np.testing.assert_allclose(occupancy(tft, wsls, error=error), np.full(4, 0.25), rtol=1e-13)
    assert occupancy(wsls, wsls, error=1e-12)[1] == pytest.approx(1e-12, rel=1e-9)
    # Grim players after an error in 10^9, exactly: 1 - CC is of the order of CC's own loss and not of rounding.
    assert occupancy(NAMED["GRIM"], NAMED["GRIM"], error=1e-9)[0] < 1e-8


def test_a_discount_next_to_one_is_exact():
    """Tit for tat against ALLD: exploited once, in a fraction 1-d of the play."""
    found = occupancy(NAMED["TFT"], NAMED["ALLD"], discount=1 - 1e-13)
    assert found[1] == pytest.approx(float(1 - Fraction(1 - 1e-13)), rel=1e-12)


def test_long_run_of_any_chain():
    """Against averages over 2^14 rounds, for chains with cycles, several closed sets and states passed through."""
    rng = np.random.default_rng(4)
    chains, starts = [], []
    for _ in range(40):
        chain = rng.random((6, 6)) * (rng.random((6, 6)) < 0.25)
        chain[chain.sum(axis=1) == 0, rng.integers(6)] = 1
        chains.append(chain / chain.sum(axis=1, keepdims=True))
        starts.append(rng.dirichlet(np.ones(6)))
    found = long_run(np.array(chains), np.array(starts))
    for chain, start, weights in zip(chains, starts, found, strict=True):
        power, average = chain.copy(), np.eye(6)
        for _ in range(14):
            average, power = (average + average @ power) / 2, power @ power
        np.testing.assert_allclose(weights, start @ average, atol=5e-3)
        np.testing.assert_allclose(weights @ chain, weights, atol=1e-14)
        assert weights.sum() == pytest.approx(1, abs=1e-14)


# ---- rules


def test_named_rules():
    known = Payoffs(*AXELROD)
    for word, after in (
        *NAMED.items(),
        ("GTFT", (1, 1 / 3, 1, 1 / 3)),
        ("p0110", (0, 1, 1, 0)),
        ("wsls", (1, 0, 0, 1)),
    ):
        found = memory(word, known, {})
        np.testing.assert_allclose(found.after, after, rtol=1e-15)
        assert found.first == after[0]
    assert len(set(PURE)) == 16 and PURE[9] == "p1001"


@pytest.mark.parametrize("baseline, slope", [("P", 3), ("P", 1.5), ("R", 2), ("R", 10), (2, 4)])
def test_zero_determinant_strategies_enforce_their_line(baseline, slope):
    text = f"{{kind: repeated, plays: {{zd: {{kind: zero_determinant, baseline: {baseline}, slope: {slope}}}}}}}"
    rule = game_of(text).plays["zd"]
    p = memory(rule, Payoffs(*AXELROD), {})
    level = {"P": 1, "R": 3}.get(baseline, baseline)
    rng = np.random.default_rng(5)
    for _ in range(20):
        found = occupancy(p.after, rng.random(4))
        assert found @ AXELROD - level == pytest.approx(slope * (found @ AXELROD[FROM_OTHER] - level), abs=1e-12)


def test_extortion_by_default_is_the_example_of_press_and_dyson():
    rule = game_of("{kind: repeated, plays: {zd: {kind: zero_determinant, slope: 3}}}").plays["zd"]
    np.testing.assert_allclose(memory(rule, Payoffs(*AXELROD), {}).after, [11 / 13, 1 / 2, 7 / 26, 0], rtol=1e-15)
    twice = rule.model_copy(update={"scale": 1 / 13})
    assert min(memory(twice, Payoffs(*AXELROD), {}).after[1:]) == pytest.approx(0, abs=1e-15)


# ---- as a game


def test_payoffs_are_frequencies_times_stage_payoffs():
    text = """{kind: repeated, error: e, discount: d, stage: {kind: donation, benefit: b, cost: 1},
        plays: {careful: {kind: memory_one, after: [1, 0.2, 0.9, g], first: 0.1}, odd: [0.3, 0.6, 0, 1], TFT: TFT}}"""
    rules = {"careful": ((1, 0.2, 0.9, 0.4), 0.1), "odd": ((0.3, 0.6, 0, 1), 0.3), "TFT": ((1, 0, 1, 0), 1.0)}
    model_parameters = {"e": 0.03, "d": 0.9, "g": 0.4}
    game = written(game_of(text), tuple(rules), parameters=model_parameters)
    parts = {"strategies": list(rules), "parameters": {"b": 4}, "dynamics": {"kind": "replicator"}}
    table = payoff_table(validate(Model, {**parts, "game": plain(game)}))
    for i, (p, a) in enumerate(rules.values()):
        for j, (q, c) in enumerate(rules.values()):
            weights = slowly(p, q, 600, error=0.03, discount=0.9, first=(a, c))
            assert table[i, j] == pytest.approx(weights @ [3, -1, 4, 0], abs=1e-12)


def test_stage_payoffs_may_follow_the_environment():
    model = model_of(
        "{kind: repeated, error: 0.01, stage: {kind: prisoners_dilemma, T: 3 + omega}}",
        ["WSLS", "ALLD"],
        environment={"omega": {"kind": "periodic", "mean": 2, "amplitude": 1, "period": 10}},
    )
    for omega in (1.0, 2.5):
        weights = occupancy(NAMED["ALLD"], NAMED["WSLS"], error=0.01)
        found = payoff_table(model, environment={"omega": omega})
        assert found[1, 0] == pytest.approx(weights @ [3, 0, 3 + omega, 1], abs=1e-14)


def test_errors_and_discounts_may_be_parameters():
    model = model_of("{kind: repeated, error: eps}", ["WSLS", "ALLD"], parameters={"eps": 0.01})
    assert payoff_table(model)[0, 0] == pytest.approx(2.951092, abs=1e-10)


@pytest.mark.parametrize(
    "text, path, message",
    [
        ("{error: 0.6}", ("error",), "must be from 0 to 0.5, is 0.6"),
        ("{error: omega}", ("error",), "omega"),
        ("{discount: omega}", ("discount",), "omega"),
        ("{discount: 1.1}", ("discount",), "must be from 0 to 1, is 1.1"),
        ("{plays: {a: TFT}}", ("plays", "b"), "is missing"),
        ("{plays: {a: TFT, b: TFT, q: TFT}}", ("plays", "q"), "is not a strategy"),
        ("{plays: {a: TFT, b: WLSL}}", ("plays", "b"), "did you mean 'WSLS'?"),
        ("{plays: {a: TFT, b: [1, 0, 2, 0]}}", ("plays", "b", 2), "must be from 0 to 1, is 2"),
        ("{plays: {a: TFT, b: [1, 0, 1]}}", ("plays", "b"), "4"),
        ("{plays: {a: TFT, b: {kind: gtft, generosity: -1}}}", ("plays", "b", "generosity"), "must be from 0 to 1"),
        (
            "{plays: {a: TFT, b: {kind: zero_determinant, slope: 0.5}}}",
            ("plays", "b", "slope"),
            "enforces a slope of 0.5",
        ),
        (
            "{plays: {a: TFT, b: {kind: zero_determinant, slope: 3, scale: 1}}}",
            ("plays", "b", "scale"),
            "at most 0.0769",
        ),
        (
            "{plays: {a: TFT, b: GTFT}, stage: {kind: donation, benefit: omega}}",
            ("plays", "b", "generosity"),
            "stay so",
        ),
        ("{plays: {a: TFT, b: TFT}, stage: {kind: matrix, payoffs: [[1, 2]]}}", ("stage", "payoffs"), "two rows"),
        ("{plays: {a: TFT, b: TFT}, stage: {kind: prisoners_dilemma, T: 1}}", ("stage",), "is no prisoner's dilemma"),
    ],
)
def test_refused(text, path, message):
    environment = {"omega": {"kind": "periodic", "mean": 2, "amplitude": 1, "period": 10}}
    names = ["a", "b"]
    if "plays" not in text:
        text = text[:-1] + ", plays: {a: TFT, b: TFT}}"
    with pytest.raises(ConfigError) as caught:
        model_of(text.replace("{", "{kind: repeated, ", 1), names, environment=environment)
    found = [(problem.path, problem.message + (problem.hint or "")) for problem in caught.value.problems]
    assert any(at == ("game", *path) and message in words for at, words in found), found


# ---- stochastic games

TWO = """{kind: stochastic, error: %s, plays: %s, states: {
    rich: {stage: {kind: donation, benefit: %s, cost: 1}, next: %s},
    poor: {stage: {kind: donation, benefit: %s, cost: 1}, next: %s}}}"""
TIMEOUT = "{both: rich, one: poor, none: poor}"
LENIENT = "{both: rich, one: rich, none: poor}"
REVERSED = "{both: poor, one: poor, none: rich}"


def two_states(onward=TIMEOUT, *, error=0.001, good=2.0, bad=1.2, plays="{}"):
    return TWO % (error, plays, good, onward, bad, onward)


@pytest.mark.parametrize("name", cases("stochastic_game"))
def test_stochastic_reference(name):
    case = cases("stochastic_game")[name]
    model, value = case["model"], case["value"]
    timeout = np.zeros((2, 4, 2))
    timeout[:, 0, 0] = timeout[:, 1:, 1] = 1
    found = stochastic.occupancy(model["p"], model["q"], timeout, error=model["error"])
    np.testing.assert_allclose(found.ravel(), value["v"], atol=1e-10)
    assert found[0].sum() == pytest.approx(value["state1"], abs=1e-10)
    assert found[:, :2].sum() == pytest.approx(value["coop1"], abs=1e-10)
    rules = f"{{a: {model['p']}, b: {model['q']}}}"
    table = matrix_of(two_states(error=model["error"], plays=rules), "ab", StochasticGame)
    assert [table[0, 1], table[1, 0]] == pytest.approx(value["u"], abs=1e-10)


def sampled(p, q, transitions, error, rounds, rng):
    """Frequencies by play: the next state is drawn, then both act in it on what happened last."""
    state, mine, yours, counts = 0, 0, 0, np.zeros((2, 4))
    for _ in range(rounds):
        counts[state, 2 * mine + yours] += 1
        state = int(rng.random() >= transitions[state, 2 * mine + yours, 0])
        chances = p[state][2 * mine + yours], q[state][2 * yours + mine]
        mine, yours = (int((rng.random() >= chance) ^ (rng.random() < error)) for chance in chances)
    return counts / rounds


def test_stochastic_game_as_it_is_played():
    """Random transitions, another rule in each state, errors; 4.5 standard errors of correlated rounds."""
    rng = np.random.default_rng(6)
    p, q = rng.random((2, 2, 4))
    transitions = np.empty((2, 4, 2))
    transitions[:, :, 0] = rng.random((2, 4))
    transitions[:, :, 1] = 1 - transitions[:, :, 0]
    found = stochastic.occupancy(p, q, transitions, error=0.05)
    np.testing.assert_allclose(sampled(p, q, transitions, 0.05, 100_000, rng), found, atol=0.008)


def test_a_rule_for_each_state():
    plays = "{a: {kind: by_state, states: {rich: WSLS, poor: [0, 0.1, 0.2, 0.3]}}, b: TFT}"
    onward = "{both: {rich: 0.9, poor: 0.1}, one: {rich: q, poor: 1 - q}, none: poor}"
    table = matrix_of(two_states(onward, error=0.02, plays=plays), "ab", StochasticGame, q=0.25)
    moves = np.zeros((2, 4, 2))
    moves[:, 0], moves[:, 1:3], moves[:, 3] = (0.9, 0.1), (0.25, 0.75), (0, 1)
    a = [NAMED["WSLS"], (0, 0.1, 0.2, 0.3)]
    weights = stochastic.occupancy(a, NAMED["TFT"], moves, error=0.02)
    assert table[0, 1] == pytest.approx((weights * [[1, -1, 2, 0], [0.2, -1, 1.2, 0]]).sum(), abs=1e-13)
    assert table[1, 0] == pytest.approx((weights * [[1, 2, -1, 0], [0.2, 1.2, -1, 0]]).sum(), abs=1e-13)


def test_one_state_is_a_repeated_game():
    same = two_states(error=0.01, good=3, bad=3)
    alone = "{kind: repeated, error: 0.01, stage: {kind: donation, benefit: 3, cost: 1}}"
    np.testing.assert_allclose(matrix_of(same, PURE, StochasticGame), matrix_of(alone, PURE), atol=1e-13)


def cooperation(onward, *, good=2.0, bad=1.2, whole=100):
    """Mean share of cooperation where mutants are rare, beta = 1, among the 16 pure strategies."""
    payoffs = matrix_of(two_states(onward, good=good, bad=bad), PURE, StochasticGame)
    i = np.arange(1, whole)[:, None, None]
    resident, mutant = np.diag(payoffs)[None, :, None], np.diag(payoffs)[None, None, :]
    mutants_earn = (mutant * (i - 1) + payoffs.T[None] * (whole - i)) / (whole - 1)
    residents_earn = (payoffs[None] * i + resident * (whole - i - 1)) / (whole - 1)
    exponents = np.cumsum(residents_earn - mutants_earn, axis=0)
    moves = 1 / (1 + np.exp(np.clip(exponents, None, 700)).sum(axis=0)) / 15
    np.fill_diagonal(moves, 0)
    np.fill_diagonal(moves, 1 - moves.sum(axis=1))
    time = long_run(moves[None], np.full((1, 16), 1 / 16))[0]
    timeout = {"rich": 0, "poor": 1}
    leads = np.zeros((2, 4, 2))
    for key, outcomes in (("both", [0]), ("one", [1, 2]), ("none", [3])):
        leads[:, outcomes, timeout[_yaml.load(f"x: {onward}").data["x"][key]]] = 1
    rates = [
        stochastic.occupancy([int(b) for b in name[1:]], [int(b) for b in name[1:]], leads, error=0.001)[:, :2].sum()
        for name in PURE
    ]
    return float(time @ rates)


HILBE = [
    ("{both: rich, one: rich, none: rich}", 2.0, 0.149),
    ("{both: poor, one: poor, none: poor}", 2.0, 0.081),
    (TIMEOUT, 2.0, 0.984),
    (LENIENT, 2.0, 0.988),
    (REVERSED, 2.0, 0.070),
    (TIMEOUT, 1.6, 0.12),
    (TIMEOUT, 1.8, 0.56),
]


@pytest.mark.parametrize("onward, good, share", HILBE)
def test_cooperation_where_it_improves_the_game(onward, good, share):
    """Hilbe, Simsa, Chatterjee & Nowak 2018: two games neither of which keeps cooperation alive, together do."""
    assert cooperation(onward, good=good) == pytest.approx(share, abs=0.005 if share in (0.12, 0.56) else 0.0006)


@pytest.mark.parametrize(
    "text, path, message",
    [
        (two_states("{both: rich, one: poor, none: lost}"), ("states", "rich", "next", "none"), "'lost' is not a state"),
        (two_states("{both: rich, one: poor, none: {rich: 0.5}}"), ("states", "rich", "next", "none"), "sum to 0.5"),
        (two_states("{both: rich, one: poor, none: {rich: 2, poor: -1}}"), ("states", "rich", "next", "none", "rich"), "is 2"),
        (two_states(plays="{TFT: {kind: by_state, states: {rich: TFT}}}"), ("plays", "TFT", "states"), "one rule for each"),
        (two_states(plays="{TFT: GTFT}"), ("plays", "TFT", "generosity"), "say the generosity"),
        (two_states(error=0.7), ("error",), "must be from 0 to 0.5"),
    ],
)  # fmt: skip
def test_stochastic_refused(text, path, message):
    with pytest.raises(ProblemError) as caught:
        written(game_of(text, StochasticGame), ("TFT", "ALLD"))
    assert caught.value.path == path and message in str(caught.value)


def test_functions_refuse_what_is_no_probability():
    for wrong in ({"p": [1, 0, 0]}, {"p": [1, 0, 0, 2]}, {"error": 0.7}, {"discount": 2}, {"first": (1, 3)}):
        with pytest.raises(ValueError):  # noqa: PT011
            occupancy(**{"p": [1, 0, 0, 1], "q": [1, 0, 1, 0]} | wrong)
    with pytest.raises(ValueError, match="do not sum to 1"):
        stochastic.occupancy([1, 0, 0, 1], [1, 0, 1, 0], np.ones((2, 4, 2)))


def test_a_run_of_a_repeated_game():
    """Tit for tat keeps ALLD out above its threshold share: (b-c)d > c for d = 0.9, b = 3, at x = c(1-d)/(d(b-c))."""
    text = "{kind: repeated, discount: 0.9, stage: {kind: donation}}"
    threshold = (1 - 0.9) * 1 / (0.9 * (3 - 1))
    model = model_of(text, ["TFT", "ALLD"])
    for start, winner in ((threshold * 1.05, 0), (threshold * 0.95, 1)):
        path = evo.simulate(model, generations=400, start={"TFT": start}, record_every=400)
        assert path.mix[0, -1, winner] > 0.99


# ---- configs

CONFIGS = Path(__file__).parent.parent / "configs"


def prevailing(experiment, **settings):
    """The one who prevails from the start of the config, with these paths set and no sweep."""
    bare = evo.Experiment.model_validate({key: value for key, value in experiment.data.items() if key != "sweep"})
    changed = bare.replace({path.replace("__", "."): value for path, value in settings.items()})
    return evo.run(changed, progress=False, workers=1).outcomes["prevailing"][0]


def test_reciprocity_says_when_it_resists():
    experiment = evo.load(CONFIGS / "reciprocity.yaml")
    for d, share in ((0.9, 0.1 / 1.8), (0.5, 0.5)):
        model = experiment.replace({"game.discount": d, "game.error": 0.0}).model
        assert critical_seed(model, "defect", "tit_for_tat") == pytest.approx(share, abs=1e-9)
    assert prevailing(experiment, game__discount=0.6) == "defect"
    assert prevailing(experiment, game__discount=0.65) == "stay_or_shift"
    for d, b, resists in ((0.49, 3.0, False), (0.51, 3.0, True), (1.0, 1.99, False), (1.0, 2.01, True)):
        model = experiment.replace({"game.discount": d, "game.error": 0.0, "parameters.b": b}).model
        assert (invasion(model)[3, 1] < 0) == resists


def test_better_game_says_when_cooperation_needs_nobody_to_watch_over_it():
    experiment = evo.load(CONFIGS / "better_game.yaml")
    for b1, invaded in ((1.59, True), (1.61, False)):
        assert (invasion(experiment.replace({"parameters.b1": b1}).model)[3, 1] > 0) == invaded
    for b1, share in ((1.8, 0.72), (2.0, 0.56)):
        model = experiment.replace({"parameters.b1": b1}).model
        assert critical_seed(model, "defect", "stay_or_shift") == pytest.approx(share, abs=0.005)
    always_bad = {"both": "bad", "one": "bad", "none": "bad"}
    for b2, invaded in ((1.2, True), (1.99, True), (2.02, False)):
        alone = experiment.replace(
            {"game.states.good.next": always_bad, "game.states.bad.next": always_bad, "parameters.b2": b2}
        )
        assert (invasion(alone.model)[3, 1] > 0) == invaded
    for b1, share, wins in ((2.0, 0.3, True), (1.8, 0.6, True), (1.8, 0.3, False)):
        start = {"stay_or_shift": share}
        assert (prevailing(experiment, parameters__b1=b1, run__start=start) == "stay_or_shift") == wins
