"""How far a run is, and who is told: a log (a line now and then), nobody, or those of progress_panel and progress_notebook."""

from __future__ import annotations

import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Literal, Protocol

from evo.batch.tally import Tally

LINE_SECONDS = 60.0
LINE_SHARE = 0.1
PATIENCE = 2.0  # seconds without a result after which the reason is told
RATE_SECONDS = 60.0  # over which the rate is taken, or over the last answers where these are few
RATE_ANSWERS = 8
MOST_NAMES = 5


@dataclass
class Progress:
    """How far a run is. `kept` replicates were there before it began; crew: who works on it, as in `2 threads`."""

    points: int
    replicates: int
    points_done: int = 0
    replicates_done: int = 0
    kept: int = 0
    failed: int = 0
    prevailing: Counter[str] = field(default_factory=Counter)
    crew: str = ""
    began: float = field(default_factory=time.monotonic)
    answers: deque[tuple[float, int]] = field(default_factory=deque)  # when, and how many replicates were done then

    def heard(self, tally: Tally) -> None:
        """Count what has come in."""
        self.replicates_done += tally.replicates
        self.failed += tally.failed
        self.prevailing += tally.prevailing
        self.answers.append((time.monotonic(), self.replicates_done))
        while len(self.answers) > RATE_ANSWERS and self.answers[1][0] < time.monotonic() - RATE_SECONDS:
            self.answers.popleft()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def share(self) -> float:
        """What of all is done."""
        return self.replicates_done / max(1, self.replicates)

    @property
    def rate(self) -> float:
        """Replicates a second, of late; the wait for the first answer, in which kernels may be compiled, left out."""
        if len(self.answers) > 1 and self.answers[-1][0] > self.answers[0][0]:
            (first, before), (last, done) = self.answers[0], self.answers[-1]
            return (done - before) / (last - first)
        return (self.replicates_done - self.kept) / max(self.seconds, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds left, if that can be guessed."""
        return (self.replicates - self.replicates_done) / self.rate if self.rate > 0 else None

    @property
    def leaders(self) -> list[tuple[str, float]]:
        """Who prevails most often so far, and in what share of the replicates that are done."""
        total = sum(self.prevailing.values())
        return [(name, count / total) for name, count in self.prevailing.most_common(MOST_NAMES)]

    @property
    def leading(self) -> str:
        """Who prevails so far: `command 41 %, collaborate 30 %`."""
        return ", ".join(f"{name} {100 * share:.0f} %" for name, share in self.leaders)


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
            if not self.waiting and (reason := waiting(progress)):
                self.waiting = True
                self._say(reason)
            return
        share = progress.share
        if share < 1 and share - self.share < LINE_SHARE and time.monotonic() - self.told < LINE_SECONDS:
            return
        if share > self.share or share < 1:
            self.share = share
            leading = f"; {progress.leading}" if progress.leading else ""
            self._say(f"{100 * share:3.0f} %: {words(progress)}{leading}")

    def note(self, text: str) -> None:
        self._say(text)

    def close(self) -> None: ...

    def _say(self, text: str) -> None:
        self.told = time.monotonic()
        print(text, file=sys.stderr, flush=True)


def waiting(progress: Progress) -> str:
    """Why there is no result yet, where that takes a while."""
    if progress.seconds < PATIENCE:
        return ""
    return "waiting for the first results (a new version of evo compiles its kernels once, for about a minute)"


def words(progress: Progress) -> str:
    """`820 of 2,187 points, 33/s, 41 s left, 3 failed`."""
    said = [f"{progress.points_done:,} of {progress.points:,} points"]
    if progress.replicates != progress.points:
        said.append(f"{progress.replicates_done:,} of {progress.replicates:,} replicates")
    if progress.rate > 0:
        said.append(f"{progress.rate:,.3g}/s" if progress.rate < 1000 else f"{progress.rate:,.0f}/s")
    if progress.left is not None and progress.replicates_done < progress.replicates:
        said.append(f"{duration(progress.left)} left")
    if progress.failed:
        said.append(f"{progress.failed:,} failed")
    return ", ".join(said)


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def reporter(progress: bool | Literal["auto"] | Reporter) -> Reporter:
    """The reporter that is meant: a panel where a person watches; otherwise lines (True) or none (auto)."""
    if not isinstance(progress, bool | str):
        return progress
    if progress and in_notebook():
        from evo.batch.progress_notebook import Notebook

        return Notebook()
    if progress and sys.stderr.isatty():
        from evo.batch.progress_panel import Panel

        return Panel()
    return Lines() if progress is True else Silent()


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
