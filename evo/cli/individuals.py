"""Configs about individuals (patches, learners, continuous traits) under the commands run, check and show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from evo.cli.words import FAILED, REFUSED, complain, console, counted

if TYPE_CHECKING:
    from rich.console import Console

    from evo.organisations.study import Study, StudyResult

MADE = ("study.yaml", "manifest.json", "points.parquet", "outcomes.parquet", "paths.parquet")


def is_about_individuals(config: Path) -> bool:
    """Whether a file is a study of individuals; what cannot be read is for others to refuse."""
    from evo import _yaml
    from evo._errors import ConfigError
    from evo.organisations.study import is_study

    try:
        return is_study(_yaml.load(config.read_bytes(), source=config.name).data)
    except (OSError, ConfigError):
        return False


def run_study(
    config: Path,
    out: Path | None,
    settings: list[str] | None,
    replicates: int | None,
    seed: int | None,
    workers: int | Literal["auto"],
    *,
    dry_run: bool,
    no_plots: bool,
) -> None:
    """Run every point and write tables and a picture over time into a folder."""
    from evo.batch.crew import available_cpus
    from evo.cli.summary import tell_files
    from evo.organisations.study import run

    chosen = {"run.replicates": replicates, "run.seed": seed}
    study = _read(config, settings, {path: value for path, value in chosen.items() if value is not None})
    folder = out or Path("runs") / config.stem
    say = console()
    _tell(say, study)
    if dry_run:
        say.print("dry run: nothing was run or written")
        return
    if folder.exists() and any(each.name not in (*MADE, "figures") for each in folder.iterdir()):
        complain(f"evo: {folder} holds something else than a study: choose another folder with --out")
        raise typer.Exit(REFUSED)
    say.print(f"running into {folder}")
    threads = available_cpus() if workers == "auto" else workers
    if say.is_terminal:
        with say.status("") as status:
            result = run(study, workers=threads, telling=status.update)
    else:
        result = run(study, workers=threads)
    _write(result, folder)
    for place, message in result.failures:
        say.print(f"point {place} stopped: {message}", style="bold red")
    if len(result.paths) and not no_plots:
        from evo.plots.individuals import over_time
        from evo.plots.page import save

        save(over_time(result), folder / "figures" / "over_time")
    tell_files(say, folder)
    if result.failures:
        raise typer.Exit(FAILED)


def check_study(config: Path, settings: list[str] | None) -> None:
    """Check a study and say what it holds."""
    study = _read(config, settings, {})
    say = console()
    _tell(say, study)
    say.print(f"{config} is right")


def show_study(config: Path, settings: list[str] | None) -> None:
    """Show a study as it is read."""
    from evo.organisations.study import dump

    print(dump(_read(config, settings, {})), end="")


def _read(config: Path, settings: list[str] | None, chosen: dict[str, Any]) -> Study:
    from evo._spec import parse_assignment
    from evo.organisations.study import load

    return load(config, settings=dict(map(parse_assignment, settings or [])) | chosen)


def _tell(say: Console, study: Study) -> None:
    model, asked = study.model, study.asked.run
    for text, style in ((model.title, "bold"), (model.question, "italic"), (model.note, "dim")):
        if text.strip():
            say.print(text.strip(), style=style)
    words = counted(len(study.points), "point"), counted(asked.replicates, "replicate")
    say.print(f"plan: {', '.join(words)} each, {asked.generations:,} generations, seed {asked.seed}")


def _write(result: StudyResult, folder: Path) -> None:
    from evo.batch.manifest import versions
    from evo.canonical import sha256
    from evo.organisations.study import dump

    folder.mkdir(parents=True, exist_ok=True)
    text = dump(result.study)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    made = {
        "title": result.study.model.title,
        "config_hash": sha256(text),
        "seed": result.study.asked.run.seed,
        "versions": versions(),
        "failures": [{"point": place, "message": message} for place, message in result.failures],
    }
    (folder / "manifest.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    for name in ("points", "outcomes", "paths"):
        getattr(result, name).to_parquet(folder / f"{name}.parquet", index=False)
