"""Bad input: every file of the corpus, and those too large or too odd to keep, is refused with place and fix."""

from __future__ import annotations

import io
import random
import string
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import DATA

from aims_graph.errors import DataError, InputError
from aims_graph.intake import incoming, record_statements, templates
from aims_graph.intake.record_json import Record
from aims_graph.library import Library

BASE = "https://example.org/records/"
CORPUS = DATA / "bad-records"
EXPECTED = [line.split("\t") for line in (CORPUS / "expected.tsv").read_text(encoding="utf-8").splitlines()[1:]]
HEADINGS = ("ID", "Title", "State", "Found on", "Owner")


def refused(library: Library, source: Path | bytes, name: str) -> str:
    with pytest.raises(DataError) as caught:
        incoming.read(source, name, None, library.catalogue, BASE)
    return str(caught.value)


@pytest.mark.parametrize(("file", "place", "what", "fix"), EXPECTED, ids=[row[0] for row in EXPECTED])
def test_a_bad_file_is_refused_with_its_place_and_its_fix(
    library: Library, file: str, place: str, what: str, fix: str
) -> None:
    said = refused(library, CORPUS / file, file)
    line = next(line for line in said.splitlines() if what in line)
    assert line.startswith(file)
    assert place in line
    assert fix in line.partition(what)[2]
    assert len(said) < 20_000
    assert "\x1b" not in said


def test_the_corpus_has_every_file_and_at_least_sixty() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expected.tsv"}
    assert files == {row[0] for row in EXPECTED}
    assert len(files) >= 60


# -- workbooks -------------------------------------------------------------------------------------


def book(*rows: tuple[Any, ...], sheet: str = "Cases") -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    return made


def saved(made: openpyxl.Workbook) -> bytes:
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def case(**cells: Any) -> bytes:
    """A workbook with one case, some cells of it replaced."""
    row = {"ID": "NC-3", "Title": "Drift", "State": "open", "Found on": datetime(2026, 8, 18), "Owner": "Ana Lind"}
    row |= {name.replace("_", " "): value for name, value in cells.items()}
    return saved(book(tuple(row), tuple(row.values())))


def repacked(data: bytes, change: Callable[[dict[str, bytes]], None], level: int = 9) -> bytes:
    """A workbook with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return written.getvalue()


def added(name: str, content: bytes) -> bytes:
    return repacked(case(), lambda parts: parts.__setitem__(name, content))


def removed(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(parts: dict[str, bytes]) -> None:
        del parts[name]

    return change


def hidden_sheet() -> bytes:
    made = book(HEADINGS, ("NC-3", "Drift", "open"))
    made.create_sheet("Risks").sheet_state = "hidden"
    return saved(made)


def locked_part() -> bytes:
    """A part whose entry says that it needs a password."""
    data = bytearray(case())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        data[start + offset] |= 1
    return bytes(data)


def entities(parts: dict[str, bytes]) -> None:
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    content = parts["xl/workbook.xml"].removeprefix(b'<?xml version="1.0"?>')
    parts["xl/workbook.xml"] = b'<?xml version="1.0"?>' + declared + content


def shared(part: str) -> bytes:
    """A list of a million texts, which a reader would take as a whole before the first row."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'.encode()
    texts = b"".join(b"<si><t>%x</t></si>" % (n * n) for n in range(600_000))

    def change(parts: dict[str, bytes]) -> None:
        parts.pop("xl/sharedStrings.xml", None)
        parts[part] = b"<sst>" + texts + b"</sst>"
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override)

    return repacked(case(), change, level=1)


def huge_cell() -> bytes:
    """A cell of 40 MB that does not pack densely."""
    rng = random.Random(6)
    text = "".join(rng.choices(string.ascii_letters, k=500_000)) * 80

    def change(parts: dict[str, bytes]) -> None:
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        start = sheet.index('<c r="B2"')
        end = sheet.index("</c>", start) + 4
        cell = f'<c r="B2" t="inlineStr"><is><t>{text}</t></is></c>'
        parts["xl/worksheets/sheet1.xml"] = (sheet[:start] + cell + sheet[end:]).encode()

    return repacked(case(), change, level=0)


