"""The example case from start to finish, out of a spreadsheet as people keep it."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from conftest import CASES, Run

from aims_graph.intake import incoming, record_sheets, templates
from aims_graph.library import Library
from aims_graph.turtle import parsed
from aims_graph.workspaces.workspace import BASE

DAY = ("--as-of", "2026-11-22")


def spreadsheet(library: Library, case: str, path: Path) -> Path:
    """The records of an example as a filled workbook."""
    triples, _ = parsed(case, (CASES / case).read_text(encoding="utf-8"))
    path.write_bytes(templates.workbook(record_sheets.to_tables(triples, library.catalogue, BASE).tables))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIMS_WORKSPACE", str(tmp_path / "records"))
    return tmp_path


def test_from_a_spreadsheet_to_a_closed_case_and_what_its_evidence_is_good_for(
    run: Run, library: Library, folder: Path
) -> None:
    assert run("init", folder / "records", "--organisation", "Norrland Talent AB").code == 0

    sheet = spreadsheet(library, "incomplete.ttl", folder / "cases.xlsx")
    trial = run("import", sheet, "--dry-run", *DAY)
    assert trial.code == 1
    assert "Nothing was written." in trial.out
    first = run("import", sheet, "--by", "Quality manager", *DAY)
    assert (first.code, first.err) == (1, "")
    for missing in ("AG-1042-07", "AG-1042-10", "AG-1042-15"):
        assert missing in first.out
    assert run("import", sheet, *DAY).out.startswith("The workspace says all of this already.")

    early = run("move", "NC-3", "closed", *DAY)
    assert early.code == 2
    assert early.err.count("NC-3: cannot be closed yet: ") == 3
    assert early.err.count("(rule AG-1042-") == 3

    partly = run("what-else", "CA-7", *DAY).out
    assert "covers 11 of 14 elements of 10.2 for NC-3" in partly

    mended = run("import", spreadsheet(library, "complete.ttl", folder / "cases.xlsx"), *DAY)
    assert (mended.code, mended.err) == (0, "")
    assert "No longer reported (3):" in mended.out
    assert run("check", *DAY).out.startswith("Nothing is missing")

    found = json.loads(run("what-else", "CA-7", "--format", "json", *DAY).out)
    assert [o["degree"] for o in found["own_clause"]] == ["full"]
    from_file = run("what-else", "CA-7", "--records", CASES / "complete.ttl", "--format", "json", *DAY)
    assert [(a["provision"], a["degree"]) for a in found["answers"]] == [
        (a["provision"], a["degree"]) for a in json.loads(from_file.out)["answers"]
    ]

    reuse = json.loads(run("evidence", "reuse", "CA-7", "--framework", "aiact", "--format", "json", *DAY).out)
    assert reuse["requirements"]
    assert {r["requirement"]: r["state"] for r in reuse["requirements"]} == {"aiact:evidence-20.1": "reusable"}

    again = run("log", "verify")
    assert again.out.splitlines()[0].startswith("2 entries, ")
    who = json.loads(run("history", "NC-3", "--format", "json").out)
    assert next(entry["who"] for entry in who) == "Quality manager"


def test_the_template_has_the_sheets_and_words_of_a_quality_manager(run: Run, folder: Path) -> None:
    ran = run("import", "--template", folder / "empty.xlsx")
    assert ran.code == 0
    again = run("import", "--template", folder / "empty.xlsx")
    assert (again.code, "exists already" in again.err) == (2, True)  # it may be filled in by now
    book = openpyxl.load_workbook(folder / "empty.xlsx")
    assert book.sheetnames[0] == "About"
    heads = [cell.value for cell in book["Cases"][1]]
    assert {"ID", "Found on", "What happened"} <= set(heads)
    assert not any(str(head).startswith(("aims:", "http")) for head in heads)


def test_an_empty_template_is_refused_with_what_to_do(run: Run, folder: Path) -> None:
    run("init", folder / "records")
    run("import", "--template", folder / "empty.xlsx")
    ran = run("import", folder / "empty.xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert "empty.xlsx" in ran.err


def test_records_can_be_python_objects(library: Library, folder: Path) -> None:
    from datetime import UTC, date, datetime

    from aims_graph.intake.incoming import Record, read_records
    from aims_graph.workspaces.assessing import Assessor
    from aims_graph.workspaces.workspace import Signature, Workspace
    from aims_graph.workspaces.writing import Request, Writer

    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    Workspace.init(folder / "records", BASE, "made up", now)
    made = Record("Nonconformity", "NC-1", {"state": "open", "detectedOn": date(2026, 11, 20), "label": "A gap"})
    read = read_records([made], library.catalogue, BASE)
    with Workspace.open(folder / "records", write=True) as workspace:
        receipt = Writer(workspace, Assessor(library.catalogue, library.rules)).write(
            Request(read.triples), Signature("a program", "add"), now
        )
        assert (receipt.number, receipt.records) == (1, (f"{BASE}NC-1",))
        assert workspace.store.version(f"{BASE}NC-1") == 1


# -- a sheet as a person fills it in -----------------------------------------------------

DONE_BY, FINE = "Ana Lind", "Procedure 7 says so"
FILLED: dict[str, list[dict[str, str | date]]] = {
    "Cases": [
        {
            "ID": "NC-1",
            "Title": "Bias check left out",
            "State": "Closing",
            "Found on": date(2026, 8, 18),
            "What happened": "Release 5.1 went into service unchecked",
            "Which requirement was not fulfilled": "ISO 42001 A.6.2.4; ISO 42001 8.1",
            "Grading": "minor",
            "Evidence of it": "EV-1",
            "What was done at once": "Release taken out of service",
            "Done at once on": date(2026, 8, 19),
            "Consequences": "The rankings were made again",
            "Reviewed on": date(2026, 8, 20),
            "Reviewed by": DONE_BY,
            "Causes found": "Nobody owns the check; The list does not name it",
            "Similar cases": "Two systems looked at, none found",
            "Is action against the causes needed": "needed",
            "Why action is or is not needed": "It would happen again",
            "Action decided by": DONE_BY,
            "Action decided on": date(2026, 8, 24),
            "Must the management system change": "not needed",
            "Why it must or must not change": FINE,
            "Change decided by": DONE_BY,
            "Change decided on": date(2026, 8, 24),
            "Do the actions fit the effects": "appropriate",
            "Why they fit or do not fit": "Nobody was harmed",
            "By which measure they fit": "Reach of the effect",
            "Fit judged by": DONE_BY,
            "Fit judged on": date(2026, 8, 24),
            "Record of the case": "EV-1",
        }
    ],
    "Corrective actions": [
        {
            "ID": "CA-1",
            "Case": "NC-1",
            "What is done": "Name an owner",
            "Against which cause": "nobody owns the check; The list does not name it",
            "Owner": "Per Holm",
            "Done on": date(2026, 9, 16),
        }
    ],
    "Effectiveness reviews": [
        {
            "ID": "ER-1",
            "Action": "CA-1",
            "Reviewed on": date(2026, 10, 20),
            "Reviewed by": DONE_BY,
            "By which measure": "No unchecked release",
            "Verdict": "effective",
        }
    ],
    "Evidence": [
        {
            "ID": "EV-1",
            "Title": "Report",
            "Dated": date(2026, 8, 20),
            "Where it is kept": "NC-1/report.txt",
            "SHA-256": hashlib.sha256(b"report").hexdigest(),
        }
    ],
}


def filled(path: Path, template: bytes, **changes: dict[str, str | date]) -> Path:
    """The template with the lines of a case; `changes` are other cells of the first line of a sheet."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    for name, lines in FILLED.items():
        columns = [cell.value for cell in book[name][1]]
        for number, line in enumerate(lines, 2):
            for heading, value in {**line, **changes.get(name.split()[0].lower(), {})}.items():
                book[name].cell(number, columns.index(heading) + 1, value)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def template(library: Library) -> bytes:
    """The empty workbook."""
    return templates.template(library.forms)


