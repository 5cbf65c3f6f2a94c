"""`evo tip`: the least intervention that tips a config, and how the answer depends on its size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.drawing import draw, waiting
from evo.cli.options import Config, Seed, Settings, read, two_numbers
from evo.cli.words import FAILED, console, plainly

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from evo.experiment import Experiment
    from evo.tipping import Critical, Response, Target

Wanted = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="STRATEGY,...",
        help="Who is to tip, several together by the sum of their shares; by default as the config's time_to_tip says.",
    ),
]
Level = Annotated[
    float | None,
    typer.Option(
        help="Share of all from which the target counts as reached; by default as the config's time_to_tip says, else 0.5."
    ),
]
Horizon = Annotated[
    float | None, typer.Option(help="Generations by which it must be reached; by default those of the run.")
]
Hold = Annotated[
    float | None,
    typer.Option(
        help="Generations that it must then stay; by default as the config's time_to_tip says, else a tenth of those."
    ),
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="STRATEGY", help="Whom a seed is taken from, or everybody; by default the most."),
]
Between = Annotated[
    str | None,
    typer.Option(metavar="LOW..HIGH", help="How far a number may be moved; by default the range of its parameter."),
]

Starts = Annotated[
    list[str] | None,
    typer.Option(
        metavar="pure|STRATEGY|MIX",
        help="A start, instead of the config's: each strategy alone, one of them, or shares as {NAME: SHARE}. Repeatable: a "
        "table with the answer from each.",
    ),
]
At = Annotated[
    str | None,
    typer.Option(
        metavar="LOW..HIGH|A,B,C",
        help="Generations at which it may come, instead of at the start: which moment needs least? The horizon counts from it.",
    ),
]
Moments = Annotated[int, typer.Option(help="Moments of --at LOW..HIGH, evenly.", min=2)]
Lasts = Annotated[
    float | None,
    typer.Option(
        "--for", metavar="GENERATIONS", help="With --at: then the number is where it was; by default for good."
    ),
]


@plainly
def tip(
    config: Config,
    by: Annotated[
        str, typer.Option(metavar="seed|bias|PATH", help="What is done, as in parameters.chi; bias: that of traits.")
    ] = "seed",
    target: Wanted = None,
    level: Level = None,
    horizon: Horizon = None,
    hold: Hold = None,
    source: From = None,
    between: Between = None,
    settings: Settings = None,
    seed: Seed = None,
    start: Starts = None,
    at: At = None,
    moments: Moments = 13,
    lasts: Lasts = None,
    width: Annotated[
        float, typer.Option(help="With chance: width of the intervals asked, as a part of the largest amount.")
    ] = 0.05,
    most: Annotated[
        int | None,
        typer.Option(
            help="With chance: the most runs.", show_default="4000; with --at 1000 a moment", min=50, max=10**7
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Threads.", min=1)] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and pictures.", show_default="runs/NAME-tip")
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Find the least seed, bias or change of a number after which the target is reached by the horizon and held."""
    from evo.cli.starts import tell_starts
    from evo.cli.summary import tell_experiment, tell_files
    from evo.cli.windows import tell_windows
    from evo.tipping import Budget, critical
    from evo.tipping.folder import write_tables

    if not 0 < width < 1:
        raise typer.BadParameter(f"lies between 0 and 1, is {width:g}", param_hint="--width")
    experiment = read(config, settings, seed=seed).bare
    asked = target_from(experiment, target, level, horizon, hold)
    say = console()
    tell_experiment(say, experiment)
    asked_of = {"by": by, "target": asked, "source": source, "between": bounds(between), "workers": workers}
    folder = out or Path("runs") / f"{config.stem}-tip"
    if at is None and lasts is not None:
        raise typer.BadParameter("is for interventions at a moment: give --at", param_hint="--for")
    if start:
        if at is not None:
            raise typer.BadParameter(
                "asks from several starts, --at at several moments: one at a time", param_hint="--start"
            )
        tell_starts(say, experiment, folder, start, asked_of | {"budget": Budget(width=width, most=most or 4000)})
        tell_files(say, folder)
        return
    if at is not None:
        asked_of |= {"at": moments_of(at, moments), "lasts": lasts, "budget": Budget(width=width, most=most or 1000)}
        whole = tell_windows(say, experiment, folder, asked_of, draws=not no_figures)
        tell_files(say, folder)
        if not whole:
            raise typer.Exit(FAILED)
        return
    with waiting(say, "looking for what tips it"):
        found = critical(experiment, budget=Budget(width=width, most=most or 4000), **asked_of)
    _tell(say, found)
    about = {"by": by, "target": str(found.target), "answer": found.statement, "runs": found.spent}
    write_tables(folder, experiment, {"critical": found.table, "doses": found.frame}, about)
    whole = no_figures or draw(say, folder, {"dose-response": lambda: _picture(found)})
    tell_files(say, folder)
    if not whole:
        raise typer.Exit(FAILED)


