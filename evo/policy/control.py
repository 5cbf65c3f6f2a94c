"""What a policy may do: an intervention of the config, at any size up to a bound, decided upon once a generation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._spec import ConfigError, ConfigProblem
from evo.formulas import FormulaError, evaluate
from evo.interventions import Schedule
from evo.interventions.kinds import Seed, Vote
from evo.interventions.prices import price_of
from evo.interventions.schedule import UNDER_WAY

if TYPE_CHECKING:
    from evo.experiment import Experiment
    from evo.model import Model


@dataclass(frozen=True, eq=False)
class Control:
    """The intervention of an experiment, whose size is decided upon: from 0, nothing, to `most`."""

    experiment: Experiment
    most: float

    @property
    def spec(self) -> Any:
        return self.experiment.interventions[0]

    @property
    def name(self) -> str:
        return self.experiment.intervention_names[0]

    def sizes(self, levels: int) -> np.ndarray:
        return np.linspace(0.0, self.most, levels)

    def sized(self, size: float, *, at: float = 0.0, lasts: float | None = None) -> Any:
        """The intervention of this size from a time on, for a while or for good."""
        return self.spec.model_copy(update={"size": float(size), "at": at, "when": None, "lasts": lasts, "until": None})

    def of(self, model: Model, size: float) -> Model:
        """The model while the intervention is under way at this size; itself at size 0."""
        if size == 0.0:
            return model
        schedule = Schedule(model, (self.sized(size),), (self.name,))
        state = schedule.begin()
        regime = schedule.regime(replace(state, phase=[UNDER_WAY], began=[0.0]))
        found = regime.model.model_copy()
        vars(found)["lowered"] = regime.dress(regime.model.lowered)  # what the intervention adds is no key of a model
        return found

    def price(self, model: Model, size: float | np.ndarray, shares: np.ndarray) -> np.ndarray:
        """What a generation costs per head at these mixes, (states, d) to (states,), of one size or a size for each; nothing at
        size 0."""
        whole = float(model.lowered.sizes.sum()) if model.population.finite else 1.0
        mix = {f"x_{name}": shares[:, k] for k, name in enumerate(model.strategies)}
        try:
            found = evaluate(price_of(self.spec), {"size": size, "Z": whole, **model.parameter_values, **mix})
        except FormulaError as error:
            raise refused(("price",), f"{error}; here a price may read the shares, parameters, size and Z") from None
        return np.where(np.asarray(size) == 0.0, 0.0, np.broadcast_to(np.asarray(found, float), (len(shares),)))

    @cached_property
    def model(self) -> Model:
        return self.experiment.model

    def __str__(self) -> str:
        return f"{self.name}: {self.spec.kind} of at most {self.most:g}, paid from outside"


def control_of(experiment: Experiment, *, most: float | None = None) -> Control:
    """The control that an experiment's intervention is: `most` its largest size, by default the size that the config gives.

    Raises ConfigError where there is none or more than one, where it has no size to decide upon, where it is no intervention
    that goes on, or where its price is taken from payoffs.
    """
    names = experiment.intervention_names
    if not names:
        hint = "give one: interventions: [{kind: subsidy, at: 0, size: 1, to: NAME}]"
        raise ConfigError([ConfigProblem(("interventions",), None, "there is none to decide upon", hint)])
    if len(names) > 1:
        message = f"a policy decides upon one, and there are {len(names)}: {', '.join(names)}"
        raise ConfigError([ConfigProblem(("interventions",), None, message, "leave the others out")])
    spec: Any = experiment.interventions[0]
    if isinstance(spec, Seed | Vote) or not hasattr(spec, "size"):
        raise refused(
            ("kind",),
            f"a {spec.kind} has no size that could be decided upon each generation",
            "a subsidy, a bias or a change",
        )
    if spec.paid_by != "outside":
        raise refused(
            ("paid_by",), "what a policy costs is paid from outside, so that it moves no payoffs", "leave paid_by out"
        )
    if spec.priced == "once":
        raise refused(("priced",), "a policy pays generation by generation", "use priced: per_generation")
    size = Schedule(experiment.model, (spec,), names).size(0) if most is None else most
    if not size > 0:
        raise refused(("size",), f"the largest size must be positive, is {size:g}")
    return Control(experiment, float(size))


def refused(path: tuple[str, ...], message: str, hint: str | None = None) -> ConfigError:
    """What is wrong with the intervention."""
    return ConfigError([ConfigProblem(("interventions", 0, *path), None, message, hint)])
