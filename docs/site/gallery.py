"""The gallery: every picture of `evo.plots`, each by the code that stands beside it."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import NamedTuple

CONFIGS = Path(__file__).parents[2] / "configs"


class Picture(NamedTuple):
    name: str
    question: str
    code: str  # its last line is the picture


PICTURES = [
    Picture(
        "prevail",
        "Who prevails, over two numbers of the config, beside the lines of theory?",
        """
shift = evo.load("configs/big_shift.yaml")
grid = {
    "run.start": [{"command": 0.97}, {"collaborate": 0.97}],
    "parameters.chi": {"linspace": [0.02, 1, 12]},
    "parameters.omega": {"linspace": [0, 1.6, 12]},
}
result = evo.run(Experiment(**shift.data | {"sweep": {"grid": grid}, "plots": []}), progress=False)
lines = {"invasion": [("collaborate", "command")], "dominance": [("collaborate", "command")]}
evo.plots.prevail(result, x="parameters.chi", y="parameters.omega", **lines)
""",
    ),
    Picture(
        "compare",
        "How do final mixes change with a number, and how far do replicates lie apart?",
        """
hawks = evo.load("configs/hawk_dove.yaml")
sweep = {"grid": {"parameters.cost": {"linspace": [2, 8, 7]}}}
result = evo.run(Experiment(**hawks.data | {"sweep": sweep, "plots": []}), replicates=16, progress=False)
evo.plots.compare(result, x="parameters.cost")
""",
    ),
    Picture(
        "ridgeline",
        "Is a mean of one half a balance, or a coin tossed once?",
        """
hunt = evo.load("configs/stag_hunt.yaml")
sweep = {"grid": {"parameters.hare": {"linspace": [0.5, 3.5, 7]}}}
crowd = {"population": {"kind": "well_mixed", "size": 30}, "mutation": {"rate": 0.02}, "sweep": sweep, "plots": []}
run = {"generations": 50, "start": {"hunt": 0.5}}
result = evo.run(Experiment(**hunt.data | crowd | {"run": run}), replicates=200, progress=False)
evo.plots.ridgeline(result)
""",
    ),
    Picture(
        "paths",
        "What happens over time, and how much of it is chance?",
        """
hawks = evo.load("configs/hawk_dove.yaml")
path = evo.simulate(hawks.model, generations=100, replicates=32, start={"hawk": 0.05}, seed=1)
evo.plots.paths(path)
""",
    ),
    Picture(
        "mix",
        "The same, stacked: who makes room for whom?",
        """
circle = evo.load("configs/rock_paper_scissors.yaml").replace({"parameters.win": 0.8})
evo.plots.mix(evo.simulate(circle.model, generations=100, start={"rock": 0.5, "paper": 0.3}, record_every=0.5))
""",
    ),
    Picture(
        "gradient",
        "Which way does selection push, and where does it stop?",
        """
stags = evo.load("configs/stag_hunt.yaml").model
evo.plots.gradient(stags, exact.gradient_of_selection(stags))
""",
    ),
    Picture(
        "simplex",
        "The same for three strategies: the flow, and all of its rest points.",
        """
circle = evo.load("configs/rock_paper_scissors.yaml").replace({"parameters.win": 2}).model
evo.plots.simplex(circle, points=exact.rest_points(circle))
""",
    ),
    Picture(
        "simplex-of-four",
        "Four strategies: the tetrahedron from the side and from above, with a simulation in it.",
        """
shift = evo.load("configs/big_shift.yaml").replace({"parameters.chi": 0.2, "parameters.omega": 0.3})
start = {"command": 0.3, "collaborate": 0.2, "free_ride": 0.3}
evo.plots.simplex(shift, runs=evo.simulate(shift.model, generations=400, start=start, record_every=0.2))
""",
    ),
    Picture(
        "simplex-basins-of-four",
        "How much of all mixes flows to command, how much to collaboration? Cuts through the tetrahedron.",
        """
shift = evo.load("configs/big_shift.yaml").replace({"parameters.chi": 0.3, "parameters.omega": 0.3})
parts = exact.basins(shift.model, samples=2000)
evo.plots.simplex(shift, regions=exact.basin_grid(shift.model, volumes=parts))
""",
    ),
    Picture(
        "phase_plane",
        "Strategies that use up what they live on: the mix against the environment that it moves.",
        """
