"""Commands that keep an organisation's records: a workspace, what goes into it, and its own soundness."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aims_graph.cli.app import (
    EVIDENCE,
    KEYS,
    AsOf,
    Data,
    Format,
    InWorkspace,
    Output,
    app,
    day,
    listing,
    named_workspace,
)
from aims_graph.errors import DataError, InputError

if TYPE_CHECKING:  # what only these commands need is imported by them
    from aims_graph.library import Library
    from aims_graph.model import Finding
    from aims_graph.workspaces.assessing import Verdict
    from aims_graph.workspaces.workspace import Workspace
    from aims_graph.workspaces.writing import Receipt, Writer

Json = dict[str, Any]
FINDINGS = 1

log_app = typer.Typer(help="The audit log of a workspace.", no_args_is_help=True)
app.add_typer(log_app, name="log")

By = Annotated[str | None, typer.Option("--by", help="Who writes, for the audit log (default: your login name).")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for the audit log.")]
Key = Annotated[str | None, typer.Option("--key", help="A key of this request: given again, it is not done twice.")]
Trial = Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")]
Whole = Annotated[bool, typer.Option("--whole", help="The file states its records whole: drop what it leaves out.")]
Expect = Annotated[
    list[str] | None,
    typer.Option("--expect", metavar="RECORD=VERSION", help="Write only if the record is still at this version."),
]


def held(workspace: Path | None) -> Path:
    """The workspace that is named, by option or environment; InputError if none is."""
    found = workspace or named_workspace()
    if found is None:
        raise InputError("no workspace was named. Give --workspace DIR, or set AIMS_WORKSPACE.")
    return found


def moment() -> datetime:
    """Now; the clock is read here and in `day`, at the edge."""
    return datetime.now(UTC)


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="A new folder.")] = Path("workspace"),
    base: Annotated[str, typer.Option(help="What the IRIs of your records begin with.")] = "",
    organisation: Annotated[str, typer.Option(help="Whose records these are.")] = "",
) -> None:
    """Make a workspace for records."""
    from aims_graph.workspaces.workspace import BASE, Workspace

    Workspace.init(folder, base or BASE, organisation or folder.resolve().name, moment())
    print(f"Made the workspace '{folder}'. Put records in:")
    print(f"  aims-graph import --template records.xlsx\n  aims-graph import records.xlsx --workspace {folder}")


def _signed(what: str, by: str | None, why: str | None, key: str | None) -> Any:
    from aims_graph.workspaces.workspace import Signature

    who = by or getpass.getuser()
    if not who.strip():
        raise InputError("--by names nobody. Say who writes.")
    return Signature(_sayable(who), _sayable(what), why and _sayable(why), key and _sayable(key))


def _sayable(text: str) -> str:
    """A text as UTF-8 can hold it: what a terminal or a file name has beyond that becomes a question mark."""
    return text.encode(errors="replace").decode()


def _writer(library: Library, workspace: Workspace) -> Writer:
    from aims_graph.workspaces.assessing import Assessor
    from aims_graph.workspaces.writing import Writer

    return Writer(workspace, Assessor(library.catalogue, library.rules))


def _expected(base: str, given: list[str] | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in given or ():
        record, _, version = text.rpartition("=")
        if not record or not version.isdigit():
            raise InputError(f"--expect '{text}' is not RECORD=VERSION. For example: --expect CA-7=12")
        found[record if "://" in record else base + record] = int(version)
    return found


def _put(
    what: str,
    files: list[str],
    workspace: Path | None,
    as_of: str | None,
    by: str | None,
    why: str | None,
    key: str | None,
    expect: list[str] | None,
    whole: bool,
    trial: bool,
    data: list[Path] | None,
    format: Format,
) -> None:
    """Read files, write them together, and tell what came of it."""
    from aims_graph.library import Library
    from aims_graph.workspaces import taking_in
    from aims_graph.workspaces.workspace import Workspace
    from aims_graph.workspaces.writing import Request

    library = Library.open(data or ())
    signature = _signed(f"{what} {' '.join(Path(f).name for f in files)}", by, why, key)
    with Workspace.open(held(workspace), write=True) as opened:
        writer = _writer(library, opened)
        base, known = opened.settings.base, taking_in.people(opened)
        read = taking_in.read(map(taking_in.of_file, files), library.catalogue, base, known)
        request = Request(read.triples, whole, _expected(base, expect), read.lines)
        receipt = writer.write(request, signature, moment(), day(as_of), trial)
        _tell(receipt, writer, day(as_of), trial, format)


@app.command("add")
def add(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Turtle, JSON-LD or JSON; '-' reads Turtle.")],
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    by: By = None,
    reason: Why = None,
    key: Key = None,
    expect: Expect = None,
    whole: Whole = False,
    dry_run: Trial = False,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Put records into the workspace, all or nothing. Exit 1 if evidence rules find something missing."""
    _put("add", files, workspace, as_of, by, reason, key, expect, whole, dry_run, data, format)


