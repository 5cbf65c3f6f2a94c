"""`evo report`: one HTML page of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.words import complain, console, plainly

if TYPE_CHECKING:
    from evo.results import Result


@plainly
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the page goes.", show_default="RUN/report.html")
    ] = None,
) -> None:
    """Write a run's report: one HTML page to read, print or send, which loads nothing from the network."""
    from evo.report import write
    from evo.results import Result

    result = Result.load(run)
    say = console()
    say.print(str(write(result, out)), soft_wrap=True)


def add_report(result: Result, *, draw: bool) -> None:
    """Write the page at the end of a run, which it cannot fail: whatever breaks here is told, and the tables are there."""
    from evo.report import write

    try:
        write(result, draw=draw)
    except Exception as error:
        complain(f"evo: no report was written ({type(error).__name__}: {error}); the run itself is whole")