def test_a_case_filled_in_by_hand_is_corrected_and_closed(run: Run, template: bytes, folder: Path) -> None:
    run("init", folder / "records")
    kept = folder / "records" / "evidence" / "NC-1"
    kept.mkdir(parents=True)
    (kept / "report.txt").write_bytes(b"report")

    book = filled(folder / "cases.xlsx", template)
    first = run("import", book, "--by", DONE_BY, *DAY)
    assert first.code == 1
    assert first.out.count("(Violation, ") == 1
    assert "NC-1: Record of the results (Violation, AG-1042-15)" in first.out
    cause = run("history", "CA-1").out
    assert "addresses cause: NC-1/root-cause-analysis/root-cause, " in cause  # found by its words

    blocked = run("move", "NC-1", "closed", *DAY)
    assert blocked.code == 2
    assert blocked.err.endswith("if no action is needed, record that decision with its reason.\n")
    assert "NC-1: cannot be closed yet: " in blocked.err

    mended = run("import", filled(book, template, cases={"Record of the results": "EV-1"}), "--reason", "found", *DAY)
    assert (mended.code, mended.err) == (0, "")
    closed = run("move", "NC-1", "closed", "--on", "2026-11-20", *DAY)
    assert (closed.code, closed.err) == (0, "")
    said = run("history", "NC-1").out
    assert "state: state-closing → state-closed" in said
    assert "documents results: EV-1" in said
    assert max(len(line) for line in said.splitlines()) <= 80


