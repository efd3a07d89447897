"""Records from tables, workbooks, JSON and RDF, and back: the same statements whatever the format."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest
from conftest import CASES, Run

from aims_graph.errors import DataError
from aims_graph.files import DataFile
from aims_graph.intake import (
    forms,
    incoming,
    record_export,
    record_sheets,
    record_statements,
    templates,
    terms,
    text_tables,
)
from aims_graph.intake.forms import Form
from aims_graph.intake.record_json import Record
from aims_graph.intake.record_places import Incoming, Place
from aims_graph.intake.record_sheets import Table
from aims_graph.library import Library
from aims_graph.vocab import AIMS, DCTERMS, PROV, RDF, RDFS, XSD

BASE = "https://example.org/records/"
FORMS = Library.open().forms


def read(library: Library, text: str | bytes, name: str) -> Incoming:
    data = text if isinstance(text, bytes) else text.encode()
    return incoming.read(data, name, None, library.catalogue, BASE)


def said(found: Incoming) -> set[str]:
    """Statements in short: local names, and texts with their types."""
    spaces = (BASE, AIMS, RDF, RDFS, DCTERMS, XSD, PROV, "https://w3id.org/aims-graph/")
    lines = {str(t) for t in found.triples}
    for space in spaces:
        lines = {line.replace(f"<{space}", "<") for line in lines}
    return lines


def example_of(form: Form) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in form.columns])
    writer.writerow([column.example for column in form.columns])
    return text.getvalue()


# -- tables ------------------------------------------------------------------------------------------


def test_a_row_is_a_record_with_the_parts_that_its_columns_fill(library: Library) -> None:
    text = (
        "ID;State;Found on;Which requirement was not fulfilled;What was done at once;Done at once on;Causes found\n"
        "NC-3;closing;2026-08-18;ISO 42001 10.2; Stopped ;2026-08-19;No owner; No list\n".replace("; No list", "")
    )
    assert said(read(library, text, "cases.csv")) == {
        "<NC-3> <type> <Nonconformity>",
        '<NC-3> <identifier> "NC-3"',
        "<NC-3> <state> <state-closing>",
        '<NC-3> <detectedOn> "2026-08-18"^^<date>',
        "<NC-3> <requirementNotFulfilled> <iso42001/2023/10.2>",
        "<NC-3> <reaction> <NC-3/correction>",
        "<NC-3/correction> <type> <Correction>",
        '<NC-3/correction> <label> "Stopped"',
        '<NC-3/correction> <implementedOn> "2026-08-19"^^<date>',
        "<NC-3> <causeAnalysis> <NC-3/root-cause-analysis>",
        "<NC-3/root-cause-analysis> <type> <RootCauseAnalysis>",
        "<NC-3/root-cause-analysis> <foundCause> <NC-3/root-cause-analysis/root-cause>",
        "<NC-3/root-cause-analysis/root-cause> <type> <RootCause>",
        '<NC-3/root-cause-analysis/root-cause> <label> "No owner"',
    }


def test_several_values_of_a_repeating_part_make_several_parts(library: Library) -> None:
    found = said(read(library, 'ID,State,Causes found\nNC-3,open,"one; two; three"\n', "cases.csv"))
    start = "NC-3/root-cause-analysis/root-cause"
    assert {f'<{start}> <label> "one"', f'<{start}-2> <label> "two"', f'<{start}-3> <label> "three"'} <= found


def test_each_record_has_the_place_where_it_was_written(library: Library) -> None:
    text = 'ID,State,What happened,Owner,Done at once on\n\nNC-3,open,"two\nlines",Ana Lind,2026-08-19\nNC-4,open,,,\n'
    found = read(library, text, "cases.csv")
    assert found.places == {
        f"{BASE}NC-3": Place("cases.csv", None, 3),
        f"{BASE}NC-3/correction": Place("cases.csv", None, 3),
        f"{BASE}NC-4": Place("cases.csv", None, 5),
        f"{BASE}person-ana-lind": Place("cases.csv", None, 3),
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", ["", "\ufeff", "sep=;\n"])
def test_delimiters_and_marks_of_spreadsheet_programs_do_not_matter(
    library: Library, delimiter: str, start: str
) -> None:
    cells = (("ID", "State", "Found on", "Grading"), ("NC-3", "open", "2026-08-18", '"a, b; c"'))
    text = start + "\r\n".join(delimiter.join(row) for row in cells) + "\r\n"
    assert '<NC-3> <grading> "a, b; c"' in said(read(library, text, "my-list.csv"))


def test_the_form_is_known_by_the_name_of_the_file_else_by_the_columns(library: Library) -> None:
    by_name = read(library, "ID,Owner\nX-1,Ana Lind\n", "risks.csv")
    assert "<X-1> <type> <Risk>" in said(by_name)
    by_columns = read(library, "ID,Risk,What is done\nX-1,R-1,Check\n", "list.csv")
    assert "<X-1> <type> <RiskTreatment>" in said(by_columns)


def test_headings_may_differ_in_case_and_blanks_and_have_the_mark_of_a_required_column(library: Library) -> None:
    assert '<R-1> <label> "x"' in said(read(library, "id *, TITLE \nR-1,x\n", "risks.csv"))


def test_a_name_makes_a_person_once_and_a_line_of_its_own_goes_before(library: Library) -> None:
    found = said(read(library, "ID,State,Owner,Reviewed by\nNC-3,open,Ana  Lind,ana lind\n", "cases.csv"))
    assert {'<person-ana-lind> <label> "Ana Lind"', "<person-ana-lind> <type> <Agent>"} <= found
    assert {"<NC-3> <owner> <person-ana-lind>", "<NC-3> <reviewedBy> <person-ana-lind>"} <= found
    listed = [Table(form, rows) for form, rows in _case_and_person()]
    found = said(read(library, templates.workbook(listed), "book.xlsx"))
    assert "<NC-3> <owner> <al>" in found
    assert "<person-ana-lind> <type> <Agent>" not in found


def _case_and_person() -> list[tuple[Form, tuple[tuple[str, ...], ...]]]:
    by_id = {form.id: form for form in FORMS}
    filled = {"ID": "NC-3", "State": "open", "Owner": "Ana Lind"}
    case = tuple(filled.get(column.name, "") for column in by_id["cases"].columns)
    return [(by_id["cases"], (case,)), (by_id["people"], (("al", "Ana Lind"),))]


def test_people_recorded_before_are_found_by_name(library: Library) -> None:
    known = {"ana lind": f"{BASE}al"}
    text = b"ID,State,Owner\nNC-3,open,Ana Lind\n"
    found = incoming.read(text, "cases.csv", None, library.catalogue, BASE, known)
    assert "<NC-3> <owner> <al>" in said(found)


def test_a_column_can_fill_a_record_that_points_at_the_row(library: Library) -> None:
    text = "ID,Case,Question,Answer\nTA-1,NC-3,iso42001:trigger-nonconformity,yes\n"
    found = said(read(library, text, "answers.csv"))
    assert "<NC-3> <triggerAnswer> <TA-1>" in found
    assert '<TA-1> <answer> "yes"' in found


def test_a_value_that_looks_like_a_formula_is_text_and_leaves_csv_guarded(library: Library) -> None:
    for text in ("=1+1", "+41 44", "-x", "@home", "'=x"):
        row = io.StringIO()
        csv.writer(row).writerow(["R-1", text_tables.guarded(text)])
        found = read(library, f"ID,Title\n{row.getvalue()}", "risks.csv")
        assert ox.Literal(text) in {t.object for t in found.triples}
        table = record_sheets.to_tables(found.triples, library.catalogue, BASE).tables[0]
        assert templates.csv_table(table).splitlines()[1].startswith(f"R-1,'{text}")
        assert set(read(library, templates.workbook([table]), "x.xlsx").triples) == set(found.triples)
    plain = read(library, "ID,Title\nR-1,=1+1\n", "risks.csv")
    assert '<R-1> <label> "=1+1"' in said(plain)


# -- workbooks ---------------------------------------------------------------------------------------


def test_a_workbook_gives_dates_numbers_and_yes_as_people_format_them(library: Library) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Incidents"
    sheet.append(("ID", "Known since", "Serious", "Title"))
    sheet.append((7, datetime(2028, 1, 10), True, 12.5))
    sheet.append((None, None, None, None))
    sheet.append((8.0, "2028-01-11", "No", date(2028, 1, 12)))
    written = io.BytesIO()
    book.save(written)
    found = read(library, written.getvalue(), "book.xlsx")
    assert {
        '<7> <becameAwareOn> "2028-01-10"^^<date>',
        '<7> <serious> "true"^^<boolean>',
        '<7> <label> "12.5"',
        '<8> <becameAwareOn> "2028-01-11"^^<date>',
        '<8> <serious> "false"^^<boolean>',
        '<8> <label> "2028-01-12"',
    } <= said(found)
    assert found.places[f"{BASE}8"] == Place("book.xlsx", "Incidents", 4)


def test_the_template_explains_itself_and_is_the_same_every_time() -> None:
    made = templates.template(FORMS)
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["About", "Lists", *(form.sheet for form in FORMS)]
    cases = book["Cases"]
    assert cases.freeze_panes == "B2"
    assert cases["D1"].value == "Found on"
    assert cases["D1"].comment is not None
    assert "For example: 2026-08-18" in cases["D1"].comment.text
    offered = {str(v.sqref): v.formula1 for v in cases.data_validations.dataValidation}
    states = [cell.value for cell in book["Lists"]["A"] if cell.value]
    assert offered["C2:C2000"] == "Lists!$A$1:$A$8"
    assert states[:2] == ["open", "analysed"]
    told = [cell.value for row in book["About"].iter_rows() for cell in row if cell.value]
    assert all(form.about in told and column.help in told for form in FORMS for column in form.columns)


def test_csv_templates_are_the_names_of_the_columns() -> None:
    people = next(form for form in FORMS if form.id == "people")
    assert templates.csv_template(people) == "ID,Name\n"


# -- JSON and Python ---------------------------------------------------------------------------------


def test_json_and_python_objects_give_the_same_records(library: Library) -> None:
    text = """{"records": [{"kind": "Nonconformity", "id": "NC-3", "detectedOn": "2026-08-18", "owner": "Ana Lind",
      "requirementNotFulfilled": ["iso42001:10.2"], "state": "closing",
      "reaction": [{"kind": "Correction", "implementedOn": "2026-08-19"}, {"kind": "Correction", "id": "CO-9"}]}]}"""
    values = {
        "detectedOn": date(2026, 8, 18),
        "owner": "Ana Lind",
        "requirementNotFulfilled": ["ISO 42001 10.2"],
        "state": "closing",
        "reaction": [Record("Correction", None, {"implementedOn": date(2026, 8, 19)}), Record("Correction", "CO-9")],
    }
    made = incoming.read_records([Record("Nonconformity", "NC-3", values)], library.catalogue, BASE)
    found = read(library, text, "a.json")
    assert set(found.triples) == set(made.triples)
    assert {"<NC-3> <reaction> <NC-3/correction>", "<CO-9> <type> <Correction>", '<NC-3> <identifier> "NC-3"'} <= said(
        made
    )
    assert str(found.places[f"{BASE}NC-3/correction"]) == "a.json /records/0/reaction/0"


def test_json_keeps_languages_other_vocabularies_and_records_kept_elsewhere(library: Library) -> None:
    text = f"""<{BASE}AF-1> a <{AIMS}AuditFinding>, <{AIMS}Nonconformity>, <https://example.org/own#Special> ;
        <{RDFS}label> "Fund"@de, "Find"@en ; <{DCTERMS}identifier> "AF-01" ;
        <{RDFS}seeAlso> <https://example.org/x> ; <https://example.org/own#weight> 3.5 ;
        <{AIMS}auditedAgainst> <https://w3id.org/aims-graph/iso42001/2023/>, <{BASE}iso42001> .
        <{BASE}NC-9> <{AIMS}triggerAnswer> <{BASE}TA-1> .
        <https://orcid.org/1> a <{PROV}Agent> ; <{RDFS}label> "Zoë" ."""
    found = read(library, text, "a.ttl")
    written = record_export.to_json(found.triples, library.catalogue, BASE)
    assert set(read(library, written, "a.json").triples) == set(found.triples)
    assert written == record_export.to_json(reversed(found.triples), library.catalogue, BASE)


