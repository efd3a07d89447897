"""Commands for two frameworks at once: what was judged between them, and the crosswalk itself."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aims_graph.cli.app import (
    AsOf,
    Data,
    Format,
    Output,
    Roles,
    SystemClass,
    Trust,
    app,
    day,
    options,
    print_json,
    print_lines,
)
from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph.model import Provision
from aims_graph.tables import columns


@app.command("coverage")
def coverage(
    framework: Annotated[
        list[str] | None, typer.Argument(metavar="[A] [B]", help="Two frameworks: both ways between them, in detail.")
    ] = None,
    as_of: AsOf = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """How many duties of each framework were judged against each other framework, and what was found."""
    from aims_graph.coverage import coverage as judged
    from aims_graph.coverage import coverage_json

    library = Library.open(data or ())
    named = [library.names.edition(name) for name in framework or ()]
    if len(set(named)) not in (0, 2) or len(named) > 2:
        raise InputError("give two different frameworks, or none for all. 'aims-graph frameworks' lists them.")
    on = day(as_of)
    pair = (named[0], named[1]) if named else None
    found = coverage_json(library.catalogue, judged(library.catalogue, on, pair), on)
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.coverage(found))
    else:
        from aims_graph.tables import tables

        tables.show(tables.coverage(found, in_detail=pair is not None))


WIDE = 40  # columns of the summary on a page


class Shape(StrEnum):
    """How a crosswalk is written."""

    table = "table"
    matrix = "matrix"
    json = "json"
    csv = "csv"
    xlsx = "xlsx"
    html = "html"


@app.command("crosswalk")
def crosswalk(
    first: Annotated[str, typer.Argument(metavar="A", help="A framework, by id or a name people type.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one; rows are read from A to B.")],
    out: Annotated[Path | None, typer.Option(help="The file to write (needed for xlsx).")] = None,
    derived: Annotated[bool, typer.Option("--derived", help="List also the claims that no single row states.")] = False,
    sources: Annotated[bool, typer.Option("--sources", help="Published rows side by side with the project's.")] = False,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Annotated[Shape, typer.Option("--format", help="table, matrix, json, csv, xlsx or html.")] = Shape.table,
) -> None:
    """Every row between two frameworks, what follows beside them, and what has no counterpart."""
    from aims_graph import weighing
    from aims_graph.matrix import crosswalk_json, summary

    if out is None and format is Shape.xlsx:
        raise InputError("a workbook needs a file. For example: --format xlsx --out crosswalk.xlsx")
    library = Library.open(data or ())
    asked = options(library, as_of, role, system_class, None, trust)
    between = weighing.crosswalk(library, first, second, asked)
    found = crosswalk_json(between, sources or format in (Shape.xlsx, Shape.html))
    labels = {e.id: e.label for e in library.catalogue.editions.values()}
    labels |= {p.id: _label(p) for p in library.catalogue.provisions.values()}
    if format is Shape.xlsx and out is not None:
        from aims_graph.workbook import crosswalk as workbook

        _written(out, workbook(found))
    elif format is Shape.html:
        from aims_graph.matrix_page import html

        _given(html(found, summary(between, WIDE), labels), out)
    elif format is Shape.json:
        _given(json.dumps(found, ensure_ascii=False, indent=2) + "\n", out)
    elif format is Shape.csv:
        _given(columns.crosswalk(found).text(), out)
    else:
        from aims_graph.tables import matrix_tables, tables

        if sources:
            shown = matrix_tables.sources(found)
        elif format is Shape.matrix:
            shown = matrix_tables.summed(found, summary(between), labels)
        else:
            shown = matrix_tables.crosswalk(found, derived)
        if out is None:
            tables.show(shown)
        else:
            _given(tables.text(shown), out)


def _label(provision: Provision) -> str:
    """Notation and title, once where they are the same word."""
    same = provision.notation.casefold() == provision.title.casefold()
    return provision.title if same else f"{provision.notation} {provision.title}"


def _given(text: str, out: Path | None) -> None:
    """On the screen, or in a file."""
    if out is None:
        print(text, end="")
    else:
        _written(out, text.encode())


def _written(out: Path, content: bytes) -> None:
    from aims_graph.files import write_bytes

    write_bytes(out, content)
    print(f"Wrote {out}.")
