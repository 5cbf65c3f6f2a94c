"""The page that a picture stands on: settings of matplotlib, legend, notes, and the line that says what made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib import style as styles
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.legend_handler import HandlerTuple

import evo
from evo.batch.plan import config_hash
from evo.canonical import canonical, sha256
from evo.plots.guest import Guest, PictureError, close_guest
from evo.plots.letters import FONT, wrap
from evo.results import Result
from evo.simulation import Path

COLUMN, PAGE = 3.5, 7.0  # widths of figures in inches: one column of a paper, and two
FORMATS = ("pdf", "svg", "png")
INK, GREY = "#262626", "#737373"
SMALL, TINY = 6.5, 5.5  # points
GAP = 0.07  # inches between what stands in the foot
SETTINGS = {
    "font.family": [FONT],
    "mathtext.fontset": "dejavusans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.labelpad": 3,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.6,
    "figure.dpi": 144,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "evo",
} | {f"{axis}tick.{which}.{what}": value for axis in "xy" for which, *pairs in (
    ("major", ("size", 2.5), ("width", 0.6), ("pad", 2)), ("minor", ("size", 1.5), ("width", 0.5))
) for what, value in pairs}  # fmt: skip


@dataclass(frozen=True)
class Provenance:
    """What made a picture; no seed where nothing was drawn at random."""

    title: str
    config: str  # short hash
    seed: int | None
    version: str

    def __str__(self) -> str:
        seed = "" if self.seed is None else f"seed {self.seed}"
        return " · ".join(filter(None, [self.title, f"config {self.config}", seed, f"evo {self.version}"]))


@dataclass
class Page:
    """A figure in two parts: `body` for axes, below it a foot for legends and notes whose height follows from them."""

    figure: Figure
    rows: GridSpec | None  # none where the axes are somebody else's: the body is a Guest then
    body: Any
    foot: Any
    provenance: Provenance
    notes: list[str] = field(default_factory=list)
    legends: list[tuple[Sequence[Any], Sequence[str], str]] = field(default_factory=list)
    labels: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def width(self) -> float:
        if isinstance(self.body, Guest):
            return self.body.ax.get_window_extent().width / self.figure.dpi
        return self.figure.get_size_inches()[0]

    def panel(self) -> Axes:
        """The axes of a picture that has one panel."""
        return self.body.subplots()


class Picture(Figure):
    """A figure that a notebook shows by itself, with or without pyplot."""

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=120)
        return drawn.getvalue()


_MADE_BY: WeakKeyDictionary[Figure, Provenance] = WeakKeyDictionary()


@contextmanager
def settings() -> Iterator[None]:
    """matplotlib's settings for our pictures, whatever the caller's are; those are back afterwards."""
    import seaborn as sns  # slow to import

    with styles.context([sns.axes_style("ticks"), SETTINGS], after_reset=True):
        yield


def provenance_of(source: Result | Path) -> Provenance:
    """What made a result or a path."""
    if isinstance(source, Path):
        return derived_from(source.model, seed=source.seed)
    experiment, manifest = source.experiment, source.manifest
    versions = manifest.get("versions") or {}
    config = manifest.get("config_hash") or config_hash(experiment)
    return Provenance(
        experiment.title, str(config)[:8], experiment.run.seed, str(versions.get("evo") or evo.__version__)
    )


def derived_from(model: object, *, title: str = "", seed: int | None = None) -> Provenance:
    """What made a picture of a model alone."""
    return Provenance(title, sha256(canonical(model))[:8], seed, evo.__version__)


def open_page(source: Result | Path, *, width: float, height: float, ax: Axes | None = None) -> Page:
    """An empty page of a result or a path, with this height for its body."""
    return blank_page(provenance_of(source), width=width, height=height, ax=ax)


def blank_page(made_by: Provenance, *, width: float, height: float, ax: Axes | None = None) -> Page:
    """An empty page, with this height for its body; ax: axes of somebody else's figure, in which all is drawn instead."""
    if ax is not None:
        figure = ax.get_figure(root=True)
        assert figure is not None
        return Page(figure, None, Guest(ax), None, made_by)
    figure = Picture(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04, wspace=0.02, hspace=0.02)  # type: ignore[union-attr]
    rows = figure.add_gridspec(2, 1, height_ratios=[1, 1])
    return Page(figure, rows, figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1]), made_by)


