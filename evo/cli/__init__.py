"""The command `evo`: one small file for each of its commands."""

from __future__ import annotations

import typer

from evo.cli import (
    analyse,
    check,
    explore,
    export,
    kinds,
    levers,
    merge,
    new,
    plot,
    policy,
    query,
    ramp,
    report,
    rerun,
    robust,
    run,
    schema,
    sensitivity,
    show,
    status,
    tip,
    verify,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which mind-sets prevail, under which environment and selection, and what tips the balance.",
)
app.command("run")(run.run)
app.command("status")(status.status)
app.command("check")(check.check)
app.command("show")(show.show)
app.command("analyse")(analyse.analyse)
app.command("explore")(explore.explore)
app.command("tip")(tip.tip)
app.command("policy")(policy.policy)
app.command("levers")(levers.levers)
app.command("ramp")(ramp.ramp)
app.command("robust")(robust.robust)
app.command("sensitivity")(sensitivity.sensitivity)
app.command("plot")(plot.plot)
app.command("merge")(merge.merge)
app.command("query")(query.query)
app.command("export")(export.export)
app.command("verify")(verify.verify)
app.command("rerun")(rerun.rerun)
app.command("report")(report.report)
app.command("list")(kinds.kinds)
app.command("schema")(schema.schema)
app.command("new")(new.new)


def main() -> None:
    """The entry of the command."""
    app(prog_name="evo")
