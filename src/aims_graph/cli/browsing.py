"""Commands that look around: one provision, a search, what is loaded and what changed."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from aims_graph.cli.app import AsOf, Data, Format, Output, app, day, listing, print_json, print_lines
from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph.tables import columns

frameworks_app = typer.Typer(help="What is loaded, and what changed in it.", invoke_without_command=True)
app.add_typer(frameworks_app, name="frameworks")


@app.command("show")
def show(
    name: Annotated[list[str], typer.Argument(metavar="ID", help="A provision, as people write it.")],
    as_of: AsOf = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """One provision: its place, what it asks, of whom, from when, with what evidence, and its mappings."""
    from aims_graph.showing import show_json

    library = Library.open(data or ())
    shown = show_json(library.catalogue, library.rules, library.names.resolve(" ".join(name)), day(as_of))
    if format is Format.json:
        print_json(shown)
    elif format is Format.csv:
        print_lines(columns.shown(shown))
    else:
        from aims_graph.tables import tables

        tables.show(tables.provision(shown))


@app.command("find")
def find(
    text: Annotated[list[str], typer.Argument(metavar="TEXT…")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many results.")] = 25,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Search provisions by id, notation, title (in every language that is loaded) and summary."""
    from aims_graph.showing import find_json

    library = Library.open(data or ())
    words = " ".join(text)
    found = find_json(library.catalogue, library.names, words, limit)
    listing(found, found["results"], columns.FOUND, (26, None, 14), format)
    if format is Format.table and found["truncated"]:
        print(f"Only the first {limit} are shown; --limit shows more.")


@frameworks_app.callback()
def frameworks(
    context: typer.Context,
    as_of: AsOf = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """What is loaded, with counts by kind of the text in force on a day."""
    if context.invoked_subcommand is not None:
        if as_of or data or format is not Format.table:
            raise InputError(f"options stand after '{context.invoked_subcommand}', not before it.")
        return
    from aims_graph.showing import frameworks_json

    library = Library.open(data or ())
    found = frameworks_json(library.catalogue, day(as_of))
    rows = [columns.counted(f) for f in found["frameworks"]]
    listing(found, rows, columns.FRAMEWORK, (13, 19, 12, None), format)
    if format is Format.table:
        from aims_graph.tables import tables

        tables.show(tables.footer(found["as_of"], found["graph_version"]))


@frameworks_app.command("diff")
def diff(
    framework: Annotated[str, typer.Argument(help="A framework, by id or a name people type.")],
    start: Annotated[str, typer.Option("--from", help="Changes after this day, YYYY-MM-DD.")],
    end: Annotated[str | None, typer.Option("--to", help="Up to this day; 'today' is today (UTC).")] = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """What was inserted, replaced or repealed between two days, at the unit the amending act names."""
    from aims_graph.history import history, history_json

    library = Library.open(data or ())
    edition = library.catalogue.editions[library.names.edition(framework)]
    first, last = day(None if start == "today" else start, "--from"), day(None if end == "today" else end, "--to")
    if first > last:
        raise InputError(f"--from {first} lies after --to {last}. Give the earlier day first.")
    found = history_json(library.catalogue, history(library.catalogue, edition, first, last))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_lines(columns.amended(found))
    else:
        _print_changes(found)


def _print_changes(found: dict[str, Any]) -> None:
    from aims_graph.tables import tables

    tables.show(tables.wrapped(f"{found['title']}: changes after {found['from']}, up to {found['to']}."))
    for whole in found["edition"]:
        print(f"{whole['effective']}: the edition {whole['change']}.")
    for on in sorted({c["effective"] for c in found["changes"]}):
        mine = [c for c in found["changes"] if c["effective"] == on]
        acts = sorted({c["enacted_by"].partition(",")[0] for c in mine})
        tables.show(tables.wrapped(f"{on}: by {'; '.join(acts)}"))
        rows = [(c["provision"], c["change"], c["effect"] + _beneath(c["within"])) for c in mine]
        tables.show(tables.grid((("unit", 23), ("change", 16), ("what it does", None)), rows))
    for change in found["unlisted"]:
        print(f"No amendment says so: {change['provision']} {change['change']} on {change['effective']}.")
    counts = Counter(c["change"] for c in found["changes"])
    summed = ", ".join(f"{n} {change}" for change, n in counts.items()) or "none"
    tables.show(tables.wrapped(f"{len(found['changes'])} changes: {summed}."))
    tables.show(tables.footer(found["to"], found["graph_version"]))


def _beneath(finer: list[dict[str, Any]]) -> str:
    said = "; ".join(f"{c['change']} {c['provision'].partition(':')[2]}" for c in finer)
    return f" [{said}]" if said else ""


@app.command("questions")
def questions(data: Data = None, format: Output = Format.table) -> None:
    """The saved questions, what each answers and takes."""
    from aims_graph.showing import questions_json

    library = Library.open(data or ())
    found = questions_json(library.questions)
    rows = [{**q, "takes": columns.taken(q["parameters"])} for q in found["questions"]]
    listing(found, rows, columns.QUESTION, (18, None, 30), format)
