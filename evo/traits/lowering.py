"""Lowering: a model of continuous traits to the arrays that the kernel reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evo import codes
from evo._errors import ConfigError, ConfigProblem, ProblemError
from evo.formulas import FormulaError, compile_program
from evo.kernels.trait_arrays import EVERYBODY, MOMENTS, SAMPLED, TraitGame, TraitGroups, TraitProcess
from evo.traits import trees
from evo.traits.moments import MOST_FACTORS, Powers, expected_product
from evo.traits.parts import Groups

if TYPE_CHECKING:
    from evo.kernels.program import Program
    from evo.traits.model import TraitModel

RULES = {
    "moran": codes.MORAN,
    "wright_fisher": codes.WRIGHT_FISHER,
    "pairwise_comparison": codes.PAIRWISE_COMPARISON,
}


def lower_traits(model: TraitModel) -> TraitProcess:
    """The arrays of a model. Raises ConfigError or ProblemError with the path of what is wrong."""
    low, high = model.bounds
    return TraitProcess(
        game=_lower_game(model),
        rule=RULES[model.dynamics.kind],
        whole=model.members,
        intensity=model.intensity,
        linear=model.selection.fitness == "linear",
        mutation=model.value(model.mutation.rate),
        clips=model.mutation.at_bounds == "clip",
        low=low.copy(),
        high=high.copy(),
        start=model.start,
        root=_root(model.covariance),
    )


def lower_groups(model: TraitModel) -> TraitGroups | None:
    """The groups of a model, None where the population is well-mixed."""
    population = model.population
    if not isinstance(population, Groups):
        return None
    contests = population.contests
    return TraitGroups(
        groups=model.groups,
        migration=model.value(population.migration),
        contests=model.value(contests.rate) if contests else 0.0,
        intensity=model.value(contests.intensity) if contests else 0.0,
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular root of a covariance that may be singular: by QR of its symmetric root."""
    values, vectors = np.linalg.eigh(covariance)
    upper = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0))).T)[1]
    signs = np.where(np.diag(upper) < 0, -1.0, 1.0)
    return np.ascontiguousarray((signs[:, None] * upper).T)


def _lower_game(model: TraitModel) -> TraitGame:
    _check_formulas(model)
    try:
        tree = model.payoff_tree
    except trees.TooLargeError as error:
        raise ProblemError(("game", "payoff"), str(error)) from None
    own = [f"own_{name}" for name in model.traits]
    partners = [f"{model.partner}_{name}" for name in model.traits]
    if model.population.payoff == "sampled":
        program = _program(tree, [*own, *partners])
        return _game(model, program, SAMPLED, columns=model.population.games or 1)
    if model.group_size == model.members:
        return _all_together(model, tree, own, partners)
    try:
        return _by_moments(model, tree, own, partners)
    except trees.NoPolynomialError as error:
        if model.group_size == 2:
            return _game(model, _program(tree, [*own, *partners]), EVERYBODY, columns=model.members - 1)
        message = f"the expected payoff in a group of more than two has no closed form: this {error}"
        hint = "sample it: `population: {payoff: sampled, games: ...}`"
        raise ProblemError(("game", "payoff"), message, hint) from None


def _check_formulas(model: TraitModel) -> None:
    """Every name is known, in every line."""
    known = [f"{prefix}_{name}" for prefix in ("own", model.partner) for name in model.traits]
    scalars = [*model.parameters, *(["n"] if model.partner == "mean" else [])]
    try:
        compile_program(
            let=model.game.let,
            outputs={"payoff": model.game.payoff},
            scalars={name: place for place, name in enumerate(scalars)},
            vectors={name: place for place, name in enumerate(known)},
            moving=set(known),
        )
    except FormulaError as error:
        path = ("game", "let", error.name or "") if error.part == "let" else ("game", "payoff")
        raise ConfigError([ConfigProblem(path, None, str(error))]) from None


def _all_together(model: TraitModel, tree: trees.Node, own: list[str], partners: list[str]) -> TraitGame:
    """Everybody plays in one group, so that co-players' means are what they are, whatever the formula."""
    traits = len(own)
    sums = [tuple(int(place == trait) for place in range(traits)) for trait in range(traits)]
    terms = np.array([[trait, trait] for trait in range(traits)], np.int64)
    weights = np.full(traits, 1 / (model.members - 1))
    program = _program(tree, [*own, *partners])
    return _game(model, program, MOMENTS, columns=1, moments=traits, sums=sums, terms=terms, weights=weights)


def _by_moments(model: TraitModel, tree: trees.Node, own: list[str], partners: list[str]) -> TraitGame:
    """The mean payoff as a formula of own traits and means of products of co-players' traits."""
    coefficients = trees.polynomial(tree, partners)
    if model.group_size > 2 and any(sum(powers) > MOST_FACTORS for powers in coefficients):
        raise trees.NoPolynomialError(f"is a polynomial of a degree above {MOST_FACTORS}")
    needed = [powers for powers in coefficients if sum(powers) > 0]
    called = {powers: f"mean of {powers}" for powers in needed}
    mean: trees.Node = trees.ZERO
    for powers, coefficient in coefficients.items():
        factor = trees.Name(called[powers], 0) if powers in called else trees.ONE
        mean = trees.add(mean, trees.multiply(coefficient, factor))
    program = _program(mean, [*own, *called.values()])
    expected = [expected_product(powers, size=model.group_size, whole=model.members) for powers in needed]
    sums = sorted({each for terms in expected for factors in terms for each in factors})
    rows = [(moment, factors, weight) for moment, terms in enumerate(expected) for factors, weight in terms.items()]
    longest = max((len(factors) for _, factors, _ in rows), default=0)
    terms = np.full((len(rows), 1 + longest), -1, np.int64)
    for row, (moment, factors, _) in enumerate(rows):
        terms[row, 0] = moment
        terms[row, 1 : 1 + len(factors)] = [sums.index(each) for each in factors]
    weights = np.array([weight for _, _, weight in rows], float)
    return _game(model, program, MOMENTS, columns=1, moments=len(needed), sums=sums, terms=terms, weights=weights)


def _program(tree: trees.Node, vectors: list[str]) -> Program:
    return compile_program(
        let={},
        outputs={"payoff": trees.expression(tree)},
        scalars={},
        vectors={name: row for row, name in enumerate(vectors)},
        moving=set(vectors),
    )


def _game(
    model: TraitModel,
    program: Program,
    way: int,
    *,
    columns: int,
    moments: int = 0,
    sums: list[Powers] | None = None,
    terms: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> TraitGame:
    return TraitGame(
        program=program,
        scalars=np.zeros(1),
        way=way,
        columns=columns,
        size=model.group_size,
        moments=moments,
        monomials=np.array(sums or [], np.int64).reshape(-1, len(model.traits)),
        terms=np.zeros((0, 1), np.int64) if terms is None else terms,
        weights=np.zeros(0) if weights is None else weights,
    )
