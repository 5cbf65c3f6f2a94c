"""Without chance: where the response to an intervention switches, by a scan and bisection on the separatrix."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from evo.tipping.question import Question, Target
from evo.tipping.results import ALREADY, NOT_REACHED, Baseline, Crossing, Response, Window
from evo.tipping.runs import reached
from evo.tipping.theory import beside

PRECISION = 1e-9  # of a bisection, relative to the largest amount
FOREVER = 25.0  # horizons that stand for none


class _Tried:
    """Amounts tried so far, with the time at which each reached the target."""

    def __init__(self, question: Question, target: Target, *, settles: bool = False) -> None:
        self.question, self.target, self.settles = question, target, settles
        self.times: dict[float, float] = {}

    def tips(self, amount: float) -> bool:
        if amount not in self.times:
            (time,) = reached(self.question.at(amount), self.target, began=self.question.began, settles=self.settles)
            self.times[amount] = float(time)
        return not math.isnan(self.times[amount])

    def switch(self, low: float, high: float, precision: float) -> tuple[float, float]:
        """The bracket of the switch between two amounts of which one tips and the other does not."""
        before = self.tips(low)
        while high - low > precision and low < (middle := 0.5 * (low + high)) < high:
            low, high = (middle, high) if self.tips(middle) == before else (low, middle)
        return low, high


def search(question: Question, *, scan: int, precision: float = PRECISION, alone: bool = False) -> Response:
    """All amounts at which the response switches, of `scan` even ones and between those where it differs; and, unless it is to
    stand alone, the least amount without a horizon and what theory says beside."""
    tried = _Tried(question, question.target)
    grid = np.linspace(0.0, question.done.most, scan)
    pattern = [tried.tips(float(amount)) for amount in grid]
    width = precision * question.done.most
    switches: list[tuple[float, float]] = [
        tried.switch(float(grid[k]), float(grid[k + 1]), width) for k in range(scan - 1) if pattern[k] != pattern[k + 1]
    ]
    windows = _windows(pattern[0], switches, question.done.most)
    crossing = _crossing(pattern[0], switches)
    amounts = np.array(sorted(tried.times))
    times = np.array([tried.times[amount] for amount in amounts])
    tips = ~np.isnan(times)
    distant, more = _eventually(question, crossing, width) if not alone else (None, 0)
    always = float(pattern[0])
    return Response(
        question,
        Baseline(always, always, always, 1),
        (crossing,),
        amounts,
        np.ones(len(amounts), int),
        tips.astype(int),
        times,
        f"a scan of {scan} even amounts, then bisection to {precision:g} of the largest",
        tuple(_notes(windows, scan, question)),
        windows,
        distant,
        more,
        None if alone else beside(question),
    )


def _crossing(at_once: bool, switches: list[tuple[float, float]]) -> Crossing:
    """The least amount that tips."""
    if at_once:
        return Crossing(1.0, math.nan, math.nan, math.nan, ALREADY)
    if not switches:
        return Crossing(1.0, math.nan, math.nan, math.nan, NOT_REACHED)
    low, high = switches[0]
    return Crossing(1.0, high, low, high)


def _windows(at_once: bool, switches: list[tuple[float, float]], most: float) -> tuple[Window, ...]:
    edges = [0.0] if at_once else []
    edges += [high if (len(edges) + place) % 2 == 0 else low for place, (low, high) in enumerate(switches)]
    edges += [most] if len(edges) % 2 else []
    return tuple(Window(edges[k], edges[k + 1]) for k in range(0, len(edges), 2))


def _eventually(question: Question, crossing: Crossing, width: float) -> tuple[Crossing | None, int]:
    """The least amount without a horizon, where time plays no part in the system itself; and the runs that it took."""
    if crossing.outcome == ALREADY or question.moment is not None or not question.experiment.model.lowered.autonomous:
        return None, 0
    assert question.target.horizon is not None
    distant = replace(question.target, horizon=FOREVER * question.target.horizon)
    tried = _Tried(question, distant, settles=True)
    found = Crossing(1.0, math.nan, math.nan, math.nan, NOT_REACHED)
    top = question.done.most if crossing.outcome == NOT_REACHED else crossing.high
    if tried.tips(top):
        low, step = top, width
        while low > 0 and tried.tips(low):
            low, step = max(0.0, low - step), 8 * step
        found = Crossing(1.0, math.nan, math.nan, math.nan, ALREADY)
        if not tried.tips(low):
            low, high = tried.switch(low, top, width)
            found = Crossing(1.0, high, low, high)
    return found, len(tried.times)


def _notes(windows: tuple[Window, ...], scan: int, question: Question) -> list[str]:
    done = question.done
    notes = [f"windows narrower than {done.most / (scan - 1):.3g} may be missed"]
    if len(windows) > 1 or (windows and windows[-1].high < done.most):
        told = ", ".join(f"{done.value(one.low):.4g} to {done.value(one.high):.4g}" for one in windows)
        notes.insert(0, f"the response is not monotone: the target is reached at {told}, and not between or beyond")
    return notes
