"""Sensitivity: which parameter decides. Sobol's shares of the variance and Morris's elementary effects, with intervals.

`designed` gives the experiment whose run is analysed, `indices` analyses its result:

    result = evo.run(evo.sensitivity.designed(experiment))
    table = evo.sensitivity.indices(result)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ConfigError, ConfigProblem, validate
from evo.estimates import Counts, estimates
from evo.experiment import Experiment
from evo.loading import check_sweep
from evo.sweeps.sweep import DESIGNS

if TYPE_CHECKING:
    import pandas as pd

    from evo.experiment import Bench
    from evo.results import Result

RESAMPLES = 400  # of the bootstrap
LEVEL = 0.95
COLUMNS = ("part", "method", "measure", "outcome", "path", "index", "value", "low", "high")


def designed(
    experiment: Experiment,
    *,
    over: Mapping[str, Any] | Sequence[str] | None = None,
    size: int = 256,
    trajectories: int = 64,
    measure: Sequence[str] = (),
) -> Experiment:
    """The experiment with the designs for Sobol's (`size`, a power of two; 0: none) and Morris's indices (`trajectories`;
    0: none) as its sweep.

    `over` as in `sweep.sample.over`; by default every parameter that carries a `range`. All points share their random
    numbers, so that what differs between them is what varies. `measure`: the columns to draw. Raises ConfigError.
    """
    if over is None:
        over = own_ranges(experiment)
    paths = list(over) if not isinstance(over, Mapping) else dict(over)
    if not paths:
        hint = "give parameters a `range`, as in b: {value: 4, range: [1, 8]}, or say what varies"
        raise ConfigError([ConfigProblem(("parameters",), None, "none has a range: nothing varies", hint)])
    parts: list[dict[str, Any]] = []
    if size:
        parts.append({"name": "sobol", "sample": {"kind": "saltelli", "over": paths, "size": size}})
    if trajectories:
        parts.append({"name": "morris", "sample": {"kind": "morris", "over": paths, "size": trajectories}})
    data = experiment.data | {"sweep": parts, "plots": [{"kind": "sensitivity", "measure": list(measure)}]}
    data["run"] = data["run"] | {"common_random_numbers": True}
    data["run"].pop("record", None)
    asked = validate(Experiment, data)
    check_sweep(asked)
    return asked


def own_ranges(experiment: Experiment) -> list[str]:
    """Paths of the parameters that carry a range; those that a variable of the environment shadows are left out."""
    return [
        f"parameters.{name}"
        for name, parameter in experiment.parameters.items()
        if parameter.range is not None and name not in experiment.environment
    ]


def indices(result: Result) -> pd.DataFrame:
    """Sensitivity of every column of the outcomes, from the parts of the sweep that are designs for it.

    One row per part, measure, outcome, path and index. Of method `sobol`: S1, the share of the variance that a path
    explains alone, and ST, that in which it is involved [Saltelli et al. 2010]. Of `morris`: mu_star, the mean size of the
    effect of going from one end of the range to the other, mu, its mean with sign, and sigma, its standard deviation
    [Morris 1991; Campolongo, Cariboni & Saltelli 2007]. low and high: 95 % by bootstrap over the rows of the design.

    A column of words has a row for each outcome, the share of replicates in which it comes out, and one for all together
    (outcome null): Sobol's indices of the vector of shares [Lamboni, Monod & Makowski 2011], and as effects the share of
    replicates whose outcome changes. What does not vary has no rows, nor do blocks of the design with a failed point.
    """
    import pandas as pd

    rows = [row for design in designs(result) for row in _rows(design, result)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def named(table: pd.DataFrame) -> list[str]:
    """What each row of the indices is about: a measure, or `measure: outcome`."""
    both = zip(table["measure"], table["outcome"], strict=True)
    return [f"{measure}: {outcome}" if isinstance(outcome, str) else measure for measure, outcome in both]


@dataclass(frozen=True)
class Design:
    """Points of one design: first number, paths, shares of the way through their ranges, (blocks, rows, paths)."""

    part: str
    kind: str
    first: int
    paths: tuple[str, ...]
    shares: np.ndarray


def designs(result: Result) -> list[Design]:
    """The designs among the parts of a result's sweep."""
    experiment, first, found = result.experiment, 0, []
    for bench, size in zip(experiment.benches, experiment.sizes, strict=True):
        sample = bench.part.sample
        if sample is not None and sample.kind in DESIGNS:
            found.append(_design(bench, first))
        first += size
    return found


