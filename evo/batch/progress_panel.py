"""How far a run is, on a terminal: a panel that stays in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evo.batch.progress import Progress, duration, waiting, words

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH = 30  # of bars
MANY_POINTS = 200  # that take a while to check


class Panel:
    """Live: what is done, the rate, the time left, failures, and who prevails so far."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console

        self.console = console or Console(stderr=True, emoji=False)
        self.live: Any = None

    def checking(self, points: int, total: int) -> None:
        if total >= MANY_POINTS:
            self._show(_line("checking points", points / total, f"{points:,} of {total:,}"))

    def running(self, progress: Progress) -> None:
        self._show(panel(progress))

    def note(self, text: str) -> None:
        self.console.print(text, style="yellow", highlight=False, markup=False)

    def close(self) -> None:
        if self.live is not None:
            self.live.stop()
            self.live = None

    def _show(self, view: RenderableType) -> None:
        if self.live is None:
            from rich.live import Live

            self.live = Live(console=self.console, refresh_per_second=6, transient=True)
            self.live.start()
        self.live.update(view)


def panel(progress: Progress) -> RenderableType:
    """The panel of a run."""
    from rich.console import Group
    from rich.text import Text

    fresh = progress.replicates_done == progress.kept < progress.replicates
    spent = f"{duration(progress.seconds)} so far" + (f" on {progress.crew}" if progress.crew else "")
    lines: list[RenderableType] = [_line("running", None if fresh else progress.share, spent)]
    if text := waiting(progress) if fresh else words(progress):
        lines.append(Text(text, style="red" if progress.failed else "dim"))
    if progress.leaders:
        lines.append(_leaders(progress))
    return Group(*lines)


def _line(what: str, share: float | None, text: str) -> RenderableType:
    """A name, a bar (moving where the share is not known), a text."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    percent = "" if share is None else f"{100 * share:3.0f} %"
    bar = ProgressBar(total=None if share is None else 1.0, completed=share or 0.0, width=WIDTH, pulse=share is None)
    grid.add_row(what, bar, percent, text)
    return grid


def _leaders(progress: Progress) -> RenderableType:
    from rich.bar import Bar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    counted = sum(progress.prevailing.values())
    for name, share in progress.leaders:
        grid.add_row(Text(name), Bar(1.0, 0.0, share, width=WIDTH), f"{100 * share:3.0f} %")
    grid.add_row("", Text(f"prevails, of {counted:,} so far", style="dim"))
    return grid
