"""What claims become on their way: every guard by name, every rule with premises, and the laws of the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from math import isclose
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import (
    TODAY,
    C,
    F,
    N,
    P,
    applies,
    ask,
    case,
    catalogue,
    chain,
    claim,
    context,
    degree,
    degrees,
    edition,
    fired,
    flags,
    members,
    provision,
    row,
    trigger,
)

from aims_graph import guards
from aims_graph.catalogue import Catalogue
from aims_graph.explaining import explain
from aims_graph.indexing.closure import covers
from aims_graph.inference import MAX_OF_PROVISION
from aims_graph.model import Claim, Interval, Mapping, Provision
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Relation
from aims_graph.trace import Options, what_else

NONE = Relation.UNRELATED


def pair(relation: Relation = EQ, *, managed: bool = False, law: bool = False, **stated: object) -> Catalogue:
    """`a:x` and `b:x` with one row; `stated` may hold `a`, `b` (of the provisions) and `row`."""
    ends = [provision("a:x", **_of(stated, "a")), provision("b:x", **_of(stated, "b"))]
    editions = [
        edition("a", managed="quality" if managed else None),
        edition("b", managed="security" if managed else None, bindingness="law" if law else "voluntary-framework"),
    ]
    triggers = [trigger("b:t", "b:x")] if stated.get("asked") else []
    return catalogue(ends, [row("a:x", relation, "b:x", **_of(stated, "row"))], editions, triggers)


def _of(stated: dict[str, object], name: str) -> dict[str, Any]:
    found = stated.get(name, {})
    assert isinstance(found, dict)
    return found


# -- edition ---------------------------------------------------------------------------------


def test_a_chain_that_would_return_to_an_edition_ends_there() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("a:y")], [row("a:x", EQ, "b:x"), row("b:x", EQ, "a:y")]
    )
    assert degree(known, "a:x", "b:x") is F
    assert degree(known, "a:x", "a:y") is N


def test_a_row_inside_one_edition_carries_nothing() -> None:
    known = catalogue([provision("a:x"), provision("a:y")], [row("a:x", EQ, "a:y")])
    assert degree(known, "a:x", "a:y") is N


def test_two_editions_of_one_framework_meet_only_where_a_row_bridges_them() -> None:
    same = "https://example.org/framework/s"
    ends = [provision("s13:10.1"), provision("s22:10.1"), provision("s22:10.2")]
    editions = [edition("s13", framework=same), edition("s22", framework=same)]
    assert degrees(ask(catalogue(ends, [], editions), "s13:10.1")) == {"s13:10.1": F}
    bridged = catalogue(ends, [row("s13:10.1", EQ, "s22:10.2")], editions)
    assert degrees(ask(bridged, "s13:10.1")) == {"s13:10.1": F, "s22:10.2": F}


# -- rationale -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("semantic", "semantic", F),
        ("functional", "functional", F),
        ("syntactic", "syntactic", F),
        ("semantic", "functional", C),
        ("syntactic", "semantic", C),
        (None, "semantic", F),
    ],
)
def test_a_chain_of_mixed_rationale_is_a_candidate_at_most(first: str | None, second: str, expected: Degree) -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("c:x")],
        [row("a:x", EQ, "b:x", rationale_kind=first), row("b:x", EQ, "c:x", rationale_kind=second)],
    )
    assert degree(known, "a:x", "c:x") is expected
    assert ("rationale" in fired(known, "a:x", "c:x")) == (expected is C)


@pytest.mark.parametrize(("relation", "expected"), [(EQ, F), (SUB, C), (SUP, C), (INT, C)])
def test_a_syntactic_row_that_is_not_equal_is_a_candidate(relation: Relation, expected: Degree) -> None:
    known = pair(relation, row={"rationale_kind": "syntactic"})
    assert degree(known, "a:x", "b:x") is expected
    assert ("syntactic-only" in flags(known, "a:x", "b:x")) == (expected is C)


def test_hierarchy_has_no_rationale_to_mix() -> None:
    provisions = [provision("a:x"), *members("b:m", "m1"), provision("c:x")]
    rows = [row("a:x", EQ, "b:m"), row("b:m1", EQ, "c:x")]
    assert degree(catalogue(provisions, rows), "a:x", "c:x") is F
    mixed = [rows[0], replace(rows[1], rationale_kind="functional")]
    assert degree(catalogue(provisions, mixed), "a:x", "c:x") is C


# -- role ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binds", "roles", "expected"),
    [
        (("provider", "provider"), (), F),
        (("provider", "deployer"), (), C),
        (("provider", ""), (), F),
        (("", "deployer"), (), F),
        (("provider", "provider"), ("provider",), F),
        (("provider,deployer", "deployer"), ("provider",), C),
        (("provider,deployer", "deployer"), ("deployer",), F),
        (("provider,deployer", "deployer"), ("provider", "deployer"), F),
        (("operator", "importer"), (), F),
        (("importer", "operator"), ("importer",), F),
        (("operator", "gpai-provider"), (), C),
        (("operator", "provider"), ("operator",), F),
        (("", "deployer"), ("provider",), C),
    ],
)
def test_full_and_partial_claims_need_one_role_that_the_whole_chain_binds(
    binds: tuple[str, str], roles: tuple[str, ...], expected: Degree
) -> None:
    of_a, of_b = ([r for r in names.split(",") if r] for names in binds)
    known = pair(a={"binds": of_a}, b={"binds": of_b})
    assert degree(known, "a:x", "b:x", roles=roles) is expected
    assert ("role" in fired(known, "a:x", "b:x", roles=roles)) == (expected is C)


def test_neighbours_that_share_a_role_are_not_enough_the_whole_chain_must() -> None:
    bound = {"a:x": ["provider"], "b:x": ["provider", "deployer"], "c:x": ["deployer"]}
    provisions = [provision(name, binds=roles) for name, roles in bound.items()]
    known = catalogue(provisions, [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")])
    assert (degree(known, "a:x", "b:x"), degree(known, "a:x", "c:x")) == (F, C)
    assert degree(known, "b:x", "c:x") is F


def test_the_same_role_counts_along_the_chain_not_one_role_here_and_another_there() -> None:
    bound = {"a:x": ["provider", "importer"], "b:x": ["provider"], "c:x": ["importer"]}
    provisions = [provision(name, binds=roles) for name, roles in bound.items()]
    known = catalogue(provisions, [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")])
    assert degree(known, "a:x", "c:x", roles=("provider", "importer")) is C


def test_a_start_that_binds_none_of_the_roles_given_gives_no_claims_and_says_so() -> None:
    known = pair(a={"binds": ["provider"]})
    found = ask(known, "a:x", roles=("deployer",))
    assert (found.claims, found.refused) == ({}, ("a:x",))
    answer = what_else(known, ["a:x"], Options(as_of=TODAY, roles=("deployer",)))
    assert (answer.answers, answer.notes) == ((), ("x binds provider, not deployer: no claim starts here.",))


# -- force -----------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", [EQ, SUP, SUB, INT, Relation.SUPPORTED_INTEGRAL])
def test_a_prohibition_is_never_done_what_is_done_helps_prevent(relation: Relation) -> None:
    known = pair(relation, b={"force": "prohibition"})
    assert degree(known, "a:x", "b:x") is C
    assert "helps-prevent" in flags(known, "a:x", "b:x")


@pytest.mark.parametrize("force", ["permission", "power", "right", "definition", "exemption", "presumption", None])
def test_what_is_no_obligation_receives_nothing(force: str | None) -> None:
    known = pair(b={"force": force})
    assert degree(known, "a:x", "b:x") is N
    assert fired(known, "a:x", "b:x") == ("force",)


@pytest.mark.parametrize("force", ["permission", "power", "right", "definition", "exemption", "prohibition"])
def test_what_is_no_obligation_starts_nothing(force: str) -> None:
    found = ask(pair(a={"force": force}), "a:x")
    assert (found.claims, found.refused) == ({}, ("a:x",))


@pytest.mark.parametrize("addressee", ["authority", "notified-body", "commission"])
def test_duties_of_authorities_are_not_the_organisations(addressee: str) -> None:
    assert degree(pair(b={"addressees": [addressee]}), "a:x", "b:x") is N
    assert ask(pair(a={"addressees": [addressee]}), "a:x").refused == ("a:x",)


@pytest.mark.parametrize("kind", ["Recital", "Guidance"])
def test_recitals_and_guidance_transfer_nothing_either_way(kind: str) -> None:
    assert degree(pair(b={"kind": kind}), "a:x", "b:x") is N
    assert ask(pair(a={"kind": kind}), "a:x").refused == ("a:x",)


def test_what_stands_in_an_informative_part_transfers_nothing() -> None:
    provisions = [provision("a:x"), *members("b:m", "m1", decomposition="Informative", force=None)]
    assert degree(catalogue(provisions, [row("a:x", EQ, "b:m1")]), "a:x", "b:m1") is N


def test_a_claim_stops_at_a_heading_and_a_question_may_start_there() -> None:
    provisions = [*members("a:h", "h1", force=None), provision("b:x")]
    known = catalogue(provisions, [row("a:h1", EQ, "b:x")])
    assert degree(known, "a:h1", "a:h") is N
    assert degrees(ask(known, "a:h")) == {"a:h": F, "a:h1": F, "b:x": F}


def test_a_prohibition_among_the_members_does_not_follow_from_the_parent() -> None:
    whole = provision("a:m", decomposition="AllOf")
    banned = provision("a:m1", parent="a:m", force="prohibition")
    assert degree(catalogue([whole, banned]), "a:m", "a:m1") is N


# -- scope and class -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("classes", "asked", "expected"),
    [
        ((), "gpai", F),
        (("gpai",), "gpai", F),
        (("gpai",), "any", F),
        (("any",), "gpai", F),
        (("high-risk-annex-iii",), "gpai", C),
        (("high-risk-annex-iii", "gpai"), "gpai", F),
    ],
)
def test_a_provision_for_another_class_of_system_is_a_candidate(
    classes: tuple[str, ...], asked: str, expected: Degree
) -> None:
    known = pair(b={"system_classes": classes})
    assert degree(known, "a:x", "b:x", system_class=asked) is expected
    assert ("scope" in fired(known, "a:x", "b:x", system_class=asked)) == (expected is C)


# -- twins -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("relation", "expected"), [(EQ, P), (SUP, P), (SUB, P), (INT, P)])
def test_clauses_of_two_management_systems_overlap_and_are_never_the_same(relation: Relation, expected: Degree) -> None:
    known = pair(relation, managed=True)
    assert degree(known, "a:x", "b:x") is expected
    assert ("twins" in fired(known, "a:x", "b:x")) == (relation is not INT)


def test_the_twin_is_flagged_as_the_same_text_of_another_system() -> None:
    assert "same-text-other-system" in flags(pair(managed=True), "a:x", "b:x")


def test_a_partial_claim_on_one_twin_says_nothing_of_the_other() -> None:
    known = pair(managed=True)
    more = catalogue(
        [*known.provisions.values(), provision("n:x")],
        [row("n:x", INT, "a:x"), *known.mappings],
        known.editions.values(),
    )
    assert (degree(more, "n:x", "a:x"), degree(more, "n:x", "b:x")) == (P, C)


@pytest.mark.parametrize("managed", [(None, None), ("quality", None), (None, "quality"), ("quality", "quality")])
def test_without_two_management_systems_there_are_no_twins(managed: tuple[str | None, str | None]) -> None:
    editions = [edition("a", managed=managed[0]), edition("b", managed=managed[1])]
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")], editions)
    assert degree(known, "a:x", "b:x") is F
    assert "twins" not in fired(known, "a:x", "b:x")


def test_of_a_case_twins_carry_the_flag() -> None:
    known = pair(managed=True, asked=True)
    stated = case({"a:x": F}, {"b:t": "yes"}, systems=frozenset({"quality", "security"}))
    assert degree(known, "a:x", "b:x", case=stated) is F
    assert "same-text-other-system" in flags(known, "a:x", "b:x", case=stated)


def test_a_case_recorded_against_one_system_only_says_nothing_of_its_twin() -> None:
    known = pair(managed=True, asked=True)
    stated = case({"a:x": F}, {"b:t": "yes"}, systems=frozenset({"quality"}))
    assert degree(known, "a:x", "b:x", case=stated) is C


def test_twins_are_seen_through_an_edition_that_manages_nothing() -> None:
    editions = [edition("a", managed="quality"), edition("b", managed="security")]
    ends = [provision("a:x"), provision("n:x"), provision("b:x")]
    known = catalogue(ends, [row("a:x", EQ, "n:x"), row("n:x", EQ, "b:x")], editions)
    assert degree(known, "a:x", "n:x") is F
    assert degree(known, "a:x", "b:x") is P
    assert "same-text-other-system" in flags(known, "a:x", "b:x")


# -- dates -----------------------------------------------------------------------------------

CHANGE = date(2026, 7, 27)


@pytest.mark.parametrize(
    ("on", "old", "new"),
    [(CHANGE - timedelta(1), F, N), (CHANGE, N, F), (CHANGE + timedelta(1), N, F)],
)
def test_an_amendment_gates_the_old_text_and_the_new_on_both_sides(on: date, old: Degree, new: Degree) -> None:
    known = catalogue(
        [
            provision("a:x"),
            provision("b:old", in_force=Interval(None, CHANGE - timedelta(1))),
            provision("b:new", in_force=Interval(CHANGE, None)),
        ],
        [row("a:x", EQ, "b:old"), row("a:x", EQ, "b:new")],
    )
    assert (degree(known, "a:x", "b:old", as_of=on), degree(known, "a:x", "b:new", as_of=on)) == (old, new)
    assert ("date" in fired(known, "a:x", "b:new", as_of=on)) == (new is N)


def test_a_text_not_in_force_starts_nothing_and_bridges_nothing() -> None:
    dead = Interval(None, TODAY - timedelta(1))
    assert ask(pair(a={"in_force": dead}), "a:x").refused == ("a:x",)
    through = catalogue(
        [provision("a:x"), provision("b:x", in_force=dead), provision("c:x")],
        [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")],
    )
    assert degree(through, "a:x", "c:x") is N


@pytest.mark.parametrize(
    ("dates", "flagged"),
    [
        ((applies(TODAY + timedelta(1)),), True),
        ((applies(TODAY),), False),
        ((), False),
        ((applies(TODAY), applies(TODAY + timedelta(1), "gpai")), False),
        ((applies(TODAY + timedelta(9), valid=Interval(None, TODAY - timedelta(1))),), False),
    ],
)
def test_a_duty_in_force_but_not_yet_applicable_keeps_its_degree_and_says_so(
    dates: tuple[object, ...], flagged: bool
) -> None:
    known = pair(b={"applies": dates})
    (answer,) = what_else(known, ["a:x"], Options(as_of=TODAY)).answers
    assert answer.degree is F
    assert ("not-yet-applicable" in answer.flags) == flagged


def test_with_a_class_only_its_dates_are_shown_and_without_one_all_are() -> None:
    known = pair(b={"applies": (applies(TODAY, "gpai"), applies(TODAY + timedelta(1), "high-risk-annex-i"))})
    (of_all,) = what_else(known, ["a:x"], Options(as_of=TODAY)).answers
    (of_one,) = what_else(known, ["a:x"], Options(as_of=TODAY, system_class="high-risk-annex-i")).answers
    assert [a.system_class for a in of_all.applies] == ["gpai", "high-risk-annex-i"]
    assert [a.system_class for a in of_one.applies] == ["high-risk-annex-i"]
    assert (of_all.flags, of_one.flags) == ((), ("not-yet-applicable",))


# -- modality, trust, legal effect, contrary -------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "flagged"),
    [("should", "shall", True), ("shall", "shall", False), ("shall", "should", False), ("should", "outcome", False)],
)
def test_should_that_reaches_shall_keeps_its_degree_and_carries_a_flag(a: str, b: str, flagged: bool) -> None:
    known = pair(a={"modality": a}, b={"modality": b})
    assert degree(known, "a:x", "b:x") is F
    assert ("should-reaching-shall" in flags(known, "a:x", "b:x")) == flagged


@pytest.mark.parametrize(
    ("status", "usual", "strict"),
    [
        ("accepted", F, F),
        ("double-read", F, C),
        ("proposed", C, C),
        ("published", C, C),
        ("rejected", N, N),
    ],
)
def test_a_row_carries_claims_only_as_far_as_it_is_trusted(status: str, usual: Degree, strict: Degree) -> None:
    known = pair(row={"status": status})
    assert degree(known, "a:x", "b:x") is usual
    assert degree(known, "a:x", "b:x", trust="accepted") is strict
    assert ("trust" in fired(known, "a:x", "b:x", trust="accepted")) == (strict is not F)


@pytest.mark.parametrize(("status", "expected"), [("accepted", P), ("double-read", P), ("proposed", C)])
def test_on_law_no_row_alone_gives_full_not_even_a_signed_one(status: str, expected: Degree) -> None:
    """Full needs evidence that meets the target's own requirement as well, and a hypothetical question has none."""
    known = pair(law=True, row={"status": status})
    assert degree(known, "a:x", "b:x") is expected
    assert "legal-effect" in fired(known, "a:x", "b:x")