BOOKS: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "formula": (lambda: case(Title='=HYPERLINK("http://evil.example")'), ":Cases:2:", "B2 holds a formula", "Put"),
    "formula-in-id": (lambda: case(ID="=1+1"), ":Cases:2:", "A2 holds a formula", "Put the value"),
    "dde": (lambda: case(Owner="=cmd|'/c calc'!A1"), ":Cases:2:", "E2 holds a formula", "Put the value"),
    "error-cell": (lambda: case(Title="#REF!"), ":Cases:2:", "B2 'Title': the cell holds the error #REF!", "Put the v"),
    "number-as-day": (lambda: case(Found_on=46252), ":Cases:2:", "D2 'Found on': the cell holds the num", "date"),
    "time-of-day": (lambda: case(Found_on=datetime(2026, 8, 18, 9, 30)), ":Cases:2:", "has a time of day", "day alone"),
    "time-alone": (lambda: case(Title=datetime(2026, 8, 18, 9, 30).time()), ":Cases:2:", "a time of day", "Write"),
    "text-day": (lambda: case(Found_on="18.08.2026"), ":Cases:2:", "D2 'Found on': '18.08.2026'", "Write 2026-08-18"),
    "unknown-column": (lambda: case(Titel="x"), ":Cases:1:", "F1 'Titel' is no column", "Did you mean 'Title'"),
    "column-twice": (lambda: saved(book(("ID", "ID"), ("NC-3", ""))), ":Cases:1:", "B1 'ID' stands twice", "Keep one"),
    "unknown-sheet": (lambda: saved(book(("ID",), ("NC-3",), sheet="Case")), "x.xlsx:", "'Case'", "mean 'Cases'"),
    "hidden-sheet": (hidden_sheet, "x.xlsx:Risks:", "the sheet is hidden", "Show it"),
    "no-records": (lambda: saved(book(HEADINGS)), "x.xlsx:", "holds no records", "at least one row"),
    "macros": (lambda: added("xl/vbaProject.bin", b"x"), "x.xlsx:", "macros", "plain .xlsx"),
    "links": (lambda: added("xl/externalLinks/externalLink1.xml", b"<a/>"), "x.xlsx:", "links to other", "Break"),
    "embedded": (lambda: added("xl/embeddings/oleObject1.xml", b"<a/>"), "x.xlsx:", "embedded objects", "Remove"),
    "locked": (locked_part, "x.xlsx:", "locked with a password", "Save it without one"),
    "old": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "x.xlsx:", "password, or of the old", "Save it"),
    "no-zip": (lambda: b"ID,Title\nNC-3,Drift\n", "x.xlsx:", "this is no workbook", "Save it again"),
    "cut-off": (lambda: case()[:-200], "x.xlsx:", "this is no workbook", "Save it again"),
    "other-zip": (lambda: repacked(case(), removed("xl/workbook.xml")), "x.xlsx:", "no workbook", ".xlsx"),
    "no-sheet": (lambda: repacked(case(), removed("xl/worksheets/sheet1.xml")), "x.xlsx:", "no records", "at least"),
    "entities": (lambda: repacked(case(), entities), "x.xlsx:", "'xl/workbook.xml' is no plain XML", "Save it again"),
    "bomb-dense": (lambda: added("xl/media/a.xml", b"<a>" + bytes(9_000_000)), "x.xlsx:", "200 times", "make it anew"),
    "bomb-large": (lambda: added("xl/a.png", bytes(201_000_000)), "x.xlsx:", "unpacks to 201 MB", "Split it"),
    "bomb-texts": (lambda: shared("xl/sharedStrings.xml"), "x.xlsx:", "the texts, styles and comments", "Split it"),
    "bomb-renamed": (lambda: shared("xl/worksheets/x.xml"), "x.xlsx:", "'/xl/worksheets/x.xml' is no sheet", "Save it"),
    "bomb-picture": (lambda: shared("xl/a.png"), "x.xlsx:", "'/xl/a.png' is not named as XML", "Save it again"),
    "many-parts": (
        lambda: repacked(case(), lambda p: p.update({f"xl/media/{n}.png": b"" for n in range(1_001)})),
        "x.xlsx:", "more than 1000 parts", "Save it again",
    ),
    "wide": (lambda: case(**{f"c{n}": n for n in range(250)}), ":Cases:1:", "200 columns", "Split it"),
    "huge-cell": (huge_cell, ":Cases:2:", "B2: the text has 40000000 characters", "Keep it within 100000"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOOKS)
def test_a_bad_workbook_is_refused_with_its_place_and_its_fix(library: Library, name: str) -> None:
    made, place, what, fix = BOOKS[name]
    said = refused(library, made(), "x.xlsx")
    line = next(line for line in said.splitlines() if what in line)
    assert place in line
    assert fix in line.partition(what)[2]
    assert len(said) < 20_000


def test_every_problem_of_a_workbook_is_told_at_once(library: Library) -> None:
    rows = (HEADINGS, ("NC-3", "", "shut", "never", "---"), ("NC-3", "", "open"), ("", "Drift", "shut"))
    said = refused(library, saved(book(*rows)), "x.xlsx")
    assert [line.split(" ")[0] + " " + line.split(" ")[1] for line in said.splitlines()] == [
        "x.xlsx:Cases:2: C2", "x.xlsx:Cases:2: D2", "x.xlsx:Cases:2: E2", "x.xlsx:Cases:3: 'NC-3'",
        "x.xlsx:Cases:4: A4", "x.xlsx:Cases:4: C4",
    ]  # fmt: skip


# -- floods ------------------------------------------------------------------------------------------


