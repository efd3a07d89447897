"""Lint: content faults of shipped files and of other people's, each with file, line and fix."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import DATA, ROOT, Run

from aims_graph import likeness, linting
from aims_graph.catalogue import inspect
from aims_graph.files import DataFile, data_roots, read_all
from aims_graph.library import Library
from aims_graph.model import Source
from aims_graph.vocab import XSD

WIDGETS = DATA / "widgets"


def test_the_shipped_data_is_sound(run: Run) -> None:
    ran = run("lint")
    assert ran.code == 0, ran.out
    assert ran.out.endswith("files are sound.\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return shutil.copytree(WIDGETS, tmp_path / "data")


def linted(data: Path) -> tuple[int, str]:
    """The exit code and the problems of linting a folder over three shipped frameworks, without rules."""
    files = [f for f in read_all(data_roots([data])) if _is_of_few(f)]
    report = linting.lint(files)
    return 2 if report.broken else int(bool(report.faults)), "\n".join(map(str, report.problems))


def _is_of_few(file: DataFile) -> bool:
    """Whether a file is about widgets or what they are mapped to, or about no framework: the rest is not looked at."""
    names = set(re.split(r"[./]|--", file.path))
    if file.kind in ("mapping", "reading", "rereading", "review"):
        return "widgets" in names
    if file.kind in ("framework", "label"):
        return not names.isdisjoint({"iso42001", "mss", "airmf", "widgets"})
    return file.kind != "shape"


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('aims:summary "', 'aims:summary "' + "word " * 41, "words. Use at most 40."),
        ("    aims:modality aims:outcome ;\n", "", "has no modality"),
        (
            "    aims:force aims:obligation ;\n",
            "    aims:force aims:obligation ;\n    aims:conditional true ;\n",
            "conditional without",
        ),
        (
            "    aims:force",
            "    aims:refersTo widgets:W-9 ;\n    aims:force",
            "refers to 'widgets:W-9', which does not exist",
        ),
        ("    aims:force aims:obligation ;", "    aims:force aims:obligation ; ", "white space at the end"),
    ],
)
def test_a_fault_of_a_framework_file_is_found(data: Path, old: str, new: str, says: str) -> None:
    changed(data / "ontology/frameworks/widgets.ttl", old, new)
    code, found = linted(data)
    assert code == 1, found
    assert says in found
    assert "ontology/frameworks/widgets.ttl:" in found


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("\tper-occurrence\t6", "\t\t6", 1, "intersectsWith without ext_overlap"),
        ("\tper-occurrence\t6", "\tstanding\t6", 1, "but 'iso42001:10.2' asks only what is per-occurrence"),
        ("\taccepted\t\t5", "\taccepted\tboth\t5", 1, "ext_overlap is for intersectsWith only"),
        ("Both ask for standing", "It satisfies and both ask for standing", 1, "the reason uses one of"),
        (
            "object_source: https://example.org/widgets/1.0/",
            "object_source: https://example.org/x/",
            1,
            "is no loaded edition",
        ),
        (
            "  widgets: https://example.org/widgets/1.0/",
            "  widgets: https://example.org/w/",
            1,
            "prefix 'widgets' is not",
        ),
        ("\tproposed\tstanding", "\tdouble-read\tstanding", 1, "no review fits it as it stands"),
        ("mapping:iso42001--widgets-001\t", "mapping:iso42001--widgets-009\t", 1, "is out of order"),
        ("mapping:iso42001--widgets-002\t", "mapping:iso42001--widgets-001\t", 2, "is already used at"),
        ("iso42001:10.2.d\t", "airmf:MANAGE-4.3\t", 1, "'airmf:MANAGE-4.3' is not in iso42001"),
        ("iso42001:10.1\t", "iso42001:10.99\t", 2, "subject 'iso42001:10.99' is not a provision"),
        ("widgets:W-1.2\t", "iso42001:10.2\t", 1, "is not in widgets"),
    ],
)
def test_a_fault_of_a_mapping_file_is_found(data: Path, old: str, new: str, code: int, says: str) -> None:
    changed(data / "mappings/iso42001--widgets.sssom.tsv", old, new)
    exit_code, found = linted(data)
    assert says in found
    assert exit_code == code


def test_the_same_pair_twice_in_one_set_is_an_error_whichever_way_round(run: Run, data: Path) -> None:
    path = data / "mappings/iso42001--widgets.sssom.tsv"
    rows = path.read_text(encoding="utf-8").splitlines()
    cells = rows[-1].split("\t")
    cells[0], cells[1], cells[4] = "mapping:iso42001--widgets-004", cells[4], cells[1]
    path.write_text("\n".join([*rows, "\t".join(cells)]) + "\n", encoding="utf-8")
    ran = run("lint", "--data", data)
    assert ran.code == 2
    assert "the pair is already judged at" in ran.out


def test_other_peoples_crosswalks_are_checked_against_what_is_loaded(run: Run, tmp_path: Path) -> None:
    text = (ROOT / "mappings/iso42001--airmf.sssom.tsv").read_text(encoding="utf-8")
    path = tmp_path / "theirs.tsv"
    path.write_text(text.replace("\tairmf:MANAGE-4.3\t", "\tairmf:MANAGE-5.3\t"), encoding="utf-8")
    ran = run("lint", path)
    assert ran.code == 2
    assert "object 'airmf:MANAGE-5.3' is not a provision. Did you mean 'airmf:MANAGE-" in ran.out


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("q.rq", "#+ summary: a\n#+ answers: b\nSELECT ?s { ?s ?p ?o }\n", 0),
        ("q.rq", "#+ summary: a\nSELECT ?s { ?s ?p ?o }\n", 2),
        ("t.ttl", "@prefix e: <https://e.org/> .\n\ne:a\n    e:b e:c .\n", 0),
        ("t.ttl", "e:a e:b e:c .\n", 2),
    ],
)
def test_a_question_or_turtle_file_alone_is_checked(run: Run, tmp_path: Path, name: str, text: str, code: int) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert run("lint", tmp_path / name).code == code


@pytest.mark.parametrize("name", ["x.docx", "x.txt"])
def test_a_file_of_no_known_kind_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x", encoding="utf-8")
    ran = run("lint", tmp_path / name)
    assert ran.code == 2
    assert f"{name}' is no kind of file that lint knows. Give .ttl, .tsv, .csv or .rq files." in ran.err


NAMED = [
    ("ontology/frameworks/widgets.ttl", 'aims:summary "', 'aims:summary "' + "word " * 41, 1, "Use at most 40."),
    ("ontology/frameworks/widgets.ttl", "    aims:modality aims:outcome ;\n", "", 1, "has no modality"),
    ("ontology/frameworks/widgets.ttl", " ;\n    skos:notation", " ; skos:notation", 1, "not in canonical form"),
    ("ontology/frameworks/widgets.ttl", "    aims:force", "    aims:force aims:x ;\n    aims:force", 2, "2 values"),
    (
        "mappings/iso42001--widgets.sssom.tsv",
        "iso42001:10.1\t",
        "iso42001:10.99\t",
        2,
        "'iso42001:10.99' is not a prov",
    ),
    ("mappings/iso42001--widgets.sssom.tsv", "iso42001--widgets-002\t", "iso42001--widgets-001\t", 2, "already used"),
    ("mappings/iso42001--widgets.sssom.tsv", "iso42001--widgets-002\t", "iso42001--widgets-009\t", 1, "canonical form"),
    ("mappings/iso42001--widgets.sssom.tsv", "\text_rationale_text", "\treason", 2, "'ext_rationale_text' is missing"),
]


@pytest.mark.parametrize(("place", "old", "new", "code", "says"), NAMED)
def test_a_file_given_by_name_is_checked_as_if_it_lay_in_the_data_folder(
    run: Run, data: Path, place: str, old: str, new: str, code: int, says: str
) -> None:
    assert run("lint", data / place, "--data", data).out == "1 file is sound.\n"
    changed(data / place, old, new)
    ran = run("lint", data / place, "--data", data)
    assert ran.code == code, ran.out
    assert says in ran.out
    assert f"{data / place}:" in ran.out


def test_what_a_file_given_by_name_breaks_elsewhere_is_told(run: Run, data: Path) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace("W-1.2", "W-1.9"), encoding="utf-8")
    ran = run("lint", path, "--data", data)
    assert ran.code == 2
    assert "mappings/iso42001--widgets.sssom.tsv:" in ran.out
    assert "object 'widgets:W-1.2' is not a provision" in ran.out


SHAPE = (ROOT / "ontology/shapes/ag-1042-03.ttl").read_text(encoding="utf-8")
LABELS = (
    "@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
    'iso42001:10.9\n    rdfs:label "Dim"@cy .\n'
)
FRAMEWORK = (ROOT / "ontology/frameworks/csf2.ttl").read_text(encoding="utf-8")
READING = "subject_id\tobject_id\trelation\tsentence\tagent\n"
OUTSIDE = [
    (
        "rule.ttl",
        SHAPE.replace("a aims:Nonconformity ; aims:state aims:state-closed .", "a aims:Risk ."),
        1,
        "example 1 of AG-1042-03 passes",
    ),
    ("rule.ttl", SHAPE.replace("iso42001:10.2.a.1", "iso42001:10.9"), 1, "source 'iso42001:10.9' does not exist"),
    ("rule.ttl", SHAPE.replace("    aims:askedBy aims:the-clause ;\n", ""), 2, "aims:askedBy '' is not known"),
    ("iso42001.cy.ttl", LABELS, 1, ":4: 'iso42001:10.9' is labelled, but does not exist"),
    ("mine.ttl", FRAMEWORK.replace("    aims:modality aims:outcome ;\n", "", 1), 1, "has no modality"),
    ("mappings/readings/a.first.tsv", READING + "iso42001:10.2\n", 2, "1 cells where the column line has 5"),
    ("mappings/readings/a.first.tsv", READING.replace("agent", "by"), 2, "column 'agent' is missing"),
    ("mappings/reviews/a.tsv", "record_id\n", 2, "is missing"),
]


@pytest.mark.parametrize(("name", "text", "code", "says"), OUTSIDE)
def test_a_file_that_lies_anywhere_is_known_by_what_it_states(
    run: Run, tmp_path: Path, name: str, text: str, code: int, says: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    ran = run("lint", tmp_path / name)
    assert ran.code == code, ran.out
    assert says in ran.out
    assert f"{tmp_path / name}:" in ran.out


def test_a_copy_of_a_shipped_file_is_sound_wherever_it_lies(run: Run, tmp_path: Path) -> None:
    for name in (
        "ontology/frameworks/csf2.ttl",
        "ontology/shapes/ag-1042-03.ttl",
        "mappings/iso42001--airmf.sssom.tsv",
    ):
        copy = tmp_path / f"copy{Path(name).suffix}"
        shutil.copy(ROOT / name, copy)
        assert run("lint", copy).out == "1 file is sound.\n", name


def test_two_files_for_one_place_are_refused(run: Run, tmp_path: Path) -> None:
    for name in ("one.tsv", "two.tsv"):
        shutil.copy(ROOT / "mappings/iso42001--airmf.sssom.tsv", tmp_path / name)
    ran = run("lint", tmp_path / "one.tsv", tmp_path / "two.tsv")
    assert ran.code == 2
    assert "are both mappings/iso42001--airmf.sssom.tsv. Check one at a time." in ran.err


def test_tables_and_our_files_are_checked_together(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_text("from\nwidgets:W-1.1\nwidgets:W-7\n", encoding="utf-8")
    files = (data / "ontology/frameworks/widgets.ttl", tmp_path / "theirs.csv")
    ran = run("lint", *files)
    assert ran.code == 1
    assert "theirs.csv:3: from 'widgets:W-7' is not a provision. Did you mean 'widgets:W-" in ran.out
    (tmp_path / "theirs.csv").write_text("from\nwidgets:W-1.1\n", encoding="utf-8")
    assert run("lint", *files).out == "2 files, 1 column, 1 reference: sound.\n"


@pytest.mark.parametrize("format_", ["table", "json", "csv"])
def test_lint_speaks_json_and_csv_and_exits_1_on_faults(run: Run, data: Path, format_: str) -> None:
    path = data / "mappings/iso42001--widgets.sssom.tsv"
    changed(path, "\tper-occurrence\t6", "\t\t6")
    ran = run("lint", path, "--data", data, "--format", format_)
    assert ran.code == 1
    assert "intersectsWith without ext_overlap" in ran.out


BROKEN_FRAMEWORKS = [
    ('    skos:notation "W-1.1" ;\n', "", "'widgets:W-1.1' has no skos:notation"),
    ("aims:force aims:obligation", "aims:force aims:wish", "aims:force 'wish' is not a known Force"),
    (
        "aims:inEdition <https://example.org/widgets/1.0/>",
        "aims:inEdition <https://example.org/no/>",
        "is in no known edition",
    ),
    (
        "    aims:partOf widgets:W-1 ;",
        "    aims:partOf widgets:W-9 ;",
        "parent 'widgets:W-9' of 'widgets:W-1.1' does not exist",
    ),
    ("    aims:decomposition aims:AllOf ;\n", "", "'widgets:W-1' has parts but no aims:decomposition"),
    ("a aims:Subcategory", "a aims:Record", "is of type Record, not a kind of provision"),
    ('vann:preferredNamespacePrefix "widgets"', 'vann:preferredNamespacePrefix "iso42001"', "is already taken"),
    (
        "aims:setsOff widgets:W-1",
        "aims:setsOff widgets:W-8, widgets:W-1",
        "sets off 'widgets:W-8', which does not exist",
    ),
    ("    aims:exhaustive false ;", '    aims:exhaustive "maybe" ;', "aims:exhaustive 'maybe' is not true or false"),
    ("    aims:force", '    aims:inForceFrom "soon" ;\n    aims:force', "aims:inForceFrom 'soon' is not a date"),
    (
        "    aims:force",
        "    aims:applies widgets:no-date ;\n    aims:force",
        "aims:applies names 'widgets:no-date', which is not there",
    ),
    ('    skos:notation "W-1.1" ;', '    skos:notation "W-1.1", "W-one" ;', "has 2 values of skos:notation"),
]


@pytest.mark.parametrize(("old", "new", "says"), BROKEN_FRAMEWORKS)
def test_a_framework_file_that_cannot_be_loaded_says_why(run: Run, data: Path, old: str, new: str, says: str) -> None:
    changed(data / "ontology/frameworks/widgets.ttl", old, new)
    ran = run("frameworks", "--data", data)
    assert ran.code == 2
    assert says in ran.err
    assert "ontology/frameworks/widgets.ttl:" in ran.err


def test_what_is_asked_per_occurrence_needs_a_trigger(run: Run, data: Path) -> None:
    text = (data / "ontology/frameworks/widgets.ttl").read_text(encoding="utf-8")
    blocks = [b for b in text.split("\n\n") if "a aims:Trigger" not in b]
    (data / "ontology/frameworks/widgets.ttl").write_text("\n\n".join(blocks).rstrip() + "\n", encoding="utf-8")
    ran = run("frameworks", "--data", data)
    assert ran.code == 2
    assert "is asked per occurrence, but no trigger sets it off" in ran.err


WORDS = "The causes of every fault are dealt with and what was done is kept for those who ask."


def test_words_of_a_text_that_somebody_owns_are_found(run: Run, data: Path, tmp_path: Path) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    text = path.read_text(encoding="utf-8")
    at = text.index("widgets:W-1.1\n")
    summary = next(line for line in text[at:].splitlines() if "aims:summary" in line).split('"')[1]
    owned = tmp_path / "licensed.txt"
    owned.write_text(f"Something else. {summary.upper()}\nMore of it.", encoding="utf-8")
    for files in ((), (path,)):
        ran = run("lint", *files, "--against", owned, "--data", data)
        assert ran.code == 1
        assert "'widgets:W-1.1' repeats 7 words of" in ran.out
    other = data / "mappings/iso42001--widgets.sssom.tsv"
    assert run("lint", other, "--against", owned, "--data", data).out == "1 file is sound.\n"


OURS = "One two three four five six seven eight."
MORE = "ontology/frameworks/more.ttl"
SAYS = [
    (MORE, "aims:summary", "widgets:W-1.1"),
    (MORE, "rdfs:comment", "widgets:W-1.1"),
    (MORE, "aims:condition", "widgets:W-1.1"),
    (MORE, "aims:expectedOutput", "widgets:W-1.1"),
    (MORE, "rdfs:label", "widgets:doc"),
    (MORE, "aims:question", "widgets:trigger"),
    ("ontology/labels/more.ttl", "rdfs:label", "widgets:trigger"),
]


def said_by(place: str, prop: str, subject: str) -> list[str]:
    """Who is found to repeat the words of OURS, if a file at a place says them of a subject."""
    text = (
        "@prefix widgets: <https://example.org/widgets/1.0/> .\n"
        "@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .\n"
        "@prefix aims: <https://w3id.org/aims-graph/ontology#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
        f'{subject}\n    {prop} "{OURS}"@en .\n'
    )
    kind = "label" if "labels" in place else "framework"
    catalogue, _ = inspect([*read_all(data_roots([WIDGETS])), DataFile(kind, place, text)])
    found = likeness.repeated(likeness.our_texts(catalogue), f"X {OURS} Y", "owned")
    return [f"{p.path}:{p.line} {p.what}" for p in found]


@pytest.mark.parametrize(("place", "prop", "subject"), SAYS)
def test_every_text_of_ours_is_compared(place: str, prop: str, subject: str) -> None:
    (found,) = said_by(place, prop, subject)
    assert found.startswith(f"{place}:6 '{subject}' repeats 7 words of owned")


def test_the_official_title_of_a_provision_is_not_ours(library: Library) -> None:
    title = next(t.title for t in library.catalogue.provisions.values() if len(likeness.words(t.title)) > likeness.RUN)
    assert list(likeness.repeated(likeness.our_texts(library.catalogue), f"Word. {title}", "owned")) == []
    assert said_by("ontology/labels/more.ttl", "rdfs:label", "iso42001:10.2") == []
    assert said_by("ontology/labels/more.ttl", "rdfs:comment", "iso42001:10.2") != []


def test_the_reasons_of_rows_and_the_messages_of_rules_are_compared(run: Run, library: Library, tmp_path: Path) -> None:
    row = next(r for r in library.catalogue.mappings if r.rationale and len(likeness.words(r.rationale)) > likeness.RUN)
    owned = tmp_path / "owned.txt"
    owned.write_text(f"{row.rationale}\nRecord what was done to contain and correct the problem.", encoding="utf-8")
    rule = ROOT / "ontology/shapes/ag-1042-03.ttl"
    out = run("lint", rule, ROOT / row.source.path, "--against", owned).out
    assert f"'{row.id}' repeats 7 words of" in out
    assert "'AG-1042-03' repeats 7 words of" in out


@pytest.mark.parametrize(
    "owned",
    [
        "The cor-\nrective action is kept as doc\u00adumented inform\u00ad\nation for all",
        "The corrective action is kept as documented informa‐\r\n  tion for all",
        "THE CORRECTIVE ACTION – IS KEPT: as documented information (for all)",
    ],
)
def test_hyphens_ligatures_and_line_ends_hide_nothing(owned: str) -> None:
    ours = [likeness.Said("a", "The corrective action is kept as documented information for all.", Source("a.ttl", 1))]
    assert len(list(likeness.repeated(ours, owned, "owned"))) == 1
    assert len(list(likeness.repeated(ours, owned.replace("fi", "ﬁ"), "owned"))) == 1


def test_a_compound_broken_at_its_hyphen_is_read_both_ways() -> None:
    ours = [likeness.Said("a", "It takes a risk-based view of all work.", Source("a.ttl", 1))]
    assert list(likeness.repeated(ours, "It takes a risk-\nbased view of all work.", "owned"))


def test_a_text_too_short_to_compare_with_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "owned.txt").write_text("Act on it.", encoding="utf-8")
    ran = run("lint", "--against", tmp_path / "owned.txt")
    assert ran.code == 2
    assert "owned.txt' has 3 words. Give a text of at least 7 words to compare with." in ran.err


def test_a_table_is_not_compared_with_a_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "owned.txt").write_text(WORDS, encoding="utf-8")
    ran = run("lint", DATA / "crosswalks/theirs.csv", "--against", tmp_path / "owned.txt")
    assert ran.code == 2
    assert "--against compares our own words. Give no FILE, or files of ours." in ran.err


def test_six_words_in_a_row_are_ordinary_and_seven_are_a_copy() -> None:
    ours, theirs = "a b c d e f and then x", "a b c d e f g"
    assert not likeness.runs(ours).keys() & likeness.runs(theirs).keys()
    assert likeness.runs(f"{ours} {theirs}").keys() & likeness.runs(theirs).keys()


FAULTS = [
    ("    aims:basis aims:facts-file ;\n", "", "does not say what it rests on"),
    (
        "    aims:force aims:obligation ;\n",
        '    aims:force aims:obligation ;\n    aims:inForceFrom "2027-01-01"^^xsd:date ;\n'
        '    aims:inForceTo "2026-01-01"^^xsd:date ;\n',
        "ends before it begins",
    ),
    (
        "    aims:force aims:obligation ;\n",
        "    aims:exhaustive true ;\n    aims:force aims:obligation ;\n",
        "is said to have all its parts, but has none",
    ),
    (
        "    aims:force aims:obligation ;\n",
        "    aims:refersTo iso42001:10.2 ;\n    aims:force aims:obligation ;\n",
        "of another edition",
    ),
    (
        "    aims:force aims:obligation ;\n",
        "    aims:refersTo widgets:W-1.1 ;\n    aims:force aims:obligation ;\n",
        "refers to itself",
    ),
    (
        "    aims:force aims:obligation ;\n",
        '    aims:force aims:obligation ;\n    aims:inForceFrom "2026-05-01"^^xsd:date ;\n',
        "is inserted on 2026-05-01, but no amendment says so",
    ),
]
ADDED = [
    (
        "widgets:when\n    a aims:ApplicationDate ;\n    aims:systemClass aims:any ;\n"
        '    aims:applicableFrom "2026-01-01"^^xsd:date ;\n'
        "    dcterms:source widgets:W-1 .\n",
        "nothing points to 'widgets:when'",
    ),
    ('widgets:doc-x\n    a aims:EvidenceType ;\n    rdfs:label "X"@en .\n', "nothing points to 'widgets:doc-x'"),
    (
        "widgets:w\n    a aims:Wording ;\n    aims:wordingOf widgets:W-9 ;\n"
        '    aims:summary "Something."@en ;\n    aims:basis aims:facts-file .\n',
        "'widgets:w' is a wording of nothing",
    ),
    (
        "widgets:a\n    a aims:Amendment ;\n    aims:amends widgets:W-1.1 ;\n    aims:change aims:inserted ;\n"
        '    aims:summary "It is new."@en ;\n    aims:effectiveFrom "2026-05-01"^^xsd:date ;\n'
        '    aims:enactedBy "An act" .\n',
        "its days do not show that 'widgets:W-1.1' is inserted on 2026-05-01",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), FAULTS)
def test_a_fault_of_time_parts_or_references_is_found(data: Path, old: str, new: str, says: str) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    at = path.read_text(encoding="utf-8").index("widgets:W-1.1\n")
    text = path.read_text(encoding="utf-8")
    assert old in text[at:]
    text = text[:at] + text[at:].replace(old, new, 1)
    path.write_text(_with_prefixes(text), encoding="utf-8")
    code, found = linted(data)
    assert says in found
    assert code == 1


@pytest.mark.parametrize(("block", "says"), ADDED)
def test_what_nothing_points_to_is_found(data: Path, block: str, says: str) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    path.write_text(_with_prefixes(path.read_text(encoding="utf-8")) + "\n" + block, encoding="utf-8")
    code, found = linted(data)
    assert says in found
    assert code == 1


def _with_prefixes(text: str) -> str:
    needed = {"xsd": XSD, "iso42001": "https://w3id.org/aims-graph/iso42001/2023/"}
    missing = [f"@prefix {p}: <{n}> .\n" for p, n in needed.items() if f"@prefix {p}:" not in text]
    return text.replace("@prefix aims:", "".join(missing) + "@prefix aims:", 1)


EVIDENCE = """
widgets:evidence-1
    a aims:EvidenceRequirement ;
    rdfs:label "Log of faults"@en ;
    aims:requiredBy widgets:W-1.1 ;
    aims:evidenceList widgets:evidence-1-a, widgets:evidence-1-b ;
    aims:retention "P2Y" ;
    aims:retainedFrom "the day of the fault"@en .

