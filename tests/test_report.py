"""The report: sentences that the numbers bear out, a page that needs nothing else, and what it does in a real browser."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import chromium
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evo
from evo import report
from evo.cli import app
from evo.prevalence import wilson
from evo.report.answers import answers, groups_of
from evo.report.bias import NONE, Bias, bias_by_point
from evo.report.courses import ONE, Courses, moments_for, packed
from evo.report.look import DARK, LIGHT, contrast, kinds_of, seen
from evo.report.text import between, percent, unset
from evo.report.text import number as text_number
from evo.report.verdicts import Contender, Group, verdict
from evo.strategies import PALETTE

HOSTILE = "</script><script>alert('1')</script> & <b>\"bold\"</b> $5"


def experiment(**changes: object) -> evo.Experiment:
    """A small coordination game, two of whose numbers vary."""
    data: dict[str, object] = {
        "title": "Which side of the road",
        "question": "Who gives way?",
        "parameters": {"b": {"value": 1, "label": "benefit of the left"}, "mu": {"value": 0.01, "unit": "1/step"}},
        "strategies": {"left": {"color": "#4a6fa5"}, "right": {"label": "the right"}, "middle": {}},
        "game": {"kind": "matrix", "payoffs": [["b", 0, 0], [0, 1, 0], [0, 0, 0.2]]},
        "mutation": {"rate": "mu"},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "moran"},
        "run": {"generations": 20, "seed": 3, "replicates": 6, "record": {"every": 1}},
        "sweep": {"grid": {"parameters.b": [0.5, 1, 1.5, 2], "parameters.mu": [0.01, 0.05, 0.1]}},
        "measure": ["final_mix", "mean_mix", "prevailing", {"kind": "time_to_tip", "strategy": "left"}],
        "plots": ["prevail", "paths"],
    }
    return evo.Experiment.model_validate({**data, **changes})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> evo.Result:
    """A real run over a map, with paths, in its folder."""
    return evo.run(experiment(), out=tmp_path_factory.mktemp("runs") / "road", progress=False, workers=1)


@pytest.fixture(scope="module")
def text(swept: evo.Result) -> str:
    return report.html(swept)


class Elements(HTMLParser):
    """Elements of a page, with their attributes, and its text by element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]][-1] += data

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.found if name == tag and attributes.items() <= found.items()]


# sentences


def group(counts: dict[str, int], *, unit: str = "replicates", points: int = 1) -> Group:
    total = sum(counts.values())
    contenders = []
    for name, count in counts.items():
        low, high = wilson(count, total) if unit == "replicates" else (math.nan, math.nan)
        contenders.append(Contender(name, name.upper(), count, count / total, low, high, math.nan))
    return Group({}, tuple(contenders), total, unit, points, {})


@pytest.mark.parametrize(
    ("counts", "kind", "words"),
    [
        ({"a": 32, "b": 0}, "all", "A prevails in all 32 replicates (95 % interval 89–100 %)."),
        (
            {"a": 2, "b": 30},
            "most",
            "B prevails in 30 of 32 replicates (94 %, 95 % interval 79–99 %), A in 2 (1–21 %).",
        ),
        ({"a": 20, "b": 12}, "open", "no clear answer: A in 20 of 32"),
        ({"a": 16, "b": 16}, "open", "no clear answer: A in 16 of 32"),
        ({"a": 45, "b": 20, "c": 20, "d": 15}, "more", "A prevails most often, in 45 of 100 replicates"),
        ({"cycle": 9, "a": 0}, "all", "nobody prevails in any of the 9 replicates"),
        ({"a": 3}, "all", "A prevails in all 3 replicates (95 % interval 43–100 %); so few say little."),
        ({"a": 1}, "all", "A prevailed in the one replicate that was run, which says little."),
    ],
)
def test_a_verdict_claims_what_the_intervals_bear(counts: dict[str, int], kind: str, words: str) -> None:
    found = group(counts)
    assert found.kind == kind
    assert verdict(found).replace("\u00a0", " ").startswith(words)