commons = Experiment.model_validate(
    {
        "title": "An oscillating tragedy of the commons",
        "parameters": {"richness": {"value": 0.5, "range": [0, 1]}},
        "strategies": ["cooperate", "defect"],
        "game": {"kind": "matrix", "payoffs": [["5 - 2*richness", "1 - richness"], ["3 + 2*richness", "richness"]]},
        "environment": {
            "richness": {
                "kind": "feedback",
                "start": 0.3,
                "rate": "0.3*richness*(1 - richness)*(2*x_cooperate - x_defect)",
            }
        },
        "dynamics": {"kind": "replicator"},
        "run": {"generations": 60},
    }
)
evo.plots.phase_plane(commons, runs=evo.simulate(commons.model, generations=60, start={"cooperate": 0.6}))
""",
    ),
    Picture(
        "stationary",
        "How often is a finite population in each state in the long run?",
        """
hawks = evo.load("configs/hawk_dove.yaml").model
evo.plots.stationary(hawks, exact.stationary(hawks))
""",
    ),
    Picture(
        "invasion",
        "If mutants are rare: who invades whom, and where is the population most of the time?",
        """
partners = evo.load("configs/reciprocity.yaml").replace(
    {
        "population": {"kind": "well_mixed", "size": 30},
        "dynamics": {"kind": "pairwise_comparison"},
        "measure": ["final_mix"],
    }
)
evo.plots.invasion(partners.model, exact.invasion_graph(partners.model))
""",
    ),
    Picture(
        "bifurcation",
        "Where does a population rest as a number moves, and where does that place vanish?",
        """
shift = evo.load("configs/big_shift.yaml").replace({"parameters.omega": 0.4})
course = exact.continuation(shift, "parameters.chi", low=0.02, high=1)
evo.plots.bifurcation(shift, course, strategies=["collaborate"])
""",
    ),
    Picture(
        "lattice",
        "Who plays what on a square, and when?",
        """
square = evo.load("configs/nowak_may.yaml")
path = evo.simulate(square.model, generations=62, start={"defect": 1.0203e-4}, nodes=True)
evo.plots.lattice(path, times=[20, 30, 62])
""",
    ),
    Picture(
        "interface",
        "How fast do clusters grow: the share of ties between unlike neighbours over time.",
        """
square = evo.load("configs/nowak_may.yaml")
path = evo.simulate(square.model, generations=62, start={"defect": 1.0203e-4}, nodes=True)
evo.plots.interface(path)
""",
    ),
    Picture(
        "network",
        "Who plays what in an organisation?",
        """
mesh = evo.load("configs/hierarchy_or_mesh.yaml").replace({"parameters.omega": 0.7})
path = evo.simulate(mesh.model, generations=60, start={"command": 0.97}, seed=3, record_every=2, nodes=True)
evo.plots.network(path)
""",
    ),
    Picture(
        "levels",
        "Does a shift come from the top or from below?",
        """
mesh = evo.load("configs/hierarchy_or_mesh.yaml").replace({"parameters.omega": 0.7})
path = evo.simulate(
    mesh.model, generations=60, replicates=4, start={"command": 0.97}, seed=3, record_every=2, nodes=True
)
evo.plots.levels(path)
""",
    ),
    Picture(
        "dose_response",
        "How much does it take to tip it, and how sure is that?",
        """
crowd = {"population": {"kind": "well_mixed", "size": 40}, "run.until": "generations", "run.start": {"gather": 1}}
hunt = evo.load("configs/stag_hunt.yaml").replace(crowd)
target, budget = evo.tipping.Target("hunt", horizon=60), evo.tipping.Budget(most=400)
found = evo.tipping.critical(hunt, by="seed", target=target, budget=budget)
evo.plots.dose_response(found)
""",
    ),
    Picture(
        "critical_curve",
        "How does what it takes depend on a number, and beyond which value does nothing help?",
        """
shift = evo.load("configs/big_shift.yaml").replace({"parameters.chi": 0.2, "run.start": {"command": 1}})
target = evo.tipping.Target("collaborate", horizon=400)
at = [shift.replace({"parameters.omega": 0.05 * k}) for k in range(1, 10)]
evo.plots.critical_curve([evo.tipping.critical(each, by="seed", target=target, scan=9) for each in at], "parameters.omega")
""",
    ),
    Picture(
        "prices",
        "Which intervention tips it, how large must it be, and what does it cost?",
        """
