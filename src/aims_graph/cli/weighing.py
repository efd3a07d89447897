"""Commands that weigh claims: what rests on a row, what would change, what a change touches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    day,
    opened,
    options,
    print_json,
    print_lines,
)
from aims_graph.library import Library
from aims_graph.tables import columns

if TYPE_CHECKING:
    from rich.console import RenderableType

Limit = Annotated[int | None, typer.Option(help="At most so many lines of each list.")]
Rows = list[str] | None


@app.command("what-if")
def what_if(
    reject: Annotated[Rows, typer.Option("--reject", metavar="ROW", help="A row, by id or file:line.")] = None,
    change: Annotated[Rows, typer.Option("--change", metavar="ROW=RELATION", help="Another relation.")] = None,
    confidence: Annotated[Rows, typer.Option("--confidence", metavar="ROW=NUMBER", help="From 0 to 1.")] = None,
    accept: Annotated[Rows, typer.Option("--accept", metavar="ROW", help="As if a person had signed it.")] = None,
    add: Annotated[Rows, typer.Option("--add", metavar="'SUBJECT RELATION OBJECT'", help="A new row.")] = None,
    start: Annotated[Rows, typer.Option("--from", metavar="ID", help="Only claims of this provision.")] = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    limit: Limit = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Which claims would be gained, lost, raised or lowered if mapping rows were other than they are?"""
    from aims_graph import weighing
    from aims_graph.suppositions import Wanted
    from aims_graph.tables import weighing_tables
    from aims_graph.what_if import what_if_json

    library = Library.open(data or ())
    asked = options(library, as_of, role, system_class, None, trust, limit=limit)
    wanted = Wanted(*(tuple(texts or ()) for texts in (reject, change, confidence, accept, add)))
    found = what_if_json(library.catalogue, weighing.what_if(library, wanted, start or (), asked))
    _print(found, columns.changes, weighing_tables.what_if, format)


@app.command("diff")
def diff(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A data folder with the other mappings/.")],
    reverse: Annotated[bool, typer.Option("--reverse", help="The folder holds the state before, not after.")] = False,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    limit: Limit = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Which rows differ in another state of the mappings, and which claims are gained, lost, raised or lowered?"""
    from aims_graph import weighing
    from aims_graph.comparison import comparison_json
    from aims_graph.tables import weighing_tables

    here, there = Library.open(data or ()), Library.open((*(data or ()), folder))
    asked = options(there, as_of, role, system_class, None, trust, limit=limit)
    before, after = (there, here) if reverse else (here, there)
    found = comparison_json(weighing.compare(before, after, asked))
    _print(found, columns.changes, weighing_tables.comparison, format)


@app.command("weak-points")
def weak_points(
    framework: Annotated[
        list[str] | None, typer.Option("--framework", help="Only rows at this framework (repeatable).")
    ] = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    limit: Annotated[int | None, typer.Option(help="At most so many rows (default: 20).")] = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Which mapping rows should be reviewed first: those on which most rests, and that may be wrong?"""
    from aims_graph import weighing
    from aims_graph.tables import weighing_tables
    from aims_graph.weak_points import weak_points_json

    library = Library.open(data or ())
    asked = options(library, as_of, role, system_class, framework, trust, limit=limit)
    found = weak_points_json(weighing.weak_points(library, asked))
    _print(found, columns.weak_points, weighing_tables.weak_points, format)


@app.command("impact")
def impact(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET…", help="One framework, or provisions.")],
    start: Annotated[str | None, typer.Option("--from", help="Changes after this day, YYYY-MM-DD.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Up to this day (default: the as-of day).")] = None,
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    limit: Limit = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """What is touched when a framework or a provision changes: rows, claims, evidence, rules, records?"""
    from aims_graph import weighing
    from aims_graph.impact import impact_json
    from aims_graph.tables import weighing_tables

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, None, trust, limit=limit)
    first, last = (None if d is None else day(d, option) for d, option in ((start, "--from"), (end, "--to")))
    between = weighing.days(first, last, asked.as_of)
    found = impact_json(library.catalogue, weighing.impact(library, targets, between, asked))
    _print(found, columns.impact, weighing_tables.impact, format)


def _print(
    found: dict[str, Any],
    lines: Callable[[dict[str, Any]], columns.Lines],
    table: Callable[[dict[str, Any]], RenderableType],
    format: Format,
) -> None:
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(lines(found))
    else:
        from aims_graph.tables import tables

        tables.show(table(found))