@pytest.mark.parametrize("total", [4, 10, 40, 200])
def test_who_is_said_to_prevail_in_most_does_by_the_interval(total: int) -> None:
    for count in range(total // 2, total):
        said = verdict(group({"a": count, "b": total - count}))
        assert said.startswith("A prevails in") == (wilson(count, total)[0] > 0.5)


def test_points_are_counted_as_points() -> None:
    said = verdict(group({"a": 3, "b": 5, "none": 1}, unit="points", points=9)).replace("\u00a0", " ")
    assert said == "B prevails at 5 of 9 points (56 %); A at 3 (33 %); nobody at 1 (11 %)."
    assert "interval" not in said and "replicates" not in said
    assert verdict(group({"a": 4}, unit="points", points=4)) == "A prevails at all 4 points."
    assert "nobody prevails at any of 3 points: the lead passes on" in verdict(group({"cycle": 3}, unit="points"))


def test_shares_never_round_to_certainty() -> None:
    assert percent(0.001) == "<1\u00a0%" and percent(0.999) == ">99\u00a0%"
    assert percent(0) == "0\u00a0%" and percent(1) == "100\u00a0%" and percent(math.nan) == "–"
    for count, total in ((0, 32), (1, 32), (16, 32), (32, 32)):
        low, high = wilson(count, total)
        said = [int(part) / 100 for part in re.findall(r"\d+", between(low, high))]
        assert said[0] <= low + 1e-9 and said[1] >= high - 1e-9


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (r"$\chi$", "χ"),
        (r"$t_{1}$", "t₁"),
        (r"$\beta_{C}$", "β_C"),
        ("$b$", "b"),
        (r"costs \$5", "costs $5"),
        (r"a $\mu$ b", "a μ b"),
    ],
)
def test_mathematics_becomes_text(formula: str, words: str) -> None:
    assert unset(formula) == words


def test_without_bias_first() -> None:
    biased = experiment(
        strategies={"left": {"traits": {"calm": 1}}, "right": {}, "middle": {}},
        selection={"bias": {"strength": "b", "weights": {"calm": 1}}},
        sweep={"grid": {"parameters.b": [2, 1, 0]}},
        plots=[],
    )
    result = evo.run(biased, progress=False, workers=1)
    kinds = kinds_of(biased, set())
    found = bias_by_point(result)
    assert found == {0: Bias(2.0), 1: Bias(1.0), 2: NONE}
    told = answers(result, kinds, groups_of(result, kinds), found)
    assert [each.heading for each in told] == ["without selection bias (B = 0)", "with selection bias"]
    assert [len(each.groups) for each in told] == [1, 2]
    page = report.html(result)
    assert page.index("Without selection bias") < page.index("With selection bias")
    assert "With a selection bias at some points, without it first." in page


def intervened(**changes: object) -> evo.Experiment:
    """A flow of three strategies, one of which has a trait that a bias may favour."""
    data: dict[str, object] = {
        "strategies": {"left": {"traits": {"calm": 1}}, "right": {}, "middle": {}},
        "selection": {"bias": {"strength": 0, "weights": {"calm": 1}}},
        "population": {"kind": "infinite"},
        "dynamics": {"kind": "replicator"},
        "mutation": {"rate": 0},
        "parameters": {"b": {"value": 1}, "mu": 0.01, "beta": 0.0},
        "run": {"generations": 60, "start": {"left": 0.35, "right": 0.4}},
        "sweep": [],
        "plots": [],
    }
    return experiment(**{**data, **changes})


VOTE = {"kind": "vote", "at": 5, "size": 1, "price": 0.1}
BIAS = {"kind": "bias", "at": 5, "lasts": 10, "size": 1, "name": "mentors"}
CHANGE = {"kind": "change", "at": 5, "set": {"selection.bias.strength": "2*b"}, "name": "pull"}
SUBSIDY = {"kind": "subsidy", "at": 5, "size": 1, "to": "left"}