def test_on_law_one_recorded_case_is_partial_even_with_a_signed_row() -> None:
    known = pair(law=True, asked=True, row={"status": "accepted"})
    assert degree(known, "a:x", "b:x", case=case({"a:x": F}, {"b:t": "yes"})) is P


def test_from_law_to_a_standard_the_relation_holds_as_stated() -> None:
    assert degree(pair(law=True), "b:x", "a:x") is F


def test_a_claim_that_reaches_law_carries_the_note_on_what_a_mapping_does_not_do() -> None:
    law = edition("b", bindingness="law", effect="A mapping gives no presumption of conformity.")
    known = catalogue([provision("a:x"), provision("b:x"), provision("c:x")], [row("a:x", EQ, "b:x")], [law])
    assert what_else(known, ["a:x"], Options(as_of=TODAY)).notes == ("A mapping gives no presumption of conformity.",)
    assert what_else(known, ["c:x"], Options(as_of=TODAY)).notes == ()


def test_a_contrary_row_gives_a_candidate_and_flags_the_conflict() -> None:
    known = pair(Relation.CONTRARY)
    assert (degree(known, "a:x", "b:x"), set(flags(known, "a:x", "b:x"))) == (C, {"conflict"})


# -- candidates ------------------------------------------------------------------------------


def test_a_candidate_is_one_row_beyond_a_claim_and_nothing_lies_beyond_it() -> None:
    known = chain(EQ, Relation.CROSSWALK, EQ)
    assert {p: c.degree for p, c in ask(known, "e0:p").claims.items()} == {"e0:p": F, "e1:p": F, "e2:p": C}


