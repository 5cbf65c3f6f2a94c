"""`evo levers`: what moves the critical dose, per unit, per cent and price."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.drawing import draw, waiting
from evo.cli.options import Config, Seed, Settings, read
from evo.cli.tip import Between, From, Hold, Horizon, Level, Wanted, bounds, target_from
from evo.cli.words import FAILED, console, plainly

if TYPE_CHECKING:
    from rich.console import Console

    from evo.tipping import Levers


@plainly
def levers(
    config: Config,
    by: Annotated[
        str, typer.Option(metavar="seed|bias|PATH", help="What the critical dose is of, as for `evo tip`.")
    ] = "seed",
    lever: Annotated[
        list[str] | None, typer.Option(metavar="PATH", help="A lever; by default all parameters. Repeatable.")
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=NUMBER", help="Price of one unit, paid once by whoever moves it. Repeatable."),
    ] = None,
    target: Wanted = None,
    level: Level = None,
    horizon: Horizon = None,
    hold: Hold = None,
    source: From = None,
    between: Between = None,
    settings: Settings = None,
    seed: Seed = None,
    runs: Annotated[int, typer.Option(help="With chance: runs of the regression.", min=100, max=10**7)] = 2000,
    workers: Annotated[int, typer.Option(help="Threads of the search for the critical dose.", min=1)] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and pictures.", show_default="runs/NAME-levers")
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Rank what moves the critical dose: per unit, per cent, per unit of price; and what pulls the wrong way."""
    from evo import plots
    from evo.cli.summary import tell_experiment, tell_files
    from evo.tipping import critical
    from evo.tipping import levers as levers_of
    from evo.tipping.folder import write_tables

    experiment = read(config, settings, seed=seed).bare
    asked = target_from(experiment, target, level, horizon, hold)
    say = console()
    tell_experiment(say, experiment)
    with waiting(say, "looking for the critical dose, then for what moves it"):
        dose = critical(experiment, by=by, target=asked, source=source, between=bounds(between), workers=workers)
        found = levers_of(dose, paths=lever or (), prices=_prices(price or []), runs=runs)
    _tell(say, found)
    folder = out or Path("runs") / f"{config.stem}-levers"
    about = {"by": by, "target": str(dose.target), "critical": dose.statement, "method": found.method}
    write_tables(folder, experiment, {"levers": found.frame, "critical": dose.table}, about)
    whole = no_figures or draw(say, folder, {"levers": lambda: plots.levers(found)})
    tell_files(say, folder)
    if not whole:
        raise typer.Exit(FAILED)


def _prices(given: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in given:
        path, equals, value = (part.strip() for part in text.partition("="))
        try:
            found[path] = float(value)
        except ValueError:
            equals = ""
        if not (path and equals):
            raise typer.BadParameter(f"{text!r} is not of the form PATH=NUMBER", param_hint="--price")
    return found


def _tell(say: Console, found: Levers) -> None:
    from rich.table import Table

    from evo.cli.answers import cell

    say.print()
    say.print(f"critical dose: {found.critical.statement}", style="bold")
    table: Any = found.frame
    shown = ["lever", "value", "easier", "critical per unit", "elasticity", "outcome per unit"]
    shown += ["se"] if (table["se"] > 0).any() else []
    shown += ["critical per price"] if table["price"].notna().any() else []
    shown += ["fold at"] if table["fold at"].notna().any() else []
    grid = Table()
    for name in [*shown, ""]:
        grid.add_column(name, justify="left" if name in ("lever", "easier", "") else "right", overflow="fold")
    marks = ["perverse" if flag else "" for flag in table["perverse"]]
    for row, mark in zip(table[shown].to_numpy(dtype=object).tolist(), marks, strict=True):
        grid.add_row(*(cell(value).removeprefix("parameters.") for value in row), mark)
    say.print(grid)
    say.print(f"method: {found.method}", style="dim")
    outcome = "the probability at the critical dose" if found.response.curve is not None else "the share at the horizon"
    say.print(f"outcome: {outcome}, per unit; elasticity: % of the critical dose for 1 % of the number", style="dim")
    if any(marks):
        say.print(
            "perverse: the way that raises the mean payoff before the shift is the way that makes the shift harder",
            style="yellow",
        )
    for path, fold in table.loc[table["fold at"].notna(), ["lever", "fold at"]].to_numpy(dtype=object).tolist():
        say.print(f"note: {path}: the derivative diverges at the fold near {fold:.4g}", style="yellow")
