"""What records add to the calculus: choices, applicability, systems, scopes and periods; and what roles restrict."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, CASES, Run
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

from aims_graph import planned
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Entry, Organisation
from aims_graph.indexing.closure import asserted, covers
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.organisation import organisation
from aims_graph.periods import later, next_due, passed, recurrences, reopened
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, Degree, Relation
from aims_graph.trace import Options, what_else

PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix iso42001: <https://w3id.org/aims-graph/iso42001/2023/> .
@prefix iso27001: <https://w3id.org/aims-graph/iso27001/2022/> .
@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
NC = "https://example.org/records/NC-3"


def recorded(tmp_path: Path, *texts: str, beside: str | None = None) -> Library:
    """The shipped data with these records, beside a shipped case if one is named."""
    files = [CASES / beside] if beside else []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.ttl"
        path.write_text(PREFIXES + text, encoding="utf-8")
        files.append(path)
    return Library.open(record_files=files)


# -- as appropriate --------------------------------------------------------------------------


def chosen_of(known: Catalogue, *chosen: str) -> Degree:
    """The degree of `a:w` for a case that has `a:m1` recorded in full."""
    return degree(known, "a:m1", "a:w", case=case({"a:m1": F}, chosen=frozenset(chosen)))


def test_of_a_case_a_part_chosen_as_appropriate_is_full_only_once_somebody_judged_it_so() -> None:
    known = catalogue(members("a:w", "m1", "m2", decomposition="AsAppropriate"))
    assert chosen_of(known) is P
    assert chosen_of(known, "a:m2") is P
    assert chosen_of(known, "a:m1") is F


def test_a_choice_that_nobody_judged_says_what_is_missing() -> None:
    known = catalogue(members("a:w", "m1", "m2", decomposition="AsAppropriate"))
    facts = case({"a:m1": F})
    assert fired(known, "a:m1", "a:w", case=facts) == ("as-appropriate",)
    assert "choice-not-judged" in flags(known, "a:m1", "a:w", case=facts)
    judged = case({"a:m1": F}, chosen=frozenset({"a:m1"}))
    assert "choice-not-judged" not in flags(known, "a:m1", "a:w", case=judged)


def test_a_judged_choice_that_is_only_partly_done_says_nothing_of_the_whole() -> None:
    known = catalogue(members("a:w", "m1", "m2", decomposition="AsAppropriate"))
    facts = case({"a:m1": P}, chosen=frozenset({"a:m1"}))
    assert degree(known, "a:m1", "a:w", case=facts) is N


def test_in_a_hypothetical_question_a_chosen_part_is_partial_and_nothing_is_missing() -> None:
    known = catalogue(members("a:w", "m1", "m2", decomposition="AsAppropriate"))
    assert degree(known, "a:m1", "a:w") is P
    assert fired(known, "a:m1", "a:w") == ()


JUDGED = """
ex:NC-3 aims:choiceJudgement ex:JD-9 .
ex:JD-9 a aims:Judgement ; aims:outcome aims:appropriate ; aims:chosenPart aiact:art-43.1.a ;
    aims:reason "Standards applied in full." ; aims:criterion "Are harmonised standards applied?" ;
    aims:judgedBy ex:quality-manager ; aims:judgedOn "2026-08-27"^^xsd:date .
