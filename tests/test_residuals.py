"""What is left: every innermost duty is under a full whole or in one line; partial parts stay, in part."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import duty_worlds as d
import pyoxigraph as ox
import pytest
import worlds as w
from conftest import AS_OF, Run

from aims_graph import gaps, queries
from aims_graph.catalogue import Catalogue
from aims_graph.indexing import duties
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import Interval
from aims_graph.relations import EQ, INT, NONE, SUP, Degree, Relation
from aims_graph.residuals import Part, Residual, residual, residual_json
from aims_graph.tables import planning_tables, tables
from aims_graph.trace import Options


def _residual(known: Catalogue, done: list[str], of: str, **asked: Any) -> Residual:
    options = Options(w.TODAY, **asked)
    return residual(known, [d.thing(known, n) for n in done], d.thing(known, of), options)


def _parts(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        yield part
        yield from _parts(part.parts)


def test_every_innermost_duty_is_covered_or_left_once() -> None:
    seen: Counter[str] = Counter()
    for seed in range(120):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        names = random.sample(list(known.provisions), random.randint(1, 4))
        of = random.choice(("b", "c", "c:1", "b:1"))
        found = residual(known, [d.thing(known, n) for n in names], d.thing(known, of), asked)
        claims = infer(known, names, asked.context()).claims
        inside = [p for p in known.provisions if p == of or of in (p[0], *known.ancestors(p))]
        asked_of = duties.of(known, inside, asked.context())
        inner = {p for p in asked_of if not asked_of.intersection(known.descendants(p))}
        covered = {p for p in inner if d.covered(known, claims, p, asked.roles)}
        left = [p for item in found.left if item.how != "beyond-parts" for p in item.duties if p in inner]
        assert Counter(left) == Counter(inner - covered), seed
        assert sum(dict(found.counts).values()) == len(inner)
        assert dict(found.counts)["full"] == len(covered)
        assert sum(n for _, n in found.left_out) == len(inside) - len(asked_of) - _headings(known, inside, asked)
        for part in _parts(found.tree):
            degree = claims[part.provision].degree if part.provision in claims else Degree.NONE
            if part.state in ("full", "partial", "candidate"):
                assert degree.word == part.state, (seed, part.provision)
            else:
                assert degree is Degree.NONE or part.state == "unrelated"
            seen[part.state] += 1
        for item in found.left:
            assert (item.how == "in-part") == (item.state == "partial" and item.how != "beyond-parts")
            seen[item.how] += 1
    wanted = ("full", "partial", "candidate", "not-judged", "unrelated", "heading", "whole", "in-part", "beyond-parts")
    assert {s for s in wanted if seen[s] < 5} == set(), seen


def _headings(known: Catalogue, inside: list[str], asked: Options) -> int:
    whys = [duties.why_no_duty(known, known.provisions[p], asked.context()) for p in inside]
    return whys.count("heading")


@pytest.fixture
def whole() -> list[Any]:
    return [w.provision("a:1"), *w.members("b:1", "1.1", "1.2", "1.3", exhaustive=True)]


def test_a_partial_part_stays_in_part_and_the_rest_whole(whole: list[Any]) -> None:
    rows = [w.row("a:1", EQ, "b:1.1"), w.row("a:1", INT, "b:1.2")]
    found = _residual(w.catalogue(whole, rows), ["a:1"], "b:1")
    assert [(i.provision, i.how, i.state) for i in found.left] == [
        ("b:1.2", "in-part", "partial"),
        ("b:1.3", "whole", "not-judged"),
    ]
    assert dict(found.counts) == {
        "full": 1,
        "partial": 1,
        "candidate": 0,
        "unrelated": 0,
        "no-counterpart": 0,
        "not-judged": 1,
    }
    (top,) = found.tree
    assert (top.state, [p.state for p in top.parts]) == ("partial", ["full", "partial", "not-judged"])


def test_of_a_whole_that_is_not_exhaustive_something_may_be_left_beyond_its_parts() -> None:
    provisions = [w.provision("a:1"), *w.members("b:1", "1.1", "1.2")]
    rows = [w.row("a:1", EQ, "b:1.1"), w.row("a:1", EQ, "b:1.2")]
    found = _residual(w.catalogue(provisions, rows), ["a:1"], "b")
    assert [(i.provision, i.how, i.duties) for i in found.left] == [("b:1", "beyond-parts", ("b:1",))]
    exhaustive = [w.provision("a:1"), *w.members("b:1", "1.1", "1.2", exhaustive=True)]
    assert _residual(w.catalogue(exhaustive, rows), ["a:1"], "b").left == ()


def test_where_a_whole_is_covered_in_part_its_parts_are_not_told_apart(whole: list[Any]) -> None:
    found = _residual(w.catalogue(whole, [w.row("a:1", INT, "b:1")]), ["a:1"], "b")
    assert [(i.provision, i.how, len(i.duties)) for i in found.left] == [("b:1", "in-part", 4)]


def test_nothing_is_left_of_a_whole_that_is_full(whole: list[Any]) -> None:
    *rest, last = whole
    provisions = [*rest, replace(last, conditional=True)]
    found = _residual(w.catalogue(provisions, [w.row("a:1", SUP, "b:1")]), ["a:1"], "b:1")
    assert found.left == ()
    assert dict(found.counts)["full"] == 3


@pytest.mark.parametrize(
    ("start", "part", "state"),
    [
        ({"binds": ("provider",)}, {"binds": ("deployer",)}, "role"),
        ({"system_classes": ("gpai",)}, {"system_classes": ("high-risk-annex-i",)}, "scope"),
        ({}, {"conditional": True}, None),
    ],
)
def test_of_a_whole_that_is_full_a_part_that_is_asked_of_others_is_left(
    start: dict[str, Any], part: dict[str, Any], state: str | None
) -> None:
    whole = [w.provision("b:1", decomposition="AllOf"), w.provision("b:1.0", parent="b:1")]
    inner = [w.provision("b:1.1", parent="b:1", decomposition="AllOf"), w.provision("b:1.1.0", parent="b:1.1", **part)]
    known = w.catalogue([w.provision("a:1", **start), *whole, *inner], [w.row("a:1", EQ, "b:1")])
    found = _residual(known, ["a:1"], of="b:1")
    assert [(i.provision, i.how, i.state) for i in found.left] == ([("b:1.1.0", "whole", state)] if state else [])
    assert dict(found.counts)["full"] == (1 if state else 2)
    open_ones = gaps.gaps(known, [d.thing(known, "a:1")], Options(w.TODAY), every=True).gaps
    assert [(g.provision, g.reason) for g in open_ones] == ([("b:1.1.0", state)] if state else [])
    (part_,) = _residual(known, ["a:1"], of="b:1.1.0").tree
    assert part_.state == (state or "full")


def test_depth_is_no_obstacle() -> None:
    names = [f"b:{n}" for n in range(1_200)]
    deep = [
        w.provision(name, parent=above, decomposition="AllOf", exhaustive=True)
        for above, name in zip([None, *names], names, strict=False)
    ]
    known = w.catalogue([w.provision("a:1"), *deep], [w.row("a:1", INT, "b:0")])
    found = _residual(known, ["a:1"], of="b")
    assert [(i.provision, i.how, len(i.duties)) for i in found.left] == [("b:0", "in-part", 1_200)]


def test_several_together_leave_less_than_each_alone(whole: list[Any]) -> None:
    provisions = [*whole, w.provision("a:2")]
    rows = [w.row("a:1", EQ, "b:1.1"), w.row("a:2", EQ, "b:1.2")]
    known = w.catalogue(provisions, rows)
    left = {name: [i.provision for i in _residual(known, [name], "b:1").left] for name in ("a:1", "a:2", "a")}
    assert left == {"a:1": ["b:1.2", "b:1.3"], "a:2": ["b:1.1", "b:1.3"], "a": ["b:1.3"]}


def test_more_that_is_done_leaves_no_more() -> None:
    for seed in range(25):
        known = d.random_catalogue(seed)
        random = Random(seed)
        names = random.sample([p for p in known.provisions if p[0] == "a"], 4)
        before: set[str] | None = None
        for count in range(1, len(names) + 1):
            found = _residual(known, names[:count], "b")
            left = {p for i in found.left if i.how != "beyond-parts" for p in i.duties}
            inner = {p for p in left if not left.intersection(known.descendants(p))}
            assert before is None or inner <= before, seed
            before = inner


def test_judged_apart_one_away_and_not_judged_are_told_apart(whole: list[Any]) -> None:
    rows = [w.row("a:1", NONE, "b:1.1"), w.row("a:1", Relation.CROSSWALK, "b:1.2")]
    found = _residual(w.catalogue(whole, rows), ["a:1"], "b:1")
    assert [p.state for p in found.tree[0].parts] == ["unrelated", "candidate", "not-judged"]
    assert [(i.provision, len(i.duties)) for i in found.left] == [("b:1", 4)]  # none of it is covered: one line


def test_what_is_no_duty_is_counted_apart() -> None:
    provisions = [
        w.provision("a:1"),
        w.provision("b:1"),
        w.provision("b:2", force="prohibition"),
        w.provision("b:3", binds=("deployer",)),
        w.provision("b:4", addressees=("authority",)),
    ]
    found = _residual(w.catalogue(provisions), ["a:1"], "b", roles=("provider",))
    assert dict(found.left_out) == {"prohibition": 1, "binds another role": 1, "addressed to an authority": 1}
    assert [i.provision for i in found.left] == ["b:1"]


def test_evidence_and_dates_of_what_is_left_are_listed(library: Library) -> None:
    asked = Options(AS_OF, roles=("provider",))
    known = library.catalogue
    found = residual(known, [d.thing(known, "iso42001")], d.thing(known, "aiact:art-17"), asked)
    by_id = {e.id: by for e, by in found.evidence}
    open_ones = {p for i in found.left for p in i.duties}
    assert by_id
    assert all(set(by) <= open_ones for by in by_id.values())
    assert {e.id for p in open_ones for e in known.evidence_of.get(p, ())} == set(by_id)
    assert {x.provision for x in found.later} == open_ones  # none of it applies yet
    said = residual_json(known, found)["not_yet_applicable"]
    assert {x["provision"] for x in said} == open_ones
    assert all(x["applies"] for x in said)
    degrees = {p.provision: p.claim.degree for p in _parts(found.tree) if p.claim is not None}
    assert {x.provision: x.degree for x in found.later if x.degree >= Degree.PARTIAL} == {
        p: degree for p, degree in degrees.items() if p in open_ones
    }


def test_what_stopped_an_edge_is_a_state_by_its_name() -> None:
    top, one, other = w.members("b:1", "1.1", "1.2")
    provisions = [w.provision("a:1"), top, one, replace(other, conditional=True, condition="where it applies")]
    found = _residual(w.catalogue(provisions, [w.row("a:1", INT, "b:1"), w.row("a:1", EQ, "b:1.1")]), ["a:1"], "b")
    assert [(i.provision, i.how, i.state) for i in found.left] == [
        ("b:1.2", "whole", "conditional"),
        ("b:1", "beyond-parts", "partial"),
    ]
    assert "the part is asked only under a condition" in found.left[0].sentence
    assert list(dict(found.counts)) == [
        "full",
        "partial",
        "conditional",
        "candidate",
        "unrelated",
        "no-counterpart",
        "not-judged",
    ]
    assert dict(found.counts)["conditional"] == 1
    assert dict(found.counts)["not-judged"] == 0


def test_a_heading_that_is_left_has_the_state_of_what_it_holds() -> None:
    top, *parts = w.members("b:1", "1.1", "1.2", "1.3", force=None)
    inner = [w.provision(f"b:1.1.{n}", parent="b:1.1") for n in (1, 2)]
    provisions = [w.provision("a:1"), top, replace(parts[0], decomposition="AllOf"), *parts[1:], *inner]
    known = w.catalogue(provisions)
    (alike,) = _residual(known, ["a:1"], "b").left
    assert (alike.provision, alike.state, alike.leaves) == ("b:1", "not-judged", (("not-judged", 4),))
    assert len(alike.duties) == 5  # the whole of two of them is a duty too
    (mixed,) = _residual(w.catalogue(provisions, [w.row("a:1", Relation.CROSSWALK, "b:1.2")]), ["a:1"], "b").left
    assert (mixed.state, mixed.leaves) == ("candidate", (("candidate", 1), ("not-judged", 3)))


def test_lines_and_counts_speak_of_the_same_duties() -> None:
    for seed in range(60):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        found = residual(known, [d.thing(known, "a:1")], d.thing(known, random.choice("bc")), asked)
        lines: Counter[str] = Counter()
        for item in found.left:
            lines.update(dict(item.leaves))
            assert item.state != "heading"
        assert lines == Counter({s: n for s, n in found.counts if s != "full" and n}), seed


def test_nothing_is_said_of_what_holds_no_duty_that_was_asked_for() -> None:
    provisions = [
        w.provision("a:1"),
        w.provision("b:1", force="definition"),
        w.provision("b:2", binds=("deployer",)),
        w.provision("b:3", binds=("deployer",)),
    ]
    known = w.catalogue(provisions)
    found = _residual(known, ["a:1"], "b", roles=("provider",))
    assert found.notes == (
        f"b holds no duty in force on {w.TODAY} for what was asked (2 bind another role, 1 definition). "
        "Nothing can be said of what is left.",
    )
    part = _residual(known, ["a:1"], "b:2", roles=("provider",)).notes[0]
    assert part.startswith("Framework b, 2 holds no duty")
    assert residual_json(known, found)["notes"] == list(found.notes)
    assert _residual(known, ["a:1"], "b").notes == ()


def test_a_framework_that_starts_nothing_is_said() -> None:
    gone = w.provision("a:1", in_force=Interval(end=w.TODAY.replace(year=2020)))
    found = _residual(w.catalogue([gone, w.provision("b:1")]), ["a"], "b")
    assert found.notes == (f"a holds no duty in force on {w.TODAY} for what was asked (1 not in force).",)


def test_the_condition_under_which_a_part_is_covered_is_told() -> None:
    top, *parts = w.members("b:1", "1.1", "1.2", "1.3", exhaustive=True)
    rows = [w.row("a:1", EQ, "b:1.1", condition="b:when"), w.row("a:1", INT, "b:1.2", condition="b:when")]
    triggers = [w.trigger("b:when", "b:1.3", condition="a fault is found")]
    known = w.catalogue([w.provision("a:1"), top, *parts], rows, triggers=triggers)
    found = _residual(known, ["a:1"], "b")
    assert [(i.provision, i.conditions) for i in found.left] == [("b:1.2", ("a fault is found",)), ("b:1.3", ())]
    (tree,) = residual_json(known, found)["tree"]
    assert [p["conditions"] for p in tree["parts"]] == [["a fault is found"], ["a fault is found"], []]
    shown = tables.text(planning_tables.residual(residual_json(known, found), tree=True))
    assert shown.count("only where a fault is found") == 4 + 1  # whole and parts of the tree, left, and full
    assert "Covered in full only under a condition" in shown


def test_the_saved_question_agrees_before_the_guards(library: Library) -> None:
    """Full and partial of each innermost duty, for every role."""
    store, question = library.store(AS_OF), library.questions["residual"]
    known = library.catalogue
    compared: Counter[str] = Counter()
    for done, whole in (
        ("iso42001:10.2", "iso27001:10.2"),
        ("iso42001:10.2", "mss:10.2"),
        ("mss:10.2", "iso27001:10.2"),
        ("iso42001:9.2.2", "iso27001:9.2.2"),
        ("airmf:MANAGE-4.3", "iso42001:10.2"),
        ("iso42001:A.8.4", "airmf:MANAGE-4"),
    ):
        terms = {name: ox.NamedNode(known.provisions[p].iri) for name, p in (("done", done), ("whole", whole))}
        table = queries.run(store, question, terms)
        said = {known.curie(row[2].value): row[4].value for row in table.rows}  # type: ignore[union-attr]
        claims = infer(known, [done], Options(AS_OF).context()).claims
        for name, state in said.items():
            degree = claims[name].degree if name in claims else Degree.NONE
            assert (state if state in ("full", "partial") else "") == (degree.word if degree >= Degree.PARTIAL else "")
            compared[state] += 1
        inside = (whole, *known.descendants(whole))
        asked_of = duties.of(known, inside, Options(AS_OF).context())
        assert set(said) == {p for p in asked_of if not asked_of.intersection(known.descendants(p))}
    assert compared["full"] > 5
    assert compared["partial"] > 10
    assert compared["nothing follows"] > 10


# -- the command -----------------------------------------------------------------------


def test_the_command_shows_what_is_left_and_the_tree(run: Run) -> None:
    asked = ("residual", "iso42001:10.2", "iso27001:10.2", "--role", "provider", "--as-of", "2026-11-22")
    ran = run(*asked, "--tree")
    assert "12 innermost duties: " in ran.out
    assert "Evidence that what is left asks for" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    found = json.loads(run(*asked, "--format", "json").out)
    assert sum(found["counts"].values()) == 12
    assert found["tree"][0]["provision"] == "iso27001:10.2"
    rows = run(*asked, "--format", "csv").out.splitlines()
    assert len(rows) == len(found["left"]) + 1


def test_nothing_left_is_said(run: Run) -> None:
    ran = run("residual", "iso27001:10.2", "iso27001:10.2", "--as-of", "2026-11-22")
    assert "Nothing is left." in ran.out


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            ("aiact:art-20", "--role", "deployer"),
            "Article 20 holds no duty in force on 2026-11-22 for what was asked (3",
        ),
        (("aiact:art-3",), "definitions). Nothing can be said of what is left."),
        (("aiact:art-20", "--as-of", "1990-01-01"), "(3 not in force). Nothing can be said of what is left."),
    ],
)
def test_where_nothing_was_asked_nothing_is_said_to_be_left(run: Run, asked: tuple[str, ...], says: str) -> None:
    ran = run("residual", "iso42001:10.2", *asked, *([] if "--as-of" in asked else ["--as-of", "2026-11-22"]))
    assert says in " ".join(ran.out.split())
    assert "Nothing is left" not in ran.out
    assert ran.code == 0


def test_the_command_shows_conditions_dates_and_what_stopped_an_edge(run: Run) -> None:
    ran = run("residual", "iso42001:10.2", "aiact:art-20", "--as-of", "2026-11-22")
    assert "Left, in force, not yet applicable" in ran.out
    assert "2 duties from 2027-12-02 (high-risk-annex-iii)" in ran.out
    assert "only where the nonconformity concerns a high-risk system" in " ".join(ran.out.split())
    ran = run("residual", "iso42001:10.2", "iso27001:10.2", "--as-of", "2026-11-22")
    assert "– conditional      iso27001:10.2.proportion" in ran.out
    ran = run("residual", "iso42001:10.2", "aiact:art-5", "--as-of", "2026-11-22")
    assert "4 innermost duties: 4 not-judged." in ran.out
    assert "– not-judged       aiact:art-5  Prohibited AI practices (4 innermost duties)" in ran.out
    rows = run("residual", "iso42001:10.2", "aiact:art-20", "--as-of", "2026-11-22", "--format", "csv").out
    assert "the nonconformity concerns a high-risk system" in rows


@pytest.mark.parametrize("names", [("iso42001",), ("iso42001", "nothing-of-that-name"), ("iso42001:10.9", "aiact")])
def test_bad_input_is_refused(run: Run, names: tuple[str, ...]) -> None:
    ran = run("residual", *names)
    assert (ran.code, ran.out) == (2, "")