def test_what_a_link_misses_is_named(run: Run, template: bytes, folder: Path) -> None:
    run("init", folder / "records")
    for column, written in (("Against which cause", "Somebody was ill"), ("Case", "NC-01")):
        ran = run("import", filled(folder / "cases.xlsx", template, corrective={column: written}), *DAY)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"{folder / 'cases.xlsx'}:Corrective actions:2: CA-1: ")
        assert f"not recorded: '{written}'" in ran.err
    assert run("check", *DAY).out == f"No records in '{folder / 'records'}': nothing was checked.\n"


def test_the_words_of_a_cause_mean_the_one_in_the_case_that_the_row_names(
    run: Run, template: bytes, folder: Path, library: Library
) -> None:
    book = openpyxl.load_workbook(filled(folder / "cases.xlsx", template))
    sheet = book["Cases"]
    for column in range(1, sheet.max_column + 1):
        sheet.cell(3, column, "NC-2" if column == 1 else sheet.cell(2, column).value)
    book.save(folder / "cases.xlsx")
    read = incoming.read_file(str(folder / "cases.xlsx"), library, BASE)
    causes = [str(t.object) for t in read.triples if t.predicate.value.endswith("#addressesCause")]
    assert sorted(causes) == [f"<{BASE}NC-1/root-cause-analysis/root-cause{n}>" for n in ("-2", "")]


def test_evidence_files_are_looked_for_in_the_workspace(run: Run, template: bytes, folder: Path) -> None:
    run("init", folder / "records")
    kept = folder / "records" / "evidence" / "NC-1"
    run("import", filled(folder / "cases.xlsx", template), *DAY)
    elsewhere = run("evidence", "verify", *DAY)
    assert "EV-1  NC-1/report.txt: missing" in elsewhere.out
    kept.mkdir(parents=True)
    (kept / "report.txt").write_bytes(b"report")
    assert run("evidence", "verify", *DAY).out.startswith("EV-1  NC-1/report.txt: intact")
    assert run("evidence", "describe", kept / "report.txt").out.startswith("location: NC-1/report.txt\n")
    copied = run("backup", folder / "copy")
    assert copied.out.endswith(f"Evidence files are not copied: back up the folder '{kept.parent}' as well.\n")
    assert run("withdraw", "ER-1", "--reason", "twice", *DAY).out.startswith("Withdrew 1 record as entry 2: ER-1.")
