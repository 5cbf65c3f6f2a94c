"""Every shipped config loads, runs and draws, and says of itself what is so."""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evo
from evo import _yaml
from evo.exact import critical_seed, invasion

FOLDER = Path(__file__).parent.parent / "configs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
Frame = Any


@pytest.fixture(scope="module")
def configs() -> dict[str, evo.Experiment]:
    return {name: evo.load(FOLDER / f"{name}.yaml") for name in NAMES}


def short(experiment: evo.Experiment, generations: float = 2) -> evo.Experiment:
    """The same experiment, all points and pictures, a few generations long and with two replicates."""
    data = experiment.data
    parts = [part for part in data.get("sweep", []) if isinstance(part, dict)]
    for part in parts:
        for key in ("set", "grid", "zip"):
            settings = part.get(key, {})
            for path, few in {"run.generations": generations, "run.replicates": 2, "run.burn_in": 0}.items():
                if path in settings:
                    settings[path] = few if key == "set" else [few] * len(settings[path])
    for place in (data, *(part.get("set", {}) for part in parts)):
        if "interventions" in place:
            place["interventions"] = [{**said, "at": 0} for said in place["interventions"]]
    run = {**data["run"], "generations": generations, "replicates": 2, "burn_in": 0}
    return evo.Experiment.model_validate({**data, "run": run, "sweep": parts})


def points(experiment: evo.Experiment, **wanted: Any) -> list[evo.Experiment]:
    """The points of the sweep with these settings (last key of the path), in order, each as an experiment."""
    return [
        point.experiment
        for point in experiment.points()
        if all(wanted.get(path.split(".")[-1], value) == value for path, value in point.settings.items())
        and wanted.get("part", point.part) == point.part
    ]


def outcomes(experiment: evo.Experiment, **settings: Any) -> Frame:
    changed = experiment.replace({path.replace("__", "."): value for path, value in settings.items()})
    result = evo.run(changed, progress=False, workers=1)
    assert result.failures.empty
    return result.outcomes


def outcome(experiment: evo.Experiment, **settings: Any) -> Frame:
    """The only row of the outcomes."""
    (row,) = outcomes(experiment, **settings).to_dict("records")
    return row


# Every config


