"""`evo analyse`: what theory says of a config, without simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.options import Config, Settings, read
from evo.cli.words import FAILED, REFUSED, complain, console, plainly

if TYPE_CHECKING:
    from rich.console import Console

    from evo.analysis import Analysis, Range
    from evo.experiment import Experiment
    from evo.traits.model import TraitModel

# How a config is run does not matter here, and may not fit another population that is asked about.
MODEL_ALONE = ["run.until=generations", "measure=[final_mix]", "plots=[]"]
NAMES = (  # as in evo.analysis.QUESTIONS, which is slow to import
    "Infinite populations: nash, rest-points, stability, invasion, edges, basins, separatrices, coupled, branches; finite: "
    "fixation, small-mutation, strong-selection, weak-selection, stationary, absorption, dependence; both: gradient, dominance; "
    "continuous traits: singular-points, invasibility."
)
Interval = tuple[float, float]


@plainly
def analyse(
    config: Config,
    settings: Settings = None,
    what: Annotated[
        str | None,
        typer.Option(metavar="NAME,NAME", help=f"Questions to answer; by default what makes sense. {NAMES}"),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(metavar="PATH=LOW..HIGH", help="Over a path's values, as in parameters.chi=0..1."),
    ] = None,
    points: Annotated[int, typer.Option(help="Values of --over in a finite population.", min=2, max=10_000)] = 41,
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment",
            metavar="NAME=VALUE",
            help="Hold a variable that moves at a value; LOW..HIGH: where one with feedback may rest. Repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and pictures.", show_default="runs/NAME-analysis")
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no pictures.")] = False,
) -> None:
    """Answer without simulation: rest points, stability, basins, fixation, stationary distributions, bifurcations."""
    from evo.analysis.folder import write_answers
    from evo.cli.answers import tell_answers
    from evo.cli.summary import tell_files

    asked = _questions(what)
    values, between = _environment(environment or [])
    source = _read(config, settings)
    if hasattr(source, "strategies"):
        _check_variables(source, [*values, *between])  # type: ignore[arg-type]
    folder = out or Path("runs") / f"{config.stem}-analysis"
    say = console()
    _tell_source(say, source)
    analysis = _analysed(say, source, asked, values, between, _range(over, points))
    tell_answers(say, analysis)
    if not analysis.answers:
        complain("evo: there is no answer to what was asked of this config")
        raise typer.Exit(REFUSED)
    write_answers(analysis, folder)
    whole = no_figures or _draw(analysis, folder, say)
    tell_files(say, folder)
    if not whole:
        raise typer.Exit(FAILED)


def _analysed(
    say: Console,
    source: Experiment | TraitModel,
    asked: list[str],
    values: Mapping[str, float],
    between: Mapping[str, Interval],
    over: Range | None,
) -> Analysis:
    from evo.analysis import analyse as answers_to

    if not say.is_terminal:
        return answers_to(source, what=asked, environment=values, between=between, over=over)
    with say.status("") as status:
        return answers_to(source, what=asked, environment=values, between=between, over=over, telling=status.update)


def _questions(what: str | None) -> list[str]:
    from evo._errors import suggest
    from evo.analysis import QUESTIONS

    names = [name.strip() for name in (what or "").split(",") if name.strip()]
    for name in names:
        if name not in QUESTIONS:
            hint = suggest(name, QUESTIONS) or f"questions: {', '.join(QUESTIONS)}"
            raise typer.BadParameter(f"{name!r} is no question; {hint}", param_hint="--what")
    return names


def _environment(given: list[str]) -> tuple[dict[str, float], dict[str, Interval]]:
    """Values of variables, and bounds within which others may rest."""
    values: dict[str, float] = {}
    between: dict[str, Interval] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals):
            raise typer.BadParameter(f"{text!r} is not of the form NAME=VALUE", param_hint="--environment")
        if ".." in value:
            between[name] = _interval(value, "--environment")
        else:
            values[name] = _number(value, "--environment")
    return values, between


def _range(text: str | None, points: int) -> Range | None:
    from evo._spec import parse_path
    from evo.analysis import Range

    if text is None:
        return None
    path, equals, bounds = (part.strip() for part in text.partition("="))
    if not (path and equals and ".." in bounds):
        raise typer.BadParameter(f"{text!r} is not of the form PATH=LOW..HIGH", param_hint="--over")
    parse_path(path, source="--over")
    return Range(path, *_interval(bounds, "--over"), points)


def _interval(text: str, option: str) -> Interval:
    low, high = (_number(part, option) for part in text.split("..", 1))
    if not low < high:
        raise typer.BadParameter(f"{text!r}: the first number is not below the second", param_hint=option)
    return low, high


def _number(text: str, option: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise typer.BadParameter(f"{text.strip()!r} is not a number", param_hint=option)
    return value


def _read(config: Path, settings: list[str] | None) -> Experiment | TraitModel:
    """The experiment of a config, its model all that counts; or the model of one about continuous traits."""
    from evo import _yaml
    from evo._errors import ConfigError

    try:
        data: Any = _yaml.load(config.read_bytes(), source=config.name).data
    except (OSError, ConfigError):
        data = None  # `read` says it better
    if isinstance(data, dict) and "traits" in data and "strategies" not in data:
        if settings:
            raise typer.BadParameter("nothing can be set in a config of continuous traits", param_hint="--set")
        from evo.traits import load

        return load(config)
    wanted = [*MODEL_ALONE, *(settings or [])]
    try:
        return read(config, wanted)
    except ConfigError as error:
        if not all(problem.path[:1] == ("sweep",) for problem in error.problems):
            raise
    return _without_sweep(config, data, wanted)


def _without_sweep(config: Path, data: dict[str, Any], settings: list[str]) -> Experiment:
    """The experiment without the sweep, which may not fit another population that is asked about."""
    from evo import _yaml
    from evo._spec import parse_assignment
    from evo.loading import loads

    text = _yaml.dump({key: value for key, value in data.items() if key != "sweep"})
    return loads(text, source=config.name, settings=dict(map(parse_assignment, settings)), data_root=config.parent)


def _check_variables(source: Experiment, names: list[str]) -> None:
    from evo._errors import suggest

    known = list(source.environment)
    for name in names:
        if name not in known:
            there = suggest(name, known) or (f"variables: {', '.join(known)}" if known else "the config has none")
            raise typer.BadParameter(f"{name!r} is no variable of the environment; {there}", param_hint="--environment")


def _tell_source(say: Console, source: Experiment | TraitModel) -> None:
    from evo.cli.summary import tell_experiment

    if hasattr(source, "strategies"):
        tell_experiment(say, source)  # type: ignore[arg-type]
        return
    for text, style in ((source.title, "bold"), (source.question, "italic"), (source.note, "dim")):
        if text.strip():
            say.print(text.strip(), style=style)


def _draw(analysis: Analysis, folder: Path, say: Console) -> bool:
    """Draw what there is a picture for; whether all could be drawn."""
    from contextlib import nullcontext

    from evo.analysis.folder import add_pictures
    from evo.plots.answers import draw_answers

    with say.status("drawing pictures") if say.is_terminal else nullcontext():
        written, refused = draw_answers(analysis, folder)
    add_pictures(folder, written)
    for reason in refused:
        complain(f"evo: {reason}")
    return not refused
