"""A model: strategies, game, environment, selection, mutation, population and dynamics, checked against each other."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from evo._errors import listed, suggest
from evo._kin import kin, shared
from evo._reprs import table
from evo._spec import ConfigError, ConfigProblem, ProblemError, Spec
from evo.dynamics import Dynamics
from evo.environments import Law
from evo.formulas import parse
from evo.games import Calculated, Game, Written, unknown_names, written
from evo.lowering import Problems, acting, attributes, lower, lower_kin, scalar_names
from evo.mutations import Mutation
from evo.populations import Infinite, Population
from evo.quantities import parameter_formulas
from evo.selection import Selection
from evo.series import File
from evo.strategies import Name, Strategies, colors, labels

if TYPE_CHECKING:
    from evo.kernels.arrays import Process

MOST_NAMES = 6  # strategies that are named in one line
RESERVED = frozenset(
    {"t", "n", "mean_payoff", "value", "where", "min", "max", "abs", "exp", "log", "sqrt", "tanh", "floor"}
)


class Parameter(Spec):
    """A number that formulas use by name, with what a reader and a slider need to know of it."""

    value: float
    range: tuple[float, float] | None = None
    unit: str | None = None
    label: str | None = None


def _as_parameter(value: object) -> object:
    return {"value": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


Parameters = dict[Name, Annotated[Parameter, BeforeValidator(_as_parameter, json_schema_input_type=float | Parameter)]]


class Parts(Spec):
    """What a model is made of: the keys that stand at the top of a config, beside those of the experiment."""

    parameters: Parameters = Field(default_factory=dict)
    strategies: Strategies
    game: Game
    environment: dict[Name, Law] = Field(default_factory=dict)
    selection: Selection = Selection()
    mutation: Mutation = Mutation()
    population: Population = Infinite()
    dynamics: Dynamics
    files: dict[str, File] = Field(default_factory=dict, description="data files, embedded when the config was loaded")

    def __repr__(self) -> str:
        title = getattr(self, "title", "")
        return (
            f"<{type(self).__name__}{f' {title}' if title else ''}: {'; '.join(words for _, words in self.summary())}>"
        )

    def _repr_html_(self) -> str:
        """What it is made of, for notebooks, with the colours of its strategies."""
        own, called = colors(self.strategies), labels(self.strategies)
        swatches = " ".join(
            f'<span style="white-space:nowrap"><span style="color:{own[name]}">&#9632;</span> {escape(called[name])}</span>'
            for name in self.strategies
        )
        title = getattr(self, "title", "") or type(self).__name__
        return table(title, self.summary(), below=f"<p>{swatches}</p>")

    def summary(self) -> list[tuple[str, str]]:
        """What it is made of, in a few words each."""
        names = listed(list(labels(self.strategies).values()))
        population = self.population.kind.replace("_", " ") + " population"
        size = getattr(self.population, "size", None)
        rows = [
            (
                "strategies",
                f"{len(self.strategies)} strategies" + (f": {names}" if len(self.strategies) <= MOST_NAMES else ""),
            ),
            ("game", f"{self.game.kind.replace('_', ' ')} game"),
            ("population", population + ("" if size is None else f" of {size}")),
            ("dynamics", self.dynamics.kind.replace("_", " ")),
        ]
        moving = ", ".join(f"{name} ({law.kind})" for name, law in self.environment.items())
        return rows + ([("environment", f"environment: {moving}")] if moving else [])

    @cached_property
    def in_common(self) -> dict[tuple[object, ...], Any]:
        """What is known of it and its kin (`evo._kin`)."""
        return {}

    def kin(self, parameters: dict[str, Parameter], **others: Spec) -> Self:
        """The same with these parameters, which differ from its own in their values, and other fields: not validated."""
        found = kin(self, {"parameters": parameters, **others})
        if others or isinstance(self.game, Calculated):  # of which the formulas hold the values
            del vars(found)["in_common"]
        return found

    @cached_property
    def strategy_names(self) -> tuple[str, ...]:
        return tuple(self.strategies)

    @cached_property
    def parameter_values(self) -> dict[str, float]:
        return {name: parameter.value for name, parameter in self.parameters.items()}

    @cached_property
    def trait_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trait for strategy in self.strategies.values() for trait in strategy.traits))

    @property
    @shared
    def form(self) -> Written:
        """The game written out as payoff formulas, whatever the name it was asked for by."""
        try:
            still = {name: value for name, value in self.parameter_values.items() if name not in self.environment}
            return written(self.game, self.strategy_names, parameters=still, files=self.files)
        except ProblemError as error:
            raise ConfigError([ConfigProblem(("game", *error.path), None, error.message, error.hint)]) from None

    def trait_values(self, trait: str) -> np.ndarray:
        """The trait of each strategy, 0 where it has none."""
        return np.array([strategy.traits.get(trait, 0.0) for strategy in self.strategies.values()])


class Model(Parts):
    """A model that can run: its parts agree, its formulas know their names, and it lowers to arrays (`lowered`)."""

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        problems = Problems()
        self._check_formulas(problems)
        problems.stop()
        self._check_names(problems)
        problems.stop()
        self.lowered  # noqa: B018  (every other check)
        return self

    def kin(self, parameters: dict[str, Parameter], **others: Spec) -> Self:
        """Raises ConfigError where a value is wrong."""
        found = super().kin(parameters, **others)
        vars(found)["lowered"] = lower_kin(found, self.lowered)
        return found

    @cached_property
    def lowered(self) -> Process:
        """The arrays that kernels read."""
        return lower(self)

    @property
    def deterministic(self) -> bool:
        """Whether a run from a given start has no randomness."""
        return not self.population.finite and not self.lowered.random

    @property
    def fixes(self) -> bool:
        """Whether strategies are lost for good, so that one takes over: finite, no mutation, a rule that only imitates."""
        innovative = acting(self).facts.innovative
        return self.population.finite and self.lowered.rule.mutation == 0 and not innovative

    def _check_names(self, problems: Problems) -> None:
        prefixes = ("x_", "k_", "payoff_")
        taken = {prefix + name for prefix in prefixes for name in self.strategies} | RESERVED
        for part, names in (("parameters", self.parameters), ("environment", self.environment), ("let", self.form.let)):
            for name in names:
                path = ("game", "let", name) if part == "let" else (part, name)
                if name in taken:
                    problems.add(path, f"{name!r} means something else in formulas", "choose another name")

    def _check_formulas(self, problems: Problems) -> None:
        known: Mapping[str, int] = scalar_names(self) | attributes(self)
        for path, text in parameter_formulas(self):
            for name in sorted(parse(text).names):
                if name in self.environment:
                    problems.add(path, f"{name!r} is an environment variable here: it moves, and this must be a number")
                elif name in known and name not in self.parameters:
                    problems.add(path, f"{name!r} moves during a run, and this must be a number")
                elif name not in self.parameters:
                    problems.add(path, f"unknown parameter {name!r}", _nearest(name, self.parameters))
        counts = {f"k_{name}" for name in self.strategies}
        for path, name in unknown_names(self.game, known.keys() | counts):
            problems.add(("game", *path), f"unknown name {name!r}", _nearest(name, known))


def _nearest(name: str, known: Mapping[str, object]) -> str:
    return suggest(name, known) or f"known: {', '.join(sorted(known)) or 'none'}"
