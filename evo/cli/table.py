"""The table of who prevails where."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

from evo.cli.summary import short_path, value_words
from evo.cli.words import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from evo.results import Result

MANY_STRATEGIES = 6  # beyond, those that prevail nowhere have no column
BRIEF = 80  # columns of a terminal below which mean shares are left out

Row = dict[str, Any]


def tell_prevalence(say: Console, result: Result) -> None:
    """Print it, a row per group of points and a column per strategy."""
    table = result.who_prevails()
    if len(table):
        places = [str(name) for name in table.columns[: list(table.columns).index("strategy")]]
        rows: list[Any] = table.to_dict("records")
        say.print()
        say.print(_grid(result, places, rows, brief=say.width < BRIEF))
    elif len(result.outcomes):
        say.print("Who prevails was not measured: add `prevailing` to the config's `measure`.", style="dim")


def _grid(result: Result, places: list[str], rows: list[Row], *, brief: bool) -> Any:
    from rich.table import Table
    from rich.text import Text

    from evo.strategies import colors, labels

    words, hues = labels(result.experiment.strategies), colors(result.experiment.strategies)
    if brief:
        rows = [row | {"mean_share": math.nan} for row in rows]
    told = [name for name in places if name != "part" or len({row["part"] for row in rows}) > 1]
    shown = _shown(rows)
    grid = Table(title="Who prevails", title_style="bold", title_justify="left", caption_justify="left")
    grid.caption = _caption(rows)
    for name in told:
        grid.add_column(short_path(name), overflow="fold")
    for name in shown:
        grid.add_column(Text(words.get(name, name), style=hues.get(name, "")), justify="right")
    grid.add_column("of", justify="right")
    for _, members in groupby(rows, key=lambda row: [str(row[name]) for name in places]):
        group = {row["strategy"]: row for row in members}
        first, most = next(iter(group.values())), max(row["count"] for row in group.values())
        cells = [_cell(group[name], most) for name in shown]
        of = counted(first["of"], first["unit"].removesuffix("s"))
        grid.add_row(*(value_words(first[name]) for name in told), *cells, of)
    return grid


def _shown(rows: list[Row]) -> list[str]:
    names = list(dict.fromkeys(row["strategy"] for row in rows))
    prevailing = {row["strategy"] for row in rows if row["count"]}
    return names if len(names) <= MANY_STRATEGIES else [name for name in names if name in prevailing]


def _caption(rows: list[Row]) -> str:
    words = "in what share each prevails"
    words += "" if all(math.isnan(row["low"]) for row in rows) else " (Wilson's 95 % interval)"
    return words + ("" if all(math.isnan(row["mean_share"]) for row in rows) else " · its mean share at the end")


def _cell(row: Row, most: int) -> Text:
    from rich.text import Text

    share = f"{100 * row['share']:.0f} %"
    if not math.isnan(row["low"]):
        share += f" ({100 * row['low']:.0f}–{100 * row['high']:.0f})"
    text = Text(share, style="bold" if row["count"] == most else "")
    if not math.isnan(row["mean_share"]):
        text.append(f" · {row['mean_share']:.2f}", style="not bold dim")
    return text
