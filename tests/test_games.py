"""Games by name: payoffs over every composition against functions written by hand from the papers, and what is refused."""

from __future__ import annotations

import pickle
from itertools import product
from math import comb, exp
from pathlib import Path

import numpy as np
import pytest
from reference import cases
from scipy.optimize import brentq

import evo
from evo import _yaml
from evo._spec import ConfigError, ProblemError, validate
from evo.canonical import plain
from evo.cli.kinds import members
from evo.exact import payoff_table
from evo.exact.payoff.infinite import payoffs as expected_payoffs
from evo.games import MatrixGame, TableGame, compositions, from_function, unknown_names, written
from evo.games.matrix import MatrixGame as Matrix
from evo.lowering import scalar_names
from evo.model import Model

C, D = 0, 1


def model_of(game, strategies, **parts):
    return validate(Model, {"strategies": strategies, "game": game, "dynamics": {"kind": "replicator"}, **parts})


def from_yaml(text, strategies, **parts):
    return model_of(_yaml.load(f"game: {text}").data["game"], strategies, **parts)


def table_of(model, mix=None):
    return payoff_table(model, mix=mix)


def by_hand(function, count, size):
    """function(own, counts of the whole group) over all co-player compositions, (d, C)."""
    others = compositions(count, size - 1)
    return np.array([[function(own, row + np.eye(count, dtype=int)[own]) for row in others] for own in range(count)])


def two_roles(first, second):
    return {name: {"role": "first"} for name in first} | {name: {"role": "second"} for name in second}


# ---- pairs

PAIRS = {
    "{kind: donation}": [[2, -1], [3, 0]],
    "{kind: donation, benefit: 5, cost: 2}": [[3, -2], [5, 0]],
    "{kind: prisoners_dilemma}": [[3, 0], [5, 1]],
    "{kind: prisoners_dilemma, R: 1, S: 0, T: 1.8, P: 0}": [[1, 0], [1.8, 0]],
    "{kind: snowdrift}": [[0.75, 0.5], [1, 0]],
    "{kind: snowdrift, benefit: 4, cost: 3}": [[2.5, 1], [4, 0]],
    "{kind: hawk_dove}": [[-1, 2], [0, 1]],
    "{kind: hawk_dove, value: 1, cost: 6}": [[-2.5, 1], [0, 0.5]],
    "{kind: stag_hunt}": [[4, 0], [3, 3]],
    "{kind: stag_hunt, stag: 2, hare: 0.5}": [[2, 0], [0.5, 0.5]],
    "{kind: coordination}": [[1, 0], [0, 1]],
    "{kind: coordination, match: [2, 3], mismatch: -1}": [[2, -1], [-1, 3]],
    "{kind: leader_follower}": [[0, 1], [0.6, 0]],
    "{kind: leader_follower, leader: 2, follower: 0.5, alike: 0.1}": [[0.1, 2], [0.5, 0.1]],
}  # fmt: skip


@pytest.mark.parametrize("text", PAIRS)
def test_pairs(text):
    np.testing.assert_allclose(table_of(from_yaml(text, ["one", "two"])), PAIRS[text], rtol=1e-15)


def test_coordination_of_many():
    table = table_of(from_yaml("{kind: coordination, match: [1, 2, 3]}", ["a", "b", "c"]))
    np.testing.assert_array_equal(table, np.diag([1, 2, 3]))


def test_rock_paper_scissors():
    table = table_of(from_yaml("{kind: rock_paper_scissors, win: 2}", ["rock", "paper", "scissors"]))
    np.testing.assert_array_equal(table, [[0, -1, 2], [2, 0, -1], [-1, 2, 0]])


def test_rock_paper_scissors_lizard_spock():
    """Spock vaporises rock and smashes scissors, and so on round the circle."""
    circle = ["rock", "spock", "paper", "lizard", "scissors"]
    beaten = {
        "rock": {"scissors", "lizard"}, "paper": {"rock", "spock"}, "scissors": {"paper", "lizard"},
        "lizard": {"spock", "paper"}, "spock": {"scissors", "rock"},
    }  # fmt: skip
    table = table_of(from_yaml("{kind: rock_paper_scissors}", circle))
    for (i, a), (j, b) in product(enumerate(circle), repeat=2):
        assert table[i, j] == (1 if b in beaten[a] else -1 if a in beaten[b] else 0)


def test_rock_paper_scissors_of_unequal_pairs():
    text = "{kind: rock_paper_scissors, wins: {rock: {scissors: 2}, paper: {rock: w}}, losses: {scissors: {rock: -3}}}"
    model = from_yaml(text, ["rock", "paper", "scissors"], parameters={"w": 5})
    np.testing.assert_array_equal(table_of(model), [[0, -1, 2], [5, 0, -1], [-3, 1, 0]])


# ---- two roles


def blocks(model, rows=2):
    """What the first role earns (row) and what the second earns, [j][i] against the first."""
    table = table_of(model)
    return table[:rows, rows:], table[rows:, :rows]


def test_matching_pennies_and_battle_of_sexes_are_those_of_the_reference():
    sides = two_roles(["even_heads", "even_tails"], ["odd_heads", "odd_tails"])
    for kind, name in (("matching_pennies", "bimatrix_MP"), ("battle_of_sexes", "bimatrix_BoS")):
        reference = cases("two_population")[name]["model"]
        row, column = blocks(model_of({"kind": kind}, sides))
        np.testing.assert_array_equal(row, reference["row"])
        np.testing.assert_array_equal(column, reference["B"])


def offered(proposer, responder):
    """What proposer and responder get of a high or low offer and an answer."""
    offer = 0.4 if proposer == "high" else 0.1
    return (0.0, 0.0) if proposer == "low" and responder == "choosy" else (1 - offer, offer)


