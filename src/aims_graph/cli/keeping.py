"""Commands that keep data sound: check, lint, review, owl."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aims_graph.cli.app import (
    AsOf,
    Data,
    Format,
    InWorkspace,
    Output,
    app,
    day,
    json_text,
    named_workspace,
    print_csv,
    print_json,
    standard_input,
)
from aims_graph.errors import InputError
from aims_graph.files import DataFile, data_roots, kind_of, read_all, read_text, write_text
from aims_graph.library import Library
from aims_graph.model import Finding
from aims_graph.tables.columns import csv_text

review_app = typer.Typer(
    help="Check mapping rows: what clashes, what follows, what to judge next; sheets and second readings.",
    no_args_is_help=True,
)
app.add_typer(review_app, name="review")

FINDINGS = 1


class FindingsFormat(StrEnum):
    """How findings are written."""

    table = "table"
    json = "json"
    csv = "csv"
    sarif = "sarif"
    md = "md"
    turtle = "turtle"


@app.command("check")
def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]…", help="Turtle records; '-' reads standard input.")
    ] = None,
    workspace: InWorkspace = None,
    as_of: AsOf = None,
    data: Data = None,
    format: Annotated[
        FindingsFormat,
        typer.Option("--format", help="table, json, csv, sarif, md, or turtle (the W3C's validation report)."),
    ] = FindingsFormat.table,
) -> None:
    """What the rules find in record files, or in a workspace: what is missing, who asks, how to fix it."""
    if files and workspace is not None:
        raise InputError("records come from files or from a workspace, not from both. Leave one out.")
    kept = None if files else workspace or named_workspace()
    if not files and kept is None:
        raise InputError("no records were named. Give record files, or --workspace DIR.")
    if kept is not None and format is not FindingsFormat.turtle:
        found, written = _of_workspace(kept, data, day(as_of), format)
    else:
        library = Library.open(data or (), (), kept) if kept else _read(data, files or [])
        found = library.findings(day(as_of))
        written = _written(library, found, day(as_of), format)
    sys.stdout.write(written)
    if any(f.severity == "Violation" for f in found):
        sys.exit(FINDINGS)


def _of_workspace(
    folder: Path, data: list[Path] | None, as_of: date, format: FindingsFormat
) -> tuple[tuple[Finding, ...], str]:
    """What is found in a workspace of any size, and that as it is written; a place is an entry of the log."""
    from aims_graph.workspaces import workspace_findings
    from aims_graph.workspaces.assessing import Assessor
    from aims_graph.workspaces.workspace import Workspace

    library = Library.open(data or ())
    with Workspace.open(folder) as workspace:
        found = workspace_findings.findings(workspace, Assessor(library.catalogue, library.rules), as_of)
        places = workspace_findings.places(workspace, found)
        empty = not found and next(workspace.store.records(), None) is None
    if empty and format is FindingsFormat.table:
        return found, f"No records in '{folder}': nothing was checked.\n"
    return found, _written(library, found, as_of, format, places)


def _written(
    library: Library,
    found: tuple[Finding, ...],
    as_of: date,
    format: FindingsFormat,
    places: dict[str, tuple[str, int]] | None = None,
) -> str:
    from aims_graph.checking import reports
    from aims_graph.tables import findings_text

    columns = ("code", "severity", "record", "name", "message", "provision", "asked_by", "source")
    if format is FindingsFormat.sarif:
        of_files = library.records.facts.place if library.records else {}
        return json_text(reports.sarif(found, library.rules, as_of, of_files if places is None else places))
    if format is FindingsFormat.turtle:
        from aims_graph.checking import shapes, validation

        texts = [text for _, text in library.records.on(as_of).texts] if library.records else []
        return validation.report_turtle(shapes.results(library.rules, texts, as_of))
    if format is FindingsFormat.md:
        return reports.markdown(found, as_of)
    if format is FindingsFormat.json:
        return json_text(reports.findings_json(found, as_of))
    if format is FindingsFormat.csv:
        return csv_text(columns, [[reports.described(f)[c] for c in columns] for f in found])
    return findings_text.text(found, as_of) + "\n"


def _read(data: list[Path] | None, files: list[str]) -> Library:
    """The library with record files, or with what standard input holds."""
    if "-" not in files:
        return Library.open(data or (), [Path(f) for f in files])
    if len(files) > 1:
        raise InputError("'-' stands alone: give record files, or '-' for standard input.")
    import tempfile

    with tempfile.TemporaryDirectory() as folder:  # what is read must not stay behind
        copy = Path(folder) / "standard-input.ttl"
        copy.write_text(standard_input(), encoding="utf-8")
        return Library.open(data or (), [copy])


@app.command("lint")
def lint(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…")] = None,
    licensed: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="TEXT", help="A text you own that our words must not repeat (repeatable)."),
    ] = None,
    next_: Annotated[
        bool, typer.Option("--next", help="Check nothing: list the pairs to judge next, as 'review next' does.")
    ] = False,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Check frameworks, mappings, questions and rules; with FILE, other people's files too.

    A crosswalk of any form (CSV, TSV) is checked for references to provisions that do not exist.
    """
    if next_:
        if files or licensed:
            raise InputError("--next looks at the loaded mappings. Give no FILE and no --against with it.")
        from aims_graph.cli.checking import next_ as review_next

        review_next(data=data, format=format)
        return
    from aims_graph import linting

    shipped = read_all(data_roots(data or ()))
    named = tuple(_named(f) for f in files or ())
    owned = tuple(DataFile("text", str(path), read_text(path)) for path in licensed or ())
    report = linting.lint(shipped, named, owned)
    if format is Format.table:
        for problem in report.problems:
            print(problem)
        print(report.summary)
    else:
        rows = [{"path": p.path, "line": p.line, "what": p.what, "fix": p.fix} for p in report.problems]
        if format is Format.json:
            print_json({"problems": rows})
        else:
            print_csv(("path", "line", "what", "fix"), [list(r.values()) for r in rows])
    if report.broken:
        sys.exit(2)
    if report.faults:
        sys.exit(FINDINGS)