def test_a_candidate_does_not_spread_to_parents_and_parts() -> None:
    known = catalogue(
        [provision("a:x"), *members("b:m", "m1"), *members("c:m", "m1")],
        [row("a:x", Relation.CROSSWALK, "b:m1"), row("a:x", Relation.CROSSWALK, "c:m")],
    )
    assert degrees(ask(known, "a:x")) == {"a:x": F}
    assert (degree(known, "a:x", "b:m"), degree(known, "a:x", "c:m1")) == (N, N)


@pytest.mark.parametrize("judged", [("a:x", "c:x"), ("b:x", "c:x")], ids=["from the start", "from where it came"])
def test_a_candidate_that_a_judged_unrelated_row_denies_is_no_answer(judged: tuple[str, str]) -> None:
    provisions = [provision("a:x"), provision("b:x"), provision("c:x")]
    rows = [row("a:x", EQ, "b:x"), row("b:x", Relation.CROSSWALK, "c:x", id="look")]
    assert degree(catalogue(provisions, rows), "a:x", "c:x") is C
    denied = row(judged[0], NONE, judged[1])
    assert degree(catalogue(provisions, [*rows, denied]), "a:x", "c:x") is N
    proposed = replace(denied, status="proposed")
    assert degree(catalogue(provisions, [*rows, proposed]), "a:x", "c:x") is C


@pytest.mark.parametrize("relation", [NONE, Relation.NO_RELATIONSHIP])
def test_a_judged_no_carries_nothing(relation: Relation) -> None:
    assert degree(pair(relation), "a:x", "b:x") is N


def test_a_row_that_says_no_counterpart_carries_nothing_and_breaks_nothing() -> None:
    known = catalogue([provision("a:x")], [row("a:x", NONE, "sssom:NoTermFound")])
    assert degrees(ask(known, "a:x")) == {"a:x": F}


# -- level case ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected", "flag"),
    [("yes", F, None), ("no", N, "trigger-not-met"), (None, C, "trigger-unrecorded")],
)
def test_a_case_claim_crosses_only_if_the_trigger_is_recorded_as_met(
    answer: str | None, expected: Degree, flag: str | None
) -> None:
    known = pair(asked=True)
    stated = case({"a:x": F}, {"b:t": answer} if answer else {})
    assert degree(known, "a:x", "b:x", case=stated) is expected
    assert ("trigger" in fired(known, "a:x", "b:x", case=stated)) == (expected is not F)
    if expected is C:
        found = claim(known, "a:x", "b:x", case=stated)
        assert found is not None
        assert found.best.questions == ("b:t",)
        assert flag in found.best.flags


def test_one_of_several_triggers_met_is_enough_and_one_of_them_denied_is_not_no() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")],
        [row("a:x", EQ, "b:x")],
        triggers=[trigger("b:t", "b:x"), trigger("b:u", "b:x")],
    )
    for answers, expected in (({"b:t": "yes", "b:u": "no"}, F), ({"b:t": "no"}, C), ({"b:t": "no", "b:u": "no"}, N)):
        assert degree(known, "a:x", "b:x", case=case({"a:x": F}, answers)) is expected


@pytest.mark.parametrize(("answer", "expected"), [("yes", F), ("no", N), (None, C)])
def test_a_rows_own_condition_must_be_met_by_the_case_as_well(answer: str | None, expected: Degree) -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")],
        [row("a:x", EQ, "b:x", condition="b:c")],
        triggers=[trigger("b:t", "b:x"), trigger("b:c")],
    )
    answers = {"b:t": "yes"} | ({"b:c": answer} if answer else {})
    assert degree(known, "a:x", "b:x", case=case({"a:x": F}, answers)) is expected