def add_legend(page: Page, handles: Sequence[Any], labels: Sequence[str], *, title: str = "") -> None:
    """A legend below the axes, in as many columns as the page is wide."""
    if handles:
        page.legends.append((handles, labels, title))


def add_note(page: Page, text: str) -> None:
    """A sentence below the picture: what marks and bands mean."""
    if text:
        page.notes.append(text)


def close_page(page: Page, axes: Sequence[Axes], *, aspect: float) -> Figure:
    """Set the foot, make the axes `aspect` times as high as wide, and lay everything out. Of axes of somebody else's figure
    only drawings without axes keep their shape, and notes are left out."""
    if isinstance(page.body, Guest):
        _fix_ticks(page.body.ax)
        for axis in (page.body.ax.xaxis, page.body.ax.yaxis):
            axis.label.set(size=8, family=FONT, color=INK)
        legends = [
            (handles, [wrap(label, inches=page.width, size=7) for label in labels], title)
            for handles, labels, title in page.legends
        ]
        close_guest(page.body.ax, legends, aspect=aspect, inches=page.width)
        return page.figure
    for ax in page.figure.axes:
        for each in (ax, *ax.child_axes):
            _fix_ticks(each)
    body = _fit(page, axes, aspect, page.figure.get_size_inches()[1], foot=0.5)
    left = min(ax.get_window_extent().x0 for ax in axes) / page.figure.dpi
    left = left if left < page.width / 4 else 0.06
    legends = [_legend(page, *each, inches=page.width - left - 0.05) for each in page.legends]
    texts = _texts(page, inches=page.width - left - 0.05)
    heights = [artist.get_window_extent().height / page.figure.dpi for artist in (*legends, *texts)]
    foot = sum(heights) + GAP * len(heights) + 0.05
    _fit(page, axes, aspect, body, foot=foot)
    _centre_labels(page, axes)
    _freeze(page)
    top = foot
    for artist, height in zip((*legends, *texts), heights, strict=True):
        at = (left / page.width, top / foot)
        if artist in texts:
            artist.set_position(at)
        else:
            artist.set_bbox_to_anchor(at, transform=page.foot.transSubfigure)
        top -= height + GAP
    _MADE_BY[page.figure] = page.provenance
    return page.figure


def provenance_kept(figure: Figure, copy: Figure) -> None:
    """A copy of a picture was made by what made the picture."""
    if figure in _MADE_BY:
        _MADE_BY[copy] = _MADE_BY[figure]


def save(figure: Figure, stem: FilePath | str, *, formats: Sequence[str] = FORMATS) -> list[FilePath]:
    """Write a picture of ours as stem.pdf, stem.svg and stem.png, each saying in its metadata what made it."""
    made = _MADE_BY.get(figure)
    if made is None:
        raise PictureError("not a picture of evo.plots alone: use the figure's own savefig")
    files = []
    FilePath(stem).parent.mkdir(parents=True, exist_ok=True)
    with settings():
        for kind in formats:
            if kind not in FORMATS:
                raise PictureError(f"cannot write {kind!r}: formats are {', '.join(FORMATS)}")
            file = FilePath(f"{stem}.{kind}")
            figure.savefig(file, metadata=_metadata(made, kind), dpi=200 if kind == "png" else 600)
            files.append(file)
    return files


def _metadata(made: Provenance, kind: str) -> dict[str, Any]:
    title, creator = made.title or "evo", f"evo {made.version}"
    if kind == "pdf":
        return {"Title": title, "Subject": str(made), "Creator": creator, "CreationDate": None}
    if kind == "svg":
        return {"Title": title, "Description": str(made), "Creator": creator, "Date": None}
    return {"Title": title, "Description": str(made), "Software": creator}


def label_body(page: Page, text: str, side: Literal["x", "y"]) -> None:
    """One label for all axes, below them or at their left."""
    inches = 0.85 * page.width if side == "x" else 2.2
    say = page.body.supxlabel if side == "x" else page.body.supylabel
    label = say(wrap(text, inches=inches, size=8), fontsize=8)
    if label is not None:
        page.labels[side] = label


