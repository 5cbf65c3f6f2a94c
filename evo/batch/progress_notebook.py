"""How far a run is, in Jupyter: a panel in the output of the cell, changed in place; what it says last stays there."""

from __future__ import annotations

import time
from html import escape
from typing import Any

from evo.batch.progress import Progress, duration, waiting, words

SECONDS = 0.5  # between changes
MANY_POINTS = 200
BAR = (
    '<div style="background:rgba(127,127,127,.25);width:18em;height:.7em;border-radius:.35em;display:inline-block">'
    '<div style="background:#4a6fa5;width:{percent:.1f}%;height:100%;border-radius:.35em"></div></div>'
)


class Notebook:
    """A piece of HTML that needs nothing but IPython, wherever it is shown: JupyterLab, VS Code, a hosted notebook."""

    def __init__(self) -> None:
        self.handle: Any = None
        self.shown = 0.0
        self.last: Progress | None = None

    def checking(self, points: int, total: int) -> None:
        if total >= MANY_POINTS:
            self._show(_row("checking points", points / total, f"{points:,} of {total:,}"), whole=points == total)

    def running(self, progress: Progress) -> None:
        self.last = progress
        self._show(html(progress), whole=progress.share == 1)

    def note(self, text: str) -> None:
        from IPython.display import HTML, display

        display(HTML(f"<p><em>{escape(text)}</em></p>"))

    def close(self) -> None:
        if self.last is not None and self.handle is not None:
            self._show(html(self.last), whole=True)
            self.last = None

    def _show(self, text: str, *, whole: bool) -> None:
        from IPython.display import HTML, display

        if not whole and time.monotonic() - self.shown < SECONDS:
            return
        self.shown = time.monotonic()
        if self.handle is None:
            self.handle = display(HTML(text), display_id=True)
        else:
            self.handle.update(HTML(text))


def html(progress: Progress) -> str:
    """The panel of a run."""
    fresh = progress.replicates_done == progress.kept < progress.replicates
    spent = f"{duration(progress.seconds)} so far" + (f" on {progress.crew}" if progress.crew else "")
    lines = [_row("running" if progress.share < 1 else "done", progress.share, spent)]
    if text := waiting(progress) if fresh else words(progress):
        lines.append(f"<div>{escape(text)}</div>")
    if progress.leaders:
        counted = sum(progress.prevailing.values())
        lines += [_row(name, share) for name, share in progress.leaders]
        lines.append(f"<div><small>prevails, of {counted:,} so far</small></div>")
    return f'<div style="font-variant-numeric:tabular-nums">{"".join(lines)}</div>'


def _row(name: str, share: float, text: str = "") -> str:
    label = f'<span style="display:inline-block;min-width:8em">{escape(name)}</span>'
    return f"<div>{label} {BAR.format(percent=100 * share)} {100 * share:.0f} % <small>{escape(text)}</small></div>"