# -- RDF ---------------------------------------------------------------------------------------------

TURTLE = f"""@prefix aims: <{AIMS}> .
@prefix ex: <{BASE}> .

ex:NC-3 a aims:Nonconformity ;
    aims:reaction [ a aims:Correction ], [ a aims:Correction ] ;
    aims:causeAnalysis [ a aims:RootCauseAnalysis ; aims:foundCause [ a aims:RootCause ] ] .

ex:R-1
    a aims:Risk .
"""


def test_blank_nodes_become_parts_of_the_record_that_holds_them(library: Library) -> None:
    found = read(library, TURTLE, "a.ttl")
    assert said(found) >= {
        "<NC-3> <reaction> <NC-3/correction>",
        "<NC-3> <reaction> <NC-3/correction-2>",
        "<NC-3/root-cause-analysis> <foundCause> <NC-3/root-cause-analysis/root-cause>",
    }
    assert not any(isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode) for t in found.triples)
    assert found == read(library, TURTLE, "a.ttl")
    assert found.places[f"{BASE}R-1"] == Place("a.ttl", None, 8)
    assert found.places[f"{BASE}NC-3/correction-2"] == Place("a.ttl", None, 4)


def test_every_rdf_format_gives_the_same_statements(library: Library) -> None:
    found = read(library, TURTLE, "a.ttl")
    quads = [ox.Quad(t.subject, t.predicate, t.object) for t in found.triples]
    for ending, (_, format_) in record_statements.FORMATS.items():
        written = ox.serialize(quads, format=format_)
        assert written is not None
        assert set(read(library, written, f"a{ending}").triples) == set(found.triples)