def _centre_labels(page: Page, axes: Sequence[Axes]) -> None:
    boxes = [ax.get_window_extent() for ax in axes]
    middle = [(min(box.p0[k] for box in boxes) + max(box.p1[k] for box in boxes)) / 2 for k in (0, 1)]
    x, y = page.body.transSubfigure.inverted().transform(middle)
    if "x" in page.labels:
        page.labels["x"].set_x(x)
    if "y" in page.labels:
        page.labels["y"].set_y(y)


def _fix_ticks(ax: Any) -> None:
    """Ticks made later, when the figure is drawn, follow our settings too, not those of the caller."""
    for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        for which, length, width in (("major", 2.5, 0.6), ("minor", 1.5, 0.5)):
            ours = {"length": length, "width": width, "pad": 2, "labelsize": 7, "direction": "out"}
            ours |= {"color": INK, "labelcolor": INK, "labelfontfamily": FONT}
            kept = axis.get_tick_params(which)
            ax.tick_params(axis=name, which=which, **{key: value for key, value in ours.items() if key not in kept})


def _freeze(page: Page) -> None:
    """Keep the layout as it is: the same picture whenever it is drawn, in whatever settings, to the last bit.

    The solver behind the layout gives positions that differ in their last digits from call to call.
    """
    page.figure.set_layout_engine("none")
    for part in (page.body, page.foot):
        part.bbox_relative.p0, part.bbox_relative.p1 = np.round(part.bbox_relative.get_points(), 6)
    for ax in page.figure.axes:
        ax.set_position(tuple(np.round(ax.get_position().bounds, 6)))  # type: ignore[arg-type]
    for label in page.labels.values():
        label.set_position([round(float(side), 6) for side in label.get_position()])


def _legend(page: Page, handles: Sequence[Any], labels: Sequence[str], title: str, *, inches: float) -> Any:
    """The legend in as few rows as the width allows."""
    options: dict[str, Any] = {
        "title": title or None,
        "loc": "upper left",
        "borderaxespad": 0,
        "borderpad": 0,
        "columnspacing": 1.4,
        "handlelength": 3.2 if any(isinstance(handle, tuple) for handle in handles) else 2.4,
        "handletextpad": 0.6,
        "labelspacing": 0.35,
        "alignment": "left",
        "handler_map": {tuple: HandlerTuple(ndivide=None, pad=0)},
    }
    room = inches - (options["handlelength"] + options["handletextpad"]) * 7 / 72
    labels = [wrap(label, inches=room, size=7) for label in labels]
    for rows in range(1, len(handles) + 1):
        legend = page.foot.legend(handles, labels, ncols=-(-len(handles) // rows), **options)
        if rows == len(handles) or legend.get_window_extent().width / page.figure.dpi < inches:
            return legend
        legend.remove()
    raise AssertionError


def _texts(page: Page, *, inches: float) -> list[Any]:
    from evo.plots.words import plain

    inches *= 0.96  # on screens of few dots letters are set wider
    return [
        page.foot.text(
            0, 0, wrap(text, inches=inches, size=size), fontsize=size, color=color, va="top", linespacing=1.25
        )
        for text, size, color in ((" ".join(page.notes), SMALL, INK), (plain(str(page.provenance)), TINY, GREY))
        if text
    ]


def _fit(page: Page, axes: Sequence[Axes], aspect: float, body: float, *, foot: float) -> float:
    """Choose the height of the body so that the axes are as high as asked; what stands around them takes its own."""
    before = None
    for _ in range(5):
        page.figure.set_size_inches(page.width, body + foot)
        page.rows.set_height_ratios([body, foot])  # type: ignore[union-attr]
        page.figure.get_layout_engine().execute(page.figure)  # type: ignore[union-attr]
        boxes = [ax.get_window_extent() for ax in axes]
        now = min(box.height for box in boxes) / page.figure.dpi
        short = aspect * max(box.width for box in boxes) / page.figure.dpi - now
        if abs(short) < 0.01:
            break
        if before is not None and abs(body - before[0]) > 1e-6:
            slope = max(0.05, (now - before[1]) / (body - before[0]))
        else:
            slope = 1 / len({round(box.y0) for box in boxes})
        before = (body, now)
        body += short / slope
    return body