@app.command("fmt")
def fmt(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file would change.")] = False,
    data: Data = None,
) -> None:
    """Write framework, label and mapping files in canonical form; without FILE, those of the last data folder."""
    from aims_graph import canonical

    folder = data_roots(data or ())[-1]
    unknown = [path for path in files or () if kind_of(path) not in canonical.KINDS]
    if unknown:
        raise InputError(
            f"'{unknown[0]}' has no canonical form. Give framework files (.ttl in …/ontology/frameworks/), "
            "label files (.ttl in …/ontology/labels/) or mapping files (.tsv)."
        )
    found = [(path, _named(path)) for path in files or ()]
    found = found or [(folder / file.path, file) for file in read_all([folder]) if file.kind in canonical.KINDS]
    once = {path.resolve(): (path, file) for path, file in found}  # where the text is, also behind a link
    texts = canonical.all_formatted(file for _, file in once.values())  # all are read before one is written
    done = "would change" if check else "changed"
    changed = 0
    for (place, (path, _)), text in zip(once.items(), texts, strict=True):
        if place.read_bytes() == text.encode():
            continue
        if not check:
            mode = place.stat().st_mode
            write_text(place, text)
            place.chmod(mode & 0o7777)
        print(f"{path} {done}.")
        changed += 1
    print(f"{changed} of {len(once)} {'file' if len(once) == 1 else 'files'} {done}.")
    if check and changed:
        sys.exit(FINDINGS)


def _named(path: Path) -> DataFile:
    kind = kind_of(path)
    if kind is None or kind == "text":
        raise InputError(f"'{path}' is no kind of file that lint knows. Give .ttl, .tsv, .csv or .rq files.")
    return DataFile(kind, str(path), read_text(path))