@pytest.mark.parametrize(
    ("spec", "name"), [(VOTE, "vote"), (BIAS, "mentors"), (CHANGE, "pull"), (SUBSIDY | {"size": 2}, "subsidy")]
)
def test_a_bias_that_is_an_intervention_is_no_absence_of_bias(spec: dict[str, object], name: str) -> None:
    result = evo.run(intervened(interventions=[spec]), progress=False, workers=1)
    page = report.html(result)
    assert ("All of it without selection bias" in page) == (name == "subsidy")
    assert ("All of it under a selection bias" in page) == (name != "subsidy")
    assert f"<dt>interventions</dt><dd>{name}</dd>" in page
    assert "Exact against simulated" not in page  # rest points know nothing of it
    assert "1 of 1 runs end within 0.001" in report.html(evo.run(intervened(), progress=False, workers=1))


def test_interventions_of_a_part_are_told_of_that_part() -> None:
    sweep = [
        {"name": "as_is", "grid": {"parameters.b": [0.5, 1]}},
        {"name": "helped", "set": {"interventions": [BIAS | {"size": "beta"}]}, "grid": {"parameters.beta": [0, 1, 2]}},
    ]
    result = evo.run(intervened(sweep=sweep), progress=False, workers=1)
    assert bias_by_point(result) == {0: NONE, 1: NONE, 2: NONE, 3: Bias(0.0, True), 4: Bias(0.0, True)}
    page = report.html(result)
    assert "With a selection bias at some points" in page and "<dd>mentors (helped)</dd>" in page
    assert "2 of 2 runs end within 0.001" in page  # of the part without


def test_a_map_of_replicates_is_told_point_by_point(swept: evo.Result) -> None:
    kinds = kinds_of(swept.experiment, set())
    [told] = answers(swept, kinds, groups_of(swept, kinds), {})
    said = " ".join(what for _, what in told.sentences)
    counts = swept.outcomes.groupby("point")["prevailing"].value_counts().unstack(fill_value=0)
    clear = {name: sum(wilson(int(count), 6)[0] > 0.5 for count in counts[name]) for name in counts}
    for name, label in (("left", "left"), ("right", "the right")):
        if clear.get(name):
            assert re.search(rf"{label} (clearly prevails )?at {clear[name]}\b", said, re.IGNORECASE)
    if rest := len(counts) - sum(clear.values()):
        assert f"no clear answer at {rest}" in said


# the page


def test_the_page_stands_alone(text: str, swept: evo.Result) -> None:
    elements = Elements(text)
    assert not elements.all("link") and not elements.all("iframe") and not elements.all("base")
    for name, found in elements.found:
        for key in ("src", "href", "xlink:href", "action"):
            value = found.get(key) or "#"
            assert value.startswith(("#", "data:")) or (name == "a" and value in ("prevail.pdf", "paths.pdf")), (
                name,
                value,
            )
    assert not re.search(r"@import|url\((?!#)", text)
    [policy] = [
        found["content"] for found in elements.all("meta") if found.get("http-equiv") == "Content-Security-Policy"
    ]
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[-1]
    assert policy is not None and "default-src 'none'" in policy
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert len(text.encode()) < 5e6
    assert (
        evo.loads(_unescaped(re.findall(r"resolved</summary><pre>(.*?)</pre>", text, re.DOTALL)[0])) == swept.experiment
    )


def _unescaped(text: str) -> str:
    import html

    return html.unescape(text)


def test_cells_have_the_colour_of_who_prevails_there(text: str, swept: evo.Result) -> None:
    from evo.plots.cells import winners_of

    cells = {int(found["data-p"] or -1): found for found in Elements(text).all("rect") if "data-x" in found}
    names = list(swept.experiment.strategies)
    winners = winners_of(swept)["winner"]
    assert {point: found["class"] for point, found in cells.items()} == {
        point: f"k{names.index(winner)}" for point, winner in winners.items()
    }
    boxes = {point: (float(found["x"] or 0), float(found["y"] or 0)) for point, found in cells.items()}
    assert boxes[0][0] < boxes[3][0] and boxes[0][1] > boxes[1][1]  # b grows to the right, mu upwards


