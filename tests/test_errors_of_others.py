"""One fixture for each error published elsewhere: what went wrong there does not go wrong here."""

from __future__ import annotations

from math import isclose
from typing import Any

import pyoxigraph as ox
import pytest
from worlds import (
    TODAY,
    C,
    F,
    N,
    P,
    ask,
    case,
    catalogue,
    chain,
    claim,
    degree,
    degrees,
    edition,
    members,
    provision,
    row,
)

from aims_graph.cases import complete, degrees_of
from aims_graph.catalogue import Catalogue
from aims_graph.errors import NameError_, UnknownName
from aims_graph.explaining import explain
from aims_graph.model import Element, Source
from aims_graph.names import Names
from aims_graph.relations import ANY, EQ, INT, NONE, SUB, SUP, Degree, Relation, compose
from aims_graph.sparql_text import escape_dots, unescaped_dotted_names
from aims_graph.trace import Options, what_else

ROW_A, ROW_B = 0.9, 0.8


# -- composition -----------------------------------------------------------------------------


@pytest.mark.parametrize("after", [SUB, INT, NONE])
def test_unrelated_does_not_absorb_what_comes_after_it(after: Relation) -> None:
    assert compose(NONE, after) != {NONE}
    assert compose(after.converse, NONE) != {NONE}


def test_unrelated_and_then_a_subset_may_well_overlap_and_is_still_no_claim() -> None:
    a, b, c = {1}, {2}, {1, 2}
    assert not a & b
    assert b < c
    assert a & c
    assert INT in compose(NONE, SUB) or SUB in compose(NONE, SUB)
    assert degree(chain(NONE, SUB), "e0:p", "e2:p") is N


def test_an_overlap_followed_by_a_superset_is_not_an_overlap() -> None:
    a, b, c = {1, 2}, {2, 3}, {3}
    assert a & b
    assert b > c
    assert not a & c
    assert compose(INT, SUP) == {SUP, INT, NONE}
    assert degree(chain(INT, SUP), "e0:p", "e2:p") is C


def test_two_overlaps_in_a_row_say_nothing() -> None:
    assert compose(INT, INT) == ANY
    assert degree(chain(INT, INT), "e0:p", "e2:p") is C


# -- adding up -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 3, 10])
def test_partial_and_partial_is_partial_however_many_there_are(number: int) -> None:
    names = [f"a{i}:x" for i in range(number)]
    known = catalogue(
        [provision("b:x"), *(provision(n) for n in names)],
        [row(n, r, "b:x", 1.0) for n, r in zip(names, [SUB, INT] * number, strict=False)],
    )
    found = ask(known, *names).claims["b:x"]
    assert found.degree is P
    assert all(d.degree is P for d in found.derivations)


def test_partial_parts_do_not_make_a_full_whole() -> None:
    known = catalogue(
        [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)],
        [row("a:x", SUB, "b:m1"), row("a:x", SUB, "b:m2")],
    )
    assert degree(known, "a:x", "b:m") is P


def test_full_of_one_part_and_partial_of_another_do_not_make_a_full_whole() -> None:
    known = catalogue(
        [provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)],
        [row("a:x", EQ, "b:m1"), row("a:x", SUB, "b:m2")],
    )
    assert degree(known, "a:x", "b:m") is P


# -- numbers ---------------------------------------------------------------------------------


def test_along_a_chain_confidence_falls_and_is_never_a_noisy_or() -> None:
    names = ["a:x", "b:x", "c:x"]
    known = catalogue([provision(n) for n in names], [row("a:x", EQ, "b:x", ROW_A), row("b:x", EQ, "c:x", ROW_B)])
    found = claim(known, "a:x", "c:x")
    assert found is not None
    assert found.confidence is not None
    assert isclose(found.confidence, ROW_A * ROW_B)
    assert found.confidence < min(ROW_A, ROW_B) < 1 - (1 - ROW_A) * (1 - ROW_B)


def test_the_score_of_the_first_row_is_not_lost_on_the_second_hop() -> None:
    known = chain(EQ, EQ, EQ, confidence=0.5)
    assert [ask(known, "e0:p").claims[f"e{i}:p"].confidence for i in range(4)] == [1.0, 0.5, 0.25, 0.125]


def test_an_unknown_score_stays_unknown_on_the_second_hop_and_does_not_become_sure_or_nought() -> None:
    known = catalogue(
        [provision("a:x"), provision("b:x"), provision("c:x")],
        [row("a:x", EQ, "b:x", None), row("b:x", EQ, "c:x", 0.9)],
    )
    found = claim(known, "a:x", "c:x")
    assert found is not None
    assert (found.degree, found.confidence, found.interval) == (F, None, (0.0, 0.9))


