"""Answers about infinite populations: rest points and their stability, invasion, edges, basins, separatrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo.analysis.answers import Answer
from evo.exact.edges import critical_seed, edge_points
from evo.exact.flows.basins import basin_grid, basins
from evo.exact.flows.coupled import coupled_rest_points
from evo.exact.flows.fields import field_of
from evo.exact.flows.rest_points import rest_points
from evo.exact.flows.separatrices import separatrices
from evo.exact.invasion import invasion

if TYPE_CHECKING:
    import pandas as pd

    from evo.analysis.asked import Asked
    from evo.exact.flows.rest_points import RestPoints

SAMPLES, FIRST_SAMPLES = 4000, 100
HYPERBOLIC = ("saddle", "unstable node", "unstable focus", "centre")
BY_PAYOFFS = "by payoffs alone, as Bernstein polynomials of the mix"
ROUNDING = "rounding, about 1e-13 of the payoffs"


def answer_rest_points(asked: Asked) -> Answer:
    """All rest points, what each is, and whether there are others."""
    import pandas as pd

    found = rest_points(asked.model, environment=asked.environment)
    corners = [
        {"continuum": number, "dimension": continuum.dimension} | dict(zip(asked.names, vertex.tolist(), strict=True))
        for number, continuum in enumerate(found.continua)
        for vertex in continuum.vertices
    ]
    return Answer(
        "rest-points",
        "Rest points",
        _marked(found),
        found.statement,
        "mixes are right to about 1e-12" if found.complete else "each is right to about 1e-12; there may be others",
        tuple(_notes_on_rest(asked, found)),
        {"continua": pd.DataFrame(corners)} if corners else {},
        found,
    )


def _marked(found: RestPoints) -> pd.DataFrame:
    """The table of rest points, growth that is rounding as 0."""
    growth = [_cleaned(point.growth, point.eigenvalues) for point in found.points]
    table = found.frame.rename(columns={"nash": "Nash", "ess": "ESS", "nss": "NSS"})
    return table.assign(growth=growth) if growth else table


def _notes_on_rest(asked: Asked, found: RestPoints) -> list[str]:
    notes = []
    if asked.model.lowered.rule.mutation > 0:
        notes.append("Nash, ESS and NSS are marks of the game itself; with mutation the flow rests beside them")
    for number, continuum in enumerate(found.continua):
        shape = {1: "a line", 2: "a polygon"}.get(continuum.dimension, f"a polytope of dimension {continuum.dimension}")
        corners = "; ".join(mix_words(asked.names, vertex) for vertex in continuum.vertices)
        notes.append(f"continuum {number}: all of {shape} is at rest, with the corners {corners}")
    if found.index is not None and found.found is None:
        notes.append(f"the sum of the indices is {found.index}")
    return notes


def mix_words(names: tuple[str, ...], mix: np.ndarray) -> str:
    """`0.4 hawk + 0.6 dove`; a pure mix is its strategy."""
    parts = [(name, share) for name, share in zip(names, mix, strict=True) if share > 5e-5]
    return " + ".join(name if abs(share - 1) < 5e-5 else f"{share:.4g} {name}" for name, share in parts)


def answer_stability(asked: Asked) -> Answer:
    """Eigenvalues of each rest point."""
    import pandas as pd

    found = rest_points(asked.model, environment=asked.environment)
    generational = field_of(asked.model, environment=asked.environment).generational
    values = pd.DataFrame(
        [
            {
                "point": number,
                "real": _cleaned(value.real, point.eigenvalues),
                "imaginary": _cleaned(value.imag, point.eigenvalues),
            }
            for number, point in enumerate(found.points)
            for value in point.eigenvalues
        ],
        columns=["point", "real", "imaginary"],
    )
    rows = [
        {
            "point": number,
            "mix": mix_words(asked.names, point.mix),
            "stability": point.stability,
            "eigenvalues": ", ".join(_complex_words(value, point.eigenvalues) for value in point.eigenvalues),
            "period": _period(point.eigenvalues, generational),
        }
        for number, point in enumerate(found.points)
    ]
    kind = (
        "of the map's step (1 + eigenvalue multiplies a deviation)" if generational else "of the flow, per generation"
    )
    return Answer(
        "stability",
        "Eigenvalues at rest points, along the simplex",
        pd.DataFrame(rows),
        f"eigenvalues {kind}; derivatives by complex steps; period: generations that the fastest turn takes",
        "rounding, about 1e-14 of the largest eigenvalue where these are well apart",
        (),
        {"eigenvalues": values},
        found,
    )


def _complex_words(value: complex, eigenvalues: np.ndarray) -> str:
    if not np.isfinite(value):
        return "none"
    real, imaginary = (_cleaned(part, eigenvalues) for part in (value.real, value.imag))
    return f"{real:.4g}" if not imaginary else f"{real:.4g}{imaginary:+.4g}i"


def _period(eigenvalues: np.ndarray, generational: bool) -> float:
    if not len(eigenvalues) or not np.isfinite(eigenvalues).all():
        return float("nan")
    turn = float(np.abs(np.angle(1 + eigenvalues) if generational else np.imag(eigenvalues)).max())
    return 2 * np.pi / turn if turn > 1e-12 * max(1.0, float(np.abs(eigenvalues).max())) else float("nan")


def _cleaned(value: float, eigenvalues: np.ndarray) -> float:
    """0 for what is a rounding error of the largest eigenvalue."""
    return 0.0 if abs(value) <= 1e-12 * max(1.0, float(np.abs(eigenvalues).max(initial=0.0))) else float(value)


def answer_invasion(asked: Asked) -> Answer:
    """Payoff advantages of rare strategies."""
    import pandas as pd

    advantage = invasion(asked.model, environment=asked.environment)
    table = pd.DataFrame(advantage, columns=list(asked.names))
    table.insert(0, "resident", list(asked.names))
    return Answer(
        "invasion",
        "Invasion: payoff of a rare strategy (column) less that of the residents (row)",
        table,
        BY_PAYOFFS,
        ROUNDING,
        result=advantage,
    )


def answer_edges(asked: Asked) -> Answer:
    """Between each two strategies: who invades, rest points, critical seeds."""
    import pandas as pd

    field = field_of(asked.model, environment=asked.environment)
    alone = field.without_mutation()
    if not (alone.copies_success or alone.rests_at_nash):
        raise ValueError(
            f"{field.kind} here does not rest where payoffs are equal (it leans, or errs): see rest-points"
        )
    rows = []
    for first, second in asked.pairs:
        points = edge_points(asked.model, first, second, environment=asked.environment)
        seeds = [
            critical_seed(asked.model, *way, environment=asked.environment)
            for way in ((second, first), (first, second))
        ]
        rows.append(
            {
                "first": first,
                "second": second,
                "relation": relation(first, second, tuple(seed == 0 for seed in seeds), bool(points)),
                "rest points (share of first)": ", ".join(
                    f"{point.share:.4g} {'stable' if point.stable else 'unstable'}" for point in points
                ),
                "seed of first": seeds[0],
                "seed of second": seeds[1],
            }
        )
    notes = ("without mutation",) if field.mutates else ()
    return Answer(
        "edges",
        "Two strategies alone: who invades whom, and the least share (seed) from which each grows",
        pd.DataFrame(rows),
        "fine grid of shares, refined" if asked.model.lowered.game.reads_mix else f"{BY_PAYOFFS}: all sign changes",
        "shares are right to about 1e-13",
        notes,
    )


def relation(first: str, second: str, invades: tuple[bool, ...], inside: bool) -> str:
    """What two strategies are to each other, by who invades and whether there is a rest point between."""
    if invades[0] == invades[1]:
        return "coexist" if invades[0] else "bistable" if inside else "neutral"
    return f"{first if invades[0] else second} {'invades' if inside else 'dominates'}"


def answer_basins(asked: Asked) -> Answer:
    """How much of the simplex flows to each rest point."""
    found = rest_points(asked.model, environment=asked.environment)
    if not any(point.attracts for point in found):  # degenerate ones may attract all the same
        hyperbolic = all(point.stability in HYPERBOLIC for point in found)
        if hyperbolic or basins(asked.model, environment=asked.environment, samples=FIRST_SAMPLES).elsewhere == 1:
            raise ValueError("no rest point attracts: the flow goes round, or along the boundary")
    volumes = basins(asked.model, environment=asked.environment, samples=SAMPLES)
    drawn = len(asked.names) in (3, 4) and asked.roles == 1
    grid = basin_grid(asked.model, environment=asked.environment, volumes=volumes) if drawn else None
    notes = (
        [f"{volumes.elsewhere:.2%} of the simplex comes to no rest point in time"] if volumes.elsewhere > 1e-9 else []
    )
    exact = not len(volumes.starts)
    return Answer(
        "basins",
        "Basins of attraction: share of the simplex that flows to each rest point",
        volumes.frame,
        volumes.statement,
        "that of the rest points" if exact else "standard errors of the sampling in the column `error`",
        tuple(notes),
        result=grid,
    )


def answer_separatrices(asked: Asked) -> Answer:
    """The curves between basins."""
    import pandas as pd

    found = separatrices(asked.model, environment=asked.environment)
    rows, places = [], []
    for number, curve in enumerate(found.curves):
        end = (
            "none (it leaves, or winds round)"
            if curve.end is None
            else mix_words(asked.names, found.points[curve.end].mix)
        )
        length = float(np.linalg.norm(np.diff(curve.curve, axis=0), axis=1).sum())
        saddle = mix_words(asked.names, found.points[curve.saddle].mix)
        rows.append({"curve": number, "saddle": saddle, "comes from": end, "length": length})
        frame = pd.DataFrame(curve.curve, columns=list(asked.names))
        frame.insert(0, "curve", number)
        places.append(frame)
    return Answer(
        "separatrices",
        "Separatrices: stable curves of saddles, which part the basins",
        pd.DataFrame(rows, columns=["curve", "saddle", "comes from", "length"]),
        f"followed back in time from beside each saddle; {found.statement}",
        "curves are right to about 1e-8",
        () if rows else ("no saddle has a stable curve inside the simplex",),
        {"curves": pd.concat(places)} if places else {},
        found,
    )


def answer_coupled(asked: Asked) -> Answer:
    """Rest points of mix and environment together."""
    import pandas as pd

    found = coupled_rest_points(asked.model, between=asked.between, environment=asked.environment)
    rows = [
        dict(zip(asked.names, point.mix.tolist(), strict=True))
        | point.environment
        | {"stability": point.stability, "growth": float(np.real(point.eigenvalues).max()), "times found": times}
        for point, times in zip(found.points, found.found, strict=True)
    ]
    return Answer(
        "coupled",
        "Rest points of the mix and its environment together",
        pd.DataFrame(rows),
        found.statement,
        "each is right to about 1e-9; there may be others",
        result=found,
    )