def test_what_is_shipped():
    assert NAMES == [
        "ambidextrous", "better_game", "big_shift", "coevolving_ties", "five_rules", "hauert_doebeli", "hawk_dove",
        "hierarchy_or_mesh", "institutions", "internet", "local_shocks", "nowak_may", "organisations", "pace",
        "power_of_pull", "prisoners_dilemma", "public_goods", "punishment", "reciprocity", "rock_paper_scissors",
        "rogers", "santos_pacheco_scale_free", "scalar_stress", "selection_bias", "self_organizing_school",
        "small_shifts", "stag_hunt", "switching", "turbulence", "wisdom",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_asks(configs, name):
    text = (FOLDER / f"{name}.yaml").read_text()
    assert text.startswith("# ")
    experiment = configs[name]
    assert experiment.title and experiment.note and experiment.question.endswith("?")
    assert experiment.plots
    assert any(measure.kind == "prevailing" for measure in experiment.measure)


@pytest.mark.parametrize("name", NAMES)
def test_load_dump_load_is_the_identity(configs, name):
    again = evo.loads(evo.dump(configs[name]))
    assert again == configs[name]
    assert evo.dump(again) == evo.dump(configs[name])


@pytest.mark.parametrize("name", NAMES)
def test_fits_the_schema(configs, name):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(evo.schema()).validate(configs[name].data)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent.parent / "configs").glob("*.yaml")), ids=lambda p: p.stem
)
def test_schema_takes_a_config_as_it_is_written(path):
    """Short forms included: an editor that follows `evo schema` flags nothing."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(evo.schema()).validate(_yaml.load(path.read_text()).data)


@pytest.mark.parametrize("name", NAMES)
def test_all_points_build(configs, name):
    experiment = configs[name]
    built = list(experiment.points())
    assert len(built) == sum(part.size for part in experiment.sweep) > 1
    for point in built[:: max(1, len(built) // 20)]:
        assert point.experiment.model.lowered


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "big_shift" else name for name in NAMES]
)
@pytest.mark.rota
def test_runs_and_draws(configs, name, tmp_path):
    """All points, a few generations long; every picture that the config asks for can be drawn of them."""
    result = evo.run(short(configs[name]), progress=False)
    assert result.complete and result.failures.empty
    shares = result.outcomes[[f"final_mix.{strategy}" for strategy in result.experiment.strategies]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    drawn = evo.plots.draw(result, tmp_path, formats=("png",))
    assert len(drawn) == len(configs[name].plots)


@pytest.mark.parametrize("name", ["big_shift", "internet", "selection_bias", "switching", "turbulence"])
def test_the_flagship_is_the_same_everywhere(configs, name):
    """Variants of the flagship differ from it in nothing but what they are about, and none has a bias to begin with."""
    flagship, variant = configs["big_shift"], configs[name]
    for key in ("strategies", "game", "mutation", "population", "dynamics"):
        assert getattr(variant, key) == getattr(flagship, key)
    assert variant.parameters["B"].value == 0
    moved = {"chi", "omega"}  # what the sweeps and environments of variants set
    for parameter in set(flagship.parameters) - moved:
        assert variant.parameters[parameter] == flagship.parameters[parameter]


# What each says


def test_big_shift_depends_on_who_meets_whom(configs):
    """Note: the critical seed at chi = 0.2, omega = 0.3 is 15 % with founder groups instead of 10 %."""
    place = configs["big_shift"].replace({"parameters.chi": 0.2, "parameters.omega": 0.3})
    for kind, share in (("focal", 0.10), ("founder", 0.15)):
        model = place.replace({"population.assortment_kind": kind}).model
        assert critical_seed(model, "command", "collaborate") == pytest.approx(share, abs=0.005)


def test_internet_tips_the_netherlands_first_and_the_world_never(configs):
    def years(kind: str, omega: float) -> list[float]:
        areas = points(configs["internet"], assortment_kind=kind, omega=omega, part="areas")
        assert [point.environment["chi"].rows["area"] for point in areas] == ["World", "United States", "Netherlands"]
        return [1990 + outcome(point)["time_to_tip.collaborate"] / 12 for point in areas]

    assert years("focal", 0.4) == pytest.approx([np.nan, 2018.0, 2008.1], abs=0.1, nan_ok=True)
    assert np.isnan(years("focal", 0.3)).all()
    assert np.isnan(years("founder", 0.4)).all()
    assert years("founder", 0.45) == pytest.approx([np.nan, np.nan, 2009.9], abs=0.1, nan_ok=True)


def test_internet_runs_on_no_invented_year(configs):
    """Every area ends with its own series: the law refuses a run beyond it."""
    for point, last in zip(points(configs["internet"], omega=0.4, assortment_kind="focal", part="areas"),
                           (2017, 2018, 2019), strict=True):  # fmt: skip
        assert point.environment["chi"].outside == "error"
        assert 1990 + point.run.generations / 12 == last
        with pytest.raises(evo.ConfigError, match="outside"):
            point.replace({"run.generations": point.run.generations + 1})


def test_internet_dates_rest_on_the_pace_of_copying(configs):
    for pace, year in ((4, 2012.8), (12, 2008.1), (48, 2005.8)):
        (point,) = points(configs["internet"], part="pace", generations_per_unit=pace)
        assert 1990 + outcome(point)["time_to_tip.collaborate"] / pace == pytest.approx(year, abs=0.1)


def test_internet_data_are_those_of_the_series(configs):
    """chi = 1 - use/100 at the start of each year, linear between."""
    (point,) = points(configs["internet"], omega=0.4, assortment_kind="focal", part="areas")[2:]
    path = evo.simulate(point.model, generations=348, start={"command": 0.97}, record_every=6)
    assert path.environment[0, [0, 20, -1], 0] == pytest.approx([0.99665613, 0.5601564863, 0.067114094], abs=1e-9)
    assert path.environment[0, 21, 0] == pytest.approx(1 - (43.98435137 + 49.37306211) / 200, abs=1e-9)


def test_switching_fast_is_the_mean_of_payoffs(configs):
    experiment = configs["switching"]
    margin = {omega: invasion(experiment.model, environment={"omega": omega})[0, 1] for omega in (0.05, 0.475, 0.9)}
    assert margin[0.9] == pytest.approx(0.54, abs=0.005)
    assert margin[0.05] == pytest.approx(-1.29, abs=0.006)
    assert (margin[0.05] + margin[0.9]) / 2 == pytest.approx(-0.37, abs=0.005)
    assert margin[0.475] == pytest.approx(0.12, abs=0.005)
    assert margin[0.05] / (margin[0.05] - margin[0.9]) == pytest.approx(0.71, abs=0.01)


def test_switching_slowly_lets_collaboration_in(configs):
    slow, fast, held = points(configs["switching"], part="mean")
    assert set(outcomes(slow, run__replicates=4)["prevailing"]) == {"collaborate"}
    assert set(outcomes(fast, run__replicates=2)["prevailing"]) == {"command"}
    assert outcome(held)["prevailing"] == "collaborate"
    assert held.model.deterministic and not fast.model.deterministic


def test_switching_rests_on_friction_and_on_who_meets_whom(configs):
    model = configs["switching"].replace({"population.assortment_kind": "founder"}).model
    turbulent = invasion(model, environment={"omega": 0.9})[0]
    assert turbulent[[3, 1]] == pytest.approx([0.62, 0.39], abs=0.005)
    (rough,) = points(configs["switching"], part="pace", chi=0.45, calm_ends=0.02)
    winners = set(outcomes(rough)["prevailing"])
    assert "go_alone" in winners and "collaborate" not in winners


def test_turbulence_carries_a_seed_that_is_too_small(configs):
    place = points(configs["turbulence"], part="seed", g=0.5)[0]
    still = configs["big_shift"].replace({"parameters.chi": 0.2, "parameters.omega": 0.1})
    for kind, share in (("focal", 0.42), ("founder", 0.44)):
        model = still.replace({"population.assortment_kind": kind}).model
        assert critical_seed(model, "command", "collaborate") == pytest.approx(share, abs=0.005)
    assert place.run.start == {"collaborate": 0.3, "command": 0.69}
    winners = [outcome(place, parameters__eps=eps)["prevailing"] for eps in (0.1, 0.3, 0.5, 1)]
    assert winners == ["command", "command", "collaborate", "collaborate"]


def test_turbulence_undoes_those_who_make_too_much_of_it(configs):
    slow, between, fast = points(configs["turbulence"], part="pace")
    at_seventy = invasion(slow.model, environment={"omega": 0.7})[1]
    assert at_seventy[2] == pytest.approx(0, abs=0.001)  # free riders invade all-collaborate from here on
    assert outcome(slow)["prevailing"] == "command"
    rest = outcome(fast, run__generations=1500)
    assert rest["prevailing"] == "collaborate"
    assert rest["final_environment.omega"] == pytest.approx(0.60, abs=0.005)
    turns = outcome(between, run__generations=4000)
    assert turns["prevailing"] == "cycle"
    assert turns["period"] == pytest.approx(99, abs=0.5)


def test_organisations_need_contests_at_both_levels(configs):
    """Note: 16 % by copying alone, a sector's worth with contests in it, most with contests at both levels."""

    def share(strategy, **wanted):
        (point,) = points(configs["organisations"], **wanted)
        return outcomes(point)[f"mean_mix.{strategy}"].mean()

    levels = {(a, b): share("collaborate", part="levels", contest=a, market=b) for a in (0, 0.05) for b in (0, 0.05)}
    assert list(levels.values()) == pytest.approx([0.16, 0.69, 0.25, 0.92], abs=0.006)
    rough = [share("command", part="friction", chi=0.6, contest=rate) for rate in (0, 0.25)]
    assert rough == pytest.approx([0.68, 0.79], abs=0.006)
    apart = [share("collaborate", part="scattered", contest=rate) for rate in (0, 0.25)]
    assert apart == pytest.approx([0.37, 0.62], abs=0.006)


