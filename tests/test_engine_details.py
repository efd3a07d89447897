"""What the engine writes down beside its claims: limits at their edge, intervals, stopped edges, sources, order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import isclose
from typing import Any

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
    claim,
    context,
    degree,
    edition,
    flags,
    members,
    provision,
    row,
    trigger,
)

from aims_graph import inference
from aims_graph.catalogue import Catalogue
from aims_graph.inference import infer
from aims_graph.model import Interval, Source
from aims_graph.relations import EQ, INT, SUB, SUP, Degree, Relation
from aims_graph.ways import Blocked

CROSSWALK = Relation.CROSSWALK


def around(*confidences: float) -> Catalogue:
    """`a:x` to `z:x` by as many ways of two rows as there are numbers, each way as sure as its number."""
    middles = [f"m{i}:x" for i in range(len(confidences))]
    rows = [r for m, c in zip(middles, confidences, strict=True) for r in (row("a:x", EQ, m, c), row(m, EQ, "z:x", 1))]
    return catalogue([provision(n) for n in ("a:x", "z:x", *middles)], rows)


# -- limits ------------------------------------------------------------------------------------


def fan(*confidences: float) -> Catalogue:
    """`a:x` to each of several by two rows of its own."""
    names = [f"m{i}:x" for i in range(len(confidences))]
    rows = [
        row("a:x", EQ, n, c, id=f"{n}-{k}", mapping_set=k)
        for n, c in zip(names, confidences, strict=True)
        for k in "st"
    ]
    return catalogue([provision(n) for n in ("a:x", *names)], rows)


@pytest.mark.parametrize(("most", "proofs"), [(7, 6), (6, 5), (4, 4), (1, 3)])
def test_a_question_keeps_as_many_proofs_as_its_limit_says_and_the_first_of_each_claim_beyond_it(
    most: int, proofs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One proof of the start and two of each of three."""
    monkeypatch.setattr(inference, "MAX_OF_QUESTION", most)
    found = ask(fan(0.5, 0.6, 0.7), "a:x")
    kept = sum(len(claim.derivations) for name, claim in found.claims.items() if name != "a:x")
    assert (kept, len(found.claims)) == (proofs, 4)
    assert bool(found.limited) == (proofs < 6)
    assert found.limited == tuple(name for name, claim in found.claims.items() if claim.bounded)