"""


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        (JUDGED, {"aiact:art-43.1.a"}),
        (JUDGED.replace("aims:appropriate", "aims:not-appropriate"), set()),
        (JUDGED.replace('aims:reason "Standards applied in full." ;', ""), set()),
        (JUDGED.replace("Standards applied in full.", " "), set()),
        (JUDGED.replace('aims:criterion "Are harmonised standards applied?" ;', ""), set()),
        (JUDGED.replace("aims:judgedBy ex:quality-manager ;", ""), set()),
        (JUDGED.replace('; aims:judgedOn "2026-08-27"^^xsd:date', ""), set()),
        (JUDGED.replace('"2026-08-27"', '"2026-12-01"'), set()),  # not made yet
        (
            JUDGED.replace("aims:chosenPart aiact:art-43.1.a", "aims:chosenPart aiact:art-43.1.a, aiact:art-43.1.b"),
            set(),
        ),
        (JUDGED.replace("ex:NC-3 aims:choiceJudgement ex:JD-9 .", ""), set()),  # of no case
    ],
    ids=[
        "judged",
        "not appropriate",
        "no reason",
        "blank reason",
        "no criterion",
        "nobody",
        "no day",
        "a later day",
        "two parts of one whole",
        "of no case",
    ],
)
def test_a_choice_counts_as_judged_with_reason_criterion_name_and_day(
    tmp_path: Path, text: str, chosen: set[str]
) -> None:
    library = recorded(tmp_path, text, beside="complete.ttl")
    (found,) = library.cases(AS_OF)
    assert found.chosen == chosen


# -- applicability ---------------------------------------------------------------------------


def control(name: str, **stated: Any) -> Any:
    """A control of an annex, which counts where a statement of applicability includes it."""
    return provision(name, kind="AnnexControl", conditional=True, **stated)


def statement(**lines: bool | tuple[bool, str]) -> Organisation:
    """A statement of applicability: control of edition b → included, or that with the reason."""
    entries = []
    for name, line in lines.items():
        included, reason = line if isinstance(line, tuple) else (line, None)
        entries.append(Entry(f"b:{name}", included, reason, None))
    return Organisation(applicability=tuple(entries))


INCLUDES, EXCLUDES, NAMES_ANOTHER = statement(x=True), statement(x=False), statement(y=True)
ELSEWHERE = Organisation(applicability=(Entry("z:x", True, None, None),))


@pytest.mark.parametrize(
    ("known", "expected", "flag"),
    [
        (INCLUDES, F, None),
        (EXCLUDES, C, "excluded-by-statement"),
        (NAMES_ANOTHER, C, "not-in-statement"),
        (ELSEWHERE, F, "applicability-unknown"),
        (Organisation(), F, "applicability-unknown"),
    ],
    ids=["included", "excluded", "not listed", "a statement of another standard", "none loaded"],
)
def test_a_control_counts_only_if_the_statement_includes_it(
    known: Organisation, expected: Degree, flag: str | None
) -> None:
    both = catalogue([provision("a:x"), control("b:x"), control("b:y")], [row("a:x", EQ, "b:x")])
    assert degree(both, "a:x", "b:x", organisation=known) is expected
    assert flags(both, "a:x", "b:x", organisation=known) == ({flag} if flag else set())
    assert ("applicability" in fired(both, "a:x", "b:x", organisation=known)) is (flag is not None)


def test_what_lies_beyond_an_excluded_control_is_not_reached_through_it() -> None:
    rows = [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")]
    known = catalogue([provision("a:x"), control("b:x"), provision("c:x")], rows)
    assert degree(known, "a:x", "c:x", organisation=INCLUDES) is F
    assert degree(known, "a:x", "c:x", organisation=EXCLUDES) is N


def area(*controls: str, **stated: Any) -> list[Any]:
    """A whole of edition b and its controls."""
    whole = provision("b:w", decomposition="AllOf", **stated)
    return [whole, *(control(f"b:{c}", parent="b:w") for c in controls)]


def test_an_included_control_is_a_condition_met() -> None:
    known = catalogue([*area("x", "y"), provision("a:x")], [row("a:x", EQ, "b:x")])
    assert degree(known, "b:w", "b:x") is N
    assert degree(known, "b:w", "b:x", organisation=INCLUDES) is F
    assert degree(known, "a:x", "b:w", organisation=Organisation()) is N
    assert degree(known, "a:x", "b:w", organisation=INCLUDES) is P
    assert degree(known, "b:w", "b:x", organisation=EXCLUDES) is N


@pytest.mark.parametrize(
    ("line", "expected"), [((False, "Nothing is bought."), F), (False, P), (True, P)], ids=["why", "no reason", "in"]
)
def test_a_control_excluded_for_a_reason_does_not_hold_back_its_whole(
    line: bool | tuple[bool, str], expected: Degree
) -> None:
    known = catalogue([*area("x", "y", exhaustive=True), provision("a:x")], [row("a:x", EQ, "b:x")])
    said = statement(x=True, y=line)
    assert degree(known, "a:x", "b:w", organisation=said) is expected
    best = Index(known, context(organisation=said)).claims("a:x")["b:w"]
    assert best.degree is expected


@pytest.mark.parametrize("relation", [EQ, SUP, SUB, INT])
def test_no_row_carries_a_claim_to_or_from_a_whole_of_which_a_control_is_left_out(relation: Relation) -> None:
    known = catalogue(
        [*area("x", "y"), provision("b:l", parent="b:w"), provision("a:x")], [row("a:x", relation, "b:w")]
    )
    assert degree(known, "a:x", "b:w", organisation=INCLUDES) is C
    assert flags(known, "a:x", "b:w", organisation=INCLUDES) == {"part-left-out"}
    assert degree(known, "b:w", "a:x", organisation=INCLUDES) is C
    assert degree(known, "a:x", "b:w", organisation=statement(x=True, y=True)) > C


def test_a_whole_of_which_everything_is_left_out_receives_nothing_and_starts_nothing() -> None:
    known = catalogue([*area("x", "y"), provision("a:x")], [row("a:x", EQ, "b:w")])
    said = statement(x=False, y=False)
    assert degree(known, "a:x", "b:w", organisation=said) is C
    assert ask(known, "b:w", organisation=said).refused == ("b:w",)
    notes = what_else(known, ["b:w"], Options(date(2026, 6, 1), organisation=said)).notes
    assert notes == ("All that w asks is asked of others or left out: no claim starts here.",)


def test_the_index_knows_the_statement() -> None:
    rows = [row("a:x", EQ, "b:x"), row("a:x", EQ, "b:y")]
    known = catalogue([provision("a:x"), *area("x", "y")], rows)
    for said in (INCLUDES, EXCLUDES, NAMES_ANOTHER, Organisation(), statement(x=True, y=True)):
        asked = context(organisation=said)
        for start in ("a:x", "b:w", "b:x"):
            full = {p: c.degree for p, c in infer(known, [start], asked).claims.items() if c.degree >= P}
            assert {p: b.degree for p, b in Index(known, asked).claims(start).items()} == full


def test_what_is_asserted_and_covered_follows_the_statement() -> None:
    known = catalogue([provision("a:x"), control("b:x")], [row("a:x", EQ, "b:x")])
    assert covers(known, context(organisation=INCLUDES))["a:x"] == ("a:x", "b:x")
    assert covers(known, context(organisation=EXCLUDES))["a:x"] == ("a:x",)
    assert [r for _, r, _ in asserted(known, context(organisation=INCLUDES))] == ["equalTo"]
    assert [r for _, r, _ in asserted(known, context(organisation=EXCLUDES))] == ["crosswalk"]


SOA = """
ex:soa-3 a aims:StatementOfApplicability ; dcterms:issued "2026-05-01"^^xsd:date .
ex:line-1 a aims:ApplicabilityEntry ; aims:inStatement ex:soa-3 ; aims:control iso27001:A.5.24 ; aims:included false ;
    aims:reason "Handled by the parent company." .
