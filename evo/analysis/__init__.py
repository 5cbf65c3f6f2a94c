"""What theory says of one model, as tables: which answers there are for it, computed by `evo.exact`, and how.

    analysis = analyse(evo.load("configs/stag_hunt.yaml"))
    analysis["rest-points"].table, analysis.refused

`evo.plots.answers` draws them; `evo analyse` is the command.
"""

from __future__ import annotations

from evo.analysis.answers import Analysis, Answer, Refusal
from evo.analysis.asked import Asked, Range
from evo.analysis.questions import QUESTIONS, Question, analyse

__all__ = ["QUESTIONS", "Analysis", "Answer", "Asked", "Question", "Range", "Refusal", "analyse"]
