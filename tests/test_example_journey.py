"""The example case from start to finish, out of a spreadsheet as people keep it."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from conftest import CASES, Run

from aims_graph.intake import record_sheets, templates
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
    assert {r["state"] for r in reuse["requirements"]} == {"missing"}  # no item says of what kind it is

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
