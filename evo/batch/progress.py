"""How far a run is, for a terminal (a live bar), for a log (a line now and then), or for nobody."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Literal, Protocol

LINE_SECONDS = 60.0
LINE_SHARE = 0.1
PATIENCE = 2.0  # seconds without a result after which the reason is told


@dataclass
class Progress:
    """How far a run is. `kept` replicates were there before it began."""

    points: int
    replicates: int
    points_done: int = 0
    replicates_done: int = 0
    kept: int = 0
    failed: int = 0
    prevailing: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Replicates a second."""
        return (self.replicates_done - self.kept) / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds left, if that can be guessed."""
        return (self.replicates - self.replicates_done) / self.rate if self.rate > 0 else None

    @property
    def leading(self) -> str:
        """Who prevails so far: `command 41 %, collaborate 30 %`."""
        total = sum(self.prevailing.values())
        return ", ".join(f"{name} {100 * count / total:.0f} %" for name, count in self.prevailing.most_common(5))


class Reporter(Protocol):
    """Who is told how far a run is."""

    def checking(self, points: int, total: int) -> None: ...
    def running(self, progress: Progress) -> None: ...
    def note(self, text: str) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Tells nobody."""

    def checking(self, points: int, total: int) -> None: ...
    def running(self, progress: Progress) -> None: ...
    def note(self, text: str) -> None: ...
    def close(self) -> None: ...


class Lines:
    """A plain line every minute, or every tenth of the run."""

    def __init__(self) -> None:
        self.told = time.monotonic()
        self.share = 0.0
        self.waiting = False

    def checking(self, points: int, total: int) -> None:
        if points < total and time.monotonic() - self.told >= LINE_SECONDS:
            self._say(f"checked {points:,} of {total:,} points")

    def running(self, progress: Progress) -> None:
        if progress.replicates_done == progress.kept < progress.replicates:
            if not self.waiting and (words := _waiting(progress)):
                self.waiting = True
                self._say(words)
            return
        share = progress.replicates_done / max(1, progress.replicates)
        if share < 1 and share - self.share < LINE_SHARE and time.monotonic() - self.told < LINE_SECONDS:
            return
        if share > self.share or share < 1:
            self.share = share
            leading = f"; {progress.leading}" if progress.leading else ""
            self._say(f"{100 * share:3.0f} %: {_words(progress)}{leading}")

    def note(self, text: str) -> None:
        self._say(text)

    def close(self) -> None: ...

    def _say(self, text: str) -> None:
        self.told = time.monotonic()
        print(text, file=sys.stderr, flush=True)


class Bar:
    """A live bar with what is done, the rate, the time left and who prevails so far."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)
        self.live: Any = None
        self.bars: Any = None
        self.task: Any = None

    def checking(self, points: int, total: int) -> None:
        if total < 200:
            return
        self._open("checking points", total)
        self.bars.update(self.task, completed=points, total=total, words=f"{points:,} of {total:,}")

    def running(self, progress: Progress) -> None:
        self._open("running", progress.replicates)
        fresh = progress.replicates_done == progress.kept
        self.bars.update(
            self.task,
            description="running",
            completed=progress.replicates_done,
            total=None if fresh else progress.replicates,
            words=_waiting(progress) if fresh else _words(progress),
        )
        self._show(progress)

    def note(self, text: str) -> None:
        self.console.print(text, style="yellow", highlight=False)

    def close(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _open(self, what: str, total: int) -> None:
        if self.live is not None:
            return
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        columns = TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:3.0f} %")
        self.bars = Progress(*columns)
        self.task = self.bars.add_task(what, total=total, words="")
        self.live = Live(self._view(""), console=self.console, refresh_per_second=6, transient=True)
        self.live.start()

    def _show(self, progress: Progress) -> None:
        failed = f", {progress.failed:,} failed" if progress.failed else ""
        self.live.update(self._view(f"so far: {progress.leading}{failed}" if progress.leading else failed[2:]))

    def _view(self, second: str) -> Any:
        from rich.console import Group
        from rich.text import Text

        words = self.bars.tasks[0].fields["words"]
        return Group(self.bars, *(Text(line, style="dim") for line in (words, second) if line))


def _waiting(progress: Progress) -> str:
    if progress.seconds < PATIENCE:
        return ""
    return "waiting for the first results (a new version of evo compiles its kernels once, for about a minute)"


def _words(progress: Progress) -> str:
    words = [f"{progress.points_done:,} of {progress.points:,} points"]
    if progress.replicates != progress.points:
        words.append(f"{progress.replicates_done:,} of {progress.replicates:,} replicates")
    if progress.rate > 0:
        words.append(f"{progress.rate:,.3g}/s" if progress.rate < 1000 else f"{progress.rate:,.0f}/s")
    if progress.left is not None and progress.replicates_done < progress.replicates:
        words.append(f"{duration(progress.left)} left")
    return ", ".join(words)


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def reporter(progress: bool | Literal["auto"] | Reporter) -> Reporter:
    """The reporter that is meant: a bar where a person watches; otherwise lines (True) or none (auto)."""
    if not isinstance(progress, bool | str):
        return progress
    watched = sys.stderr.isatty() or ("ipykernel" in sys.modules and find_spec("ipywidgets") is not None)
    if progress and watched:
        return Bar()
    return Lines() if progress is True else Silent()
