"""What is measured while a run goes on: records, tipping watchers, time averages. Shared by flows and counts."""

import math

from evo.kernels._cache import apart, inline, inner
from evo.kernels.arrays import BIAS, END, ENDED, FIXED, FIXED_AT, MEAN, PAYOFF, RECORDED


@inline
def keep_record(replicate, mix, mean, environment, recording):
    """Append mix, environment (a view of its scalars) and mean payoff to the record."""
    place = recording.counts[replicate, RECORDED]
    if place >= recording.mix.shape[1]:
        return
    for i in range(len(mix)):
        recording.mix[replicate, place, i] = mix[i]
    for v in range(len(environment)):
        recording.environment[replicate, place, v] = environment[v]
    recording.payoff[replicate, place] = mean
    recording.counts[replicate, RECORDED] = place + 1


@apart
def keep_final(replicate, t, mix, environment, strategy, status, recording):
    """The last state. Where the run ended early, the remaining records stay unfilled."""
    strategies = len(mix)
    recording.numbers[replicate, END] = t
    for i in range(strategies):
        recording.final[replicate, i] = mix[i]
        recording.final[replicate, strategies + i] = strategy[PAYOFF, i] - strategy[BIAS, i]
    for v in range(len(environment)):
        recording.final[replicate, 2 * strategies + v] = environment[v]
    for place in range(3):
        recording.counts[replicate, ENDED + place] = status[place]


@inner
def begin_watches(since):
    for w in range(len(since)):
        since[w] = math.inf


@inner
def whole_of(roles, wholes, i):
    """What the amounts of this strategy's role sum to."""
    for role in range(len(wholes) - 1):
        if i < roles[role + 1]:
            return wholes[role]
    return wholes[len(wholes) - 1]


@apart
def watch(plan, t, roles, wholes, amounts, since, tipped):
    """Follow each watched share: `since` when it stands at or above its level, `tipped` once it has stood there for `hold`."""
    for w in range(len(plan.watched)):
        i = plan.watched[w]
        watch_one(plan, w, t, amounts[i] >= plan.levels[0, w] * whole_of(roles, wholes, i), since, tipped)


@inner
def watch_one(plan, w, t, above, since, tipped):
    """One watched share, which at time t came to stand, or still stands, above its level or below."""
    if above and since[w] == math.inf:
        since[w] = t
    close_watch(plan, w, t, since, tipped)
    if not above:
        since[w] = math.inf


@inner
def close_watch(plan, w, t, since, tipped):
    """Decide a watch at time t, up to which the share stood where it stands."""
    if math.isnan(tipped[w]) and since[w] < math.inf and t - since[w] >= plan.levels[1, w]:
        tipped[w] = since[w]


@inner
def close_watches(plan, t, forever, since, tipped):
    """At the end of a run; `forever` where the state cannot change any more."""
    for w in range(len(plan.watched)):
        close_watch(plan, w, math.inf if forever else t, since, tipped)


@inner
def add_average(weight, mix, mean, means, numbers):
    """Add mix and mean payoff with this weight (time) to the replicate's running sums."""
    for i in range(len(mix)):
        means[i] += weight * mix[i]
    numbers[MEAN] += weight * mean


@apart
def note_fixation(t, roles, wholes, amounts, counts, numbers):
    """Who took over, and when: the strategy, or of two roles the first one's + d times the second one's."""
    if counts[FIXED] >= 0:
        return
    winner, place = 0, 1
    for role in range(len(wholes)):
        found = -1
        for i in range(roles[role], roles[role + 1]):
            if amounts[i] == wholes[role]:
                found = i
        if found < 0:
            return
        winner += place * found
        place *= len(amounts)
    counts[FIXED] = winner
    numbers[FIXED_AT] = t


@inner
def add_environment(weight, strategies, environment, means):
    for v in range(len(environment)):
        means[strategies + v] += weight * environment[v]


@inner
def close_averages(duration, means, numbers):
    """Turn sums into means; nan where nothing was averaged."""
    for place in range(len(means)):
        means[place] = means[place] / duration if duration > 0 else math.nan
    numbers[MEAN] = numbers[MEAN] / duration if duration > 0 else math.nan
