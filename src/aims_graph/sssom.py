"""SSSOM TSV text to mapping rows. Every bad row is reported; none is skipped."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import date
from typing import Any

from aims_graph.errors import Problem
from aims_graph.model import (
    ACCEPTED,
    BOTH,
    DOUBLE_READ,
    PER_OCCURRENCE,
    PROPOSED,
    PUBLISHED,
    REJECTED,
    STANDING,
    Mapping,
    Source,
)
from aims_graph.relations import Relation

REQUIRED = (
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
)
OPTIONAL = (
    "subject_label",
    "object_label",
    "ext_overlap",
    "ext_strm_strength",
    "ext_condition",
    "ext_joint_group",
    "subject_source",
    "object_source",
    "mapping_source",
    "reviewer_id",
    "review_date",
    "comment",
)
STATUSES = (PROPOSED, DOUBLE_READ, ACCEPTED, REJECTED, PUBLISHED)
RATIONALES = ("semantic", "functional", "syntactic")
OVERLAPS = (STANDING, PER_OCCURRENCE, BOTH)
HEADER_NEEDS = ("curie_map", "mapping_set_id", "license", "subject_source", "object_source")
MIN_SENTENCE = 20  # characters: below this a rationale is a word, not a reason


@dataclass(frozen=True)
class MappingFile:
    """One mapping set: its YAML header and its rows, each with its line."""

    path: str
    header: dict[str, Any]
    columns: tuple[str, ...]
    rows: tuple[Mapping, ...]
    records: tuple[dict[str, str], ...]

    @property
    def id(self) -> str:
        """The IRI of the mapping set."""
        return str(self.header.get("mapping_set_id", ""))


def is_ours(text: str) -> bool:
    """Whether a table has the columns of a mapping file here, and is not just somebody's table of references."""
    columns = next((line.split("\t") for line in text.splitlines() if not line.startswith("#")), [])
    return {"subject_id", "predicate_id", "object_id", "ext_rationale_text"} <= set(columns)


def parse(path: str, text: str) -> tuple[MappingFile, list[Problem]]:
    """Read one TSV; the problems are all that keep rows from being loaded, in line order."""
    lines = text.splitlines()
    split = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header, problems = _header(path, lines[:split])
    table = [line.split("\t") for line in lines[split:]]
    if not table:
        problems.append(Problem(path, split + 1, "no column line.", "Add the SSSOM column names."))
        return MappingFile(path, header, (), (), ()), problems
    columns = tuple(table[0])
    problems += _column_problems(path, split + 1, columns)
    rows: list[Mapping] = []
    records: list[dict[str, str]] = []
    if any(p.what.startswith("column") for p in problems):
        return MappingFile(path, header, columns, (), ()), problems
    for number, cells in enumerate(table[1:], start=split + 2):
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(columns):
            what = f"{len(cells)} cells where the column line has {len(columns)}."
            problems.append(Problem(path, number, what, "Separate the cells with single tabs."))
            continue
        record = {c: cell.strip() for c, cell in zip(columns, cells, strict=True)}
        row, found = _row(path, number, record, header)
        problems += found
        records.append(record)
        if row is not None:
            rows.append(row)
    return MappingFile(path, header, columns, tuple(rows), tuple(records)), problems


def _header(path: str, lines: list[str]) -> tuple[dict[str, Any], list[Problem]]:
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster
        header = yaml.load("\n".join(line[1:] for line in lines), Loader=loader) or {}  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        detail = getattr(error, "problem", None) or "syntax error"
        return {}, [Problem(path, line, f"the header is not valid YAML: {detail}.", "Correct that line.")]
    if not isinstance(header, dict):
        what = "the header is not a list of 'key: value' lines."
        return {}, [Problem(path, 1, what, "Start each header line with '#key: value'.")]
    missing = [key for key in HEADER_NEEDS if key not in header]
    problems = [Problem(path, 1, f"the header has no '{key}'.", f"Add a line '#{key}: …'.") for key in missing]
    return header, problems


def _column_problems(path: str, line: int, columns: tuple[str, ...]) -> list[Problem]:
    known = (*REQUIRED, *OPTIONAL)
    return [
        Problem(path, line, f"column '{c}' is missing.", "Add the column.") for c in REQUIRED if c not in columns
    ] + [
        Problem(path, line, f"column '{c}' is not known.", f"Use one of: {', '.join(known)}.")
        for c in columns
        if c not in known
    ]


