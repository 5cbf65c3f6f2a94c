"""Pictures: what a config may ask to be drawn; evo.plots draws them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from evo._spec import Spec


class Prevail(Spec):
    """Phase diagram: which strategy prevails over two swept paths, one panel per value of the third.

    `lines` overlays lines that follow from the model without simulation: `invasion` (strategy i invades all-j) and
    `dominance` (all-i earns as much as all-j), of the pairs given.
    """

    kind: Literal["prevail"] = "prevail"
    part: str | None = None
    x: str | None = None
    y: str | None = None
    invasion: tuple[tuple[str, str], ...] = ()
    dominance: tuple[tuple[str, str], ...] = ()


class Paths(Spec):
    """Shares over time with the environment below; replicates as bands. `points` chooses points of the sweep."""

    kind: Literal["paths"] = "paths"
    part: str | None = None
    points: tuple[int, ...] | None = None


class Mix(Spec):
    """Shares over time as stacked areas."""

    kind: Literal["mix"] = "mix"
    part: str | None = None
    points: tuple[int, ...] | None = None


class Compare(Spec):
    """Final mixes for each value of a swept path, with intervals over replicates."""

    kind: Literal["compare"] = "compare"
    part: str | None = None
    x: str | None = None


class Ridgeline(Spec):
    """How the final shares of replicates are distributed for each value of a swept path: histograms one above the other."""

    kind: Literal["ridgeline"] = "ridgeline"
    part: str | None = None
    x: str | None = None


class Sensitivity(Spec):
    """Which swept path decides: Sobol's and Morris's indices of each `measure` (a column of the outcomes) as bars with
    intervals, from samples of kind `saltelli` and `morris`."""

    kind: Literal["sensitivity"] = "sensitivity"
    part: str | None = None
    measure: tuple[str, ...] = ()


class Prices(Spec):
    """Price list of interventions: share of the replicates that tip over what it costs, a row for each part of the sweep, with
    the least size that tips. Needs the measures `cost` and `time_to_tip` (of `strategy`, by default the first)."""

    kind: Literal["prices"] = "prices"
    part: str | None = None
    strategy: str | None = None


class Lattice(Spec):
    """Who plays what on a square lattice at some `times` (generations): a row of snapshots for each point of the sweep."""

    kind: Literal["lattice"] = "lattice"
    part: str | None = None
    points: tuple[int, ...] | None = None
    times: tuple[Annotated[float, Field(ge=0)], ...] = ()
    replicate: Annotated[int, Field(ge=0)] = 0


class Network(Spec):
    """Who plays what on the nodes of a graph at a `time`, by default at the end, one panel per point. A hierarchy stands level
    by level (`levels`) or from its top outwards (`radial`), a graph without coordinates as springs draw it."""

    kind: Literal["network"] = "network"
    part: str | None = None
    points: tuple[int, ...] | None = None
    time: Annotated[float, Field(ge=0)] | None = None
    layout: Literal["auto", "levels", "radial", "spring"] = "auto"
    replicate: Annotated[int, Field(ge=0)] = 0


class Levels(Spec):
    """Shares over time on each level of a tree or hierarchy, from the top down. The mean of the first `replicates`."""

    kind: Literal["levels"] = "levels"
    part: str | None = None
    points: tuple[int, ...] | None = None
    replicates: Annotated[int, Field(ge=1, le=1000)] = 8


class Interface(Spec):
    """Share of ties between different strategies over time, logarithmic, with its late slope. The mean of the first
    `replicates`."""

    kind: Literal["interface"] = "interface"
    part: str | None = None
    points: tuple[int, ...] | None = None
    replicates: Annotated[int, Field(ge=1, le=1000)] = 8


def _by_name(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


OfGraphs = Lattice | Network | Levels | Interface
_Kinds = Annotated[
    Prevail | Paths | Mix | Compare | Ridgeline | Sensitivity | Prices | OfGraphs, Field(discriminator="kind")
]
Picture = Annotated[_Kinds, BeforeValidator(_by_name, json_schema_input_type=str | _Kinds)]
