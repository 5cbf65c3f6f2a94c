"""`evo sensitivity`: which parameter decides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.options import Config, Replicates, Seed, Settings, read
from evo.cli.words import FAILED, complain, console, plainly, short_path

if TYPE_CHECKING:
    from rich.console import Console

    from evo.results import Result

TABLE = "sensitivity.csv"


@plainly
def sensitivity(
    config: Config,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH[=LOW..HIGH]",
            help="What varies, as in parameters.chi=0..1, omega=log:0.01..1 or population.size=whole:10..99; without "
            "numbers a parameter's own range. Repeatable. By default every parameter that has a range.",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="What is told and drawn: a column of the outcomes, as in final_mix.collaborate. Repeatable.",
            show_default="prevailing",
        ),
    ] = None,
    samples: Annotated[
        int, typer.Option(help="Size of Sobol's design, a power of two: (paths + 2) points each; 0: none.", min=0)
    ] = 256,
    trajectories: Annotated[
        int, typer.Option(help="Size of Morris's design: (paths + 1) points each; 0: none.", min=0)
    ] = 64,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="runs/NAME-sensitivity")
    ] = None,
    settings: Settings = None,
    replicates: Replicates = None,
    seed: Seed = None,
    workers: Annotated[str, typer.Option(metavar="N|auto", help="Threads.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what the folder holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run a very large plan without asking.")] = False,
    no_plots: Annotated[bool, typer.Option("--no-plots", help="Draw no pictures.")] = False,
) -> None:
    """Say which parameter decides: Sobol's and Morris's indices of sensitivity, with intervals, tables and a picture."""
    from evo.cli.carrying import carried_out, draw_all, threads_of
    from evo.cli.summary import tell_failures, tell_files
    from evo.sensitivity import designed

    if not samples and not trajectories:
        raise typer.BadParameter("there is nothing to do without samples and trajectories", param_hint="--samples")
    ranges = dict(map(_range, over or []))
    experiment = designed(
        read(config, settings, replicates=replicates, seed=seed),
        over=ranges or None,
        size=samples,
        trajectories=trajectories,
        measure=measure or (),
    )
    folder = out or Path("runs") / f"{config.stem}-sensitivity"
    say = console()
    found = carried_out(say, experiment, folder, workers=threads_of(workers), resume=resume, dry_run=dry_run, yes=yes)
    if found is None:
        return
    _, result = found
    told = _tell(say, result, measure or [], folder)
    tell_failures(say, result)
    whole = no_plots or draw_all(result, folder, say)
    tell_files(say, folder)
    if len(result.failures) or not whole or not told:
        raise typer.Exit(FAILED)


def _range(text: str) -> tuple[str, Any]:
    path, equals, ends = text.partition("=")
    if not equals:
        return path, None
    form, colon, numbers = ends.rpartition(":")
    low, dots, high = numbers.partition("..")
    if not dots or (colon and form not in ("log", "whole")):
        raise typer.BadParameter(f"{text!r} is not of the form PATH=LOW..HIGH", param_hint="--over")
    try:
        between = [float(low), float(high)]
    except ValueError:
        raise typer.BadParameter(f"{text!r}: {numbers} are not two numbers", param_hint="--over") from None
    return path, {"log_range" if form == "log" else "range": between, "whole": form == "whole"}


def _tell(say: Console, result: Result, measure: list[str], folder: Path) -> bool:
    """Write the table, and print what was asked for; whether there is anything."""
    from evo.sensitivity import indices, named

    table: Any = indices(result)
    table.to_csv(folder / TABLE, index=False)
    table = table.assign(called=named(table))
    there = list(dict.fromkeys(table["called"]))
    asked = measure or (["prevailing"] if "prevailing" in there else there[:1])
    for name in asked:
        rows = table[table["called"] == name]
        if not len(rows):
            complain(f"evo: {name!r} is no column of the outcomes, or does not vary over these ranges")
            continue
        say.print()
        say.print(_grid(name, rows))
    return all(name in there for name in asked) and bool(asked)


def _grid(name: str, rows: Any) -> Any:
    from rich.table import Table

    words = {"S1": "alone (S1)", "ST": "with others (ST)", "mu_star": "effect (mu*)", "sigma": "sigma"}
    grid = Table(title=f"What decides {name}", title_style="bold", title_justify="left", caption_justify="left")
    grid.add_column("path")
    shown = [index for index in words if (rows["index"] == index).any()]
    for index in shown:
        grid.add_column(words[index], justify="right")
    by = {(row["path"], row["index"]): row for row in rows.to_dict("records")}
    first = "ST" if "ST" in shown else "mu_star"
    for path in sorted(dict.fromkeys(rows["path"]), key=lambda path: -by[path, first]["value"]):
        cells = [by[path, index] for index in shown]
        grid.add_row(
            short_path(path), *(f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})" for row in cells)
        )
    grid.caption = "95 % intervals by bootstrap; S1, ST: shares of the variance; mu*: mean effect of a whole range"
    return grid