@app.command("import")
def import_(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE…", help="Spreadsheets (.xlsx, .csv) or JSON.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE", help="Write an empty spreadsheet to fill in, and stop.")
    ] = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    by: By = None,
    reason: Why = None,
    key: Key = None,
    whole: Whole = False,
    dry_run: Trial = False,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Put the records of spreadsheets into the workspace, all or nothing. Exit 1 on findings, as for 'add'."""
    if template is not None:
        from aims_graph.files import write_bytes
        from aims_graph.intake import templates
        from aims_graph.library import Library

        if template.exists():
            raise InputError(f"'{template}' exists already, and may be filled in. Name a new file.")
        write_bytes(template, templates.template(Library.open(data or ()).forms))
        print(f"Wrote '{template}'. Fill in the sheets you need, then: aims-graph import {template}")
        return
    if not files:
        raise InputError("no file was given. Name a spreadsheet, or write an empty one with --template FILE.")
    _put("import", files, workspace, as_of, by, reason, key, None, whole, dry_run, data, format)


@app.command("move")
def move(
    record: Annotated[str, typer.Argument(help="A case, by its identifier.")],
    state: Annotated[str, typer.Argument(help="The state it takes, such as analysed, closing or closed.")],
    on: Annotated[
        str | None, typer.Option("--on", help="The day it was closed, YYYY-MM-DD (default: --as-of).")
    ] = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    by: By = None,
    reason: Why = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Take a case one step on in its life. It is closed only when what its clause demands is recorded."""
    from aims_graph.library import Library
    from aims_graph.workspaces import lifecycle, naming
    from aims_graph.workspaces.workspace import Workspace
    from aims_graph.workspaces.writing import Request

    library = Library.open(data or ())
    with Workspace.open(held(workspace), write=True) as opened:
        node = naming.record(opened, record)
        closed_on = day(on, "--on") if on else day(as_of)
        stated = lifecycle.step(library.catalogue, node, state, closed_on)
        writer = _writer(library, opened)
        signature = _signed(f"move {record} {state}", by, reason, None)
        receipt = writer.write(Request(stated), signature, moment(), day(as_of))
        _tell(receipt, writer, day(as_of), False, format)