def test_a_workspace_read_from_a_path_or_standard_input_is_the_same(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = CASES / "complete.ttl"
    found = incoming.read_file(str(path), library, BASE)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert incoming.read_file("-", library, BASE).triples == found.triples


# -- there and back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_the_example_of_every_form_goes_to_every_format_and_back(library: Library, form: Form) -> None:
    found = read(library, example_of(form), f"{form.id}.csv")
    for column in form.columns:
        assert column.examples
    again = read(library, record_export.to_json(found.triples, library.catalogue, BASE), "a.json")
    assert set(again.triples) == set(found.triples)
    exported = record_sheets.to_tables(found.triples, library.catalogue, BASE)
    assert exported.left_out == ()
    assert [table.form.id for table in exported.tables] == [form.id]
    texts = [read(library, templates.csv_table(table), f"{table.form.id}.csv") for table in exported.tables]
    assert set(incoming.together(texts).triples) == set(found.triples)
    assert set(read(library, templates.workbook(exported.tables), "a.xlsx").triples) == set(found.triples)


def test_every_kind_of_record_has_a_form(library: Library) -> None:
    known = terms.load(library.catalogue.files)
    assert {form.kind for form in FORMS} == set(known.classes.values())


@pytest.mark.parametrize("case", ["complete", "incomplete"])
def test_the_worked_case_goes_to_a_workbook_and_back_but_for_its_languages(library: Library, case: str) -> None:
    found = incoming.read(CASES / f"{case}.ttl", None, None, library.catalogue, BASE)
    exported = record_sheets.to_tables(found.triples, library.catalogue, BASE)
    assert all(isinstance(t.object, ox.Literal) and t.object.language == "en" for t in exported.left_out)
    again = read(library, templates.workbook(exported.tables), "case.xlsx")
    assert {_without_language(t) for t in found.triples} == set(again.triples)
    written = record_export.to_json(found.triples, library.catalogue, BASE)
    assert set(read(library, written, "case.json").triples) == set(found.triples)


def _without_language(triple: ox.Triple) -> ox.Triple:
    value = triple.object
    bare = ox.Literal(value.value) if isinstance(value, ox.Literal) and value.language else value
    return ox.Triple(triple.subject, triple.predicate, bare)


# -- forms as data -----------------------------------------------------------------------------------

FORM = """# sheet: Risks of ours
# place: 5
# kind: aims:Risk
# about: One line for each risk.
column\tpath\tvalue\trequired\tseveral\thelp\texample
ID\t@id\tid\tyes\tno\tIts number.\tR-1
"""


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Likely\taims:likelyhood\ttext\tno\tno\tHow.\tx", "'aims:likelyhood' is no property of records. Did you mean"),
        ("Found\taims:detectedOn\tday\tno\tno\tWhen.\tx", "'aims:detectedOn' is not said of this kind of record"),
        ("Likely\taims:likelihood\tday\tno\tno\tHow.\tx", "'aims:likelihood' does not hold a day"),
        ("Likely\taims:likelihood\tprose\tno\tno\tHow.\tx", "'prose' is no kind of value"),
        ("Likely\taims:likelihood\ttext\tperhaps\tno\tHow.\tx", "'perhaps' is neither yes nor no"),
        ("Likely\taims:likelihood\ttext\tno\tno\t\tx", "the line has not 7 filled cells"),
        ("id\taims:likelihood\ttext\tno\tno\tHow.\tx", "two columns are named 'id'"),
        ("Number\t@id\tid\tyes\tno\tIts number.\tR-2", "the id is not in its place"),
        (
            "Part\taims:owner > aims:Risk > rdfs:label\ttext\tno\tno\tHow.\tx",
            "'aims:owner' does not lead to 'aims:Risk'",
        ),
        ("Part\taims:documentedIn > aims:EvidenceItm > dcterms:title\ttext\tno\tno\tHow.\tx", "is no kind of record"),
        ("Part\taims:documentedIn > dcterms:title\ttext\tno\tno\tHow.\tx", "is no path"),
        (
            "Part\taims:documentedIn > aims:EvidenceItem* > dcterms:title\ttext\tno\tno\tHow.\tx",
            "a part that repeats is not the last part of several values",
        ),
    ],
)
def test_a_form_that_does_not_fit_the_ontology_is_a_fault_of_its_line(library: Library, line: str, what: str) -> None:
    known = terms.load(library.catalogue.files)
    _, problems = forms.parse(DataFile("form", "ontology/forms/ours.tsv", f"{FORM}{line}\n"), known)
    assert [(p.path, p.line) for p in problems if what in str(p)][:1] in (
        [("ontology/forms/ours.tsv", 7)],
        [("ontology/forms/ours.tsv", 6)],
    )


