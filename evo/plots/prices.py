"""The price list of interventions: for each of them, at which price how many replicates tip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evo.measures import TimeToTip
from evo.plots.labels import darkened
from evo.plots.page import COLUMN, GREY, INK, PictureError, add_note, close_page, open_page, settings, wrap
from evo.plots.words import SPACE, number, settings_words, strategy_labels
from evo.results import Result
from evo.shifts import OPEN, TIPS, TIPS_NOT, Shift, Trial, trials
from evo.strategies import colors

MOST_ROWS = 12
WIDTH = 1.35 * COLUMN
ROW = 0.42  # inches
WIDE = 30.0  # largest over smallest price from which the axis is logarithmic
LEFT, RIGHT = 0.85, 1.0  # inches for names and for what the least costs


@dataclass(frozen=True)
class Offer:
    """One intervention over its sizes: its name, and the shifts that were tried."""

    name: str
    trial: Trial

    @property
    def least(self) -> Shift | None:
        """The shift that tips at the lowest price, where none has a price the smallest."""
        return self.trial.cheapest or (None if self.priced else self.trial.smallest)

    @property
    def priced(self) -> bool:
        return any(shift.priced for shift in self.trial.shifts)

    @property
    def words(self) -> str:
        """What the least that tips takes."""
        if self.least is None:
            return OPEN if any(shift.verdict == OPEN for shift in self.trial.shifts) else TIPS_NOT
        size = self.least.size
        return TIPS if math.isnan(size) else f"size {number(float(f'{size:.3g}'))}"

    @property
    def told(self) -> list[str]:
        """The same with its price."""
        if self.least is None or not self.priced:
            return [self.words]
        return [self.words, f"costs {number(float(f'{self.least.cost:.3g}'))}"]


def prices(result: Result, *, part: str | None = None, strategy: str | None = None) -> Figure:
    """A row for each intervention (part of the sweep, or setting within one), the cheapest first: share of the replicates that
    tip over what it costs, a dot for each size, with 95 % intervals of both; at the right the least size that tips, and its
    price. What tips is as in `evo.shifts`: the interval of the share lies above one half. What has no price is told below.

    `strategy`: that of the `time_to_tip` that counts, by default the first. PictureError where `cost` or `time_to_tip` was not
    measured.
    """
    offers, measure = _asked(result, part, strategy)
    priced = sorted((offer for offer in offers if offer.priced), key=_rank)
    if not priced:
        raise PictureError("no intervention of this run has a price: state one, `price: size`")
    if len(priced) > MOST_ROWS:
        raise PictureError(
            f"a picture has room for {MOST_ROWS} interventions, and here are {len(priced)}: choose a `part`"
        )
    experiment = result.experiment
    label = strategy_labels(experiment)[measure.strategy]
    hue = colors(experiment.strategies)[measure.strategy]
    logarithmic, span = _span([shift for offer in priced for shift in offer.trial.shifts])
    with settings():
        height = ROW * len(priced) + 0.45
        page = open_page(result, width=WIDTH, height=height)
        axes: list[Axes] = list(page.body.subplots(len(priced), 1, sharex=True, squeeze=False)[:, 0])
        for ax, offer in zip(axes, priced, strict=True):
            _draw(ax, offer, hue)
            ax.set_ylabel(wrap(offer.name, inches=LEFT, size=8), rotation=0, ha="right", va="center", labelpad=4)
            ax.annotate(
                "\n".join(offer.told), (1, 0.5), (6, 0), xycoords="axes fraction", textcoords="offset points", va="center",
                fontsize=7, color=GREY if offer.least is None else INK, annotation_clip=False, gid="least",
            )  # fmt: skip
        axes[-1].set(xlim=span, xscale="log" if logarithmic else "linear")
        axes[-1].set_xlabel("price, in payoff per head")
        axes[0].set_title(wrap(f"share of runs that tip to {label}", inches=WIDTH - LEFT - RIGHT, size=8))
        for note in _notes([offer for offer in offers if not offer.priced], priced, measure, label):
            add_note(page, note)
        return close_page(page, axes, aspect=ROW / (WIDTH - LEFT - RIGHT) * 0.8)


def price_words(result: Result, *, part: str | None = None, strategy: str | None = None) -> str:
    """The same list in words: `seed: size 0.1 costs 0.1; friction: does not tip`."""
    offers, _ = _asked(result, part, strategy)
    return "; ".join(f"{offer.name}: {' '.join(offer.told)}" for offer in sorted(offers, key=_rank))


def _asked(result: Result, part: str | None, strategy: str | None) -> tuple[list[Offer], TimeToTip]:
    measure = _measure(result, strategy)
    tried = [one for one in trials(result, strategy=measure.strategy) if part in (None, one.part)]
    offers = [Offer(_called(one, result), one) for one in tried if one.shifts]
    if not offers:
        raise PictureError(f"the sweep has no part {part!r} with finished runs")
    return offers, measure


def _measure(result: Result, strategy: str | None) -> TimeToTip:
    """The measure that says what counts as tipped."""
    measured = [one for one in result.experiment.measure if isinstance(one, TimeToTip)]
    for one in measured:
        if strategy in (None, one.strategy) and {one.column, "cost"} <= set(result.outcomes):
            return one
    asked = strategy or "NAME"
    raise PictureError(
        f"add `cost` and `{{kind: time_to_tip, strategy: {asked}}}` to the config's `measure`: prices are of what tips"
    )


def _called(trial: Trial, result: Result) -> str:
    """The part's name, else those of its interventions, and what else sets it apart."""
    name = trial.part or ", ".join(result.at(trial.shifts[0].point).intervention_names)
    told = [name.replace("_", " "), settings_words(dict(trial.place), result.experiment)]
    return ", ".join(filter(None, told))


