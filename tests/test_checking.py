"""Checks of mapping rows as people meet them: commands, lint, the service and a saved question; on theirs too."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import AS_OF, DATA, ROOT, Run
from fastapi import FastAPI
from pydantic import BaseModel

from aims_graph import asked, crosswalks
from aims_graph.consistency_answers import Asked, conflicts_json, entailed_json, faults, next_json
from aims_graph.errors import DataError
from aims_graph.library import Library
from aims_graph.relations import COMPOSITION, EQ, INT, NONE, SET_RELATIONS, SUB, SUP, Relation
from aims_graph.trace import Options
from aims_graph_api import create_app
from aims_graph_api.schemas import consistency_responses

QUESTION = (ROOT / "queries" / "contradictions.rq").read_text(encoding="utf-8")
THEIRS = DATA / "crosswalks" / "theirs.csv"
SHIPPED = Asked(Options(AS_OF))
DAY = ("--as-of", AS_OF)
KINDS = ("conflicts", "entailed", "next")


# -- ours --------------------------------------------------------------------------------------


def test_the_shipped_rows_can_all_be_right_at_once(run: Run) -> None:
    for more in ((), ("--proposed",), ("--as-of", "2025-01-01"), ("--trust", "accepted")):
        ran = run("review", "conflicts", *DAY, *more) if "--as-of" not in more else run("review", "conflicts", *more)
        assert ran.code == 0
        signed = "--trust" in more  # no row is signed
        says = (
            "Nothing was compared, so nothing is said."
            if signed
            else "No contradiction: they can all be right at once."
        )
        assert says in ran.out


def test_every_row_is_compared_or_counted_with_a_reason(library: Library) -> None:
    found = conflicts_json(library.catalogue, SHIPPED)
    assert found["rows_compared"] + sum(r["rows"] for r in found["left_out"]) == len(library.catalogue.mappings)
    assert found["rows_compared"] > 300


def test_what_is_remembered_of_rows_is_not_told_of_others(library: Library) -> None:
    ours = entailed_json(library.catalogue, SHIPPED)
    rows = library.catalogue.mappings
    fewer = library.catalogue.with_mappings(rows[: len(rows) // 2])
    assert entailed_json(fewer, SHIPPED)["rows_compared"] < ours["rows_compared"]
    assert len(entailed_json(fewer, SHIPPED)["entailed"]) < len(ours["entailed"])
    assert entailed_json(library.catalogue, SHIPPED) == ours
    limited = entailed_json(library.catalogue, Asked(Options(AS_OF, limit=2)))
    assert limited["entailed"] == ours["entailed"][:2]
    earlier = entailed_json(library.catalogue, Asked(Options(date(2025, 1, 1))))
    assert earlier["rows_compared"] != ours["rows_compared"]


def test_rows_that_follow_name_rows_from_which_they_follow(library: Library) -> None:
    found = entailed_json(library.catalogue, SHIPPED)["entailed"]
    assert len(found) > 20
    for one in found:
        assert one["follows_from"]
        assert {r["mapping"] for r in one["rows"]}.isdisjoint(r["mapping"] for r in one["follows_from"])
        assert {s["mapping"] for s in one["proof"]} - {None} <= {r["mapping"] for r in one["follows_from"]}


def test_the_next_pairs_are_open_and_of_two_editions(library: Library) -> None:
    found = next_json(library.catalogue, Asked(Options(AS_OF, limit=5)))
    assert len(found["pairs"]) == 5
    assert found["truncated"]
    for pair in found["pairs"]:
        assert pair["subject"].partition(":")[0] != pair["object"].partition(":")[0]
        assert len(pair["possible"]) > 1
        gains = [p["gain"] for p in pair["possible"]]
        assert pair["least_gain"] == min(gains)
        assert pair["expected_gain"] == pytest.approx(sum(gains) / len(gains), abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_table_fits_80_columns(run: Run, kind: str) -> None:
    ran = run("review", kind, *DAY, THEIRS, "--with-ours", "--proposed")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if len(line) > 80 or line != line.rstrip()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_comes_as_json_and_csv_too(run: Run, kind: str) -> None:
    assert json.loads(run("review", kind, *DAY, "--format", "json").out)["as_of"] == str(AS_OF)
    lines = list(csv.reader(io.StringIO(run("review", kind, *DAY, "--format", "csv").out)))
    assert (len(lines) > 1) == (kind != "conflicts")


@pytest.mark.parametrize("kind", KINDS)
def test_one_framework_alone_is_refused_and_comparing_nothing_says_nothing(run: Run, kind: str) -> None:
    ran = run("review", kind, *DAY, "--framework", "aiact", "--framework", "AI Act")
    assert (ran.code, ran.out) == (2, "")
    assert "a row joins two frameworks, and only 'aiact' is given" in ran.err
    nothing = run("review", kind, *DAY, "--framework", "csf2", "--framework", "iso27001-2013")
    assert nothing.code == 0
    assert "Nothing was compared, so nothing is said." in nothing.out
    assert "No contradiction" not in nothing.out


def test_rows_that_follow_are_cut_by_a_limit_that_is_said(run: Run, library: Library) -> None:
    every = entailed_json(library.catalogue, SHIPPED)
    assert every["following"] == len(every["entailed"])
    found = json.loads(run("review", "entailed", *DAY, "--format", "json").out)
    assert (found["following"], len(found["entailed"]), found["truncated"]) == (every["following"], 25, True)
    assert (
        f"3 of {every['following']} are shown; --limit shows more." in run("review", "entailed", *DAY, "--limit", 3).out
    )
    assert "--limit shows more" not in run("review", "entailed", *DAY, "--limit", 1000).out


def test_what_to_do_with_a_pair_is_said(run: Run) -> None:
    assert "To judge a pair, read both texts" in run("review", "next", *DAY, "--limit", 1).out


def test_names_that_a_loaded_framework_does_not_have_are_told_from_those_of_others(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    file.write_text(
        "subject_id,predicate_id,object_id\niso42001:10.9,subsetOf,aiact:art-999\nx:1,equalTo,iso42001:10.2\n"
    )
    found = json.loads(run("review", "conflicts", *DAY, file, "--format", "json").out)
    assert (found["as_written"], found["no_provision"]) == (1, ["aiact:art-999", "iso42001:10.9"])
    told = " ".join(run("review", "conflicts", *DAY, file).out.split())
    assert "1 name is of no loaded framework." in told
    assert "aiact:art-999, iso42001:10.9 are no provisions of their frameworks" in told
    assert "'aims-graph lint " in told


def test_rows_between_chosen_frameworks_only(run: Run) -> None:
    found = json.loads(
        run("review", "entailed", *DAY, "--framework", "iso42001", "--framework", "mss", "--format", "json").out
    )
    ends = {end for one in found["entailed"] for r in one["rows"] for end in (r["subject"], r["object"])}
    assert {end.partition(":")[0] for end in ends} <= {"iso42001", "mss"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            ("--rationale", "guessed"),
            "'guessed' is not a known rationale. Use one of: semantic, functional, ",
        ),
        (("--trust", "blind"), "'blind' is not a known trust level"),
        (("--framework", "nowhere"), "'nowhere' is not a known framework"),
        (("notes.txt",), "'notes.txt' is not a crosswalk. Give .csv or .tsv files."),
        (("absent.csv",), "cannot be read"),
    ],
)
def test_bad_input_is_refused(run: Run, more: tuple[str, ...], says: str) -> None:
    ran = run("review", "conflicts", *more)
    assert ran.code == 2
    assert says in ran.err


def test_a_limit_of_pairs_must_be_positive(run: Run) -> None:
    ran = run("review", "next", "--limit", "0")
    assert ran.code == 2
    assert "limit 0 is not a positive number" in ran.err


# -- a row that contradicts the shipped ones -----------------------------------------------------

PAIR = "iso42001--mss"
EQUAL = ("iso42001:10.2", "mss:10.2")  # by a shipped row
SET = "https://example.org/other"


def overlay(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """A data folder with one more mapping file, signed by somebody."""
    text = (ROOT / "mappings" / f"{PAIR}.sssom.tsv").read_text(encoding="utf-8")
    header = [line for line in text.splitlines() if line.startswith("#")]
    header = [re.sub(r"mapping_set_id: .*", f"mapping_set_id: {SET}", line) for line in header]
    columns = next(line for line in text.splitlines() if not line.startswith("#")).split("\t")
    lines = [*header, "\t".join([*columns, "reviewer_id", "review_date"])]
    for number, (subject, relation, object_) in enumerate(rows, 1):
        cells = {
            "record_id": f"mapping:other-{number:03}",
            "subject_id": subject,
            "predicate_id": f"strm:{relation}",
            "object_id": object_,
            "mapping_justification": "semapv:ManualMappingCuration",
            "confidence": "0.7",
            "author_id": "agent:somebody",
            "mapping_date": "2026-11-01",
            "ext_strm_rationale": "semantic",
            "ext_rationale_text": "Somebody read the two texts otherwise than the others did.",
            "ext_review_status": "accepted",
            "ext_overlap": "both" if relation == "intersectsWith" else "",
            "reviewer_id": "agent:signer",
            "review_date": "2026-11-02",
        }
        lines.append("\t".join(cells.get(c, "") for c in (*columns, "reviewer_id", "review_date")))
    path = folder / "mappings" / f"{PAIR}.other.sssom.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def shipped_row(library: Library) -> str:
    """Where the shipped rows state that the pair is equal."""
    (found,) = (r for r in library.catalogue.mappings if (r.subject, r.object) == EQUAL)
    assert found.relation is EQ
    return str(found.source)


def test_a_contradiction_is_a_finding_with_both_lines_and_their_reasons(
    run: Run, tmp_path: Path, shipped_row: str
) -> None:
    data = overlay(tmp_path, (EQUAL[0], "intersectsWith", EQUAL[1]))
    ran = run("review", "conflicts", *DAY, "--data", data)
    assert ran.code == 1
    words = " ".join(ran.out.split())
    assert "Conflict 1: 2 rows that cannot all be right" in words
    assert shipped_row in words
    assert f"{PAIR}.other.sssom.tsv" in words
    assert "Somebody read the two texts otherwise than the others did." in words
    found = json.loads(run("review", "conflicts", *DAY, "--data", data, "--format", "json").out)
    assert [len(c["rows"]) for c in found["conflicts"]] == [2]
    table = list(csv.DictReader(io.StringIO(run("review", "conflicts", "--data", data, "--format", "csv").out)))
    assert [line["conflict"] for line in table] == ["1", "1"]
    assert {line["source"] for line in table} >= {shipped_row}


def test_lint_names_a_contradiction_in_every_file_that_has_a_part_in_it(tmp_path: Path, shipped_row: str) -> None:
    data = overlay(tmp_path, (EQUAL[0], "intersectsWith", EQUAL[1]))
    found = list(faults(Library.open([data]).catalogue))
    assert len(found) == 2
    assert {f"{p.path}:{p.line}" for p in found} >= {shipped_row}
    assert all("the row cannot be right together with mappings/" in p.what for p in found)


def test_lint_ends_with_findings_where_rows_contradict_one_another(run: Run, tmp_path: Path) -> None:
    data = overlay(tmp_path, (EQUAL[0], "intersectsWith", EQUAL[1]))
    ran = run("lint", data / "mappings" / f"{PAIR}.other.sssom.tsv", "--data", data)
    assert ran.code == 1
    assert "the row cannot be right together with" in ran.out


def test_rows_in_a_conflict_are_left_out_of_what_follows_and_counted(run: Run, tmp_path: Path) -> None:
    data = overlay(tmp_path, (EQUAL[0], "intersectsWith", EQUAL[1]))
    for kind in ("entailed", "next"):
        ran = run("review", kind, *DAY, "--data", data)
        assert ran.code == 0
        assert "2 rows in a conflict were left out; see 'review conflicts'." in ran.out


def test_a_conflict_of_two_management_systems_says_so(run: Run, tmp_path: Path) -> None:
    data = overlay(tmp_path, ("iso27001:10.2", "subsetOf", EQUAL[0]))
    found = json.loads(run("review", "conflicts", *DAY, "--data", data, "--format", "json").out)
    (conflict,) = found["conflicts"]
    assert len(conflict["systems"]) == 2
    assert conflict["note"].startswith("The rows speak of more than one management system")


# -- the saved question ------------------------------------------------------------------------


def test_the_question_holds_the_table_of_composition() -> None:
    triples = {tuple(t) for t in re.findall(r"\(strm:(\w+) strm:(\w+) strm:(\w+)\)", QUESTION)}
    assert triples == {
        (r.value, s.value, t.value) for r, s, t in product(SET_RELATIONS, repeat=3) if t not in COMPOSITION[r][s]
    }
    pairs = re.findall(r"VALUES \(\?([rs]) \?t\) \{(.*?)\}", QUESTION, re.S)
    part: dict[str, set[tuple[str, str]]] = {
        "s": {(s.value, t.value) for s, t in product(SET_RELATIONS, repeat=2) if t not in _any(SUB, EQ, then=s)},
        "r": {(r.value, t.value) for r, t in product(SET_RELATIONS, repeat=2) if t not in _any_after(r, SUP, EQ)},
    }
    assert {name for name, _ in pairs} == {"r", "s"}
    for name, block in pairs:
        assert set(re.findall(r"\(strm:(\w+) strm:(\w+)\)", block)) == part[name]


def _any(*first: Relation, then: Relation) -> set[Relation]:
    return {t for r in first for t in COMPOSITION[r][then]}


def _any_after(first: Relation, *then: Relation) -> set[Relation]:
    return {t for s in then for t in COMPOSITION[first][s]}


def test_the_question_finds_what_contradicts_directly_in_a_triangle_and_through_a_part(tmp_path: Path) -> None:
    cases = {
        "same pair": (EQUAL[0], "intersectsWith", EQUAL[1]),
        "triangle": ("iso27001:10.2", "subsetOf", EQUAL[0]),
        "part": ("iso42001:10.2.a", "unrelatedTo", EQUAL[1]),
    }
    for form, stated in cases.items():
        library = Library.open([overlay(tmp_path / form, stated)])
        table = asked.ask(library, "contradictions", {}, AS_OF, "double-read")
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        forms = {row["form"].value for row in rows}  # type: ignore[union-attr]
        assert form in forms, form
        lines = {row[c].value for row in rows for c in ("source", "source1", "source2") if row[c] is not None}  # type: ignore[union-attr]
        in_conflict = {r["source"] for c in conflicts_json(library.catalogue, SHIPPED)["conflicts"] for r in c["rows"]}
        assert in_conflict <= lines


# -- other people's crosswalks -------------------------------------------------------------------


def written(folder: Path, text: str, name: str = "theirs.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_crosswalk_of_frameworks_that_are_not_loaded_is_checked_on_its_own(run: Run, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "Focal Document Element,Focal Document Element Description,Rationale,Relationship,Reference Document Element\n"
        "X-1,some words,Semantic,equal to,Y-1\n"
        "X-1,some words,Semantic,subset of,Y-2\n"
        "X-2,some words,Semantic,equal to,Y-1\n"
        "X-2,some words,Semantic,superset of,Y-2\n"
        "X-3,some words,Semantic,not related to,Y-2\n",
    )
    ran = run("review", "conflicts", path, "--format", "json")
    assert ran.code == 1
    found = json.loads(ran.out)
    (conflict,) = found["conflicts"]
    assert sorted(r["source"] for r in conflict["rows"]) == [f"{path}:{n}" for n in (2, 3, 4, 5)]
    assert (found["rows_compared"], found["as_written"], found["with_ours"]) == (5, 5, False)


def test_a_crosswalk_is_checked_together_with_ours(run: Run, tmp_path: Path, shipped_row: str) -> None:
    path = written(tmp_path, f"subject_id,predicate_id,object_id\n{EQUAL[0]},strm:unrelatedTo,{EQUAL[1]}\n")
    assert run("review", "conflicts", path).code == 0, "alone it contradicts nothing"
    ran = run("review", "conflicts", path, "--with-ours", *DAY, "--format", "json")
    assert ran.code == 1
    (conflict,) = json.loads(ran.out)["conflicts"]
    assert {r["source"] for r in conflict["rows"]} == {shipped_row, f"{path}:2"}


def test_rows_of_theirs_rest_on_what_is_asked_for_where_they_do_not_say(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path, f"subject_id,predicate_id,object_id\n{EQUAL[0]},strm:unrelatedTo,{EQUAL[1]}\n")
    ran = run("review", "conflicts", path, "--with-ours", "--rationale", "functional", *DAY)
    assert ran.code == 0


def test_a_mapping_file_in_our_form_is_read_with_all_that_it_says(library: Library) -> None:
    for path in sorted((ROOT / "mappings").glob("*.sssom.tsv")):
        read = crosswalks.read(library.catalogue, str(path), path.read_text(encoding="utf-8"))
        held = [r for r in library.catalogue.mappings if r.source.path == f"mappings/{path.name}"]
        assert [(r.id, r.relation, r.joint) for r in read.rows] == [(r.id, r.relation, r.joint) for r in held]
        assert (read.not_read, read.as_written) == ({}, 0)


@pytest.mark.parametrize(
    ("word", "relation"),
    [
        ("Equal", EQ),
        ("skos:exactMatch", EQ),
        ("subset of", SUB),
        ("skos:broadMatch", SUB),
        ("Superset Of", SUP),
        ("Intersects With", INT),
        ("strm:unrelatedTo", NONE),
        ("Not related to", NONE),
        ("No Relationship", NONE),
    ],
)
def test_the_words_that_people_use_for_the_relations_are_read(library: Library, word: str, relation: Relation) -> None:
    (row,) = crosswalks.read(library.catalogue, "t.csv", f"from,relation,to\niso42001:10.1,{word},mss:10.1\n").rows
    assert row.relation is relation
    assert (row.subject, row.object, row.source.line) == ("iso42001:10.1", "mss:10.1", 2)


def test_what_is_not_read_is_counted_with_a_reason(run: Run, tmp_path: Path) -> None:
    lines = [
        "from,relation,to,comment",
        "10.1,equal,A-1,",
        "10.2,partial,A-2,",
        "10.1; 10.2,equal,A-3,",
        ",equal,A-4,x",
    ]
    ran = run("review", "conflicts", written(tmp_path, "\n".join(lines) + "\n"))
    assert ran.code == 0
    words = " ".join(ran.out.split())
    assert "1 row of" in words
    for reason in ("1 state none of the five relations", "1 name several provisions", "1 leave a side or the relation"):
        assert reason in words


def test_columns_named_after_frameworks_are_sides(library: Library) -> None:
    text = "no,ISO 42001,relation,EU AI Act\n1,10.2,subset of,Art. 20(1)\n2,10.1,equal,CIS 1.1\n"
    rows = crosswalks.read(library.catalogue, "t.csv", text).rows
    assert [(r.subject, r.object) for r in rows] == [
        ("iso42001:10.2", "aiact:art-20.1"),
        ("iso42001:10.1", "EU AI Act CIS 1.1"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b,c\n1,2,3\n", "no column says how the two sides relate. Write equal to,"),
        ("a,b,c\nxx,equal,yy\n", "0 columns hold provisions, where two sides are wanted. Name them subject_id and obj"),
        ('from,relation,to\niso42001:10.1,equal,"mss:10.1\n', "the row cannot be read"),
        (
            "subject_id\tpredicate_id\tobject_id\text_rationale_text\na\tstrm:equalTo\tb\tc\n",
            "column 'record_id' is mis",
        ),
    ],
)
def test_a_table_that_cannot_be_told_apart_is_refused(library: Library, text: str, says: str) -> None:
    with pytest.raises(DataError, match=re.escape(says)):
        crosswalks.read(library.catalogue, "t.tsv" if "\t" in text else "t.csv", text)


# -- the service -----------------------------------------------------------------------------------


def get(app: FastAPI, path: str, **parameters: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get(f"/api/v1/review/{path}", params=parameters)

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def app(library: Library) -> FastAPI:
    return create_app(library, today=lambda: AS_OF)


@pytest.mark.parametrize("kind", KINDS)
def test_the_service_gives_the_object_that_the_command_prints(app: FastAPI, run: Run, kind: str) -> None:
    assert get(app, kind, as_of=str(AS_OF)).json() == json.loads(run("review", kind, *DAY, "--format", "json").out)


def test_the_service_compares_rows_that_nobody_has_read_twice_if_asked_to(app: FastAPI, run: Run) -> None:
    said = json.loads(run("review", "conflicts", *DAY, "--proposed", "--format", "json").out)
    assert get(app, "conflicts", proposed=True).json() == said


def test_every_answer_has_exactly_the_members_that_are_documented(app: FastAPI, tmp_path: Path) -> None:
    clash = create_app(Library.open([overlay(tmp_path, (EQUAL[0], "intersectsWith", EQUAL[1]))]), today=lambda: AS_OF)
    documented = consistency_responses
    models: list[type[BaseModel]] = [documented.Conflicts, documented.Entailed, documented.NextPairs]
    for kind, model in zip(KINDS, models, strict=True):
        for one in (app,) if kind == "next" else (app, clash):
            answer = get(one, kind, proposed=True).json()
            assert model.model_validate(answer).model_dump(mode="json", exclude_unset=True) == answer
    assert get(clash, "conflicts").json()["conflicts"]


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("next", {"limit": 0}, 422),
        ("next", {"limit": 2}, 200),
        ("conflicts", {"limit": 2}, 422),
        ("conflicts", {"framework": "nowhere"}, 404),
        ("conflicts", {"framework": ["iso42001", "ISO 27001"]}, 200),
        ("entailed", {"as_of": "yesterday"}, 422),
        ("entailed", {"trust": "blind"}, 422),
    ],
)
def test_parameters_are_taken_or_refused(app: FastAPI, path: str, parameters: dict[str, Any], status: int) -> None:
    assert get(app, path, **parameters).status_code == status