ex:line-2 a aims:ApplicabilityEntry ; aims:inStatement ex:soa-3 ; aims:control iso27001:A.5.26 ; aims:included true .
"""
NEWER = """
ex:soa-4 a aims:StatementOfApplicability ; dcterms:issued "2026-09-01"^^xsd:date .
ex:line-9 a aims:ApplicabilityEntry ; aims:inStatement ex:soa-4 ; aims:control iso27001:A.5.24 ; aims:included true .
"""


LINE = "ex:l a aims:ApplicabilityEntry ; aims:control iso27001:A.5.24"


def lines(library: Library, on: date) -> dict[str, bool]:
    return {entry.control: entry.included for entry in library.organisation(on).applicability}


def test_the_newest_statement_of_the_day_holds(tmp_path: Path) -> None:
    library = recorded(tmp_path, SOA, NEWER)
    assert lines(library, date(2026, 4, 30)) == {}
    assert lines(library, date(2026, 8, 31)) == {"iso27001:A.5.24": False, "iso27001:A.5.26": True}
    assert lines(library, date(2026, 9, 1)) == {"iso27001:A.5.24": True}


@pytest.mark.parametrize(
    "line",
    [
        f"{LINE} ; aims:included true .",
        f"{LINE} ; aims:inStatement ex:soa-3 .",
        f"{LINE} ; aims:inStatement ex:soa-3 ; aims:included true, false .",
    ],
    ids=["of no statement", "neither in nor out", "in and out"],
)
def test_a_line_that_is_not_clear_says_nothing(tmp_path: Path, line: str) -> None:
    said = SOA.replace("iso27001:A.5.24", "iso27001:A.5.25") + line
    assert "iso27001:A.5.24" not in lines(recorded(tmp_path, said), AS_OF)


def test_a_control_that_one_statement_has_in_and_out_is_in_neither(tmp_path: Path) -> None:
    again = f"{LINE} ; aims:inStatement ex:soa-3 ; aims:included true ."
    assert lines(recorded(tmp_path, SOA + again), AS_OF) == {"iso27001:A.5.26": True}


def test_an_answer_shows_what_the_statement_excludes_and_why(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "soa.ttl"
    path.write_text(PREFIXES + SOA, encoding="utf-8")
    start, target = controlled(Library.open().catalogue)
    asked = ("what-else", start, "--as-of", "2026-11-22", "--framework", "iso27001", "--format", "json")
    plain = {a["provision"]: a for a in json.loads(run(*asked).out)["answers"]}
    assert "applicability-unknown" in plain[target]["flags"]
    path.write_text(PREFIXES + SOA.replace("iso27001:A.5.24", target), encoding="utf-8")
    found = json.loads(run(*asked, "--records", path).out)
    answer = {a["provision"]: a for a in found["answers"]}[target]
    assert answer["degree"] == "candidate"
    assert "excluded-by-statement" in answer["flags"]
    assert plain[target]["degree"] != "candidate"
    (note,) = [n for n in found["notes"] if "statement of applicability" in n]
    assert "Handled by the parent company." in note
    assert f"{path}:" in note


def controlled(known: Catalogue) -> tuple[str, str]:
    """A start and a control that it counts towards, in the shipped data."""
    for found in known.mappings:
        for start, end in ((found.subject, found.object), (found.object, found.subject)):
            ends = [known.provisions.get(name) for name in (start, end)]
            is_control = ends[1] is not None and ends[1].kind == "AnnexControl" and ends[1].edition == "iso27001"
            if is_control and ends[0] is not None and ends[0].edition != "iso27001":
                answer = infer(known, [start], Context(AS_OF)).claims.get(end)
                if answer is not None and answer.degree >= P:
                    return start, end
    raise AssertionError("no row reaches a control")


# -- one system of several -------------------------------------------------------------------


def wide(*events: str, managed: str | None = "quality", part: str | None = None) -> Catalogue:
    """`a:x` equal to `b:x`, a clause set off by these events, of a management system; `part` is set off by another."""
    editions = [edition("a", managed=managed), edition("b", managed=managed)]
    provisions = [provision("a:x"), provision("b:x", decomposition="AllOf")]
    triggers = [trigger("b:t", "b:x", on_events=frozenset(events))]
    if part is not None:
        provisions.append(provision("b:x.1", parent="b:x"))
        triggers.append(trigger("b:u", "b:x.1", on_events=frozenset({part})))
    return catalogue(provisions, [row("a:x", EQ, "b:x")], editions, triggers)


def about(one_system: bool, **answers: str) -> dict[str, Any]:
    said = {"b:t": "yes", "b:u": "yes"} | answers
    return {"case": case({"a:x": F}, said, one_system=one_system, events=frozenset({"nonconformity"}))}


def test_a_case_about_one_system_of_several_is_partial_for_a_clause_asked_of_all_at_once() -> None:
    known = wide("interval")
    assert degree(known, "a:x", "b:x", **about(True)) is P
    assert fired(known, "a:x", "b:x", **about(True)) == ("scope",)
    assert flags(known, "a:x", "b:x", **about(True)) == {"one-system-only"}
    assert degree(known, "a:x", "b:x", **about(False)) is F


def test_what_is_asked_of_each_such_event_is_asked_of_this_one_alone() -> None:
    assert degree(wide("nonconformity", "interval"), "a:x", "b:x", **about(True)) is F


def test_a_duty_of_no_management_system_is_not_asked_of_the_whole_organisation() -> None:
    assert degree(wide("interval", managed=None), "a:x", "b:x", **about(True)) is F


@pytest.mark.parametrize(
    ("part", "answer", "expected"), [("interval", "yes", P), ("nonconformity", "yes", F), ("interval", "no", F)]
)
def test_a_part_that_is_asked_of_all_at_once_keeps_its_whole_partial(part: str, answer: str, expected: Degree) -> None:
    known = wide("nonconformity", part=part)
    assert degree(known, "a:x", "b:x", **about(True, **{"b:u": answer})) is expected


SCOPED = """
ex:NC-1 a aims:Nonconformity ; dcterms:identifier "NC-1" ; aims:detectedOn "2026-06-01"^^xsd:date {about} .
ex:scope a aims:Scope {held} .
ex:one a aims:AISystem . ex:two a aims:AISystem .
"""
ONE, BOTH = "; aims:concernsSystem ex:one", "; aims:concernsSystem ex:one, ex:two"
WITHIN, HOLDS_ONE, HOLDS_BOTH = (
    "; aims:inScope ex:scope",
    "; aims:includesSystem ex:one",
    "; aims:includesSystem ex:one, ex:two",
)


@pytest.mark.parametrize(
    ("named", "held", "expected"),
    [
        (ONE + WITHIN, HOLDS_BOTH, True),
        (ONE + WITHIN, HOLDS_ONE, False),
        (BOTH + WITHIN, HOLDS_BOTH, False),
        (ONE + WITHIN, "", True),
        (ONE, HOLDS_ONE, True),
        (WITHIN, HOLDS_BOTH, False),
    ],
    ids=["one of two", "the only one", "both", "scope names none", "no scope", "names no system"],
)
def test_a_case_is_about_one_system_where_its_scope_holds_more_or_nothing_says_it_does_not(
    tmp_path: Path, named: str, held: str, expected: bool
) -> None:
    library = recorded(tmp_path, SCOPED.format(about=named, held=held))
    (found,) = library.cases(AS_OF)
    assert found.one_system is expected


def test_an_action_on_one_system_makes_the_case_one_about_it(tmp_path: Path) -> None:
    action = "ex:CA-1 a aims:CorrectiveAction ; aims:correctiveActionFor ex:NC-1 ; aims:concernsSystem ex:one ."
    library = recorded(tmp_path, SCOPED.format(about=WITHIN, held=HOLDS_BOTH) + action)
    assert library.cases(AS_OF)[0].one_system


# -- integrated systems ----------------------------------------------------------------------


def twins(relation: Relation = EQ) -> Catalogue:
    editions = [edition("a", managed="quality"), edition("b", managed="security")]
    return catalogue([provision("a:x"), provision("b:x")], [row("a:x", relation, "b:x")], editions)


PAIR = frozenset({frozenset({"quality", "security"})})
INTEGRATED, APART = Organisation(integrated=PAIR), Organisation(apart=PAIR)


@pytest.mark.parametrize(
    ("known", "relation", "expected", "flag"),
    [
        (Organisation(), EQ, P, "same-text-other-system"),
        (INTEGRATED, EQ, F, "one-integrated-system"),
        (INTEGRATED, SUP, F, "one-integrated-system"),
        (INTEGRATED, SUB, P, "one-integrated-system"),
        (APART, EQ, C, "scopes-apart"),
        (APART, INT, C, "scopes-apart"),
    ],
)
def test_twins_are_equal_where_one_integrated_system_is_recorded_and_nothing_where_scopes_are_apart(
    known: Organisation, relation: Relation, expected: Degree, flag: str
) -> None:
    assert degree(twins(relation), "a:x", "b:x", organisation=known) is expected
    assert flag in flags(twins(relation), "a:x", "b:x", organisation=known)
    assert "twins" in fired(twins(relation), "a:x", "b:x", organisation=known)


def test_what_is_judged_to_share_nothing_is_no_candidate_where_scopes_are_apart_either() -> None:
    assert degree(twins(NONE), "a:x", "b:x", organisation=APART) is N


@pytest.mark.parametrize(
    ("known", "against", "expected"),
    [
        (Organisation(), (), C),
        (Organisation(), ("security",), F),
        (INTEGRATED, (), F),
        (APART, ("security",), C),
    ],
)
def test_of_a_case_an_integrated_system_is_one_and_scopes_apart_share_no_case(
    known: Organisation, against: tuple[str, ...], expected: Degree
) -> None:
    facts = case({"a:x": F}, systems=frozenset(("quality", *against)))
    assert degree(twins(), "a:x", "b:x", case=facts, organisation=known) is expected


def test_what_is_asserted_follows_the_scopes() -> None:
    for known, relation in ((Organisation(), "intersectsWith"), (INTEGRATED, "equalTo"), (APART, "crosswalk")):
        assert [r for _, r, _ in asserted(twins(), context(organisation=known))] == [relation]
    for stated, relation in ((INT, "crosswalk"), (NONE, "unrelatedTo")):
        assert [r for _, r, _ in asserted(twins(stated), context(organisation=APART))] == [relation]


ONE_SCOPE = 'ex:s a aims:Scope ; aims:managementSystem "a", "b" .'
PARTLY = ONE_SCOPE + 'ex:t a aims:Scope ; aims:managementSystem "a" .'
TWO_SCOPES = """ex:s a aims:Scope ; aims:managementSystem "a" ; aims:includesSystem ex:one .
ex:t a aims:Scope ; aims:managementSystem "b" ; aims:includesSystem ex:two .
ex:one a aims:AISystem . ex:two a aims:AISystem ."""


@pytest.mark.parametrize(
    ("text", "integrated", "apart"),
    [
        (ONE_SCOPE, True, False),
        (PARTLY, False, False),
        (TWO_SCOPES, False, True),
        (TWO_SCOPES.replace("ex:two .", "ex:one, ex:two .", 1), False, False),
        (TWO_SCOPES.replace("; aims:includesSystem ex:two", "", 1), False, False),
    ],
    ids=["one scope of both", "and another of one", "two scopes", "two scopes that meet", "one names no system"],
)
def test_scopes_say_whether_two_management_systems_are_one_or_apart(
    tmp_path: Path, text: str, integrated: bool, apart: bool
) -> None:
    found = recorded(tmp_path, text).organisation(AS_OF)
    pair = frozenset({"a", "b"})
    assert (pair in found.integrated, pair in found.apart) == (integrated, apart)


def test_a_declared_integrated_system_makes_the_twin_of_a_shipped_clause_full(tmp_path: Path) -> None:
    scope = (
        'ex:s a aims:Scope ; aims:managementSystem "AI management system", "information security management system" .'
    )
    options = Options(AS_OF, frameworks=("iso27001",))
    with_scope, without = recorded(tmp_path, scope), Library.open()
    degrees = [
        {a.provision: a.degree for a in library.what_else(["iso42001:10.2"], options).answers}["iso27001:10.2"]
        for library in (with_scope, without)
    ]
    assert degrees == [F, P]


# -- periods ---------------------------------------------------------------------------------


def test_a_recurring_duty_holds_up_to_its_next_due_date() -> None:
    known = catalogue(
        [provision("a:x"), *members("b:w", "x"), provision("c:x")],
        [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x"), row("a:x", SUP, "b:w")],
        triggers=[trigger("b:t", "b:x"), trigger("b:u", "b:x")],
    )
    answers = {"b:t": "yes", "b:u": "no"}
    within, after = (case({"a:x": F}, answers, over=frozenset(over)) for over in ((), ("b:t",)))
    assert degree(known, "a:x", "b:x", case=within) is F
    assert degree(known, "a:x", "b:x", case=after) is C
    assert fired(known, "a:x", "b:x", case=after) == ("period",)
    assert flags(known, "a:x", "b:x", case=after) == {"period-over"}
    assert degree(known, "a:x", "b:w", case=after) is C, "a part of it is due again"
    again = case({"a:x": F}, answers | {"b:u": "yes"}, over=frozenset({"b:t"}))
    assert degree(known, "a:x", "b:x", case=again) is F, "another trigger is met and holds"


def test_a_rows_own_condition_holds_up_to_its_next_due_date() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x", condition="b:t")], triggers=[trigger("b:t")]
    )
    assert degree(known, "a:x", "b:x", case=case({"a:x": F}, {"b:t": "yes"})) is F
    assert degree(known, "a:x", "b:x", case=case({"a:x": F}, {"b:t": "yes"}, over=frozenset({"b:t"}))) is C


def test_a_case_whose_own_duty_is_due_again_starts_nothing_from_it() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")], triggers=[trigger("a:t", "a:x")])
    facts = case({"a:x": F}, {"a:t": "yes"}, over=frozenset({"a:t"}))
    assert ask(known, "a:x", case=facts).refused == ("a:x",)


def test_of_a_case_whose_period_is_over_every_answer_says_so(tmp_path: Path) -> None:
    due = 'ex:TA-nonconformity aims:dueOn "2027-12-31"^^xsd:date .'
    library, before, after = recorded(tmp_path, due, beside="complete.ttl"), date(2027, 12, 31), date(2028, 1, 1)
    said = "10.2 was done for a period that is over, and is due again: no claim starts here."
    assert library.explain("NC-3", "iso27001:10.2", Options(after)).sentence == said
    (note,) = [n for n in library.what_else(["NC-3"], Options(after)).notes if "starts" in n]
    assert note == said
    assert not [n for n in library.what_else(["NC-3"], Options(before)).notes if "starts" in n]
    asked = [planned.find_gaps(library, [], Options(day, frameworks=("iso42001",))) for day in (before, after)]
    held = [[p for p, _ in found.recorded if p.startswith("iso42001:10.2")] for found in asked]
    assert held[0]
    assert held[1] == []


ANSWERED = """
ex:NC-3 aims:triggerAnswer ex:TA-a .
ex:TA-a a aims:TriggerAnswer ; aims:answersTrigger iso27001:trigger-interval-internal-audit ; aims:answer "yes" ;
    aims:judgedBy ex:quality-manager ; aims:judgedOn "2026-09-01"^^xsd:date ; aims:dueOn "2026-10-31"^^xsd:date .
