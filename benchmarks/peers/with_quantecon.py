"""evo and QuantEcon's `game_theory` side by side: Nash equilibria, logit and best-response dynamics.

    python benchmarks/peers/with_quantecon.py [--repeats 5] [--only logit]

QuantEcon compiles its equilibrium solvers with numba too. LocalInteraction is left out: evo has no networks yet.
"""

from __future__ import annotations

from side_by_side import needed

needed("quantecon", "QuantEcon")


STAG_HUNT = [[4.0, 0.0], [3.0, 2.0]]