def scattered(**sweep: object) -> evo.Experiment:
    """Points that lie anywhere in the plane of two numbers of a flow."""
    return experiment(
        parameters={
            "b": {"value": 1, "range": [0.2, 2]},
            "mu": {"value": 0.01, "range": [0, 0.2]},
            "m": {"value": 0.2, "range": [0, 1]},
        },
        game={"kind": "matrix", "payoffs": [["b", 0, 0], [0, 1, 0], [0, 0, "m"]]},
        population={"kind": "infinite"},
        dynamics={"kind": "replicator_mutator"},
        run={"generations": 40, "start": {"left": 0.35, "right": 0.4}},
        sweep=sweep,
        plots=[],
    )


OVER = ["parameters.b", "parameters.mu"]
SWEEPS = (
    {"sample": {"kind": "latin_hypercube", "over": OVER, "size": 60}},
    {"refine": {"over": OVER, "start": 5, "depth": 3}},
)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_points_that_lie_anywhere_are_dots_on_the_colour_of_the_nearest(sweep: dict[str, object]) -> None:
    from evo.plots.cells import axes_of, cells_of, winners_of
    from evo.plots.swept import swept_parts

    result = evo.run(scattered(**sweep), progress=False, workers=1)
    page = report.html(result)
    dots = {int(found["data-p"] or -1): found for found in Elements(page).all("circle") if "data-p" in found}
    names, winners = list(map(str, result.experiment.strategies)), winners_of(result)["winner"].astype(str)
    assert len(set(winners)) > 1 and set(dots) == set(result.points["point"])
    assert {point: found["class"] for point, found in dots.items()} == {
        point: f"k{names.index(winner)}" for point, winner in winners.items()
    }
    across, up = (
        np.array(
            [[float(dots[point][key] or 0), value] for point, value in zip(dots, result.points[path], strict=True)]
        )
        for key, path in (("cx", "parameters.b"), ("cy", "parameters.mu"))
    )
    assert np.corrcoef(across.T)[0, 1] > 0.9999 and np.corrcoef(up.T)[0, 1] < -0.9999
    [swept] = swept_parts(result)
    cells = cells_of(winners_of(result), swept, list(swept.points), *axes_of(swept, None, None), 0.95)
    areas = {found["class"]: _area(found["d"] or "") for found in _ground(page)}
    [frame] = Elements(page).all("rect", **{"class": "frame"})
    whole = float(frame["width"] or 0) * float(frame["height"] or 0)
    assert sum(areas.values()) == pytest.approx(whole, rel=0.01)
    for name in cells.present:
        sizes = np.outer(np.diff(cells.y.edges), np.diff(cells.x.edges))
        share = sizes[cells.winner == name].sum() / sizes.sum()
        assert areas[f"k{names.index(name)}"] / whole == pytest.approx(share, abs=0.01)


def _ground(page: str) -> list[dict[str, str | None]]:
    ground = re.search(r'<g class="ground">(.*?)</g>', page, re.DOTALL)
    return Elements(ground[1]).all("path") if ground else []


def _area(d: str) -> float:
    boxes = re.findall(r"M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)H", d)
    return sum(abs((float(right) - float(left)) * (float(low) - float(high))) for left, high, right, low in boxes)


def test_points_that_refinement_added_are_drawn_and_not_counted() -> None:
    refined = scattered(refine={**SWEEPS[1]["refine"], "budget": 60})
    finite = {"population": {"kind": "well_mixed", "size": 20}, "dynamics": {"kind": "moran"}, "run.replicates": 6}
    for model in (refined, refined.replace(finite)):
        result = evo.run(model, progress=False, workers=1)
        named = result.outcomes[result.outcomes["point"] < 25]
        page, kinds = report.html(result), kinds_of(model, {"none"})
        assert len(result.points) > 30 and f"{len(result.points) - 25} points that refinement added" in page
        [told] = answers(result, kinds, groups_of(result, kinds), {})
        assert sum(group.points for group in told.groups) == 25
        assert sum(group.of for group in told.groups) == len(named)
        if told.groups[0].random:
            assert "of 25 points" in " ".join(what for _, what in told.sentences)
        table = page.split("What else was measured")[1].split("</table>")[0]
        [path] = told.groups[0].place
        here = named.merge(result.points, on="point").groupby(path)["mean_mix.left"].mean()
        assert len(here) == 5 and all(re.search(rf"<td[^>]*>{text_number(mean)}\b", table) for mean in here)