def test_ultimatum_between_roles():
    strategies = two_roles(["high", "low"], ["easy", "choosy"])
    row, column = blocks(from_yaml("{kind: ultimatum, high: 0.4, low: 0.1}", strategies))
    for (i, offer), (j, answer) in product(enumerate(["high", "low"]), enumerate(["easy", "choosy"])):
        assert (row[i, j], column[j, i]) == pytest.approx(offered(offer, answer))


def test_ultimatum_where_everybody_plays_both_parts():
    """Nowak, Page & Sigmund 2000: among fair and reasonable the fair ones win above a share, and G3 earns 1 with itself."""
    four = {"g1": ("low", "easy"), "g2": ("high", "easy"), "g3": ("high", "choosy"), "g4": ("low", "choosy")}
    table = table_of(from_yaml("{kind: ultimatum, high: 0.4, low: 0.1, parts: both}", list(four)))
    for (i, own), (j, other) in product(enumerate(four.values()), repeat=2):
        expected = offered(own[0], other[1])[0] + offered(other[0], own[1])[1]
        assert table[i, j] == pytest.approx(expected)


# ---- groups


def pot(own, k, r, c, n):
    return r * c * k[C] / n - c * (own == C)


def others_pot(own, k, r, c, n):
    return r * c * (k[C] - (own == C)) / (n - 1) - c * (own == C)


def discounted(own, k, r, c, w, n):
    return r * c / n * sum(w**j for j in range(k[C])) - c * (own == C)


def sigmoid(own, k, n, b, s, h, c):
    level = [1 / (1 + exp(-s * (j - h))) for j in range(n + 1)]
    return b * (level[k[C]] - level[0]) / (level[n] - level[0]) - c * (own == C)


def sigmoid_of_others(own, k, n, b, s, h, c):
    return sigmoid(1, [k[C] - (own == C)], n - 1, b, s, h, c) - c * (own == C)


def snowdrift(own, k, b, c, m):
    if k[C] >= m:
        return b - (c / k[C] if own == C else 0)
    return -c / m if own == C else 0


GROUPS = {
    "{kind: public_goods}": (5, lambda own, k: pot(own, k, 3, 1, 5)),
    "{kind: public_goods, size: 7, cost: 2, good: {kind: linear, multiplier: 4}, returns: others}":
        (7, lambda own, k: others_pot(own, k, 4, 2, 7)),
    "{kind: public_goods, size: 6, good: {kind: synergy, multiplier: 3, synergy: 0.7}}":
        (6, lambda own, k: discounted(own, k, 3, 1, 0.7, 6)),
    "{kind: public_goods, size: 6, cost: 0.5, good: {kind: synergy, multiplier: 3, synergy: 1.2}}":
        (6, lambda own, k: discounted(own, k, 3, 0.5, 1.2, 6)),
    "{kind: public_goods, good: {kind: synergy}}": (5, lambda own, k: pot(own, k, 3, 1, 5)),
    "{kind: public_goods, size: 7, cost: 0.25, good: {kind: threshold, threshold: 4}}":
        (7, lambda own, k: (k[C] >= 4) - 0.25 * (own == C)),
    "{kind: public_goods, size: 5, cost: 0.1, good: {kind: threshold, threshold: 2, benefit: 3}, returns: others}":
        (5, lambda own, k: 3 * (k[C] - (own == C) >= 2) - 0.1 * (own == C)),
    "{kind: public_goods, size: 8, cost: 0.2, good: {kind: sigmoid, benefit: 2, steepness: 1.5, inflection: 4}}":
        (8, lambda own, k: sigmoid(own, k, 8, 2, 1.5, 4, 0.2)),
    "{kind: public_goods, size: 8, cost: 0.2, good: {kind: sigmoid, benefit: 2, inflection: 3}, returns: others}":
        (8, lambda own, k: sigmoid_of_others(own, k, 8, 2, 2, 3, 0.2)),
    "{kind: n_person_snowdrift}": (5, lambda own, k: snowdrift(own, k, 1, 0.5, 1)),
    "{kind: n_person_snowdrift, size: 6, threshold: 3, benefit: 2, cost: 0.9}":
        (6, lambda own, k: snowdrift(own, k, 2, 0.9, 3)),
    "{kind: n_person_stag_hunt}": (6, lambda own, k: 5.5 * k[C] / 6 * (k[C] >= 3) - (own == C)),
    "{kind: n_person_stag_hunt, size: 4, threshold: 4, multiplier: 2, cost: 0.5}":
        (4, lambda own, k: 2 * 0.5 * k[C] / 4 * (k[C] >= 4) - 0.5 * (own == C)),
    "{kind: volunteers_dilemma}": (5, lambda own, k: 0.8 if own == C else float(k[C] > 0)),
    "{kind: volunteers_dilemma, size: 9, benefit: 2, cost: 1}": (9, lambda own, k: 1 if own == C else 2 * (k[C] > 0)),
    "{kind: collective_risk}": (6, lambda own, k: (1 if k[C] >= 3 else 0.5) - 0.1 * (own == C)),
    "{kind: collective_risk, size: 4, threshold: 2, endowment: 2, cost: 0.3, risk: 0.9, at_stake: rest}":
        (4, lambda own, k: (2 - 0.6 * (own == C)) * (1 if k[C] >= 2 else 0.1)),
}  # fmt: skip


@pytest.mark.parametrize("text", GROUPS)
def test_groups_of_two_strategies(text):
    size, function = GROUPS[text]
    found = table_of(from_yaml(text, ["give", "take"]))
    np.testing.assert_allclose(found, by_hand(function, 2, size), rtol=1e-13, atol=1e-14)