def test_a_hypothetical_answer_names_the_condition_of_its_row() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", condition="b:c")], triggers=[trigger("b:c")]
    )
    found = claim(known, "a:x", "b:x")
    assert found is not None
    assert (found.degree, found.best.conditions) == (F, ("b:c is met",))


@pytest.mark.parametrize(("overlap", "expected"), [("per-occurrence", P), ("both", P), ("standing", C), (None, C)])
def test_of_a_case_an_overlap_counts_only_where_it_is_stated_to_be_per_occurrence(
    overlap: str | None, expected: Degree
) -> None:
    known = pair(INT, row={"overlap": overlap})
    assert degree(known, "a:x", "b:x", case=case({"a:x": F})) is expected
    assert degree(known, "a:x", "b:x") is P
    assert ("occurrence" in fired(known, "a:x", "b:x", case=case({"a:x": F}))) == (expected is C)


@pytest.mark.parametrize(("occurrence", "expected"), [("per-occurrence", F), ("both", P), ("standing", C), (None, C)])
def test_one_case_says_nothing_of_standing_elements(occurrence: str | None, expected: Degree) -> None:
    known = pair(b={"occurrence": occurrence})
    assert degree(known, "a:x", "b:x", case=case({"a:x": F})) is expected
    assert degree(known, "a:x", "b:x") is F
    assert ("scope" in fired(known, "a:x", "b:x", case=case({"a:x": F}))) == (expected is not F)


@pytest.mark.parametrize(("recorded", "expected"), [(F, F), (P, P), (N, N)])
def test_a_case_starts_as_far_as_it_is_recorded(recorded: Degree, expected: Degree) -> None:
    assert degree(pair(), "a:x", "b:x", case=case({"a:x": recorded})) is expected


def test_a_case_proof_starts_from_the_record_and_a_hypothetical_one_from_the_target() -> None:
    for stated, rule in (({"case": case({"a:x": F})}, "record"), ({}, "target")):
        found = claim(pair(), "a:x", "b:x", **stated)
        assert found is not None
        assert found.best.steps[0].rule == rule


# -- rules with more than one premise ----------------------------------------------------------


def from_parts(**stated: Any) -> Catalogue:
    """`a:x` equal to both members of `b:m`."""
    provisions = [provision("a:x"), *members("b:m", "m1", "m2", **stated)]
    return catalogue(provisions, [row("a:x", EQ, "b:m1"), row("a:x", EQ, "b:m2")])


@pytest.mark.parametrize(("exhaustive", "expected"), [(True, F), (False, P)])
def test_all_parts_make_the_whole_only_where_the_parts_are_declared_to_be_all(
    exhaustive: bool, expected: Degree
) -> None:
    found = claim(from_parts(exhaustive=exhaustive), "a:x", "b:m")
    assert found is not None
    assert found.degree is expected
    assert found.best.steps[-1].rule == ("all-parts" if exhaustive else "whole")
    assert exhaustive == (found.best.steps[-1].premises == ("b:m1", "b:m2"))


@pytest.mark.parametrize("missing", [SUB, INT, NONE, Relation.CROSSWALK])
def test_one_part_less_than_full_keeps_the_whole_partial(missing: Relation) -> None:
    known = from_parts(exhaustive=True)
    rows = [known.mappings[0], replace(known.mappings[1], relation=missing)]
    assert degree(catalogue(known.provisions.values(), rows), "a:x", "b:m") is P


@pytest.mark.parametrize("change", [{"force": "prohibition"}, {"in_force": Interval(None, date(2020, 1, 1))}])
def test_all_parts_never_lift_a_whole_that_cannot_hold(change: dict[str, object]) -> None:
    assert degree(from_parts(exhaustive=True, **change), "a:x", "b:m") < P


def test_parts_reached_by_different_rationales_do_not_make_the_whole() -> None:
    known = from_parts(exhaustive=True)
    rows = [known.mappings[0], replace(known.mappings[1], rationale_kind="functional")]
    assert degree(catalogue(known.provisions.values(), rows), "a:x", "b:m") is P


def test_parts_that_bind_different_roles_do_not_make_the_whole() -> None:
    provisions = [
        provision("a:x"),
        provision("b:m", decomposition="AllOf", exhaustive=True),
        provision("b:m1", parent="b:m", binds=["provider"]),
        provision("b:m2", parent="b:m", binds=["deployer"]),
    ]
    known = catalogue(provisions, [row("a:x", EQ, "b:m1"), row("a:x", EQ, "b:m2")])
    assert degree(known, "a:x", "b:m") is P


def test_a_whole_made_of_its_parts_carries_on_to_other_frameworks() -> None:
    known = from_parts(exhaustive=True)
    more = catalogue([*known.provisions.values(), provision("c:x")], [*known.mappings, row("b:m", EQ, "c:x")])
    found = claim(more, "a:x", "c:x")
    assert found is not None
    assert found.degree is F
    assert {r.id for r in found.best.rows} == {r.id for r in more.mappings}


def test_wholes_nest() -> None:
    inner = members("b:n", "n1", "n2", exhaustive=True)
    outer = provision("b:m", decomposition="AllOf", exhaustive=True)
    known = catalogue(
        [provision("a:x"), outer, replace(inner[0], parent="b:m"), *inner[1:]],
        [row("a:x", EQ, "b:n1"), row("a:x", EQ, "b:n2")],
    )
    assert degrees(ask(known, "a:x")) == dict.fromkeys(["a:x", "b:m", "b:n", "b:n1", "b:n2"], F)


def test_a_parent_covers_its_mandatory_members_and_a_member_part_of_its_parent() -> None:
    known = catalogue(members("a:m", "m1", "m2"))
    assert degrees(ask(known, "a:m")) == {"a:m": F, "a:m1": F, "a:m2": F}
    assert degrees(ask(known, "a:m1")) == {"a:m1": F, "a:m": P}


def test_any_member_makes_a_free_choice_full_and_the_choice_says_nothing_of_a_member() -> None:
    known = catalogue(members("a:m", "m1", "m2", decomposition="AnyOf"))
    assert degrees(ask(known, "a:m1")) == {"a:m1": F, "a:m": F}
    assert degrees(ask(known, "a:m")) == {"a:m": F}


@pytest.mark.parametrize("decomposition", ["AnyOf", "AsAppropriate"])
def test_a_partial_member_says_nothing_of_a_choice(decomposition: str) -> None:
    known = catalogue(
        [provision("a:x"), *members("b:m", "m1", "m2", decomposition=decomposition)], [row("a:x", INT, "b:m1")]
    )
    assert degrees(ask(known, "a:x")) == {"a:x": F, "b:m1": P}


@pytest.mark.parametrize("relation", [EQ, SUP, SUB, INT])
def test_no_set_relation_carries_a_claim_to_or_from_a_free_choice(relation: Relation) -> None:
    known = catalogue(
        [*members("a:m", "m1", decomposition="AnyOf"), provision("b:x"), provision("c:x")],
        [row("a:m", relation, "b:x"), row("c:x", relation, "a:m")],
    )
    assert (degree(known, "a:m1", "b:x"), degree(known, "c:x", "a:m")) == (C, C)
    assert fired(known, "c:x", "a:m") == ("any-of",)