@app.command("owl")
def owl(as_of: AsOf = None, data: Data = None, format: Output = Format.table) -> None:
    """Prove with a reasoner that the ontology is consistent and every class can have members."""
    from aims_graph.owl import prove

    library = Library.open(data or ())
    report = prove(*library.statements(day(as_of)))
    if format is Format.json:
        print_json(asdict(report))
    else:
        print(f"{report.reasoner} read {report.triples} statements ({report.java}).")
        print("Consistent." if report.consistent else "INCONSISTENT.")
        print(f"Classes that can have no member: {', '.join(report.unsatisfiable) or 'none'}.")
        print(f"Outside OWL 2 DL and RL: {'; '.join(report.violations) or 'nothing'}.")
    if not report.sound:
        sys.exit(FINDINGS)


@review_app.command("sheet")
def review_sheet(
    pair: Annotated[str, typer.Argument(help="The mapping file's name without .sssom.tsv.")],
    seed: Annotated[int, typer.Option(help="The seed of the shuffle.")] = 1,
    data: Data = None,
) -> None:
    """The pairs of a mapping for a second reading: shuffled, without relations, with as many decoys."""
    from aims_graph import reviewing

    sys.stdout.write(reviewing.sheet_text(Library.open(data or ()).catalogue, pair, seed))


@review_app.command("compare")
def review_compare(
    pairs: Annotated[list[str] | None, typer.Argument(metavar="PAIR…")] = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """Compare first and second readings, write the reviews, and set what was read twice alike."""
    from aims_graph import reviewing

    root = data_roots(data or ())[-1]
    outcomes = reviewing.compare_all(root, read_all([root]), tuple(pairs or ()))
    columns = ("pair", "pairs", "same", "agreement", "kappa", "rows", "double_read", "settled", "open")
    rows = [[getattr(o, c) for c in columns] for o in outcomes]
    if format is Format.json:
        print_json({"reviews": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif format is Format.csv:
        print_csv(columns, rows)
    else:
        from aims_graph.tables import tables

        shown = [["" if c is None else f"{c:.2f}" if isinstance(c, float) else str(c) for c in r] for r in rows]
        tables.show(tables.rows(columns, shown))


@review_app.command("experts")
def review_experts(
    file: Annotated[Path | None, typer.Argument(help="A filled sheet; without it, an empty one is printed.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the draw.")] = 1,
    rows: Annotated[int, typer.Option(min=1, help="How many rows the sheet has.")] = 60,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """A sheet of rows for people who know the texts; with FILE, how far they agree with the rows."""
    from aims_graph import experts

    catalogue = Library.open(data or ()).catalogue
    if file is None:
        sys.stdout.write(experts.sheet(catalogue, seed, rows))
        return
    found = experts.result(catalogue, str(file), read_text(file))
    columns = ("subject", "object", "row", "expert_relation", "expert")
    lines = [(*pair, ours, theirs, who) for pair, ours, theirs, who in found.differing]
    if format is Format.json:
        print_json(
            {
                "experts": list(found.experts),
                "judged": found.judged,
                "same": found.agreement.same,
                "agreement": found.agreement.raw if found.judged else None,
                "kappa": found.agreement.kappa,
                "differing": [dict(zip(columns, line, strict=True)) for line in lines],
            }
        )
    elif format is Format.csv:
        print_csv(columns, lines)
    else:
        from aims_graph.tables import tables

        kappa = "" if found.agreement.kappa is None else f", kappa {found.agreement.kappa:.2f}"
        who = ", ".join(found.experts) or "nobody named"
        count = f"{found.judged} {'row' if found.judged == 1 else 'rows'}"
        print(f"{count} judged by {who}: {found.agreement.same} as the rows say{kappa}.")
        if lines:
            tables.show(tables.rows(columns, lines))
