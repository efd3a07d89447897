"""Which rows to review first: what rests on each, counted by taking it away, and an order that is documented."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from conftest import AS_OF, Run
from set_worlds import World
from test_random_worlds import made
from worlds import TODAY, P, catalogue, members, provision, row

from aims_graph import weighing
from aims_graph.catalogue import Catalogue
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import ACCEPTED, DOUBLE_READ
from aims_graph.relations import EQ, INT, SUP, Degree
from aims_graph.reviews import read_reviews
from aims_graph.tables import weighing_tables
from aims_graph.tables.tables import show
from aims_graph.trace import Options
from aims_graph.weak_points import WeakPoint, WeakPoints, weak_points, weak_points_json

OPTIONS = Options(TODAY)
WORLDS = 12


def weighed(known: Catalogue) -> dict[str, WeakPoint]:
    return {p.row.id: p for p in weak_points(Index(known, OPTIONS.context()), OPTIONS).points}


def counts(point: WeakPoint) -> tuple[int, int, int, int]:
    return (point.full, point.partial, point.lost, point.lowered)


# -- exact -----------------------------------------------------------------------------


def claimed(known: Catalogue, world: World) -> dict[tuple[str, str], Degree]:
    """Every full and partial claim on another edition, by the search that keeps every proof."""
    found: dict[tuple[str, str], Degree] = {}
    for start in world.nodes:
        claims = infer(known, [start], world.context({})).claims
        own = known.provisions[start].edition
        found |= {
            (start, name): c.degree
            for name, c in claims.items()
            if c.degree >= P and known.provisions[name].edition != own
        }
    return found


def test_what_falls_with_a_row_is_what_falls_when_it_is_taken_away() -> None:
    seen: Counter[str] = Counter()
    for world in islice(made(of_case=False), WORLDS):
        known = world.catalogue
        points = {p.row.id: p for p in weak_points(Index(known, world.context({})), OPTIONS).points}
        before = claimed(known, world)
        for old in known.mappings:
            if old.status not in (ACCEPTED, DOUBLE_READ):
                assert old.id not in points
                continue
            without = replace(
                known, mappings=tuple(replace(r, status="rejected") if r is old else r for r in known.mappings)
            )
            after = claimed(without, world)
            lost = sum(pair not in after for pair in before)
            lowered = sum(pair in after and after[pair] < degree for pair, degree in before.items())
            point = points.get(old.id)
            assert (lost, lowered) == ((point.lost, point.lowered) if point else (0, 0)), old.id
            if point is not None:
                assert point.full + point.partial >= lost + lowered
                seen.update({"lost": lost, "lowered": lowered, "rows": 1})
    assert seen["rows"] > 50
    assert seen["lost"] > 50
    assert seen["lowered"] > 0


def test_a_row_with_another_proof_beside_it_carries_and_loses_nothing() -> None:
    rows = [row("a:x", EQ, "b:x", 0.9, id="sure"), row("a:x", EQ, "c:x", 0.9, id="to"), row("c:x", EQ, "b:x", id="fro")]
    points = weighed(catalogue([provision(f"{e}:x") for e in "abc"], rows))
    assert counts(points["sure"]) == (2, 0, 0, 0)
    assert set(points) == {"sure", "to", "fro"}


def test_a_full_claim_with_a_weaker_proof_beside_it_would_be_lowered() -> None:
    rows = [row("a:x", SUP, "b:x", 0.9, id="full"), row("a:x", INT, "b:x", 0.9, id="part", mapping_set="other")]
    points = weighed(catalogue([provision("a:x"), provision("b:x")], rows))
    assert counts(points["full"]) == (1, 1, 0, 1)
    assert "part" not in points


def test_every_row_of_a_joint_group_carries_what_the_group_carries() -> None:
    rows = [row(f"a:{n}", EQ, "b:z", 0.9, id=n, joint="g") for n in "xy"]
    points = weighed(catalogue([*members("a:w", "x", "y", exhaustive=True), provision("b:z")], rows))
    assert points["x"].full >= 1
    assert counts(points["x"]) == counts(points["y"])
    assert points["x"].lost == points["x"].full + points["x"].partial


# -- order -----------------------------------------------------------------------------


def test_the_greatest_expected_loss_comes_first_and_no_confidence_counts_as_no_belief() -> None:
    rows = [
        row("a:x", EQ, "b:x", 0.9, id="sure"),
        row("a:y", EQ, "b:y", 0.5, id="doubtful"),
        row("a:z", EQ, "b:z", None, id="unknown"),
        row("a:u", EQ, "b:u", 0.5, id="also doubtful"),
    ]
    known = catalogue([provision(f"{e}:{n}") for e in "ab" for n in "xyzu"], rows)
    found = weak_points(Index(known, OPTIONS.context()), OPTIONS)
    assert [p.row.id for p in found.points] == ["unknown", "also doubtful", "doubtful", "sure"]
    assert [p.expected_loss for p in found.points] == pytest.approx([2.0, 1.0, 1.0, 0.2])
    told = weak_points_json(found)["weak_points"][0]
    assert (told["confidence"], told["expected_loss"], told["expected_loss_at_most"]) == (None, None, 2.0)


def test_a_limit_is_named_and_the_count_of_rows_stays(run: Run) -> None:
    found = json.loads(run("weak-points", "--limit", 2, "--as-of", AS_OF, "--format", "json").out)
    assert (len(found["weak_points"]), found["limit"], found["truncated"]) == (2, 2, True)
    assert found["rows"] > 100
    assert (
        f"2 of {found['rows']} rows are shown; --limit shows more."
        in run("weak-points", "--limit", 2, "--as-of", AS_OF).out
    )


def test_a_limit_of_the_search_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("aims_graph.indexing.index.MAX_KEPT", 1)
    rows = [
        row("a:x", EQ, "b:x", 0.9, rationale_kind="functional"),
        row("a:x", EQ, "c:x", 0.8, rationale_kind=None),
        row("c:x", EQ, "b:x", 0.9, rationale_kind=None),
        row("b:x", EQ, "d:x", 0.9),
    ]
    known = catalogue([provision(f"{e}:x") for e in "abcd"], rows)
    found = weak_points_json(weak_points(Index(known, OPTIONS.context()), OPTIONS))
    show(weighing_tables.weak_points(found))
    said = capsys.readouterr().out
    assert found["limited"]
    assert all(f"A limit of the search left claims out at {name}." in said for name in found["limited"])


# -- the shipped rows ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(library: Library) -> WeakPoints:
    return weighing.weak_points(library, Options(AS_OF))


def test_no_more_falls_than_is_carried_and_only_admitted_rows_carry(shipped: WeakPoints) -> None:
    assert len(shipped.points) > 100
    for point in shipped.points:
        assert 0 <= point.lost + point.lowered <= point.full + point.partial
        assert point.lowered <= point.full
        assert point.row.status in (ACCEPTED, DOUBLE_READ)
    losses = [p.expected_loss for p in shipped.points]
    assert losses == sorted(losses, reverse=True)


def test_what_the_readers_said_is_shown(shipped: WeakPoints, library: Library) -> None:
    reviews, _ = read_reviews(library.catalogue.files)
    every = replace(shipped, options=replace(shipped.options, limit=len(shipped.points)))
    told = {p["mapping"]: p["readings"] for p in weak_points_json(every)["weak_points"]}
    read = [p.row.id for p in shipped.points if p.row.status == DOUBLE_READ]
    assert all(told[name] is not None and told[name]["outcome"] == reviews[name].outcome for name in read)
    assert {told[name]["outcome"] for name in read} <= {"agreed", "settled"}


def test_only_rows_at_the_framework_asked_for_are_listed(run: Run, library: Library) -> None:
    asked = ("weak-points", "--framework", "nistrmf", "--limit", 1000, "--as-of", AS_OF, "--format", "json")
    listed = json.loads(run(*asked).out)["weak_points"]
    assert listed
    assert all("nistrmf" in (p["subject"].partition(":")[0], p["object"].partition(":")[0]) for p in listed)
    whole = {p.row.id: counts(p) for p in weighing.weak_points(library, Options(AS_OF)).points}
    assert all(whole[p["mapping"]] == (p["full"], p["partial"], p["lost"], p["lowered"]) for p in listed)


def test_the_command_prints_what_the_function_says(run: Run, library: Library) -> None:
    found = weak_points_json(weighing.weak_points(library, Options(AS_OF, limit=20)))
    assert json.loads(run("weak-points", "--as-of", AS_OF, "--format", "json").out) == found
    rows = list(csv.DictReader(run("weak-points", "--as-of", AS_OF, "--format", "csv").out.splitlines()))
    assert [r["mapping"] for r in rows] == [p["mapping"] for p in found["weak_points"]]
    table = run("weak-points", "--as-of", AS_OF).out
    assert [line for line in table.splitlines() if len(line) > 80 or line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--limit", "0"), "limit 0 is not a positive number"),
        (("--framework", "nothing"), "'nothing' is not a known framework"),
        (("--role", "boss"), "'boss' is not a known role"),
    ],
)
def test_bad_input_says_what_is_wrong(run: Run, options: tuple[str, ...], says: str) -> None:
    ran = run("weak-points", *options)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


@pytest.mark.parametrize("question", ["explain", "what-if", "weak-points", "impact"])
def test_a_question_that_answers_only_part_says_what_it_leaves_to_the_command(library: Library, question: str) -> None:
    assert "left to the command" in library.questions[question].answers


def test_twenty_rows_are_listed_where_no_limit_is_asked_for(shipped: WeakPoints) -> None:
    found = weak_points_json(shipped)
    assert (found["limit"], len(found["weak_points"]), found["truncated"]) == (20, 20, True)


def test_the_rows_of_a_framework_are_counted_apart_from_all(run: Run) -> None:
    asked = ("weak-points", "--framework", "aiact", "--as-of", AS_OF)
    found = json.loads(run(*asked, "--format", "json").out)
    assert 0 < found["rows"] < found["all_rows"]
    told = " ".join(run(*asked).out.split())
    assert told.startswith(f"{found['all_rows']} rows carry {found['claims']} claims from one framework to another. ")
    assert f"{found['rows']} of them stand at aiact." in told
    assert "aims-graph what-if --reject ROW" in told


@pytest.mark.parametrize(
    ("framework", "says"),
    [
        ("iso27001-2013", "ISO/IEC 27001:2013 is not in force on 2026-11-22"),
        ("ai600-1", "No row at NIST AI 600-1 carries a claim"),
    ],
)
def test_a_framework_without_such_rows_says_why(run: Run, framework: str, says: str) -> None:
    told = " ".join(run("weak-points", "--framework", framework, "--as-of", AS_OF).out.split())
    assert "0 of them stand at" in told
    assert "First those" not in told
    assert says in told


def test_a_table_of_all_rows_needs_no_word_on_a_limit(run: Run) -> None:
    assert "--limit shows more" not in run("weak-points", "--limit", 5000, "--as-of", AS_OF).out
