"""What a reader must not overlook: failures, what is unfinished, replicates that disagree, what has not come to rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evo.plots.intervals import unseen
from evo.report.answers import contests
from evo.report.courses import Course, Courses
from evo.report.phases import AGREEMENT
from evo.report.text import counted, percent
from evo.report.tips import Tips
from evo.results import Result

MOST_NAMED = 10
LATE = 0.1  # the last part of a run, in which it is looked at whether something still moves
MOVING = 0.01  # change of a share in that part
FEW = 10  # replicates
MANY_CHANGES = 3  # of the lead, after which one more is to be expected
NEARLY_ALL = 0.9
MOST_MOMENTS = 1001


@dataclass(frozen=True)
class Caution:
    """One thing to know, in words, with the cases that it is about."""

    kind: str  # failed | unfinished | unsettled | apart | few | note
    words: str
    cases: tuple[str, ...] = ()


def cautions(result: Result, courses: Courses, tips: Tips, moving: Mapping[int, str]) -> list[Caution]:
    """All there is to know, the gravest first; `moving`: see `still_moving`."""
    found = [*_unfinished(result), *_failed(result, tips), *_unsettled(moving, courses, tips), *_apart(tips)]
    return [*found, *_few(result)]


def _unfinished(result: Result) -> list[Caution]:
    if result.complete:
        return []
    there, rows = len(result.outcomes) + len(result.failures), result.manifest.get("rows")
    words = (
        f"The run is not finished: {there:,} of {rows:,} replicates are there." if rows else "The run is not finished."
    )
    return [Caution("unfinished", f"{words} All that follows is about those.")]


def _failed(result: Result, tips: Tips) -> list[Caution]:
    count = len(result.failures)
    if not count:
        return []
    rows: list[Any] = result.failures.head(MOST_NAMED).to_dict("records")
    cases = [
        f"point {row['point']} ({tips.place(row['point'])}), replicate {row['replicate']}: {row['message']}".replace(
            " ()", ""
        )
        for row in rows
    ]
    if count > len(cases):
        cases.append(f"and {count - len(cases):,} more, in failures.parquet")
    points = len(set(result.failures["point"].tolist()))
    whole = len(result.outcomes) + count
    words = f"{count:,} of {counted(whole, 'replicate')}, at {counted(points, 'point')}, failed. They are in no count and no mean."
    return [Caution("failed", words, tuple(cases))]


def still_moving(result: Result, courses: Courses) -> dict[int, str]:
    """Points that had not come to rest, and how that shows; of those whose paths were kept.

    A share of the median course moved in the last tenth of the run by more than chance explains; or, where nothing is random,
    the lead had been passed on, and has rested since for less than twice the time before (it may be passed on ever slower).
    Where a cycle was found nobody is said to prevail, and nothing is to be added.
    """
    found: dict[int, str] = {}
    winners = contests(result.outcomes)
    for point in courses.first:
        if "cycle" in winners.get(point, ()):
            continue
        course = courses.of(point, MOST_MOMENTS)
        if len(course.mix) == 1 and _is_random(result, point):
            continue
        drift = _drift(course)
        if drift > max(MOVING, 3 * _noise(course)):
            found[point] = f"a share moved by {percent(drift)} in the last tenth"
        elif len(course.mix) == 1 and (changes := _passed_on(course)):
            found[point] = f"the lead was passed on {changes} times, ever more slowly, and may be again"
    return found


def _drift(course: Course) -> float:
    """How far the median mix, or the only one, moved late; of several replicates from the first to the last moment of it."""
    middle = course.middle[_late(course)]
    middle = middle[np.isfinite(middle).all(axis=1)]
    if len(middle) < 2:
        return 0.0
    return float(np.ptp(middle, axis=0).max() if len(course.mix) == 1 else abs(middle[-1] - middle[0]).max())


def _late(course: Course) -> np.ndarray:
    return course.time >= course.time[-1] - LATE * (course.time[-1] - course.time[0])


def _passed_on(course: Course) -> int:
    """How often a strategy that held nearly all was followed by another, if that is to be expected again; else 0."""
    winner, share = course.lead()
    if share[-1] < NEARLY_ALL:
        return 0
    times = course.time[1:][np.diff(winner) != 0]
    if len(times) < MANY_CHANGES:
        return 0
    return len(times) if course.time[-1] - times[-1] < 2 * (times[-1] - times[-2]) else 0


def _unsettled(found: Mapping[int, str], courses: Courses, tips: Tips) -> list[Caution]:
    if not found:
        return []
    cases = [f"{tips.place(point) or 'the run'}: {words}" for point, words in list(found.items())[:MOST_NAMED]]
    if len(found) > len(cases):
        cases.append(f"and {len(found) - len(cases):,} more")
    words = (
        f"At {len(found):,} of {counted(len(courses.first), 'point')} with paths the mix had not come to rest: who is said to "
        "prevail there is who is ahead at that moment."
    )
    return [Caution("unsettled", words, tuple(cases))]


def _noise(course: Course) -> float:
    """Standard error of the median of the replicates, roughly; 0 of one."""
    if len(course.mix) < 2:
        return 0.0
    spread = np.nan_to_num(course.mix[:, _late(course)]).std(axis=0, ddof=1).max()
    return float(1.25 * spread / np.sqrt(len(course.mix)))


def _is_random(result: Result, point: int) -> bool:
    experiment = result.at(point)
    return not experiment.model.deterministic or experiment.run.start == "random"


def _apart(tips: Tips) -> list[Caution]:
    agreement = {point: max(counts.values()) / counts.total() for point, counts in tips.counts.items()}
    apart = sorted(
        (point for point, share in agreement.items() if share < AGREEMENT), key=lambda point: agreement[point]
    )
    if not apart:
        return []
    labels = {kind.name: kind.label for kind in tips.kinds}
    cases = []
    for point in apart[:MOST_NAMED]:
        told = ", ".join(f"{labels.get(name, name)} {count}" for name, count in tips.counts[point].most_common())
        cases.append(f"{tips.place(point) or 'all replicates'}: {told}")
    if len(apart) > len(cases):
        cases.append(f"and {len(apart) - len(cases):,} more")
    words = (
        f"Replicates disagree at {len(apart):,} of {counted(len(agreement), 'point')}: fewer than {percent(AGREEMENT)} of them "
        "have the same winner. A mean share there is a mean over different ends, not the end of any run."
    )
    return [Caution("apart", words, tuple(cases))]


def _few(result: Result) -> list[Caution]:
    table: Any = result.outcomes
    if table.empty:
        return [Caution("few", "Nothing has ended yet.")]
    sizes = table.groupby("point").size()
    if sizes.max() == 1:
        first = int(sizes.index[0])
        if not _is_random(result, first):
            return []
        return [
            Caution(
                "few",
                "Each point was run once, and chance decides: one replicate shows what may happen, not how often.",
            )
        ]
    least = int(sizes[sizes > 1].min())
    if least >= FEW:
        return []
    words = (
        f"Only {least} replicates of some points: even where all agree, up to {percent(unseen(least))} of all runs may "
        "end otherwise (95\u00a0% confidence)."
    )
    return [Caution("few", words)]


def gravest(found: Sequence[Caution]) -> list[Caution]:
    """Those that stand beside the answer."""
    return [each for each in found if each.kind in ("failed", "unfinished", "unsettled", "few")]
