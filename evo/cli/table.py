"""The tables of who prevails where, one for each part of a sweep."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

from evo.cli.summary import value_words
from evo.cli.words import counted, short_path

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from evo.results import Result

MANY_STRATEGIES = 6  # beyond, those that prevail nowhere have no column

Row = dict[str, Any]


def tell_prevalence(say: Console, result: Result) -> None:
    """Print them: a row per group of points and a column per strategy."""
    table = result.who_prevails()
    rows: list[Any] = table.to_dict("records")
    places = [str(name) for name in table.columns[1 : list(table.columns).index("strategy")]]
    parts = [(part, list(members)) for part, members in groupby(rows, key=lambda row: row["part"])]
    for part, members in parts:
        title = f"Who prevails: {part}" if len(parts) > 1 else "Who prevails"
        varied = [name for name in places if any(row[name] != "-" for row in members)]
        say.print()
        say.print(_fitting(say, title, result, varied, members))
    if not parts and len(result.outcomes):
        say.print("Who prevails was not measured: add `prevailing` to the config's `measure`.", style="dim")


def _fitting(say: Console, title: str, result: Result, places: list[str], rows: list[Row]) -> Table:
    """The table, without mean shares where it would be too wide with them."""
    from rich.measure import Measurement

    grid = _grid(title, result, places, rows)
    if Measurement.get(say, say.options.update(max_width=1000), grid).maximum <= say.width:
        return grid
    return _grid(title, result, places, [row | {"mean_share": math.nan} for row in rows])


def _grid(title: str, result: Result, places: list[str], rows: list[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from evo.strategies import colors, labels

    words, hues = labels(result.experiment.strategies), colors(result.experiment.strategies)
    shown = _shown(rows)
    sizes = list(dict.fromkeys(counted(row["of"], row["unit"].removesuffix("s")) for row in rows))
    grid = Table(title=title, title_style="bold", title_justify="left", caption_justify="left")
    grid.caption = _caption(rows, isinstance(result.experiment.run.replicates, int)) + (
        f", of {sizes[0]}" if len(sizes) == 1 else ""
    )
    for name in places:
        grid.add_column(short_path(name), overflow="fold")
    for name in shown:
        grid.add_column(Text(words.get(name, name), style=hues.get(name, "")), justify="right")
    if len(sizes) > 1:
        grid.add_column("of", justify="right")
    for _, members in groupby(rows, key=lambda row: [str(row[name]) for name in places]):
        group = {row["strategy"]: row for row in members}
        first, most = next(iter(group.values())), max(row["count"] for row in group.values())
        cells: list[Any] = [value_words(first[name]) for name in places]
        cells += [_cell(group[name], most) for name in shown]
        cells += [counted(first["of"], first["unit"].removesuffix("s"))] if len(sizes) > 1 else []
        grid.add_row(*cells)
    return grid


def _shown(rows: list[Row]) -> list[str]:
    names = list(dict.fromkeys(row["strategy"] for row in rows))
    prevailing = {row["strategy"] for row in rows if row["count"]}
    return names if len(names) <= MANY_STRATEGIES else [name for name in names if name in prevailing]


def _caption(rows: list[Row], fixed: bool) -> str:
    words = "in what share each prevails"
    if not all(math.isnan(row["low"]) for row in rows):
        words += " (Wilson's 95 % interval)" if fixed else " (Wilson's interval, wide enough for all looks)"
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
