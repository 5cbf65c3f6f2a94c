"""The questions that can be asked of a model, and which make sense for which model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evo._errors import ConfigError, ConfigProblem, suggest
from evo.analysis import finite, infinite, over, pairs, roles, traits
from evo.analysis.answers import Analysis, Answer, Refusal
from evo.analysis.asked import Asked, Interval, Range
from evo.experiment import Experiment

if TYPE_CHECKING:
    from evo.traits.model import TraitModel


@dataclass(frozen=True)
class Question:
    """about: finite or infinite populations, either, or traits. usual: whether it is asked unless others are named."""

    title: str
    answer: Callable[[Any], Answer]
    about: str
    usual: Callable[[Asked], bool] = lambda _: True


def _one_role(asked: Asked) -> bool:
    return asked.roles == 1


def _plane(asked: Asked) -> bool:
    return len(asked.names) - asked.roles == 2


def _few(asked: Asked) -> bool:
    return len(asked.names) - asked.roles <= 2


QUESTIONS: dict[str, Question] = {
    "nash": Question("Nash equilibria", roles.answer_nash, "infinite", lambda asked: asked.roles > 1),
    "rest-points": Question("rest points", infinite.answer_rest_points, "infinite"),
    "stability": Question("eigenvalues", infinite.answer_stability, "infinite"),
    "invasion": Question("invasion", infinite.answer_invasion, "infinite", _one_role),
    "edges": Question("edges", infinite.answer_edges, "infinite", _one_role),
    "basins": Question("basins", infinite.answer_basins, "infinite", _few),
    "separatrices": Question("separatrices", infinite.answer_separatrices, "infinite", _plane),
    "coupled": Question("mix and environment", infinite.answer_coupled, "infinite", lambda asked: bool(asked.between)),
    "fixation": Question("fixation", finite.answer_fixation, "finite", _one_role),
    "small-mutation": Question("rare mutations", finite.answer_small_mutation, "finite"),
    "strong-selection": Question("strong selection", finite.answer_strong_selection, "finite", lambda _: False),
    "weak-selection": Question("weak selection", finite.answer_weak_selection, "finite", lambda _: False),
    "stationary": Question(
        "stationary distribution", finite.answer_stationary, "finite", lambda asked: asked.brings_back
    ),
    "absorption": Question("absorption", finite.answer_absorption, "finite", lambda asked: not asked.brings_back),
    "gradient": Question("gradient of selection", pairs.answer_gradient, "either", lambda asked: len(asked.names) == 2),
    "dominance": Question("dominance", pairs.answer_dominance, "either", _one_role),
    "branches": Question("branches", over.answer_branches, "infinite", lambda _: False),
    "dependence": Question("dependence", over.answer_dependence, "finite", lambda _: False),
    "singular-points": Question("singular points", traits.answer_singular_points, "traits"),
    "invasibility": Question("invasibility", traits.answer_invasibility, "traits"),
}


def analyse(
    experiment: Experiment | TraitModel,
    *,
    what: Sequence[str] = (),
    environment: Mapping[str, float] | None = None,
    between: Mapping[str, Interval] | None = None,
    over: Range | None = None,
    telling: Callable[[str], None] = lambda _: None,
) -> Analysis:
    """The answers to these questions, by default to all that make sense for the model; `over` a path, those over it.

    environment: values at which moving variables are held; between: bounds of feedback variables, for rest points of mix
    and environment together. `telling` hears the title of each question before it is worked on. What has no answer is
    refused with its reason; raises ValueError where there is no such question.
    """
    for name in what:
        if name not in QUESTIONS:
            raise ValueError(
                f"{name!r} is no question; {suggest(name, QUESTIONS) or 'questions: ' + ', '.join(QUESTIONS)}"
            )
    if not isinstance(experiment, Experiment):
        return _about_traits(experiment, what, telling)
    if experiment.interventions:
        problem = "theory answers for a model that nothing intervenes in"
        raise ConfigError(
            [ConfigProblem(("interventions",), None, problem, "leave them out: --set 'interventions=[]'")]
        )
    asked = Asked(experiment, environment or {}, between or {}, over)
    chosen = list(dict.fromkeys(what)) or usual(asked)
    answers: list[Answer] = []
    refused: list[Refusal] = []
    for name in chosen:
        question = QUESTIONS[name]
        telling(question.title)
        try:
            _check(question, asked)
            answers.append(question.answer(asked))
        except ConfigError:
            raise  # a value of `over` that the config refuses
        except (ValueError, ArithmeticError) as error:
            refused.append(Refusal(name, question.title, str(error)))
    return Analysis(asked.model, asked, tuple(answers), tuple(refused))


def usual(asked: Asked) -> list[str]:
    """The questions that make sense for a model."""
    if asked.over is not None:
        return ["dependence" if asked.finite else "branches"]
    kinds = ("either", "finite" if asked.finite else "infinite")
    return [name for name, question in QUESTIONS.items() if question.about in kinds and question.usual(asked)]


def _check(question: Question, asked: Asked) -> None:
    """Refuse what is about other models, and what needs an environment that stands still."""
    if question.about == "traits":
        raise ValueError("this is about continuous traits, and the model has strategies")
    if question.about == "infinite" and asked.finite:
        raise ValueError(
            "this is about infinite populations: --set 'population={kind: infinite}' asks it of the same game"
        )
    if question.about == "finite" and not asked.finite:
        raise ValueError(
            "this is about finite populations: --set 'population={kind: well_mixed, size: 100}' asks it of the same game"
        )
    if asked.moving and question.answer not in (finite.answer_fixation, infinite.answer_coupled):
        name, law = next(iter(asked.moving.items()))
        raise ValueError(f"{name} moves ({law}): hold it at a value, --environment {name}=VALUE")


def _about_traits(model: TraitModel, what: Sequence[str], telling: Callable[[str], None]) -> Analysis:
    answers: list[Answer] = []
    refused: list[Refusal] = []
    named = [name for name, question in QUESTIONS.items() if question.about == "traits"]
    for name in dict.fromkeys(what or named):
        question = QUESTIONS[name]
        telling(question.title)
        if question.about != "traits":
            refused.append(
                Refusal(name, question.title, "this is about strategies, and the model has continuous traits")
            )
            continue
        try:
            answers.append(question.answer(model))
        except (ValueError, ArithmeticError) as error:
            refused.append(Refusal(name, question.title, str(error)))
    return Analysis(model, None, tuple(answers), tuple(refused))
