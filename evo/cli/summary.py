"""What an experiment, its plan and its failures are, in a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evo.cli.varied import part_words, refine_words, replicates_words
from evo.cli.words import counted, short_path

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from evo.batch.plan import Plan
    from evo.experiment import Experiment
    from evo.results import Result

MOST_NAMES = 12
MOST_FAILURES = 10


def tell_experiment(say: Console, experiment: Experiment) -> None:
    """Title, question, note, and what the model is made of."""
    from evo.strategies import labels

    for text, style in ((experiment.title, "bold"), (experiment.question, "italic"), (experiment.note, "dim")):
        if text.strip():
            say.print(text.strip(), style=style)
    names = list(labels(experiment.strategies).values())
    say.print(f"{len(names)} strategies" + (f": {', '.join(names)}" if len(names) <= MOST_NAMES else ""))
    population = experiment.population.kind.replace("_", "-") + " population"
    if (size := getattr(experiment.population, "size", None)) is not None:
        population += f" of {size}"
    say.print(f"{experiment.game.kind} game, {population}, {experiment.dynamics.kind.replace('_', ' ')}")


def tell_plan(say: Console, plan: Plan) -> None:
    """Points, replicates, length, size."""
    from evo.batch.room import in_bytes

    run = plan.experiment.run
    for part, size in zip(plan.experiment.sweep, plan.experiment.sizes, strict=True):
        say.print(f"  {part_words(part, size)}")
        if part.refine:
            say.print(f"    {refine_words(part.refine)}")
    if words := replicates_words(run):
        say.print(f"  {words}")
    points, rows = len(plan.replicates), plan.rows
    words = [counted(points, "point") + (" to begin with" if plan.adaptive and rows == points else "")]
    words += [f"{rows:,} replicates " + ("to begin with" if plan.adaptive else "in all")] if rows != points else []
    words += [f"{run.generations:g} generations", f"seed {run.seed}"]
    paths = f", {in_bytes(plan.bytes['paths'])} of it paths" if plan.bytes["paths"] else ""
    say.print(f"plan: {', '.join(words)}; tables of {in_bytes(sum(plan.bytes.values()))}{paths}")
    for notice in plan.notices:
        say.print(f"note: {notice}", style="yellow")


def tell_precision(say: Console, result: Result) -> None:
    """At how many points the replicates were enough, where they were to be as many as it takes."""
    table = result.precision()
    if not len(table):
        return
    rows: list[Any] = table.to_dict("records")
    wide = [row for row in rows if not row["precise"]]
    points = len({row["point"] for row in rows})
    words = f"precise at {points - len({row['point'] for row in wide}):,} of {counted(points, 'point')}"
    if wide:
        first = max(wide, key=lambda row: row["width"])
        words += f"; the widest interval is {first['width']:.3g}, of {first['column']} at point {first['point']}"
    say.print(words)


def tell_shifts(say: Console, result: Result) -> None:
    """The smallest shift that tips, of the interventions that were tried."""
    from evo.shifts import by_price, intervenes, trials

    tried = trials(result)
    if not tried:
        if intervenes(result):
            say.print("Which shift tips is not known: add `time_to_tip` to the config's `measure`.", style="dim")
        return
    say.print("\nSmallest shifts", style="bold")
    for one in tried:
        place = ", ".join(f"{short_path(path)} {value_words(value)}" for path, value in one.place.items())
        where = ": ".join(filter(None, [", ".join(filter(None, [one.part.replace("_", " "), place])), one.statement]))
        say.print(where)
    if words := by_price(tried):
        say.print(words)
    say.print("tips: " + "; ".join(dict.fromkeys(one.meaning for one in tried)), style="dim")


def tell_failures(say: Console, result: Result) -> None:
    """Which replicates failed, the first few with their message."""
    count = len(result.failures)
    if not count:
        return
    say.print(f"\n{counted(count, 'replicate')} failed; the others are not affected", style="bold red")
    failures: list[Any] = result.failures.head(MOST_FAILURES).to_dict("records")
    for row in failures:
        settings = result.points.iloc[row["point"], 2:].items()
        where = ", ".join(f"{short_path(path)} {value_words(value)}" for path, value in settings if value != "-")
        place = f"point {row['point']}" + (f" ({where})" if where else "")
        say.print(f"  {place}, replicate {row['replicate']}, seed {row['seed']}: {row['message']}", soft_wrap=True)
    if count > MOST_FAILURES:
        say.print(f"  and {count - MOST_FAILURES:,} more, in failures.parquet")
    if result.folder is not None:
        command = failures[0]["command"].replace(" . ", f" {result.folder} ", 1)
        say.print(f"one alone: {command}", soft_wrap=True)


def value_words(value: object) -> str:
    """A value of a swept path."""
    if isinstance(value, str) and value.startswith("{"):
        return value[1:-1] or "equal"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def tell_files(say: Console, folder: Path) -> None:
    """What a folder holds."""
    say.print("\nin the folder")
    for path in sorted(path for path in folder.iterdir() if not path.name.startswith(".")):
        inside = f"/ ({counted(len(list(path.iterdir())), 'file')})" if path.is_dir() else ""
        say.print(f"  {path}{inside}", soft_wrap=True)