def _row(path: str, line: int, record: dict[str, str], header: dict[str, Any]) -> tuple[Mapping | None, list[Problem]]:
    problems: list[Problem] = []

    def bad(what: str, fix: str) -> None:
        problems.append(Problem(path, line, what, fix))

    status = record["ext_review_status"]
    published = status == PUBLISHED
    for column in ("record_id", "subject_id", "object_id", "mapping_justification"):
        if not record[column]:
            bad(f"{column} is empty.", "Fill the cell.")
    if status not in STATUSES:
        bad(f"ext_review_status '{status}' is not known.", f"Use one of: {', '.join(STATUSES)}.")
    relation = _relation(record["predicate_id"], bad)
    confidence = _number(record, "confidence", 0.0, 1.0, bad)
    strength = _number(record, "ext_strm_strength", 0.0, 10.0, bad)
    if strength is not None and strength != int(strength):
        bad(f"ext_strm_strength '{record['ext_strm_strength']}' is not a whole number.", "Use 0 to 10.")
    mapped_on = _date(record, "mapping_date", bad)
    if not published:
        _own_row_needs(record, confidence, bad)
    if status == ACCEPTED and not (record.get("reviewer_id") and record.get("review_date")):
        bad("an accepted row names no reviewer_id and review_date.", "Say who signed it, and when.")
    _vocabulary(record, "ext_overlap", OVERLAPS, bad)
    _vocabulary(record, "ext_strm_rationale", RATIONALES, bad)
    if relation is None or problems:
        return None, problems
    _strength_fits(relation, strength, bad)
    mapping = Mapping(
        id=record["record_id"],
        subject=record["subject_id"],
        relation=relation,
        object=record["object_id"],
        confidence=confidence,
        rationale_kind=record["ext_strm_rationale"] or None,
        rationale=record["ext_rationale_text"] or None,
        status=status,
        overlap=record.get("ext_overlap") or None,
        strength=None if strength is None else int(strength),
        condition=record.get("ext_condition") or None,
        joint=record.get("ext_joint_group") or None,
        justification=record["mapping_justification"],
        author=record["author_id"] or None,
        reviewer=record.get("reviewer_id") or None,
        mapped_on=mapped_on,
        origin=record.get("mapping_source") or header.get("mapping_source"),
        mapping_set=str(header.get("mapping_set_id", "")),
        source=Source(path, line),
    )
    return (None if problems else mapping), problems


def _own_row_needs(record: Dict[str, str], confidence: float | None, bad: Any) -> None:
    if confidence is None and not record["confidence"]:
        bad("confidence is empty.", "State how sure the row is, from 0 to 1.")
    if not record["author_id"]:
        bad("author_id is empty.", "Say who made the row.")
    if not record["ext_strm_rationale"]:
        bad("ext_strm_rationale is empty.", f"Use one of: {', '.join(RATIONALES)}.")
    if len(record["ext_rationale_text"]) < MIN_SENTENCE:
        bad("ext_rationale_text gives no reason.", "Write one sentence that says why.")


def _relation(text: str, bad: Any) -> Relation | None:
    prefix, _, local = text.partition(":")
    known = {r.value: r for r in Relation}
    if prefix == "strm" and local in known:
        return known[local]
    bad(f"predicate_id '{text}' is not a relation.", f"Use strm: with one of: {', '.join(known)}.")
    return None


def _number(record: Dict[str, str], column: str, low: float, high: float, bad: Any) -> float | None:
    text = record.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if low <= value <= high:
        return value
    bad(f"{column} '{text}' is not a number from {low:g} to {high:g}.", "Correct the number.")
    return None


def _date(record: Dict[str, str], column: str, bad: Any) -> date | None:
    text = record.get(column, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        bad(f"{column} '{text}' is not a date.", "Write it as YYYY-MM-DD.")
        return None


def _vocabulary(record: Dict[str, str], column: str, allowed: tuple[str, ...], bad: Any) -> None:
    value = record.get(column, "")
    if value and value not in allowed:
        bad(f"{column} '{value}' is not known.", f"Use one of: {', '.join(allowed)}.")


def _strength_fits(relation: Relation, strength: float | None, bad: Any) -> None:
    if strength == 10 and relation is not Relation.EQUAL:
        bad("strength 10 is for equalTo only.", "Lower the strength or change the relation.")
    if strength == 0 and relation not in (Relation.UNRELATED, Relation.NO_RELATIONSHIP):
        bad("strength 0 is for unrelatedTo only.", "Raise the strength or change the relation.")