def optional(own, k, conventions):
    """Cooperate, defect, loner, peer, pool: participants one by one."""
    n_c, n_d, _, n_w, n_v = k
    given = n_c + n_w + n_v
    players = given + n_d
    if own == 2 or players == 1:
        return 1.0
    contributes = own != 1
    if conventions["shared"]:
        payoff = 3 * given / players
    else:
        payoff = 3 * (given - contributes) / (players - 1)
    payoff -= contributes
    if own == 1:
        payoff -= 0.5 * n_w + 0.8 * n_v
    if own == 3:
        payoff -= 0.2 * n_d
    if own == 4:
        payoff -= 0.6
    if conventions["pool"] and own in (0, 3):
        payoff -= 0.8 * n_v
    if conventions["peer"] and n_d:
        payoff -= {0: 0.5 * n_w, 3: 0.2 * n_c}.get(own, 0)
    return payoff


@pytest.mark.parametrize("shared, pool, peer", list(product([False, True], repeat=3)))
def test_optional_public_goods(shared, pool, peer):
    game = {
        "kind": "optional_public_goods", "size": 4, "returns": "shared" if shared else "others",
        "peer": {"fine": 0.5, "cost": 0.2, "second_order": peer},
        "pool": {"fine": 0.8, "fee": 0.6, "second_order": pool},
    }  # fmt: skip
    conventions = {"shared": shared, "pool": pool, "peer": peer}
    five = ["cooperate", "defect", "loner", "peer", "pool"]
    found = table_of(model_of(game, five))
    np.testing.assert_allclose(found, by_hand(lambda own, k: optional(own, k, conventions), 5, 4), atol=1e-14)
    # Some of the parts, under other names and in another order.
    some = model_of(game | {"plays": {"cheat": "defect", "give": "cooperate"}}, ["loner", "cheat", "give"])
    places = [2, 1, 0]

    def fewer(own, k):
        whole = np.zeros(5, int)
        whole[places] = k
        return optional(places[own], whole, conventions)

    np.testing.assert_allclose(table_of(some), by_hand(fewer, 3, 4), atol=1e-14)


def test_two_strategies_may_play_the_same_part():
    game = {"kind": "optional_public_goods", "size": 3, "plays": {"a": "cooperate", "b": "cooperate", "c": "defect"}}
    found = table_of(model_of(game, ["a", "b", "c"]))
    merged = table_of(model_of({"kind": "optional_public_goods", "size": 3}, ["cooperate", "defect"]))
    for column, (a, b, _) in enumerate(compositions(3, 2)):
        assert found[0, column] == found[1, column] == pytest.approx(merged[0, 2 - (a + b)])
        assert found[2, column] == pytest.approx(merged[1, 2 - (a + b)])


def with_institution(own, k, x, mode):
    """Cooperate, defect, punish in groups of four (Vasconcelos, Santos & Pacheco 2013)."""
    kept = 1.0 if k[0] + k[2] >= 2 else 0.3
    stands = {"none": False, "local": k[2] >= 2, "global": x[2] >= 0.25}[mode]
    return kept - (0.1 if own != 1 else 0) - (0.03 if own == 2 else 0) - (0.4 if own == 1 and stands else 0)


@pytest.mark.parametrize("mode", ["none", "local", "global"])
@pytest.mark.parametrize("mix", [(0.5, 0.25, 0.25), (0.5, 0.26, 0.24), (0.1, 0.2, 0.7)])
def test_collective_risk_with_institutions(mode, mix):
    institution = {"kind": mode} | {
        "none": {}, "local": {"fine": 0.4, "punishers": 2}, "global": {"fine": 0.4}
    }[mode]  # fmt: skip
    game = {"kind": "collective_risk", "size": 4, "threshold": 2, "risk": 0.7, "institution": institution}
    found = table_of(model_of(game, ["give", "take", "watch"]), mix=mix)
    np.testing.assert_allclose(found, by_hand(lambda own, k: with_institution(own, k, mix, mode), 3, 4), atol=1e-14)


def test_a_global_institution_stands_at_its_share_of_a_finite_population():
    """25 of 100 are a quarter, and 3 of 10 are three tenths, whatever rounding does to shares."""
    game = {"kind": "collective_risk", "size": 4, "institution": {"kind": "global", "punishers": 0.3}}
    model = model_of(game, ["give", "take", "watch"])
    fined, free = (table_of(model, mix=(0, 1 - k * 0.1, k * 0.1))[1] for k in (3, 2))
    np.testing.assert_allclose(free - fined, 0.3)


def supervised(own, k):
    """Mutual, supervised, cheat, leader (papers: Hooper, Kaplan & Boone 2010, reconstructed)."""
    mutual, _, cheats, leaders = k
    producers = sum(k[:3])
    if own == 3:
        return (0.1 * 3 * (1 - cheats / producers) - 0.05) * producers / leaders if producers else 0.0
    payoff = 3 * (1 - cheats / producers)
    if leaders:
        payoff *= 1 - 0.1
    if own == 2:
        return payoff - (0.8 * 2 if leaders else 0) - 0.4 * mutual
    return payoff - 1 - (0.02 * cheats if own == 0 else 0)


def test_supervised_production():
    game = {"kind": "supervised_production", "size": 5, "mutual": {"fine": 0.4}, "plays": {"boss": "leader"}}
    four = ["producer_mutual", "producer_supervised", "cheat", "boss"]
    np.testing.assert_allclose(table_of(model_of(game, four)), by_hand(supervised, 4, 5), atol=1e-14)


# ---- published and reference values


def margin(model, share):
    """What cooperators earn more than defectors in an infinite population."""
    found = expected_payoffs(model, [share, 1 - share])
    return found[0] - found[1]


def rest_points(model, grid=2001):
    shares = np.linspace(1e-6, 1 - 1e-6, grid)
    values = [margin(model, share) for share in shares]
    return [
        brentq(lambda share: margin(model, share), shares[place], shares[place + 1], xtol=1e-13)
        for place in range(grid - 1)
        if values[place] * values[place + 1] < 0
    ]


