"""What was simulated, with what, and what made it: the plain facts of a run."""

from __future__ import annotations

from evo.report.bias import interventions_of
from evo.report.text import number
from evo.results import Result


def facts(result: Result) -> list[tuple[str, str]]:
    """What was simulated, in a few words each."""
    experiment = result.experiment
    run, rows = experiment.run, len(result.outcomes) + len(result.failures)
    population = experiment.population.kind.replace("_", "-")
    size = getattr(experiment.population, "size", None)
    done = [name + (f" ({where})" if where else "") for name, where in interventions_of(result).items()]
    found = [
        ("strategies", f"{len(experiment.strategies)}"),
        ("game", experiment.game.kind.replace("_", " ")),
        ("population", population + (f" of {size}" if size is not None else "")),
        ("dynamics", experiment.dynamics.kind.replace("_", " ")),
        ("points", f"{len(result.points):,}"),
        ("replicates in all", f"{rows:,}"),
        ("generations", f"{number(run.generations)}" + (f", until {run.until}" if run.until != "generations" else "")),
        ("seed", str(run.seed)),
    ]
    return found + ([("interventions", ", ".join(done))] if done else [])


def provenance(result: Result) -> list[tuple[str, str]]:
    """Rows of the table of what made a run."""
    made = result.manifest
    rows = [("config", str(made.get("config_hash", ""))), ("seed", str(result.experiment.run.seed))]
    rows += [(name, str(version)) for name, version in (made.get("versions") or {}).items()]
    rows += [("machine", " · ".join(str(made[key]) for key in ("platform", "cpu") if made.get(key)))]
    if made.get("workers"):
        rows.append(("threads", str(made["workers"])))
    if made.get("started"):
        rows.append(("begun", str(made["started"])[:16].replace("T", " ") + " UTC"))
    if made.get("seconds") is not None:
        rows.append(("took", f"{number(float(made['seconds']))} s"))
    if made.get("sessions"):
        rows.append(("resumed", f"{len(made['sessions'])} times"))
    return [(name, value) for name, value in rows if value]


def version(result: Result) -> str:
    """The evo that made a run."""
    return str((result.manifest.get("versions") or {}).get("evo", ""))


def footer(result: Result) -> str:
    """The last line of the page."""
    config = str(result.manifest.get("config_hash", ""))[:12]
    made = f"Made by evo {version(result)} from config {config}, seed {result.experiment.run.seed}."
    return f"{made} This page loads nothing from the network."
