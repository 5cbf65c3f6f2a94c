"""What several commands take: a config, and what the command line sets in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evo.cli.words import REFUSED, complain

if TYPE_CHECKING:
    from evo.experiment import Experiment

Config = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="A config: an experiment as a YAML file.", show_default=False)
]
Run = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", parser=lambda text: place(text), help="The folder of a run, or its URL.", show_default=False
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Set a value of the config, as in --set parameters.b=5; repeatable."
    ),
]
Replicates = Annotated[int | None, typer.Option(help="Replicates of each point, instead of the config's.")]
Seed = Annotated[int | None, typer.Option(help="Seed, instead of the config's.")]


def place(text: str | Path) -> Path:
    """A folder or URL of the command line."""
    from evo.places import FolderError, place_of

    try:
        return place_of(text)
    except FolderError as error:
        raise typer.BadParameter(str(error)) from None


def read(
    config: Path, settings: list[str] | None = None, *, replicates: int | None = None, seed: int | None = None
) -> Experiment:
    """The experiment of a config with these settings."""
    from evo._errors import ConfigError
    from evo._spec import parse_assignment
    from evo.loading import load

    chosen: dict[str, Any] = {}
    problems = []
    for text in settings or []:
        try:
            path, value = parse_assignment(text)
            chosen[path] = value
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems, "--set")
    chosen |= {} if replicates is None else {"run.replicates": replicates}
    chosen |= {} if seed is None else {"run.seed": seed}
    try:
        return load(config, settings=chosen)
    except OSError as error:
        complain(f"evo: {_cannot_read(config, error)}")
        raise typer.Exit(REFUSED) from None


def two_numbers(text: str, option: str, form: str) -> tuple[float, float]:
    """The numbers of `0.1..0.5`; refuses anything else, saying of which form it must be."""
    import math

    low, _, high = text.partition("..")
    try:
        found = float(low), float(high)
    except ValueError:
        found = math.nan, math.nan
    if not (math.isfinite(found[0]) and math.isfinite(found[1])):
        raise typer.BadParameter(f"{text!r} is not of the form {form}", param_hint=option)
    return found


@contextmanager
def placed(config: Path) -> Iterator[None]:
    """Says in which file and line a point of a sweep is refused."""
    from evo import _yaml
    from evo._errors import ConfigError
    from evo._spec import refuse

    try:
        yield
    except ConfigError as error:
        raise refuse(error, document=_yaml.load(config.read_bytes()), source=config.name) from None


def _cannot_read(config: Path, error: OSError) -> str:
    from evo._errors import nearest

    if config.is_dir():
        return f"{config} is a folder; a config is a YAML file"
    if not isinstance(error, FileNotFoundError):
        return f"cannot read {config}: {error.strerror}"
    there = [path for folder in (config.parent, Path("configs")) for path in sorted(folder.glob("*.y*ml"))]
    by_stem = {path.stem: path for path in reversed(there)}
    near = nearest(config.stem, by_stem)
    hint = f"; did you mean {by_stem[near]}?" if near else f"; `evo new {config.stem}` writes one to start from"
    return f"there is no file {config}{hint}"