def test_a_cell_of_fifty_megabytes_is_refused_in_csv_json_and_turtle(library: Library) -> None:
    text = "a" * 50_000_000
    said = refused(library, f"ID,Title\nNC-3,{text}\n".encode(), "cases.csv")
    assert said.startswith("cases.csv:2: the row that starts here cannot be read: field larger than field limit")
    said = refused(library, f'[{{"kind": "Risk", "id": "R-1", "label": "{text}"}}]'.encode(), "a.json")
    assert said.startswith("a.json: /0/label: the text has 50000000 characters. Keep it within 100000")
    turtle = f'<{BASE}R-1> <http://www.w3.org/2000/01/rdf-schema#label> "{text}" .'
    assert refused(library, turtle.encode(), "a.nt").startswith("a.nt: a text or address is far too long. Keep it")
    shorter = turtle.replace(text, text[:200_000])
    assert refused(library, shorter.encode(), "a.ttl") == (
        "a.ttl:1: a text has 200000 characters. Keep it within 100000, or name a file instead."
    )


def test_a_flood_of_blank_nodes_is_refused(library: Library) -> None:
    parts = " , ".join(["[]"] * (record_statements.MOST_BLANK + 1))
    text = f"<{BASE}NC-3> <https://w3id.org/aims-graph/ontology#followUp> {parts} ."
    said = refused(library, text.encode(), "a.ttl")
    assert said == "a.ttl: the file has more than 10000 blank nodes. Give the records names of their own."


def test_too_many_statements_rows_and_bytes_are_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_statements, "MOST_STATEMENTS", 3)
    lines = "".join(f'<{BASE}NC-{n}> <http://www.w3.org/2000/01/rdf-schema#label> "x" .\n' for n in range(4))
    assert "more than 3 statements. Split it" in refused(library, lines.encode(), "a.nt")
    rows = "ID,Title,State\n" + "".join(f"NC-{n},x,open\n" for n in range(100_001))
    assert refused(library, rows.encode(), "cases.csv").startswith("cases.csv:100002: the table has more than")
    monkeypatch.setattr(incoming, "MOST_BYTES", 10)
    assert "more than 0. Split it" in refused(library, lines.encode(), "a.nt")


@pytest.mark.parametrize("inner", ['{"reaction":', "["])
def test_endless_nesting_is_refused_before_it_is_parsed(library: Library, inner: str) -> None:
    said = refused(library, (inner * 100_000).encode(), "a.json")
    assert said.startswith("a.json:1: objects and lists stand more than 50 deep")
    assert said.splitlines() == [said]


def test_records_that_hold_themselves_are_refused(library: Library) -> None:
    values: dict[str, Any] = {}
    record = Record("Nonconformity", "NC-3", values)
    values["followUp"] = Record("Nonconformity", None, values)
    with pytest.raises(DataError, match="records stand too deep in one another"):
        incoming.read_records([record], library.catalogue, BASE)


@pytest.mark.parametrize(
    ("name", "fix"),
    [("a.xlsm", "without macros"), ("a.xls", "Save it as .xlsx"), ("a.pdf", "Give one of: xlsx"), ("a", "Give one")],
)
def test_a_format_that_cannot_be_read_is_named_with_those_that_can(library: Library, name: str, fix: str) -> None:
    with pytest.raises(InputError, match=fix):
        incoming.read(b"x", name, None, library.catalogue, BASE)


def test_a_file_that_is_not_there_and_a_base_that_is_none_are_errors(library: Library, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cases\.csv: cannot be read"):
        incoming.read(tmp_path / "cases.csv", "cases.csv", None, library.catalogue, BASE)
    with pytest.raises(InputError, match="is no base for records"):
        incoming.read(b"ID\nNC-3\n", "cases.csv", None, library.catalogue, "records")


def test_two_files_may_not_start_the_same_record(library: Library) -> None:
    one = incoming.read(b"ID,State,Owner\nNC-3,open,Ana Lind\n", "cases.csv", None, library.catalogue, BASE)
    other = incoming.read(b"ID,Owner\nNC-3,Ana Lind\n", "risks.csv", None, library.catalogue, BASE)
    with pytest.raises(DataError, match=r"risks\.csv:2: 'https://example\.org/records/NC-3' is already the record at"):
        incoming.together([one, other])


def test_a_template_is_no_file_of_records(library: Library) -> None:
    said = refused(library, templates.template(library.forms), "x.xlsx")
    assert "the table holds no records. Write at least one row" in said


def test_reading_ends_after_a_thousand_problems_and_says_so(library: Library) -> None:
    wrong = ", ".join(f'{{"kind": "Risk", "id": "R-{n}", "labell": "x"}}' for n in range(3_000))
    lines = refused(library, f"[{wrong}]".encode(), "a.json").splitlines()
    assert len(lines) == 1_001
    assert "a.json: there are 1000 problems, and what follows was not looked at. Correct these" in "\n".join(lines)
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    text = "".join(f'<urn:x:{n}> <{label}> "x" .\n' for n in range(3_000))
    assert len(refused(library, text.encode(), "a.nt").splitlines()) == 1_001
