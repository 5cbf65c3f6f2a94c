"""What of a list of interventions is under way, and when a run next pauses for one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from evo.formulas import evaluate
from evo.interventions.kinds import Change, Sandbox, Seed, Subsidy, TraitBias, Vote
from evo.interventions.prices import payers, share_of, written
from evo.interventions.regimes import Regime, changed
from evo.interventions.timing import Lasting
from evo.lowering import compiled, payoff_names, scalar_names
from evo.quantities import number
from evo.recording import NO_LEDGER

if TYPE_CHECKING:
    from evo.interventions import Intervention
    from evo.kernels.program import Program
    from evo.model import Model

WAITING, UNDER_WAY, OVER = 0, 1, 2
SOON = 1e-9  # generations within which a time has come


@dataclass
class State:
    """Of each intervention in one replicate: its phase, when it began, and of a vote who is in favour and when the next is."""

    phase: list[int]
    began: list[float]
    favour: list[tuple[str, ...]]
    ballot: list[float]


@dataclass(frozen=True)
class Schedule:
    """The interventions of a run, in the order in which they are written."""

    model: Model
    specs: tuple[Intervention, ...]
    names: tuple[str, ...]
    _models: dict[tuple[int, ...], Model] = field(
        default_factory=dict[tuple[int, ...], "Model"], repr=False, compare=False
    )

    def begin(self) -> State:
        """Before anything has happened."""
        many = len(self.specs)
        return State([WAITING] * many, [math.nan] * many, [()] * many, [math.inf] * many)

    def value(self, quantity: float | str) -> float:
        """A quantity at the parameters that the run began with."""
        return number(quantity, self.model.parameter_values)

    def size(self, k: int) -> float:
        """The size of an intervention, 1 where it has none."""
        return self.value(getattr(self.specs[k], "size", 1.0))

    # ---- times

    def ends(self, k: int, state: State) -> float:
        """When an intervention that is under way ends by the clock."""
        lasts = getattr(self.specs[k], "lasts", None)
        return math.inf if lasts is None else state.began[k] + self.value(lasts)

    def next_time(self, state: State) -> float:
        """The next time at which something begins, ends or is voted on by the clock."""
        times = [math.inf]
        for k, spec in enumerate(self.specs):
            if state.phase[k] == WAITING and spec.at is not None:
                times.append(self.value(spec.at))
            elif state.phase[k] == UNDER_WAY:
                times += [self.ends(k, state), state.ballot[k]]
        return min(times)

    def settled(self, state: State) -> bool:
        """Whether nothing begins or ends any more."""
        return (
            all(
                phase == OVER
                or (
                    phase == UNDER_WAY
                    and self.ends(k, state) == math.inf
                    and getattr(self.specs[k], "until", None) is None
                )
                for k, phase in enumerate(state.phase)
            )
            and min(state.ballot, default=math.inf) == math.inf
        )

    def begins(self, k: int, t: float, held: bool, state: State) -> bool:
        """Whether an intervention begins at time t; `held`: whether its condition does."""
        at = self.specs[k].at
        return state.phase[k] == WAITING and (held if at is None else self.value(at) <= t + SOON)

    def finishes(self, k: int, t: float, held: bool, state: State) -> bool:
        """Whether one that is under way ends at time t."""
        return state.phase[k] == UNDER_WAY and (held or self.ends(k, state) <= t + SOON)

    # ---- what a run is under

    def ledger(self, state: State) -> Program:
        """Conditions that are waited for, then prices per generation of what is under way; none where nothing comes any more
        and nothing costs."""
        conditions = {f"condition {k}": self._condition(k, state) for k in range(len(self.specs))}
        prices = {f"price {k}": self._price(k, state) for k in range(len(self.specs))}
        if set(prices.values()) == {"0"} and self.settled(state):
            return NO_LEDGER
        names = scalar_names(self.model) | payoff_names(self.model)
        return compiled((), tuple((conditions | prices).items()), tuple(names.items()), (), frozenset(names))

    def _condition(self, k: int, state: State) -> str:
        spec: Any = self.specs[k]
        text = {WAITING: spec.when, UNDER_WAY: getattr(spec, "until", None)}.get(state.phase[k])
        return "0" if text is None else f"where(({text}) > 0 or ({text}) < 0, 1, 0)"  # not where it is nan

    def _price(self, k: int, state: State) -> str:
        spec = self.specs[k]
        if state.phase[k] != UNDER_WAY or isinstance(spec, Seed):
            return "0"
        if isinstance(spec, Lasting) and spec.priced == "once":
            return "0"
        if isinstance(spec, Vote) and not state.favour[k]:
            return "0"
        return written(spec, self.model, began=state.began[k])

    def regime(self, state: State) -> Regime:
        """The model, and what interventions add to payoffs."""
        active = [k for k, phase in enumerate(state.phase) if phase == UNDER_WAY]
        bias, shielded = np.zeros((2, len(self.model.strategies)))
        taken: dict[str, list[str]] = {}
        for k in active:
            spec: Any = self.specs[k]
            if isinstance(spec, Subsidy):
                bias[self.model.strategy_names.index(spec.to)] += self.size(k)
            elif isinstance(spec, TraitBias) or (isinstance(spec, Vote) and state.favour[k]):
                bias += self.size(k) * self.scores(spec)
            elif isinstance(spec, Sandbox):
                shielded[self.model.strategy_names.index(spec.to)] = 1.0
            paying = state.favour[k] if isinstance(spec, Vote) else payers(spec, self.model)
            for name in paying:
                part = share_of(self._price(k, state), paying, spec.limit, self.model)
                taken.setdefault(name, []).append(part)
        model = self._changed(tuple(k for k in active if isinstance(self.specs[k], Change)))
        return Regime(model, bias, shielded, {name: " + ".join(parts) for name, parts in taken.items()})

    def _changed(self, active: tuple[int, ...]) -> Model:
        if not active:
            return self.model
        if active not in self._models:
            spec: Any = self.specs[active[-1]]
            self._models[active] = changed(self._changed(active[:-1]), spec.set, self.size(active[-1]))
        return self._models[active]

    # ---- prices and votes at one moment

    def paid_once(self, k: int, converted: float, names: Mapping[str, float]) -> float:
        """What is paid when an intervention begins."""
        spec = self.specs[k]
        if isinstance(spec, Vote) or (isinstance(spec, Lasting) and spec.priced != "once"):
            return 0.0
        return float(evaluate(written(spec, self.model, began=names["t"], converted=converted), dict(names)))

    def scores(self, spec: TraitBias | Vote) -> np.ndarray:
        """The score of each strategy: its traits by their weights."""
        weights = spec.weights or self.model.selection.bias.weights
        return sum(
            (self.value(weight) * self.model.trait_values(trait) for trait, weight in weights.items()),
            np.zeros(len(self.model.strategies)),
        )

    def in_favour(self, k: int, began: float, names: Mapping[str, float]) -> tuple[str, ...]:
        """Who votes for the bias, where they are more than the quorum; nobody else."""
        spec: Any = self.specs[k]
        shares = np.array([names[f"x_{name}"] for name in self.model.strategies])
        scores = self.scores(spec)
        gains = self.size(k) * (scores - shares @ scores)
        above = tuple(np.array(self.model.strategy_names)[gains > 0].tolist())
        if not above:
            return ()
        price = written(spec, self.model, began=began)
        part = float(evaluate(share_of(price, above, spec.limit, self.model), dict(names)))
        chosen = (gains > 0) & (gains > part)
        if shares[chosen].sum() <= spec.quorum:
            return ()
        return tuple(np.array(self.model.strategy_names)[chosen].tolist())


def names_of(specs: tuple[Intervention, ...]) -> tuple[str, ...]:
    """What each intervention is called: its name, or its kind, numbered where several have one."""
    found: list[str] = []
    for spec in specs:
        base, name, place = spec.name or spec.kind, spec.name or spec.kind, 1
        while name in found:
            place += 1
            name = f"{base}_{place}"
        found.append(name)
    return tuple(found)


def schedule_of(model: Model, specs: tuple[Intervention, ...]) -> Schedule:
    """The schedule of these interventions, which are known to fit the model."""
    return Schedule(model, specs, names_of(specs))
