"""`evo check`: check a config and all points of its sweep."""

from __future__ import annotations

from evo.cli.individuals import check_study, is_about_individuals
from evo.cli.options import Config, Settings, placed, read
from evo.cli.words import console, plainly


@plainly
def check(config: Config, settings: Settings = None) -> None:
    """Check a config, every point of its sweep included, and say what it holds; nothing is run."""
    from evo.batch.plan import make_plan
    from evo.batch.progress import reporter
    from evo.cli.summary import tell_experiment, tell_plan

    if is_about_individuals(config):
        check_study(config, settings)
        return
    experiment = read(config, settings)
    teller = reporter("auto")
    try:
        with placed(config):
            plan = make_plan(experiment, allow_large=True, building=teller.checking)
    finally:
        teller.close()
    say = console()
    tell_experiment(say, experiment)
    tell_plan(say, plan)
    for reason in plan.large():
        say.print(f"note: this plan is large: {reason}", style="yellow")
    say.print(f"{config} is right")