def test_a_form_needs_its_headings_and_stands_alone_for_its_kind(library: Library) -> None:
    known = terms.load(library.catalogue.files)
    bare = DataFile("form", "ontology/forms/bare.tsv", "ID\t@id\n")
    said_of = [p.what for p in forms.parse(bare, known)[1]]
    assert said_of[:2] == ["the form does not say its sheet.", "the form does not say its place."]
    files = [*library.catalogue.files, DataFile("form", "ontology/forms/ours.tsv", FORM)]
    with pytest.raises(DataError, match=r"ours\.tsv: another form has the kind too"):
        forms.load(files, known)


def test_lint_reads_the_forms_of_a_data_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ontology" / "forms"
    folder.mkdir(parents=True)
    (folder / "risks.tsv").write_text(FORM + "Likely\taims:likelyhood\ttext\tno\tno\tHow.\tx\n", encoding="utf-8")
    ran = run("lint", "--data", tmp_path, folder / "risks.tsv")
    assert ran.code == 2
    assert (
        "risks.tsv:7: 'aims:likelyhood' is no property of records. Did you mean 'aims:likelihood'"
        in ran.out.replace("mean 'likelihood'", "mean 'aims:likelihood'")
    )
    (folder / "risks.tsv").write_text(FORM, encoding="utf-8")
    assert [c.name for f in Library.open([tmp_path]).forms if f.id == "risks" for c in f.columns] == ["ID"]


def test_reading_records_loads_neither_rdflib_nor_a_workbook_reader_before_it_must() -> None:
    code = (
        "import sys; from aims_graph.library import Library; from aims_graph.intake import incoming; "
        "incoming.read(b'ID,Title\\nR-1,x\\n', 'risks.csv', None, Library.open().catalogue, 'https://example.org/r/'); "
        "print([m for m in ('rdflib', 'pyshacl', 'numpy', 'networkx', 'openpyxl') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
