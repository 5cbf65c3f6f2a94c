"""Interventions checked against the model that they are done to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evo._errors import suggest
from evo._spec import ProblemError, parse_path
from evo.interventions.kinds import Change, Sandbox, Seed, Subsidy, TraitBias, Vote
from evo.interventions.prices import OWN, check_formula, price_of
from evo.interventions.regimes import changed, check_change
from evo.interventions.schedule import schedule_of
from evo.interventions.timing import Lasting
from evo.lowering import Problems, acting
from evo.quantities import number
from evo.strategies import roles

if TYPE_CHECKING:
    from evo.interventions import Intervention
    from evo.model import Model

MIXED = ("infinite", "well_mixed")


def check_interventions(model: Model, specs: tuple[Intervention, ...], generations: float, problems: Problems) -> None:
    """Note what of these interventions does not fit the model or the run."""
    given = [spec.name for spec in specs if spec.name is not None]
    for place, spec in enumerate(specs):
        with problems.at("interventions", place):
            if spec.name is not None and given.count(spec.name) > 1:
                raise ProblemError(("name",), f"{spec.name!r} is the name of another intervention too")
            _check_times(spec, model, generations)
            _check_price(spec, model)
            _check_effect(spec, model)
    if problems.found or len([spec for spec in specs if isinstance(spec, Change)]) < 2:
        return
    with problems.at("interventions"):
        schedule = schedule_of(model, specs)
        state = schedule.begin()
        state.phase = [1] * len(specs)
        schedule.regime(state)


def changes_graph(specs: tuple[Intervention, ...]) -> bool:
    """Whether one of them changes who meets whom on a graph."""
    paths = [parse_path(path) for spec in specs if isinstance(spec, Change) for path in spec.set]
    return any(keys[:2] in (("population",), ("population", "graph"), ("population", "learning")) for keys in paths)


def _check_times(spec: Intervention, model: Model, generations: float) -> None:
    values = model.parameter_values
    if spec.at is not None and not 0 <= _number(spec.at, "at", values) < generations:
        raise ProblemError(("at",), f"must be from 0 to less than the {generations:g} generations of the run")
    for key in ("when", "until"):
        text = getattr(spec, key, None)
        if text is not None:
            _within(key, text, model, ())
    for key in ("lasts", "every"):
        quantity = getattr(spec, key, None)
        if quantity is not None and _number(quantity, key, values) <= 0:
            raise ProblemError((key,), f"must be more than 0 generations, is {_number(quantity, key, values):g}")


def _check_price(spec: Intervention, model: Model) -> None:
    inside = isinstance(spec, Vote) or (isinstance(spec, Lasting) and spec.paid_by != "outside")
    _within("price", price_of(spec), model, OWN, static=inside)
    if not inside:
        return
    if isinstance(spec, Lasting) and spec.paid_by != "all":
        _strategy(spec.paid_by, "paid_by", model, "outside", "all")
    if model.population.kind not in MIXED or roles(model.strategies):
        raise ProblemError(
            ("kind",) if isinstance(spec, Vote) else ("paid_by",),
            "prices are taken from payoffs in well-mixed populations without roles only",
            "use `paid_by: outside`",
        )


def _check_effect(spec: Any, model: Model) -> None:
    size = _number(getattr(spec, "size", 1.0), "size", model.parameter_values)
    if isinstance(spec, Seed | Subsidy | Sandbox):
        _strategy(spec.to, "to", model)
    if isinstance(spec, Seed):
        _check_seed(spec, size, model)
    elif isinstance(spec, TraitBias | Vote):
        weights = spec.weights or model.selection.bias.weights
        if not weights:
            raise ProblemError(("weights",), "is missing: a bias needs the traits that it favours")
        for trait, weight in weights.items():
            if trait not in model.trait_names:
                raise ProblemError(
                    ("weights", trait), "no strategy has this trait", f"traits: {', '.join(model.trait_names)}"
                )
            number(weight, model.parameter_values)
    elif isinstance(spec, Sandbox):
        if model.population.kind not in MIXED or roles(model.strategies):
            raise ProblemError(("kind",), "a sandbox is for well-mixed populations without roles")
        if acting(model).facts.innovative:
            raise ProblemError(
                ("kind",), f"{model.dynamics.kind} weighs what others would earn, which no sandbox raises"
            )
    elif isinstance(spec, Change):
        check_change(model, changed(model, spec.set, size))


def _check_seed(spec: Seed, size: float, model: Model) -> None:
    if not 0 < size <= 1:
        raise ProblemError(("size",), f"is a share of the population, above 0 and up to 1, not {size:g}")
    kind = model.population.kind
    if spec.where == "groups" and kind != "groups":
        raise ProblemError(("where",), f"there are no groups in a population that is {kind.replace('_', ' ')}")
    if spec.where in ("hubs", "region") and kind != "network":
        raise ProblemError(("where",), f"there is no graph in a population that is {kind.replace('_', ' ')}")
    if spec.source is not None:
        _strategy(spec.source, "from", model)
        if spec.source == spec.to:
            raise ProblemError(("from",), "is what they are converted to")
        if roles(model.strategies) and model.strategies[spec.source].role != model.strategies[spec.to].role:
            raise ProblemError(("from",), "is of another role than `to`")
    if model.population.finite:
        members = [names for names in roles(model.strategies).values() if spec.to in names]
        place = model.strategy_names.index(members[0][0]) if members else 0
        role = next(r for r in range(len(model.lowered.wholes)) if model.lowered.roles[r + 1] > place)
        if round(size * float(model.lowered.sizes[role])) < 1:
            raise ProblemError(("size",), f"of {model.lowered.sizes[role]:g} individuals converts nobody")


def _strategy(name: str, key: str, model: Model, *others: str) -> None:
    if name not in model.strategies:
        known = (*others, *model.strategies)
        raise ProblemError((key,), f"{name!r} is not a strategy", suggest(name, known) or f"known: {', '.join(known)}")


def _number(quantity: float | str, key: str, values: Any) -> float:
    try:
        return number(quantity, values)
    except ProblemError:
        raise
    except ValueError as error:
        raise ProblemError((key,), str(error)) from None


def _within(key: str, text: str, model: Model, own: tuple[str, ...], *, static: bool = False) -> None:
    try:
        check_formula(text, model, own, static=static)
    except ProblemError as error:
        raise ProblemError((key,), error.message, error.hint) from None
