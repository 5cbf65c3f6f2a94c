"""Branches of rest points over a parameter: folds, crossings, Hopf points and invasions where theory has them."""

import json

import numpy as np
import pytest
from reference import big_shift, cases

import evo
from evo.exact import invasion, thresholds
from evo.exact.flows.continuation import continuation
from evo.exact.flows.rest_points import rest_points

BAD_ROCK = [[0, -2, 1], [1, 0, -2], [-2, 1, 0]]


def experiment_of(game, rule="replicator", **parts):
    game = game if isinstance(game, dict) else {"kind": "matrix", "payoffs": game}
    names = list(game["payoffs"]) if isinstance(game["payoffs"], dict) else list("abcdefgh"[: len(game["payoffs"])])
    rule = rule if isinstance(rule, dict) else {"kind": rule}
    return evo.loads(
        json.dumps({"strategies": names, "game": game, "dynamics": rule, "run": {"generations": 1}} | parts)
    )


def collective_risk(size, least):
    kept = f"where(k_C >= {least}, 1, 1 - r)"
    game = {"kind": "group", "size": size, "payoffs": {"C": f"{kept} - 0.1", "D": kept}}
    return experiment_of(game, parameters={"r": 0.5})


@pytest.mark.parametrize("size, least, risk", [(6, 3, 0.28935), (6, 2, 0.24414), (12, 6, 0.42356), (24, 12, 0.60708)])
def test_collective_risk_fold(size, least, risk):
    """Two interior rest points appear at r* = c/[binom(N-1, M-1) x^(M-1) (1-x)^(N-M)], x = (M-1)/(N-1)
    [Santos & Pacheco 2011]."""
    found = continuation(collective_risk(size, least), "parameters.r", low=0, high=1)
    (fold,) = found.of_kind("fold")
    assert fold.value == pytest.approx(risk, abs=1e-5)
    share = (least - 1) / (size - 1)
    ways = np.prod([(size - 1 - k) / (k + 1) for k in range(least - 1)])
    assert fold.value == pytest.approx(0.1 / (ways * share ** (least - 1) * (1 - share) ** (size - least)), abs=1e-9)
    assert fold.mix[0] == pytest.approx(share, abs=1e-6)
    inside = next(branch for branch in found.branches if len(branch.support) == 2)
    assert set(inside.stability) >= {"stable node", "unstable node"} and inside.ends == ("range", "range")
    assert len(found.branches) == 3


@pytest.mark.parametrize("name, best", [("nsh_N6_M3_F5.5", 3), ("nsh_N5_M2_F3.5", 2)])
def test_stag_hunt_fold(name, best):
    case = cases("nplayer")[name]
    pot = f"where(k_C >= {best}, F*k_C/n, 0)"
    game = {"kind": "group", "size": case["model"]["N"], "payoffs": {"C": f"{pot} - 1", "D": pot}}
    found = continuation(experiment_of(game, parameters={"F": 4.5}), "parameters.F", low=3.0, high=4.9)
    (fold,) = found.of_kind("fold")
    assert fold.value == pytest.approx(case["value"]["F_crit"], abs=1e-8)


@pytest.mark.parametrize("rule, path, low, high", [("replicator_mutator", "mutation.rate", 0.0, 0.5),
                                                   ("logit", "selection.intensity", 0.5, 10.0)])  # fmt: skip
def test_hopf(rule, path, low, high):
    """mu_c = (b-a)/6 and eta_c = (b-a)/6 = 1/beta [replicator_mutator.json, logit_qre.json], with the frequency of the
    eigenvalues there."""
    parts = {"mutation": {"rate": 0.1, "to": "any"}} if rule == "replicator_mutator" else {}
    found = continuation(experiment_of(BAD_ROCK, rule, **parts), path, low=low, high=high)
    (hopf,) = found.of_kind("Hopf")
    critical = cases("replicator_mutator")["repmut_RPS_hopf"]["value"]
    assert hopf.value == pytest.approx(critical if parts else 1 / critical, rel=1e-10)
    assert hopf.mix == pytest.approx([1 / 3] * 3, abs=1e-10)
    assert hopf.frequency == pytest.approx(np.sqrt(3) / 2 if parts else 3 * np.sqrt(3), rel=1e-8)


def test_offspring_mutation_pitchfork():
    """x = 1/2 loses its stability at u = 1/4, where two branches meet it."""
    rule = {"kind": "replicator_mutator", "form": "offspring"}
    found = continuation(
        experiment_of([[1, 0], [0, 1]], rule, mutation={"rate": 0.1}), "mutation.rate", low=0.01, high=0.5
    )
    assert len(found.branches) == 2
    value = cases("replicator_mutator")["repmut_coord_threshold"]["value"]
    for branch in found.branches:
        (event,) = branch.events
        assert event.kind == "branch point"
        assert event.value == pytest.approx(value, abs=1e-8) and event.mix == pytest.approx([0.5, 0.5], abs=1e-6)
    through = max(found.branches, key=lambda branch: np.ptp(branch.mix[:, 0]))
    assert through.value.min() > 0.01 - 1e-9 and set(through.stability) <= {"stable node", "degenerate"}


def test_logit_pitchfork_and_fold():
    """Two strategies that are equally good: at beta = 2; one better: a fold, where x = (1 - sqrt(1 - 4/(beta s)))/2."""
    even = continuation(experiment_of([[1, 0], [0, 1]], "logit"), "selection.intensity", low=0.5, high=5)
    assert [event.kind for event in even.events] == ["branch point"] * 2 and len(even.branches) == 2
    assert [event.value for event in even.events] == pytest.approx([2, 2], abs=1e-8)
    odd = continuation(experiment_of([[1, 0], [0, 1.2]], "logit"), "selection.intensity", low=0.5, high=8)
    (fold,) = odd.of_kind("fold")
    beta, x = fold.value, fold.mix[0]
    assert beta * 2.2 * x * (1 - x) == pytest.approx(1, abs=1e-7)  # the derivative of the choice by the share is 1
    assert x == pytest.approx(1 / (1 + np.exp(-beta * (x - 1.2 * (1 - x)))), abs=1e-10)  # at rest
    assert len(odd.branches) == 2


