"""`evo tip --start`: what tips from each of several starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from evo.cli.drawing import waiting

if TYPE_CHECKING:
    from rich.console import Console

    from evo.experiment import Experiment
    from evo.tipping import Starts

PURE = "pure"


def tell_starts(
    say: Console, experiment: Experiment, folder: Path, starts: Sequence[str], asked: Mapping[str, Any]
) -> None:
    """Find, say and write the critical dose from each start. asked: arguments of `by_start`."""
    from evo.tipping import by_start
    from evo.tipping.folder import write_tables

    mixes = [mix for text in starts for mix in _mixes(text, experiment)]
    with waiting(say, "looking for what tips it from each start"):
        found = by_start(experiment, mixes, **asked)
    say.print()
    say.print(f"reached: {found.target}", style="bold")
    for sentence in found.sentences:
        say.print(sentence)
    _table(say, found)
    say.print(f"method: {found.found[0].responses[0].method}; {found.spent:,} runs", style="dim")
    about = {"by": asked["by"], "target": str(found.target), "starts": [dict(start) for start in found.starts]}
    about |= {"answer": found.statement, "runs": found.spent}
    write_tables(folder, experiment, {"starts": found.table}, about)


def _table(say: Console, found: Starts) -> None:
    """The way that needs least, from each start."""
    from rich.table import Table

    from evo.cli.answers import cell
    from evo.tipping.results import crossing_rows
    from evo.tipping.starts import start_words

    chance = found.found[0].least.curve is not None
    shown = [*(("probability",) if chance else ()), "outcome", "amount", "value", *(("low", "high") if chance else ())]
    grid = Table()
    for name in ("start", *shown):
        grid.add_column(name, justify="left" if name in ("start", "outcome") else "right")
    for start, one in zip(found.starts, found.found, strict=True):
        for row in crossing_rows(one.least):
            grid.add_row(start_words(start), *(cell(row[name]) for name in shown))
    say.print(grid)


def _mixes(text: str, experiment: Experiment) -> list[dict[str, Any]]:
    """The starts that an option describes: all pure ones, a strategy, or shares."""
    from evo._errors import ConfigError
    from evo._spec import parse_assignment
    from evo.tipping.starts import pure

    if text == PURE:
        return [dict(start) for start in pure(experiment)]
    if text in experiment.strategies:
        return [{text: 1.0}]
    try:
        _, value = parse_assignment(f"run.start={text}")
    except ConfigError:
        value = None
    if not isinstance(value, dict):
        known = ", ".join(experiment.strategies)
        raise typer.BadParameter(
            f"{text!r} is neither {PURE}, a strategy ({known}), nor shares ({{NAME: SHARE}})", param_hint="--start"
        )
    return [value]