@pytest.mark.parametrize("turned", [False, True], ids=["as written", "rows turned round"])
def test_the_best_path_is_shown_and_not_the_first_one_or_the_shortest(turned: bool) -> None:
    rows = [row("a:x", EQ, "z:x", 0.3), row("a:x", EQ, "b:x", 0.9), row("b:x", EQ, "z:x", 0.9)]
    provisions = [provision("a:x"), provision("b:x"), provision("z:x")]
    found = claim(catalogue(provisions, rows[::-1] if turned else rows), "a:x", "z:x")
    assert found is not None
    assert [s.conclusion for s in found.best.steps] == ["a:x", "b:x", "z:x"]
    assert isclose(found.best_confidence or 0, 0.81)


def test_a_higher_degree_by_a_longer_and_weaker_path_is_not_hidden_by_a_short_partial_one() -> None:
    rows = [row("a:x", INT, "z:x", 1.0), row("a:x", EQ, "b:x", 0.5), row("b:x", EQ, "z:x", 0.5)]
    found = claim(catalogue([provision("a:x"), provision("b:x"), provision("z:x")], rows), "a:x", "z:x")
    assert found is not None
    assert (found.degree, found.confidence) == (F, 0.25)


# -- editions --------------------------------------------------------------------------------


def swapped() -> Catalogue:
    """Two editions in which 10.1 and 10.2 changed places, and rows that name each edition's own."""
    same = "https://example.org/framework/s"
    names = ["s13:10.1", "s13:10.2", "s22:10.1", "s22:10.2"]
    return catalogue(
        [provision("q:ca"), *(provision(n) for n in names), provision("z:ca"), provision("z:improve")],
        [row("q:ca", EQ, "s13:10.1"), row("s22:10.2", EQ, "z:ca"), row("s22:10.1", EQ, "z:improve")],
        [edition("s13", framework=same), edition("s22", framework=same)],
    )


def test_a_number_that_two_editions_share_does_not_join_them() -> None:
    assert degrees(ask(swapped(), "q:ca")) == {"q:ca": F, "s13:10.1": F}


def test_editions_are_bridged_by_rows_between_editions_and_by_nothing_else() -> None:
    known = swapped()
    bridged = catalogue(
        known.provisions.values(), [*known.mappings, row("s13:10.1", EQ, "s22:10.2")], known.editions.values()
    )
    assert degrees(ask(bridged, "q:ca")) == {"q:ca": F, "s13:10.1": F, "s22:10.2": F, "z:ca": F}


# -- free choice -----------------------------------------------------------------------------


def test_doing_one_alternative_does_not_claim_the_other() -> None:
    known = catalogue([*members("b:m", "m1", "m2", decomposition="AnyOf"), provision("c:x")], [row("b:m2", EQ, "c:x")])
    assert degrees(ask(known, "b:m1")) == {"b:m1": F, "b:m": F}
    assert degree(known, "b:m", "c:x") is N


def test_a_relation_to_a_free_choice_is_not_read_as_one_to_its_members() -> None:
    known = catalogue([provision("a:x"), *members("b:m", "m1", "m2", decomposition="AnyOf")], [row("a:x", SUP, "b:m")])
    assert degrees(ask(known, "a:x")) == {"a:x": F}


def test_a_free_choice_inside_a_whole_leaves_the_whole_partial() -> None:
    choice = [provision("b:c", parent="b:m", decomposition="AnyOf"), provision("b:c1", parent="b:c")]
    known = catalogue(
        [provision("b:m", decomposition="AllOf", exhaustive=True), provision("b:m1", parent="b:m"), *choice]
    )
    assert degrees(ask(known, "b:c1")) == {"b:c1": F, "b:c": F, "b:m": P}
    assert degrees(ask(known, "b:m")) == {"b:m": F, "b:m1": F, "b:c": F}


# -- names with dots -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dotted() -> Catalogue:
    """A standard with clauses and annex controls of the same numbers."""
    names = ["s:10", "s:10.2", "s:A.10", "s:A.10.2", "s:A.10.2.1", "s:10.2.1"]
    standard = edition("s", aliases=("Standard 1",), ignored_words=("clause", "control", "annex"))
    return catalogue([*(provision(n) for n in names), provision("o:x")], [row("s:10.2", EQ, "o:x")], [standard])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("10.2", "s:10.2"),
        ("A.10.2", "s:A.10.2"),
        ("a.10.2", "s:A.10.2"),
        ("Annex A 10.2", "s:A.10.2"),
        ("Standard 1 10.2", "s:10.2"),
        ("Standard 1 A.10.2", "s:A.10.2"),
        ("Standard 1 clause 10.2", "s:10.2"),
        ("s:10.2", "s:10.2"),
        ("s:A.10.2", "s:A.10.2"),
        ("10.2.1", "s:10.2.1"),
        ("A.10.2.1", "s:A.10.2.1"),
        ("A.10", "s:A.10"),
        ("10", "s:10"),
    ],
)
def test_the_clause_and_the_annex_control_of_one_number_are_two_names(
    dotted: Catalogue, typed: str, meant: str
) -> None:
    assert Names(dotted).resolve(typed) == meant


