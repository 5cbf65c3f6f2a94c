"""What is asked: which state counts as reached, by when and held how long; and what is done, from whom, up to how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evo._errors import ConfigError, ConfigProblem, ProblemError, suggest
from evo._spec import parse_path
from evo.measures import TimeToTip

if TYPE_CHECKING:
    from evo.experiment import Experiment

EVERYBODY = "everybody"
HELD = 0.1  # of the horizon, by default


@dataclass(frozen=True)
class Target:
    """Reached: the share of `strategy` comes to `level` or above at a time up to `horizon`, stays there for `hold` generations,
    and is there at the end, `hold` generations after the horizon. Several strategies, joined by commas, count together: the sum
    of their shares.

    horizon None: the run's generations; hold None: a tenth of the horizon.
    """

    strategy: str
    level: float = 0.5
    horizon: float | None = None
    hold: float | None = None

    @property
    def strategies(self) -> tuple[str, ...]:
        """Those whose shares are summed; a seed is of the first."""
        return tuple(name.strip() for name in self.strategy.split(","))

    def places(self, experiment: Experiment) -> list[int]:
        """Their numbers."""
        return [experiment.strategy_names.index(name) for name in self.strategies]

    def share(self, mix: np.ndarray, experiment: Experiment) -> float:
        """Their share of a mix (d,)."""
        return float(mix[self.places(experiment)].sum())

    @property
    def until(self) -> float:
        """The last generation that is looked at."""
        assert self.horizon is not None and self.hold is not None
        return self.horizon + self.hold

    def __str__(self) -> str:
        return f"{self.who} {self.level:g} of all by generation {self.horizon:g}, for {self.hold:g} generations"

    @property
    def who(self) -> str:
        """Subject and verb."""
        names = self.strategies
        return f"{names[0]} holds" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} together hold"


def check_nothing_intervenes(experiment: Experiment) -> None:
    """Raises ConfigError where the config has interventions, which no question about what tips it takes into account."""
    if experiment.interventions:
        message = "what tips is asked of a model that nothing intervenes in"
        raise _refused(("interventions",), message, "leave them out: --set 'interventions=[]'")


def mean_field_of(experiment: Experiment) -> Experiment:
    """A well-mixed experiment in an infinite population, without interventions and without measures, pictures and an end that
    only the finite one has."""
    population: Any = experiment.population
    infinite = {"kind": "infinite", "assortment": population.assortment, "assortment_kind": population.assortment_kind}
    settings = {"population": infinite, "interventions": [], "run.until": "generations"}
    return experiment.replace(settings | {"measure": ["final_mix"], "plots": []})


def asked_by(experiment: Experiment) -> Target:
    """The target of the config's `time_to_tip`, its horizon left open; raises ConfigError where there is none."""
    measured = next((one for one in experiment.measure if isinstance(one, TimeToTip)), None)
    if measured is None:
        known = ", ".join(experiment.strategy_names)
        raise _refused(("target",), "is missing", f"say who is to tip: one of {known}")
    return Target(measured.strategy, measured.level, hold=measured.hold or None)


def target_of(experiment: Experiment, target: Target | None) -> Target:
    """The target with nothing left open: without one, that of the config's `time_to_tip`.

    Raises ConfigError where there is none, where it does not fit, or where something intervenes.
    """
    check_nothing_intervenes(experiment)
    target = target or asked_by(experiment)
    _check_strategies(experiment, target)
    horizon = experiment.run.generations if target.horizon is None else target.horizon
    hold = HELD * horizon if target.hold is None else target.hold
    step = experiment.model.lowered.rule.step if experiment.model.population.finite else 0.0
    if step:  # generations of a rule that moves all at once
        horizon, hold = (step * max(round(time / step), 0) for time in (horizon, hold))
    for name, value, good in (
        ("level", target.level, 0 < target.level <= 1),
        ("horizon", horizon, horizon > 0),
        ("hold", hold, hold >= 0),
    ):
        if not (good and np.isfinite(value)):
            raise _refused((name,), f"cannot be {value:g}")
    return replace(target, horizon=float(horizon), hold=float(hold))


