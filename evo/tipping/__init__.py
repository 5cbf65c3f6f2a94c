"""What tips a system: the least intervention, what moves it, and what happens when the environment is led there and back.

    found = critical(evo.load("configs/big_shift.yaml"), by="seed", target=Target("collaborate", horizon=400))
    found.dose, found.statement, found.frame

`critical` finds the dose from which the target is reached and held, `by_start` from each of several starts, `windows` at each
moment; `levers` its derivatives; `ramp` leads a parameter up and down; `rate_tipping` asks whether the pace alone can tip;
`early_warnings` judges early signs. `evo.plots` draws them.
"""

from __future__ import annotations

from evo.tipping.chance import Budget
from evo.tipping.critical import critical
from evo.tipping.early import Warnings, early_warnings
from evo.tipping.effects import Effect
from evo.tipping.levers import Levers, levers
from evo.tipping.pace import Overshoot, Pace, overshoot, rate_tipping
from evo.tipping.question import Question, Target
from evo.tipping.ramps import Loop, ramp
from evo.tipping.results import Critical, Crossing, Response, Window
from evo.tipping.starts import Starts, by_start
from evo.tipping.windows import Windows, windows

__all__ = [
    "Budget",
    "Critical",
    "Crossing",
    "Effect",
    "Levers",
    "Loop",
    "Overshoot",
    "Pace",
    "Question",
    "Response",
    "Starts",
    "Target",
    "Warnings",
    "Window",
    "Windows",
    "by_start",
    "critical",
    "early_warnings",
    "levers",
    "overshoot",
    "ramp",
    "rate_tipping",
    "windows",
]