ROOTS = {
    "volunteer_N10_c0.2": lambda m: {"kind": "volunteers_dilemma", "size": m["N"], "cost": m["c"]},
    "nperson_snowdrift_N5_c0.4": lambda m: {"kind": "n_person_snowdrift", "size": m["N"], "cost": m["c"]},
    "threshold_snowdrift_N6_M3_c0.5": lambda m: {
        "kind": "n_person_snowdrift", "size": m["N"], "threshold": m["M"], "cost": m["c"],
    },
    "threshold_pgg_N7_M4_c0.25": lambda m: {
        "kind": "public_goods", "size": m["N"], "cost": m["c"], "good": {"kind": "threshold", "threshold": m["M"]},
    },
    **{
        f"nsh_{name}": lambda m: {
            "kind": "n_person_stag_hunt", "size": m["N"], "threshold": m["M"], "multiplier": m["F"],
        }
        for name in ("N6_M3_F5.5", "N6_M3_F7", "N5_M2_F3.5", "N6_M6_F7")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ROOTS)
def test_rest_points_in_groups(name):
    case = cases("nplayer")[name]
    value = case["value"]["roots"] if isinstance(case["value"], dict) else case["value"]
    model = model_of(ROOTS[name](case["model"]), ["give", "take"])
    assert rest_points(model, 401) == pytest.approx(np.atleast_1d(value).tolist(), abs=1e-9)


def hypergeometric(table, i, whole, size):
    """Mean payoffs of cooperators and defectors where i of the whole population cooperate."""
    payoffs = []
    for own, others in ((0, i - 1), (1, i)):
        chance = [
            comb(others, k) * comb(whole - 1 - others, size - 1 - k) / comb(whole - 1, size - 1) for k in range(size)
        ]
        payoffs.append(sum(chance[k] * table[own, size - 1 - k] for k in range(size)))
    return payoffs


@pytest.mark.parametrize("name", ["N6_M3_F5.5", "N6_M3_F7", "N5_M2_F3.5", "N6_M6_F7"])
def test_stag_hunt_in_groups_of_a_finite_population(name):
    case = cases("nplayer")[f"nsh_{name}"]
    size = case["model"]["N"]
    table = table_of(model_of(ROOTS[f"nsh_{name}"](case["model"]), ["hunt", "gather"]))
    found = [np.subtract(*hypergeometric(table, i, 20, size)) for i in range(1, 20)]
    np.testing.assert_allclose(found, case["value"]["finite_diff_Z20"], atol=1e-9)


@pytest.mark.parametrize("name", ["r3_N5_Z20", "r4.5_N5_Z20", "r3_N5_Z50"])
def test_public_goods_in_a_finite_population(name):
    case = cases("nplayer")[f"pgg_linear_{name}"]
    r, whole = case["model"]["r"], case["model"]["Z"]
    table = table_of(model_of({"kind": "public_goods", "good": {"kind": "linear", "multiplier": r}}, ["give", "take"]))
    for i in (1, whole // 2, whole - 1):
        assert np.subtract(*hypergeometric(table, i, whole, 5)) == pytest.approx(case["value"]["diff"], rel=1e-9)


@pytest.mark.parametrize("name", ["N6_M3_c0.1_r0.2", "N6_M3_c0.1_r1", "N6_M1_c0.1_r0.5"])
def test_collective_risk_rest_points(name):
    case = cases("collective_risk")[f"crd_inf_{name}"]
    m = case["model"]
    game = {"kind": "collective_risk", "size": m["N"], "threshold": m["M"], "cost": m["c"], "risk": m["risk"]}
    assert rest_points(model_of(game, ["give", "take"]), 401) == pytest.approx(case["value"], abs=1e-9)


def small_mutation(table, whole, size, step):
    """Shares of time in each pure state when mutants are rare and one at a time; `step` is the chance to copy a gain."""
    count = len(table)
    places = {tuple(row): place for place, row in enumerate(compositions(count, size - 1).tolist())}

    def mean(own, other, i):
        """Payoff to `own` where i play it and all the rest `other`."""
        total = 0.0
        for k in range(size):
            chance = comb(i - 1, k) * comb(whole - i, size - 1 - k) / comb(whole - 1, size - 1)
            group = [0] * count
            group[own] += k
            group[other] += size - 1 - k
            total += chance * table[own, places[tuple(group)]] if chance else 0.0
        return total

    moves = np.zeros((count, count))
    for a, b in product(range(count), repeat=2):
        if a != b:
            gains = [mean(b, a, i) - mean(a, b, whole - i) for i in range(1, whole)]
            ratios = np.cumsum([np.log(step(-gain)) - np.log(step(gain)) for gain in gains])
            moves[a, b] = 1 / (1 + np.exp(np.clip(ratios, None, 700)).sum()) / (count - 1)
    moves += np.diag(1 - moves.sum(axis=1))
    system = np.vstack([moves.T - np.eye(count), np.ones(count)])
    return np.linalg.lstsq(system, np.append(np.zeros(count), 1), rcond=None)[0]


def strong(gain):
    """Copies what is better, and one of two equals half of the time."""
    return 0.5 if abs(gain) < 1e-9 else 1 - 1e-300 if gain > 0 else 1e-300


PARTS = {"C": "cooperate", "D": "defect", "L": "loner", "P": "peer"}


@pytest.mark.parametrize(
    "letters, name", [("CD", "fermi0.1"), ("CDP", "fermi0.1"), ("CDLP", "fermi1"), ("CDLP", "strong")]
)
def test_punishment_and_loners_of_hauert(letters, name):
    """Hauert, Traulsen, Brandt, Nowak & Sigmund 2007, own contributions returned."""
    case = cases("optional_public_goods")[f"sml_hauert_{letters}_{name}"]
    game = {"kind": "optional_public_goods", "returns": "shared", "peer": {"fine": 1, "cost": 0.3}}
    table = table_of(model_of(game, [PARTS[letter] for letter in letters]))
    beta = float(name[5:] or 0) if name.startswith("fermi") else 0
    step = strong if name == "strong" else lambda gain: 1 / (1 + np.exp(-beta * gain))
    np.testing.assert_allclose(small_mutation(table, 100, 5, step), case["value"], rtol=1e-7, atol=1e-12)


SIGMUND = [
    ("cooperate defect loner pool", False, np.array([2, 2, 2, 1]) / 7),
    ("cooperate defect loner pool", True, np.array([0, 0, 0, 1])),
    ("cooperate defect loner peer", False, np.array([2, 2, 2, 102]) / 108),
    ("cooperate defect loner pool peer", False, np.array([6, 6, 4, 1, 306]) / 323),
    ("cooperate defect loner pool peer", True, np.array([0, 0, 0, 1, 0])),
    ("cooperate defect pool peer", False, np.array([0, 1, 0, 0])),
]


@pytest.mark.parametrize("parts, second_order, shares", SIGMUND)
def test_institutions_of_sigmund(parts, second_order, shares):
    """Sigmund, De Silva, Traulsen & Hauert 2010: time in each state under strong selection, in a population of 100."""
    game = {"kind": "optional_public_goods", "pool": {"second_order": second_order}}
    table = table_of(model_of(game, parts.split()))
    np.testing.assert_allclose(small_mutation(table, 100, 5, strong), shares, atol=1e-10)


# ---- payoffs that are formulas


def test_a_payoff_may_follow_the_environment():
    model = model_of(
        {"kind": "public_goods", "cost": "c", "good": {"kind": "linear", "multiplier": "2 + omega"}},
        ["give", "take"],
        parameters={"c": 2},
        environment={"omega": {"kind": "periodic", "mean": 1, "amplitude": 1, "period": 10}},
    )
    for omega in (0.0, 1.5):
        found = payoff_table(model, environment={"omega": omega})
        np.testing.assert_allclose(found, by_hand(lambda own, k: pot(own, k, 2 + omega, 2, 5), 2, 5), atol=1e-14)  # noqa: B023


def test_formulas_are_set_in_brackets():
    model = model_of({"kind": "donation", "benefit": "1 + b", "cost": "2 - b"}, ["give", "take"], parameters={"b": 1})
    np.testing.assert_array_equal(table_of(model), [[1, -1], [2, 0]])


@pytest.mark.parametrize(
    "size, strategies",
    [(2, ["give", "take"]), ("n_group", ["give", "take"])],
)
def test_sizes_and_thresholds_may_be_formulas_of_parameters(size, strategies):
    game = {"kind": "collective_risk", "size": size, "threshold": "floor(n_group/2)"}
    model = model_of(game, strategies, parameters={"n_group": 2 if size == 2 else 8})
    members_ = 2 if size == 2 else 8
    expected = by_hand(lambda own, k: (1 if k[C] >= members_ // 2 else 0.5) - 0.1 * (own == C), 2, members_)
    np.testing.assert_allclose(table_of(model), expected, atol=1e-14)


def test_names_that_nobody_knows_are_told_by_their_key():
    model = model_of({"kind": "donation"}, ["give", "take"], parameters={"b": 1})
    game = validate(type(model.game), {"kind": "donation", "benefit": "b + bb", "cost": "x_give*b"})
    assert list(unknown_names(game, scalar_names(model))) == [(("benefit",), "bb")]
    optional_game = model_of({"kind": "optional_public_goods", "peer": {"fine": "1"}}, ["cooperate", "defect"]).game
    assert list(unknown_names(optional_game, ())) == []


# ---- tables, functions and arrays

GROUP = {"kind": "group", "size": 4, "payoffs": {
    "a": "0.1*k_b*k_b - k_c/7", "b": "exp(k_a) - 2*k_c", "c": "where(k_a == 2, -1/3, k_b)"}}  # fmt: skip


def embedded(text):
    from evo.series import embed

    return {"table.csv": embed(text)}


def csv_over_compositions(table, names, size):
    lines = [",".join(["payoff", *names, "strategy"])]
    for own, name in enumerate(names):
        for place, counts in enumerate(compositions(len(names), size - 1)):
            lines.append(",".join([repr(float(table[own, place])), *map(str, counts), name]))
    return "\n".join([lines[0], *reversed(lines[1:])]) + "\n"


def test_a_table_over_compositions_is_its_formulas():
    names = ("a", "b", "c")
    original = table_of(model_of(GROUP, list(names)))
    files = embedded(csv_over_compositions(original, names, 4))
    found = written(TableGame(file="table.csv"), names, files=files)
    np.testing.assert_array_equal(table_of(model_of(plain(found), list(names))), original)


def test_a_matrix_from_a_file_whatever_the_order():
    files = embedded("x, b, a\nb, 4, 3\n\na, 2.5, 1e-3\n")
    assert written(TableGame(file="table.csv"), ("a", "b"), files=files).payoffs == ((0.001, 2.5), (3.0, 4.0))


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "is empty"),
        ("x,a,b\na,1,2\n", "has rows for a"),
        ("x,a,c\na,1,2\nb,1,2\n", "has columns for a, c"),
        ("x,a,b\na,1,2\nb,1\n", "table.csv:3 has 2 columns, the header 3"),
        ("x,a,b\na,1,two\nb,1,2\n", "table.csv:2: 'two' is not a number"),
        ("x,a,b\na,1,inf\nb,1,2\n", "table.csv:2: 'inf' is not a number"),
        ("strategy,a,payoff\na,2,1\n", "has columns strategy, a, payoff"),
        ("strategy,a,b,payoff\n", "has no rows"),
        ("strategy,a,b,payoff\na,2,0,1\na,1,1,1\na,0,2,1\nb,2,0,1\nb,1,1,1\n", "lacks the payoff to b among 2 b"),
        ("strategy,a,b,payoff\na,2,0,1\na,2,0,1\n", "table.csv:3 repeats the payoff to a among 2 a"),
        ("strategy,a,b,payoff\na,2,0,1\na,1,0,1\n", "groups of different sizes"),
        ("strategy,a,b,payoff\na,-2,4,1\n", "table.csv:2: '-2' is not a number of co-players"),
        ("strategy,a,b,payoff\nq,1,1,1\n", "table.csv:2: 'q' is not a strategy"),
    ],
)
def test_files_that_do_not_fit(text, message):
    with pytest.raises(ProblemError) as caught:
        written(TableGame(file="table.csv"), ("a", "b"), files=embedded(text))
    assert caught.value.path == ("file",) and message in caught.value.message


def test_a_file_that_was_changed_or_not_read():
    files = {
        "table.csv": embedded("x,a,b\na,1,2\nb,3,4\n")["table.csv"].model_copy(update={"text": "x,a,b\na,9,2\nb,3,4\n"})
    }
    with pytest.raises(ProblemError, match="sha256"):
        written(TableGame(file="table.csv"), ("a", "b"), files=files)
    with pytest.raises(ProblemError, match="was not read"):
        written(TableGame(file="table.csv"), ("a", "b"))
    with pytest.raises(ProblemError, match="is 3, but"):
        written(TableGame(file="table.csv", size=3), ("a", "b"), files=embedded("x,a,b\na,1,2\nb,3,4\n"))


CONFIG = """
strategies: [a, b]
game: {kind: table, file: table.csv}
dynamics: {kind: replicator}
run: {generations: 1}
"""


def test_a_config_embeds_its_table(tmp_path):
    (tmp_path / "table.csv").write_text("x,a,b\na,1,2\nb,3,4\n")
    (tmp_path / "config.yaml").write_text(CONFIG)
    experiment = evo.load(tmp_path / "config.yaml")
    np.testing.assert_array_equal(table_of(experiment.model), [[1, 2], [3, 4]])
    (tmp_path / "table.csv").unlink()
    again = evo.loads(evo.dump(experiment))
    np.testing.assert_array_equal(table_of(again.model), [[1, 2], [3, 4]])
    (tmp_path / "config.yaml").write_text(CONFIG.replace("table.csv", "../table.csv"))
    with pytest.raises(ConfigError, match="outside the config's folder"):
        evo.load(tmp_path / "config.yaml")


def test_a_function_becomes_a_table():
    def function(own, counts):
        return counts["a"] * 1.5 - counts["c"] ** 2 + {"a": 0.1, "b": 7, "c": -1 / 3}[own]

    names = ("a", "b", "c")
    game = from_function(function, names, size=5)
    expected = by_hand(lambda own, k: function(names[own], dict(zip(names, k, strict=True))), 3, 5)
    np.testing.assert_array_equal(table_of(model_of(plain(game), list(names))), expected)
    assert pickle.loads(pickle.dumps(game)) == game
    assert validate(TableGame, plain(game)) == game
    pairs = from_function(lambda own, counts: len(own) + counts["bb"], ("a", "bb"))
    np.testing.assert_array_equal(table_of(model_of(plain(pairs), ["a", "bb"])), [[1, 2], [3, 4]])


def test_a_large_table_is_looked_up_exactly():
    rng = np.random.default_rng(1)
    entries = comb(11 + 3, 3)
    payoffs = {name: rng.normal(size=entries) for name in "abcd"}
    model = model_of(TableGame(size=12, payoffs=payoffs), list("abcd"))
    np.testing.assert_array_equal(table_of(model), [payoffs[name] for name in "abcd"])


def test_functions_and_tables_that_do_not_fit():
    with pytest.raises(ValueError, match=r"the payoff to b in \{'a': 0, 'b': 3\} is not finite"):
        from_function(lambda own, counts: np.inf if counts["b"] == 3 else 1, ("a", "b"), size=3)
    with pytest.raises(ValueError, match="more than 10,000"):
        from_function(lambda own, counts: 1, list("abcdefgh"), size=20)
    with pytest.raises(ProblemError, match="needs 3 numbers, one per composition, has 2"):
        written(TableGame(size=3, payoffs={"a": (1, 2), "b": (1, 2)}), ("a", "b"))
    with pytest.raises(ProblemError, match="are for a, c"):
        written(TableGame(size=2, payoffs={"a": (1, 2), "c": (1, 2)}), ("a", "b"))
    for wrong, message in (({}, "either a file or payoffs"), ({"payoffs": {"a": [1]}}, "size")):
        with pytest.raises(ConfigError, match=message):
            validate(TableGame, {"kind": "table"} | wrong)


def test_arrays_do_for_rows():
    array = np.array([[1, 2], [3, 4]])
    assert MatrixGame(payoffs=array) == Matrix(payoffs=((1.0, 2.0), (3.0, 4.0)))
    assert MatrixGame(payoffs=array / 3).payoffs[1][0] == 1.0


# ---- every game

MINIMAL = {
    "matrix": {"payoffs": [[1, 2], [3, 4]]},
    "group": {"size": 3, "payoffs": {"a": "1", "b": "k_a"}},
    "bimatrix": {"row": [[1, 2], [3, 4]], "column": [[1, 2], [3, 4]]},
    "table": {"size": 3, "payoffs": {"a": [1, 2, 3], "b": [4, 5, 6]}},
    "stochastic": {"states": {"only": {"stage": {"kind": "donation"}, "next": dict.fromkeys(("both", "one", "none"), "only")}}},
}  # fmt: skip
NAMES = {
    "bimatrix": two_roles("ab", "cd"), "matching_pennies": two_roles("ab", "cd"), "battle_of_sexes": two_roles("ab", "cd"),
    "ultimatum": two_roles("ab", "cd"), "rock_paper_scissors": ["a", "b", "c"],
    "optional_public_goods": ["cooperate", "loner"], "supervised_production": ["leader", "cheat"],
    "repeated": ["TFT", "WSLS"], "stochastic": ["TFT", "p1001"],
}  # fmt: skip
KINDS = {kind: spec for kind, spec, _ in members("evo.games", "Game")}


@pytest.mark.parametrize("kind", KINDS)
def test_every_game_loads_lowers_and_comes_back(kind):
    """From its defaults alone, where it has them; the same data again when written out."""
    data = {"kind": kind} | MINIMAL.get(kind, {})
    game = validate(KINDS[kind], data)
    assert validate(KINDS[kind], plain(game)) == game
    assert plain(game) == _yaml.load(_yaml.dump({"game": plain(game)})).data["game"]
    names = NAMES.get(kind, ["a", "b"])
    model = model_of(data, names)
    assert model.game == game
    assert np.isfinite(table_of(model)).all()
    again = validate(Model, plain(model))
    assert again == model
    np.testing.assert_array_equal(table_of(again), table_of(model))


@pytest.mark.parametrize("kind", KINDS)
def test_every_game_says_what_it_is(kind):
    """Payoffs and, where it is not evo's own, the source."""
    words = KINDS[kind].__doc__
    assert ". " in words or "\n" in words
    assert kind in ("matrix", "group", "bimatrix", "table") or "[" in words


REFUSED = [
    ("{kind: donation, cost: -1}", "ab", ("game", "cost"), "must not be negative, is -1"),
    ("{kind: donation, cots: 1}", "ab", ("game", "cots"), "unknown key"),
    ("{kind: donation}", "abc", ("game", "kind"), "needs 2 strategies, there are 3"),
    ("{kind: prisoners_dilemma, T: 2}", "ab", ("game",), "is no prisoner's dilemma"),
    ("{kind: hawk_dove, value: -2}", "ab", ("game", "value"), "must not be negative"),
    ("{kind: coordination, match: [1, 2]}", "abc", ("game", "match"), "needs 3 numbers, one per strategy, has 2"),
    ("{kind: rock_paper_scissors}", "abcd", ("game", "kind"), "needs an odd number of strategies"),
    ("{kind: rock_paper_scissors, wins: {a: {b: 1}}}", "abc", ("game", "wins", "a", "b"), "a does not beat b"),
    ("{kind: rock_paper_scissors, losses: {a: {c: 1}}}", "abc", ("game", "losses", "a", "c"), "a does not lose against c"),
    ("{kind: rock_paper_scissors, wins: {a: {q: 1}}}", "abc", ("game", "wins", "a", "q"), "'q' is not a strategy"),
    ("{kind: ultimatum, low: 0.6}", "abcd", ("game", "low"), "must be below the high offer"),
    ("{kind: ultimatum, high: 1.5}", "abcd", ("game", "high"), "must be from 0 to 1, is 1.5"),
    ("{kind: public_goods, good: {kind: threshold, threshold: 0}}", "ab", ("game", "good", "threshold"), "at least 1"),
    ("{kind: public_goods, good: {kind: threshold, threshold: 6}}", "ab", ("game", "good", "threshold"), "no group of 5"),
    ("{kind: public_goods, size: 1}", "ab", ("game", "size"), "must be a whole number from 2"),
    ("{kind: public_goods, good: {kind: linear, multiplier: -3}}", "ab", ("game", "good", "multiplier"), "negative"),
    ("{kind: optional_public_goods}", "ab", ("game", "plays", "a"), "which part does it play?"),
    ("{kind: optional_public_goods, plays: {a: x}}", "ab", ("game", "plays", "a"), "cooperate"),
    ("{kind: optional_public_goods, plays: {a: peer, b: pool, q: pool}}", "ab", ("game", "plays", "q"), "is not a strategy"),
    ("{kind: optional_public_goods, plays: {a: loner, b: loner}}", "ab", ("game", "plays"), "leaves nobody"),
    ("{kind: optional_public_goods, pool: {fee: -1}}", "ab", ("game", "pool", "fee"), "must not be negative"),
    ("{kind: collective_risk}", "abcd", ("game", "kind"), "needs 2 or 3 strategies, there are 4"),
    ("{kind: collective_risk, risk: 1.2}", "ab", ("game", "risk"), "must be from 0 to 1"),
    ("{kind: collective_risk, threshold: 7}", "ab", ("game", "threshold"), "no group of 6 reaches a threshold of 7"),
    ("{kind: collective_risk, institution: {kind: local}}", "ab", ("game", "institution"), "a third strategy"),
    ("{kind: collective_risk, institution: {kind: global, punishers: 2}}", "abc",
     ("game", "institution", "punishers"), "must be from 0 to 1"),
    ("{kind: n_person_stag_hunt, threshold: 9}", "ab", ("game", "threshold"), "no group of 6"),
    ("{kind: supervised_production, tax: 2}", "ab", ("game", "tax"), "must be from 0 to 1"),
]  # fmt: skip


@pytest.mark.parametrize("text, names, path, message", REFUSED)
def test_refused(text, names, path, message):
    with pytest.raises(ConfigError) as caught:
        from_yaml(text, list(names))
    found = [(problem.path, problem.message + (problem.hint or "")) for problem in caught.value.problems]
    assert any(at == path and message in words for at, words in found), found


def test_formulas_too_long_together_are_refused():
    long = f"max({', '.join(['b'] * 2500)})"
    two = ["cooperate", "defect"]
    assert table_of(model_of({"kind": "donation", "benefit": long}, two, parameters={"b": 1}))[1, 0] == 1
    with pytest.raises(ConfigError, match="cannot be written out") as caught:
        model_of({"kind": "optional_public_goods", "cost": long}, two, parameters={"b": 1})
    assert caught.value.problems[0].path == ("game",)


def in_the_long_run(institution, risk, count):
    """Time in each mix of 100 people, and the mixes: the chain over all of them, groups of four, beta 5, mu 0.01."""
    from scipy.sparse import csr_array, eye_array
    from scipy.sparse.linalg import spsolve

    game = {"kind": "collective_risk", "size": 4, "threshold": 3, "risk": risk, "institution": institution}
    whole, beta, mu = 100, 5.0, 0.01
    states = compositions(count, whole)
    number = {tuple(state): place for place, state in enumerate(states.tolist())}
    choose = np.array([[comb(top, k) for k in range(5)] for top in range(whole + 1)], dtype=float)
    model = model_of(game, ["give", "take", "watch"][:count])
    mixes = [(1 - x, 0, x)[:count] for x in (0.0, 1.0)]  # the share of watchers is all that is read
    below, above = (table_of(model, mix=mix) for mix in mixes)
    enough = (states[:, 2:].sum(axis=1) / whole >= 0.25)[:, None]
    others = compositions(count, 3)
    one = np.eye(count, dtype=int)
    payoffs = np.empty(states.shape)
    for own in range(count):
        left = np.maximum(states - one[own], 0)
        chance = np.prod(choose[left[:, None, :], others[None]], axis=2) / comb(whole - 1, 3)
        payoffs[:, own] = (chance * np.where(enough, above[own], below[own])).sum(axis=1)
    rows, columns, values = [], [], []
    for a, b in product(range(count), repeat=2):
        if a != b:
            copied = states[:, b] / (whole - 1) / (1 + np.exp(-beta * (payoffs[:, b] - payoffs[:, a])))
            rate = states[:, a] / whole * ((1 - mu) * copied + mu / (count - 1))
            from_ = np.flatnonzero(states[:, a] > 0)
            onward = states[from_] - one[a] + one[b]
            rows.append(from_)
            columns.append([number[tuple(state)] for state in onward.tolist()])
            values.append(rate[from_])
    flow = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (len(states),) * 2)
    system = (flow - csr_array(eye_array(len(states)).multiply(flow.sum(axis=1)[:, None]))).T.tolil()
    system[0] = 1.0
    return spsolve(system.tocsc(), np.eye(len(states))[0]), states