def _rank(offer: Offer) -> tuple[float, float]:
    """By the price of the least that tips; those that do not tip last, by their highest price."""
    least = offer.least
    return (math.inf if least is None else least.cost), max(shift.cost for shift in offer.trial.shifts)


def _span(shifts: Sequence[Shift]) -> tuple[bool, tuple[float, float]]:
    """Whether the axis of prices is logarithmic, and its ends."""
    lowest = min(shift.cost for shift in shifts if shift.priced)
    highest = max(shift.dearest for shift in shifts)
    if highest > WIDE * lowest:
        return True, (0.8 * lowest, 1.25 * highest)
    return False, (0.0, 1.05 * highest)


def _draw(ax: Axes, offer: Offer, hue: str) -> None:
    """Dots at price and share: full where it tips, empty where it does not, half full where the replicates do not tell."""
    shifts = sorted(offer.trial.shifts, key=lambda shift: shift.cost)
    shares = [shift.tipped / shift.of for shift in shifts]
    line: Any = {"color": darkened(hue), "linewidth": 0.8}
    ax.plot([shift.cost for shift in shifts], shares, alpha=0.5, zorder=2, gid=f"offer: {offer.name}", **line)
    low, high = [shift.low for shift in shifts], [shift.high for shift in shifts]
    ax.vlines([shift.cost for shift in shifts], low, high, zorder=3, **line).set_gid("interval of the share")
    cheap, dear = [max(shift.cheapest, 0.0) for shift in shifts], [shift.dearest for shift in shifts]
    ax.hlines(shares, cheap, dear, zorder=3, **line).set_gid("interval of the price")
    for shift, share in zip(shifts, shares, strict=True):
        ax.plot(
            shift.cost, share, "o", markersize=3.6, fillstyle="left" if shift.verdict == OPEN else "full",
            markerfacecolor="white" if shift.verdict == TIPS_NOT else hue, markerfacecoloralt="white",
            markeredgecolor=darkened(hue), markeredgewidth=0.8, zorder=4, clip_on=False, gid=shift.verdict,
        )  # fmt: skip
    ax.axhline(0.5, color=GREY, linewidth=0.5, dashes=(2, 2), zorder=1)
    ax.set(ylim=(-0.12, 1.12), yticks=[0, 1])
    ax.spines[["top", "right"]].set_visible(False)


def _notes(free: Sequence[Offer], priced: Sequence[Offer], measure: TimeToTip, label: str) -> list[str]:
    held = f" for {number(measure.hold)} generations" if measure.hold else ""
    notes = [f"Tips: {label} reaches {number(100 * measure.level)}{SPACE}%{held}. At the right: the least that tips."]
    shifts = [shift for offer in priced for shift in offer.trial.shifts]
    if any(shift.random for shift in shifts):
        count = min(shift.of for shift in shifts)
        notes.append(
            f"Full dots: more than half of all runs tip, by Wilson's 95{SPACE}% interval of the share of {count} replicates; "
            "half full: they do not tell. Prices: means with Student's."
        )
    if free:
        told = "; ".join(f"{offer.name} ({offer.words})" for offer in free)
        notes.append(f"Without a price: {told}.")
    return notes
