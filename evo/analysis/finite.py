"""Answers about finite populations: fixation, rare mutations, the whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evo.analysis.answers import Answer
from evo.exact.chains.absorption import absorption
from evo.exact.chains.stationary import stationary
from evo.exact.rare.invasion_graph import invasion_graph
from evo.exact.rare.strong_selection import strong_selection
from evo.exact.rare.weak_selection import weak_selection
from evo.exact.takeover.fixation import fixation
from evo.exact.takeover.periodic import periodic_fixation
from evo.exact.takeover.switching import switching_fixation

if TYPE_CHECKING:
    from evo.analysis.asked import Asked
    from evo.exact.chains.states import States
    from evo.exact.rare.small_mutation import SmallMutation

MOST_PAIRS = 400  # of which fixation times are computed one by one
NEUTRAL = 1e-9
LOW = -3.0  # power of ten of a share, below which all are shown as powers of ten too


def answer_fixation(asked: Asked) -> Answer:
    """One mutant among residents, each pair both ways."""
    import pandas as pd

    if asked.roles > 1:
        raise ValueError("of two roles each meets the other: see small-mutation, which has all fixation probabilities")
    if len(asked.ordered_pairs) > MOST_PAIRS:
        raise ValueError(f"{len(asked.ordered_pairs):,} pairs are too many to be read: see small-mutation")
    found = [(pair, *_fixation_row(asked, *pair)) for pair in asked.ordered_pairs]
    table = pd.DataFrame([{"resident": resident, "mutant": mutant} | row for (resident, mutant), row, _ in found])
    said = [words for *_, words in found]
    hidden = ["sd", "sd given fixation"] + ([] if (table["rho"].to_numpy() == 0).any() else ["log10 rho"])
    return Answer(
        "fixation",
        f"Fixation of one mutant among {asked.model.lowered.meeting.whole - 1} residents; generations until either is lost, and "
        "given that the mutant takes over",
        table,
        said[0]["method"],
        said[0]["error"],
        tuple(dict.fromkeys(note for words in said for note in words["notes"])),
        shown=tuple(name for name in table.columns if name not in hidden),
    )


def _fixation_row(asked: Asked, resident: str, mutant: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of one pair; in a moving environment those of its law."""
    moving, size = set(asked.moving.values()), asked.model.lowered.meeting.whole
    extra: dict[str, Any] = {}
    if not moving:
        one = fixation(asked.model, mutant=mutant, resident=resident, environment=asked.environment)
        log_rho, times, mixed = one.log_probability, (one.steps, one.conditional_steps), one.mixed
        extra = {"sd": one.steps_sd / one.pace, "sd given fixation": one.conditional_steps_sd / one.pace}
        found: Any = one
    elif moving == {"switching"} and not asked.environment:
        found = switching_fixation(asked.model, mutant=mutant, resident=resident)
        weights = found.stationary * found.probability[:, 1]
        log_rho = float(np.log(weights.sum()))
        given = np.where(weights > 0, weights * np.nan_to_num(found.conditional_steps[:, 1]), 0).sum() / weights.sum()
        times, mixed = (found.mean_steps[1], given), float(found.stationary @ found.mixed[:, 1])
    elif moving == {"periodic"} and not asked.environment:
        found = periodic_fixation(asked.model, mutant=mutant, resident=resident)
        log_rho = float(np.log(found.probability[1]))
        times = found.steps[1], found.conditional_steps[1]
        mixed = max(0.0, float(1 - found.probability[1] - found.extinction[1]))
        mixed = mixed if mixed > 1e-9 else 0.0
    else:
        name, law = next(iter(asked.moving.items()))
        raise ValueError(f"{name} moves ({law}): hold it at a value, --environment {name}=VALUE")
    scaled = log_rho + np.log(size)
    row = {
        "rho": float(np.exp(log_rho)),
        "rho*Z": float(np.exp(scaled)),
        "log10 rho": float(log_rho / np.log(10)),
        "against drift": "neutral" if abs(scaled) <= NEUTRAL else "favoured" if scaled > 0 else "opposed",
        "generations": float(times[0] / found.pace),
        "given fixation": float(times[1] / found.pace),
    }
    notes = tuple(note for note in found.notes)
    if moving:
        start = "from its long-run distribution" if moving == {"switching"} else "from time 0"
        notes = (f"the environment moves by its law, {start}", *notes)
    return row | extra | ({"mixed": mixed} if mixed else {}), {
        "method": found.method,
        "error": found.error,
        "notes": notes,
    }


def answer_small_mutation(asked: Asked) -> Answer:
    """Shares of the time under rare mutations, and who invades whom."""
    import pandas as pd

    graph = invasion_graph(asked.model, environment=asked.environment)
    chain = graph.chain
    table = pd.DataFrame({"state": list(chain.names)})
    for number, distribution in enumerate(chain.distributions):
        table["share of the time" if len(chain.classes) == 1 else f"class {number}"] = distribution
    table["log10"] = chain.log_distributions.max(axis=0) / np.log(10)
    table["mean payoff"] = chain.mean_payoffs
    return Answer(
        "small-mutation",
        "Rare mutations: share of the time that the population is all of one strategy"
        + (" in each role" if asked.roles > 1 else ""),
        table,
        chain.method,
        chain.error,
        tuple(_notes_on_rare(chain)),
        {"invasion-graph": graph.frame},
        graph,
        tuple(name for name in table.columns if name != "log10" or (table["log10"].to_numpy() < LOW).any()),
    )