@app.command("withdraw")
def withdraw(
    records: Annotated[list[str], typer.Argument(metavar="RECORD…", help="Records, by identifier.")],
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    by: By = None,
    reason: Why = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Take records back, for a reason; they stay readable as of earlier days."""
    from aims_graph.library import Library
    from aims_graph.workspaces import naming
    from aims_graph.workspaces.workspace import Workspace

    library = Library.open(data or ())
    with Workspace.open(held(workspace), write=True) as opened:
        nodes = [naming.record(opened, name) for name in records]
        signature = _signed(f"withdraw {' '.join(records)}", by, reason, None)
        writer = _writer(library, opened)
        receipt = writer.withdraw(nodes, signature, moment(), day(as_of))
        _tell(receipt, writer, day(as_of), False, format, "Withdrew")


@app.command("history")
def history(
    record: Annotated[str, typer.Argument(help="A record, by identifier.")],
    workspace: InWorkspace = None,
    format: Output = Format.table,
) -> None:
    """Who changed a record, when, why and what, oldest first."""
    from aims_graph.workspaces import naming, record_states
    from aims_graph.workspaces.workspace import Workspace

    with Workspace.open(held(workspace)) as opened:
        node = naming.taken_back(opened, record) or naming.record(opened, record)
        base = opened.settings.base
        rows = record_states.history_rows(opened, node)
    if format is Format.table:
        from aims_graph.workspaces import receipts

        print("\n".join(receipts.history_text(rows, node, base)))
    else:
        listing(rows, rows, ("entry", "at", "who", "what", "why"), (None,) * 5, format)


class ExportFormat(StrEnum):
    """How records are written out."""

    turtle = "turtle"
    jsonld = "jsonld"
    json = "json"
    xlsx = "xlsx"


@app.command("export")
def export(
    out: Annotated[Path | None, typer.Option("--out", help="The file to write (default: standard output).")] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="As the records stood at the end of a day (UTC).")
    ] = None,
    workspace: InWorkspace = None,
    data: Data = None,
    format: Annotated[ExportFormat, typer.Option(help="turtle, jsonld, json or xlsx.")] = ExportFormat.turtle,
) -> None:
    """Write all records of the workspace to a file."""
    from aims_graph.files import write_bytes
    from aims_graph.library import Library
    from aims_graph.workspaces import exporting
    from aims_graph.workspaces.workspace import Workspace

    library = Library.open(data or ())
    with Workspace.open(held(workspace)) as opened:
        triples = opened.triples(None if known_on is None else day(known_on, "--known-on"))
        content = exporting.written(triples, format.value, library.catalogue, opened.settings.base)
    if out is not None:
        write_bytes(out, content)
    elif format is ExportFormat.xlsx:
        raise InputError("a spreadsheet is not written to the terminal. Name a file with --out FILE.")
    else:
        sys.stdout.write(content.decode())


@log_app.command("verify")
def log_verify(workspace: InWorkspace = None, format: Output = Format.table) -> None:
    """Read the whole audit log and check every seal. Exit 1 and the place if anything is not as it was written."""
    from aims_graph.workspaces.auditlog import AuditLog
    from aims_graph.workspaces.upkeep import verify
    from aims_graph.workspaces.workspace import LOG, read_settings

    folder = held(workspace)
    read_settings(folder)
    try:
        found = verify(AuditLog(folder / LOG))
    except DataError as error:
        print(error, file=sys.stderr)
        sys.exit(FINDINGS)
    if format is not Format.table:
        listing(asdict(found), [asdict(found)], ("entries", "statements", "state", "head"), (None,) * 4, format)
        return
    print(f"{found.entries} entries, {found.statements} statements, each as it was written.")
    print(f"Note the head, to tell later whether the log was cut or written anew:\n{found.head}")


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the copy.")],
    workspace: InWorkspace = None,
) -> None:
    """Copy the workspace as it is now to a new folder, and verify the copy. The copy can be opened as it is.

    Works while a service holds the workspace.
    """
    from aims_graph.workspaces import upkeep

    found = upkeep.backup(held(workspace), target, moment())
    print(f"Copied {found.entries} entries, {found.statements} statements to '{target}', and verified them.")
    print(f"Head: {found.head}")
    kept = held(workspace) / EVIDENCE
    if kept.is_dir():
        print(f"Evidence files are not copied: back up the folder '{kept}' as well.")
    if (held(workspace) / KEYS).exists():
        print("API keys are not copied, since some may be revoked later: after a restore, make new ones.")


@app.command("restore")
def restore(
    copy: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of a backup.")],
    target: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the workspace.")],
) -> None:
    """Make a workspace from a backup, in a new folder; nothing is replaced."""
    from aims_graph.workspaces import upkeep

    found = upkeep.restore(copy, target)
    print(f"Restored {found.entries} entries, {found.statements} statements to '{target}'.\nHead: {found.head}")


@app.command("doctor")
def doctor(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the store anew from the log first.")] = False,
    workspace: InWorkspace = None,
    format: Output = Format.table,
) -> None:
    """Check log, store, versions and free space; bring a store that is behind up to date. Exit 1 on faults."""
    from aims_graph.workspaces import upkeep

    where = held(folder or workspace)
    if rebuild:
        print(f"Rebuilt the store: {upkeep.rebuild(where)} statements.", file=sys.stderr)
    rows = [asdict(check) for check in upkeep.doctor(where)]
    if format is Format.table:
        for row in rows:
            print(
                fill(
                    f"{'ok   ' if row['sound'] else 'FAULT'} {row['name']}: {row['said']}",
                    80,
                    subsequent_indent="      ",
                )
            )
    else:
        listing(rows, rows, ("name", "sound", "said"), (None,) * 3, format)
    if not all(row["sound"] for row in rows):
        sys.exit(FINDINGS)


def _findings(writer: Writer, as_of: date, pairs: frozenset[Verdict]) -> tuple[Finding, ...]:
    from aims_graph.workspaces import workspace_findings

    return workspace_findings.told(writer.workspace, writer.assessor, pairs, as_of)


def _tell(receipt: Receipt, writer: Writer, as_of: date, trial: bool, format: Format, done: str = "Wrote") -> None:
    """Say what a write did, and what evidence rules find in the records that it touched."""
    from aims_graph.workspaces import receipts

    base = writer.workspace.settings.base
    told = partial(_findings, writer, as_of)
    found = receipts.receipt_json(receipt, told, base, as_of.isoformat(), trial)
    if format is Format.table:
        print(receipts.text(found, done))
    else:
        columns = ("code", "severity", "record", "name", "message", "provision", "asked_by")
        listing(found, found["findings"], columns, (None,) * len(columns), format)
    if any(f["severity"] == "Violation" for f in found["findings"]):
        sys.exit(FINDINGS)
