"""`evo report`: one HTML page of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.options import Run, place
from evo.cli.words import FAILED, complain, console, plainly
from evo.places import FolderError

if TYPE_CHECKING:
    from evo.results import Result


@plainly
def report(
    run: Run,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=place, metavar="FILE", help="Where the page goes, or its URL.", show_default="RUN/report.html"
        ),
    ] = None,
) -> None:
    """Write a run's report: one HTML page to read, print or send, which loads nothing from the network."""
    from evo.report import write
    from evo.results import Result

    result = Result.load(run)
    try:
        written = write(result, out)
    except (FolderError, OSError):
        raise
    except Exception as error:
        complain(f"evo: no report was written ({_named(error)}); `evo show {run}` shows the tables")
        raise typer.Exit(FAILED) from None
    console().print(str(written), soft_wrap=True)


def add_report(result: Result, *, draw: bool) -> None:
    """Write the page at the end of a run, which it cannot fail: whatever breaks here is told, and the tables are there."""
    from evo.report import write

    try:
        write(result, draw=draw)
    except Exception as error:
        complain(f"evo: no report was written ({_named(error)}); the run itself is whole")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