def test_a_claim_that_only_a_proof_left_out_would_have_made_surer_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proof kept of the end passes where a proof was left out."""
    monkeypatch.setattr(inference, "MAX_OF_PROVISION", 1)
    found = ask(around(0.5, 0.6, 0.7), "a:x")
    (kept,) = found.claims["z:x"].derivations
    assert [s.conclusion for s in kept.steps] == ["a:x", "m2:x", "z:x"]
    assert found.limited == ("m0:x", "m1:x", "m2:x", "z:x")
    assert not found.claims["a:x"].bounded


@pytest.mark.parametrize(("most", "proofs"), [(3, 3), (2, 2), (1, 1)])
def test_a_provision_keeps_as_many_proofs_as_its_limit_says(
    most: int, proofs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MAX_OF_PROVISION", most)
    found = ask(around(0.5, 0.6, 0.7), "a:x").claims["z:x"]
    assert (len(found.derivations), found.bounded) == (proofs, proofs < 3)


def alike(*confidences: float) -> Catalogue:
    """`a:x` to `b:x` by several rows, so that all proofs have used the same."""
    rows = [row("a:x", EQ, "b:x", c, id=f"r{i}", mapping_set=f"s{i}") for i, c in enumerate(confidences)]
    return catalogue([provision("a:x"), provision("b:x")], rows)


@pytest.mark.parametrize(("most", "proofs"), [(3, 3), (2, 2), (1, 1)])
def test_of_proofs_that_have_used_the_same_as_many_are_kept_as_the_limit_says(
    most: int, proofs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MAX_DERIVATIONS", most)
    found = ask(alike(0.5, 0.6, 0.7), "a:x").claims["b:x"]
    assert (len(found.derivations), found.bounded) == (proofs, proofs < 3)


@pytest.mark.parametrize("confidences", [(0.3, 0.9, 0.5), (0.9, 0.5, 0.3), (0.5, 0.3, 0.9)])
def test_where_a_limit_cuts_the_surest_proofs_are_kept(
    confidences: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MAX_DERIVATIONS", 2)
    found = ask(alike(*confidences), "a:x").claims["b:x"]
    assert [d.rows[0].confidence for d in found.derivations] == [0.9, 0.5]


def test_the_interval_of_a_claim_that_a_limit_cut_reaches_up_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ask(alike(0.1, 0.2, 0.3), "a:x").claims["b:x"]
    assert isclose(whole.interval[1], 0.6)
    monkeypatch.setattr(inference, "MAX_DERIVATIONS", 1)
    assert ask(alike(0.1, 0.2, 0.3), "a:x").claims["b:x"].interval == (0.3, 1.0)


def test_the_ways_to_join_a_whole_are_limited_and_the_claim_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row("a:x", EQ, f"b:{m}", 0.5, id=f"{m}-{k}", mapping_set=f"s{k}") for m in ("m1", "m2") for k in range(2)]
    known = catalogue([provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)], rows)
    for most, ways in ((4, 4), (3, 3), (2, 2)):
        monkeypatch.setattr(inference, "MAX_DERIVATIONS", most)
        found = ask(known, "a:x").claims["b:m"]
        assert (found.degree, len(found.derivations), found.bounded) == (F, ways, ways < 4)


def test_a_proof_of_a_part_that_does_not_fit_the_others_hides_no_later_one() -> None:
    """The surest proof of the second part is of another kind than that of the first."""
    rows = [
        row("a:x", EQ, "b:m1", 0.9),
        row("a:x", EQ, "b:m2", 0.8, id="other", mapping_set="o", rationale_kind="functional"),
        row("a:x", EQ, "b:m2", 0.5),
    ]
    found = ask(catalogue([provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)], rows), "a:x").claims["b:m"]
    assert (found.degree, [{r.id for r in d.rows} for d in found.derivations]) == (F, [{rows[0].id, rows[2].id}])


def test_rows_that_two_parts_share_are_counted_in_each_way_to_join_them() -> None:
    """Two rows lead to where both parts follow from: the whole needs one of the two, and both of the rest."""
    rows = [row("a:x", EQ, "h:x", c, id=name, mapping_set=name) for name, c in (("s", 0.5), ("t", 0.6))]
    rows += [row("h:x", SUP, f"b:{m}", 0.9) for m in ("m1", "m2")]
    known = catalogue([provision("a:x"), provision("h:x"), *members("b:m", "m1", "m2", exhaustive=True)], rows)
    found = ask(known, "a:x").claims["b:m"]
    assert (found.degree, len(found.derivations)) == (F, 2)
    assert isclose(found.confidence or 0, (1 - 0.5 * 0.4) * 0.9 * 0.9)


def test_a_limit_on_lesser_proofs_leaves_room_for_a_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_OF_PROVISION", 2)
    rows = [row("a:x", INT, "z:x", 0.9, id=f"r{i}", mapping_set=f"s{i}") for i in range(3)]
    rows += [row("a:x", EQ, "m:x", 0.5), row("m:x", EQ, "z:x", 0.5)]
    known = catalogue([provision("a:x"), provision("m:x"), provision("z:x")], rows)
    assert degree(known, "a:x", "z:x") is F


def test_a_candidate_is_denied_only_by_what_was_judged_of_its_own_chain() -> None:
    provisions = [provision(f"{e}:x") for e in "abz"]
    rows = [row("a:x", CROSSWALK, "b:x"), row("z:x", Relation.UNRELATED, "b:x")]
    assert degree(catalogue(provisions, rows), "a:x", "b:x") is C


def test_a_group_is_read_from_its_objects_too() -> None:
    rows = [row(a, EQ, b, joint="J") for a in ("a:x", "a:y") for b in ("b:x", "b:y")]
    known = catalogue([provision(n) for n in ("a:x", "a:y", "b:x", "b:y")], rows)
    found = ask(known, "b:x", "b:y").claims
    assert {n: c.degree for n, c in found.items()} == dict.fromkeys(("a:x", "a:y", "b:x", "b:y"), F)


def test_a_way_to_join_a_whole_that_needs_more_rows_than_another_hides_no_later_one() -> None:
    """Each of two groups makes both parts full; mixed, they only need more."""
    rows = [
        row("a:x", SUP, f"b:{m}", c, id=f"{g}{m}", joint=g) for g, c in (("J", 0.6), ("K", 0.5)) for m in ("m1", "m2")
    ]
    found = ask(catalogue([provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)], rows), "a:x").claims["b:m"]
    assert (found.degree, len(found.derivations)) == (F, 2)
    assert isclose(found.confidence or 0, 1 - 0.4 * 0.5)


@pytest.mark.parametrize(
    ("count", "said"),
    [(5, "e1:x, e2:x, e3:x, e4:x, e5:x ("), (7, "e1:x, e2:x, e3:x, e4:x, e5:x, and 2 more (")],
)
def test_of_many_cut_claims_five_are_named_and_the_rest_counted(
    count: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "MAX_DERIVATIONS", 1)
    names = [f"e{i + 1}:x" for i in range(count)]
    rows = [row("a:x", EQ, n, 0.5, id=f"{n}-{k}", mapping_set=f"s{k}") for n in names for k in range(2)]
    found = ask(catalogue([provision("a:x"), *(provision(n) for n in names)], rows), "a:x")
    (sentence,) = found.limits(names)
    assert f"of {said}" in sentence


def test_a_search_ends_at_the_edge_that_the_limit_names(monkeypatch: pytest.MonkeyPatch) -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")])
    for most, stopped in ((1, True), (2, False)):  # the one edge; there is none back into an edition that was left
        monkeypatch.setattr(inference, "MAX_CROSSED", most)
        assert ask(known, "a:x").stopped is stopped


def test_no_more_proofs_of_a_provision_are_kept_than_the_limit_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "MAX_OF_PROVISION", 3)
    found = ask(alike(*(0.5 + i / 100 for i in range(9))), "a:x").claims["b:x"]
    assert (len(found.derivations), found.bounded) == (3, True)


# -- edges that stopped ------------------------------------------------------------------------


def two(relation: Relation, law: bool = False, **stated: Any) -> Catalogue:
    """`a:x` and `b:x` with one row."""
    law_or_not = [edition("b", bindingness="law")] if law else []
    return catalogue([provision("a:x"), provision("b:x")], [row("a:x", relation, "b:x", **stated)], law_or_not)


def test_an_edge_is_stopped_only_where_a_guard_left_no_claim() -> None:
    assert ask(two(EQ), "a:x").blocked == ()
    assert ask(two(CROSSWALK), "a:x").blocked == (), "a candidate that no guard made is no stopped edge"
    assert ask(two(EQ, law=True), "a:x").blocked == (), "a guard that leaves partial stops nothing"
    proposed = two(EQ, status="proposed")
    assert ask(proposed, "a:x").blocked == (Blocked("b:x", "a:x", proposed.mappings[0], ("trust",)),)


def group(relation: Relation = EQ, law: bool = False, **stated: Any) -> Catalogue:
    """`a:x` and `a:y` together have a relation to `b:x`."""
    rows = [row(a, relation, "b:x", joint="J", **stated) for a in ("a:x", "a:y")]
    law_or_not = [edition("b", bindingness="law")] if law else []
    return catalogue([provision(n) for n in ("a:x", "a:y", "b:x")], rows, law_or_not)


def test_a_joint_group_is_stopped_only_where_a_guard_left_no_claim() -> None:
    assert ask(group(), "a:x", "a:y").blocked == ()
    assert ask(group(law=True), "a:x", "a:y").blocked == ()
    assert ask(group(CROSSWALK), "a:x", "a:y").blocked == ()
    proposed = group(status="proposed")
    stopped = ask(proposed, "a:x", "a:y").blocked
    assert {(b.provision, b.premise, b.guards) for b in stopped} == {
        ("b:x", "a:x", ("trust",)),
        ("b:x", "a:y", ("trust",)),
    }


def test_a_stopped_group_names_its_first_member_and_every_guard_of_the_whole() -> None:
    """Of one member little is left to guard; of both together, the guard on law has something to say too."""
    stopped = ask(group(SUP, law=True, status="proposed"), "a:x", "a:y").blocked
    assert [(b.premise, b.guards) for b in stopped] == [
        ("a:x", ("trust",)),
        ("a:y", ("trust",)),
        ("a:x", ("trust", "legal-effect")),
    ]


def test_the_guards_of_a_joint_step_are_named_once_each() -> None:
    found = ask(group(SUP, law=True), "a:x", "a:y").claims["b:x"]
    assert (found.degree, found.best.steps[-1].premises) == (P, ("a:x", "a:y"))
    assert found.best.steps[-1].guards == ("legal-effect",)


def test_a_step_by_a_row_has_its_relation_as_read_that_way_and_one_inside_a_hierarchy_has_none() -> None:
    known = catalogue([provision("a:x"), *members("b:m", "m1")], [row("b:m", SUB, "a:x")])
    found = claim(known, "a:x", "b:m1")
    assert found is not None
    assert [(s.rule, s.relation, s.premises, s.conclusion) for s in found.best.steps] == [
        ("target", None, (), "a:x"),
        ("mapping", "supersetOf", ("a:x",), "b:m"),
        ("part", None, ("b:m",), "b:m1"),
    ]
    assert [s.mapping for s in found.best.steps] == [None, known.mappings[0], None]


def test_a_claim_without_any_known_confidence_is_unknown_and_not_a_bound() -> None:
    found = claim(two(EQ, confidence=None), "a:x", "b:x")
    assert found is not None
    assert (found.confidence, found.best_confidence, found.bounded, found.interval) == (None, None, False, (0.0, 1.0))


# -- flags, sources, rules -----------------------------------------------------------------------


def test_a_flag_raised_twice_along_a_chain_is_still_there() -> None:
    provisions = [provision("a:x", modality="should"), provision("b:x"), provision("c:x")]
    known = catalogue(provisions, [row("a:x", EQ, "b:x"), row("b:x", EQ, "c:x")])
    assert "should-reaching-shall" in flags(known, "a:x", "b:x")
    assert "should-reaching-shall" in flags(known, "a:x", "c:x")


@pytest.mark.parametrize("place", [Source("records.ttl", 7), None])
def test_a_case_proof_starts_at_the_line_of_its_record_or_else_of_its_provision(place: Source | None) -> None:
    known = catalogue([provision("a:x")])
    found = claim(known, "a:x", "a:x", case=replace(case({"a:x": F}), source=place))
    assert found is not None
    assert found.best.steps[0].source == (place or known.provisions["a:x"].source)


def test_all_parts_of_one_case_make_partial_a_whole_that_asks_for_standing_elements_too() -> None:
    """Nothing records whether the parts were asked for, so neither reaches the whole alone."""
    whole = provision("a:w", decomposition="AllOf", exhaustive=True, occurrence="both")
    parts = [provision(f"a:{n}", parent="a:w", conditional=True) for n in ("m1", "m2")]
    known = catalogue([whole, *parts], triggers=[trigger("a:t", "a:w")])
    stated = case({"a:m1": F, "a:m2": F}, {"a:t": "yes"})
    found = ask(known, "a:m1", "a:m2", case=stated).claims["a:w"]
    assert (found.degree, found.best.steps[-1].rule) == (P, "all-parts")
    assert degree(known, "a:m1", "a:w", case=stated) in (C, N)


def test_a_whole_none_of_whose_parts_was_set_off_gets_no_claim() -> None:
    whole = provision("a:w", decomposition="AllOf", exhaustive=True)
    parts = [provision(f"a:{n}", parent="a:w", conditional=True) for n in ("m1", "m2")]
    known = catalogue([provision("a:x"), whole, *parts], triggers=[trigger("a:t", "a:m1", "a:m2")])
    stated = case({"a:x": F}, {"a:t": "no"}, idle=frozenset({"a:t"}))
    assert list(ask(known, "a:x", case=stated).claims) == ["a:x"]


@pytest.mark.parametrize(("relation", "expected"), [(EQ, F), (SUP, F), (SUB, P), (INT, P)])
def test_a_whole_made_of_all_its_parts_carries_on_like_one_that_was_supposed(
    relation: Relation, expected: Degree
) -> None:
    parts = members("b:m", "m1", "m2", exhaustive=True)
    rows = [row("a:x", EQ, "b:m1"), row("a:x", EQ, "b:m2"), row("b:m", relation, "c:x")]
    known = catalogue([provision("a:x"), *parts, provision("c:x")], rows)
    assert degree(known, "b:m", "c:x") is degree(known, "a:x", "c:x") is expected


@pytest.mark.parametrize("dead", ["b:x", "b:y", "b:z"])
def test_an_object_of_a_group_that_is_not_in_force_does_not_stop_the_others(dead: str) -> None:
    gone = Interval(None, date(2020, 1, 1))
    objects = [provision(n, in_force=gone if n == dead else Interval()) for n in ("b:x", "b:y", "b:z")]
    rows = [row("a:x", EQ, o.id, joint="J") for o in objects]
    found = ask(catalogue([provision("a:x"), *objects], rows), "a:x")
    assert {n for n, c in found.claims.items() if c.degree is F} == {"a:x", "b:x", "b:y", "b:z"} - {dead}


def test_the_proofs_of_a_claim_differ_in_their_rows() -> None:
    """A diamond inside a hierarchy gives two chains with the same rows; one proof is enough."""
    provisions = [provision("a:x"), *members("b:m", "m1", "m2"), provision("c:x")]
    rows = [row("a:x", EQ, "b:m", 0.9), row("b:m1", SUP, "c:x", 0.9), row("b:m2", SUP, "c:x", 0.9)]
    for found in ask(catalogue(provisions, rows), "a:x").claims.values():
        lineages = [frozenset(r.id for r in d.rows) for d in found.derivations]
        assert len(lineages) == len(set(lineages))
        assert not any(one < other for one in lineages for other in lineages)


def test_a_longer_proof_on_more_rows_than_a_shorter_one_is_not_listed() -> None:
    rows = [row("a:x", EQ, "b:m", 0.9), row("a:x", EQ, "b:m1", 0.8)]
    known = catalogue([provision("a:x"), *members("b:m", "m1", "m2", exhaustive=True)], rows)
    found = ask(known, "a:x").claims["b:m1"]
    assert [[r.id for r in d.rows] for d in found.derivations] == [["a:x|equalTo|b:m"], ["a:x|equalTo|b:m1"]]
    assert isclose(found.confidence or 0, 1 - 0.1 * 0.2)


def test_equally_sure_proofs_come_shortest_first_and_then_by_their_lines() -> None:
    provisions = [provision(f"{e}:x") for e in "abcz"]
    rows = [row("a:x", EQ, "c:x", 1), row("c:x", EQ, "z:x", 0.5), row("a:x", EQ, "b:x", 1), row("b:x", EQ, "z:x", 0.5)]
    rows.append(row("a:x", EQ, "z:x", 0.5))
    found = ask(catalogue(provisions, rows), "a:x").claims["z:x"]
    assert [[s.conclusion for s in d.steps[1:]] for d in found.derivations] == [
        ["z:x"],
        ["b:x", "z:x"],
        ["c:x", "z:x"],
    ]


def test_what_is_refused_and_what_is_claimed_keep_their_order() -> None:
    known = catalogue(
        [provision("b:x"), provision("a:x"), provision("a:y", force="right"), provision("c:y", force=None)]
    )
    found = infer(known, ["b:x", "a:y", "a:x"], context(as_of=TODAY))
    assert list(found.claims) == ["a:x", "b:x"]
    assert found.refused == ("a:y",)


def test_an_overlap_beyond_a_subset_of_a_union_is_a_candidate_and_not_more() -> None:
    assert ask(group(SUB), "a:x").claims["b:x"].degree is P
    assert ask(group(INT), "a:x").claims["b:x"].degree is C