shifts = evo.load("configs/small_shifts.yaml")
evo.plots.prices(evo.run(Experiment(**shifts.data | {"plots": []}), progress=False))
""",
    ),
    Picture(
        "levers",
        "Which numbers would make it take less?",
        """
hunt = evo.load("configs/stag_hunt.yaml").replace({"run.start": {"gather": 1}})
found = evo.tipping.critical(hunt, by="seed", target=evo.tipping.Target("hunt", horizon=200))
evo.plots.levers(evo.tipping.levers(found, paths=["parameters.hare", "parameters.stag"]))
""",
    ),
    Picture(
        "windows",
        "When is the smallest intervention enough?",
        """
hunt = evo.load("configs/stag_hunt.yaml").replace({"run.start": {"gather": 1}, "mutation.rate": 1e-3})
wave = {"kind": "periodic", "mean": 1.5, "amplitude": 1, "period": 60}
target = evo.tipping.Target("hunt", horizon=60, hold=5)
moments = [5 * k for k in range(25)]
waves = hunt.replace({"environment": {"hare": wave}, "run.until": "generations"})
evo.plots.windows(evo.tipping.windows(waves, at=moments, target=target))
""",
    ),
    Picture(
        "policy",
        "How much to pay in which state, and what does the naive constant cost?",
        """
from evo import policy

hunt = evo.load("configs/stag_hunt.yaml")
few = {"population": {"kind": "well_mixed", "size": 30}, "dynamics": {"kind": "pairwise_comparison"}}
paid = {"interventions": [{"kind": "subsidy", "at": 0, "size": 3, "to": "hunt"}], "mutation": {"rate": 0.01}}
run = {"generations": 40, "start": {"hunt": 0.4}}
asked = Experiment(**{**hunt.data, **few, **paid, "run": run, "measure": ["final_mix"], "sweep": [], "plots": []})
aim = policy.Aim("hunt", by=20, probability=0.8, hold=20)
evo.plots.policy(policy.least_cost(asked, aim))
""",
    ),
    Picture(
        "robustness",
        "In what share of the parameters' space does each conclusion hold, and what breaks it first?",
        """
from evo.robustness import designed, findings

study = designed(evo.load("configs/stag_hunt.yaml"), samples=100)
found = findings(study, evo.run(study.experiment, progress=False))
evo.plots.robustness(study, found)
""",
    ),
    Picture(
        "loop",
        "Is the way back the way there?",
        """
hunt = evo.load("configs/stag_hunt.yaml").replace({"run.start": {"gather": 1}, "mutation.rate": 0.01})
path = {"first": 3.5, "last": 0.05, "rate": 0.02, "rest": 100, "observable": "hunt", "slower": False}
evo.plots.loop(evo.tipping.ramp(hunt, "parameters.hare", **path))
""",
    ),
    Picture(
        "sensitivity",
        "Which of the numbers that I do not know decides who prevails?",
        """
hunt = evo.load("configs/stag_hunt.yaml")
asked = evo.sensitivity.designed(hunt, size=16, trajectories=8)
evo.plots.sensitivity(evo.run(asked, progress=False))
""",
    ),
]

INTRODUCTION = """# Gallery

Every picture, by the code that stands with it. Each is a matplotlib figure; `evo.plots.save(figure, "name")` writes PDF, SVG and
PNG with the config, seed and versions that made it. All blocks begin with

```python
import evo
from evo import exact
from evo.experiment import Experiment
```
"""


def write(to: Path, *, run: bool) -> None:
    parts = [INTRODUCTION]
    for picture in PICTURES:
        code = picture.code.strip()
        parts += [f"## {picture.name}", picture.question, f"```python\n{code}\n```"]
        if run:
            draw(picture).savefig(to / f"gallery-{picture.name}.svg")
            parts.append(f"![{picture.name}: {picture.question}](gallery-{picture.name}.svg)")
    (to / "gallery.md").write_text("\n\n".join(parts) + "\n")


def draw(picture: Picture):
    """The figure that the code of a picture ends with, run where `configs/` is."""
    import evo
    from evo import exact
    from evo.experiment import Experiment

    *before, last = _statements(picture.code)
    known = {"evo": evo, "exact": exact, "Experiment": Experiment}
    here = Path.cwd()
    os.chdir(CONFIGS.parent)
    try:
        for statement in before:
            exec(statement, known)
        return eval(last, known)
    finally:
        os.chdir(here)


def _statements(code: str) -> list[str]:
    return [ast.unparse(statement) for statement in ast.parse(code).body]
