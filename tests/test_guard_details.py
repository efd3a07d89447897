"""What each guard looks at, and no more: at its edge, and with what it must leave alone."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import random_catalogues
from worlds import (
    C,
    F,
    N,
    P,
    ask,
    case,
    catalogue,
    claim,
    context,
    degree,
    edition,
    fired,
    flags,
    members,
    provision,
    row,
    trigger,
)

from aims_graph import guards
from aims_graph.chain import Crossing, Organisation, Used
from aims_graph.guards import Fired
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Edge, Relation


def test_every_guard_is_either_local_or_of_the_chain() -> None:
    assert sorted((*guards.LOCAL, *guards.OF_CHAIN), key=guards.GUARDS.index) == list(guards.GUARDS)


@pytest.mark.parametrize("seed", range(10))
def test_a_local_guard_says_the_same_whatever_the_chain_has_used(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    many = Used("functional", frozenset({"deployer"}), frozenset({"a"}), "two", frozenset({"gpai"}), True, True)
    for drawn in known.mappings:
        crossing = Crossing(
            Edge(drawn.relation.value), known.provisions[drawn.subject], known.provisions[drawn.object], drawn
        )
        for guard in guards.LOCAL:
            assert guard(known, crossing, Used(), asked) == guard(known, crossing, many, asked), guard.__name__


@pytest.mark.parametrize(
    ("of_guard", "degree_", "tells"),
    [
        (Fired("g"), F, False),
        (Fired("g", P), F, True),
        (Fired("g", P), P, False),
        (Fired("g", C), N, False),
        (Fired("g", flags=("f",)), N, True),
        (Fired("g", edge=Edge.INTERSECTS), N, True),
        (Fired("g", conditions=("c",)), N, True),
        (Fired("g", questions=("q",)), N, True),
    ],
)
def test_a_guard_tells_something_where_it_lowers_the_claim_or_adds_to_it(
    of_guard: Fired, degree_: Degree, tells: bool
) -> None:
    assert of_guard.tells(degree_) is tells


# -- twins ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "is_strong"),
    [
        (EQ, True),
        (SUP, True),
        (SUB, True),
        (Relation.SUPPORTS_INTEGRAL, True),
        (Relation.SUPPORTED_INTEGRAL, True),
        (Relation.SUPPORTED_PRECEDES, True),
        (INT, False),
        (Relation.SUPPORTS_EXAMPLE, False),
        (Relation.CROSSWALK, False),
        (Relation.UNRELATED, False),
    ],
    ids=lambda x: getattr(x, "value", x),
)
def test_of_relations_between_two_management_systems_those_that_say_more_than_overlap_are_lowered(
    relation: Relation, is_strong: bool
) -> None:
    editions = [edition("a", managed="one"), edition("b", managed="two")]
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", relation, "b:x")], editions)
    found = claim(known, "a:x", "b:x")
    raised = found is not None and "same-text-other-system" in found.best.flags
    assert raised is is_strong


@pytest.mark.parametrize("relation", [EQ, SUP, SUB, INT])
def test_a_row_between_systems_whose_scopes_lie_apart_is_asserted_as_a_cross_reference_only(relation: Relation) -> None:
    editions = [edition("a", managed="one"), edition("b", managed="two")]
    stated = row("a:x", relation, "b:x")
    known = catalogue([provision("a:x"), provision("b:x")], [stated], editions)
    apart = Organisation(apart=frozenset({frozenset({"one", "two"})}))
    assert guards.travels_as(known, stated, context(organisation=apart)) is Edge.CROSSWALK
    assert degree(known, "a:x", "b:x", organisation=apart) is C
    assert guards.travels_as(known, stated, context()) is Edge.INTERSECTS


def test_hierarchy_inside_one_edition_is_no_twin() -> None:
    known = catalogue(members("a:m", "m1"), editions=[edition("a", managed="one")])
    assert (degree(known, "a:m", "a:m1"), fired(known, "a:m", "a:m1")) == (F, ())


# -- triggers of a case ------------------------------------------------------------------------------


def set_off(**answers: str) -> tuple[Degree, tuple[str, ...], tuple[str, ...]]:
    """`a:x` to `b:x`, which two triggers set off, by a row with a condition: degree, questions, conditions."""
    triggers = [trigger("b:t", "b:x"), trigger("b:u", "b:x"), trigger("b:c")]
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", condition="b:c")], triggers=triggers)
    stated = case({"a:x": F}, {f"b:{name}": answer for name, answer in answers.items()})
    found = ask(known, "a:x", case=stated).claims.get("b:x")
    if found is None:
        return N, (), ()
    return found.degree, found.best.questions, found.best.conditions


@pytest.mark.parametrize(
    ("answers", "expected", "questions"),
    [
        ({"t": "yes", "c": "yes"}, F, ()),
        ({"u": "yes", "c": "yes"}, F, ()),
        ({"t": "yes", "u": "no", "c": "yes"}, F, ()),
        ({"c": "yes"}, C, ("b:t", "b:u")),
        ({"t": "no", "c": "yes"}, C, ("b:u",)),
        ({"t": "yes"}, C, ("b:c",)),
        ({}, C, ("b:c", "b:t", "b:u")),
        ({"t": "no", "u": "no", "c": "yes"}, N, ()),
        ({"t": "yes", "c": "no"}, N, ()),
        ({"t": "no", "u": "no"}, N, ()),
    ],
    ids=str,
)
def test_only_the_questions_that_are_still_open_are_asked(
    answers: dict[str, str], expected: Degree, questions: tuple[str, ...]
) -> None:
    conditions = () if expected is N else ("b:c is met",)
    assert set_off(**answers) == (expected, questions, conditions)


def test_a_condition_of_a_row_is_named_also_where_nothing_else_is_asked() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", condition="b:c")], triggers=[trigger("b:c")]
    )
    for stated in ({}, {"case": case({"a:x": F}, {"b:c": "yes"})}):
        found = claim(known, "a:x", "b:x", **stated)
        assert found is not None
        assert (found.degree, found.best.conditions) == (F, ("b:c is met",))
        assert fired(known, "a:x", "b:x", **stated) == ("trigger",)


def test_a_provision_that_nothing_sets_off_is_reached_without_a_question() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")])
    assert fired(known, "a:x", "b:x", case=case({"a:x": F})) == ()


# -- headings, rationale, contrary ---------------------------------------------------------------------


def test_a_heading_receives_no_claim_by_a_row_and_says_why() -> None:
    known = catalogue([provision("a:x"), *members("b:h", "h1", force=None)], [row("a:x", EQ, "b:h")])
    assert fired(known, "a:x", "b:h") == ("force",)
    assert degree(known, "a:x", "b:h") is N


def test_a_part_that_is_a_heading_passes_a_claim_down_and_none_up() -> None:
    outer = provision("a:o", decomposition="AllOf")
    inner = provision("a:i", parent="a:o", decomposition="AllOf", force=None)
    known = catalogue([outer, inner, provision("a:d", parent="a:i")])
    assert (degree(known, "a:o", "a:i"), degree(known, "a:o", "a:d")) == (F, F)
    assert (degree(known, "a:d", "a:i"), degree(known, "a:d", "a:o")) == (N, N)


@pytest.mark.parametrize(
    "stated", [{"force": "permission"}, {"force": "right"}, {"addressees": ["authority"]}], ids=str
)
def test_a_part_that_is_no_duty_of_the_organisation_does_not_follow_from_the_whole(stated: dict[str, Any]) -> None:
    whole = provision("a:m", decomposition="AllOf")
    known = catalogue([whole, provision("a:m1", parent="a:m", **stated), provision("a:m2", parent="a:m")])
    assert (degree(known, "a:m", "a:m1"), degree(known, "a:m", "a:m2")) == (N, F)
    assert fired(known, "a:m", "a:m1") == ("force",)


@pytest.mark.parametrize("kind", ["semantic", "functional"])
def test_the_converse_of_a_row_has_the_same_rationale(kind: str) -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", SUB, "b:x", rationale_kind=kind)])
    assert (degree(known, "b:x", "a:x"), flags(known, "b:x", "a:x")) == (F, frozenset())


def test_an_unrelated_and_a_contrary_row_are_told_apart() -> None:
    ends = [provision("a:x"), provision("b:x")]
    assert fired(catalogue(ends, [row("a:x", Relation.CONTRARY, "b:x")]), "a:x", "b:x") == ("contrary",)
    assert fired(catalogue(ends, [row("a:x", Relation.UNRELATED, "b:x")]), "a:x", "b:x") == ()


def test_the_strictest_of_several_guards_wins_in_every_order() -> None:
    law = [edition("b", bindingness="law")]
    for status, expected in (("accepted", P), ("proposed", C), ("rejected", N)):
        known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", status=status)], law)
        assert degree(known, "a:x", "b:x") is expected


# -- standing: what the index takes for alike must be ruled alike -------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_provisions_of_equal_standing_are_ruled_alike(seed: int) -> None:
    known, asked = random_catalogues.drawn(seed), random_catalogues.asked(seed)
    alike: dict[object, list[str]] = {}
    for name, one in known.provisions.items():
        alike.setdefault(guards.standing(known, one, asked), []).append(name)
    twins = [names for names in alike.values() if len(names) > 1]
    assert len(alike) > 5
    chooser = Random(seed)
    for names in twins:
        one, other = (known.provisions[n] for n in names[:2])
        origin = known.provisions[chooser.choice(sorted(known.provisions))]
        for edge in (Edge.EQUAL, Edge.INTERSECTS, Edge.SUBSET):
            drawn = chooser.choice(known.mappings)
            rulings = [guards.rule_on(known, Crossing(edge, origin, end, drawn), Used(), asked) for end in (one, other)]
            assert (rulings[0].cap, rulings[0].edge, rulings[0].used) == (
                rulings[1].cap,
                rulings[1].edge,
                rulings[1].used,
            )