"""
REPORTED = ANSWERED.replace(
    "iso27001:trigger-interval-internal-audit", "aiact:trigger-post-remote-annual-report"
).replace(' ; aims:dueOn "2026-10-31"^^xsd:date', "")


@pytest.mark.parametrize(
    ("text", "trigger_", "due"),
    [
        (ANSWERED, "iso27001:trigger-interval-internal-audit", date(2026, 10, 31)),
        (REPORTED, "aiact:trigger-post-remote-annual-report", date(2027, 9, 1)),
    ],
    ids=["as the answer says", "a year, as the text says"],
)
def test_an_answer_holds_until_the_duty_is_due_again(tmp_path: Path, text: str, trigger_: str, due: date) -> None:
    library = recorded(tmp_path, text, beside="complete.ttl")
    assert library.records is not None
    assert next_due(library.records, library.catalogue, NC) == {trigger_: due}
    (then,) = library.cases(due)
    (after,) = library.cases(date.fromordinal(due.toordinal() + 1))
    assert (trigger_ in then.over, trigger_ in after.over) == (False, True)
    assert any("due again" in sentence for sentence in after.passed)


def test_of_two_answers_the_one_that_holds_longer_counts_and_one_without_an_end_holds_on(tmp_path: Path) -> None:
    second = ANSWERED.replace("TA-a", "TA-b").replace("2026-10-31", "2027-10-31")
    endless = ANSWERED.replace("TA-a", "TA-c").replace(' ; aims:dueOn "2026-10-31"^^xsd:date', "")
    for more, expected in ((second, {date(2027, 10, 31)}), (endless, set())):
        library = recorded(tmp_path, ANSWERED, more, beside="complete.ttl")
        assert library.records is not None
        assert set(next_due(library.records, library.catalogue, NC).values()) == expected


@pytest.mark.parametrize(
    ("day", "duration", "expected"),
    [
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 11, 22), "P1Y6M", date(2028, 5, 22)),
        (date(2026, 12, 31), "P15D", date(2027, 1, 15)),
        (date(2026, 12, 1), "P1W", date(2026, 12, 8)),
        (date(2026, 12, 1), "P1M", date(2027, 1, 1)),
        (date(9999, 6, 30), "P1Y", date.max),
        (date(2026, 12, 1), "P9000Y", date.max),
        (date(9999, 12, 1), "P5W", date.max),
        (date(2026, 12, 1), "P99999999999D", date.max),
    ],
)
def test_a_duration_is_counted_by_the_calendar(day: date, duration: str, expected: date) -> None:
    assert later(day, duration) == expected


@pytest.mark.parametrize("text", ["1Y", "P1Y or so", "PT1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration of years, months, weeks and days"):
        later(date(2026, 1, 1), text)


BACK = 'ex:NC-5 a aims:Nonconformity ; dcterms:identifier "NC-5" ; aims:recurrenceOf ex:NC-3 {when} .'
SOON, NEVER_SAID = BACK.format(when='; aims:detectedOn "2026-11-15"^^xsd:date'), BACK.format(when="")
SAME_CASE = 'ex:NC-3 aims:recurredOn "2026-11-15"^^xsd:date .'
LOOKED_AT = """
ex:ER-9 a aims:EffectivenessReview ; aims:reviewsAction ex:CA-7 ; aims:reviewedOn "2026-11-20"^^xsd:date ;
    aims:reviewedBy ex:quality-manager ; aims:verdict aims:effective ; aims:criterion "None outside the limit." ."""


def asked(library: Library, on: date) -> Any:
    return library.what_else(["NC-3"], Options(on))


@pytest.mark.parametrize("text", [SOON, SAME_CASE], ids=["a new case", "the same case"])
def test_a_verdict_of_effectiveness_holds_until_the_problem_is_back(tmp_path: Path, text: str) -> None:
    library = recorded(tmp_path, text, beside="complete.ttl")
    before, after = asked(library, date(2026, 11, 14)), asked(library, date(2026, 11, 15))
    assert (before.own_clause[0].degree, after.own_clause[0].degree) == (F, P)
    state = {e.code: e.state for e in after.own_clause[0].elements}
    assert state["AG-1042-10"] == "missing"
    assert not [n for n in before.notes if n.startswith("Reopened")]
    (note,) = [n for n in after.notes if n.startswith("Reopened")]
    assert "2026-11-15" in note
    (then,) = [c for c in library.cases(date(2026, 11, 15)) if c.case == "NC-3"]
    assert (then.degrees["iso42001:10.2"], then.degrees["iso42001:10.2.d"]) == (P, N)


def test_a_recurrence_of_no_recorded_day_reopens_the_case_on_every_day(tmp_path: Path) -> None:
    library = recorded(tmp_path, NEVER_SAID, LOOKED_AT, beside="complete.ttl")
    found = asked(library, AS_OF)
    assert found.own_clause[0].degree is P
    assert any("on a day that is not recorded" in n for n in found.notes)


def test_a_review_after_the_problem_came_back_makes_the_case_complete_again(tmp_path: Path) -> None:
    library = recorded(tmp_path, SOON, LOOKED_AT, beside="complete.ttl")
    degrees = [asked(library, day).own_clause[0].degree for day in (date(2026, 11, 19), date(2026, 11, 20))]
    assert degrees == [P, F]
    assert not [n for n in asked(library, AS_OF).notes if n.startswith("Reopened")]


def test_claims_that_rest_on_the_whole_clause_fall_with_a_reopened_case(tmp_path: Path) -> None:
    library = recorded(tmp_path, SOON, beside="complete.ttl")
    before, after = (
        {a.provision: a.degree for a in asked(library, day).answers} for day in (date(2026, 11, 14), AS_OF)
    )
    assert all(degree_ <= before.get(p, Degree.CANDIDATE) for p, degree_ in after.items())
    assert any(after.get(p, N) < degree_ for p, degree_ in before.items())


def test_recurrences_are_told_in_order_and_the_last_unreviewed_one_reopens(tmp_path: Path) -> None:
    library = recorded(tmp_path, SOON, SAME_CASE.replace("11-15", "11-18"), beside="complete.ttl")
    assert library.records is not None
    found = recurrences(library.records, NC)
    assert [(str(r.day), r.told_by) for r in found] == [("2026-11-15", "NC-5"), ("2026-11-18", "NC-3")]
    assert reopened(library.records, NC) == found[-1]


def test_what_was_due_and_is_not_recorded_since_is_said(tmp_path: Path) -> None:
    text = """
