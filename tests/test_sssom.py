"""Mapping files: every bad row is reported with file, line and fix; nothing is skipped."""

from __future__ import annotations

import pytest

from aims_graph.sssom import parse

COLUMNS = [
    "record_id",
    "subject_id",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "confidence",
    "author_id",
    "mapping_date",
    "ext_strm_rationale",
    "ext_rationale_text",
    "ext_review_status",
    "ext_overlap",
    "ext_strm_strength",
    "reviewer_id",
    "review_date",
]
GOOD = {
    "record_id": "mapping:t-1",
    "subject_id": "a:1",
    "predicate_id": "strm:intersectsWith",
    "object_id": "b:1",
    "mapping_justification": "semapv:UnspecifiedMatching",
    "confidence": "0.8",
    "author_id": "agent:first-reading",
    "mapping_date": "2026-11-22",
    "ext_strm_rationale": "semantic",
    "ext_rationale_text": "Both ask to correct the fault; only a asks why it arose.",
    "ext_review_status": "proposed",
    "ext_overlap": "per-occurrence",
    "ext_strm_strength": "5",
    "reviewer_id": "",
    "review_date": "",
}
HEADER = (
    "#curie_map:\n#  a: https://example.org/a/\n#mapping_set_id: https://example.org/m\n"
    "#license: https://creativecommons.org/licenses/by/4.0/\n"
    "#subject_source: https://example.org/a/\n#object_source: https://example.org/b/\n"
)
FIRST_ROW = 8  # six header lines and the column line stand before it


def text(*rows: dict[str, str], header: str = HEADER, columns: list[str] = COLUMNS) -> str:
    lines = ["\t".join(columns)] + ["\t".join(row[c] for c in columns) for row in rows]
    return header + "\n".join(lines) + "\n"


def test_a_sound_row_becomes_a_mapping_with_its_line() -> None:
    file, problems = parse("mappings/a--b.sssom.tsv", text(GOOD))
    assert problems == []
    assert str(file.rows[0].source) == f"mappings/a--b.sssom.tsv:{FIRST_ROW}"
    assert file.rows[0].confidence == 0.8


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"predicate_id": "skos:exactMatch"}, "predicate_id 'skos:exactMatch' is not a relation"),
        ({"confidence": "1.5"}, "confidence '1.5' is not a number from 0 to 1"),
        ({"confidence": "nan"}, "confidence 'nan'"),
        ({"confidence": ""}, "confidence is empty"),
        ({"ext_rationale_text": "similar"}, "gives no reason"),
        ({"ext_strm_rationale": ""}, "ext_strm_rationale is empty"),
        ({"ext_strm_rationale": "vague"}, "ext_strm_rationale 'vague' is not known"),
        ({"mapping_justification": ""}, "mapping_justification is empty"),
        ({"author_id": ""}, "author_id is empty"),
        ({"mapping_date": "22.11.2026"}, "mapping_date '22.11.2026' is not a date"),
        ({"ext_review_status": "approved"}, "ext_review_status 'approved' is not known"),
        ({"ext_review_status": "accepted"}, "names no reviewer_id and review_date"),
        ({"ext_strm_strength": "10"}, "strength 10 is for equalTo only"),
        ({"ext_strm_strength": "0"}, "strength 0 is for unrelatedTo only"),
        ({"ext_overlap": "some"}, "ext_overlap 'some' is not known"),
        ({"subject_id": ""}, "subject_id is empty"),
    ],
)
def test_a_bad_cell_is_named_with_its_line(change: dict[str, str], says: str) -> None:
    file, problems = parse("mappings/a--b.sssom.tsv", text(GOOD | change))
    assert file.rows == ()
    assert [(p.line, says in p.what, bool(p.fix)) for p in problems] == [(FIRST_ROW, True, True)]


def test_every_bad_row_is_reported_at_once() -> None:
    bad = GOOD | {"confidence": "x"}
    _, problems = parse("m.sssom.tsv", text(bad, GOOD, bad | {"mapping_date": "y"}))
    assert [p.line for p in problems] == [FIRST_ROW, FIRST_ROW + 2, FIRST_ROW + 2]


def test_a_row_with_too_few_cells_is_reported() -> None:
    broken = text(GOOD).rstrip("\n").rsplit("\t", 3)[0] + "\n"
    _, problems = parse("m.sssom.tsv", broken)
    assert [(p.line, "cells where the column line has" in p.what) for p in problems] == [(FIRST_ROW, True)]


def test_a_missing_column_and_an_unknown_one_are_reported() -> None:
    columns = [c for c in COLUMNS if c != "confidence"] + ["colour"]
    _, problems = parse("m.sssom.tsv", text(GOOD | {"colour": "red"}, columns=columns))
    assert [p.what for p in problems] == ["column 'confidence' is missing.", "column 'colour' is not known."]


def test_a_header_that_is_no_yaml_is_reported_with_its_line() -> None:
    _, problems = parse("m.sssom.tsv", text(GOOD, header="#curie_map: {\n#x: [\n"))
    assert problems[0].line is not None
    assert "header is not valid YAML" in problems[0].what


def test_a_header_without_licence_is_reported() -> None:
    _, problems = parse("m.sssom.tsv", text(GOOD, header=HEADER.replace("#license", "#licence")))
    assert [p.what for p in problems] == ["the header has no 'license'."]


def test_a_published_row_may_lack_confidence_and_reason() -> None:
    published = GOOD | {
        "ext_review_status": "published",
        "predicate_id": "strm:crosswalk",
        "confidence": "",
        "ext_rationale_text": "",
        "ext_strm_rationale": "",
        "author_id": "",
        "ext_overlap": "",
    }
    file, problems = parse("m.sssom.tsv", text(published))
    assert problems == []
    assert file.rows[0].confidence is None  # not stated, which is not 0