def test_intervals_of_one_count_are_one_where_replicates_run_until_precise() -> None:
    rule = {"width": 0.2, "at_least": 16, "at_most": 64}
    model = experiment(
        run={"generations": 20, "seed": 3, "replicates": rule}, sweep={"grid": {"parameters.b": [1.1, 1.6]}}, plots=[]
    )
    result = evo.run(model, progress=False, workers=1)
    page = report.html(result)
    table = result.who_prevails()
    told = table[(table["count"] > 0) & (table["count"] < table["of"])].to_dict("records")
    assert told
    for row in told:
        words = between(row["low"], row["high"])
        assert words != between(*wilson(row["count"], row["of"]))
        label = "the right" if row["strategy"] == "right" else row["strategy"]
        assert f"{label} prevails in {row['count']} of {row['of']} replicates ({words})" in page
        assert page.count(f"({words})") >= 2
    assert "wider, since replicates ran until precise" in page


def test_points_that_differ_in_more_than_the_axes_make_no_map() -> None:
    three = scattered(sample={"kind": "latin_hypercube", "over": [*OVER, "parameters.m"], "size": 40})
    page = report.html(evo.run(three, progress=False, workers=1))
    assert len([found for found in Elements(page).all("circle") if "data-p" in found]) == 40
    assert not _ground(page) and 'class="names"' not in page and 'class="hatch"' not in page
    assert "they differ in" in page


@pytest.mark.parametrize("seed", range(20))
def test_boxes_cover_what_they_should_and_nothing_twice(seed: int) -> None:
    from evo.report.maps import boxes

    there = np.random.default_rng(seed).random((seed % 7 + 1, seed % 5 + 2)) < 0.6
    covered = np.zeros(there.shape, int)
    for first, stop, left, right in boxes(there):
        covered[first:stop, left:right] += 1
    assert (covered == there).all()


def test_pictures_have_texts_with_numbers(text: str) -> None:
    pictures = Elements(text).all("svg", role="img")
    assert len(pictures) >= 1 + 6
    assert all(re.search(r"\d", found["aria-label"] or "") for found in pictures)
    assert all(found.get("alt") for found in Elements(text).all("img"))


def test_what_a_config_says_is_text(tmp_path: Path) -> None:
    hostile = experiment(
        title=HOSTILE, question=HOSTILE, note=HOSTILE,
        strategies={"left": {"label": HOSTILE}, "right": {}, "middle": {}},
        parameters={"b": {"value": 1, "label": HOSTILE, "unit": HOSTILE}, "mu": 0.01},
        sweep=[{"name": HOSTILE, "grid": {"parameters.b": [0.5, 1, 2], "parameters.mu": [0.01, 0.05, 0.1]}}],
    )  # fmt: skip
    result = evo.run(hostile, out=tmp_path / "hostile", progress=False, workers=1)
    page = report.html(result)
    elements = Elements(page)
    assert len(elements.all("script")) == 2 and not elements.all("b")
    assert elements.texts["h1"] == [HOSTILE]
    data = json.loads(elements.texts["script"][0])
    assert data["strategies"][0] == HOSTILE
    failing = dataclasses.replace(
        result, failures=pd.DataFrame([{"point": 0, "replicate": 1, "seed": 3, "message": HOSTILE}])
    )
    assert "<script>alert" not in report.html(failing)