BIASES = [
    ("focal", 0.2, 0.3, "agency", 1, 0.34),
    ("focal", 0.2, 0.3, "ownership", 1, 0.40),
    ("focal", 0.2, 0.3, "collaboration", 1, 0.48),
    ("focal", 0.2, 0.3, "relationships", 1, 0.48),
    ("focal", 0.6, 0.45, "agency", 3, 0.05),
    ("focal", 0.6, 0.45, "ownership", 3, 0.09),
    ("focal", 0.6, 0.45, "all", 3, 0.21),
    ("focal", 0.6, 0.45, "relationships", 1, 0.50),
    ("founder", 0.2, 0.3, "agency", 1, 0.54),
    ("founder", 0.2, 0.3, "collaboration", 1, 0.76),
]


@pytest.mark.parametrize("kind, chi, omega, trait, first, strength", BIASES)
def test_selection_bias_tips_into_what_the_trait_favours(configs, kind, chi, omega, trait, first, strength):
    """The least bias at which any mind-set invades all-command, and which one it is."""
    model = (
        configs["selection_bias"]
        .replace({"parameters.chi": chi, "parameters.omega": omega, "population.assortment_kind": kind})
        .model
    )
    traits = model.trait_names if trait == "all" else (trait,)
    score = np.mean([model.trait_values(each) for each in traits], axis=0)
    margin, more = invasion(model)[0], score - score[0]
    assert (margin[1:] < 0).all()  # nobody does without a bias
    needed = np.where(more > 0, -margin / np.where(more > 0, more, 1), np.inf)
    assert needed.argmin() == first
    assert needed[first] == pytest.approx(strength, abs=0.006)