def _check_strategies(experiment: Experiment, target: Target) -> None:
    names = target.strategies
    for name in names:
        if name not in experiment.strategies:
            hint = suggest(name, experiment.strategy_names) or f"strategies: {', '.join(experiment.strategies)}"
            raise _refused(("target",), f"{name!r} is not a strategy", hint)
    if len(set(names)) < len(names):
        raise _refused(("target",), "names a strategy twice")
    if len({experiment.strategies[name].role for name in names}) > 1:
        raise _refused(("target",), "names strategies of two roles", "shares of one role are summed")
    if len(names) == len(experiment.strategies):
        raise _refused(("target",), "names all strategies, which always hold everything")


@dataclass(frozen=True)
class Seed:
    """That share of the population is converted to `strategy` at generation 0, out of those who play `source` (or out of
    everybody else, each strategy in proportion)."""

    strategy: str
    source: str
    most: float
    grain: float = 0.0  # shares come in multiples of it
    unit: str = "of the population"

    @property
    def name(self) -> str:
        return f"seed of {self.strategy} out of {self.source}"

    def settings(self, experiment: Experiment, amount: float) -> dict[str, Any]:
        names = experiment.strategy_names
        shares = _start(experiment) + amount * self.direction(experiment)
        return {"run.start": dict(zip(names, np.clip(shares, 0.0, 1.0).tolist(), strict=True))}

    def intervention(self, amount: float) -> dict[str, Any]:
        """What a config says of it, time apart."""
        source = {} if self.source == EVERYBODY else {"from": self.source}
        return {"kind": "seed", "size": amount, "to": self.strategy} | source

    def direction(self, experiment: Experiment) -> np.ndarray:
        """Change of the start per unit, (d,)."""
        names = experiment.strategy_names
        shares = _start(experiment)
        way = np.zeros(len(names))
        if self.source == EVERYBODY:
            way = -shares / (1 - shares[names.index(self.strategy)])
        else:
            way[names.index(self.source)] = -1.0
        way[names.index(self.strategy)] = 1.0
        return way

    def value(self, amount: float) -> float:
        return amount


@dataclass(frozen=True)
class Setting:
    """A number of the config is moved from `base`, for good, from generation 0 on; amounts count from there, one way."""

    path: str
    base: float
    way: int  # 1 up, -1 down
    most: float
    unit: str = ""
    grain: float = 0.0

    @property
    def name(self) -> str:
        return self.path

    def settings(self, experiment: Experiment, amount: float) -> dict[str, Any]:
        return {self.path: self.value(amount)}

    def intervention(self, amount: float) -> dict[str, Any]:
        """What a config says of it, time apart."""
        return {"kind": "change", "set": {self.path: self.value(amount)}}

    def value(self, amount: float) -> float:
        return self.base + self.way * amount


Intervention = Seed | Setting


@dataclass(frozen=True)
class Question:
    """An experiment, what is done to it, and what is to be reached.

    moment: it is done as an intervention at that generation, and not from the start; for how long (`lasts`, None: for good).
    """

    experiment: Experiment
    done: Intervention
    target: Target
    moment: float | None = None
    lasts: float | None = None

    @property
    def began(self) -> float:
        """The generation from which the horizon counts."""
        return self.moment or 0.0

    def at(self, amount: float) -> Experiment:
        """The experiment with so much of it."""
        if self.moment is None:
            return self.experiment.replace(self.done.settings(self.experiment, float(amount)))
        if amount <= 0.5 * self.done.grain:  # nobody, or nothing
            return self.experiment
        done = self.done.intervention(float(amount)) | {"at": self.moment}
        done |= {} if self.lasts is None else {"lasts": self.lasts}
        generations = max(self.experiment.run.generations, self.moment + self.target.until)
        return self.experiment.replace({"interventions": [done], "run.generations": generations})