def achievement(institution, risk):
    """Share of groups of four that reach three contributors; without an institution there are no punishers either."""
    time, states = in_the_long_run(institution, risk, 2 if institution["kind"] == "none" else 3)
    reached = [
        sum(comb(free, k) * comb(100 - free, 4 - k) for k in (0, 1)) / comb(100, 4) for free in states[:, 1].tolist()
    ]
    return float(time @ reached)


@pytest.mark.parametrize(
    "institution, shares",
    [("none", (0.0007, 0.005, 0.933)), ("local", (0.566, 0.938, 0.976)), ("global", (0.0007, 0.012, 0.953))],
)
def test_institutions_of_vasconcelos(institution, shares):
    """Vasconcelos, Santos & Pacheco 2013: local institutions bring about cooperation where risk is low, global ones don't."""
    for risk, share in zip((0.2, 0.3, 0.5), shares, strict=True):
        assert achievement({"kind": institution}, risk) == pytest.approx(share, abs=6e-4)


# ---- configs

CONFIGS = Path(__file__).parent.parent / "configs"


def outcomes(experiment, part, **settings):
    """The rows of one point of a part of the sweep, by what is set there."""
    (point,) = [
        point.experiment
        for point in experiment.points()
        if point.part == part
        and all(point.settings[path.replace("__", ".")] == value for path, value in settings.items())
    ]
    result = evo.run(point, progress=False, workers=1)
    assert result.failures.empty
    return result.outcomes