def test_selection_bias_by_simulation(configs):
    weights = {"agency": "go_alone", "ownership": "go_alone", "relationships": "collaborate"}
    for trait, winner in weights.items():
        for strength, prevails in ((0, "command"), (0.6, winner)):
            (point,) = points(configs["selection_bias"], chi=0.6, weights={trait: 1}, B=strength)
            assert outcome(point)["prevailing"] == prevails


@pytest.mark.parametrize("rule", ["moran", "pairwise_comparison"])
def test_prisoners_dilemma_fixes_as_often_as_theory_says(configs, rule):
    """rho = (exp(beta delta) - 1)/(exp(Z beta delta) - 1), within 4.5 standard errors of 2000 replicates."""
    delta = 1 + 3 / 19
    for beta in (0.0, 0.05, 0.2):
        one, many = points(configs["prisoners_dilemma"], dynamics={"kind": rule}, beta=beta)
        step = beta * delta
        for point, rho, mutant in (
            (one, (exp(step) - 1) / (exp(20 * step) - 1) if beta else 0.05, "cooperate"),
            (many, (1 - exp(-step)) / (1 - exp(-20 * step)) if beta else 0.05, "defect"),
        ):
            taken = outcomes(point)["fixed"]
            assert len(taken) == 2000 and set(taken) <= {"cooperate", "defect"}
            assert (taken == mutant).mean() == pytest.approx(rho, abs=4.5 * sqrt(rho * (1 - rho) / 2000) + 1e-12)


def test_prisoners_dilemma_note(configs):
    step = 0.1 * (1 + 3 / 19)
    assert (exp(step) - 1) / (exp(20 * step) - 1) == pytest.approx(0.013, abs=0.0005)
    assert (exp(2 * step) - 1) / (exp(40 * step) - 1) == pytest.approx(0.003, abs=0.0005)
    assert [(1 - exp(-k * step)) / (1 - exp(-20 * k * step)) for k in (1, 2)] == pytest.approx([0.12, 0.21], abs=0.005)


def test_hawk_dove_hovers_around_value_over_cost(configs):
    experiment = configs["hawk_dove"]
    (rest,) = evo.exact.edge_points(experiment.replace({"population": {"kind": "infinite"}}).model, "hawk", "dove")
    assert rest.stable and rest.share == pytest.approx(0.4, abs=1e-12)
    spread = []
    for size in (50, 200, 1000):
        (point,) = points(experiment, size=size, part="size")
        rows = outcomes(point)
        assert rows["mean_mix.hawk"].mean() == pytest.approx(0.4 + 1 / size, abs=0.02)
        spread.append(rows["final_mix.hawk"].std() * sqrt(size))
    assert max(spread) < 2 * min(spread)  # as one over the root of the size
    for point in points(experiment, part="rules"):
        assert outcomes(point)["mean_mix.hawk"].mean() == pytest.approx(0.41, abs=0.05)