@pytest.mark.parametrize("typed", ["s:a.10.2", "s:A10.2", "s:A.10.3", "B.10.2", "A.102", "10.20"])
def test_a_name_that_is_nearly_another_is_refused_and_not_merged(dotted: Catalogue, typed: str) -> None:
    with pytest.raises(NameError_) as refused:
        Names(dotted).resolve(typed)
    assert isinstance(refused.value, UnknownName)


def test_a_claim_on_the_clause_is_none_on_the_annex_control_of_the_same_number(dotted: Catalogue) -> None:
    assert degrees(ask(dotted, "s:10.2")) == {"s:10.2": F, "o:x": F}
    assert degrees(ask(dotted, "s:A.10.2")) == {"s:A.10.2": F}


def test_every_dotted_id_has_its_own_iri_and_reads_back(dotted: Catalogue) -> None:
    iris = {dotted.iri(name) for name in dotted.provisions}
    assert len(iris) == len(dotted.provisions)
    assert all(dotted.curie(dotted.iri(name)) == name for name in dotted.provisions)


def _asked(dotted: Catalogue, names: list[str]) -> list[str]:
    """The ids that a query with these names in VALUES reads."""
    query = f"PREFIX s: <{dotted.prefixes['s']}> SELECT ?p {{ VALUES ?p {{ {' '.join(names)} }} }}"
    found = ox.Store().query(escape_dots(query))
    assert isinstance(found, ox.QuerySolutions)
    return [dotted.curie(solution["p"].value) for solution in found]


@pytest.mark.parametrize("names", [["s:10.2"], ["s:A.10.2"], ["s:A.10.2.1", "s:10.2", "s:A.10.2", "s:10.2.1"]])
def test_a_query_reads_each_dotted_name_as_one_name(dotted: Catalogue, names: list[str]) -> None:
    assert _asked(dotted, names) == names


def test_escaping_dots_twice_is_escaping_them_once_and_strings_and_iris_are_left_alone() -> None:
    text = 'SELECT * { VALUES ?p { s:A.10.2 s:10\\.2 } <http://x.y/A.10.2> ?q "s:A.10.2" } # s:A.10.2'
    once = escape_dots(text)
    assert once == 'SELECT * { VALUES ?p { s:A\\.10\\.2 s:10\\.2 } <http://x.y/A.10.2> ?q "s:A.10.2" } # s:A.10.2'
    assert escape_dots(once) == once
    assert unescaped_dotted_names(text) == [(1, "s:A.10.2")]
    assert unescaped_dotted_names(once) == []


def test_the_dot_that_ends_a_statement_is_not_part_of_a_name() -> None:
    assert escape_dots("?p a s:10.2. ?q a s:10 . ?r a s:A.10.") == "?p a s:10\\.2. ?q a s:10 . ?r a s:A\\.10."


# -- cases, waivers and vacuous parts ----------------------------------------------------------


def element(of: str, state: str) -> Element:
    """One element of a provision for a case."""
    return Element(
        rule_iri="https://example.org/rule",
        code="E-1",
        name="an element",
        provision=of,
        state=state,
        fix="Record it.",
        rule_source=Source("shapes.ttl", 1),
    )


def handling(exhaustive: bool = True) -> Catalogue:
    """A clause on handling nonconformities: two mandatory parts and one where applicable."""
    return catalogue(
        [
            *members("a:10.2", "10.2.a", "10.2.b", exhaustive=exhaustive),
            provision("a:10.2.c", parent="a:10.2", conditional=True),
            provision("b:x"),
        ],
        [row("a:10.2", EQ, "b:x"), row("a:10.2.c", EQ, "b:x", id="part", mapping_set="other")],
    )


RECORDED, MISSING, VACUOUS = "recorded", "missing", "not-triggered"