def _design(bench: Bench, first: int) -> Design:
    from evo.sweeps.samples import shares_of

    sample = bench.part.sample
    assert sample is not None
    shares = shares_of(sample, bench.fixed.scene)
    blocks = shares.reshape(sample.size, -1, len(sample.over))
    return Design(bench.part.name or "", sample.kind, first, tuple(sample.over), blocks)


def _rows(design: Design, result: Result) -> Iterator[dict[str, Any]]:
    for measure, outcome, values in _outputs(design, result):
        sound = np.isfinite(values).all(axis=(1, 2))
        values, shares = values[sound], design.shares[sound]
        if len(values) < 2 or np.ptp(values, axis=(0, 1)).max() < 1e-12:
            continue
        rng = np.random.default_rng(result.experiment.run.seed)
        picks = rng.integers(len(values), size=(RESAMPLES, len(values)))
        method, of = ("sobol", sobol) if design.kind == "saltelli" else ("morris", morris)
        found = of(values, shares)
        again = [of(values[pick], shares[pick]) for pick in picks]
        for index, estimate in found.items():
            low, high = np.quantile([each[index] for each in again], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
            for place, path in enumerate(design.paths):
                yield {
                    "part": design.part,
                    "method": method,
                    "measure": measure,
                    "outcome": outcome,
                    "path": path,
                    "index": index,
                    "value": float(estimate[place]),
                    "low": float(low[place]),
                    "high": float(high[place]),
                }


def _outputs(design: Design, result: Result) -> Iterator[tuple[str, str | None, np.ndarray]]:
    """Measure, outcome and values (blocks, rows, components) of all that is analysed."""
    import pyarrow as pa

    blocks, rows, _ = design.shares.shape
    inside = result.outcomes["point"].between(design.first, design.first + blocks * rows - 1)
    here = result.outcomes[inside].assign(point=result.outcomes["point"] - design.first)
    table = pa.Table.from_pandas(here, preserve_index=False)
    for measure in table.column_names[2:]:
        if pa.types.is_null(table.schema.field(measure).type):
            continue
        known = estimates(table, measure, blocks * rows)
        if isinstance(known, Counts):
            with np.errstate(invalid="ignore"):
                shares = known.counts / known.counts.sum(axis=1, keepdims=True)
            shares = shares.reshape(blocks, rows, -1)
            yield measure, None, shares
            for place, outcome in enumerate(known.outcomes):
                yield measure, outcome, shares[:, :, [place]]
        else:
            yield measure, None, known.mean.reshape(blocks, rows, 1)


def sobol(values: np.ndarray, shares: np.ndarray) -> dict[str, np.ndarray]:
    """S1 and ST of each path, (paths,), from values (blocks, paths + 2, components): of several components together the
    sums of their partial variances over the sum of their variances."""
    from SALib.analyze.sobol import first_order, total_order

    paths = shares.shape[2]
    values = values - values[:, [0, -1]].mean(axis=(0, 1))  # of each component, so that their variances add up
    first, last = values[:, 0].ravel(), values[:, -1].ravel()
    if np.ptp(np.r_[first, last]) < 1e-12:
        return {"S1": np.full(paths, np.nan), "ST": np.full(paths, np.nan)}
    mixed = [values[:, 1 + path].ravel() for path in range(paths)]
    return {
        "S1": np.array([first_order(first, each, last) for each in mixed]),
        "ST": np.array([total_order(first, each, last) for each in mixed]),
    }


def morris(values: np.ndarray, shares: np.ndarray) -> dict[str, np.ndarray]:
    """mu_star, mu and sigma of each path, (paths,), from values (blocks, paths + 1, components): the effect on several
    components is half the sum of their changes, which of shares is the share that changes, and has no sign."""
    steps = np.diff(shares, axis=1)  # one path changes in each
    which = np.abs(steps).argmax(axis=2)
    size = np.take_along_axis(steps, which[:, :, None], axis=2)
    effects = np.diff(values, axis=1) / size
    several = effects.shape[2] > 1
    effect = np.abs(effects).sum(axis=2) / 2 if several else effects[:, :, 0]
    own = np.take_along_axis(effect, np.argsort(which, axis=1), axis=1)  # (blocks, paths)
    found = {"mu_star": np.abs(own).mean(axis=0), "sigma": own.std(axis=0, ddof=1)}
    return found if several else {"mu_star": found["mu_star"], "mu": own.mean(axis=0), "sigma": found["sigma"]}