def target_from(
    experiment: Experiment, strategy: str | None, level: float | None, horizon: float | None, hold: float | None
) -> Target:
    """The target that the options describe: without a strategy that of the config's `time_to_tip`, but for what they say."""
    from dataclasses import replace

    from evo.tipping import Target
    from evo.tipping.question import asked_by, target_of

    asked = asked_by(experiment) if strategy is None else Target(strategy)
    said = {"level": level, "horizon": horizon, "hold": hold}
    return target_of(experiment, replace(asked, **{key: value for key, value in said.items() if value is not None}))


def bounds(text: str | None) -> tuple[float, float] | None:
    """LOW..HIGH as numbers."""
    if text is None:
        return None
    low, high = two_numbers(text, "--between", "LOW..HIGH")
    if not low < high:
        raise typer.BadParameter(f"{text!r}: the first number is not below the second", param_hint="--between")
    return low, high


def moments_of(text: str, number: int) -> list[float]:
    """LOW..HIGH as so many even moments, or those that are listed."""
    if ".." in text:
        low, high = two_numbers(text, "--at", "LOW..HIGH or A,B,C")
        if not 0 <= low < high:
            raise typer.BadParameter(f"{text!r}: goes from 0 or more up", param_hint="--at")
        return [low + (high - low) * k / (number - 1) for k in range(number)]
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not of the form LOW..HIGH or A,B,C", param_hint="--at") from None


def _tell(say: Console, found: Critical) -> None:
    from rich.table import Table

    from evo.cli.answers import cell

    target = found.target
    say.print()
    say.print(f"reached: {target}", style="bold")
    for one in found.responses:
        say.print(f"start: {_start(one)}", style="dim")
        for sentence in one.sentences:
            say.print(sentence)
        if one.curve is not None:
            base = one.baseline
            say.print(f"without: {base.probability:.3g} ({base.low:.3g} to {base.high:.3g}, {base.runs} runs)")
        say.print(f"method: {one.method}; {one.spent:,} runs", style="dim")
        for note in one.notes:
            say.print(f"note: {note}", style="yellow")
    grid = Table()
    shown = ["by", "probability", "outcome", "amount", "value", "low", "high", "baseline", "runs"]
    for name in shown:
        grid.add_column(name, justify="left" if name in ("by", "outcome") else "right")
    for row in found.table[shown].to_numpy(dtype=object).tolist():
        grid.add_row(*(cell(value) for value in row))
    say.print(grid)


def _start(one: Response) -> str:
    experiment = one.question.experiment
    if experiment.run.start == "random":
        return "random mixes"
    shares = zip(experiment.strategy_names, experiment.start_mix, strict=True)
    return ", ".join(f"{name} {share:.4g}" for name, share in shares)


def _picture(found: Critical) -> Figure:
    from evo.plots import dose_response

    return dose_response(found)
