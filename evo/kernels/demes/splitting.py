"""A group that has grown too large splits, and one daughter replaces another group [Traulsen & Nowak 2006]."""

from evo.kernels._cache import apart
from evo.kernels.demes.arrays import CHANGES
from evo.kernels.demes.pay import touch
from evo.kernels.demes.places import next_to
from evo.kernels.random import binomial


@apart
def split(process, demes, group, amounts, work, groups, rng):
    """Each member goes to one of two daughters by a fair coin, anew until neither is empty."""
    counts, left = groups.counts, groups.pool[0]
    size = 0.0
    while size == 0.0 or size == groups.members[group]:
        size = 0.0
        for i in range(len(amounts)):
            left[i] = float(binomial(int(counts[group, i]), 0.5, rng))
            size += left[i]
    other = next_to(demes.shape, demes.rows, 0, group, rng)
    groups.everybody[0] -= groups.members[other]
    groups.members[other] = groups.members[group] - size
    groups.members[group] = size
    for i in range(len(amounts)):
        amounts[i] -= counts[other, i]
        counts[other, i] = counts[group, i] - left[i]
        counts[group, i] = left[i]
    groups.marks[CHANGES] += 1
    for changed in (group, other):
        touch(
            changed, process.rule, process.meeting, process.game.prefix, demes.alone, counts,
            groups.members, groups.earned, groups.paid, groups.fresh, groups.fit, groups.fitted, groups.tree, groups.sums,
            groups.marks, work.table, work.factors, work.status, work.strategy,
        )  # fmt: skip
