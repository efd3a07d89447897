"""Commands that check the mapping rows themselves: what clashes, what follows, what to judge next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aims_graph.cli.app import (
    AsOf,
    Data,
    Format,
    Output,
    Trust,
    options,
    print_json,
    print_lines,
)
from aims_graph.cli.keeping import FINDINGS, review_app
from aims_graph.errors import InputError
from aims_graph.files import kind_of, read_text
from aims_graph.library import Library
from aims_graph.sssom import RATIONALES
from aims_graph.tables import columns

if TYPE_CHECKING:  # what only these commands need is imported by them
    from rich.console import RenderableType

    from aims_graph.consistency_answers import Asked

Json = dict[str, Any]

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]…", help="Other people's crosswalks (.csv, .tsv) instead of the loaded mappings."),
]
WithOurs = Annotated[bool, typer.Option("--with-ours", help="The loaded mappings beside the files.")]
Proposed = Annotated[bool, typer.Option("--proposed", help="Also loaded rows that nobody has read twice.")]
Frameworks = Annotated[
    list[str] | None, typer.Option("--framework", help="Only rows between these frameworks (give two or more).")
]
Rationale = Annotated[str, typer.Option("--rationale", help="What rows rest on that do not say so.")]


@review_app.command("conflicts")
def conflicts(
    files: Files = None,
    with_ours: WithOurs = False,
    proposed: Proposed = False,
    rationale: Rationale = RATIONALES[0],
    framework: Frameworks = None,
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Rows that cannot all be right, in sets from which none could be left out. Exit 1 if there are any."""
    library = Library.open(data or ())
    asked = _asked(library, files, with_ours, proposed, rationale, framework, as_of, trust)
    from aims_graph.consistency_answers import conflicts_json

    found = conflicts_json(library.catalogue, asked)
    if format is Format.csv:
        print_lines(columns.conflicts(found))
    else:
        from aims_graph.tables import consistency_tables

        _show(found, format, consistency_tables.conflicts)
    if found["conflicts"]:
        sys.exit(FINDINGS)


@review_app.command("entailed")
def entailed(
    files: Files = None,
    with_ours: WithOurs = False,
    proposed: Proposed = False,
    rationale: Rationale = RATIONALES[0],
    framework: Frameworks = None,
    as_of: AsOf = None,
    trust: Trust = "double-read",
    limit: Annotated[int, typer.Option(help="At most so many rows.")] = 25,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Rows that say nothing new: each follows from others, which are named."""
    library = Library.open(data or ())
    asked = _asked(library, files, with_ours, proposed, rationale, framework, as_of, trust, limit)
    from aims_graph.consistency_answers import entailed_json

    found = entailed_json(library.catalogue, asked)
    if format is Format.csv:
        print_lines(columns.entailed(found))
    else:
        from aims_graph.tables import consistency_tables

        _show(found, format, consistency_tables.entailed)


@review_app.command("next")
def next_(
    files: Files = None,
    with_ours: WithOurs = False,
    proposed: Proposed = False,
    rationale: Rationale = RATIONALES[0],
    framework: Frameworks = None,
    as_of: AsOf = None,
    trust: Trust = "double-read",
    limit: Annotated[int, typer.Option(help="At most so many pairs.")] = 10,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """The pairs whose judgement would leave the fewest relations open elsewhere, with how much each answer closes."""
    library = Library.open(data or ())
    asked = _asked(library, files, with_ours, proposed, rationale, framework, as_of, trust, limit)
    from aims_graph.consistency_answers import next_json

    found = next_json(library.catalogue, asked)
    if format is Format.csv:
        print_lines(columns.next_pairs(found))
    else:
        from aims_graph.tables import consistency_tables

        _show(found, format, consistency_tables.next_pairs)


def _asked(
    library: Library,
    files: Sequence[Path] | None,
    with_ours: bool,
    proposed: bool,
    rationale: str,
    framework: Sequence[str] | None,
    as_of: str | None,
    trust: str,
    limit: int | None = None,
) -> Asked:
    from aims_graph.consistency_answers import Asked
    from aims_graph.crosswalks import read

    if rationale not in RATIONALES:
        raise InputError(f"'{rationale}' is not a known rationale. Use one of: {', '.join(RATIONALES)}.")
    for path in files or ():
        if kind_of(path) not in ("mapping", "table"):
            raise InputError(f"'{path}' is not a crosswalk. Give .csv or .tsv files.")
    theirs = tuple(read(library.catalogue, str(path), read_text(path)) for path in dict.fromkeys(files or ()))
    asked = options(library, as_of, None, "any", framework, trust, limit=limit)
    return Asked(asked, proposed, theirs, with_ours, rationale)


def _show(found: Json, format: Format, table: Callable[[Json], RenderableType]) -> None:
    if format is Format.json:
        print_json(found)
        return
    from aims_graph.tables import tables

    tables.show(table(found))
