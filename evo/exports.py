"""A result for other tools: an xarray Dataset, and files (CSV, Parquet, NetCDF)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evo._errors import MissingError
from evo.loading import dump

if TYPE_CHECKING:
    import xarray as xr

    from evo.results import Result

TABLES = ("outcomes", "paths", "points", "failures")
MOST_CELLS = 10**9
Frame = Any  # pandas', whose types say little


class ExportError(ValueError):
    """What cannot be exported, and why."""


def export(result: Result, file: Path, *, table: str = "outcomes", part: str | None = None) -> None:
    """Write a table as CSV or Parquet, each row with what its point sets; or everything as NetCDF (`.nc`).

    Raises ExportError where the file's ending is another, or the table was not kept.
    """
    if file.suffix == ".nc":
        data = dataset(result, part, paths=result.paths is not None)
        try:
            import h5netcdf  # noqa: F401
            import h5py  # noqa: F401  (xarray's own message does not say what to install)
        except ModuleNotFoundError as error:
            raise MissingError(str(error.name), "store") from None
        data.to_netcdf(file, engine="h5netcdf", encoding={name: {"zlib": True} for name in _numeric(data)})
        return
    frame = _rows(result, table, part)
    if file.suffix == ".csv":
        frame.to_csv(file, index=False)
    elif file.suffix == ".parquet":
        mixed = [name for name in frame if frame[name].dtype == object]
        frame.astype(dict.fromkeys(mixed, "string")).to_parquet(file, index=False)
    else:
        raise ExportError(f"{file}: ends in none of .csv, .parquet and .nc")


def _rows(result: Result, table: str, part: str | None) -> Frame:
    frame: Frame = getattr(result, table)
    if frame is None:
        raise ExportError("no paths were kept: set run.record in the config and run again")
    points = _points(result, part)
    if table == "points":
        return points
    if not points["part"].any():
        points = points.drop(columns="part")
    return points.merge(frame, on="point", how="inner")


def _points(result: Result, part: str | None) -> Frame:
    points: Frame = result.points
    if part is None:
        return points
    if part not in set(points["part"]):
        names = ", ".join(dict.fromkeys(name for name in points["part"] if name)) or "none has a name"
        raise ExportError(f"the sweep has no part {part!r}: {names}")
    return points[points["part"] == part]


def _numeric(data: xr.Dataset) -> list[str]:
    return [str(name) for name, values in data.data_vars.items() if values.dtype.kind == "f"]


def dataset(result: Result, part: str | None = None, *, paths: bool = False) -> xr.Dataset:
    """What `Result.to_xarray` gives."""
    try:
        import xarray as xr
    except ModuleNotFoundError:
        raise MissingError("xarray", "store") from None
    import numpy as np

    points = _points(result, part)
    axes = _axes(points)
    numbers = points["point"].to_numpy()
    place = dict(zip(numbers.tolist(), _places(points, axes), strict=True))
    shape = tuple(len(values) for values in axes.values())
    outcomes: Frame = result.outcomes
    outcomes = outcomes[outcomes["point"].isin(numbers)]
    count = int(outcomes["replicate"].max()) + 1 if len(outcomes) else 1
    dims = [*axes, "replicate"]
    at = np.array([place[point] for point in outcomes["point"]], int).reshape(-1, len(axes))
    where = (*at.T, outcomes["replicate"].to_numpy())
    data = xr.Dataset(coords={**axes, "replicate": np.arange(count)}, attrs=_about(result))
    for name in outcomes.columns[2:]:
        data[name] = (dims, _filled((*shape, count), where, outcomes[name]))
    if "point" in axes:
        for name in points.columns[1:]:
            data = data.assign_coords({name: ("point", _uniform(points[name]))})
    if paths:
        _add_paths(data, result, place, dims, (*shape, count))
    return data


def _axes(points: Frame) -> dict[str, Any]:
    """Of points that are a grid, the values of each path that varies; of others, their numbers."""
    varied = {name: points[name].drop_duplicates() for name in points.columns[2:]}
    varied = {name: values for name, values in varied.items() if len(values) > 1}
    size = 1
    for values in varied.values():
        size *= len(values)
    if size != len(points) or len(points[list(varied)].drop_duplicates()) != size or not varied:
        return {"point": points["point"].to_numpy()}
    return {name: _uniform(values) for name, values in varied.items()}


def _places(points: Frame, axes: dict[str, Any]) -> list[tuple[int, ...]]:
    """Where each point stands along the axes."""
    found = [{value: place for place, value in enumerate(values)} for values in axes.values()]
    columns = [_uniform(points[name]) for name in axes]
    return [tuple(at[value] for at, value in zip(found, row, strict=True)) for row in zip(*columns, strict=True)]


def _uniform(values: Frame) -> Any:
    """Numbers as they are; a column with words in it as text."""
    return values.to_numpy() if values.dtype.kind in "if" else values.map(str).to_numpy(dtype=object)


def _filled(shape: tuple[int, ...], where: tuple[Any, ...], values: Frame) -> Any:
    """An array with these values at their places; nan, or an empty text, elsewhere."""
    import numpy as np

    if values.dtype.kind in "if":
        array = np.full(shape, np.nan)
        array[where] = values.to_numpy()
    else:
        array = np.full(shape, "", dtype=object)
        array[where] = values.fillna("").to_numpy(dtype=object)
    return array


def _add_paths(
    data: xr.Dataset, result: Result, place: dict[int, Any], dims: list[str], shape: tuple[int, ...]
) -> None:
    import numpy as np

    table: Frame = result.paths
    if table is None:
        raise ExportError("no paths were kept: set run.record in the config and run again")
    table = table[table["point"].isin(list(place))]
    times, when = np.unique(table["time"].to_numpy(), return_inverse=True)
    if (cells := int(np.prod([*shape, len(times)], dtype=float))) > MOST_CELLS:
        raise ExportError(f"the paths would fill {cells:,} cells, most of them empty: export them as CSV or Parquet")
    at = np.array([place[point] for point in table["point"]], int).reshape(-1, len(shape) - 1)
    where = (*at.T, table["replicate"].to_numpy(), when)
    data.coords["time"] = times
    data["time"].attrs["units"] = "generations"
    for name in table.columns[3:]:
        data[f"path.{name}"] = ([*dims, "time"], _filled((*shape, len(times)), where, table[name]))


def _about(result: Result) -> dict[str, str]:
    """What made it."""
    made = result.manifest
    return {
        "title": result.experiment.title,
        "question": result.experiment.question,
        "config": dump(result.experiment),
        "config_hash": str(made.get("config_hash", "")),
        "seed": str(result.experiment.run.seed),
        "versions": json.dumps(made.get("versions", {})),
        "status": str(made.get("status", "")),
    }
