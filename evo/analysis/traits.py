"""Answers about continuous traits: singular points of adaptive dynamics, and pairwise invasibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evo.analysis.answers import Answer
from evo.exact.traits.pip import invasibility
from evo.exact.traits.singular import singular_points

if TYPE_CHECKING:
    from evo.traits.model import TraitModel


def answer_singular_points(model: TraitModel) -> Answer:
    """Where the selection gradient vanishes, and what happens there."""
    import pandas as pd

    names = list(model.trait_names)
    found = singular_points(model)
    flags = ("convergence_stable", "evolutionarily_stable", "invades", "mutually_invasible", "certified")
    rows = [
        dict(zip(names, point.traits.tolist(), strict=True))
        | {"kind": point.kind}
        | {flag.replace("_", " "): getattr(point, flag) for flag in flags}
        for point in found
    ]
    alone = len(names) == 1
    notes = [] if rows else ["there is none within the bounds: a trait goes to one of its bounds"]
    return Answer(
        "singular-points",
        "Singular points of adaptive dynamics: where selection on the traits vanishes",
        pd.DataFrame(rows, columns=[*names, "kind", *(flag.replace("_", " ") for flag in flags)]),
        "all of them, by bounds of the gradient on ever smaller intervals"
        if alone
        else "Newton's method from many starts",
        "points are right to about 1e-12" + ("" if alone else "; there may be others"),
        tuple(notes),
        result=found,
    )


def answer_invasibility(model: TraitModel) -> Answer:
    """Which mutants invade which residents, on a grid."""
    import pandas as pd

    found = invasibility(model)
    grid = pd.DataFrame(found.fitness, columns=[f"{value:.6g}" for value in found.values])
    grid.insert(0, f"mutant {found.trait}", found.values)
    share = {
        "mutant invades": float(found.invades.mean()),
        "each invades the other": float(found.mutual.mean()),
    }
    return Answer(
        "invasibility",
        "Pairwise invasibility: share of the pairs of a mutant and a resident in which",
        pd.DataFrame([share]),
        f"invasion fitness on {len(found.values)} by {len(found.values)} values; rows are mutants, columns residents",
        "shares by counting; fitness is exact up to rounding",
        more={"fitness": grid},
        result=found,
    )