def test_transcritical():
    """Prisoners who earn more for being alone: coordination begins where all-a is no longer invaded by b."""
    found = continuation(
        experiment_of([["a", 0], [0, 1]], parameters={"a": {"value": 1}}, strategies=["c", "d"]),
        "parameters.a",
        low=-1,
        high=2,
    )
    (event,) = found.events
    assert (event.kind, event.strategy) == ("transcritical", "d") and event.value == pytest.approx(0, abs=1e-12)
    inside = next(branch for branch in found.branches if len(branch.support) == 2)
    assert set(inside.ends) == {"boundary", "range"}
    share = inside.mix[:, 0]
    assert share == pytest.approx(1 / (1 + inside.value), abs=1e-9)


def test_flip_of_a_map():
    """Hawks and doves a generation at a time: the point overshoots for good beyond beta = 4 (1 + eigenvalue = -1)."""
    found = continuation(
        experiment_of([[-1, 2], [0, 1]], "wright_fisher"), "selection.intensity", low=1, high=6, scan=3
    )
    (flip,) = found.of_kind("flip")
    assert flip.value == pytest.approx(4, abs=1e-10) and flip.mix[0] == pytest.approx(0.5)


def test_two_roles():
    """Battle of the sexes by logit: the only equilibrium of weak selection folds or crosses into three."""
    strategies = {name: {"role": "row" if name[0] == "r" else "column"} for name in ("r0", "r1", "s0", "s1")}
    game = {"kind": "bimatrix", "row": [[3, 0], [0, 2]], "column": [[2, 0], [0, 3]]}
    config = {"strategies": strategies, "game": game, "dynamics": {"kind": "logit"}, "run": {"generations": 1}}
    experiment = evo.loads(json.dumps(config))
    found = continuation(experiment, "selection.intensity", low=0.1, high=3, scan=5)
    counts = [sum(_crosses(branch, value) for branch in found.branches) for value in (0.5, 2.75)]
    for value, count in zip((0.5, 2.75), counts, strict=True):
        assert len(rest_points(experiment.replace({"selection.intensity": value}).model)) == count
    assert counts == [1, 3] and len(found.events) >= 1


def _crosses(branch, value):
    below = branch.value < value
    return int((below[1:] != below[:-1]).sum())


@pytest.fixture(scope="module")
def flagship():
    changed = {"mutation": {"rate": 0.0}, "dynamics": {"kind": "replicator"}, "run": {"generations": 1}}
    return continuation(evo.loads(json.dumps(big_shift(changed))), "parameters.chi", low=0.02, high=1, scan=4)


def test_flagship_thresholds(flagship):
    """All-collaborate is invaded where the invasion matrix changes sign, and nowhere else; so for the other three."""
    changed = {"mutation": {"rate": 0.0}, "dynamics": {"kind": "replicator"}, "run": {"generations": 1}}
    experiment = evo.loads(json.dumps(big_shift(changed)))
    names = list(experiment.strategies)
    for resident, name in enumerate(names):
        (branch,) = (branch for branch in flagship.branches if branch.support == (name,))
        for invader, other in enumerate(names):
            if invader == resident:
                continue
            expected = thresholds(
                experiment,
                "parameters.chi",
                lambda m, r=resident, i=invader: invasion(m)[r, i],
                low=0.02,
                high=1,
                scan=15,
            )
            found = sorted(event.value for event in branch.events if event.strategy == other)
            assert found == pytest.approx(expected, abs=1e-9)


def test_flagship_branches_hang_together(flagship):
    """Where one leaves the simplex another is invaded by what it leaves behind; every rest point lies on a branch."""
    for branch in flagship.branches:
        for side, end in zip((0, -1), branch.ends, strict=True):
            if end == "boundary":
                gone = flagship.strategies[int(np.argmin(np.where(branch.mix[side] > 0, branch.mix[side], 2)))]
                less = {name for name in branch.support if branch.mix[side][flagship.strategies.index(name)] > 1e-7}
                meets = [e for b in flagship.branches if set(b.support) == less for e in b.events]
                assert any(
                    abs(e.value - branch.value[side]) < 1e-8 and np.abs(e.mix - branch.mix[side]).max() < 1e-6
                    for e in meets
                ), (branch.support, gone)
    changed = {"mutation": {"rate": 0.0}, "dynamics": {"kind": "replicator"}, "run": {"generations": 1}}
    for chi in (0.1, 0.37, 0.6, 0.8, 0.95):
        model = evo.loads(json.dumps(big_shift(changed, chi=chi))).model
        number = sum(_crosses(branch, chi) for branch in flagship.branches)
        assert number == len(rest_points(model))


def test_frame_and_refusals(flagship):
    frame = flagship.frame
    assert list(frame.columns[:2]) == ["branch", "parameters.chi"]
    assert frame[list(flagship.strategies)].sum(axis=1).to_numpy() == pytest.approx(np.ones(len(frame)))
    with pytest.raises(ValueError, match="derivative"):
        continuation(experiment_of(BAD_ROCK, "smith"), "selection.intensity", low=1, high=2)
    with pytest.raises(ValueError, match="below"):
        continuation(experiment_of(BAD_ROCK), "selection.intensity", low=2, high=1)
