"""Tables of an analysis on the terminal, each with how it came about; and what was refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from evo.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from evo.analysis import Analysis, Answer, Refusal

MOST_ROWS = 40


def tell_answers(say: Console, analysis: Analysis) -> None:
    """All answers, then what has none."""
    from evo.strategies import colors

    hues = {} if analysis.asked is None else colors(analysis.asked.model.strategies)
    for answer in analysis.answers:
        tell_answer(say, answer, hues)
    tell_refusals(say, analysis.refused)


def tell_answer(say: Console, answer: Answer, hues: Mapping[str, str] | None = None) -> None:
    """One answer: its title, its table, and by which method and how exactly it was found."""
    from rich.table import Table
    from rich.text import Text

    say.print()
    say.print(answer.title, style="bold")
    table = answer.table[list(answer.shown)] if answer.shown else answer.table
    if len(table):
        grid = Table()
        for name in table.columns:
            justify = "right" if table[name].dtype.kind in "fiu" else "left"
            grid.add_column(Text(str(name), style=(hues or {}).get(str(name), "")), justify=justify, overflow="fold")
        rows: list[Any] = table.head(MOST_ROWS).to_numpy(dtype=object).tolist()
        for row in rows:
            grid.add_row(*(cell(value) for value in row))
        say.print(grid)
    if len(answer.table) > MOST_ROWS:
        say.print(f"and {counted(len(answer.table) - MOST_ROWS, 'more row')} in {answer.name}.csv", style="dim")
    for label, text in (("method", answer.method), ("error", answer.error), *(("note", note) for note in answer.notes)):
        say.print(f"{label}: {text}", style="yellow" if label == "note" else "dim")


def tell_refusals(say: Console, refused: Sequence[Refusal]) -> None:
    """What has no answer, and why; the same reason once."""
    reasons: dict[str, list[str]] = {}
    for refusal in refused:
        reasons.setdefault(refusal.reason, []).append(refusal.name)
    if reasons:
        say.print()
    for reason, names in reasons.items():
        say.print(f"not answered: {', '.join(names)}: {reason}", style="yellow")


def cell(value: Any) -> str:
    """A value of a table, as short as four digits allow."""
    if value is None:
        return "open"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    return str(value)


def number(value: float) -> str:
    """Four digits; – for what is not there."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−") if value else "0"
