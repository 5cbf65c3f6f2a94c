"""`evo tip --at`: at which moment the least of an intervention suffices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo.cli.drawing import draw, waiting

if TYPE_CHECKING:
    from rich.console import Console

    from evo.experiment import Experiment
    from evo.tipping import Windows


def tell_windows(say: Console, experiment: Experiment, folder: Path, asked: Mapping[str, Any], *, draws: bool) -> bool:
    """Find, say, write and draw the critical dose at each moment; whether all could be drawn. asked: arguments of `windows`."""
    from evo import plots
    from evo.tipping import windows
    from evo.tipping.folder import write_tables

    with waiting(say, "looking for what tips it at each moment"):
        found = windows(experiment, **asked)
    _tell(say, found)
    about: dict[str, Any] = {"by": asked["by"], "target": found.asked, "at": list(found.moments), "for": found.lasts}
    about |= {"answer": found.statement, "runs": found.spent}
    write_tables(folder, experiment, {"windows": found.table}, about)
    return not draws or draw(say, folder, {"windows": lambda: plots.windows(found)})


def _tell(say: Console, found: Windows) -> None:
    from rich.table import Table

    from evo.cli.answers import cell
    from evo.tipping.question import Seed

    say.print()
    say.print(f"reached: {found.asked}", style="bold")
    lasts = "for good" if found.lasts is None else f"for {found.lasts:g} generations"
    one = found.ways[0][0]
    if not isinstance(one.question.done, Seed):
        say.print(f"done: {lasts}", style="dim")
    for way in found.ways:
        for sentence in found.sentences(way):
            say.print(sentence)
    say.print(f"method: {one.method}; {found.spent:,} runs", style="dim")
    for note in sorted({note for way in found.ways for each in way for note in each.notes if "monotone" in note}):
        say.print(f"note: {note}", style="yellow")
    table: Any = found.table
    chance = one.curve is not None
    shown = ["at", "outcome", "amount", "value", *(("low", "high", "baseline", "runs") if chance else ())]
    shown = (["by"] if len(found.ways) > 1 else []) + shown
    grid = Table()
    for name in shown:
        grid.add_column(name, justify="left" if name in ("by", "outcome") else "right")
    for row in table.loc[table["probability"].isin([0.5, 1.0]), shown].to_numpy(dtype=object).tolist():
        grid.add_row(*(cell(value) for value in row))
    say.print(grid)
    if chance:
        say.print("amount: at which half of all runs reach it, with its 95 % interval", style="dim")