def test_cautions_say_what_went_wrong(swept: evo.Result) -> None:
    failures = pd.DataFrame([{"point": 2, "replicate": 1, "seed": 3, "message": "a payoff is not finite"}])
    outcomes = swept.outcomes[~((swept.outcomes["point"] == 2) & (swept.outcomes["replicate"] == 1))]
    manifest = swept.manifest | {"status": "interrupted"}
    page = report.html(dataclasses.replace(swept, failures=failures, outcomes=outcomes, manifest=manifest))
    assert "1 of 72 replicates, at 1 point, failed" in page and "a payoff is not finite" in page
    assert "The run is not finished" in page
    assert (
        "failed"
        not in report.html(swept)
        .split("<main")[1]
        .split("</main>")[0]
        .replace("url(#failed)", "")
        .split("What to keep in mind")[0]
    )


def test_a_result_without_what_is_usual_is_told_all_the_same(swept: evo.Result) -> None:
    bare = evo.run(
        experiment(measure=["diversity"], plots=[], sweep=[], run={"generations": 5}), progress=False, workers=1
    )
    assert "Who prevails was not measured" in report.html(bare)
    nothing = dataclasses.replace(swept, outcomes=swept.outcomes.head(0), paths=None)
    assert "Nothing has ended yet" in report.html(nothing)


