"""Commands that answer questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aims_graph.answers import what_else_json
from aims_graph.cli.app import (
    AsOf,
    Data,
    DegreeName,
    Format,
    Frameworks,
    InWorkspace,
    Output,
    RecordFiles,
    Roles,
    SystemClass,
    Trust,
    app,
    day,
    named_workspace,
    opened,
    options,
    print_json,
    print_lines,
    standard_input,
)
from aims_graph.errors import InputError
from aims_graph.tables import columns


@app.command("what-else")
def what_else(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET…", help="A provision or a recorded item; '-' reads lines.")
    ],
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    framework: Frameworks = None,
    min_degree: Annotated[DegreeName, typer.Option(help="The least degree shown.")] = DegreeName.candidate,
    limit: Annotated[int | None, typer.Option(help="At most so many answers.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show every proof step.")] = False,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """What else does this provision, or this recorded action, count towards?"""
    library = opened(data, records, workspace)
    named = [line for t in targets for line in (standard_input().split("\n") if t == "-" else [t])]
    wanted = [t.strip() for t in named if t.strip()]
    if not wanted:
        raise InputError("no target was given. Name a provision or a recorded action.")
    asked = options(library, as_of, role, system_class, framework, trust, min_degree, limit)
    answer = library.what_else(wanted, asked)
    if format is Format.json:
        print_json(what_else_json(answer))
    elif format is Format.csv:
        print_lines(columns.what_else(what_else_json(answer)))
    else:
        from aims_graph.tables import tables

        labels = {e.id: e.label for e in library.catalogue.editions.values()}
        tables.show(tables.what_else(answer, labels, explain))


@app.command("explain")
def explain(
    start: Annotated[str, typer.Argument(metavar="FROM", help="A provision, or a recorded item.")],
    end: Annotated[str, typer.Argument(metavar="TO", help="A provision.")],
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    every: Annotated[bool, typer.Option("--all", help="Show every proof, not only the most probable.")] = False,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Why FROM counts towards TO, why only in part, or why not: proofs, guards, and the edges that stopped it."""
    from aims_graph.explaining import explanation_json

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, None, trust)
    found = explanation_json(library.explain(start, end, asked))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.explanation(found))
    else:
        from aims_graph.tables import tables, weighing_tables

        tables.show(weighing_tables.explanation(found, every))


@app.command("ask")
def ask(
    question: Annotated[str, typer.Argument(help="The name of a saved question.")],
    parameters: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE…")] = None,
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Ask a saved question; values are names people type."""
    from aims_graph import asked

    library = opened(data, records, workspace)
    table = asked.ask(library, question, asked.split(parameters or ()), day(as_of), trust)
    _result(table, format)


@app.command("sparql")
def sparql(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A query file; '-' reads standard input.")],
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds before the query is ended.")] = 60.0,
) -> None:
    """Run your own SPARQL over everything loaded (read only, in a process of its own)."""
    from aims_graph import asked
    from aims_graph.files import read_text

    text = standard_input() if file == "-" else read_text(Path(file))
    opened(data, records, workspace)  # says what is wrong with the data before a process starts
    held = workspace or (None if records else named_workspace())
    result = asked.sparql(text, data or (), records or (), day(as_of), trust, timeout, held)
    if isinstance(result, bytes):
        sys.stdout.write(result.decode())
    else:
        _result(result, format)


def _result(table: Any, format: Format) -> None:
    from aims_graph import asked

    if format is Format.json:
        print_json(asked.results_json(table))
    elif format is Format.csv:
        print_lines(asked.lines(table))
    else:
        from aims_graph.tables import tables

        cells = [[asked.text(c, table.prefixes) for c in row] for row in table.rows]
        tables.show(tables.rows(table.columns, cells))