def _notes_on_rare(chain: SmallMutation) -> list[str]:
    notes = []
    if len(chain.classes) > 1:
        notes.append("several recurrent classes: no mutant leads from one to another, so the start decides")
    if chain.transient:
        notes.append(f"left for ever: {', '.join(chain.transient)}")
    return notes


def answer_strong_selection(asked: Asked) -> Answer:
    """The limit of small-mutation as selection grows."""
    import pandas as pd

    found = strong_selection(asked.model, environment=asked.environment)
    table = pd.DataFrame({"state": list(found.limit.names)})
    for number, distribution in enumerate(found.limit.distributions):
        label = "" if len(found.limit.classes) == 1 else f", class {number}"
        table[f"share of the time{label}"] = distribution
        table[f"exponent{label}"] = found.mass_exponent[number]
    return Answer(
        "strong-selection",
        "Rare mutations, then strong selection: shares of the time in the limit",
        table,
        "leading terms of all fixation probabilities, eliminated without subtraction; exponent e: the share falls as "
        "exp(-beta*e)",
        "ties that agree to 1e-12 of the payoffs count as ties; else rounding",
        tuple(_notes_on_rare(found.limit)),
        result=found,
    )


def answer_weak_selection(asked: Asked) -> Answer:
    """Fixation probabilities to first order in the intensity of selection."""
    import pandas as pd

    rows = []
    for resident, mutant in asked.ordered_pairs:
        one = weak_selection(asked.model, mutant=mutant, resident=resident, environment=asked.environment)
        rows.append(
            {
                "resident": resident,
                "mutant": mutant,
                "neutral": one.neutral,
                "slope": one.slope,
                "favoured": one.slope > 0,
            }
        )
    return Answer(
        "weak-selection",
        "Weak selection: fixation probability = neutral + slope*beta",
        pd.DataFrame(rows),
        "the derivative as a finite sum, no difference quotient",
        "rounding",
    )


def answer_stationary(asked: Asked) -> Answer:
    """Long-run averages over all states of the chain."""
    import pandas as pd

    if not asked.brings_back:
        raise ValueError("without mutation the population ends in one strategy: see absorption")
    found = stationary(asked.model, environment=asked.environment)
    likely = int(np.argmax(found.probabilities))
    table = pd.DataFrame(
        {
            "strategy": list(asked.names),
            "mean share": found.mean,
            "sd": np.sqrt(found.variance),
            "nobody plays it": [float(found.marginal(name)[0]) for name in asked.names],
            "all do": [float(found.marginal(name)[-1]) for name in asked.names],
            "in the likeliest state": found.states[likely],
        }
    )
    states = pd.DataFrame(found.states, columns=list(asked.names)).assign(probability=found.probabilities)
    return Answer(
        "stationary",
        f"Long-run distribution over all {len(found.probabilities):,} states, with mutation",
        table,
        found.method,
        found.error + f"; sum of |pi P - pi| is {found.residual:.0e}",
        more={"states": states},
        result=found,
    )


def answer_absorption(asked: Asked) -> Answer:
    """Who takes over, from the config's start and from equal counts."""
    import pandas as pd

    found = absorption(asked.model, environment=asked.environment)
    space = found.chain.states
    rows = []
    for words, counts in _starts(asked, space):
        place, pace = space.place(counts), found.chain.steps_per_generation
        rows.append(
            {"start": words}
            | {f"{name} takes over": float(found.probabilities[place, i]) for i, name in enumerate(asked.names)}
            | {
                "generations": float(found.steps[place] / pace),
                "to the first loss": float(found.extinction_steps[place] / pace),
            }
            | ({"stuck": float(found.stuck[place])} if found.stuck[place] > 0 else {})
        )
    states = pd.DataFrame(found.states, columns=list(asked.names))
    for i, name in enumerate(asked.names):
        states[f"{name} takes over"] = found.probabilities[:, i]
    return Answer(
        "absorption",
        "Who takes over, and mean generations until then",
        pd.DataFrame(rows),
        found.method,
        found.error,
        more={"states": states.assign(steps=found.steps)},
        result=found,
    )


def _starts(asked: Asked, space: States) -> list[tuple[str, np.ndarray]]:
    """The config's start and equal counts, as counts nearest to the shares."""
    equal = np.concatenate([np.full(number, 1 / number) for number in space.strategies])
    wanted = {"equal counts": equal}
    start = asked.experiment.run.start
    if start != "random" and start:
        wanted = {"the config's": asked.experiment.start_mix} | wanted
    found = []
    for words, shares in wanted.items():
        counts = np.concatenate(
            [nearest_counts(shares[a:b], size) for (a, b), size in zip(space.roles, space.sizes, strict=True)]
        )
        named = ", ".join(f"{count} {name}" for name, count in zip(asked.names, counts, strict=True) if count)
        found.append((f"{words}: {named}", counts))
    return found


def nearest_counts(shares: np.ndarray, size: int) -> np.ndarray:
    """Counts that sum to `size`, by largest remainders."""
    exact = shares * size
    counts = np.floor(exact + 1e-9).astype(int)
    for place in np.argsort(-(exact - counts), kind="stable")[: size - counts.sum()]:
        counts[place] += 1
    return counts
