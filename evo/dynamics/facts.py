"""What is true of an update rule or flow: the facts that cross-checks, kernels and tests go by."""

from __future__ import annotations

from typing import NamedTuple


class Facts(NamedTuple):
    """Facts of one rule; mutates: ways of mutating, the default first, none where it has no mutation."""

    rule: int  # its code
    finite: bool = False  # runs in finite populations
    infinite: bool = True  # runs in infinite ones, by its mean field where it is a finite rule
    fitness: bool = False  # payoffs become fitness by the map of `selection`
    intensity: bool = True  # selection.intensity has something to act on
    role_model: bool = False  # a role model is drawn, so conformity and prestige have something to act on
    network: bool = False  # runs on graphs
    innovative: bool = False  # brings back strategies that are absent, without mutation: nothing is ever fixed
    generational: bool = False  # one step is a generation, in infinite populations too
    noisy: bool = False  # random also in an infinite population
    mutates: tuple[str, ...] = ()
