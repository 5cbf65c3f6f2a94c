"""The ledger of interventions: whether a run pauses for one, and what those under way cost.

A run stands still at its pauses while something about it is changed, and goes on from there: `plan.resume` is the time
of the last pause, what must be carried lies in the scratch and in the recording.
"""

from evo.codes import PAUSED
from evo.kernels._cache import apart, inner
from evo.kernels.arrays import END, REASON, TIME
from evo.kernels.feedback import tell_mix
from evo.kernels.program import prepare, refresh


@inner
def kept(plan):
    """Whether there is a ledger to keep."""
    return plan.ledger.outputs > 0


@apart
def open_ledger(plan, t, work):
    """At the start, and after each pause."""
    work.paid[0] = t
    prepare(plan.ledger, work.scalars, work.entries, work.entries, work.entry_stack)


@apart
def consult(process, plan, replicate, t, mix, mean, work, recording):
    """Pay what is due up to time t, at the prices of the last look, and look anew; True where the run pauses here."""
    pay(plan, replicate, t, work, recording)
    look(process, plan, t, mix, mean, work)
    found = t >= plan.pause - 1e-9
    for k in range(plan.ledger.outputs // 2):
        found = found or work.entries[k, 0] != 0.0
    if found:
        pause(t, replicate, work, recording)
    return found


@inner
def pause(t, replicate, work, recording):
    """Let the run pause at time t."""
    work.status[REASON] = PAUSED
    recording.numbers[replicate, END] = t


@inner
def look(process, plan, t, mix, mean, work):
    """Conditions and prices at this state."""
    tell_mix(process, mix, mean, work)
    before = work.scalars[TIME]  # of the environment, which keeps a time of its own between its boundaries
    work.scalars[TIME] = t
    refresh(plan.ledger, work.scalars, work.entries, work.entries, work.entry_stack)
    work.scalars[TIME] = before


@apart
def pay(plan, replicate, t, work, recording):
    """Prices of the last look, over the time since."""
    interventions = plan.ledger.outputs // 2
    for k in range(interventions):
        recording.spent[replicate, k] += work.entries[interventions + k, 0] * (t - work.paid[0])
    work.paid[0] = t


@inner
def holds(plan, work):
    """Whether a condition held at the last look."""
    for k in range(plan.ledger.outputs // 2):
        if work.entries[k, 0] != 0.0:
            return True
    return False
