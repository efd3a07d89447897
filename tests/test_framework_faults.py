"""Faults that show only when a framework is looked at as a whole: orphans, triggers from nowhere, second readings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import DATA, Run
from test_lint import linted

from aims_graph import rereadings
from aims_graph.files import DataFile
from aims_graph.library import Library

HEADER = "provision\toutcome\ttext_read\twhat\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return shutil.copytree(DATA / "widgets", tmp_path / "data")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "    aims:partOf widgets:W-1 ;\n",
            "",
            "'widgets:W-1.1' lies in no whole, as other provisions of kind Subcategory do",
        ),
        (
            "    dcterms:source widgets:W-1.1 .\n",
            "    dcterms:source widgets:W-9 .\n",
            "is said to come from 'widgets:W-9'",
        ),
        ("    aims:onEvent aims:event-nonconformity ;\n", "", "is asked beside no kind of event"),
    ],
)
def test_a_loose_end_is_found(data: Path, old: str, new: str, says: str) -> None:
    path = data / "ontology/frameworks/widgets.ttl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    code, found = linted(data)
    assert says in found
    assert code == 1


def test_every_summary_was_read_a_second_time(library: Library) -> None:
    found, problems = rereadings.read(library.catalogue.files)
    assert problems == []
    assert {row.outcome for row in found.values()} == {"ok", "corrected", "unsure"}
    for provision in library.catalogue.provisions.values():
        if provision.summary or any(w.summary for w in provision.wordings):
            assert provision.id in found


def test_no_second_reading_claims_the_text_of_a_standard_that_is_not_public(library: Library) -> None:
    for row in rereadings.read(library.catalogue.files)[0].values():
        if library.catalogue.provisions[row.provision].basis == "title-and-public-sources":
            assert not row.text_read, row.provision


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\tb\nx\ty\n", 1),
        (HEADER + "widgets:W-1\tfine\tyes\t\n", 2),
        (HEADER + "widgets:W-1\tok\tmaybe\t\n", 2),
        (HEADER + "widgets:W-1\tok\tyes\n", 2),
        (HEADER + "widgets:W-1\tok\tyes\t\nwidgets:W-1\tok\tyes\t\n", 3),
    ],
)
def test_a_row_that_is_no_second_reading_is_named(text: str, line: int) -> None:
    _, problems = rereadings.read([DataFile(rereadings.KIND, "ontology/readings/x.tsv", text)])
    assert [p.line for p in problems] == [line]


def test_a_second_reading_of_nothing_is_found(data: Path, run: Run) -> None:
    folder = data / "ontology/readings"
    folder.mkdir()
    (folder / "widgets.tsv").write_text(HEADER + "widgets:W-9\tok\tyes\tnothing\n", encoding="utf-8")
    code, found = linted(data)
    assert code == 1
    assert "ontology/readings/widgets.tsv:2: 'widgets:W-9' was read a second time, but does not exist" in found