def questions(
    experiment: Experiment, by: str, target: Target, *, source: str | None, between: tuple[float, float] | None
) -> Iterator[Question]:
    """One question for a seed; for a number one for each way in which it may move from where it is.

    by: `seed`, `bias`, or the path of a number. source: from whom a seed is taken, by default those who are most.
    between: the bounds of the number, by default the range that its parameter states.
    """
    if by == "seed":
        if between is not None:
            raise _refused(("between",), "is for numbers of the config", "a seed goes from nobody to all of its source")
        yield Question(experiment, _seed(experiment, target, source), target)
        return
    if source is not None:
        raise _refused(("from",), "is for seeds", "use --by seed")
    path = _bias_path(experiment) if by == "bias" else by
    base = number_at(experiment, path)
    low, high = between or _range(experiment, path)
    if not low <= base <= high or low == high:
        raise _refused(("between",), f"{path} is {base:g}, which does not lie between {low:g} and {high:g}")
    unit = experiment.parameters[parse_path(path)[1]].unit or "" if path.startswith("parameters.") else ""
    for way, most in ((1, high - base), (-1, base - low)):
        if most > 0:
            yield Question(experiment, Setting(path, base, way, most, unit), target)


def number_at(experiment: Experiment, path: str) -> float:
    """The number of a config at a path; raises ConfigError where there is none."""
    keys = parse_path(path)
    experiment.data_with({path: 0.0})  # says what is wrong with a path that does not exist
    found: Any = experiment
    for key in keys:
        found = found[key] if isinstance(found, dict) and key in found else getattr(found, key, None)
    if keys[0] == "parameters" and len(keys) == 2:
        found = experiment.parameters[keys[1]].value
    if isinstance(found, str) and found in experiment.parameters:
        raise _refused(keys, f"is the parameter {found}", f"use parameters.{found}")
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _refused(keys, "is no number that can be moved")
    return float(found)


def _seed(experiment: Experiment, target: Target, source: str | None) -> Seed:
    names, strategy = experiment.strategy_names, target.strategies[0]
    shares = dict(zip(names, _start(experiment).tolist(), strict=True))
    others = {name: share for name, share in shares.items() if name != strategy}
    role = experiment.strategies[strategy].role
    others = {name: share for name, share in others.items() if experiment.strategies[name].role == role}
    outside = {name: share for name, share in others.items() if name not in target.strategies}
    source = max(outside, key=lambda name: outside[name]) if source is None else source
    if source != EVERYBODY and source not in others:
        hint = suggest(source, [*others, EVERYBODY]) or f"one of {', '.join(others)}, or {EVERYBODY}"
        raise _refused(("from",), f"a seed of {strategy} cannot come from {source!r}", hint)
    if source == EVERYBODY and role is not None:
        raise _refused(("from",), "two roles have no everybody", f"one of {', '.join(others)}")
    most = 1 - shares[strategy] if source == EVERYBODY else others[source]
    if most <= 0:
        raise _refused(("from",), f"nobody plays {source} at the start", "choose another, or another run.start")
    size = getattr(experiment.population, "size", None)
    return Seed(strategy, source, most, 1 / size if isinstance(size, int) else 0.0)


def _start(experiment: Experiment) -> np.ndarray:
    if experiment.run.start == "random":
        raise _refused(("run", "start"), "is random: a seed needs somebody whom it is taken from", "give shares")
    return experiment.start_mix


def _bias_path(experiment: Experiment) -> str:
    bias = experiment.selection.bias
    if not bias.weights:
        raise _refused(("selection", "bias", "weights"), "is empty, so there is no bias", "give weights of traits")
    strength = bias.strength
    if isinstance(strength, str):
        if strength not in experiment.parameters:
            raise _refused(("selection", "bias", "strength"), "is a formula", "make it a parameter of its own")
        return f"parameters.{strength}"
    return "selection.bias.strength"


def _range(experiment: Experiment, path: str) -> tuple[float, float]:
    keys = parse_path(path)
    parameter = experiment.parameters.get(keys[1]) if keys[0] == "parameters" and len(keys) > 1 else None
    if parameter is None or parameter.range is None:
        raise _refused(keys, "states no range", "say how far it may go: --between LOW..HIGH")
    return parameter.range


def _refused(path: tuple[str, ...], message: str, hint: str | None = None) -> ConfigError:
    return ConfigError([ConfigProblem(path, None, message, hint)])


def plainly_refused(error: ProblemError) -> ConfigError:
    """A problem with its path, as one that the command tells."""
    return ConfigError([ConfigProblem(error.path, None, error.message, error.hint)])