widgets:evidence-1-a
    a aims:EvidenceList ;
    aims:evidenceType widgets:doc-log, widgets:doc-photo .

widgets:evidence-1-b
    a aims:EvidenceList ;
    aims:evidenceType widgets:doc-report .

widgets:doc-log
    a aims:EvidenceType ;
    rdfs:label "Log"@en .

widgets:doc-photo
    a aims:EvidenceType ;
    rdfs:label "Photograph"@en .

widgets:doc-report
    a aims:EvidenceType ;
    rdfs:label "Report"@en .
"""


def test_evidence_is_data_lists_are_alternatives(run: Run, data: Path) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    path.write_text(path.read_text(encoding="utf-8") + EVIDENCE, encoding="utf-8")
    assert linted(data) == (0, "")
    out = run("show", "widgets:W-1.1", "--data", data).out
    assert "Log; Photograph\n" in out
    assert "or: Report\n" in out
    assert "kept: at least 2 years from the day of the fault\n" in out
    text = path.read_text(encoding="utf-8")
    for old, new, says in (
        ('"P2Y"', '"two years"', "is not a duration"),
        ("widgets:doc-log, widgets", "widgets:doc-lag, widgets", "evidence type 'widgets:doc-lag' is not declared"),
        ("requiredBy widgets:W-1.1", "requiredBy widgets:W-8", "is required by 'widgets:W-8', which does not exist"),
        (
            "evidenceList widgets:evidence-1-a, widgets:evidence-1-b",
            "evidenceList widgets:none",
            "has no evidence list",
        ),
    ):
        path.write_text(text.replace(old, new), encoding="utf-8")
        ran = run("frameworks", "--data", data)
        assert ran.code == 2
        assert says in ran.err
