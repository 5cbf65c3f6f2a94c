"""What varies in a sweep and how often each point is run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evo.cli.words import counted, short_path

if TYPE_CHECKING:
    from evo.experiment import Run
    from evo.sweeps import Refine, Sweep
    from evo.sweeps.samples import Sample

SAMPLES = {
    "random": "random",
    "latin_hypercube": "Latin hypercube",
    "sobol": "Sobol'",
    "saltelli": "Saltelli",
    "morris": "Morris",
}


def part_words(part: Sweep, points: int) -> str:
    """`map: 3 start × 27 chi = 81 points`."""
    from evo.sweeps import listed_values

    axes = [f"{len(listed_values(values))} {short_path(path)}" for path, values in part.grid.items()]
    if part.zip:
        count = len(listed_values(next(iter(part.zip.values()))))
        axes.append(f"{count} {' with '.join(map(short_path, part.zip))}")
    axes += [_sample_words(part.sample)] if part.sample else []
    axes += [f"{' × '.join(map(str, part.refine.starts))} {_over(part.refine)}"] if part.refine else []
    axes += [f"{len(part.points)} written out"] if part.points else []
    words = f"{part.name}: " if part.name else ""
    words += " × ".join(axes)
    if not part.sample or len(axes) > 1:
        words += (" = " if axes else "") + counted(part.size, "point")
    words += f", {points:,} of them where {' and '.join(part.only)}" if part.only else ""
    derived = ", ".join(f"{short_path(path)} = {formula}" for path, formula in part.derive.items())
    return words + (f", with {derived}" if derived else "")


def refine_words(refine: Refine) -> str:
    """How a refinement goes on from its first grid."""
    finest = " × ".join(str(last + 1) for last in refine.lattice.last)
    where = f"{refine.measure} changes" + ("" if refine.change is None else f" by more than {refine.change:g}")
    most = "" if refine.budget is None else f", at most {counted(refine.budget, 'point')}"
    return f"then refined where {where}, {counted(refine.depth, 'time')}, as far as {finest}{most}"


def replicates_words(run: Run) -> str | None:
    """How many replicates a point has, where that is not one number."""
    if isinstance(rule := run.replicates, int):
        return None
    until = f"until the {100 * rule.confidence:g} % interval of {rule.measure} is no wider than {rule.width:g}"
    return f"{rule.at_least:,} to {rule.at_most:,} replicates a point, {until}"


def _sample_words(sample: Sample) -> str:
    return f"{counted(sample.count, SAMPLES[sample.kind] + ' point')} over {_over(sample)}"


def _over(varied: Any) -> str:
    return ", ".join(map(short_path, varied.over))