def test_institutions_says_who_keeps_free_riders_in_check():
    experiment = evo.load(CONFIGS / "institutions.yaml")
    for part, share, later in (("local", 0.09, 0.06), ("global", 0.95, 0.09), ("none", 0.96, 0.09)):
        for risk, free_riders in ((0.3, share), (0.5, later)):
            time, states = in_the_long_run({"kind": part}, risk, 3)
            assert time @ states[:, 1] / 100 == pytest.approx(free_riders, abs=0.006)
        rows = outcomes(experiment, part, parameters__risk=0.3)
        assert rows["mean_mix.free_ride"].mean() == pytest.approx(0.12 if part == "local" else 0.96, abs=0.02)


def test_punishment_says_who_prevails():
    experiment = evo.load(CONFIGS / "punishment.yaml")
    for second_order, strategy, share in ((False, "peer", 0.77), (True, "pool", 0.97)):
        rows = outcomes(experiment, "second_order", game__pool__second_order=second_order, parameters__fee=0.7)
        assert rows[f"mean_mix.{strategy}"].mean() == pytest.approx(share, abs=0.04)
        rows = outcomes(experiment, "compulsory", game__pool__second_order=second_order)
        assert rows["mean_mix.defect"].mean() > 0.99
    rows = outcomes(experiment, "second_order", game__pool__second_order=True, parameters__fee=1.0)
    assert rows["mean_mix.pool"].mean() < 0.01


def test_what_the_docs_write_loads():
    text = (CONFIGS.parent / "docs" / "games.md").read_text()
    blocks = [part.partition("```")[0] for part in text.split("```yaml\n")[1:]]
    assert len(blocks) == 2
    for block in blocks:
        said = _yaml.load(block).data
        model = model_of(said["game"], said.get("strategies", ["TFT", "WSLS"]), parameters={"b": 3, "c": 1})
        assert np.isfinite(table_of(model)).all()
    kinds = {kind for kind in KINDS if f"`{kind}`" in text or f"kind: {kind}" in text}
    assert kinds == set(KINDS)