def test_one_member_of_as_appropriate_is_partial_and_all_of_them_are_too() -> None:
    known = catalogue(members("a:m", "m1", "m2", decomposition="AsAppropriate", exhaustive=True))
    assert degrees(ask(known, "a:m1")) == {"a:m1": F, "a:m": P}
    assert degree(known, "a:m1", "a:m") is P
    assert degrees(ask(known, "a:m1", "a:m2"))["a:m"] is P
    assert degrees(ask(known, "a:m")) == {"a:m": F}


def conditional(exhaustive: bool = True) -> Catalogue:
    """`a:m` with a mandatory and a conditional member."""
    return catalogue(
        [
            provision("a:m", decomposition="AllOf", exhaustive=exhaustive),
            provision("a:m1", parent="a:m"),
            provision("a:m2", parent="a:m", conditional=True),
        ]
    )


def test_a_conditional_member_neither_follows_from_the_whole_nor_counts_towards_it() -> None:
    assert degrees(ask(conditional(), "a:m")) == {"a:m": F, "a:m1": F}
    assert degrees(ask(conditional(), "a:m2")) == {"a:m2": F}


def test_a_whole_needs_its_conditional_members_too() -> None:
    assert degrees(ask(conditional(), "a:m1"))["a:m"] is P
    assert degrees(ask(conditional(), "a:m1", "a:m2"))["a:m"] is F


# -- several targets ---------------------------------------------------------------------------


def test_several_targets_taken_together_can_make_a_whole_that_none_makes_alone() -> None:
    known = catalogue([*members("a:m", "m1", "m2", exhaustive=True), provision("b:x")], [row("a:m", EQ, "b:x")])
    assert degrees(ask(known, "a:m1"))["a:m"] is P
    assert degrees(ask(known, "a:m1", "a:m2")) == {"a:m": F, "a:m1": F, "a:m2": F, "b:x": F}


def test_several_targets_never_add_up_partials_to_full() -> None:
    known = catalogue(
        [provision("a:x"), provision("a:y"), provision("b:x")], [row("a:x", SUB, "b:x"), row("a:y", SUB, "b:x")]
    )
    assert degrees(ask(known, "a:x", "a:y"))["b:x"] is P


def test_each_of_several_targets_keeps_its_own_proof() -> None:
    known = catalogue(
        [provision("a:x"), provision("c:x"), provision("b:x")], [row("a:x", EQ, "b:x"), row("c:x", EQ, "b:x")]
    )
    found = ask(known, "a:x", "c:x").claims["b:x"]
    assert {d.steps[0].conclusion for d in found.derivations if len(d.steps) == 2} == {"a:x", "c:x"}


def test_a_target_given_twice_is_taken_once() -> None:
    assert ask(pair(), "a:x", "a:x") == ask(pair(), "a:x")


def test_a_target_that_starts_nothing_leaves_the_others_alone() -> None:
    known = catalogue([provision("a:x"), provision("a:y", force="right"), provision("b:x")], [row("a:x", EQ, "b:x")])
    found = ask(known, "a:x", "a:y")
    assert found.refused == ("a:y",)
    assert degrees(found) == {"a:x": F, "b:x": F}
    notes = what_else(known, ["a:x", "a:y"], Options(TODAY)).notes
    assert notes == ("y states no duty of an organisation, so it starts no claim.",)


# -- confidence of claims ------------------------------------------------------------------------


def test_proofs_that_share_a_row_are_not_independent_so_0_594_and_not_0_79() -> None:
    names = ["a:x", "s:x", "b:x", "c:x", "z:x"]
    rows = [
        row("a:x", EQ, "s:x", 0.6),
        row("s:x", EQ, "b:x", 1.0),
        row("s:x", EQ, "c:x", 1.0),
        row("b:x", EQ, "z:x", 0.9),
        row("c:x", EQ, "z:x", 0.9),
    ]
    found = claim(catalogue([provision(n) for n in names], rows), "a:x", "z:x")
    assert found is not None
    assert found.confidence is not None
    assert found.best_confidence is not None
    assert (round(found.confidence, 3), round(found.best_confidence, 2), found.bounded) == (0.594, 0.54, False)
    assert len(found.derivations) == 2


def test_a_chain_multiplies_and_its_interval_assumes_nothing() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("c:x")],
        [row("a:x", EQ, "b:x", 0.75), row("b:x", EQ, "c:x", 0.5)],
    )
    found = claim(known, "a:x", "c:x")
    assert found is not None
    assert (found.confidence, found.interval) == (0.375, (0.25, 0.5))


def test_hierarchy_is_certain() -> None:
    known = catalogue([provision("a:x"), *members("b:m", "m1")], [row("a:x", EQ, "b:m", 0.75)])
    found = claim(known, "a:x", "b:m1")
    assert found is not None
    assert (found.confidence, found.interval) == (0.75, (0.75, 0.75))


def test_a_claim_that_needs_a_row_without_confidence_has_none_and_an_interval_up_to_the_smallest_known() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("c:x"), provision("d:x")],
        [row("a:x", EQ, "b:x", 0.75), row("b:x", EQ, "c:x", None), row("c:x", EQ, "d:x", 0.9)],
    )
    found = claim(known, "a:x", "d:x")
    assert found is not None
    assert (found.confidence, found.best_confidence, found.interval) == (None, None, (0.0, 0.75))


def test_a_claim_that_has_one_proof_of_known_confidence_is_at_least_that_and_says_so() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")],
        [row("a:x", EQ, "b:x", 0.75), row("a:x", EQ, "b:x", None, id="unknown", mapping_set="other")],
    )
    found = claim(known, "a:x", "b:x")
    assert found is not None
    assert (found.confidence, found.best_confidence, found.bounded) == (0.75, 0.75, True)
    assert found.interval == (0.75, 1.0)


def test_the_proof_shown_first_is_the_most_probable_one() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("z:x")],
        [row("a:x", EQ, "z:x", 0.5), row("a:x", EQ, "b:x", 0.9), row("b:x", EQ, "z:x", 0.9)],
    )
    found = claim(known, "a:x", "z:x")
    assert found is not None
    assert [r.object for r in found.best.rows] == ["b:x", "z:x"]
    assert isclose(found.best_confidence or 0, 0.81)


def test_more_than_twenty_rows_give_a_lower_bound_that_is_flagged() -> None:
    middle = [f"m{i:02}:x" for i in range(11)]
    rows = [r for m in middle for r in (row("a:x", EQ, m, 0.5), row(m, EQ, "z:x", 0.5))]
    known = catalogue([provision("a:x"), provision("z:x"), *(provision(m) for m in middle)], rows)
    found = claim(known, "a:x", "z:x")
    assert found is not None
    assert (found.confidence, found.bounded) == (0.25, True)
    answers = what_else(known, ["a:x"], Options(as_of=TODAY)).answers
    assert ["confidence-bounded" in a.flags for a in answers if a.provision == "z:x"] == [True]


# -- names of the guards -------------------------------------------------------------------------


def test_every_guard_is_asked_once_and_has_a_name() -> None:
    names = list(guards.names())
    assert len(names) == len(set(names)) == len(guards.GUARDS)
    assert {"trust", "force", "in-force", "role", "rationale", "twins", "legal-effect", "trigger"} <= set(names)


def test_all_guards_that_fire_are_named_and_the_strictest_wins() -> None:
    known = pair(
        b={"binds": ["deployer"]}, row={"status": "proposed", "rationale_kind": "syntactic"}, a={"binds": ["provider"]}
    )
    known = catalogue(known.provisions.values(), [replace(known.mappings[0], relation=SUP)])
    assert set(fired(known, "a:x", "b:x")) == {"trust", "role", "rationale"}
    assert degree(known, "a:x", "b:x") is C


