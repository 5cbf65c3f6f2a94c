"""The pictures of an analysis: which answer has which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evo.plots.bifurcation import bifurcation
from evo.plots.dependence import dependence
from evo.plots.gradient import gradient
from evo.plots.invasion import invasion
from evo.plots.page import PictureError, save
from evo.plots.simplex import simplex
from evo.plots.stationary import stationary

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from evo.analysis import Analysis
    from evo.exact.flows.gradient import Gradient
    from evo.experiment import Experiment

WITH_MUTATION = "-with-mutation"  # ends the names of such gradients (evo.analysis.pairs)
SKEWED = 1e4  # largest over median probability of a state, from which shades are logarithmic


def draw_answers(analysis: Analysis, folder: Path | str) -> tuple[list[Path], list[str]]:
    """Draw what there is a picture for into `folder`: the files, and for pictures that cannot be drawn the reason."""
    written: list[Path] = []
    refused: list[str] = []
    for name, picture in pictures(analysis).items():
        try:
            written += save(picture(), Path(folder) / name)
        except PictureError as error:
            refused.append(f"{name}: {error}")
    return written, refused


def pictures(analysis: Analysis) -> dict[str, Callable[[], Figure]]:
    """Functions that draw, by the name of the file."""
    found: dict[str, Callable[[], Figure]] = {}
    if "invasibility" in analysis:
        from evo.plots.invasibility import pairwise_invasibility

        found["invasibility"] = lambda: pairwise_invasibility(analysis["invasibility"].result, mutual=True)
    asked = analysis.asked
    if asked is None:
        return found
    source = asked.experiment
    if "rest-points" in analysis and (len(asked.names) - asked.roles == 2 or (len(asked.names), asked.roles) == (4, 1)):
        found["simplex"] = lambda: simplex(
            source,
            points=analysis["rest-points"].result,
            regions=analysis["basins"].result if "basins" in analysis else None,
            curves=analysis["separatrices"].result if "separatrices" in analysis else None,
            environment=asked.environment,
        )
    if "gradient" in analysis:
        found |= _gradients(source, analysis["gradient"].result)
    if "stationary" in analysis:
        chance = analysis["stationary"].result.probabilities
        skewed = bool(chance.max() > SKEWED * sorted(chance)[len(chance) // 2])
        found["stationary"] = lambda: stationary(source, analysis["stationary"].result, logarithmic=skewed)
    if "small-mutation" in analysis:
        found["invasion-graph"] = lambda: invasion(source, analysis["small-mutation"].result)
    if "branches" in analysis:
        found["branches"] = lambda: bifurcation(source, analysis["branches"].result)
    if "dependence" in analysis:
        found["dependence"] = lambda: dependence(source, analysis["dependence"].result)
    return found


def _gradients(source: Experiment, curves: Mapping[str, Gradient]) -> dict[str, Callable[[], Figure]]:
    """One for each pair, with mutation in the same picture."""
    pairs = [name for name in curves if not name.endswith(WITH_MUTATION)]
    return {
        "gradient" if len(pairs) == 1 else f"gradient-{name}": partial(
            gradient, source, curves[name], mutation=curves.get(name + WITH_MUTATION)
        )
        for name in pairs
    }
