"""The price list of interventions: for each of them, at which price how many replicates tip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evo.experiment import Experiment
from evo.measures import TimeToTip
from evo.plots.intervals import interval_note, mean_interval
from evo.plots.labels import darkened
from evo.plots.page import COLUMN, GREY, INK, PictureError, add_note, close_page, open_page, settings, wrap
from evo.plots.swept import Swept, swept_parts
from evo.plots.words import SPACE, number, settings_words, strategy_labels
from evo.results import Result
from evo.strategies import colors

SIZE = re.compile(r"interventions\.\d+\.size")
MOST_ROWS = 12
WIDTH = 1.35 * COLUMN
ROW = 0.42  # inches
WIDE = 30.0  # largest over smallest price from which the axis is logarithmic
LEFT, RIGHT = 0.85, 1.0  # inches for names and for what the least costs


@dataclass(frozen=True)
class Offer:
    """One intervention over its sizes: size, replicates, price (mean and its interval), share that tips and its interval."""

    name: str
    sizes: np.ndarray
    count: int
    price: np.ndarray  # (3, points): mean, low, high
    tips: np.ndarray  # (3, points)

    @property
    def least(self) -> int | None:
        """The point at the lowest price at which half of the replicates tip, or more."""
        enough = np.flatnonzero(self.tips[0] >= 0.5)
        return int(min(enough, key=lambda k: (self.price[0, k], self.sizes[k]))) if len(enough) else None

    @property
    def priced(self) -> bool:
        return bool((self.price[0] > 0).any())

    @property
    def words(self) -> str:
        """What the least that tips half takes."""
        if self.least is None:
            return "does not tip"
        size = self.sizes[self.least]
        return "tips" if np.isnan(size) else f"size {number(float(f'{size:.3g}'))}"

    @property
    def told(self) -> list[str]:
        """The same with its price."""
        if self.least is None or not self.priced:
            return [self.words]
        return [self.words, f"costs {number(float(f'{self.price[0, self.least]:.3g}'))}"]


def prices(result: Result, *, part: str | None = None, strategy: str | None = None) -> Figure:
    """A row for each intervention (part of the sweep, or setting within one), the cheapest first: share of the replicates that
    tip over what it costs, a dot for each size, with 95 % intervals of both; at the right the least size that tips half of
    them, and its price. What has no price is told below.

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
    logarithmic, span = _span(priced)
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
    parts = [swept for swept in swept_parts(result) if part in (None, swept.part)]
    offers = [offer for swept in parts for offer in _offers(result, swept, measure)]
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


def _offers(result: Result, swept: Swept, measure: TimeToTip) -> list[Offer]:
    sized = [path for path in swept.paths if SIZE.fullmatch(path)][:1]
    groups = dict(tuple(result.outcomes.groupby("point")))
    found = []
    for beyond, points in swept.panels(sized):
        kept = [point for point in points if point in groups]
        if not kept:
            continue
        size = [float(swept.value(point, sized[0])) if sized else np.nan for point in kept]
        cost = [_mean(groups[point]["cost"].to_numpy(float)) for point in kept]
        tipped = [groups[point][measure.column].notna().to_numpy(float)[:, None] for point in kept]
        share = [np.array([each[0] for each in mean_interval(one)]) for one in tipped]
        names = [name for name in (_called(swept), settings_words(beyond, result.experiment)) if name]
        count = min(len(one) for one in tipped)
        found.append(Offer(", ".join(names), np.array(size), count, np.array(cost).T, np.array(share).T))
    return found


def _called(swept: Swept) -> str:
    """The part's name, else those of its interventions."""
    if swept.part:
        return swept.part.replace("_", " ")
    experiment: Experiment = swept.experiment
    return ", ".join(str(one.name or one.kind) for one in experiment.interventions).replace("_", " ")


def _mean(values: np.ndarray) -> tuple[float, float, float]:
    """The mean and its 95 % interval by Student's t; of one value that value."""
    from scipy.special import stdtrit

    mean = float(values.mean())
    if len(values) < 2:
        return mean, mean, mean
    reach = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values)))
    return mean, max(mean - reach, 0.0), mean + reach


def _rank(offer: Offer) -> tuple[float, float]:
    """By the price of the least that tips; those that do not tip last, by their highest price."""
    least = offer.least
    return (np.inf if least is None else float(offer.price[0, least]), float(offer.price[0].max()))


def _span(offers: Sequence[Offer]) -> tuple[bool, tuple[float, float]]:
    """Whether the axis of prices is logarithmic, and its ends."""
    known = np.concatenate([offer.price[0] for offer in offers])
    lowest, highest = known[known > 0].min(), max(float(offer.price[2].max()) for offer in offers)
    if highest > WIDE * lowest:
        return True, (0.8 * float(lowest), 1.25 * highest)
    return False, (0.0, 1.05 * highest)


def _draw(ax: Axes, offer: Offer, hue: str) -> None:
    """Dots at price and share, filled where half tip or more."""
    order = np.argsort(offer.price[0], kind="stable")
    (price, cheap, dear), (share, low, high) = offer.price[:, order], offer.tips[:, order]
    line: Any = {"color": darkened(hue), "linewidth": 0.8}
    ax.plot(price, share, alpha=0.5, zorder=2, gid=f"offer: {offer.name}", **line)
    ax.vlines(price, low, high, zorder=3, **line).set_gid("interval of the share")
    ax.hlines(share, cheap, dear, zorder=3, **line).set_gid("interval of the price")
    for k in range(len(price)):
        fill = hue if share[k] >= 0.5 else "white"
        ax.plot(
            price[k], share[k], "o", markersize=3.6, markerfacecolor=fill, markeredgecolor=darkened(hue),
            markeredgewidth=0.8, zorder=4, clip_on=False, gid="tips" if share[k] >= 0.5 else "does not tip",
        )  # fmt: skip
    ax.axhline(0.5, color=GREY, linewidth=0.5, dashes=(2, 2), zorder=1)
    ax.set(ylim=(-0.12, 1.12), yticks=[0, 1])
    ax.spines[["top", "right"]].set_visible(False)


def _notes(free: Sequence[Offer], priced: Sequence[Offer], measure: TimeToTip, label: str) -> list[str]:
    held = f" for {number(measure.hold)} generations" if measure.hold else ""
    notes = [
        f"Tips: {label} reaches {number(100 * measure.level)}{SPACE}%{held}. At the right: the least that tips half."
    ]
    count = min(offer.count for offer in priced)
    if count > 1:
        notes.append(interval_note(count))
    if free:
        told = "; ".join(f"{offer.name} ({offer.words})" for offer in free)
        notes.append(f"Without a price: {told}.")
    return notes