# -- laws on random worlds -------------------------------------------------------------------------

NAMES = [f"{e}:{n}" for e in "abcd" for n in ("m", "m1", "m2")]
POSITIVE = (EQ, SUB, SUP, INT, Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTS_EXAMPLE)
ANYTHING = (*POSITIVE, EQ, SUP, NONE, Relation.CROSSWALK, Relation.CONTRARY)
BOUND = ((), (), (), ("provider",), ("deployer",), ("provider", "deployer"), ("operator",))
EDITIONS = [edition("a", managed="one"), edition("b", managed="two"), edition("c", bindingness="law")]
PAIRS = [(a, b) for a in NAMES for b in NAMES if a.partition(":")[0] < b.partition(":")[0]]
LAWS = settings(derandomize=True, deadline=None, max_examples=100)


@st.composite
def provisions_of(draw: st.DrawFn, exhaustive: bool = False) -> list[Provision]:
    """Four editions, each a parent of two members."""
    found = []
    for name in NAMES:
        parent = None if name.endswith(":m") else name[:-1]
        found.append(
            provision(
                name,
                parent=parent,
                decomposition=None if parent else draw(st.sampled_from(["AllOf", "AllOf", "AnyOf", "AsAppropriate"])),
                exhaustive=exhaustive and parent is None and draw(st.booleans()),
                conditional=parent is not None and draw(st.integers(0, 5)) == 0,
                binds=draw(st.sampled_from(BOUND)),
            )
        )
    return found


@st.composite
def rows_of(draw: st.DrawFn, relations: tuple[Relation, ...] = ANYTHING) -> list[Mapping]:
    """Some rows between editions, at most one for a pair."""
    chosen = draw(st.lists(st.sampled_from(PAIRS), min_size=6, max_size=14, unique=True))
    return [
        row(
            a,
            draw(st.sampled_from(relations)),
            b,
            draw(st.sampled_from([None, 0.25, 0.5, 0.75, 0.9, 1.0])),
            rationale_kind=draw(st.sampled_from(["semantic", "semantic", "semantic", "functional", "syntactic"])),
            status=draw(st.sampled_from(["double-read", "double-read", "accepted", "proposed"])),
            overlap=draw(st.sampled_from([None, "both", "standing", "per-occurrence"])),
        )
        for a, b in chosen
    ]


ROLES_ASKED = st.sampled_from([(), (), ("provider",), ("deployer",), ("provider", "deployer"), ("operator",)])


@given(provisions_of(exhaustive=True), rows_of(), ROLES_ASKED, st.permutations(range(14)))
@LAWS
def test_the_order_of_rows_does_not_matter(
    provisions: list[Provision], rows: list[Mapping], roles: tuple[str, ...], order: list[int]
) -> None:
    straight = catalogue(provisions, rows, EDITIONS)
    mixed = catalogue(provisions, [rows[i] for i in order if i < len(rows)], EDITIONS)
    for start in NAMES:
        assert ask(mixed, start, roles=roles).claims == ask(straight, start, roles=roles).claims


@given(provisions_of(exhaustive=True), rows_of(), ROLES_ASKED)
@LAWS
def test_asking_twice_gives_the_same_and_asking_again_for_what_is_covered_takes_nothing_away(
    provisions: list[Provision], rows: list[Mapping], roles: tuple[str, ...]
) -> None:
    known = catalogue(provisions, rows, EDITIONS)
    for start in NAMES:
        once = ask(known, start, roles=roles)
        assert ask(known, start, roles=roles) == once
        full = [p for p, d in degrees(once).items() if d is F]
        again = degrees(ask(known, *full, roles=roles))
        assert all(again[p] >= d for p, d in degrees(once).items())


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from((EQ, SUP, SUB, INT)), st.integers(0, 5)), min_size=4, max_size=12
    )
)
@LAWS
def test_the_closure_is_idempotent_where_every_edition_holds_one_provision(
    links: list[tuple[int, Relation, int]],
) -> None:
    names = [f"e{i}:p" for i in range(6)]
    pairs = {(min(a, b), max(a, b)): row(names[a], r, names[b]) for a, r, b in links if a != b}
    known = catalogue([provision(n) for n in names], pairs.values())
    covered = covers(known, context())
    for start in names:
        assert start in covered[start]
        assert {p for q in covered[start] for p in covered[q]} == set(covered[start])
        assert [p for p, d in degrees(ask(known, *covered[start])).items() if d is F] == list(covered[start])


@given(provisions_of(), rows_of(), st.sampled_from(PAIRS), st.sampled_from(POSITIVE), ROLES_ASKED)
@LAWS
def test_one_more_admitted_positive_row_takes_no_answer_away(
    provisions: list[Provision],
    rows: list[Mapping],
    ends: tuple[str, str],
    relation: Relation,
    roles: tuple[str, ...],
) -> None:
    fewer = catalogue(provisions, rows, EDITIONS)
    added = row(ends[0], relation, ends[1], id="added", status="accepted", mapping_set="another")
    more = catalogue(provisions, [*rows, added], EDITIONS)
    for start in NAMES:
        after = degrees(ask(more, start, roles=roles))
        assert all(after.get(p, N) >= d for p, d in degrees(ask(fewer, start, roles=roles)).items())


@given(provisions_of(), rows_of(POSITIVE))
@LAWS
def test_without_a_row_that_every_proof_needs_the_claim_is_gone(
    provisions: list[Provision], rows: list[Mapping]
) -> None:
    known = catalogue(provisions, rows, EDITIONS)
    for start in NAMES:
        for name, found in ask(known, start).claims.items():
            needed = frozenset.intersection(*(frozenset(r.id for r in d.rows) for d in found.derivations))
            for gone in needed if found.degree >= P else ():
                left = catalogue(provisions, [r for r in rows if r.id != gone], EDITIONS)
                assert degree(left, start, name) < found.degree


def _claims(known: Catalogue, roles: tuple[str, ...]) -> list[Claim]:
    return [found for start in NAMES for found in ask(known, start, roles=roles).claims.values()]


@given(provisions_of(exhaustive=True), rows_of(), ROLES_ASKED)
@LAWS
def test_no_proof_enters_an_edition_twice_and_each_premise_comes_before_its_use(
    provisions: list[Provision], rows: list[Mapping], roles: tuple[str, ...]
) -> None:
    for found in _claims(catalogue(provisions, rows, EDITIONS), roles):
        for derivation in found.derivations:
            passed: dict[str, frozenset[str]] = {}
            for step in derivation.steps:
                assert set(step.premises) <= set(passed)
                before = frozenset().union(*(passed[p] for p in step.premises))
                here = step.conclusion.partition(":")[0]
                assert step.mapping is None or here not in before
                passed.setdefault(step.conclusion, before | {here})
            assert derivation.steps[-1].conclusion == found.provision == derivation.provision


@given(provisions_of(exhaustive=True), rows_of(), ROLES_ASKED)
@LAWS
def test_a_proof_is_no_surer_than_its_weakest_row_and_a_claim_no_less_sure_than_its_best_proof(
    provisions: list[Provision], rows: list[Mapping], roles: tuple[str, ...]
) -> None:
    for found in _claims(catalogue(provisions, rows, EDITIONS), roles):
        stated = [r.confidence for r in found.best.rows if r.confidence is not None]
        if found.best_confidence is not None:
            assert found.best_confidence <= min(stated, default=1.0)
            assert found.confidence is not None
            assert found.confidence >= found.best_confidence - 1e-12
        low, high = found.interval
        assert -1e-12 <= low <= high + 1e-12 <= 1 + 1e-12
        assert found.confidence is None or low - 1e-12 <= found.confidence <= high + 1e-12


