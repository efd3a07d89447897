"""Commands that plan: what is not covered, what is left, what to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from aims_graph.cli.app import (
    AsOf,
    Data,
    Format,
    InWorkspace,
    Output,
    RecordFiles,
    Roles,
    SystemClass,
    Trust,
    app,
    opened,
    options,
    print_json,
    print_lines,
    standard_input,
)
from aims_graph.relations import Degree
from aims_graph.tables import columns


class PlanDegree(StrEnum):
    """How far a plan closes a duty."""

    full = "full"
    partial = "partial"


class Each(StrEnum):
    """What an action costs that no cost is stated for."""

    one = "one"
    parts = "parts"


@app.command("gaps")
def gaps(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET…", help="What is done: provisions or frameworks; '-' reads lines."),
    ] = None,
    framework: Annotated[
        list[str] | None, typer.Option("--framework", help="Only duties of this framework (repeatable).")
    ] = None,
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    every: Annotated[bool, typer.Option("--all", help="Each duty on a line of its own.")] = False,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Which duties are not covered when TARGET is done, or by what the records show, and why?"""
    from aims_graph import planned
    from aims_graph.gaps import gaps_json

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, framework, trust)
    found = gaps_json(library.catalogue, planned.find_gaps(library, _typed(targets), asked, every))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.gaps(found))
    else:
        from aims_graph.tables import planning_tables, tables

        tables.show(planning_tables.gaps(found, every))


def _typed(names: list[str] | None) -> list[str]:
    """The names given, and those of standard input where one of them is '-'."""
    lines = [line for n in names or () for line in (standard_input().split("\n") if n == "-" else [n])]
    return [line.strip() for line in lines if line.strip()]


@app.command("residual")
def residual(
    names: Annotated[
        list[str], typer.Argument(metavar="A… B", help="What is done, one or more, and last what is asked about.")
    ],
    tree: Annotated[bool, typer.Option("--tree", help="Show each part with its state.")] = False,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """We do A; what is left of B?"""
    from aims_graph import planned
    from aims_graph.residuals import residual_json

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, None, trust)
    *done, of = planned.at_least_two(_typed(names))
    found = residual_json(library.catalogue, planned.find_residual(library, done, of, asked))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.residual(found))
    else:
        from aims_graph.tables import planning_tables, tables

        tables.show(planning_tables.residual(found, tree))


@app.command("plan")
def plan(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET…", help="Provisions, or frameworks: all their duties; '-' reads lines."),
    ],
    source: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="FRAMEWORK", help="Only actions of this framework (repeatable)."),
    ] = None,
    done: Annotated[
        list[str] | None, typer.Option("--done", help="A provision or framework that is done already (repeatable).")
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            "--cost", metavar="ID=NUMBER|FILE", help="What an action costs; a file has lines of id and number."
        ),
    ] = None,
    each: Annotated[
        Each, typer.Option(help="The cost of any other action: one, or one for each of its innermost parts.")
    ] = Each.one,
    degree: Annotated[PlanDegree, typer.Option(help="How far each duty is to be covered.")] = PlanDegree.full,
    time_limit: Annotated[float, typer.Option(min=0, help="Seconds that the search may take.")] = 60.0,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """The fewest or cheapest actions that cover the duties of TARGET, across frameworks, with proof."""
    from aims_graph import planned
    from aims_graph.planning import plan_json

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, None, trust)
    costs = planned.costs(library, cost or (), each.value)
    wanted = Degree[degree.value.upper()]
    wish = planned.Wish(planned.at_least_one(_typed(targets)), source or (), done or (), costs, wanted, time_limit)
    found = plan_json(library.catalogue, planned.find_plan(library, wish, asked))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.plan(found))
    else:
        from aims_graph.tables import planning_tables, tables

        tables.show(planning_tables.plan(found))
