"""The crosswalk of two frameworks: every row once, read one way, and the same in every form."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, Run
from openpyxl import load_workbook
from worlds import TODAY, catalogue, provision, row

from aims_graph import workbook
from aims_graph.errors import InputError
from aims_graph.indexing.index import Index
from aims_graph.matrix import AGREE, DISAGREE, OURS_ONLY, THEIRS_ONLY, Crosswalk, crosswalk, crosswalk_json, summary
from aims_graph.model import Mapping
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation
from aims_graph.trace import Options

OPTIONS = Options(TODAY)


def between(start: str, end: str, *rows: Mapping) -> Crosswalk:
    names = ("a:x", "a:y", "b:x", "b:y", "c:x")
    known = catalogue([provision(n) for n in names], list(rows))
    return crosswalk(Index(known, OPTIONS.context()), start, end, OPTIONS)


def test_rows_are_read_from_the_first_framework_whichever_way_they_are_written() -> None:
    rows = (row("a:x", SUB, "b:x"), row("b:y", SUB, "a:y"))
    there, back = between("a", "b", *rows), between("b", "a", *rows)
    assert [(x.start, x.relation, x.end, x.carries) for x in there.lines] == [
        ("a:x", SUB, "b:x", Degree.PARTIAL),
        ("a:y", SUP, "b:y", Degree.FULL),
    ]
    assert [(x.start, x.relation, x.end) for x in back.lines] == [("b:x", SUP, "a:x"), ("b:y", SUB, "a:y")]


def test_rejected_rows_and_rows_to_other_frameworks_are_not_part_of_it() -> None:
    found = between("a", "b", row("a:x", EQ, "b:x", status="rejected"), row("a:x", EQ, "c:x"))
    assert found.lines == ()


def test_what_follows_through_another_framework_is_told_apart_from_what_a_row_states() -> None:
    found = between("a", "b", row("a:x", EQ, "c:x", 0.9), row("c:x", SUP, "b:x", 0.8), row("a:y", EQ, "b:y"))
    assert [(start, best.provision, best.degree) for start, best in found.derived] == [("a:x", "b:x", Degree.FULL)]
    (told,) = crosswalk_json(found)["derived"]
    assert (told["from"], told["path"]) == ("a:x", ["a:x", "c:x", "b:x"])


def test_one_of_several_rows_that_count_only_together_carries_a_part() -> None:
    rows = [row(a, EQ, "b:x", joint="both") for a in ("a:x", "a:y")]
    there, back = between("a", "b", *rows), between("b", "a", *rows)
    assert [line.carries for line in there.lines] == [Degree.PARTIAL, Degree.PARTIAL]
    assert [line.carries for line in back.lines] == [Degree.FULL, Degree.FULL]


def test_a_row_that_does_not_count_hides_no_claim_that_follows() -> None:
    chain = (row("a:x", EQ, "c:x", 0.9), row("c:x", SUP, "b:x", 0.8))
    for stated in (row("a:x", EQ, "b:x", status="proposed"), row("a:x", INT, "b:x")):
        assert [best.degree for _, best in between("a", "b", *chain, stated).derived] == [Degree.FULL]
    assert between("a", "b", *chain, row("a:x", EQ, "b:x")).derived == ()


@pytest.mark.parametrize(
    ("ours", "published", "verdict"),
    [(INT, True, AGREE), (NONE, True, DISAGREE), (None, True, THEIRS_ONLY), (INT, False, OURS_ONLY)],
)
def test_published_rows_stand_beside_ours_and_are_never_among_them(ours: Any, published: bool, verdict: str) -> None:
    rows = [row("a:x", ours, "b:x", id="ours")] if ours else []
    rows += [row("a:x", Relation.CROSSWALK, "b:x", id="theirs", status="published")] if published else []
    found = between("a", "b", *rows)
    assert [line.row.id for line in found.lines] == ["ours"] * bool(ours)
    (pair,) = found.beside
    assert pair.verdict == verdict
    assert "sources" not in crosswalk_json(found)
    assert crosswalk_json(found, sources=True)["sources"][0]["verdict"] == verdict


def test_a_limit_of_the_search_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aims_graph.indexing.index.MAX_CROSSED", 0)
    assert crosswalk_json(between("a", "b", row("a:x", EQ, "b:x")))["limited"] == ["b:x"]


def test_one_framework_is_no_crosswalk() -> None:
    with pytest.raises(InputError, match="Name two"):
        between("a", "a")


def test_a_summary_counts_related_pairs_only_once() -> None:
    found = between("a", "b", row("a:x", INT, "b:x", id="1"), row("a:x", EQ, "b:x", id="2"), row("a:y", NONE, "b:y"))
    counted = summary(found)
    assert sum(counted.counts.values()) == 1


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    rows = (row("a:x", INT, "b:x", 0.5, rationale="=1+1 is what both ask"), row("a:y", NONE, "b:y"))
    return crosswalk_json(between("a", "b", *rows), sources=True)


def test_a_workbook_holds_every_row_and_no_cell_is_a_formula(told: dict[str, Any]) -> None:
    book = load_workbook(io.BytesIO(workbook.crosswalk(told)))
    lines = list(book["Rows"].iter_rows(values_only=True))
    assert [dict(zip(lines[0], line, strict=True))["relation"] for line in lines[1:]] == [
        "intersectsWith",
        "unrelatedTo",
    ]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert "f" not in {cell.data_type for cell in cells}
    assert any(cell.value == "=1+1 is what both ask" for cell in cells)
    assert list(book["Matrix"].iter_rows(values_only=True)) == [
        (None, "b:x", "b:y"),
        ("a:x", "∩", None),
        ("a:y", None, "≠"),
    ]


def asked(run: Run, *more: str) -> str:
    done = run("crosswalk", "42001", "airmf", "--as-of", AS_OF, *more)
    assert done.code == 0, done.err
    return done.out


def test_every_form_holds_the_same_rows(run: Run, tmp_path: Path) -> None:
    found = json.loads(asked(run, "--format", "json"))
    ids = [r["mapping"] for r in found["rows"]]
    assert ids
    assert [line["mapping"] for line in csv.DictReader(io.StringIO(asked(run, "--format", "csv")))] == ids
    asked(run, "--format", "xlsx", "--out", str(tmp_path / "c.xlsx"))
    lines = list(load_workbook(tmp_path / "c.xlsx")["Rows"].iter_rows(values_only=True))
    assert [line[lines[0].index("mapping")] for line in lines[1:]] == ids
    page = asked(run, "--format", "html")
    assert [page.index(f">{r['relation']}<") > 0 for r in found["rows"]]
    assert page.count("<tr><td class=") >= len(ids)
    table = asked(run)
    assert all(r["source"] in table for r in found["rows"])
    assert all(len(line) <= 80 for line in table.splitlines())
    assert all(len(line) <= 80 for line in asked(run, "--format", "matrix").splitlines())


def test_the_page_asks_no_host_and_runs_no_script(run: Run) -> None:
    page = asked(run, "--format", "html")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "").split("<body>")[0]


def test_a_workbook_needs_a_file(run: Run) -> None:
    done = run("crosswalk", "42001", "airmf", "--format", "xlsx")
    assert done.code == 2
    assert "--out" in done.err


def test_published_rows_are_shown_on_wish(run: Run) -> None:
    out = run("crosswalk", "csf2", "27001", "--sources", "--as-of", AS_OF).out
    assert "published only: 341" in out