def unguarded(known: Catalogue) -> Catalogue:
    """The same provisions and rows with nothing left for a guard to look at, but for free choice."""
    provisions = [replace(p, binds=frozenset()) for p in known.provisions.values()]
    return catalogue(provisions, [replace(r, status="accepted", rationale_kind=None) for r in known.mappings])


@given(provisions_of(exhaustive=True), rows_of(), ROLES_ASKED)
@LAWS
def test_a_guard_never_raises_a_claim(provisions: list[Provision], rows: list[Mapping], roles: tuple[str, ...]) -> None:
    known = catalogue(provisions, rows, EDITIONS)
    for start in NAMES:
        free = degrees(ask(unguarded(known), start))
        loose = degrees(ask(known, start))
        strict = degrees(ask(known, start, roles=roles))
        signed = degrees(ask(known, start, roles=roles, trust="accepted"))
        assert all(d <= free.get(p, N) for p, d in loose.items())
        assert all(d <= loose.get(p, N) for p, d in strict.items())
        assert all(d <= strict.get(p, N) for p, d in signed.items())


@given(provisions_of(exhaustive=True), rows_of())
@LAWS
def test_one_case_covers_no_more_than_the_hypothesis_does(provisions: list[Provision], rows: list[Mapping]) -> None:
    known = catalogue(provisions, rows)
    for start in NAMES:
        supposed = degrees(ask(known, start))
        for recorded in (F, P):
            of_case = degrees(ask(known, start, case=case({start: recorded})))
            assert all(d <= supposed.get(p, N) for p, d in of_case.items())


# -- every guard speaks of every rule, those with several premises included --------------------


def whole_of_two(**stated: Any) -> Catalogue:
    """`a:x` equal to both members of the exhaustive `b:m`; what is stated is stated of `b:m`."""
    triggers = [trigger("b:t", "b:m1", "b:m2")]
    provisions = [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True, **stated)]
    return catalogue(provisions, [row("a:x", EQ, "b:m1"), row("a:x", EQ, "b:m2")], triggers=triggers)


def test_all_parts_do_not_make_a_whole_of_another_system_class_full() -> None:
    known = whole_of_two(system_classes=["gpai"])
    assert degree(known, "a:x", "b:m") is F
    assert degree(known, "a:x", "b:m", system_class="high-risk-annex-iii") in (N, C)


@pytest.mark.parametrize(("occurrence", "expected"), [("per-occurrence", F), ("both", P), ("standing", N)])
def test_all_parts_of_one_case_reach_only_what_is_asked_per_occurrence(occurrence: str, expected: Degree) -> None:
    known = whole_of_two(occurrence=occurrence)
    stated = case({"a:x": F}, {"b:t": "yes"})
    assert degree(known, "a:x", "b:m", case=stated) in ({expected, C} if expected is N else {expected})


def test_of_a_case_a_part_with_a_trigger_of_its_own_waits_for_it() -> None:
    provisions = [provision("a:x"), *members("b:m", "m1")]
    triggers = [trigger("b:t", "b:m"), trigger("b:t1", "b:m1")]
    known = catalogue(provisions, [row("a:x", EQ, "b:m")], triggers=triggers)
    assert degree(known, "a:x", "b:m1", case=case({"a:x": F}, {"b:t": "yes", "b:t1": "yes"})) is F
    assert degree(known, "a:x", "b:m1", case=case({"a:x": F}, {"b:t": "yes", "b:t1": "no"})) is N
    assert degree(known, "a:x", "b:m1", case=case({"a:x": F}, {"b:t": "yes"})) in (N, C)


@pytest.mark.parametrize("idle", [True, False])
def test_of_a_case_a_conditional_member_not_set_off_for_a_reason_does_not_hold_back_the_whole(idle: bool) -> None:
    whole, first, second = members("b:m", "m1", "m2", exhaustive=True)
    second = replace(second, conditional=True)
    triggers = [trigger("b:t", "b:m", "b:m1"), trigger("b:t2", "b:m2")]
    known = catalogue([provision("a:x"), whole, first, second], [row("a:x", EQ, "b:m1")], triggers=triggers)
    answers = {"b:t": "yes", "b:t2": "no"}
    stated = case({"a:x": F}, answers, idle=frozenset({"b:t2"} if idle else ()))
    assert degree(known, "a:x", "b:m", case=stated) is (F if idle else P)


@pytest.mark.parametrize("idle", [True, False])
def test_a_whole_with_a_part_that_was_not_set_off_shares_nothing_with_others(idle: bool) -> None:
    """What a whole shares with another provision may lie in the part that was left out for this case."""
    whole, first, second = members("b:m", "m1", "m2", exhaustive=True)
    second = replace(second, conditional=idle)
    triggers = [trigger("b:t", "b:m", "b:m1", *(() if idle else ("b:m2",))), trigger("c:t", "c:x")]
    triggers += [trigger("b:t2", "b:m2")] if idle else []
    rows = [row("a:x", EQ, "b:m1"), row("b:m", INT, "c:x", overlap="per-occurrence")]
    rows += [] if idle else [row("a:x", EQ, "b:m2")]
    known = catalogue([provision("a:x"), whole, first, second, provision("c:x")], rows, triggers=triggers)
    answers = {"b:t": "yes", "c:t": "yes", "b:t2": "no"}
    stated = case({"a:x": F}, answers, idle=frozenset({"b:t2"} if idle else ()))
    assert degree(known, "a:x", "b:m", case=stated) is F
    assert degree(known, "a:x", "c:x", case=stated) is (C if idle else P)


@pytest.mark.parametrize("kind", ["AnyOf", "AsAppropriate"])
def test_a_conditional_member_of_a_choice_says_nothing_of_the_whole(kind: str) -> None:
    whole, member = members("b:m", "m1", decomposition=kind)
    known = catalogue([provision("a:x"), whole, replace(member, conditional=True)], [row("a:x", EQ, "b:m1")])
    assert degree(known, "a:x", "b:m") is N


def test_all_parts_finds_the_rationale_that_all_members_share() -> None:
    provisions = [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)]
    rows = [
        row("a:x", EQ, "b:m1", 0.8, rationale_kind="functional"),
        row("a:x", EQ, "b:m2", 0.8, rationale_kind="functional"),
    ]
    assert degree(catalogue(provisions, rows), "a:x", "b:m") is F
    another = row("a:x", EQ, "b:m1", 0.9, id="another", mapping_set="https://example.org/another")
    assert degree(catalogue(provisions, [*rows, another]), "a:x", "b:m") is F


def test_all_parts_counts_every_proof_of_its_members() -> None:
    provisions = [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)]
    rows = [row("a:x", EQ, "b:m1", 0.8, id="r1"), row("a:x", EQ, "b:m1", 0.9, id="r2"), row("a:x", EQ, "b:m2", 1.0)]
    found = claim(catalogue(provisions, rows), "a:x", "b:m")
    assert found is not None
    assert found.confidence is not None
    assert isclose(found.confidence, 0.98)


def test_many_lesser_proofs_do_not_hide_a_full_one() -> None:
    extra = [provision(f"z{i}:x") for i in range(70)]
    provisions = [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True), *extra]
    rows = [row("a:x", EQ, "b:m1"), row("a:x", EQ, "b:m2")]
    rows += [r for z in extra for r in (row("a:x", EQ, z.id), row(z.id, SUB, "b:m"))]
    assert degree(catalogue(provisions, rows), "a:x", "b:m") is F


