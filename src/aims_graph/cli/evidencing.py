"""Commands on evidence files, on evidence across frameworks, and on what is due when."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from aims_graph.cli.app import (
    EVIDENCE,
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
    print_csv,
    print_json,
)
from aims_graph.tables.columns import flat

evidence_app = typer.Typer(
    help="Evidence: whether files are what was recorded, and what can be used again for other frameworks.",
    no_args_is_help=True,
)
app.add_typer(evidence_app, name="evidence")

FINDINGS = 1
Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help="The folder that locations start from (default: 'evidence' in the workspace, else where you are).",
    ),
]


@evidence_app.command("verify")
def verify(
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    root: Root = None,
    as_of: AsOf = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Read each evidence file again: is it there, unchanged, valid? Exit 1 if something is to be mended."""
    from aims_graph import evidenced
    from aims_graph.evidence import evidence_files

    library = opened(data, records, workspace)
    folder = root or _evidence_of(None if records else workspace or named_workspace())
    states = evidence_files.verify(evidenced.loaded(library), folder, day(as_of))
    found = evidence_files.verify_json(states, folder, day(as_of))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        columns = ("item", "location", "state", "states", "sentence", "recorded_sha256", "found_sha256", "source")
        print_csv(columns, [[flat(item[c]) for c in columns] for item in found["items"]])
    else:
        from aims_graph.tables import evidence_tables, tables

        tables.show(evidence_tables.verified(found, library.catalogue.version))
    if any(state.is_finding for state in states):
        sys.exit(FINDINGS)


@evidence_app.command("describe")
def describe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files under the root folder.")],
    root: Root = None,
    workspace: InWorkspace = None,
    format: Output = Format.table,
) -> None:
    """What to record of evidence files: location, SHA-256, media type and size in bytes."""
    from aims_graph.evidence import evidence_files

    folder = root or _evidence_of(workspace or named_workspace())
    found = [asdict(evidence_files.describe(path, folder)) for path in files]
    columns = ("location", "sha256", "media_type", "size")
    if format is Format.json:
        print_json({"files": found})
    elif format is Format.csv:
        print_csv(columns, [[item[c] for c in columns] for item in found])
    else:
        for item in found:
            print(*(f"{c}: {'not known' if item[c] is None else item[c]}" for c in columns), sep="\n")


def _evidence_of(workspace: Path | None) -> Path:
    """Where evidence files are kept if nobody says: in the workspace if it has a folder for them, else here."""
    kept = Path() if workspace is None else workspace / EVIDENCE
    return kept if kept.is_dir() else Path()


@evidence_app.command("reuse")
def reuse(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A case, or a record that belongs to one.")],
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    framework: Frameworks = None,
    min_degree: Annotated[
        DegreeName, typer.Option(help="The least degree to which the case counts towards a target.")
    ] = DegreeName.partial,
    trust: Trust = "double-read",
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Which evidence of a case can be used again for what it also counts towards, and what is missing there?"""
    from aims_graph import evidenced
    from aims_graph.evidence.reuse import reuse_json

    library = opened(data, records, workspace)
    asked = options(library, as_of, role, system_class, framework, trust, min_degree)
    found = reuse_json(evidenced.find_reuse(library, record, asked))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_csv(evidenced.REUSE_COLUMNS, evidenced.reuse_rows(found))
    else:
        from aims_graph.tables import evidence_tables, tables

        labels = {e.id: e.label for e in library.catalogue.editions.values()}
        tables.show(evidence_tables.reuse(found, labels))


@app.command("deadlines")
def deadlines(
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """What is due when: actions, reviews, waivers, evidence; and the outer limits of reporting serious incidents."""
    from aims_graph import evidenced
    from aims_graph.evidence.deadlines import deadlines_json

    library = opened(data, records, workspace)
    found = deadlines_json(library.catalogue, evidenced.find_deadlines(library, day(as_of)))
    if format is Format.json:
        print_json(found)
    elif format is Format.csv:
        print_csv(evidenced.DEADLINE_COLUMNS, evidenced.deadline_rows(found))
    else:
        from aims_graph.tables import evidence_tables, tables

        tables.show(evidence_tables.deadlines(found))
