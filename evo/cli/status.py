"""`evo status`: how a run is, from another terminal or after it ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from evo.cli.options import Run
from evo.cli.words import console, counted, plainly

if TYPE_CHECKING:
    from evo.batch.status import Status

GO_ON = "the same command with --resume goes on from there"


@plainly
def status(
    run: Run,
    as_json: Annotated[bool, typer.Option("--json", help="As one line of JSON, for scripts.")] = False,
) -> None:
    """How far a run is: done, rate, time left, failures, who prevails so far, and whether its process still lives."""
    from dataclasses import asdict

    from evo.batch.status import status_of

    found = status_of(run)
    say = console()
    if as_json:
        print(json.dumps(asdict(found)))
        return
    if found.title:
        say.print(found.title, style="bold")
    say.print(_state(found), style="bold red" if found.state in ("dead", "incomplete") else None)
    for line in _done(found):
        say.print(line)


def _state(found: Status) -> str:
    from evo.batch.progress import duration

    crew = f" on {found.crew}" if found.crew else ""
    spent = f" for {duration(found.seconds)}" if found.seconds is not None else ""
    process = f"process {found.pid} on {found.host}" if found.pid else "its process"
    if found.state == "running":
        heard = f"; heard {duration(found.heard)} ago" if found.heard is not None else ""
        return f"running{spent}{crew} ({process}{heard})"
    if found.state == "complete":
        return f"finished{spent.replace(' for', ' in')}"
    if found.state == "incomplete":
        return f"finished with errors: {counted(found.replicates - found.replicates_done, 'replicate')} have no outcome"
    if found.state == "interrupted":
        return f"stopped before the end; {GO_ON}"
    last = f", last heard {duration(found.heard)} ago" if found.heard is not None else ""
    return f"looks dead: nobody writes to the folder ({process}{last}); {GO_ON}"


def _done(found: Status) -> list[str]:
    from evo.batch.progress import duration

    said = [f"{100 * found.replicates_done / max(1, found.replicates):3.0f} %"]
    if found.points_done is not None:
        said.append(f"{found.points_done:,} of {counted(found.points, 'point')}")
    said.append(f"{found.replicates_done:,} of {counted(found.replicates, 'replicate')}")
    said += [f"{found.rate:,.3g}/s"] if found.rate else []
    said += [f"{duration(found.left)} left"] if found.left is not None else []
    said.append(f"{found.failed:,} failed" if found.failed else "none failed")
    total = sum(found.prevailing.values())
    leaders = sorted(found.prevailing.items(), key=lambda item: -item[1])
    shares = ", ".join(f"{name} {100 * count / total:.0f} %" for name, count in leaders[:5])
    return [", ".join(said), *([f"who prevails: {shares} (of {total:,})"] if leaders else [])]