def test_a_should_two_edges_behind_a_shall_is_still_flagged() -> None:
    provisions = [provision("a:x", modality="should"), provision("n:x", modality="outcome"), provision("b:x")]
    known = catalogue(provisions, [row("a:x", EQ, "n:x"), row("n:x", EQ, "b:x")])
    assert "should-reaching-shall" in flags(known, "a:x", "b:x")


def test_a_start_for_another_system_class_gives_no_claim_and_says_so() -> None:
    known = pair(a={"system_classes": ["gpai"]})
    assert degree(known, "a:x", "b:x", system_class="high-risk-annex-iii") is N
    answer = what_else(known, ["a:x"], Options(TODAY, system_class="high-risk-annex-iii"))
    assert answer.answers == ()
    assert "concerns gpai, not high-risk-annex-iii" in answer.notes[0]


def test_an_unknown_confidence_sorts_last_in_its_degree() -> None:
    provisions = [provision("a:x"), provision("b:x"), provision("c:x")]
    known = catalogue(provisions, [row("a:x", EQ, "b:x", None), row("a:x", EQ, "c:x", 0.2)])
    assert [a.provision for a in what_else(known, ["a:x"], Options(TODAY)).answers] == ["c:x", "b:x"]


def test_explaining_names_the_role_guard_at_the_edge_that_stopped() -> None:
    known = pair(a={"binds": ["provider"]}, b={"binds": ["deployer"]})
    found = explain(known, "a:x", "b:x", Options(TODAY))
    assert found.stopped_at is not None
    assert found.stopped_at.guards == ("role",)


def test_explaining_a_start_that_is_no_duty_says_so() -> None:
    found = explain(pair(a={"force": "permission"}), "a:x", "b:x", Options(TODAY))
    assert "states no duty" in found.sentence


def test_explaining_names_the_edition_guard() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("a:y")], [row("a:x", EQ, "b:x"), row("b:x", EQ, "a:y")]
    )
    found = explain(known, "a:x", "a:y", Options(TODAY))
    assert found.stopped_at is not None
    assert found.stopped_at.guards == ("edition",)


def test_a_heading_passes_its_question_on_to_the_headings_and_duties_it_holds() -> None:
    outer, inner = members("a:o", "i", decomposition="AllOf")
    duty = provision("a:d", parent="a:i")
    headings = [replace(outer, force=None), replace(inner, force=None, decomposition="AllOf")]
    known = catalogue([*headings, duty, provision("b:x")], [row("a:d", EQ, "b:x")])
    assert degree(known, "a:o", "b:x") is F
    answer = what_else(known, ["a:o"], Options(TODAY, frameworks=("a", "b")))
    assert [a.provision for a in answer.answers] == ["b:x"]


@pytest.mark.parametrize("stated", [{"kind": "Recital"}, {"kind": "Guidance"}, {"addressees": ["authority"]}])
def test_text_that_transfers_nothing_starts_nothing_even_without_a_force(stated: dict[str, Any]) -> None:
    assert degree(pair(a={"force": None, **stated}), "a:x", "b:x") is N


def test_why_guidance_starts_nothing_is_said_plainly() -> None:
    answer = what_else(pair(a={"kind": "Guidance"}), ["a:x"], Options(TODAY))
    assert answer.notes == ("x states no duty of an organisation, so it starts no claim.",)


@pytest.mark.parametrize("relation", [Relation.SUPPORTED_INTEGRAL, Relation.SUPPORTED_PRECEDES])
def test_supportive_relations_between_two_management_systems_are_twins_too(relation: Relation) -> None:
    known = pair(relation, managed=True)
    assert degree(known, "a:x", "b:x") is P
    assert "same-text-other-system" in flags(known, "a:x", "b:x")


def test_one_chain_speaks_of_one_class_of_systems() -> None:
    provisions = [
        provision("a:x", system_classes=["gpai"]),
        provision("b:x"),
        provision("c:x", system_classes=["high-risk-annex-i"]),
    ]
    known = catalogue(provisions, [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")])
    assert degree(known, "a:x", "b:x") is F
    assert degree(known, "a:x", "c:x") is C


def test_a_candidate_denied_anywhere_along_its_chain_is_no_candidate() -> None:
    provisions = [provision(f"{e}:x") for e in "abc"] + members("d:w", "w1")
    rows = [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x"), row("c:x", Relation.CROSSWALK, "d:w1")]
    assert degree(catalogue(provisions, rows), "a:x", "d:w1") is C
    for near, far in (("b:x", "d:w1"), ("a:x", "d:w")):
        denied = [*rows, row(near, Relation.UNRELATED, far)]
        assert degree(catalogue(provisions, denied), "a:x", "d:w1") is N


def test_a_date_in_dispute_for_another_class_of_systems_is_not_flagged() -> None:
    disputed = applies(date(2026, 1, 1), "gpai", legal_question="Since when?")
    known = pair(b={"applies": (disputed, applies(date(2026, 1, 1), "high-risk-annex-iii"))})
    for system_class, flagged in (("gpai", True), ("high-risk-annex-iii", False)):
        (answer,) = what_else(known, ["a:x"], Options(TODAY, system_class=system_class)).answers
        assert ("application-date-disputed" in answer.flags) is flagged


def test_sixty_four_proofs_for_one_role_do_not_hide_one_for_another() -> None:
    middles = [provision(f"m{i}:x", binds=["provider"]) for i in range(70)]
    provisions = [provision("a:x"), *middles, provision("i:x", binds=["importer"]), provision("z:x")]
    provisions.append(provision("q:x", binds=["importer"]))
    rows = [r for m in middles for r in (row("a:x", EQ, m.id), row(m.id, EQ, "z:x"))]
    rows += [row("a:x", EQ, "i:x", 0.5), row("i:x", EQ, "z:x", 0.5), row("z:x", EQ, "q:x")]
    assert degree(catalogue(provisions, rows), "a:x", "q:x") is F


def test_all_parts_tries_every_combination_that_may_stand_in_one_proof() -> None:
    names = [f"w{i}" for i in range(8)]
    provisions = [provision("a:x"), *members("m:w", *names, exhaustive=True)]
    rows = [row("a:x", EQ, "m:w0", 0.99, id="f", rationale_kind="functional")]
    rows += [row("a:x", EQ, f"m:{n}", 0.5, id=f"{n}-{k}", mapping_set=k) for n in names for k in ("s1", "s2")]
    assert degree(catalogue(provisions, rows), "a:x", "m:w") is F


def test_where_every_two_editions_are_equal_the_search_ends_and_names_its_limit() -> None:
    names = [f"e{i}:x" for i in range(8)]
    rows = [row(a, EQ, b, 0.5 + 0.05 * (i % 9)) for i, (a, b) in enumerate(combinations(names, 2))]
    known = catalogue([provision(n) for n in names], rows)
    found = ask(known, "e0:x")
    assert degrees(found) == dict.fromkeys(names, F)
    assert found.limited
    assert all(found.claims[p].bounded for p in found.limited)
    (sentence,) = found.limits(names[1:])
    assert "Not every proof was kept of " in sentence
    assert str(MAX_OF_PROVISION) in sentence
    assert sentence in what_else(known, ["e0:x"], Options(TODAY)).notes
    assert ask(chain(EQ, EQ), "e0:p").limits(["e1:p"]) == ()
