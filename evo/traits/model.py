"""A model of continuous traits: its parts, checked against each other, read from and written as YAML."""

from __future__ import annotations

from functools import cached_property
from itertools import product
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from evo import _spec, _yaml
from evo._errors import suggest
from evo._spec import Spec
from evo.canonical import plain
from evo.formulas import evaluate, parse
from evo.lowering import Problems
from evo.model import RESERVED, Parameters
from evo.quantities import number, parameter_formulas
from evo.strategies import Name
from evo.traits import trees
from evo.traits.parts import Dynamics, Game, GroupGame, Groups, Mutation, Population, Selection, Trait

if TYPE_CHECKING:
    from evo.formulas.tree import Node
    from evo.kernels.trait_arrays import TraitGroups, TraitProcess

SCHEMA_VERSION = 1
STUDY_KEYS = frozenset({"run", "sweep"})  # what a study asks of a model, in the same file (evo.organisations.study)
MOST = 10**7  # individuals
GRID = 9  # values per trait at which linear fitness is looked at


def _version(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value > SCHEMA_VERSION:
        raise ValueError(f"this evo reads version {SCHEMA_VERSION}; the config says {value}: a newer evo wrote it")
    return value


class TraitModel(Spec):
    """Individuals with continuous heritable traits: what traits they have, how these pay, and how they are passed on.

    An infinite population has its adaptive dynamics in `evo.exact.traits.adaptive`; `evo.traits.simulate` runs the finite one.
    """

    schema_version: Annotated[Literal[1], BeforeValidator(_version)] = 1
    title: str = ""
    question: str = ""
    note: str = Field(default="", description="what a reader must know: caveats, sources")
    parameters: Parameters = Field(default_factory=dict)
    traits: Annotated[dict[Name, Trait], Field(min_length=1, max_length=8)]
    game: Game
    selection: Selection = Selection()
    mutation: Mutation
    population: Population
    dynamics: Dynamics

    @cached_property
    def trait_names(self) -> tuple[str, ...]:
        return tuple(self.traits)

    @cached_property
    def parameter_values(self) -> dict[str, float]:
        return {name: parameter.value for name, parameter in self.parameters.items()}

    @cached_property
    def group_size(self) -> int:
        """n; 2 in games of two."""
        return int(self.value(self.game.size)) if isinstance(self.game, GroupGame) else 2

    @cached_property
    def partner(self) -> str:
        """What the co-players' traits are called in formulas: other (in games of two) or mean."""
        return "mean" if isinstance(self.game, GroupGame) else "other"

    @cached_property
    def payoff_tree(self) -> Node:
        """The payoff as one formula of own_T, other_T or mean_T and the parameters, its lines written out."""
        tree = trees.written_out(self.game.payoff, self.game.let)
        numbers = self.parameter_values | ({"n": float(self.group_size)} if self.partner == "mean" else {})
        return trees.simplified(trees.substituted(tree, {name: trees.Number(value) for name, value in numbers.items()}))

    @cached_property
    def bounds(self) -> np.ndarray:
        """Rows low and high, (2, traits)."""
        low = [self.value(trait.low) for trait in self.traits.values()]
        return np.array([low, [self.value(trait.high) for trait in self.traits.values()]])

    @cached_property
    def start(self) -> np.ndarray:
        """The traits that everybody begins with, (traits,)."""
        return np.array([self.value(trait.start) for trait in self.traits.values()])

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariance of the steps of a mutation, (traits, traits)."""
        steps = np.array([self.value(trait.step) for trait in self.traits.values()])
        among = np.eye(len(steps)) if self.mutation.correlation is None else np.array(self.mutation.correlation)
        return among * np.outer(steps, steps)

    @cached_property
    def intensity(self) -> float:
        return self.value(self.selection.intensity)

    @cached_property
    def groups(self) -> int:
        """M; 1 in a well-mixed population."""
        return int(self.value(self.population.groups)) if isinstance(self.population, Groups) else 1

    @cached_property
    def members(self) -> int:
        """How many may meet each other: the members of a group, in a well-mixed population everybody."""
        return int(self.value(self.population.size))

    @property
    def size(self) -> int:
        """Z: everybody, of all groups."""
        return self.groups * self.members

    @cached_property
    def lowered(self) -> TraitProcess:
        """The arrays that the kernel reads."""
        from evo.traits.lowering import lower_traits

        return lower_traits(self)

    @cached_property
    def lowered_groups(self) -> TraitGroups | None:
        """The groups and how they meet, None in a well-mixed population."""
        from evo.traits.lowering import lower_groups

        return lower_groups(self)

    def value(self, quantity: float | str) -> float:
        """A quantity's value at the model's parameters."""
        return number(quantity, self.parameter_values)

    def payoffs(self, own: np.ndarray, partners: np.ndarray) -> np.ndarray:
        """Payoff to traits `own` among co-players of (mean) traits `partners`, both (..., traits); shape (...)."""
        values = {f"own_{name}": own[..., place] for place, name in enumerate(self.traits)}
        values |= {f"{self.partner}_{name}": partners[..., place] for place, name in enumerate(self.traits)}
        found = evaluate(trees.expression(self.payoff_tree), values)
        return np.broadcast_to(found, np.broadcast_shapes(own.shape[:-1], partners.shape[:-1]))

    # ---- checks

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = Problems()
        self._check_names(problems)
        for path, text in parameter_formulas(self):
            for name in sorted(parse(text).names - self.parameters.keys()):
                known = f"parameters: {', '.join(self.parameters) or 'none'}"
                problems.add(path, f"unknown parameter {name!r}", suggest(name, self.parameters) or known)
        problems.stop()
        self._check_numbers(problems)
        problems.stop()
        with problems.at():
            self.lowered  # noqa: B018  (the formulas, and whether their mean can be had)
        problems.stop()
        with problems.at("selection", "fitness"):
            self._check_linear_fitness()
        problems.stop()
        return self

    def _check_names(self, problems: Problems) -> None:
        taken = {f"{prefix}_{name}" for prefix in ("own", self.partner) for name in self.traits} | RESERVED
        for path, names in ((("parameters",), self.parameters), (("game", "let"), self.game.let)):
            for name in names:
                if name in taken:
                    problems.add((*path, name), f"{name!r} means something else in formulas", "choose another name")

    def _check_numbers(self, problems: Problems) -> None:
        for name, trait in self.traits.items():
            low, high, start, step = (self.value(each) for each in (trait.low, trait.high, trait.start, trait.step))
            at = ("traits", name)
            if not low < high:
                problems.add((*at, "high"), f"must be more than low, {low:g}, is {high:g}")
            elif not low <= start <= high:
                problems.add((*at, "start"), f"must lie between low, {low:g}, and high, {high:g}, is {start:g}")
            if not step >= 0:
                problems.add((*at, "step"), f"must be at least 0, is {step:g}")
        rate, beta = self.value(self.mutation.rate), self.intensity
        if not 0 <= rate <= 1:
            problems.add(("mutation", "rate"), f"must lie between 0 and 1, is {rate:g}")
        if not 0 <= beta < np.inf:
            problems.add(("selection", "intensity"), f"must be at least 0, is {beta:g}")
        _check_correlation(self.mutation.correlation, len(self.traits), problems)
        self._check_choices(beta, problems)
        self._check_sizes(problems)

    def _check_choices(self, beta: float, problems: Problems) -> None:
        fitness, population = self.selection.fitness, self.population
        if fitness == "linear" and self.dynamics.kind == "pairwise_comparison":
            problems.add(("selection", "fitness"), "pairwise_comparison compares payoffs: it has no fitness")
        elif fitness == "linear" and beta > 1:
            problems.add(("selection", "intensity"), f"of linear fitness must be at most 1, is {beta:g}")
        if (population.games is None) == (population.payoff == "sampled"):
            message = "is missing" if population.games is None else "is a number of sampled games"
            problems.add(("population", "games"), message, "`payoff: sampled` takes `games`, `payoff: expected` none")
        if population.payoff == "sampled" and self.dynamics.kind == "moran":
            hint = "use wright_fisher or pairwise_comparison"
            problems.add(("population", "payoff"), "moran needs everybody's payoff at each step, too many games", hint)

    def _check_sizes(self, problems: Problems) -> None:
        n, whole = 2.0, self.value(self.population.size)
        if isinstance(self.game, GroupGame):
            n = self.value(self.game.size)
            if n != int(n) or not 2 <= n <= 1000:
                problems.add(("game", "size"), f"must be a whole number from 2 to 1000, is {n:g}")
        if whole != int(whole) or not max(n, 3) <= whole <= MOST:
            least = f"must be a whole number from {max(n, 3):g} (3, and no less than a group) to {MOST}, is {whole:g}"
            problems.add(("population", "size"), least)
        if isinstance(self.population, Groups):
            self._check_groups(self.population, whole, problems)

    def _check_groups(self, population: Groups, members: float, problems: Problems) -> None:
        groups, migration = self.value(population.groups), self.value(population.migration)
        if groups != int(groups) or not 1 <= groups * members <= MOST:
            message = f"must be a whole number from 1, of at most {MOST} individuals in all, is {groups:g}"
            problems.add(("population", "groups"), message)
        if not 0 <= migration <= 1:
            problems.add(("population", "migration"), f"must lie between 0 and 1, is {migration:g}")
        if groups == 1 and migration > 0:
            problems.add(("population", "migration"), "there is no other group that anybody could come from")
        if contests := population.contests:
            rate, intensity = self.value(contests.rate), self.value(contests.intensity)
            if not 0 <= rate <= 1:
                problems.add(("population", "contests", "rate"), f"must lie between 0 and 1, is {rate:g}")
            if not intensity >= 0:
                problems.add(("population", "contests", "intensity"), f"must be at least 0, is {intensity:g}")
            if groups == 1:
                problems.add(("population", "contests"), "take two groups")

    def _check_linear_fitness(self) -> None:
        """Refuse a payoff that makes linear fitness negative somewhere on a grid of own and co-players' traits."""
        if self.selection.fitness != "linear":
            return
        points = self._grid()
        payoffs = self.payoffs(points[:, None, :], points[None, :, :])
        fitness = np.nan_to_num(1 - self.intensity + self.intensity * payoffs, nan=np.inf)
        if fitness.min() < 0:
            own, partners = (points[place] for place in np.unravel_index(fitness.argmin(), fitness.shape))
            raise ValueError(
                f"linear fitness is {fitness.min():.4g} for an individual with {self.words(own)}"
                f" among co-players with {self.words(partners)}; use exponential fitness or a smaller intensity"
            )

    def _grid(self) -> np.ndarray:
        """Trait values all over their ranges, few where there are many traits; (points, traits)."""
        fine = max(2, min(GRID, int(1000 ** (1 / len(self.traits)))))
        shares = np.array(list(product(range(fine), repeat=len(self.traits)))) / (fine - 1)
        low, high = self.bounds
        return low + (high - low) * shares

    def words(self, traits: np.ndarray) -> str:
        """Trait values in words."""
        return ", ".join(f"{name} {value:.6g}" for name, value in zip(self.traits, traits, strict=True))


def _check_correlation(rows: tuple[tuple[float, ...], ...] | None, traits: int, problems: Problems) -> None:
    path = ("mutation", "correlation")
    if rows is None:
        return
    if len(rows) != traits or any(len(row) != traits for row in rows):
        problems.add(path, f"needs {traits} rows of {traits}, one per trait")
        return
    matrix = np.array(rows)
    if not (matrix == matrix.T).all() or not (np.diag(matrix) == 1).all():
        problems.add(path, "must be symmetric, with 1 on the diagonal")
    elif np.linalg.eigvalsh(matrix)[0] < -1e-12:
        problems.add(path, "is no matrix of correlations: it has a negative eigenvalue")


# ---- files


def load(path: str | FilePath) -> TraitModel:
    """Read a model from a YAML file; how it is run (`run`, `sweep`) is for evo.organisations.study, which checks it too.

    Raises ConfigError with every problem, its path and line; OSError where the file cannot be read."""
    path = FilePath(path)
    return loads(path.read_bytes(), source=path.name)


def loads(text: str | bytes, *, source: str = "<config>") -> TraitModel:
    """`load` from text."""
    document = _yaml.load(text, source=source)
    data: Any = document.data
    if isinstance(data, dict):
        data = {key: value for key, value in cast("dict[str, Any]", data).items() if key not in STUDY_KEYS}
    return _spec.validate(TraitModel, data, document=document, source=source)


def dump(model: TraitModel) -> str:
    """The model as YAML; `loads` gives it back."""
    return _yaml.dump(cast("dict[str, Any]", plain(model)))
