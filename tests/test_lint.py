"""Lint: content faults of shipped files and of other people's, each with file, line and fix."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import DATA, ROOT, Run

from aims_graph import linting
from aims_graph.files import data_roots, read_all

WIDGETS = DATA / "widgets"


def test_the_shipped_data_is_sound(run: Run) -> None:
    ran = run("lint")
    assert ran.code == 0, ran.out
    assert ran.out.endswith("files are sound.\n")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return shutil.copytree(WIDGETS, tmp_path / "data")


def linted(data: Path) -> tuple[int, str]:
    """The exit code and the problems of linting a folder over the shipped one; rules are left to other tests."""
    files = [f for f in read_all(data_roots([data])) if f.kind != "shape"]
    broken, faults = linting.lint(files)
    return 2 if broken else int(bool(faults)), "\n".join(map(str, [*broken, *faults]))


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


def test_a_file_of_no_known_kind_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.docx").write_text("x", encoding="utf-8")
    ran = run("lint", tmp_path / "x.docx")
    assert ran.code == 2
    assert "is no kind of file that lint knows" in ran.err


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
