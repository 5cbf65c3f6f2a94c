"""The cells of a phase diagram: who prevails at each pair of values, how clearly, and how far replicates agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo.plots.page import PictureError
from evo.plots.swept import Swept, is_geometric

if TYPE_CHECKING:
    import pandas as pd

    from evo.results import Result

FAILED = "(failed)"  # no name of a strategy: a point none of whose replicates ended well


@dataclass(frozen=True)
class Axis:
    """Values along an axis, where they stand and where their cells end."""

    path: str | None
    values: list[Any]
    at: np.ndarray
    edges: np.ndarray
    numeric: bool
    logarithmic: bool

    def place(self, value: Any) -> int:
        return self.values.index(value)

    def cell(self, at: Any) -> Any:
        """The cell in which a coordinate lies."""
        return np.clip(np.searchsorted(self.edges, at) - 1, 0, len(self.values) - 1)


@dataclass(frozen=True)
class Dots:
    """Points that lie anywhere: coordinates, winners and their shares; alone: neighbours differ in more than the axes, so
    that there is no map between them."""

    x: np.ndarray
    y: np.ndarray
    winner: np.ndarray
    share: np.ndarray
    alone: bool


@dataclass(frozen=True)
class Cells:
    """What stands in the cells of a panel, (rows, columns); winners are None where no replicate ended well."""

    x: Axis
    y: Axis
    winner: np.ndarray
    share: np.ndarray
    agreement: np.ndarray
    agreed: float  # less than this share of the replicates is disagreement
    dots: Dots | None = None  # of points that lie anywhere: each cell shows the nearest

    @cached_property
    def present(self) -> list[str]:
        """Who prevails somewhere."""
        return [name for name in dict.fromkeys(self.winner.flat) if name not in (None, FAILED)]

    @property
    def apart(self) -> np.ndarray:
        """Where replicates disagree."""
        return self.agreement < self.agreed


def axes_of(swept: Swept, x: str | None, y: str | None) -> tuple[Axis, Axis]:
    """The paths asked for, else the first two numeric ones, else what varies."""
    if not swept.paths:
        raise PictureError(f"nothing varies in {swept.name}: paths or mix show a single point")
    if len([path for path in swept.paths if path in swept.listed]) > 1:
        raise PictureError(f"{swept.name} lists single points, which make no map: use compare")
    for path in filter(None, (x, y)):
        swept.check(path)
    if x is not None and x == y:
        raise PictureError(f"{x!r} cannot be on both axes")
    numeric = [path for path in swept.paths if swept.numeric(path)]
    order = dict.fromkeys([*numeric, *swept.paths])
    x = x or next((path for path in order if path != y), None)
    if x is None:
        raise PictureError(f"only {y!r} varies in {swept.name}: put it on x, or use compare")
    if y is None:
        free = [path for path in order if path != x and not swept.follows(path, [x])]
        y = next(iter(free), None)
    return _axis(swept, x), _axis(swept, y)


def _axis(swept: Swept, path: str | None) -> Axis:
    if path is None:
        return Axis(None, [None], np.zeros(1), np.array([-0.5, 0.5]), False, False)
    values = swept.spread.get(path) or swept.values(path)
    numeric = swept.numeric(path) and len(values) > 2
    logarithmic = numeric and is_geometric(values)
    at = np.array(values, float) if numeric else np.arange(len(values), dtype=float)
    return Axis(path, values, at, _edges(at, logarithmic), numeric, logarithmic)


def _edges(at: np.ndarray, logarithmic: bool) -> np.ndarray:
    """Where cells end: half way between neighbours, on the axis as it is shown."""
    shown = np.log(at) if logarithmic else at
    middle = (shown[1:] + shown[:-1]) / 2
    edges = np.r_[2 * shown[0] - middle[0], middle, 2 * shown[-1] - middle[-1]]
    return np.exp(edges) if logarithmic else edges


def cells_of(winners: pd.DataFrame, swept: Swept, points: Sequence[int], x: Axis, y: Axis, agreed: float) -> Cells:
    """The cells of a panel that holds these points."""
    if any(axis.path in swept.spread for axis in (x, y)):
        return _nearest(winners, swept, points, x, y, agreed)
    shape = (len(y.values), len(x.values))
    winner, share, agreement = np.full(shape, None, object), np.full(shape, np.nan), np.full(shape, np.nan)
    table = winners.to_dict("index")
    for point in points:
        cell = tuple(axis.place(swept.value(point, axis.path)) if axis.path else 0 for axis in (y, x))
        if point in table:
            winner[cell], share[cell] = table[point]["winner"], table[point]["share"]
            agreement[cell] = table[point]["agreement"]
        else:
            winner[cell] = FAILED
    return Cells(x, y, winner, share, agreement, agreed)


def _nearest(winners: pd.DataFrame, swept: Swept, points: Sequence[int], x: Axis, y: Axis, agreed: float) -> Cells:
    """The cells of a panel whose points lie anywhere: each shows the nearest point, axes being equally long."""
    from scipy.spatial import KDTree

    at = np.array([[_coordinate(axis, swept, point) for axis in (x, y)] for point in points])
    table = winners.reindex(points)
    scale = np.array([_extent(axis) for axis in (x, y)])
    centres = np.stack(np.meshgrid(_shown(x, x.at), _shown(y, y.at)), axis=-1)
    shown = np.stack([_shown(x, at[:, 0]), _shown(y, at[:, 1])], axis=-1)
    nearest = KDTree(shown / scale).query(centres / scale)[1]
    winner = table["winner"].astype(object).where(table["winner"].notna(), FAILED).to_numpy()
    share, agreement = table["share"].to_numpy(float), table["agreement"].to_numpy(float)
    alone = any(path not in (x.path, y.path) and path in swept.spread for path in swept.paths)
    if alone:
        agreement = np.full(len(agreement), np.nan)
    dots = Dots(at[:, 0], at[:, 1], winner, share, alone)
    return Cells(x, y, winner[nearest], share[nearest], agreement[nearest], agreed, dots)


def _coordinate(axis: Axis, swept: Swept, point: int) -> float:
    if axis.path is None:
        return 0.0
    value = swept.value(point, axis.path)
    return float(value) if axis.numeric else float(axis.place(value))


def _shown(axis: Axis, at: np.ndarray) -> np.ndarray:
    return np.log(at) if axis.logarithmic else at


def _extent(axis: Axis) -> float:
    """The length of an axis; words are so far apart that none is the neighbour of another."""
    return float(np.ptp(_shown(axis, axis.at))) if axis.numeric else 1e-3


def winners_of(result: Result) -> pd.DataFrame:
    """Who prevails, by point: winner, share, agreement.

    The winner is that of most replicates, on a tie the one with the larger mean share; share is its mean final share
    (nan where that was not measured), agreement the share of replicates in which it prevails.
    """
    import pandas as pd

    outcomes, names = result.outcomes, list(result.experiment.strategies)
    shares = outcomes.reindex(columns=[f"final_mix.{name}" for name in names]).to_numpy(float)
    measured = bool(np.isfinite(shares).any())
    if "prevailing" in outcomes:
        prevailing = outcomes["prevailing"].astype(object).to_numpy()
    elif measured:
        prevailing = np.array(names, object)[np.nan_to_num(shares, nan=-1).argmax(axis=1)]
    else:
        raise PictureError("who prevails was not measured: add `prevailing` and `final_mix` to the config's `measure`")
    kinds = [*names, "cycle", "none"]
    code = pd.Categorical(prevailing, categories=kinds).codes
    kept = code >= 0
    points, place = np.unique(outcomes["point"].to_numpy()[kept], return_inverse=True)
    counts = pd.crosstab(place, code[kept]).reindex(columns=range(len(kinds)), fill_value=0).to_numpy(float)
    frequency = counts / counts.sum(axis=1, keepdims=True)
    mean = np.full(counts.shape, np.nan)
    if measured:
        mean[:, : len(names)] = pd.DataFrame(shares[kept]).groupby(place).mean()
    winner = (frequency + 1e-6 * np.nan_to_num(mean)).argmax(axis=1)
    each = np.arange(len(points))
    return pd.DataFrame(
        {"winner": np.array(kinds, object)[winner], "share": mean[each, winner], "agreement": frequency[each, winner]},
        index=pd.Index(points, name="point"),
    )
