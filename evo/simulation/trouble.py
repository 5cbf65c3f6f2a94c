"""What stopped a run, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evo import codes
from evo.kernels.arrays import ENDED, ENDED_WHERE, ENDED_WHO, Recording

if TYPE_CHECKING:
    from evo.model import Model

TROUBLE = {
    codes.NONFINITE_PAYOFF: "a payoff is not finite",
    codes.NEGATIVE_FITNESS: "fitness is negative, or 0 for everybody",
    codes.NONFINITE_STATE: "the state is not finite",
    codes.OFF_SIMPLEX: "the mix left the simplex",
    codes.IMPROPER_CHANCE: "a copying probability left [0, 1], because payoffs differ by more than largest_difference allows",
    codes.SLIDING: "best replies tie here and the state would slide along the tie, where the next reply is not determined",
    codes.STEP_TOO_SMALL: "the integrator's step became too small: the flow is too steep to follow",
}


def interrupted(recording: Recording, row: int) -> bool:
    """Whether the replicate was stopped by its flag."""
    return int(recording.counts[row, ENDED]) == codes.INTERRUPTED


def trouble(model: Model, recording: Recording, row: int) -> str | None:
    """What stopped the replicate, with the state that broke it, or None."""
    reason = int(recording.counts[row, ENDED])
    if reason not in TROUBLE:
        return None
    names = list(model.strategies)
    words = TROUBLE[reason]
    who, where = int(recording.counts[row, ENDED_WHO]), int(recording.counts[row, ENDED_WHERE])
    if who >= 0:
        words += f" for {names[who]}"
    if where >= 0:
        words += f" among co-players {composition_words(model, where)}"
    final = recording.final[row]
    state = ", ".join(f"{name} {final[i]:.6g}" for i, name in enumerate(names))
    variables = [f"{name} {value:.6g}" for name, value in zip(model.environment, final[2 * len(names) :], strict=True)]
    return f"{words}, at generation {recording.numbers[row, 0]:.6g}, mix: {state}" + (
        f"; environment: {', '.join(variables)}" if variables else ""
    )


def composition_words(model: Model, place: int) -> str:
    """The co-players of a place in the payoff table, in words."""
    from evo.games import compositions

    counts = compositions(len(model.strategies), model.lowered.meeting.size - 1)[place]
    return ", ".join(f"{count} {name}" for name, count in zip(model.strategies, counts, strict=True) if count)