def test_stag_hunt_has_its_boundary_at_hare_over_stag(configs):
    experiment = configs["stag_hunt"]
    for point in points(experiment, conformity=1)[::7]:
        share, hare = point.run.start["hunt"], point.parameters["hare"].value
        assert outcome(point)["prevailing"] == ("hunt" if share > hare / 4 else "gather")
    tips = {}
    for conformity in (1, 2):
        for hare in (2.9, 1.1):
            found = points(experiment, conformity=conformity, hare=hare)
            tips[conformity, hare] = min(p.run.start["hunt"] for p in found if outcome(p)["prevailing"] == "hunt")
    assert tips[2, 2.9] < tips[1, 2.9]  # to copy the majority helps the stag here
    assert tips[2, 1.1] > tips[1, 1.1]  # and hurts it here


def test_rock_paper_scissors_settles_cycles_or_swings_out(configs):
    experiment = configs["rock_paper_scissors"]
    inwards, round_and_round, outwards = points(experiment, part="worth")
    assert outcome(inwards)["prevailing"] == "none"
    assert outcome(inwards)["diversity"] == pytest.approx(3, abs=1e-9)
    orbit = outcome(round_and_round)
    assert orbit["prevailing"] == "cycle"
    path = evo.simulate(round_and_round.model, generations=100, start=round_and_round.run.start, record_every=0.25)
    assert np.ptp(np.log(path.mix[0]).sum(axis=1)) < 1e-5  # the product of the shares is kept
    assert outcome(outwards)["diversity"] < 1.1
    never, little, much = points(experiment, part="exploration")
    assert [outcome(each)["prevailing"] for each in (little, much)] == ["cycle", "none"]
    assert outcome(never)["diversity"] < outcome(little)["diversity"]
    for mu, settles in ((0.5 / 9 - 0.01, False), (0.5 / 9 + 0.01, True)):
        path = evo.simulate(
            little.replace({"parameters.mu": mu}).model, generations=1000, start={"rock": 0.34, "paper": 0.33}
        )
        assert (np.abs(path.mix[0, -1] - 1 / 3).max() < 1e-3) == settles


def test_public_goods_go_round_where_staying_out_is_free(configs):
    experiment = configs["public_goods"]
    alone, three, near = map(outcome, points(experiment, part="voluntary"))
    assert alone["prevailing"] == "stay_out"
    assert [three["prevailing"], near["prevailing"]] == ["cycle", "cycle"]
    assert [three["period"], near["period"]] == pytest.approx([45, 106], abs=0.5)
    assert three["mean_payoff"] == pytest.approx(0.5, abs=0.01)  # no more than the loner's
    for point in points(experiment, part="compulsory"):
        r = point.parameters["r"].value
        if r != 5:
            assert outcome(point)["prevailing"] == ("contribute" if r > 5 else "free_ride")


def test_local_shocks_leave_command_what_shocks_everywhere_take(configs):
    experiment = configs["local_shocks"]
    rare = [outcomes(point) for point in points(experiment, part="rare")]
    command = [(rows["prevailing"] == "command").sum() for rows in rare]
    assert command[0] + 2 < command[2] and command[1] < command[2] and command[2] > 12
    for rows in rare:  # turbulence is the same on average: base + rate*severity*relaxation
        assert rows["mean_environment.omega"].mean() == pytest.approx(0.1 + 0.03 * 3 * 8, abs=0.3)
    often = [outcomes(point) for point in points(experiment, part="often")]
    assert all((rows["prevailing"] == "command").sum() < 5 for rows in often)
    together, branches, teams = [(rows["prevailing"] == "collaborate").sum() for rows in often]
    assert 2 * teams < together + branches + 6
