"""The application object and the options that several commands share."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from aims_graph import __version__
from aims_graph.errors import NO_RECORDS, AimsGraphError, InputError, UnknownName
from aims_graph.library import Library
from aims_graph.model import read_day
from aims_graph.relations import Degree
from aims_graph.tables.columns import Lines, csv_text, flat
from aims_graph.trace import Options

OTHER_FORMATS = ("--json", "--csv")  # what people try
EVIDENCE = "evidence"  # the folder of a workspace for evidence files
KEYS = "keys.json"  # its file of API keys


class Commands(TyperGroup):
    """The commands; what is known only from the data, and what people try, is told with them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; where its help is asked for, with the values that the data knows."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not isinstance(command, click.Group) and "--help" in rest:
            _tell_values(command)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; for an option that would name a format, the option that does is offered."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            if error.option_name in OTHER_FORMATS:
                error.possibilities = [f"--format {error.option_name.removeprefix('--')}"]
            raise


def _tell_values(command: click.Command) -> None:
    """Name the roles and classes of the shipped data in the help of their options."""
    values = {"role": "roles", "system_class": "system_classes"}
    options = [o for o in command.params if isinstance(o, click.Option) and o.name in values]
    catalogue = Library.open().catalogue if options else None
    for option in options:
        told = f" One of: {', '.join(sorted(getattr(catalogue, values[option.name or ''])))}."
        option.help = (option.help or "").removesuffix(told) + told


app = typer.Typer(
    name="aims-graph",
    cls=Commands,
    help="What else does this count towards, how surely, why, and what is missing?",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """What else does this count towards, how surely, why, and what is missing?"""
    if version:
        print(f"aims-graph {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


class Format(StrEnum):
    """How an answer is written."""

    table = "table"
    json = "json"
    csv = "csv"


class DegreeName(StrEnum):
    """Degrees as people type them."""

    full = "full"
    partial = "partial"
    candidate = "candidate"


Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Lay another data folder over the shipped one (repeatable)."),
]
RecordFiles = Annotated[list[Path] | None, typer.Option("--records", help="A Turtle file of records (repeatable).")]
InWorkspace = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="The workspace that holds the records (else AIMS_WORKSPACE)."),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The day the answer is for, YYYY-MM-DD (default: today, UTC).")
]
Output = Annotated[Format, typer.Option("--format", help="table, json or csv.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="Your role (repeatable).")]
SystemClass = Annotated[str, typer.Option("--system-class", help="The class of AI system in question.")]
Frameworks = Annotated[
    list[str] | None, typer.Option("--framework", help="Only answers in this framework (repeatable).")
]
Trust = Annotated[
    str,
    typer.Option(
        "--trust", metavar="[double-read|accepted]", help="Rows read twice, or only those that a person signed."
    ),
]


def opened(data: Sequence[Path] | None, records: Sequence[Path] | None, workspace: Path | None) -> Library:
    """What a question is asked of: the data folders with record files, with a workspace, or alone."""
    if workspace is None and not records:
        workspace = named_workspace()
    return Library.open(data or (), records or (), workspace)


def named_workspace() -> Path | None:
    """The workspace that the environment names, if any."""
    return named_folder("AIMS_WORKSPACE")


def named_folder(variable: str) -> Path | None:
    """The folder that a variable of the environment names, if any."""
    named = os.environ.get(variable, "")
    return Path(named) if named else None


def day(text: str | None, option: str = "--as-of") -> date:
    """The as-of day; today's UTC date is read here, at the edge, and nowhere else."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return read_day(text)
    except ValueError as error:
        raise InputError(f"{option} {error}") from None


def options(
    library: Library,
    as_of: str | None,
    roles: Sequence[str] | None = None,
    system_class: str = "any",
    frameworks: Sequence[str] | None = None,
    trust: str = "double-read",
    min_degree: DegreeName = DegreeName.candidate,
    limit: int | None = None,
) -> Options:
    """The options of a question from what was typed."""
    return Options(
        as_of=day(as_of),
        roles=tuple(dict.fromkeys(roles or ())),
        system_class=system_class,
        trust=trust,
        frameworks=tuple(library.names.edition(f) for f in frameworks or ()),
        min_degree=Degree[min_degree.value.upper()],
        limit=limit,
    )


def hints(error: AimsGraphError) -> tuple[str, ...]:
    """What can be typed next, where a name is unknown; none where nothing is known to help."""
    if not isinstance(error, UnknownName) or error.kind not in (NO_RECORDS, "provision"):
        return ()
    search = () if error.candidates else (f"To search: aims-graph find {shlex.quote(error.text)}",)
    return (*search, "To load records: --records FILE") if error.kind == NO_RECORDS else search


def standard_input() -> str:
    """All of standard input, for a file argument of '-'."""
    return sys.stdin.read()


def print_json(value: Any) -> None:
    """JSON, two spaces deep, with letters as they are."""
    sys.stdout.write(json_text(value))


def json_text(value: Any) -> str:
    """The text of `print_json`."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """CSV with a header line; None is an empty cell, and no cell can be read as a formula."""
    sys.stdout.write(csv_text(columns, rows))


def print_lines(lines: Lines) -> None:
    """The CSV of an answer."""
    sys.stdout.write(lines.text())


def listing(
    found: Any,
    rows: list[dict[str, Any]],
    columns: tuple[str, ...],
    widths: tuple[int | None, ...],
    format: Format,
) -> None:
    """A list of things: the JSON as found, or the named columns of its rows."""
    cells = [[flat(row[c]) for c in columns] for row in rows]
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_csv(columns, cells)
    else:
        from aims_graph.tables import tables

        shown = [[str(c) if c is not None else "" for c in row] for row in cells]
        if not shown:
            print("Nothing found.")
            return
        tables.show(tables.grid(list(zip(columns, widths, strict=True)), shown))
