"""`evo verify`: run a sample of a folder's replicates again and compare every bit."""

from __future__ import annotations

from typing import Annotated

import typer

from evo.cli.options import Run
from evo.cli.words import FAILED, console, counted, plainly

MOST_TOLD = 10


@plainly
def verify(
    run: Run,
    sample: Annotated[int, typer.Option(min=1, help="How many replicates to run again.")] = 20,
    seed: Annotated[
        int | None, typer.Option(help="Choose the same ones again.", show_default="others each time")
    ] = None,
) -> None:
    """Run a random sample of a run's replicates again and compare them, paths included, bit by bit."""
    from evo.batch.checking import verify as check
    from evo.results import Result

    say = console()
    result = Result.load(run)
    if say.is_terminal:
        with say.status("running replicates again") as status:
            found = check(
                result, sample=sample, seed=seed, heard=lambda done, of: status.update(f"{done} of {of} run again")
            )
    else:
        found = check(result, sample=sample, seed=seed)
    told = f"{found.checked:,} of {counted(found.held, 'replicate')} run again"
    for change in found.changes:
        say.print(f"note: {change}", style="yellow")
    if not found.differing:
        say.print(f"{told}: every bit is the same", soft_wrap=True)
        return
    say.print(f"{told}: {len(found.differing):,} differ", style="bold red", soft_wrap=True)
    for point, replicate, words in found.differing[:MOST_TOLD]:
        say.print(f"  point {point}, replicate {replicate}: {words}", soft_wrap=True)
    if len(found.differing) > MOST_TOLD:
        say.print(f"  and {len(found.differing) - MOST_TOLD:,} more")
    raise typer.Exit(FAILED)
