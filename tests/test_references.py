"""Other people's crosswalks: every reference to a provision that does not exist is found, and none of the true ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import DATA, ROOT, Run

from aims_graph import references
from aims_graph.errors import Problem
from aims_graph.library import Library

THEIRS = DATA / "crosswalks" / "theirs.csv"
IMPOSSIBLE = """
iso42001:8.6 iso42001:A.11.1 iso42001:10.3 iso42001:10.2/A.10.2 iso42001:A.6.2.9 iso42001:6.1.5 iso42001:A.2.5
iso42001:5.4 aiact:art-72.2.d aiact:art-114 aiact:art-17.1.n aiact:art-20.3 aiact:anx-XV aiact:rct-181 aiact:art-73.12
aiact:art-9.11 airmf:MANAGE-4.4 airmf:MANAGE-5.1 airmf:GOVERN-1.8 airmf:MEASURE-2.14 airmf:MAP-6 nistrmf:M-8
nistrmf:A-7 nistrmf:S-7 iso27001:A.12.6.1 iso27001:A.5.38 iso27001:A.18.1.1 iso27001:6.1.4 csf2:ID.IM-05
ai600-1:GV-1.1-002
"""


def test_thirty_impossible_references_are_found_and_no_true_one(run: Run) -> None:
    wanted = IMPOSSIBLE.split()
    assert len(wanted) == 30
    rows = [line.split('"') for line in THEIRS.read_text(encoding="utf-8").splitlines()[1:]]
    cells = [row[i] for row in rows for i in (1, 3)]
    assert len(cells) == 230
    assert set(wanted) < set(cells)
    ran = run("lint", THEIRS, "--format", "json")
    assert ran.code == 1
    found = json.loads(ran.out)["problems"]
    named = [re.search(r"'([^']+)' is not a provision", p["what"])[1] for p in found]  # type: ignore[index]
    assert sorted(named) == sorted(wanted)
    assert all(p["fix"].startswith("Did you mean '") for p in found)


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("aiact:art-72.2.d", "aiact:art-72.2"),
        ("airmf:MANAGE-4.4", "airmf:MANAGE-4.3"),
        ("nistrmf:M-8", "nistrmf:M-7"),
        ("iso42001:8.6", "iso42001:8.4"),
        ("aiact:art-17.1.n", "aiact:art-17.1.m"),
        ("iso27001:A.12.6.1", "iso27001-2013:A.12.6.1"),
        ("aiact:art-114", "aiact:art-113"),
        ("27001 A.12.6.1", "iso27001-2013:A.12.6.1"),
        ("csf2:ID.IM-1", "csf2:ID.IM-01"),
        ("iso4201:10.2", "iso42001:10.2"),
        ("MANGE 4.3", "airmf:MANAGE-4.3"),
        ("73", "aiact:art-73"),
        ("iso42001:99", "iso42001:9"),
    ],
)
def test_the_nearest_real_one_is_named_first(library: Library, wrong: str, nearest: str) -> None:
    assert library.names.near(wrong)[0] == nearest


NO_COLUMN = "no column names a provision"


def said(problem: Problem) -> str:
    """What a problem is about: the text it quotes, or the beginning of what it says."""
    quoted = re.search(r"'([^']+)'", problem.what)
    return quoted[1] if quoted else problem.what.rstrip(".")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("subject_id\tobject_id\niso42001:10.2\taiact:art-999\n", ["aiact:art-999"]),
        ("# theirs\nISO 42001 clause;NIST CSF 2.0\n10.2;ID.IM-01\n10.9;ID.IM-09\n", ["10.9", "ID.IM-09"]),
        ("a,b\nMANAGE 4.3,hello\nMANAGE 4.9,world\nMAP 1.1,again\n", ["MANAGE 4.9"]),
        ("a|b\niso42001:10.2|1\niso42001:10.2|2\n", []),
        ("clause\n10.2\n10.1\n", [NO_COLUMN]),  # of which standard? bare numbers are no references
        ("subject_id,strength\n10.2,5\n", ["10.2"]),
        (
            "Reference\nArt. 12(1)\nArt. 12(9)\nMANAGE 4.3\nMANAGE 4.9\n27001 A.5.99\nGOVERN 9.9\nArt. 400\nTask 5\n",
            ["27001 A.5.99", "Art. 12(9)", "Art. 400", "GOVERN 9.9", "MANAGE 4.9"],
        ),
        ("name\nAda\nBob\n", [NO_COLUMN]),
        ("no,score\n" + "".join(f"{n},{n}.1\n" for n in range(1, 114)), [NO_COLUMN]),
        ("subject_id\tobject_id\niso42001:10.2\tsssom:NoTermFound\n", []),
        ("# nothing\n", [NO_COLUMN]),
        ("a\nhttps://w3id.org/aims-graph/iso42001/2023/10.99\n", ["iso42001:10.99"]),
    ],
)
def test_tables_of_any_form_are_read(library: Library, text: str, wrong: list[str]) -> None:
    assert sorted(said(p) for p in references.unknown(library.catalogue, "t", text)) == sorted(wrong)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Source,Target\niso42001:10.99,x\niso42001:10.98,y\niso42001:10.2,z\n", ["iso42001:10.99", "iso42001:10.98"]),
        ("x,remarks\nfirst,ISO 42001 10.98\nsecond,see ISO 42001 10.99 for that\n", ["ISO 42001 10.98"]),
        (
            "x,y\nISO 42001,as of 2023\nISO 42001 in 2023,NIST AI RMF 2023\nAI RMF MANGE 4.3,iso42001\n",
            ["AI RMF MANGE 4.3"],
        ),
        ("iso42001:10.99,aiact:art-20\niso42001:10.2,aiact:art-20\n", ["iso42001:10.99"]),  # no column names
        ("a,b\niso42001:10.2,x,iso42001:10.99\n", ["iso42001:10.99"]),  # a cell beyond the column names
        ("object_id,ext_condition\naiact:art-73,aiact:trigger-none\n", ["aiact:trigger-none"]),
    ],
)
def test_an_id_or_an_edition_with_a_locator_is_a_reference_in_any_column(
    library: Library, text: str, wrong: list[str]
) -> None:
    assert [said(p) for p in references.unknown(library.catalogue, "t.csv", text)] == wrong


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("t.csv", 'from,to\n"iso42001:10.2,x\niso42001:10.98,y\n', [(2, None), (3, "iso42001:10.98")]),
        ("t.csv", 'from,to\n"iso42001:10.2"z,x\niso42001:10.98,y\n', [(2, None), (3, "iso42001:10.98")]),
        ("t.csv", 'from,to\niso42001:10.98,"x\ny"\niso42001:10.99,y\n', [(2, "iso42001:10.98"), (4, "iso42001:10.99")]),
        ("t.csv", "from,to\r\niso42001:10.2,x\u2028y\r\niso42001:10.99,y\r\n", [(3, "iso42001:10.99")]),
        ("t.csv", 'from, to\niso42001:10.2, "x, y"\n-, "iso42001:10.99"\n', [(3, "iso42001:10.99")]),
        ("t.tsv", 'from\tto\niso42001:10.2\t5" screen\n"iso42001:10.99\tx\n', [(3, "iso42001:10.99")]),
        ("t.csv", "# theirs\n\nfrom,to\n#1,x\niso42001:10.99,y\n", [(5, "iso42001:10.99")]),
        ("t.csv", "A crosswalk,,\n2024\nsubject_id,x,y\n10.2 of ISO 42001,a,b\nnonsense,c,d\n", [(5, "nonsense")]),
        ("t.csv", "a;b\nx, y;MANAGE 4.9\nz;MANAGE 4.3\nu, v, w;MAP 1.1\n", [(2, "MANAGE 4.9")]),
        ("t.csv", "x" * 200_000 + "\nsubject_id\n10.99 of ISO 42001\n", [(1, None), (3, "10.99 of ISO 42001")]),
    ],
)
def test_every_row_is_read_or_told_with_its_line(
    library: Library, name: str, text: str, wrong: list[tuple[int, str | None]]
) -> None:
    checked = references.check(library.catalogue, name, text)
    assert all("the row cannot be read" in p.what for p in checked.unread)
    assert [(p.line, None) for p in checked.unread] + [(p.line, said(p)) for p in checked.faults] == wrong


def test_a_table_that_cannot_be_read_whole_exits_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('from,to\n"iso42001:10.2,x\niso42001:10.98,y\n', encoding="utf-8")
    ran = run("lint", tmp_path / "t.csv")
    assert ran.code == 2
    assert "t.csv:2: the row cannot be read: unexpected end of data. Close every quote" in ran.out
    assert ran.out.endswith("2 problems in 1 file.\n")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ISO 27001:2005,x\nA.5.1,a\nA.99,b\n", ["'ISO 27001:2005' is not a loaded edition."]),
        ("NIST CSF 1.1,ISO 42001\nID.IM-77,10.2\n", ["'NIST CSF 1.1' is not a loaded edition."]),
        ("AI RMF 1.1\nMANAGE 4.9\n", ["'AI RMF 1.1' is not a loaded edition."]),
        ("NIST SP 800-37 Rev. 1\nM-99\n", ["'NIST SP 800-37 Rev. 1' is not a loaded edition."]),
        ("NIST CSF v2.0,ISO/IEC 42001 (2023)\nID.IM-1,10.2\n", []),
        ("ISO 27001 (2013)\nA.12.6.1\n", []),
        ("ISO 27001 controls 2013\nA.5.37\n", ["ISO 27001 controls 2013 'A.5.37' is not a provision."]),
        ("ISO 42001 to ISO 27001\n99\n", [f"{NO_COLUMN}."]),  # of which of the two?
    ],
)
def test_a_column_is_judged_against_the_edition_that_its_name_gives(
    library: Library, text: str, what: list[str]
) -> None:
    assert [p.what for p in references.unknown(library.catalogue, "t.csv", text)] == what


@pytest.mark.parametrize(
    "text",
    [
        'subject_id,object_id\n"iso42001:10.2; iso42001:10.1",aiact:art-20\n',
        'subject_id,object_id\n"iso42001:10.2\niso42001:10.1","Article 9(1) and 9(2)"\n',
        'subject_id,object_id\n"iso42001:10.2, 10.1","iso42001:10.2 & iso42001:10.1"\n',
        'ISO 42001,NIST RMF\n"10.2, 10.1 and A.8.4",Step Prepare and Step Select\n',
        "subject_id,object_id\niso42001:10.2,N/A\niso42001:10.2,-\niso42001:10.2,—\nNone,aiact:art-20\nn/a,\n",
        "ISO 42001\n10.2 Nonconformity and corrective action\nA.8.4: Communication of incidents\n",
        "ISO 42001,x\nThey shall act.,10.2 of ISO 42001\nThey keep 2 logs.,iso42001:10.2\nAnd so on.,-\n",
        "ISO 42001 maturity,x\n3,iso42001:10.2\n",
        "NIST AI RMF\nGOVERN\nMANAGE\n",
    ],
)
def test_lists_gaps_titles_and_prose_are_no_false_alarm(library: Library, text: str) -> None:
    assert [p.what for p in references.unknown(library.catalogue, "t.csv", text)] == []


def test_a_wrong_part_of_a_list_is_told_alone(library: Library) -> None:
    text = 'subject_id\n"iso42001:10.2; iso42001:10.99"\n"iso42001:10.1, 10.98"\n'
    found = references.unknown(library.catalogue, "t.csv", text)
    assert [(p.line, said(p)) for p in found] == [(2, "iso42001:10.99"), (3, "iso42001 10.98")]


def test_a_framework_that_is_not_loaded_is_one_line_a_column(library: Library) -> None:
    text = "subject_id,object_id\nSOC2:CC1.1,iso42001:10.2\nSOC2:CC1.2,iso42001:10.2\nSOC2:CC1.3,iso42001:10.2\n"
    (problem,) = references.unknown(library.catalogue, "t.csv", text)
    assert problem.what == "subject_id: framework 'SOC2' is not loaded (and 2 more lines)."
    assert (problem.line, problem.fix.startswith("Loaded: ai600-1, aiact, ")) == (2, True)


def test_a_wrong_text_is_told_once_with_its_first_line(library: Library) -> None:
    text = "subject_id\n10.2 of ISO 42001\n" + "iso42001:10.99\n" * 3 + "iso42001:10.98\n" * 2
    found = [p.what for p in references.unknown(library.catalogue, "t.csv", text)]
    assert found == [
        "subject_id 'iso42001:10.99' is not a provision (and 2 more lines).",
        "subject_id 'iso42001:10.98' is not a provision (and 1 more line).",
    ]


def test_what_a_message_repeats_is_short_and_plain(library: Library) -> None:
    (problem,) = references.unknown(library.catalogue, "t.csv", "subject_id\n\x1b[31m" + "word " * 1000 + "\n")
    assert len(problem.what) < 120
    assert problem.what.isprintable()


def test_our_own_mapping_files_pass_as_somebody_elses(library: Library) -> None:
    for path in sorted((ROOT / "mappings").glob("*.sssom.tsv")):
        assert list(references.unknown(library.catalogue, path.name, path.read_text(encoding="utf-8"))) == [], path


def test_a_sound_table_exits_0(run: Run, tmp_path: Path) -> None:
    (tmp_path / "theirs.tsv").write_text("from\tto\niso42001:10.2\taiact:art-20\n", encoding="utf-8")
    ran = run("lint", tmp_path / "theirs.tsv")
    assert (ran.code, ran.out) == (0, "1 file, 2 columns, 2 references: sound.\n")


def test_a_table_without_references_is_not_called_sound(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name\nAda\n", encoding="utf-8")
    ran = run("lint", tmp_path / "t.csv")
    assert ran.code == 1
    assert "t.csv:1: no column names a provision. Name a column subject_id, or after a framework." in ran.out
    assert ran.out.endswith("1 problem in 1 file.\n")