ex:NC-1 a aims:Nonconformity ; dcterms:identifier "NC-1" ; aims:reviewWindowEnds "2026-10-31"^^xsd:date ;
    aims:documentsResults ex:EV-1 .
ex:CA-1 a aims:CorrectiveAction ; dcterms:identifier "CA-1" .
ex:CA-2 a aims:CorrectiveAction ; aims:cancelledReason "Not needed." .
ex:CA-3 a aims:CorrectiveAction ; aims:implementedOn "2026-10-02"^^xsd:date .
ex:CA-1 aims:correctiveActionFor ex:NC-1 ; aims:dueOn "2026-09-30"^^xsd:date .
ex:CA-2 aims:correctiveActionFor ex:NC-1 ; aims:dueOn "2026-09-30"^^xsd:date .
ex:CA-3 aims:correctiveActionFor ex:NC-1 ; aims:dueOn "2026-09-30"^^xsd:date .
ex:EV-1 a aims:EvidenceItem ; aims:validUntil "2026-11-04"^^xsd:date .
"""
    library = recorded(tmp_path, text)
    assert library.records is not None
    case_ = "https://example.org/records/NC-1"

    def said(on: date) -> list[str]:
        assert library.records is not None
        return list(passed(library.records, library.catalogue, case_, on))

    assert said(date(2026, 9, 30)) == []
    assert said(AS_OF) == [
        "CA-1 was due on 2026-09-30 and is not recorded as implemented.",
        "The time to watch for recurrence ended on 2026-10-31; no review is recorded since.",
        "EV-1 was valid until 2026-11-04.",
    ]
    assert [n for n in library.what_else(["NC-1"], Options(AS_OF)).notes if n.startswith("Period over: ")] == [
        f"Period over: {sentence}" for sentence in said(AS_OF)
    ]


# -- restriction to a role or class ----------------------------------------------------------


def split(*binds: str, classes: tuple[tuple[str, ...], ...] = (), **stated: Any) -> Catalogue:
    """`a:x` overlaps `b:w`, whose members bind these roles ('' for nobody) and concern these classes."""
    parts = [
        provision(f"b:m{i}", parent="b:w", binds=[b] if b else [], system_classes=classes[i] if classes else ())
        for i, b in enumerate(binds)
    ]
    whole = provision("b:w", decomposition="AllOf")
    triggers = [trigger("b:t")]
    return catalogue([provision("a:x"), whole, *parts], [row("a:x", INT, "b:w", **stated)], triggers=triggers)


@pytest.mark.parametrize(
    ("binds", "roles", "expected"),
    [
        (("provider", "deployer"), (), P),
        (("provider", "deployer"), ("provider",), C),
        (("provider", "deployer"), ("provider", "deployer"), P),
        (("provider", ""), ("provider",), P),
        (("operator", "provider"), ("provider",), P),
        (("", "deployer"), ("provider",), C),
    ],
)
def test_an_overlap_with_a_whole_that_has_parts_for_others_need_not_lie_in_yours(
    binds: tuple[str, ...], roles: tuple[str, ...], expected: Degree
) -> None:
    known = split(*binds)
    assert degree(known, "a:x", "b:w", roles=roles) is expected
    assert degree(known, "b:w", "a:x", roles=roles) is expected, "at the start as well"
    named = fired(known, "a:x", "b:w", roles=roles)
    assert named == (("restriction",) if expected is C else ())
    assert ("overlap-may-lie-elsewhere" in flags(known, "a:x", "b:w", roles=roles)) is (expected is C)


def test_a_row_that_states_its_condition_keeps_its_overlap() -> None:
    assert degree(split("provider", "deployer", condition="b:t"), "a:x", "b:w", roles=("provider",)) is P


@pytest.mark.parametrize("relation", [EQ, SUP, SUB])
def test_subsets_survive_a_restriction(relation: Relation) -> None:
    known = split("provider", "deployer")
    known = known.with_mappings((row("a:x", relation, "b:w"),))
    assert degree(known, "a:x", "b:w", roles=("provider",)) == degree(known, "a:x", "b:w")


@pytest.mark.parametrize("relation", [EQ, SUP, SUB])
def test_a_row_between_two_management_systems_is_an_overlap_under_a_restriction_too(relation: Relation) -> None:
    known = split("provider", "deployer").with_mappings((row("a:x", relation, "b:w"),))
    systems = [edition("a", managed="one"), edition("b", managed="two")]
    known = replace(known, editions={e.id: e for e in systems})
    for start, end in (("a:x", "b:w"), ("b:w", "a:x")):
        assert degree(known, start, end) is P
        assert degree(known, start, end, roles=("provider",)) is C
        assert fired(known, start, end, roles=("provider",)) == ("twins", "restriction")
    as_one = Organisation(integrated=frozenset({frozenset({"one", "two"})}))
    kept = degree(known, "a:x", "b:w", organisation=as_one)
    assert degree(known, "a:x", "b:w", roles=("provider",), organisation=as_one) is kept


def test_an_overlap_need_not_lie_in_the_class_of_systems_asked_about() -> None:
    known = split("", "", classes=((), ("gpai",)))
    assert degree(known, "a:x", "b:w") is P
    assert degree(known, "a:x", "b:w", system_class="gpai") is P
    assert degree(known, "a:x", "b:w", system_class="high-risk-annex-i") is C


def test_a_whole_that_asks_only_others_receives_nothing_and_starts_nothing() -> None:
    known = split("deployer", "importer").with_mappings((row("a:x", EQ, "b:w"),))
    assert degree(known, "a:x", "b:w", roles=("provider",)) is C
    assert "nothing-asked-here" in flags(known, "a:x", "b:w", roles=("provider",))
    assert ask(known, "b:w", roles=("provider",)).refused == ("b:w",)
    assert degree(known, "a:x", "b:w", roles=("importer",)) is F
    one_conditional = replace(known.provisions["b:m0"], binds=frozenset(), conditional=True)
    known = replace(known, provisions=known.provisions | {"b:m0": one_conditional})
    assert degree(known, "a:x", "b:w", roles=("provider",)) is F, "in a hypothetical question a condition may hold"


def test_an_example_is_no_more_than_an_overlap() -> None:
    known = split("provider", "deployer").with_mappings((row("a:x", Relation.SUPPORTS_EXAMPLE, "b:w"),))
    assert degree(known, "a:x", "b:w") is P
    assert degree(known, "a:x", "b:w", roles=("provider",)) is C
    whole_case = catalogue([provision("a:x"), provision("b:w")], [row("a:x", Relation.SUPPORTS_EXAMPLE, "b:w")])
    assert degree(whole_case, "a:x", "b:w", case=case({"a:x": F})) is C


def test_one_case_says_nothing_of_a_whole_whose_parts_per_occurrence_may_be_asked_of_others() -> None:
    whole = provision("b:w", decomposition="AllOf", occurrence="both")
    parts = [
        provision("b:m1", parent="b:w", binds=["deployer"]),
        provision("b:m2", parent="b:w", occurrence="standing"),
    ]
    known = catalogue([provision("a:x"), whole, *parts], [row("a:x", SUP, "b:w")])
    facts = case({"a:x": F})
    assert degree(known, "a:x", "b:w", case=facts) is P
    assert degree(known, "a:x", "b:w", case=facts, roles=("provider",)) is C


# -- conditions of a case --------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "expected"), [("yes", F), ("no", N), (None, N)])
def test_of_a_case_a_conditional_member_whose_condition_is_met_is_asked(answer: str | None, expected: Degree) -> None:
    part = provision("b:m", parent="b:w", conditional=True)
    known = catalogue(
        [provision("a:x"), provision("b:w", decomposition="AllOf"), part],
        [row("a:x", EQ, "b:w")],
        triggers=[trigger("b:t", "b:m")],
    )
    facts = case({"a:x": F}, {"b:t": answer} if answer else {})
    assert degree(known, "a:x", "b:m", case=facts) is expected
    assert claim(known, "a:x", "b:m") is None


def test_nothing_recorded_is_nothing_known(library: Library) -> None:
    assert library.organisation(AS_OF) == Organisation()
    assert library.informed(Options(AS_OF)) == Options(AS_OF)


def test_a_context_can_be_a_key(tmp_path: Path) -> None:
    library = recorded(tmp_path, SOA, ONE_SCOPE)
    assert library.records is not None
    read = [organisation(library.records, library.catalogue, AS_OF) for _ in range(2)]
    assert read[0] == read[1]
    assert len({Context(AS_OF, organisation=found) for found in read}) == 1
