"""How strategies look on the page: colours that can be seen on light and on dark ground, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.colors import to_hex, to_rgb

from evo.model import Parts
from evo.plots.prevail import NOBODY
from evo.plots.words import strategy_labels
from evo.report.text import unset
from evo.strategies import PALETTE, colors

Color = tuple[float, float, float]
LIGHT, DARK = "#ffffff", "#15171c"
CONTRAST, TEXT_CONTRAST = 3.0, 4.5  # of marks and of text against the ground [WCAG 2.2, 1.4.11 and 1.4.3]
NOBODY_LABELS = {"cycle": "cycle (the lead passes on)", "none": "nobody (a tie)"}


@dataclass(frozen=True)
class Kind:
    """One who may prevail: a strategy, a pair of strategies of two roles, or nobody."""

    name: str
    label: str
    color: str  # as the config has it

    def variables(self, place: int, ground: str) -> str:
        """The CSS variables of its colours on a ground: areas, lines and marks, text."""
        area = self.color if ground == LIGHT else seen(self.color, ground, CONTRAST)
        line, text = seen(self.color, ground, CONTRAST), seen(self.color, ground, TEXT_CONTRAST)
        return f"--k{place}:{area};--l{place}:{line};--e{place}:{text}"


def kinds_of(model: Parts, found: set[str]) -> list[Kind]:
    """All strategies, then what else was found to prevail: pairs, cycles, ties."""
    own = colors(model.strategies)
    labels = {name: unset(label) for name, label in strategy_labels(model).items()}
    kinds = [Kind(name, labels[name], own[name]) for name in own]
    for place, name in enumerate(sorted(name for name in found if "+" in name)):
        label = " + ".join(labels.get(each, each) for each in name.split("+"))
        kinds.append(Kind(name, label, PALETTE[(place + 4) % len(PALETTE)]))
    return [*kinds, *(Kind(name, NOBODY_LABELS[name], NOBODY[name]) for name in NOBODY if name in found)]


def seen(color: str, ground: str, ratio: float) -> str:
    """The colour, moved towards white or black as far as it takes to stand out from the ground by this ratio."""
    target = to_rgb("white" if luminance(ground) < 0.2 else "black")
    mixed = [to_hex(_mixed(to_rgb(color), target, step / 20)) for step in range(21)]
    return next((each for each in mixed if contrast(each, ground) >= ratio), mixed[-1])


def _mixed(first: Color, second: Color, part: float) -> Color:
    red, green, blue = (min(1.0, max(0.0, a + (b - a) * part)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours [WCAG 2.2]."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Relative luminance of a colour [WCAG 2.2]."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