def test_courses_are_kept_within_what_a_page_holds() -> None:
    assert packed(np.array([0.0, 0.5, 1.0, np.nan])) == base64.b64encode(bytes([0, ONE // 2, ONE, 255])).decode()
    courses = Courses(evo.run(experiment(), progress=False, workers=1))
    assert moments_for(courses, 12, 6) == 101
    for points in (200, 2_000, 10_000):
        moments = moments_for(courses, points, 6)
        assert points * moments * (5 * 3 + 2) * 4 / 3 <= 1_800_000
    assert moments_for(courses, 10**6, 6) == 0
    winner, share = courses.of(0, 101).lead()
    mix = courses.of(0, 101).mix
    votes = [np.bincount(mix[:, t].argmax(axis=1), minlength=3) for t in range(len(winner))]
    assert all(vote[who] == vote.max() for vote, who in zip(votes, winner, strict=True))
    assert share == pytest.approx([mix[:, t, who].mean() for t, who in enumerate(winner)])


@pytest.mark.parametrize("ground", [LIGHT, DARK])
@pytest.mark.parametrize("color", [*PALETTE, "#000000", "#ffffff", "#ffff00", "#101040"])
def test_colours_can_be_seen(ground: str, color: str) -> None:
    assert contrast(seen(color, ground, 3.0), ground) >= 3.0
    assert contrast(seen(color, ground, 4.5), ground) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


# exact beside simulated


def hawks(**changes: object) -> evo.Experiment:
    data: dict[str, object] = {
        "strategies": ["hawk", "dove"],
        "game": {"kind": "matrix", "payoffs": [[-1, 2], [0, 1]]},
        "mutation": {"rate": 0.01},
        "population": {"kind": "well_mixed", "size": 20},
        "dynamics": {"kind": "pairwise_comparison"},
        "run": {"generations": 2000, "seed": 4, "replicates": 40, "burn_in": 50},
        "measure": ["final_mix", "mean_mix", "prevailing"],
    }
    return evo.Experiment.model_validate({**data, **changes})


def test_exact_averages_stand_beside_simulated_ones_and_differ_where_they_do() -> None:
    result = evo.run(hawks(), progress=False, workers=1)
    exact = evo.exact.stationary(result.experiment.model).mean[0]
    page = report.html(result)
    assert "1 of 1 intervals" in page and f"{exact:.3f}" in page and "outside" not in _compared(page)
    moved = result.outcomes.assign(**{"mean_mix.hawk": result.outcomes["mean_mix.hawk"] + 0.2})
    moved["mean_mix.dove"] = 1 - moved["mean_mix.hawk"]
    page = report.html(dataclasses.replace(result, outcomes=moved))
    assert "0 of 1 intervals" in page and ">outside<" in _compared(page)


def _compared(page: str) -> str:
    return page.split("Exact against simulated")[1].split("What to keep in mind")[0].replace("lie outside", "")


def test_takeovers_and_rest_points_stand_beside_runs() -> None:
    run = {"generations": 4000, "until": "fixed", "replicates": 50, "start": {"hawk": 0.5}}
    result = evo.run(
        hawks(mutation={"rate": 0}, run=run, measure=["final_mix", "prevailing"]), progress=False, workers=1
    )
    exact = evo.exact.absorption(result.experiment.model).probability([10, 10])["hawk"]
    assert percent(exact) in _compared(report.html(result))
    flow = hawks(population={"kind": "infinite"}, run={"generations": 400})
    assert "1 of 1 runs end within 0.001" in _compared(report.html(evo.run(flow, progress=False, workers=1)))


# the command


def call(*arguments: str, status: int = 0) -> str:
    found = CliRunner().invoke(app, list(arguments), prog_name="evo")
    assert found.exit_code == status, found.output
    return found.output


def test_a_run_ends_with_a_report_which_it_cannot_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("road.yaml").write_text(evo.dump(experiment(plots=[])))
    assert "runs/road/report.html" in call("run", "road.yaml")
    assert Path("runs/road/report.html").read_text().startswith("<!doctype html>")
    call("run", "road.yaml", "--out", "bare", "--no-report")
    assert not Path("bare/report.html").exists()
    assert call("report", "bare").strip() == "bare/report.html"
    assert (
        call("report", "bare", "--out", "elsewhere.html").strip() == "elsewhere.html"
        and Path("elsewhere.html").exists()
    )
    assert "is not a run folder" in call("report", ".", status=2)
    assert "does not exist" in call("report", "nowhere", status=2)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(report, "write", broken)
    assert "no report was written (RuntimeError: a bug)" in call("run", "road.yaml", "--out", "third")
    assert evo.Result.load("third").complete
    assert "no report was written (RuntimeError: a bug)" in call("report", "third", status=1)


def test_a_report_goes_to_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from upath import UPath

    monkeypatch.chdir(tmp_path)
    Path("road.yaml").write_text(evo.dump(experiment(plots=[], sweep=[])))
    url = "memory://reports/road"
    assert "no report" not in call("run", "road.yaml", "--out", url)
    there = UPath(url) / "report.html"
    assert there.read_text().startswith("<!doctype html>")
    there.unlink()
    assert call("report", url).strip() == f"{url}/report.html" and there.exists()
    call("report", url, "--out", "memory://reports/other.html")
    assert UPath("memory://reports/other.html").read_text() == there.read_text()
    call("report", url, "--out", "here.html")
    assert Path("here.html").read_text() == there.read_text()
    assert list(tmp_path.glob("memory*")) == []


# in a browser


@pytest.fixture(scope="module")
def browser():
    if chromium.found() is None:
        pytest.skip("no Chromium is installed")
    with chromium.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(swept: evo.Result) -> Path:
    return report.write(swept)


def test_the_page_in_a_browser(browser: chromium.Browser, page: Path) -> None:
    browser.open(page)
    browser.point('.cells rect[data-p="4"]')
    assert not browser.value("document.getElementById('tip').hidden")
    assert "replicates" in browser.value("document.getElementById('tip').textContent")
    assert browser.value("document.querySelector('.one').hidden")
    browser.point('.cells rect[data-p="4"]', "click")
    assert not browser.value("document.querySelector('.one').hidden")
    assert browser.value("document.querySelectorAll('.one .drawn svg path.line').length") == 3
    assert "at(4)" in browser.value("document.querySelector('.one .again').textContent")
    colours = "[...document.querySelectorAll('.cells rect')].map(e => e.getAttribute('class') + e.getAttribute('fill-opacity'))"
    end = browser.value(colours)
    move = (
        "(v) => { const r = document.querySelector('.time input'); r.value = v; r.dispatchEvent(new Event('input')); }"
    )
    browser.value(f"({move})(0)")
    assert browser.value(colours) != end
    assert "generation 0" in browser.value("document.querySelector('.time output').textContent")
    assert "generation 0" in browser.value("document.querySelector('figure .readout').textContent")
    browser.value(f"({move})(1000)")
    assert browser.value(colours) == end
    browser.value("document.querySelector('svg.map').focus()")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        browser.press(key)
    current = browser.value(
        "document.querySelector('.cells .current').dataset.x + document.querySelector('.cells .current').dataset.y"
    )
    assert current == "11"
    assert browser.value("document.getElementById('live').textContent")
    browser.press("Enter")
    assert browser.value("document.activeElement.className") == "one wide"
    assert browser.errors() == [] and browser.requests() == []


def test_arrow_keys_go_to_the_nearest_dot_on_that_side(browser: chromium.Browser, tmp_path: Path) -> None:
    result = evo.run(scattered(**SWEEPS[0]), progress=False, workers=1)
    browser.open(report.write(result, tmp_path / "dots.html"))
    assert "Point at a dot" in browser.value("document.querySelector('.hint').textContent")
    browser.value("document.querySelector('svg.map').focus()")
    browser.press("ArrowRight")
    current = "['cx', 'cy'].map(key => +document.querySelector('.cells .current').getAttribute(key))"
    moved = 0
    for key, axis, sign in (("ArrowRight", 0, 1), ("ArrowLeft", 0, -1), ("ArrowUp", 1, -1), ("ArrowDown", 1, 1)):
        before = browser.value(current)
        browser.press(key)
        after = browser.value(current)
        assert after == before or sign * (after[axis] - before[axis]) > 0
        moved += after != before  # at the edge there is none
    assert moved >= 3
    assert browser.value("document.getElementById('live').textContent")
    browser.press("Enter")
    assert browser.value("document.activeElement.className") == "one wide"
    assert browser.errors() == []


def test_the_page_without_scripts_and_on_a_phone(browser: chromium.Browser, page: Path, tmp_path: Path) -> None:
    from PIL import Image

    browser.open(page, width=360, height=740, script=False)
    browser.screenshot(tmp_path / "phone.png")
    with Image.open(tmp_path / "phone.png") as picture:
        assert picture.width == 360  # nothing is wider than the screen
    browser.open(page, width=360, height=740, scheme="dark")
    assert browser.value("document.documentElement.scrollWidth") == 360
    browser.screenshot(tmp_path / "dark.png", whole=False)
    light, dark = _brightness(tmp_path / "phone.png"), _brightness(tmp_path / "dark.png")
    assert dark < 80 < 180 < light
    assert browser.errors() == []


def _brightness(file: Path) -> float:
    from PIL import Image

    with Image.open(file) as picture:
        return float(np.asarray(picture.convert("L"))[:740].mean())


def test_who_is_ahead_while_the_mix_still_moves_is_not_said_to_prevail() -> None:
    outwards = evo.load(Path(__file__).parents[1] / "configs" / "rock_paper_scissors.yaml")
    page = report.html(evo.run(outwards, progress=False, workers=1))
    assert "scissors is ahead" in page and "but the mix was not at rest" in page and "scissors prevails" not in page
    assert "At 2 of 6 points with paths the mix had not come to rest" in page and "ever more slowly" in page


def test_two_roles_prevail_in_pairs() -> None:
    data = {
        "parameters": {"x": 1, "y": 1},
        "strategies": {name: {"role": role} for name, role in (("a", "m"), ("b", "m"), ("c", "f"), ("d", "f"))},
        "game": {"kind": "bimatrix", "row": [["x", 0], [0, 1]], "column": [[1, 0], [0, "y"]]},
        "population": {"kind": "infinite"},
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 30, "start": {"a": 0.6, "c": 0.55}},
        "sweep": {"grid": {"parameters.x": [0.5, 1, 2], "parameters.y": [0.5, 1, 2]}},
        "measure": ["final_mix", "prevailing"],
    }
    page = report.html(evo.run(evo.Experiment.model_validate(data), progress=False))
    assert "a + c prevails" in page and "b + d prevails" in page and "every replicate failed" not in page