@pytest.mark.parametrize(
    ("a", "b", "c", "whole"),
    [
        (RECORDED, RECORDED, RECORDED, F),
        (RECORDED, RECORDED, VACUOUS, F),
        (RECORDED, RECORDED, MISSING, P),
        (RECORDED, RECORDED, None, P),
        (RECORDED, MISSING, VACUOUS, P),
        (MISSING, MISSING, VACUOUS, N),
        (VACUOUS, VACUOUS, VACUOUS, N),
        (MISSING, MISSING, RECORDED, P),
    ],
)
def test_a_part_that_was_not_triggered_is_not_missing_and_is_no_fulfilment(
    a: str | None, b: str | None, c: str | None, whole: object
) -> None:
    known = handling()
    states = zip(("a:10.2.a", "a:10.2.b", "a:10.2.c"), (a, b, c), strict=True)
    found, _ = degrees_of(known, [element(of, state) for of, state in states if state is not None])
    assert found["a:10.2"] is whole
    assert complete(found, "a:10.2") == (whole is F)
    if c == VACUOUS:
        assert found["a:10.2.c"] is N


def test_a_waived_case_starts_no_claim_and_a_vacuous_part_carries_none() -> None:
    known = handling()
    waived, _ = degrees_of(known, [element(p, VACUOUS) for p in ("a:10.2.a", "a:10.2.b", "a:10.2.c")])
    facts = case(waived)
    assert ask(known, *waived, case=facts).claims == {}


def test_a_vacuous_part_beside_recorded_ones_transfers_nothing_of_its_own() -> None:
    known = catalogue(
        [*handling().provisions.values(), provision("c:x")], [row("a:10.2.c", EQ, "c:x"), row("a:10.2", EQ, "b:x")]
    )
    states = {"a:10.2.a": RECORDED, "a:10.2.b": RECORDED, "a:10.2.c": VACUOUS}
    found, vacuous = degrees_of(known, [element(of, state) for of, state in states.items()])
    facts = case(found, vacuous=vacuous)
    assert degrees(ask(known, *found, case=facts))["b:x"] is F
    assert "c:x" not in ask(known, *found, case=facts).claims


@pytest.mark.parametrize(("relation", "expected"), [(SUP, C), (INT, C), (SUB, P), (EQ, F)])
def test_what_lies_in_a_part_that_was_not_set_off_is_not_claimed_through_the_whole(
    relation: Relation, expected: Degree
) -> None:
    known = catalogue(handling().provisions.values(), [row("a:10.2", relation, "b:x", overlap="per-occurrence")])
    states = {"a:10.2.a": RECORDED, "a:10.2.b": RECORDED, "a:10.2.c": VACUOUS}
    found, vacuous = degrees_of(known, [element(of, state) for of, state in states.items()])
    assert found["a:10.2"] is F
    assert ask(known, *found, case=case(found, vacuous=vacuous)).claims["b:x"].degree is expected


def test_a_part_that_is_always_asked_cannot_be_left_out_for_a_reason() -> None:
    states = {"a:10.2.a": VACUOUS, "a:10.2.b": RECORDED, "a:10.2.c": RECORDED}
    found, _ = degrees_of(handling(), [element(of, state) for of, state in states.items()])
    assert found["a:10.2"] is P


@pytest.mark.parametrize("whole", [{"exhaustive": False}, {"exhaustive": True, "decomposition": "AsAppropriate"}])
def test_recorded_parts_make_no_whole_full_that_asks_more_or_leaves_a_choice(whole: dict[str, Any]) -> None:
    known = catalogue(members("a:w", "w1", "w2", **whole))
    found, _ = degrees_of(known, [element("a:w1", RECORDED), element("a:w2", RECORDED)])
    assert found["a:w"] is P


def test_one_complete_case_never_makes_the_clause_as_a_whole_full() -> None:
    known = catalogue(
        [
            provision("a:10.2"),
            provision("b:case"),
            provision("b:both", occurrence="both"),
            provision("b:standing", occurrence="standing"),
        ],
        [row("a:10.2", EQ, "b:case"), row("a:10.2", SUP, "b:both"), row("a:10.2", SUP, "b:standing")],
    )
    of_case = ask(known, "a:10.2", case=case({"a:10.2": F}))
    assert {p: c.degree for p, c in of_case.claims.items()} == {"a:10.2": F, "b:case": F, "b:both": P, "b:standing": C}
    assert [c.best.steps[0].rule for c in of_case.claims.values()] == ["record"] * 4


def test_elements_of_standing_provisions_are_not_read_from_one_case() -> None:
    known = catalogue([provision("a:x", occurrence="standing"), provision("a:y", occurrence="both")])
    assert degrees_of(known, [element("a:x", RECORDED), element("a:y", RECORDED)]) == ({}, frozenset())


def test_no_answer_says_satisfies_conforms_or_complies() -> None:
    known = chain(EQ, SUB)
    answers = what_else(known, ["e0:p"], Options(as_of=TODAY)).answers
    said = " ".join(a.statement for a in answers) + explain(known, "e0:p", "e1:p", Options(as_of=TODAY)).sentence
    assert not [word for word in ("satisf", "conform", "compl") if word in said.lower()]
