"""What would change if rows were other than they are: equal to asking everything again, and told in order."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import pytest
from conftest import AS_OF, Run
from set_worlds import World
from test_random_worlds import made
from worlds import TODAY, C, F, N, P, catalogue, context, edition, members, provision, row

from aims_graph import suppositions, weighing
from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError, UnknownName
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import Mapping
from aims_graph.names import Names
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Relation
from aims_graph.suppositions import Supposition, Wanted, suppose
from aims_graph.trace import Options
from aims_graph.what_if import WhatIf, counts, what_if, what_if_json

OPTIONS = Options(TODAY)
WORLDS = 60


def asked(known: Catalogue, *starts: str, **wanted: tuple[str, ...]) -> WhatIf:
    index = Index(known, OPTIONS.context())
    return what_if(index, suppose(known, Names(known), Wanted(**wanted)), OPTIONS, starts)


def listed(found: WhatIf) -> list[tuple[str, str, str, Degree, Degree]]:
    return [(c.kind, c.start, c.provision, c.before, c.after) for c in found.changes]


def three() -> Catalogue:
    """`a:x` overlaps `b:x`, which equals `c:x`."""
    rows = [row("a:x", INT, "b:x", 0.5, id="one"), row("b:x", EQ, "c:x", 0.8, id="two")]
    return catalogue([provision(f"{e}:x") for e in "abcd"], rows)


# -- as if everything were asked again -------------------------------------------------


def edited(world: World, chooser: Random) -> list[Supposition]:
    """Some rows of a world rejected, accepted, of another relation or confidence, and a new one.

    Half the time they are rows on which claims rest.
    """
    rows = list(world.catalogue.mappings)
    index = Index(world.catalogue, world.context({}))
    full = {name for _, found in index.everything() for b in found.values() if b.degree is F for name in b.rows}
    pool = [r for r in rows if r.id in full] if chooser.random() < 0.5 else rows
    supposed: list[Supposition] = []
    for old in chooser.sample(pool or rows, chooser.randint(1, min(4, len(pool or rows)))):
        change: dict[str, Any] = chooser.choice(
            [
                {"status": "rejected"},
                {"status": "accepted"},
                {"relation": chooser.choice([EQ, SUB, SUP, INT, Relation.UNRELATED])},
                {"confidence": chooser.choice([None, 0.2, 1.0])},
            ]
        )
        group = [r for r in rows if old.joint is not None and (r.mapping_set, r.joint) == (old.mapping_set, old.joint)]
        every = [old] if "status" in change and change["status"] == "rejected" else group or [old]
        known = {s.after.id for s in supposed}
        supposed += [Supposition(r, replace(r, **change)) for r in every if r.id not in known]
    ends = chooser.sample(sorted(world.nodes), 2)
    if chooser.random() < 0.5 and ends[0].partition(":")[0] != ends[1].partition(":")[0]:
        supposed.append(Supposition(None, row(ends[0], EQ, ends[1], 0.7, id="new")))
    return supposed


def with_rows(known: Catalogue, supposed: Sequence[Supposition]) -> Catalogue:
    new = {s.after.id: s.after for s in supposed}
    kept = [new.pop(r.id, r) for r in known.mappings]
    return replace(known, mappings=(*kept, *new.values()))


def shown(known: Catalogue, start: str, world: World) -> dict[str, Degree]:
    """Full and partial claims of a start on other editions, by the search that keeps every proof."""
    own = known.provisions[start].edition
    found = infer(known, [start], world.context({}))
    return {
        name: claim.degree
        for name, claim in found.claims.items()
        if claim.degree >= P and known.provisions[name].edition != own
    }


def test_what_is_recomputed_only_where_rows_touch_equals_asking_everything_again() -> None:
    kinds: Counter[str] = Counter()
    skipped = 0
    for seed, world in enumerate(islice(made(of_case=False), WORLDS)):
        supposed = edited(world, Random(seed))
        index = Index(world.catalogue, world.context({}))
        found = what_if(index, supposed, OPTIONS)
        after = with_rows(world.catalogue, supposed)
        degrees = {(c.start, c.provision): (c.before, c.after) for c in found.changes}
        for start in index.starts:
            now, then = shown(world.catalogue, start, world), shown(after, start, world)
            for name in now.keys() | then.keys():
                pair = (now.get(name, N), then.get(name, N))
                assert degrees.pop((start, name), (pair[0], pair[0])) == pair, (seed, start, name)
        assert degrees == {}
        kinds.update(c.kind for c in found.changes)
        skipped += found.starts - found.recomputed
    assert min(kinds[k] for k in ("lost", "lowered", "gained", "raised")) > 5, kinds
    assert skipped > 100, "every start was asked again, so nothing was shown"


def test_confidences_too_equal_those_of_an_index_built_anew() -> None:
    kinds: Counter[str] = Counter()
    for seed, world in enumerate(islice(made(of_case=False), WORLDS)):
        supposed = edited(world, Random(seed))
        index = Index(world.catalogue, world.context({}))
        anew = Index(with_rows(world.catalogue, supposed), world.context({}))
        found = what_if(index, supposed, OPTIONS)
        told = {(c.start, c.provision): c for c in (*found.changes, *found.confidence_changes)}
        for start in index.starts:
            now, then = index.claims(start), anew.claims(start)
            for name in now.keys() & then.keys():
                change = told.get((start, name))
                sure = now[name].confidence if change is None else change.confidence_after
                assert then[name].confidence == pytest.approx(sure), (seed, start, name)
        kinds.update(c.kind for c in found.confidence_changes)
    assert min(kinds["surer"], kinds["less-sure"]) > 3, kinds


# -- what is told ----------------------------------------------------------------------


def test_a_rejected_row_takes_its_claims_both_ways() -> None:
    found = asked(three(), reject=("one",))
    assert listed(found) == [
        ("lost", "a:x", "b:x", P, N),
        ("lost", "a:x", "c:x", P, N),
        ("lost", "b:x", "a:x", P, N),
        ("lost", "c:x", "a:x", P, N),
    ]
    assert (found.starts, found.recomputed) == (4, 3)


def test_a_stronger_relation_raises_and_a_weaker_one_lowers() -> None:
    assert [c[:3] for c in listed(asked(three(), "a:x", change=("one=equalTo",)))] == [
        ("raised", "a:x", "b:x"),
        ("raised", "a:x", "c:x"),
    ]
    assert listed(asked(three(), "b:x", change=("two=subsetOf",))) == [("lowered", "b:x", "c:x", F, P)]


def test_another_confidence_is_listed_apart_and_lost_confidence_is_less_sure() -> None:
    found = asked(three(), "a:x", confidence=("one=1.0",))
    assert found.changes == ()
    assert [(c.kind, c.provision, c.before, c.after) for c in found.confidence_changes] == [
        ("surer", "b:x", P, P),
        ("surer", "c:x", P, P),
    ]
    sure = [(c.confidence_before, c.confidence_after) for c in found.confidence_changes]
    assert sure == [pytest.approx((0.5, 1.0)), pytest.approx((0.4, 0.8))]
    unknown = replace(three().mappings[0], confidence=None)
    found = what_if(Index(three(), context()), [Supposition(three().mappings[0], unknown)], OPTIONS, ["a:x"])
    assert {c.kind for c in found.confidence_changes} == {"less-sure"}
    assert {c.confidence_after for c in found.confidence_changes} == {None}


def test_an_accepted_row_counts_where_only_signed_rows_do() -> None:
    known = three()
    strict = Options(TODAY, trust="accepted")
    supposed = suppose(known, Names(known), Wanted(accept=("two",)))
    found = what_if(Index(known, strict.context()), supposed, strict)
    assert listed(found) == [("gained", "b:x", "c:x", N, F), ("gained", "c:x", "b:x", N, F)]


def test_a_row_may_be_added_between_names_as_people_type_them() -> None:
    known = catalogue(
        [provision("a:x"), provision("d:x")], editions=[edition("a", label="Scheme A"), edition("d", label="Scheme D")]
    )
    found = asked(known, add=("Scheme A x supersetOf d:x",))
    assert listed(found) == [("gained", "a:x", "d:x", N, F), ("gained", "d:x", "a:x", N, P)]
    assert found.supposed[0].before is None
    assert found.changes[0].confidence_after is None


def test_rows_of_one_joint_group_change_together_and_fall_together() -> None:
    rows = [row(f"a:{n}", EQ, "b:z", 0.9, id=n, joint="g") for n in "xy"]
    known = catalogue([*members("a:w", "x", "y", exhaustive=True), provision("b:z")], rows)
    assert infer(known, ["a:w"], context()).claims["b:z"].degree is F
    assert {c[:3] for c in listed(asked(known, "a:w", reject=("x",)))} == {("lost", "a:w", "b:z")}
    refused = replace(known, mappings=(replace(rows[0], status="rejected"), rows[1]))
    one = [Supposition(refused.mappings[0], rows[0])]  # no end of that row is where the other one starts
    assert listed(what_if(Index(refused, context()), one, OPTIONS, ["a:y"])) == [("gained", "a:y", "b:z", N, P)]
    weaker = asked(known, "a:w", change=("y=intersectsWith",))
    assert [s.after.id for s in weaker.supposed] == ["x", "y"]
    assert listed(weaker) == [("lowered", "a:w", "b:z", F, P)]


def test_claims_on_what_only_joins_others_are_not_counted_unless_asked_from() -> None:
    hub = edition("hub", common=True)
    rows = [row("a:x", EQ, "hub:x", id="one"), row("hub:x", EQ, "b:x", id="two")]
    known = catalogue([provision("a:x"), provision("b:x"), provision("hub:x")], rows, [hub])
    assert [c[1:3] for c in listed(asked(known, reject=("one",)))] == [("a:x", "b:x"), ("b:x", "a:x")]
    assert [c[1:3] for c in listed(asked(known, "hub:x", reject=("one",)))] == [("hub:x", "a:x")]


def test_changes_are_counted_from_framework_to_framework() -> None:
    known = three()
    counted = counts(lambda name: known.provisions[name].edition, asked(known, reject=("one",)).changes)
    assert {pair: dict(kinds) for pair, kinds in counted.items()} == {
        (a, b): {"lost": 1} for a, b in (("a", "b"), ("a", "c"), ("b", "a"), ("c", "a"))
    }
    found = what_if_json(known, asked(known, reject=("one",)))
    assert found["total"] == {"lost": 4, "lowered": 0, "gained": 0, "raised": 0, "less-sure": 0, "surer": 0}
    assert sum(c["lost"] for c in found["counts"]) == 4


def test_a_limit_cuts_the_lists_and_says_so_and_never_the_counts() -> None:
    found = asked(three(), reject=("one",))
    cut = what_if_json(three(), replace(found, options=Options(TODAY, limit=3)))
    assert (len(cut["changes"]), cut["truncated"], cut["total"]["lost"]) == (3, True, 4)
    whole = what_if_json(three(), replace(found, options=Options(TODAY, limit=4)))
    assert (len(whole["changes"]), whole["truncated"]) == (4, False)


# -- what cannot be supposed -----------------------------------------------------------

WRONG: list[tuple[dict[str, tuple[str, ...]], str]] = [
    ({}, "nothing is supposed"),
    ({"change": ("one",)}, "is not ROW=RELATION"),
    ({"change": ("one=sameAs",)}, "'sameAs' is not a relation. Use one of: equalTo"),
    ({"confidence": ("one=sure",)}, "confidence 'sure' is not a number from 0 to 1"),
    ({"confidence": ("one=1.5",)}, "is not a number from 0 to 1"),
    ({"confidence": ("one=nan",)}, "is not a number from 0 to 1"),
    ({"confidence": ("one",)}, "is not ROW=NUMBER"),
    ({"reject": ("one",), "accept": ("one",)}, "two things are supposed of the status of 'one'"),
    ({"change": ("one=equalTo", "one=subsetOf")}, "two things are supposed of the relation of 'one'"),
    ({"change": ("none=equalTo",)}, "states that there is no counterpart"),
    ({"add": ("a:x d:x",)}, "is not SUBJECT RELATION OBJECT"),
    ({"add": ("a:x equalTo",)}, "is not SUBJECT RELATION OBJECT"),
    ({"add": ("equalTo a:x equalTo d:x",)}, "is not SUBJECT RELATION OBJECT"),
    ({"add": ("a:x equalTo a:x",)}, "joins a provision with itself"),
    ({"add": ("b:x equalTo a:x",)}, "already judged in 'one'"),
]


@pytest.mark.parametrize(("wanted", "says"), WRONG, ids=[w[1] for w in WRONG])
def test_what_cannot_be_supposed_is_refused(wanted: dict[str, tuple[str, ...]], says: str) -> None:
    known = three()
    none = row("d:x", Relation.NO_RELATIONSHIP, "sssom:NoTermFound", id="none")
    known = replace(known, mappings=(*known.mappings, none))
    with pytest.raises(InputError, match=says):
        suppose(known, Names(known), Wanted(**wanted))


def test_an_unknown_row_names_those_nearest(library: Library) -> None:
    with pytest.raises(UnknownName, match=r"is not a known mapping row\. Did you mean") as error:
        weighing.what_if(library, Wanted(reject=("iso42001--aiact-06O",)), [], Options(AS_OF))
    assert len(error.value.candidates) == 5
    assert set(error.value.candidates) <= {r.id for r in library.catalogue.mappings}
    assert error.value.candidates[0].startswith("mapping:iso42001--aiact-06")
    with pytest.raises(UnknownName):
        weighing.what_if(library, Wanted(add=("iso42001:99 equalTo aiact:art-4",)), [], Options(AS_OF))


def test_two_equal_wishes_are_one() -> None:
    known = three()
    wanted = Wanted(reject=("one", "one"), add=("a:x equalTo d:x", "a:x equalTo d:x"))
    assert [s.after.id for s in suppose(known, Names(known), wanted)] == ["one", "supposed-1"]


# -- as people see it ------------------------------------------------------------------


def carrying(library: Library) -> Mapping:
    """A row on which some claim of the shipped data rests."""
    points = weighing.weak_points(library, Options(AS_OF)).points
    return next(p.row for p in points if p.lost > 2)


def test_the_command_prints_what_the_function_says(run: Run, library: Library) -> None:
    name = carrying(library).id
    wanted = Wanted(reject=(name,))
    found = what_if_json(library.catalogue, weighing.what_if(library, wanted, [], Options(AS_OF)))
    command = ("what-if", "--reject", name.removeprefix("mapping:"), "--as-of", AS_OF)
    assert json.loads(run(*command, "--format", "json").out) == found
    rows = list(csv.DictReader(run(*command, "--format", "csv").out.splitlines()))
    assert len(rows) == sum(found["total"].values())
    assert found["total"]["lost"] > 2
    assert 0 < found["recomputed"] < found["starts"]


def test_the_table_fits_80_columns_and_counts_what_it_leaves_out(run: Run, library: Library) -> None:
    every = [r.id for r in library.catalogue.mappings if r.status == "double-read"][:60]
    options = [o for name in every for o in ("--reject", name)]
    ran = run("what-if", *options, "--as-of", AS_OF)
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    assert "more (all in --format json)" in ran.out
    assert "From framework to framework" in ran.out


def test_the_starts_asked_about_may_be_named(run: Run, library: Library) -> None:
    start = carrying(library).subject
    options = ("--reject", carrying(library).id, "--from", start, "--as-of", AS_OF, "--format", "json")
    found = json.loads(run("what-if", *options).out)
    assert found["starts"] == 1
    assert {c["from"] for c in found["changes"]} == {start}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "nothing is supposed"),
        (("--reject", "no-such-row"), "is not a known mapping row"),
        (("--reject", "zzz"), "A row is named by its id, or by its file and line"),
        (("--change", "iso42001--aiact-021"), "is not ROW=RELATION. Relations are: equalTo, subsetOf"),
        (
            ("--reject", "iso42001--aiact-021", "--change", "iso42001--aiact-021=equalTo"),
            "'mapping:iso42001--aiact-021' is given to both reject and change",
        ),
        (
            ("--confidence", "iso42001--aiact-021=0.1", "--reject", "iso42001--aiact-021"),
            "'mapping:iso42001--aiact-021' is given to both reject and confidence",
        ),
        (("--accept", "iso42001--aiact-001", "--role", "boss"), "'boss' is not a known role"),
        (("--accept", "iso42001--aiact-001", "--limit", "0"), "limit 0 is not a positive number"),
    ],
)
def test_bad_input_says_what_is_wrong(run: Run, options: tuple[str, ...], says: str) -> None:
    ran = run("what-if", *options)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_where_nothing_starts_the_answer_says_why(run: Run) -> None:
    one = ("what-if", "--reject", "iso42001--aiact-021", "--as-of", "1990-01-01")
    said = "No provision starts a claim on 1990-01-01 for what was asked, so nothing is compared."
    assert f"Of 0 starts, 0 can be touched. {said}" in " ".join(run(*one).out.split())
    assert json.loads(run(*one, "--format", "json").out)["notes"] == [said]
    assert "10.2 is not in force on 1990-01-01" in " ".join(run(*one, "--from", "iso42001:10.2").out.split())
    now = ("what-if", "--reject", "iso42001--aiact-021", "--as-of", AS_OF, "--format", "json")
    assert json.loads(run(*now).out)["notes"] == []


def test_a_row_is_named_by_its_line_too(run: Run, library: Library) -> None:
    row = carrying(library)
    by_id, by_line = (run("what-if", "--reject", name, "--as-of", AS_OF) for name in (row.id, row.source))
    assert by_line.code == 0
    assert by_line.out == by_id.out
    missed = run("what-if", "--reject", f"{row.source.path}:99999")
    assert f"Did you mean '{row.source.path}:" in missed.err


def test_no_word_or_id_of_a_table_is_broken(run: Run, library: Library) -> None:
    every = [r.id for r in library.catalogue.mappings if r.status == "double-read"][:60]
    out = run("what-if", *(o for name in every for o in ("--reject", name)), "--as-of", AS_OF).out
    heads = next(line for line in out.splitlines() if line.startswith("from "))
    assert heads.split() == ["from", "to", "lost", "lowered", "gained", "raised", "less-sure", "surer"]
    rows = out[out.index("Claims\n") :].splitlines()
    ids = {word for line in rows for word in line.split() if ":" in word and not word.startswith("mapping")}
    assert all(any(p == name or p.startswith(f"{name}.") for p in library.catalogue.provisions) for name in ids)


def test_a_candidate_is_no_claim_that_could_change() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", INT, "b:x", id="one", status="proposed")])
    assert infer(known, ["a:x"], context()).claims["b:x"].degree is C
    assert asked(known, reject=("one",)).changes == ()
    assert suppositions.SUPPOSED not in {r.id for r in known.mappings}


def test_a_supposition_that_changes_nothing_says_so(run: Run, library: Library) -> None:
    proposed = next(r.id for r in library.catalogue.mappings if r.relation is Relation.CROSSWALK)
    ran = run("what-if", "--accept", proposed, "--as-of", AS_OF)
    assert "Claims that would change: none." in " ".join(ran.out.split())
    assert "From framework to framework" not in ran.out
